"""Evidence from the rows: what stands in the objects that a question is about.

Counts, shares of NULL and a few values, each read within :data:`EVIDENCE_MS`; what takes longer
is left out and said to be, for a question can be answered without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.sql import SQL

from nbmigrate.diff.match import mentions
from nbmigrate.model import Snapshot, Table, format_path, parse_path
from nbmigrate.model.names import key
from nbmigrate.plan import Plan, Question, Sample
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.prechecks import CUT, SAMPLE_ROWS, Place, places

EVIDENCE_MS = 2_000
#: Rows are looked at up to here; a question needs no more.
LOOKED_AT = 1_000_000
_SHOWN_COLUMNS = 8
_CONTAINER, _PART = 2, 3


#: PostgreSQL docs, pg_class.reltuples: -1 for a table that was never looked at.
_IN_SCHEMA = """
    WITH r AS (
        SELECT c.relkind, c.reltuples FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s
    )
    SELECT 'tables', count(*) FROM r WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT 'rows by estimate', sum(reltuples)::bigint
    FROM r WHERE relkind IN ('r', 'm') AND reltuples > 0
    UNION ALL
    SELECT 'views', count(*) FROM r WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT 'sequences', count(*) FROM r WHERE relkind = 'S'
"""
_OF_EXTENSION = """
    WITH member AS (
        SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
        WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
        AND x.extname = %s
    ), used AS (
        SELECT DISTINCT d.classid, d.objid, d.objsubid FROM pg_catalog.pg_depend d
        JOIN member m ON d.refclassid = m.classid AND d.refobjid = m.objid
        WHERE d.deptype IN ('n', 'a')
        AND NOT EXISTS (SELECT FROM member o WHERE o.classid = d.classid AND o.objid = d.objid)
    )
    SELECT 'objects in it', count(*) FROM member
    UNION ALL
    SELECT 'columns of its types', count(*) FROM used
    WHERE classid = 'pg_catalog.pg_class'::regclass AND objsubid > 0
    UNION ALL
    SELECT 'other objects that use it', count(*) FROM used
    WHERE NOT (classid = 'pg_catalog.pg_class'::regclass AND objsubid > 0)
