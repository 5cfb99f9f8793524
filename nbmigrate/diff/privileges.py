"""What roles may do with tables and views; ``None`` in a snapshot is silence, not nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nbmigrate.diff.match import match
from nbmigrate.model import Grant
from nbmigrate.operations import CreateView, DropView, Id, Operation, SetPrivileges


def diff_privileges(
    id_: Id, old: Mapping[str, Grant] | None, new: Mapping[str, Grant] | None
) -> Iterator[SetPrivileges]:
    """Who may do what, when the new snapshot speaks of it at all."""
    if new is None:
        return
    found = match(old or {}, new)
    yield from (SetPrivileges(table=id_, old=grant) for grant in found.removed)
    yield from (SetPrivileges(table=id_, old=a, new=b) for a, b in found.changed)
    yield from (SetPrivileges(table=id_, new=grant) for grant in found.added)


def view_privileges(operations: Iterable[Operation]) -> Iterator[SetPrivileges]:
    """The privileges of views that are created; one that was dropped for it gets its own back."""
    operations = tuple(operations)
    dropped = {op.view.id: op.view for op in operations if isinstance(op, DropView)}
    for op in operations:
        if isinstance(op, CreateView):
            before, wanted = dropped.get(op.view.id), op.view.privileges
            if wanted is None and before is not None:
                wanted = before.privileges
            yield from (SetPrivileges(table=op.view.id, new=g) for g in (wanted or {}).values())
