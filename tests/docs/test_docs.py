"""The documentation: its commands are those of the code, its links lead somewhere, nothing is loaded from elsewhere."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nbmigrate.commands import COMMANDS, DECLARE, Command
from nbmigrate.commands.arguments import add_arguments
from nbmigrate.hazards import CODES
from tests.docs import reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
REST = {"load_ext", "config"}


def test_the_reference_is_the_table_of_commands():
    """Otherwise: ``python -m tests.docs.reference``."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


def commands_typed(page: Path) -> list[tuple[str, str, list[str]]]:
    """The commands of the code blocks: as typed, the place, and the words behind the name."""
    found = []
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            shell = re.match(r"(?:run: |- run: )?(?:\w+=\S+ )*nbmigrate (\w+.*)", line.strip())
            magic = re.match(r"(?:\w+ = )?%%?(?:db_)?([a-z_]+.*)", line)
            if shell or magic:
                words = shlex.split((shell or magic)[1].split("  #")[0], posix=True)
                place = "cli" if shell else "magic"
                words = words[: words.index(">>")] if ">>" in words else words
                found.append((line, place, words))
    return [one for one in found if one[2][0] not in REST]


TYPED = [
    pytest.param(*one, id=f"{page.relative_to(ROOT)}: {one[0].strip()}")
    for page in PAGES
    for one in commands_typed(page)
]


@pytest.mark.parametrize(("line", "place", "words"), TYPED)
def test_what_the_documentation_types_can_be_typed(line, place, words):
    name, *rest = words
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    add_arguments(parser, command(name, line).arguments, place)
    for flag in ("--url", "--folder"):
        parser.add_argument(flag)
    parser.add_argument("--json", action="store_true")
    _, extras = parser.parse_known_args(rest)
    assert extras == []


def command(name: str, line: str) -> Command:
    if line.startswith("%%schema"):
        return DECLARE
    return next(c for c in COMMANDS if c.name == name)


def test_links_lead_somewhere():
    for page in PAGES:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            path = link.partition("#")[0]
            if path and not re.match(r"https?:", path):
                assert (page.parent / path).exists(), f"{page}: {link}"


def test_every_page_is_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        assert f": {page.relative_to(DOCS)}\n" in text or f"- {page.relative_to(DOCS)}\n" in text


def test_every_hazard_has_a_page():
    assert {f"{code}.md" for code in CODES} <= {p.name for p in (DOCS / "hazards").iterdir()}


def test_the_workflow_is_sound():
    """Its commands exist, the backup comes before the migration, and the URL is a secret."""
    text = (DOCS / "ci" / "github-actions.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    steps = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    lines = [line.strip() for step in steps for line in step.splitlines()]
    typed = [line.split() for line in lines if line.startswith("nbmigrate ")]
    assert len(typed) == 8
    for _, name, *rest in typed:
        test_what_the_documentation_types_can_be_typed(name, "cli", [name, *rest])
    migrate = [step.get("run", "") for step in jobs["migrate"]["steps"]]
    backup = next(n for n, step in enumerate(migrate) if "pg_dump" in step)
    assert backup < migrate.index("nbmigrate migrate")
    assert jobs["migrate"]["env"]["DATABASE_URL"] == "${{ secrets.DATABASE_URL }}"
    assert "postgresql://" not in text


def test_the_site_is_built_and_loads_nothing_from_elsewhere(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = re.compile(
        r"<(?:script|img|iframe)[^>]+src=\"?(?:https?:)?//|<link[^>]+href=\"?https?:"
    )
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > len(list(DOCS.rglob("*.md"))) - 1
    for page in pages:
        assert not loaded.search(page.read_text(encoding="utf-8")), page
