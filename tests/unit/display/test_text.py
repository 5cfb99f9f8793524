from __future__ import annotations

from nbmigrate.display import (
    Change,
    Changes,
    Code,
    Facts,
    Heading,
    Section,
    TableBlock,
    Text,
    to_text,
)


def test_parts_are_separated_by_one_empty_line():
    assert to_text([Heading("Title"), Text("Body")]) == "Title\n\nBody"


def test_warnings_are_said_in_words():
    assert to_text([Text("drops a", "bad")]) == "danger: drops a"
    assert to_text([Text("slow", "warn")]) == "warning: slow"
    assert to_text([Text("fine", "good")]) == "fine"


def test_facts_stand_in_two_columns():
    assert to_text([Facts((("a", "1"), ("long", "2")))]) == "a     1\nlong  2"


def test_changes_are_a_tree_of_signs():
    inner = (Change("+", "age integer", "rows there get 0"), Change("-", "nick text"))
    text = to_text([Changes((Change("~", "table users", children=inner),))])
    assert text.splitlines() == [
        "~ table users",
        "    + age integer  (rows there get 0)",
        "    - nick text",
    ]


def test_table_aligns_numbers_and_tells_null_from_text():
    block = TableBlock(("n", "t"), (("1", None), ("22", "NULL")), frozenset({0}), "2 rows")
    assert to_text([block]).splitlines() == [
        " n  t",
        "--  ----",
        " 1  NULL",
        "22  NULL",
        "2 rows",
    ]


def test_table_counts_columns_of_wide_characters():
    lines = to_text([TableBlock(("t", "u"), (("日本", "x"), ("e\u0301", "y")))]).splitlines()
    assert lines[1] == "----  -"
    assert lines[2] == "日本  x"
    assert lines[3] == "e\u0301     y"


def test_table_cuts_long_cells():
    line = to_text([TableBlock(("t",), (("x" * 500,),))]).splitlines()[2]
    assert line == "x" * 47 + "…"


def test_table_without_rows_shows_its_titles():
    assert to_text([TableBlock(("a", "bc"), ())]).splitlines() == ["a  bc", "-  --"]


def test_section_indents_what_it_holds():
    assert to_text([Section("users", (Text("a\nb"),), "2 rows")]) == "users  (2 rows)\n  a\n  b"


def test_code_has_its_title():
    assert to_text([Code("SELECT 1;", "SQL")]) == "SQL:\n    SELECT 1;"


def test_terminal_codes_and_text_direction_are_spelled_out():
    hostile = "a\x1b[31m\x00\x7f\u202eb\u2066\rc"
    for block in (
        Heading(hostile),
        Text(hostile),
        Code(hostile),
        Facts((("f", hostile),)),
        TableBlock((hostile,), ((hostile,),)),
        Changes((Change("+", hostile, hostile),)),
        Section(hostile, (), hostile),
    ):
        text = to_text([block])
        assert not set(text) & set("\x1b\x00\x7f\u202e\u2066\r"), block
        assert "\\x1b[31m\\x00\\x7f\\u202eb" in text


def test_newlines_in_cells_do_not_break_the_table():
    lines = to_text([TableBlock(("a\nb",), (("c\nd",),))]).splitlines()
    assert lines == ["a\\nb", "----", "c\\nd"]
