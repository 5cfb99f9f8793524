// SQL with its words, strings and comments told apart; the text itself stays as it is.

const SQL_WORDS = new Set((
  "add after all alter always and any as asc authorization before begin between by cascade case cast check collate column " +
  "comment commit concurrently constraint create cross current_date current_timestamp cycle data database default " +
  "deferrable deferred delete desc disable distinct do domain drop each else enable end enum except exclude execute exists " +
  "extension false fetch for force foreign from full function generated grant group having identity if immutable in " +
  "include increment index inherits initially inner insert instead intersect into is join key language left like limit " +
  "local lock materialized maxvalue minvalue no not null nulls of offset on only option or order outer owned owner " +
  "partition policy primary privileges procedure range references rename replace replica restrict returns returning " +
  "revoke right role row rows rule schema security select sequence serial set stable start statistics stored table " +
  "temporary then to trigger true truncate type union unique unlogged update using valid validate value values view " +
  "volatile when where with without"
).split(" "));

const SQL_TOKEN = new RegExp([
  String.raw`(?<comment>--[^\n]*|/\*[\s\S]*?(?:\*/|$))`,
  String.raw`(?<string>[eE]?'(?:[^']|'')*(?:'|$)|\$(?<tag>\w*)\$[\s\S]*?(?:\$\k<tag>\$|$))`,
  String.raw`(?<name>"(?:[^"]|"")*(?:"|$))`,
  String.raw`(?<number>\b\d+(?:\.\d+)?\b)`,
  String.raw`(?<word>[A-Za-z_]\w*)`,
].join("|"), "g");

/** A block of SQL. */
function sqlBlock(sql, label = "SQL") {
  const pre = el("pre", { className: "nbm-sql", tabIndex: 0, role: "group", "aria-label": label });
  let end = 0;
  for (const found of sql.matchAll(SQL_TOKEN)) {
    pre.append(sql.slice(end, found.index), sqlToken(found));
    end = found.index + found[0].length;
  }
  pre.append(sql.slice(end));
  return pre;
}

function sqlToken(found) {
  const { comment, string, name, number } = found.groups;
  const text = found[0];
  const kind = comment ? "comment" : string ? "string" : name ? "name" : number ? "number"
    : SQL_WORDS.has(text.toLowerCase()) ? "word" : "";
  return kind ? el("span", { className: `nbm-sql-${kind}`, textContent: text }) : text;
}
