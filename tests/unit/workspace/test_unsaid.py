"""What a declaration no longer says goes from what is ours, and stays on what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database

TABLE = """
class Log(Base):
    __tablename__ = "log"
    {table}
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[str] = mapped_column(Text{column})
    b: Mapped[str] = mapped_column(Text)
{more}
"""
PARTS = {
    "statistics": {"more": 'Statistics("log_stat", Log, ["a", "b"])'},
    "policy": {"more": 'Policy("own", Log, using="a = b")'},
    "grant": {"more": 'Grant("pg_monitor", Log, ["SELECT"])'},
    "trigger": {
        "more": 'Trigger("t", Log, "BEFORE UPDATE", function="suppress_redundant_updates_trigger")'
    },
    "comment": {"table": '__table_args__ = {"comment": "all of it"}'},
    "column comment": {"column": ', comment="one"'},
    "storage": {"column": ', info={"storage": "external"}'},
    "replica identity": {"table": '__table_args__ = {"info": {"replica_identity": "full"}}'},
    "options": {"table": '__table_args__ = {"postgresql_with": {"fillfactor": 70}}'},
}


def _cell(part: str | None) -> str:
    said = PARTS[part] if part else {}
    return TABLE.format(**{"table": "", "column": "", "more": "", **said})


@pytest.mark.parametrize("part", [p for p in PARTS if p != "trigger"])
def test_on_ours_it_goes(part: str, database: Database, tmp_path: Path) -> None:
    with Workspace(database.url, root=tmp_path) as workspace:
        workspace.declare(_cell(None), cell="log", namespace={})
        workspace.push()
        bare = database.dump()
        workspace.declare(_cell(part), cell="log", namespace={})
        workspace.push()
        assert database.dump() != bare
        assert workspace.push().plan.is_empty
        workspace.declare(_cell(None), cell="log", namespace={})
        workspace.push()
        assert database.dump() == bare


@pytest.mark.parametrize("part", PARTS)
def test_on_that_of_others_it_stays(
    part: str, databases: Callable[[], Database], tmp_path: Path
) -> None:
    model, theirs = databases(), databases()
    with Workspace(model.url, root=tmp_path / "model") as workspace:
        workspace.declare(_cell(part), cell="log", namespace={})
        workspace.push()
    theirs.execute(model.dump())
    before = theirs.dump()
    with Workspace(theirs.url, root=tmp_path / "theirs") as workspace:
        workspace.declare(_cell(None), cell="log", namespace={})
        assert workspace.push().plan.is_empty
    assert theirs.dump() == before
