"""The magics: the table of commands inside IPython.

A magic returns its result, so that it shows itself and can be assigned. It never
asks and never waits for a keyboard: what needs an answer shows the plan and raises
one short error with the line to type, which stops "Run All" there.
"""

# ruff: noqa: D102 - the decorators write the help of a magic from the table of commands

from __future__ import annotations

import argparse
import dataclasses
import functools
import re
import shlex
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
    output_can_be_silenced,
)

from nbmigrate.commands import COMMANDS, DECLARE, Command, answer_needed, find
from nbmigrate.errors import NbmigrateError, UsageConflictError
from nbmigrate.magics.cells import Cells, cell_id
from nbmigrate.magics.completion import build_matcher
from nbmigrate.magics.interrupting import STOPPED, short_interrupt
from nbmigrate.magics.presenting import NbMigrate, Presents, is_interactive
from nbmigrate.magics.reading import Line, help_text, parse, split

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace

    LineMagic = Callable[[Any, str], Result]
    CellMagic = Callable[[Any, str, str], Result]

#: As IPython writes a variable in a line; other lines are taken word for word.
_VARIABLE = re.compile(r"\{([^\W\d]\w*)\}|\$([^\W\d]\w*)")
_SAVED_NOTE = "The URL is saved in this notebook, password included. Better set DATABASE_URL."


def _magic_name(command: Command) -> str:
    if command is DECLARE:
        return "%%schema"
    prefix = {"schema": "%", "query": "%%db_", "backfill": "%%db_"}.get(command.name, "%db_")
    return prefix + command.name


_SHELL = re.compile(r"\bnbmigrate (\w+)\b")


def _in_notebook(text: str) -> str:
    """Commands as a notebook takes them: ``nbmigrate undo`` is ``%db_undo``."""
    names = {c.name: _magic_name(c) for c in COMMANDS if c.stands_in("magic")}
    return _SHELL.sub(lambda m: names.get(m[1], m[0]), text)


def _hinting(function: Any) -> Any:  # noqa: ANN401 - a magic of either kind
    """The magic, whose errors say what to type in a notebook."""

    @functools.wraps(function)
    def hinting(*given: Any) -> Any:  # noqa: ANN401 - likewise
        try:
            return function(*given)
        except NbmigrateError as error:
            error.hint = _in_notebook(error.hint)
            raise

    return hinting


def _line(name: str) -> Callable[[LineMagic], LineMagic]:
    """A line magic with the help of its command. ``;`` at the end of the line hides its result."""

    def decorate(function: LineMagic) -> LineMagic:
        command = find(name)
        function.__doc__ = help_text(command, _magic_name(command))
        plain: Any = output_can_be_silenced(_hinting(function))
        magic: LineMagic = _registered(line_magic, command, no_var_expand(plain))
        return magic

    return decorate


def _cell(command: Command) -> Callable[[CellMagic], CellMagic]:
    """A cell magic. Never silenced: a body in SQL ends with ``;``."""

    def decorate(function: CellMagic) -> CellMagic:
        function.__doc__ = help_text(command, _magic_name(command))
        plain: Any = _hinting(function)
        magic: CellMagic = _registered(cell_magic, command, no_var_expand(plain))
        return magic

    return decorate


def _registered(kind: Any, command: Command, function: Any) -> Any:  # noqa: ANN401 - IPython's decorators
    kind(_magic_name(command).lstrip("%"))(function)
    return function


