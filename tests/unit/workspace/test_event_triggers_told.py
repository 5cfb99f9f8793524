"""A push says beforehand which event triggers run at its statements."""

from __future__ import annotations

import pytest

from nbmigrate.errors import StatementFailedError
from nbmigrate.workspace import Workspace

NEW = "CREATE TABLE t (id integer PRIMARY KEY, a integer); CREATE TABLE u (id integer);"
GUARD = """
CREATE TABLE t (id integer PRIMARY KEY);
CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not today''; END';
CREATE FUNCTION yes() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER every ON ddl_command_end EXECUTE FUNCTION yes();
CREATE EVENT TRIGGER drops ON sql_drop EXECUTE FUNCTION no();
CREATE EVENT TRIGGER views ON ddl_command_start WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION no();
CREATE EVENT TRIGGER off ON ddl_command_start EXECUTE FUNCTION no();
ALTER EVENT TRIGGER off DISABLE;
CREATE EVENT TRIGGER guard ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'DROP TABLE')
    EXECUTE FUNCTION no();
"""


def test_those_that_hear_of_it_are_named_before_they_refuse(database, tmp_path) -> None:
    (tmp_path / "new.sql").write_text(NEW)
    database.connect().execute(GUARD)
    with Workspace(database.url, root=tmp_path) as workspace:
        told = repr(workspace.push("new.sql", dry_run=True))
        assert "event trigger guard runs at CREATE TABLE, and may refuse it" in told
        assert "event trigger every runs at CREATE TABLE, ALTER TABLE, and may" in told
        for silent in ("drops", "views", "off"):
            assert f"event trigger {silent} runs" not in told
        with pytest.raises(StatementFailedError, match="not today"):
            workspace.push("new.sql")
