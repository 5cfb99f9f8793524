"""Bringing much back: one rewrite of the table instead of an UPDATE per loss.

An UPDATE writes every row a second time and an entry into every index, in the order of the rows.
``ALTER COLUMN ... SET DATA TYPE ... USING`` writes the table once for all its columns and builds
each index anew (PostgreSQL docs, ALTER TABLE). USING takes no subquery, so that a function looks the
kept value up. What it may speak of includes the place of the row, ``ctid``: a table without a key has no
other name for one (PostgreSQL docs, System Columns; it holds until the row is written anew).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from nbmigrate import operations as o
from nbmigrate.diff.losses import has_heirs
from nbmigrate.executor.undo import trash
from nbmigrate.executor.undo.matching import AT, matched
from nbmigrate.executor.undo.trash import Kept
from nbmigrate.model import Snapshot, Table
from nbmigrate.model.names import key
from nbmigrate.model.tables import Column
from nbmigrate.operations import Id, Operation
from nbmigrate.postgresql.identifiers import literal, quote
from nbmigrate.postgresql.render.column_clauses import collate
from nbmigrate.postgresql.types import SERIAL_TYPES, render_type

#: Fewer rows are updated: looking at one by its key and making indexes anew would take as long.
REWRITTEN_ROWS = 20_000
#: So many rows a kept one are still rewritten: an UPDATE took 28 to 40 microseconds a row with four
#: indexes, a rewrite of two columns 12 (500,000 rows, PostgreSQL 18, one run on two busy cores).
_ROWS_A_KEPT_ONE = 4


def is_rewritten(
    kept: Kept, half: Snapshot, first: Sequence[Operation], rows: Mapping[Id, int]
) -> bool:
    """Whether the table is rewritten for the loss.

    ``first`` are the operations that lead to ``half``, where rows come back. Only a column that they
    make or retype is: on such a one nothing hangs that refuses another type, unless ``half`` says it.
    """
    loss, table = kept.loss, half.tables[key(*kept.loss.table)]
    if loss.is_only or loss.nulls or kept.rows < REWRITTEN_ROWS:
        return False
    if not loss.key and (table.partition_key or not table.indexes):
        return False  # a place is one of a partition; without an index an UPDATE takes less
    if table.partition_of or table.inherits or has_heirs(half, table):
        return False
    if rows.get(loss.table, 0) > _ROWS_A_KEPT_ONE * kept.rows:
        return False
    names = [name for name in loss.columns if name in table.columns]
    made = {
        (op.table, (op.column if isinstance(op, o.AddColumn) else op.new).name)
        for op in first
        if isinstance(op, o.AddColumn | o.AlterColumnType)
    }
    return all((loss.table, name) in made and _is_free(half, table, name) for name in names)


def _is_free(half: Snapshot, table: Table, name: str) -> bool:
    """Whether nothing refuses another type of the column, or is lost with the one it has."""
    parts = [table, *(t for t in half.tables.values() if t.partition_of)]
    found = (part.columns[name] for part in parts if name in part.columns)
    if any(column.storage or column.compression for column in found):
        return False
    texts = (
        *(c.generated for c in table.columns.values() if c.generated),
        *(t.policies for t in half.tables.values()),
        *(t.rules for t in half.tables.values()),
        tuple(half.functions.values()),
    )
    written = msgspec.json.encode(name.replace('"', '""')).decode()[1:-1]
    word = re.compile(rf"(?<![\w$]){re.escape(written)}(?![\w$])")
    return not any(word.search(msgspec.json.encode(text).decode()) for text in texts)


def prepared(kept: Kept, was: Table, table: Table, names: Sequence[str]) -> Iterator[str]:
    """The statements before the rewrite: what finds a kept row fast, and a function a column.

    A row without a key is found by its place, which the rewrite reads before it writes.
    """
    keys = [was.columns[name] for name in kept.loss.key]
    listed = ", ".join(quote(c.name) for c in keys) or AT
    there = trash.in_trash(kept.name) if keys else places(kept)
    if not keys:
        columns = ", ".join(f"k.{quote(name)}" for name in names)
        rows = matched(was, table, kept)
        yield f"CREATE TABLE {there} AS SELECT live.{AT}, {columns} FROM {rows};"
    yield f"CREATE INDEX ON {there} ({listed});"
    yield f"ANALYZE {there};"
    types = [_type(c) if trash.is_plain(c) else "text" for c in keys] or ["tid"]
    found = " AND ".join(f"k.{quote(c.name)} = ${at}" for at, c in enumerate(keys, 1))
    condition = f"{found} AND NOT k.{quote(trash.skip_column(was))}" if keys else f"k.{AT} = $1"
    for name in names:
        type_ = _type(was.columns[name])
        arguments = ", ".join((*types, type_))
        body = (
            "DECLARE was record;\n"
            "BEGIN\n"
            f"\tSELECT {trash.as_was(was.columns[name], 'k.')} AS kept INTO was"
            f" FROM {there} AS k WHERE {condition};\n"
            "\tIF FOUND THEN RETURN was.kept; END IF;\n"
            f"\tRETURN ${len(types) + 1};\n"
            "END"
        )
        yield (
            f"CREATE FUNCTION {_function(kept, name)}({arguments}) RETURNS {type_}"
            f" LANGUAGE plpgsql AS {literal(body)};"
        )


def rewrite(parts: Sequence[tuple[Kept, Sequence[str]]], was: Table) -> str:
    """One ALTER TABLE for all that comes back into the table."""
    actions = ",\n\t".join(
        f"ALTER COLUMN {quote(name)} SET DATA TYPE {_type(was.columns[name])}"
        f"{collate(was.columns[name].collation)} USING {_call(kept, was, name)}"
        for kept, names in parts
        for name in names
    )
    return f"ALTER TABLE {trash.full(was.id)}\n\t{actions};"


def _call(kept: Kept, was: Table, name: str) -> str:
    values = [trash.as_kept(was.columns[n]) for n in kept.loss.key] or ["ctid"]
    return f"{_function(kept, name)}({', '.join(values)}, {quote(name)})"


def places(kept: Kept) -> str:
    """The table that says where the rows without a key are, as long as the rewrite takes."""
    return trash.in_trash(f"{kept.name}_at")


def _function(kept: Kept, name: str) -> str:
    return trash.in_trash(f"{kept.name}_{kept.loss.columns.index(name)}")


def counting(found: str) -> tuple[str, str, str]:
    """The statements that count the rows of a query without handing them over; the second does.

    PostgreSQL docs, MOVE: its tag is the number of rows.
    """
    cursor = "nbmigrate_back"
    return (
        f"DECLARE {cursor} NO SCROLL CURSOR FOR {found};",
        f"MOVE FORWARD ALL IN {cursor};",
        f"CLOSE {cursor};",
    )


def ended(kept: Kept, names: Collection[str]) -> Iterator[str]:
    """The functions go, and the places; the rest goes with the table of the trash."""
    yield from (f"DROP FUNCTION {_function(kept, name)};" for name in names)
    if not kept.loss.key:
        yield f"DROP TABLE {places(kept)};"


def _type(column: Column) -> str:
    return SERIAL_TYPES.get(column.type) or render_type(column)
