// The tabs beside the data: the structure of the table, and SQL.

/** A column as a person reads it. */
const columnFacts = ({ name, type, nullable, default: usual, is_key, is_generated, labels, references }) => ({
  name, type: labels ? `${type}: ${labels.join(", ")}` : type, null: nullable ? "" : "NOT NULL", default: usual,
  key: is_key, generated: is_generated, references: references ? `${shortName(references.relation)} (${references.to.join(", ")})` : "",
});

class StructureTab {
  constructor({ link, fail }) {
    Object.assign(this, { link, fail, node: el("div", { className: "nbs-structure" }), shown: "" });
  }

  async show(relation) {
    this.node.replaceChildren(el("div", { className: "nbm-muted", textContent: "Loading …" }));
    try {
      const found = await this.link.ask("structure", { relation });
      this.node.replaceChildren(
        ...this.part("Columns", found.columns.map(columnFacts)), ...this.part("Keys and constraints", found.constraints ?? found.keys), ...this.part("Indexes", found.indexes), ...this.part("Triggers", found.triggers), ...this.part("Policies", found.policies),
        el("div", { className: "nbs-edithead" }, el("h4", { textContent: "DDL" }), copyButton(found.ddl, "copy the DDL")), sqlBlock(found.ddl));
    } catch (error) { this.node.replaceChildren(); this.fail(error); }
  }

  /** A list of records as a table; columns that are empty everywhere are left out. */
  part(title, records) {
    if (!records?.length) return [];
    const plain = (value) => (value === null || value === undefined || value === false ? "" : value === true ? "yes" : Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : String(value));
    const names = [...new Set(records.flatMap((one) => Object.keys(one)))].filter((name) => records.some((one) => plain(one[name])));
    return [el("h4", { textContent: title }), table(names.map((name) => name.replaceAll("_", " ")), records.map((one) => names.map((name) => plain(one[name]))), { caption: "" })];
  }
}

class SqlTab {
  constructor({ link, fail, say, memory }) {
    Object.assign(this, { link, fail, say });
    this.text = el("textarea", { className: "nbm-input nbs-sqltext", rows: 6, spellcheck: false, placeholder: "SELECT …", "aria-label": "SQL", value: memory.sql ?? "", oninput: () => { memory.sql = this.text.value; } });
    this.text.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.run(); } });
    this.press = button("Run", () => this.run(), { className: "nbm-button nbm-act", title: "Ctrl+Enter" });
    this.about = el("span", { className: "nbm-muted", textContent: "Ctrl+Enter runs it; at most 500 rows are shown." });
    this.result = el("div", { className: "nbs-result" });
    this.node = el("div", { className: "nbs-sql" }, this.text, el("div", { className: "nbs-bar" }, this.press, this.about), this.result);
  }

  async run() {
    const sql = this.text.value;
    if (!sql.trim() || this.press.disabled) return;
    this.press.disabled = true;
    this.say("Running …");
    try {
      const { columns, rows, has_more, ms, command } = await this.link.ask("query", { sql });
      const right = columns.flatMap(({ type }, at) => (/^(small|big)?(int|serial)|^(int|float)\d|^(numeric|real|double|money|oid)/.test(type) ? [at] : []));
      this.result.replaceChildren(columns.length ? this.rows(columns.map(({ name }) => name), rows, right) : el("div", { className: "nbs-blank", textContent: command ?? "Done." }));
      this.about.textContent = [command, columns.length ? `${plural(rows.length, "row")}${has_more ? " shown, there are more" : ""}` : "", `${Math.max(1, Math.round(ms))} ms`].filter(Boolean).join(" · ");
      this.say("Done.");
    } catch (error) {
      this.result.replaceChildren(el("div", { className: "nbm-note nbm-note-bad", role: "alert" }, error.hint ? `${error.text}\n${error.hint}` : error.text, this.mark(sql, error)));
      if (this.link.isCancelled(error)) this.say("Cancelled.", "warn");
      else this.say("The statement failed.", "bad");
    }
    this.press.disabled = false;
  }

  /** A line each; what a cell has no room for is told where the pointer rests. */
  rows(names, rows, right) {
    const node = table(names, rows.map((row) => row.map((value) => value?.replaceAll("\n", "⏎") ?? null)), { right, caption: "" });
    node.querySelectorAll("tbody tr").forEach((line, at) => [...line.cells].forEach((cell, column) => { cell.title = rows[at][column] ?? "NULL"; }));
    return node;
  }

  /** The place of an error: its line with the word in it set off, and the same word chosen in what was typed. */
  mark(sql, { line, column }) {
    if (!line) return null;
    const lines = sql.split("\n"), text = lines[line - 1] ?? "";
    // PostgreSQL counts characters, a text here counts some of them as two.
    const at = [...text].slice(0, column - 1).join("").length;
    const word = /^(?:[\p{L}_][\p{L}\p{N}_$]*|"[^"]*"?|'[^']*'?|[\d.]+|.)/su.exec(text.slice(at))?.[0] ?? "";
    if (this.text.value === sql) {
      const from = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + at;
      this.text.focus();
      this.text.setSelectionRange(from, from + word.length);
    }
    return el("pre", { className: "nbs-place" }, text.slice(0, at), el("mark", { textContent: word || " " }), text.slice(at + word.length));
  }
}
