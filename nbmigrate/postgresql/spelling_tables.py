"""Keys, constraints and indexes in one spelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

import msgspec

from nbmigrate.model import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    IndexColumn,
    KeyOptions,
    Partition,
    PrimaryKey,
    Statistics,
    Table,
    Unique,
    format_path,
)
from nbmigrate.model.names import PUBLIC, primary_key_name, truncate
from nbmigrate.postgresql.directions import split_direction
from nbmigrate.postgresql.expressions import canonical_expression, strip_parens
from nbmigrate.postgresql.lexer import identifier_value, significant
from nbmigrate.postgresql.spelling_columns import canonical_collation
from nbmigrate.postgresql.types import default_opclass

_replace = msgspec.structs.replace
#: PostgreSQL 18 docs, CREATE STATISTICS.
_KINDS = ("ndistinct", "dependencies", "mcv")


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(truncate(name) for name in names)


def with_primary_key(table: Table) -> Table:
    """The table with a key of one column as a flag of the column, a longer one by name."""
    keys = [_primary_key(found) for found in table.composite_primary_keys.values()]
    name = truncate(table.primary_key_name) if table.primary_key_name else None
    flagged = {column.name for column in table.columns.values() if column.primary_key}
    if keys and len(keys[0].columns) == 1:
        name, flagged = keys[0].name, {*keys[0].columns}
        table, keys = _replace(table, primary_key_options=keys[0].options), []
    elif keys:
        name, flagged = None, set()
    members = flagged.union(*(found.columns for found in keys))
    columns = {
        at: _replace(column, primary_key=at in flagged, not_null=column.not_null or at in members)
        if at in members or column.primary_key
        else column
        for at, column in table.columns.items()
    }
    return _replace(
        table,
        columns=columns,
        composite_primary_keys={found.name: found for found in keys},
        primary_key_name=None if name == primary_key_name(table.name) else name,
    )


def _primary_key(found: PrimaryKey) -> PrimaryKey:
    return _replace(
        found,
        name=truncate(found.name),
        columns=_names(found.columns),
        include=_names(found.include),
        parameters={},
    )


def canonical_unique(unique: Unique) -> Unique:
    """The unique constraint in one spelling."""
    return _replace(
        unique,
        name=truncate(unique.name),
        columns=_names(unique.columns),
        include=_names(unique.include),
        parameters={},
    )


def canonical_check(check: Check, table: str) -> Check:
    """The check in one spelling."""
    return _replace(
        check, name=truncate(check.name), value=canonical_expression(check.value, table)
    )


def canonical_exclusion(found: Exclusion, table: str) -> Exclusion:
    """The exclusion constraint in one spelling."""
    return _replace(
        found,
        name=truncate(found.name),
        definition=canonical_expression(found.definition, table),
    )


def canonical_statistics(found: Statistics, table: str) -> Statistics:
    """The statistics object in one spelling."""
    kinds = tuple(sorted({kind.lower() for kind in found.kinds}, key=_KINDS.index))
    return _replace(
        found,
        name=truncate(found.name),
        definition=_about(found.definition, table),
        kinds=() if len(kinds) == len(_KINDS) else kinds,
    )


def _about(definition: str, table: str) -> str:
    """What statistics are about; CREATE STATISTICS takes an operator in parentheses alone."""
    text = canonical_expression(definition, table)
    return f"({text})" if strip_parens(definition) != definition else text


class Whole(TypedDict):
    """What a table is as a whole."""

    using: str | None
    partition_key: str | None
    partition_of: Partition | None
    inherits: tuple[str, ...]
    primary_key_options: KeyOptions | None


def canonical_whole(table: Table) -> Whole:
    """What a table is as a whole, in one spelling."""
    part, options = table.partition_of, table.primary_key_options
    options = options and _replace(options, parameters={})
    is_single = options is not None and not table.composite_primary_keys
    return {
        "using": None if table.using == "heap" else table.using,
        "partition_key": table.partition_key
        and canonical_expression(table.partition_key, truncate(table.name)),
        "partition_of": part
        and _replace(
            part,
            schema=truncate(part.schema or PUBLIC),
            table=truncate(part.table),
            bound=canonical_expression(part.bound, ""),
        ),
        "inherits": tuple(format_path(*map(truncate, parent)) for parent in table.parents)
        if part is None
        else (),
        "primary_key_options": options if is_single and options != KeyOptions() else None,
    }


def canonical_foreign_key(found: ForeignKey, table: str) -> ForeignKey:
    """The foreign key in one spelling."""
    schema = truncate(found.schema_to or PUBLIC)
    match = (found.match or "simple").lower()
    return _replace(
        found,
        name=truncate(found.name),
        table_from=table,
        table_to=truncate(found.table_to),
        schema_to=None if schema == PUBLIC else schema,
        columns_from=_names(found.columns_from),
        delete_columns=_names(found.delete_columns),
        columns_to=_names(found.columns_to),
        on_delete=found.on_delete.lower() or "no action",
        on_update=found.on_update.lower() or "no action",
        match=None if match == "simple" else match,
    )


def canonical_index(index: Index, table: str, columns: Mapping[str, Column]) -> Index:
    """The index in one spelling."""
    method = index.method.lower()
    return _replace(
        index,
        name=truncate(index.name),
        columns=tuple(_index_column(c, method, table, columns) for c in index.columns),
        where=canonical_expression(index.where, table) if index.where else None,
        method=method,
        include=_names(index.include),
        key_statistics={},
        tablespace=None if index.tablespace == "pg_default" else index.tablespace,
    )


def _index_column(
    column: IndexColumn, method: str, table: str, columns: Mapping[str, Column]
) -> IndexColumn:
    is_expression, text = column.is_expression, truncate(column.expression)
    if is_expression:
        written = split_direction(column.expression)
        column = _replace(
            column,
            asc=column.asc if written.asc is None else written.asc,
            nulls=written.nulls or column.nulls,
        )
        text = canonical_expression(written.expression, table)
        tokens = significant(text)
        name = identifier_value(tokens[0]) if len(tokens) == 1 else None
        if name in columns and name is not None:
            is_expression, text = False, name
    ordered = method == "btree"  # other methods keep no order
    return _replace(
        column,
        expression=text,
        is_expression=is_expression,
        asc=column.asc if ordered else True,
        nulls=column.nulls.lower() if ordered else "last",
        collation=canonical_collation(column.collation),
        opclass=_opclass(column.opclass, method, None if is_expression else columns.get(text)),
    )


def _opclass(name: str | None, method: str, column: Column | None) -> str | None:
    """The operator class unless it is the one the column has anyway."""
    if not name:
        return None
    known = column is not None and column.type_schema is None and method in {"btree", "hash", "gin"}
    is_default = known and column is not None and name == default_opclass(column.type)
    return None if is_default else name
