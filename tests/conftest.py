"""Fixtures and options of the whole test suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from nbmigrate.errors import ServerError
from nbmigrate.server import remove
from nbmigrate.server.place import FOLDER_NAME

pytest_plugins = ("tests.fixtures.postgres", "tests.fixtures.faults", "tests.arena")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that rewrites the expected texts in ``tests/cases``."""
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="write what the cases give as what they are expected to give",
    )


@pytest.fixture(autouse=True)
def _embedded_data_goes(request: pytest.FixtureRequest) -> Iterator[None]:
    """A project in a test's folder takes its server's data with it: 80 MB each, a hundred times."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    for found in folder.rglob(FOLDER_NAME) if folder is not None else ():
        with suppress(ServerError):  # somebody still uses it
            remove(found.parent)
