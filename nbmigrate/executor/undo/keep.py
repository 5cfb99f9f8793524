"""Keeping: the statements that put into the trash what a plan would lose.

They are ordinary statements of the plan, shown before, in its transaction. A dropped
table is moved, not copied, where nothing else has a hold on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import psycopg

from nbmigrate import operations as o
from nbmigrate.dialect import Statement
from nbmigrate.diff.losses import Loss, Losses, Names, Position, has_heirs
from nbmigrate.executor import raw
from nbmigrate.executor.undo import trash
from nbmigrate.executor.undo.trash import Holding, Kept, KeptPosition, Moved
from nbmigrate.model import Snapshot, Table
from nbmigrate.model.names import key
from nbmigrate.model.tables import Value
from nbmigrate.operations import Id, Operation
from nbmigrate.postgresql.facts import sampled_rows
from nbmigrate.postgresql.identifiers import block, literal, name_literal, quote
from nbmigrate.postgresql.render import render_operation
from nbmigrate.postgresql.render.counters import counter_of

_MAKE_SCHEMA = f"CREATE SCHEMA IF NOT EXISTS {trash.SCHEMA};"

#: So many bytes a second are copied: 115 MB by CREATE TABLE AS took 8.0 s (PostgreSQL 18, one run
#: on two busy cores); meant as an order of magnitude, on the side of caution.
_COPIED_PER_SECOND = 15_000_000


class Keeping(NamedTuple):
    """The statements of a plan, those around it that keep, and what they will have kept."""

    before: tuple[Statement, ...]
    during: tuple[Statement, ...]
    after: tuple[Statement, ...]
    holding: Holding

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All of them, in order."""
        return (*self.before, *self.during, *self.after)


class _Size(Value, frozen=True, kw_only=True):
    rows: int = 0
    bytes: int = 0


def keeping(  # noqa: PLR0913 - a plan and where it is to be kept
    connection: psycopg.Connection[Any],
    old: Snapshot,
    operations: Sequence[Operation],
    statements: Sequence[Statement],
    losses: Losses,
    *,
    number: int,
    first: int = 1,
    taken: Collection[Id] = (),
    may_move: bool = True,
) -> Keeping:
    """The statements with what they lose kept under ``number``; as they are when nothing is.

    A table is moved only when neither its name nor that of an index of it is ``taken`` by what
    there will be: otherwise it could not be moved back before that is gone.
    """
    if not (losses.rows or losses.positions):
        return Keeping((), tuple(statements), (), Holding())
    dropped = {
        op.table.id: op
        for op in operations
        if isinstance(op, o.DropTable) and op.table.id not in taken
    }
    places = {Names(operations).old_table(id_): id_ for id_ in dropped} if may_move else {}
    tables = tuple(_tables(connection, old, losses, places, taken, number=number, first=first))
    numbered = tuple(
        KeptPosition(number=at, position=p)
        for at, p in enumerate(_unmoved(losses.positions, tables), 1)
    )
    holding = Holding(
        tables=tables,
        positions=numbered,
        positions_table=trash.trash_name(number, 0, "positions") if numbered else "",
    )
    return Keeping(
        _statements((_MAKE_SCHEMA, *_copies(connection, old, holding))),
        tuple(_replaced(statements, dropped, tables, old)),
        _statements(images(tables, old)),
        holding,
    )


def _tables(  # noqa: PLR0913 - what keeping was given
    connection: psycopg.Connection[Any],
    old: Snapshot,
    losses: Losses,
    places: Mapping[Id, Id],
    taken: Collection[Id],
    *,
    number: int,
    first: int,
) -> Iterator[Kept]:
    """The tables of the trash; ``places`` are where the tables are that could be moved."""
    sizes: dict[str, _Size] = {}
    for at, loss in enumerate(losses.rows, first):
        source, table, moved = trash.source(loss), trash.table_of(old, loss), None
        size = sizes[source] = sizes.get(source) or _size(connection, loss)
        if loss.is_whole and table.id in places and can_move(old, table):
            place, parts = places[table.id], _parts(connection, table.id, number, at)
            if not any((place[0], was) in taken for _, _, was in parts):
                moved = Moved(place=place, parts=parts)
        name = trash.trash_name(number, at, loss.table[1])
        yield Kept(name=name, loss=loss, moved=moved, rows=size.rows, bytes=size.bytes)


