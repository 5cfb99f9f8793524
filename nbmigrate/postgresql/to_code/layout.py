"""Python code as a tree, and its layout: one line when it fits, one part per line when not.

Whatever comes from a snapshot enters the tree through :func:`text`, that is through
``repr``, or between three quotes when each of its characters means itself there; every other string in the tree is a word of this package or a name that
:mod:`~nbmigrate.postgresql.to_code.names` made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WIDTH = 100
_INDENT = "    "


@dataclass(frozen=True)
class Text:
    """A string constant of several lines.

    In a call that stands by itself it is one constant, as a person would write it; further in, and
    where it could not be read as it is, each line is a constant of its own.
    """

    pieces: tuple[str, ...]
    value: str


@dataclass(frozen=True)
class Group:
    """Parts between brackets; ``head`` is all up to the opening one."""

    head: str
    parts: tuple[Part, ...]
    tail: str


@dataclass(frozen=True)
class Named:
    """A part with something in front of it: ``name=`` or ``"key": ``."""

    prefix: str
    node: Node


Node = str | Text | Group
Part = Node | Named


def text(value: str) -> Node:
    """A string constant."""
    lines = value.splitlines(keepends=True)
    if len(lines) < 2 or "".join(lines) != value:
        return quoted(value)
    return Text(tuple(quoted(line) for line in lines), value)


def quoted(value: str) -> str:
    """A string constant on one line, in double quotes where that needs no more escapes."""
    plain = repr(value)
    if plain.startswith('"') or '"' in value or "\\'" in plain:
        return plain
    return '"' + plain[1:-1] + '"'


def constant(value: object) -> str:
    """A number, boolean or text as code."""
    return quoted(value) if isinstance(value, str) else repr(value)


def call(name: str, /, *arguments: Part, **named: Node | None) -> Group:
    """A call; what is ``None`` is left out."""
    more = (Named(f"{key}=", node) for key, node in named.items() if node is not None)
    return Group(f"{name}(", (*arguments, *more), ")")


def sequence(nodes: Iterable[Part]) -> Group:
    """A list."""
    return Group("[", tuple(nodes), "]")


def strings(values: Iterable[str]) -> Group:
    """A list of string constants."""
    return sequence(quoted(value) for value in values)


def mapping(items: Mapping[str, Node]) -> Group:
    """A dict whose keys are string constants."""
    return Group("{", tuple(Named(f"{quoted(k)}: ", node) for k, node in items.items()), "}")


def info_node(**facts: object) -> Group | None:
    """``info={...}`` of the facts that are not ``None``; ``None`` when there is none."""
    said = {name: constant(fact) for name, fact in facts.items() if fact is not None}
    return mapping(said) if said else None


def group_of(nodes: Iterable[Part]) -> Group:
    """A tuple."""
    parts = tuple(nodes)
    return Group("(", parts, ",)" if len(parts) == 1 else ")")


def flat(part: Part) -> str:
    """The code on one line."""
    match part:
        case Text(pieces, _):
            return " ".join(pieces)
        case Named(prefix, Text() as node):
            return f"{prefix}({flat(node)})"
        case Named(prefix, node):
            return prefix + flat(node)
        case Group(head, parts, tail):
            return head + ", ".join(map(flat, parts)) + tail
        case _:
            return part


def lines_of(part: Part, *, prefix: str = "", suffix: str = "", depth: int = 0) -> list[str]:
    """The code as lines; ``prefix`` and ``suffix`` stand around it."""
    if isinstance(part, Named):
        prefix, part = prefix + part.prefix, part.node
    indent = _INDENT * depth
    line = f"{indent}{prefix}{flat(part)}{suffix}"
    if isinstance(part, str) or (len(line) <= WIDTH and not _is_tall(part)):
        return [line]
    if isinstance(part, Text):
        return _text_lines(part, prefix, suffix, depth)
    inside = [found for p in part.parts for found in lines_of(p, suffix=",", depth=depth + 1)]
    return [f"{indent}{prefix}{part.head}", *inside, f"{indent}{part.tail.lstrip(',')}{suffix}"]


def _text_lines(node: Text, prefix: str, suffix: str, depth: int) -> list[str]:
    indent = _INDENT * depth
    if depth == 1 and _is_verbatim(node.value):
        return [f'{indent}{prefix}"""\\', *f'{node.value}"""{suffix}'.split("\n")]
    if not prefix:
        *first, last = (indent + piece for piece in node.pieces)
        return [*first, last + suffix]
    inside = [f"{indent}{_INDENT}{piece}" for piece in node.pieces]
    return [f"{indent}{prefix}(", *inside, f"{indent}){suffix}"]


def _is_verbatim(value: str) -> bool:
    """Whether the text means itself between three quotes, and nothing in it is out of sight."""
    lines = value.split("\n")
    is_seen = all(line.replace("\t", "").isprintable() and line == line.rstrip() for line in lines)
    ends_it = value.endswith('"') or '"""' in value
    return is_seen and not ends_it and "\\" not in value


def _is_tall(part: Part) -> bool:
    match part:
        case Text():
            return True
        case Named(_, node):
            return _is_tall(node)
        case Group(_, parts, _):
            return any(map(_is_tall, parts))
        case _:
            return False


def one_line(value: str) -> str:
    """A text for a comment: nothing in it ends the line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)
