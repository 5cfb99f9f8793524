"""SQL of constraints, inside CREATE TABLE and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.dialect import COMMIT_BEFORE
from nbmigrate.model import KeyOptions
from nbmigrate.model.names import primary_key_name
from nbmigrate.operations import (
    AddCheck,
    AddExclusion,
    AddForeignKey,
    AddKeyFromIndex,
    AddPrimaryKey,
    AddUnique,
    DropCheck,
    DropExclusion,
    DropForeignKey,
    DropPrimaryKey,
    DropUnique,
    RenameConstraint,
    ValidateConstraint,
)
from nbmigrate.postgresql.identifiers import block, name_literal, qualified, quote, quote_all
from nbmigrate.postgresql.render.clauses import closed, comment_on, option_list, parenthesised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmigrate.model import Check, Exclusion, ForeignKey, PrimaryKey, Table, Unique
    from nbmigrate.operations import ConstraintOp, Id


def render_constraint(operation: ConstraintOp) -> tuple[str, ...]:  # noqa: C901, PLR0911, PLR0912 - one case per operation
    """The statements of an operation on a constraint."""
    match operation:
        case AddPrimaryKey():
            return add_primary_key(operation)
        case DropPrimaryKey(table=table, name=name):
            return (drop_constraint(table, name) if name else drop_unnamed_primary_key(table),)
        case AddUnique(table=table, unique=unique):
            return add_constraint(table, unique_clause(unique), unique)
        case AddCheck(table=table, check=check):
            return add_constraint(table, check_clause(check), check)
        case AddForeignKey(table=table, foreign_key=key):
            return add_constraint(table, foreign_key_clause(key), key)
        case AddExclusion(table=table, exclusion=exclusion):
            return add_constraint(table, exclusion_clause(exclusion), exclusion)
        case DropExclusion(table=table, exclusion=exclusion):
            return (drop_constraint(table, exclusion.name),)
        case ValidateConstraint(table=table, name=checked, apart=apart):
            end = f" {COMMIT_BEFORE};" if apart else ";"
            return (f"ALTER TABLE {qualified(table)} VALIDATE CONSTRAINT {quote(checked)}{end}",)
        case AddKeyFromIndex():
            return add_key_from_index(operation)
        case DropUnique(table=table, unique=dropped) | DropCheck(table=table, check=dropped):
            return (drop_constraint(table, dropped.name),)
        case DropForeignKey(table=table, foreign_key=key):
            return (drop_constraint(table, key.name),)
        case RenameConstraint(table=table, old=old, new=new):
            names = f"{quote(old)} TO {quote(new)}"
            return (f"ALTER TABLE {qualified(table)} RENAME CONSTRAINT {names};",)
        case _:
            assert_never(operation)


def add_primary_key(operation: AddPrimaryKey) -> tuple[str, ...]:
    """ADD PRIMARY KEY, by name when there is one, with its comment."""
    options = operation.options or KeyOptions()
    name = f"CONSTRAINT {quote(operation.name)} " if operation.name else ""
    # drizzle puts a blank before the columns of an unnamed key only
    columns = f"{'' if operation.name else ' '}({_key(operation.columns, options)})"
    extra = f"{_include(options)}{_parameters(options)}{_deferrable(options)}"
    found = operation.name or primary_key_name(operation.table[1])
    return (
        f"ALTER TABLE {qualified(operation.table)} ADD {name}PRIMARY KEY{columns}{extra};",
        *comment_on(f"CONSTRAINT {quote(found)} ON {qualified(operation.table)}", options.comment),
    )


def add_key_from_index(operation: AddKeyFromIndex) -> tuple[str, ...]:
    """ADD CONSTRAINT ... USING INDEX: the index is there, and takes the constraint's name."""
    table, name = qualified(operation.table), quote(operation.name)
    late = _deferrable(operation)
    kind = operation.kind.upper()
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}{late} {COMMIT_BEFORE};",
        *comment_on(f"CONSTRAINT {name} ON {table}", operation.comment),
    )


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
    table: Id, clause: str, constraint: Unique | Check | ForeignKey | Exclusion
) -> tuple[str, ...]:
    """ADD CONSTRAINT with its comment."""
    return (
        f"ALTER TABLE {qualified(table)} ADD {clause};",
        *constraint_comment(table, constraint),
    )


