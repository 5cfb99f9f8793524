"""What the studio does that takes long, or could: exports that are watched and stopped, references."""

from __future__ import annotations

import threading
import time

import pytest

from nbmigrate.errors import NbmigrateError
from nbmigrate.executor.connections import connect
from nbmigrate.workspace import Workspace
from nbmigrate.workspace.studio import Studio

POSTS = ["public", "posts"]
USERS = ["public", "users"]


@pytest.fixture
def studio(database, tmp_path):
    database.execute(
        "CREATE TABLE users (id int PRIMARY KEY, name text)",
        "CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users, editor int REFERENCES users, t text)",
        "INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 3) n",
        "INSERT INTO posts SELECT n, 1 + n % 3, 1, repeat('x', 90) FROM generate_series(1, 60000) n",
        "CREATE INDEX ON posts (author)",
        "ANALYZE",
    )
    with Workspace(database.url, root=tmp_path) as workspace:
        found = Studio(workspace)
        yield found
        found.close()


def states(database):
    with database.connect() as connection:
        return connection.execute(
            "SELECT state, backend_xmin FROM pg_stat_activity WHERE application_name LIKE 'nbmigrate%'"
            " AND state <> 'idle'"
        ).fetchall()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_tells_how_far_it_is(studio, monkeypatch, form):
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="PARQUET NEEDS nbmigrate[arrow]")
    monkeypatch.setattr("nbmigrate.workspace.studio.TOLD_EVERY_S", 0)
    told = []
    done = studio.answer(
        "export", {"relation": POSTS, "path": f"a.{form}", "format": form}, told.append
    )
    rows = [one["rows"] for one in told]
    assert done["rows"] == 60_000
    assert len(rows) >= (2 if form == "csv" else 1)  # Parquet is written in large pieces
    assert rows == sorted(rows)
    assert rows[-1] <= 60_000
    assert told[-1]["bytes"] <= done["bytes"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_is_stopped_and_leaves_nothing(studio, database, tmp_path, form):
    """R52: and pages are turned while it works."""
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="PARQUET NEEDS nbmigrate[arrow]")
    database.execute(
        "CREATE VIEW slow AS SELECT id, pg_sleep(0.001)::text AS s FROM posts ORDER BY id"
    )
    caught = []

    def export():
        try:
            studio.answer(
                "export", {"relation": ["public", "slow"], "path": f"a.{form}", "format": form}
            )
        except NbmigrateError as error:
            caught.append(error.sqlstate)

    thread = threading.Thread(target=export)
    thread.start()
    deadline = time.monotonic() + 20
    while not states(database) and time.monotonic() < deadline:
        time.sleep(0.05)
    started = time.monotonic()
    assert len(studio.answer("page", {"relation": POSTS})["rows"]) == 100
    assert time.monotonic() - started < 5
    assert thread.is_alive()
    studio.cancel()
    thread.join(10)
    assert caught == ["57014"]
    deadline = time.monotonic() + 5
    while states(database) and time.monotonic() < deadline:
        time.sleep(0.05)  # a backend sees a closed socket a moment later
    assert states(database) == []
    assert list(tmp_path.glob("*a.*")) == list(tmp_path.glob(".*.part")) == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_is_stopped_between_two_statements(studio, monkeypatch, tmp_path, form):
    """A cancel request finds no statement there: it is remembered."""
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="PARQUET NEEDS nbmigrate[arrow]")
    told = "nbmigrate.workspace.browsing.connect"

    def opened(*arguments, **options):
        connection = connect(*arguments, **options)
        studio.cancel()
        return connection

    monkeypatch.setattr(told, opened)
    studio.describe(POSTS)
    with pytest.raises(NbmigrateError) as raised:
        studio.answer("export", {"relation": POSTS, "path": f"a.{form}", "format": form})
    assert raised.value.sqlstate == "57014"
    assert list(tmp_path.glob("*a.*")) == list(tmp_path.glob(".*.part")) == []


def test_references_are_counted_where_an_index_knows(studio, database):
    """A table without an index on what refers is not read to count: R52."""
    (author, editor) = studio.answer("references", {"relation": USERS, "key": ["1"]})
    assert (author["rows"], author["is_exact"]) == (1000, False)
    assert author["why_not"] == ""
    assert editor["rows"] is None
    assert editor["why_not"] == "no index begins with editor: all of it would be read"
    page = studio.answer("page", {"relation": POSTS, "filters": editor["filters"]})
    assert page["has_next"]
    database.execute("CREATE INDEX ON posts (id, editor)")
    (_, editor) = studio.answer("references", {"relation": USERS, "key": ["1"]})
    assert editor["rows"] is None
    database.execute("CREATE INDEX ON posts (editor, id)")
    (_, editor) = studio.answer("references", {"relation": USERS, "key": ["2"]})
    assert (editor["rows"], editor["is_exact"]) == (0, True)


def test_a_small_table_is_counted_without_an_index(studio, database):
    database.execute(
        "CREATE TABLE notes (id int PRIMARY KEY, author int REFERENCES users)",
        "INSERT INTO notes SELECT n, 1 FROM generate_series(1, 42) n",
    )
    found = studio.answer("references", {"relation": USERS, "key": ["1"]})
    assert {one["relation"][1]: one["rows"] for one in found}["notes"] == 42


def test_a_preview_says_operations_and_values(studio):
    edits = [
        {"kind": "delete", "key": ["3"], "version": "1", "original": {"t": "x"}},
        {
            "kind": "update",
            "key": ["5"],
            "version": "1",
            "changes": {"t": {"from": "x", "to": None}},
        },
        {"kind": "insert", "values": {"id": "70000", "t": "it's"}},
    ]
    found = studio.answer("preview", {"relation": POSTS, "edits": edits})
    assert [(o["kind"], o["key"], o["values"]) for o in found["operations"]] == [
        ("delete", {"id": "3"}, {"t": "x"}),
        ("update", {"id": "5"}, {"t": {"from": "x", "to": None}}),
        ("insert", {}, {"id": "70000", "t": "it's"}),
    ]
    assert all(tuple(o["relation"]) == ("public", "posts") for o in found["operations"])
    assert found["sql"] == "\n".join(o["sql"] for o in found["operations"])
    assert """VALUES ('70000', 'it''s');""" in found["sql"]
