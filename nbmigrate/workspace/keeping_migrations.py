"""Around a migration: what it would lose is kept, and what it did is recorded, for an undo.

What a file does is told by its two snapshots. A file written by hand has none of its own; it
is undone by its ``-- down:`` section.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.diff.losses import Losses, find_losses
from nbmigrate.errors import SnapshotError
from nbmigrate.executor.undo import Holding, Keeping, UndoRecord, keeping, records
from nbmigrate.journal.down import down_statements
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.names import key
from nbmigrate.plan import Answers, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.results.changes import counts_text, tree
from nbmigrate.workspace.keeping import Connection, Schemas, done_renames, read_again

if TYPE_CHECKING:
    from nbmigrate.executor.segments import MigrationLike
    from nbmigrate.journal import Journal


class KeepingAround:
    """Makes each migration of a run undoable, inside its own transaction."""

    def __init__(self, journal: Journal, schemas: Schemas) -> None:
        self._journal = journal
        self._schemas = schemas
        self._begun: dict[str, tuple[Snapshot, Plan, Keeping]] = {}

    def before(self, connection: Connection, migration: MigrationLike) -> None:
        """Look at the schema, and copy what will be lost."""
        if (plan := plan_of(self._journal, migration.tag)) is None:
            return
        live = read_again(connection, self._schemas, (plan.old, plan.new))
        found = keeping(
            connection,
            live,
            plan.operations,
            (),
            _there(find_losses(live, plan.operations), live),
            number=records.next_id(connection),
            may_move=False,
        )
        for statement in found.before:
            connection.execute(statement.sql.encode())
        self._begun[migration.tag] = (live, plan, found)

    def after(self, connection: Connection, migration: MigrationLike) -> None:
        """Write the record, in the transaction that writes the history."""
        if migration.tag not in self._begun:
            return
        before, plan, found = self._begun.pop(migration.tag)
        connection.execute("RESET SESSION AUTHORIZATION; RESET ROLE")
        for statement in found.after:
            connection.execute(statement.sql.encode())
        records.write(
            connection,
            UndoRecord(
                id=records.next_id(connection),
                kind="migrate",
                tag=migration.tag,
                before=before,
                after=read_again(connection, self._schemas, (plan.old, plan.new)),
                operations=plan.operations,
                renames=done_renames(plan),
                holding=found.holding if plan.operations else _by_hand(migration),
                what=(counts_text(tree(plan.operations)) if plan.operations else "by hand",),
            ),
        )


def plan_of(journal: Journal, tag: str) -> Plan | None:
    """What a migration does, told by its snapshots; ``None`` where one cannot be read."""
    tags = [entry.tag for entry in journal.entries]
    at = tags.index(tag)
    try:
        # the old one first: it was the new one of the migration before, and is still known
        old = journal.read_snapshot(tags[at - 1]) if at else None
        new = journal.read_snapshot(tag)
    except SnapshotError:
        return None
    except OSError:
        return None
    renames = journal.entries[at].renames
    return make_plan(
        old.snapshot if old else EMPTY,
        new.snapshot if new else EMPTY,
        dialect=POSTGRESQL,
        answers=Answers(renames=renames),
    )


def _there(losses: Losses, live: Snapshot) -> Losses:
    """Only what the database has: it may have drifted from the snapshots."""
    rows = tuple(loss for loss in losses.rows if key(*loss.table) in live.tables)
    return Losses(rows, losses.positions)


def _by_hand(migration: MigrationLike) -> Holding:
    down = down_statements(migration.sql)
    reason = "" if down else "it was written by hand and has no `-- down:` section"
    return Holding(down=down, irreversible=reason)
