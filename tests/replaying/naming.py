"""Objects under other names, and all that follows them."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from nbmigrate import operations as o
from nbmigrate.model import Column, ForeignKey, Index, Snapshot, Table, key
from tests.replaying.parts import ReplayError, change, every_column, every_table, put_new, take_out
from tests.support_definitions import follow, follow_call


def rename_object(snapshot: Snapshot, family: str, old: o.Id, new: o.Id) -> Snapshot:
    items = getattr(snapshot, family)
    if key(*old) not in items:
        raise ReplayError(f"there is no {key(*old)}; there is {sorted(items)}")
    schema = "" if family == "tables" and new[0] == "public" else new[0]
    item = change(items[key(*old)], name=new[1], schema=schema)
    items = put_new(take_out(items, key(*old)), key(*new), item)
    snapshot = change(snapshot, **{family: items})
    if old[1] != new[1]:
        snapshot = follow(snapshot, old[1], new[1])
    match family:
        case "tables":
            return every_table(_texts(snapshot, old[1], new[1]), partial(_follow_table, old, new))
        case "enums" | "domains" | "types":
            return every_column(snapshot, partial(_follow_enum, old, new))
        case "views":
            return _texts(snapshot, old[1], new[1])
        case _:
            return snapshot


def rename_range(op: o.RenameType | o.MoveType, snapshot: Snapshot) -> Snapshot:
    """What comes with a range, by the name that PostgreSQL gives it."""
    if op.range is None:
        return snapshot
    olds, news = [(at[1], _multirange(at[1])) for at in (op.old, op.new)]
    for old, new in zip(olds, news, strict=True):
        snapshot = follow_call(snapshot, old, new) if old != new else snapshot
    if op.range.multirange is not None:
        return snapshot
    old, new = (op.old[0], olds[1]), (op.new[0], news[1])
    return every_column(snapshot, partial(_follow_enum, old, new))


def _multirange(name: str) -> str:
    return name.replace("range", "multirange", 1) if "range" in name else f"{name}_multirange"


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
    return every_table(change(snapshot, views=views), lambda t: reword_table(t, old, new))


def reword_table(table: Table, old: str, new: str) -> Table:
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
