"""Python names for what a database calls as it likes.

A name is made here or, when it is a plain identifier that means itself, taken over.
Python reads identifiers in NFKC form: a name that is not in it would come back as another.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Collection, Container

#: Attributes that a declarative class has already.
_RESERVED = frozenset({"metadata", "registry", "type_annotation_map"})
_UNCOUNTED = frozenset({"news", "series", "species"})
_HUMPS = re.compile(r"[^\W_]+", re.UNICODE)


def is_name(text: str) -> bool:
    """Whether the text is an identifier that can stand for itself."""
    return (
        text.isidentifier()
        and not keyword.iskeyword(text)
        and unicodedata.normalize("NFKC", text) == text
    )


def is_member(text: str) -> bool:
    """Whether an enum can have a member of that name."""
    return is_name(text) and not text.startswith("_") and text not in {"mro", "name", "value"}


def class_name(text: str, taken: Container[str]) -> str:
    """``OrderItem`` for ``order_items``."""
    words = _words(text)
    singulars = [*words[:-1], singular(words[-1])] if words else ["Table"]
    return _free((_camel(singulars), _camel(words or ["Table"])), taken, _numbered)


def type_name(text: str, taken: Container[str]) -> str:
    """The class of an enum: ``OrderStatus`` for ``order_status``."""
    name = _camel(_words(text) or ["Type"])
    return _free((name, f"{name}Enum"), taken, _numbered)


def variable_name(text: str, taken: Container[str]) -> str:
    """A name for a table or type that is no class."""
    # Two underscores would make Python read another name inside a class.
    plain = is_name(text) and not text.startswith("_")
    return _free((text if plain else _snake(text, "item"),), taken, _underscored)


def attribute_name(text: str, taken: Collection[str]) -> str:
    """The attribute of a column or relationship: its own name wherever Python lets it have it."""
    plain = is_name(text) and not text.startswith(("__", "_sa_"))
    name = text if plain else _snake(text, "column")
    return _free((name,), {*taken, *_RESERVED}, _underscored)


def plural(text: str) -> str:
    """Several of them; a name that is in the plural already stays."""
    if text.endswith("s"):
        return text
    if re.search(r"[^aeiou]y$", text):
        return f"{text[:-1]}ies"
    return f"{text}es" if text.endswith(("x", "ch", "sh")) else f"{text}s"


def singular(text: str) -> str:
    """One of them, as far as the ending tells."""
    lower = text.lower()
    if lower in _UNCOUNTED or lower.endswith(("ss", "us", "is")) or len(text) < 4:
        return text
    if lower.endswith("ies"):
        return f"{text[:-3]}y"
    if lower.endswith(("sses", "uses", "xes", "ches", "shes")) and not lower.endswith("houses"):
        return text[:-2]
    return text.removesuffix("s")


def snake(text: str) -> str:
    """``order_item`` for ``OrderItem``."""
    humps = re.sub(r"(?<=[^\W_A-Z])(?=[A-Z])", "_", text)
    return _snake(humps, "item").lower()


def _words(text: str) -> list[str]:
    return _HUMPS.findall(unicodedata.normalize("NFKC", text))


def _camel(words: list[str]) -> str:
    name = "".join(_letters(word[:1].upper() + word[1:]) for word in words)
    return name if name and is_name(name) else f"T{name}"


def _snake(text: str, fallback: str) -> str:
    name = "_".join(filter(None, map(_letters, _words(text)))) or fallback
    return name if name.isidentifier() else f"{fallback}_{name}"


def _letters(text: str) -> str:
    """The characters that an identifier may have."""
    return "".join(char for char in text if f"a{char}".isidentifier())


def _free(names: tuple[str, ...], taken: Container[str], more: Callable[[str, int], str]) -> str:
    for name in names:
        if name not in taken and is_name(name):
            return name
    number = 1
    while (name := more(names[-1], number)) in taken or not is_name(name):
        number += 1
    return name


def _numbered(name: str, number: int) -> str:
    return f"{name}{number + 1}"


def _underscored(name: str, number: int) -> str:
    return f"{name}_" if number == 1 else f"{name}_{number}"
