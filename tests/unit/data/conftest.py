"""The connection and the workspace of the tests of data."""

from __future__ import annotations

import pytest

from nbmigrate.executor import connect
from nbmigrate.workspace import Workspace


@pytest.fixture
def live(database):
    with connect(database.url) as connection:
        yield connection


@pytest.fixture
def workspace(database, tmp_path):
    with Workspace(database.url, root=tmp_path) as found:
        yield found
        assert found.target.connection.info.transaction_status.name == "IDLE"
