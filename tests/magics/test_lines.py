from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from nbmigrate.commands import COMMANDS, find
from nbmigrate.errors import UsageConflictError
from nbmigrate.magics.reading import parse, split

MAGICS = ["db_connect", "schema", "db_diff", "db_push", "db_generate", "db_migrate", "db_status"]
MAGICS += ["db_check", "db_table", "db_studio"]


def test_words_are_split_as_a_shell_does():
    assert split("users --where \"name = 'x y'\"", "%m").words == [
        "users",
        "--where",
        "name = 'x y'",
    ]


@pytest.mark.parametrize("line", ["a ;", "a;", "a  ;  "])
def test_a_semicolon_at_the_end_is_no_word(line):
    assert split(line, "%m").words == ["a"]


@pytest.mark.parametrize("line", [">> df -p x", "-p x >> df", ">>df -p x"])
def test_a_variable_is_told_from_the_words(line):
    assert split(line, "%m") == (["-p", "x"], "df")


@pytest.mark.parametrize(("line", "why"), [("'open", "quotation"), (">>", ">>"), (">> 1x", ">>")])
def test_lines_that_cannot_be_read(line, why):
    with pytest.raises(UsageError, match=why):
        split(line, "%m")


def test_an_unknown_flag_names_the_nearest():
    with pytest.raises(UsageError, match=r"did you mean --dry-run\?"):
        parse(find("push"), "%db_push", ["--dryrun"])


def test_flags_are_not_abbreviated():
    with pytest.raises(UsageError, match="unknown flag: --allow-dro"):
        parse(find("push"), "%db_push", ["--allow-dro"])


def test_every_command_for_notebooks_is_a_magic(unconnected):
    lines = unconnected.ip.magics_manager.magics["line"]
    cells = unconnected.ip.magics_manager.magics["cell"]
    assert set(MAGICS) <= set(lines)
    assert {"schema", "db_query"} <= set(cells)
    assert {f"db_{c.name}" for c in COMMANDS if c.stands_in("magic")} - {"db_schema"} <= {
        *lines,
        *cells,
    }


@pytest.mark.parametrize("name", MAGICS)
def test_help_comes_from_the_table_of_commands(unconnected, name):
    command = find(name.removeprefix("db_"))
    text = unconnected.ip.object_inspect_text(f"%{name}")
    assert command.help in " ".join(text.split())
    for flag in command.flags("magic"):
        assert flag in text


def test_help_of_cell_magics(unconnected):
    text = unconnected.ip.object_inspect_text("%%schema")
    assert "%%schema [--sql] [NAME]" in text
    assert "--param" in unconnected.ip.object_inspect_text("%%db_query")


def test_wrong_usage_is_one_line_and_stops(unconnected):
    done = unconnected.attempt("%db_push --dry-rnu\nreached = True")
    assert isinstance(done.error, UsageError)
    assert "did you mean --dry-run?" in done.io.stderr + done.shown
    assert "Traceback" not in done.io.stderr + done.shown
    assert "reached" not in unconnected.ip.user_ns


def test_tab_offers_only_our_flags(unconnected):
    assert sorted(unconnected.complete("%db_push --d")) == ["--drop", "--dry-run"]
    assert unconnected.complete("%%schema --") == ["--sql"]
    assert unconnected.complete("plan = %db_diff --s") == ["--sql"]


def test_tab_leaves_other_code_alone(unconnected):
    unconnected.run("something = 1")
    assert "something" in unconnected.complete("someth")
    assert unconnected.complete("x = '%db_push --d") == []


def test_tab_does_not_connect(unconnected):
    assert unconnected.complete("%db_table us") == []
    magics = unconnected.ip.magics_manager.registry["NbmigrateMagics"]
    assert magics._workspace is None


@pytest.mark.parametrize("typed", ["$url", "{url}"])
def test_connect_takes_a_variable(unconnected, database, typed):
    unconnected.ip.user_ns["url"] = database.url
    result = unconnected.run(f"%db_connect {typed}")
    assert database.url.rpartition("/")[2].partition("?")[0] in repr(result)
    assert "is saved" not in repr(result)


@pytest.mark.parametrize(("value", "why"), [(None, "there is none"), (7, "it is of type int")])
def test_connect_says_what_is_wrong_with_a_variable(unconnected, value, why):
    unconnected.ip.user_ns["url"] = value
    with pytest.raises(UsageConflictError, match=why):
        raise unconnected.attempt("%db_connect $url").error
