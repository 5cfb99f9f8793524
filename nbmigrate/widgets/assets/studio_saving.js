// Edits that wait: what they are, as before/after and as SQL; save, discard, undo, conflicts.

class Saving {
  /** `state()` is the Data tab. */
  constructor({ link, fail, say, redraw, reload, state }) {
    Object.assign(this, { link, fail, say, redraw, reload, state, isOpen: false, canUndo: false, isSaving: false });
    this.words = el("b");
    this.reviewing = button("Review", () => { this.isOpen = !this.isOpen; this.draw(); }, { className: "nbm-button nbs-small" });
    this.save = button("Save", () => this.run(), { className: "nbm-button nbm-act nbs-small" });
    this.discard = button("Discard", () => { this.edits.clear(); this.isOpen = false; this.redraw(); this.say("The changes were discarded."); }, { className: "nbm-button nbs-small" });
    this.undo = button("Undo last save", () => this.takeBack(), { className: "nbm-button nbs-small" });
    this.review = el("div", { className: "nbs-review", role: "region", "aria-label": "unsaved changes" });
    this.bar = el("div", { className: "nbs-bar nbs-savebar" }, this.words, this.save, this.reviewing, this.discard, el("span", { className: "nbs-gap" }), this.undo);
    this.node = el("div", { className: "nbs-saving", hidden: true }, this.review, this.bar);
  }

  get edits() { return this.state().edits; }

  draw() {
    const { size, words } = this.edits;
    this.node.hidden = size === 0 && !this.canUndo;
    this.words.textContent = words ? `Unsaved: ${words}` : "";
    for (const one of [this.save, this.reviewing, this.discard]) one.hidden = size === 0;
    this.undo.hidden = !this.canUndo;
    // The last save may be one of another table than the one that is shown.
    const isElsewhere = this.canUndo && nameOf(this.savedIn) !== nameOf(this.state().place.relation);
    this.undo.textContent = isElsewhere ? `Undo last save in ${shortName(this.savedIn)}` : "Undo last save";
    this.save.disabled = this.discard.disabled = this.isSaving;
    this.reviewing.setAttribute("aria-expanded", String(this.isOpen && size > 0));
    this.review.hidden = !this.isOpen || size === 0;
    if (!this.review.hidden) this.drawReview();
  }

  async run() {
    const tab = this.state(), { edits } = this;
    const relation = tab.place.relation, list = edits.list(), kept = list.map((_, at) => edits.at(at));
    this.isSaving = true;
    this.draw();
    this.say("Saving …");
    try {
      const done = await this.link.ask("save", { relation, edits: list, version: tab.described.version });
      await this.finish(done, edits, kept, relation);
    } catch (error) {
      if (error.code === "schema-changed") await tab.failed(error, {});
      else this.fail(error);
    }
    this.isSaving = false;
    this.draw();
  }

  async finish(done, edits, kept, relation) {
    edits.faults.clear();
    edits.conflicts = [];
    if (done.conflicts) return this.conflict(done, edits, kept);
    if (done.failed) {
      const { edit, column, text } = done.failed;
      edits.faults.set(kept[edit], { column, text });
      this.isOpen = true;
      this.redraw();
      return this.say(`Nothing was saved. ${column ? `${column}: ` : ""}${text}`, "bad");
    }
    edits.clear();
    this.isOpen = false;
    this.canUndo = true;
    this.savedIn = relation;
    await this.reload();
    return this.say(`Saved ${plural(done.saved, "change")}.`, "good");
  }

  conflict(done, edits, kept) {
    edits.conflicts = done.conflicts.map((one) => ({ ...one, edit: kept[one.edit], is_gone: one.is_gone ?? done.is_gone }));
    for (const { edit, column } of edits.conflicts) edits.faults.set(edit, { column, text: "changed by somebody else meanwhile" });
    this.isOpen = true;
    this.redraw();
    this.say("Nothing was saved: somebody else changed the same rows meanwhile. Say of each which value stays.", "bad");
  }

  async takeBack() {
    try {
      const done = await this.link.ask("undo_save", {});
      if (done.conflicts || done.failed) return this.say(`The save was not undone: ${done.failed?.text ?? "somebody else changed the rows since"}`, "bad");
      this.canUndo = false;
      await this.reload();
      return this.say("The last save was undone.", "good");
    } catch (error) { return this.fail(error); }
  }

  // --- the review -------------------------------------------------------------

  drawReview() {
    const sql = el("div", { className: "nbm-muted", textContent: "SQL …" });
    this.review.replaceChildren(this.drawConflicts(), ...this.edits.list().map((edit, at) => [edit, this.edits.at(at)]).filter(([, kept]) => !this.edits.conflicts.some((one) => one.edit === kept)).map((pair) => this.drawEdit(...pair)), sql);
    this.preview(sql);
  }

