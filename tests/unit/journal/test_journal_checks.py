import json

import pytest

from nbmigrate.errors import JournalError, MissingFileError, SnapshotFormatError
from nbmigrate.journal import Journal, head_warning

from .conftest import append, contents, copy_sample, plan_of


def _codes(journal):
    return {(problem.code, problem.severity) for problem in journal.check()}


def _edit(journal, change):
    path = journal.layout.journal
    document = json.loads(path.read_text())
    change(document["entries"])
    path.write_text(json.dumps(document, indent=2))


def _edit_snapshot(folder, name, **keys):
    path = folder / "meta" / name
    path.write_text(json.dumps(json.loads(path.read_text()) | keys, indent=2))


def test_a_sound_folder_has_no_problems(folder):
    assert copy_sample("22", folder).check() == ()
    assert Journal(folder / "nowhere").check() == ()


def test_checking_writes_nothing(folder):
    journal = copy_sample("01", folder)
    before = contents(folder)
    (folder / "0001_add_and_alter_columns.sql").unlink()
    journal.check()
    del before["0001_add_and_alter_columns.sql"]
    assert contents(folder) == before


def test_a_missing_sql_file_is_an_error(folder):
    journal = copy_sample("01", folder)
    (folder / "0001_add_and_alter_columns.sql").unlink()
    assert _codes(journal) == {("missing-sql", "error")}
    with pytest.raises(MissingFileError) as caught:
        journal.migrations()
    assert caught.value.tag == "0001_add_and_alter_columns"


def test_a_missing_snapshot_in_the_middle_is_a_warning(folder):
    journal = copy_sample("01", folder)
    (folder / "meta/0001_snapshot.json").unlink()
    assert _codes(journal) == {("missing-snapshot", "warning"), ("dangling-prev-id", "warning")}
    assert journal.read_snapshot() is not None


def test_a_missing_last_snapshot_is_an_error(folder):
    journal = copy_sample("01", folder)
    (folder / "meta/0003_snapshot.json").unlink()
    assert ("missing-snapshot", "error") in _codes(journal)


def test_a_dangling_parent_is_lived_with(folder):
    journal = copy_sample("01", folder)
    _edit_snapshot(folder, "0003_snapshot.json", prevId="11111111-0000-4000-8000-000000000000")
    assert _codes(journal) == {("dangling-prev-id", "warning")}
    append(journal, plan_of("a"))
    assert len(journal.entries) == 5


def test_two_snapshots_after_one_are_an_error(folder):
    journal = copy_sample("01", folder)
    first = json.loads((folder / "meta/0001_snapshot.json").read_text())["prevId"]
    _edit_snapshot(folder, "0002_snapshot.json", prevId=first)
    assert ("duplicate-prev-id", "error") in _codes(journal)


def test_a_malformed_snapshot_is_an_error(folder):
    journal = copy_sample("01", folder)
    _edit_snapshot(folder, "0003_snapshot.json", tables=[])
    assert ("bad-snapshot", "error") in _codes(journal)
    with pytest.raises(SnapshotFormatError, match=r"0003_snapshot\.json"):
        journal.read_snapshot()


def test_drizzle_would_go_on_from_another_file(folder):
    journal = copy_sample("01", folder)
    assert head_warning(journal) is None
    (folder / "meta/0009_snapshot.json").write_text("{}")
    assert _codes(journal) == {("orphan-snapshot", "warning"), ("last-by-name", "warning")}
    assert head_warning(journal).path.endswith("0009_snapshot.json")


def test_files_that_no_entry_lists_are_warned_of(folder):
    journal = copy_sample("01", folder)
    (folder / "0009_x.sql").write_text("SELECT 1;")
    assert _codes(journal) == {("orphan-sql", "warning")}


def test_sql_that_must_not_run_is_an_error(folder):
    journal = copy_sample("01", folder)
    path = folder / "0001_add_and_alter_columns.sql"
    path.write_text(path.read_text() + "\nCOMMIT;")
    (problem,) = journal.check()
    assert (problem.code, problem.severity) == ("bad-sql", "error")
    assert problem.path.endswith(f":{len(path.read_text().splitlines())}")


def test_entries_out_of_time_are_a_warning(folder):
    journal = copy_sample("01", folder)
    _edit(journal, lambda entries: entries[1].update(when=1))
    assert _codes(journal) == {("when-order", "warning")}
    assert append(journal, plan_of("a"), now_ms=1).when > max(e.when for e in journal.entries[:-1])


def test_one_tag_twice_is_an_error(folder):
    journal = copy_sample("01", folder)
    _edit(journal, lambda entries: entries.append(dict(entries[0])))
    assert ("duplicate-tag", "error") in _codes(journal)


def test_one_snapshot_for_two_is_an_error(folder):
    journal = copy_sample("15", folder)
    _edit(journal, lambda entries: entries[1].update(tag="20261123090213_second"))
    assert ("duplicate-prefix", "error") in _codes(journal)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"idx": 1', '"idx": "1"', r"entries\[1\].idx is '1'"),
        ('"idx": 1', '"idx": true', r"entries\[1\].idx is True"),
        ('"tag": "0001_add', '"tag": "../0001_add', "no file name"),
        ('"dialect": "postgresql"', '"dialect": "mysql"', "mysql"),
        ('"version": "7"', '"version": "70"', "'70' is not supported"),
        ('"entries": [', '"entries": 5, "x": [', "no list `entries`"),
        ("{", "", "not JSON"),
    ],
)
def test_a_damaged_journal_is_one_problem(folder, old, new, message):
    journal = copy_sample("01", folder)
    path = journal.layout.journal
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(JournalError, match=message):
        _ = journal.entries
    (problem,) = journal.check()
    assert problem.code == "journal"
    assert problem.path.startswith(str(path))
    assert str(path) not in problem.text


def test_old_journals_are_read(folder):
    for number in ("70", "71"):
        journal = copy_sample(number, folder / number)
        assert journal.read_snapshot().snapshot.tables.keys() == {"public.users", "app.x"}
        assert journal.check() == ()


def test_migrations_are_found_by_tag_prefix_and_name(folder):
    journal = copy_sample("01", folder)
    for text in ("0001_add_and_alter_columns", "0001", "add_and_alter_columns"):
        assert journal.entry(text).idx == 1
    with pytest.raises(JournalError, match="no migration is called `0009`") as caught:
        journal.read_snapshot("0009")
    assert "0001_add_and_alter_columns" in caught.value.hint


def test_an_empty_folder_has_no_snapshot(journal):
    assert journal.read_snapshot() is None
    assert journal.entries == journal.migrations() == ()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(JournalError, match="not a folder"):
        _ = Journal(tmp_path / "x").entries
