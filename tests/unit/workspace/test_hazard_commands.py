"""Accepting hazards, planning online and backfilling through the facade and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbmigrate.cli import main
from nbmigrate.errors import SourceError, UsageConflictError
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace
from nbmigrate.workspace.backfill_commands import function_of
from tests.fixtures.postgres import Database

OLD = "CREATE TABLE t (id integer PRIMARY KEY, n integer);"
NEW = "CREATE TABLE t (id integer PRIMARY KEY, n integer); CREATE INDEX i ON t (n);"


@pytest.fixture
def workspace(tmp_path: Path, database: Database) -> Iterator[Workspace]:
    with Workspace(database.url, root=tmp_path) as opened:
        yield opened


@pytest.fixture
def generated(workspace: Workspace, tmp_path: Path) -> Callable[..., str]:
    """Two migrations: the table, applied and filled, and then its index."""

    def generate(**answers: object) -> str:
        (tmp_path / "s.sql").write_text(OLD)
        workspace.generate("first", "s.sql")
        workspace.migrate()
        workspace.query("INSERT INTO t SELECT g, g FROM generate_series(1, 20) AS g")
        (tmp_path / "s.sql").write_text(NEW)
        tag = workspace.generate("second", "s.sql", answers=Answers(**answers)).tag  # type: ignore[arg-type]
        return (tmp_path / "migrations" / f"{tag}.sql").read_text()

    return generate


@pytest.fixture
def without_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The same folder where nobody named a database, as in CI."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Workspace(root=tmp_path)


def test_reason_stays_in_the_file_and_is_honoured(
    workspace: Workspace, without_database: Workspace, generated: Callable[..., str]
) -> None:
    text = generated(allowed={"NB206": "a table of 20 rows"})
    assert text.startswith("-- nbmigrate: allow NB206 a table of 20 rows\nCREATE INDEX")
    assert without_database.check("recorded", strict=True).findings == ()
    assert workspace.migrate().applied[0].tag.endswith("second")


def test_check_names_hazards_and_strict_counts_them(
    workspace: Workspace, without_database: Workspace, generated: Callable[..., str]
) -> None:
    generated()
    assert workspace.check("recorded", strict=True).findings == (), "20 rows are harmless"
    lax = without_database.check("recorded")
    strict = without_database.check("recorded", strict=True)
    assert [(f.tag[5:], f.hazard.code) for f in lax.findings] == [("second", "NB206")]
    assert (lax.is_different, strict.is_different) == (False, True)
    assert "-- nbmigrate: allow NB206 REASON" in repr(strict)


def test_online_migration_is_proved_and_applied(
    workspace: Workspace, generated: Callable[..., str]
) -> None:
    text = generated(online=True)
    assert text.startswith("CREATE INDEX CONCURRENTLY")
    workspace.migrate()
    assert workspace.diff("live", "recorded").plan.is_empty


def test_settings_accept_for_a_project(tmp_path: Path, database: Database) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.nbmigrate.allow]\nNB206 = "small"\n')
    with Workspace(database.url, root=tmp_path) as opened:
        assert opened.settings.allow == {"NB206": "small"}
    file.write_text('[tool.nbmigrate.allow]\nNB999 = "small"\n')
    with pytest.raises(SourceError, match="NB999"):
        Workspace(database.url, root=tmp_path)


@pytest.mark.parametrize("given", ["NB206", "NB206=", "NB999=why", "x"])
def test_reason_and_code_are_demanded(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", "--allow", given]) == 2
    assert "hint:" in capsys.readouterr().err


def test_backfill_on_the_command_line(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    database.execute(OLD, "INSERT INTO t SELECT g FROM generate_series(1, 250) AS g")
    line = ["--url", database.url, "backfill", "t", "--set", "n = id * 2", "--batch", "100"]
    assert main([*line, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["batches"], found["key"]) == (250, 3, ["id"])
    assert main(line) == 0
    assert "done already, 250 rows" in capsys.readouterr().out
    assert main(["--url", database.url, "backfill", "t"]) == 2


def test_status_shows_what_is_unfinished(workspace: Workspace, database: Database) -> None:
    database.execute(OLD, "INSERT INTO t SELECT g FROM generate_series(1, 250) AS g")
    with pytest.raises(Exception, match="division by zero"):
        workspace.backfill("t", "n = 1 / (id - 150)", batch=100)
    (state,) = workspace.status().backfills
    assert (state.table, state.rows, state.cursor) == ("public.t", 100, ("100",))
    assert "unfinished backfill" in repr(workspace.status())


@pytest.mark.parametrize(
    "cell",
    [
        "def backfill(df):\n    df['n'] = df['id'] + step\n    return df",
        "def other(df):\n    df['n'] = df['id'] + step\n    return df",
        "df['n'] = df['id'] + step",
        "df['n'] = df['id'] + step\nreturn df",
    ],
)
def test_cell_as_a_function(workspace: Workspace, database: Database, cell: str) -> None:
    database.execute(OLD, "INSERT INTO t SELECT g FROM generate_series(1, 25) AS g")
    result = workspace.backfill("t", function_of(cell, {"step": 7}), batch=10)
    assert result.rows == 25
    assert workspace.query("SELECT DISTINCT n - id FROM t").rows == ((7,),)


def test_cell_with_two_functions_is_asked_about() -> None:
    with pytest.raises(UsageConflictError, match="which function"):
        function_of("def a(df): ...\ndef b(df): ...", {})
