"""Pull against a real database: code, files, a baseline, and what is left out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from nbmigrate.errors import JournalError, SourceError, StatementFailedError
from nbmigrate.executor import read_ledger
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database

DATA = Path(__file__).parents[2] / "data"

SHOP = """
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, mood mood);
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users,
  CONSTRAINT positive CHECK (id > 0) NO INHERIT
);
CREATE VIEW glad AS SELECT * FROM users WHERE mood = 'glad';
"""
UNMANAGED = (
    "CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken,"
    " END = prsd_end, LEXTYPES = prsd_lextype)"
)


@pytest.fixture
def workspace(database: Database, tmp_path: Path) -> Iterator[Workspace]:
    """A project on a database that has been there before."""
    database.execute(*SHOP.split(";\n"))
    with Workspace(database.url, root=tmp_path) as made:
        yield made


def test_code_and_what_it_leaves_out(workspace: Workspace, database: Database) -> None:
    database.execute(UNMANAGED)
    result = workspace.pull()
    assert result.language == "python"
    assert result.tables == ("public.orders", "public.users")
    assert result.not_expressed == ()
    assert result.unmanaged == ("1 text search parser",)
    assert result.code.splitlines()[0] == "# not expressed: 1 text search parser (not managed)"
    assert 'info={"no_inherit": True}' in result.code
    assert result.cell.startswith("%%schema\n# not expressed")
    assert "1 text search parser" in repr(result)


def test_partitions_stay_what_they_are(workspace: Workspace, database: Database) -> None:
    database.execute(
        "CREATE TABLE log (at date, text text) PARTITION BY RANGE (at)",
        "CREATE TABLE log_old PARTITION OF log DEFAULT",
    )
    result = workspace.pull()
    assert result.not_expressed == ()
    assert 'Partition("log_old", log, "DEFAULT")' in result.code
    workspace.declare(result.code, cell="pulled", namespace={})
    assert workspace.push().plan.operations == ()


def test_ddl_builds_the_database(
    workspace: Workspace, database: Database, databases: Callable[[], Database]
) -> None:
    result = workspace.pull(sql=True)
    assert result.cell.startswith("%%schema --sql\nCREATE TYPE")
    blank = databases()
    blank.execute(result.code)
    assert blank.dump() == database.dump()


def test_pulled_cells_differ_from_nothing(workspace: Workspace, database: Database) -> None:
    for sql in (False, True):
        code = workspace.pull(sql=sql).code
        workspace.declare(code, cell="pulled", namespace={}, sql=sql)
        assert workspace.diff().plan.operations == ()
        assert workspace.push().plan.operations == ()


def test_pulled_ddl_may_make_the_schema_of_an_extension_that_is_there(
    workspace: Workspace, database: Database
) -> None:
    database.execute((DATA / "elsewhere.sql").read_text("utf-8"))
    code = workspace.pull(sql=True).code
    assert 'CREATE SCHEMA "tools"' in code
    declared = workspace.declare(code, cell="c1", namespace={}, sql=True)
    assert "tools" in declared.snapshot.schemas
    assert workspace.push(dry_run=True).plan.is_empty


PARSER = """
CREATE TEXT SEARCH PARSER own (
  START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype
)
"""


def test_what_stands_on_something_that_no_plan_makes_says_so(
    databases: Callable[[], Database], tmp_path: Path
) -> None:
    source, blank = databases(), databases()
    source.execute(PARSER, "CREATE TEXT SEARCH CONFIGURATION c (PARSER = own)")
    with Workspace(source.url, root=tmp_path) as workspace:
        pulled = workspace.pull()
    assert pulled.unmanaged == ("1 text search parser",)
    with Workspace(blank.url, root=tmp_path) as workspace:
        workspace.declare(pulled.code, cell="pulled", namespace={})
        with pytest.raises(StatementFailedError) as caught:
            workspace.push()
    assert caught.value.hint.startswith("nbmigrate does not manage text search parsers: make it")


def test_a_file_is_written_once(workspace: Workspace) -> None:
    result = workspace.pull(output="app/schema.py", cell=False)
    path = workspace.root / "app" / "schema.py"
    assert path.read_text("utf-8") == result.code
    assert [file.path for file in result.files] == ["app/schema.py"]
    path.write_text("mine", "utf-8")
    with pytest.raises(SourceError, match="is there already"):
        workspace.pull(output="app/schema.py", cell=False)
    assert path.read_text("utf-8") == "mine"


def test_any_source_can_be_pulled(workspace: Workspace, databases: Callable[[], Database]) -> None:
    other = databases()
    other.execute("CREATE TABLE elsewhere (id integer PRIMARY KEY)")
    assert workspace.pull(other.url).tables == ("public.elsewhere",)
    (workspace.root / "some.sql").write_text("CREATE TABLE written (id integer)", "utf-8")
    assert workspace.pull("some.sql").tables == ("public.written",)
    assert workspace.pull("empty").code == "\n"


def test_baseline_is_applied_already(workspace: Workspace, database: Database) -> None:
    before = database.dump()
    assert read_ledger(workspace.target.connection) == set()
    result = workspace.pull(baseline=True)
    assert "migrations/0000_baseline.sql" in [file.path for file in result.files]
    assert database.dump() == before
    status = workspace.status()
    assert [(m.tag, m.state) for m in status.migrations] == [("0000_baseline", "applied")]
    assert status.drift is not None
    assert status.drift.operations == ()
    assert workspace.migrate().applied == ()
    ledger = read_ledger(workspace.target.connection)
    assert {("table", "public", "users"), ("enum", "public", "mood")} <= ledger
    workspace.declare(workspace.pull().code, cell="pulled", namespace={})
    assert workspace.check().problems == ()


def test_baseline_builds_the_database(
    workspace: Workspace, database: Database, databases: Callable[[], Database]
) -> None:
    workspace.pull(baseline=True)
    blank = databases()
    with Workspace(blank.url, root=workspace.root) as other:
        assert [m.tag for m in other.migrate().applied] == ["0000_baseline"]
    assert blank.dump() == database.dump()


def test_baseline_needs_a_new_folder(workspace: Workspace) -> None:
    workspace.pull(baseline=True)
    with pytest.raises(JournalError, match="has migrations already"):
        workspace.pull(baseline=True)
    with pytest.raises(SourceError, match="database in use"):
        workspace.pull("empty", baseline=True)


def test_pull_alone_adopts_nothing(workspace: Workspace, database: Database) -> None:
    workspace.pull()
    with psycopg.connect(database.url) as connection:
        query = "SELECT count(*) FROM pg_namespace WHERE nspname IN ('nbmigrate', 'drizzle')"
        assert connection.execute(query).fetchone() == (0,)
