"""Renames: what was answered is applied to the old snapshot, so that all else matches by name.

The answers come as pairs of full paths. Which kind of object a path names is told
by its number of parts and by what the old snapshot holds. Renames of containers
come first; a path inside a renamed container may use its old or its new name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from nbmigrate.diff.rewording import requalified, reschemaed, reword_name
from nbmigrate.diff.rewrite import (
    move_object,
    rename_column,
    rename_key,
    rename_label,
    rename_part,
    rename_role,
    rename_schema,
)
from nbmigrate.diff.rewrite_functions import move_function, move_range, renamed_function
from nbmigrate.errors import RenameError
from nbmigrate.model import Function, RangeType, Rename, Snapshot, Table, View
from nbmigrate.model.names import format_path, key, primary_key_name
from nbmigrate.operations import (
    Id,
    MoveDomain,
    MoveEnum,
    MoveFunction,
    MoveSequence,
    MoveTable,
    MoveType,
    MoveView,
    Operation,
    RenameColumn,
    RenameConstraint,
    RenameDomain,
    RenameEnum,
    RenameEnumValue,
    RenameFunction,
    RenameIndex,
    RenamePolicy,
    RenameRole,
    RenameSchema,
    RenameSequence,
    RenameTable,
    RenameType,
    RenameView,
)


class Renamed(NamedTuple):
    """A snapshot under its new names, and the operations that give them."""

    snapshot: Snapshot
    operations: tuple[Operation, ...]


def apply_renames(old: Snapshot, new: Snapshot, renames: Iterable[Rename]) -> Renamed:
    """``old`` under the names of ``new``.

    A rename that both snapshots already agree on is passed over, so that an answer may
    stay in a cell after it was applied.

    Raises:
        RenameError: an end of a rename does not exist, or its new name is taken.
    """
    operations: list[Operation] = []
    rest = sorted(spelled_out(old, new, renames), key=lambda r: (len(r.old), _is_signature(r.old)))
    while rest:
        rename = next((r for r in rest if _is_next(r, rest)), rest[0])
        rest.remove(rename)
        current = _follow(rename, operations)
        if _is_done(old, new, current):
            continue
        old, found = _apply(old, new, current)
        operations += found
    return Renamed(old, tuple(operations))


def spelled_out(old: Snapshot, new: Snapshot, renames: Iterable[Rename]) -> list[Rename]:
    """The renames; a function that is named without its arguments with them, where one is meant."""
    return [
        Rename(before, _function_path(new, rename.new, _arguments(old, before)))
        for rename in renames
        for before in (_function_path(old, rename.old),)
    ]


def _function_path(
    snapshot: Snapshot, path: tuple[str, ...], arguments: str | None = None
) -> tuple[str, ...]:
    if len(path) != _OBJECT or kind_of(snapshot, path) is not None:
        return path
    named = [f for f in snapshot.functions.values() if (f.schema, f.name) == path]
    if len(named) > 1:
        named = [f for f in named if f.arguments == arguments]
    return named[0].id if len(named) == 1 else path


def _arguments(snapshot: Snapshot, path: tuple[str, ...]) -> str | None:
    function = snapshot.functions.get(key(*path)) if len(path) == _OBJECT else None
    return function.arguments if function else None


def _is_next(rename: Rename, rest: Sequence[Rename]) -> bool:
    """Containers first; a name is taken only when nothing still has to leave it."""
    return len(rename.old) == len(rest[0].old) and not any(r.old == rename.new for r in rest)


def _retyped(signature: str, old: Id, new: Id, *, is_renamed: bool = False) -> str:
    """The signature with a type of its arguments under another schema, or name."""

    def change(arguments: str) -> str:
        arguments = requalified(arguments, old, new, spell_public=False)
        return reword_name(arguments, old[1], new[1]) if is_renamed else arguments

    return _with_arguments(signature, change)


def _with_arguments(signature: str, change: Callable[[str], str]) -> str:
    at = _arguments_at(signature)
    return signature[:at] + change(signature[at:])


def _arguments_at(signature: str) -> int:
    """Where the arguments begin; in the name before them, which is not quoted, anything may stand."""
    depth, is_quoted = 0, False
    for at in range(len(signature) - 1, -1, -1):
        is_quoted ^= signature[at] == '"'
        if not is_quoted:
            depth += {")": 1, "(": -1}.get(signature[at], 0)
        if not depth:
            return at
    return len(signature)


def _follow(rename: Rename, operations: Iterable[Operation]) -> Rename:
    """The rename with containers under the names they have by now."""
    old = rename.old
    for op in operations:
        match op:
            case RenameSchema(old=a, new=b) if len(old) > 1:
                old = (b if old[0] == a else old[0], *old[1:])
                if _is_signature(old):
                    old = (old[0], _with_arguments(old[1], partial(reschemaed, old=a, new=b)))
            case RenameTable(old=a, new=b) | MoveTable(old=a, new=b) if (
                len(old) > 2 and old[:2] == a
            ):
                old = (*b, *old[2:])
            case RenameEnum(old=a, new=b) | MoveEnum(old=a, new=b) if len(old) > 2 and old[:2] == a:
                old = (*b, *old[2:])
            case (
                RenameTable(old=a, new=b)
                | RenameEnum(old=a, new=b)
                | RenameDomain(old=a, new=b)
                | RenameType(old=a, new=b)
            ) if _is_signature(old):  # its arguments are of a type that has another name by now
                old = (old[0], _retyped(old[1], a, b, is_renamed=True))
            case MoveEnum(old=a, new=b) | MoveDomain(old=a, new=b) | MoveType(old=a, new=b) if (
                _is_signature(old)
            ):
                old = (old[0], _retyped(old[1], a, b))
            case _:
                pass
    return Rename(old, rename.new)


def _is_done(old: Snapshot, new: Snapshot, rename: Rename) -> bool:
    """True when the new name is there, and the old one is gone or is that of another thing now."""
    if kind_of(old, rename.new) is None or kind_of(new, rename.new) is None:
        return False
    return kind_of(old, rename.old) is None or kind_of(new, rename.old) is not None


def is_waiting(rename: Rename, old: Snapshot, others: Iterable[Rename]) -> bool:
    """True when the old name is there; what it is in may be called as the other renames leave it."""
    before, path = {other.new: other.old for other in others}, rename.old
    for length in range(len(path) - 1, 0, -1):
        if kind_of(old, path) is not None:
            return True
        path = (*before.get(path[:length], path[:length]), *path[length:])
    return kind_of(old, path) is not None


def _is_signature(path: tuple[str, ...]) -> bool:
    return len(path) == _OBJECT and path[1].endswith(")")


_OBJECT = 2
_FAMILIES = ("tables", "enums", "domains", "types", "views", "sequences", "functions")
_PARTS = (
    "columns",
    "policies",
    "indexes",
    "unique_constraints",
    "check_constraints",
    "foreign_keys",
    "composite_primary_keys",
)


def is_there(snapshot: Snapshot, path: tuple[str, ...]) -> bool:
    """Whether the snapshot has what a rename calls so: a function may be named without its arguments."""
    called: set[tuple[str, ...]] = {(f.schema, f.name) for f in snapshot.functions.values()}
    return kind_of(snapshot, path) is not None or path in called


def kind_of(snapshot: Snapshot, path: tuple[str, ...]) -> str | None:
    """Which map of the snapshot, or of its table, holds the object; ``None`` when none does."""
    match path:
        case (name,):
            kinds = [k for k in ("schemas", "roles") if name in getattr(snapshot, k)]
        case (schema, name):
            kinds = [k for k in _FAMILIES if key(schema, name) in getattr(snapshot, k)]
        case (schema, container, name):
            table = snapshot.tables.get(key(schema, container))
            enum = snapshot.enums.get(key(schema, container))
            kinds = [k for k in _PARTS if table and name in getattr(table, k)]
            kinds += ["primary_key_name"] if table and name == key_name(table) else []
            kinds += ["labels"] if enum and name in enum.values else []
        case _:
            kinds = []
    return kinds[0] if kinds else None


def _apply(old: Snapshot, new: Snapshot, rename: Rename) -> tuple[Snapshot, list[Operation]]:
    kind = kind_of(old, rename.old)
    if kind is None:
        message = f"cannot rename {rename}: there is no `{format_path(*rename.old)}`"
        raise RenameError(message, rename=str(rename), hint=_known(old, rename.old))
    if kind_of(new, rename.new) is None:
        message = f"cannot rename {rename}: `{format_path(*rename.new)}` is not declared"
        raise RenameError(message, rename=str(rename), hint=_known(new, rename.new))
    if kind_of(old, rename.new) is not None or len(rename.old) != len(rename.new):
        message = f"cannot rename {rename}: `{format_path(*rename.new)}` is there already"
        raise RenameError(message, rename=str(rename), hint="drop it in a step of its own first")
    return _rename(old, new, kind, rename)


def _known(snapshot: Snapshot, path: tuple[str, ...]) -> str:
    match path:
        case (_,):
            names = [*snapshot.schemas, *snapshot.roles]
        case (_, _):
            names = [n for family in _FAMILIES for n in getattr(snapshot, family)]
        case (schema, container, _):
            table = snapshot.tables.get(key(schema, container), Table(name=container))
            names = [n for part in _PARTS for n in getattr(table, part)]
        case _:
            names = []
    listed = ", ".join(sorted(names)[:12])
    return f"known here: {listed}" if listed else "write SCHEMA.TABLE or SCHEMA.TABLE.COLUMN"


def _rename(
    old: Snapshot, new: Snapshot, kind: str, rename: Rename
) -> tuple[Snapshot, list[Operation]]:
    a, b = rename.old[-1], rename.new[-1]
    match kind:
        case "schemas":
            return rename_schema(old, a, b), [RenameSchema(old=a, new=b)]
        case "roles":
            return rename_role(old, a, b), [RenameRole(old=a, new=b)]
        case "labels":
            id_ = (rename.old[0], rename.old[1])
            return rename_label(old, id_, a, b), [RenameEnumValue(id=id_, old=a, new=b)]
        case "functions":
            return _rename_function(old, new, rename)
        case "tables" | "enums" | "domains" | "types" | "views" | "sequences":
            return _rename_object(old, kind, rename)
        case _:
            return _rename_part(old, kind, rename)


def _rename_function(
    old: Snapshot, new: Snapshot, rename: Rename
) -> tuple[Snapshot, list[Operation]]:
    before = old.functions[key(*rename.old)]
    after = new.functions.get(key(*rename.new))
    if after is None or (before.kind, before.arguments) != (after.kind, after.arguments):
        message = f"cannot rename {rename}: the arguments of a {before.kind} stay what they are"
        hint = f'--drop "{format_path(*rename.old)}", and the new one is made'
        raise RenameError(message, rename=str(rename), hint=hint)
    operations: list[Operation] = []
    current = before
    for step in _function_steps(old, before, after):
        made = renamed_function(current, step)
        operation = RenameFunction if made.name != current.name else MoveFunction
        operations.append(operation(old=current, new=made))
        current = made
    return move_function(old, before, current), operations


def _function_steps(old: Snapshot, before: Function, after: Function) -> Iterator[Id]:
    """Into the other schema and to the other name, in the order in which both are free."""
    name = before.name
    if before.schema != after.schema:
        is_free = key(after.schema, before.signature) not in old.functions
        if not is_free:
            name = after.name
            yield (before.schema, name)
        yield (after.schema, name)
    if name != after.name:
        yield (after.schema, after.name)


def _rename_object(old: Snapshot, kind: str, rename: Rename) -> tuple[Snapshot, list[Operation]]:
    start, end = (rename.old[0], rename.old[1]), (rename.new[0], rename.new[1])
    item = getattr(old, kind)[key(*start)]
    operations: list[Operation] = []
    if start[0] == end[0] or start[1] == end[1]:
        say = _name if start[0] == end[0] else _move
        operations.append(say(kind, start, end, item))
    elif kind_of(old, (end[0], start[1])) is None:
        middle = (end[0], start[1])
        operations.append(_move(kind, start, middle, item))
        operations.append(_name(kind, middle, end, item))
    else:  # the old name is taken in the new schema
        operations += _pass(old, kind, start, end, item)
    moved = move_object(old, kind, start, end)
    made = moved.types.get(key(*end))
    if isinstance(item, RangeType) and isinstance(made, RangeType):
        moved = move_range(moved, item, made)
    return moved, operations


def _pass(
    old: Snapshot, kind: str, start: tuple[str, str], end: tuple[str, str], item: object
) -> Iterator[Operation]:
    """Rename first, then move; under a passing name when the new one is taken in the old schema."""
    is_free = kind_of(old, (start[0], end[1])) is None
    middle = (start[0], end[1] if is_free else _passing_name(start))
    moved = (end[0], middle[1])
    keys = _free_key_name(old, start, middle)
    yield _name(kind, start, middle, item)
    yield from keys
    yield _move(kind, middle, moved, item)
    if moved != end:
        yield _name(kind, moved, end, item)
        for key_ in keys:
            yield msgspec.structs.replace(key_, table=end, old=key_.new, new=f"{end[1]}_pkey")


def _passing_name(identifier: tuple[str, str]) -> str:
    """A name for the time between two statements that nothing else has."""
    return f"nbmigrate_{hashlib.sha256(format_path(*identifier).encode()).hexdigest()[:16]}"


def _free_key_name(
    old: Snapshot, start: tuple[str, str], middle: tuple[str, str]
) -> list[RenameConstraint]:
    """The index of a primary key moves too; its name is that of the table it was made with."""
    table = old.tables.get(key(*start))
    name = key_name(table) if table else None
    if name is None:
        return []
    return [RenameConstraint(table=middle, kind="primary key", old=name, new=f"{middle[1]}_pkey")]


def _move(kind: str, old: Id, new: Id, item: object) -> Operation:
    match kind:
        case "tables":
            return MoveTable(old=old, new=new)
        case "enums":
            return MoveEnum(old=old, new=new)
        case "sequences":
            return MoveSequence(old=old, new=new)
        case "domains":
            return MoveDomain(old=old, new=new)
        case "types":
            return MoveType(old=old, new=new, range=_range(item))
        case _:
            return MoveView(old=old, new=new, materialized=_is_materialized(item))


def _name(kind: str, old: Id, new: Id, item: object) -> Operation:
    match kind:
        case "tables":
            return RenameTable(old=old, new=new)
        case "enums":
            return RenameEnum(old=old, new=new)
        case "sequences":
            return RenameSequence(old=old, new=new)
        case "domains":
            return RenameDomain(old=old, new=new)
        case "types":
            return RenameType(old=old, new=new, range=_range(item))
        case _:
            return RenameView(old=old, new=new, materialized=_is_materialized(item))


def _range(item: object) -> RangeType | None:
    return item if isinstance(item, RangeType) else None


def _is_materialized(item: object) -> bool:
    return isinstance(item, View) and item.materialized


def key_name(table: Table) -> str | None:
    """The name of a primary key of one column; PostgreSQL's own when it was given none."""
    if not table.primary_key_columns or table.composite_primary_keys:
        return None
    return table.primary_key_name or primary_key_name(table.name)


def _rename_part(old: Snapshot, kind: str, rename: Rename) -> tuple[Snapshot, list[Operation]]:
    table = (rename.old[0], rename.old[1])
    a, b = rename.old[2], rename.new[2]
    operation: Operation
    match kind:
        case "columns":
            return rename_column(old, table, a, b), [RenameColumn(table=table, old=a, new=b)]
        case "policies":
            operation = RenamePolicy(table=table, old=a, new=b)
        case "indexes":
            operation = RenameIndex(table=table, old=a, new=b)
        case "unique_constraints":
            operation = RenameConstraint(table=table, kind="unique", old=a, new=b)
        case "check_constraints":
            operation = RenameConstraint(table=table, kind="check", old=a, new=b)
        case "foreign_keys":
            operation = RenameConstraint(table=table, kind="foreign key", old=a, new=b)
        case "primary_key_name":
            operation = RenameConstraint(table=table, kind="primary key", old=a, new=b)
            return rename_key(old, table, b), [operation]
        case _:
            operation = RenameConstraint(table=table, kind="primary key", old=a, new=b)
    return rename_part(old, table, kind, a, b), [operation]
