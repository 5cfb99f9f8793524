"""Everything in a snapshot that privileges are granted on, one by one.

Tables, views, sequences, functions and types hold their privileges themselves; schemas, columns
and the sequences of columns have no value of their own to hold them, and stand in maps by name.
``None`` means that nothing is said, and that what is granted stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from nbmigrate.model.names import PUBLIC
from nbmigrate.model.snapshot import Snapshot
from nbmigrate.model.tables import Grant

#: Who may do what, by role.
Grants = Mapping[str, Grant]

_FAMILIES = ("tables", "views", "sequences", "functions", "enums", "domains", "types")
#: The maps of grants by column, and the families that have them.
_BY_COLUMN = (
    ("tables", "column_privileges"),
    ("tables", "sequence_privileges"),
    ("views", "column_privileges"),
)
_SCHEMAS = "schema_privileges"


class Holder(NamedTuple):
    """What may hold privileges: the family and key of an object, and where in it they stand.

    ``inside`` is the map, and ``column`` the name in it, for a column or its sequence. A
    schema is of the family ``schemas``.
    """

    family: str
    key: str
    inside: str = ""
    column: str = ""

    def path(self, id_: tuple[str, ...], role: str) -> tuple[str, ...]:
        """The path of a grant: the object, nothing, and the role; no name in a database is empty.

        The sequence of a column has two of nothing, since the column itself may be granted too.
        """
        of_column = (self.column,) if self.column else ()
        apart = ("", "") if self.inside == "sequence_privileges" else ("",)
        return (*id_, *of_column, *apart, role)


def holders(snapshot: Snapshot) -> Iterator[tuple[Holder, Grants | None]]:
    """What holds privileges, and which; of columns and schemas those alone that have any."""
    for name, grants in snapshot.schema_privileges.items():
        yield Holder("schemas", name), grants
    for family in _FAMILIES:
        for key, item in getattr(snapshot, family).items():
            yield Holder(family, key), item.privileges
    for family, inside in _BY_COLUMN:
        for key, item in getattr(snapshot, family).items():
            for column, grants in getattr(item, inside).items():
                yield Holder(family, key, inside, column), grants


def grants_of(snapshot: Snapshot, holder: Holder) -> Grants | None:
    """What is granted on one of the holders that the snapshot has."""
    if holder.family == "schemas":
        return snapshot.schema_privileges.get(holder.key)
    item = getattr(snapshot, holder.family)[holder.key]
    found: Grants | None = (
        getattr(item, holder.inside).get(holder.column) if holder.inside else item.privileges
    )
    return found


def with_grants(snapshot: Snapshot, changed: Mapping[Holder, Grants | None]) -> Snapshot:
    """The snapshot with other privileges on some of what it has."""
    maps: dict[str, dict[str, Any]] = {}
    schemas = dict(snapshot.schema_privileges)
    for holder, grants in changed.items():
        if holder.family == "schemas":
            if holder.key in snapshot.schemas or holder.key == PUBLIC:
                schemas[holder.key] = grants or {}
            continue
        items = maps.setdefault(holder.family, dict(getattr(snapshot, holder.family)))
        if holder.key in items:
            items[holder.key] = _with(items[holder.key], holder, grants)
    return msgspec.structs.replace(snapshot, **maps, schema_privileges=schemas)


def _with(item: Any, holder: Holder, grants: Grants | None) -> Any:  # noqa: ANN401 - anything that has privileges
    if not holder.inside:
        return msgspec.structs.replace(item, privileges=grants)
    if holder.family == "tables" and holder.column not in item.columns:
        return item
    there = {**getattr(item, holder.inside), holder.column: grants or {}}
    return msgspec.structs.replace(item, **{holder.inside: there})


def without_grants(snapshot: Snapshot) -> Snapshot:
    """The snapshot without any privileges."""
    changed: dict[str, Any] = {family: _bare(getattr(snapshot, family)) for family in _FAMILIES}
    return msgspec.structs.replace(snapshot, **changed, **{_SCHEMAS: {}})


def _bare(items: Mapping[str, Any]) -> Mapping[str, Any]:
    bare = {name: _plain(item) for name, item in items.items()}
    return bare if any(bare[name] is not item for name, item in items.items()) else items


def _plain(item: Any) -> Any:  # noqa: ANN401 - anything that has privileges
    changed: dict[str, Any] = {} if item.privileges is None else {"privileges": None}
    changed |= {inside: {} for _, inside in _BY_COLUMN if getattr(item, inside, None)}
    return msgspec.structs.replace(item, **changed) if changed else item
