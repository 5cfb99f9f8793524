"""One spelling for two snapshots: where both say the same thing, the old words stay.

``varchar`` and ``character varying``, ``(age > 0)`` and ``"users"."age" > 0`` are one
thing in two spellings. The one form of each side comes in; every
field in which the canonical forms agree is taken from ``old``, so that afterwards ``==`` tells
differences from spellings, and a file that did not change is written back unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from nbmigrate.diff.columns import base_type
from nbmigrate.diff.partitions import ancestors, counted
from nbmigrate.model import Column, Snapshot, Table, Value, key, truncate

V = TypeVar("V", bound=Value)
_MAPS = (
    "tables",
    "enums",
    "sequences",
    "roles",
    "policies",
    "views",
    "extensions",
    "domains",
    "types",
    "functions",
    "definitions",
)
_PARTS = (
    "columns",
    "indexes",
    "foreign_keys",
    "composite_primary_keys",
    "unique_constraints",
    "policies",
    "check_constraints",
    "triggers",
    "rules",
    "checks",
    "exclusions",
    "statistics",
)

#: How an object came to be, which no ALTER changes.
_HISTORY = frozenset({"local", "sequence_name", "sequence_comment", "part_names", "option_words"})

#: Parts that are one thing under another name when they say the same (see ``split_renamed``).
_NAMELESS = ("indexes", "foreign_keys", "unique_constraints", "check_constraints", "exclusions")


#: What a column has from a parent's in the words that this has.
_HANDED_DOWN = ("type", "type_schema", "default", "generated", "collation")


def respell(old: Snapshot, same_old: Snapshot, new: Snapshot, same_new: Snapshot) -> Snapshot:
    """``new`` in the spelling of ``old`` wherever ``same_old`` and ``same_new`` are equal.

    ``same_old`` and ``same_new`` are the canonical forms of ``old`` and ``new``; names in
    them are cut to 63 bytes, all else is filed under the same keys.
    """
    if old == new:
        return old
    changed = {
        name: _map(
            getattr(old, name), getattr(same_old, name), getattr(new, name), getattr(same_new, name)
        )
        for name in _MAPS
    }
    changed["tables"] = _as_counted(old, new, _as_parents(old, new, changed["tables"]))
    return msgspec.structs.replace(new, **changed)


def _as_parents(old: Snapshot, new: Snapshot, spelled: dict[str, Table]) -> dict[str, Table]:
    """The tables; a new one says what it has from its parents in the words that they have now."""
    made = [table for name, table in new.tables.items() if name not in old.tables and table.parents]
    for table in sorted(made, key=lambda made: len(list(ancestors(made.id, new)))):
        for above in (key(*id_) for id_ in table.parents):
            if above in spelled and above in new.tables:
                child = spelled[key(*table.id)]
                columns = _as_columns(child, new.tables[above], spelled[above])
                spelled[key(*table.id)] = msgspec.structs.replace(child, columns=columns)
    return spelled


def _as_counted(old: Snapshot, new: Snapshot, spelled: dict[str, Table]) -> dict[str, Table]:
    """The tables; what counts with a parent's serial column does so, whatever its sequence is called.

    A sequence keeps its name when the table is renamed, and the default of a child names it.
    """
    children = (name for name, table in new.tables.items() if table.parents)
    for name in children:
        table, before = new.tables[name], old.tables.get(name)
        for above in ancestors(table.id, new) if before is not None and name in spelled else ():
            was, now = old.tables.get(key(*above)), new.tables.get(key(*above))
            if before and was and now:
                same = {
                    column: msgspec.structs.replace(mine, default=before.columns[column].default)
                    for column, mine in spelled[name].columns.items()
                    if _counts(table, now, column) and _counts(before, was, column)
                }
                columns = {**spelled[name].columns, **same}
                spelled[name] = msgspec.structs.replace(spelled[name], columns=columns)
    return spelled


def _counts(child: Table, parent: Table, column: str) -> bool:
    """Whether the column counts with the sequence of the parent's serial one."""
    mine, above = child.columns.get(column), parent.columns.get(column)
    return bool(
        mine
        and above
        and above.type != base_type(above)
        and mine.default == counted(parent.id, above)
    )


