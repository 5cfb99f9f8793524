// A long list of which only the visible part is in the document. Lines may have any height: a
// line that was never drawn counts as `usual` pixels, a drawn one as high as it is.

class VirtualList {
  /** `draw(at)` gives the node of a line; `view` scrolls. */
  constructor(view, { usual, draw }) {
    Object.assign(this, { view, usual, draw, count: 0, heights: [], starts: [0], drawn: new Map() });
    this.space = el("div", { className: "nbm-space", role: "presentation" });
    view.replaceChildren(this.space);
    view.addEventListener("scroll", () => this.paint(), { passive: true });
    this.sizes = new ResizeObserver((entries) => this.measure(entries));
    this.sizes.observe(view);
  }

  /** Another number of lines; all are drawn anew. */
  reset(count) {
    this.count = count;
    this.heights = new Array(count).fill(this.usual);
    this.clear();
    this.place(0);
    this.paint();
  }

  /** Draw one line anew. */
  redraw(at) {
    this.remove(at);
    this.paint();
  }

  /** The node of a line, scrolled into sight. */
  reveal(at) {
    const [top, bottom] = [this.starts[at], this.starts[at + 1]];
    const { scrollTop, clientHeight } = this.view;
    if (top < scrollTop) this.view.scrollTop = top;
    else if (bottom > scrollTop + clientHeight)
      this.view.scrollTop = Math.min(top, bottom - clientHeight);
    this.paint();
    return this.drawn.get(at);
  }

  place(from) {
    this.starts.length = this.count + 1;
    this.starts[0] = 0;
    for (let at = from; at < this.count; at++) this.starts[at + 1] = this.starts[at] + this.heights[at];
    this.space.style.height = `${this.starts[this.count]}px`;
    for (const [at, node] of this.drawn) node.style.top = `${this.starts[at]}px`;
  }

  /** The line at a height, by halving. */
  lineAt(height) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle + 1] <= height) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  paint() {
    const { scrollTop, clientHeight } = this.view;
    const margin = 200;
    const first = this.lineAt(Math.max(0, scrollTop - margin));
    const last = Math.min(this.count, this.lineAt(scrollTop + (clientHeight || 400) + margin) + 1);
    for (const at of [...this.drawn.keys()])
      if ((at < first || at >= last) && !this.drawn.get(at).contains(document.activeElement)) this.remove(at);
    for (let at = first; at < last; at++) if (!this.drawn.has(at)) this.insert(at);
  }

  insert(at) {
    const node = this.draw(at);
    node.classList.add("nbm-line");
    node.style.top = `${this.starts[at]}px`;
    node.dataset.line = at;
    this.drawn.set(at, node);
    // In the order of the lines, for those who hear the list or tab through it.
    const next = [...this.space.children].find((other) => Number(other.dataset.line) > at);
    this.space.insertBefore(node, next ?? null);
    this.sizes.observe(node);
  }

  measure(entries) {
    let from = this.count;
    for (const { target } of entries) {
      const at = Number(target.dataset.line ?? -1);
      if (at < 0 || this.drawn.get(at) !== target || !target.offsetHeight) continue;
      if (this.heights[at] !== target.offsetHeight) {
        this.heights[at] = target.offsetHeight;
        from = Math.min(from, at);
      }
    }
    if (from < this.count) this.place(from);
    this.paint();
  }

  remove(at) {
    const node = this.drawn.get(at);
    if (!node) return;
    this.sizes.unobserve(node);
    node.remove();
    this.drawn.delete(at);
  }

  clear() {
    for (const at of [...this.drawn.keys()]) this.remove(at);
  }
}
