"""Operations on extensions, types, functions, triggers and rules, replayed in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from nbmigrate import operations as o
from nbmigrate.model import Snapshot, key

change = msgspec.structs.replace
Items = Mapping[str, Any]


class Missing(AssertionError):
    """An operation on something that is not there, or is there already."""


def step(op: o.Operation, snapshot: Snapshot) -> Snapshot | None:
    """The snapshot after the operation; ``None`` when it is none of these."""
    name = type(op).__name__
    for family, attribute in (
        ("extensions", "extension"),
        ("domains", "domain"),
        ("types", "type"),
        ("functions", "function"),
        ("definitions", "definition"),
    ):
        if name.endswith(attribute.capitalize()):
            items = getattr(snapshot, family)
            return change(snapshot, **{family: _changed(op, items, attribute, _key)})
    for family, attribute in (("triggers", "trigger"), ("rules", "rule")):
        if name.endswith(attribute.capitalize()):
            return _hang(op, snapshot, family, attribute)
    return None


def _key(item: Any) -> str:
    return key(*item.id) if hasattr(item, "id") else item.name


def _changed(
    op: Any, items: Items, attribute: str, name_of: Callable[[Any], str]
) -> dict[str, Any]:
    kind = type(op).__name__
    if kind.startswith("Create"):
        item = getattr(op, attribute)
        if name_of(item) in items:
            raise Missing(f"{name_of(item)} is there already")
        return {**items, name_of(item): item}
    before = getattr(op, attribute) if hasattr(op, attribute) else op.old
    if name_of(before) not in items:
        raise Missing(f"there is no {name_of(before)}; there is {sorted(items)}")
    rest = {n: item for n, item in items.items() if n != name_of(before)}
    if kind.startswith("Drop"):
        return rest
    after = getattr(op, attribute) if hasattr(op, attribute) else op.new
    return {**rest, name_of(after): after}


def _hang(op: Any, snapshot: Snapshot, family: str, attribute: str) -> Snapshot:
    where = key(*op.table)
    owners = "tables" if where in snapshot.tables else "views"
    there = getattr(snapshot, owners)
    if where not in there:
        raise Missing(f"there is no {where}")
    parts = _changed(op, getattr(there[where], family), attribute, lambda part: part.name)
    return change(snapshot, **{owners: {**there, where: change(there[where], **{family: parts})}})


_SPOKEN = re.compile(r"('(?:[^']|'')*'|\$(\w*)\$.*?\$\2\$)", re.DOTALL)


def follow(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    """What PostgreSQL shows after a name changed: everything but strings and quoted bodies."""

    def say(text: str | None) -> str | None:
        if text is None:
            return None
        parts, at = [], 0
        for found in _SPOKEN.finditer(text):
            parts += [_word(text[at : found.start()], old, new), found[0]]
            at = found.end()
        return "".join([*parts, _word(text[at:], old, new)])

    def hang(item: Any) -> Any:
        maps = {
            part: {
                n: change(i, definition=say(i.definition)) for n, i in getattr(item, part).items()
            }
            for part in ("triggers", "rules")
        }
        return change(item, **maps)

    def function(item: Any) -> Any:
        parameters = tuple(
            change(p, type=say(p.type), default=say(p.default)) for p in item.parameters
        )
        definition = say(item.definition)
        return change(item, parameters=parameters, returns=say(item.returns), definition=definition)

    def made(item: Any) -> Any:
        if hasattr(item, "attributes"):
            return change(
                item, attributes=tuple(change(a, type=say(a.type)) for a in item.attributes)
            )
        return change(item, type=say(item.type)) if hasattr(item, "type") else item

    functions = {key(*f.id): f for f in map(function, snapshot.functions.values())}
    domains = {n: made(d) for n, d in snapshot.domains.items()}
    snapshot = change(
        snapshot, domains=domains, types={n: made(t) for n, t in snapshot.types.items()}
    )
    tables = {n: hang(t) for n, t in snapshot.tables.items()}
    views = {n: hang(v) for n, v in snapshot.views.items()}
    return change(snapshot, functions=functions, tables=tables, views=views)


def follow_call(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    """What PostgreSQL shows after a function got another name: wherever it is called."""

    def say(value: Any) -> Any:
        if isinstance(value, str):
            parts = _SPOKEN.split(value)[::3]
            spoken = [found[0] for found in _SPOKEN.finditer(value)]
            parts = [re.sub(rf"\b{old}\b(?=\s*\()", new, part) for part in parts]
            return "".join(p + s for p, s in zip(parts, [*spoken, ""], strict=True))
        if isinstance(value, dict):
            return {say(k): say(v) for k, v in value.items()}
        return [say(v) for v in value] if isinstance(value, list | tuple) else value

    return msgspec.convert(say(msgspec.to_builtins(snapshot)), Snapshot)


def rename_function(op: o.RenameFunction | o.MoveFunction, snapshot: Snapshot) -> Snapshot:
    """The function under its new name, with all that calls it."""
    where = key(*op.old.id)
    if where not in snapshot.functions:
        raise Missing(f"there is no {where}; there is {sorted(snapshot.functions)}")
    rest = {n: f for n, f in snapshot.functions.items() if n != where}
    snapshot = change(snapshot, functions=rest)
    if op.old.name != op.new.name and all(f.name != op.old.name for f in rest.values()):
        snapshot = follow_call(snapshot, op.old.name, op.new.name)
    return change(snapshot, functions={**snapshot.functions, key(*op.new.id): op.new})


def _word(text: str, old: str, new: str) -> str:
    return re.sub(rf"\b{re.escape(old)}\b(?!\s*\()", lambda _: new, text)


def reschema(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    """The domains, types and functions of a schema under its new name."""
    maps = {}
    for family in ("domains", "types", "functions", "definitions"):
        items = getattr(snapshot, family).values()
        moved = (change(i, schema=new) if i.schema == old else i for i in items)
        maps[family] = {key(*item.id): item for item in moved}
    tables = {
        n: change(
            table,
            columns={
                m: change(c, type_schema=new) if c.type_schema == old else c
                for m, c in table.columns.items()
            },
        )
        for n, table in snapshot.tables.items()
    }
    return follow(change(snapshot, **maps, tables=tables), old, new)
