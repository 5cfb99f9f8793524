"""Generate: the plan, its proof, and the files of the next migration."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import psycopg

from nbmigrate.errors import ConnectFailedError, JournalError, ServerError
from nbmigrate.journal import Migration, two_words
from nbmigrate.journal.allowances import header
from nbmigrate.journal.draft import from_plan
from nbmigrate.plan import NO_ANSWERS, Answers, Plan
from nbmigrate.results import GenerateResult
from nbmigrate.workspace import files
from nbmigrate.workspace.down import BY_HAND, Down, down_of, way_back
from nbmigrate.workspace.evidence import with_evidence
from nbmigrate.workspace.handwritten import refresh_if_stale
from nbmigrate.workspace.proof import Back, Proof, Verdict, prove
from nbmigrate.workspace.sources import Source, recorded

if TYPE_CHECKING:
    from nbmigrate.journal import Journal
    from nbmigrate.workspace.project import Project


def generate(
    workspace: Project,
    name: str | None,
    source: str,
    *,
    answers: Answers = NO_ANSWERS,
    custom: bool = False,
) -> GenerateResult:
    """Write what no migration holds yet; with open questions, nothing."""
    journal = workspace.journal
    note = refresh_if_stale(workspace)
    head, earlier = journal.head_id, journal.migrations()
    old = Source(recorded(journal), "recorded")
    new = old if custom else workspace.source(source)
    plan, not_declared = workspace.compare(old, new, answers)
    if plan.questions or (plan.is_empty and not custom):
        plan = _with_live_evidence(workspace, plan)
        return GenerateResult(plan=plan, tag=None, not_declared=not_declared, note=note)
    back = way_back(plan)
    proof = Proof(Verdict.UNPROVED, "") if custom else _prove(workspace, earlier, plan, back)
    down = BY_HAND if custom else down_of(plan, back, proof)
    migration = _append(journal, plan, name, down, head=head, custom=custom)
    result = files.generated(journal, workspace.root, migration.tag, plan, proof.text)
    return dataclasses.replace(result, not_declared=not_declared, note=note, undo=down.text)


def _with_live_evidence(workspace: Project, plan: Plan) -> Plan:
    """The questions with what the database in use says, where there is one to be asked."""
    if not plan.questions:
        return plan
    try:
        return with_evidence(workspace.target.connection, plan)
    except (ServerError, ConnectFailedError):
        return plan


def _append(
    journal: Journal, plan: Plan, name: str | None, down: Down, *, head: str, custom: bool
) -> Migration:
    now_ms = int(time.time() * 1000)
    wanted = name if name is not None else two_words(random.Random())  # noqa: S311 - no secret
    if custom:
        draft = files.custom_draft(wanted, plan.new)
    else:
        draft = from_plan(plan, name=wanted, header=header(plan.hazards))._replace(
            down=down.as_document()
        )
    return journal.append_draft(draft, now_ms=now_ms, expected_id=head)


def _prove(workspace: Project, earlier: Sequence[Migration], plan: Plan, back: Back) -> Proof:
    """Replay all files and the new one, up, down and up, where that harms nobody.

    Raises:
        JournalError: the new file does not lead to the new snapshot; nothing is written.
    """
    try:
        arena = workspace.proof_arena(earlier)
        found = prove(arena, earlier, plan, back, before=workspace.shown)
    except (ServerError, ConnectFailedError) as error:
        return Proof(Verdict.UNPROVED, f"not proved: {error.message}")
    except psycopg.Error as error:
        return Proof(Verdict.UNPROVED, f"not proved: {error.diag.message_primary or error}")
    workspace.shown = found.shown or workspace.shown
    if found.verdict is Verdict.REFUTED:
        missing = f"; still to be done would be\n{found.rest.sql}" if found.rest else ""
        raise JournalError(
            f"{found.text}{missing}",
            path=workspace.settings.folder,
            hint="nothing was written; this is an error of nbmigrate or of an earlier file",
        )
    return found
