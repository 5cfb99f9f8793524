"""What silence about privileges means.

A declaration without grants does not speak of them, and leaves them as they are. One that had a
grant and lost it in this kernel takes it back, on what is ours; and a database says it all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.model import Snapshot
    from nbmigrate.workspace.ownership import Ownership

#: What has privileges, and what the ledger calls it.
_KINDS = {"tables": "table", "views": "view", "sequences": "sequence", "functions": "function"}
#: Between an object and the role in the path of a grant; no name in a database is empty.
GRANT = ""


def with_revoked(old: Snapshot, new: Snapshot, ownership: Ownership) -> Snapshot:
    """The new snapshot without the grants whose declaration was seen and removed."""
    changed = {}
    for family, kind in _KINDS.items():
        items: Mapping[str, Any] = getattr(new, family)
        before: Mapping[str, Any] = getattr(old, family)
        less = {
            key: msgspec.structs.replace(item, privileges=_rest(before[key], ownership))
            for key, item in items.items()
            if key in before
            and item.privileges is None
            and ownership.is_ours(kind, item.id)
            and _revoked(before[key], ownership)
        }
        if less:
            changed[family] = {**items, **less}
    return msgspec.structs.replace(new, **changed) if changed else new


def _revoked(item: Any, ownership: Ownership) -> bool:  # noqa: ANN401 - anything that has privileges
    return any((*item.id, GRANT, role) in ownership.removed for role in item.privileges or {})


def _rest(item: Any, ownership: Ownership) -> dict[str, Any]:  # noqa: ANN401 - anything that has privileges
    return {
        role: grant
        for role, grant in item.privileges.items()
        if (*item.id, GRANT, role) not in ownership.removed
    }


def all_said(live: Snapshot) -> Snapshot:
    """A schema of a database, in which what is not granted is granted to nobody."""
    changed = {
        family: {
            key: msgspec.structs.replace(item, privileges={}) if item.privileges is None else item
            for key, item in getattr(live, family).items()
        }
        for family in _KINDS
    }
    return msgspec.structs.replace(live, **changed)
