import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbmigrate.errors import BrokenChainError, JournalError, UsageConflictError
from nbmigrate.journal import Draft, Journal
from nbmigrate.model.codec import NO_PREVIOUS
from nbmigrate.model.files import load_file

from .conftest import NOW_MS, append, contents, copy_sample, plan_of

ROOT = Path(__file__).parents[3]


def test_the_first_migration_makes_the_folder(journal, folder):
    migration = append(journal, plan_of("user"), name="initial_schema")
    assert set(contents(folder)) == {
        "0000_initial_schema.sql",
        "meta/0000_snapshot.json",
        "meta/_journal.json",
    }
    assert migration.tag == "0000_initial_schema"
    assert (folder / "meta/_journal.json").read_text() == (
        '{\n  "version": "7",\n  "dialect": "postgresql",\n  "entries": [\n    {\n'
        '      "idx": 0,\n      "version": "7",\n      "when": 1800000000000,\n'
        '      "tag": "0000_initial_schema",\n      "breakpoints": true\n    }\n  ]\n}'
    )


def test_the_second_follows_the_first(journal):
    append(journal, plan_of("user"), name="a")
    append(journal, plan_of("user", "post"), name="b")
    first, second = (journal.read_snapshot(tag) for tag in ("0000_a", "0001_b"))
    assert (first.prev_id, second.prev_id) == (NO_PREVIOUS, first.id)
    assert journal.head_id == second.id
    assert [entry.idx for entry in journal.entries] == [0, 1]
    assert journal.check() == ()


def test_statements_are_joined_as_drizzle_joins_them(journal, folder):
    plan = plan_of("a", sql=["CREATE TABLE a ();\n", "SELECT 1;", "SELECT 2;"])
    append(journal, plan, name="x")
    assert (folder / "0000_x.sql").read_bytes() == (
        b"CREATE TABLE a ();\n--> statement-breakpoint\n"
        b"SELECT 1;--> statement-breakpoint\nSELECT 2;"
    )


def test_without_breakpoints_lines_are_joined(folder):
    journal = Journal(folder, breakpoints=False)
    append(journal, plan_of("a", sql=["SELECT 1;", "SELECT 2;"]), name="x")
    append(Journal(folder), plan_of("a", sql=["SELECT 3;", "SELECT 4;"]), name="y")
    assert (folder / "0000_x.sql").read_bytes() == b"SELECT 1;\nSELECT 2;"
    assert (folder / "0001_y.sql").read_bytes() == b"SELECT 3;\nSELECT 4;"
    assert [entry.breakpoints for entry in journal.entries] == [False, False]


def test_the_marker_inside_a_statement_is_refused(journal, folder):
    plan = plan_of("a", sql=["SELECT '--> statement-breakpoint';", "SELECT 2;"])
    with pytest.raises(JournalError, match="would be split"):
        append(journal, plan)
    assert not folder.exists()


def test_two_random_words_are_the_name(journal):
    assert append(journal, plan_of("a"), name=None).tag.startswith("0000_")
    assert append(journal, plan_of("a"), name=None).tag.count("_") == 2


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "../x", "a b", "a\nb", "a\0b", ".x", "-x", "a\\b", "x" * 101, "é" * 51]
)
def test_a_name_that_no_file_can_have_is_refused(journal, folder, name):
    with pytest.raises(UsageConflictError) as caught:
        append(journal, plan_of("a"), name=name)
    assert caught.value.hint.startswith("try ")
    assert not folder.exists()


@pytest.mark.parametrize("name", ["add_post_table", "v1.2", "été", "x" * 100, "0001"])
def test_other_names_are_taken_as_they_are(journal, name):
    assert append(journal, plan_of("a"), name=name).tag == f"0000_{name}"


def test_when_grows_even_where_clocks_do_not(journal):
    whens = [
        append(journal, plan_of("a"), now_ms=NOW_MS).when,
        append(journal, plan_of("a"), now_ms=NOW_MS - 5000).when,
        append(journal, plan_of("a"), now_ms=NOW_MS, applied_ms=NOW_MS + 70).when,
        append(journal, plan_of("a"), now_ms=NOW_MS + 100).when,
    ]
    assert [when - NOW_MS for when in whens] == [0, 1, 71, 100]


