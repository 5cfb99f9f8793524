"""Going back: what a schema is without one change, whatever came after it.

``merge`` is a three-way merge of snapshots: what the change made of ``before`` is taken back
from ``now``; what was changed since stays. Where both touched one thing there is no answer,
and the thing is named. ``relaxed`` is the half-way house of an undo: the tables that
get rows back, without what would stand in their way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from nbmigrate.diff.columns import SERIAL, is_required
from nbmigrate.diff.partitions import ancestors, inherited_columns
from nbmigrate.diff.privileges import spoken
from nbmigrate.diff.renames import apply_renames
from nbmigrate.model import Rename, Snapshot, Table
from nbmigrate.model.names import format_path, key
from nbmigrate.model.tables import Column, ForeignKey, Index, Value
from nbmigrate.operations import Id

V = TypeVar("V")


class Merged(NamedTuple):
    """A snapshot, and the paths of what cannot be decided."""

    snapshot: Snapshot
    conflicts: tuple[str, ...]


class _Absent:
    """What is not in a map."""


_ABSENT = _Absent()


def inverted(renames: Sequence[str]) -> tuple[str, ...]:
    """The renames the other way round."""
    pairs = map(Rename.parse, renames)
    return tuple(str(Rename(pair.new, pair.old)) for pair in pairs)


def merge(before: Snapshot, after: Snapshot, now: Snapshot, renames: Sequence[str] = ()) -> Merged:
    """``now`` without what led from ``before`` to ``after``; ``renames`` lead back.

    All three are compared under the names of ``before``.
    """
    back = [Rename.parse(text) for text in renames]
    taken = replaced(after, back)
    if strange := replaced(now, back) - taken:
        return Merged(now, tuple(_described(("tables", name)) for name in sorted(strange)))
    base, mine = (apply_renames(cleared(s, taken), before, back).snapshot for s in (after, now))
    conflicts: list[str] = []
    found = _merge((base, mine, before), (), conflicts)
    assert isinstance(found, Snapshot)
    return Merged(spoken(found, mine), tuple(conflicts))


def replaced(after: Snapshot, back: Sequence[Rename]) -> frozenset[str]:
    """The new tables that have the old name of one that was renamed: it is to have it again."""
    names = {key(*r.new) for r in back if len(r.new) == _TABLE and key(*r.old) in after.tables}
    leaving = {key(*r.old) for r in back if len(r.old) == _TABLE}
    return frozenset(names & after.tables.keys() - leaving)


#: Parts of the path of a table.
_TABLE = 2


def cleared(snapshot: Snapshot, taken: Collection[str]) -> Snapshot:
    """The snapshot without these tables, the keys that refer to them and the views on them."""
    if not taken:
        return snapshot
    gone = {snapshot.tables[name].id for name in taken if name in snapshot.tables}
    tables = {
        name: msgspec.structs.replace(
            table,
            foreign_keys={
                n: found for n, found in table.foreign_keys.items() if found.target not in gone
            },
        )
        for name, table in snapshot.tables.items()
        if name not in taken
    }
    views = {
        name
        for name, view in snapshot.views.items()
        if any(_mentions(view.definition or "", id_[1]) for id_ in gone)
    }
    return msgspec.structs.replace(snapshot, tables=tables, views=_without(snapshot, views))


Three = tuple[object, object, object]


def _merge(three: Three, path: tuple[str, ...], conflicts: list[str]) -> object:
    base, mine, wanted = three
    if mine in (base, wanted):
        return wanted
    if wanted == base:
        return mine
    if isinstance(base, Mapping) and isinstance(mine, Mapping) and isinstance(wanted, Mapping):
        names = dict.fromkeys((*wanted, *mine))
        merged = {n: _merge(_items(three, n), (*path, n), conflicts) for n in names}
        return {name: value for name, value in merged.items() if value is not _ABSENT}
    if isinstance(mine, Value) and type(base) is type(mine) is type(wanted):
        fields = {
            field: _merge(_fields(three, field), (*path, field), conflicts)
            for field in mine.__struct_fields__
        }
        return type(mine)(**fields)
    conflicts.append(_described(path))
    return mine


def _items(three: Three, name: str) -> Three:
    base, mine, wanted = (m.get(name, _ABSENT) for m in three)  # type: ignore[attr-defined]  # maps
    return base, mine, wanted


def _fields(three: Three, name: str) -> Three:
    base, mine, wanted = (getattr(value, name) for value in three)
    return base, mine, wanted


def _described(path: tuple[str, ...]) -> str:
    """A path through the snapshot as a person names it: ``public.users, column name (type)``."""
    match path:
        case (kind, name):
            return f"{kind.removesuffix('s')} {name}"
        case (_, name, kind, part, *rest):
            inside = f" ({rest[0]})" if rest else ""
            return f"{name}: {kind.replace('_', ' ').removesuffix('s')} {part}{inside}"
        case (_, name, field):
            return f"{name} ({field})"
        case _:
            return format_path(*path)


def relaxed(target: Snapshot, now: Snapshot, filled: Mapping[Id, Collection[str]]) -> Snapshot:
    """``target`` on the way: the tables of ``filled`` take rows into those columns.

    Tables that ``now`` does not have are bare. Of the others goes what would refuse or
    change the rows. Views that are not as they are to be come later: a materialized one reads
    its rows when it is made.
    """
    new = {t.id for name, t in target.tables.items() if name not in now.tables}
    tables = {
        name: _bare(table)
        if table.id in new
        else _relaxed_table(table, now.tables[name], filled, new)
        for name, table in target.tables.items()
    }
    heirs = [t for t in target.tables.values() if t.id in new and t.inherits]
    for table in sorted(heirs, key=lambda heir: len([*ancestors(heir.id, target)])):
        tables[key(*table.id)] = _as_heir(tables[key(*table.id)], target, tables)
    for name in _partitions_throughout(target, now):
        tables[name] = _as_partition(tables[name], target, tables)
    removed = {name for name, view in target.views.items() if now.views.get(name) != view}
    removed |= {
        name
        for name, view in target.views.items()
        if any(_mentions(view.definition or "", id_[1]) for id_ in (*filled, *new))
    }
    return msgspec.structs.replace(target, tables=tables, views=_without(target, removed))


def _without(target: Snapshot, removed: set[str]) -> dict[str, object]:
    """The views but for those removed, and those that read from one that is."""
    while True:
        names = [target.views[name].name for name in removed]
        more = {
            key
            for key, view in target.views.items()
            if key not in removed and any(_mentions(view.definition or "", n) for n in names)
        }
        if not more:
            return {k: v for k, v in target.views.items() if k not in removed}
        removed |= more


def _mentions(text: str, name: str) -> bool:
    doubled = name.replace('"', '""')
    return re.search(rf"(?<![\w$]){re.escape(doubled)}(?![\w$])", text) is not None


def _bare(table: Table) -> Table:
    columns = {name: _open(column) for name, column in table.columns.items()}
    return msgspec.structs.replace(
        table,
        columns=columns,
        indexes={},
        foreign_keys={},
        composite_primary_keys={},
        unique_constraints={},
        policies={},
        check_constraints={},
        is_rls_enabled=False,
        primary_key_name=None,
        primary_key_options=None,
        force_rls=False,
        rls_off=False,
        replica_identity=None,
        exclusions={},
        statistics={},
        triggers={},
        rules={},
    )


def _as_heir(bare: Table, target: Snapshot, tables: Mapping[str, Table]) -> Table:
    """A bare table that inherits: a column that it only inherits is as its parents' is by then."""
    parents = [tables[key(*id_)] for id_ in bare.parents if key(*id_) in tables]
    inherited = inherited_columns(target.tables[key(*bare.id)], target)
    columns = {
        name: msgspec.structs.replace(
            column,
            local=name not in inherited,
            not_null=any(
                is_required(parent, parent.columns[name])
                for parent in parents
                if name in parent.columns
            ),
        )
        for name, column in bare.columns.items()
    }
    return msgspec.structs.replace(bare, columns=columns)


