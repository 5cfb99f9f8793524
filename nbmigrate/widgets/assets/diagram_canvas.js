// The drawing of a diagram: boxes and lines in SVG, moved and zoomed by one transform. Only boxes in
// or near the view are in the document, so that a thousand tables move as smoothly as ten.

/** Below this size the rows of a box cannot be read. */
const FAR = 0.6;

class DiagramCanvas {
  /** `onChoose(number)` is called for the box that was clicked; `view` is the frame. */
  constructor(view, { onChoose }) {
    Object.assign(this, { view, onChoose, x: 0, y: 0, zoom: 1, bright: null, chosen: -1, drawn: new Map() });
    const drag = { id: null };
    view.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      Object.assign(drag, { id: event.pointerId, x: event.clientX, y: event.clientY, isMoved: false });
    });
    view.addEventListener("pointermove", (event) => {
      if (event.pointerId !== drag.id) return;
      if (!drag.isMoved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 4) return;
      if (!drag.isMoved) view.setPointerCapture(drag.id);
      drag.isMoved = true;
      this.move(event.clientX - drag.x, event.clientY - drag.y);
      Object.assign(drag, { x: event.clientX, y: event.clientY });
    });
    const drop = () => { drag.id = null; };
    view.addEventListener("pointerup", drop);
    view.addEventListener("pointercancel", drop);
    // A plain wheel goes on scrolling the notebook.
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const frame = view.getBoundingClientRect();
      this.zoomBy(Math.exp(-event.deltaY / 300), event.clientX - frame.left, event.clientY - frame.top);
    }, { passive: false });
    view.addEventListener("click", (event) => {
      const box = event.target.closest?.("[data-box]");
      if (box && !drag.isMoved) this.onChoose(Number(box.dataset.box));
    });
    new ResizeObserver(() => this.paint()).observe(view);
  }

  node(tag, props = {}, ...children) {
    const made = document.createElementNS(this.namespace, tag);
    for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /** Other boxes and lines. */
  reset({ namespace, boxes, links }) {
    Object.assign(this, { namespace, boxes, links, bright: null, chosen: -1 });
    this.drawn.clear();
    this.width = Math.max(1, ...boxes.map((box) => box[1] + box[3])) + 16;
    this.height = Math.max(1, ...boxes.map((box) => box[2] + box[4])) + 16;
    this.near = boxes.map(() => new Set());
    links.forEach(([child, parent]) => { this.near[child].add(parent); this.near[parent].add(child); });
    this.lines = this.node("g", { class: "nbm-lines", "aria-hidden": "true" });
    this.place = this.node("g");
    this.lineNodes = links.map(([, , line, ends, label]) => {
      const title = this.node("title");
      title.textContent = label;
      return this.node("g", {}, title, this.node("path", { class: "nbm-line-hit", d: line }),
        this.node("path", { class: "nbm-link-line", d: line }), this.node("path", { class: "nbm-link-end", d: ends }));
    });
    this.lines.append(...this.lineNodes);
    this.moved = this.node("g", {}, this.lines, this.place);
    this.view.replaceChildren(this.node("svg", { class: "nbm-canvas", "aria-hidden": "true" }, this.moved));
    this.fit();
  }

  draw(number) {
    const [, x, y, width, height, label, rows, hidden] = this.boxes[number];
    const text = (content, props) => { const made = this.node("text", props); made.textContent = content; return made; };
    const title = this.node("title");
    title.textContent = hidden ? `${label}: ${hidden} more columns` : label;
    return this.node("g", { class: "nbm-box", transform: `translate(${x} ${y})`, "data-box": number }, title,
      this.node("rect", { class: "nbm-box-frame", width, height, rx: 4 }),
      this.node("path", { class: "nbm-box-head", d: `M1,26 V5 a4,4 0 0,1 4,-4 H${width - 5} a4,4 0 0,1 4,4 V26 z` }),
      text(label, { class: "nbm-box-title nbm-box-label", x: 8, y: 17 }),
      ...rows.flatMap(([name, note], at) => [
        text(name, { class: `nbm-box-row ${/\bPK\b/.test(note) ? "nbm-box-title" : ""}`, x: 8, y: 40 + 20 * at }),
        text(note, { class: "nbm-box-row nbm-box-note", x: width - 8, y: 40 + 20 * at, "text-anchor": "end" })]));
  }

  /** Put the boxes that are seen into the document, take the others out, and colour them. */
  paint() {
    if (!this.boxes || !this.view.clientWidth) return;
    this.moved.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.zoom})`);
    const [left, top] = [-this.x / this.zoom - 300, -this.y / this.zoom - 300];
    const [right, bottom] = [left + this.view.clientWidth / this.zoom + 600, top + this.view.clientHeight / this.zoom + 600];
    this.boxes.forEach(([, x, y, width, height], number) => {
      const isSeen = x < right && x + width > left && y < bottom && y + height > top;
      const known = this.drawn.get(number);
      if (isSeen && !known) {
        const made = this.draw(number);
        this.drawn.set(number, made);
        this.place.append(made);
        this.label(number);
      } else if (!isSeen && known) {
        known.remove();
        this.drawn.delete(number);
      }
    });
    if (this.zoom !== this.labelled) {
      this.labelled = this.zoom;
      this.view.classList.toggle("nbm-far", this.zoom < FAR);
      for (const number of this.drawn.keys()) this.label(number);
    }
    this.colour();
  }

  /** The name of a box: in its heading, or from far away as large as fits. */
  label(number) {
    const [, , , width, height, label] = this.boxes[number];
    const node = this.drawn.get(number).querySelector(".nbm-box-label");
    const size = this.zoom < FAR ? Math.min(11 / this.zoom, (width - 8) / (label.length * 0.62), height * 0.8) : 12;
    node.style.fontSize = `${size}px`;
    node.setAttribute("x", this.zoom < FAR ? width / 2 : 8);
    node.setAttribute("y", this.zoom < FAR ? height / 2 + size * 0.35 : 17);
    node.setAttribute("text-anchor", this.zoom < FAR ? "middle" : "start");
  }

  colour() {
    const { bright, chosen } = this;
    const isDim = (number) => bright !== null && !bright.has(number);
    for (const [number, node] of this.drawn) {
      node.classList.toggle("nbm-dim", isDim(number));
      node.classList.toggle("nbm-chosen", number === chosen);
    }
    this.links.forEach(([child, parent], at) => {
      const isNear = chosen >= 0 && (child === chosen || parent === chosen);
      this.lineNodes[at].classList.toggle("nbm-dim", (isDim(child) || isDim(parent)) && !isNear);
      this.lineNodes[at].classList.toggle("nbm-chosen", isNear);
    });
  }

  /** Keep these boxes and their neighbours bright; `null` for all. */
  highlight(numbers) {
    this.bright = numbers && new Set(numbers.flatMap((number) => [number, ...this.near[number]]));
    this.colour();
  }

  choose(number) {
    this.chosen = number;
    this.colour();
  }

  move(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.paint();
  }

  zoomBy(factor, x = this.view.clientWidth / 2, y = this.view.clientHeight / 2) {
    const zoom = Math.max(0.05, Math.min(3, this.zoom * factor));
    this.x = x - (x - this.x) * (zoom / this.zoom);
    this.y = y - (y - this.y) * (zoom / this.zoom);
    this.zoom = zoom;
    this.paint();
  }

  /** All of it in the frame, no larger than life; the frame as high as is needed. */
  fit() {
    const wide = this.view.clientWidth || 900;
    this.zoom = Math.max(0.05, Math.min(1, wide / this.width, 520 / this.height));
    this.view.style.height = `${Math.max(160, Math.min(520, this.height * this.zoom))}px`;
    this.x = Math.max(0, (wide - this.width * this.zoom) / 2);
    this.y = 0;
    this.paint();
  }

  /** Bring a box to the middle, large enough to be read. */
  reveal(number) {
    const [, x, y, width, height] = this.boxes[number];
    const [left, top] = [this.x + x * this.zoom, this.y + y * this.zoom];
    const isSeen = left >= 0 && top >= 0 && left + width * this.zoom <= this.view.clientWidth && top + height * this.zoom <= this.view.clientHeight;
    if (isSeen && this.zoom >= FAR) return;
    this.zoom = Math.max(this.zoom, 0.8);
    this.x = this.view.clientWidth / 2 - (x + width / 2) * this.zoom;
    this.y = this.view.clientHeight / 2 - (y + Math.min(height, 200) / 2) * this.zoom;
    this.paint();
  }
}
