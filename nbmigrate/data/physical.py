"""Pages of a table without a key: its rows are found by where they lie.

``ctid`` is the block of a row and its number there (PostgreSQL docs, "System Columns"). PostgreSQL 14 and
later read a range of blocks without touching the others ("TID Range Scan"), though not in order;
so a page is looked for in a few blocks at a time, sorted, and in more of them while rows are
missing. The place of a row changes with an update and with VACUUM FULL: together with its version
it names the row as it was seen, and no other one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from nbmigrate.data.filters import Condition
from nbmigrate.data.keyset import Order, Place
from nbmigrate.data.relations import Column, Relation

#: Blocks that are read first; twice as many whenever they held too few rows.
FIRST_BLOCKS = 16

_BLOCKS = """
    SELECT pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
     WHERE n.nspname = %s AND c.relname = %s AND a.amname = 'heap' AND c.relkind IN ('r', 'm')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = c.oid)
"""


def _system(name: str, type_: str) -> Column:
    return Column(
        name=name, type=type_, cast=type_, category="other", nullable=False, default=None,
        is_key=True, labels=None, references=None, is_generated=True, is_editable=False, why_not="",
    )  # fmt: skip


_PLACE = _system("ctid", "tid")
_VERSION = _system("xmin", "xid")


def count_blocks(connection: psycopg.Connection[Any], relation: Relation) -> int | None:
    """How many blocks the table has; ``None`` when the place names no row.

    That is so for views, foreign tables, and tables whose rows lie in several others.
    """
    found = connection.execute(_BLOCKS.encode(), relation.relation).fetchone()
    return None if found is None else int(found[0])


def located(relation: Relation) -> Relation:
    """The relation with the place and the version of its rows as its key."""
    columns = (*relation.columns, _PLACE, _VERSION)
    return msgspec.structs.replace(relation, columns=columns, key=(_PLACE.name, _VERSION.name))


def is_by_place(order: list[Order]) -> bool:
    """True when rows come in the order in which they lie."""
    return len(order) == 1 and order[0].column is _PLACE


def by_place(*, descending: bool = False) -> Order:
    """The order in which rows lie."""
    return Order(_PLACE, descending)


def windows(order: list[Order], place: Place | None, blocks: int) -> Iterator[list[Condition]]:
    """Conditions that go through the blocks behind a place, some at a time.

    What lies behind the last block was added meanwhile, and is found by going on.
    """
    (here,) = order
    behind = [here.behind(place.values[0])] if place else []
    size = FIRST_BLOCKS
    if here.descending:
        end = _block(place) + 1 if place else blocks
        while end > 0:
            begin = max(0, end - size)
            yield [*behind, _range(begin, end)]
            end, size = begin, size * 2
    else:
        begin = _block(place) if place else 0
        while begin < blocks:
            yield [*behind, _range(begin, begin + size)]
            begin, size = begin + size, size * 2


def _block(place: Place) -> int:
    """The block of ``(block,number)``."""
    return int((place.values[0] or "(0,0)")[1:].split(",")[0])


def _range(begin: int, end: int) -> Condition:
    text = sql.SQL("ctid >= CAST(%s AS tid) AND ctid < CAST(%s AS tid)")
    return Condition(text, (f"({begin},0)", f"({end},0)"))
