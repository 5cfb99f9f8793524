// What every panel stands on. Plain DOM: text goes in as text nodes, never as markup.

/** An element with properties (or attributes) and children; a null child is left out. */
function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in node && !name.startsWith("aria-")) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const button = (text, onclick, props = {}) =>
  el("button", { type: "button", className: "nbm-button", textContent: text, onclick, ...props });

/** A button that puts a text on the clipboard and says so. */
function copyButton(text, label) {
  const node = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(text);
      node.textContent = "Copied";
    } catch {
      node.textContent = "Select and copy by hand";
    }
    setTimeout(() => (node.textContent = "Copy"), 2000);
  }, { "aria-label": label });
  return node;
}

/** A small table of texts; null is NULL. `right` holds the numbers of columns of figures. */
function table(columns, rows, { right = [], caption = "" } = {}) {
  const cell = (value, at) =>
    el("td", {
      className: (right.includes(at) ? "nbm-right " : "") + (value === null ? "nbm-null" : ""),
      textContent: value === null ? "NULL" : value,
    });
  const head = columns.map((name, at) =>
    el("th", { scope: "col", textContent: name, className: right.includes(at) ? "nbm-right" : "" }));
  return el("div", { className: "nbm-scroll", tabIndex: 0, role: "group", "aria-label": caption || "table" },
    el("table", { className: "nbm-table" },
      caption ? el("caption", { textContent: caption }) : null,
      columns.length ? el("thead", {}, el("tr", {}, head)) : null,
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell))))));
}

/**
 * A panel as a widget module. `build({host, send, signal, memory})` draws into `host` and returns
 * the handlers of the kernel's messages by kind. `memory` is one object for all views of a panel.
 *
 * A view lives in the widget's own output, or in the static HTML that is marked with the panel's
 * id. JupyterLab and Notebook show that HTML once the kernel is asked to "adopt" it.
 */
function panel(build) {
  const mounted = new WeakSet();
  const memories = new Map();

  function memoryOf(model) {
    const id = model.get("panel_id");
    if (!memories.has(id)) memories.set(id, {});
    return memories.get(id);
  }

  function mount(model, host, signal, isDone = () => {}) {
    if (mounted.has(host)) return;
    mounted.add(host);
    const former = [...host.childNodes];
    const root = el("div", { className: "nbm" });
    // JupyterLab listens for single keys such as "d d" (delete the cell) further up.
    for (const name of ["keydown", "keypress", "keyup"])
      root.addEventListener(name, (event) => event.stopPropagation());
    root.setAttribute("data-lm-suppress-shortcuts", "true");
    // A comm whose kernel is gone throws; the panel has left by then.
    const send = (kind, more = {}) => {
      try {
        model.send({ kind, ...more });
      } catch {
        leave();
      }
    };
    const handlers = build({ host: root, signal, memory: memoryOf(model), send });
    let isDrawn = false;
    // Asking more than once, the panel is answered more than once: the same answer is not drawn
    // again, since that would take focus and place from somebody who is reading.
    let asked = 0, answered = 0, drawn = "";
    const isRepeated = (message) => {
      if (message.kind !== "state") return false;
      const text = JSON.stringify(message);
      answered += 1;
      if (text === drawn && answered <= asked) return true;
      drawn = text;
      return false;
    };
    const receive = (message) => {
      if (isRepeated(message)) return;
      if (message.kind === "state" && !isDrawn) {
        isDrawn = true;
        host.replaceChildren(root);
        handlers.state(message);
        isDone();
      } else handlers[message.kind]?.(message);
    };
    // Without its kernel a panel can do nothing: what was there before comes back.
    const leave = () => {
      if (model.get("comm_live") === false || former.length === 0) handlers.gone?.();
      if (former.length) host.replaceChildren(...former);
    };
    model.on("msg:custom", receive);
    model.on("comm_live_update", leave);
    signal?.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      model.off("comm_live_update", leave);
    });
    // Until JupyterLab has a subshell for comms, a message waits behind the running cell.
    const ask = (pause) => {
      if (isDrawn || signal?.aborted || pause > 20_000) return;
      asked += 1;
      send("open");
      setTimeout(() => ask(pause * 2), pause);
    };
    ask(250);
  }

  function watch(model, signal) {
    const marked = `[data-nbmigrate-panel="${model.get("panel_id")}"]`;
    const look = () => document.querySelectorAll(marked).forEach((host) => mount(model, host, signal));
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true });
    signal?.addEventListener("abort", () => observer.disconnect());
    look();
  }

  return {
    initialize({ model, signal }) {
      watch(model, signal);
    },
    render({ model, el: host, signal }) {
      mount(model, host, signal, () => {
        if (host.closest(".jp-OutputArea")) model.send({ kind: "adopt" });
      });
    },
  };
}
