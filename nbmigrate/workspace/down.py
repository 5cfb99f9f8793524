"""The down script of a generated migration: planned from its two snapshots, run before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from nbmigrate.diff.inverse import inverted
from nbmigrate.diff.losses import Losses, find_losses
from nbmigrate.errors import NbmigrateError
from nbmigrate.journal import Migration
from nbmigrate.model import format_path
from nbmigrate.plan import Answers, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.workspace.keeping import done_renames
from nbmigrate.workspace.proof import prove_down

Label = Literal["reversible", "structure only", "not reversible"]


class Down(NamedTuple):
    """Whether a migration can be taken back, why not wholly, and the statements that do it."""

    label: Label
    reason: str = ""
    statements: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """In one line."""
        return f"{self.label}: {self.reason}" if self.reason else self.label

    def as_document(self) -> dict[str, object]:
        """As the sidecar holds it."""
        return {
            "label": self.label,
            "reason": self.reason,
            "statements": list(self.statements),
        }


BY_HAND = Down("not reversible", "until a `-- down:` section is written into the file")


def down_of(url: str | None, earlier: Sequence[Migration], plan: Plan) -> Down:
    """The way back, tried up, down and up on the server at ``url``."""
    back = Answers(renames=inverted(done_renames(plan)))
    try:
        statements = make_plan(plan.new, plan.old, dialect=POSTGRESQL, answers=back).statements
        failed = prove_down(url, earlier, plan, statements) if url else ""
    except NbmigrateError as error:
        return Down("not reversible", error.message)
    if failed:
        return Down("not reversible", failed)
    texts = tuple(statement.sql for statement in statements)
    untried = "" if url else "not tried, there is no embedded PostgreSQL"
    if lost := _lost(find_losses(plan.old, plan.operations)):
        reason = f"{lost} come back with `nbmigrate undo` only, where nbmigrate migrated"
        return Down("structure only", "; ".join(filter(None, (reason, untried))), texts)
    return Down("reversible", untried, texts)


def _lost(losses: Losses) -> str:
    paths = [
        format_path(*loss.table, *(() if loss.is_whole else (column,)))
        for loss in losses.rows
        for column in (loss.columns[:1] if loss.is_whole else loss.columns)
    ]
    paths += [format_path(*p.id) for p in losses.positions if not p.column]
    return (
        "the values of " + ", ".join(f"`{path}`" for path in dict.fromkeys(paths)) if paths else ""
    )
