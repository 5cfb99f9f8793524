"""Commands about a database that is not what its migrations say: drift, adopt."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import (
    ANSWERS,
    DRY_RUN,
    RELEASE_OWN,
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


def _drift(workspace: Workspace, given: argparse.Namespace) -> Result:
    asked = [name for name in ("accept", "revert", "ignore") if getattr(given, name)]
    if len(asked) > 1:
        raise UsageConflictError(f"--{asked[0]} and --{asked[1]} are two answers: give one of them")
    if given.paths and asked in ([], ["revert"]):
        raise UsageConflictError("objects are named with --accept or --ignore")
    if given.accept:
        return workspace.accept_drift(given.paths, name=given.name)
    if given.ignore:
        return workspace.ignore_drift(given.paths)
    if given.revert:
        return workspace.revert_drift(
            answers=answers(given),
            dry_run=given.dry_run,
            release_own=given.release_own,
            on_event=tell,
        )
    return workspace.drift()


def _adopt(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.adopt(given.tag)


COMMANDS: tuple[Command, ...] = (
    Command(
        "drift",
        "Show what differs between the database and its applied migrations, or answer it.",
        (
            Argument(("paths",), "objects, e.g. public.users", {"nargs": "*", "metavar": "PATH"}),
            switch("--accept", help="write it as a migration that is applied here already"),
            switch("--revert", help="bring the database back to its migrations"),
            switch("--ignore", help="write down that it may differ"),
            Argument(("--name",), "name of the migration of --accept", {"metavar": "NAME"}),
            *ANSWERS,
            switch("--yes", "-y", help="agree to the whole plan of --revert, drops included"),
            RELEASE_OWN,
            DRY_RUN,
        ),
        _drift,
        "always",
    ),
    Command(
        "adopt",
        "Mark the migrations as applied whose schema the database has already.",
        (
            Argument(
                ("tag",),
                "up to this one; by default the last one that the database equals",
                {"nargs": "?", "metavar": "TAG"},
                values="migration",
            ),
        ),
        _adopt,
    ),
)
