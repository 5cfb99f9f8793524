"""The real drizzle-kit and drizzle-orm, installed by npm beside these tests."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"


@dataclass(frozen=True)
class Drizzle:
    """Runs drizzle's programs in a folder."""

    folder: Path

    def kit(self, *arguments):
        """A command of drizzle-kit; its exit code is often 0 when it has failed."""
        return self._run(str(MODULES / ".bin" / "drizzle-kit"), *arguments)

    def migrate(self, url, migrations):
        """drizzle-orm's migrator on a database."""
        return self._run("node", str(HERE / "migrate.mjs"), url, str(migrations))

    def _run(self, *command):
        return subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )


def _refuse(reason) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _is_installed():
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        manifest = MODULES / name / "package.json"
        if not manifest.is_file() or json.loads(manifest.read_text())["version"] != version:
            return False
    return True


@pytest.fixture(scope="session")
def _node_modules():
    if not (shutil.which("node") and shutil.which("npm")):
        _refuse("NO NPM: whether drizzle-kit accepts our folders is not tested")
    if not _is_installed():
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
        done = subprocess.run(
            command, check=False, cwd=HERE, capture_output=True, text=True, timeout=280
        )
        if done.returncode or not _is_installed():
            _refuse(f"NPM INSTALL FAILED: drizzle-kit is not tested: {done.stderr[-500:]}")


@pytest.fixture
def drizzle(tmp_path, _node_modules):
    """drizzle's programs, run in the test's own folder."""
    (tmp_path / "node_modules").symlink_to(MODULES)
    return Drizzle(tmp_path)
