// Filters as chips, and the box in which one is made.

class Filters {
  /** `changed()` is called when a filter was made, changed or taken away. */
  constructor({ changed }) {
    Object.assign(this, { changed, columns: [], all: [] });
    this.node = el("div", { className: "nbs-filters", role: "group", "aria-label": "filters" });
    this.add = button("+ Filter", () => this.open(null, this.add), { className: "nbm-button nbs-small", "aria-haspopup": "dialog" });
  }

  draw(columns, all) {
    Object.assign(this, { columns, all });
    this.node.replaceChildren(...all.map((one) => this.chip(one)), this.add);
  }

  chip(filter) {
    const text = el("button", { type: "button", className: "nbs-chiptext", textContent: filterText(filter), title: "change this filter", onclick: () => this.open(filter, text) });
    const away = el("button", { type: "button", className: "nbs-chipaway", textContent: "×", "aria-label": `remove the filter ${filterText(filter)}`, onclick: () => this.replace(filter, null) });
    return el("span", { className: "nbs-chip" }, text, away);
  }

  replace(old, made) {
    const at = this.all.indexOf(old);
    if (at < 0) this.all.push(made);
    else this.all.splice(at, 1, ...(made ? [made] : []));
    this.changed();
  }

  open(filter, anchor, column = "") {
    popover(anchor, (box) => this.form(box, filter, column), { label: "filter" });
  }

  form(box, filter, wanted) {
    const column = choice(this.columns.map(({ name }) => name), filter?.column ?? (wanted || undefined), { "aria-label": "column" });
    const place = el("div", { className: "nbs-formrow" });
    const problem = el("div", { className: "nbs-problem", role: "alert", hidden: true });
    let op, value;
    const found = () => this.columns.find(({ name }) => name === column.value);
    const drawValue = () => {
      value = needsNoValue(op.value) ? null : valueField(found(), op.value, filter?.column === column.value ? filter.value : null);
      place.replaceChildren(op, ...(value ? [value] : []));
    };
    const drawOps = () => {
      op = choice(filterWords(found()), filter?.column === column.value ? filter.op : undefined, { "aria-label": "comparison", onchange: drawValue });
      drawValue();
    };
    const apply = () => {
      const made = { column: column.value, op: op.value, value: value ? readValue(value, op.value) : null };
      if (value && op.value !== "contains" && made.value.length === 0 && found().category !== "text") {
        problem.hidden = false;
        problem.textContent = "a value is needed";
        return;
      }
      box.close(false);
      this.replace(filter, made);
    };
    column.onchange = drawOps;
    drawOps();
    box.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && event.target.tagName !== "BUTTON") { event.preventDefault(); apply(); } });
    return el("div", { className: "nbs-form" }, column, place, problem, el("div", { className: "nbm-press" }, button("Apply", apply, { className: "nbm-button nbm-act" }), button("Cancel", () => box.close())));
  }
}

function filterText({ column, op, value }) {
  if (value === null) return `${column} ${op}`;
  const text = Array.isArray(value) ? `(${value.join(", ")})` : value;
  return `${column} ${op} ${text.length > 40 ? `${text.slice(0, 40)}…` : text || "''"}`;
}

function valueField(column, op, value) {
  if (op === "in" && column.labels) {
    return el("select", { className: "nbm-input nbs-select", multiple: true, size: Math.min(8, column.labels.length), "aria-label": "values" }, column.labels.map((label) => el("option", { value: label, textContent: label, selected: (value ?? []).includes(label) })));
  }
  if (op === "in") return el("textarea", { className: "nbm-input", rows: 4, placeholder: "one value a line", "aria-label": "values", value: (value ?? []).join("\n") });
  if (column.labels) return choice(column.labels, typeof value === "string" ? value : undefined, { "aria-label": "value" });
  return el("input", { className: "nbm-input", type: "text", "aria-label": "value", value: typeof value === "string" ? value : "", placeholder: column.type });
}

const readValue = (field, op) => (field.multiple ? [...field.selectedOptions].map(({ value }) => value) : op === "in" ? field.value.split("\n").filter((line) => line !== "") : field.value);