@pytest.mark.parametrize(
    ("number", "prefix"), [("15", "20270115080000"), ("16", "1800000000"), ("17", "20270115080000")]
)
def test_the_kind_of_prefix_is_kept(folder, number, prefix):
    journal = copy_sample(number, folder)
    tags = [append(journal, plan_of("a"), name="x").tag for _ in range(2)]
    assert tags == [f"{prefix}_x", f"{int(prefix) + 1}_x"]
    assert journal.layout.snapshots()[-1] == journal.layout.snapshot(journal.entries[-1])


def test_a_clock_behind_the_last_tag_does_not_break_the_order(folder):
    journal = copy_sample("15", folder)
    last = journal.entries[-1].prefix
    tag = append(journal, plan_of("a"), now_ms=1000).tag
    assert tag.partition("_")[0] > last


def test_the_index_goes_on_from_the_last_and_not_from_the_count(folder):
    journal = copy_sample("01", folder)
    path = journal.layout.journal
    document = json.loads(path.read_text())
    document["entries"] = document["entries"][:1] + document["entries"][3:]
    path.write_text(json.dumps(document))
    assert append(journal, plan_of("a"), name="x").tag == "0004_x"


def test_keys_of_others_survive(folder):
    journal = copy_sample("01", folder)
    path = journal.layout.journal
    document = json.loads(path.read_text())
    document["ours"] = {"x": 1}
    document["entries"][0]["checksum"] = "abc"
    path.write_text(json.dumps(document))
    append(journal, plan_of("a"))
    after = json.loads(path.read_text())
    assert after["ours"] == {"x": 1}
    assert after["entries"][:-1] == document["entries"]
    assert journal.entries[0].rest == {"checksum": "abc"}


def test_drizzles_own_bytes_are_only_added_to(folder):
    journal = copy_sample("22", folder)
    before = contents(folder)
    append(journal, plan_of("a"), name="x")
    after = contents(folder)
    text = before.pop("meta/_journal.json").decode()
    assert after["meta/_journal.json"].decode().startswith(text.removesuffix("\n  ]\n}"))
    assert {name: after[name] for name in before} == before


def test_renames_are_kept_in_the_entry(journal):
    rename = "public.a.x->public.a.y"
    append(journal, plan_of("a", renames=[rename]))
    append(journal, plan_of("a"))
    assert [entry.renames for entry in journal.entries] == [(rename,), ()]
    entry = json.loads(journal.layout.journal.read_text())["entries"][0]
    assert entry["nbmigrate"] == {"renames": [rename]}


def test_the_sidecar_is_written_when_there_is_something_to_say(journal, folder):
    append(journal, plan_of("a", comment="rows"))
    assert "meta/_0000_extra.json" in contents(folder)
    assert journal.read_snapshot().snapshot.tables["public.a"].comment == "rows"


def test_a_sidecar_holds_until_the_next_one(journal, folder):
    append(journal, plan_of("a", comment="rows"))
    append(journal, plan_of("a", "b", comment="rows"))
    (folder / "meta/_0001_extra.json").unlink()  # as after a generate of drizzle-kit
    tables = journal.read_snapshot().snapshot.tables
    assert (tables["public.a"].comment, tables["public.b"].comment) == ("rows", None)
    append(journal, plan_of("a"))
    assert journal.read_snapshot().snapshot.tables["public.a"].comment is None
    assert journal.read_snapshot("0000").snapshot.tables["public.a"].comment == "rows"


def test_a_plan_of_an_older_folder_is_refused(journal, folder):
    head = journal.head_id
    append(journal, plan_of("a"))
    before = contents(folder)
    with pytest.raises(BrokenChainError, match="plan was made from"):
        append(journal, plan_of("a"), expected_id=head)
    assert contents(folder) == before
    append(journal, plan_of("a"), expected_id=journal.head_id)


