"""SQL texts in which an identifier, or a function that is called, gets another name."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from nbmigrate.model import Value
from nbmigrate.model.names import PUBLIC

V = TypeVar("V", bound=Value)

#: Strings and dollar-quoted strings are passed over; a word before "(" is a function.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | \$(\w*)\$.*?\$\1\$ | "(?P<quoted>(?:[^"]|"")*)" | (?P<word>[^\W\d][\w$]*)(?!\s*\()""",
    re.VERBOSE | re.DOTALL,
)
#: The same for the name of a function: a word before "(".
_CALL = re.compile(
    r"""'(?:[^']|'')*' | \$(\w*)\$.*?\$\1\$
    | (?:"(?P<quoted>(?:[^"]|"")*)" | (?P<word>[^\W\d][\w$]*))(?=\s*\()""",
    re.VERBOSE | re.DOTALL,
)

#: Tokens in which no name is looked for.
_OTHER = r"""'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|"(?:[^"]|"")*"|[\w$]+"""


def reword_calls(text: str, old: str, new: str) -> str:
    """The text with calls of the function ``old`` as calls of ``new``."""
    return _changed(_CALL, text, old, new)


def reword_name(text: str, old: str, new: str) -> str:
    """The text with the identifier ``old`` replaced, quoted where it must be."""
    return _changed(_TOKEN, text, old, new)


def requalified(
    text: str, old: tuple[str, str], new: tuple[str, str], *, spell_public: bool = True
) -> str:
    """The text with a type or function of one schema and name under another schema or name.

    Without a schema it is one of public, as types are spelled that stand alone. Strings are
    passed over.
    """
    schema, name = map(_identifier, old)
    bare = rf"(?<![.])(?P<bare>{name})(?!\s*\.)" if old[0] == PUBLIC else "(?P<bare>(?!))"
    pattern = re.compile(rf"(?P<whole>{schema}\s*\.\s*{name})|{bare}|{_OTHER}", re.DOTALL)
    short, long = spell(new[1]), f"{spell(new[0])}.{spell(new[1])}"

    def change(found: re.Match[str]) -> str:
        if found["whole"] is not None:
            return short if new[0] == PUBLIC and not spell_public else long
        if found["bare"] is not None:
            return short if new[0] == PUBLIC else long
        return found[0]

    return pattern.sub(change, text)


def reschemaed(text: str, old: str, new: str) -> str:
    """The text with what is in one schema in another one. Strings are passed over."""
    pattern = re.compile(rf"(?P<schema>{_identifier(old)})(?=\s*\.)|{_OTHER}", re.DOTALL)
    return pattern.sub(lambda found: found[0] if found["schema"] is None else spell(new), text)


def _identifier(name: str) -> str:
    """The pattern of a name, quoted or, where it can be, bare."""
    quoted = re.escape('"' + name.replace('"', '""') + '"')
    bare = rf"|(?i:\b{name}(?![\w$]))" if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else ""
    return rf"(?:{quoted}{bare})"


def _changed(tokens: re.Pattern[str], text: str, old: str, new: str) -> str:
    def change(found: re.Match[str]) -> str:
        name = found["word"]
        if found["quoted"] is not None:
            name = found["quoted"].replace('""', '"')
        elif name is not None and name != name.lower():
            name = name.lower()
        if name != old:
            return found[0]
        # quotes that the old name needed say nothing of the new one
        return spell(new, found[0] if _PLAIN.fullmatch(old) else "")

    return tokens.sub(change, text)


def with_collation_in(item: V, old: str, new: str) -> V:
    """The column, domain or part of a key whose collation is in a schema that is renamed."""
    collation: str | None = getattr(item, "collation", None)
    head = spell(old, '"') + "."
    if not collation or not collation.startswith(head):
        return item
    renamed = spell(new, '"') + "." + collation.removeprefix(head)
    return msgspec.structs.replace(item, collation=renamed)


_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def spell(name: str, like: str = "") -> str:
    """The name as an identifier, in quotes where it must be or where ``like`` has them."""
    if not like.startswith('"') and _PLAIN.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'
