"""Two branches in one folder, and snapshots that are damaged: put in order, proved, all or nothing."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time

import pytest

from nbmigrate.errors import JournalError, NbmigrateError
from nbmigrate.journal import rewrite
from nbmigrate.workspace import Workspace

BASE = "CREATE TABLE users (id int PRIMARY KEY, age int);\n"


def write(tmp_path, text: str) -> str:
    path = tmp_path / "new.sql"
    path.write_text(text, "utf-8")
    return str(path)


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def project(database, tmp_path):
    with Workspace(database.url, folder=tmp_path / "migrations", root=tmp_path) as made:
        yield made


@pytest.fixture
def git(tmp_path):
    """Git in the project's folder; what it answers."""

    def run(*words: str, check: bool = True) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(
            ["git", *who, *words], cwd=tmp_path, capture_output=True, text=True, check=check
        )
        return done.stdout + done.stderr

    run("init", "-q", "-b", "main")
    return run


def generate(project, tmp_path, name: str, *extra: str) -> str:
    text = f"{BASE}{''.join(extra)}"
    return project.generate(name, write(tmp_path, text)).tag


def commit(git) -> None:
    git("add", "migrations")
    git("commit", "-qm", "step")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Where the merged folder is kept for the tests after the first."""
    return tmp_path_factory.mktemp("merged") / "migrations"


@pytest.fixture
def merged(project, git, tmp_path, made):
    """Two branches with two migrations each, merged by git: the journal is in conflict."""
    if made.exists():
        shutil.copytree(made, tmp_path / "migrations")
        return project
    generate(project, tmp_path, "base")
    commit(git)
    git("branch", "feature")
    generate(project, tmp_path, "name", "ALTER TABLE users ADD name text DEFAULT 'x';")
    more = "ALTER TABLE users ADD name text DEFAULT 'x', ADD mail varchar(20);"
    generate(project, tmp_path, "mail", more)
    commit(git)
    git("checkout", "-q", "feature")
    generate(project, tmp_path, "posts", "CREATE TABLE posts (id int PRIMARY KEY);")
    generate(project, tmp_path, "tags", "CREATE TABLE posts (id int PRIMARY KEY, tag text);")
    commit(git)
    git("checkout", "-q", "main")
    assert "CONFLICT" in git("merge", "feature", check=False)
    shutil.copytree(tmp_path / "migrations", made)
    return project


def test_a_merge_in_conflict_is_rebased(merged, database) -> None:
    sql = {p.name[5:]: p.read_bytes() for p in merged.settings.folder.glob("*.sql")}
    result = merged.rebase()
    assert [(m.old_tag, m.new_tag) for m in result.moved] == [
        ("0001_posts", "0003_posts"),
        ("0002_tags", "0004_tags"),
    ]
    assert result.proof.startswith("proved on PostgreSQL")
    tags = ["0000_base", "0001_name", "0002_mail", "0003_posts", "0004_tags"]
    assert [entry.tag for entry in merged.journal.entries] == tags
    assert merged.journal.check() == ()
    assert {p.name[5:]: p.read_bytes() for p in merged.settings.folder.glob("*.sql")} == sql
    assert len(merged.migrate().applied) == 5
    assert merged.status().drift.is_empty
    assert merged.rebase().moved == ()
    merged.undo()
    assert [m.state for m in merged.status().migrations] == [*["applied"] * 4, "pending"]


def test_sidecars_hold_the_way_back_from_the_new_place(merged) -> None:
    merged.rebase()
    sidecar = merged.settings.folder / "meta" / "_0003_extra.json"
    down = json.loads(sidecar.read_text())["down"]
    assert down["label"] == "reversible"
    assert down["statements"] == ['DROP TABLE "posts";']


def test_check_names_the_pair_and_what_both_touch(project, git, tmp_path) -> None:
    generate(project, tmp_path, "base")
    shutil.copytree(tmp_path / "migrations", tmp_path / "other")
    generate(project, tmp_path, "wide", "ALTER TABLE users ALTER age TYPE bigint;")
    with Workspace(project.settings.url, folder=tmp_path / "other", root=tmp_path) as other:
        generate(other, tmp_path, "needed", "ALTER TABLE users ALTER age SET NOT NULL;")
        (entry,) = [e for e in other.journal.entries if e.tag == "0001_needed"]
    shutil.copy(tmp_path / "other" / "0001_needed.sql", tmp_path / "migrations")
    journal = project.journal
    journal.layout.journal.write_text(journal.read().text_with(entry))
    (problem,) = [p for p in project.check().problems if p.code == "duplicate-prefix"]
    assert "`0001_wide` and `0001_needed`" in problem.text
    assert problem.text.endswith("both touch public.users.age")
    assert "nbmigrate rebase 0001_needed" in problem.hint
    project.rebase("0001_needed")
    column = project.journal.read_snapshot().snapshot.tables["public.users"].columns["age"]
    assert (column.type, column.not_null) == ("bigint", True)


def test_branches_that_do_not_fit_change_nothing(project, git, tmp_path) -> None:
    generate(project, tmp_path, "base")
    commit(git)
    git("checkout", "-qb", "feature")
    generate(project, tmp_path, "theirs", "ALTER TABLE users ADD name text;")
    commit(git)
    git("checkout", "-q", "main")
    generate(project, tmp_path, "ours", "ALTER TABLE users ADD name varchar(9);")
    commit(git)
    git("merge", "feature", check=False)
    before = contents(project.settings.folder)
    with pytest.raises(JournalError, match="42701"):
        project.rebase()
    assert contents(project.settings.folder) == before


def test_a_pair_with_time_stamps_is_chained_again(database, tmp_path) -> None:
    from nbmigrate.journal import Journal

    class Stamped(Workspace):
        @property
        def journal(self):
            return Journal(self.settings.folder, prefix="timestamp")

    with Stamped(database.url, folder=tmp_path / "migrations", root=tmp_path) as project:
        generate(project, tmp_path, "base")
        shutil.copytree(tmp_path / "migrations", tmp_path / "other")
        generate(project, tmp_path, "one", "CREATE TABLE a (id int);")
        time.sleep(2.1)  # a prefix is a second, or the one behind that of the migration before
        with Stamped(database.url, folder=tmp_path / "other", root=tmp_path) as other:
            generate(other, tmp_path, "two", "CREATE TABLE b (id int);")
            last = other.journal.entries[-1]
            text = other.journal.layout.snapshot(last).read_text()
        assert last.prefix != project.journal.entries[-1].prefix
        layout = project.journal.layout
        shutil.copy(tmp_path / "other" / f"{last.tag}.sql", tmp_path / "migrations")
        layout.snapshot(last).write_text(text)
        layout.journal.write_text(project.journal.read().text_with(last))
        assert {p.code for p in project.journal.check()} == {"duplicate-prev-id"}
        (moved,) = project.rebase().moved
        assert moved.old_tag == moved.new_tag == last.tag
        assert project.journal.check() == ()
        assert {"public.a", "public.b"} < project.journal.read_snapshot().snapshot.tables.keys()


def test_what_follows_may_not_stay_before(project, tmp_path) -> None:
    generate(project, tmp_path, "base")
    generate(project, tmp_path, "a", "CREATE TABLE a (id int);")
    generate(project, tmp_path, "b", "CREATE TABLE a (id int, b int);")
    before = contents(project.settings.folder)
    with pytest.raises(JournalError, match="`0002_b` was made after `0001_a`") as caught:
        project.rebase("0001_a")
    assert caught.value.hint == "nbmigrate rebase 0001_a 0002_b"
    assert contents(project.settings.folder) == before


DAMAGE = {
    "missing": None,
    "truncated": lambda raw: raw[: len(raw) // 2],
    "nul": lambda raw: raw.replace(b"users", b"us\0rs", 1),
    "not utf-8": lambda raw: raw.replace(b"users", b"us\xffrs", 1),
    "in conflict": lambda raw: b"<<<<<<< HEAD\n" + raw,
    "wrong type": lambda raw: raw.replace(b'"tables": {', b'"tables": [], "x": {', 1),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("number", [1, 2])
def test_a_damaged_snapshot_is_made_again(project, tmp_path, damage, number) -> None:
    generate(project, tmp_path, "base")
    generate(project, tmp_path, "age", "ALTER TABLE users ADD note varchar(20) DEFAULT 'x';")
    more = "ALTER TABLE users ADD note varchar(20) DEFAULT 'x'; CREATE TABLE t (id int);"
    generate(project, tmp_path, "t", more)
    entry = project.journal.entries[number]
    path = project.journal.layout.snapshot(entry)
    whole = path.read_bytes()
    if DAMAGE[damage] is None:
        path.unlink()
    else:
        path.write_bytes(DAMAGE[damage](whole))
    problems = [
        p for p in project.check().problems if p.code in {"bad-snapshot", "missing-snapshot"}
    ]
    assert f"nbmigrate repair {entry.tag}" in problems[0].hint
    result = project.repair(entry.tag)
    assert result.files[0].path == str(path.relative_to(tmp_path))
    had_id = DAMAGE[damage] is not None or number == 1
    found, wanted = json.loads(path.read_bytes()), json.loads(whole)
    assert found | {"id": ""} == wanted | {"id": ""}
    assert (found["id"] == wanted["id"]) is had_id
    assert project.journal.check() == ()
    assert project.repair(entry.tag).files == ()


@pytest.mark.parametrize("damage", DAMAGE)
def test_nothing_runs_while_a_snapshot_is_damaged(project, database, tmp_path, damage) -> None:
    generate(project, tmp_path, "base")
    tag = generate(project, tmp_path, "age", "ALTER TABLE users ADD note text;")
    path = project.journal.layout.snapshot(project.journal.entries[-1])
    if DAMAGE[damage] is None:
        path.unlink()
    else:
        path.write_bytes(DAMAGE[damage](path.read_bytes()))
    for how in ({"dry_run": True}, {}):
        with pytest.raises(NbmigrateError) as caught:
            project.migrate(**how)
        assert str(path) in caught.value.message
        assert caught.value.hint.startswith(f"nbmigrate repair {tag}")
    assert database.connect().execute("SELECT to_regclass('users')").fetchone() == (None,)
    project.repair(tag)
    assert len(project.migrate().applied) == 2


@pytest.mark.parametrize("step", [0, 2, 3, 6, 11])
def test_a_rewrite_that_dies_is_done_or_not_begun(merged, tmp_path, monkeypatch, step) -> None:
    """Dies at the n-th call to the file system; afterwards the journal's files are all there."""
    folder = merged.settings.folder
    left = [step]

    def dying(real):
        def call(*values):
            if not left[0]:
                raise SystemExit
            left[0] -= 1
            return real(*values)

        return call

    monkeypatch.setattr(rewrite, "sync_folder", dying(rewrite.sync_folder))
    monkeypatch.setattr(rewrite.Path, "replace", dying(rewrite.Path.replace))
    with contextlib.suppress(SystemExit):
        merged.rebase()
    monkeypatch.undo()
    if (folder / "meta" / rewrite.REWRITE_NAME).exists():
        assert all((folder / f"{e.tag}.sql").exists() for e in _entries(folder))
        rewrite.finish_rewrite(folder / "meta")
    merged.rebase()
    assert [e.tag for e in merged.journal.entries][3:] == ["0003_posts", "0004_tags"]
    assert merged.journal.check() == ()
    assert not list(folder.rglob("*.tmp"))


def _entries(folder):
    from nbmigrate.journal.merged import read_merged

    return read_merged(folder / "meta" / "_journal.json").entries
