"""The down script of a generated migration: planned from its two snapshots, run before it is written."""

from __future__ import annotations

from typing import Literal, NamedTuple

from nbmigrate.diff.inverse import inverted
from nbmigrate.diff.losses import Losses, find_losses, leaving_parents
from nbmigrate.errors import NbmigrateError
from nbmigrate.model import format_path
from nbmigrate.plan import Answers, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.workspace.keeping import done_renames
from nbmigrate.workspace.proof import Back, Proof

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


def way_back(plan: Plan) -> Back:
    """The plan from the new snapshot to the old one, its renames turned round."""
    renames = Answers(renames=inverted(done_renames(plan)))
    try:
        found = make_plan(plan.new, plan.old, dialect=POSTGRESQL, answers=renames)
    except NbmigrateError as error:
        return Back(error=error.message)
    return Back(found.statements)


def down_of(plan: Plan, back: Back, proof: Proof) -> Down:
    """The label of the way back, by what running it has shown."""
    if failed := back.error or proof.back:
        return Down("not reversible", failed)
    texts = tuple(statement.sql for statement in back.statements)
    untried = "not tried" if proof.back is None else ""
    if lost := _lost(find_losses(plan.old, plan.operations)):
        reason = f"{lost} come back with `nbmigrate undo` only, where nbmigrate migrated"
        return Down("structure only", "; ".join(filter(None, (reason, untried))), texts)
    own = ", ".join(f"`{format_path(*id_)}`" for id_ in leaving_parents(plan.operations))
    otherwise = f"the columns of {own} stay its own" if own else ""
    return Down("reversible", "; ".join(filter(None, (otherwise, untried))), texts)


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
