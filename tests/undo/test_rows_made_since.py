"""Rows made after a push that the old schema would refuse: a question with the count, no change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from nbmigrate.cli import main
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database
from tests.undo.images import adopt, image


@pytest.fixture
def workspace(tmp_path: Path, database: Database) -> Iterator[Workspace]:
    with Workspace(database.url, root=tmp_path) as opened:
        yield opened


def push(workspace: Workspace, ddl: str, answers: Answers) -> None:
    (workspace.root / "new.sql").write_text(ddl)
    adopt(workspace)
    assert workspace.push("new.sql", answers=answers).applied


class Broken(NamedTuple):
    """A push, what came since, and what the undo asks about."""

    old: str
    new: str
    since: str
    path: str
    says: str
    #: What answers it, and the rows that are there then; or what else has to be done before.
    answer: Answers | str
    rows: str


_PARENT = "CREATE TABLE p (id integer PRIMARY KEY);"

CASES = {
    "NOT NULL comes back": Broken(
        old="CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL); INSERT INTO t VALUES (1, 'x')",
        new="CREATE TABLE t (id integer PRIMARY KEY, a text);",
        since="INSERT INTO t VALUES (2, NULL), (3, NULL)",
        path="public.t.a",
        says="2 rows have NULL",
        answer=Answers(backfills={"public.t.a": "'none'"}),
        rows="1 x, 2 none, 3 none",
    ),
    "a dropped column that is NOT NULL": Broken(
        old="CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL); INSERT INTO t VALUES (1, 'x')",
        new="CREATE TABLE t (id integer PRIMARY KEY);",
        since="INSERT INTO t VALUES (2)",
        path="public.t.a",
        says="1 row has NULL",
        answer=Answers(backfills={"public.t.a": "'none'"}),
        rows="1 x, 2 none",
    ),
    "a dropped column without a key": Broken(
        old="CREATE TABLE t (id integer, a text NOT NULL); INSERT INTO t VALUES (1, 'x')",
        new="CREATE TABLE t (id integer);",
        since="INSERT INTO t VALUES (2)",
        path="public.t.a",
        says="1 row has NULL",
        answer=Answers(backfills={"public.t.a": "'none'"}),
        rows="1 x, 2 none",
    ),
    "a unique constraint": Broken(
        old="CREATE TABLE t (id integer PRIMARY KEY, a text CONSTRAINT u UNIQUE)",
        new="CREATE TABLE t (id integer PRIMARY KEY, a text);",
        since="INSERT INTO t VALUES (1, 'x'), (2, 'x')",
        path="public.t.u",
        says="1 value is the same",
        answer="UPDATE t SET a = 'y' WHERE id = 2",
        rows="1 x, 2 y",
    ),
    "a unique index on what comes back": Broken(
        old=(
            "CREATE TABLE t (id integer PRIMARY KEY, a text, b integer);"
            " INSERT INTO t VALUES (1, 'x', 1); CREATE UNIQUE INDEX u ON t (b, (coalesce(a, 'x')))"
        ),
        new="CREATE TABLE t (id integer PRIMARY KEY, b integer);",
        since="INSERT INTO t VALUES (2, 1)",
        path="public.t.u",
        says="1 value is the same",
        answer="UPDATE t SET b = 2 WHERE id = 2",
        rows="1 1 x, 2 2 None",
    ),
    "a primary key": Broken(
        old="CREATE TABLE t (id integer CONSTRAINT k PRIMARY KEY, a text)",
        new="CREATE TABLE t (id integer NOT NULL, a text);",
        since="INSERT INTO t VALUES (1, 'x'), (1, 'y')",
        path="public.t.k",
        says="1 value is the same",
        answer="DELETE FROM t WHERE a = 'y'",
        rows="1 x",
    ),
    "a check": Broken(
        old="CREATE TABLE t (id integer PRIMARY KEY, n integer CONSTRAINT c CHECK (n > 0))",
        new="CREATE TABLE t (id integer PRIMARY KEY, n integer);",
        since="INSERT INTO t VALUES (1, -1), (2, 1)",
        path="public.t.c",
        says="1 row has values against",
        answer="UPDATE t SET n = 1",
        rows="1 1, 2 1",
    ),
    "a foreign key": Broken(
        old=_PARENT
        + "CREATE TABLE t (id integer PRIMARY KEY, p integer CONSTRAINT f REFERENCES p)",
        new=_PARENT + "CREATE TABLE t (id integer PRIMARY KEY, p integer);",
        since="INSERT INTO t VALUES (1, 7)",
        path="public.t.f",
        says="1 row has no row in `public.p`",
        answer="INSERT INTO p VALUES (7)",
        rows="1 7",
    ),
    "a table whose rows refer to rows that are gone": Broken(
        old=(
            _PARENT
            + "CREATE TABLE t (id integer PRIMARY KEY, p integer CONSTRAINT f REFERENCES p);"
            " INSERT INTO p VALUES (7); INSERT INTO t VALUES (1, 7)"
        ),
        new=_PARENT,
        since="DELETE FROM p",
        path="public.t.f",
        says="1 row has no row in `public.p`",
        answer="INSERT INTO p VALUES (7)",
        rows="1 7",
    ),
    "a shorter type": Broken(
        old="CREATE TABLE t (id integer PRIMARY KEY, a varchar(3)); INSERT INTO t VALUES (1, 'x')",
        new="CREATE TABLE t (id integer PRIMARY KEY, a text);",
        since="INSERT INTO t VALUES (2, 'much longer')",
        path="public.t.a",
        says="1 row has",
        answer=Answers(casts={"public.t.a": "left(a, 3)"}),
        rows="1 x, 2 muc",
    ),
    "an enum without its new label": Broken(
        old="CREATE TYPE e AS ENUM ('x'); CREATE TABLE t (id integer PRIMARY KEY, a e)",
        new="CREATE TYPE e AS ENUM ('x', 'y'); CREATE TABLE t (id integer PRIMARY KEY, a e);",
        since="INSERT INTO t VALUES (1, 'y')",
        path="public.e.y",
        says="1 row has `y`",
        answer=Answers(labels={"public.e.y": "x"}),
        rows="1 x",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rows_that_break_what_comes_back(workspace, database: Database, name: str) -> None:
    case = CASES[name]
    connection = database.connect()
    connection.execute(case.old.encode())
    push(workspace, case.new, Answers(allow_drop=True))
    connection.execute(case.since.encode())
    before = image(database)
    asked = workspace.undo()
    [question] = asked.questions
    assert (question.path, image(database)) == (case.path, before)
    assert case.says in question.text
    assert "Nothing was undone" in repr(asked)
    if isinstance(case.answer, str):
        assert question.choices == ()
        connection.execute(case.answer.encode())
        done = workspace.undo()
    else:
        done = workspace.undo(answers=case.answer)
    assert not done.questions
    found = connection.execute("SELECT * FROM t ORDER BY 1").fetchall()
    assert ", ".join(" ".join(map(str, row)) for row in found) == case.rows


def test_exit_code_and_line_to_type(
    workspace,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database.execute("CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL)")
    push(workspace, "CREATE TABLE t (id integer PRIMARY KEY, a text);", Answers())
    database.execute("INSERT INTO t VALUES (1, NULL)")
    workspace.close()
    monkeypatch.chdir(workspace.root)
    monkeypatch.setenv("DATABASE_URL", database.url)
    assert main(["undo", "--dry-run"]) == 0
    assert "1 row has NULL" in capsys.readouterr().out
    assert main(["undo"]) == 2
    assert 'undo --backfill "public.t.a=SQL"' in capsys.readouterr().err
    assert main(["undo", "--backfill", "public.t.a='none'"]) == 0
    assert database.connect().execute("SELECT a FROM t").fetchone() == ("none",)