  drawEdit(edit, kept) {
    const rows = edit.kind === "update" ? Object.entries(edit.changes).map(([name, { from, to }]) => [name, from, to])
      : edit.kind === "insert" ? Object.entries(edit.values).map(([name, to]) => [name, "", to]) : Object.entries(edit.original).map(([name, from]) => [name, from, ""]);
    const title = { update: "Change", insert: "New row", delete: "Delete" }[edit.kind];
    const fault = this.edits.faults.get(kept);
    const away = button("Discard", () => { if (this.state().isHeld) return; this.edits.forget(kept); this.redraw(); }, { className: "nbm-button nbs-small", "aria-label": `discard: ${title} ${edit.key?.join(", ") ?? ""}` });
    return el("div", { className: `nbs-edit nbs-${edit.kind}` },
      el("div", { className: "nbs-edithead" }, el("b", { textContent: title }), el("span", { textContent: edit.key ? edit.key.join(", ") : "" }), el("span", { className: "nbs-gap" }), away),
      fault ? el("div", { className: "nbs-problem", role: "alert", textContent: fault.column ? `${fault.column}: ${fault.text}` : fault.text }) : null,
      rows.length ? this.drawValues(edit.kind, rows.slice(0, 40)) : el("div", { className: "nbm-muted", textContent: "all values by default" }));
  }

  /** Changes as before and after; the values of a row that comes or goes side by side. */
  drawValues(kind, rows) {
    if (kind === "update") return table(["column", "before", "after"], rows.map(([name, ...values]) => [name, ...values.map(emptyShown)]), { caption: "" });
    return table(rows.map(([name]) => name), [rows.map(([, from, to]) => (kind === "insert" ? to : from))], { caption: "" });
  }

  async preview(place) {
    const { place: { relation } } = this.state();
    const list = this.edits.list();
    try {
      const { sql } = await this.link.ask("preview", { relation, edits: list });
      if (!place.isConnected) return;
      const name = el("input", { className: "nbm-input", placeholder: "name of the migration", "aria-label": "name of the migration" });
      place.className = "";
      place.replaceChildren(el("div", { className: "nbs-edithead" }, el("b", { textContent: "SQL" }), copyButton(sql, "copy the SQL"), el("span", { className: "nbs-gap" }), name,
        button("Copy as data migration", () => this.asMigration(relation, list, name.value.trim()), { className: "nbm-button nbs-small" })), sqlBlock(sql));
    } catch (error) {
      if (place.isConnected) { place.className = "nbs-problem"; place.textContent = error.text; }
    }
  }

  async asMigration(relation, edits, name) {
    try {
      const { path } = await this.link.ask("as_migration", { relation, edits, name: name || "data" });
      this.say(`Wrote ${path}. The changes are still unsaved here.`, "good");
    } catch (error) { this.fail(error); }
  }

  // --- conflicts --------------------------------------------------------------

  drawConflicts() {
    return el("div", {}, this.edits.conflicts.map((one) => {
      const { edit, column, mine, theirs, original, is_gone } = one;
      const isGone = is_gone === true || is_gone?.includes?.(edit.key);
      return el("div", { className: "nbs-conflict", role: "group", "aria-label": "conflict" },
        el("div", { className: "nbs-edithead" }, el("b", { textContent: isGone ? "The row is gone" : "Changed by somebody else" }), el("span", { textContent: `${edit.key?.join(", ") ?? ""}${column ? `: ${column}` : ""}` })),
        isGone ? null : table(["original", "theirs", "mine"], [[original ?? null, theirs ?? null, edit.original ? "(delete)" : mine ?? null]], { caption: "" }),
        el("div", { className: "nbm-press" },
          isGone ? null : button("Keep mine", () => this.settle(one, true), { className: "nbm-button nbs-small" }),
          button(isGone ? "Give my change up" : "Take theirs", () => this.settle(one, false), { className: "nbm-button nbs-small" })));
    }));
  }

  /** Mine is kept on top of the row as it was shown, theirs gives my change of the column up; who comes after is another conflict. */
  async settle(one, isMine) {
    const { edit, column, theirs, version } = one, { edits } = this;
    edits.conflicts = edits.conflicts.filter((other) => other !== one);
    if (isMine && edit.changes && column) edit.changes[column].from = theirs;
    if (isMine && edit.original && column) edit.original[column] = theirs;
    if (!isMine && edit.changes && column) delete edit.changes[column];
    if (!isMine && (!edit.changes || !column || Object.keys(edit.changes).length === 0)) edits.forget(edit);
    if (!edits.conflicts.some((other) => other.edit === edit)) {
      edits.faults.delete(edit);
      edit.version = version;
    }
    await this.reload();
  }
}
