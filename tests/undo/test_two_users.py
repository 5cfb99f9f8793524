"""Two users of one database: who may not read what the other recorded is told so, and changes nothing."""

from __future__ import annotations

import pytest
from psycopg.conninfo import make_conninfo

from nbmigrate.errors import ExecutionError
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database
from tests.undo.images import image


@pytest.mark.parametrize("command", ["status", "undo", "undo_list", "undo_purge"])
def test_another_user_is_told(database: Database, tmp_path, command: str) -> None:
    database.execute(
        "DROP ROLE IF EXISTS nbmt_other",
        "CREATE ROLE nbmt_other LOGIN",
    )
    try:
        with Workspace(database.url, root=tmp_path) as workspace:
            (tmp_path / "new.sql").write_text("CREATE TABLE t (id integer PRIMARY KEY);")
            workspace.push("new.sql")
        before = image(database)
        other = make_conninfo(database.url, user="nbmt_other")
        with (
            Workspace(other, root=tmp_path) as workspace,
            pytest.raises(ExecutionError, match="`nbmt_other` may not read"),
        ):
            getattr(workspace, command)()
        assert image(database) == before
    finally:
        database.execute("DROP ROLE nbmt_other")
