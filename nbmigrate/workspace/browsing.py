"""Rows looked at, on a connection of its own that is idle while nobody asks.

Each request is one short transaction; between two of them nothing is open: no transaction, no
cursor, no snapshot. After a while without requests the connection is closed, and made again with
the next one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import psycopg

from nbmigrate.data import relations as catalog
from nbmigrate.data.answers import Answer, ask
from nbmigrate.data.filters import Filter
from nbmigrate.data.guarded import require_reading
from nbmigrate.data.keyset import Place
from nbmigrate.data.page import (
    Go,
    Key,
    Request,
    Sort,
    count,
    read_page,
    read_value,
    read_whole,
)
from nbmigrate.data.read import require_closed
from nbmigrate.data.referring import referring
from nbmigrate.data.relations import Id, Relation
from nbmigrate.data.resting import Open, RestingConnection
from nbmigrate.data.structure import structure
from nbmigrate.errors import UsageConflictError
from nbmigrate.executor.connections import connect
from nbmigrate.executor.stopping import Stoppable
from nbmigrate.model import EMPTY
from nbmigrate.model.names import format_path
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.introspect import introspect

if TYPE_CHECKING:
    import pandas as pd

    from nbmigrate.workspace.project import Project

Document = dict[str, Any]

IDLE_S = 300.0
PATIENCE_MS = 30_000
_VALUE_SIZE = 100_000


class SchemaChangedError(UsageConflictError):
    """The table is not what it was when it was shown; it is to be described again."""

    code = "schema-changed"


class Shown(NamedTuple):
    """The table that is looked at, and how."""

    relation: Relation
    request: Request


class Browsing:
    """Looks at rows; each answer is a document for JSON.

    ``selection`` are the rows that were chosen last, ``frame`` all rows of the table that is
    shown, filtered and sorted as there; both are DataFrames.
    """

    def __init__(
        self, workspace: Project, *, read_only: bool | None = None, idle_s: float = IDLE_S
    ) -> None:
        self._workspace = workspace
        self.is_read_only = workspace.settings.production if read_only is None else read_only
        self.connection = RestingConnection(self._open, idle_s)
        self._exports: set[Stoppable] = set()
        self._described: dict[Id, Relation] = {}
        self._shown: Shown | None = None
        self._selected: tuple[Relation, tuple[Key, ...]] | None = None

    def _open(self) -> psycopg.Connection[Any]:
        return connect(
            self._workspace.target.url,
            application_name="nbmigrate studio",
            statement_timeout_ms=PATIENCE_MS,
        )

    def cancel(self) -> None:
        """Stop what PostgreSQL is doing for this studio."""
        self.connection.cancel()
        for export in tuple(self._exports):
            export.stop()

    @contextmanager
    def _exporting(self) -> Iterator[tuple[Open, Stoppable]]:
        """Opens connections for what takes as long as it takes, while pages are still turned."""
        work = Stoppable()
        with ExitStack() as opened:

            def opener() -> psycopg.Connection[Any]:
                work.require_going()
                url = self._workspace.target.url
                connection = connect(url, application_name="nbmigrate studio")
                opened.callback(connection.close)
                work.follow(connection)
                return connection

            self._exports.add(work)
            try:
                yield opener, work
            finally:
                self._exports.discard(work)
                work.finish()

    def close(self) -> None:
        """End exports and close the connection; the next request opens another one."""
        for export in tuple(self._exports):
            export.stop()
        self.connection.close()

    @property
    def is_shown(self) -> bool:
        """True when a table was looked at."""
        return self._shown is not None

    @property
    def frame(self) -> pd.DataFrame:
        """All rows of the table that is shown, filtered and sorted as there.

        Raises:
            UsageConflictError: none was looked at yet.
        """
        if self._shown is None:
            raise UsageConflictError("no table was opened yet")
        return self._framed(*self._shown)

    @property
    def selection(self) -> pd.DataFrame:
        """The rows that were selected last, whole.

        Raises:
            UsageConflictError: none were selected yet.
        """
        if self._selected is None:
            raise UsageConflictError("no rows were selected yet")
        relation, keys = self._selected
        return self._framed(relation, Request(), keys)

    def _framed(
        self, relation: Relation, request: Request, keys: Sequence[Key] | None = None
    ) -> pd.DataFrame:
        from nbmigrate.data.frames import to_frame

        with self.connection.reading() as connection:
            return to_frame(read_whole(connection, relation, request, keys))

    # --- what is there ---------------------------------------------------------

    def relations(self) -> tuple[catalog.Summary, ...]:
        """The relations, with estimates of their rows and sizes."""
        with self.connection.reading() as connection:
            return catalog.relations(connection)

    def describe(self, relation: Sequence[str]) -> Relation:
        """The columns, the key and the references of a relation, read anew."""
        with self.connection.reading() as connection:
            found = catalog.describe(connection, id_of(relation))
        if self.is_read_only and found.is_editable:
            why_not = "this studio is read-only"
            found = msgspec.structs.replace(found, is_editable=False, why_not=why_not)
        self._described[found.relation] = found
        return found

    def _known(self, relation: Sequence[str]) -> Relation:
        return self._described.get(id_of(relation)) or self.describe(relation)

    def page(
        self,
        relation: Sequence[str],
        sort: Sequence[Document] = (),
        filters: Sequence[Document] = (),
        go: Go = "first",
        cursor: Document | None = None,
        size: int = 100,
    ) -> Document:
        """One page of rows; what it shows is the studio's ``frame`` from then on."""
        known = self._current(relation)
        wanted = Request(
            sort=sorts(sort),
            filters=filters_of(filters),
            go=go,
            place=msgspec.convert(cursor, Place) if cursor else None,
            size=size,
        )
        started = time.perf_counter()
        with self.connection.reading() as connection:
            found = read_page(connection, known, wanted)
            rows = _estimate(connection, known) if not filters else None
        self._shown = Shown(known, wanted)
        total = (time.perf_counter() - started) * 1000
        ms = {"server": found.ms, "total": total}
        return {**plain(found), "estimate": {"rows": rows, "is_exact": False}, "ms": ms}

    def _current(self, relation: Sequence[str]) -> Relation:
        """The relation as it was described; it must still be so.

        Raises:
            SchemaChangedError: a migration has changed it meanwhile.
        """
        known = self._known(relation)
        with self.connection.reading() as connection:
            now = catalog.describe(connection, known.relation)
        if now.version != known.version:
            del self._described[known.relation]
            raise changed(known)
        return known

    def count(self, relation: Sequence[str], filters: Sequence[Document] = ()) -> Document:
        """How many rows there are, counted up to a bound; only when somebody asks."""
        most = 1_000_001
        with self.connection.reading() as connection:
            rows = count(connection, self._known(relation), filters_of(filters), most=most)
        return {"rows": rows, "is_exact": rows < most}

    def value(
        self,
        relation: Sequence[str],
        key: Sequence[str],
        column: str,
        offset: int = 0,
        size: int = _VALUE_SIZE,
    ) -> Document:
        """A piece of one value, by characters; of bytes as hexadecimal digits."""
        with self.connection.reading() as connection:
            found = read_value(
                connection,
                self._known(relation),
                key,
                column,
                offset=max(0, offset),
                size=min(size, _VALUE_SIZE),
            )
        if found is None:
            raise UsageConflictError("the row is gone", hint="reload the page")
        return {"text": found[0], "length": found[1]}

    def references(self, relation: Sequence[str], key: Sequence[str]) -> list[Document]:
        """Who refers to the row, counted up to a bound where that is quick."""
        known = self._known(relation)
        with self.connection.reading() as connection:
            return [plain(one) for one in referring(connection, known, key)]

    def structure(self, relation: Sequence[str]) -> Document:
        """The structure of a relation, and the DDL that makes it."""
        id_ = id_of(relation)
        with self.connection.reading() as connection:
            parts = structure(connection, id_)
            columns = catalog.describe(connection, id_).columns
            live = introspect(connection, schemas=[id_[0]], roles=False)
        only = {
            family: {n: item for n, item in getattr(live, family).items() if item.name == id_[1]}
            for family in ("tables", "views")
        }
        alone = msgspec.structs.replace(EMPTY, **only)
        ddl = make_plan(EMPTY, alone, dialect=POSTGRESQL).sql
        return {**plain(parts), "columns": plain(columns), "ddl": ddl}

    def query(self, sql: str) -> Answer:
        """Run SQL; a read-only studio refuses what is more than reading."""
        if not self.is_read_only:
            with self.connection.working() as connection:
                found = ask(connection, sql)
                require_closed(connection)
                return found
        with self.connection.reading() as connection:
            require_reading(connection, sql)
            return ask(connection, sql, is_reading=True)


def changed(relation: Relation) -> SchemaChangedError:
    """The error of a table that a migration has changed."""
    return SchemaChangedError(
        f"`{format_path(*relation.relation)}` was changed meanwhile: its columns are read again",
        hint="nothing was saved",
    )


def id_of(relation: Sequence[str]) -> Id:
    """The relation of a request."""
    schema, name = relation
    return (schema, name)


def sorts(found: Sequence[Document]) -> tuple[Sort, ...]:
    """The order of a request."""
    return msgspec.convert(list(found), tuple[Sort, ...])


def filters_of(found: Sequence[Document]) -> tuple[Filter, ...]:
    """The filters of a request."""
    return msgspec.convert(list(found), tuple[Filter, ...])


def plain(value: object) -> Any:  # noqa: ANN401 - a document
    """The value as a document."""
    return msgspec.to_builtins(value)


def _estimate(connection: psycopg.Connection[Any], relation: Relation) -> int | None:
    found = catalog.relations(connection, relation.relation)
    return found[0].rows if found else None
