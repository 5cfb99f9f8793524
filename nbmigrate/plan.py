"""A plan: what differs between two snapshots, what would be run, and what must be answered.

A plan is a value: it is shown, saved as JSON, hashed, and applied later. Nothing
here talks to a database; what only PostgreSQL can judge comes in as the
``canonical`` argument (:mod:`nbmigrate.postgresql.scratch` supplies it).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from nbmigrate.dialect import Statement
from nbmigrate.diff import diff
from nbmigrate.diff.renames import apply_renames, find_candidates, resolve_renames
from nbmigrate.diff.respell import respell
from nbmigrate.hazards import Hazard, find_hazards
from nbmigrate.model import Snapshot
from nbmigrate.model.names import Rename
from nbmigrate.model.tables import Value
from nbmigrate.operations import AddColumn, Operation, SetNotNull

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmigrate.dialect import Dialect

Canonical = Callable[[Snapshot], Snapshot]


class Answers(Value, frozen=True, kw_only=True):
    """What a person has said about the questions of a plan.

    ``renames`` as ``OLD->NEW``; ``drops`` are paths that may go (and are then no
    rename candidates); ``backfills`` map the path of a column to SQL; ``allow_drop``
    answers every drop question at once.
    """

    renames: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    backfills: Mapping[str, str] = {}
    allow_drop: bool = False


NO_ANSWERS = Answers()


class Question(Value, frozen=True, kw_only=True):
    """Something that is not guessed. ``flags`` are the exact answers, one per choice."""

    kind: Literal["rename", "drop", "backfill", "not declared"]
    path: str
    text: str
    evidence: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Plan(Value, frozen=True, kw_only=True):
    """The difference between two snapshots and what is to be done about it."""

    old: Snapshot
    new: Snapshot
    operations: tuple[Operation, ...] = ()
    statements: tuple[Statement, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    questions: tuple[Question, ...] = ()
    answers: Answers = NO_ANSWERS

    @property
    def is_empty(self) -> bool:
        """True when the snapshots are the same schema."""
        return not self.operations

    @property
    def sql(self) -> str:
        """All statements as one script."""
        return "\n".join(s.sql for s in self.statements)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the plan: equal plans, equal fingerprints."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()