def _as_columns(child: Table, parent: Table, respelled: Table) -> dict[str, Column]:
    """The columns; what a parent said in the same words is said as it says it now."""
    columns = dict(child.columns)
    for name in columns.keys() & parent.columns.keys() & respelled.columns.keys():
        mine, was, now = columns[name], parent.columns[name], respelled.columns[name]
        same = {
            field: getattr(now, field)
            for field in _HANDED_DOWN
            if _is_same(getattr(mine, field), getattr(was, field))
        }
        columns[name] = msgspec.structs.replace(mine, **same)
    return columns


def _map(
    old: Mapping[str, V], same_old: Mapping[str, V], new: Mapping[str, V], same_new: Mapping[str, V]
) -> dict[str, V]:
    known = {truncate_key(name): name for name in old}
    spelled: dict[str, V] = {}
    for name, item in new.items():
        short = truncate_key(name)
        mine = known.get(short)
        if mine is None or short not in same_old or short not in same_new:
            spelled[name] = item
        else:
            spelled[mine] = _value(old[mine], same_old[short], item, same_new[short])
    return spelled


def _renamed(
    old: Mapping[str, V], same_old: Mapping[str, V], new: Mapping[str, V], same_new: Mapping[str, V]
) -> dict[str, V]:
    """``new`` with what says the same as a part that is gone in the words of that part."""
    gone = {
        _nameless(same_old[short]): item
        for name, item in old.items()
        if name not in new and (short := truncate_key(name)) in same_old
    }
    spelled = dict(new)
    for name in new.keys() - old.keys():
        short = truncate_key(name)
        twin = gone.get(_nameless(same_new[short])) if short in same_new else None
        if twin is not None:
            spelled[name] = msgspec.structs.replace(twin, name=new[name].name)  # type: ignore[attr-defined]
    return spelled


def _nameless(item: V) -> bytes:
    plain = msgspec.structs.replace(item, name="")
    return msgspec.json.encode(plain, order="deterministic")


def truncate_key(name: str) -> str:
    """A key of a snapshot's map as PostgreSQL cuts it; both parts of ``schema.name``."""
    if (len(name) <= 63 and name.isascii()) or name.endswith(")"):
        return name  # the types of a function are no name
    schema, dot, rest = name.partition(".")
    if dot and len(schema.encode()) <= 63 < len(rest.encode()):
        return f"{schema}.{truncate(rest)}"
    return name if dot else truncate(name)


def _value(old: Any, same_old: Any, new: Any, same_new: Any) -> Any:  # noqa: ANN401 - any two values of the model
    """``new`` with every field of ``old`` that means the same; ``old`` itself when all do."""
    # mostly they are the same one: then neither pair is compared field by field
    if same_old is same_new or old == new or same_old == same_new:
        return old
    if type(old) is not type(new):
        return new
    fields = {}
    for name in old.__struct_fields__:
        a, b = getattr(old, name), getattr(new, name)
        same_a, same_b = getattr(same_old, name), getattr(same_new, name)
        if name in _PARTS and isinstance(b, Mapping):
            fields[name] = _map(a, same_a, b, same_b)
            if name in _NAMELESS and a.keys() != b.keys():
                fields[name] = _renamed(a, same_a, fields[name], same_b)
        elif _is_same(same_a, same_b) or _is_no_difference(name, b):
            # the words of a number are others than those of its text
            is_apart = name == "default" and same_old.type != same_new.type
            fields[name] = b if is_apart else a
        elif isinstance(a, Value) and isinstance(b, Value):
            fields[name] = _value(a, same_a, b, same_b)
        else:
            fields[name] = b
    return type(new)(**fields)


def _is_no_difference(name: str, new: object) -> bool:
    """Whether a field makes no difference, or none where nothing is said of it."""
    return name in _HISTORY or (name == "not_null_name" and new is None)


def _is_same(a: object, b: object) -> bool:
    """1 and True are equal in Python and two different defaults in SQL."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)
