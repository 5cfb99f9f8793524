"""The embedded PostgreSQL of a project: started on first use, shared, stopped with its last user.

The server listens on a unix socket only, which its owner alone can reach, and
its data outlives it in ``<project>/.nbmigrate/pg``. `place` says where files are,
`account` who runs it, `programs` which binaries, `cluster` how it is made and
started, `lease` who uses it, `postmaster` how it is stopped.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from nbmigrate.errors import ServerError
from nbmigrate.server import lease, programs
from nbmigrate.server.place import Place, delete_data, place_of

__all__ = ["DATABASE", "EmbeddedServer", "embedded", "is_installed", "remove"]

DATABASE = "app"


class EmbeddedServer:
    """A use of a running server, which runs at least until every use of it has ended.

    A use ends with `stop`, or with the process, however that ends.
    """

    def __init__(self, where: Place, *, use: int, sockets: Path, version: str) -> None:
        self._where = where
        self._use: int | None = use
        self._sockets = sockets
        self.version = version

    @property
    def url(self) -> str:
        """The URL of the database ``app``, made for the project.

        The database ``postgres`` beside it stays free, for scratch work.
        """
        return self.url_for(DATABASE)

    def url_for(self, database: str) -> str:
        """The URL of a database of this server."""
        return _url(self._sockets, database)

    def stop(self) -> None:
        """End this use; when it was the last one, the server has stopped afterwards."""
        if self._use is None:
            return
        os.close(self._use)
        self._use = None
        if not self._where.folder.exists():
            # PostgreSQL stops by itself when it finds its data deleted.
            return
        from nbmigrate.server import postmaster

        with lease.alone(self._where) as is_alone:
            if is_alone:
                postmaster.stop(self._where.data.resolve())


def is_installed() -> bool:
    """Whether the embedded PostgreSQL is installed."""
    return programs.find() is not None


def embedded(directory: Path) -> EmbeddedServer:
    """The running server of the project in a directory.

    Raises:
        ServerError: it is not installed, or cannot be started.
    """
    programs.require()
    where = place_of(directory)
    use = lease.begin(where)
    try:
        return _running(where, use)
    except BaseException:
        os.close(use)
        raise


def _running(where: Place, use: int) -> EmbeddedServer:
    # psutil comes with the extra: what needs it is imported after the check for that.
    from nbmigrate.server import cluster

    with lease.starting(where):
        lease.ensure_watched(where)
        sockets = cluster.ensure_running(where)
        version = cluster.ensure_database(_url(sockets, "postgres"), DATABASE)
    return EmbeddedServer(where, use=use, sockets=sockets, version=version)


def _url(sockets: Path, database: str) -> str:
    host = quote(str(sockets), safe="/")
    return f"postgresql://postgres@/{quote(database, safe='')}?host={host}"


def remove(directory: Path) -> None:
    """Stop the server of the project in a directory and delete all of its data.

    Raises:
        ServerError: somebody uses it.
    """
    programs.require()
    where = place_of(directory)
    from nbmigrate.server import postmaster

    with lease.alone(where) as is_alone:
        if not is_alone:
            raise ServerError(f"the embedded PostgreSQL of `{directory}` is in use")
        postmaster.stop(where.data.resolve())
        delete_data(where)
