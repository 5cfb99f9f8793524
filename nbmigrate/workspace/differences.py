"""Two snapshots compared part by part, in words: also what no operation changes yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from nbmigrate.model import Extension, Policy, Snapshot, View, format_path
from nbmigrate.model.names import PUBLIC

_SINGULAR = {"indexes": "index", "policies": "policy", "statistics": "statistics"}
#: What is read of a view but never compared, and what says where a thing is.
_SKIPPED = {
    (View, "columns"),
    (Policy, "on"),
    (Policy, "schema"),
    (Extension, "schema"),
}


def differences(old: Snapshot, new: Snapshot) -> Iterator[str]:
    """What of ``old`` is not the same in ``new``, and what only ``new`` has."""
    for family in old.__struct_fields__:
        here, there = getattr(old, family), getattr(new, family)
        for name in here.keys() | there.keys():
            what = f"{_word(family)} {_path(here.get(name, there.get(name)), name)}"
            yield from _between(here.get(name), there.get(name), what)


def _between(old: object, new: object, what: str) -> Iterator[str]:
    """Both ends of one thing; ``None`` where there is none."""
    if old == new:
        return
    if new is None and isinstance(old, msgspec.Struct):
        yield what
    elif old is None and isinstance(new, msgspec.Struct):
        yield f"no {what}"
    elif isinstance(old, msgspec.Struct) and isinstance(new, msgspec.Struct):
        yield from _inside(old, new, what)
    else:
        yield what


def _inside(old: msgspec.Struct, new: msgspec.Struct, what: str) -> Iterator[str]:
    for field in old.__struct_fields__:
        mine, theirs = getattr(old, field), getattr(new, field, None)
        if mine == theirs or (type(old), field) in _SKIPPED:
            continue
        if not _is_family(mine) and not _is_family(theirs):
            yield f"{field.replace('_', ' ')} of {what}"
            continue
        here, there = mine or {}, theirs or {}
        for name in here.keys() | there.keys():
            part = f"{_word(field)} {format_path(name)} of {what}"
            yield from _between(here.get(name), there.get(name), part)


def _is_family(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    return any(isinstance(item, msgspec.Struct) for item in value.values())


def _word(family: str) -> str:
    return _SINGULAR.get(family, family.removesuffix("s")).replace("_", " ")


def _path(item: object, name: str) -> str:
    """The path of a thing as in a flag, public left out."""
    found = getattr(item, "id", None)
    if found is None:
        return format_path(name)
    schema, own = found
    return format_path(own) if schema == PUBLIC else format_path(schema, own)
