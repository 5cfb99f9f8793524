"""Privileges by object."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal

from nbmigrate.model import Grant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.sending import Row


def read_privileges(
    catalog: Catalog, kind: Literal["c", "p", "t", "n"]
) -> Mapping[int, Mapping[str, Grant]]:
    """Who may do what with relations (``c``), routines, types or schemas (``n``)."""
    found: defaultdict[int, dict[str, Grant]] = defaultdict(dict)
    for row in catalog.privileges:
        if row[0] == kind:
            found[row[1]][row[3]] = _grant(row)
    return found


def read_column_privileges(catalog: Catalog) -> Mapping[int, Mapping[int, Mapping[str, Grant]]]:
    """Who may do what with the columns of relations, by number."""
    found: defaultdict[int, defaultdict[int, dict[str, Grant]]]
    found = defaultdict(lambda: defaultdict(dict))
    for row in catalog.privileges:
        if row[0] == "a":
            found[row[1]][row[2]][row[3]] = _grant(row)
    return found


def _grant(row: Row) -> Grant:
    role, privileges, grantable = row[3:]
    return Grant(role=role, privileges=tuple(privileges), grantable=tuple(grantable))
