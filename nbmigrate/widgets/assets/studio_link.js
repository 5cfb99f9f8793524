// Questions to the kernel and their answers. One link serves all views of a panel, so that an
// answer finds whoever asked even when the panel has moved meanwhile.

class Link {
  constructor() {
    this.waiting = new Map();
    this.name = Math.random().toString(36).slice(2, 10);
    this.number = 0;
    this.cancelledAt = 0;
  }

  /** The answer to an operation; what fails is thrown as {text, hint, sqlstate, code}. */
  ask(op, args = {}, onProgress = null) {
    const id = `${this.name}-${++this.number}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onProgress });
      this.send("ask", { id, op, arguments: args });
      this.onWait?.();
    });
  }

  take({ id, ok, result, error }) {
    const found = this.waiting.get(id);
    if (!found) return;
    this.waiting.delete(id);
    this.onWait?.();
    if (ok) found.resolve(result);
    else found.reject(error);
  }

  /** True for what failed because somebody pressed Cancel. PostgreSQL docs, Appendix A: query_canceled. */
  isCancelled = ({ sqlstate }) => sqlstate === "57014" && this.cancelledAt > 0 && Date.now() - this.cancelledAt < 10_000;

  cancel() {
    this.cancelledAt = Date.now();
    this.send("cancel");
  }

  progress({ id, ...more }) {
    this.waiting.get(id)?.onProgress?.(more);
  }
}

/** The same name for the same row or relation, whatever stands in it. */
const nameOf = (parts) => JSON.stringify(parts);

const sameList = (one, other) => nameOf(one) === nameOf(other);

/** `posts`, or `app.posts` outside public. */
const shortName = ([schema, name]) => (schema === "public" ? name : `${schema}.${name}`);

/** 9,999 as it is, then 12.3 k, 10 M. */
function short(number) {
  if (number < 10_000) return number.toLocaleString("en-US");
  const units = ["", " k", " M", " G", " T"];
  let at = 0;
  while (number >= 999.5 && at < units.length - 1) { number /= 1000; at += 1; }
  return (number < 10 ? number.toFixed(1).replace(/\.0$/, "") : Math.round(number)) + units[at];
}

function bytesText(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (bytes >= 1023.5 && at < units.length - 1) { bytes /= 1024; at += 1; }
  return `${bytes < 10 && at ? bytes.toFixed(1) : Math.round(bytes)} ${units[at]}`;
}

const plural = (number, word) => `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;

/** A box below a button, closed by Escape, by a click elsewhere or by what is in it. */
function popover(anchor, build, { label }) {
  const root = anchor.closest(".nbm");
  root.querySelector(".nbs-pop")?.close();
  const box = el("div", { className: "nbs-pop", role: "dialog", "aria-label": label });
  const outside = (event) => { if (!box.contains(event.target) && event.target !== anchor) box.close(false); };
  box.close = (again = true) => {
    document.removeEventListener("pointerdown", outside, true);
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (again) anchor.focus({ preventScroll: true });
  };
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") box.close(); });
  document.addEventListener("pointerdown", outside, true);
  box.append(build(box));
  root.append(box);
  const [at, around] = [anchor.getBoundingClientRect(), root.getBoundingClientRect()];
  const left = Math.min(at.left - around.left, around.width - box.offsetWidth - 8);
  const top = Math.min(at.bottom - around.top + 2, around.height - box.offsetHeight - 8);
  box.style.left = `${Math.max(4, left)}px`;
  box.style.top = `${Math.max(4, top)}px`;
  anchor.setAttribute("aria-expanded", "true");
  (box.querySelector("input, select, textarea") ?? box.querySelector("button"))?.focus({ preventScroll: true });
  return box;
}

/** A field with its name before it. */
const labelled = (text, field) => el("label", { className: "nbs-field" }, el("span", { textContent: text }), field);

const choice = (values, chosen, props = {}) => {
  const pairs = values.map((one) => (Array.isArray(one) ? one : [one, one]));
  const node = el("select", { className: "nbm-input nbs-select", ...props },
    pairs.map(([value, text]) => el("option", { value, textContent: text })));
  node.value = chosen ?? pairs[0]?.[0];
  return node;
};
