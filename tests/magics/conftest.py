"""A real InteractiveShell per test, in an empty folder, on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from traitlets.config import Config

from tests.fixtures.postgres import Database


@dataclass
class Run:
    """What came of a cell: its value, its error, what was shown."""

    value: Any
    error: BaseException | None
    io: CapturedIO

    @property
    def shown(self) -> str:
        return self.io.stdout


@dataclass
class Shell:
    """A shell with the extension loaded."""

    ip: InteractiveShell

    def attempt(self, code: str) -> Run:
        with capture_output(display=False) as io:
            result = self.ip.run_cell(code)
        return Run(result.result, result.error_before_exec or result.error_in_exec, io)

    def run(self, code: str) -> Any:
        done = self.attempt(code)
        assert done.error is None, done.shown
        return done.value

    def complete(self, code: str) -> list[str]:
        with provisionalcompleter():
            return [c.text for c in self.ip.Completer.completions(code, len(code))]


@pytest.fixture
def bare_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell without the extension."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    ip = InteractiveShell.instance(config=config)
    yield Shell(ip)
    if "nbmigrate" in ip.extension_manager.loaded:
        ip.run_line_magic("unload_ext", "nbmigrate")
    ip.restore_sys_module_state()
    InteractiveShell.clear_instance()


@pytest.fixture
def unconnected(bare_shell: Shell) -> Shell:
    """A shell with the extension and no database."""
    bare_shell.run("%load_ext nbmigrate")
    return bare_shell


@pytest.fixture
def shell(unconnected: Shell, database: Database, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with the extension on an empty database."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    return unconnected
