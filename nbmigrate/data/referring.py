"""Which rows refer to a row, and how many: told where an index knows it, never by reading a huge table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from nbmigrate.data.document import Document
from nbmigrate.data.filters import Filter
from nbmigrate.data.page import count, read_value
from nbmigrate.data.relations import Id, Reference, Relation, describe

#: Of the rows that refer to one, so many are counted.
MOST_COUNTED = 1_000
#: A table of so many bytes is read in a moment, whatever it lacks.
SMALL_BYTES = 8_000_000
#: More than any value of a key has: one that is referred to is in an index.
_KEY_SIZE = 100_000

# Any order of the first columns of an index finds rows that equal all of them. Of a partitioned
# table, the index on the whole speaks for its parts.
_IS_QUICK = """
    SELECT coalesce((SELECT sum(pg_catalog.pg_relation_size(t.relid))
                       FROM pg_catalog.pg_partition_tree(c.oid) AS t),
                    pg_catalog.pg_relation_size(c.oid)) <= %(small)s
        OR EXISTS (SELECT FROM pg_catalog.pg_index AS i
                    WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
                      AND (SELECT pg_catalog.array_agg(a.attname::text)
                             FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS u (attnum, at)
                             JOIN pg_catalog.pg_attribute AS a
                               ON a.attrelid = i.indrelid AND a.attnum = u.attnum
                            WHERE u.at <= pg_catalog.cardinality(%(columns)s::text[])
                              AND u.at <= i.indnkeyatts) @> %(columns)s::text[])
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = %(schema)s AND c.relname = %(name)s
"""


class Referring(Document, frozen=True, kw_only=True):
    """The rows of ``relation`` that refer to one; ``rows`` is ``None`` where to count takes long."""

    name: str
    relation: Id
    filters: tuple[Filter, ...]
    rows: int | None
    is_exact: bool
    why_not: str = ""


def referring(
    connection: psycopg.Connection[Any], relation: Relation, key: Sequence[str]
) -> Iterator[Referring]:
    """Who refers to the row, reference by reference."""
    for reference in relation.referenced_by:
        values = [
            read_value(connection, relation, key, name, offset=0, size=_KEY_SIZE)
            for name in reference.to
        ]
        texts = [value[0] for value in values if value is not None and value[0] is not None]
        if len(texts) == len(reference.columns):
            pairs = zip(reference.columns, texts, strict=True)
            filters = tuple(Filter(column=name, op="=", value=text) for name, text in pairs)
            yield _counted(connection, reference, filters)


def _counted(
    connection: psycopg.Connection[Any], reference: Reference, filters: tuple[Filter, ...]
) -> Referring:
    name, there = reference.name, reference.relation
    if not _is_quick(connection, reference):
        why_not = f"no index begins with {', '.join(reference.columns)}: all of it would be read"
        return Referring(
            name=name, relation=there, filters=filters, rows=None, is_exact=False, why_not=why_not
        )
    rows = count(connection, describe(connection, there), filters, most=MOST_COUNTED + 1)
    is_exact = rows <= MOST_COUNTED
    rows = min(rows, MOST_COUNTED)
    return Referring(name=name, relation=there, filters=filters, rows=rows, is_exact=is_exact)


def _is_quick(connection: psycopg.Connection[Any], reference: Reference) -> bool:
    schema, name = reference.relation
    given = {
        "small": SMALL_BYTES,
        "columns": list(reference.columns),
        "schema": schema,
        "name": name,
    }
    found = connection.execute(_IS_QUICK.encode(), given).fetchone()
    return bool(found and found[0])
