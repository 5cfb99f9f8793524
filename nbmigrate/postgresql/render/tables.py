"""SQL of whole tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from nbmigrate.operations import (
    AlterTable,
    AttachPartition,
    CreateTable,
    DetachPartition,
    DropTable,
    MoveTable,
    RenameTable,
    SetPrivileges,
    SetRowSecurity,
)
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.render.clauses import comment_on, in_its_own, option_list
from nbmigrate.postgresql.render.column_clauses import (
    alter,
    column_definition,
    column_storage,
    default_action,
    partition_column,
    required,
)
from nbmigrate.postgresql.render.constraints import (
    add_constraint,
    check_clause,
    constraint_comment,
    exclusion_clause,
    key_comment,
    primary_key_clause,
    single_key_clause,
    unique_clause,
)
from nbmigrate.postgresql.render.counters import comment_on_sequence, rename_sequence
from nbmigrate.postgresql.render.indexes import create_index
from nbmigrate.postgresql.render.merging import merged_exclusions, merged_uniques
from nbmigrate.postgresql.render.privileges import set_privileges

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from nbmigrate.model import Column, Partition, Table
    from nbmigrate.operations import Id, TableOp


def render_table(operation: TableOp) -> tuple[str, ...]:  # noqa: C901, PLR0911 - one case per operation
    """The statements of an operation on a table."""
    match operation:
        case CreateTable():
            return tuple(create_table(operation))
        case RenameTable(old=old, new=new):
            return (f"ALTER TABLE {qualified(old)} RENAME TO {quote(new[1])};",)
        case MoveTable(old=old, new=new):
            return (f"ALTER TABLE {qualified(old)} SET SCHEMA {quote(new[0])};",)
        case DropTable(table=table):
            return (f"DROP TABLE {qualified(table.id)};",)
        case AlterTable(old=before, new=after, apart=apart):
            return tuple(in_its_own(sql, apart=apart) for sql in alter_table(before, after))
        case AttachPartition(table=identifier, partition=partition):
            return (attach_partition(identifier, partition),)
        case DetachPartition(table=identifier, partition=partition):
            part = qualified(identifier)
            return (f"ALTER TABLE {qualified(partition.parent)} DETACH PARTITION {part};",)
        case SetPrivileges():
            return tuple(set_privileges(operation))
        case SetRowSecurity(table=identifier, enabled=enabled):
            word = "ENABLE" if enabled else "DISABLE"
            return (f"ALTER TABLE {qualified(identifier)} {word} ROW LEVEL SECURITY;",)
        case _:
            assert_never(operation)


def create_table(operation: CreateTable) -> Iterator[str]:
    """CREATE TABLE, then what it has no words for: comments and the like."""
    if operation.apart:
        yield from _create_apart(operation.table, operation.apart)
        return
    table, inherited = operation.table, operation.inherited
    name = qualified(table.id)
    unlogged = "UNLOGGED " if table.unlogged else ""
    lines = ",\n".join(f"\t{line}" for line in _lines(table, inherited))
    yield f"CREATE {unlogged}TABLE {name}{_clauses(table, lines)};"
    for check in table.check_constraints.values():
        if check.not_valid and not check.not_enforced:
            # inside CREATE TABLE it would become valid at once
            yield from add_constraint(table.id, check_clause(check), check)
    for unique in merged_uniques(table):
        yield from add_constraint(table.id, unique_clause(unique), unique)
    for exclusion in merged_exclusions(table):
        yield from add_constraint(table.id, exclusion_clause(exclusion), exclusion)
    if table.force_rls:
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
    yield from _otherwise_than_parents(operation)
    yield from _columns_apart(table, inherited)
    yield from _comments(table)


def _create_apart(table: Table, apart: Table) -> Iterator[str]:
    """A partition that is made as it is, and then attached."""
    yield from create_table(CreateTable(table=apart))
    for index in apart.indexes.values():
        yield from create_index(apart.id, index)
    assert table.partition_of is not None
    yield attach_partition(table.id, table.partition_of)


def attach_partition(table: Id, partition: Partition) -> str:
    """ATTACH PARTITION."""
    part = f"{qualified(table)} {partition.bound}"
    return f"ALTER TABLE {qualified(partition.parent)} ATTACH PARTITION {part};"


def _columns_apart(table: Table, inherited: Collection[str]) -> Iterator[str]:
    """What the definition of a column has no words for."""
    for column in table.columns.values():
        own = column if column.name not in inherited else None
        yield from column_storage(table.id, None, own or replace(column, storage=None))
        if own and own.sequence_name:
            yield rename_sequence(table.id, own.name, own.sequence_name)
        if own and own.sequence_comment:
            yield comment_on_sequence(table.id, own)


def _otherwise_than_parents(operation: CreateTable) -> Iterator[str]:
    """What a table does not have from its parents, where CREATE TABLE does not list the column."""
    table = operation.table
    for name in operation.undefaulted:
        # DEFAULT NULL would be a default of its own where the type has a length
        yield alter(table.id, name, "DROP DEFAULT")
    for name in operation.defaulted:
        yield alter(table.id, name, default_action(table.columns[name]))
    for name in operation.required:
        yield from required(table.id, table.columns[name])


def _clauses(table: Table, lines: str) -> str:
    """All of CREATE TABLE behind the name."""
    body = f" (\n{lines}\n)"
    if table.partition_of:
        head = f" PARTITION OF {qualified(table.partition_of.parent)}"
        body = f"{head}{body if lines else ''} {table.partition_of.bound}"
    elif table.inherits:
        body += f" INHERITS ({', '.join(map(qualified, table.parents))})"
    if table.partition_key:
        body += f" PARTITION BY {table.partition_key}"
    if table.using:
        body += f" USING {quote(table.using)}"
    return body + (f" WITH ({_options(table.options)})" if table.options else "")


def _lines(table: Table, inherited: Collection[str]) -> Iterator[str]:
    inline = not (
        table.composite_primary_keys
        or table.primary_key_name
        or table.primary_key_options
        or table.partition_of
        or any(c.primary_key and c.name in inherited for c in table.columns.values())
    )
    columns: Iterator[Column] = (c for c in table.columns.values() if c.name not in inherited)
    if table.inherits:  # how its values are compressed is said when it has its parents' columns
        columns = (replace(c, compression=None) for c in columns)
    if table.partition_of:
        yield from filter(None, map(partition_column, columns))
    else:
        yield from (
            # an identity column is NOT NULL by itself, but for the name of that
            column_definition(
                c,
                primary_key=c.primary_key and inline,
                not_null=c.identity is None or c.not_null_name is not None,
            )
            for c in columns
        )
    for key in table.composite_primary_keys.values():
        yield primary_key_clause(key)
    if table.primary_key_columns and not table.composite_primary_keys and not inline:
        yield single_key_clause(table)
    later = merged_uniques(table)
    yield from (unique_clause(u) for u in table.unique_constraints.values() if u not in later)
    apart = merged_exclusions(table)
    yield from (exclusion_clause(e) for e in table.exclusions.values() if e not in apart)
    for check in table.check_constraints.values():
        if not check.not_valid or check.not_enforced:
            yield check_clause(check)


def _options(options: Mapping[str, str | int | float | bool]) -> str:
    """Storage parameters; those of the TOAST table keep their prefix."""
    toast = {n.removeprefix("toast."): v for n, v in options.items() if n.startswith("toast.")}
    own = {n: v for n, v in options.items() if not n.startswith("toast.")}
    words = [option_list({n: v}) for n, v in own.items()]
    return ", ".join([*words, *(f"toast.{option_list({n: v})}" for n, v in toast.items())])


def alter_table(old: Table, new: Table) -> Iterator[str]:
    """ALTER TABLE for each thing that differs."""
    head = f"ALTER TABLE {qualified(new.id)}"
    changed = {n: v for n, v in new.options.items() if old.options.get(n) != v}
    gone = [name for name in old.options if name not in new.options]
    if changed:
        yield f"{head} SET ({_options(changed)});"
    if gone:
        yield f"{head} RESET ({', '.join(gone)});"
    if (old.using or "heap") != (new.using or "heap"):
        yield f"{head} SET ACCESS METHOD {quote(new.using or 'heap')};"
    if old.unlogged != new.unlogged:
        yield f"{head} SET {'UNLOGGED' if new.unlogged else 'LOGGED'};"
    if old.force_rls != new.force_rls:
        yield f"{head} {'FORCE' if new.force_rls else 'NO FORCE'} ROW LEVEL SECURITY;"
    if old.replica_identity != new.replica_identity:
        yield f"{head} REPLICA IDENTITY {new.replica_identity or 'DEFAULT'};"
    if old.clustered_on != new.clustered_on:
        index = new.clustered_on
        yield f"{head} {f'CLUSTER ON {quote(index)}' if index else 'SET WITHOUT CLUSTER'};"
    yield from _alter_parents(head, old, new)


def _alter_parents(head: str, old: Table, new: Table) -> Iterator[str]:
    before = () if old.partition_of else old.parents
    after = () if new.partition_of else new.parents
    yield from (f"{head} NO INHERIT {qualified(p)};" for p in before if p not in after)
    yield from (f"{head} INHERIT {qualified(p)};" for p in after if p not in before)


def _comments(table: Table) -> Iterator[str]:
    name = qualified(table.id)
    yield from comment_on(f"TABLE {name}", table.comment)
    yield from key_comment(table)
    for column in table.columns.values():
        yield from comment_on(f"COLUMN {name}.{quote(column.name)}", column.comment)
    for exclusion in table.exclusions.values():
        yield from constraint_comment(table.id, exclusion)
    later = merged_uniques(table)
    for unique in (u for u in table.unique_constraints.values() if u not in later):
        yield from constraint_comment(table.id, unique)
    for check in table.check_constraints.values():
        if not check.not_valid or check.not_enforced:
            yield from constraint_comment(table.id, check)
