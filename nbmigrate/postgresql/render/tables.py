"""SQL of whole tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import CreateTable, DropTable, MoveTable, RenameTable, SetRowSecurity
from nbmigrate.postgresql.identifiers import qualified, quote, quote_all
from nbmigrate.postgresql.render.clauses import comment_on
from nbmigrate.postgresql.render.column_clauses import column_definition
from nbmigrate.postgresql.render.constraints import (
    add_constraint,
    check_clause,
    constraint_comment,
    primary_key_clause,
    unique_clause,
)
from nbmigrate.postgresql.render.merging import merged_uniques

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmigrate.model import Table
    from nbmigrate.operations import TableOp


def render_table(operation: TableOp) -> tuple[str, ...]:
    """The statements of an operation on a table."""
    match operation:
        case CreateTable(table=table):
            return tuple(create_table(table))
        case RenameTable(old=old, new=new):
            return (f"ALTER TABLE {qualified(old)} RENAME TO {quote(new[1])};",)
        case MoveTable(old=old, new=new):
            return (f"ALTER TABLE {qualified(old)} SET SCHEMA {quote(new[0])};",)
        case DropTable(table=table):
            return (f"DROP TABLE {qualified(table.id)};",)
        case SetRowSecurity(table=identifier, enabled=enabled):
            word = "ENABLE" if enabled else "DISABLE"
            return (f"ALTER TABLE {qualified(identifier)} {word} ROW LEVEL SECURITY;",)
        case _:
            assert_never(operation)


def create_table(table: Table) -> Iterator[str]:
    """CREATE TABLE, then what it has no words for: comments and the like."""
    name = qualified(table.id)
    unlogged = "UNLOGGED " if table.unlogged else ""
    lines = ",\n".join(f"\t{line}" for line in _lines(table))
    yield f"CREATE {unlogged}TABLE {name} (\n{lines}\n);"
    for check in table.check_constraints.values():
        if check.not_valid and not check.not_enforced:
            # inside CREATE TABLE it would become valid at once
            yield from add_constraint(table.id, check_clause(check), check)
    for unique in merged_uniques(table):
        yield from add_constraint(table.id, unique_clause(unique), unique)
    if table.force_rls:
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
    yield from _comments(table)


def _lines(table: Table) -> Iterator[str]:
    inline = not table.composite_primary_keys and not table.primary_key_name
    for column in table.columns.values():
        # an identity column is NOT NULL by itself
        yield column_definition(
            column,
            primary_key=column.primary_key and inline,
            not_null=column.identity is None,
        )
    for key in table.composite_primary_keys.values():
        yield primary_key_clause(key)
    if table.primary_key_name and table.primary_key_columns and not table.composite_primary_keys:
        columns = quote_all(table.primary_key_columns)
        yield f"CONSTRAINT {quote(table.primary_key_name)} PRIMARY KEY({columns})"
    later = merged_uniques(table)
    yield from (unique_clause(u) for u in table.unique_constraints.values() if u not in later)
    for check in table.check_constraints.values():
        if not check.not_valid or check.not_enforced:
            yield check_clause(check)


def _comments(table: Table) -> Iterator[str]:
    name = qualified(table.id)
    yield from comment_on(f"TABLE {name}", table.comment)
    for column in table.columns.values():
        yield from comment_on(f"COLUMN {name}.{quote(column.name)}", column.comment)
    later = merged_uniques(table)
    for unique in (u for u in table.unique_constraints.values() if u not in later):
        yield from constraint_comment(table.id, unique)
    for check in table.check_constraints.values():
        if not check.not_valid or check.not_enforced:
            yield from constraint_comment(table.id, check)
