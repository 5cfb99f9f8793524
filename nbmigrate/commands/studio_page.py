"""``nbmigrate studio``: the studio as a page on this machine, by Jupyter's own server.

A temporary folder holds one notebook with one cell, ``%db_studio``. A JupyterLab of its own
serves that folder on the loopback behind a random token; the cell is run in the kernel of the
notebook before the page is opened, and Lab finds the live widget again. The URL of the database
is handed over in the environment, never in a file.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbmigrate.errors import NbmigrateError

PATIENCE = 60.0
NOTEBOOK = "studio.ipynb"

# What Lab shows around the one cell is of no use here.
_STYLE = """
.jp-NotebookPanel-toolbar, .jp-InputArea, .jp-InputPrompt, .jp-OutputPrompt, .jp-Collapser,
.jp-Notebook-footer, .jp-cell-toolbar, .jp-cell-menu { display: none !important; }
.jp-Notebook.jp-mod-scrollPastEnd::after { display: none; }
.nbm.nbs { height: calc(100vh - 150px) !important; }
"""

_SETTINGS: dict[str, dict[str, object]] = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "apputils-extension/themes": {"adaptive-theme": True},
    "docmanager-extension/plugin": {"autosave": False},
}


class PageFailedError(NbmigrateError):
    """Jupyter's server could not be started, or ended by itself."""


@dataclass(frozen=True)
class Page:
    """Where the page is, and what is behind it."""

    folder: Path
    port: int
    environment: dict[str, str]
    token: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)

    @property
    def base(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address of the studio."""
        return f"{self.base}/doc/tree/{NOTEBOOK}?token={self.token}"


def require_jupyter() -> None:
    """Raise the error of an installation without JupyterLab."""
    missing = [name for name in ("jupyterlab", "anywidget") if not importlib.util.find_spec(name)]
    if missing:
        raise PageFailedError(
            f"the studio is a page of Jupyter, and {missing[0]} is not installed",
            hint='pip install "nbmigrate[lab]", or nbmigrate studio --overview',
        )


def serve(
    handed: Mapping[str, str], line: str, port: int | None, tell: Callable[[str], None]
) -> None:
    """Serve ``line`` (a magic) until this process is told to stop.

    ``handed`` is what the kernel finds in its environment: the database and the folder.
    ``tell`` gets the address of the page as soon as it can be opened.
    """
    require_jupyter()
    with tempfile.TemporaryDirectory(prefix="nbmigrate-studio-") as name, _ending():
        folder = Path(name)
        page = Page(folder, _free_port(port), _environment(folder, handed))
        _prepare(page, line)
        with _server(page) as process:
            _run_cell(page, _start_kernel(page))
            tell(page.url)
            process.wait()
        raise PageFailedError("Jupyter's server ended by itself", hint="start the studio again")


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """SIGTERM and a closed terminal end the block like Ctrl-C does."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    names = [n for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n)]
    former = {getattr(signal, n): signal.signal(getattr(signal, n), stop) for n in names}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _free_port(wanted: int | None) -> int:
    with socket.socket() as found:
        try:
            found.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            raise PageFailedError(
                f"port {wanted} is taken: {error.strerror}", hint="--port with another, or without"
            ) from error
        return int(found.getsockname()[1])


def _environment(folder: Path, handed: Mapping[str, str]) -> dict[str, str]:
    places = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    own = {name: str(folder / ".jupyter" / place) for name, place in places.items()}
    return {**os.environ, **own, **handed}


def _prepare(page: Page, line: str) -> None:
    """The settings, the style and the notebook."""
    home = page.folder / ".jupyter"
    for plugin, values in _SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    style = home / "config" / "custom" / "custom.css"
    style.parent.mkdir(parents=True)
    style.write_text(_STYLE, encoding="utf-8")
    (page.folder / "work").mkdir()
    _write_notebook(page, line, [])


def _write_notebook(page: Page, line: str, outputs: list[Any]) -> None:
    import nbformat
    from nbformat.sign import NotebookNotary

    cell = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]  # nbformat has no types
        # Exports and migrations belong beside the project, not into the temporary folder.
        f"import os; os.chdir({str(Path.cwd())!r})\n%reload_ext nbmigrate\n{line}",
        outputs=outputs,
    )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})  # type: ignore[no-untyped-call]  # nbformat has no types
    path = page.folder / "work" / NOTEBOOK
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]  # nbformat has no types
    data = Path(page.environment["JUPYTER_DATA_DIR"])
    data.mkdir(parents=True, exist_ok=True)
    # What is signed is what will be read; an untrusted notebook shows no widget.
    written = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types
    notary = NotebookNotary(data_dir=str(data))  # type: ignore[no-untyped-call]  # nbformat has no types
    notary.sign(written)  # type: ignore[no-untyped-call]  # nbformat has no types
    notary.store.close()


