"""docs/reference/commands.md as the table of commands has it.

``python -m tests.docs.reference`` writes the page; the tests compare it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbmigrate.commands import COMMANDS, DECLARE, Command
from nbmigrate.commands.arguments import Argument
from nbmigrate.magics import _magic_name as magic_name

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
_HEAD = """\
# Commands

This page is made from the table of commands that the command line and the magics are made from; a test fails when
it is not the same. The command line also takes `--url URL`, `--folder DIR` and `--json` before or behind every command.
A magic takes `>> name` at its end: the DataFrame of its result goes into the variable.

A *SOURCE* is a database URL, a migrations folder (`migrations`, `migrations@0003`), a snapshot `.json`, a `.sql`, `.py` or `.ipynb`
file, `module:attribute`, or one of `live`, `declared`, `recorded`, `empty`.

| exit code | |
|---|---|
| 0 | done, or nothing to do |
| 1 | failed; nothing is half applied |
| 2 | an answer is needed, or the command was typed wrong |
| 3 | drift, an edited file, or declared and recorded differ |
"""


def page() -> str:
    """The text of the page."""
    commands = (DECLARE, *(c for c in COMMANDS if not (c.name == "schema" and not c.arguments)))
    parts = [_HEAD, *("\n".join(_command(c)) + "\n" for c in commands)]
    return "\n".join(parts)


def _command(command: Command) -> Iterator[str]:
    magic, shell = magic_name(command), f"nbmigrate {command.name}"
    here = [
        f"`{text}`"
        for text, place in ((magic, "magic"), (shell, "cli"))
        if command.stands_in(place)
    ]
    yield f"## {command.name}"
    yield ""
    yield command.help
    yield ""
    yield f"{'In a notebook and in a shell' if len(here) > 1 else 'Only'}: {', '.join(here)}"
    if command.differs:
        when = "always" if command.differs == "always" else "with `--exit-code`"
        yield ""
        yield f"Ends with 3 when there is a difference: {when}."
    if command.arguments:
        yield ""
        yield "| argument | |"
        yield "|---|---|"
        yield from map(_argument, command.arguments)


def _argument(argument: Argument) -> str:
    value = argument.options.get("metavar") or ""
    if argument.is_flag:
        names = ", ".join(f"`{flag}{f' {value}' if value else ''}`" for flag in argument.flags)
    else:
        names = f"`{value or argument.flags[0].upper()}`"
    only = {"cli": " (command line only)", "magic": " (magic only)", "": ""}[argument.place]
    return f"| {names} | {argument.help.replace('|', chr(92) + '|')}{only} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
