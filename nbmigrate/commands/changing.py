"""Commands that change a database or write a migration: push, generate, migrate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import (
    ALLOW,
    ANSWERS,
    DRY_RUN,
    ONLINE,
    SOURCE_HELP,
    Argument,
    answers,
    source_argument,
    switch,
)
from nbmigrate.commands.command import Command
from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _push(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.push(
        given.source or "declared",
        answers=answers(given),
        dry_run=given.dry_run,
        keep=not given.no_keep,
    )


def _generate(workspace: Workspace, given: argparse.Namespace) -> Result:
    name = getattr(given, "named", None)
    if name and given.name and name != given.name:
        raise UsageConflictError(f"two names for one migration: `{given.name}` and `{name}`")
    return workspace.generate(
        name or given.name,
        given.source or "declared",
        answers=answers(given),
        custom=given.custom,
        sql=_read(given.sql_file) if given.sql_file else None,
        git_add=given.git_add,
    )


def _read(path: str) -> str:
    """The SQL of a file, or of the standard input for ``-``."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageConflictError(f"cannot read {path}: {error}") from error


def _migrate(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.migrate(to=given.to, dry_run=given.dry_run)


COMMANDS: tuple[Command, ...] = (
    Command(
        "push",
        "Bring the database to the declared schema at once, without a file.",
        (
            source_argument("SOURCE", "source", SOURCE_HELP + "declared (default)"),
            *ANSWERS,
            ONLINE,
            ALLOW,
            switch("--yes", "-y", help="agree to the whole plan, drops included"),
            switch("--no-keep", help="keep nothing of what is lost: there will be no undo of it"),
            DRY_RUN,
        ),
        _push,
    ),
    Command(
        "generate",
        "Write what no migration holds yet as the next migration.",
        (
            Argument(
                ("source",),
                SOURCE_HELP + "declared (default)",
                {"nargs": "?", "metavar": "SOURCE"},
                place="cli",
            ),
            Argument(
                ("name",),
                "name of the migration; without one, two random words",
                {"nargs": "?", "metavar": "NAME"},
            ),
            Argument(("--name",), "the same", {"dest": "named", "metavar": "NAME"}, place="cli"),
            Argument(
                ("--source",),
                SOURCE_HELP + "declared (default)",
                {"metavar": "SOURCE"},
                place="magic",
            ),
            *ANSWERS,
            ONLINE,
            ALLOW,
            switch("--custom", help="an empty migration, to be written by hand"),
            Argument(
                ("--sql-file",),
                "SQL written by hand as the migration, its snapshot found by running it; - is stdin",
                {"metavar": "FILE"},
            ),
            switch("--git-add", help="stage the written files in git"),
        ),
        _generate,
    ),
    Command(
        "migrate",
        "Apply the pending migrations, in order, once.",
        (
            Argument(("--to",), "stop after this one", {"metavar": "TAG"}, values="migration"),
            DRY_RUN,
        ),
        _migrate,
    ),
)
