"""Before anything runs: the rows that would stop a plan, as questions with counts and samples.

Each check reads in a transaction of its own that is rolled back, and is given
:data:`CHECK_MS`; of what takes longer the plan says that it was not checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.sql import SQL

from nbmigrate.hazards import Hazard
from nbmigrate.plan import Answers, Choice, Plan, Question, Sample, flag
from nbmigrate.postgresql.prechecks import (
    CUT,
    FUNCTION,
    SAMPLE_ROWS,
    Cast,
    Future,
    RowCheck,
    cast_function,
    row_checks,
)

#: A check may take so long, and all of them together.
CHECK_MS = 5_000
TOTAL_MS = 20_000
_LOCK_MS = 1_000

Row = tuple[str | None, ...]


class Found(NamedTuple):
    """Rows that do not fit: how many, a few of them, and PostgreSQL's reason where it has one."""

    number: int
    rows: tuple[Row, ...]
    reason: str = ""


def with_prechecks(connection: psycopg.Connection[Any], plan: Plan) -> Plan:
    """The plan with a question for each check that found rows, a hazard for each that did not end."""
    questions: list[Question] = []
    hazards: list[Hazard] = []
    asked = {question.path for question in plan.questions}
    future = Future(plan.old, plan.new, plan.operations)
    left = float(TOTAL_MS)
    stuck: set[tuple[str, str]] = set()
    for check in row_checks(plan.operations, future):
        if check.path in asked and check.kind != "label":
            continue
        if left <= 0:
            hazards.append(_unchecked(check, "no time was left for it"))
            continue
        reader = Reader(connection, future, min(CHECK_MS, int(left)))
        try:
            found = reader.find(check)
        except psycopg.errors.QueryCanceled:
            hazards.append(_unchecked(check, f"no answer within {CHECK_MS // 1000} s"))
            left -= CHECK_MS
            continue
        except psycopg.Error as error:
            if check.table not in stuck:
                hazards.append(_unchecked(check, str(error.diag.message_primary or error)))
            continue
        if found.number:
            stuck.add(check.table)
            questions.append(_question(check, found))
    return msgspec.structs.replace(
        plan,
        questions=(*plan.questions, *_one_per_label(questions)),
        hazards=(*plan.hazards, *hazards),
    )


class Reader:
    """Runs checks; nothing that it does is kept."""

    def __init__(
        self, connection: psycopg.Connection[Any], future: Future, timeout_ms: int
    ) -> None:
        self._connection = connection
        self._future = future
        self._timeout_ms = timeout_ms

    def find(self, check: RowCheck) -> Found:
        """The rows that the check is about."""
        return self._select(check) if check.cast is None else self._try_cast(check, check.cast)

    def _select(self, check: RowCheck) -> Found:
        shown = ", ".join(f"left(({sql})::text, {CUT})" for sql, _ in check.columns) or "NULL"
        (count,) = self._fetch(f"SELECT count(*) {check.rows}")[0]
        if not count:
            return Found(0, ())
        rows = self._fetch(f"SELECT {shown} {check.rows} LIMIT {SAMPLE_ROWS}")
        return Found(int(count), tuple(rows))

    def _try_cast(self, check: RowCheck, cast: Cast) -> Found:
        """All rows in one query first; one by one only when that fails."""
        source = self._future.now(check.table)
        lossy = cast.lossy or "false"
        query = f"SELECT count({cast.expression}), count(*) FILTER (WHERE {lossy}) FROM {source}"
        try:
            if not self._fetch(query)[0][1]:
                return Found(0, ())
        except (psycopg.errors.DataError, psycopg.errors.CheckViolation):
            pass
        place = self._future.places[check.table]
        made = cast_function(cast, place, check.table, [sql for sql, _ in check.columns])
        (*rows, (last,)) = self._fetch(f"SELECT pg_temp.{FUNCTION}()", made)
        return Found(int(last[0]), tuple(tuple(row) for (row,) in rows), last[1] or "")

    def _fetch(self, query: str, made: str = "") -> list[Any]:
        """The rows of a query, with what is ``made`` for it alone, and the types still to come."""
        before = "\n".join(filter(None, (self._future.types, made)))
        with self._connection.transaction(force_rollback=True):
            run = self._connection.execute
            run(SQL("SET LOCAL statement_timeout = {}").format(self._timeout_ms))
            run(SQL("SET LOCAL lock_timeout = {}").format(_LOCK_MS))
            if before:
                run(before.encode())
            else:
                run("SET TRANSACTION READ ONLY")
            return run(query.encode()).fetchall()


def _unchecked(check: RowCheck, why: str) -> Hazard:
    return Hazard(
        code="NB390",
        severity="fails on data",
        path=check.path,
        text=f"not checked: {why}; a row may be there with {check.problem}",
    )


def _question(check: RowCheck, found: Found) -> Question:
    rows = "row has" if found.number == 1 else "rows have"
    if check.kind == "rows" and check.rows.endswith("AS twins"):
        rows = "value is" if found.number == 1 else "values are"
    reason = (f"PostgreSQL says: {found.reason}",) if found.reason else ()
    columns = tuple(title for _, title in check.columns)
    sample = Sample(title="some of them", columns=columns, rows=found.rows)
    return Question(
        kind=check.kind,
        path=check.path,
        text=f"`{check.path}`: {found.number:,} {rows} {check.problem}",
        evidence=(*reason, *_ADVICE[check.kind]),
        choices=tuple(_choices(check)),
        samples=(sample,),
    )


_ADVICE = {
    "rows": ("no flag answers this: change the rows, or the declaration, and run it again",),
    "backfill": (),
    "cast": (),
    "label": (),
}


def _choices(check: RowCheck) -> Iterator[Choice]:
    path = check.path
    match check.kind:
        case "backfill":
            yield _typed("--backfill", path, "the SQL of the value instead of NULL", "backfills")
        case "cast" if check.cast is not None:
            if check.cast.offer and not check.cast.is_answered:
                yield Choice(
                    text=f"cast by {check.cast.offer}",
                    flag=flag("--using", f"{path}={check.cast.offer}"),
                    answers=Answers(casts={path: check.cast.offer}),
                )
            yield _typed("--using", path, "the SQL of the new value", "casts")
        case "label":
            for label in check.choices:
                yield Choice(
                    text=f"these rows get `{label}`",
                    flag=flag("--map", f"{path}={label}"),
                    answers=Answers(labels={path: label}),
                )
        case _:
            return


def _typed(name: str, path: str, text: str, field: str) -> Choice:
    return Choice(
        text=f"{text} of `{path}`" if field == "casts" else f"{text} in `{path}`",
        flag=flag(name, f"{path}=SQL"),
        answers=msgspec.structs.replace(Answers(), **{field: {path: "SQL"}}),
        needs_value=path,
    )


def _one_per_label(questions: Sequence[Question]) -> Iterator[Question]:
    """The columns that use one label are one question: the answer holds for all of them."""
    seen: dict[str, Question] = {}
    for question in questions:
        if question.kind != "label":
            yield question
        elif (first := seen.get(question.path)) is None:
            seen[question.path] = question
        else:
            seen[question.path] = msgspec.structs.replace(
                first,
                evidence=(*first.evidence, question.text),
                samples=(*first.samples, *question.samples),
            )
    yield from seen.values()
