"""SQL of constraints, inside CREATE TABLE and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import (
    AddCheck,
    AddForeignKey,
    AddPrimaryKey,
    AddUnique,
    DropCheck,
    DropForeignKey,
    DropPrimaryKey,
    DropUnique,
    RenameConstraint,
)
from nbmigrate.postgresql.identifiers import block, name_literal, qualified, quote, quote_all
from nbmigrate.postgresql.render.clauses import comment_on, parenthesised

if TYPE_CHECKING:
    from nbmigrate.model import Check, ForeignKey, PrimaryKey, Unique
    from nbmigrate.operations import ConstraintOp, Id


def render_constraint(operation: ConstraintOp) -> tuple[str, ...]:  # noqa: C901, PLR0911 - one case per operation
    """The statements of an operation on a constraint."""
    match operation:
        case AddPrimaryKey():
            return (add_primary_key(operation),)
        case DropPrimaryKey(table=table, name=name):
            return (drop_constraint(table, name) if name else drop_unnamed_primary_key(table),)
        case AddUnique(table=table, unique=unique):
            return add_constraint(table, unique_clause(unique), unique)
        case AddCheck(table=table, check=check):
            return add_constraint(table, check_clause(check), check)
        case AddForeignKey(table=table, foreign_key=key):
            return add_constraint(table, foreign_key_clause(key), key)
        case DropUnique(table=table, unique=dropped) | DropCheck(table=table, check=dropped):
            return (drop_constraint(table, dropped.name),)
        case DropForeignKey(table=table, foreign_key=key):
            return (drop_constraint(table, key.name),)
        case RenameConstraint(table=table, old=old, new=new):
            names = f"{quote(old)} TO {quote(new)}"
            return (f"ALTER TABLE {qualified(table)} RENAME CONSTRAINT {names};",)
        case _:
            assert_never(operation)


def add_primary_key(operation: AddPrimaryKey) -> str:
    """ADD PRIMARY KEY, by name when there is one."""
    name = f"CONSTRAINT {quote(operation.name)} " if operation.name else ""
    # drizzle puts a blank before the columns of an unnamed key only
    columns = f"{'' if operation.name else ' '}({quote_all(operation.columns)})"
    return f"ALTER TABLE {qualified(operation.table)} ADD {name}PRIMARY KEY{columns};"


def drop_unnamed_primary_key(table: Id) -> str:
    """The primary key by whatever name PostgreSQL gave it."""
    return block(f"""\
BEGIN
	EXECUTE (
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
		FROM pg_catalog.pg_constraint
		WHERE contype = 'p' AND conrelid = {name_literal(table)}::regclass
	);
END""")


def add_constraint(
    table: Id, clause: str, constraint: Unique | Check | ForeignKey
) -> tuple[str, ...]:
    """ADD CONSTRAINT with its comment."""
    return (
        f"ALTER TABLE {qualified(table)} ADD {clause};",
        *constraint_comment(table, constraint),
    )


def constraint_comment(table: Id, constraint: Unique | Check | ForeignKey) -> tuple[str, ...]:
    """COMMENT ON the constraint when it has one."""
    return comment_on(
        f"CONSTRAINT {quote(constraint.name)} ON {qualified(table)}", constraint.comment
    )


def drop_constraint(table: Id, name: str) -> str:
    """DROP CONSTRAINT."""
    return f"ALTER TABLE {qualified(table)} DROP CONSTRAINT {quote(name)};"


def primary_key_clause(key: PrimaryKey) -> str:
    """A primary key with a name, or over several columns."""
    columns = f"PRIMARY KEY({quote_all(key.columns)}){_include(key)}"
    return f"CONSTRAINT {quote(key.name)} {columns}{_deferrable(key)}"


def unique_clause(unique: Unique) -> str:
    """UNIQUE over columns."""
    nulls = " NULLS NOT DISTINCT" if unique.nulls_not_distinct else ""
    columns = f"({quote_all(unique.columns)}){_include(unique)}"
    return f"CONSTRAINT {quote(unique.name)} UNIQUE{nulls}{columns}{_deferrable(unique)}"


def check_clause(check: Check) -> str:
    """CHECK; NO INHERIT, NOT ENFORCED and NOT VALID when the file holds them."""
    inherit = " NO INHERIT" if check.no_inherit else ""
    value = parenthesised(check.value)
    return f"CONSTRAINT {quote(check.name)} CHECK {value}{inherit}{_unchecked(check)}"


def foreign_key_clause(key: ForeignKey) -> str:
    """FOREIGN KEY; the target is spelled with its schema, as drizzle does."""
    target = qualified(key.target, spell_public=True)
    match = f" MATCH {key.match.upper()}" if key.match else ""
    return (
        f"CONSTRAINT {quote(key.name)} FOREIGN KEY ({quote_all(key.columns_from)}) "
        f"REFERENCES {target}({quote_all(key.columns_to)}){match} "
        f"ON DELETE {key.on_delete} ON UPDATE {key.on_update}{_deferrable(key)}{_unchecked(key)}"
    )


def _include(key: PrimaryKey | Unique) -> str:
    return f" INCLUDE ({quote_all(key.include)})" if key.include else ""


def _deferrable(constraint: PrimaryKey | Unique | ForeignKey) -> str:
    if constraint.initially_deferred:
        return " DEFERRABLE INITIALLY DEFERRED"
    return " DEFERRABLE" if constraint.deferrable else ""


def _unchecked(constraint: Check | ForeignKey) -> str:
    # a constraint that is not enforced is not valid either, and saying both is an error
    if constraint.not_enforced:
        return " NOT ENFORCED"
    return " NOT VALID" if constraint.not_valid else ""
