"""What is lost for good: no schema brings it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from nbmigrate import operations as o
from nbmigrate.hazards.hazard import Hazard, Lock
from nbmigrate.model import format_path
from nbmigrate.operations import Id


def losses(  # noqa: C901 - one case per kind
    op: o.Operation, rebuilt: set[tuple[Id, str]], made: set[Id]
) -> Iterator[Hazard]:
    """What the operation loses.

    ``rebuilt`` are columns that come again and are computed, ``made`` what is created.
    """
    match op:
        case o.DropTable(table=table):
            yield _loss("NB101", format_path(*table.id), "drops the table and its rows", table.id)
        case o.DropColumn(table=table, column=column):
            if column.generated is None or (table, column.name) not in rebuilt:
                path = format_path(*table, column.name)
                yield _loss("NB102", path, "drops the column and its values", table)
        case o.DropSchema(name=name):
            yield _loss("NB103", format_path(name), "drops the schema; it must be empty")
        case o.DropSequence(sequence=sequence):
            yield _loss("NB104", format_path(*sequence.id), "drops the sequence and its position")
        case o.DropExtension(extension=extension):
            yield _loss("NB105", format_path(extension.name), "drops the extension and all in it")
        case o.DropView(view=view) if view.materialized and view.id not in made:
            text = "drops the materialized view and its rows"
            yield _loss("NB106", format_path(*view.id), text, view.id)
        case o.DropEnum() | o.DropDomain() | o.DropType():
            yield from _type_loss(op, made)
        case _:
            return


def _type_loss(op: o.DropEnum | o.DropDomain | o.DropType, made: set[Id]) -> Iterator[Hazard]:
    """No row goes with a type; what somebody wrote down in it does."""
    match op:
        case o.DropEnum(enum=enum):
            id_, text = enum.id, f"drops the enum and its {len(enum.values)} labels"
        case o.DropDomain(domain=domain):
            id_, text = domain.id, "drops the domain and its conditions"
        case o.DropType(type=dropped):
            id_, text = dropped.id, "drops the type"
        case _:
            assert_never(op)
    if id_ not in made:
        yield _loss("NB107", format_path(*id_), text)


def _loss(code: str, path: str, text: str, table: Id | None = None) -> Hazard:
    lock: Lock = "ACCESS EXCLUSIVE" if table else ""
    return Hazard(code=code, severity="loses data", path=path, text=text, table=table, lock=lock)
