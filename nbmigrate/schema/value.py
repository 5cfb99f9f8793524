"""What every value of a schema is: attached to a MetaData, and put into a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from msgspec.structs import replace

from nbmigrate import model
from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import Snapshot, format_path, key, parse_path
from nbmigrate.model.names import PUBLIC

if TYPE_CHECKING:
    import sqlalchemy as sa

#: The key of ``MetaData.info`` under which the values are kept, in order.
INFO_KEY = "nbmigrate"

#: How an expression becomes SQL text; given by whoever builds the snapshot.
SqlText = Callable[[object], str]

Option = str | int | float | bool

_created: ContextVar[list[SchemaValue] | None] = ContextVar("created schema values", default=None)


@contextmanager
def collecting() -> Iterator[list[SchemaValue]]:
    """The values that are created in the block, in order."""
    created: list[SchemaValue] = []
    token = _created.set(created)
    try:
        yield created
    finally:
        _created.reset(token)


@dataclass(frozen=True)
class SchemaValue:
    """A thing that can be attached to a MetaData."""

    #: Whether it hangs on something that another value declares.
    is_late: ClassVar[bool] = False

    def __post_init__(self) -> None:
        created = _created.get()
        if created is not None:
            created.append(self)

    def on(self, metadata: sa.MetaData) -> Self:
        """Attach the value to the MetaData and return it."""
        metadata.info.setdefault(INFO_KEY, []).append(self)
        return self

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:
        """The snapshot with this thing in it."""
        raise NotImplementedError

    def index_table(self) -> sa.Table | None:
        """A Table that has the indexes of this thing, if there are any."""
        return None

    def renames(self) -> tuple[str, ...]:
        """The renames this thing declares: ``renamed_from`` is a name, or a schema and a name."""
        if not (before := getattr(self, "renamed_from", None)):
            return ()
        schema, name = getattr(self, "schema", None) or PUBLIC, getattr(self, "name", "")
        return (f"{format_path(*split_name(before, schema))}->{format_path(schema, name)}",)


def table_id(table: object) -> tuple[str, str]:
    """Schema and name of a table given as a mapped class, a Table or a name."""
    table = getattr(table, "__table__", table)
    if not isinstance(table, str):
        return (str(getattr(table, "schema", None) or PUBLIC), str(getattr(table, "name", table)))
    return split_name(table, PUBLIC)


def split_name(text: str, schema: str) -> tuple[str, str]:
    """Schema and name of ``name`` or ``schema.name``."""
    try:
        parts = parse_path(text)
    except ValueError as error:
        raise DeclarationError(str(error)) from error
    if len(parts) > 2:
        raise DeclarationError(f"`{text}` has more parts than a schema and a name")
    return (parts[0], parts[1]) if len(parts) == 2 else (schema, parts[0])


_V = TypeVar("_V")


def add_one(old: Mapping[str, _V], name: str, value: _V, what: str) -> dict[str, _V]:
    """The map with one more thing in it."""
    if name in old:
        raise DuplicateObjectError(f"{what} is declared twice")
    return {**old, name: value}


def with_table(snapshot: Snapshot, table: model.Table) -> Snapshot:
    """The snapshot with the table in place of the one of that name."""
    return replace(snapshot, tables={**snapshot.tables, key(*table.id): table})
