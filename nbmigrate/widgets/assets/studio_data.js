// The Data tab: one table at a time, a page of it in the document, edits kept until they are saved.

const SIZES = ["50", "100", "200"];

class DataTab {
  /** `say(text, tone)` speaks in the status line; `drawSide()` draws the list of tables again. */
  constructor({ link, memory, say, fail, drawSide, opened }) {
    Object.assign(this, { link, say, fail, drawSide, opened, latest: 0, page: null });
    this.memory = memory;
    memory.history ??= [];
    memory.kept ??= new Map();
    this.grid = new Grid(this.hooks());
    this.filters = new Filters({ changed: () => this.changed() });
    this.details = new Details({ link, follow: (...to) => this.open(...to), fail, say });
    this.saving = new Saving({ link, fail, say, redraw: () => this.draw(), reload: () => this.refresh(), state: () => this });
    this.build();
  }

  build() {
    this.back = button("‹ Back", () => this.goBack(), { className: "nbm-button nbs-small", hidden: true });
    this.title = el("b", { className: "nbs-heading" });
    this.note = el("span", { className: "nbs-why", hidden: true });
    this.refreshing = button("Refresh", () => this.refresh(), { className: "nbm-button nbs-small" });
    this.counting = button("Count", () => this.count(), { className: "nbm-button nbs-small", title: "count the rows exactly" });
    this.columnsMenu = button("Columns ▾", () => this.openColumns(), { className: "nbm-button nbs-small", "aria-haspopup": "dialog" });
    this.exporting = button("Export ▾", () => this.openExport(), { className: "nbm-button nbs-small", "aria-haspopup": "dialog" });
    this.adding = button("Add row", () => this.addRow(), { className: "nbm-button nbs-small" });
    this.removing = button("Delete", () => this.removeSelected(), { className: "nbm-button nbs-small", hidden: true });
    this.rowButton = button("Row", () => this.showDetails(!this.memory.isDetailed), { className: "nbm-button nbs-small", title: "the row in full, and what refers to it", "aria-pressed": "false" });
    const turn = (text, go, label) => button(text, () => this.load(go), { className: "nbm-button nbs-small", "aria-label": label, disabled: true });
    this.turns = { first: turn("« First", "first", "first page"), previous: turn("‹ Previous", "previous", "previous page"), next: turn("Next ›", "next", "next page"), last: turn("Last »", "last", "last page") };
    this.where = el("span", { className: "nbs-where" });
    this.size = choice(SIZES, this.memory.size ?? "100", { "aria-label": "rows a page", onchange: () => { this.memory.size = this.size.value; if (this.isReady) this.load("first"); } });
    this.node = el("div", { className: "nbs-data" },
      el("div", { className: "nbs-bar" }, this.back, this.title, el("span", { className: "nbs-gap" }), this.removing, this.adding, this.counting, this.columnsMenu, this.exporting, this.rowButton, this.refreshing),
      el("div", { className: "nbs-bar nbs-filterbar" }, this.filters.node, el("span", { className: "nbs-gap" }), this.note),
      el("div", { className: "nbs-middle" }, this.grid.node, this.details.node),
      this.saving.node,
      el("div", { className: "nbs-bar nbs-foot" }, this.turns.first, this.turns.previous, this.where, this.turns.next, this.turns.last, el("span", { className: "nbs-gap" }), el("span", { className: "nbm-muted", textContent: "Rows a page" }), this.size));
    this.details.node.hidden = true;
  }

  // --- where we are -----------------------------------------------------------

  /** What is kept of a relation as long as the studio is open. */
  kept(relation = this.place.relation) {
    const { kept } = this.memory;
    const name = nameOf(relation);
    if (!kept.has(name)) kept.set(name, { edits: new Edits(), selected: new Map(), layout: { widths: new Map(), hidden: new Set(), frozen: "" } });
    return kept.get(name);
  }

  get place() { return this.memory.place; }
  get edits() { return this.kept().edits; }
  get described() { return this.memory.described; }
  get columns() { return this.described.columns.filter(({ name }) => !this.kept().layout.hidden.has(name)); }