def _partitions_throughout(target: Snapshot, now: Snapshot) -> list[str]:
    """The partitions that are the same ones before and after, those of whole tables first."""
    same = [
        (name, table)
        for name, table in target.tables.items()
        if table.partition_of
        and name in now.tables
        and now.tables[name].partition_of == table.partition_of
    ]
    same.sort(key=lambda found: len([*ancestors(found[1].id, target)]))
    return [name for name, _ in same]


def _as_partition(table: Table, target: Snapshot, tables: Mapping[str, Table]) -> Table:
    """A partition whose parent takes NULL on the way does so, too: NOT NULL comes back from there."""
    assert table.partition_of
    above = key(*table.partition_of.parent)
    was, parent = target.tables[above], tables[above]
    opened = {
        name
        for name, column in was.columns.items()
        if is_required(was, column) and not is_required(parent, parent.columns[name])
    }
    columns = {
        name: msgspec.structs.replace(column, not_null=column.not_null and name not in opened)
        for name, column in table.columns.items()
    }
    return msgspec.structs.replace(table, columns=columns)


def _open(column: Column) -> Column:
    """The column as one that takes any value it had."""
    return msgspec.structs.replace(
        column,
        type=SERIAL.get(column.type, column.type),
        primary_key=False,
        not_null=False,
        identity=None,
    )


