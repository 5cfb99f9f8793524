"""SQL of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import msgspec

from nbmigrate.dialect import COMMIT_BEFORE, NO_TRANSACTION
from nbmigrate.operations import (
    AddColumn,
    AddIdentity,
    AddSerial,
    AlterColumnType,
    AlterIdentity,
    AlterSerial,
    DropColumn,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    DropSerial,
    FillColumn,
    RenameColumn,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
)
from nbmigrate.postgresql.expressions import strip_parens
from nbmigrate.postgresql.identifiers import block, name_literal, qualified, quote
from nbmigrate.postgresql.render.clauses import comment_on, parenthesised
from nbmigrate.postgresql.render.column_clauses import (
    alter,
    column_definition,
    column_storage,
    default_action,
    required,
)
from nbmigrate.postgresql.render.column_types import alter_type
from nbmigrate.postgresql.render.counters import (
    add_identity,
    add_serial,
    alter_identity,
    alter_serial,
    drop_serial,
)
from nbmigrate.postgresql.types import SERIAL_TYPES

if TYPE_CHECKING:
    from nbmigrate.model import Column
    from nbmigrate.operations import ColumnOp, Id

#: Pages of a batch: with rows of 100 bytes about 10,000 rows.
_PAGES = 128


def render_column(operation: ColumnOp) -> tuple[str, ...]:  # noqa: C901, PLR0911, PLR0912 - one case per operation
    """The statements of an operation on a column."""
    match operation:
        case AddColumn():
            return add_column(operation)
        case RenameColumn(table=table, old=old, new=new):
            names = f"{quote(old)} TO {quote(new)}"
            return (f"ALTER TABLE {qualified(table)} RENAME COLUMN {names};",)
        case DropColumn(table=table, column=column):
            return (f"ALTER TABLE {qualified(table)} DROP COLUMN {quote(column.name)};",)
        case AlterColumnType():
            return alter_type(operation)
        case SetColumnStorage(table=table, old=before, new=after):
            return tuple(column_storage(table, before, after))
        case SetDefault(table=table, column=column):
            return (alter(table, column.name, default_action(column)),)
        case DropDefault(table=table, column=column):
            return (alter(table, column.name, "DROP DEFAULT"),)
        case SetNotNull(table=table, column=name, apart=True):
            return (alter(table, name, f"SET NOT NULL {COMMIT_BEFORE}"),)
        case SetNotNull():
            return set_not_null(operation)
        case FillColumn():
            return fill_column(operation)
        case DropNotNull(table=table, column=name):
            return (alter(table, name, "DROP NOT NULL"),)
        case AddIdentity(table=table, column=column):
            return add_identity(table, column)
        case AlterIdentity():
            return alter_identity(operation)
        case DropIdentity(table=table, column=name):
            return (alter(table, name, "DROP IDENTITY"),)
        case AddSerial():
            return add_serial(operation)
        case AlterSerial(table=table, column=column):
            return alter_serial(table, column)
        case DropSerial(table=table, column=column):
            return drop_serial(table, column.name)
        case DropExpression(table=table, column=name):
            return (alter(table, name, "DROP EXPRESSION"),)
        case _:
            assert_never(operation)


def add_column(operation: AddColumn) -> tuple[str, ...]:
    """ADD COLUMN with its comment; with ``backfill`` nullable first and filled.

    A primary key is never written here: it is an operation of its own.
    """
    table, column, backfill = operation.table, operation.column, operation.backfill
    name = f"{qualified(table)}.{quote(column.name)}"
    comment = (
        *column_storage(table, None, column),
        *comment_on(f"COLUMN {name}", column.comment),
    )
    if backfill is None or _fills_itself(column):
        return (_add(table, column), *comment)
    # the default comes last, or it would give the rows their value
    bare = msgspec.structs.replace(column, default=None)
    return (
        _add(table, bare, not_null=False),
        f"UPDATE {qualified(table)} SET {quote(column.name)} = {_value(backfill)};",
        *_settled(operation),
        *(
            (alter(table, column.name, default_action(column)),)
            if column.default is not None
            else ()
        ),
        *(required(table, column) if column.not_null else ()),
        *comment,
    )


def set_not_null(operation: SetNotNull) -> tuple[str, ...]:
    """SET NOT NULL, the NULLs replaced before when there is something to replace them with."""
    table, name = operation.table, quote(operation.column)
    says_so = alter(table, operation.column, "SET NOT NULL")
    if operation.backfill is None:
        return (says_so,)
    value = _value(operation.backfill)
    return (
        f"UPDATE {qualified(table)} SET {name} = {value} WHERE {name} IS NULL;",
        *_settled(operation),
        says_so,
    )


def _settled(operation: AddColumn | SetNotNull) -> tuple[str, ...]:
    """What is put off to the end of the transaction, done: ALTER TABLE refuses to run before."""
    return ("SET CONSTRAINTS ALL IMMEDIATE;",) if operation.settles else ()


def fill_column(operation: FillColumn) -> tuple[str, ...]:
    """An UPDATE of some pages at a time, each committed; again until no NULL is left.

    A row that is updated meanwhile moves to another page and may be missed by one pass.
    PostgreSQL docs: Transaction Management in PL/pgSQL; a range of ctid reads its pages only
    (14 and later).
    """
    table, name = qualified(operation.table), quote(operation.column)
    return (
        block(f"""\
{NO_TRANSACTION}
DECLARE
	page bigint;
	missing bigint;
	before bigint;
BEGIN
	LOOP
		page := 0;
		WHILE page <= pg_relation_size({name_literal(operation.table)}::regclass) / current_setting('block_size')::bigint LOOP
			UPDATE {table} SET {name} = {_value(operation.value)} WHERE {name} IS NULL
				AND ctid >= ('(' || page || ',0)')::tid
				AND ctid < ('(' || page + {_PAGES} || ',0)')::tid;
			COMMIT;
			page := page + {_PAGES};
		END LOOP;
		SELECT count(*) INTO missing FROM {table} WHERE {name} IS NULL;
		EXIT WHEN missing = 0 OR missing >= before;
		before := missing;
	END LOOP;
END"""),
    )


def _add(table: Id, column: Column, *, not_null: bool = True) -> str:
    definition = column_definition(column, not_null=not_null)
    return f"ALTER TABLE {qualified(table)} ADD COLUMN {definition};"


def _fills_itself(column: Column) -> bool:
    return bool(column.generated or column.identity) or column.type in SERIAL_TYPES


def _value(expression: str) -> str:
    return parenthesised(strip_parens(expression))
