"""The command line as a process: output, streams and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbmigrate.cli import main
from nbmigrate.commands import COMMANDS

OLD = "CREATE TABLE users (id int PRIMARY KEY, name text);"
NEW = "CREATE TABLE users (id int PRIMARY KEY, full_name text);"
RENAME = "public.users.name->public.users.full_name"


class Project:
    """A folder in which commands are run, each as a process."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.errors = ""
        self.started: list[subprocess.Popen[str]] = []
        self.environment = {
            **{k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}},
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "DATABASE_URL": url,
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "nbmigrate", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        """End what a failed test has left running."""
        for process in self.started:
            with process:
                process.kill()

    def run(self, *words: str, code: int = 0) -> str:
        process = self.start(*words)
        out, self.errors = process.communicate(timeout=120)
        assert process.returncode == code, f"{words}: {process.returncode}\n{out}\n{self.errors}"
        assert "Traceback" not in self.errors
        return out


class FastProject(Project):
    """The same without a process for each command, which spends its time on imports."""

    def __init__(self, folder: Path, url: str, capture: pytest.CaptureFixture[str]) -> None:
        super().__init__(folder, url)
        self.capture = capture

    def run(self, *words: str, code: int = 0) -> str:
        self.capture.readouterr()
        try:
            found: object = main(words)
        except SystemExit as ended:
            found = ended.code
        out, self.errors = self.capture.readouterr()
        assert found == code, f"{words}: {found}\n{out}\n{self.errors}"
        return out


@pytest.fixture
def bare(tmp_path):
    """A folder without a database; each command is a process."""
    project = Project(tmp_path, "postgresql://nobody:hunter2@127.0.0.1:9/none")
    yield project
    project.close()


def write_schemas(folder: Path) -> None:
    (folder / "old.sql").write_text(OLD)
    (folder / "new.sql").write_text(NEW)


@pytest.fixture
def processes(tmp_path, database):
    """A folder with two schema files and a database; each command is a process."""
    write_schemas(tmp_path)
    project = Project(tmp_path, database.url)
    yield project
    project.close()


@pytest.fixture
def project(tmp_path, database, monkeypatch, capsys):
    """A folder with two schema files and a database."""
    write_schemas(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database.url)
    return FastProject(tmp_path, database.url, capsys)


def test_without_a_command_the_help_is_shown(bare):
    assert bare.run(code=2) == ""
    assert all(c.name in bare.errors for c in COMMANDS if c.stands_in("cli"))


@pytest.mark.parametrize("command", [c.name for c in COMMANDS if c.stands_in("cli")])
def test_help_of_every_command(bare, command):
    assert f"nbmigrate {command}" in bare.run(command, "--help")


def test_version(bare):
    assert bare.run("--version").startswith("nbmigrate 0.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("push", "--dryrun"), "did you mean --dry-run?"),
        (("pusj",), "invalid choice"),
        (("migrate", "--to"), "expected one argument"),
        (("table",), "required: name"),
        (("push", "extra", "more"), "unexpected argument: more"),
        (("push", "--rename", "x"), "is not a rename"),
    ],
)
def test_wrong_usage_is_2(bare, words, said):
    assert bare.run(*words, code=2) == ""
    assert said in bare.errors


def test_no_server_is_1_and_the_password_is_not_said(bare):
    bare.run("status", code=1)
    assert bare.errors.startswith("ConnectFailedError: ")
    assert "hunter2" not in bare.errors


def test_an_error_as_json(bare):
    found = json.loads(bare.run("status", "--json", code=1))
    assert found["error"] == "ConnectFailedError"
    assert "hunter2" not in json.dumps(found)


def test_push_migrate_and_status(project):
    assert "Pushed" in project.run("push", "old.sql")
    assert "Nothing to push" in project.run("push", "old.sql")
    assert "public.users" in project.run("studio", "--overview")
    assert "Done: 1 row" in project.run("query", "INSERT INTO users VALUES (1, 'Ada')")
    assert "Ada" in project.run("table", "users", "--where", "id = 1")
    rows = json.loads(project.run("--json", "query", "SELECT * FROM users"))["rows"]
    assert rows == [[1, "Ada"]]


