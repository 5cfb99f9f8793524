"""The hazards of the migrations that are still to be applied, read from their snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbmigrate import executor, results
from nbmigrate.dialect import COMMIT_BEFORE, NO_TRANSACTION
from nbmigrate.errors import ConnectFailedError, ExecutionError, NbmigrateError
from nbmigrate.journal.allowances import read_allowances
from nbmigrate.journal.entries import OWN_KEY
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.plan import Answers, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL

if TYPE_CHECKING:
    from nbmigrate.hazards import ReadFacts
    from nbmigrate.journal import Entry, Migration
    from nbmigrate.workspace.project import Project

_FOUND = frozenset({"loses data", "blocks"})


def lint(workspace: Project) -> tuple[results.Finding, ...]:
    """What the files would lose or block, and nobody has accepted.

    Where a database can be asked, only its pending migrations count, and what is harmless on its
    tables as they are is no finding; otherwise all of them do.
    """
    try:
        migrations = workspace.journal.migrations()
        entries = workspace.journal.entries
    except NbmigrateError:
        return ()  # the folder itself is what is wrong, and is reported as such
    pending = _pending(workspace, migrations)
    facts = workspace.facts if pending is not None else None
    found: list[results.Finding] = []
    old = EMPTY
    for entry, migration in zip(entries, migrations, strict=True):
        new = _snapshot(workspace, entry.tag) or old
        if pending is None or entry.tag in pending:
            found += _findings(
                workspace, entry, migration, _plan(entry, migration, old, new, facts)
            )
        old = new
    return tuple(found)


def _pending(workspace: Project, migrations: tuple[Migration, ...]) -> frozenset[str] | None:
    """The tags that the database in use has not; None where none was named or it is away."""
    if workspace.target.is_embedded:
        return None
    try:
        connection = workspace.target.connection
        states = executor.read_status(connection, migrations, workspace.executor_settings())
    except (ConnectFailedError, ExecutionError):
        return None
    return frozenset(state.tag for state in states if state.state == "pending")


def _snapshot(workspace: Project, tag: str) -> Snapshot | None:
    try:
        file = workspace.journal.read_snapshot(tag)
    except NbmigrateError:
        return None
    return file.snapshot if file else None


def _plan(
    entry: Entry, migration: Migration, old: Snapshot, new: Snapshot, facts: ReadFacts | None
) -> Plan | None:
    is_online = COMMIT_BEFORE in migration.sql or NO_TRANSACTION in migration.sql
    own = entry.rest.get(OWN_KEY)
    renames = tuple(own.get("renames", ())) if isinstance(own, dict) else ()
    answers = Answers(renames=renames, online=is_online or "CONCURRENTLY" in migration.sql)
    try:
        return make_plan(old, new, dialect=POSTGRESQL, answers=answers, facts=facts)
    except NbmigrateError:
        return None


def _findings(
    workspace: Project, entry: Entry, migration: Migration, plan: Plan | None
) -> Iterator[results.Finding]:
    accepted = {*workspace.settings.allow, *read_allowances(migration.sql)}
    for hazard in plan.hazards if plan else ():
        is_small = hazard.severity == "blocks" and hazard.is_harmless
        if hazard.severity in _FOUND and hazard.code not in accepted and not is_small:
            yield results.Finding(tag=entry.tag, hazard=hazard)
