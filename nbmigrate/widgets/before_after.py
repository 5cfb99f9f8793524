"""One object before and after a plan, part by part: only what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nbmigrate.model import Snapshot, Table
from nbmigrate.operations import MoveTable, MoveView, RenameColumn, RenameTable, RenameView
from nbmigrate.plan import Plan
from nbmigrate.results.changes import Group
from nbmigrate.results.words import (
    check_text,
    column_text,
    exclusion_text,
    foreign_key_text,
    index_text,
    path,
    unique_text,
)

#: What it is, as it was, as it will be; empty where it is not.
Row = tuple[str, str, str]

_WORDS: Mapping[str, Callable[[Any], str]] = {
    "columns": column_text,
    "unique_constraints": unique_text,
    "check_constraints": check_text,
    "foreign_keys": foreign_key_text,
    "exclusions": exclusion_text,
    "indexes": index_text,
}


def before_after(plan: Plan, group: Group) -> tuple[Row, ...]:
    """The parts of a table that differ, or the text of a view or function before and after."""
    if group.change.sign in "+-":
        return ()
    old_name = _old_name(group)
    match group.kind:
        case "table":
            pair = _find("tables", plan, old_name, group.name)
            return tuple(_table_rows(*pair, _renamed_columns(group))) if all(pair) else ()
        case "view" | "materialized view":
            pair = _find("views", plan, old_name, group.name)
            return _texts(pair, "definition")
        case "function" | "procedure":
            return _texts(_find("functions", plan, old_name, group.name), "definition")
        case _:
            return ()


def _old_name(group: Group) -> str:
    for operation in group.operations:
        if isinstance(operation, RenameTable | MoveTable | RenameView | MoveView):
            return path(operation.old)
    return group.name


def _renamed_columns(group: Group) -> dict[str, str]:
    renames = (op for op in group.operations if isinstance(op, RenameColumn))
    return {rename.new: rename.old for rename in renames}


def _find(kind: str, plan: Plan, old: str, new: str) -> tuple[Any, Any]:
    return _named(kind, plan.old, old), _named(kind, plan.new, new)


def _named(kind: str, snapshot: Snapshot, name: str) -> Any:  # noqa: ANN401 - a value of any kind
    found: Mapping[str, Any] = getattr(snapshot, kind)
    return next((v for v in found.values() if _path_of(v) == name), None)


def _path_of(value: Any) -> str:  # noqa: ANN401 - a value of any kind
    return path(value.id) if hasattr(value, "id") else str(value.name)


def _texts(pair: tuple[Any, Any], field: str) -> tuple[Row, ...]:
    old, new = (str(getattr(value, field, "") or "") for value in pair)
    return ((field, old, new),) if old != new else ()


def _table_rows(old: Table, new: Table, renamed: Mapping[str, str]) -> Iterator[Row]:
    for kind, say in _WORDS.items():
        was: Mapping[str, Any] = getattr(old, kind, {})
        now: Mapping[str, Any] = getattr(new, kind, {})
        yield from _part_rows(was, now, say, renamed if kind == "columns" else {})


def _part_rows(
    was: Mapping[str, Any],
    now: Mapping[str, Any],
    say: Callable[[Any], str],
    renamed: Mapping[str, str],
) -> Iterator[Row]:
    seen = set()
    for name, part in now.items():
        before = renamed.get(name, name)
        seen.add(before)
        old, new = (say(was[before]) if before in was else ""), say(part)
        if old != new:
            yield name, old, new
    for name, part in was.items():
        if name not in seen:
            yield name, say(part), ""
