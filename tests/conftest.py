"""Fixtures and options of the whole test suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nbmigrate.errors import ServerError
from nbmigrate.server import EmbeddedServer, embedded, remove
from nbmigrate.server.place import FOLDER_NAME
from nbmigrate.workspace.project import Project
from nbmigrate.workspace.target import Target

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


@pytest.fixture(scope="session")
def _proof_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Path]]:
    """The folder of an embedded server that is made when somebody asks, once a session."""
    folder = tmp_path_factory.mktemp("proofs")
    folder.chmod(0o755)
    servers: list[EmbeddedServer] = []

    def ask() -> Path:
        if not servers:
            servers.append(embedded(folder))
        return folder

    yield ask
    for server in servers:
        server.stop()
        remove(folder)


@pytest.fixture(autouse=True)
def _proofs_share_a_server(
    _proof_server: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Projects in databases of the session prove on one server: each would make its own, for seconds.

    Of the server that each has by itself see ``tests/unit/workspace/test_scratch_server.py``.
    """

    def scratch(project: Project) -> Target:
        if project._scratch is None:
            root = project.root if project.target.is_embedded else _proof_server()
            project._scratch = Target("embedded:scratch", root)
        return project._scratch

    monkeypatch.setattr(Project, "scratch", property(scratch))
