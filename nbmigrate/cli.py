"""The command line: the table of commands as an argparse parser, and its exit codes.

0 done or nothing to do; 1 failed; 2 an answer is needed, or wrong usage; 3 drift,
tampered files, or declared and recorded differ.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import nbmigrate
from nbmigrate.commands import COMMANDS, Command, answer_needed, find
from nbmigrate.commands.arguments import add_arguments, unknown_text
from nbmigrate.errors import EXIT_ANSWER_NEEDED, EXIT_FAILED, NbmigrateError

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace

_INTERRUPTED = 130
_MAGIC = re.compile(r"%%?db_(\w+)")
_GLOBAL_FLAGS = ("--url", "--folder", "--json", "--help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code.
    """
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(typed)
        sys.stdout.flush()
    except NbmigrateError as error:
        _report(error, as_json="--json" in typed)
        return error.exit_code
    except KeyboardInterrupt as error:
        _write(str(error) or "interrupted", sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone. Python docs, signal, "Note on SIGPIPE".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    return code


def _run(typed: list[str]) -> int:
    parser = build_parser()
    given, extras = parser.parse_known_args(typed)
    if given.command is None:
        _write(parser.format_help().rstrip(), sys.stderr)
        return EXIT_ANSWER_NEEDED
    command = find(given.command)
    if extras:
        parser.error(unknown_text(extras, (*command.flags("cli"), *_GLOBAL_FLAGS)))
    workspace = _workspace(given)
    try:
        result = command.run(workspace, given)
    finally:
        workspace.close()
    _show(result, given)
    _require_answers(command, result, given, typed)
    return command.exit_code(result, given)


def _workspace(given: argparse.Namespace) -> Workspace:
    from nbmigrate.workspace import Workspace

    options: dict[str, Any] = {"folder": given.folder} if "folder" in given else {}
    return Workspace(getattr(given, "url", None), **options)


def _show(result: Result, given: argparse.Namespace) -> None:
    if "json" in given:
        _write(json.dumps(result.as_dict(), indent=2, ensure_ascii=False, default=str), sys.stdout)
    else:
        _write(_text(result, given), sys.stdout)


def _text(result: Result, given: argparse.Namespace) -> str:
    """The result as text; what a file would hold stands alone, the SQL of a diff with ``--sql``."""
    is_asked = given.command != "diff" or given.sql is True
    text = result.as_file if is_asked else None
    return _in_shell(repr(result)) if text is None else text


def _in_shell(text: str) -> str:
    """Commands as a shell takes them: ``%db_undo`` is ``nbmigrate undo``."""
    names = {command.name for command in COMMANDS if command.stands_in("cli")}
    return _MAGIC.sub(lambda m: f"nbmigrate {m[1]}" if m[1] in names else m[0], text)


def _require_answers(
    command: Command, result: Result, given: argparse.Namespace, typed: list[str]
) -> None:
    """Fail for a result that waits for answers, unless it was only asked to be shown."""
    # SQL with a question left open would be half a script.
    if command.name == "diff" and given.sql is not True:
        return
    if error := answer_needed(result, shlex.join(("nbmigrate", *typed))):
        raise error


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = _Parser(
        prog="nbmigrate",
        description="PostgreSQL schemas from notebooks: declare, push, generate, migrate.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"nbmigrate {nbmigrate.__version__}")
    _add_globals(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        if command.stands_in("cli"):
            # The words stand before and after the command: nbmigrate --url X push, push --url X.
            one = commands.add_parser(
                command.name, help=command.help, description=command.help, allow_abbrev=False
            )
            add_arguments(one, command.arguments, "cli")
            _add_globals(one)
    return parser


def _add_globals(parser: argparse.ArgumentParser) -> None:
    # SUPPRESS: what the subcommand's parser does not find must not undo what the outer one found.
    missing = argparse.SUPPRESS
    parser.add_argument("--url", metavar="URL", default=missing, help="the database")
    parser.add_argument("--folder", metavar="DIR", default=missing, help="the migrations folder")
    parser.add_argument(
        "--json", action="store_true", default=missing, help="print one JSON object"
    )


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line and where to read more."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_ANSWER_NEEDED, f"{self.prog}: {message}\nhint: {self.prog} --help\n")


def _report(error: NbmigrateError, *, as_json: bool) -> None:
    error.hint = _in_shell(error.hint) if error.hint else error.hint
    if as_json:
        _write(json.dumps(error.as_dict(), indent=2, ensure_ascii=False, default=str), sys.stdout)
        return
    hint = f"\nhint: {error.hint}" if error.hint else ""
    _write(f"{type(error).__name__}: {error.message}{hint}", sys.stderr)


def _write(text: str, stream: TextIO) -> None:
    """The one place that writes: characters the terminal cannot show are escaped."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