def _statements(texts: Sequence[str]) -> tuple[Statement, ...]:
    return tuple(Statement(sql=text) for text in texts)


def _unmoved(positions: Sequence[Position], tables: Sequence[Kept]) -> Iterator[Position]:
    """A sequence that moves with its table keeps its position by itself."""
    moved = {kept.loss.table for kept in tables if kept.moved}
    return (p for p in positions if not (p.column and p.id in moved))


# --- copies ------------------------------------------------------------------


def _copies(
    connection: psycopg.Connection[Any], old: Snapshot, holding: Holding
) -> tuple[str, ...]:
    texts: list[str] = []
    copied = [kept for kept in holding.tables if kept.moved is None]
    if any(trash.table_of(old, k.loss).is_rls_enabled for k in copied):
        # A policy would hide rows from the copy without a word; now it is an error instead.
        texts.append("SET LOCAL row_security = off;")
    texts += [_copy(trash.table_of(old, kept.loss), kept) for kept in copied]
    if holding.positions:
        texts.append(_positions(connection, holding))
    return tuple(texts)


def _copy(table: Table, kept: Kept) -> str:
    loss = kept.loss
    columns = trash.kept_columns(table, loss)
    listed = [f"{trash.as_kept(c)} AS {quote(c.name)}" for c in columns]
    listed.append(f"false AS {quote(trash.skip_column(table))}")
    nulls = (
        " WHERE " + " OR ".join(f"{quote(n)} IS NULL" for n in loss.columns) if loss.nulls else ""
    )
    return (
        f"{note(kept)}CREATE TABLE {trash.in_trash(kept.name)} AS"
        f" SELECT {', '.join(listed)} FROM {trash.source(loss)}{nulls};"
    )


def note(kept: Kept) -> str:
    """What the statement costs, for whoever reads the SQL."""
    size = f"{kept.rows:,} {'row' if kept.rows == 1 else 'rows'} ({kept.bytes:,} bytes)"
    if kept.moved:
        return f"-- keeps {size} by moving them: instant\n"
    return f"-- keeps {size}, about {seconds(kept):.1f} s\n"


def seconds(kept: Kept) -> float:
    """How long the copy takes, about; of what is changed in place there are two, before and after."""
    if kept.moved:
        return 0.0
    copies = 1 if kept.loss.survivor is None or kept.loss.nulls else 2
    return copies * kept.bytes / _COPIED_PER_SECOND


def _size(connection: psycopg.Connection[Any], loss: Loss) -> _Size:
    """Bytes of the whole table, and its rows: counted, or by a sample."""
    [row] = raw.rows(connection, _SIZE, [trash.full(loss.table)])
    counted = f"SELECT count(*) AS rows FROM {trash.source(loss)}"
    if row["bytes"] >= _COUNTED_BYTES:
        counted = sampled_rows(trash.source(loss), row["pages"])
    return _Size(rows=raw.rows(connection, counted)[0]["rows"], bytes=row["bytes"])


#: Of a table and its partitions.
_SIZE = """
SELECT coalesce(sum(pg_catalog.pg_table_size(c.oid)), 0)::bigint AS bytes,
       coalesce(sum(pg_catalog.pg_relation_size(c.oid)
                    / pg_catalog.current_setting('block_size')::int), 0)::bigint AS pages
  FROM pg_catalog.pg_class AS c
 WHERE c.oid IN (SELECT to_regclass($1::text) UNION
                 SELECT relid FROM pg_catalog.pg_partition_tree(to_regclass($1::text)))
"""
#: Tables up to this size are counted; of larger ones a sample is.
_COUNTED_BYTES = 50_000_000


