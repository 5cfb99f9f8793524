// The grid: rows and columns with one cell that has the focus (the grid pattern of the WAI-ARIA
// Authoring Practices). Line 0 is the head; column 0 marks rows.

const MARK_WIDTH = 34;

class Grid {
  /** What the grid does not know itself: see DataTab. */
  constructor(hooks) {
    Object.assign(this, { hooks, lines: [], columns: [], at: [0, 1], layout: null });
    this.cols = el("colgroup");
    this.head = el("thead", { role: "rowgroup" });
    this.body = el("tbody", { role: "rowgroup" });
    this.table = el("table", { className: "nbs-grid", role: "grid", "aria-multiselectable": "true" }, this.cols, this.head, this.body);
    this.blank = el("div", { className: "nbs-blank nbm-muted", hidden: true });
    this.node = el("div", { className: "nbs-wrap" }, this.table, this.blank);
    this.table.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => this.click(event));
    this.body.addEventListener("dblclick", (event) => { const place = this.placeOf(event.target); if (place && !event.target.closest("button, input")) this.edit(...place); });
  }

  /** Draw lines ({row} or {edit} for a new one) under the columns that are shown. */
  draw(lines, columns, layout, { label, blank }) {
    Object.assign(this, { lines, columns, layout });
    this.table.setAttribute("aria-label", label);
    this.table.setAttribute("aria-colcount", columns.length + 1);
    this.fit();
    this.drawHead();
    this.body.replaceChildren(...lines.map((line, at) => this.drawLine(line, at + 1)));
    this.place();
    this.blank.hidden = lines.length > 0;
    this.blank.textContent = blank;
    this.focus(this.at[0] || 1, this.at[1], false);
  }

  redrawLine(number) {
    const old = this.body.rows[number - 1];
    if (!old) return;
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(this.drawLine(this.lines[number - 1], number));
    this.focus(...this.at, hadFocus);
  }

  // --- the head ---------------------------------------------------------------

  drawHead() {
    const mark = el("th", { className: "nbs-mark nbs-frozen", role: "columnheader", scope: "col", tabIndex: -1, "aria-label": "select all rows shown" },
      this.hooks.canSelect() ? el("input", { type: "checkbox", tabIndex: -1, "aria-label": "select all rows shown", checked: this.hooks.allSelected(this.lines), onchange: () => this.hooks.selectAll(this.lines) }) : null);
    this.head.replaceChildren(el("tr", { role: "row" }, mark, this.columns.map((column, at) => this.drawTitle(column, at + 1))));
  }

  drawTitle(column, at) {
    const sorted = this.hooks.sortOf(column);
    const tags = [column.is_key ? "key" : "", column.references ? `→ ${shortName(column.references.relation)}` : ""].filter(Boolean);
    const menu = button("▾", (event) => { event.stopPropagation(); this.hooks.menu(column, menu); }, { className: "nbs-menu", tabIndex: -1, "aria-label": `menu of ${column.name}`, "aria-haspopup": "dialog" });
    const grip = el("span", { className: "nbs-grip", "aria-hidden": "true" });
    grip.addEventListener("pointerdown", (event) => this.resize(event, column));
    grip.addEventListener("click", (event) => event.stopPropagation());
    grip.addEventListener("dblclick", (event) => { event.stopPropagation(); this.layout.widths.delete(column.name); this.fit(); this.place(); });
    const about = [column.name, column.type, column.nullable ? "may be NULL" : "NOT NULL", column.default ? `default ${column.default}` : "", column.why_not ?? ""].filter(Boolean).join("\n");
    return el("th", { role: "columnheader", scope: "col", tabIndex: -1, title: about, className: this.frozenClass(at), "aria-colindex": at + 1, "aria-sort": sorted ? (sorted.descending ? "descending" : "ascending") : "none", onclick: (event) => { this.focus(0, at); this.hooks.sort(column, event.shiftKey); } },
      el("div", { className: "nbs-title" }, el("b", { textContent: column.name }), sorted ? el("span", { className: "nbs-sorted", textContent: sorted.descending ? "▼" : "▲", "aria-hidden": "true" }) : null, menu),
      el("div", { className: "nbs-type" }, tags.includes("key") ? el("span", { className: "nbs-tag", textContent: "key" }) : null, column.type, tags.length > (column.is_key ? 1 : 0) ? el("span", { className: "nbs-to", textContent: tags.at(-1) }) : null),
      grip);
  }

  // --- widths -----------------------------------------------------------------

  /** A width for every column that has none, by what it holds. */
  fit() {
    this.columns.forEach((column) => {
      if (this.layout.widths.has(column.name)) return;
      const at = column.index;
      const longest = Math.max(0, ...this.lines.slice(0, 60).map(({ row }) => Math.min(40, row?.values[at]?.length ?? 4)));
      const head = Math.max(column.name.length + 4, (column.type.length + (column.is_key ? 5 : 0) + (column.references ? shortName(column.references.relation).length + 3 : 0)) * .9);
      const width = Math.max(longest + (column.references ? 3 : 0), Math.min(head, 26)) * 7.4 + 22;
      this.layout.widths.set(column.name, Math.round(Math.max(76, Math.min(320, width))));
    });
  }

  place() {
    const widths = [MARK_WIDTH, ...this.columns.map(({ name }) => this.layout.widths.get(name) ?? 120)];
    this.cols.replaceChildren(...widths.map((width) => el("col", { style: `width:${width}px` })));
    this.table.style.width = `${widths.reduce((sum, one) => sum + one, 0)}px`;
    let left = 0;
    widths.slice(0, this.frozen + 1).forEach((width, at) => { this.table.style.setProperty(`--left-${at}`, `${left}px`); left += width; });
    for (const row of this.frozen ? [...this.head.rows, ...this.body.rows] : []) this.hold(row);
  }

  /** The columns that stay keep their distance from the left; that of the marks is 0, always. */
  hold(row) {
    for (let at = 1; at <= this.frozen; at++) if (row.cells[at]) row.cells[at].style.left = `var(--left-${at})`;
  }

  get frozen() {
    return this.columns.findIndex(({ name }) => name === this.layout.frozen) + 1;
  }

  frozenClass = (at) => (at <= this.frozen ? `nbs-frozen${at === this.frozen ? " nbs-last" : ""}` : "");

  resize(event, column) {
    event.preventDefault();
    event.stopPropagation();
    const from = event.clientX, width = this.layout.widths.get(column.name) ?? 120;
    const grip = event.target;
    grip.setPointerCapture(event.pointerId);
    grip.onpointermove = (move) => { this.layout.widths.set(column.name, Math.max(40, Math.round(width + move.clientX - from))); this.place(); };
    grip.onpointerup = grip.onpointercancel = () => { grip.onpointermove = null; };
  }

  // --- lines ------------------------------------------------------------------

  drawLine(line, number) {
    const state = this.hooks.stateOf(line);
    const isSelected = this.hooks.isSelected(line);
    const mark = el("td", { className: "nbs-mark nbs-frozen", role: "gridcell", tabIndex: -1 },
      line.row && this.hooks.canSelect() ? el("input", { type: "checkbox", tabIndex: -1, checked: isSelected, "aria-label": `select row ${number}` }) : el("span", { textContent: line.edit ? "+" : "" }));
    const tr = el("tr", { role: "row", className: state ? `nbs-${state}` : "", "aria-rowindex": number + 1, "aria-selected": String(isSelected) }, mark, this.columns.map((column, at) => this.drawCell(line, column, at + 1)));
    this.hold(tr);
    return tr;
  }

  drawCell(line, column, at) {
    const { value, length, isChanged, isDefault, fault } = this.hooks.cellOf(line, column);
    const classes = [this.frozenClass(at), RIGHT.has(column.category) ? "nbs-right" : "", isChanged ? "nbs-changed" : "", fault ? "nbs-fault" : ""];
    const node = el("td", { role: "gridcell", tabIndex: -1, className: classes.filter(Boolean).join(" "), "aria-colindex": at + 1 });
    if (fault) Object.assign(node, { title: fault }).setAttribute("aria-invalid", "true");
    const text = el("span", { className: "nbs-value" });
    if (isDefault) { text.textContent = isDefault; node.classList.add("nbs-default"); } else paintValue(text, value, sizeText(column, length));
    node.append(text);
    if (column.references && line.row && value !== null && !isDefault) {
      const to = `open ${shortName(column.references.relation)} ${valueText(value).slice(0, 60)}`;
      node.classList.add("nbs-link");
      node.append(el("button", { type: "button", className: "nbs-follow", tabIndex: -1, textContent: "→", title: to, "aria-label": to }));
    }
    return node;
  }

  // --- the focus --------------------------------------------------------------

  cell(line, at) {
    return (line === 0 ? this.head.rows[0] : this.body.rows[line - 1])?.cells[at];
  }

  placeOf(target) {
    const cell = target.closest("td, th");
    if (!cell || !this.table.contains(cell)) return null;
    return [cell.tagName === "TH" ? 0 : cell.parentNode.sectionRowIndex + 1, cell.cellIndex];
  }

  focus(line, at, take = true) {
    this.cell(...this.at)?.setAttribute("tabindex", "-1");
    this.at = [Math.max(0, Math.min(line, this.lines.length)), Math.max(0, Math.min(at, this.columns.length))];
    const node = this.cell(...this.at);
    if (!node) return;
    node.tabIndex = 0;
    if (!take) return;
    node.focus({ preventScroll: true });
    this.reveal(node);
    this.hooks.focused(this.lines[this.at[0] - 1] ?? null, this.columns[this.at[1] - 1] ?? null);
  }

  /** Into sight, beside the columns and below the head that stay. */
  reveal(node) {
    const [box, around] = [node.getBoundingClientRect(), this.node.getBoundingClientRect()];
    const left = this.at[1] > this.frozen ? around.left + (this.cell(0, this.frozen)?.getBoundingClientRect().right ?? around.left) - around.left : around.left;
    const top = around.top + (this.at[0] ? this.head.offsetHeight : 0);
    const right = around.left + this.node.clientWidth, bottom = around.top + this.node.clientHeight;
    if (this.at[1] > this.frozen) {
      if (box.left < left) this.node.scrollLeft -= left - box.left;
      else if (box.right > right) this.node.scrollLeft += Math.min(box.right - right, box.left - left);
    }
    if (box.top < top) this.node.scrollTop -= top - box.top;
    else if (box.bottom > bottom) this.node.scrollTop += box.bottom - bottom;
  }

  get line() {
    return this.lines[this.at[0] - 1] ?? null;
  }

  click(event) {
    const place = this.placeOf(event.target);
    if (!place || event.target.closest(".nbs-editor")) return;
    const line = this.lines[place[0] - 1], column = this.columns[place[1] - 1];
    this.focus(...place);
    if (event.target.closest(".nbs-follow")) this.hooks.follow(line, column);
    else if (event.target.type === "checkbox") this.hooks.select(line, place[0], event.shiftKey);
  }

  key(event) {
    if (event.target.closest(".nbs-editor") || this.textKey(event)) return;
    const [line, at] = this.at, last = this.lines.length, { key, ctrlKey, metaKey, altKey } = event;
    const isFar = ctrlKey || metaKey;
    const steps = { ArrowDown: [line + 1, at], ArrowUp: [line - 1, at], ArrowLeft: [line, at - 1], ArrowRight: [line, at + 1], Home: [isFar ? 1 : line, isFar ? 0 : 0], End: [isFar ? last : line, this.columns.length] };
    if (line === 0 && (altKey && key === "ArrowDown" || key === "F2" || key === "ContextMenu")) this.openMenu();
    else if (steps[key] && !altKey) this.focus(...steps[key]);
    else if (key === "PageDown" || key === "PageUp") this.hooks.turn(key === "PageDown" ? "next" : "previous");
    else return;
    event.preventDefault();
  }

  /** Keys that do something with the cell. */
  textKey(event) {
    const [line, at] = this.at, column = this.columns[at - 1], { key } = event;
    const isFar = event.ctrlKey || event.metaKey;
    if (line === 0) {
      if (key !== "Enter" && key !== " ") return false;
      if (column) this.hooks.sort(column, event.shiftKey); else this.hooks.selectAll(this.lines);
    } else if (key === " ") this.hooks.select(this.line, line, event.shiftKey);
    else if (key === "Enter" && isFar) this.hooks.follow(this.line, column);
    else if (key === "Enter" || key === "F2") column ? this.edit(line, at) : this.hooks.follow(this.line, null);
    else if (key === "0" && isFar && column) this.hooks.change(this.line, column, { value: null }, line);
    else if (key === "Delete") this.hooks.remove(this.line);
    else if (key === "c" && isFar && column && !String(window.getSelection())) this.hooks.copy(this.line, column);
    else return false;
    event.preventDefault();
    return true;
  }

  openMenu() {
    const column = this.columns[this.at[1] - 1];
    if (column) this.hooks.menu(column, this.cell(...this.at).querySelector(".nbs-menu"));
  }

  // --- editing ----------------------------------------------------------------

  async edit(line, at) {
    const what = this.lines[line - 1], column = this.columns[at - 1];
    if (!what || !column || this.cell(line, at).querySelector(".nbs-editor")) return;
    const start = await this.hooks.startEdit(what, column);
    const node = this.cell(line, at);
    if (!start || this.lines[line - 1] !== what || !node) return;
    const done = (change, way) => {
      if (change) this.hooks.change(what, column, change, line);
      else this.redrawLine(line);
      if (this.lines[line - 1] !== what) return;
      const to = Math.max(1, Math.min(this.columns.length, at + (way === "next" ? 1 : way === "previous" ? -1 : 0)));
      this.focus(line, to, this.node.contains(document.activeElement) || document.activeElement === document.body);
    };
    const editor = editorOf(column, start.value, { canDefault: Boolean(what.edit), done, complain: (text) => this.hooks.complain(`${column.name}: ${text}`) });
    node.classList.add("nbs-editing");
    node.replaceChildren(editor.node);
    editor.focus();
    this.reveal(editor.node);
  }
}
