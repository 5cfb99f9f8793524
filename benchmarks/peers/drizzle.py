"""drizzle-kit's generate, pull and push, as its users start them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from benchmarks.schemas import Schema
from benchmarks.timing import median_s

#: The releases that nbmigrate shares a migrations folder with.
PACKAGES = Path(__file__).parents[2] / "tests" / "interop" / "package.json"


#: Its push and pull ask the server several times a table: four minutes each at 1,000. A push that
#: takes longer than this is given up, and pull, which reads the same, is not begun.
GIVEN_UP_S = 60.0


class Drizzle:
    """A folder with drizzle-kit in it; npm installs it once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGES, folder)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=folder, check=True)

    @staticmethod
    def is_possible() -> bool:
        """Whether npm is there."""
        return shutil.which("npm") is not None

    def measure(self, schema: Schema, url: str) -> dict[str, float]:
        """Seconds of the commands on the schema, whole processes."""
        self._write(schema, url)
        everything = median_s(lambda: self._run("generate"), before=self._forget)
        self._write(schema, url, more=True)
        shutil.copytree(self.folder / "out", self.folder / "generated")
        more = median_s(lambda: self._run("generate"), before=self._go_back)
        self._write(schema, url)
        found = {
            "drizzle-kit generate of everything": everything,
            "drizzle-kit generate": more,
            "drizzle-kit push, no change": GIVEN_UP_S,
        }
        # The first one makes the database its own, so that those behind it find nothing to do. One
        # that is given up is still reading it, as they would be.
        if self._run("push"):
            found |= {
                "drizzle-kit push, no change": median_s(lambda: self._run("push"), runs=3),
                "drizzle-kit pull": median_s(
                    lambda: self._run("pull"), runs=3, before=self._forget
                ),
            }
        return found

    def _forget(self) -> None:
        shutil.rmtree(self.folder / "out", ignore_errors=True)

    def _go_back(self) -> None:
        """To the folder as it was before the last column."""
        self._forget()
        shutil.copytree(self.folder / "generated", self.folder / "out")

    def _write(self, schema: Schema, url: str, *, more: bool = False) -> None:
        parts = urlsplit(url)
        host = parse_qs(parts.query)["host"][0]
        credentials = {
            "host": host,
            "user": parts.username,
            "database": parts.path[1:],
            "password": "x",
        }
        config = {
            "dialect": "postgresql",
            "schema": "./schema.ts",
            "out": "./out",
            "casing": "snake_case",
            "dbCredentials": {**credentials, "ssl": False},
        }
        (self.folder / "schema.ts").write_text(schema.typescript(more=more))
        text = f"export default {json.dumps(config)};\n"
        (self.folder / "drizzle.config.ts").write_text(text)

    def _run(self, command: str) -> bool:
        """Whether the command came to its end in time."""
        program = self.folder / "node_modules" / ".bin" / "drizzle-kit"
        flags = ["--force"] if command == "push" else []
        try:
            done = subprocess.run(
                [program, command, *flags],
                cwd=self.folder,
                check=False,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=GIVEN_UP_S,
            )
        except subprocess.TimeoutExpired:
            return False
        if done.returncode or "rror" in done.stdout + done.stderr:
            raise RuntimeError(f"drizzle-kit {command}: {(done.stdout + done.stderr)[-2000:]}")
        return True