def _positions(connection: psycopg.Connection[Any], holding: Holding) -> str:
    """Where each sequence is, and how many rows are beyond it."""
    parts = []
    for kept in holding.positions:
        name = sequence_of(connection, kept.position)
        if name:
            parts.append(
                f"SELECT {kept.number} AS number, last_value, is_called,"
                f" ({trash.beyond(kept.position, 's')}) AS beyond FROM {name} AS s"
            )
    empty = (
        "SELECT 0 AS number, 0::bigint AS last_value, false AS is_called, 0::bigint AS beyond"
        " WHERE false"
    )
    union = "\nUNION ALL ".join(parts or [empty])
    return f"CREATE TABLE {trash.in_trash(holding.positions_table)} AS\n{union};"


def sequence_of(connection: psycopg.Connection[Any], position: Position) -> str:
    """The sequence as SQL; empty when there is none."""
    if not position.column:
        return trash.full(position.id)
    query = (
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)"
        " AS name FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
        f" ON n.oid = c.relnamespace WHERE c.oid = {counter_of(position.id, position.column)}"
    )
    found = raw.rows(connection, query)
    return str(found[0]["name"]) if found else ""


def images(tables: Sequence[Kept], old: Snapshot) -> tuple[str, ...]:
    """What the changed columns are when all is done; a row changed since is told by it."""
    texts = []
    for kept in tables:
        if (survivor := kept.loss.survivor) is None:
            continue
        table = trash.table_of(old, kept.loss)
        keys = ", ".join(
            f"{quote(new)}{'' if trash.is_plain(table.columns[was]) else '::text'} AS {quote(was)}"
            for was, new in zip(kept.loss.key, survivor.key, strict=True)
        )
        where = ""
        if kept.loss.nulls:
            was = " AND ".join(
                f"k.{quote(a)} = t.{quote(b)}{'' if trash.is_plain(table.columns[a]) else '::text'}"
                for a, b in zip(kept.loss.key, survivor.key, strict=True)
            )
            where = f" WHERE EXISTS (SELECT FROM {trash.in_trash(kept.name)} AS k WHERE {was})"
        texts.append(
            f"CREATE TABLE {trash.in_trash(trash.after_name(kept.name))} AS SELECT {keys},"
            f" {image(survivor.columns, 't.')} AS {quote(trash.skip_column(table))}"
            f" FROM {trash.full(survivor.table)} AS t{where};"
        )
    return tuple(texts)


def image(columns: Sequence[str], alias: str) -> str:
    """Values of a row as one text; equal for equal values of any type."""
    return f"ROW({', '.join(f'{alias}{quote(name)}::text' for name in columns)})::text"


# --- moving ------------------------------------------------------------------


def can_move(old: Snapshot, table: Table) -> bool:
    """Whether the table can lie in the trash without tying what the schema still needs.

    Partitions and heirs hang on other tables; types, functions, sequences and definitions of the
    schema could not be dropped any more as long as a table of the trash used them.
    """
    if table.partition_key or table.partition_of or table.inherits or has_heirs(old, table):
        return False
    if not all(trash.is_plain(column) for column in table.columns.values()):
        return False
    bare = msgspec.structs.replace(table, triggers={}, rules={}, policies={}, comment=None)
    text = msgspec.json.encode(bare).decode()
    own = (
        *(function.name for function in old.functions.values()),
        *(sequence.name for sequence in old.sequences.values()),
        *(defined.name.replace('"', '""') for defined in old.definitions.values()),
    )
    return not any(msgspec.json.encode(name).decode()[1:-1] in text for name in own)


