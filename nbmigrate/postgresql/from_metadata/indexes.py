"""Indexes: keys with order, operator class and collation; predicate, method, options."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Column, Index, Table, UnaryExpression
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, CollationClause, Grouping, Label

from nbmigrate import model
from nbmigrate.errors import DeclarationError
from nbmigrate.postgresql.expressions import strip_parens
from nbmigrate.postgresql.from_metadata.constraints import duplicate, include_of
from nbmigrate.postgresql.from_metadata.names import automatic, given_name, table_path
from nbmigrate.postgresql.from_metadata.sqltext import sql_text

_ORDER_WORDS = re.compile(
    r"\s+(?:(?P<way>asc|desc)(?:\s+nulls\s+(?P<nulls>first|last))?|nulls\s+(?P<only>first|last))\Z",
    re.IGNORECASE,
)
_NAME = re.compile(r'[a-z_][a-z0-9_]*|"(?:[^"]|"")+"')
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MODIFIERS: dict[Any, tuple[str, bool | str]] = {
    operators.desc_op: ("asc", False),
    operators.asc_op: ("asc", True),
    operators.nulls_first_op: ("nulls", "first"),
    operators.nulls_last_op: ("nulls", "last"),
}


def indexes(table: Table) -> dict[str, model.Index]:
    """The indexes by name, in the order of their creation where SQLAlchemy keeps one."""
    found: dict[str, model.Index] = {}
    for item in sorted(table.indexes, key=lambda index: str(index.name or "")):
        value = _index(item, table)
        if value.name in found:
            raise duplicate("index", value.name, table)
        found[value.name] = value
    return found


def _index(item: Index, table: Table) -> model.Index:
    options = item.dialect_options["postgresql"]
    keys = tuple(_key(expression, item, table) for expression in item.expressions)
    if not keys:
        raise DeclarationError("an index needs at least one column", source=table_path(table))
    where = options["where"]
    return model.Index(
        name=given_name(item, table) or _automatic(keys, table),
        columns=keys,
        is_unique=bool(item.unique),
        where=None if where is None else strip_parens(sql_text(where).strip()),
        concurrently=bool(options["concurrently"]),
        method=(options["using"] or "btree").lower(),
        options={name: option(value) for name, value in (options["with"] or {}).items()},
        include=include_of(item),
        nulls_not_distinct=bool(options["nulls_not_distinct"]),
        tablespace=options["tablespace"],
        key_statistics=item.info.get("key_statistics", {}),
        comment=item.info.get("comment"),
    )


def _automatic(keys: tuple[model.IndexColumn, ...], table: Table) -> str:
    if any(key.is_expression for key in keys):
        raise DeclarationError("an index over an expression needs a name", source=table_path(table))
    return automatic(str(table.name), *(key.expression for key in keys), "index")


def _key(expression: object, item: Index, table: Table) -> model.IndexColumn:
    element, order = _ordering(expression)
    opclasses = item.dialect_options["postgresql"]["ops"] or {}
    # postgresql_ops is keyed by the key of the column or label, as it stands in the index.
    opclass = next(
        (opclasses[k] for k in map(_element_key, (expression, element)) if k in opclasses), None
    )
    if isinstance(element, Label):
        element = element.element
    element, collation = _collation(element)
    if isinstance(element, Column) and element.table is table:
        text, is_column = str(element.name), True
    else:
        written, more = _split(sql_text(element))
        text, order = _unquoted(written), {**more, **order}
        names = {str(column.name) for column in table.columns}
        # A name alone is a column (PostgreSQL docs, CREATE INDEX); a view's are not declared.
        is_column = text in names or bool(_NAME.fullmatch(written))
    asc = bool(order.get("asc", True))
    return model.IndexColumn(
        expression=text if is_column else strip_parens(text),
        is_expression=not is_column,
        asc=asc,
        nulls=str(order.get("nulls", "last" if asc else "first")),
        opclass=opclass,
        collation=collation,
    )


def _ordering(element: object) -> tuple[object, dict[str, bool | str]]:
    """The key without ``desc()``, ``nulls_first()`` and the like, and what these say."""
    order: dict[str, bool | str] = {}
    while isinstance(element, UnaryExpression) and element.modifier in _MODIFIERS:
        field, value = _MODIFIERS[element.modifier]
        order.setdefault(field, value)
        element = element.element
    return element, order


def _element_key(element: object) -> str | None:
    return getattr(element, "key", None)


def _collation(element: object) -> tuple[object, str | None]:
    """The key without its COLLATE, and the collation's name."""
    inner = element.element if isinstance(element, Grouping) else element
    if isinstance(inner, BinaryExpression) and isinstance(inner.right, CollationClause):
        return inner.left, str(inner.right.collation)
    return element, None


def _split(text: str) -> tuple[str, dict[str, bool | str]]:
    """The text of a key without the ``DESC NULLS LAST`` written behind it."""
    text = text.strip()
    found = _ORDER_WORDS.search(text)
    if not found:
        return text, {}
    order: dict[str, bool | str] = {}
    if found["way"]:
        order["asc"] = found["way"].lower() == "asc"
    if nulls := found["nulls"] or found["only"]:
        order["nulls"] = nulls.lower()
    return text[: found.start()], order


def _unquoted(text: str) -> str:
    simple = re.fullmatch(r'"((?:[^"]|"")+)"', text)
    return simple[1].replace('""', '"') if simple else text


def option(value: object) -> str | int | float | bool:
    """A storage parameter; a number stays or becomes a number, as drizzle-kit stores it."""
    if isinstance(value, (bool, int, float)):
        return value
    text = str(value)
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
