"""What silence about privileges means.

A declaration without grants does not speak of them, and leaves them as they are. One that had a
grant and lost it in this kernel takes it back, on what is ours; and a database says it all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from nbmigrate.diff.privileges import spoken
from nbmigrate.model.holders import Grants, Holder, holders, with_grants
from nbmigrate.model.names import PUBLIC

if TYPE_CHECKING:
    from nbmigrate.model import Snapshot
    from nbmigrate.workspace.ownership import Ownership, Path

#: What has privileges, and what the ledger calls it.
_KINDS = {
    "tables": "table",
    "views": "view",
    "sequences": "sequence",
    "functions": "function",
    "enums": "enum",
    "domains": "domain",
    "types": "type",
    "schemas": "schema",
}


def with_revoked(old: Snapshot, new: Snapshot, ownership: Ownership) -> Snapshot:
    """The new snapshot without the grants whose declaration was seen and removed."""
    if not ownership.removed:
        return new
    said = {holder for holder, grants in holders(new) if grants is not None}
    less = {
        holder: rest
        for holder, grants in holders(old)
        if grants and holder not in said
        for rest in (_rest(holder, grants, old, ownership),)
        if rest != grants
    }
    return with_grants(new, less) if less else new


def _rest(holder: Holder, grants: Grants, old: Snapshot, ownership: Ownership) -> Grants:
    """What stays of the grants on an object; all of them when it is not ours."""
    id_: Path = (holder.key,)
    if holder.family != "schemas":
        id_ = getattr(old, holder.family)[holder.key].id
    if not ownership.is_ours(_KINDS[holder.family], id_[-2:] if len(id_) > 1 else ("", *id_)):
        return grants
    return {
        role: grant
        for role, grant in grants.items()
        if holder.path(id_, role) not in ownership.removed
    }


def all_said(live: Snapshot, old: Snapshot) -> Snapshot:
    """A schema of a database, in which what is not granted is granted to nobody.

    Who may use the schema that every database comes with is the server's affair until a file
    or a declaration speaks of it.
    """
    if PUBLIC in live.schema_privileges and PUBLIC not in old.schema_privileges:
        kept = {n: said for n, said in live.schema_privileges.items() if n != PUBLIC}
        live = msgspec.structs.replace(live, schema_privileges=kept)
    return spoken(live, old)