def _parts(
    connection: psycopg.Connection[Any], table: Id, number: int, at: int
) -> tuple[tuple[str, str, str], ...]:
    """What has a name in the schema and goes with the table: indexes, owned sequences."""
    query = (
        "SELECT 'INDEX' AS kind, c.relname::text AS name FROM pg_catalog.pg_index AS i"
        " JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = pg_catalog.to_regclass($1::text) UNION ALL"
        " SELECT 'SEQUENCE', c.relname::text FROM pg_catalog.pg_depend AS d"
        " JOIN pg_catalog.pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'"
        " WHERE d.refobjid = pg_catalog.to_regclass($1::text)"
        " AND d.refclassid = 'pg_catalog.pg_class'::regclass"
        " AND d.classid = 'pg_catalog.pg_class'::regclass"
        " AND d.deptype IN ('a', 'i') ORDER BY 1, 2"
    )
    found = raw.rows(connection, query, [trash.full(table)])
    return tuple(
        (row["kind"], f"{number}_{at}_{part}", row["name"]) for part, row in enumerate(found, 1)
    )


def _replaced(
    statements: Sequence[Statement],
    dropped: dict[Id, o.DropTable],
    tables: Sequence[Kept],
    old: Snapshot,
) -> Iterator[Statement]:
    """The statements, with each DROP TABLE of a table that moves replaced by the moving."""
    moving = {
        render_operation(dropped[kept.moved.place])[0].sql: kept for kept in tables if kept.moved
    }
    for statement in statements:
        kept = moving.get(statement.sql)
        if kept is None:
            yield statement
        else:
            yield from _statements(tuple(_move(old.tables[key(*kept.loss.table)], kept)))


def _move(table: Table, kept: Kept) -> Iterator[str]:
    assert kept.moved is not None
    schema, name = kept.moved.place[0], trash.full(kept.moved.place)
    for trigger in table.triggers:
        yield f"DROP TRIGGER IF EXISTS {quote(trigger)} ON {name};"
    for rule in table.rules:
        yield f"DROP RULE IF EXISTS {quote(rule)} ON {name};"
    for policy in table.policies:
        yield f"DROP POLICY IF EXISTS {quote(policy)} ON {name};"
    for statistics in table.statistics.values():
        yield f"DROP STATISTICS IF EXISTS {quote(schema)}.{quote(statistics.name)};"
    for foreign_key in table.foreign_keys:
        yield f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {quote(foreign_key)};"
    yield _nothing_depends(kept.moved.place)
    for kind, new, was in kept.moved.parts:
        yield f"ALTER {kind} {quote(schema)}.{quote(was)} RENAME TO {quote(new)};"
    yield f"{note(kept)}ALTER TABLE {name} RENAME TO {quote(kept.name)};"
    yield f"ALTER TABLE {quote(schema)}.{quote(kept.name)} SET SCHEMA {trash.SCHEMA};"


def _nothing_depends(place: Id) -> str:
    """As DROP TABLE would: refuse while a view, a key or a function of others needs the table."""
    return block(
        "DECLARE\n"
        f"\ttable_oid oid := {name_literal(place)}::regclass;\n"
        "\tdependants text;\n"
        "BEGIN\n"
        "\tSELECT string_agg(pg_describe_object(d.classid, d.objid, d.objsubid), ', ')\n"
        "\t\tINTO dependants FROM pg_depend d\n"
        "\t\tLEFT JOIN pg_constraint c ON d.classid = 'pg_constraint'::regclass AND c.oid = d.objid\n"
        "\t\tLEFT JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid\n"
        "\t\tWHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = table_oid\n"
        "\t\tAND d.deptype = 'n' AND coalesce(c.conrelid, a.adrelid, 0) <> table_oid;\n"
        "\tIF dependants IS NOT NULL THEN\n"
        "\t\tRAISE EXCEPTION USING ERRCODE = '2BP01',\n"
        f"\t\t\tMESSAGE = {literal(f'cannot drop table {place[1]} because others depend on it')},\n"
        "\t\t\tDETAIL = dependants;\n"
        "\tEND IF;\n"
        "END"
    )