def test_sql_written_by_hand_is_a_draft(journal):
    append(journal, plan_of("a"))
    snapshot = journal.read_snapshot().snapshot
    draft = Draft("seed", ("INSERT INTO a VALUES (1);",), snapshot)
    migration = journal.append_draft(draft, now_ms=NOW_MS)
    assert migration.sql == "INSERT INTO a VALUES (1);"
    assert journal.read_snapshot().snapshot == snapshot


@pytest.mark.parametrize("name", ["0001_x.sql", "meta/0001_snapshot.json"])
def test_a_file_that_is_in_the_way_is_not_overwritten(journal, folder, name):
    append(journal, plan_of("a"))
    (folder / name).write_text("mine")
    before = contents(folder)
    with pytest.raises(JournalError, match="does not list it"):
        append(journal, plan_of("a"), name="x")
    assert contents(folder) == before


def test_a_full_disk_leaves_nothing(journal, folder, monkeypatch):
    append(journal, plan_of("a"))
    before = contents(folder)

    def refuse(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(JournalError, match="No space left"):
        append(journal, plan_of("a", "b"), name="x")
    assert contents(folder) == before


def test_the_ten_thousandth_index_is_refused(journal, folder):
    append(journal, plan_of("a"))
    text = journal.layout.journal.read_text().replace('"idx": 0', '"idx": 9999')
    journal.layout.journal.write_text(text)
    with pytest.raises(BrokenChainError, match="10000"):
        append(journal, plan_of("a"))


# --- refused folders: nothing is written -------------------------------------


def _assert_untouched(folder, error, match):
    before = contents(folder)
    stamp = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(error, match=match):
        append(Journal(folder), plan_of("a"))
    assert contents(folder) == before
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == stamp


@pytest.mark.parametrize("number", ["80", "81"])
def test_the_layout_of_1_0_is_refused(folder, number):
    copy_sample(number, folder)
    _assert_untouched(folder, JournalError, "drizzle-kit 1.0")


def test_prefix_none_is_refused(folder):
    copy_sample("92", folder)
    _assert_untouched(folder, BrokenChainError, "prefix `none`")


def test_mixed_prefixes_are_refused(folder):
    journal = copy_sample("01", folder)
    text = journal.layout.journal.read_text()
    journal.layout.journal.write_text(text.replace("0003_", "20261123090216_"))
    _assert_untouched(folder, BrokenChainError, "different kinds of prefix")


def test_sqlite_is_refused(folder):
    copy_sample("19", folder)
    _assert_untouched(folder, JournalError, "sqlite")


def test_a_newer_journal_is_refused(folder):
    journal = copy_sample("01", folder)
    text = journal.layout.journal.read_text()
    journal.layout.journal.write_text(text.replace('"version": "7"', '"version": "8"', 1))
    _assert_untouched(folder, JournalError, "'8' is not supported")


def test_a_merge_conflict_is_refused_with_its_line(folder):
    journal = copy_sample("01", folder)
    lines = journal.layout.journal.read_text().splitlines()
    journal.layout.journal.write_text("\n".join([*lines[:4], "<<<<<<< HEAD", *lines[4:]]))
    _assert_untouched(folder, JournalError, "_journal.json:5: an unresolved merge conflict")


@pytest.mark.parametrize(("cut", "is_merge"), [("{", False), ("<<<<<<< HEAD\n{", True)])
def test_a_damaged_journal_says_what_mends_it(folder, cut, is_merge):
    journal = copy_sample("01", folder)
    journal.layout.journal.write_text(cut)
    with pytest.raises(JournalError) as caught:
        journal.migrations()
    assert ("nbmigrate rebase" in caught.value.hint) == is_merge
    assert "version control" in caught.value.hint


def test_a_missing_last_snapshot_is_refused(folder):
    journal = copy_sample("01", folder)
    (folder / "meta/0003_snapshot.json").unlink()
    before = contents(folder)
    with pytest.raises(JournalError, match=r"snapshot of `0003_.*` is missing"):
        append(journal, plan_of("a"))
    assert contents(folder) == before


# --- processes that die or meet ----------------------------------------------

_DYING = """
import os, signal, sys
from pathlib import Path
from tests.unit.journal.conftest import append, plan_of
from nbmigrate.journal import Journal

number = int(sys.argv[2])
calls = 0

def deadly(function):
    def call(*arguments, **options):
        global calls
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        calls += 1
        return function(*arguments, **options)
    return call

os.fsync, os.replace = deadly(os.fsync), deadly(os.replace)
Path.replace, Path.unlink = deadly(Path.replace), deadly(Path.unlink)
append(Journal(Path(sys.argv[1])), plan_of("a", "b", comment="rows"), name="second")
"""


def _python(*arguments):
    return subprocess.Popen(
        [sys.executable, "-c", *arguments], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )


def test_a_process_killed_at_any_step_leaves_all_or_nothing(tmp_path):
    outcomes = []
    for number in range(40):
        folder = tmp_path / f"m{number}"
        journal = Journal(folder)
        append(journal, plan_of("a"), name="first")
        before = contents(folder)
        process = _python(_DYING, str(folder), str(number))
        died = process.wait(timeout=60) == -signal.SIGKILL
        entries = journal.entries
        outcomes.append(len(entries))
        for entry in entries:
            assert journal.layout.sql(entry).is_file()
            load_file(journal.layout.snapshot(entry))
        append(journal, plan_of("a", "c"), name="third")
        tags = [entry.tag for entry in journal.entries]
        if len(entries) == 1:
            assert tags == ["0000_first", "0001_third"]
            expected = {*before, "0001_third.sql", "meta/0001_snapshot.json"}
        else:
            assert tags == ["0000_first", "0001_second", "0002_third"]
            expected = {*before, "0001_second.sql", "meta/0001_snapshot.json"}
            expected |= {"meta/_0001_extra.json", "meta/_0002_extra.json"}
            expected |= {"0002_third.sql", "meta/0002_snapshot.json"}
        assert set(contents(folder)) == expected
        assert journal.check() == ()
        if not died:
            break
    assert not died
    assert set(outcomes) == {1, 2}
    assert outcomes == sorted(outcomes)
    assert len(outcomes) > 12


def test_an_interrupted_attempt_is_reported(tmp_path):
    folder = tmp_path / "m"
    journal = Journal(folder)
    append(journal, plan_of("a"), name="first")
    for number in range(6, 30):
        _python(_DYING, str(folder), str(number)).wait(timeout=60)
        if len(journal.layout.snapshots()) == 2:
            break
    assert {p.code for p in journal.check()} == {
        "orphan-sql",
        "orphan-snapshot",
        "last-by-name",
        "unfinished-attempt",
    }


def test_files_changed_after_an_interruption_are_kept(tmp_path):
    folder = tmp_path / "m"
    journal = Journal(folder)
    append(journal, plan_of("a"), name="first")
    for number in range(6, 30):
        _python(_DYING, str(folder), str(number)).wait(timeout=60)
        if (folder / "0001_second.sql").exists():
            break
    (folder / "0001_second.sql").write_text("edited")
    append(journal, plan_of("a"), name="third")
    assert (folder / "0001_second.sql").read_text() == "edited"


_APPENDING = """
import sys
from pathlib import Path
from tests.unit.journal.conftest import append, plan_of
from nbmigrate.journal import Journal

for number in range(5):
    append(Journal(Path(sys.argv[1])), plan_of("a"), name=f"by_{sys.argv[2]}_{number}")
"""


def test_processes_take_turns(journal, folder):
    processes = [_python(_APPENDING, str(folder), str(number)) for number in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0, 0]
    assert [entry.idx for entry in journal.entries] == list(range(20))
    assert len({entry.when for entry in journal.entries}) == 20
    assert journal.check() == ()
    assert not (folder / "meta/_nbmigrate.lock").exists()


def test_threads_take_turns(journal):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append(journal, plan_of("a"), name=f"n{number}"), range(16)))
    assert len(journal.entries) == 16
    assert journal.check() == ()