def test_a_question_is_2_with_the_line_to_type(processes):
    processes.run("push", "old.sql")
    out = processes.run("push", "new.sql", code=2)
    assert "under a new name?" in out
    assert "hint: nbmigrate push new.sql --rename" in processes.errors
    assert "Pushed" in processes.run("push", "new.sql", "--rename", RENAME)


def test_diff_of_two_files(project):
    assert "full_name" in project.run("diff", "old.sql", "new.sql", "--rename", RENAME)
    sql = project.run("diff", "old.sql", "new.sql", "--rename", RENAME, "--sql")
    assert sql == 'ALTER TABLE "users" RENAME COLUMN "name" TO "full_name";\n'
    plan = json.loads(project.run("diff", "old.sql", "new.sql", "--json"))["plan"]
    assert plan["questions"]


def test_sql_of_a_diff_with_an_open_question_is_2(project):
    project.run("diff", "old.sql", "new.sql", "--sql", code=2)


def test_exit_code_of_a_difference_is_3_when_asked(project):
    project.run("diff", "empty", "old.sql")
    project.run("diff", "empty", "old.sql", "--exit-code", code=3)
    project.run("diff", "old.sql", "old.sql", "--exit-code")


def test_generate_check_and_migrate(project):
    out = project.run("generate", "old.sql", "initial")
    assert "migrations/0000_initial.sql" in out
    assert "sound" in project.run("check", "old.sql")
    asked = project.run("check", "new.sql", code=3)
    assert "is column `public.users.full_name` new" in asked
    assert f'--rename "{RENAME}"' in asked
    project.run("generate", "new.sql", "--name", "rename", "--rename", RENAME)
    assert "Pending" in project.run("migrate", "--dry-run")
    out = project.run("migrate", "--to", "0000_initial")
    assert "Applied 1 migration" in out
    assert "Applied 1 migration" in project.run("migrate")
    assert "Nothing to do" in project.run("migrate")
    project.run("status", "--exit-code")
    project.run("query", "ALTER TABLE users ADD extra int")
    project.run("status")
    project.run("status", "--exit-code", code=3)


def test_a_folder_and_url_may_stand_before_or_after_the_command(project, databases):
    other = databases()
    project.run("--folder", "other", "generate", "old.sql", "one")
    assert (project.folder / "other/0000_one.sql").exists()
    project.run("migrate", "--folder", "other", "--url", other.url)
    assert "users" in other.dump()


def test_init_writes_once(project):
    assert project.run("init")
    assert "Nothing to write" in project.run("init")


def test_a_reader_that_goes_away_is_no_traceback(processes):
    processes.run("push", "old.sql")
    process = processes.start("query", "SELECT repeat('x', 40) FROM generate_series(1, 20)")
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) == 1


def test_interrupt_ends_cleanly(processes, database):
    process = processes.start("query", "SELECT pg_sleep(60)")
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND datname = %s"
    deadline = time.monotonic() + 60
    with database.connect() as connection:
        while connection.execute(running, ["SELECT pg_sleep%", database.name]).fetchone() == (0,):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_demo_leaves_nothing_behind(bare):
    del bare.environment["DATABASE_URL"]
    out = bare.run("demo")
    assert "Generated 0001_add_post_table" in out
    assert "Applied 2 migrations" in out
    assert "ada@example.org" in out
    assert list(bare.folder.iterdir()) == []


def test_pull_prints_or_writes_a_module(project):
    (project.folder / "old.sql").write_text(OLD, encoding="utf-8")
    project.run("push", "old.sql")
    code = project.run("pull")
    assert "class User(Base):" in code
    assert code.startswith("from typing import Optional")
    assert 'CREATE TABLE "users"' in project.run("pull", "--sql")
    assert "schema.py" in project.run("pull", "-o", "schema.py")
    assert (project.folder / "schema.py").read_text(encoding="utf-8") == code
    assert "No differences" in project.run("diff", "live", "schema.py")
    project.run("pull", "-o", "schema.py", code=1)
    assert "is there already" in project.errors
    assert "0000_baseline.sql" in project.run("pull", "--baseline")