def _relaxed_table(
    table: Table, now: Table, filled: Mapping[Id, Collection[str]], new: Collection[Id]
) -> Table:
    keys = {
        name: found
        for name, found in table.foreign_keys.items()
        if _stays(found, table, now, filled, new)
    }
    if table.id not in filled:
        return msgspec.structs.replace(table, foreign_keys=keys)
    lost = set(filled[table.id])
    columns = {name: _open(c) if name in lost else c for name, c in table.columns.items()}
    has_lost_key = bool(lost & set(table.primary_key_columns)) or not _same_key(table, now)
    if has_lost_key:
        columns = {
            name: msgspec.structs.replace(c, primary_key=False) for name, c in columns.items()
        }
    relaxed_table = msgspec.structs.replace(
        table,
        columns=columns,
        foreign_keys=keys,
        indexes={k: i for k, i in _same(table.indexes, now.indexes) if not _touches(i, lost)},
        unique_constraints={
            k: u
            for k, u in _same(table.unique_constraints, now.unique_constraints)
            if not lost & set(u.columns)
        },
        check_constraints=dict(_same(table.check_constraints, now.check_constraints)),
        exclusions={
            k: e
            for k, e in _same(table.exclusions, now.exclusions)
            if not any(_mentions(e.definition, name) for name in lost)
        },
        force_rls=False,
        replica_identity=None,
        triggers={},
        rules={},
    )
    if has_lost_key:
        return msgspec.structs.replace(
            relaxed_table,
            composite_primary_keys={},
            primary_key_name=None,
            primary_key_options=None,
        )
    return relaxed_table


def _same_key(table: Table, now: Table) -> bool:
    return (
        table.primary_key_columns == now.primary_key_columns
        and table.composite_primary_keys == now.composite_primary_keys
    )


def _same(wanted: Mapping[str, V], now: Mapping[str, V]) -> Iterator[tuple[str, V]]:
    return ((name, item) for name, item in wanted.items() if now.get(name) == item)


def _touches(index: Index, lost: Collection[str]) -> bool:
    if not index.is_unique:
        return False
    text = " ".join((*(c.expression for c in index.columns), index.where or ""))
    return any(_mentions(text, name) for name in lost)


def _stays(
    found: ForeignKey,
    table: Table,
    now: Table,
    filled: Mapping[Id, Collection[str]],
    new: Collection[Id],
) -> bool:
    """Whether a foreign key may stand while rows come back."""
    if now.foreign_keys.get(found.name) != found or found.target in new:
        return False
    here, there = filled.get(table.id, ()), filled.get(found.target, ())
    return not (set(here) & set(found.columns_from) or set(there) & set(found.columns_to))
