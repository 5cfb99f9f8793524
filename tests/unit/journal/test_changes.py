"""The snapshots around a migration, of which only what differs is read where that is possible."""

from __future__ import annotations

import pytest

from nbmigrate.errors import SnapshotFormatError
from nbmigrate.journal import Journal
from nbmigrate.journal.changes import Changes
from nbmigrate.journal.draft import from_plan
from nbmigrate.model import EMPTY, Column, Snapshot, Table
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL


def snapshot(*names: str) -> Snapshot:
    """Tables of one column."""
    column = Column(name="id", type="integer")
    return Snapshot(
        tables={f"public.{n}": Table(name=n, schema="", columns={"id": column}) for n in names}
    )


@pytest.fixture
def journal(tmp_path) -> Journal:
    """Two migrations, a table each, with the way back that generate writes."""
    journal, old = Journal(tmp_path), EMPTY
    for number, new in enumerate((snapshot("a"), snapshot("a", "b"))):
        plan = make_plan(old, new, dialect=POSTGRESQL)
        down = {"label": "reversible", "reason": "", "statements": ["DROP TABLE a;"]}
        draft = from_plan(plan, name=f"step_{number}")._replace(down=down)
        journal.append_draft(draft, now_ms=1 + number)
        old = new
    return journal


def test_tables_that_do_not_differ_are_not_read(journal):
    old, new = Changes(journal).around("0001_step_1")
    assert (set(old.tables), set(new.tables)) == (set(), {"public.b"})


def test_all_is_read_where_a_sidecar_says_more(journal):
    first, _ = journal.entries
    said = '{"version": 1, "tables": {"public.a": {"comment": "x"}}}'
    journal.layout.sidecar(first).write_text(said)
    old, new = Changes(journal).around("0001_step_1")
    assert (set(old.tables), set(new.tables)) == ({"public.a"}, {"public.a", "public.b"})


def test_a_damaged_sidecar_is_told(journal):
    first, _ = journal.entries
    journal.layout.sidecar(first).write_text('{"version": 1, "dow')
    with pytest.raises(SnapshotFormatError, match=r"sidecar.*line 1"):
        Changes(journal).around(first.tag)
