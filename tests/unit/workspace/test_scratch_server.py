"""The server that a project has for its proofs, where its database is another one."""

from __future__ import annotations

import pytest

from nbmigrate.workspace import Workspace


@pytest.fixture(autouse=True)
def _proofs_share_a_server():
    """Not here."""


def test_it_is_the_project_s_own_and_stops_with_it(database, tmp_path):
    (tmp_path / "schema.sql").write_text("CREATE TABLE a (id int PRIMARY KEY);")
    with Workspace(database.url, root=tmp_path) as workspace:
        assert "proved on" in repr(workspace.generate("first", "schema.sql"))
        data = (tmp_path / ".nbmigrate" / "pg").resolve()
        assert (data / "postmaster.pid").exists()
    assert data.exists()
    assert not (data / "postmaster.pid").exists()
