"""Edits as SQL that a person can read, and a migration can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nbmigrate.data.document import Document
from nbmigrate.data.edits import Change, Delete, Edit, Insert, Key, Update
from nbmigrate.data.relations import Relation
from nbmigrate.postgresql.identifiers import literal, qualified, quote


class Operation(Document, frozen=True, kw_only=True):
    """What an edit does: to which row, with which values, and as SQL.

    Of an update each value is the one before and the one after; of a new row, and of one that
    goes, it is the value.
    """

    kind: str
    relation: tuple[str, str]
    key: Mapping[str, str]
    values: Mapping[str, str | Change | None]
    sql: str


def preview(relation: Relation, edits: Sequence[Edit]) -> tuple[Operation, ...]:
    """The operations of the edits, one for each."""
    return tuple(_operation(relation, edit) for edit in edits)


def _operation(relation: Relation, edit: Edit) -> Operation:
    key = {} if isinstance(edit, Insert) else dict(zip(relation.key, edit.key, strict=True))
    values: Mapping[str, str | Change | None]
    match edit:
        case Update():
            kind, values = "update", edit.changes
        case Delete():
            kind, values = "delete", edit.original
        case Insert():
            kind, values = "insert", edit.values
    sql = _statement(relation, edit)
    return Operation(kind=kind, relation=relation.relation, key=key, values=values, sql=sql)


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
