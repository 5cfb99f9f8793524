"""A block: what one cell declared, and what it needs from the other cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from nbmigrate.declare.mappings import Mappings, has_failed, is_linked, refers_to
from nbmigrate.declare.merging import Path
from nbmigrate.declare.running import Run
from nbmigrate.declare.scope import unregister
from nbmigrate.declare.values import CellText
from nbmigrate.diff.match import mentioned
from nbmigrate.errors import DeclarationError
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.postgresql.ddl import Ddl
from nbmigrate.postgresql.from_metadata import Addition, Parts, from_parts, renames_of
from nbmigrate.postgresql.from_metadata.names import schema_name

#: Reads DDL: the text, and what the other cells declare (the text may refer to it). Gives
#: what the text creates and adds.
ParseSql = Callable[[str, Snapshot], Ddl]

Known = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(eq=False)
class Block:
    """One cell's declarations; ``error`` says why they cannot be used at the moment."""

    cell: str
    name: str | None
    text: CellText
    parse_sql: ParseSql | None = None
    run: Run | None = None
    snapshot: Snapshot = EMPTY
    ddl: Ddl = field(default_factory=Ddl)
    renames: tuple[str, ...] = ()
    error: DeclarationError | None = None
    seen: frozenset[Path] = frozenset()
    former: Mappings = field(default_factory=Mappings)

    @property
    def kind(self) -> Literal["python", "sql"]:
        """What the text is written in."""
        return "python" if self.parse_sql is None else "sql"

    @property
    def label(self) -> str:
        """What the cell is called in messages."""
        return self.text.label

    @property
    def mappings(self) -> Mappings:
        """The tables and classes of the cell; of a broken one, those it had."""
        return self.run.mappings if self.run is not None else self.former

    @property
    def bound(self) -> dict[str, object]:
        """The names that the cell bound."""
        return self.run.bound if self.run is not None else {}

    @property
    def additions(self) -> tuple[Addition, ...]:
        """Views, policies, roles and row security of the cell; what DDL adds to others' objects."""
        return tuple(self.run.additions) if self.run is not None else self.ddl.amendments

    @property
    def added(self) -> tuple[str, ...]:
        """What DDL adds to objects of other cells, in words."""
        return tuple(amendment.name for amendment in self.ddl.amendments)

    @property
    def columns(self) -> Known:
        """The columns of its tables, for foreign keys of other cells."""
        if self.run is None:
            return {table.id: tuple(table.columns) for table in self.snapshot.tables.values()}
        return {
            (schema_name(table.schema), str(table.name)): tuple(str(c.name) for c in table.columns)
            for table in self._tables()
        }

    def _tables(self) -> tuple[sa.Table, ...]:
        run = self.run
        return (*run.mappings.tables, *run.imported) if run is not None else ()

    def read(self, known: Known) -> None:
        """Make the snapshot of what the cell's code created.

        Raises:
            DeclarationError: when it cannot be expressed.
        """
        if self.run is None:
            return
        enums = (value for value in self.run.bound.values() if isinstance(value, sa.Enum))
        parts = Parts(
            tables=self._tables(),
            sequences=tuple(self.run.mappings.sequences),
            enums=tuple(enum for enum in enums if enum.native_enum and enum.name),
            known=known,
        )
        self.snapshot = from_parts(parts)
        self.renames = (
            *renames_of(parts),
            *(rename for addition in self.additions for rename in addition.renames()),
        )

    def anew(self) -> Block:
        """The cell before its next run; of DDL what it was read as stays until then."""
        ddl = self.ddl if self.parse_sql is not None else Ddl()
        found = Block(self.cell, self.name, self.text, self.parse_sql, ddl=ddl)
        found.snapshot = ddl.created
        return found

    def take_out(self) -> None:
        """Free the names of what the cell created."""
        if self.run is not None:
            self.run.mappings.take_out()

    def put_back(self) -> None:
        """Undo :meth:`take_out`."""
        if self.run is not None:
            self.run.mappings.put_back()

    def retire(self) -> None:
        """Let go of the run that another one has replaced."""
        if self.run is not None:
            unregister(self.run.module)

    def breaks(self, error: DeclarationError, *, former: Mappings) -> None:
        """Note that the cell cannot be used until it or what it needs is run again."""
        if self.run is not None:
            former = self.run.mappings
            self.run.discard()
        self.run, self.error, self.former = None, error, former
        self.snapshot, self.ddl, self.renames = EMPTY, Ddl(), ()

    def is_unsettled(self) -> bool:
        """Whether another try is due: it is broken, or SQLAlchemy gave up on one of its classes."""
        return self.error is not None or has_failed(self.mappings)

    @property
    def names(self) -> frozenset[str]:
        """What SQL calls the objects that the cell declares; it must be settled."""
        return frozenset(path[1].partition("(")[0] for path in self.seen if len(path) > 1)

    def needs(self, others: Iterable[Block]) -> bool:
        """Whether the cell must be run again when those are: it holds on to what they made.

        PostgreSQL read the text of DDL beside theirs: a partition has the columns of its parent.
        """
        return any(self._needs(other) for other in others)

    def _needs(self, other: Block) -> bool:
        if self.parse_sql is not None:
            return bool(mentioned(self.text.text, other.names))
        if self.run is not None:
            bound = other.bound
            if any(name in bound and bound[name] is v for name, v in self.run.used.items()):
                return True
        mine, theirs = self.mappings, other.mappings
        return (
            refers_to(mine.tables, theirs.tables)
            or is_linked(mine, theirs)
            or is_linked(theirs, mine)
        )
