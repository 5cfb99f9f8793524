"""Conditions on columns, put together by a person clicking: names are quoted, values are bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from psycopg import sql

from nbmigrate.data.document import Document
from nbmigrate.data.relations import Column, Relation
from nbmigrate.errors import UsageConflictError
from nbmigrate.postgresql.identifiers import quote


class Filter(Document, frozen=True, kw_only=True):
    """One condition; ``value`` is a text, or several for ``in``, or nothing."""

    column: str
    op: str
    value: str | tuple[str, ...] | None = None


class Condition(NamedTuple):
    """A piece of SQL and the values of its parameters."""

    sql: sql.Composable
    values: tuple[object, ...] = ()


def _compared(sign: str) -> Callable[[sql.Composable, Column, Filter], Condition]:
    def condition(name: sql.Composable, column: Column, given: Filter) -> Condition:
        return Condition(sql.SQL(f"{{}} {sign} {{}}").format(name, cast(column)), (_one(given),))

    return condition


def _contains(name: sql.Composable, _: Column, given: Filter) -> Condition:
    text = sql.SQL("CAST({} AS text) ILIKE %s").format(name)
    escaped = _one(given).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Condition(text, (f"%{escaped}%",))


def _in(name: sql.Composable, column: Column, given: Filter) -> Condition:
    values = (given.value,) if isinstance(given.value, str) else (given.value or ())
    if not values:
        return Condition(sql.SQL("false"))
    listed = sql.SQL(", ").join([cast(column)] * len(values))
    return Condition(sql.SQL("{} IN ({})").format(name, listed), tuple(values))


def _plain(text: str) -> Callable[[sql.Composable, Column, Filter], Condition]:
    return lambda name, _column, _given: Condition(sql.SQL(f"{{}} {text}").format(name))


_OPERATORS: Mapping[str, Callable[[sql.Composable, Column, Filter], Condition]] = {
    "=": _compared("="),
    "!=": _compared("IS DISTINCT FROM"),
    "<": _compared("<"),
    "<=": _compared("<="),
    ">": _compared(">"),
    ">=": _compared(">="),
    "contains": _contains,
    "in": _in,
    "is null": _plain("IS NULL"),
    "is not null": _plain("IS NOT NULL"),
    "is true": _plain("IS TRUE"),
    "is false": _plain("IS FALSE"),
}


def conditions(relation: Relation, filters: Sequence[Filter]) -> list[Condition]:
    """The filters as SQL; all of them hold at once.

    Raises:
        UsageConflictError: no such column or operator, or a value is missing.
    """
    found = []
    for given in filters:
        column = relation.column(given.column)
        if given.op not in _OPERATORS:
            known = ", ".join(_OPERATORS)
            raise UsageConflictError(f"`{given.op}` is no operator of a filter", hint=known)
        found.append(_OPERATORS[given.op](identifier(column.name), column, given))
    return found


def identifier(*names: str) -> sql.Composable:
    """A name, or a schema and a name, quoted; a ``%`` in it is no place for a parameter."""
    return sql.SQL(".".join(map(quote, names)).replace("%", "%%"))


def cast(column: Column) -> sql.Composable:
    """A parameter that is given as text, as a value of the column's type."""
    return sql.SQL(f"CAST(%s AS {column.cast.replace('%', '%%')})")


def all_of(parts: Sequence[Condition]) -> Condition:
    """The conditions as one WHERE clause; empty without any."""
    if not parts:
        return Condition(sql.SQL(""))
    joined = sql.SQL(" AND ").join([sql.SQL("({})").format(part.sql) for part in parts])
    values = tuple(value for part in parts for value in part.values)
    return Condition(sql.SQL(" WHERE ") + joined, values)


def _one(given: Filter) -> str:
    if not isinstance(given.value, str):
        raise UsageConflictError(f"`{given.column} {given.op}` needs a value")
    return given.value
