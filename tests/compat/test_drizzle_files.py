"""Files that drizzle-kit wrote, read and written again byte for byte."""

import json
from pathlib import Path

import pytest

from nbmigrate.errors import (
    BrokenChainError,
    JournalError,
    SnapshotError,
    SnapshotFormatError,
    SnapshotVersionError,
)
from nbmigrate.journal import Journal
from nbmigrate.model import codec
from nbmigrate.model.files import load_file

SAMPLES = Path(__file__).parent / "drizzle"
DOCUMENTS = sorted(SAMPLES.rglob("*.json"))
SNAPSHOTS = [path for path in DOCUMENTS if path.name.endswith("snapshot.json")]


def _header(path):
    document = json.loads(path.read_text())
    return document.get("version"), document.get("dialect")


CURRENT = [path for path in SNAPSHOTS if _header(path) == ("7", "postgresql")]
FOREIGN = [path for path in SNAPSHOTS if _header(path)[1] == "sqlite"]
NEWER = [path for path in SNAPSHOTS if _header(path)[0] in {"8", "9"}]
FOLDERS = sorted(path.parent.parent for path in SAMPLES.rglob("_journal.json"))
READABLE = [f for f in FOLDERS if not f.parent.name.startswith(("19-", "92-", "93-", "91-"))]


def _id(path):
    return str(path.relative_to(SAMPLES))


def test_all_samples_are_there():
    assert (len(DOCUMENTS), len(CURRENT), len(FOREIGN), len(NEWER)) == (132, 81, 6, 10)


@pytest.mark.parametrize("path", DOCUMENTS, ids=_id)
def test_every_document_keeps_its_bytes(path):
    text = path.read_bytes().decode()
    assert codec.dump_document(codec.load_document(text)) == text


@pytest.mark.parametrize("path", CURRENT, ids=_id)
def test_snapshots_keep_their_bytes(path):
    text = path.read_bytes().decode()
    assert codec.dump(codec.load(text)) == text


@pytest.mark.parametrize("path", CURRENT, ids=_id)
def test_snapshots_survive_without_their_layout(path):
    file = load_file(path)
    again = codec.load(codec.dump(codec.SnapshotFile(id="a", prev_id="b", snapshot=file.snapshot)))
    assert again.snapshot == file.snapshot
    assert codec.dump_extra(file.snapshot) is None


@pytest.mark.parametrize("path", FOREIGN, ids=_id)
def test_other_dialects_are_refused(path):
    with pytest.raises(SnapshotFormatError, match="sqlite") as caught:
        load_file(path)
    assert caught.value.location == "dialect"


@pytest.mark.parametrize("path", NEWER, ids=_id)
def test_the_1_0_layout_is_refused(path):
    with pytest.raises(SnapshotVersionError) as caught:
        load_file(path)
    assert caught.value.found in {"8", "9"}
    assert "drizzle-kit 1.0" in caught.value.hint


@pytest.mark.parametrize("name", ["70-legacy-v5-kit-0.20", "71-legacy-v6-kit-0.21"])
def test_old_versions_are_upgraded(name):
    (path,) = (SAMPLES / name).rglob("*_snapshot.json")
    snapshot = load_file(path).snapshot
    assert set(snapshot.tables) == {"public.users", "app.x"}
    assert snapshot.enums["public.mood"].values == ("a", "b")
    assert snapshot.tables["public.users"].columns["m"].type_schema == "public"
    index = snapshot.tables["public.users"].indexes["ix"]
    assert [column.expression for column in index.columns] == ["name", "m"]
    assert index.method == "btree"


def test_both_old_versions_say_the_same():
    five, six = (
        load_file(next((SAMPLES / name).rglob("*_snapshot.json"))).snapshot
        for name in ("70-legacy-v5-kit-0.20", "71-legacy-v6-kit-0.21")
    )
    assert five == six


@pytest.mark.parametrize("folder", FOLDERS, ids=_id)
def test_every_folder_is_read_or_refused(folder):
    journal = Journal(folder)
    if folder.parent.name.startswith(("19-", "93-")):
        with pytest.raises(JournalError, match="sqlite"):
            _ = journal.entries
    elif folder.parent.name.startswith("92-"):
        assert [p.code for p in journal.check() if p.severity == "error"] == [
            "prefix",
            *["duplicate-prefix"] * 3,  # each of three with each other
        ]
    else:
        errors = [p for p in journal.check() if p.severity == "error"]
        missing = folder.parent.name.startswith("91-")  # its SQL is not kept here
        assert {p.code for p in errors} == ({"missing-sql"} if missing else set())
        assert journal.read_snapshot() == load_file(journal.layout.snapshots()[-1])


@pytest.mark.parametrize("name", ["80-v1-rc4-up-of-13", "80-v1-rc5-up-of-13", "81-v1-rc5-native"])
def test_folders_of_1_0_are_refused(name):
    with pytest.raises(JournalError, match=r"layout of drizzle-kit 1\.0"):
        _ = Journal(SAMPLES / name / "drizzle").entries
    assert [p.code for p in Journal(SAMPLES / name / "drizzle").check()] == ["journal"]


def test_prefix_modes_are_deduced():
    modes = {
        name: Journal(next(SAMPLES.glob(f"{name}-*")) / "drizzle")._mode(
            Journal(next(SAMPLES.glob(f"{name}-*")) / "drizzle").read()
        )
        for name in ("01", "15", "16", "17", "14")
    }
    assert [mode.prefix for mode in modes.values()] == [
        "index",
        "timestamp",
        "unix",
        "timestamp",
        "index",
    ]
    with pytest.raises(BrokenChainError, match="prefix `none`"):
        Journal(next(SAMPLES.glob("92-*")) / "drizzle")._mode(
            Journal(next(SAMPLES.glob("92-*")) / "drizzle").read()
        )


def test_the_file_of_pull_is_a_baseline():
    folder = SAMPLES / "20-introspect-pull" / "drizzle"
    first, second = Journal(folder).migrations()
    assert first.is_commented_baseline
    assert first.chunks == ()
    assert not second.is_commented_baseline
    assert [p.code for p in Journal(folder).check()] == ["commented-baseline"]


@pytest.mark.parametrize("folder", READABLE, ids=_id)
def test_every_migration_splits_into_its_chunks(folder):
    for migration in Journal(folder).migrations():
        parts = migration.raw.decode().split("--> statement-breakpoint")
        if not migration.is_commented_baseline:
            assert [chunk.sql for chunk in migration.chunks] == [p.strip() for p in parts]
            lines = migration.sql.splitlines()
            for statement in migration.statements():
                assert lines[statement.line - 1].startswith(statement.sql.splitlines()[0])


def test_damaged_files_name_the_line(tmp_path):
    path = tmp_path / "0000_snapshot.json"
    sound = CURRENT[0].read_bytes()
    for raw, line in (
        (sound[: len(sound) // 2], None),
        (sound.replace(b"\n", b"\n\x00", 1), "line 2"),
        (sound.replace(b"\n", b"\n\xff", 2), "line 2"),
        (sound.replace(b"\n", b"\n<<<<<<< HEAD\n", 3), "line 2"),
        (b"", "line 1"),
        (b"\xef\xbb\xbf" + sound, "line 1"),
        (b"[" * 100_000, "line 1"),
        (sound.replace(b'"7"', b"NaN"), "line 1"),
    ):
        path.write_bytes(raw)
        with pytest.raises(SnapshotError) as caught:
            load_file(path)
        assert isinstance(caught.value, SnapshotFormatError)
        assert caught.value.path == str(path)
        assert caught.value.location.startswith("line ")
        assert line in (None, caught.value.location)