  get isReady() { return Boolean(this.memory.place && this.memory.described); }

  hasEdits = (relation) => (this.memory.kept.get(nameOf(relation))?.edits.size ?? 0) > 0;

  async open(relation, filters = [], { isBack = false, sort = [], keep = false } = {}) {
    const mine = ++this.latest;
    try {
      const described = await this.link.ask("describe", { relation });
      if (mine !== this.latest) return;
      if (this.place && !isBack && keep) this.memory.history.push(this.place);
      if (!isBack && !keep) this.memory.history = [];
      described.columns.forEach((column, index) => { column.index = index; });
      this.memory.described = described;
      this.memory.place = { relation, filters: [...filters], sort, total: null, counted: null, asked: null };
      this.grid.at = [1, 1];
      this.opened(relation);
      await this.load("first");
    } catch (error) {
      // The page that was under way when this began will not be drawn any more.
      if (mine === this.latest) { this.grid.node.removeAttribute("aria-busy"); this.fail(error); }
    }
  }

  goBack() {
    const { relation, filters, sort } = this.memory.history.pop();
    return this.open(relation, filters, { isBack: true, sort });
  }

  changed() {
    this.place.counted = null;
    return this.load("first");
  }

  refresh() {
    const { asked } = this.place;
    return asked ? this.request(asked) : this.load("first");
  }

  load(go, focus = false) {
    const cursor = go === "next" ? this.page?.last : go === "previous" ? this.page?.first : null;
    if ((go === "next" || go === "previous") && !cursor) return undefined;
    return this.request({ go, cursor: cursor ?? null, from: this.page?.from }, focus);
  }

  async request(asked, focus = false) {
    const mine = ++this.latest;
    const { relation, sort, filters } = this.place;
    const hadFocus = focus || this.grid.table.contains(document.activeElement);
    this.grid.node.setAttribute("aria-busy", "true");
    try {
      const page = await this.link.ask("page", { relation, sort, filters, go: asked.go, cursor: asked.cursor, size: Number(this.size.value) });
      if (mine !== this.latest) return;
      this.place.asked = asked;
      this.page = { ...page, from: this.whereIs(page, asked) };
      this.draw();
      if (asked.go === "next" || asked.go === "first") this.grid.node.scrollTop = 0;
      if (hadFocus) this.grid.focus(1, this.grid.at[1]);
      else this.drawDetails();
      this.say(`${plural(page.rows.length, "row")} in ${Math.max(1, Math.round(page.ms.total ?? page.ms))} ms`);
    } catch (error) {
      if (mine === this.latest) await this.failed(error, asked);
    } finally {
      if (mine === this.latest) this.grid.node.removeAttribute("aria-busy");
    }
  }

  /** A table that was changed meanwhile is read again; edits stay. */
  async failed(error, asked) {
    if (error.code !== "schema-changed" || asked.isAgain) {
      if (asked.go === "first") this.drawNothing();
      return this.fail(error);
    }
    const described = await this.link.ask("describe", { relation: this.place.relation });
    described.columns.forEach((column, index) => { column.index = index; });
    this.memory.described = described;
    const names = new Set(described.columns.map(({ name }) => name));
    this.place.sort = this.place.sort.filter(({ column }) => names.has(column));
    this.place.filters = this.place.filters.filter(({ column }) => names.has(column));
    await this.request({ go: "first", cursor: null, isAgain: true });
    return this.say("The table was changed meanwhile: its columns were read again.", "warn");
  }

  /** The filters and the order that could not be read by: they stay, to be mended, and no other rows beside them. */
  drawNothing() {
    this.page = { rows: [], has_previous: false, has_next: false, from: { start: 1 }, isFailed: true };
    this.place.asked = null;
    this.draw();
  }

