"""The commands: one table, read by the CLI, the magics, their help and their completion.

A command calls the workspace and returns its result; how it is shown is up to
the caller.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nbmigrate.commands.arguments import Argument, Place, answers, repeated, switch
from nbmigrate.errors import EXIT_DIFFERENT, AnswerNeededError, UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.plan import Question
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace

    Run = Callable[[Workspace, argparse.Namespace], Result]


@dataclass(frozen=True)
class Command:
    """A command: its name, what it does, its arguments, and the call.

    ``differs`` says whether the CLI ends with 3 for a result that shows a difference.
    """

    name: str
    help: str
    arguments: tuple[Argument, ...]
    run: Run
    differs: Literal["", "always", "asked"] = ""
    place: str = ""

    def stands_in(self, place: Place) -> bool:
        """True when the place has this command."""
        return self.place in {"", place}

    def exit_code(self, result: Result, given: argparse.Namespace) -> int:
        """What the CLI ends with when nothing was raised."""
        asked = self.differs == "always" or (self.differs == "asked" and given.exit_code)
        return EXIT_DIFFERENT if asked and result.is_different else 0

    def flags(self, place: Place) -> tuple[str, ...]:
        """Its flags in that place."""
        mine = (a for a in self.arguments if a.is_flag and a.stands_in(place))
        return tuple(flag for argument in mine for flag in argument.flags)


def answer_needed(result: Result, typed: str) -> AnswerNeededError | None:
    """The error for a result that waits for answers, with the line that would go on.

    ``typed`` is the command as it was typed. Each question is answered by its first
    flag in the hint; the result shows the others.
    """
    if not result.questions:
        return None
    flags = dict.fromkeys(_first_flags(result.questions))
    number = len(result.questions)
    what = "1 question is open" if number == 1 else f"{number} questions are open"
    return AnswerNeededError(
        f"nothing was changed: {what} (shown above)",
        questions=result.questions,
        hint=" ".join((typed.strip(), *flags)),
    )


def _first_flags(questions: tuple[Question, ...]) -> Iterator[str]:
    """One answer per question; a column that is renamed needs no values."""
    renamed = {question.path for question in questions if question.kind == "rename"}
    for question in questions:
        if question.flags and not (question.kind == "backfill" and question.path in renamed):
            yield question.flags[0]


# --- what each command calls ---------------------------------------------------


def _connect(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.connect(given.url)


def _schema(workspace: Workspace, given: argparse.Namespace) -> Result:  # noqa: ARG001 - the shape of a command
    return workspace.schema()


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


def _push(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.push(given.source or "declared", answers=answers(given), dry_run=given.dry_run)


def _generate(workspace: Workspace, given: argparse.Namespace) -> Result:
    name = getattr(given, "named", None)
    if name and given.name and name != given.name:
        raise UsageConflictError(f"two names for one migration: `{given.name}` and `{name}`")
    return workspace.generate(
        name or given.name,
        given.source or "declared",
        answers=answers(given),
        custom=given.custom,
    )


def _migrate(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.migrate(to=given.to, dry_run=given.dry_run)


def _status(workspace: Workspace, given: argparse.Namespace) -> Result:  # noqa: ARG001 - the shape of a command
    return workspace.status()


def _check(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.check(given.source)


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


def _pull(workspace: Workspace, given: argparse.Namespace) -> Result:
    is_cell = "output" not in given
    return workspace.pull(
        given.source or "live",
        sql=given.sql,
        baseline=given.baseline,
        cell=is_cell,
        output=None if is_cell else given.output,
    )


def _studio(workspace: Workspace, given: argparse.Namespace) -> Result:  # noqa: ARG001 - the shape of a command
    return workspace.studio()


def _init(workspace: Workspace, given: argparse.Namespace) -> Result:  # noqa: ARG001 - the shape of a command
    return workspace.init()


def _demo(workspace: Workspace, given: argparse.Namespace) -> Result:  # noqa: ARG001 - the tour has a workspace of its own
    from nbmigrate.commands.demo import run_demo

    return run_demo()


# --- the table ------------------------------------------------------------------

_SOURCE_HELP = "a database URL, migrations folder, snapshot, .sql, .py or .ipynb file, or: "
_RENAME = repeated("--rename", "OLD->NEW", "answer: this is a rename, e.g. public.a.x->public.a.y")
_DROP = repeated("--drop", "PATH", "answer: this may go, e.g. public.users.nickname")
_BACKFILL = repeated("--backfill", "PATH=SQL", "answer: the value that rows already there get")
_ALLOW_DROP = switch("--allow-drop", help="answer: everything the plan drops may go")
_ANSWERS = (_RENAME, _DROP, _BACKFILL, _ALLOW_DROP)
_DRY_RUN = switch("--dry-run", "-n", help="show what would be run; change nothing")
_EXIT_CODE = switch("--exit-code", help="end with 3 when there is a difference", place="cli")


def _source(metavar: str, dest: str, help: str) -> Argument:  # noqa: A002 - argparse's word
    return Argument((dest,), help, {"nargs": "?", "metavar": metavar})


COMMANDS: tuple[Command, ...] = (
    Command(
        "connect",
        "Choose the database; without a URL, the configured or the embedded one.",
        (
            Argument(
                ("url",),
                "postgresql://user@host/name, or embedded:NAME on the embedded server",
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
    Command("schema", "Show the declared schema.", (), _schema, place="magic"),
    Command(
        "diff",
        "Show the difference between two schemas.",
        (
            _source("FROM", "old", _SOURCE_HELP + "live (default), declared, recorded, empty"),
            _source("TO", "new", "the same; default declared. One alone is compared with live"),
            *_ANSWERS,
            switch("--sql", help="only the SQL"),
            _EXIT_CODE,
        ),
        _diff,
        "asked",
    ),
    Command(
        "push",
        "Bring the database to the declared schema at once, without a file.",
        (
            _source("SOURCE", "source", _SOURCE_HELP + "declared (default)"),
            *_ANSWERS,
            switch("--yes", "-y", help="agree to the whole plan, drops included"),
            _DRY_RUN,
        ),
        _push,
    ),
    Command(
        "generate",
        "Write what no migration holds yet as the next migration.",
        (
            Argument(
                ("source",),
                _SOURCE_HELP + "declared (default)",
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
                _SOURCE_HELP + "declared (default)",
                {"metavar": "SOURCE"},
                place="magic",
            ),
            *_ANSWERS,
            switch("--custom", help="an empty migration, to be written by hand"),
        ),
        _generate,
    ),
    Command(
        "migrate",
        "Apply the pending migrations, in order, once.",
        (
            Argument(("--to",), "stop after this one", {"metavar": "TAG"}, values="migration"),
            _DRY_RUN,
        ),
        _migrate,
    ),
    Command(
        "status",
        "Show which migrations are applied and whether the database has drifted.",
        (_EXIT_CODE,),
        _status,
        "asked",
    ),
    Command(
        "check",
        "Check that the migrations are sound and hold what is declared.",
        (_source("SOURCE", "source", _SOURCE_HELP + "declared (default)"),),
        _check,
        "always",
    ),
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
    Command(
        "pull",
        "Write the code of a database's schema.",
        (
            _source("SOURCE", "source", _SOURCE_HELP + "live (default)"),
            Argument(("--output", "-o"), "the file to write", {"metavar": "FILE"}, place="cli"),
            switch("--sql", help="DDL instead of SQLAlchemy"),
            switch("--baseline", help="also write it as the first migration, applied already"),
        ),
        _pull,
    ),
    Command("studio", "Show the tables with their first rows.", (), _studio),
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


def find(name: str) -> Command:
    """The command of that name."""
    return next(command for command in COMMANDS if command.name == name)
