"""Edits as SQL that a person can read, and a migration can hold."""

from __future__ import annotations

from collections.abc import Sequence

from nbmigrate.data.edits import Delete, Edit, Insert, Key, Update
from nbmigrate.data.relations import Relation
from nbmigrate.postgresql.identifiers import literal, qualified, quote


def statements(relation: Relation, edits: Sequence[Edit]) -> tuple[str, ...]:
    """One statement for each edit."""
    return tuple(_statement(relation, edit) for edit in edits)


def _statement(relation: Relation, edit: Edit) -> str:
    table = qualified(relation.relation)
    match edit:
        case Update():
            pairs = ", ".join(f"{quote(n)} = {_text(c.after)}" for n, c in edit.changes.items())
            return f"UPDATE {table} SET {pairs} WHERE {_named(relation, edit.key)};"
        case Delete():
            return f"DELETE FROM {table} WHERE {_named(relation, edit.key)};"
        case Insert(values=values) if values:
            names, texts = ", ".join(map(quote, values)), ", ".join(map(_text, values.values()))
            return f"INSERT INTO {table} ({names}) VALUES ({texts});"
    return f"INSERT INTO {table} DEFAULT VALUES;"


def _named(relation: Relation, key: Key) -> str:
    pairs = zip(relation.key, key, strict=True)
    return " AND ".join(f"{quote(name)} = {literal(text)}" for name, text in pairs)


def _text(text: str | None) -> str:
    return "NULL" if text is None else literal(text)
