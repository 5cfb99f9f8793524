from __future__ import annotations

from html.parser import HTMLParser

import pytest

from nbmigrate.display import (
    Block,
    Change,
    Changes,
    Code,
    Facts,
    Heading,
    Section,
    TableBlock,
    Text,
    to_html,
)

HOSTILE = "<img src=x onerror=alert(1)>\"'&</td></details><script>alert(2)</script>\u202e"

VOID = {"br", "img", "hr", "input"}
ALLOWED_TAGS = {
    *("div", "span", "b", "table", "thead", "tbody", "tr", "th", "td"),
    *("details", "summary", "pre"),
}
ALLOWED_ATTRIBUTES = {"style", "role", "aria-level", "aria-label", "title", "scope", "open"}


class Reader(HTMLParser):
    """Reads a document strictly: tags must close in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(*blocks: Block) -> Reader:
    reader = Reader()
    reader.feed(to_html(blocks))
    reader.close()
    assert reader.open == []
    return reader


EVERY_BLOCK = [
    Heading(HOSTILE),
    Heading(HOSTILE, 2),
    Text(HOSTILE, "bad"),
    Facts(((HOSTILE, HOSTILE),)),
    TableBlock((HOSTILE,), ((HOSTILE,), (None,)), frozenset({0}), HOSTILE),
    Code(HOSTILE),
    Code(HOSTILE, HOSTILE, is_open=False),
    Changes((Change("+", HOSTILE, HOSTILE),)),
    Changes((Change("~", HOSTILE, HOSTILE, (Change("-", HOSTILE, HOSTILE),)),)),
    Section(HOSTILE, (Text(HOSTILE),), HOSTILE),
]


@pytest.mark.parametrize("block", EVERY_BLOCK, ids=lambda block: type(block).__name__)
def test_text_of_a_database_is_never_markup(block):
    reader = read(block)
    assert reader.tags <= ALLOWED_TAGS
    assert {name for name, _ in reader.attributes} <= ALLOWED_ATTRIBUTES
    assert "<img src=x onerror=alert(1)>\"'&</td>" in reader.text
    assert "\u202e" not in reader.text


@pytest.mark.parametrize("block", EVERY_BLOCK, ids=lambda block: type(block).__name__)
def test_nothing_depends_on_a_theme_or_a_network(block):
    styles = [value or "" for name, value in read(block).attributes if name == "style"]
    for style in styles:
        assert "url(" not in style
        declared = dict(part.split(":", 1) for part in style.split(";") if part)
        background = declared.get("background", "transparent")
        # A solid background always comes with its own text colour.
        if not background.startswith(("rgba", "transparent")):
            assert "color" in declared, style
        if declared.get("color", "inherit") != "inherit":
            assert "background" in declared, style


def test_signs_have_words_beside_their_colour():
    reader = read(Changes(tuple(Change(sign, "x") for sign in "+-~>")))
    words = [value for name, value in reader.attributes if name == "aria-label"]
    assert words == ["added", "removed", "changed", "renamed"]
    assert [char for char in reader.text if char in "+-~>"] == list("+-~>")


def test_a_table_with_changes_is_a_details_element():
    node = Change("~", "table users", children=(Change("+", "age integer"),))
    assert to_html([Changes((node,))]).count("<details open") == 1
    many = to_html([Changes((node,) * 200)])
    assert many.count("<details ") == 200
    assert "<details open" not in many


def test_null_differs_from_the_word_null():
    html = to_html([TableBlock(("a",), ((None,), ("NULL",), ("",)))])
    assert html.count("font-style:italic") == 1


def test_long_values_are_cut():
    assert len(to_html([TableBlock(("a",), (("x" * 100_000,),))])) < 2_000
