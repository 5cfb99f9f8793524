"""Commands about rows: table, query."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import Argument, switch
from nbmigrate.commands.command import Command
from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace

#: Rows that are read when nothing is said, and what stands for all of them.
FEW = 1000
ALL = -1


def _table(workspace: Workspace, given: argparse.Namespace) -> Result:
    columns = tuple(name.strip() for name in (given.columns or "").split(",") if name.strip())
    is_whole = given.stream or given.form == "dask"
    limit = (None if is_whole else FEW) if given.limit is None else given.limit
    return workspace.table(
        given.name,
        where=given.where,
        order=given.order,
        columns=columns,
        limit=None if limit == ALL else limit,
        form=given.form,
        stream=given.stream,
    )


def _limit(text: str) -> int:
    """A number of rows, or the word for all of them."""
    if text == "all":
        return ALL
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"`{text}` is no number of rows; it may also be: all")
    return int(text)


def _query(workspace: Workspace, given: argparse.Namespace) -> Result:
    params = dict(map(_parameter, given.param)) or None
    return workspace.query(given.sql, params, form=given.form)


def _parameter(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise UsageConflictError(f"`{text}` is not a parameter such as name=value")
    return name, value


def _form(*names: str) -> Argument:
    options = {"choices": names, "default": "pandas", "dest": "form"}
    return Argument(("--as",), "what the rows are read into (pandas)", options, place="")


_STREAM = switch("--stream", help="in pieces, as they are asked for: an iterator of frames")

COMMANDS: tuple[Command, ...] = (
    Command(
        "table",
        "Read a table.",
        (
            Argument(("name",), "the table, e.g. users or app.users", {}, values="table"),
            Argument(("--where",), "a condition in SQL", {"metavar": "SQL"}),
            Argument(("--order",), "an order in SQL", {"metavar": "SQL"}),
            Argument(("--columns",), "only these", {"metavar": "A,B"}),
            Argument(("--limit",), "at most so many rows (1000), or: all", {"type": _limit}),
            _form("pandas", "arrow", "polars", "dask"),
            _STREAM,
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
            _form("pandas", "arrow", "polars"),
            _STREAM,
        ),
        _query,
    ),
)