def test_a_shell_is_told_what_a_shell_takes(project):
    project.run("generate", "old.sql", "one")
    said = project.run("migrate") + project.run("push", "new.sql", "--rename", RENAME)
    assert "nbmigrate undo takes the last one back" in said
    assert "nbmigrate undo brings it back" in said
    assert "nbmigrate drift --revert\n" in project.run("drift", code=3)
    project.run("undo")
    project.run("undo")
    project.run("undo", code=1)
    assert "nbmigrate adopt records them" in project.run("drift")
    assert "%db_" not in said + project.errors


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("first", "schema.sql"), "before the name: nbmigrate generate schema.sql first"),
        (("first",), "comes first: nbmigrate generate SOURCE first"),
        (("first", "second"), "give a database URL"),
    ],
)
def test_a_name_where_the_source_stands_is_told(project, words, hint):
    project.run("generate", *words, code=1)
    assert "`first` is not a source" in project.errors
    assert hint in project.errors


def test_the_one_word_before_custom_is_the_name(project):
    assert "0000_filled" in project.run("generate", "filled", "--custom")
    (project.folder / "hand.sql").write_text("CREATE TABLE t (n int);")
    assert "0001_hand" in project.run("generate", "hand", "--sql-file", "hand.sql")


@pytest.mark.parametrize(
    "ddl", ["CREATE TYPE mood AS ENUM ('a');", "CREATE SCHEMA s; CREATE TABLE s.t (n int);"]
)
def test_what_a_push_made_already_can_be_adopted(project, ddl):
    (project.folder / "made.sql").write_text(ddl)
    project.run("push", "made.sql")
    project.run("generate", "made.sql", "one")
    project.run("migrate", code=1)
    assert "nbmigrate adopt compares" in project.errors
    assert "Recorded as applied" in project.run("adopt")


@pytest.mark.parametrize(
    "words", ["push wide.sql", "undo", "drift --revert --yes"], ids=lambda words: words.split()[0]
)
def test_who_holds_a_table_is_named_while_it_is_waited_for(project, processes, database, words):
    (project.folder / "wide.sql").write_text(OLD.replace("name text", "name text, n int"))
    project.run("generate", "old.sql", "one")
    project.run("migrate")
    if words != "push wide.sql":
        project.run("push", "wide.sql")
    reader = database.connect(autocommit=False, application_name="report")
    reader.execute("SELECT FROM users")
    process = processes.start(*words.split())
    said = next(line for line in process.stderr if line.startswith("waiting for pid"))
    assert f"pid {reader.info.backend_pid}, user" in said
    assert "application report: idle in transaction" in said
    reader.rollback()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_push_killed_at_a_concurrent_index_is_gone_on_with(processes, database):
    more = "CREATE TABLE users (id int PRIMARY KEY, name text, n int);"
    index = "CREATE INDEX CONCURRENTLY users_name ON users (name);"
    (processes.folder / "more.sql").write_text(more + index)
    processes.run("push", "old.sql")
    reader, asked = database.connect(autocommit=False), database.connect()
    reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    reader.execute("SELECT")  # the build waits for whoever looks at the time before it
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('users_name')"
    others = (
        "FROM pg_stat_activity WHERE datname = current_database()"
        f" AND pid NOT IN (pg_backend_pid(), {reader.info.backend_pid})"
    )
    process = processes.start("push", "more.sql")
    until(lambda: asked.execute(valid).fetchall())
    process.kill()
    process.wait()
    asked.execute(f"SELECT pg_terminate_backend(pid) {others}")
    until(lambda: not asked.execute(f"SELECT {others}").fetchall())
    assert asked.execute(valid).fetchall() == [(False,)]
    reader.rollback()
    assert "users_name" in processes.run("push", "more.sql")
    assert asked.execute(valid).fetchall() == [(True,)]


def until(condition, seconds=120.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
