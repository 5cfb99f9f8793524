"""The Python API below the workspace: snapshots and plans as values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbmigrate.executor.connections import connect
from nbmigrate.model import Snapshot
from nbmigrate.model.codec import load_file
from nbmigrate.plan import Answers, Plan
from nbmigrate.plan import make_plan as plan_between
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.introspect import introspect as introspect_connection


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
) -> Plan:
    """What leads from ``old`` to ``new``: ``plan.statements`` (each ``.sql``), ``plan.questions``.

    Args:
        old: the schema as it is.
        new: the schema as it shall be.
        renames: ``"public.users.name->public.users.full_name"``, for tables, columns, enums
            and their labels, views, sequences, roles, policies, constraints, indexes, schemas.
        drops: paths that are dropped, not renamed; they are no longer asked about.

    Raises:
        RenameError: an end of a rename is not there.
    """
    answers = Answers(renames=tuple(renames), drops=tuple(drops))
    return plan_between(old, new, dialect=POSTGRESQL, answers=answers)
