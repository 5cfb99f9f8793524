"""What Tab offers behind a magic: its flags, tables and migrations, and nothing else.

Without ``suppress`` Jedi's names come first (``--repr``, ``--range`` ...).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from nbmigrate.commands import Command
from nbmigrate.commands.arguments import Argument

_MAGIC = re.compile(r"^\s*(?:[\w.]+\s*=\s*)?(%%?\w+)\s+")

Values = Callable[[str], Iterable[str]]
Matcher = Callable[[CompletionContext], dict[str, Any]]


def build_matcher(commands: dict[str, Command], values: Values) -> Matcher:
    """The matcher that IPython calls. ``values`` gives what there is of a kind (tables ...)."""

    @context_matcher(priority=200)  # type: ignore[untyped-decorator]  # IPython's
    def nbmigrate_matcher(context: CompletionContext) -> dict[str, Any]:
        before = context.line_with_cursor[: context.cursor_position]
        found = _MAGIC.match(before)
        command = commands.get(found[1]) if found else None
        if found is None or command is None:
            return {"completions": []}
        *words, word = before[found.end() :].split(" ")
        offered = dict.fromkeys(_offers(command, words, word, values))
        return {
            "completions": [SimpleCompletion(text, type="param") for text in offered],
            "suppress": True,
            "matched_fragment": word,
        }

    matcher: Matcher = nbmigrate_matcher
    return matcher


def _offers(command: Command, words: list[str], word: str, values: Values) -> Iterator[str]:
    arguments = [a for a in command.arguments if a.stands_in("magic")]
    last = words[-1] if words else ""
    flag = next((a for a in arguments if a.is_flag and last in a.flags), None)
    wanted = [flag] if flag and flag.takes_value else arguments
    for argument in wanted:
        yield from (text for text in _texts(argument, flag, values) if text.startswith(word))


def _texts(argument: Argument, flag: Argument | None, values: Values) -> Iterable[str]:
    if argument.is_flag and argument is not flag:
        return argument.flags
    return values(argument.values) if argument.values else ()
