"""One JupyterLab and one browser for all tests here.

They run in a pytest of their own (``make browser``): Playwright's event loop would stand in the
way of other tests. Without chromium they are skipped with a loud reason, and fail when ``CI`` is set.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures.postgres import Database

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.lab import Lab, LabPage, running_lab, write_notebook

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
#: Looked for until it is there: a machine that is busy with other tests is slow, not wrong.
expect.set_options(timeout=30_000)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = "NO BROWSER: the widgets are not tested (apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab."""
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def lab_page(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """A page with Lab in it."""
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    shown = LabPage(page, lab)
    write_notebook(lab.root / "first.ipynb", [""])
    shown.start("first.ipynb")
    yield shown
    page.close()


Notebook = Callable[..., LabPage]


@pytest.fixture
def notebook(
    lab_page: LabPage, database: Database, request: pytest.FixtureRequest
) -> Iterator[Notebook]:
    """Opens cells as a notebook on the test's database and runs them, unless told not to.

    Each notebook has a folder of its own. Whatever the test does: nothing leaves the machine and
    no script of the page fails.
    """
    folder = lab_page.lab.root / f"{request.node.name}-{time.monotonic_ns()}"
    lab_page.errors.clear()
    lab_page.requests.clear()

    def show(*cells: str, run: bool = True, url: str = "") -> LabPage:
        folder.mkdir(exist_ok=True)  # a second try finds it
        url = url or database.url
        first = f"import os; os.environ['DATABASE_URL'] = {url!r}\n%load_ext nbmigrate"
        write_notebook(folder / "test.ipynb", [first, *cells])
        lab_page.open(f"{folder.name}/test.ipynb")
        if run:
            lab_page.run_all()
        return lab_page

    yield show
    if request.node.rep_call_failed:
        lab_page.shoot(f"failed-{request.node.name}")
    lab_page.close()
    assert lab_page.outside() == []
    assert lab_page.errors == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Let the fixtures know whether the test failed."""
    report = yield
    if report.when == "call":
        item.rep_call_failed = report.failed
    elif report.when == "setup":
        item.rep_call_failed = False
    return report


def notebook_file(page: LabPage) -> Path:
    """Where the notebook of the page is saved."""
    path: str = page.app("return app.shell.currentWidget.context.path;")
    return page.lab.root / path
