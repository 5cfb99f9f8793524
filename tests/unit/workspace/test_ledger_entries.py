"""What operations mean for the ledger."""

from __future__ import annotations

from nbmigrate.operations import MoveTable, RenameTable
from nbmigrate.workspace.ledger_entries import ledger_change


def test_renames_behind_each_other_are_one():
    steps = [
        MoveTable(old=("public", "a"), new=("app", "a")),
        RenameTable(old=("app", "a"), new=("app", "b")),
    ]
    found = ledger_change(steps, set())
    assert found.renamed == ((("table", "public", "a"), ("table", "app", "b")),)


def test_names_that_are_swapped_are_swapped():
    steps = [
        RenameTable(old=("public", "a"), new=("public", "passing")),
        RenameTable(old=("public", "b"), new=("public", "a")),
        RenameTable(old=("public", "passing"), new=("public", "b")),
    ]
    a, b = ("table", "public", "a"), ("table", "public", "b")
    assert set(ledger_change(steps, set()).renamed) == {(a, b), (b, a)}
