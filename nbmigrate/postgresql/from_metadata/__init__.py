"""SQLAlchemy MetaData -> Snapshot.

Everything is said as drizzle-kit says it: names of what the author left unnamed, the
spelling of types, numbers as text. A declaration that a snapshot cannot hold is an
error that names the table and column; nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import sqlalchemy as sa
from msgspec.structs import replace

from nbmigrate import model
from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import Snapshot, format_path, key
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.defined import identified, implied_family
from nbmigrate.postgresql.from_metadata.indexes import indexes
from nbmigrate.postgresql.from_metadata.names import checked, column_path, schema_name
from nbmigrate.postgresql.from_metadata.renames import table_renames
from nbmigrate.postgresql.from_metadata.sequences import sequence_of
from nbmigrate.postgresql.from_metadata.sqltext import query_text
from nbmigrate.postgresql.from_metadata.tables import table_of
from nbmigrate.postgresql.from_metadata.targets import Known
from nbmigrate.postgresql.from_metadata.types import enum_of
from nbmigrate.postgresql.signatures import read_signature

#: Where :mod:`nbmigrate.schema` keeps its values; that module is beside this one, not below.
_INFO_KEY = "nbmigrate"


_SYSTEM_SCHEMAS = frozenset({None, "pg_catalog"})


class Addition(Protocol):
    """A value of :mod:`nbmigrate.schema`: a view, policy, role, function, trigger ..."""

    is_late: ClassVar[bool]

    def into(self, snapshot: Snapshot, sql: Callable[[object], str]) -> Snapshot:
        """The snapshot with this thing in it."""

    def index_table(self) -> sa.Table | None:
        """A Table that has the indexes of this thing, if there are any."""

    def renames(self) -> tuple[str, ...]:
        """The renames this thing declares."""


@dataclass(frozen=True)
class Parts:
    """What a snapshot is made of; ``known`` are other tables that foreign keys point to."""

    tables: tuple[sa.Table, ...] = ()
    sequences: tuple[sa.Sequence, ...] = ()
    enums: tuple[sa.Enum, ...] = ()
    additions: tuple[Addition, ...] = ()
    known: Known = field(default_factory=dict)


def from_metadata(metadata: sa.MetaData) -> Snapshot:
    """The schema that the MetaData declares.

    Raises:
        UnsupportedTypeError: a column's type is none of PostgreSQL's.
        DuplicateObjectError: two things have one name.
        DeclarationError: anything else that cannot be expressed.
    """
    return from_parts(parts_of(metadata))


def parts_of(metadata: sa.MetaData) -> Parts:
    """Everything that is attached to the MetaData."""
    return Parts(
        tables=tuple(metadata.tables.values()),
        sequences=tuple(metadata._sequences.values()),  # noqa: SLF001 - no public list of them
        enums=tuple(_enum_types(metadata)),
        additions=tuple(metadata.info.get(_INFO_KEY, ())),
    )


def from_parts(parts: Parts) -> Snapshot:
    """The schema that the parts make; errors as :func:`from_metadata`."""
    own = {_id(table): tuple(str(c.name) for c in table.columns) for table in parts.tables}
    known = {**parts.known, **own}
    tables: dict[str, model.Table] = {}
    for table in parts.tables:
        name = key(*_id(table))
        if name in tables:
            path = format_path(*_id(table))
            raise DuplicateObjectError(f"table `{path}` is declared twice", source=path)
        tables[name] = table_of(table, known)
    snapshot = Snapshot(tables=tables, enums=_enums(parts), sequences=_sequences(parts), schemas={})
    placed = replace(snapshot, schemas=_schemas(snapshot, Snapshot()))
    return with_additions(placed, parts.additions)


def with_additions(
    snapshot: Snapshot, additions: Iterable[Addition], *, lenient: bool = False
) -> Snapshot:
    """The snapshot with views, policies, roles and row security; its schemas follow.

    ``lenient`` leaves out what does not fit, as the part of another cell may not be there.
    """
    given = snapshot
    for addition in sorted(additions, key=lambda a: a.is_late):
        try:
            added = _identified(addition.into(snapshot, query_text), snapshot)
            snapshot = _with_indexes(added, addition.index_table())
        except DeclarationError:
            if not lenient:
                raise
    return replace(snapshot, schemas={**snapshot.schemas, **_schemas(snapshot, given)})


def _with_indexes(snapshot: Snapshot, table: sa.Table | None) -> Snapshot:
    """The snapshot with the indexes of a table as those of the view in whose place it is."""
    if table is None:
        return snapshot
    name = key(*_id(table))
    view = replace(snapshot.views[name], indexes=indexes(table))
    return replace(snapshot, views={**snapshot.views, name: view})


def _identified(snapshot: Snapshot, before: Snapshot) -> Snapshot:
    """Functions and definitions under the names that their texts say; those in ``before`` are."""
    snapshot = _read_signatures(snapshot, before)
    if snapshot.definitions is before.definitions or all(
        name == key(*found.id) for name, found in snapshot.definitions.items()
    ):
        return snapshot
    read: dict[str, model.Definition] = {}
    for name, found in snapshot.definitions.items():
        known = found if name == key(*found.id) else identified(found)
        if key(*known.id) in read:
            path = format_path(known.schema, known.name)
            raise DuplicateObjectError(f"{known.kind} `{path}` is declared twice", source=path)
        read[key(*known.id)] = known
    for family in filter(None, map(implied_family, tuple(read.values()))):
        read.setdefault(key(*family.id), family)
    return replace(snapshot, definitions=read)


def _read_signatures(snapshot: Snapshot, before: Snapshot) -> Snapshot:
    """The functions that are not in ``before`` under the types by which they are called."""
    found = dict(snapshot.functions)
    for name, function in snapshot.functions.items():
        if before.functions.get(name) is function:
            continue  # most of them, each time that one more is added
        read = function
        if name != key(*function.id) or not (function.parameters or function.returns):
            parameters, returns = read_signature(function.definition)
            read = replace(function, parameters=parameters, returns=returns)
        del found[name]
        if key(*read.id) in found:
            path = format_path(*read.id)
            raise DuplicateObjectError(f"{read.kind} `{path}` is declared twice", source=path)
        found[key(*read.id)] = read
    return replace(snapshot, functions=found)


def declared_renames(metadata: sa.MetaData) -> tuple[str, ...]:
    """The renames declared by ``info={"renamed_from": "old"}``, as ``OLD->NEW``."""
    return renames_of(parts_of(metadata))


def renames_of(parts: Parts) -> tuple[str, ...]:
    """The renames that the parts declare."""
    own = [rename for table in parts.tables for rename in table_renames(table)]
    return (*own, *(rename for addition in parts.additions for rename in addition.renames()))


def _id(table: sa.Table) -> tuple[str, str]:
    return (schema_name(table.schema), str(table.name))


def _enum_types(metadata: sa.MetaData) -> Iterator[sa.Enum]:
    """Enums attached to the MetaData itself, used by a column or not (SQLAlchemy 2.1 lists them)."""
    for item in getattr(metadata, "_objects", ()):
        if isinstance(item, sa.Enum):
            yield item


def _enums(parts: Parts) -> dict[str, model.Enum]:
    found: dict[str, model.Enum] = {}
    for table in parts.tables:
        for column in table.columns:
            where = column_path(table, str(column.name))
            _add_enum(found, enum_of(column.type, where), where)
    loose = (enum_of(declared, str(declared.name)) for declared in parts.enums)
    for enum in sorted((e for e in loose if e), key=lambda e: e.id):
        _add_enum(found, enum, format_path(*enum.id))
    return found


def _add_enum(found: dict[str, model.Enum], enum: model.Enum | None, where: str) -> None:
    if enum is None:
        return
    name = key(*enum.id)
    if found.setdefault(name, enum) != enum:
        raise DuplicateObjectError(
            f"enum `{format_path(*enum.id)}` is declared with the labels "
            f"{', '.join(found[name].values)} and with {', '.join(enum.values)}",
            source=where,
        )


def _sequences(parts: Parts) -> dict[str, model.Sequence]:
    found: dict[str, model.Sequence] = {}
    for declared in (*parts.sequences, *_column_sequences(parts.tables)):
        if declared.optional:
            continue  # only for databases that have no serial columns
        sequence = sequence_of(declared)
        name = key(*sequence.id)
        if found.setdefault(name, sequence) != sequence:
            path = format_path(*sequence.id)
            raise DuplicateObjectError(f"sequence `{path}` is declared in two ways", source=path)
    return found


def _column_sequences(tables: Iterable[sa.Table]) -> Iterator[sa.Sequence]:
    """Sequences that are the default of a column."""
    for table in tables:
        for column in table.columns:
            default = column.default
            if isinstance(default, sa.Sequence):
                yield default


#: What is in a schema of its own.
_PLACED = (
    *("tables", "enums", "sequences", "views"),
    *("domains", "types", "functions", "definitions", "extensions"),
)


def _schemas(snapshot: Snapshot, before: Snapshot) -> dict[str, str]:
    """The schemas that anything is in, but public; without the families that are as in ``before``."""
    changed = [f for f in _PLACED if getattr(snapshot, f) is not getattr(before, f)]
    things = [thing for family in changed for thing in getattr(snapshot, family).values()]
    used = {x.schema for x in things if not getattr(x, "is_existing", False)}
    names = sorted(name for name in used - _SYSTEM_SCHEMAS if name and name != PUBLIC)
    return {checked(name, kind="schema"): name for name in names}
