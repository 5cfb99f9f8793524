// The row in full: every value, long ones on demand, and the rows that refer to it.

const CHUNK = 50_000;

class Details {
  constructor({ link, follow, fail, say }) {
    Object.assign(this, { link, follow, fail, say, latest: 0 });
    this.node = el("aside", { className: "nbs-details", "aria-label": "the row in full" });
  }

  show(described, row) {
    const mine = ++this.latest;
    const refer = el("div", { className: "nbs-refer" });
    this.node.replaceChildren(
      el("div", { className: "nbs-detailshead", textContent: described.key.length ? `${shortName(described.relation)} ${row.key.join(", ")}` : shortName(described.relation) }),
      el("dl", { className: "nbs-fields" }, described.columns.flatMap((column) => this.field(described, row, column))),
      refer);
    if (row.key && described.referenced_by?.length) this.refer(refer, described.relation, row.key, mine);
  }

  clear() {
    this.latest += 1;
    this.node.replaceChildren(el("div", { className: "nbm-muted", textContent: "No row." }));
  }

  field({ relation }, row, column) {
    const value = row.values[column.index], length = row.lengths?.[column.index];
    const text = el("div", { className: "nbs-full" });
    const more = length === undefined ? null : button(`Show all, ${sizeText(column, length)}`, () => this.read(relation, row, column, text, more), { className: "nbm-button nbs-small" });
    if (value === null || (value === "" && !more)) paintValue(text, value);
    else if (length === undefined && column.category === "json") paintJson(text, value);
    else text.textContent = value + (more ? " …" : "");
    return [el("dt", {}, column.name, el("span", { className: "nbm-muted", textContent: ` ${column.type}` })), el("dd", {}, text, more)];
  }

  /** The next piece of a long value; the button goes when all is there. */
  async read(relation, row, column, place, more) {
    const had = Number(more.dataset.had ?? 0);
    more.disabled = true;
    try {
      const { text, length } = await this.link.ask("value", { relation, key: row.key, column: column.name, offset: had, size: CHUNK });
      const whole = had ? place.textContent + text : text ?? "";
      const has = countOf(column, whole);
      const isAll = has === had || has >= length;
      if (isAll && column.category === "json") paintJson(place, whole);
      else place.textContent = whole;
      more.dataset.had = has;
      more.hidden = isAll;
      more.textContent = `Show more, ${short(has)} of ${short(length)} ${column.category === "bytes" ? "bytes" : "characters"}`;
    } catch (error) { this.fail(error); }
    more.disabled = false;
  }

  async refer(place, relation, key, mine) {
    place.replaceChildren(el("div", { className: "nbm-muted", textContent: "Referenced by …" }));
    try {
      const found = await this.link.ask("references", { relation, key });
      if (mine !== this.latest) return;
      const count = ({ rows, is_exact }) => (rows === null ? "?" : `${rows.toLocaleString("en-US")}${is_exact ? "" : "+"}`);
      const line = ({ name, relation: from, filters, rows, is_exact, why_not }) =>
        el("li", {}, button(`${count({ rows, is_exact })} ${shortName(from)}`, () => this.follow(from, filters, { keep: true }), { className: "nbm-button nbm-link", title: why_not ? `${name}\nnot counted: ${why_not}` : name, disabled: rows === 0 }),
          why_not ? el("div", { className: "nbm-muted", textContent: `not counted: ${why_not}` }) : null);
      place.replaceChildren(el("div", { className: "nbs-detailshead", textContent: "Referenced by" }), el("ul", { className: "nbs-refs" }, found.map(line)));
    } catch (error) {
      if (mine === this.latest) place.replaceChildren(el("div", { className: "nbs-problem", textContent: error.text }));
    }
  }
}

const PAINTED = 50_000;  // characters that still get colours: each piece is a node

/** JSON as it is read best: one thing a line, and texts, numbers and words told apart. */
function paintJson(place, text) {
  const made = pretty(text);
  if (made.length > PAINTED) { place.textContent = made; return; }
  const kinds = { '"': "string", t: "word", f: "word", n: "word" };
  const pieces = made.split(/("(?:[^"\\]|\\.)*"|\btrue\b|\bfalse\b|\bnull\b|-?\d[\d.eE+-]*)/);
  place.replaceChildren(...pieces.map((piece, at) => (at % 2 ? el("span", { className: `nbm-sql-${kinds[piece[0]] ?? "number"}`, textContent: piece }) : piece)));
}

/** JSON with one thing a line. Numbers stay as they were written: nothing is parsed and written anew. */
function pretty(text) {
  let depth = 0, made = "";
  const line = () => `\n${"  ".repeat(Math.max(0, depth))}`;
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g)) {
    if (piece === "{" || piece === "[") { depth += 1; made += piece + line(); }
    else if (piece === "}" || piece === "]") { depth -= 1; made = made.trimEnd().endsWith(piece === "}" ? "{" : "[") ? made.trimEnd() + piece : made + line() + piece; }
    else made += piece === "," ? piece + line() : piece === ":" ? ": " : piece;
  }
  return made;
}
