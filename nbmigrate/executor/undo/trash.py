"""The trash: tables of schema ``nbmigrate_trash`` that hold what an undo brings back.

A table of the trash must not tie anything that is still in use: columns of types that
the schema made itself are kept as text, from which PostgreSQL reads the same value again.
"""

from __future__ import annotations

from nbmigrate.diff.losses import Loss, Position
from nbmigrate.model import Snapshot, Table
from nbmigrate.model.names import NAME_BYTES, key
from nbmigrate.model.tables import Column, Value
from nbmigrate.operations import Id
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.types import SERIAL_TYPES, is_built_in, render_type

SCHEMA = "nbmigrate_trash"

#: Columns of a kept table that are not the user's; a longer name where that is taken.
_SKIP = "nbmigrate_skip"


class Moved(Value, frozen=True, kw_only=True):
    """A dropped table, moved as it was; ``parts`` are (INDEX or SEQUENCE, name there, its own)."""

    place: Id
    parts: tuple[tuple[str, str, str], ...] = ()


class Kept(Value, frozen=True, kw_only=True):
    """One table of the trash and what it holds. ``rows`` is -1 where nobody counted."""

    name: str
    loss: Loss
    moved: Moved | None = None
    rows: int = -1
    bytes: int = 0


class KeptPosition(Value, frozen=True, kw_only=True):
    """The number under which a sequence's position is kept."""

    number: int
    position: Position


class Holding(Value, frozen=True, kw_only=True):
    """All that one push or migration put into the trash.

    ``owned`` is what the ledger held of the things that were dropped. ``down`` are the
    statements that a migration written by hand brings for its undo; ``irreversible`` says
    why it has none. ``made`` are the names of all that a migration did when it only added.
    """

    tables: tuple[Kept, ...] = ()
    positions: tuple[KeptPosition, ...] = ()
    positions_table: str = ""
    owned: tuple[tuple[str, str, str], ...] = ()
    down: tuple[str, ...] = ()
    irreversible: str = ""
    made: tuple[tuple[str, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every table of the trash that belongs to it."""
        after = (after_name(kept.name) for kept in self.tables if kept.loss.survivor)
        own = (kept.name for kept in self.tables)
        return (*own, *after, *((self.positions_table,) if self.positions_table else ()))


def trash_name(number: int, at: int, name: str) -> str:
    """The name of a table of the trash: unique, and telling whose it was."""
    head = f"{number}_{at}_"
    room = NAME_BYTES - len(head.encode()) - len("_after")
    return head + name.encode()[:room].decode(errors="ignore")


def after_name(name: str) -> str:
    """Beside a kept table: what the rows were when the push was done."""
    return f"{name}_after"


def in_trash(name: str) -> str:
    """The table of the trash as SQL."""
    return f"{SCHEMA}.{quote(name)}"


def full(table: Id) -> str:
    """A table of the user as SQL, with its schema whatever the search path is."""
    return f"{quote(table[0])}.{quote(table[1])}"


def source(loss: Loss) -> str:
    """The rows that the loss is about."""
    return f"ONLY {full(loss.table)}" if loss.is_only else full(loss.table)


def beyond(position: Position, alias: str) -> str:
    """How many rows have a number behind the ``last_value``, by which the sequence would come."""
    if not position.column:
        return "0::bigint"
    column = f"t.{quote(position.column)}"
    return f"SELECT count(*) FROM {full(position.id)} AS t WHERE {column} > {alias}.last_value"


def skip_column(table: Table) -> str:
    """The column that marks rows which were changed since and are left alone."""
    name = _SKIP
    while name in table.columns:
        name += "_"
    return name


def as_kept(column: Column, alias: str = "") -> str:
    """A value as the trash holds it: tied to no type and no collation of the schema."""
    name = f"{alias}{quote(column.name)}"
    if not is_plain(column):
        return f'{name}::text COLLATE "default"'
    return f'{name} COLLATE "default"' if column.collation else name


def as_was(column: Column, alias: str) -> str:
    """The value again, from the trash."""
    name = f"{alias}{quote(column.name)}"
    return name if is_plain(column) else f"{name}::{render_type(column)}"


def is_plain(column: Column) -> bool:
    """Whether the type is PostgreSQL's own, which nobody drops."""
    return column.type_schema is None and is_built_in(SERIAL_TYPES.get(column.type, column.type))


def table_of(old: Snapshot, loss: Loss) -> Table:
    """The table that a loss is about, as it was."""
    return old.tables[key(*loss.table)]


def kept_columns(table: Table, loss: Loss) -> tuple[Column, ...]:
    """What of the rows is kept: the key and the columns, or the whole rows."""
    if loss.is_whole or not loss.key:
        return tuple(c for c in table.columns.values() if c.generated is None)
    return tuple(table.columns[name] for name in dict.fromkeys((*loss.key, *loss.columns)))