@contextlib.contextmanager
def _server(page: Page) -> Iterator[subprocess.Popen[bytes]]:
    """Jupyter's server, in a session of its own so that Ctrl-C reaches it through us alone."""
    log = page.folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            _command(page), cwd=page.folder / "work",
            env={**page.environment, "JUPYTER_TOKEN": page.token},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        _await(page, process, log)
        yield process
    finally:
        _stop(page, process)


def _command(page: Page) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--custom-css"),
        *("--LabApp.news_url=None", "--LabApp.extension_manager=readonly"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *(f"--port={page.port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
        *("--ServerApp.terminals_enabled=False", f"--ServerApp.root_dir={page.folder / 'work'}"),
    ]


def _await(page: Page, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace").replace(page.token, "…")
            raise PageFailedError(f"Jupyter's server did not start: {said[-600:].strip()}")
        try:
            _ask(page, "GET", "api/status")
        except OSError:
            time.sleep(0.1)
        else:
            return


def _ask(page: Page, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    headers = {"Authorization": f"token {page.token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{page.base}/{path}", data, headers, method=method
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own address
        text = answer.read()
    return json.loads(text) if text else None


def _start_kernel(page: Page) -> str:
    """The kernel of the notebook, with the session that the page will find."""
    session = {
        "path": NOTEBOOK,
        "name": NOTEBOOK,
        "type": "notebook",
        "kernel": {"name": "python3"},
    }
    return str(_ask(page, "POST", "api/sessions", session)["kernel"]["id"])


def _run_cell(page: Page, kernel: str) -> None:
    """Run the cell and put what it shows into the notebook."""
    import nbformat
    from jupyter_client.blocking.client import BlockingKernelClient

    path = page.folder / "work" / NOTEBOOK
    source = nbformat.read(path, as_version=4).cells[0].source  # type: ignore[no-untyped-call]  # nbformat has no types
    connection = Path(page.environment["JUPYTER_RUNTIME_DIR"]) / f"kernel-{kernel}.json"
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels()
    outputs: list[Any] = []
    try:
        client.wait_for_ready(timeout=PATIENCE)
        _execute(client, source, outputs)
    finally:
        client.stop_channels()
    _write_notebook(page, source.splitlines()[-1], outputs)


def _execute(client: Any, source: str, outputs: list[Any]) -> None:  # noqa: ANN401 - jupyter_client has no types
    import nbformat

    def keep(message: dict[str, Any]) -> None:
        if message["header"]["msg_type"] in {"display_data", "execute_result"}:
            outputs.append(nbformat.v4.output_from_msg(message))  # type: ignore[no-untyped-call]  # nbformat has no types

    reply = client.execute_interactive(source, allow_stdin=True, output_hook=keep, timeout=PATIENCE)
    content = reply["content"]
    if content["status"] != "ok":
        raise PageFailedError(f"{content.get('ename', '')}: {content.get('evalue', '')}")


def _stop(page: Page, process: subprocess.Popen[bytes]) -> None:
    """End the server and with it its kernels; what does not go is ended by force."""
    with contextlib.suppress(OSError):
        _ask(page, "POST", "api/shutdown")
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
