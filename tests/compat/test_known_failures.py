"""The table of drizzle-kit's failures: it is whole, and each test that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "drizzle-known-failures.md").read_text("utf-8")


def test_every_failure_has_a_row() -> None:
    found = re.findall(r"^\| (\d+|folder|push) \|.*`[^|]*\|$", TABLE, re.MULTILINE)
    assert found == [*map(str, range(1, 18)), "folder", "folder", "push", "push"]


def test_every_named_case_exists() -> None:
    named = re.findall(r"`([a-z_]+/[a-z0-9_]+)`", TABLE.partition("| --- |")[2])
    assert len(named) > 50
    missing = [name for name in named if not (ROOT / f"tests/cases/{name}.txt").is_file()]
    assert missing == []


def test_every_named_test_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE)
    assert len(named) > 10
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, (file, name)
