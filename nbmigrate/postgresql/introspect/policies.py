"""Row security policies."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nbmigrate.model import Policy
from nbmigrate.postgresql.expressions import strip_parens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.sending import Row

_COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}


def read_policies(catalog: Catalog) -> Mapping[int, Mapping[str, Policy]]:
    """The policies by table."""
    found: defaultdict[int, dict[str, Policy]] = defaultdict(dict)
    for row in catalog.policies:
        found[row[0]][row[1]] = _policy(row)
    return found


def _policy(row: Row) -> Policy:
    _, name, permissive, command, roles, using, with_check, comment = row
    return Policy(
        name=name,
        as_="PERMISSIVE" if permissive else "RESTRICTIVE",
        for_=_COMMANDS[command],
        to=tuple(roles),
        using=None if using is None else strip_parens(using),
        with_check=None if with_check is None else strip_parens(with_check),
        comment=comment,
    )