  /** Where the page is: the number of its first row from the start, or of rows behind it. */
  whereIs(page, { go, from }) {
    const before = this.page?.rows.length ?? 0;
    if (!page.has_previous) return { start: 1 };
    if (!page.has_next) return { after: 0 };
    if (go === "next" && from) return "start" in from ? { start: from.start + before } : { after: Math.max(0, from.after - page.rows.length) };
    if (go === "previous" && from) return "start" in from ? { start: Math.max(1, from.start - page.rows.length) } : { after: from.after + before };
    return { start: 1 };
  }

  // --- drawing ----------------------------------------------------------------

  get lines() {
    return [...this.edits.inserts.map((edit) => ({ edit })), ...(this.page?.rows ?? []).map((row) => ({ row }))];
  }

  draw() {
    const { relation, filters } = this.place, { is_editable, why_not, kind } = this.described;
    this.title.textContent = shortName(relation);
    this.title.title = kind;
    this.note.hidden = is_editable;
    this.note.textContent = is_editable ? "" : `read only: ${why_not}`;
    this.back.hidden = this.memory.history.length === 0;
    this.adding.disabled = !is_editable;
    this.filters.draw(this.described.columns, filters);
    this.drawGrid();
    this.drawFoot();
    this.saving.draw();
    this.drawSide();
  }

  drawGrid() {
    const { filters, relation } = this.place;
    this.grid.draw(this.lines, this.columns, this.kept().layout, { label: shortName(relation), blank: this.page?.isFailed ? "The rows could not be read." : filters.length ? "No row passes the filters." : "The table has no rows." });
    const { selected } = this.kept();
    this.removing.hidden = selected.size === 0 || !this.described.is_editable;
    this.removing.textContent = `Delete ${plural(selected.size, "row")}`;
    this.grid.table.setAttribute("aria-rowcount", -1);
  }

  drawFoot() {
    const { rows, has_previous, has_next, from, estimate } = this.page;
    this.turns.first.disabled = this.turns.previous.disabled = !has_previous;
    this.turns.next.disabled = this.turns.last.disabled = !has_next;
    const counted = this.place.counted ?? (has_next || has_previous ? null : { rows: rows.length, is_exact: true });
    const total = counted ?? estimate;
    const of = total?.rows == null || total.rows < 0 ? "" : ` of ${total.is_exact ? total.rows.toLocaleString("en-US") : counted ? `more than ${(total.rows - 1).toLocaleString("en-US")}` : `≈ ${short(total.rows)}`}`;
    const number = (value) => value.toLocaleString("en-US");
    const range = rows.length === 0 ? "no rows" : "start" in from ? (rows.length === 1 ? `row ${number(from.start)}` : `rows ${number(from.start)}–${number(from.start + rows.length - 1)}`) : from.after === 0 ? `last ${plural(rows.length, "row")}` : `${plural(rows.length, "row")} before the last ${number(from.after)}`;
    this.where.textContent = this.page.isFailed ? "" : rows.length ? range + of : range;
  }

  // --- what the grid asks -----------------------------------------------------

  hooks() {
    return {
      sortOf: (column) => this.place.sort.find((one) => one.column === column.name),
      sort: (column, isMore) => this.sort(column, isMore),
      menu: (column, anchor) => popover(anchor, (box) => columnMenu(this, column, box), { label: `column ${column.name}` }),
      canSelect: () => this.described.key.length > 0,
      isSelected: ({ row }) => Boolean(row) && this.kept().selected.has(nameOf(row.key)),
      allSelected: (lines) => lines.some(({ row }) => row) && lines.every(({ row }) => !row || this.kept().selected.has(nameOf(row.key))),
      select: (line) => this.select([line]),
      selectAll: (lines) => this.select(lines, true),
      stateOf: (line) => this.stateOf(line),
      cellOf: (line, column) => this.cellOf(line, column),
      follow: (line, column) => this.follow(line, column),
      turn: (go) => this.page?.[`has_${go}`] && this.load(go, true),
      focused: (line) => { if (this.memory.isDetailed && line?.row) this.details.show(this.described, line.row); },
      startEdit: (line, column) => this.startEdit(line, column),
      change: (line, column, change, number) => this.change(line, column, change, number),
      remove: (line) => this.remove(line),
      copy: (line, column) => this.copy(line, column),
      complain: (text) => this.say(text, "bad"),
    };
  }

