"""The columns that a DataFrame goes into, as far as they decide how its values are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from nbmigrate.errors import UsageConflictError

# has_nan: numbers but integers, and domains of them (PostgreSQL docs, pg_type, "typcategory").
_COLUMNS = """
    SELECT a.attname::text, CASE WHEN t.typtype = 'd' THEN 0 ELSE a.atttypid END,
           COALESCE(e.typdelim, ',')::text,
           t.typcategory::text,
           t.typcategory = 'N' AND COALESCE(NULLIF(t.typbasetype, 0), t.oid) NOT IN
               ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype)
      FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
           LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND t.typcategory = 'A'
     WHERE a.attrelid = %s::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True)
class Target:
    """A column's type (0 for a domain), and what parts the elements of an array of it.

    ``category`` is pg_type's; ``has_nan`` says whether NaN is a value of it.
    """

    oid: int
    delimiter: str
    category: str
    has_nan: bool


def targets_of(
    connection: psycopg.Connection[Any], names: Sequence[str], table: str
) -> list[Target]:
    """The columns of these names.

    Raises:
        UsageConflictError: the table has no such column.
    """
    found = connection.execute(_COLUMNS, [table]).fetchall()
    known = {name: Target(*rest) for name, *rest in found}
    for name in names:
        if name not in known:
            raise UsageConflictError(
                f"`{table}` has no column `{name}`", hint=f"it has: {', '.join(known)}"
            )
    return [known[name] for name in names]
