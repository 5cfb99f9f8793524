"""The result of ``%schema``: a snapshot as a diagram and as cards, one per table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from nbmigrate.display import Block, Code, Facts, Heading, Picture, Section, TableBlock, Text
from nbmigrate.display.diagram import Detail, Diagram, to_mermaid, to_svg
from nbmigrate.model import Column, Snapshot, Table
from nbmigrate.operations import Id
from nbmigrate.results.changing import WrittenFile
from nbmigrate.results.defining import defined_path, function_path, type_words
from nbmigrate.results.diagrams import diagram_of
from nbmigrate.results.result import Framed, Record, json_form
from nbmigrate.results.words import (
    check_text,
    column_facts,
    count,
    foreign_key_text,
    index_text,
    kind_of_table,
    names,
    path,
    policy_text,
    size,
    type_text,
    unique_text,
)


@dataclass(frozen=True, repr=False)
class SchemaResult(Framed):
    """The tables and other objects of one source.

    ``figures`` are the rows (``None`` where the server has no idea) and bytes of tables of a
    database, ``file`` what the diagram was written to. With ``is_mermaid`` the diagram is shown
    as text for Mermaid, and nothing else.
    """

    snapshot: Snapshot
    source: str
    figures: Mapping[Id, tuple[int | None, int]] = field(default_factory=dict)
    file: WrittenFile | None = None
    is_mermaid: bool = False

    not_in_json: ClassVar[frozenset[str]] = frozenset({"frame", "snapshot"})

    @cached_property
    def diagram(self) -> Diagram:
        """The tables and their foreign keys as boxes and links."""
        return diagram_of(self.snapshot)

    @property
    def mermaid(self) -> str:
        """The diagram for Mermaid."""
        return to_mermaid(self.diagram)

    def svg(self, detail: Detail = "columns") -> str:
        """The diagram as an SVG file."""
        return to_svg(self.diagram, detail)

    def card(self, key: str) -> Section | None:
        """The card of one table by its path, as the diagram knows it."""
        tables = (t for t in self.snapshot.tables.values() if path(t.id) == key)
        return next(map(self._card, tables), None)

    @property
    def as_file(self) -> str | None:
        """The diagram, where Mermaid is to draw it."""
        return self.mermaid.rstrip() if self.is_mermaid else None

    def blocks(self) -> tuple[Block, ...]:
        """The diagram, a card per table, then the other objects."""
        if self.is_mermaid:
            return (Code(self.mermaid),)
        tables = self.snapshot.tables.values()
        title = f"{self.source}: {count(len(self.snapshot.tables), 'table')}"
        others = tuple(_others(self.snapshot))
        views = (
            Code(view.definition or "", f"view {path(view.id)}", is_open=False)
            for view in self.snapshot.views.values()
        )
        facts = (Facts(others),) if others else ()
        written = (Text(f"Written: {self.file.path}", "good"),) if self.file else ()
        cards = map(self._card, tables)
        return (Heading(title), *written, *self._picture(), *cards, *facts, *views)

    def _picture(self) -> tuple[Block, ...]:
        """The diagram where there is something to see in it, as much of it as can be read."""
        boxes, links = len(self.diagram.boxes), len(self.diagram.links)
        if not links:
            return ()
        details: tuple[tuple[int, Detail], ...] = ((40, "columns"), (150, "keys"), (400, "names"))
        fitting = next((detail for most, detail in details if boxes <= most), None)
        if fitting is None:
            text = (
                f"The diagram of {boxes:,} tables is not drawn here: name some, or use --svg FILE."
            )
            return (Text(text, "muted"),)
        said = f"{count(boxes, 'table')}, {count(links, 'reference')}"
        return (Picture(self.svg(fitting), said),)

    def _card(self, table: Table) -> Section:
        rows = tuple(_row(table, column) for column in table.columns.values())
        columns = TableBlock(("column", "type", "rules", "references"), rows)
        if any(column.comment for column in table.columns.values()):
            comments = (column.comment or "" for column in table.columns.values())
            rows = tuple((*row, said) for row, said in zip(rows, comments, strict=True))
            columns = TableBlock((*columns.columns, "comment"), rows)
        comment = (Text(table.comment),) if table.comment else ()
        lines = tuple(_below(table))
        below = (Text("\n".join(lines)),) if lines else ()
        note = ", ".join((count(len(rows), "column"), *self._figures(table), *kind_of_table(table)))
        return Section(path(table.id), (*comment, columns, *below), note)

    def _figures(self, table: Table) -> Iterator[str]:
        if table.id in self.figures:
            rows, bytes_ = self.figures[table.id]
            yield from () if rows is None else (f"about {count(rows, 'row')}",)
            yield size(bytes_)

    def records(self) -> list[Record]:
        """One row per column."""
        return [
            {"table": path(table.id), "column": c.name, "type": type_text(c), **_flags(table, c)}
            for table in self.snapshot.tables.values()
            for c in table.columns.values()
        ]

    def as_dict(self) -> Record:
        """The snapshot in its file form, without the ids of a file."""
        file = {"file": self.file.path} if self.file else {}
        return {"source": self.source, "snapshot": json_form(self.snapshot), **file}


def _flags(table: Table, column: Column) -> Record:
    return {
        "primary_key": column.name in table.primary_key_columns,
        "not_null": column.not_null,
        "default": column.default,
        "references": _reference(table, column.name),
    }


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
    yield from ((d.kind, defined_path(d)) for d in snapshot.definitions.values())
    for enum in snapshot.enums.values():
        yield f"enum {path(enum.id)}", ", ".join(enum.values)
    for sequence in snapshot.sequences.values():
        yield "sequence", path(sequence.id)
    for schema in snapshot.schemas.values():
        yield "schema", schema
    for role in snapshot.roles.values():
        yield "role", role.name
