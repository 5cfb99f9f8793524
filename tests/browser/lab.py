"""A real JupyterLab and what a test does in it.

Lab's commands return promises and its models say when a cell is done, so nothing here sleeps.
Everything that Lab writes stays in one folder; it listens on the loopback with a random token.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page

REPOSITORY = Path(__file__).parents[2]
SHOTS = REPOSITORY / "out" / "browser"
SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
PATIENCE_MS = 60_000

#: What the outputs of the notebook are and what is drawn of them: a view that is still to come would
#: be missed, and take the focus and the scrolling with it when it moves; one that is to go is counted.
SETTLED = """(at) => {
  const view = "application/vnd.jupyter.widget-view+json";
  if (document.querySelector(`${at} [data-mime-type="${view}"]`)) return false;
  const models = (window.jupyterapp.shell.currentWidget?.content?.widgets ?? []).map((one) => one.outputArea?.model).filter(Boolean);
  const outputs = models.flatMap((model) => Array.from({ length: model.length }, (_, at) => model.get(at).data));
  if (outputs.some((data) => data[view] !== undefined)) return false;
  const panels = outputs.flatMap((data) => [...String(data["text/html"] ?? "").matchAll(/data-nbmigrate-panel="(\\w+)"/g)]);
  return panels.every(([, id]) => document.querySelector(`${at} [data-nbmigrate-panel="${id}"] .nbm`));
}"""

QUIET = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "docmanager-extension/plugin": {"autosave": False},
    # Otherwise cells out of sight are not in the document.
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    root: Path
    base: str
    token: str


@contextmanager
def running_lab(root: Path) -> Iterator[Lab]:
    """JupyterLab on a free port, until the block ends."""
    home = root / ".jupyter"
    for plugin, values in QUIET.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = Lab(root, f"http://127.0.0.1:{port}", secrets.token_hex(16))
    log = root / "lab.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            _command(lab, port), cwd=root, env=_environment(home), stdout=out, stderr=out
        )
        try:
            _await(lab, process, log)
            yield lab
        finally:
            _stop(lab, process)


def _command(lab: Lab, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(
            "--expose-app-in-browser",
            "--LabApp.news_url=None",
            "--LabApp.extension_manager=readonly",
        ),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *(f"--port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
        *(f"--IdentityProvider.token={lab.token}", f"--ServerApp.root_dir={lab.root}"),
    ]


def _environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "PGPASSWORD"}}
    return {
        **kept,
        "PYTHONPATH": str(REPOSITORY),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }


def _await(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            urllib.request.urlopen(f"{lab.base}/api/status?token={lab.token}", timeout=2).close()
        except OSError:
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.1)
        else:
            return


def _stop(lab: Lab, process: subprocess.Popen[bytes]) -> None:
    url = f"{lab.base}/api/shutdown?token={lab.token}"
    with suppress(OSError):
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=5).close()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@dataclass
class LabPage:
    """A browser page with Lab in it. ``outside`` and ``errors`` are what must stay empty."""

    page: Page
    lab: Lab
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def outside(self) -> list[str]:
        """The requests that left the machine."""
        mine = (self.lab.base, self.lab.base.replace("http", "ws", 1), "data:", "blob:")
        return [url for url in self.requests if not url.startswith(mine)]

    def app(self, script: str, argument: Any = None) -> Any:
        """The result of a function of Lab's application, awaited."""
        return self.page.evaluate(
            f"async (arg) => {{ const app = window.jupyterapp; {script} }}", argument
        )

    def start(self, name: str) -> None:
        """Open Lab with a notebook, in a page of its own."""
        url = f"{self.lab.base}/doc/tree/{name}?reset&token={self.lab.token}"
        self.page.goto(url, wait_until="domcontentloaded", timeout=PATIENCE_MS)
        self.page.wait_for_selector(f"{SHOWN} .jp-Cell", timeout=PATIENCE_MS)
        self._await_kernel(name)

    def open(self, name: str) -> None:
        """Open a further notebook in the page."""
        script = "const w = await app.commands.execute('docmanager:open', {path: arg, factory: 'Notebook'});"
        self.app(f"{script} await w.context.ready; await w.sessionContext.ready;", name)
        self._await_kernel(name)

    def _await_kernel(self, name: str) -> None:
        self.page.wait_for_function(
            """(path) => { const w = window.jupyterapp?.shell?.currentWidget;
            return w?.context?.path === path && w.sessionContext.session?.kernel?.status === 'idle'; }""",
            arg=name,
            timeout=PATIENCE_MS,
        )

    def run_all(self) -> None:
        """Run all cells, to the end or to the first that fails."""
        self.app("await app.commands.execute('notebook:run-all-cells');")
        self.settle()

    def start_all(self) -> None:
        """Run all cells without waiting for them."""
        self.app("window.running = app.commands.execute('notebook:run-all-cells');")

    def await_all(self) -> None:
        """Wait for what ``start_all`` started."""
        self.app("await window.running;")

    def ask(self, code: str) -> str:
        """What code prints in the kernel of the notebook, or its error; no cell is made for it."""
        script = (
            "const kernel = app.shell.currentWidget.sessionContext.session.kernel; let said = '';"
            "const asked = kernel.requestExecute({code: arg, store_history: false});"
            "asked.onIOPub = ({content}) => { said += content.text ?? content.evalue ?? ''; };"
            "await asked.done; return said.trim();"
        )
        return str(self.app(script, code))

    def restart(self) -> None:
        """Restart the kernel, without running anything."""
        self.app("await app.shell.currentWidget.sessionContext.restartKernel();")

    def run_cell(self, number: int) -> None:
        """Run one cell again, counted from 0."""
        script = "app.shell.currentWidget.content.activeCellIndex = arg;"
        self.app(f"{script} await app.commands.execute('notebook:run-cell');", number)
        self.settle()

    def save(self) -> None:
        """Save the notebook."""
        self.app("await app.commands.execute('docmanager:save');")

    def close(self) -> None:
        """Stop the kernel and close the notebook without saving it."""
        self.app(
            "const w = app.shell.currentWidget; await w?.sessionContext?.shutdown();"
            " if (w?.context) w.context.model.dirty = false; w?.close();"
        )

    def theme(self, name: str) -> None:
        """Switch to ``JupyterLab Dark`` or ``JupyterLab Light``."""
        self.app("await app.commands.execute('apputils:change-theme', {theme: arg});", name)
        # the splash of JupyterLab lies over the page for a while after that, and takes clicks
        self.page.wait_for_function(
            "(name) => document.body.dataset.jpThemeName === name"
            " && !document.getElementById('jupyterlab-splash')",
            arg=name,
        )

    def cell(self, number: int) -> Locator:
        """A code cell, counted from 0."""
        return self.page.locator(f"{SHOWN} .jp-CodeCell").nth(number)

    def panel(self, number: int = 0) -> Locator:
        """A panel of ours, counted from 0; one of progress, shown where work took long, hides when it is over."""
        return self.page.locator(f"{SHOWN} .nbm:not([hidden])").nth(number)

    def settle(self) -> None:
        """Wait until every panel lives in its static HTML."""
        self.page.wait_for_function(SETTLED, arg=SHOWN, timeout=PATIENCE_MS)

    def shoot(self, name: str, part: Locator | None = None) -> None:
        """Save a screenshot to ``out/browser``."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        target: Any = part or self.page
        try:
            target.screenshot(path=SHOTS / f"{name}.png")
        except PlaywrightError:
            # The panel has just moved from the widget's output into the static one.
            self.settle()
            target.screenshot(path=SHOTS / f"{name}.png")


def write_notebook(path: Path, cells: list[str]) -> None:
    """A notebook of code cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": kernel}), path)
