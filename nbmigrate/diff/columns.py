"""Differences between the columns of one table.

``serial`` is an integer with a sequence of its own, so a change from or to it is
taken apart: the sequence goes, the type changes, a sequence comes, and the new
one goes on behind the largest value. Between two of the three words the sequence stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from nbmigrate.model import Column, Identity, Table
from nbmigrate.operations import (
    AddColumn,
    AddIdentity,
    AddSerial,
    AlterColumnType,
    AlterIdentity,
    AlterSerial,
    ColumnOp,
    DropColumn,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    DropSerial,
    Id,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
)

#: What PostgreSQL makes of the three serial words (PostgreSQL 18 docs, Serial Types).
SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}


def diff_columns(old: Table, new: Table, backfills: Mapping[str, str]) -> Iterator[ColumnOp]:
    """Columns to add, alter and drop; ``backfills`` maps column names to SQL."""
    for name, column in new.columns.items():
        before = old.columns.get(name)
        if before is None:
            yield AddColumn(table=new.id, column=column, backfill=backfills.get(name))
        elif must_rebuild(before, column):
            yield DropColumn(table=new.id, column=before)
            yield AddColumn(table=new.id, column=column, backfill=_computed(before, column))
        else:
            yield from _diff_column(old, new, before, column, backfills.get(name))
    for name, column in old.columns.items():
        if name not in new.columns:
            yield DropColumn(table=new.id, column=column)


def must_rebuild(old: Column, new: Column) -> bool:
    """True when only dropping and adding gets there; what was plain and is computed now is lost.

    A stored column becomes a plain one in place; every other change of
    GENERATED has no ALTER before PostgreSQL 17.
    """
    if old.generated == new.generated:
        return old.generated is not None and base_type(old) != base_type(new)
    return not (old.generated and old.generated.type == "stored" and new.generated is None)


def _becomes_identity(old: Column, new: Column, backfill: str | None) -> bool:
    """True when AddIdentity says NOT NULL too, and there is nothing to fill before."""
    return new.identity is not None and old.identity is None and backfill is None


def _computed(old: Column, new: Column) -> str | None:
    """What a virtual column showed, for the plain column that takes its place."""
    return old.generated.expression if old.generated and not new.generated else None


def base_type(column: Column) -> str:
    """The type without the word serial."""
    return SERIAL.get(column.type, column.type)


def is_required(table: Table, column: Column) -> bool:
    """True when the column takes no NULL, for whatever reason."""
    return bool(
        column.not_null
        or column.identity
        or column.type in SERIAL
        or column.name in table.primary_key_columns
    )


def _diff_column(
    old_table: Table, new_table: Table, old: Column, new: Column, backfill: str | None
) -> Iterator[ColumnOp]:
    table = new_table.id
    yield from _take_away(table, old, new)
    plain = msgspec.structs.replace(old, type=base_type(old))
    target = msgspec.structs.replace(new, type=base_type(new))
    retyped = type_changed(old, new)
    if retyped:
        yield AlterColumnType(table=table, old=plain, new=target)
    # with another type a column is kept as that type is
    kept = msgspec.structs.replace(old, storage=None, compression=None) if retyped else old
    yield from diff_storage(table, kept, new)
    if not retyped or old.default is None:
        yield from _diff_default(table, old, new)
    was, is_ = is_required(old_table, old), is_required(new_table, new)
    if was and not is_:
        yield DropNotNull(table=table, column=new.name)
    if new.type in SERIAL and old.type not in SERIAL:
        yield AddSerial(table=table, column=new, unlogged=new_table.unlogged)
    elif new.type in SERIAL and new.type != old.type:
        yield AlterSerial(table=table, column=new)
    says_so = new.name in new_table.primary_key_columns or _becomes_identity(old, new, backfill)
    if is_ and not was and not says_so:
        yield SetNotNull(table=table, column=new.name, backfill=backfill)
    yield from _diff_identity(table, old, new)


def _diff_identity(table: Id, old: Column, new: Column) -> Iterator[ColumnOp]:
    if new.identity and old.identity is None:
        yield AddIdentity(table=table, column=new)
    elif new.identity and old.identity and new.identity != old.identity:
        yield from _alter_identity(table, new.name, old.identity, new.identity)


def _alter_identity(table: Id, column: str, old: Identity, new: Identity) -> Iterator[ColumnOp]:
    """The name of the sequence is given first: a new table may want the old one."""
    named = msgspec.structs.replace(old, name=new.name)
    if named != old:
        yield AlterIdentity(table=table, column=column, old=old, new=named)
    if new != named:
        yield AlterIdentity(table=table, column=column, old=named, new=new)


def diff_storage(table: Id, old: Column, new: Column) -> Iterator[ColumnOp]:
    """How the values of a column are kept."""
    if _storage(old) != _storage(new):
        yield SetColumnStorage(table=table, old=old, new=new)


def _storage(column: Column) -> tuple[object, ...]:
    return (column.storage, column.compression, column.statistics, column.options)


def type_changed(old: Column, new: Column) -> bool:
    """True when ALTER COLUMN TYPE is due."""
    return (base_type(old), old.type_schema, old.collation) != (
        base_type(new),
        new.type_schema,
        new.collation,
    )


def _take_away(table: Id, old: Column, new: Column) -> Iterator[ColumnOp]:
    if old.type in SERIAL and new.type not in SERIAL:
        yield DropSerial(table=table, column=old)
    if old.identity and new.identity is None:
        yield DropIdentity(table=table, column=new.name)
    if old.generated and new.generated is None:
        yield DropExpression(table=table, column=new.name)


def _diff_default(table: Id, old: Column, new: Column) -> Iterator[ColumnOp]:
    # 1 == True in Python, and a default of true is not a default of 1
    if old.default == new.default and type(old.default) is type(new.default):
        return
    if new.default is None:
        yield DropDefault(table=table, column=old)
    else:
        yield SetDefault(table=table, column=new)
