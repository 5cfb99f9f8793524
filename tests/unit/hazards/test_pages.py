"""Every code has a page that says what happens, the lock, the versions and the safe way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nbmigrate.hazards
from nbmigrate.hazards import CODES

PAGES = Path(__file__).parents[3] / "docs" / "hazards"


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.stem for path in PAGES.glob("NB*.md")} == set(CODES)


def test_every_code_that_is_used_is_listed() -> None:
    folder = Path(nbmigrate.hazards.__file__).parent
    used = {
        code for path in folder.glob("*.py") for code in re.findall(r"NB\d{3}", path.read_text())
    }
    assert used == set(CODES)


def test_index_links_every_page() -> None:
    index = (PAGES / "README.md").read_text()
    assert set(re.findall(r"\]\((NB\d{3})\.md\)", index)) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_page_has_its_parts(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text()
    assert text.startswith(f"# {code}: {CODES[code]}\n")
    for part in ("**Lock.**", "**Versions.**", "## The safe way", "```sql\n"):
        assert part in text
