"""The command ``studio``: in a notebook a widget, in a shell the same as a page."""

from __future__ import annotations

import argparse
import shlex
import sys
import webbrowser
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import Argument, switch
from nbmigrate.commands.command import Command
from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _studio(workspace: Workspace, given: argparse.Namespace) -> Result:
    is_page = "overview" in given and not given.overview and "json" not in given
    is_seen = is_page or getattr(given, "is_live", False)
    first_rows = 0 if is_seen else None
    result = workspace.studio(given.name, read_only=_read_only(given), first_rows=first_rows)
    if is_page:
        return _serve(workspace, given)
    return result


def _read_only(given: argparse.Namespace) -> bool | None:
    """What was asked for; ``None`` leaves it to the configuration (``production``)."""
    if given.read_only and given.write:
        raise UsageConflictError("--read-only and --write say the opposite of each other")
    return True if given.read_only else False if given.write else None


def _serve(workspace: Workspace, given: argparse.Namespace) -> Result:
    from nbmigrate.commands.studio_page import serve
    from nbmigrate.results import StudioEndedResult
    from nbmigrate.workspace.settings import FOLDER_VARIABLE

    def tell(url: str) -> None:
        sys.stdout.write(f"The studio is at {url}\nCtrl-C ends it.\n")
        sys.stdout.flush()
        if not given.no_browser:
            webbrowser.open(url)

    words = [given.name] if given.name else []
    flags = [
        f"--{name}" for name in ("read-only", "write") if getattr(given, name.replace("-", "_"))
    ]
    handed = {
        "DATABASE_URL": workspace.target.url,
        FOLDER_VARIABLE: str(workspace.settings.folder.resolve()),
    }
    serve(handed, shlex.join(("%db_studio", *words, *flags)), given.port, tell)
    return StudioEndedResult()


COMMANDS: tuple[Command, ...] = (
    Command(
        "studio",
        "Browse and edit tables: in a notebook here, in a shell as a page on this machine.",
        (
            Argument(
                ("name",),
                "the table to begin with",
                {"nargs": "?", "metavar": "TABLE"},
                values="table",
            ),
            switch("--read-only", help="nothing can be written; the server sees to it"),
            switch("--write", help="may write, even where the configuration says production"),
            switch("--overview", help="only list the tables with their first rows", place="cli"),
            switch("--no-browser", help="print the address and open nothing", place="cli"),
            Argument(
                ("--port",), "a port of your choice", {"type": int, "metavar": "N"}, place="cli"
            ),
        ),
        _studio,
    ),
)
