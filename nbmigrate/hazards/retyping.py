"""Which changes of a column's type PostgreSQL makes in its catalogs alone.

PostgreSQL docs, ALTER TABLE, Notes: no rewrite when the old type "is binary coercible to
the new type, or an unconstrained domain over the new type" and no USING is needed; the
length functions of varchar, numeric, timestamp, interval and varbit are known to be
nothing when the new limit is not smaller. Measured on 15, 16 and 18. The session is in UTC,
so timestamp and timestamptz are one (12 and later).
"""

from __future__ import annotations

import re

from nbmigrate.diff.columns import SERIAL
from nbmigrate.model import Column, Domain, Snapshot, key
from nbmigrate.model.names import PUBLIC

_MODIFIED = re.compile(r"([a-z ]+?) ?\((\d+)(?:, ?(-?\d+))?\)(.*)")
_ZONED = 120_000
_UTC_TYPES = frozenset({"timestamp", "timestamp with time zone"})
_TIMES = _UTC_TYPES | {"time", "time with time zone"}
#: What a time without a precision has (PostgreSQL docs, Date/Time Types).
_MICROSECONDS = 6


def is_in_catalog(old: Column, new: Column, server_version: int) -> bool:
    """True when no row is touched and the values stay as they are on disk."""
    if new.type_schema or old.type_schema:
        # Written with USING, by way of text: a type of the user's is cast row by row.
        return (old.type, old.type_schema) == (new.type, new.type_schema)
    before, after = _parts(old.type), _parts(new.type)
    if before == after:
        return True
    return _is_wider(before, after, server_version)


def domain_of(column: Column, schema: Snapshot) -> Domain | None:
    """The domain that is the column's type, when it is one."""
    return schema.domains.get(key(column.type_schema or PUBLIC, column.type))


_Parts = tuple[str, int | None, int | None]


def _parts(type_: str) -> _Parts:
    """The type without modifiers, and its two modifiers."""
    plain = SERIAL.get(type_, type_)
    found = _MODIFIED.fullmatch(plain)
    if found is None:
        return plain, None, None
    name, first, second, rest = found.groups()
    return f"{name}{rest}".strip(), int(first), int(second) if second else None


def _is_wider(old: _Parts, new: _Parts, server_version: int) -> bool:
    match old, new:
        case (
            (("varchar", _, _), ("text", _, _))
            | (("text", _, _), ("varchar", None, _))
            | (("cidr", _, _), ("inet", _, _))
        ):
            return True
        case ("numeric", *limits), ("numeric", *now):
            return now[0] is None or (limits[0] is not None and _is_wider_numeric(limits, now))
        case ("varchar" | "bit varying" | "interval" as kind, limit, _), (name, longest, _):
            return name == kind and (longest is None or (limit is not None and longest >= limit))
        case (a, _, _), (b, _, _):
            is_one = {a, b} <= _UTC_TYPES and new[1] is None and server_version >= _ZONED
            return is_one or (a == b and a in _TIMES and _seconds(new) >= _seconds(old))


def _is_wider_numeric(old: list[int | None], new: list[int | None]) -> bool:
    return (new[0] or 0) >= (old[0] or 0) and (new[1] or 0) == (old[1] or 0)


def _seconds(parts: _Parts) -> int:
    return _MICROSECONDS if parts[1] is None else parts[1]
