"""An interpreter of operations in memory: what PostgreSQL would have after running them.

It is the oracle of the diff and shares no code with it. It is strict: an operation on
something that is not there, or that leaves a reference to nothing, is an error. Objects
that hang on a column or table are not dropped along with it silently either: PostgreSQL
would do that for some, but a plan is to say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, assert_never

import msgspec

from nbmigrate import operations as o
from nbmigrate.model import Column, ForeignKey, Index, PrimaryKey, Snapshot, Table, View, key
from tests.support_definitions import follow, reschema, step

change = msgspec.structs.replace

SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}
#: What no operation changes: how something is built or filled once, or has no word so far.
WITHOUT_OPERATION = {
    "Column": {"comment": None, "storage": None, "compression": None},
    "Index": {"comment": None, "concurrently": False},
    "Table": {"comment": None, "force_rls": False, "unlogged": False},
    "View": {"columns": {}, "with_no_data": None, "comment": None},
    "Enum": {"comment": None},
    "Sequence": {"comment": None},
    "Check": {"comment": None},
    "Unique": {"comment": None},
    "ForeignKey": {"comment": None},
    "Policy": {"comment": None},
}


class ReplayError(AssertionError):
    """An operation that PostgreSQL would refuse."""


def replay(operations: Iterable[o.Operation], snapshot: Snapshot) -> Snapshot:
    """The snapshot after the operations, in the form of :func:`physical`."""
    snapshot = physical(snapshot)
    for operation in operations:
        snapshot = _step(operation, snapshot)
    return physical(snapshot)


def physical(snapshot: Snapshot) -> Snapshot:
    """What is there rather than what was said: NOT NULL that follows from a key, and the like."""
    tables = {name: _physical_table(table) for name, table in snapshot.tables.items()}
    views = {
        name: change(_plain(view), options=view.options or None)
        for name, view in snapshot.views.items()
        if not view.is_existing
    }
    return change(
        snapshot,
        tables=tables,
        views=views,
        enums={name: _plain(enum) for name, enum in snapshot.enums.items()},
        sequences={name: _plain(item) for name, item in snapshot.sequences.items()},
        policies={name: _plain(policy) for name, policy in snapshot.policies.items()},
    )


def _plain(item: Any) -> Any:
    return change(item, **WITHOUT_OPERATION.get(type(item).__name__, {}))


def _physical_table(table: Table) -> Table:
    keys = set(table.primary_key_columns)
    columns = {
        name: change(
            _plain(c), not_null=bool(c.not_null or c.identity or c.type in SERIAL or name in keys)
        )
        for name, c in table.columns.items()
    }
    parts = {
        part: {name: _plain(item) for name, item in getattr(table, part).items()}
        for part in (
            "indexes",
            "foreign_keys",
            "unique_constraints",
            "check_constraints",
            "policies",
        )
    }
    rls = table.is_rls_enabled or bool(table.policies)
    return change(
        _plain(table), columns=columns, is_rls_enabled=rls, primary_key_name=None, **parts
    )


def _step(op: o.Operation, snapshot: Snapshot) -> Snapshot:
    for family, handler in (
        (o.SchemaOp, _schema),
        (o.EnumOp, _enum),
        (o.SequenceOp, _sequence),
        (o.RoleOp, _role),
        (o.TableOp, _table),
        (o.ColumnOp, _column),
        (o.ConstraintOp, _constraint),
        (o.IndexOp, _index),
        (o.ViewOp, _view),
        (o.PolicyOp, _policy),
    ):
        if isinstance(op, family):
            return handler(op, snapshot)  # type: ignore[operator]  # the family chooses the handler
    found = step(op, snapshot)
    if found is None:
        raise ReplayError(f"unknown operation {op!r}")
    return found


# --- maps --------------------------------------------------------------------


def _add(items: Mapping[str, Any], name: str, item: Any) -> dict[str, Any]:
    if name in items:
        raise ReplayError(f"{name!r} is there already")
    return {**items, name: item}


def _remove(items: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in items:
        raise ReplayError(f"there is no {name!r}; there is {sorted(items)}")
    return {n: item for n, item in items.items() if n != name}


def _swap(items: Mapping[str, Any], name: str, item: Any) -> dict[str, Any]:
    return {**_remove(items, name), name: item}


def _in_table(snapshot: Snapshot, table: o.Id, edit: Callable[[Table], Table]) -> Snapshot:
    name = key(*table)
    if name not in snapshot.tables:
        raise ReplayError(f"there is no table {name}; there is {sorted(snapshot.tables)}")
    return change(snapshot, tables=_swap(snapshot.tables, name, edit(snapshot.tables[name])))


def _in_part(
    snapshot: Snapshot, table: o.Id, part: str, edit: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Snapshot:
    return _in_table(snapshot, table, lambda t: change(t, **{part: edit(getattr(t, part))}))


def _every_table(snapshot: Snapshot, edit: Callable[[Table], Table]) -> Snapshot:
    return change(snapshot, tables={name: edit(table) for name, table in snapshot.tables.items()})


def _every_column(snapshot: Snapshot, edit: Callable[[Column], Column]) -> Snapshot:
    return _every_table(
        snapshot, lambda t: change(t, columns={n: edit(c) for n, c in t.columns.items()})
    )


# --- schemas, roles, sequences, enums ----------------------------------------


def _schema(op: o.SchemaOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.CreateSchema(name=name):
            return change(snapshot, schemas=_add(snapshot.schemas, name, name))
        case o.DropSchema(name=name):
            for family in ("tables", "enums", "sequences", "views"):
                if left := [i.id for i in getattr(snapshot, family).values() if i.id[0] == name]:
                    raise ReplayError(f"schema {name} still holds {left}")
            return change(snapshot, schemas=_remove(snapshot.schemas, name))
        case o.RenameSchema(old=old, new=new):
            schemas = _add(_remove(snapshot.schemas, old), new, new)
            return reschema(_reschema(change(snapshot, schemas=schemas), old, new), old, new)
        case _:
            assert_never(op)


def _reschema(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    for family in ("tables", "enums", "sequences", "views"):
        for item in list(getattr(snapshot, family).values()):
            if item.id[0] == old:
                snapshot = _renamed(snapshot, family, item.id, (new, item.id[1]))
    return snapshot


def _role(op: o.RoleOp, snapshot: Snapshot) -> Snapshot:
    roles = snapshot.roles
    match op:
        case o.CreateRole(role=role):
            return change(snapshot, roles=_add(roles, role.name, role))
        case o.AlterRole(new=role):
            return change(snapshot, roles=_swap(roles, role.name, role))
        case o.DropRole(role=role):
            _refuse_used_role(snapshot, role.name)
            return change(snapshot, roles=_remove(roles, role.name))
        case o.RenameRole(old=old, new=new):
            renamed = _add(_remove(roles, old), new, change(roles[old], name=new))
            return _every_table(
                change(snapshot, roles=renamed), lambda t: _role_in_policies(t, old, new)
            )
        case _:
            assert_never(op)


def _refuse_used_role(snapshot: Snapshot, role: str) -> None:
    for table in snapshot.tables.values():
        for policy in table.policies.values():
            if role in policy.to:
                raise ReplayError(f"role {role} is used by policy {policy.name}")


def _role_in_policies(table: Table, old: str, new: str) -> Table:
    policies = {
        name: change(p, to=tuple(sorted(new if r == old else r for r in p.to)))
        for name, p in table.policies.items()
    }
    return change(table, policies=policies)


def _sequence(op: o.SequenceOp, snapshot: Snapshot) -> Snapshot:
    items = snapshot.sequences
    match op:
        case o.CreateSequence(sequence=item):
            return change(snapshot, sequences=_add(items, key(*item.id), _plain(item)))
        case o.AlterSequence(new=item):
            return change(snapshot, sequences=_swap(items, key(*item.id), _plain(item)))
        case o.DropSequence(sequence=item):
            return change(snapshot, sequences=_remove(items, key(*item.id)))
        case o.RenameSequence(old=old, new=new) | o.MoveSequence(old=old, new=new):
            return _renamed(snapshot, "sequences", old, new)
        case _:
            assert_never(op)


def _enum(op: o.EnumOp, snapshot: Snapshot) -> Snapshot:
    items = snapshot.enums
    match op:
        case o.CreateEnum(enum=enum):
            return change(snapshot, enums=_add(items, key(*enum.id), _plain(enum)))
        case o.DropEnum(enum=enum):
            _refuse_used_enum(snapshot, enum.id)
            return change(snapshot, enums=_remove(items, key(*enum.id)))
        case o.RenameEnum(old=old, new=new) | o.MoveEnum(old=old, new=new):
            return _renamed(snapshot, "enums", old, new)
        case o.AddEnumValue(id=id_, value=value, before=before):
            values = list(items[key(*id_)].values)
            values.insert(values.index(before) if before is not None else len(values), value)
            enum = change(items[key(*id_)], values=tuple(values))
            return change(snapshot, enums=_swap(items, key(*id_), enum))
        case o.RenameEnumValue(id=id_, old=label, new=other):
            return _relabelled(snapshot, id_, label, other)
        case o.RecreateEnum():
            return _recreated(snapshot, op)
        case _:
            assert_never(op)


def _refuse_used_enum(snapshot: Snapshot, enum: o.Id) -> None:
    for table in snapshot.tables.values():
        for column in table.columns.values():
            if (column.type_schema, column.element_type) == enum:
                raise ReplayError(f"enum {enum} is used by {table.id}.{column.name}")


def _relabelled(snapshot: Snapshot, enum: o.Id, old: str, new: str) -> Snapshot:
    before = snapshot.enums[key(*enum)]
    if old not in before.values or new in before.values:
        raise ReplayError(f"{enum}: cannot rename {old!r} to {new!r}")
    after = change(before, values=tuple(new if v == old else v for v in before.values))
    quoted = [f"'{label.replace(chr(39), chr(39) * 2)}'" for label in (old, new)]

    def edit(column: Column) -> Column:
        mine = (column.type_schema, column.type) == enum and column.default == quoted[0]
        return change(column, default=quoted[1]) if mine else column

    return _every_column(change(snapshot, enums=_swap(snapshot.enums, key(*enum), after)), edit)


def _recreated(snapshot: Snapshot, op: o.RecreateEnum) -> Snapshot:
    used = {(use.table, use.column.name) for use in op.uses}
    for table in snapshot.tables.values():
        for column in table.columns.values():
            mine = (column.type_schema, column.element_type) == op.old.id
            if mine and (table.id, column.name) not in used:
                raise ReplayError(f"{table.id}.{column.name} is still of the old enum")
    enums = _swap(snapshot.enums, key(*op.old.id), _plain(op.new))
    snapshot = change(snapshot, enums=enums)
    for use in op.uses:
        snapshot = _edit_column(
            snapshot,
            use.table,
            use.column.name,
            lambda c, use=use: change(c, default=use.column.default),
        )
    return snapshot


# --- names -------------------------------------------------------------------


def _renamed(snapshot: Snapshot, family: str, old: o.Id, new: o.Id) -> Snapshot:
    items = getattr(snapshot, family)
    if key(*old) not in items:
        raise ReplayError(f"there is no {key(*old)}; there is {sorted(items)}")
    schema = "" if family == "tables" and new[0] == "public" else new[0]
    item = change(items[key(*old)], name=new[1], schema=schema)
    items = _add(_remove(items, key(*old)), key(*new), item)
    snapshot = change(snapshot, **{family: items})
    if old[1] != new[1]:
        snapshot = follow(snapshot, old[1], new[1])
    match family:
        case "tables":
            return _every_table(_texts(snapshot, old[1], new[1]), partial(_follow_table, old, new))
        case "enums":
            return _every_column(snapshot, partial(_follow_enum, old, new))
        case "views":
            return _texts(snapshot, old[1], new[1])
        case _:
            return snapshot


def _follow_table(old: o.Id, new: o.Id, table: Table) -> Table:
    def edit(fk: ForeignKey) -> ForeignKey:
        if table.id == new:
            fk = change(fk, table_from=new[1])
        if fk.target == old:
            fk = change(fk, table_to=new[1], schema_to=None if new[0] == "public" else new[0])
        return fk

    keys = {name: edit(fk) for name, fk in table.foreign_keys.items()}
    columns = table.columns
    if table.id == new and old[0] != new[0]:
        columns = {name: _follow_identity(c, new[0]) for name, c in columns.items()}
    return change(table, foreign_keys=keys, columns=columns)


def _follow_identity(column: Column, schema: str) -> Column:
    """The sequence of an identity column is always in the schema of its table."""
    if column.identity is None:
        return column
    return change(column, identity=change(column.identity, schema=schema))


def _follow_enum(old: o.Id, new: o.Id, column: Column) -> Column:
    if (column.type_schema, column.element_type) != old:
        return column
    suffix = column.type.removeprefix(old[1])
    return change(column, type=new[1] + suffix, type_schema=new[0])


def _texts(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    """Every SQL text with a name replaced, as PostgreSQL shows it after a rename."""
    if old == new:
        return snapshot
    views = {
        name: _text_in(view, ("definition",), old, new) for name, view in snapshot.views.items()
    }
    return _every_table(change(snapshot, views=views), lambda t: _texts_in_table(t, old, new))


def _texts_in_table(table: Table, old: str, new: str) -> Table:
    def edit(column: Column) -> Column:
        if column.generated is None:
            return column
        return change(column, generated=_text_in(column.generated, ("expression",), old, new))

    def key_of(index: Index) -> Index:
        columns = tuple(
            _text_in(c, ("expression",), old, new) if c.is_expression else c for c in index.columns
        )
        return _text_in(change(index, columns=columns), ("where",), old, new)

    return change(
        table,
        columns={name: edit(column) for name, column in table.columns.items()},
        indexes={name: key_of(index) for name, index in table.indexes.items()},
        check_constraints={
            n: _text_in(c, ("value",), old, new) for n, c in table.check_constraints.items()
        },
        policies={
            n: _text_in(p, ("using", "with_check"), old, new) for n, p in table.policies.items()
        },
    )


def _text_in(item: Any, fields: tuple[str, ...], old: str, new: str) -> Any:
    texts = {field: getattr(item, field) for field in fields}
    return change(item, **{f: t if t is None else _reworded(t, old, new) for f, t in texts.items()})


def _reworded(text: str, old: str, new: str) -> str:
    quoted = f'"{new.replace(chr(34), chr(34) * 2)}"'
    text = text.replace(f'"{old.replace(chr(34), chr(34) * 2)}"', quoted)
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", old):
        return text
    bare = new if re.fullmatch(r"[a-z_][a-z0-9_]*", new) else quoted
    return re.sub(rf"(?<![\w\"']){re.escape(old)}(?![\w\"'(])", lambda _: bare, text)


# --- tables ------------------------------------------------------------------


def _table(op: o.TableOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.CreateTable(table=table):
            _refuse_missing_schema(snapshot, table.id[0])
            made = change(
                physical_table(table),
                indexes={},
                foreign_keys={},
                policies={},
                triggers={},
                rules={},
                is_rls_enabled=False,
            )
            return change(snapshot, tables=_add(snapshot.tables, key(*table.id), made))
        case o.DropTable(table=table):
            for other in snapshot.tables.values():
                for fk in other.foreign_keys.values():
                    if fk.target == table.id != other.id:
                        raise ReplayError(f"{table.id} is referenced by {fk.name}")
            return change(snapshot, tables=_remove(snapshot.tables, key(*table.id)))
        case o.RenameTable(old=old, new=new) | o.MoveTable(old=old, new=new):
            _refuse_missing_schema(snapshot, new[0])
            return _renamed(snapshot, "tables", old, new)
        case o.SetRowSecurity(table=id_, enabled=enabled):
            return _in_table(snapshot, id_, lambda t: change(t, is_rls_enabled=enabled))
        case _:
            assert_never(op)


def physical_table(table: Table) -> Table:
    """One table in the form of :func:`physical`."""
    return _physical_table(table)


def _refuse_missing_schema(snapshot: Snapshot, schema: str) -> None:
    if schema not in ("public", *snapshot.schemas):
        raise ReplayError(f"there is no schema {schema}")


# --- columns -----------------------------------------------------------------


def _edit_column(
    snapshot: Snapshot, table: o.Id, name: str, edit: Callable[[Column], Column]
) -> Snapshot:
    def within(columns: Mapping[str, Column]) -> dict[str, Any]:
        if name not in columns:
            raise ReplayError(f"{table} has no column {name!r}")
        return _swap(columns, name, edit(columns[name]))

    return _in_part(snapshot, table, "columns", within)


def _column(op: o.ColumnOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.AddColumn(table=table, column=column):
            made = change(_plain(column), primary_key=False)
            required = bool(made.not_null or made.identity or made.type in SERIAL)
            made = change(made, not_null=required)
            return _in_part(snapshot, table, "columns", lambda c: _add(c, column.name, made))
        case o.DropColumn(table=table, column=column):
            _refuse_used_column(snapshot, table, column.name)
            return _in_part(snapshot, table, "columns", lambda c: _remove(c, column.name))
        case o.RenameColumn(table=table, old=old, new=new):
            return _rename_column(snapshot, table, old, new)
        case o.AlterColumnType(table=table, new=column):
            return _edit_column(snapshot, table, column.name, lambda c: _altered(op, c))
        case _:
            name = op.column if isinstance(op.column, str) else op.column.name
            return _edit_column(snapshot, op.table, name, lambda c: _altered(op, c))


def _altered(op: o.ColumnOp, column: Column) -> Column:  # noqa: C901 - one case per operation
    match op:
        case o.AlterColumnType(old=old, new=new):
            if old.type != SERIAL.get(column.type, column.type):
                raise ReplayError(f"{column.name} is {column.type}, not {old.type}")
            default = new.default if old.default is not None else column.default
            return change(
                column,
                type=new.type,
                type_schema=new.type_schema,
                collation=new.collation,
                default=default,
            )
        case o.SetDefault(column=new):
            return change(column, default=new.default)
        case o.DropDefault():
            return change(column, default=None)
        case o.SetNotNull():
            return change(column, not_null=True)
        case o.DropNotNull():
            if column.identity or column.primary_key:
                raise ReplayError(f"{column.name} is a key or an identity")
            return change(column, not_null=False)
        case o.AddIdentity(column=new):
            if column.default is not None or column.identity or column.generated:
                raise ReplayError(f"{column.name} cannot become an identity: {column}")
            return change(column, identity=new.identity, not_null=True)
        case o.AlterIdentity(new=identity):
            return change(column, identity=identity)
        case o.DropIdentity():
            return change(column, identity=None)
        case o.AddSerial(column=new):
            return change(column, type=new.type, default=None)
        case o.DropSerial():
            return change(column, type=SERIAL[column.type], default=None)
        case o.DropExpression():
            return change(column, generated=None)
        case _:
            raise ReplayError(f"unexpected {op!r}")


def _refuse_used_column(snapshot: Snapshot, id_: o.Id, name: str) -> None:
    table = snapshot.tables[key(*id_)]
    held = [u.name for u in table.unique_constraints.values() if name in u.columns]
    held += [p.name for p in table.composite_primary_keys.values() if name in p.columns]
    held += [f.name for f in table.foreign_keys.values() if name in f.columns_from]
    held += [
        f.name
        for other in snapshot.tables.values()
        for f in other.foreign_keys.values()
        if f.target == id_ and name in f.columns_to
    ]
    held += [
        i.name
        for i in table.indexes.values()
        if any(c.expression == name and not c.is_expression for c in i.columns)
    ]
    if held:
        raise ReplayError(f"column {id_}.{name} is used by {held}")


def _rename_column(snapshot: Snapshot, id_: o.Id, old: str, new: str) -> Snapshot:
    def name(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if n == old else n for n in names)

    def key_of(index: Index) -> Index:
        columns = tuple(
            change(c, expression=new) if c.expression == old and not c.is_expression else c
            for c in index.columns
        )
        return change(index, columns=columns, include=name(index.include))

    def edit(table: Table) -> Table:
        if old not in table.columns:
            raise ReplayError(f"{id_} has no column {old!r}")
        columns = _add(_remove(table.columns, old), new, change(table.columns[old], name=new))
        table = _texts_in_table(change(table, columns=columns), old, new)
        return change(
            table,
            indexes={n: key_of(i) for n, i in table.indexes.items()},
            foreign_keys={
                n: change(f, columns_from=name(f.columns_from))
                for n, f in table.foreign_keys.items()
            },
            composite_primary_keys={
                n: change(p, columns=name(p.columns))
                for n, p in table.composite_primary_keys.items()
            },
            unique_constraints={
                n: change(u, columns=name(u.columns)) for n, u in table.unique_constraints.items()
            },
        )

    def follow(table: Table) -> Table:
        keys = {
            n: change(f, columns_to=name(f.columns_to)) if f.target == id_ else f
            for n, f in table.foreign_keys.items()
        }
        return change(table, foreign_keys=keys)

    return _every_table(_in_table(snapshot, id_, edit), follow)


# --- constraints, indexes ----------------------------------------------------

_KINDS = {
    "primary key": "composite_primary_keys",
    "unique": "unique_constraints",
    "check": "check_constraints",
    "foreign key": "foreign_keys",
}


def _constraint(op: o.ConstraintOp, snapshot: Snapshot) -> Snapshot:  # noqa: C901 - one case each
    match op:
        case o.AddPrimaryKey():
            return _in_table(snapshot, op.table, lambda t: _with_key(t, op))
        case o.DropPrimaryKey(columns=columns):
            _refuse_referenced(snapshot, op.table, columns)
            return _in_table(snapshot, op.table, _without_key)
        case o.AddUnique(unique=item):
            return _in_part(
                snapshot, op.table, "unique_constraints", lambda m: _add(m, item.name, _plain(item))
            )
        case o.DropUnique(unique=item):
            _refuse_referenced(snapshot, op.table, item.columns)
            return _in_part(
                snapshot, op.table, "unique_constraints", lambda m: _remove(m, item.name)
            )
        case o.AddCheck(check=check):
            return _in_part(
                snapshot,
                op.table,
                "check_constraints",
                lambda m: _add(m, check.name, _plain(check)),
            )
        case o.DropCheck(check=check):
            return _in_part(
                snapshot, op.table, "check_constraints", lambda m: _remove(m, check.name)
            )
        case o.AddForeignKey(foreign_key=fk):
            _refuse_target(snapshot, fk)
            return _in_part(
                snapshot, op.table, "foreign_keys", lambda m: _add(m, fk.name, _plain(fk))
            )
        case o.DropForeignKey(foreign_key=fk):
            return _in_part(snapshot, op.table, "foreign_keys", lambda m: _remove(m, fk.name))
        case o.RenameConstraint(kind="primary key") if not _has_named_key(snapshot, op):
            return snapshot  # the key of one column: its name is in no snapshot
        case o.RenameConstraint(old=old, new=new):
            return _in_part(
                snapshot, op.table, _KINDS[op.kind], lambda m: _renamed_part(m, old, new)
            )
        case _:
            assert_never(op)


def _has_named_key(snapshot: Snapshot, op: o.RenameConstraint) -> bool:
    table = snapshot.tables.get(key(*op.table))
    return table is None or bool(table.composite_primary_keys)


def _renamed_part(items: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return _add(_remove(items, old), new, change(items[old], name=new))


def _with_key(table: Table, op: o.AddPrimaryKey) -> Table:
    if table.primary_key_columns:
        raise ReplayError(f"{table.id} has a primary key already")
    alone = len(op.columns) == 1
    columns = {
        n: change(c, primary_key=alone, not_null=True) if n in op.columns else c
        for n, c in table.columns.items()
    }
    keys = {} if alone else {op.name: PrimaryKey(name=op.name or "", columns=op.columns)}
    return change(table, columns=columns, composite_primary_keys=keys)


def _without_key(table: Table) -> Table:
    if not table.primary_key_columns:
        raise ReplayError(f"{table.id} has no primary key")
    columns = {n: change(c, primary_key=False) for n, c in table.columns.items()}
    return change(table, columns=columns, composite_primary_keys={})


def _refuse_referenced(snapshot: Snapshot, table: o.Id, columns: tuple[str, ...]) -> None:
    for other in snapshot.tables.values():
        for fk in other.foreign_keys.values():
            is_used = fk.target == table and set(fk.columns_to) == set(columns)
            if is_used and not _has_other_key(snapshot.tables[key(*table)], columns):
                raise ReplayError(f"the key {table}{columns} is used by {fk.name}")


def _unique_keys(table: Table) -> list[frozenset[str]]:
    keys = [frozenset(u.columns) for u in table.unique_constraints.values()]
    keys += [
        frozenset(c.expression for c in i.columns)
        for i in table.indexes.values()
        if i.is_unique and i.where is None
    ]
    primary = table.primary_key_columns
    return [*keys, *([frozenset(primary)] if primary else [])]


def _has_other_key(table: Table, columns: tuple[str, ...]) -> bool:
    return _unique_keys(table).count(frozenset(columns)) > 1


def _refuse_target(snapshot: Snapshot, fk: ForeignKey) -> None:
    target = snapshot.tables.get(key(*fk.target))
    if target is None:
        raise ReplayError(f"{fk.name} refers to {fk.target}, which is not there")
    if frozenset(fk.columns_to) not in _unique_keys(target):
        raise ReplayError(f"{fk.name} refers to {fk.target}{fk.columns_to}, which is no key")


def _index(op: o.IndexOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.CreateIndex(index=index):
            return _in_part(
                snapshot, op.table, "indexes", lambda m: _add(m, index.name, _plain(index))
            )
        case o.DropIndex(index=index):
            return _in_part(snapshot, op.table, "indexes", lambda m: _remove(m, index.name))
        case o.RenameIndex(old=old, new=new):
            return _in_part(snapshot, op.table, "indexes", lambda m: _renamed_part(m, old, new))
        case _:
            assert_never(op)


# --- views, policies ---------------------------------------------------------


def _view(op: o.ViewOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.CreateView(view=view):
            made = change(_physical_view(view), triggers={}, rules={})
            return change(snapshot, views=_add(snapshot.views, key(*view.id), made))
        case o.AlterViewOptions(new=view):
            there = snapshot.views[key(*view.id)]
            made = change(_physical_view(view), triggers=there.triggers, rules=there.rules)
            return change(snapshot, views=_swap(snapshot.views, key(*view.id), made))
        case o.DropView(view=view):
            return change(snapshot, views=_remove(snapshot.views, key(*view.id)))
        case o.RenameView(old=old, new=new) | o.MoveView(old=old, new=new):
            return _renamed(snapshot, "views", old, new)
        case _:
            assert_never(op)


def _physical_view(view: View) -> Any:
    return change(_plain(view), options=view.options or None)


def _policy(op: o.PolicyOp, snapshot: Snapshot) -> Snapshot:
    if key(*op.table) not in snapshot.tables:
        return _linked(op, snapshot)
    match op:
        case o.CreatePolicy(policy=policy):
            return _in_part(
                snapshot, op.table, "policies", lambda m: _add(m, policy.name, _plain(policy))
            )
        case o.AlterPolicy(new=policy):
            return _in_part(
                snapshot, op.table, "policies", lambda m: _swap(m, policy.name, _plain(policy))
            )
        case o.DropPolicy(policy=policy):
            return _in_part(snapshot, op.table, "policies", lambda m: _remove(m, policy.name))
        case o.RenamePolicy(old=old, new=new):
            return _in_part(snapshot, op.table, "policies", lambda m: _renamed_part(m, old, new))
        case _:
            assert_never(op)


def _linked(op: o.PolicyOp, snapshot: Snapshot) -> Snapshot:
    """A policy on a table that is not in the snapshot."""
    items = snapshot.policies
    match op:
        case o.CreatePolicy(policy=policy):
            return change(snapshot, policies=_add(items, policy.name, _plain(policy)))
        case o.AlterPolicy(new=policy):
            return change(snapshot, policies=_swap(items, policy.name, _plain(policy)))
        case o.DropPolicy(policy=policy):
            return change(snapshot, policies=_remove(items, policy.name))
        case o.RenamePolicy(old=old, new=new):
            return change(snapshot, policies=_renamed_part(items, old, new))
        case _:
            assert_never(op)
