// Columns: the menu of one, and the box that says which are shown.

function columnMenu(tab, column, box) {
  const { layout } = tab.kept();
  const act = (text, work) => button(text, () => { box.close(false); work(); }, { className: "nbm-button nbs-item" });
  const isFrozen = layout.frozen === column.name;
  return el("div", { className: "nbs-menubox" },
    act("Sort ascending", () => tab.sortBy([{ column: column.name, descending: false }])),
    act("Sort descending", () => tab.sortBy([{ column: column.name, descending: true }])),
    act("Filter …", () => tab.filters.open(null, tab.filters.add, column.name)),
    act(isFrozen ? "Unfreeze" : "Freeze up to here", () => { layout.frozen = isFrozen ? "" : column.name; tab.drawGrid(); }),
    act("Hide", () => { layout.hidden.add(column.name); tab.drawGrid(); }));
}

function columnsForm(tab) {
  const { hidden } = tab.kept().layout;
  const flip = (name, isShown) => { if (isShown) hidden.delete(name); else hidden.add(name); tab.drawGrid(); };
  const line = ({ name, type }) => el("label", { className: "nbs-check" }, el("input", { type: "checkbox", checked: !hidden.has(name), onchange: (event) => flip(name, event.target.checked) }), el("span", { textContent: name }), el("span", { className: "nbm-muted", textContent: type }));
  return el("div", { className: "nbs-form nbs-long" }, tab.described.columns.map(line));
}
