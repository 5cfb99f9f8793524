"""What changed between two snapshots: pure functions, no SQL, no text for people.

Both snapshots must be in one spelling (:mod:`nbmigrate.diff.respell`) and in one
set of names (:mod:`nbmigrate.diff.renames`): here everything is compared with ``==``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbmigrate.diff.comments import diff_comments
from nbmigrate.diff.defined import diff_defined, require_unused
from nbmigrate.diff.definitions import (
    diff_domains,
    diff_extensions,
    diff_functions,
    diff_types,
)
from nbmigrate.diff.detached import without_released
from nbmigrate.diff.enums import diff_enums
from nbmigrate.diff.leaving import ahead_of_gone
from nbmigrate.diff.ordering import ordered
from nbmigrate.diff.pointing import pointed_again
from nbmigrate.diff.policies import diff_linked_policies
from nbmigrate.diff.privileges import diff_privileges
from nbmigrate.diff.propagated import without_propagated
from nbmigrate.diff.rebuilt import with_rebuilt
from nbmigrate.diff.schemas import diff_roles, diff_schemas
from nbmigrate.diff.sequences import diff_sequences
from nbmigrate.diff.settling import settled
from nbmigrate.diff.tables import diff_tables
from nbmigrate.diff.views import diff_views, parts_of_views
from nbmigrate.model import Snapshot, format_path
from nbmigrate.model.holders import without_grants
from nbmigrate.operations import Operation


def diff(
    old: Snapshot,
    new: Snapshot,
    *,
    renames: Iterable[Operation] = (),
    backfills: Mapping[str, str] | None = None,
) -> tuple[Operation, ...]:
    """The operations that lead from ``old`` to ``new``, in the order in which they run.

    ``renames`` are the operations that gave ``old`` its present names; they run first.
    ``backfills`` map the path of a column to the SQL that fills it.
    """
    said_old, said_new = old, new
    old, new = without_grants(old), without_grants(new)
    renames = tuple(renames)
    operations: list[Operation] = [
        *renames,
        *diff_schemas(old.schemas, new.schemas),
        *diff_roles(old.roles, new.roles),
        *diff_extensions(old.extensions, new.extensions),
        *diff_enums(old, new),
        *diff_domains(old, new),
        *diff_types(old, new),
        *diff_functions(old.functions, new.functions),
        *diff_defined(old, new),
        *diff_sequences(old.sequences, new.sequences, _columns(old, new)),
        *diff_tables(old, new, backfills or {}, renames),
        *diff_views(old.views, new.views),
        *diff_linked_policies(old, new),
        *diff_comments(old, new),
    ]
    complete = with_rebuilt(operations, old, new)
    complete += ahead_of_gone(complete)
    require_unused(complete, old, new)
    complete += parts_of_views(complete)
    complete += pointed_again(complete, new)
    complete += diff_privileges(said_old, said_new, complete)
    complete = [*without_released(without_propagated(complete, old, new))]
    return ordered(settled(complete, old))


def _columns(old: Snapshot, new: Snapshot) -> set[str]:
    """The paths of all columns of the new schema; none where no column has owned a sequence."""
    if not any(sequence.owned_by for sequence in old.sequences.values()):
        return set()
    return {format_path(*t.id, name) for t in new.tables.values() for name in t.columns}
