"""Columns: as attributes of a class and as parts of a Table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nbmigrate.model import Column, ForeignKey, Identity, Table
from nbmigrate.model import key as path_key
from nbmigrate.model.names import sequence_name
from nbmigrate.postgresql.to_code.constraints import (
    column_foreign_key,
    column_unique,
    inline_key,
    is_inline,
)
from nbmigrate.postgresql.to_code.indexes import column_index
from nbmigrate.postgresql.to_code.layout import (
    Group,
    Named,
    Node,
    Part,
    call,
    info_node,
    quoted,
    text,
)
from nbmigrate.postgresql.to_code.sql import default_node, sql_node
from nbmigrate.postgresql.to_code.types import TypeCode, type_code
from nbmigrate.postgresql.types import SERIAL_TYPES, identity_bounds

_INTEGERS = ("smallint", "integer", "bigint")


class ColumnCode(NamedTuple):
    """A column: Python's type, SQLAlchemy's, and what else is said of it."""

    name: str
    python: str
    type: TypeCode
    parts: tuple[Part, ...]
    said: tuple[str, ...]
    is_nullable: bool

    def as_attribute(self, attribute: str, *, is_bound: bool = False) -> tuple[str, Group | None]:
        """The annotation and the call behind it; ``is_bound`` when other lines use the name."""
        python = f"Optional[{self.python}]" if self.is_nullable else self.python
        name: tuple[Part, ...] = () if attribute == self.name else (quoted(self.name),)
        implied = self.type.is_implied
        shown: tuple[Part, ...] = () if implied else (self.type.node,)
        parts = (*name, *shown, *self.parts)
        made = call("mapped_column", *parts) if parts or is_bound else None
        return f"Mapped[{python}]", made

    def as_column(self) -> Group:
        """``Column(name, type, ...)``."""
        nullable = not self.is_nullable and "primary_key" not in self.said
        flag: tuple[Part, ...] = (Named("nullable=", "False"),) if nullable else ()
        return call("Column", quoted(self.name), self.type.node, *self.parts, *flag)


def column_codes(
    table: Table,
    keys: Mapping[str, ForeignKey],
    own: Mapping[str, TypeCode],
    tables: Mapping[str, Table],
) -> tuple[ColumnCode, ...]:
    """The columns of a table; ``keys`` are the foreign keys that a column says, by column."""
    return tuple(_column(column, table, keys, own, tables) for column in table.columns.values())


def _column(
    column: Column,
    table: Table,
    keys: Mapping[str, ForeignKey],
    own: Mapping[str, TypeCode],
    tables: Mapping[str, Table],
) -> ColumnCode:
    found = type_code(column, own, is_numbered=_is_numbered(column, table))
    key = keys.get(column.name)
    if key and not _has_type_of_target(column, key, table, tables):
        found = found._replace(is_implied=False)
    positional: list[Part] = [column_foreign_key(key, table)] if key else []
    positional += [_identity(column.identity, column.type)] if column.identity else []
    positional += [_computed(column)] if column.generated else []
    named = dict(_named(column, table, has_key=key is not None))
    return ColumnCode(
        name=column.name,
        python=found.python,
        type=found,
        parts=(*positional, *(Named(f"{word}=", node) for word, node in named.items())),
        said=tuple(named),
        is_nullable=not (column.not_null or column.name in table.primary_key_columns),
    )


def _has_type_of_target(
    column: Column, key: ForeignKey, table: Table, tables: Mapping[str, Table]
) -> bool:
    """Whether SQLAlchemy may ask the column that is referred to, as it does when no type is said."""
    target = tables.get(path_key(*key.target))
    found = target.columns.get(key.columns_to[0]) if target else None
    if target is None or found is None or (target.id == table.id and found is column):
        return False  # not there, or the column itself
    type_ = SERIAL_TYPES[found.type] if _is_numbered(found, target) else found.type
    return (type_, found.type_schema) == (column.type, column.type_schema)


def _named(column: Column, table: Table, *, has_key: bool) -> Iterator[tuple[str, Node]]:
    if column.name in inline_key(table):
        yield "primary_key", "True"
    if numbering := _autoincrement(column, table, has_key=has_key):
        yield "autoincrement", numbering
    unique = column_unique(table, column.name)
    if unique:
        yield "unique", "True"
    elif column_index(table, column.name):
        yield "index", "True"
    if column.default is not None and not _is_numbered(column, table):
        yield "server_default", default_node(column.default)
    if column.comment:
        yield "comment", text(column.comment)
    if info := info_node(
        storage=column.storage,
        compression=column.compression,
        statistics=column.statistics,
        not_null_name=column.not_null_name,
        local=column.local,
        sequence_name=column.sequence_name or _identity_name(column, table),
        sequence_comment=column.sequence_comment,
        options={**column.options} or None,
    ):
        yield "info", info


def _identity_name(column: Column, table: Table) -> str | None:
    """The name of the identity's sequence, unless it is the one that PostgreSQL gives now."""
    usual = sequence_name(table.name, column.name)
    found = column.identity.name if column.identity else usual
    return None if found == usual else found


def _is_numbered(column: Column, table: Table) -> bool:
    """Whether SQLAlchemy makes a serial of it: the first serial column of the primary key."""
    if column.type not in SERIAL_TYPES:
        return False
    serials = [n for n in table.primary_key_columns if table.columns[n].type in SERIAL_TYPES]
    return serials[:1] == [column.name]


def _autoincrement(column: Column, table: Table, *, has_key: bool) -> str | None:
    """What SQLAlchemy would not guess: by itself it numbers the one integer key without default."""
    keys = table.primary_key_columns
    if column.name not in keys or column.identity or column.generated:
        return None
    guessed = len(keys) == 1 and not has_key and column.default is None
    if _is_numbered(column, table):
        return None if guessed else "True"
    return "False" if guessed and column.type in _INTEGERS else None


def _identity(identity: Identity, type_: str) -> Group:
    increment = identity.increment or "1"
    low, high = identity_bounds(type_, descending=increment.startswith("-"))
    lowest, highest = identity.min_value or low, identity.max_value or high
    options = {
        "start": (identity.start_with, highest if increment.startswith("-") else lowest),
        "increment": (identity.increment, "1"),
        "minvalue": (identity.min_value, low),
        "maxvalue": (identity.max_value, high),
        "cache": (identity.cache, "1"),
    }
    return call(
        "Identity",
        always="True" if identity.type == "always" else None,
        **number_options(options),
        cycle="True" if identity.cycle else None,
    )


def number_options(options: Mapping[str, tuple[str | None, str]]) -> dict[str, str | None]:
    """The numbers that are not the usual ones: each comes with its usual one."""
    return {
        name: str(int(value)) if value is not None and value != usual else None
        for name, (value, usual) in options.items()
    }


def _computed(column: Column) -> Group:
    assert column.generated is not None
    stored = "True" if column.generated.type == "stored" else "False"
    return call("Computed", sql_node(column.generated.expression), persisted=stored)


def inline_names(table: Table) -> set[str]:
    """The unique constraints and indexes that the columns say; a foreign key may be called so too."""
    found: set[str] = set()
    for name in table.columns:
        unique = column_unique(table, name)
        index = None if unique else column_index(table, name)
        found |= {said for said in (unique, index) if said}
    return found


def column_keys(table: Table, keys: list[ForeignKey]) -> dict[str, ForeignKey]:
    """The foreign keys that are said by their column."""
    return {key.columns_from[0]: key for key in keys if is_inline(key, table)}
