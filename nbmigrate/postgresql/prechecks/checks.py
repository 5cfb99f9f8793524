"""Which rows an operation would stop at: a query for each operation that can meet one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from nbmigrate import operations as o
from nbmigrate.model import Check, Column, ForeignKey, Index, format_path
from nbmigrate.postgresql.identifiers import literal, quote, quote_all
from nbmigrate.postgresql.prechecks import temporal
from nbmigrate.postgresql.prechecks.casting import Cast, cast_check
from nbmigrate.postgresql.prechecks.future import Future, Place
from nbmigrate.postgresql.types import split_array

#: What is shown of a row: SQL, and what it is called.
Shown = tuple[tuple[str, str], ...]

_SHOWN_COLUMNS = 6


class RowCheck(NamedTuple):
    """A query for the rows that do not fit, without SELECT: ``FROM ... WHERE ...``.

    ``columns`` are shown of a few of them. A ``cast`` is tried row by row. ``problem``
    goes on behind the number of rows.
    """

    kind: Literal["backfill", "cast", "label", "rows"]
    path: str
    problem: str
    rows: str
    columns: Shown
    table: o.Id
    cast: Cast | None = None
    choices: tuple[str, ...] = ()


def row_checks(operations: Sequence[o.Operation], future: Future) -> Iterator[RowCheck]:
    """The checks of the operations, in their order."""
    for operation in operations:
        table = getattr(operation, "table", None)
        if isinstance(operation, o.RecreateEnum):
            yield from _labels(operation, future)
        elif isinstance(table, tuple) and table in future.places:
            yield from _on_columns(operation, future)
            yield from _on_keys(operation, future)
            yield from _on_references(operation, future)


def _on_columns(operation: o.Operation, future: Future) -> Iterator[RowCheck]:
    match operation:
        case o.SetNotNull(table=table, column=name, backfill=None):
            if name in future.places[table].columns:
                yield RowCheck(
                    "backfill",
                    format_path(*table, name),
                    "NULL, and the column becomes NOT NULL",
                    f"FROM {future.rows(table)} WHERE {quote(name)} IS NULL",
                    _first_columns(future, table, name),
                    table,
                )
        case o.AlterColumnType(table=table, new=column):
            cast = cast_check(operation)
            if cast is not None and not column.generated:
                yield RowCheck(
                    "cast",
                    format_path(*table, column.name),
                    cast.problem,
                    f"FROM {future.now(table)} WHERE {{condition}}",
                    _beside_key(future.places[table], column.name),
                    table,
                    cast,
                )
        case _:
            return


def _on_keys(operation: o.Operation, future: Future) -> Iterator[RowCheck]:
    match operation:
        case o.AddUnique(table=table, unique=unique) if unique.without_overlaps:
            loose = not unique.nulls_not_distinct
            yield from _overlaps(table, unique.name, unique.columns, future, loose=loose)
        case o.AddUnique(table=table, unique=unique):
            loose = not unique.nulls_not_distinct
            yield _twins(table, unique.name, quoted(unique.columns), future, loose=loose)
        case o.AddPrimaryKey(table=table, name=name):
            yield from _primary_key(operation, table, name or f"{table[1]}_pkey", future)
        case o.CreateIndex(table=table, index=index) if index.is_unique:
            yield _unique_index(table, index, future)
        case _:
            return


def _on_references(operation: o.Operation, future: Future) -> Iterator[RowCheck]:
    match operation:
        case o.AddForeignKey(table=table, foreign_key=key) if not _is_lax(key):
            if key.target not in future.joined:  # rows to refer to are still to come
                yield _orphans(table, key, future)
        case o.AddCheck(table=table, check=check) if not _is_lax(check):
            yield _check(table, check, future)
        case o.ValidateConstraint(table=table, name=name):
            target = future.table(table)
            if target and (valid := target.check_constraints.get(name)):
                yield _check(table, valid, future)
            if target and (valid_key := target.foreign_keys.get(name)):
                yield _orphans(table, valid_key, future)
        case _:
            return


def _is_lax(constraint: ForeignKey | Check) -> bool:
    return constraint.not_valid or constraint.not_enforced


def quoted(names: Iterable[str]) -> tuple[str, ...]:
    """The names as SQL."""
    return tuple(map(quote, names))


def _beside_key(place: Place, column: str) -> Shown:
    """Of a live row: its key and the column in question."""
    return tuple((quote(name), name) for name in dict.fromkeys((*place.keys, column)))


def _first_columns(future: Future, table: o.Id, *wanted: str) -> Shown:
    """Of a row as it will be: its key, what is in question, and a little more.

    A column that is cast is left out: a value that does not cast would stop the query.
    """
    target = future.table(table)
    names = (*target.primary_key_columns, *wanted, *target.columns) if target else wanted
    free = [n for n in dict.fromkeys(names) if n in wanted or not future.is_cast(table, n)]
    return tuple((quote(name), name) for name in free)[:_SHOWN_COLUMNS]


def _primary_key(
    operation: o.AddPrimaryKey, table: o.Id, name: str, future: Future
) -> Iterator[RowCheck]:
    target, columns = future.table(table), operation.columns
    plain = [c for c in columns if target and not _fills_itself(target.columns[c])]
    if operation.options and operation.options.without_overlaps:
        yield from _overlaps(table, name, columns, future, loose=True)
    elif len(plain) == len(columns):
        yield _twins(table, name, quoted(columns), future, loose=True)
    known = [c for c in plain if c in future.places[table].columns]
    if known:
        yield RowCheck(
            "rows",
            format_path(*table, name),
            f"NULL in the primary key ({', '.join(known)})",
            f"FROM {future.rows(table)} WHERE "
            + " OR ".join(f"{column} IS NULL" for column in quoted(known)),
            _first_columns(future, table),
            table,
        )


def _fills_itself(column: Column) -> bool:
    return bool(column.identity or column.generated or "serial" in column.type)


def _twins(
    table: o.Id, name: str, keys: tuple[str, ...], future: Future, *, loose: bool, where: str = ""
) -> RowCheck:
    """Groups of rows with one key; a NULL is like no other unless the constraint says so."""
    shown = ", ".join(f"{key} AS {quote(f'k{at}')}" for at, key in enumerate(keys))
    ks = quote_all([f"k{at}" for at in range(len(keys))])
    filters = [f"({where})"] if where else []
    filters += [f"({key}) IS NOT NULL" for key in keys] if loose else []
    condition = f" WHERE {' AND '.join(filters)}" if filters else ""
    inner = f"SELECT {shown} FROM {future.rows(table)}{condition}"
    numbered = f"SELECT {ks}, count(*) AS rows FROM ({inner}) AS part GROUP BY {ks}"
    return RowCheck(
        "rows",
        format_path(*table, name),
        f"the same ({', '.join(keys)}) as another; `{name}` must be unique",
        f"FROM ({numbered} HAVING count(*) > 1) AS twins",
        (*((quote(f"k{at}"), key.strip('"')) for at, key in enumerate(keys)), ("rows", "rows")),
        table,
    )


def _overlaps(
    table: o.Id, name: str, columns: tuple[str, ...], future: Future, *, loose: bool
) -> Iterator[RowCheck]:
    path, rows, period = format_path(*table, name), future.rows(table), columns[-1]
    same = f"the same ({', '.join(columns[:-1])}) as another, in a ({period}) that overlaps its"
    shown = tuple((quote(column), column) for column in columns)
    found = temporal.overlapping(rows, columns, loose=loose)
    yield RowCheck("rows", path, f"{same}; `{name}` allows no overlap", found, shown, table)
    empty = f"an empty ({period}); `{name}` allows none"
    yield RowCheck("rows", path, empty, temporal.empty(rows, columns), shown, table)


def _unique_index(table: o.Id, index: Index, future: Future) -> RowCheck:
    keys = tuple(
        f"({column.expression})" if column.is_expression else quote(column.expression)
        for column in index.columns
    )
    loose = not index.nulls_not_distinct
    return _twins(table, index.name, keys, future, loose=loose, where=index.where or "")


def _orphans(table: o.Id, key: ForeignKey, future: Future) -> RowCheck:
    pairs = [*zip(quoted(key.columns_from), quoted(key.columns_to), strict=True)]
    parents = future.rows(key.target)
    same = " AND ".join(f"child.{a} = parent.{b}" for a, b in pairs)
    missing = f"NOT EXISTS (SELECT FROM (SELECT * FROM {parents}) AS parent WHERE {same})"
    if key.period:
        missing = temporal.uncovered(parents, pairs)
    known = " AND ".join(f"child.{a} IS NOT NULL" for a in quoted(key.columns_from))
    return RowCheck(
        "rows",
        format_path(*table, key.name),
        f"no row in `{format_path(*key.target)}` to refer to; "
        f"`{key.name}` needs one for ({', '.join(key.columns_from)})",
        f"FROM (SELECT * FROM {future.rows(table)}) AS child WHERE {known} AND {missing}",
        tuple(
            dict.fromkeys(
                (*_first_columns(future, table)[:2], *((quote(c), c) for c in key.columns_from))
            )
        ),
        table,
    )


def _check(table: o.Id, check: Check, future: Future) -> RowCheck:
    return RowCheck(
        "rows",
        format_path(*table, check.name),
        f"values against {check.value}, as `{check.name}` demands",
        f"FROM {future.rows(table)} WHERE NOT ({check.value})",
        _first_columns(future, table),
        table,
    )


def _labels(operation: o.RecreateEnum, future: Future) -> Iterator[RowCheck]:
    """Rows that still have a label that goes, unless it was said what they get instead."""
    told = {old for old, _ in operation.labels}
    for label in operation.old.values:
        if label in operation.new.values or label in told:
            continue
        for use in operation.uses:
            if use.table in future.places:
                yield _label(operation, use, label, future)


def _label(operation: o.RecreateEnum, use: o.EnumUse, label: str, future: Future) -> RowCheck:
    name = quote(use.column.name)
    is_array = bool(split_array(use.column.type)[1])
    has = (
        f"{literal(label)} = ANY ({name}::text[])"
        if is_array
        else f"{name}::text = {literal(label)}"
    )
    where = format_path(*use.table, use.column.name)
    return RowCheck(
        "label",
        format_path(*operation.new.id, label),
        f"`{label}` in `{where}`, a label that goes",
        f"FROM {future.now(use.table)} WHERE {has}",
        _beside_key(future.places[use.table], use.column.name),
        use.table,
        choices=tuple(operation.new.values),
    )