def constraint_comment(
    table: Id, constraint: Unique | Check | ForeignKey | Exclusion | PrimaryKey
) -> tuple[str, ...]:
    """COMMENT ON the constraint when it has one."""
    return comment_on(
        f"CONSTRAINT {quote(constraint.name)} ON {qualified(table)}", constraint.comment
    )


def drop_constraint(table: Id, name: str) -> str:
    """DROP CONSTRAINT."""
    return f"ALTER TABLE {qualified(table)} DROP CONSTRAINT {quote(name)};"


def primary_key_clause(key: PrimaryKey) -> str:
    """A primary key with a name, or over several columns."""
    columns = f"PRIMARY KEY({_key(key.columns, key)}){_include(key)}{_parameters(key)}"
    return f"CONSTRAINT {quote(key.name)} {columns}{_deferrable(key)}"


def single_key_clause(table: Table) -> str:
    """A primary key over one column that has a name or options."""
    options = table.primary_key_options or KeyOptions()
    name = f"CONSTRAINT {quote(table.primary_key_name)} " if table.primary_key_name else ""
    extra = f"{_include(options)}{_parameters(options)}{_deferrable(options)}"
    return f"{name}PRIMARY KEY({quote_all(table.primary_key_columns)}){extra}"


def key_comment(table: Table) -> Iterator[str]:
    """COMMENT ON the primary key."""
    for key in table.composite_primary_keys.values():
        yield from constraint_comment(table.id, key)
    if table.primary_key_options:
        name = table.primary_key_name or primary_key_name(table.name)
        place = f"CONSTRAINT {quote(name)} ON {qualified(table.id)}"
        yield from comment_on(place, table.primary_key_options.comment)


def exclusion_clause(exclusion: Exclusion) -> str:
    """EXCLUDE; all of it is in the definition."""
    return f"CONSTRAINT {quote(exclusion.name)} {closed(exclusion.definition)}"


def unique_clause(unique: Unique) -> str:
    """UNIQUE over columns."""
    nulls = " NULLS NOT DISTINCT" if unique.nulls_not_distinct else ""
    columns = f"({_key(unique.columns, unique)}){_include(unique)}{_parameters(unique)}"
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
    some = f" ({quote_all(key.delete_columns)})" if key.delete_columns else ""
    here, there = _ends(key.columns_from, key), _ends(key.columns_to, key)
    return (
        f"CONSTRAINT {quote(key.name)} FOREIGN KEY ({here}) REFERENCES {target}({there}){match} "
        f"ON DELETE {key.on_delete}{some} ON UPDATE {key.on_update}"
        f"{_deferrable(key)}{_unchecked(key)}"
    )


def _ends(columns: tuple[str, ...], key: ForeignKey) -> str:
    """Columns of a foreign key; PERIOD stands before the last one."""
    if not key.period:
        return quote_all(columns)
    return ",".join((*map(quote, columns[:-1]), f"PERIOD {quote(columns[-1])}"))


def _key(columns: tuple[str, ...], options: PrimaryKey | Unique | KeyOptions) -> str:
    """Columns of a key; WITHOUT OVERLAPS stands behind the last one."""
    return quote_all(columns) + (" WITHOUT OVERLAPS" if options.without_overlaps else "")


def _include(key: PrimaryKey | Unique | KeyOptions) -> str:
    return f" INCLUDE ({quote_all(key.include)})" if key.include else ""


def _parameters(key: PrimaryKey | Unique | KeyOptions) -> str:
    return f" WITH ({option_list(key.parameters)})" if key.parameters else ""


def _deferrable(constraint: PrimaryKey | Unique | ForeignKey | KeyOptions | AddKeyFromIndex) -> str:
    if constraint.initially_deferred:
        return " DEFERRABLE INITIALLY DEFERRED"
    return " DEFERRABLE" if constraint.deferrable else ""


def _unchecked(constraint: Check | ForeignKey) -> str:
    # a constraint that is not enforced is not valid either, and saying both is an error
    if constraint.not_enforced:
        return " NOT ENFORCED"
    return " NOT VALID" if constraint.not_valid else ""
