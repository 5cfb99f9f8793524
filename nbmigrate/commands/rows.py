"""Commands about rows: table, query."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import Argument
from nbmigrate.commands.command import Command
from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _table(workspace: Workspace, given: argparse.Namespace) -> Result:
    columns = tuple(name.strip() for name in (given.columns or "").split(",") if name.strip())
    return workspace.table(
        given.name, where=given.where, order=given.order, columns=columns, limit=given.limit
    )


def _query(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.query(given.sql, dict(map(_parameter, given.param)) or None)


def _parameter(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise UsageConflictError(f"`{text}` is not a parameter such as name=value")
    return name, value


COMMANDS: tuple[Command, ...] = (
    Command(
        "table",
        "Read a table.",
        (
            Argument(("name",), "the table, e.g. users or app.users", {}, values="table"),
            Argument(("--where",), "a condition in SQL", {"metavar": "SQL"}),
            Argument(("--order",), "an order in SQL", {"metavar": "SQL"}),
            Argument(("--columns",), "only these", {"metavar": "A,B"}),
            Argument(("--limit",), "at most so many rows (1000)", {"type": int, "default": 1000}),
        ),
        _table,
    ),
    Command(
        "query",
        "Run SQL.",
        (
            Argument(("sql",), "the SQL", {"metavar": "SQL"}, place="cli"),
            Argument(
                ("--param", "-p"),
                "a value for :NAME in the SQL: NAME=VALUE, in a notebook the NAME of a variable",
                {"action": "append", "default": [], "metavar": "NAME"},
            ),
        ),
        _query,
    ),
)
