"""Objects that version 7 of a snapshot has no word for: extensions, types, functions, collations ...

They live in the sidecar alone. SQL in them is text: what was typed, or what PostgreSQL
answers. A type inside such a text is SQL too (``app."Mood"[]``), without ``public.``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from nbmigrate.model.names import PUBLIC
from nbmigrate.model.tables import Grant, Value


class Extension(Value, frozen=True, kw_only=True):
    """An extension; without ``schema`` it is wherever it is."""

    name: str
    schema: str | None = None


class DomainCheck(Value, frozen=True, kw_only=True):
    """A check of a domain; ``value`` is SQL about ``VALUE`` without the outer parentheses."""

    name: str
    value: str
    not_valid: bool = False


class Domain(Value, frozen=True, kw_only=True):
    """A type with conditions; ``check_comments`` are by the name of the check."""

    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    type: str
    collation: str | None = None
    default: str | None = None
    not_null: bool = False
    checks: Mapping[str, DomainCheck] = {}
    check_comments: Mapping[str, str] = {}
    privileges: Mapping[str, Grant] | None = None
    comment: str | None = None

    @property
    def id(self) -> tuple[str, str]:
        """Schema and name."""
        return (self.schema, self.name)


class Attribute(Value, frozen=True, kw_only=True):
    """A part of a composite type."""

    name: str
    type: str
    collation: str | None = None


class CompositeType(Value, frozen=True, kw_only=True, tag="composite", tag_field="kind"):
    """A type of several attributes; ``attribute_comments`` are by the attribute's name."""

    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    attributes: tuple[Attribute, ...] = ()
    attribute_comments: Mapping[str, str] = {}
    privileges: Mapping[str, Grant] | None = None
    comment: str | None = None

    @property
    def id(self) -> tuple[str, str]:
        """Schema and name."""
        return (self.schema, self.name)


class RangeType(Value, frozen=True, kw_only=True, tag="range", tag_field="kind"):
    """A range over a type; ``multirange`` only when PostgreSQL did not choose its name."""

    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    subtype: str
    opclass: str | None = None
    collation: str | None = None
    subtype_diff: str | None = None
    multirange: str | None = None
    privileges: Mapping[str, Grant] | None = None
    comment: str | None = None

    @property
    def id(self) -> tuple[str, str]:
        """Schema and name."""
        return (self.schema, self.name)


class Parameter(Value, frozen=True, kw_only=True):
    """A parameter of a function."""

    name: str | None = None
    type: str
    mode: Literal["in", "out", "inout", "variadic", "table"] = "in"
    default: str | None = None


class Function(Value, frozen=True, kw_only=True):
    """A function, procedure or aggregate; ``definition`` is the whole CREATE OR REPLACE statement.

    The other fields say what the definition says too: who it is (``schema.name(types)``)
    and whether it can take the place of another one.
    """

    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    kind: Literal["function", "procedure", "aggregate"] = "function"
    parameters: tuple[Parameter, ...] = ()
    returns: str | None = None
    definition: str
    privileges: Mapping[str, Grant] | None = None
    comment: str | None = None

    @property
    def arguments(self) -> str:
        """The types by which it is called, as SQL: ``integer, text``."""
        taken = (p.type for p in self.parameters if p.mode not in ("out", "table"))
        return ", ".join(taken)

    @property
    def signature(self) -> str:
        """Its name among those that have the same name: ``add(integer, integer)``."""
        return f"{self.name}({self.arguments})"

    @property
    def id(self) -> tuple[str, str]:
        """Schema and signature."""
        return (self.schema, self.signature)


DefinitionKind = Literal[
    "collation",
    "text search dictionary",
    "text search configuration",
    "cast",
    "operator",
    "operator family",
    "operator class",
    "event trigger",
    "conversion",
    "foreign data wrapper",
    "server",
    "foreign table",
    "publication",
]
#: Kinds that are in no schema.
SCHEMALESS: frozenset[DefinitionKind] = frozenset(
    ["cast", "event trigger", "foreign data wrapper", "server", "publication"]
)


class Definition(Value, frozen=True, kw_only=True):
    """An object that is known as a whole: ``definition`` is the SQL that makes it.

    That is a CREATE statement; the mappings of a text search configuration follow it, and the triggers
    of a foreign table.

    The other fields say what the definition says too. A cast is called ``integer AS text``; what is
    in no schema stands under public. ``of`` is what tells it from others of its
    name: the types of an operator, the access method of an operator class.
    """

    kind: DefinitionKind
    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    of: str = ""
    definition: str
    comment: str | None = None

    @property
    def id(self) -> tuple[str, str]:
        """Schema and ``kind(name)``: a collation and a table may have one name."""
        inside = f"{self.name}, {self.of}" if self.of else self.name
        return (self.schema, f"{self.kind}({inside})")
