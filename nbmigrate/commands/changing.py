"""Commands that change a database or write a migration: push, generate, migrate."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import (
    ALLOW,
    ANSWERS,
    DRY_RUN,
    ONLINE,
    RELEASE_OWN,
    SOURCE_HELP,
    Argument,
    answers,
    source_argument,
    switch,
)
from nbmigrate.commands.command import Command
from nbmigrate.commands.telling import tell
from nbmigrate.errors import SourceError, UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.plan import Plan
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _push(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.push(
        given.source or "declared",
        answers=answers(given),
        dry_run=given.dry_run,
        keep=not given.no_keep,
        release_own=given.release_own,
        agree=None if given.yes or given.allow_drop else _goes_at_once,
        on_event=tell,
    )


def _goes_at_once(plan: Plan) -> bool:
    """True when nobody would wait for long; losses are questions, and answered by now.

    Whoever happens to hold a lock at the moment is waited for, as for any statement.
    """
    return not any(hazard.needs_agreement for hazard in plan.hazards)


def _generate(workspace: Workspace, given: argparse.Namespace) -> Result:
    name, source = getattr(given, "named", None), given.source
    if name and given.name and name != given.name:
        raise UsageConflictError(f"two names for one migration: `{given.name}` and `{name}`")
    name = name or given.name
    if hasattr(given, "named") and (given.custom or given.sql_file) and source and not name:
        # SQL written by hand has no source: in a shell the one word is the name
        name, source = source, None
    try:
        return workspace.generate(
            name,
            source or "declared",
            answers=answers(given),
            custom=given.custom,
            sql=_read(given.sql_file) if given.sql_file else getattr(given, "cell", None),
            refresh=given.refresh,
            git_add=given.git_add,
        )
    except SourceError as error:
        if hasattr(given, "named") and error.source == source:
            error.hint = _in_order(source, name) or error.hint
        raise


def _in_order(source: str, name: str | None) -> str:
    """What to type when the name was typed where the source stands, as a notebook has it."""
    if name is None:
        return f"in a shell the source comes first: nbmigrate generate SOURCE {shlex.quote(source)}"
    if not name.endswith((".json", ".sql", ".py", ".ipynb")):
        return ""
    words = shlex.join(("nbmigrate", "generate", name, source))
    return f"the source comes before the name: {words}"


def _read(path: str) -> str:
    """The SQL of a file, or of the standard input for ``-``."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageConflictError(f"cannot read {path}: {error}") from error


def _migrate(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.migrate(
        to=given.to,
        dry_run=given.dry_run,
        on_event=tell,
        offline=given.offline,
        allow_missing=given.allow_missing,
        allow_late=given.allow_late,
        release_own=given.release_own,
    )


def _restore(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.restore(given.tag)


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
            RELEASE_OWN,
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
            switch(
                "--custom",
                help="an empty migration, to be written by hand; in a notebook, the cell",
            ),
            Argument(
                ("--sql-file",),
                "SQL written by hand as the migration, its snapshot found by running it; - is stdin",
                {"metavar": "FILE"},
            ),
            Argument(
                ("--refresh",),
                "only write the snapshot of the last migration anew, by running its SQL",
                {"metavar": "TAG"},
                values="migration",
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
            switch("--offline", help="a script for psql instead: statements, history and guards"),
            switch("--allow-missing", help="go on although an applied file is not in the folder"),
            switch("--allow-late", help="run a late migration although it may not commute"),
            RELEASE_OWN,
        ),
        _migrate,
    ),
    Command(
        "restore",
        "Write the missing file of an applied migration again, from the database's journal.",
        (Argument(("tag",), "the migration", {"metavar": "TAG"}, values="migration"),),
        _restore,
    ),
)
