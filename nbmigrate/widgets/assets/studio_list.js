// The list of tables on the left: searched by typing, walked by arrows.

const KIND_TAGS = { view: "view", "materialized view": "mat. view", "foreign table": "foreign", "partitioned table": "partitioned" };

class TableList {
  /** `open(relation)` shows one; `marked(relation)` tells whether it has edits. */
  constructor({ open, marked }) {
    Object.assign(this, { open, marked, all: [], lines: [], chosen: "", at: 0, marks: "" });
    this.search = el("input", { className: "nbm-input nbs-search", type: "search", placeholder: "Search tables", "aria-label": "search tables", oninput: () => this.arrange() });
    this.view = el("div", { className: "nbs-tables", role: "listbox", "aria-label": "tables" });
    this.none = el("div", { className: "nbm-muted nbs-none", hidden: true });
    this.node = el("nav", { className: "nbs-side", "aria-label": "tables of the database" }, el("div", { className: "nbs-sidehead" }, this.search), this.none, this.view);
    this.list = new VirtualList(this.view, { usual: 26, draw: (at) => this.draw(at) });
    this.search.addEventListener("keydown", (event) => { if (event.key === "ArrowDown" || event.key === "Enter") { event.preventDefault(); this.move(0, 1); } });
    this.view.addEventListener("keydown", (event) => this.key(event));
  }

  fill(all) {
    this.all = all;
    this.arrange();
  }

  choose(relation) {
    this.chosen = nameOf(relation);
    this.at = Math.max(0, this.lines.findIndex((line) => line.relation && nameOf(line.relation) === this.chosen));
    this.repaint();
  }

  /** Draw again if other tables than before are marked: to look where the list is makes the browser lay out all. */
  remark() {
    const marks = this.lines.map(({ relation }) => (relation && this.marked(relation) ? "1" : "0")).join("");
    if (marks !== this.marks) this.repaint();
    this.marks = marks;
  }

  repaint() {
    const { scrollTop } = this.view;
    this.list.reset(this.lines.length);
    this.view.scrollTop = scrollTop;
    if (this.lines.length) this.list.reveal(this.at);
  }

  arrange() {
    const wanted = this.search.value.trim().toLowerCase();
    const found = this.all.filter(({ relation }) => relation.join(".").toLowerCase().includes(wanted));
    const schemas = Map.groupBy ? Map.groupBy(found, ({ relation }) => relation[0]) : groups(found);
    this.lines = [...schemas].flatMap(([schema, tables]) => [...(schemas.size > 1 || schema !== "public" ? [{ schema, count: tables.length }] : []), ...tables]);
    this.at = Math.max(0, this.lines.findIndex((line) => line.relation));
    this.none.hidden = found.length > 0;
    this.none.textContent = this.all.length ? "No table has this name." : "The database has no tables.";
    this.list.reset(this.lines.length);
    const chosen = this.lines.findIndex((line) => line.relation && nameOf(line.relation) === this.chosen);
    if (chosen >= 0) this.at = chosen;
  }

  draw(at) {
    const line = this.lines[at];
    if (line.schema !== undefined) return el("div", { className: "nbs-schema", role: "presentation", textContent: line.schema });
    const { relation, kind, rows, bytes, comment } = line;
    const isChosen = nameOf(relation) === this.chosen;
    const size = rows === null || rows < 0 ? "" : `≈ ${short(rows)}`;
    const about = [`${kind} ${relation.join(".")}`, size && `${size} rows`, bytes ? bytesText(bytes) : "", comment ?? ""].filter(Boolean).join("\n");
    return el("div", { className: `nbs-table${isChosen ? " nbs-chosen" : ""}`, role: "option", "aria-selected": String(isChosen), tabIndex: at === this.at ? 0 : -1, title: about, onclick: () => { this.at = at; this.open(relation); } },
      el("span", { className: "nbs-name", textContent: relation[1] }),
      this.marked(relation) ? el("span", { className: "nbs-dot", title: "has unsaved changes" }) : null,
      KIND_TAGS[kind] ? el("span", { className: "nbs-tag", textContent: KIND_TAGS[kind] }) : null,
      el("span", { className: "nbs-size", textContent: size.replace("≈ ", "≈ ") }));
  }

  key(event) {
    const way = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (way) this.move(this.at + way, way);
    else if (event.key === "Home") this.move(0, 1);
    else if (event.key === "End") this.move(this.lines.length - 1, -1);
    else if ((event.key === "Enter" || event.key === " ") && this.lines[this.at]?.relation) this.open(this.lines[this.at].relation);
    else return;
    event.preventDefault();
  }

  /** To a line, or to the next one that way that is a table. */
  move(to, way) {
    to = Math.max(0, Math.min(this.lines.length - 1, to));
    while (this.lines[to] && !this.lines[to].relation) to += Math.sign(way);
    if (!this.lines[to]) return;
    const before = this.at;
    this.at = to;
    this.list.redraw(before);
    this.list.redraw(to);
    this.list.reveal(to).focus({ preventScroll: true });
  }
}

function groups(found) {
  const made = new Map();
  for (const one of found) made.set(one.relation[0], [...(made.get(one.relation[0]) ?? []), one]);
  return made;
}
