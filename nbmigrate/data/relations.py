"""What a browser of rows must know of a relation: its columns, its key, who refers to whom.

Read from the catalogs in a moment, without a lock on the relation itself: sizes are the pages
that PostgreSQL knew at the last VACUUM or ANALYZE, and rows its estimate.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

from nbmigrate.data.document import Document
from nbmigrate.errors import UsageConflictError
from nbmigrate.model.names import format_path

Id = tuple[str, str]
Row = dict[str, Any]
Category = Literal[
    "number", "text", "boolean", "date", "time", "json", "bytes", "enum", "array", "other"
]

_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}
#: PostgreSQL docs, "pg_type": typcategory.
_CATEGORIES: dict[str, Category] = {
    "N": "number",
    "S": "text",
    "B": "boolean",
    "A": "array",
    "E": "enum",
}
_BY_NAME: dict[str, Category] = {
    "date": "date",
    "timestamp without time zone": "time",
    "timestamp with time zone": "time",
    "json": "json",
    "jsonb": "json",
    "bytea": "bytes",
}


class Summary(Document, frozen=True, kw_only=True):
    """A relation in a list. ``rows`` is an estimate, ``None`` before the first ANALYZE."""

    relation: Id
    kind: str
    rows: int | None
    bytes: int
    comment: str


class Reference(Document, frozen=True, kw_only=True):
    """A foreign key between ``columns`` and the columns ``to`` of ``relation``.

    Of one that points here, ``relation`` is where it comes from: there are the ``columns``.
    """

    name: str
    relation: Id
    columns: tuple[str, ...]
    to: tuple[str, ...]


class Column(Document, frozen=True, kw_only=True):
    """A column; ``cast`` is its type without a length, which a text can be cast to."""

    name: str
    type: str
    cast: str
    category: Category
    nullable: bool
    default: str | None
    is_key: bool
    labels: tuple[str, ...] | None
    references: Reference | None
    is_generated: bool
    is_editable: bool
    why_not: str


class Relation(Document, frozen=True, kw_only=True):
    """A relation with all that paging and editing rely on; ``version`` is a digest of that."""

    relation: Id
    kind: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_editable: bool
    why_not: str
    referenced_by: tuple[Reference, ...]
    version: str

    def column(self, name: str) -> Column:
        """The column of this name.

        Raises:
            UsageConflictError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise UsageConflictError(
            f"`{format_path(*self.relation)}` has no column `{name}`",
            hint="reload the table: it may have been changed",
        )

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the key, in its order."""
        return tuple(self.column(name) for name in self.key)


_LIST = """
    SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
           CASE WHEN c.relkind NOT IN ('v', 'f') THEN s.rows END AS rows,
           s.pages * pg_catalog.current_setting('block_size')::bigint AS bytes,
           coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') AS comment
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (
           SELECT sum(CASE WHEN l.reltuples >= 0 THEN l.reltuples::bigint END)::bigint AS rows,
                  coalesce(sum(l.relpages::bigint + coalesce(t.relpages, 0)), 0)::bigint AS pages
             FROM pg_catalog.pg_class AS l
             LEFT JOIN pg_catalog.pg_class AS t ON t.oid = l.reltoastrelid
            WHERE CASE WHEN c.relkind = 'p' THEN l.relkind = 'r' AND l.oid IN
                            (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid))
                       ELSE l.oid = c.oid END) AS s
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
       AND (%(name)s::text IS NULL OR n.nspname = %(schema)s AND c.relname = %(name)s)
       AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
       AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
     ORDER BY n.nspname = 'drizzle' OR n.nspname LIKE 'nbmigrate%%', n.nspname, c.relname
"""

_RELATION = """
    SELECT c.oid, c.relkind::text AS kind,
           pg_catalog.has_table_privilege(c.oid, 'UPDATE')
           OR pg_catalog.has_any_column_privilege(c.oid, 'UPDATE') AS may_update
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""

_COLUMNS = """
    SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
           pg_catalog.format_type(a.atttypid, -1) AS "cast",
           pg_catalog.format_type(b.oid, NULL) AS base, b.typcategory::text AS category,
           NOT a.attnotnull AS nullable, a.attgenerated <> '' AS is_generated,
           a.attidentity = 'a' AS is_always,
           CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END
               AS "default",
           a.attidentity <> '' AS is_identity,
           (SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
              FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = b.oid) AS labels
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      JOIN pg_catalog.pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
      LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum
"""

# Any unique index over columns that are never NULL names a row; the primary key comes first.
_KEY = """
    SELECT k.columns
      FROM pg_catalog.pg_index AS i
     CROSS JOIN LATERAL (
           SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.at) AS columns,
                  pg_catalog.bool_and(a.attnotnull) AS is_never_null
             FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS u (attnum, at)
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
            WHERE u.at <= i.indnkeyatts) AS k
     WHERE i.indrelid = %s AND i.indisunique AND i.indimmediate AND i.indisvalid
       AND i.indpred IS NULL AND i.indexprs IS NULL AND k.is_never_null
     ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
     LIMIT 1
"""

