"""The command that takes back: undo."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import (
    BACKFILL,
    DRY_RUN,
    MAP,
    RELEASE_OWN,
    USING,
    Argument,
    answers,
    switch,
)
from nbmigrate.commands.command import Command
from nbmigrate.commands.telling import tell
from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _undo(workspace: Workspace, given: argparse.Namespace) -> Result:
    if given.list and given.purge:
        raise UsageConflictError("--list shows and --purge throws away: give one of them")
    if given.list:
        return workspace.undo_list()
    if given.purge:
        number = None if given.purge == _ALL else _number(given.purge)
        return workspace.undo_purge(number, agreed=given.yes)
    given.rename, given.drop = [], []
    return workspace.undo(
        answers=answers(given),
        dry_run=given.dry_run,
        with_data=not given.without_data,
        release_own=given.release_own,
        on_event=tell,
    )


_ALL = "all"


def _number(text: str) -> int:
    if not text.isdigit():
        raise UsageConflictError(f"`{text}` is no number of --list, nor `{_ALL}`")
    return int(text)


COMMANDS: tuple[Command, ...] = (
    Command(
        "undo",
        "Take the last push or migration back, with its data.",
        (
            DRY_RUN,
            switch("--list", help="show what can be undone, and what is kept for it"),
            Argument(
                ("--purge",),
                "throw the kept data away: of one number of --list, or all",
                {"nargs": "?", "const": _ALL, "metavar": "ID"},
            ),
            switch("--yes", "-y", help="agree to throw it away"),
            switch("--without-data", help="take the schema back alone"),
            RELEASE_OWN,
            BACKFILL,
            USING,
            MAP,
        ),
        _undo,
    ),
)
