"""The studio: rows looked at and edited, by the requests of a widget."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from inspect import signature
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from nbmigrate.data import relations as catalog
from nbmigrate.data.edit_texts import preview, statements
from nbmigrate.data.edits import Edit, save
from nbmigrate.data.export import Tell, export_csv, export_parquet
from nbmigrate.data.page import (
    Request,
)
from nbmigrate.data.relations import Relation
from nbmigrate.errors import NbmigrateError, StatementFailedError, UsageConflictError
from nbmigrate.executor import mask_sql
from nbmigrate.postgresql.identifiers import qualified
from nbmigrate.workspace.browsing import (
    IDLE_S,
    Browsing,
    changed,
    filters_of,
    plain,
    sorts,
)

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project

Document = dict[str, Any]

_OPERATIONS = frozenset(
    {
        "relations",
        "describe",
        "page",
        "count",
        "value",
        "references",
        "structure",
        "query",
        "preview",
        "save",
        "undo_save",
        "as_migration",
        "select",
        "export",
    }
)


#: Of what PostgreSQL ended without being asked to.
_TOO_LONG = "it took too long: filter or sort by a column that has an index"

#: Between two words about an export.
TOLD_EVERY_S = 0.25

Progress = Callable[[Document], None]


def _unheard(_said: Document) -> None:
    """Nobody listens."""


class Studio(Browsing):
    """Answers what a widget asks; every answer is a document for JSON."""

    def __init__(
        self, workspace: Project, *, read_only: bool | None = None, idle_s: float = IDLE_S
    ) -> None:
        super().__init__(workspace, read_only=read_only, idle_s=idle_s)
        self._undo: tuple[Relation, tuple[Edit, ...]] | None = None

    # --- asking ----------------------------------------------------------------

    def answer(self, op: str, arguments: Mapping[str, Any], progress: Progress = _unheard) -> Any:  # noqa: ANN401 - a document
        """The answer to one request; ``progress`` hears of what takes long.

        Raises:
            NbmigrateError: it cannot be answered; the message is for the person who asked.
        """
        if op not in _OPERATIONS:
            raise UsageConflictError(
                f"the studio knows no `{op}`", hint=", ".join(sorted(_OPERATIONS))
            )
        call = getattr(self, op)
        try:
            signature(call).bind(**arguments)
        except TypeError as error:
            raise UsageConflictError(f"{op}: {error}") from error
        # An export has connections of its own: pages are turned meanwhile.
        own = self.connection.working() if op != "export" else nullcontext()
        more = {"progress": progress} if op == "export" else {}
        with own:
            try:
                return msgspec.to_builtins(call(**arguments, **more))
            except psycopg.Error as error:
                raise _said(error) from error
            except msgspec.ValidationError as error:
                raise UsageConflictError(f"{op}: {error}") from error

    # --- editing ---------------------------------------------------------------

    def preview(self, relation: Sequence[str], edits: Sequence[Document]) -> Document:
        """The edits as SQL, and each by itself: what is done to which row, with which values."""
        operations = preview(self._known(relation), _edits(edits))
        return {"sql": "\n".join(one.sql for one in operations), "operations": plain(operations)}

    def save(
        self, relation: Sequence[str], edits: Sequence[Document], version: str = ""
    ) -> Document:
        """Save the edits together; conflicts and what was refused are told, and nothing is saved then."""
        known = self._writable(relation)
        if version and version != known.version:
            raise changed(known)
        return self._saved(known, _edits(edits))

    def undo_save(self) -> Document:
        """Take the last save back, by the same checks."""
        if self._undo is None:
            raise UsageConflictError("nothing was saved here that could be undone")
        relation, undo = self._undo
        self._writable(relation.relation)
        return self._saved(relation, undo, is_undo=True)

    def _saved(
        self, relation: Relation, changes: tuple[Edit, ...], *, is_undo: bool = False
    ) -> Document:
        with self.connection.working() as connection, connection.transaction():
            # from here on no migration can change its columns
            lock = f"LOCK TABLE {qualified(relation.relation, spell_public=True)} IN ROW EXCLUSIVE MODE"
            connection.execute(lock.encode())
            if catalog.describe(connection, relation.relation).version != relation.version:
                raise changed(relation)
            found = save(connection, relation, changes, is_undo=is_undo)
        if found.failure is not None:
            return {"failed": found.failure}
        if found.conflicts:
            return {"conflicts": found.conflicts}
        self._undo = (relation, found.undo)
        return {"saved": len(changes), "rows": found.rows}

    def _writable(self, relation: Sequence[str]) -> Relation:
        if self.is_read_only:
            raise UsageConflictError(
                "this studio is read-only", hint="%db_studio --write opens one that is not"
            )
        return self._current(relation)

    def as_migration(
        self, relation: Sequence[str], edits: Sequence[Document], name: str = "rows"
    ) -> Document:
        """Write the edits as a migration by hand."""
        sql = "\n".join(_statements(self._known(relation), edits))
        with self._workspace.target.lock:
            made = self._workspace.generate(name, sql=sql)  # type: ignore[attr-defined] # the facade's
        return {
            "path": str(self._workspace.journal.layout.sql(self._workspace.journal.entries[-1])),
            "tag": made.tag,
        }

    # --- taking rows -----------------------------------------------------------

    def select(self, relation: Sequence[str], keys: Sequence[Sequence[str]]) -> Document:
        """Remember the rows for ``selection``."""
        self._selected = (self._known(relation), tuple(tuple(key) for key in keys))
        return {"rows": len(keys)}

    def export(  # noqa: PLR0913 - the words of the request
        self,
        relation: Sequence[str],
        path: str,
        filters: Sequence[Document] = (),
        sort: Sequence[Document] = (),
        format: str = "csv",  # noqa: A002 - the word of the request
        guard: bool = False,
        *,
        progress: Progress = _unheard,
    ) -> Document:
        """Write all rows that the filters leave into a file; ``progress`` hears how far it is."""
        if format not in {"csv", "parquet"}:
            raise UsageConflictError(f"`{format}` is no format of an export", hint="csv, parquet")
        target = self._workspace.root / path
        chosen = Request(sort=sorts(sort), filters=filters_of(filters))
        seldom = _seldom(progress)
        with self._exporting() as (opener, work):
            known = self._current(relation)

            def tell(rows: int, size: int) -> None:
                work.require_going()
                seldom(rows, size)

            if format == "parquet":
                found = export_parquet(opener, known, target, chosen, tell=tell)
            else:
                with opener() as connection, connection.transaction():
                    connection.execute("SET TRANSACTION READ ONLY")
                    found = export_csv(connection, known, target, chosen, guard=guard, tell=tell)
        return {
            "path": str(found.path),
            "rows": found.rows,
            "bytes": found.bytes,
            "texts": found.texts,
        }


def _seldom(progress: Progress) -> Tell:
    """Passes on what is told, not more often than somebody can read it."""
    last = 0.0

    def tell(rows: int, size: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= TOLD_EVERY_S:
            last = now
            progress({"rows": rows, "bytes": size})

    return tell


def _edits(found: Sequence[Document]) -> tuple[Edit, ...]:
    """The edits of a request; the protocol's ``from`` and ``to`` are ``before`` and ``after`` here."""
    return msgspec.convert(list(found), tuple[Edit, ...])


def _statements(relation: Relation, found: Sequence[Document]) -> tuple[str, ...]:
    return statements(relation, _edits(found))


def _said(error: psycopg.Error) -> NbmigrateError:
    """PostgreSQL's words, without the SQL, and without a password that they may repeat."""
    text = error.diag.message_primary or str(error)
    detail = error.diag.message_detail or ""
    return StatementFailedError(
        mask_sql(f"{text}\n{detail}".strip()),
        sql="",
        sqlstate=error.sqlstate or "",
        hint=error.diag.message_hint or (_TOO_LONG if error.sqlstate == "57014" else ""),
    )
