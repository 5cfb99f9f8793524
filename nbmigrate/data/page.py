"""One page of a relation, at the same cost wherever it is.

A page begins behind the last row of the one before (keyset paging): its place is the values of
the columns it is sorted by and of the key, so that PostgreSQL goes there by an index and skips
nothing. Every value travels as text, cut where it is long; what is cut is fetched on demand.
NULLs sort where PostgreSQL puts them: last, and first when descending.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import psycopg
from psycopg import sql

from nbmigrate.data.document import Document
from nbmigrate.data.filters import Condition, Filter, all_of, cast, conditions, identifier
from nbmigrate.data.keyset import Order, Place, Texts, ranges
from nbmigrate.data.physical import by_place, count_blocks, is_by_place, located, windows
from nbmigrate.data.relations import Column, Relation
from nbmigrate.data.rows import Rows, fetch, name_types, open_cursor
from nbmigrate.errors import UsageConflictError

#: Characters of a value in the grid.
CUT = 200
#: Bytes of a value in the grid: as many as make so many characters, with what stands before them.
CUT_BYTES = CUT // 2 - 1
# Without it the same digits are another value to PostgreSQL: those of their characters.
_HEX = r"E'\\x' || "
#: A value of other types than text and bytes has to be spelled whole to be cut: not beyond this.
SPELLED_BYTES = 100_000
MOST_ROWS = 1_000
#: Without a key or a place there is nothing to go on from; rows are counted off, up to here.
MOST_SKIPPED = 100_000

Go = Literal["first", "next", "previous", "last"]
Key = tuple[str, ...]


class Sort(Document, frozen=True, kw_only=True):
    """A column that rows are sorted by."""

    column: str
    descending: bool = False


class PageRow(Document, frozen=True, kw_only=True):
    """A row: its key, its version (xmin), its values cut, and the sizes of those that were."""

    key: tuple[str, ...]
    version: str | None
    values: Texts
    lengths: dict[int, int]


class Page(Document, frozen=True, kw_only=True):
    """Some rows that follow each other; ``ms`` is what PostgreSQL took."""

    rows: tuple[PageRow, ...]
    first: Place | None
    last: Place | None
    has_previous: bool
    has_next: bool
    ms: float


class Request(NamedTuple):
    """Which page: from a place on, in a direction."""

    sort: Sequence[Sort] = ()
    filters: Sequence[Filter] = ()
    go: Go = "first"
    place: Place | None = None
    size: int = 100


def read_page(connection: psycopg.Connection[Any], relation: Relation, wanted: Request) -> Page:
    """The page; one row more is asked for, to know whether there are further ones.

    Raises:
        UsageConflictError: an unknown column, or a place that does not fit the order.
        psycopg.Error: a value that is none of the column's type, or a statement that took too long.
    """
    size = max(1, min(wanted.size, MOST_ROWS))
    order = _order(relation, wanted.sort)
    if relation.key:
        return _by_order(connection, relation, wanted, order, size)
    blocks = count_blocks(connection, relation)
    if blocks is None:
        return _counted_off(connection, relation, wanted, order, size)
    order.append(by_place())
    found = _by_order(connection, located(relation), wanted, order, size, blocks)
    shown = len(relation.columns)
    rows = [msgspec.structs.replace(row, values=row.values[:shown]) for row in found.rows]
    return msgspec.structs.replace(found, rows=tuple(rows))


def _by_order(
    connection: psycopg.Connection[Any],
    relation: Relation,
    wanted: Request,
    order: list[Order],
    size: int,
    blocks: int = 0,
) -> Page:
    """The page behind a place of the order; one row more is read than is shown."""
    is_back = wanted.go in {"previous", "last"}
    if is_back:
        order = [one._replace(descending=not one.descending) for one in order]
    place = wanted.place if wanted.go in {"next", "previous"} else None
    if place is not None and len(place.values) != len(order):
        raise UsageConflictError("the order has changed; go to the first page again")
    started = time.perf_counter()
    regions = windows(order, place, blocks) if is_by_place(order) else ranges(order, place)
    found = _rows_behind(connection, relation, wanted.filters, order, regions, size + 1)
    ms = (time.perf_counter() - started) * 1000
    has_more, rows = len(found) > size, found[:size]
    if is_back:
        rows.reverse()
    has_less = place is not None
    return Page(
        rows=tuple(rows),
        first=_place(connection, relation, order, rows[0]) if rows else None,
        last=_place(connection, relation, order, rows[-1]) if rows else None,
        has_previous=has_more if is_back else has_less,
        has_next=has_less if is_back else has_more,
        ms=ms,
    )


def read_rows(
    connection: psycopg.Connection[Any], relation: Relation, keys: Sequence[Sequence[str]]
) -> tuple[PageRow, ...]:
    """The rows of these keys that are there, as a page shows them."""
    order = [Order(column, descending=False) for column in relation.key_columns]
    found: list[PageRow] = []
    for key in keys:
        found += _select(connection, relation, _named(relation, key), order, 1)
    return tuple(found)


def read_whole(
    connection: psycopg.Connection[Any],
    relation: Relation,
    wanted: Request,
    keys: Sequence[Key] | None = None,
) -> Rows:
    """All rows that the filters leave, or those of the keys, as values of Python."""
    order = _order(relation, wanted.sort)
    where = conditions(relation, wanted.filters)
    if keys is not None:
        where.append(_any_of(relation, keys))
    condition = all_of(where)
    sorting = sql.SQL(" ORDER BY ") + sql.SQL(", ").join([one.spelled() for one in order])
    query = sql.SQL("SELECT * FROM {}{}{}").format(
        identifier(*relation.relation), condition.sql, sorting if order else sql.SQL("")
    )
    started = time.perf_counter()
    with open_cursor(connection, is_raw=False) as cursor:
        found = fetch(cursor.execute(query, condition.values))
    return name_types(connection, found, (time.perf_counter() - started) * 1000)


def _any_of(relation: Relation, keys: Sequence[Key]) -> Condition:
    if not keys:
        return Condition(sql.SQL("false"))
    columns = relation.key_columns
    names = sql.SQL(", ").join([identifier(column.name) for column in columns])
    one = sql.SQL("({})").format(sql.SQL(", ").join([cast(column) for column in columns]))
    text = sql.SQL("({}) IN ({})").format(names, sql.SQL(", ").join([one] * len(keys)))
    return Condition(text, tuple(text for key in keys for text in key))


def count(
    connection: psycopg.Connection[Any],
    relation: Relation,
    filters: Sequence[Filter],
    *,
    most: int = 1_000_001,
) -> int:
    """How many rows there are, counted up to ``most``."""
    where = all_of(conditions(relation, filters))
    query = sql.SQL("SELECT count(*) FROM (SELECT FROM {}{} LIMIT {}) AS t").format(
        identifier(*relation.relation), where.sql, sql.Literal(most)
    )
    (number,) = connection.execute(query, where.values).fetchone() or (0,)
    return int(number)


def read_value(
    connection: psycopg.Connection[Any],
    relation: Relation,
    key: Sequence[str],
    column: str,
    *,
    offset: int,
    size: int,
) -> tuple[str | None, int] | None:
    r"""Characters of one value from ``offset`` on, and how many it has; ``None`` for a row that is gone.

    Bytes are spelled and counted as PostgreSQL does: two hexadecimal digits each, ``\x`` before the first.

    Raises:
        UsageConflictError: no such column, or nothing names the row.
    """
    found = relation.column(column)
    if not relation.key:
        relation = located(relation)
    if len(key) != len(relation.key):
        raise UsageConflictError(
            f"no key names a row of this {relation.kind}: a value cannot be fetched by itself",
            hint="ask for it in the SQL tab",
        )
    name = identifier(column)
    if found.category == "bytes":
        before = "" if offset else _HEX
        part = sql.SQL(
            f"{before}encode(substring({{}} FROM {{}} FOR {{}}), 'hex'), octet_length({{}})"
        )
    else:
        part = sql.SQL("substr(CAST({} AS text), {}, {}), length(CAST({} AS text))")
    spelled = part.format(name, sql.Literal(offset + 1), sql.Literal(size), name)
    where = all_of(_named(relation, key))
    query = sql.SQL("SELECT {} FROM {}{}").format(
        spelled, identifier(*relation.relation), where.sql
    )
    row = connection.execute(query, where.values).fetchone()
    return None if row is None else (row[0], row[1] or 0)


# --- keyset --------------------------------------------------------------------


def _order(relation: Relation, sort: Sequence[Sort]) -> list[Order]:
    chosen = {one.column: one.descending for one in sort}
    rest = {name: False for name in relation.key if name not in chosen}
    return [Order(relation.column(name), down) for name, down in (chosen | rest).items()]


def _rows_behind(
    connection: psycopg.Connection[Any],
    relation: Relation,
    filters: Sequence[Filter],
    order: list[Order],
    regions: Iterable[list[Condition]],
    size: int,
) -> list[PageRow]:
    """Rows of the regions, one after the other until there are enough."""
    given = conditions(relation, filters)
    found: list[PageRow] = []
    for region in regions:
        found += _select(connection, relation, [*given, *region], order, size - len(found))
        if len(found) >= size:
            break
    return found


def _select(
    connection: psycopg.Connection[Any],
    relation: Relation,
    where: Sequence[Condition],
    order: Sequence[Order],
    size: int,
    skip: int = 0,
) -> list[PageRow]:
    """The rows with their texts; those are made outside of LIMIT, of rows that are shown only."""
    condition = all_of(where)
    sorting = sql.SQL(" ORDER BY ") + sql.SQL(", ").join([one.spelled() for one in order])
    inner = sql.SQL("SELECT {} FROM {}{}{} LIMIT {} OFFSET {}").format(
        sql.SQL(", ").join(_inner(relation)),
        identifier(*relation.relation),
        condition.sql,
        sorting if order else sql.SQL(""),
        sql.Literal(size),
        sql.Literal(skip),
    )
    outer = [
        *(text for at, column in enumerate(relation.columns) for text in _cut(at, column)),
        *(
            sql.SQL(f"CAST(c{_at(relation, Order(one, False))} AS text)")
            for one in relation.key_columns
        ),
        sql.SQL("CAST(version AS text)"),
    ]
    query = sql.SQL("SELECT {} FROM ({}) AS t").format(sql.SQL(", ").join(outer), inner)
    with connection.cursor() as cursor:
        rows = cursor.execute(query, condition.values).fetchall()
    return [_shown(relation, row) for row in rows]


def _inner(relation: Relation) -> list[sql.Composable]:
    columns: list[sql.Composable] = [
        sql.SQL(f"{{}} AS c{at}").format(identifier(column.name))
        for at, column in enumerate(relation.columns)
    ]
    is_stored = relation.kind in {"table", "partitioned table"}
    return [*columns, sql.SQL("xmin AS version" if is_stored else "NULL AS version")]


def _place(
    connection: psycopg.Connection[Any], relation: Relation, order: Sequence[Order], row: PageRow
) -> Place:
    """Where the row is. What is cut in the page is asked for whole, of this one row only."""
    shown = {one.column.name: row.values[_at(relation, one)] for one in order}
    cut = [
        one
        for one in order
        if shown[one.column.name] is not None
        and (_at(relation, one) in row.lengths or one.column.category == "bytes")
    ]
    if cut:
        texts = [sql.SQL("CAST({} AS text)").format(one.name) for one in cut]
        where = all_of(_named(relation, row.key))
        query = sql.SQL("SELECT {} FROM {}{}").format(
            sql.SQL(", ").join(texts), identifier(*relation.relation), where.sql
        )
        found = connection.execute(query, where.values).fetchone() or ()
        shown |= {one.column.name: text for one, text in zip(cut, found, strict=True)}
    return Place(values=tuple(shown.values()))


def _named(relation: Relation, key: Sequence[str]) -> list[Condition]:
    columns = zip(relation.key_columns, key, strict=True)
    return [Order(column, descending=False).same(value) for column, value in columns]


def _at(relation: Relation, order: Order) -> int:
    return relation.columns.index(order.column)


def _cut(at: int, column: Column) -> tuple[sql.SQL, sql.SQL]:
    """The beginning of a value, and its size where that is cheap to know and may exceed it."""
    name = f"c{at}"
    match column.category:
        case "bytes":
            text = f"{_HEX}encode(substring({name} FROM 1 FOR {CUT_BYTES}), 'hex')"
            return sql.SQL(text), sql.SQL(f"octet_length({name})")
        case "text":
            text = f"left(CAST({name} AS text), {CUT + 1})"
            return sql.SQL(text), sql.SQL(f"octet_length(CAST({name} AS text))")
        case "number" | "boolean" | "date" | "time" | "enum":
            return sql.SQL(f"CAST({name} AS text)"), sql.SQL("NULL")
        case _:
            small = f"CASE WHEN pg_column_size({name}) <= {SPELLED_BYTES}"
            text = f"{small} THEN left(CAST({name} AS text), {CUT + 1}) WHEN {name} IS NOT NULL THEN '' END"
            return sql.SQL(text), sql.SQL(f"pg_column_size({name})")


def _shown(relation: Relation, row: tuple[Any, ...]) -> PageRow:
    count = len(relation.columns)
    values: list[str | None] = []
    lengths: dict[int, int] = {}
    for at, column in enumerate(relation.columns):
        text, size = row[2 * at], row[2 * at + 1]
        shown = None if text is None else text[:CUT]
        is_cut = text is not None and (
            len(text) > CUT
            or (column.category == "bytes" and size > CUT_BYTES)
            or (text == "" and size is not None and size > SPELLED_BYTES)
        )
        if is_cut:
            lengths[at] = int(size or len(text))
        values.append(shown)
    rest = row[2 * count :]
    return PageRow(key=tuple(rest[:-1]), version=rest[-1], values=tuple(values), lengths=lengths)


def _counted_off(
    connection: psycopg.Connection[Any],
    relation: Relation,
    wanted: Request,
    order: list[Order],
    size: int,
) -> Page:
    """A page of a view and the like, whose rows have no name: so many are skipped, which takes its time."""
    before = wanted.place.skipped if wanted.place else 0
    skip = {"first": 0, "next": before + size, "previous": max(0, before - size)}.get(wanted.go)
    if skip is None or skip > MOST_SKIPPED:
        raise UsageConflictError(
            "without a key, rows can only be counted off from the first one",
            hint=f"filter, or sort the other way round; up to {MOST_SKIPPED:,} rows are skipped",
        )
    started = time.perf_counter()
    where = conditions(relation, wanted.filters)
    found = _select(connection, relation, where, order, size + 1, skip)
    place = Place(skipped=skip)
    return Page(
        rows=tuple(found[:size]),
        first=place,
        last=place,
        has_previous=skip > 0,
        has_next=len(found) > size,
        ms=(time.perf_counter() - started) * 1000,
    )
