"""Whether SQL only makes things that were not there: told from its words, and never guessed.

PostgreSQL refuses a plain CREATE or ADD of what exists already, so such a statement that has run
is the proof. Anything that would pass over what exists, takes away or changes is not one.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbmigrate.postgresql.lexer import significant

_MAKES = frozenset({"table", "index", "unique", "type", "schema", "sequence"})
#: What passes over, takes away, changes or moves something, or runs what is not seen here.
_ELSE = frozenset(
    [
        "attach",
        "cluster",
        "concurrently",
        "detach",
        "disable",
        "drop",
        "enable",
        "execute",
        "exists",
        "force",
        "inherit",
        "inherits",
        "into",
        "owner",
        "partition",
        "rename",
        "replace",
        "reset",
        "select",
        "temp",
        "temporary",
        "validate",
    ]
)
_ADDS = 2


def only_makes(statements: Sequence[str], made: Sequence[tuple[str, ...]]) -> bool:
    """True when every statement makes, and all of ``made`` is spoken of in one that does."""
    spoken: set[str] = set()
    for sql in statements:
        tokens = significant(sql)
        words = [token.word for token in tokens if token.word]
        if not _is_making(words):
            return False
        spoken.update(words)
        spoken.update(token.text[1:-1].replace('""', '"') for token in tokens if not token.word)
    return all(_last_name(path) in spoken for path in made)


def _is_making(words: Sequence[str]) -> bool:
    if not words or _ELSE & set(words):
        return False
    if words[0] == "create":
        return words[1] in _MAKES
    if tuple(words[:2]) != ("alter", "table"):
        return False
    return "add" in words and words.count("alter") == 1 and "set" not in _unkeyed(words)


def _unkeyed(words: Sequence[str]) -> list[str]:
    """The words without the actions of foreign keys: ``ON DELETE SET NULL``."""
    return [
        word
        for at, word in enumerate(words)
        if tuple(words[max(at - _ADDS, 0) : at]) not in {("on", "delete"), ("on", "update")}
    ]


def _last_name(path: tuple[str, ...]) -> str:
    return path[-1] if path[0] == "schemas" or len(path) > _ADDS else path[-1].partition(".")[2]
