"""Commands that look at a project or set it up: connect, schema, diff, status, check, pull, init, demo."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import (
    ANSWERS,
    EXIT_CODE,
    SOURCE_HELP,
    Argument,
    answers,
    source_argument,
    switch,
)
from nbmigrate.commands.command import Command

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _connect(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.connect(given.url)


def _declare(workspace: Workspace, given: argparse.Namespace) -> Result:
    """``%%schema``: the magic adds the text, the cell's key and the user's variables."""
    return workspace.declare(
        given.text,
        cell=given.cell,
        name=given.name,
        sql=given.sql,
        namespace=given.namespace,
        first_line=2,
    )


def _diff(workspace: Workspace, given: argparse.Namespace) -> Result:
    old, new = given.old or "live", given.new or "declared"
    if given.old and not given.new:
        old, new = "live", given.old
    return workspace.diff(old, new, answers=answers(given))


def _status(workspace: Workspace, given: argparse.Namespace) -> Result:  # noqa: ARG001 - the shape of a command
    return workspace.status()


def _check(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.check(given.source, strict=given.strict)


def _pull(workspace: Workspace, given: argparse.Namespace) -> Result:
    is_cell = "output" not in given
    return workspace.pull(
        given.source or "live",
        sql=given.sql,
        baseline=given.baseline,
        cell=is_cell,
        output=None if is_cell else given.output,
    )


def _init(workspace: Workspace, given: argparse.Namespace) -> Result:  # noqa: ARG001 - the shape of a command
    return workspace.init()


def _demo(workspace: Workspace, given: argparse.Namespace) -> Result:  # noqa: ARG001 - the tour has a workspace of its own
    from nbmigrate.commands.demo import run_demo

    return run_demo()


COMMANDS: tuple[Command, ...] = (
    Command(
        "connect",
        "Choose the database; without a URL, the configured or the embedded one.",
        (
            Argument(
                ("url",),
                "postgresql://user@host/name, or embedded:NAME on the embedded server; in a notebook also $name or {name}, a variable that holds one",
                {"nargs": "?", "metavar": "URL"},
                values="connection",
            ),
            Argument(
                ("--alias",),
                "a short name, to come back to it with %db_connect NAME",
                {"metavar": "NAME"},
                place="magic",
            ),
        ),
        _connect,
    ),
    Command(
        "diff",
        "Show the difference between two schemas.",
        (
            source_argument(
                "FROM", "old", SOURCE_HELP + "live (default), declared, recorded, empty"
            ),
            source_argument(
                "TO", "new", "the same; default declared. One alone is compared with live"
            ),
            *ANSWERS,
            switch("--sql", help="only the SQL"),
            EXIT_CODE,
        ),
        _diff,
        "asked",
    ),
    Command(
        "status",
        "Show which migrations are applied and whether the database has drifted.",
        (EXIT_CODE,),
        _status,
        "asked",
    ),
    Command(
        "check",
        "Check that the migrations are sound and hold what is declared.",
        (
            source_argument("SOURCE", "source", SOURCE_HELP + "declared (default)"),
            switch("--strict", help="hazards that the files do not accept count as well"),
        ),
        _check,
        "always",
    ),
    Command(
        "pull",
        "Write the code of a database's schema.",
        (
            source_argument("SOURCE", "source", SOURCE_HELP + "live (default)"),
            Argument(("--output", "-o"), "the file to write", {"metavar": "FILE"}, place="cli"),
            switch("--sql", help="DDL instead of SQLAlchemy"),
            switch("--baseline", help="also write it as the first migration, applied already"),
        ),
        _pull,
    ),
    Command("init", "Write a migrations folder and its settings.", (), _init, place="cli"),
    Command("demo", "A short tour on the embedded server.", (), _demo, place="cli"),
)


DECLARE = Command(
    "schema",
    "Declare tables with SQLAlchemy, SQLModel or SQL; a cell run again replaces what it declared.",
    (
        Argument(("name",), "name of this block", {"nargs": "?", "metavar": "NAME"}),
        switch("--sql", help="the cell is SQL (CREATE TABLE ...)"),
    ),
    _declare,
    place="magic",
)
