"""Walks a JSON document beside the types of the model, to say *where* something is wrong.

msgspec names a culprit inside a map only as ``[...]``; a person needs the key.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from nbmigrate.model.json_text import Json
from nbmigrate.model.tables import Value

#: A resolved annotation; Python has no type for all of them.
Annotation = Any

Fields = tuple[tuple[msgspec.structs.FieldInfo, Annotation], ...]


class Node(NamedTuple):
    """A part of a document, the type it should have, and its place as text."""

    value: Json
    hint: Annotation
    path: str

    @property
    def struct(self) -> type[Value] | None:
        """The model type of an object, if it should be one."""
        hint = self.hint
        return hint if isinstance(hint, type) and issubclass(hint, Value) else None


@cache
def fields_of(struct: type[Value]) -> Fields:
    """The fields of a model type with their resolved annotations, in order."""
    hints = typing.get_type_hints(struct)
    return tuple((field, hints[field.name]) for field in msgspec.structs.fields(struct))


def children(node: Node, fields: Callable[[type[Value]], Fields] = fields_of) -> Iterator[Node]:
    """The parts one level below; nothing for a leaf or for a value of another shape."""
    value, path = node.value, node.path
    origin: Annotation = typing.get_origin(node.hint)
    arguments = typing.get_args(node.hint)
    if node.struct and isinstance(value, dict):
        for field, hint in fields(node.struct):
            name = field.encode_name
            if name in value:
                yield Node(value[name], _narrow(hint), f"{path}.{name}" if path else name)
    elif origin is Mapping and isinstance(value, dict):
        for key, item in value.items():
            yield Node(item, _narrow(arguments[1]), f'{path}["{key}"]')
    elif origin is tuple and isinstance(value, list):
        for at, item in enumerate(value):
            yield Node(item, _narrow(arguments[0]), f"{path}[{at}]")


@cache
def _narrow(hint: Annotation) -> Annotation:
    """``T`` for ``T | None``."""
    origin: Annotation = typing.get_origin(hint)
    if origin is types.UnionType:
        rest = [one for one in typing.get_args(hint) if one is not types.NoneType]
        return rest[0] if len(rest) == 1 else hint
    return hint


def objects(node: Node) -> Iterator[Node]:
    """Every object of a model type in the document, outer ones first."""
    if node.struct and isinstance(node.value, dict):
        yield node
    for child in children(node, fields_with_objects):
        yield from objects(child)


@cache
def fields_with_objects(struct: type[Value]) -> Fields:
    """The fields in which there can be further objects: most have none, and need no visit."""
    return tuple((field, hint) for field, hint in fields_of(struct) if _leads_to_object(hint))


@cache
def parts_of(struct: type[Value]) -> tuple[tuple[str, bool, type[Value]], ...]:
    """The keys under which there are objects, whether there is one only, and what they are."""
    found = []
    for field, hint in fields_with_objects(struct):
        inner = _narrow(hint)
        is_one = isinstance(inner, type)
        if not is_one:
            *_, inner = (one for one in typing.get_args(inner) if one is not Ellipsis)
        if isinstance(inner, type) and issubclass(inner, Value):
            found.append((field.encode_name, is_one, inner))
    return tuple(found)


def _leads_to_object(hint: Annotation) -> bool:
    if isinstance(hint, type) and issubclass(hint, Value):
        return True
    return any(_leads_to_object(one) for one in typing.get_args(hint))


def locate(node: Node) -> tuple[str, str] | None:
    """Path and complaint of the innermost part that does not have its type."""
    for child in children(node):
        if found := locate(child):
            return found
    try:
        msgspec.convert(node.value, node.hint)
    except msgspec.ValidationError as error:
        return node.path, str(error).partition(" - at `")[0]
    return None
