"""Plans between any two sources: where the sources, the scratch and the ledger meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import psycopg

from nbmigrate.diff.renames import is_waiting, spelled_out
from nbmigrate.errors import NbmigrateError
from nbmigrate.hazards import ReadFacts
from nbmigrate.model import Rename, Snapshot
from nbmigrate.model.names import format_path
from nbmigrate.operations import Id
from nbmigrate.plan import Answers, Canonical, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Cache, Scratch
from nbmigrate.workspace.bare_paths import rename_in_public
from nbmigrate.workspace.granted import all_said, with_revoked
from nbmigrate.workspace.ownership import Kept, Ownership, Path, keep_undeclared, paths_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.workspace.ownership import Entry
    from nbmigrate.workspace.sources import Source


class Compared(NamedTuple):
    """A plan, and what the new source does not speak of and therefore stays."""

    plan: Plan
    not_declared: tuple[str, ...]


def compare(  # noqa: PLR0913 - two sources, and what is known beside them
    old: Source,
    new: Source,
    *,
    answers: Answers,
    ownership: Ownership,
    canonical: Canonical,
    rows: Mapping[Id, int] | None = None,
    verdicts: Verdicts | None = None,
    facts: ReadFacts | None = None,
    server_version: int | None = None,
) -> Compared:
    """The plan from ``old`` to ``new``; each loss is a question when ``old`` is a database."""
    wanted = all_said(new.snapshot, old.snapshot) if new.is_live else new.snapshot
    wanted = with_revoked(old.snapshot, wanted, ownership)
    kept: Kept = keep_undeclared(old.snapshot, wanted, ownership)
    if verdicts and verdicts.are_same(old.snapshot, kept.snapshot, answers):
        plan = Plan(old=old.snapshot, new=old.snapshot, answers=answers)
        return Compared(plan, kept.not_declared)
    plan = make_plan(
        old.snapshot,
        kept.snapshot,
        dialect=POSTGRESQL,
        answers=answers,
        canonical=canonical,
        rows=rows,
        ask_drops=old.is_live,
        facts=facts,
        server_version=server_version,
    )
    if verdicts and plan.is_empty:
        verdicts.remember(old.snapshot, kept.snapshot, answers)
    return Compared(plan, kept.not_declared)


class Verdicts(NamedTuple):
    """Which two snapshots were found to be the same schema, by their content.

    ``judge`` says who found it: the version of this program, of the server and the role.
    """

    cache: Cache
    judge: str

    def are_same(self, old: Snapshot, new: Snapshot, answers: Answers) -> bool:
        """True when the very same two were compared before, and nothing differed."""
        return self._digest(old, new, answers) in self.cache

    def remember(self, old: Snapshot, new: Snapshot, answers: Answers) -> None:
        """Nothing differs between the two."""
        self.cache[self._digest(old, new, answers)] = b"same"

    def _digest(self, *values: Snapshot | Answers) -> str:
        found = sha256(self.judge.encode())
        for value in values:
            found.update(msgspec.json.encode(value, order="deterministic"))
        return found.hexdigest()


def ownership_of(
    old: Source,
    new: Source,
    *,
    answers: Answers,
    removed: frozenset[Path],
    ours: Callable[[], frozenset[Entry]],
) -> Ownership:
    """Who made what, for these two sources; ``ours`` is asked only for a database."""
    renamed: list[str] = []
    for text in answers.renames:
        with suppress(ValueError):  # what is no rename is refused when the plan is made
            renamed.append(format_path(*Rename.parse(text).old))
    return Ownership(
        ours=ours() if old.is_live else None,
        is_complete=new.is_complete,
        removed=removed,
        named=frozenset(paths_of((*answers.drops, *renamed))),
    )


def with_declared_renames(answers: Answers, old: Source, new: Source) -> Answers:
    """The answers, and the renames of the declaration that have not happened in ``old`` yet.

    ``renamed_from`` stays in the code for ever; in a database that never had the old name
    it means nothing.
    """
    both = (old.snapshot, new.snapshot)
    said = (rename_in_public(Rename.parse(text), both) for text in new.renames)
    declared = spelled_out(*both, said)
    waiting = [str(r) for r in declared if is_waiting(r, old.snapshot, declared)]
    renames = tuple(dict.fromkeys((*answers.renames, *waiting)))
    return msgspec.structs.replace(answers, renames=renames)


Connect = Callable[[], "psycopg.Connection[Any] | None"]


def asking(connections: Sequence[Connect], cache: Cache, *, old_is_live: bool) -> Canonical:
    """One spelling by asking PostgreSQL, or as far as text allows where none can be asked.

    ``connections`` are tried in turn: the database in use, then the embedded server for one that
    cannot be reached or does not let its schemas be renamed. When PostgreSQL refuses a
    text, the plan shows it as different; applying it then shows PostgreSQL's own
    error at the statement.
    """

    def pair(old: Snapshot, new: Snapshot) -> tuple[Snapshot, Snapshot]:
        plain = POSTGRESQL.canonical_pair(old, new)
        if not Scratch.is_needed(*plain):
            return plain
        for number, connect in enumerate(connections):
            try:
                if (found := connect()) is not None:
                    is_its_own = old_is_live and number == 0
                    return Scratch(found, cache).settle(*plain, old_is_live=is_its_own)
            except (NbmigrateError, psycopg.Error):
                continue
        return plain

    return pair
