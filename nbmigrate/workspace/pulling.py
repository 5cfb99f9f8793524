"""Pull: the code of a schema, proved before it is handed over, and a baseline.

A baseline is the first migration of a database that was there before its migrations.
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from nbmigrate import executor
from nbmigrate.diff.respell import respell
from nbmigrate.errors import DeclarationError, DriftError, JournalError, SourceError
from nbmigrate.garbage import uncollected
from nbmigrate.model import EMPTY, Snapshot, format_path
from nbmigrate.plan import Canonical, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.introspect import unmanaged
from nbmigrate.postgresql.scratch import canonical_on_server
from nbmigrate.results import PullResult, WrittenFile
from nbmigrate.workspace import files
from nbmigrate.workspace.differences import differences
from nbmigrate.workspace.ledger_entries import ledger_change
from nbmigrate.workspace.sources import URL, Source
from nbmigrate.workspace.target import Target

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project

_BASELINE = "baseline"


def pull(
    workspace: Project,
    source: str,
    *,
    sql: bool = False,
    baseline: bool = False,
    cell: bool = True,
    output: str | None = None,
) -> PullResult:
    """The code of a source; with ``output`` in a file, with ``baseline`` as a migration too."""
    path = _new_file(workspace.root / output) if output else None
    if baseline:
        _require_new_folder(workspace, source)
    found = workspace.source(source)
    left = _unmanaged(workspace, source)
    shown = tuple(f"{text} (not managed)" for text in left)
    code, missing = (
        _ddl(found.snapshot, shown) if sql else proved_code(workspace, found, shown, cell=cell)
    )
    written = _baseline(workspace, found.snapshot) if baseline else ()
    if path:
        written = (*written, _write(path, code, workspace.root))
    return PullResult(
        code=code,
        language="sql" if sql else "python",
        tables=tuple(format_path(*table.id) for table in found.snapshot.tables.values()),
        not_expressed=missing,
        unmanaged=left,
        files=written,
        source=found.name,
        baseline=baseline,
        place=output or "",
    )


def _unmanaged(workspace: Project, source: str) -> tuple[str, ...]:
    """What the database has and no snapshot holds."""
    schemas = workspace.settings.schemas
    if source == "live":
        return unmanaged(workspace.target.connection, schemas=schemas)
    if not URL.match(source):
        return ()
    target = Target(source, workspace.root)
    try:
        return unmanaged(target.connection, schemas=schemas)
    finally:
        target.close()


# --- code -----------------------------------------------------------------------


def _ddl(snapshot: Snapshot, notes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """DDL says all that a snapshot holds."""
    from nbmigrate.postgresql.to_code import to_ddl

    return to_ddl(snapshot, not_expressed=notes), ()


@uncollected()
def proved_code(
    workspace: Project, source: Source, notes: tuple[str, ...], *, cell: bool
) -> tuple[str, tuple[str, ...]]:
    """The code and what it does not say, found out by running it."""
    # SQLAlchemy: only here
    from sqlalchemy.exc import SQLAlchemyError

    from nbmigrate.postgresql.to_code import to_code, with_notes

    snapshot = source.snapshot
    canonical = workspace.asking(source)
    code = to_code(snapshot, cell=cell)
    try:
        declared = _declared(code)
    except (DeclarationError, SQLAlchemyError):
        code = to_code(snapshot, cell=cell, relationships=False)
        declared = _declared(code)
    missing = tuple(sorted(differences(snapshot, respelled(snapshot, declared, canonical))))
    return with_notes(code, (*missing, *notes)), missing


def _declared(code: str) -> Snapshot:
    """What the code declares in a kernel of its own, its classes made ready for use."""
    from nbmigrate.declare import Declarations

    declarations = Declarations()
    namespace: dict[str, Any] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            declarations.declare(code, cell=_BASELINE, namespace=namespace, first_line=1)
            base: Any = namespace.get("Base", declarations.base)
            base.registry.configure()
        return declarations.snapshot
    finally:
        declarations.release()


def respelled(old: Snapshot, new: Snapshot, canonical: Canonical) -> Snapshot:
    """``new`` in the words of ``old`` wherever both mean the same."""
    same_old, same_new = canonical(old, new)
    return respell(old, same_old, new, same_new)


# --- files ----------------------------------------------------------------------


def _new_file(path: Path) -> Path:
    if path.exists():
        raise SourceError(
            f"{path.name} is there already; nothing was written",
            source=str(path),
            hint="choose another name for -o, or move the file away",
        )
    return path


def _write(path: Path, code: str, root: Path) -> WrittenFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Exclusive: whoever made the file since we looked keeps it.
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(code)
    return files.written(path, root)


# --- baseline -------------------------------------------------------------------


def _require_new_folder(workspace: Project, source: str) -> None:
    if source != "live":
        raise SourceError(
            "a baseline is that of the database in use",
            source=source,
            hint="choose the database with --url, or %db_connect",
        )
    if workspace.journal.entries:
        raise JournalError(
            "the folder has migrations already; nothing was written",
            path=workspace.settings.folder,
            hint="a baseline is the first migration; name another folder with --folder",
        )


def _baseline(workspace: Project, live: Snapshot) -> tuple[WrittenFile, ...]:
    """``0000_baseline``, applied already; everything in it is nbmigrate's own from now on."""
    _require_equal(workspace, live)
    plan = make_plan(EMPTY, live, dialect=POSTGRESQL)
    journal = workspace.journal
    now_ms = int(time.time() * 1000)
    migration = journal.append(plan, name=_BASELINE, now_ms=now_ms, words=lambda: _BASELINE)
    target = workspace.target
    executor.baseline(target.url, (migration,), settings=workspace.executor_settings())
    _adopt(target.connection, plan)
    paths = files.files_of(journal, migration.tag)
    return tuple(files.written(path, workspace.root) for path in paths)


def _require_equal(workspace: Project, live: Snapshot) -> None:
    """Nothing, when the database built anew from the snapshot is the database."""
    built = canonical_on_server(workspace.target.connection, live)
    rest = make_plan(live, built, dialect=POSTGRESQL)
    if not rest.is_empty:
        raise DriftError(
            "the database cannot be built from its snapshot; nothing was written. "
            f"Still different would be:\n{rest.sql}",
            hint="this is an error of nbmigrate",
        )


def _adopt(connection: psycopg.Connection[Any], plan: Plan) -> None:
    change = ledger_change(plan.operations, executor.read_ledger(connection))
    with connection.transaction():
        executor.record(connection, **change._asdict())
