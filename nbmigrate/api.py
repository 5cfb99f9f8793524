"""The Python API below the workspace: snapshots and plans as values."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from nbmigrate import server
from nbmigrate.errors import StatementFailedError
from nbmigrate.executor.connections import connect
from nbmigrate.model import Snapshot
from nbmigrate.model.files import load_file
from nbmigrate.plan import Answers, Plan
from nbmigrate.plan import make_plan as plan_between
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.introspect import introspect as introspect_connection

EMBEDDED = "embedded"


def load_snapshot(path: Path | str) -> Snapshot:
    """The snapshot in a drizzle-kit snapshot file; versions 5 and 6 are upgraded in memory.

    Raises:
        SnapshotFormatError: not a snapshot, or a malformed one.
        SnapshotVersionError: a version newer than 7.
    """
    return load_file(Path(path)).snapshot


def introspect(url: str, schemas: Sequence[str] | None = None) -> Snapshot:
    """The schema of a database.

    Args:
        url: ``postgresql://user:password@host/name`` or any form that libpq takes.
        schemas: only these; all but PostgreSQL's and extensions' own by default.

    Raises:
        ConnectFailedError: the database cannot be reached.
    """
    with connect(url) as connection:
        return introspect_connection(connection, schemas=schemas)


def make_plan(
    old: Snapshot,
    new: Snapshot,
    *,
    renames: Sequence[str] = (),
    drops: Sequence[str] = (),
    backfills: Mapping[str, str] | None = None,
    scratch: str | None = EMBEDDED,
) -> Plan:
    """What leads from ``old`` to ``new``: ``plan.statements`` (each ``.sql``), ``plan.questions``.

    Args:
        old: the schema as it is.
        new: the schema as it shall be.
        renames: ``"public.users.name->public.users.full_name"``, for tables, columns, enums
            and their labels, views, sequences, roles, policies, constraints, indexes, schemas.
        drops: paths that are dropped, not renamed; they are no longer asked about.
        backfills: the path of a column to the SQL that existing rows get there.
        scratch: the URL of a database in which PostgreSQL is asked whether two texts that
            differ mean the same (in a transaction that is rolled back). By default an embedded server in
            the user's cache folder, started only when texts differ; ``None`` asks nobody, and
            so does a machine without the ``embedded`` extra.

    Raises:
        RenameError: an end of a rename is not there.
    """
    answers = Answers(renames=tuple(renames), drops=tuple(drops), backfills=dict(backfills or {}))
    with ExitStack() as stack:
        return plan_between(
            old,
            new,
            dialect=POSTGRESQL,
            answers=answers,
            canonical=lambda a, b: _one_spelling(a, b, scratch, stack),
        )


def _one_spelling(
    old: Snapshot, new: Snapshot, scratch: str | None, stack: ExitStack
) -> tuple[Snapshot, Snapshot]:
    plain = POSTGRESQL.canonical_pair(old, new)
    if scratch is None or not Scratch.is_needed(*plain):
        return plain
    if scratch != EMBEDDED:
        connection = stack.enter_context(connect(scratch))
    elif server.is_installed():
        used = server.embedded(_cache_folder())
        stack.callback(used.stop)
        connection = stack.enter_context(connect(used.url_for("postgres")))
    else:
        return plain
    try:
        return Scratch(connection, {}).settle(*plain)
    except StatementFailedError:
        # What PostgreSQL cannot build here (an extension of another server) is told by text alone.
        return plain


def _cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "nbmigrate"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
