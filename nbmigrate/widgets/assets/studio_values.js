// How values look and how each type is edited. A value is a text or null (NULL), always.

const RIGHT = new Set(["number"]);
const CUT = 200;                  // what the engine sends of a value
const EDITABLE_LENGTH = 100_000;  // what a text field still edits well

/** A value put into a node: NULL, the empty text and values that were cut are told apart. */
function paintValue(node, value, size = "") {
  const isEmpty = value === "" && !size;
  node.classList.toggle("nbs-null", value === null);
  node.classList.toggle("nbs-empty", isEmpty);
  if (value === null) return node.replaceChildren("NULL");
  if (isEmpty) return node.replaceChildren("empty");
  node.replaceChildren(value.replaceAll("\n", "⏎"), ...(size ? [el("span", { className: "nbs-more", textContent: ` … ${size}` })] : []));
}

/** How large a value is that was cut; of all but texts PostgreSQL tells how many bytes it keeps. */
const sizeText = (column, length) => (length === undefined ? "" : column.category === "text" ? `${short(length)} chars` : bytesText(length));

/** How much of a value a text of it is, as the engine counts: characters, and bytes where it is their digits. */
const countOf = (column, text) => (column.category === "bytes" ? text.replace(/^\\x/, "").length / 2 : [...text].length);

/** The text of a value where there are no nodes. */
const valueText = (value) => (value === null ? "NULL" : value === "" ? "''" : value);

/** The empty text made visible; NULL is drawn by the table. */
const emptyShown = (value) => (value === "" ? "''" : value);

const FILTERS = {
  number: ["=", "!=", "<", "<=", ">", ">=", "in"],
  date: ["=", "!=", "<", "<=", ">", ">=", "in"],
  time: ["=", "!=", "<", "<=", ">", ">=", "in"],
  text: ["contains", "=", "!=", "<", "<=", ">", ">=", "in"],
  enum: ["=", "!=", "in"],
  boolean: ["is true", "is false"],
};

/** Types whose values PostgreSQL does not take for equal or not. */
const NOT_COMPARED = /^(json|xml|point|polygon)(\[\])?$/;

const filterWords = (column) => [
  ...(FILTERS[column.category] ?? (NOT_COMPARED.test(column.type) ? ["contains"] : ["contains", "=", "!=", "in"])),
  ...(column.nullable ? ["is null", "is not null"] : []),
];

const needsNoValue = (op) => op.startsWith("is ");

// --- editors --------------------------------------------------------------------

/** What is wrong with a text for a column, as far as this can be told without the server. */
function problemOf(column, text) {
  if (column.category !== "json") return "";
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `not JSON: ${error.message}`;
  }
}

/**
 * A field for one value. `done(change)` gets `{value}`, `{isDefault: true}` or null (given up), and
 * the way to go on ("next", "previous" or "").
 */
function editorOf(column, value, { canDefault, done, complain }) {
  const picks = picksOf(column);
  const field = picks ? pickField(column, value, picks, canDefault) : textField(column, value);
  let isOver = false;
  const end = (change, way = "") => { if (!isOver) { isOver = true; done(change, way); } };
  const take = (way) => {
    const change = field.read();
    const problem = change.value === null || change.isDefault ? "" : problemOf(column, change.value);
    if (problem) complain(problem);
    else end(change, way);
  };
  const quick = [
    !picks && column.nullable ? button("NULL", () => end({ value: null }), { className: "nbm-button nbs-small", title: "Ctrl+0" }) : null,
    !picks && canDefault ? button("DEFAULT", () => end({ isDefault: true }), { className: "nbm-button nbs-small" }) : null,
  ];
  const node = el("div", { className: "nbs-editor" }, field.node, quick);
  node.addEventListener("keydown", (event) => editorKey(event, { column, take, end }));
  if (picks) field.node.addEventListener("change", () => take(""));
  node.addEventListener("focusout", (event) => { if (!node.contains(event.relatedTarget)) setTimeout(() => node.isConnected && !node.contains(document.activeElement) && take("")); });
  return { node, focus: () => { field.node.focus({ preventScroll: true }); field.node.select?.(); } };
}

function editorKey(event, { column, take, end }) {
  event.stopPropagation();
  const { key, shiftKey, ctrlKey, metaKey } = event;
  if (key === "Escape") end(null);
  else if (key === "Enter" && !shiftKey && event.target.tagName !== "BUTTON") take("");
  else if (key === "Tab") take(shiftKey ? "previous" : "next");
  else if (key === "0" && (ctrlKey || metaKey) && column.nullable) end({ value: null });
  else return;
  event.preventDefault();
}

/** The values one chooses from, or null where one types. */
function picksOf(column) {
  if (column.category === "boolean") return ["true", "false"];
  return column.category === "enum" && column.labels ? column.labels : null;
}

function pickField(column, value, picks, canDefault) {
  const values = [
    ...(canDefault ? [{ text: "DEFAULT", change: { isDefault: true } }] : []),
    ...(column.nullable ? [{ text: "NULL", change: { value: null } }] : []),
    ...picks.map((text) => ({ text, change: { value: text } })),
  ];
  const node = choice(values.map(({ text }, at) => [String(at), text]), "", { "aria-label": column.name });
  const now = values.findIndex(({ change }) => !change.isDefault && change.value === value);
  node.value = String(Math.max(0, now));
  return { node, read: () => values[Number(node.value)].change };
}

function textField(column, value) {
  const isDay = column.type === "date" && (value === null || /^\d{4}-\d\d-\d\d$/.test(value));
  const isLong = column.category === "json" || (value ?? "").length > 50 || (value ?? "").includes("\n");
  const props = { className: "nbm-input", value: value ?? "", placeholder: value === null ? "NULL" : "", "aria-label": column.name, spellcheck: false };
  const node = isLong ? el("textarea", { ...props, rows: 5 }) : el("input", { ...props, type: isDay ? "date" : "text", inputMode: column.category === "number" ? "decimal" : "text" });
  let isTouched = false;
  node.addEventListener("input", () => { isTouched = true; });
  // A field that was opened and left as it was stays NULL; emptied, it is the empty text.
  const read = () => {
    if (!isTouched && value === null) return { value: null };
    if (isDay && node.value === "") return { value: null };
    return { value: node.value };
  };
  return { node, read };
}