@magics_class
class NbmigrateMagics(Magics):
    """The magics of one shell, with its workspace and the cells it has seen.

    ``presenter`` makes the one who draws widgets; it is called when a notebook first needs it.
    """

    def __init__(self, shell: InteractiveShell, presenter: Callable[[], Presents]) -> None:
        super().__init__(shell)
        self._shell = shell
        self._presenter = presenter
        self.settings = NbMigrate(parent=shell)
        self._workspace: Workspace | None = None
        self._cells = Cells()
        self._aliases: dict[str, str] = {}
        commands = {_magic_name(c): c for c in COMMANDS if c.stands_in("magic")}
        self.complete = build_matcher({**commands, "%%schema": DECLARE}, self._values)

    @property
    def workspace(self) -> Workspace:
        """The shell's one workspace, made on first use."""
        if self._workspace is None:
            from nbmigrate.workspace import Workspace

            self._workspace = Workspace()
        return self._workspace

    def close(self) -> None:
        """Close the connection; the next magic would open a new one."""
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    @_line("connect")
    def db_connect(self, line: str) -> Result:
        command = find("connect")
        words = split(line, "%db_connect").words
        given = parse(command, "%db_connect", words)
        typed = given.url
        if typed and (name := _VARIABLE.fullmatch(typed)):
            typed, given.url = None, self._value_of(name[1] or name[2])
        else:
            given.url = self._aliases.get(typed, typed) if typed else None
        if given.alias and given.url:
            self._aliases[given.alias] = given.url
        result = command.run(self.workspace, given)
        if typed and _holds_password(typed):
            return _with_note(result, _SAVED_NOTE)
        return result

    def _value_of(self, name: str) -> str:
        """A URL that the user has in a variable, so that it need not stand in the notebook."""
        found = self._shell.user_ns.get(name)
        if isinstance(found, str):
            return found
        what = "there is none" if found is None else f"it is of type {type(found).__name__}"
        raise UsageConflictError(
            f"`{name}` is no variable that holds a URL: {what}",
            hint=f'{name} = os.environ["DATABASE_URL"], in a cell before this one',
        )

    @_line("schema")
    def show_schema(self, line: str) -> Result:
        return self._run("schema", line)

    @_cell(DECLARE)
    def declare_schema(self, line: str, cell: str) -> Result:
        given = parse(DECLARE, "%%schema", split(line, "%%schema").words)
        given.text = cell
        given.cell = self._cells.key(self._shell, cell, name=given.name, sql=given.sql)
        given.namespace = self._shell.user_ns
        return DECLARE.run(self.workspace, given)

    @_line("history")
    def db_history(self, line: str) -> Result:
        return self._run("history", line)

    @_line("diff")
    def db_diff(self, line: str) -> Result:
        return self._run("diff", line)

    @_line("push")
    def db_push(self, line: str) -> Result:
        return self._run("push", line)

    @_line("generate")
    def db_generate(self, line: str) -> Result:
        return self._run("generate", line)

    @_cell(find("generate"))
    def generate_by_hand(self, line: str, cell: str) -> Result:
        """``%%db_generate NAME --custom``: the cell is the SQL of the migration."""
        words, variable = split(line, "%%db_generate")
        given = parse(find("generate"), "%%db_generate", words)
        if not given.custom or given.sql_file or given.refresh:
            hint = "write %%db_generate NAME --custom above the SQL"
            raise UsageError(f"%%db_generate: a cell of SQL is a custom migration; {hint}")
        given.cell = cell if cell.strip() else None
        return self._kept(find("generate").run(self.workspace, given), variable)

    @_line("migrate")
    def db_migrate(self, line: str) -> Result:
        return self._run("migrate", line)

    @_line("rebase")
    def db_rebase(self, line: str) -> Result:
        return self._run("rebase", line)

    @_line("repair")
    def db_repair(self, line: str) -> Result:
        return self._run("repair", line)

    @_line("restore")
    def db_restore(self, line: str) -> Result:
        return self._run("restore", line)

    @_line("drift")
    def db_drift(self, line: str) -> Result:
        return self._run("drift", line)

    @_line("adopt")
    def db_adopt(self, line: str) -> Result:
        return self._run("adopt", line)

    @_line("undo")
    def db_undo(self, line: str) -> Result:
        return self._run("undo", line)

    @_line("status")
    def db_status(self, line: str) -> Result:
        return self._run("status", line)

    @_line("check")
    def db_check(self, line: str) -> Result:
        return self._run("check", line)

    @_line("pull")
    def db_pull(self, line: str) -> Result:
        from nbmigrate.results import PullResult

        command = find("pull")
        read = split(line, "%db_pull")
        result = command.run(self.workspace, parse(command, "%db_pull", read.words))
        if isinstance(result, PullResult):
            self._shell.set_next_input(result.cell, replace=False)
            result = dataclasses.replace(result, place="the next cell")
        return self._kept(result, read.variable)

    @_line("export")
    def db_export(self, line: str) -> Result:
        return self._run("export", line)

    @_line("studio")
    def db_studio(self, line: str) -> Result:
        return self._run("studio", line)

    @_line("table")
    def db_table(self, line: str) -> Result:
        return self._run("table", line)

    @_line("load")
    def db_load(self, line: str) -> Result:
        from nbmigrate.magics import loading

        command = find("load")
        words, kept_in = split(line, "%db_load")
        given = parse(command, "%db_load", words)
        given.frame = loading.variable(given.rows, self._shell.user_ns)
        given.on_event = loading.progress()
        with short_interrupt(), self.workspace.target.lock:
            result = command.run(self.workspace, given)
        self._require_answers(result, shlex.join(("%db_load", *words)))
        return self._kept(result, kept_in)

    @_cell(find("query"))
    def db_query(self, line: str, cell: str) -> Result:
        words, variable = split(line, "%%db_query")
        given = parse(find("query"), "%%db_query", words)
        values = {name: self._variable(name) for name in given.param}
        with short_interrupt(STOPPED), self.workspace.target.lock:
            result = self.workspace.query(
                cell, values or None, form=given.form, stream=given.stream
            )
        return self._kept(result, variable)

    @_cell(find("backfill"))
    def db_backfill(self, line: str, cell: str) -> Result:
        from nbmigrate.magics.progress import BackfillProgress
        from nbmigrate.workspace.backfill_commands import function_of

        words, variable = split(line, "%%db_backfill")
        command = find("backfill")
        given = parse(command, "%%db_backfill", words)
        if not given.set and not cell.strip():
            raise UsageError('%db_backfill: say what to set: --set "column = expression"')
        if given.set and cell.strip():
            raise UsageError("%%db_backfill: say it with --set or in the cell, not both")
        if not given.set and given.sql:
            given.set = cell
        elif not given.set:
            given.function = function_of(cell, self._shell.user_ns)
        with BackfillProgress() as progress:
            given.on_event = progress
            result = command.run(self.workspace, given)
        return self._kept(result, variable)

    @_line("backfill")
    def db_backfill_line(self, line: str) -> Result:
        """``%db_backfill TABLE --set "column = expression"``; with a cell below, ``%%db_backfill``."""
        return self.db_backfill(line, "")

    def _run(self, name: str, line: str) -> Result:
        command = find(name)
        magic = _magic_name(command)
        read: Line = split(line, magic)
        given = parse(command, magic, read.words)
        given.is_live = is_interactive(self._shell, self.settings)
        given.cell_id = cell_id(self._shell)
        with short_interrupt(), self.workspace.target.lock, self._watched(name):
            result = command.run(self.workspace, given)
        result = self._presented(result, magic, read.words, given)
        if command.name != "diff":
            self._require_answers(result, shlex.join((magic, *read.words)))
        return self._kept(result, read.variable)

    def _watched(self, name: str) -> AbstractContextManager[None]:
        """What shows the progress of a command that changes a database, if a person looks."""
        if name in {"push", "migrate", "undo"} and is_interactive(self._shell, self.settings):
            return self._presenter().watch(self.workspace)
        return nullcontext()

    def _presented(
        self, result: Result, magic: str, words: list[str], given: argparse.Namespace
    ) -> Result:
        """The result, shown by a widget where a person can use one."""
        if not is_interactive(self._shell, self.settings):
            return result
        return self._presenter().present(result, self.workspace, magic, words, given)

    def _require_answers(self, result: Result, typed: str) -> None:
        """Show a result that waits for answers, then stop."""
        error = answer_needed(result, typed)
        if error is not None:
            from IPython.display import display

            display(result)  # type: ignore[no-untyped-call]  # IPython has no types
            raise error

    def _kept(self, result: Result, variable: str | None) -> Result:
        """The result; its DataFrame in the user's variable when ``>> name`` was typed."""
        if variable is not None:
            self._shell.user_ns[variable] = result.to_frame()
        return result

    def _variable(self, name: str) -> object:
        try:
            return self._shell.user_ns[name]
        except KeyError:
            raise UsageError(f"%%db_query: there is no variable {name}") from None

    def _values(self, kind: str) -> Iterable[str]:
        """What Tab may offer of a kind, without connecting to anything for it."""
        if kind == "connection":
            return tuple(self._aliases)
        if self._workspace is None:
            return ()
        try:
            if kind == "table":
                return self._table_names(self._workspace)
            return tuple(entry.tag for entry in self._workspace.journal.entries)
        except NbmigrateError:
            return ()

    def _table_names(self, workspace: Workspace) -> tuple[str, ...]:
        """The tables; none while a widget works on the connection, since Tab must not wait."""
        lock = workspace.target.lock
        if not lock.acquire(blocking=False):
            return ()
        try:
            return workspace.table_names()
        finally:
            lock.release()


def _with_note(result: Result, note: str) -> Result:
    from nbmigrate.results import ConnectResult

    return dataclasses.replace(result, note=note) if isinstance(result, ConnectResult) else result


def _holds_password(url: str) -> bool:
    try:
        return bool(urlsplit(url).password) or "password=" in url
    except ValueError:
        return False
