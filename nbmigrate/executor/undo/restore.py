"""Bringing back: the statements that put what the trash holds where it was.

They run between the two halves of an undo: the columns are there again, and what would
refuse a row (keys, NOT NULL, triggers) is not there yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec

from nbmigrate.executor.undo import rewrite, trash
from nbmigrate.executor.undo.keep import image
from nbmigrate.executor.undo.matching import AT, matched
from nbmigrate.executor.undo.trash import Holding, Kept, KeptPosition
from nbmigrate.model import Snapshot, Table
from nbmigrate.model.names import key
from nbmigrate.model.tables import Column
from nbmigrate.operations import Id
from nbmigrate.postgresql.identifiers import literal, quote
from nbmigrate.postgresql.render.counters import counter_of


class Restoring(NamedTuple):
    """A statement that brings rows back; ``kept`` is what its count of rows is of, if of anything."""

    sql: str
    kept: Kept | None = None


def moved_back(holding: Holding, live: Snapshot) -> tuple[str, ...]:
    """The statements that move whole tables back."""
    texts: list[str] = []
    schemas = {"public", *live.schemas}
    for kept in holding.tables:
        if kept.moved is None:
            continue
        schema, name = kept.moved.place
        if schema not in schemas:
            texts.append(f"CREATE SCHEMA {quote(schema)};")
            schemas.add(schema)
        texts += _move_back(kept, schema, name)
    return tuple(texts)


def with_moved(live: Snapshot, holding: Holding, before: Snapshot) -> Snapshot:
    """The schema when the tables are back: each as it was, but for what was taken off."""
    tables, schemas = dict(live.tables), dict(live.schemas)
    for kept in holding.tables:
        if kept.moved is not None:
            table = trash.table_of(before, kept.loss)
            schema, name = kept.moved.place
            if schema != "public":
                schemas[schema] = schema
            tables[key(*kept.moved.place)] = msgspec.structs.replace(
                table,
                schema="" if schema == "public" else schema,
                name=name,
                foreign_keys={},
                triggers={},
                rules={},
                policies={},
                statistics={},
            )
    return msgspec.structs.replace(live, tables=tables, schemas=schemas)


def _move_back(kept: Kept, schema: str, name: str) -> Iterator[str]:
    assert kept.moved is not None
    there, back = trash.in_trash(kept.name), trash.full((schema, kept.name))
    yield f"ALTER TABLE {there} SET SCHEMA {quote(schema)};"
    yield f"ALTER TABLE {back} RENAME TO {quote(name)};"
    for kind, new, was in kept.moved.parts:
        yield f"ALTER {kind} {quote(schema)}.{quote(new)} RENAME TO {quote(was)};"


def leave_changed(holding: Holding, before: Snapshot) -> tuple[str, ...]:
    """Mark the rows whose columns somebody has changed since; theirs is the newer value."""
    texts = []
    for kept in holding.tables:
        if (survivor := kept.loss.survivor) is None:
            continue
        table = trash.table_of(before, kept.loss)
        own = " AND ".join(f"k.{quote(n)} = a.{quote(n)}" for n in kept.loss.key)
        live = " AND ".join(
            f"{_comparable(table.columns[was], 't.', new)} = a.{quote(was)}"
            for was, new in zip(kept.loss.key, survivor.key, strict=True)
        )
        mark = quote(trash.skip_column(table))
        # a publication FOR ALL TABLES has the trash, too
        texts.append(f"ALTER TABLE {trash.in_trash(kept.name)} REPLICA IDENTITY FULL;")
        texts.append(
            f"UPDATE {trash.in_trash(kept.name)} AS k SET {mark} = true"
            f" FROM {trash.in_trash(trash.after_name(kept.name))} AS a"
            f" JOIN {trash.full(survivor.table)} AS t ON {live}"
            f" WHERE {own} AND {image(survivor.columns, 't.')} <> a.{mark};"
        )
    return tuple(texts)


def returning(holding: Holding, target: Snapshot) -> tuple[Kept, ...]:
    """What was copied and has a table, and columns of it, to come back to."""
    return tuple(
        kept
        for kept in holding.tables
        if kept.moved is None
        and (table := target.tables.get(key(*kept.loss.table))) is not None
        and (kept.loss.is_whole or any(name in table.columns for name in kept.loss.columns))
    )


def bring_back(
    kept_ones: Sequence[Kept], before: Snapshot, half: Snapshot, rewritten: Collection[Kept]
) -> Iterator[Restoring]:
    """The copied rows and columns, into tables of ``half`` under their old names.

    Those ``rewritten`` come first: an ALTER TABLE is refused while an UPDATE of its table put
    checks off to the commit.
    """
    by_table: dict[Id, list[tuple[Kept, Sequence[str]]]] = {}
    for kept in kept_ones:
        if kept in rewritten:
            names = _coming(kept, half)
            by_table.setdefault(kept.loss.table, []).append((kept, names))
    for parts in by_table.values():
        was = trash.table_of(before, parts[0][0].loss)
        yield from _by_rewrite(parts, was, half.tables[key(*was.id)])
    for kept in kept_ones:
        if kept in rewritten:
            continue
        was, table = trash.table_of(before, kept.loss), half.tables[key(*kept.loss.table)]
        if kept.loss.is_whole:
            yield Restoring(_insert(was, kept), kept)
        else:
            update = _update_by_key if kept.loss.key else _update_by_rest
            yield Restoring(update(was, table, kept, _coming(kept, half)), kept)


def _coming(kept: Kept, half: Snapshot) -> Sequence[str]:
    columns = half.tables[key(*kept.loss.table)].columns
    return [name for name in kept.loss.columns if name in columns]


def _by_rewrite(
    parts: Sequence[tuple[Kept, Sequence[str]]], was: Table, table: Table
) -> Iterator[Restoring]:
    for kept, names in parts:
        yield from map(Restoring, rewrite.prepared(kept, was, table, names))
    yield Restoring(rewrite.rewrite(parts, was))
    for kept, names in parts:
        found = rewrite.places(kept)
        if kept.loss.key:
            there = f"JOIN {trash.in_trash(kept.name)} AS k ON {_found(was, kept)}"
            found = f"{trash.full(was.id)} AS t {there}"
        begin, count, end = rewrite.counting(f"SELECT FROM {found}")
        yield from (Restoring(begin), Restoring(count, kept), Restoring(end))
        yield from map(Restoring, rewrite.ended(kept, names))


def _insert(was: Table, kept: Kept) -> str:
    columns = trash.kept_columns(was, kept.loss)
    names = ", ".join(quote(c.name) for c in columns)
    values = ", ".join(trash.as_was(c, "k.") for c in columns)
    return (
        f"INSERT INTO {trash.full(was.id)} ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {values} FROM {trash.in_trash(kept.name)} AS k;"
    )


def _update_by_key(was: Table, table: Table, kept: Kept, names: Sequence[str]) -> str:  # noqa: ARG001 - one shape
    return (
        f"UPDATE {trash.source(kept.loss)} AS t SET {_assignments(was, names)}"
        f" FROM {trash.in_trash(kept.name)} AS k WHERE {_found(was, kept)};"
    )


def _found(was: Table, kept: Kept) -> str:
    """The row ``t`` of the table is the one that ``k`` was kept of, and nobody changed it since."""
    keys = (f"{_comparable(was.columns[n], 't.', n)} = k.{quote(n)}" for n in kept.loss.key)
    return " AND ".join((*keys, f"NOT k.{quote(trash.skip_column(was))}"))


def _update_by_rest(was: Table, table: Table, kept: Kept, names: Sequence[str]) -> str:
    return (
        f"UPDATE {trash.source(kept.loss)} AS t SET {_assignments(was, names)}\n"
        f"FROM {matched(was, table, kept)}\n"
        f"WHERE t.ctid = live.{AT} AND t.tableoid = live.nbmigrate_table;"
    )


def _assignments(was: Table, names: Sequence[str]) -> str:
    return ", ".join(f"{quote(n)} = {trash.as_was(was.columns[n], 'k.')}" for n in names)


def _comparable(column: Column, alias: str, name: str) -> str:
    return f"{alias}{quote(name)}{'' if trash.is_plain(column) else '::text'}"


def positions_back(holding: Holding, target: Snapshot) -> tuple[str, ...]:
    """Every sequence goes on where it was, unless rows came that are beyond."""
    texts = (_position(holding, kept, target) for kept in holding.positions)
    return tuple(text for text in texts if text)


def _position(holding: Holding, kept: KeptPosition, target: Snapshot) -> str:
    position, rest = kept.position, ""
    if not position.column:
        if key(*position.id) not in target.sequences:
            return ""
        name = f"{literal(trash.full(position.id))}::regclass"
    else:
        table = target.tables.get(key(*position.id))
        if table is None or position.column not in table.columns:
            return ""
        name = counter_of(position.id, position.column)
        if not _counts_down(table.columns[position.column]):
            rest = f" AND ({trash.beyond(position, 'k')}) <= k.beyond"
    return (
        f"SELECT pg_catalog.setval({name}, k.last_value, k.is_called)"
        f" FROM {trash.in_trash(holding.positions_table)} AS k"
        f" WHERE k.number = {kept.number}{rest};"
    )


def _counts_down(column: Column) -> bool:
    return column.identity is not None and (column.identity.increment or "1").startswith("-")
