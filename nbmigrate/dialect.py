"""What the engine asks of a database product, and the registry of those there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nbmigrate.model.tables import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmigrate.model import Snapshot
    from nbmigrate.operations import Operation


#: The oldest PostgreSQL that is tested and maintained, as libpq writes it; what a plan must suit when
#: nobody knows the server.
OLDEST = 150_000

#: Comments by which a file says what its text does not: any tool can read it all the same.
COMMIT_BEFORE = "/* nbmigrate: in a transaction of its own */"
NO_TRANSACTION = "/* nbmigrate: in no transaction */"


class Statement(Value, frozen=True, kw_only=True):
    """One SQL statement, ready to run, ending in ``;``.

    ``transactional`` is false for what PostgreSQL refuses inside a transaction
    block (CREATE INDEX CONCURRENTLY). ``commit_before`` is true for one that uses
    what an earlier one of the same plan must have committed (a new enum value).
    """

    sql: str
    transactional: bool = True
    commit_before: bool = False
    comment: str = ""


class Dialect(Protocol):
    """A database product. PostgreSQL is the only one so far."""

    name: str

    def render(self, operations: Sequence[Operation]) -> tuple[Statement, ...]:
        """The statements of the operations, in the same order."""
        ...

    def canonical_pair(self, old: Snapshot, new: Snapshot) -> tuple[Snapshot, Snapshot]:
        """Both snapshots in one spelling, as far as it can be told without a server."""
        ...