# Partitions repeat the constraints of what they are part of. A key with PERIOD (PostgreSQL 18) does
# not lead from one row to one other: older catalogs lack the column, hence the detour over JSON.
_REFERENCES = """
    SELECT f.conname AS name, side.is_own, n.nspname AS schema, o.relname AS other,
           ARRAY(SELECT a.attname::text
                   FROM pg_catalog.unnest(f.conkey) WITH ORDINALITY AS u (attnum, at)
                   JOIN pg_catalog.pg_attribute AS a
                     ON a.attrelid = f.conrelid AND a.attnum = u.attnum
                  ORDER BY u.at) AS columns,
           ARRAY(SELECT a.attname::text
                   FROM pg_catalog.unnest(f.confkey) WITH ORDINALITY AS u (attnum, at)
                   JOIN pg_catalog.pg_attribute AS a
                     ON a.attrelid = f.confrelid AND a.attnum = u.attnum
                  ORDER BY u.at) AS "to"
      FROM pg_catalog.pg_constraint AS f
     CROSS JOIN LATERAL (VALUES (true, f.conrelid, f.confrelid), (false, f.confrelid, f.conrelid))
        AS side (is_own, here, there)
      JOIN pg_catalog.pg_class AS o ON o.oid = side.there
      JOIN pg_catalog.pg_namespace AS n ON n.oid = o.relnamespace
     WHERE f.contype = 'f' AND f.conparentid = 0 AND side.here = %s
       AND pg_catalog.to_jsonb(f) ->> 'conperiod' IS DISTINCT FROM 'true'
     ORDER BY f.conname
"""


def relations(connection: psycopg.Connection[Any], only: Id | None = None) -> tuple[Summary, ...]:
    """The relations, or one, those of our own journal last; partitions are seen through their table."""
    schema, name = only or (None, None)
    return tuple(
        Summary(
            relation=(row["schema"], row["name"]),
            kind=_KINDS[row["kind"]],
            rows=row["rows"],
            bytes=row["bytes"],
            comment=row["comment"],
        )
        for row in _rows(connection, _LIST, schema=schema, name=name)
    )


def describe(connection: psycopg.Connection[Any], relation: Id) -> Relation:
    """The relation as it is now.

    Raises:
        UsageConflictError: there is none of this name.
    """
    with connection.transaction():
        found = _rows(connection, _RELATION, *relation)
        if not found:
            raise UsageConflictError(
                f"there is no table `{format_path(*relation)}`",
                hint="reload the list; names are case-sensitive",
            )
        (here,) = found
        parts = [_rows(connection, query, here["oid"]) for query in (_COLUMNS, _KEY, _REFERENCES)]
    columns, keys, references = parts
    key = tuple(keys[0]["columns"]) if keys else ()
    why_not = _why_not(here, key)
    own = [_reference(row) for row in references if row["is_own"]]
    return Relation(
        relation=relation,
        kind=_KINDS[here["kind"]],
        columns=tuple(_column(row, key, own) for row in columns),
        key=key,
        is_editable=not why_not,
        why_not=why_not,
        referenced_by=tuple(_reference(row) for row in references if not row["is_own"]),
        version=sha256(repr((here["oid"], columns, key)).encode()).hexdigest()[:32],
    )


def _rows(
    connection: psycopg.Connection[Any], query: str, *values: object, **named: object
) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), values or named).fetchall()


def _why_not(here: Row, key: tuple[str, ...]) -> str:
    if here["kind"] not in {"r", "p"}:
        return f"a {_KINDS[here['kind']]} is only read here"
    if not key:
        return "without a primary key, or a unique index over columns that are NOT NULL, no row can be named"
    return "" if here["may_update"] else "you have no privilege to change it"


def _reference(row: Row) -> Reference:
    return Reference(
        name=row["name"],
        relation=(row["schema"], row["other"]),
        columns=tuple(row["columns"]),
        to=tuple(row["to"]),
    )


def _column(row: Row, key: tuple[str, ...], references: list[Reference]) -> Column:
    name = row["name"]
    why_not = "a generated column" if row["is_generated"] else ""
    why_not = "an identity that PostgreSQL always makes itself" if row["is_always"] else why_not
    category = _CATEGORIES.get(row["category"], "other")
    return Column(
        name=name,
        type=row["type"],
        cast=row["cast"],
        category=_BY_NAME.get(row["base"], category),
        nullable=row["nullable"],
        default="(identity)" if row["is_identity"] else row["default"],
        is_key=name in key,
        labels=tuple(row["labels"]) if row["labels"] else None,
        references=next((one for one in references if one.columns[0] == name), None),
        is_generated=row["is_generated"],
        is_editable=not why_not,
        why_not=why_not,
    )
