"""Generate: the plan, its proof, and the files of the next migration."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from nbmigrate.errors import ConnectFailedError, JournalError, ServerError
from nbmigrate.journal import Draft, Migration, two_words
from nbmigrate.journal.allowances import header
from nbmigrate.journal.draft import from_plan
from nbmigrate.plan import NO_ANSWERS, Answers, Plan
from nbmigrate.results import GenerateResult
from nbmigrate.server import is_installed
from nbmigrate.workspace import files
from nbmigrate.workspace.down import BY_HAND, Down, down_of
from nbmigrate.workspace.evidence import with_evidence
from nbmigrate.workspace.proof import Verdict, prove, replay
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
    head, earlier = journal.head_id, journal.migrations()
    old = Source(recorded(journal), "recorded")
    new = old if custom else workspace.source(source)
    plan, not_declared = workspace.compare(old, new, answers)
    if plan.questions or (plan.is_empty and not custom):
        plan = _with_live_evidence(workspace, plan)
        return GenerateResult(plan=plan, tag=None, not_declared=not_declared)
    proof = "" if custom else _prove(workspace, earlier, plan)
    down = BY_HAND if custom else _down(workspace, earlier, plan)
    migration = _append(journal, plan, name, down, head=head, custom=custom)
    result = _written(workspace, migration, plan, proof)
    return dataclasses.replace(result, not_declared=not_declared, undo=down.text)


def _written(workspace: Project, migration: Migration, plan: Plan, proof: str) -> GenerateResult:
    paths = files.files_of(workspace.journal, migration.tag)
    shown = tuple(files.written(path, workspace.root) for path in paths)
    listed = " ".join(files.shell_quoted(file.path) for file in shown)
    return GenerateResult(
        plan=plan, tag=migration.tag, files=shown, git_command=f"git add {listed}", proof=proof
    )


def by_hand(workspace: Project, name: str | None, sql: str) -> GenerateResult:
    """Write SQL as the next migration, with the snapshot that PostgreSQL gives it.

    Raises:
        JournalError: the SQL fails after the migrations that are there; nothing is written.
        ServerError: there is no embedded PostgreSQL to run it on.
    """
    journal = workspace.journal
    head, earlier, before = journal.head_id, journal.migrations(), recorded(workspace.journal)
    found = replay(workspace.scratch.url, earlier, sql, before)
    plan, _ = workspace.compare(Source(before, "recorded"), Source(found.snapshot, "the SQL"))
    wanted = name if name is not None else two_words(random.Random())  # noqa: S311 - no secret
    draft = Draft(wanted, (sql.rstrip() + "\n",), found.snapshot)
    migration = journal.append_draft(draft, now_ms=int(time.time() * 1000), expected_id=head)
    return _written(workspace, migration, msgspec.structs.replace(plan, questions=()), found.text)


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


def _down(workspace: Project, earlier: Sequence[Migration], plan: Plan) -> Down:
    try:
        url = workspace.scratch.url if is_installed() else None
        return down_of(url, earlier, plan)
    except (ServerError, ConnectFailedError):
        return down_of(None, earlier, plan)


def _prove(workspace: Project, earlier: Sequence[Migration], plan: Plan) -> str:
    """Replay all files and the new one where that harms nobody: on the embedded server.

    Raises:
        JournalError: the new file does not lead to the new snapshot; nothing is written.
    """
    if not is_installed():
        return "not proved: there is no embedded PostgreSQL (nbmigrate[embedded])"
    try:
        url = workspace.scratch.url
        found = prove(url, earlier, plan.statements, plan.new)
    except (ServerError, ConnectFailedError) as error:
        return f"not proved: {error.message}"
    if found.verdict is Verdict.REFUTED:
        missing = f"; still to be done would be\n{found.rest.sql}" if found.rest else ""
        raise JournalError(
            f"{found.text}{missing}",
            path=workspace.settings.folder,
            hint="nothing was written; this is an error of nbmigrate or of an earlier file",
        )
    return found.text
