"""The result of ``%schema``: a snapshot as cards, one per table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from nbmigrate.display import Block, Code, Facts, Heading, Section, TableBlock, Text
from nbmigrate.model import Column, Snapshot, Table
from nbmigrate.results.defining import function_path, type_words
from nbmigrate.results.result import Framed, Record, json_form
from nbmigrate.results.words import (
    check_text,
    column_facts,
    count,
    foreign_key_text,
    index_text,
    names,
    path,
    policy_text,
    type_text,
    unique_text,
)


@dataclass(frozen=True, repr=False)
class SchemaResult(Framed):
    """The tables and other objects of one source."""

    snapshot: Snapshot
    source: str

    not_in_json: ClassVar[frozenset[str]] = frozenset({"frame", "snapshot"})

    def blocks(self) -> tuple[Block, ...]:
        """A card per table, then the other objects."""
        tables = self.snapshot.tables.values()
        title = f"{self.source}: {count(len(self.snapshot.tables), 'table')}"
        others = tuple(_others(self.snapshot))
        views = (
            Code(view.definition or "", f"view {path(view.id)}", is_open=False)
            for view in self.snapshot.views.values()
        )
        facts = (Facts(others),) if others else ()
        return (Heading(title), *map(_card, tables), *facts, *views)

    def records(self) -> list[Record]:
        """One row per column."""
        return [
            {"table": path(table.id), "column": c.name, "type": type_text(c), **_flags(table, c)}
            for table in self.snapshot.tables.values()
            for c in table.columns.values()
        ]

    def as_dict(self) -> Record:
        """The snapshot in its file form, without the ids of a file."""
        return {"source": self.source, "snapshot": json_form(self.snapshot)}


def _flags(table: Table, column: Column) -> Record:
    return {
        "primary_key": column.name in table.primary_key_columns,
        "not_null": column.not_null,
        "default": column.default,
        "references": _reference(table, column.name),
    }


def _card(table: Table) -> Section:
    rows = tuple(_row(table, column) for column in table.columns.values())
    columns = TableBlock(("column", "type", "rules", "references"), rows)
    lines = tuple(_below(table))
    below = (Text("\n".join(lines)),) if lines else ()
    return Section(path(table.id), (columns, *below), count(len(rows), "column"))


def _row(table: Table, column: Column) -> tuple[str, ...]:
    facts = list(column_facts(column))
    if column.name in table.primary_key_columns and not column.primary_key:
        facts = ["primary key", *(fact for fact in facts if fact != "not null")]
    return (column.name, type_text(column), ", ".join(facts), _reference(table, column.name))


def _reference(table: Table, name: str) -> str:
    for key in table.foreign_keys.values():
        if key.columns_from == (name,):
            deleted = f", on delete {key.on_delete}" if key.on_delete != "no action" else ""
            return f"{path(key.target)} {names(key.columns_to)}{deleted}"
    return ""


def _below(table: Table) -> Iterator[str]:
    yield from (f"primary key {names(k.columns)}" for k in table.composite_primary_keys.values())
    yield from map(unique_text, table.unique_constraints.values())
    yield from map(check_text, table.check_constraints.values())
    several = (key for key in table.foreign_keys.values() if len(key.columns_from) > 1)
    yield from map(foreign_key_text, several)
    yield from map(index_text, table.indexes.values())
    yield from map(policy_text, table.policies.values())
    yield from (f"trigger {trigger.name}" for trigger in table.triggers.values())
    yield from (f"rule {rule.name}" for rule in table.rules.values())


def _others(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    yield from (("extension", extension.name) for extension in snapshot.extensions.values())
    for domain in snapshot.domains.values():
        yield f"domain {path(domain.id)}", domain.type
    for type_ in snapshot.types.values():
        kind, lines = type_words(type_)
        yield f"{kind} {path(type_.id)}", ", ".join(lines)
    yield from ((f.kind, function_path(f)) for f in snapshot.functions.values())
    for enum in snapshot.enums.values():
        yield f"enum {path(enum.id)}", ", ".join(enum.values)
    for sequence in snapshot.sequences.values():
        yield "sequence", path(sequence.id)
    for schema in snapshot.schemas.values():
        yield "schema", schema
    for role in snapshot.roles.values():
        yield "role", role.name