"""


class Evidence(NamedTuple):
    """Lines and rows about one object."""

    lines: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()


def with_evidence(connection: psycopg.Connection[Any], plan: Plan) -> Plan:
    """The plan with what the database says about each rename and drop that it asks about."""
    if not any(question.kind in _ABOUT for question in plan.questions):
        return plan
    looker = _Looker(connection, plan)
    questions = tuple(_told(question, looker) for question in plan.questions)
    return msgspec.structs.replace(plan, questions=questions)


_ABOUT = ("rename", "drop")


def _told(question: Question, looker: _Looker) -> Question:
    if question.kind not in _ABOUT:
        return question
    found = [looker.about(parse_path(path)) for path in _subjects(question)]
    return msgspec.structs.replace(
        question,
        evidence=(*question.evidence, *(line for one in found for line in one.lines)),
        samples=(*question.samples, *(sample for one in found for sample in one.samples)),
    )


def _subjects(question: Question) -> tuple[str, ...]:
    """The paths of what would be lost or renamed."""
    drops = [path for choice in question.choices for path in choice.answers.drops]
    return tuple(dict.fromkeys(drops))


class _Looker:
    """Reads about objects of one plan."""

    def __init__(self, connection: psycopg.Connection[Any], plan: Plan) -> None:
        self._connection = connection
        self._plan = plan
        self._places = places(plan.old, plan.operations)

    def about(self, path: tuple[str, ...]) -> Evidence:
        """What is known of the object: its rows, what is in it, who uses it."""
        place = self._places.get((path[0], path[1])) if len(path) >= _CONTAINER else None
        try:
            if len(path) == 1:
                return self._contents(path[0])
            if place is None:
                return self._view(path)
            if len(path) == _PART and path[2] in place.columns:
                return self._column(path, place, place.columns[path[2]])
            return self._table(path, place) if len(path) == _CONTAINER else Evidence()
        except psycopg.Error as error:
            reason = str(error.diag.message_primary or error)
            return Evidence((f"`{format_path(*path)}`: rows not read ({reason})",))

    def _column(self, path: tuple[str, ...], place: Place, column: str) -> Evidence:
        name, source = quote(column), f"{place.sql} LIMIT {LOOKED_AT}"
        query = f"SELECT count(*), count({name}) FROM (SELECT {name} FROM {source}) AS part"
        total, filled = self._fetch(query)[0]
        shown, subject = f"left({name}::text, {CUT})", format_path(*path)
        values = self._fetch(
            f"SELECT DISTINCT {shown} FROM (SELECT {name} FROM {place.sql} "
            f"WHERE {name} IS NOT NULL LIMIT 1000) AS part LIMIT {SAMPLE_ROWS}"
        )
        empty = f", {100 * (total - filled) / total:.0f} % NULL" if total else ""
        lines = [f"`{subject}`: {_many(filled, 'value')} in {_rows(total)}{empty}"]
        if used := tuple(dependants(self._plan.old, place, column)):
            lines.append(f"`{subject}` is used by {', '.join(used)}")
        samples = (Sample(title=f"values of {subject}", columns=(path[2],), rows=tuple(values)),)
        return Evidence(tuple(lines), samples if values else ())

    def _table(self, path: tuple[str, ...], place: Place) -> Evidence:
        source = f"{place.sql} LIMIT {LOOKED_AT}"
        ((total,),) = self._fetch(f"SELECT count(*) FROM (SELECT FROM {source}) AS part")
        names = tuple(place.table.columns)[:_SHOWN_COLUMNS]
        subject = format_path(*path)
        lines = (f"`{subject}`: {_rows(total)}",)
        if not names or not total:
            return Evidence(lines)
        shown = ", ".join(f"left({quote(name)}::text, {CUT})" for name in names)
        rows = self._fetch(f"SELECT {shown} FROM {place.sql} LIMIT {SAMPLE_ROWS}")
        return Evidence(
            lines, (Sample(title=f"rows of {subject}", columns=names, rows=tuple(rows)),)
        )

    def _view(self, path: tuple[str, ...]) -> Evidence:
        view = self._plan.old.views.get(key(*path)) if len(path) == _CONTAINER else None
        if view is None or not view.materialized:
            return Evidence(tuple(type_users(self._plan.old, path)))
        name = qualified((path[0], path[1]), spell_public=True)
        ((total,),) = self._fetch(f"SELECT count(*) FROM {name}")
        return Evidence((f"`{format_path(*path)}`: {_rows(total)}",))

    def _contents(self, name: str) -> Evidence:
        """What is in a schema, or depends on an extension."""
        old = self._plan.old
        query = _IN_SCHEMA if name in old.schemas else _OF_EXTENSION
        if name not in old.schemas and name not in old.extensions:
            return Evidence()
        with self._connection.transaction(force_rollback=True):
            self._connection.execute("SET TRANSACTION READ ONLY")
            found = self._connection.execute(query, [name]).fetchall()
        parts = [f"{kind}: {number:,}" for kind, number in found if number]
        return Evidence((f"`{name}`: {', '.join(parts) or 'empty'}",))

    def _fetch(self, query: str) -> list[Any]:
        with self._connection.transaction(force_rollback=True):
            run = self._connection.execute
            run(SQL("SET LOCAL statement_timeout = {}").format(EVIDENCE_MS))
            run("SET TRANSACTION READ ONLY")
            return run(query.encode()).fetchall()


def _rows(total: int) -> str:
    if total >= LOOKED_AT:
        return f"{LOOKED_AT:,} rows or more"
    return _many(total, "row")


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def dependants(snapshot: Snapshot, place: Place, column: str) -> Iterator[str]:
    """What speaks of a live column: keys, indexes, foreign keys, views."""
    table = place.table
    yield from _keys(table, column)
    for other in snapshot.tables.values():
        for reference in other.foreign_keys.values():
            here = other is table and column in reference.columns_from
            if here or (reference.target == table.id and column in reference.columns_to):
                yield f"foreign key `{reference.name}`"
    for view in snapshot.views.values():
        if mentions(view.definition, column) and mentions(view.definition, table.name):
            yield f"view `{view.name}`"


def type_users(snapshot: Snapshot, path: tuple[str, ...]) -> Iterator[str]:
    """The columns of an enum, domain or type, in a line."""
    name = key(path[0], path[1])
    if len(path) != _CONTAINER or name not in {
        *snapshot.enums,
        *snapshot.domains,
        *snapshot.types,
    }:
        return
    columns = [
        f"`{format_path(*table.id, column.name)}`"
        for table in snapshot.tables.values()
        for column in table.columns.values()
        if column.type.rstrip("[]") == path[1] and (column.type_schema or "public") == path[0]
    ]
    if columns:
        more = f" and {len(columns) - _SHOWN_COLUMNS} more" if len(columns) > _SHOWN_COLUMNS else ""
        yield f"`{format_path(*path)}` is the type of {', '.join(columns[:_SHOWN_COLUMNS])}{more}"


def _keys(table: Table, column: str) -> Iterator[str]:
    if column in table.primary_key_columns:
        yield "the primary key"
    for index in table.indexes.values():
        if any(_speaks_of(part.expression, column) for part in index.columns):
            yield f"index `{index.name}`"
    for unique in table.unique_constraints.values():
        if column in unique.columns:
            yield f"unique constraint `{unique.name}`"


def _speaks_of(expression: str, column: str) -> bool:
    return expression == column or mentions(expression, column)
