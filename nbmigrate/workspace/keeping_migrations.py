"""Around a migration: what it would lose is kept, and what it did is recorded, for an undo.

What a file does is told by its two snapshots. A file written by hand has none of its own; it
is undone by its ``-- down:`` section.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from nbmigrate.diff.additions import Made, additions, around, as_made
from nbmigrate.diff.losses import Losses, find_losses
from nbmigrate.errors import SnapshotError
from nbmigrate.executor.history import take_own_role
from nbmigrate.executor.undo import Holding, UndoRecord, keeping, records
from nbmigrate.executor.undo.keep import images
from nbmigrate.journal.changes import Changes
from nbmigrate.journal.down import down_statements
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.names import key
from nbmigrate.plan import Answers, Plan, find_operations, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.making import only_makes
from nbmigrate.results.changes import counts_text, tree
from nbmigrate.workspace.keeping import (
    Connection,
    Schemas,
    done_renames,
    read_again,
    tell_copies,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmigrate import executor
    from nbmigrate.executor.segments import MigrationLike
    from nbmigrate.operations import Operation
    from nbmigrate.postgresql.sending import Query


class _Begun(NamedTuple):
    """A record that is to be completed, and the snapshots that the migration is told by."""

    record: UndoRecord
    known: tuple[Snapshot, ...]


class _Adding(NamedTuple):
    """What a migration that only adds will make, and its record, packed while there is time."""

    made: Made
    record: Query


class _Added(NamedTuple):
    """What a migration made that has no snapshots yet.

    The ``operations`` are given of a run that died: between then and now somebody may have come.
    """

    made: Made
    operations: tuple[Operation, ...] = ()


class KeepingAround:
    """Makes each migration of a run undoable, inside its own transaction.

    One that only adds loses nothing, and PostgreSQL itself proves that what it made was not
    there before: a plain CREATE or ADD would have failed. So its record needs names only, and
    the schema is not read around it. The snapshots of such records are filled in together, at
    the end or when the schema is read anyway; those of a run that died before are filled in by
    the next one, or by :func:`settled` when they are undone.

    The record of any other is begun in its first transaction and completed in its last one, by
    whichever run gets there.
    """

    def __init__(
        self, changes: Changes, schemas: Schemas, on_event: executor.OnEvent | None = None
    ) -> None:
        self._changes = changes
        self._on_event = on_event
        self._schemas = schemas
        self._begun: dict[str, _Begun] = {}
        self._ahead: dict[str, _Adding | None] = {}
        self._added: dict[str, _Adding] = {}
        self._unsettled: dict[str, _Added] = {}

    def begin(self, connection: Connection) -> None:
        """Make the table of the records, before the first migration."""
        records.prepare(connection)
        for record in records.unsettled(connection):
            self._unsettled[record.tag] = _Added(record.holding.made, record.operations)

    def look_ahead(self, migration: MigrationLike) -> None:
        """Tell by its files whether the next migration only adds."""
        self._ahead = {migration.tag: _additive(self._changes, migration)}

    def before(self, connection: Connection, migration: MigrationLike) -> None:
        """Look at the schema and copy what will be lost; nothing when nothing can be."""
        self._begun.pop(migration.tag, None)
        if migration.tag not in self._ahead:
            self.look_ahead(migration)
        if (adding := self._ahead[migration.tag]) is not None:
            self._added[migration.tag] = adding
        elif (plan := plan_of(self._changes, migration.tag)) is not None:
            known = (plan.old, plan.new)
            self._begun[migration.tag] = _Begun(self._begin(connection, migration, plan), known)

    def _begin(self, connection: Connection, migration: MigrationLike, plan: Plan) -> UndoRecord:
        if (earlier := records.begun(connection, migration.tag)) is not None:
            if earlier.operations == plan.operations:
                return earlier
            records.remove(connection, earlier)
        live = read_again(connection, self._schemas, (plan.old, plan.new))
        self._settle(connection, live)
        number = records.next_id(connection)
        found = keeping(
            connection,
            live,
            plan.operations,
            (),
            _there(find_losses(live, plan.operations), live),
            number=number,
            may_move=False,
        )
        tell_copies(found.holding, self._on_event)
        for statement in found.before:
            connection.execute(statement.sql.encode())
        record = UndoRecord(
            id=number,
            kind="migrate",
            tag=migration.tag,
            before=live,
            after=EMPTY,
            operations=plan.operations,
            renames=done_renames(plan),
            holding=found.holding if plan.operations else _by_hand(migration),
            what=(counts_text(tree(plan.operations)) if plan.operations else "by hand",),
            state=records.BEGUN,
        )
        records.write(connection, record)
        return record

    def look_again(self, connection: Connection, migration: MigrationLike) -> None:
        """Complete a record that needs the schema, in the transaction that writes the history."""
        if migration.tag in self._added:
            return
        if (begun := self._begun_before(connection, migration.tag)) is not None:
            take_own_role(connection)
            record, known = begun
            for text in images(record.holding.tables, record.before):
                connection.execute(text.encode())
            live = read_again(connection, self._schemas, known)
            records.complete(connection, record.id, live)

    def after(self, migration: MigrationLike) -> Sequence[Query]:
        """The record that needs nothing, on the way of the history."""
        if (adding := self._added.pop(migration.tag, None)) is None:
            return ()
        self._unsettled[migration.tag] = _Added(adding.made)
        return (adding.record,)

    def _begun_before(self, connection: Connection, tag: str) -> _Begun | None:
        """What this run began, or what another one did that died in the middle."""
        if (begun := self._begun.pop(tag, None)) is not None:
            return begun
        if (record := records.begun(connection, tag)) is None:
            return None
        plan = plan_of(self._changes, tag)
        return _Begun(record, (plan.old, plan.new) if plan else ())

    def finish(self, connection: Connection) -> None:
        """Read the schema once for all the migrations that only added."""
        if self._unsettled:
            self._settle(connection, read_again(connection, self._schemas, ()))

    def _settle(self, connection: Connection, live: Snapshot) -> None:
        found = list(self._unsettled.items())
        pairs = around(live, [added.made for _, added in found])
        records.settle(
            connection,
            [
                (tag, before, as_made(after, added.operations) if added.operations else after)
                for (tag, added), (before, after) in zip(reversed(found), pairs, strict=True)
            ],
        )


def settled(record: UndoRecord, live: Snapshot) -> UndoRecord:
    """The record with its snapshots, from the schema as it is, where its run died before it had any."""
    if not record.holding.made or record.after != EMPTY:
        return record
    [(before, after)] = around(live, [record.holding.made])
    after = as_made(after, record.operations)
    return msgspec.structs.replace(record, before=before, after=after)


def _additive(changes: Changes, migration: MigrationLike) -> _Adding | None:
    """What a migration makes that only adds, by its snapshots and by its SQL."""
    if changes.entry(migration.tag).renames:
        return None
    try:
        old, new = changes.around(migration.tag)
    except (SnapshotError, OSError):
        return None
    made = additions(old, new)
    if made is None or not only_makes([s.sql for s in migration.statements()], made):
        return None
    operations = find_operations(old, new, dialect=POSTGRESQL)
    record = UndoRecord(
        id=0,
        kind="migrate",
        tag=migration.tag,
        before=EMPTY,
        after=EMPTY,
        operations=operations,
        holding=Holding(made=made),
        what=(counts_text(tree(operations)),),
    )
    return _Adding(made, records.write_made(record))


def plan_of(changes: Changes, tag: str) -> Plan | None:
    """What a migration does, told by its snapshots; ``None`` where one cannot be read."""
    try:
        old, new = changes.whole(tag)
    except (SnapshotError, OSError):
        return None
    answers = Answers(renames=changes.entry(tag).renames)
    return make_plan(old, new, dialect=POSTGRESQL, answers=answers)


def _there(losses: Losses, live: Snapshot) -> Losses:
    """Only what the database has: it may have drifted from the snapshots."""
    rows = tuple(loss for loss in losses.rows if key(*loss.table) in live.tables)
    return Losses(rows, losses.positions)


def _by_hand(migration: MigrationLike) -> Holding:
    down = down_statements(migration.sql)
    reason = "" if down else "it was written by hand and has no `-- down:` section"
    return Holding(down=down, irreversible=reason)
