// The panel of a schema: a bar of tools, the diagram, and the card of the chosen table.

function drawDiagram({ host, send, memory }) {
  let state = null, matches = [], at = -1, chosen = -1;
  const DETAILS = [["columns", "All columns"], ["keys", "Keys only"], ["names", "Names only"]];

  const head = el("div", { className: "nbm-head" });
  const heading = el("div", { role: "heading", "aria-level": 3, className: "nbm-title" });
  const count = el("span", { className: "nbm-muted" });
  head.append(heading, count);
  const search = el("input", { type: "search", className: "nbm-input nbm-search", placeholder: "Search a table or column", "aria-label": "search a table or column" });
  const found = el("span", { className: "nbm-muted", role: "status", "aria-live": "polite" });
  const detail = el("select", { className: "nbm-select", "aria-label": "how much of a table is drawn", onchange: () => send("detail", { detail: detail.value }) },
    DETAILS.map(([value, text]) => el("option", { value, textContent: text })));
  const tool = (text, label, act) => button(text, act, { title: label, "aria-label": text.length === 1 ? label : text });
  const view = el("div", { className: "nbm-diagram", tabIndex: 0, role: "group", "aria-label": "diagram of the tables: arrow keys move it, + and - zoom, n and p go through the tables" });
  const canvas = new DiagramCanvas(view, { onChoose: choose });
  const tools = el("div", { className: "nbm-tools" }, search, found, el("span", { className: "nbm-grow" }), detail,
    tool("−", "zoom out", () => canvas.zoomBy(1 / 1.3)), tool("+", "zoom in", () => canvas.zoomBy(1.3)),
    tool("Fit", "show all", () => canvas.fit()), tool("Save SVG", "save the diagram as an SVG file", () => send("svg")));
  const near = el("div", { className: "nbm-tools" });
  const place = el("div", { className: "nbm-card", role: "region", "aria-label": "chosen table", "aria-live": "polite" });
  const live = el("div", { className: "nbm-live", role: "status", "aria-live": "polite" });
  host.append(head, tools, view, near, place, live);

  // --- searching and choosing -------------------------------------------------

  // The panel moves into the static HTML soon after it was drawn: what was typed goes with it.
  search.value = memory.search ?? "";

  function look() {
    memory.search = search.value;
    const text = search.value.trim().toLowerCase();
    matches = [];
    if (text) state.boxes.forEach((box, number) => {
      if (box[8].includes(text)) matches.push(number);
    });
    at = -1;
    found.textContent = text ? `${matches.length} found` : "";
    canvas.highlight(text ? matches : null);
    if (matches.length) next();
  }

  function next() {
    if (!matches.length) return;
    at = (at + 1) % matches.length;
    found.textContent = `${at + 1} of ${matches.length}`;
    canvas.reveal(matches[at]);
    canvas.choose(matches[at]);
  }

  search.addEventListener("input", look);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && matches.length) {
      if (chosen === matches[at]) next();
      choose(matches[at]);
    } else if (event.key === "Escape") { search.value = ""; look(); }
  });

  function choose(number) {
    chosen = number;
    canvas.choose(number);
    memory.card = state.boxes[number][0];
    send("card", { key: memory.card });
    drawNear();
  }

  function drawNear() {
    const key = chosen >= 0 ? state.boxes[chosen][0] : state.around?.[0];
    const hops = el("select", { className: "nbm-select", "aria-label": "references away" },
      [1, 2, 3, 4, 5].map((number) => el("option", { value: number, textContent: number === 1 ? "1 reference" : `${number} references`, selected: number === (state.around?.[1] ?? 1) })));
    hops.addEventListener("change", () => { if (state.around) send("around", { key: state.around[0], hops: hops.value }); });
    near.hidden = !key;
    near.replaceChildren(...(key ? [el("span", {}, "Only what is up to "), hops, el("span", {}, " away from "), el("code", { textContent: key }),
      button("Show", () => send("around", { key, hops: hops.value })),
      state.around ? button(`All ${state.total} tables`, () => send("around", { key: "" })) : null].filter(Boolean) : []));
  }

  // --- keys -------------------------------------------------------------------

  const step = (by) => { const size = state.boxes.length; if (size) { const to = (chosen + by + size) % size; choose(to); canvas.reveal(to); } };
  const KEYS = {
    ArrowLeft: () => canvas.move(60, 0), ArrowRight: () => canvas.move(-60, 0), ArrowUp: () => canvas.move(0, 60), ArrowDown: () => canvas.move(0, -60),
    "+": () => canvas.zoomBy(1.3), "=": () => canvas.zoomBy(1.3), "-": () => canvas.zoomBy(1 / 1.3), 0: () => canvas.fit(),
    n: () => step(1), p: () => step(-1), "/": () => search.focus(),
  };
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  return {
    state(message) {
      state = message.state;
      heading.textContent = state.title;
      count.textContent = state.around ? `${state.boxes.length} of ${state.total} shown, around ${state.around[0]}` : `${state.links.length} references`;
      detail.value = state.detail;
      canvas.reset(state);
      chosen = state.boxes.findIndex(([key]) => key === (state.around?.[0] ?? memory.card));
      canvas.choose(chosen);
      if (search.value) look();
      drawNear();
    },
    card({ title, note, columns, rows, lines }) {
      place.replaceChildren(el("div", { className: "nbm-card-title" }, el("b", { textContent: title }), el("span", { className: "nbm-muted", textContent: `  ${note}` })),
        table(columns, rows, { caption: "" }), ...lines.map((line) => el("div", { className: "nbm-inside", textContent: line })));
    },
    svg({ text }) {
      const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
      el("a", { href: address, download: "schema.svg" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      live.textContent = "Saved as schema.svg.";
    },
    error({ text, hint }) { live.textContent = hint ? `${text} (${hint})` : text; },
    gone() {
      host.querySelectorAll("button, select").forEach((one) => (one.disabled = true));
      live.textContent = "The kernel that made this diagram is gone. Run the cell again.";
    },
  };
}

export default panel(drawDiagram);
