"""``nbmigrate studio`` in a shell: a real start, one visit, and a clean end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.lab import REPOSITORY, SHOTS

SECRET = "hunter2-of-the-page"


@pytest.fixture
def served(database, tmp_path):
    """The command, running; its address."""
    database.execute("CREATE TABLE users (id int PRIMARY KEY, name text)")
    database.execute("INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 250) n")
    url = database.url.replace("postgres@", f"postgres:{SECRET}@")
    with subprocess.Popen(
        [sys.executable, "-m", "nbmigrate", "studio", "users", "--no-browser"],
        cwd=tmp_path,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "PYTHONPATH": str(REPOSITORY),
            "TMPDIR": str(tmp_path),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+token=\w{48}", said)
        if found is None:
            process.kill()
            pytest.fail(said + process.stdout.read())
        yield process, found[0]
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def test_the_studio_as_a_page(served, browser, tmp_path):
    process, url = served
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    outside = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(url)
    panel = page.locator(".nbm.nbs")
    expect(panel.locator("tbody tr")).to_have_count(100, timeout=60_000)
    panel.get_by_role("button", name="next page").click()
    expect(panel.locator("tbody tr").first).to_contain_text("user 101")
    panel.get_by_role("button", name="Export ▾").click()
    panel.get_by_role("dialog").get_by_role("button", name="Export").click()
    expect(panel.locator(".nbs-live")).to_contain_text("250 rows")
    assert len((tmp_path / "users.csv").read_text().splitlines()) == 251
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "studio-page.png")
    page.close()
    base = url.split("/doc")[0]
    assert [one for one in outside if not one.startswith((base, "data:", "blob:"))] == []
    (folder,) = tmp_path.glob("nbmigrate-studio-*")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET in path.read_text(errors="replace")] == []
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert process.stdout.read().strip().endswith("The studio has ended.")
    assert list(tmp_path.glob("nbmigrate-studio-*")) == []
    assert not [line for line in _commands() if folder.name in line]


def _commands():
    """The command line of every process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


def test_a_port_that_is_taken_is_named(database, tmp_path, lab):
    port = lab.base.rsplit(":", 1)[1]
    done = subprocess.run(
        [sys.executable, "-m", "nbmigrate", "studio", "--no-browser", "--port", port],
        cwd=tmp_path,
        env={**os.environ, "DATABASE_URL": database.url, "PYTHONPATH": str(REPOSITORY)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