  stateOf({ row, edit }) {
    if (edit) return "new";
    return this.edits.isDeleted(row) ? "deleted" : "";
  }

  cellOf({ row, edit }, column) {
    const found = edit ?? (row.key && (this.edits.updates.get(nameOf(row.key)) ?? this.edits.deletes.get(nameOf(row.key))));
    const fault = this.edits.faults.get(found);
    const isOthers = this.edits.conflicts.some((one) => one.edit === found && one.column === column.name);
    const told = fault && (isOthers || fault.column === column.name || (!fault.column && column.is_key)) ? fault.text : "";
    if (edit) {
      const isGiven = Object.hasOwn(edit.values, column.name);
      const usual = column.default !== null || !column.is_editable || column.nullable ? "DEFAULT" : "required";
      return { value: edit.values[column.name] ?? null, isDefault: isGiven ? "" : usual, isChanged: isGiven, fault: told };
    }
    const changed = row.key && this.edits.changeOf(row, column.name);
    if (changed) return { value: changed.to, isChanged: true, fault: told };
    return { value: row.values[column.index], length: row.lengths?.[column.index], fault: told };
  }

  sort({ name }, isMore) {
    const { sort } = this.place;
    const found = sort.find(({ column }) => column === name);
    const next = !found ? { column: name, descending: false } : found.descending ? null : { column: name, descending: true };
    const others = isMore ? sort.filter((one) => one !== found) : [];
    return this.sortBy([...others, ...(next ? [next] : [])]);
  }

  sortBy(sort) {
    this.place.sort = sort;
    return this.load("first");
  }

  openColumns() { popover(this.columnsMenu, () => columnsForm(this), { label: "columns shown" }); }

  openExport() { popover(this.exporting, (box) => exportForm(this, box), { label: "export" }); }

  // --- rows -------------------------------------------------------------------

  select(lines, isAll = false) {
    const { selected } = this.kept();
    const rows = lines.map(({ row }) => row).filter((row) => row?.key);
    const isOn = rows.length > 0 && rows.every(({ key }) => selected.has(nameOf(key)));
    for (const { key } of rows) if (isOn) selected.delete(nameOf(key)); else selected.set(nameOf(key), key);
    const hadFocus = this.grid.table.contains(document.activeElement);
    this.drawGrid();
    if (hadFocus) this.grid.focus(...this.grid.at);
    return this.tellSelection([...selected.values()], isAll);
  }

  async tellSelection(keys) {
    try {
      const { rows } = await this.link.ask("select", { relation: this.place.relation, keys });
      this.say(`${plural(rows, "row")} selected: studio.selection in the notebook`);
    } catch (error) { this.fail(error); }
  }

  follow({ row } = {}, column = null) {
    if (!row) return undefined;
    if (column?.references && row.values[column.index] !== null) {
      const { relation, columns, to } = column.references;
      const value = (name) => row.values[this.described.columns.find((one) => one.name === name).index];
      return this.open(relation, columns.map((name, at) => ({ column: to[at], op: "=", value: value(name) })), { keep: true });
    }
    this.showDetails(true);
    return this.details.show(this.described, row);
  }

  showDetails(isShown) {
    this.memory.isDetailed = isShown;
    this.details.node.hidden = !isShown;
    this.rowButton.setAttribute("aria-pressed", String(isShown));
    this.drawDetails();
  }

  /** The row in full is that of the cell that has the focus, or nothing. */
  drawDetails() {
    if (!this.memory.isDetailed || !this.isReady || !this.page) return;
    const line = this.grid.line ?? this.lines.find(({ row }) => row);
    if (line?.row) this.details.show(this.described, line.row);
    else this.details.clear();
  }

  async copy(line, column) {
    const { value, length } = this.cellOf(line, column);
    const found = length === undefined ? { value } : await this.whole(line.row, column, "copied");
    if (found) navigator.clipboard?.writeText(found.value ?? "").then(() => this.say("Copied."), () => this.say("The browser allows no copying here.", "warn"));
  }

