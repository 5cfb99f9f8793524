"""Who runs PostgreSQL: the user itself, or a system account when the user is root.

PostgreSQL refuses to run as root. Root therefore gets an account that owns
nothing but the data of embedded servers; no permission of any other folder is
touched for it (`place` and `programs` choose folders it can reach).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbmigrate.errors import ServerError

ACCOUNT_NAME = "nbmigrate"
TIMEOUT_S = 120
# PGPORT, PGDATA, PGOPTIONS ... of the user would change what the server does.
KEPT_VARIABLES = ("HOME", "PATH", "PYTHONPATH", "TMPDIR", "TZ")


@dataclass(frozen=True, kw_only=True)
class Account:
    """An operating system account that PostgreSQL may run as."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether it is not the one that this process runs as."""
        return self.uid != os.geteuid()

    def options(self) -> dict[str, Any]:
        """The arguments of `subprocess` that run a program as this account."""
        options: dict[str, Any] = {"cwd": "/", "env": environment()}
        if self.is_other:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path: Path) -> None:
        """Give a folder to this account alone."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)

    def can_enter(self, folder: Path) -> bool:
        """Whether this account may reach a folder."""
        if not self.is_other:
            return True
        command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        return run(command, self).returncode == 0


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a program left behind."""

    returncode: int
    output: str


def run(command: Sequence[str], account: Account, *, pass_fds: Sequence[int] = ()) -> Finished:
    """Run a program as an account, to its end."""
    # A file, not a pipe: a server that outlives the program would hold the pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            returncode = subprocess.run(  # noqa: S603 - our own programs, no shell
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=pass_fds,
                timeout=TIMEOUT_S,
                **account.options(),
            ).returncode
        except (OSError, subprocess.SubprocessError) as error:
            return Finished(returncode=-1, output=str(error))
        output.seek(0)
        return Finished(returncode=returncode, output=output.read().decode(errors="replace"))


def environment() -> dict[str, str]:
    """The environment of the programs."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def own_account() -> Account:
    """The account of this process."""
    return Account(uid=os.geteuid(), gid=os.getegid())


def server_account(data: Path) -> Account:
    """The account that runs the server of a data folder, which may not exist yet."""
    if os.geteuid() != 0:
        return own_account()
    if data.exists() and data.stat().st_uid != 0:
        return Account(uid=data.stat().st_uid, gid=data.stat().st_gid)
    entry = _find() or _create()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd:
    result = run(_creation_command(), own_account())
    # Another process may have been faster: the account counts, not the exit code.
    entry = _find()
    if entry is None:
        raise _cannot_create(result.output.strip())
    return entry


def _creation_command() -> list[str]:
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    if useradd := shutil.which("useradd", path=search):
        return [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", ACCOUNT_NAME]
    if adduser := shutil.which("adduser", path=search):
        return [adduser, "-S", "-D", "-H", ACCOUNT_NAME]
    raise _cannot_create("there is no `useradd` here")


def _cannot_create(reason: str) -> ServerError:
    return ServerError(
        "PostgreSQL does not run as root, and the system account "
        f"`{ACCOUNT_NAME}` for it cannot be created: {reason}",
        hint=f"create an account named {ACCOUNT_NAME}, run as an ordinary user, "
        "or connect to a PostgreSQL of your own with DATABASE_URL",
    )
