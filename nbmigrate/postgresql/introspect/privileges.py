"""Privileges by object."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nbmigrate.model import Grant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.postgresql.introspect.catalog import Catalog


def read_privileges(catalog: Catalog, kind: str) -> Mapping[int, Mapping[str, Grant]]:
    """Who may do what with relations (``c``) or routines (``p``)."""
    found: defaultdict[int, dict[str, Grant]] = defaultdict(dict)
    for of, oid, role, privileges, grantable in catalog.privileges:
        if of == kind:
            found[oid][role] = Grant(
                role=role, privileges=tuple(privileges), grantable=tuple(grantable)
            )
    return found
