"""What a run reports while it goes on, and what it returns. Texts hold no passwords."""

from __future__ import annotations

from collections.abc import Callable

from nbmigrate.executor.blockers import Blocker
from nbmigrate.executor.lock import Holder
from nbmigrate.model.tables import Value


class Applied(Value, frozen=True, kw_only=True):
    """A migration that this run applied."""

    tag: str
    statements: int
    ms: int


class AppliedStatement(Value, frozen=True, kw_only=True):
    """A statement that ran: ``index`` counts from 1; ``rows`` is -1 where PostgreSQL counts none.

    ``tag`` and ``line`` are those of the migration file; empty and 0 for a push.
    """

    index: int
    sql: str
    ms: int
    rows: int
    tag: str = ""
    line: int = 0


class LockWaited(Value, frozen=True, kw_only=True):
    """Another migrator is at work; this one waits for it."""

    holder: Holder


class MigrationStarted(Value, frozen=True, kw_only=True):
    """A migration begins. ``late``: drizzle's own migrator would skip it for ever.

    ``done`` counts the statements that an earlier, broken-off run has already committed.
    """

    tag: str
    statements: int
    late: bool = False
    done: int = 0


class Retried(Value, frozen=True, kw_only=True):
    """A lock was not granted in time; the same transaction is tried again after a pause."""

    tag: str
    attempt: int
    attempts: int
    pause_ms: int
    sqlstate: str
    blockers: tuple[Blocker, ...]


class Blocked(Value, frozen=True, kw_only=True):
    """A statement waits for a lock right now; whoever holds it is named while it does."""

    tag: str
    blockers: tuple[Blocker, ...]


class Released(Value, frozen=True, kw_only=True):
    """Transactions of this process were rolled back, as was asked."""

    pids: tuple[int, ...]


class SnapshotsFound(Value, frozen=True, kw_only=True):
    """Open transactions that the coming concurrent index build waits for."""

    tag: str
    sql: str
    blockers: tuple[Blocker, ...]


class KeepingBegun(Value, frozen=True, kw_only=True):
    """Before anything else much is copied for an undo; ``seconds`` are meant as an order of magnitude."""

    rows: int
    bytes: int
    seconds: float


class LeftoverDropped(Value, frozen=True, kw_only=True):
    """An INVALID index that an earlier, failed build of ours left was dropped."""

    tag: str
    index: str


Event = (
    Applied
    | AppliedStatement
    | LockWaited
    | MigrationStarted
    | Retried
    | Blocked
    | Released
    | SnapshotsFound
    | KeepingBegun
    | LeftoverDropped
)
OnEvent = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """The listener for callers that do not listen."""