  async count() {
    const { relation, filters } = this.place;
    this.say("Counting …");
    try {
      this.place.counted = await this.link.ask("count", { relation, filters });
      this.drawFoot();
      this.say("Counted.");
    } catch (error) { this.fail(error); }
  }

  // --- edits ------------------------------------------------------------------

  /** While edits are being saved there are no others: they would go with those that were saved. */
  get isHeld() {
    if (this.saving.isSaving) this.say("Wait until the changes are saved.", "warn");
    return this.saving.isSaving;
  }

  async startEdit({ row, edit }, column) {
    if (this.isHeld) return null;
    const why = !this.described.is_editable ? this.described.why_not : column.is_editable ? "" : column.why_not;
    if (why) { this.say(`${column.name}: ${why}`, "warn"); return null; }
    if (edit) return { value: edit.values[column.name] ?? null };
    if (this.edits.isDeleted(row)) { this.say("The row is to be deleted; press Delete to keep it.", "warn"); return null; }
    const cell = this.cellOf({ row }, column);
    this.say(column.nullable ? "Enter keeps the change, Escape gives it up, Ctrl+0 is NULL." : "Enter keeps the change, Escape gives it up.");
    if (cell.length === undefined) return { value: cell.value };
    return this.whole(row, column);
  }

  /** A value that was cut, in full; it takes its place in the page. What is too long is not taken in part. */
  async whole(row, column, done = "edited") {
    try {
      const { text, length } = await this.link.ask("value", { relation: this.place.relation, key: row.key, column: column.name, offset: 0, size: EDITABLE_LENGTH });
      if (text !== null && countOf(column, text) < length) { this.say(`${column.name}: too long to be ${done} here, ${short(length)} ${column.category === "bytes" ? "bytes" : "characters"}`, "warn"); return null; }
      row.values[column.index] = text;
      delete row.lengths[column.index];
      return { value: text };
    } catch (error) { this.fail(error); return null; }
  }

  change({ row, edit }, column, { value, isDefault }, number) {
    if (this.isHeld) return this.grid.redrawLine(number);
    if (!edit && (!this.described.is_editable || !column.is_editable)) return this.startEdit({ row, edit }, column);
    if (edit && isDefault) delete edit.values[column.name];
    else if (edit) edit.values[column.name] = value;
    else this.edits.change(row, column.name, row.values[column.index], value);
    if (edit) this.edits.faults.delete(edit);
    this.grid.redrawLine(number);
    this.saving.draw();
    return this.drawSide();
  }

  addRow() {
    if (this.isHeld) return;
    this.edits.add();
    this.draw();
    this.grid.focus(this.edits.inserts.length, Math.max(1, this.columns.findIndex(({ is_editable }) => is_editable) + 1));
    this.say("A new row: what is left at DEFAULT is filled in by the server.");
  }

  remove({ row, edit } = {}) {
    if (this.isHeld) return undefined;
    if (edit) this.edits.forget(edit);
    else if (!row || !this.described.is_editable) return this.say(`read only: ${this.described.why_not}`, "warn");
    else this.edits.toggleDelete(row, this.original(row));
    const hadFocus = this.grid.table.contains(document.activeElement);
    this.draw();
    if (hadFocus) this.grid.focus(...this.grid.at);
    return undefined;
  }

  original = (row) => Object.fromEntries(this.described.columns.filter(({ index }) => row.lengths?.[index] === undefined).map(({ name, index }) => [name, row.values[index]]));

  removeSelected() {
    if (this.isHeld) return;
    const { selected } = this.kept();
    for (const { row } of this.lines)
      if (row && selected.has(nameOf(row.key)) && !this.edits.isDeleted(row)) this.edits.toggleDelete(row, this.original(row));
    const left = [...selected.keys()].filter((name) => !this.edits.deletes.has(name)).length;
    selected.clear();
    this.draw();
    if (left) this.say(`${plural(left, "selected row")} of other pages were left as they are.`, "warn");
  }
}
