"""Scripts for psql, files that are gone or late, and transactions of this very process."""

from __future__ import annotations

import subprocess

import pytest

from nbmigrate.errors import LateMigrationError, MissingFileError
from nbmigrate.executor import Settings, migrate
from nbmigrate.workspace import Workspace


@pytest.fixture
def project(database, tmp_path):
    with Workspace(database.url, folder=tmp_path / "migrations", root=tmp_path) as made:
        yield made


def write(tmp_path, text: str):
    path = tmp_path / "new.sql"
    path.write_text(text, "utf-8")
    return str(path)


def run_psql(database, text: str) -> subprocess.CompletedProcess[str]:
    psql = str(database.server.bin("psql"))
    return subprocess.run(
        [psql, "-X", "-q", database.url], input=text, text=True, capture_output=True, check=False
    )


def states(project) -> list[str]:
    return [m.state for m in project.status().migrations]


def test_offline_script_runs_under_psql_twice(database, project, tmp_path) -> None:
    project.generate(
        "one", write(tmp_path, "CREATE TABLE t (id int, note text DEFAULT ':x\\y''z');")
    )
    tag = project.generate("two", custom=True).tag
    file = project.settings.folder / f"{tag}.sql"
    file.write_text("CREATE INDEX CONCURRENTLY i ON t (id);\nINSERT INTO t VALUES (1) -- last;\n")
    text = project.migrate(offline=True).script
    for _ in range(2):
        ran = run_psql(database, text)
        assert ran.returncode == 0, ran.stderr
    with database.connect() as connection:
        assert connection.execute("SELECT count(*), min(note) FROM t").fetchone() == (1, ":x\\y'z")
    assert states(project) == ["applied", "applied"]
    assert project.migrate().applied == ()


def test_missing_file_is_restored(project, tmp_path) -> None:
    tag = project.generate("one", write(tmp_path, "CREATE TABLE t (id int);")).tag
    project.migrate()
    path = project.settings.folder / f"{tag}.sql"
    text = path.read_bytes()
    path.unlink()
    with pytest.raises(MissingFileError) as caught:
        project.migrate()
    assert f"nbmigrate restore {tag}" in caught.value.hint
    project.restore(tag)
    assert path.read_bytes() == text
    assert states(project) == ["applied"]
    with pytest.raises(MissingFileError, match="nothing was written"):
        project.restore(tag)


@pytest.mark.parametrize(("late", "commutes"), [("b int", True), ("a bigint", False)])
def test_late_migration_runs_when_it_commutes(project, tmp_path, make_late, late, commutes) -> None:
    make_late(late)
    if commutes:
        assert [m.tag for m in project.migrate().applied] == ["0001_late"]
        return
    with pytest.raises(LateMigrationError, match=r"public\.t\.a") as caught:
        project.migrate()
    assert caught.value.later == ["0002_after"]
    assert caught.value.exit_code == 3
    assert caught.value.hint.startswith(f"nbmigrate rebase {caught.value.tag} ")


@pytest.fixture
def make_late(project, tmp_path):
    """0001_late appears after 0002_after, which adds column a, was applied."""

    def make(column: str) -> None:
        base = "CREATE TABLE t (id int);"
        project.generate("base", write(tmp_path, base))
        project.generate("late", write(tmp_path, f"CREATE TABLE t (id int, {column});"))
        layout = project.journal.layout
        journal = layout.journal.read_text()
        late = project.journal.entries[1]
        files = (layout.sql(late), layout.snapshot(late), layout.sidecar(late))
        kept = {path: path.read_bytes() for path in files}
        for path in files:
            path.unlink()
        first = project.journal.read()
        document = {**first.document, "entries": first.document["entries"][:1]}
        from nbmigrate.model.codec import dump_document, load_document

        layout.journal.write_text(dump_document(document))
        project.generate("after", write(tmp_path, "CREATE TABLE t (id int, a int);"))
        after = project.journal.entries[1]
        layout.sql(after).rename(layout.folder / "0002_after.sql")
        layout.snapshot(after).rename(layout.meta / "0002_snapshot.json")
        layout.sidecar(after).rename(layout.meta / "_0002_extra.json")
        for path, text in kept.items():
            path.write_bytes(text)
        entries = load_document(journal)["entries"]
        renamed = {**after.as_document(), "idx": 2, "tag": "0002_after"}
        layout.journal.write_text(dump_document({**document, "entries": [entries[0], renamed]}))
        project.migrate()
        layout.journal.write_text(dump_document({**document, "entries": [*entries, renamed]}))

    return make


def test_own_open_transaction_is_named_and_released(database) -> None:
    from pathlib import Path

    from nbmigrate.journal.migration import Migration

    database.execute("CREATE TABLE t (a int)")
    forgotten = database.connect(autocommit=False)
    forgotten.execute("SELECT * FROM t")
    wanted = [Migration(tag="0000_m", path=Path("m.sql"), raw=b"ALTER TABLE t ADD b int", when=1)]
    events = []
    quick = Settings(release_own=True, lock_timeout_ms=2_000)
    assert len(migrate(database.url, wanted, on_event=events.append, settings=quick)) == 1
    blocked = next(e for e in events if type(e).__name__ == "Blocked")
    assert blocked.blockers[0].own.startswith("this is your own kernel")
    assert [e.pids for e in events if type(e).__name__ == "Released"] == [
        (forgotten.info.backend_pid,)
    ]
