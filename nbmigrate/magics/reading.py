"""Reading a magic's line: split as a shell would, parsed strictly."""

from __future__ import annotations

import argparse
import shlex
from typing import NamedTuple, NoReturn

from IPython.core.error import UsageError

from nbmigrate.commands import Command
from nbmigrate.commands.arguments import add_arguments, unknown_text


class Line(NamedTuple):
    """A magic's line: the words, and the variable behind ``>>``."""

    words: list[str]
    variable: str | None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message} (see {self.prog}?)")


def split(line: str, magic: str) -> Line:
    """The words of the line; a ``;`` at its end (be quiet) and ``>> name`` are no words.

    Raises:
        UsageError: for an open quote or a ``>>`` without a name.
    """
    try:
        words = shlex.split(line.rstrip().removesuffix(";"))
    except ValueError as error:
        raise UsageError(f"{magic}: {error} (see {magic}?)") from None
    for at, word in enumerate(words):
        if word.startswith(">>"):
            return _without_target(words, at, magic)
    return Line(words, None)


def _without_target(words: list[str], at: int, magic: str) -> Line:
    taken = 1 if len(words[at]) > 2 else 2
    name = "".join(words[at : at + taken]).removeprefix(">>")
    if not name.isidentifier():
        raise UsageError(f"{magic}: >> needs the name of a variable (see {magic}?)")
    return Line(words[:at] + words[at + taken :], name)


def build_parser(command: Command, magic: str) -> argparse.ArgumentParser:
    """The parser of one magic."""
    parser = _Parser(prog=magic, description=command.help, allow_abbrev=False, add_help=False)
    add_arguments(parser, command.arguments, "magic")
    return parser


def parse(command: Command, magic: str, words: list[str]) -> argparse.Namespace:
    """The arguments of the magic.

    Raises:
        UsageError: with the nearest flag, when there is an unknown one.
    """
    given, extras = build_parser(command, magic).parse_known_args(words)
    if extras:
        flags = command.flags("magic")
        raise UsageError(f"{magic}: {unknown_text(extras, flags)} (see {magic}?)")
    return given


def help_text(command: Command, magic: str) -> str:
    """What ``?`` shows."""
    return build_parser(command, magic).format_help().replace("usage: ", "", 1)
