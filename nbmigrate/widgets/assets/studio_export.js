// Export of the whole filtered table to a file beside the notebook.

function exportForm(tab, box) {
  const { relation, filters, sort } = tab.place;
  const format = choice([["csv", "CSV"], ["parquet", "Parquet"]], "csv", { "aria-label": "format" });
  const path = el("input", { className: "nbm-input", value: `${relation[1].replace(/[^\w.-]+/g, "_")}.csv`, "aria-label": "file" });
  const guard = el("input", { type: "checkbox" });
  const guarded = el("label", { className: "nbs-check", title: "a leading ' in front of = + - @, so that a spreadsheet takes no value for a formula" }, guard, "Guard against formulas");
  format.onchange = () => { path.value = path.value.replace(/\.(csv|parquet)$/, `.${format.value}`); guarded.hidden = format.value !== "csv"; };
  const run = async () => {
    box.close(false);
    const all = filters.length ? null : tab.page?.estimate?.rows;
    const part = (rows) => (all > 0 ? ` of ≈ ${short(all)} (${Math.min(99, Math.floor((100 * rows) / all))} %)` : "");
    const told = ({ rows, bytes }) => tab.say(`Exporting: ${rows.toLocaleString("en-US")}${part(rows)} rows, ${bytesText(bytes)}`);
    tab.say("Exporting …");
    try {
      const done = await tab.link.ask("export", { relation, filters, sort, format: format.value, path: path.value, guard: guard.checked }, told);
      const texts = done.texts.length ? `; as text: ${done.texts.join(", ")}` : "";
      tab.say(`Wrote ${done.path}: ${plural(done.rows, "row")}, ${bytesText(done.bytes)}${texts}`, "good");
    } catch (error) {
      if (tab.link.isCancelled(error)) tab.say("The export was cancelled; no file was left.", "warn");
      else tab.fail(error);
    }
  };
  path.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); run(); } });
  return el("div", { className: "nbs-form" },
    el("div", { className: "nbm-muted", textContent: filters.length ? "All rows that pass the filters" : "All rows of the table" }),
    labelled("Format", format), labelled("File", path), guarded,
    el("div", { className: "nbm-press" }, button("Export", run, { className: "nbm-button nbm-act" }), button("Cancel", () => box.close())));
}
