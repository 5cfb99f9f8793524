"""One snapshot of many, and the paths of what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from nbmigrate.errors import DuplicateObjectError
from nbmigrate.model import Grant, Snapshot, Table, View, format_path
from nbmigrate.model.holders import holders

#: The names of a thing, outermost first: schema, table, column.
Path = tuple[str, ...]

_KINDS = (
    *("tables", "views", "sequences", "enums", "roles", "policies"),
    *("extensions", "domains", "types", "functions", "definitions"),
)

#: Equal declarations of one enum in two cells are one; two tables never are.
_SHARED = ("enums", "extensions")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def union(parts: Iterable[tuple[str, Snapshot]]) -> Snapshot:
    """The snapshots of all cells as one; each comes with the name of its cell.

    Raises:
        DuplicateObjectError: when two cells declare one object.
    """
    maps: dict[str, dict[str, object]] = {kind: {} for kind in _KINDS}
    schemas: dict[str, str] = {}
    comments: dict[str, str] = {}
    grants: dict[str, dict[str, Grant]] = {}
    owners: dict[tuple[str, str], str] = {}
    for cell, snapshot in parts:
        schemas.update(snapshot.schemas)
        comments.update(snapshot.schema_comments)
        for name, granted in snapshot.schema_privileges.items():
            grants[name] = {**grants.get(name, {}), **granted}
        for kind in _KINDS:
            for name, value in getattr(snapshot, kind).items():
                _claim(owners, kind, name, cell, same=maps[kind].get(name) == value)
                maps[kind][name] = value
    return Snapshot(
        schemas=schemas,
        schema_comments=comments,
        schema_privileges=grants,
        **maps,  # type: ignore[arg-type]  # each map is of its kind
    )


def _claim(
    owners: dict[tuple[str, str], str], kind: str, name: str, cell: str, *, same: bool
) -> None:
    """Note whose an object is; tables, views and sequences share one space of names."""
    space = "tables" if kind in ("tables", "views", "sequences") else kind
    owner = owners.setdefault((space, name), cell)
    if owner == cell or (kind in _SHARED and same):
        return
    what = "table" if space == "tables" else kind.removesuffix("s")
    raise declared_twice(f"{what} `{name}`", owner, cell)


def declared_twice(what: str, owner: str, cell: str) -> DuplicateObjectError:
    """The error about one object in two cells."""
    return DuplicateObjectError(
        f"{what} is declared in `{owner}` and again in `{cell}`",
        hint=f"remove it from one of them, or give both cells one name to replace `{owner}`",
    )


def object_paths(snapshot: Snapshot) -> tuple[str, ...]:
    """The paths of everything that stands by itself: tables, enums, views, roles ..."""
    return tuple(format_path(*path) for path in _objects(snapshot))


def all_paths(snapshot: Snapshot) -> frozenset[Path]:
    """The paths of everything, with the columns, constraints and indexes of tables."""
    inside = (path for table in snapshot.tables.values() for path in _inside(table))
    hanging = (path for view in snapshot.views.values() for path in _hanging(view))
    return frozenset((*_objects(snapshot), *inside, *hanging, *_granted(snapshot)))


def _granted(snapshot: Snapshot) -> Iterator[Path]:
    """The paths of the grants."""
    for holder, grants in holders(snapshot):
        for role in grants or ():
            if holder.family == "schemas":
                yield holder.path((holder.key,), role)
            else:
                yield holder.path(getattr(snapshot, holder.family)[holder.key].id, role)


def _objects(snapshot: Snapshot) -> tuple[Path, ...]:
    kinds = (snapshot.tables, snapshot.enums, snapshot.sequences, snapshot.views)
    found: list[Path] = [item.id for kind in kinds for item in kind.values()]
    found += [item.id for item in snapshot.domains.values()]
    found += [item.id for item in snapshot.types.values()]
    found += [item.id for item in snapshot.functions.values()]
    found += [item.id for item in snapshot.definitions.values()]
    found += [(name,) for name in (*snapshot.roles, *snapshot.schemas, *snapshot.extensions)]
    found += [(policy.name,) for policy in snapshot.policies.values()]
    return tuple(dict.fromkeys(found))


def _inside(table: Table) -> Iterator[Path]:
    groups: tuple[Mapping[str, _Named], ...] = (
        table.columns,
        table.indexes,
        table.foreign_keys,
        table.composite_primary_keys,
        table.unique_constraints,
        table.check_constraints,
        table.exclusions,
        table.statistics,
        table.policies,
    )
    for group in groups:
        for item in group.values():
            yield (*table.id, item.name)
    yield from _hanging(table)


def _hanging(item: Table | View) -> Iterator[Path]:
    indexes = item.indexes if isinstance(item, View) else ()
    for name in (*indexes, *item.triggers, *item.rules):
        yield (*item.id, name)
