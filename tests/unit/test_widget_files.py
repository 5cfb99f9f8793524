"""The files of the widgets: text only as text, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import nbmigrate

FILES = sorted((Path(nbmigrate.__file__).parent / "widgets" / "assets").iterdir())
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
    r"|\beval\b|new Function|srcdoc|javascript:"
)
ADDRESS = re.compile(r"https?://|//cdn|@import|url\(|\bimport\b")


def test_there_are_files():
    assert {path.suffix for path in FILES} == {".js", ".css"}


def test_no_text_becomes_markup_or_code():
    assert [path.name for path in FILES if MARKUP.search(path.read_text())] == []


def test_nothing_is_fetched():
    assert [path.name for path in FILES if ADDRESS.search(path.read_text())] == []
