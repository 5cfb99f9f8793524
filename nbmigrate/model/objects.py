"""Objects that are not part of a table: enums, sequences, views, roles.

As in :mod:`nbmigrate.model.tables`, names and order of the fields are those of
a drizzle-kit version 7 snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from nbmigrate.model.names import PUBLIC
from nbmigrate.model.tables import Column, Grant, Index, Rule, Statistics, Trigger, Value, no_items


class Enum(Value, frozen=True, kw_only=True):
    """An enum type and its labels in order."""

    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    values: tuple[str, ...] = msgspec.field(default_factory=lambda: ())
    # sidecar
    privileges: Mapping[str, Grant] | None = None
    comment: str | None = None

    @property
    def id(self) -> tuple[str, str]:
        """Schema and name."""
        return (self.schema, self.name)


class Sequence(Value, frozen=True, kw_only=True):
    """A sequence; numbers as text. ``owned_by`` is the path of the column that it goes with.

    ``unlogged`` is said only of one that no column owns: SET UNLOGGED of a table takes its own along.
    """

    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    increment: str | None = None
    start_with: str | None = None
    min_value: str | None = None
    max_value: str | None = None
    cache: str | None = None
    cycle: bool | None = None
    # sidecar
    data_type: str | None = None
    owned_by: str | None = None
    unlogged: bool = False
    privileges: Mapping[str, Grant] | None = None
    comment: str | None = None

    @property
    def id(self) -> tuple[str, str]:
        """Schema and name."""
        return (self.schema, self.name)


class Role(Value, frozen=True, kw_only=True):
    """A role; without LOGIN and without a password, which no file may hold."""

    name: str
    create_db: bool = msgspec.field(default_factory=lambda: False)
    create_role: bool = msgspec.field(default_factory=lambda: False)
    inherit: bool = msgspec.field(default_factory=lambda: True)


#: The options of views that are on or off, and may be said in several words.
VIEW_SWITCHES = frozenset(
    {"securityBarrier", "securityInvoker", "autovacuumEnabled", "vacuumTruncate"}
)


class View(Value, frozen=True, kw_only=True):
    """A view or materialized view; an existing one (``is_existing``) is never touched.

    ``options`` are drizzle's camelCase names (``securityBarrier``, ``checkOption``).
    ``privileges`` that are ``None`` are not spoken of, and stay as they are. ``option_words`` are what
    truth values among the options were said with (``on``), which is no difference.
    """

    columns: Mapping[str, Column] = msgspec.field(default_factory=no_items)
    definition: str | None = None
    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    is_existing: bool = msgspec.field(default_factory=lambda: False)
    options: Mapping[str, str | int | float | bool] | None = msgspec.field(
        name="with", default=None
    )
    with_no_data: bool | None = None
    materialized: bool = msgspec.field(default_factory=lambda: False)
    tablespace: str | None = None
    using: str | None = None
    # sidecar
    option_words: Mapping[str, str] = {}
    privileges: Mapping[str, Grant] | None = None
    column_privileges: Mapping[str, Mapping[str, Grant]] = {}
    column_comments: Mapping[str, str] = {}
    comment: str | None = None
    indexes: Mapping[str, Index] = {}
    clustered_on: str | None = None
    statistics: Mapping[str, Statistics] = {}
    triggers: Mapping[str, Trigger] = {}
    rules: Mapping[str, Rule] = {}

    @property
    def id(self) -> tuple[str, str]:
        """Schema (public spelled out) and name."""
        return (self.schema or PUBLIC, self.name)

    @property
    def said_options(self) -> dict[str, str | int | float | bool]:
        """The options in the words that they were said in."""
        return {**(self.options or {}), **self.option_words}
