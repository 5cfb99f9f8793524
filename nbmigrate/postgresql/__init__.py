"""How PostgreSQL says it: reading schemas from it and writing SQL for it.

:data:`POSTGRESQL` is what the engine asks. The two readers are imported from
where they are (:mod:`~nbmigrate.postgresql.introspect` and
:mod:`~nbmigrate.postgresql.from_metadata`), so that SQLAlchemy is loaded only
where tables are declared with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.postgresql.render import render, render_operation
from nbmigrate.postgresql.spelling import canonical, canonical_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmigrate.dialect import Statement
    from nbmigrate.model import Snapshot
    from nbmigrate.operations import Operation

__all__ = ["POSTGRESQL", "Postgresql", "canonical", "render", "render_operation"]


class Postgresql:
    """PostgreSQL as the engine sees it: a :class:`~nbmigrate.dialect.Dialect`."""

    __slots__ = ()
    name = "postgresql"

    def render(self, operations: Sequence[Operation]) -> tuple[Statement, ...]:
        """The statements of the operations, in the same order."""
        return render(operations)

    def canonical(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot in one spelling, as far as it can be told without a server."""
        return canonical(snapshot)

    def canonical_pair(self, old: Snapshot, new: Snapshot) -> tuple[Snapshot, Snapshot]:
        """Both snapshots in one spelling, as far as it can be told without a server."""
        return canonical_pair(old, new)


POSTGRESQL = Postgresql()
