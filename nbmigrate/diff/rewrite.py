"""A snapshot with one object under another name, and everything that refers to it.

PostgreSQL refers to objects by number, so after a rename every expression shows
the new name by itself. Texts in a snapshot are followed the same way, as far as
words can tell (reword_name); where words cannot, the texts of both sides differ and
the object that holds them is created again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from nbmigrate.diff.columns import SERIAL
from nbmigrate.diff.foreign import published_anew
from nbmigrate.diff.rewording import requalified, reword_name, with_collation_in
from nbmigrate.diff.rewrite_definitions import (
    move_definitions,
    reword_attached,
    reword_definitions,
)
from nbmigrate.model import (
    Column,
    Definition,
    Enum,
    ForeignKey,
    Index,
    Sequence,
    Snapshot,
    Table,
    Value,
)
from nbmigrate.model.holders import holders, with_grants
from nbmigrate.model.names import (
    PUBLIC,
    format_path,
    key,
    parse_path,
    primary_key_name,
    sequence_name,
)
from nbmigrate.operations import Id

V = TypeVar("V")
_replace = msgspec.structs.replace


def rekey(items: Mapping[str, V], old: str, new: str, change: Callable[[V], V]) -> dict[str, V]:
    """The map with one item changed and filed under another key, in its old place."""
    return {new if k == old else k: change(item) if k == old else item for k, item in items.items()}


def each(items: Mapping[str, V], change: Callable[[V], V]) -> dict[str, V]:
    """The map with every item changed."""
    return {name: change(item) for name, item in items.items()}


def _schema_value(kind: str, schema: str) -> str:
    """Tables spell public as an empty string."""
    return "" if kind == "tables" and schema == PUBLIC else schema


def move_object(snapshot: Snapshot, kind: str, old: Id, new: Id) -> Snapshot:
    """A table, enum, domain, type, view or sequence under another schema or name."""
    moved = _move_object(snapshot, kind, old, new)
    if kind in ("enums", "domains", "types"):
        moved = reword_definitions(
            moved,
            lambda text: requalified(text, old, new),
            lambda type_: requalified(type_, old, new, spell_public=False),
        )
    if old[1] == new[1] or kind == "sequences":
        return moved
    return reword_definitions(moved, lambda text: reword_name(text, old[1], new[1]))


def _move_object(snapshot: Snapshot, kind: str, old: Id, new: Id) -> Snapshot:

    def change(item: Any) -> Any:  # noqa: ANN401 - four kinds with the same two fields
        if kind == "tables" and old[1] != new[1]:
            columns = each(item.columns, lambda column: _counting(column, old[1]))
            item = _replace(item, columns=columns)
        return _replace(item, name=new[1], schema=_schema_value(kind, new[0]))

    items = rekey(getattr(snapshot, kind), key(*old), key(*new), change)
    moved = _replace(snapshot, **{kind: items})
    if kind == "tables":
        moved = _replace(
            moved,
            tables=each(moved.tables, lambda t: _reparent(_retarget(t, old, new), old, new)),
            sequences=each(moved.sequences, lambda s: _reown(s, old, new)),
        )
        return _own_names(moved, old, new)
    if kind in ("enums", "domains", "types"):
        return _replace(moved, tables=each(moved.tables, lambda t: retype(t, old, new)))
    if kind == "views":
        view = reword_attached(moved.views[key(*new)], lambda t: reword_name(t, old[1], new[1]))
        return _replace(moved, views={**moved.views, key(*new): view})
    return moved


def _counting(column: Column, table: str) -> Column:
    """A serial column keeps its sequence when it, or the table of that name, gets another one."""
    if column.type not in SERIAL or column.sequence_name:
        return column
    return _replace(column, sequence_name=sequence_name(table, column.name))


def _retarget(table: Table, old: Id, new: Id) -> Table:
    if not any(k.target == old or k.table_from == old[1] for k in table.foreign_keys.values()):
        return table

    def change(fk: ForeignKey) -> ForeignKey:
        if fk.target == old:
            schema = None if new[0] == PUBLIC else new[0]
            fk = _replace(fk, table_to=new[1], schema_to=schema)
        return fk

    return _replace(table, foreign_keys=each(table.foreign_keys, change))


def _reparent(table: Table, old: Id, new: Id) -> Table:
    """A table whose parent has another name."""
    if old not in table.parents:
        return table
    if table.partition_of:
        return _replace(
            table, partition_of=_replace(table.partition_of, schema=new[0], table=new[1])
        )
    parents = (new if parent == old else parent for parent in table.parents)
    return _replace(table, inherits=tuple(format_path(*parent) for parent in parents))


def _reown(sequence: Sequence, old: tuple[str, ...], new: tuple[str, ...]) -> Sequence:
    """A sequence whose owner, or the table of it, has another name."""
    owner = parse_path(sequence.owned_by) if sequence.owned_by else ()
    if owner[: len(old)] != old:
        return sequence
    return _replace(sequence, owned_by=format_path(*new, *owner[len(old) :]))


def _own_names(snapshot: Snapshot, old: Id, new: Id) -> Snapshot:
    """What a table says of itself: its foreign keys, and texts with its name as qualifier."""
    table = snapshot.tables[key(*new)]
    keys = each(table.foreign_keys, lambda fk: _replace(fk, table_from=new[1]))
    table = map_texts(_replace(table, foreign_keys=keys), lambda t: reword_name(t, old[1], new[1]))
    return _replace(snapshot, tables={**snapshot.tables, key(*new): table})


def retype(table: Table, old: Id, new: Id) -> Table:
    """The table with columns of one type as columns of another."""

    def change(column: Column) -> Column:
        if (column.type_schema, column.element_type) != old:
            return column
        dimensions = column.type[len(column.element_type) :]
        return _replace(column, type=new[1] + dimensions, type_schema=new[0])

    return _replace(table, columns=each(table.columns, change))


def rename_schema(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    """Every object of the schema goes with it."""

    def reword(text: str) -> str:
        return reword_name(text, old, new)

    for kind in ("tables", "enums", "views", "sequences"):
        for item in tuple(getattr(snapshot, kind).values()):
            if (item.schema or PUBLIC) == old:
                snapshot = move_object(snapshot, kind, (old, item.name), (new, item.name))
    schemas = {
        new if name == old else name: new if name == old else name for name in snapshot.schemas
    }
    snapshot = reword_definitions(move_definitions(snapshot, old, new), reword)
    tables = each(snapshot.tables, lambda table: _reschema_columns(table, old, new))
    tables = each(tables, lambda table: reword_attached(table, reword))
    views = each(snapshot.views, lambda view: reword_attached(view, reword))
    snapshot = _replace(snapshot, schemas=schemas, tables=tables, views=views)
    said = {
        family: rekey(getattr(snapshot, family), old, new, lambda value: value)
        for family in ("schema_comments", "schema_privileges")
    }
    return _replace(snapshot, **said)


def _reschema_columns(table: Table, old: str, new: str) -> Table:
    """Identities, types and collations go with their schema."""

    def change(column: Column) -> Column:
        identity = column.identity
        if identity is not None and identity.schema == old:
            column = _replace(column, identity=_replace(identity, schema=new))
        column = with_collation_in(column, old, new)
        return _replace(column, type_schema=new) if column.type_schema == old else column

    def recollated(index: Index) -> Index:
        keys = tuple(with_collation_in(part, old, new) for part in index.columns)
        return _replace(index, columns=keys) if keys != index.columns else index

    columns, indexes = each(table.columns, change), each(table.indexes, recollated)
    return _replace(table, columns=columns, indexes=indexes)


def rename_role(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    """Policies and privileges name roles."""

    def change(policies: Mapping[str, Any]) -> dict[str, Any]:
        return each(policies, lambda p: _replace(p, to=tuple(new if r == old else r for r in p.to)))

    granted = {
        holder: rekey(grants, old, new, lambda grant: _replace(grant, role=new))
        for holder, grants in holders(snapshot)
        if grants and old in grants
    }
    snapshot = with_grants(snapshot, granted)
    tables = each(snapshot.tables, lambda t: _replace(t, policies=change(t.policies)))
    roles = rekey(snapshot.roles, old, new, lambda role: _replace(role, name=new))
    return _replace(snapshot, roles=roles, policies=change(snapshot.policies), tables=tables)


def rename_label(snapshot: Snapshot, enum: Id, old: str, new: str) -> Snapshot:
    """A label of an enum; defaults that are that label go with it."""

    def relabel(item: Enum) -> Enum:
        return _replace(item, values=tuple(new if v == old else v for v in item.values))

    def redefault(column: Column) -> Column:
        quoted = f"'{old.replace(chr(39), chr(39) * 2)}'"
        is_it = (column.type_schema, column.element_type) == enum and column.default == quoted
        return (
            _replace(column, default=f"'{new.replace(chr(39), chr(39) * 2)}'") if is_it else column
        )

    enums = {**snapshot.enums, key(*enum): relabel(snapshot.enums[key(*enum)])}
    tables = each(snapshot.tables, lambda t: _replace(t, columns=each(t.columns, redefault)))
    return _replace(snapshot, enums=enums, tables=tables)


def rename_part(snapshot: Snapshot, table: Id, kind: str, old: str, new: str) -> Snapshot:
    """A constraint, index or policy of a table."""
    item = snapshot.tables[key(*table)]
    parts = rekey(getattr(item, kind), old, new, lambda part: _replace(part, name=new))
    return _replace(
        snapshot, tables={**snapshot.tables, key(*table): _replace(item, **{kind: parts})}
    )


def rename_key(snapshot: Snapshot, table: Id, new: str) -> Snapshot:
    """The primary key of one column; its own name is not written where PostgreSQL gives it."""
    item = snapshot.tables[key(*table)]
    name = None if new == primary_key_name(item.name) else new
    renamed = _replace(item, primary_key_name=name)
    return _replace(snapshot, tables={**snapshot.tables, key(*table): renamed})


def rename_column(snapshot: Snapshot, table: Id, old: str, new: str) -> Snapshot:
    """A column, in its table and wherever it is part of a key."""

    def renamed(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if name == old else name for name in names)

    def change(column: Column) -> Column:
        return _replace(_counting(column, table[1]), name=new)

    item = snapshot.tables[key(*table)]
    item = _replace(
        _rename_in_keys(item, renamed),
        columns=rekey(item.columns, old, new, change),
        column_privileges=rekey(item.column_privileges, old, new, lambda grants: grants),
        sequence_privileges=rekey(item.sequence_privileges, old, new, lambda grants: grants),
        indexes=each(item.indexes, lambda index: _rename_in_index(index, old, new)),
    )
    item = map_texts(item, lambda text: reword_name(text, old, new))
    tables = {**snapshot.tables, key(*table): item}
    snapshot = _replace(
        snapshot,
        tables=each(tables, lambda t: _recolumn(t, table, renamed)),
        sequences=each(snapshot.sequences, lambda s: _reown(s, (*table, old), (*table, new))),
        definitions=each(snapshot.definitions, lambda d: _republish(d, table, old, new)),
    )
    # the column of a parent takes that of its children along
    for child in tuple(snapshot.tables.values()):
        if table in child.parents and old in child.columns:
            snapshot = rename_column(snapshot, child.id, old, new)
    return snapshot


def _republish(found: Definition, table: Id, old: str, new: str) -> Definition:
    if found.kind != "publication":
        return found
    text = published_anew(found.definition, table, lambda text: reword_name(text, old, new))
    return _replace(found, definition=text)


def _rename_in_keys(item: Table, renamed: Callable[..., tuple[str, ...]]) -> Table:
    """The keys of the table itself; those that refer to it are of other tables."""
    options = item.primary_key_options
    return _replace(
        item,
        foreign_keys=each(
            item.foreign_keys,
            lambda fk: _replace(
                fk,
                columns_from=renamed(fk.columns_from),
                delete_columns=renamed(fk.delete_columns),
            ),
        ),
        composite_primary_keys=each(
            item.composite_primary_keys, lambda pk: _replace(pk, columns=renamed(pk.columns))
        ),
        unique_constraints=each(
            item.unique_constraints, lambda u: _replace(u, columns=renamed(u.columns))
        ),
        primary_key_options=options and _replace(options, include=renamed(options.include)),
    )


def _recolumn(table: Table, target: Id, renamed: Callable[..., tuple[str, ...]]) -> Table:
    if not any(fk.target == target for fk in table.foreign_keys.values()):
        return table

    def change(fk: ForeignKey) -> ForeignKey:
        return _replace(fk, columns_to=renamed(fk.columns_to)) if fk.target == target else fk

    return _replace(table, foreign_keys=each(table.foreign_keys, change))


def _rename_in_index(index: Index, old: str, new: str) -> Index:
    columns = tuple(
        _replace(c, expression=new) if c.expression == old and not c.is_expression else c
        for c in index.columns
    )
    include = tuple(new if name == old else name for name in index.include)
    return _replace(index, columns=columns, include=include)


def map_texts(table: Table, reword: Callable[[str], str]) -> Table:
    """The table with ``reword`` applied to every expression in it."""
    return _replace(
        reword_attached(table, reword),
        columns=each(table.columns, lambda c: _map_generated(c, reword)),
        check_constraints=each(
            table.check_constraints, lambda c: _replace(c, value=reword(c.value))
        ),
        indexes=each(table.indexes, lambda i: _map_index(i, reword)),
        policies=each(table.policies, lambda p: _map_optional(p, reword, "using", "with_check")),
        exclusions=each(table.exclusions, lambda e: _replace(e, definition=reword(e.definition))),
        statistics=each(table.statistics, lambda s: _replace(s, definition=reword(s.definition))),
        partition_key=table.partition_key and reword(table.partition_key),
    )


def _map_generated(column: Column, reword: Callable[[str], str]) -> Column:
    if column.generated is None:
        return column
    generated = _replace(column.generated, expression=reword(column.generated.expression))
    return _replace(column, generated=generated)


def _map_index(index: Index, reword: Callable[[str], str]) -> Index:
    columns = tuple(
        _replace(c, expression=reword(c.expression)) if c.is_expression else c
        for c in index.columns
    )
    return _map_optional(_replace(index, columns=columns), reword, "where")


S = TypeVar("S", bound=Value)


def _map_optional(item: S, reword: Callable[[str], str], *names: str) -> S:
    texts = {name: getattr(item, name) for name in names}
    return _replace(item, **{n: reword(t) if t is not None else None for n, t in texts.items()})
