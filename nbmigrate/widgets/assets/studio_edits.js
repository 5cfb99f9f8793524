// Edits that are not saved yet, per relation. Nothing is written before Save.

class Edits {
  constructor() {
    this.updates = new Map();   // name of the key -> {key, version, changes: {column: {from, to}}}
    this.deletes = new Map();   // name of the key -> {key, version, original: {column: text}}
    this.inserts = [];          // {values: {column: text|null}}
    this.faults = new Map();    // edit -> {column, text}: what the server said of it
    this.conflicts = [];
  }

  get size() {
    return this.updates.size + this.deletes.size + this.inserts.length;
  }

  /** As the engine wants them; `at` in its answers counts in this order. */
  list() {
    return [
      ...[...this.deletes.values()].map(({ key, version, original }) => ({ kind: "delete", key, version, original })),
      ...[...this.updates.values()].map(({ key, version, changes }) => ({ kind: "update", key, version, changes })),
      ...this.inserts.map(({ values }) => ({ kind: "insert", values })),
    ];
  }

  /** What `list()` has at a place, as it is kept here. */
  at(place) {
    return [...this.deletes.values(), ...this.updates.values(), ...this.inserts][place];
  }

  change(row, column, from, to) {
    const name = nameOf(row.key);
    const edit = this.updates.get(name) ?? { key: row.key, version: row.version, changes: {} };
    const first = Object.hasOwn(edit.changes, column) ? edit.changes[column].from : from;
    this.faults.delete(edit);
    if (first === to) delete edit.changes[column];
    else edit.changes[column] = { from: first, to };
    if (Object.keys(edit.changes).length) this.updates.set(name, edit);
    else this.updates.delete(name);
  }

  changeOf(row, column) {
    const changes = this.updates.get(nameOf(row.key))?.changes;
    return changes && Object.hasOwn(changes, column) ? changes[column] : null;
  }

  toggleDelete(row, original) {
    const name = nameOf(row.key);
    if (!this.deletes.delete(name)) {
      this.updates.delete(name);
      this.deletes.set(name, { key: row.key, version: row.version, original });
    }
  }

  isDeleted(row) {
    return row.key !== null && this.deletes.has(nameOf(row.key));
  }

  add() {
    const edit = { values: {} };
    this.inserts.push(edit);
    return edit;
  }

  forget(edit) {
    for (const map of [this.updates, this.deletes])
      for (const [name, one] of map) if (one === edit) map.delete(name);
    this.inserts = this.inserts.filter((one) => one !== edit);
    this.faults.delete(edit);
    this.conflicts = this.conflicts.filter((one) => one.edit !== edit);
  }

  clear() {
    this.updates.clear();
    this.deletes.clear();
    this.inserts = [];
    this.faults.clear();
    this.conflicts = [];
  }

  get words() {
    const parts = [[this.updates.size, "changed"], [this.inserts.length, "new"], [this.deletes.size, "deleted"]];
    return parts.filter(([number]) => number).map(([number, word]) => `${number} ${word}`).join(", ");
  }
}
