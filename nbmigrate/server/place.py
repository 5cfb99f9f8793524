"""Where a server keeps its data and its socket.

Data is in ``<project>/.nbmigrate/pg``. For root that folder belongs to the
account PostgreSQL runs as; where that account cannot enter the project (one
below ``/root``, say), the data is in ``/var/lib/nbmigrate`` and
``.nbmigrate/pg`` is a symbolic link to it. The socket is in a short folder of its
own, because the path of a socket may have no more than 103 bytes.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nbmigrate.errors import ServerError
from nbmigrate.server.account import Account
from nbmigrate.server.programs import SYSTEM_FOLDER

FOLDER_NAME = ".nbmigrate"
SOCKET_NAME = ".s.PGSQL.5432"
# macOS allows 103 bytes, Linux 107.
SOCKET_PATH_BYTES = 103


@dataclass(frozen=True, kw_only=True)
class Place:
    """The files of one project's server."""

    folder: Path

    @property
    def data(self) -> Path:
        """The data folder, or the link to it."""
        return self.folder / "pg"

    @property
    def users_lock(self) -> Path:
        """Locked shared by every process that uses the server."""
        return self.folder / "pg.users"

    @property
    def start_lock(self) -> Path:
        """Locked by the process that is starting the server."""
        return self.folder / "pg.start"

    @property
    def server_lock(self) -> Path:
        """Locked by PostgreSQL itself: free when not one of its processes is left."""
        return self.folder / "pg.server"

    @property
    def watch_lock(self) -> Path:
        """Locked by the process that stops the server after its last user."""
        return self.folder / "pg.watch"


def place_of(directory: Path) -> Place:
    """The place of a project's server; its folder exists afterwards and is ignored by git."""
    folder = directory.resolve() / FOLDER_NAME
    try:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return Place(folder=folder)


def _unwritable(path: Path, error: OSError) -> ServerError:
    return ServerError(
        f"`{path}` for the embedded PostgreSQL cannot be written: {error.strerror}",
        hint="start from a folder of your own, or set DATABASE_URL",
    )


def open_lock(path: Path) -> int:
    """A new file descriptor of a lock file, closed at `exec`."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _unwritable(path, error) from error


def new_data(place: Place, account: Account) -> Path:
    """An empty folder that belongs to the account, to become the data folder."""
    if not account.can_enter(place.folder):
        return _system_data(place, account)
    unfinished = place.folder / "pg.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    account.own(unfinished)
    return unfinished


def _system_data(place: Place, account: Account) -> Path:
    unfinished = SYSTEM_FOLDER / secrets.token_hex(6) / "pg.new"
    unfinished.mkdir(parents=True)
    for folder in (SYSTEM_FOLDER, unfinished.parent):
        folder.chmod(0o755)
    # For whoever wonders later whose data this is.
    (unfinished.parent / "project").write_bytes(os.fsencode(place.folder.parent) + b"\n")
    account.own(unfinished)
    return unfinished


def adopt(place: Place, unfinished: Path) -> None:
    """Make a complete data folder the one of this place."""
    if place.data.is_symlink():
        # It points to data that somebody deleted.
        place.data.unlink()
    finished = unfinished.rename(unfinished.with_name("pg"))
    if finished != place.data:
        place.data.symlink_to(finished)


def delete_data(place: Place) -> None:
    """Delete the data of a stopped server."""
    data = place.data.resolve()
    if place.data.is_symlink():
        place.data.unlink()
    if data.parent.parent == SYSTEM_FOLDER:
        shutil.rmtree(data.parent, ignore_errors=True)
    elif data.parent == place.folder and data.exists():
        shutil.rmtree(data)


def socket_folder(data: Path, account: Account) -> Path:
    """A short folder for the socket that the account alone can enter.

    Everybody who can reach the socket is the superuser of the database, so a
    folder prepared by somebody else is never used.
    """
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:10]
    for parent in _socket_parents(account):
        folder = parent / f"nbm-{account.uid}-{digest}"
        if len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
            return folder if _claim(folder, account) else _fresh(parent, account)
    raise ServerError(
        "no temporary folder is short enough for the socket of the embedded PostgreSQL",
        hint="set TMPDIR to a short path",
    )


def socket_files(sockets: Path) -> tuple[Path, Path]:
    """What PostgreSQL makes in the folder of its socket."""
    return sockets / SOCKET_NAME, sockets / f"{SOCKET_NAME}.lock"


def _socket_parents(account: Account) -> list[Path]:
    candidates = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108
    return [parent for parent in candidates if parent.is_dir() and account.can_enter(parent)]


def _claim(folder: Path, account: Account) -> bool:
    """Whether the folder is, or could be made, one of this account alone."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        private = stat.S_IMODE(found.st_mode) == 0o700
        return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and private
    account.own(folder)
    return True


def _fresh(parent: Path, account: Account) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="nbm-", dir=parent))
    account.own(folder)
    return folder
