"""The tables of a snapshot as a diagram."""

from __future__ import annotations

from nbmigrate.display.diagram import Box, Diagram, Link, Row
from nbmigrate.model import ForeignKey, Snapshot, Table
from nbmigrate.model.names import PUBLIC
from nbmigrate.results.words import foreign_key_text, path, type_text


def diagram_of(snapshot: Snapshot) -> Diagram:
    """A box per table and a link per foreign key whose other end is there."""
    tables = {table.id: table for table in snapshot.tables.values()}
    links = (
        _link(table, key)
        for table in tables.values()
        for key in table.foreign_keys.values()
        if key.target in tables
    )
    return Diagram(tuple(map(_box, tables.values())), tuple(links))


def _box(table: Table) -> Box:
    schema, name = table.id
    rows = tuple(Row(c.name, type_text(c), _mark(table, c.name)) for c in table.columns.values())
    return Box(path(table.id), name if schema == PUBLIC else f"{schema}.{name}", rows)


def _mark(table: Table, name: str) -> str:
    marks = (
        ("PK", name in table.primary_key_columns),
        ("FK", any(name in key.columns_from for key in table.foreign_keys.values())),
        ("UQ", (name,) in _unique(table)),
    )
    return " ".join(mark for mark, has_it in marks if has_it)


def _unique(table: Table) -> set[tuple[str, ...]]:
    """The sets of columns of which no two rows are the same, the primary key left out."""
    constraints = {one.columns for one in table.unique_constraints.values()}
    indexes = {
        tuple(column.expression for column in index.columns)
        for index in table.indexes.values()
        if index.is_unique and not index.where and not any(c.is_expression for c in index.columns)
    }
    return constraints | indexes


def _link(table: Table, key: ForeignKey) -> Link:
    mine = [table.columns[name] for name in key.columns_from if name in table.columns]
    primary = table.primary_key_columns
    columns = set(key.columns_from)
    return Link(
        child=path(table.id),
        child_rows=key.columns_from,
        parent=path(key.target),
        parent_rows=key.columns_to,
        label=foreign_key_text(key),
        is_optional=any(not c.not_null and c.name not in primary for c in mine),
        is_single=any(set(one) == columns for one in (*_unique(table), primary)),
    )
