"""Tables and what is inside them, as frozen values.

Field names and their order are those of a drizzle-kit snapshot, version 7
(drizzle-kit 0.31, ``pgSchema.ts``), so that a snapshot file decodes into these
values directly. ``None`` means that the file has no such key. Fields below the
line "sidecar" are what version 7 cannot hold; :mod:`nbmigrate.model.codec`
writes them to ``meta/_NNNN_extra.json``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from nbmigrate.model.names import PUBLIC, parse_path

#: A default: a JSON number or boolean is that literal, a string is SQL text. drizzle-kit 0.31
#: writes a point or vector default as a raw JSON array or object.
Default = str | int | float | bool | list[object] | dict[str, object]


#: When a trigger or rule fires, as ``session_replication_role`` has it.
Enabled = Literal["origin", "replica", "always", "disabled"]

#: Storage parameters by name.
Parameters = Mapping[str, str | int | float | bool]


class Value(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """A frozen value of the model; compare with ``==``.

    Values are trees, never cycles, so the garbage collector need not look at them: that would cost
    as much as reading the catalogs of 1,000 tables.
    """


def no_items() -> dict[str, Any]:
    """An empty map that is written all the same (drizzle requires the key)."""
    return {}


def _false() -> bool:
    return False


class Identity(Value, frozen=True, kw_only=True):
    """``GENERATED ... AS IDENTITY`` and the options of its sequence; numbers as text."""

    type: Literal["always", "byDefault"]
    name: str
    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    increment: str | None = None
    start_with: str | None = None
    min_value: str | None = None
    max_value: str | None = None
    cache: str | None = None
    cycle: bool | None = None


class Generated(Value, frozen=True, kw_only=True):
    """``GENERATED ALWAYS AS (expression)``."""

    expression: str = msgspec.field(name="as")
    type: Literal["stored", "virtual"] = msgspec.field(default_factory=lambda: "stored")


_DIMENSIONS = re.compile(r"(\[\d*\])+$")


class Column(Value, frozen=True, kw_only=True):
    """A column. ``type`` is PostgreSQL's word for it in drizzle's spelling (``numeric(10, 2)``).

    ``not_null_name`` is the name of its NOT NULL constraint when PostgreSQL did not choose it
    (18 and later). A new column gets it; that a column has another one is no difference.
    ``local`` says whether a table that inherits the column lists it itself, where that is not told
    by its being otherwise than its parent's. No ALTER changes it: it is no difference either.
    Nor is ``sequence_name``, which a serial column's sequence has when table or column had another
    name as it was made, or ``sequence_comment`` on the sequence of a serial or identity column.
    ``options`` are those of the planner (``n_distinct``).
    """

    name: str
    type: str
    type_schema: str | None = None
    primary_key: bool = msgspec.field(default_factory=_false)
    not_null: bool = msgspec.field(default_factory=_false)
    generated: Generated | None = None
    identity: Identity | None = None
    default: Default | None = None
    # sidecar
    collation: str | None = None
    storage: str | None = None
    compression: str | None = None
    statistics: int | None = None
    not_null_name: str | None = None
    local: bool | None = None
    sequence_name: str | None = None
    sequence_comment: str | None = None
    options: Mapping[str, str | int | float | bool] = {}
    comment: str | None = None

    @property
    def element_type(self) -> str:
        """The type without array dimensions."""
        return _DIMENSIONS.sub("", self.type)


class IndexColumn(Value, frozen=True, kw_only=True):
    """A key of an index: a column's name, or SQL when ``is_expression``."""

    expression: str
    is_expression: bool = msgspec.field(default_factory=_false)
    asc: bool = msgspec.field(default_factory=lambda: True)
    nulls: str = msgspec.field(default_factory=lambda: "last")
    opclass: str | None = None
    # sidecar
    collation: str | None = None


class Index(Value, frozen=True, kw_only=True):
    """An index. ``where`` is the predicate as SQL text without parentheses.

    ``key_statistics`` are the statistics targets that its keys, by their number from 1 on, are
    made with; another one later is no difference.
    """

    name: str
    columns: tuple[IndexColumn, ...]
    is_unique: bool = msgspec.field(default_factory=_false)
    where: str | None = None
    concurrently: bool = msgspec.field(default_factory=_false)
    method: str = msgspec.field(default_factory=lambda: "btree")
    options: Mapping[str, str | int | float | bool] = msgspec.field(
        name="with", default_factory=no_items
    )
    # sidecar
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    tablespace: str | None = None
    key_statistics: Mapping[str, int] = {}
    comment: str | None = None


class ForeignKey(Value, frozen=True, kw_only=True):
    """A foreign key; ``schema_to`` is ``None`` for public.

    ``period``: the last column is a range, and what is referred to must cover it (PostgreSQL 18
    docs, CREATE TABLE, "PERIOD"). ``delete_columns`` are those that ON DELETE SET NULL or SET DEFAULT sets, when not all.
    """

    name: str
    table_from: str
    table_to: str
    schema_to: str | None = None
    columns_from: tuple[str, ...]
    columns_to: tuple[str, ...]
    on_delete: str = msgspec.field(default_factory=lambda: "no action")
    on_update: str = msgspec.field(default_factory=lambda: "no action")
    # sidecar
    match: str | None = None
    deferrable: bool = False
    initially_deferred: bool = False
    not_valid: bool = False
    not_enforced: bool = False
    period: bool = False
    delete_columns: tuple[str, ...] = ()
    comment: str | None = None

    @property
    def target(self) -> tuple[str, str]:
        """Schema and name of the referenced table."""
        return (self.schema_to or PUBLIC, self.table_to)


class KeyOptions(Value, frozen=True, kw_only=True):
    """What a primary key is besides its name and columns; of one column, besides its flag."""

    include: tuple[str, ...] = ()
    without_overlaps: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    parameters: Parameters = {}
    comment: str | None = None


class PrimaryKey(Value, frozen=True, kw_only=True):
    """A primary key over several columns; one column alone is a flag of the column.

    ``without_overlaps``: the last column is a range, and no two rows that agree in the others
    overlap in it (PostgreSQL 18 docs, CREATE TABLE, "WITHOUT OVERLAPS"). ``parameters`` are the storage parameters that its index is made with; another one later is no
    difference.
    """

    name: str
    columns: tuple[str, ...]
    # sidecar
    include: tuple[str, ...] = ()
    without_overlaps: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    parameters: Parameters = {}
    comment: str | None = None

    @property
    def options(self) -> KeyOptions:
        """All but name and columns."""
        return KeyOptions(
            include=self.include,
            without_overlaps=self.without_overlaps,
            deferrable=self.deferrable,
            initially_deferred=self.initially_deferred,
            parameters=self.parameters,
            comment=self.comment,
        )


class Unique(Value, frozen=True, kw_only=True):
    """A unique constraint; ``without_overlaps`` as of a primary key."""

    name: str
    nulls_not_distinct: bool = msgspec.field(default_factory=_false)
    columns: tuple[str, ...] = ()
    # sidecar
    include: tuple[str, ...] = ()
    without_overlaps: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    parameters: Parameters = {}
    comment: str | None = None


class Policy(Value, frozen=True, kw_only=True):
    """A row security policy; ``on`` only for one whose table is not in the snapshot."""

    name: str
    as_: str = msgspec.field(name="as", default_factory=lambda: "PERMISSIVE")
    for_: str = msgspec.field(name="for", default_factory=lambda: "ALL")
    to: tuple[str, ...] = msgspec.field(default_factory=lambda: ("public",))
    using: str | None = None
    with_check: str | None = None
    on: str | None = None
    schema: str | None = None
    # sidecar
    comment: str | None = None


class Check(Value, frozen=True, kw_only=True):
    """A check constraint; ``value`` is SQL without the outer parentheses."""

    name: str
    value: str
    # sidecar
    no_inherit: bool = False
    not_valid: bool = False
    not_enforced: bool = False
    comment: str | None = None


class Exclusion(Value, frozen=True, kw_only=True):
    """An exclusion constraint; ``definition`` is all behind its name: ``EXCLUDE USING ...``."""

    name: str
    definition: str
    comment: str | None = None


class Statistics(Value, frozen=True, kw_only=True):
    """A statistics object in the schema of its table; ``definition`` is what stands behind ON.

    ``kinds`` are PostgreSQL's words (``ndistinct``); empty for all of them.
    """

    name: str
    definition: str
    kinds: tuple[str, ...] = ()
    target: int | None = None
    comment: str | None = None


class Partition(Value, frozen=True, kw_only=True):
    """Whose partition a table is; ``bound`` is ``FOR VALUES ...`` or ``DEFAULT``."""

    schema: str = msgspec.field(default_factory=lambda: PUBLIC)
    table: str
    bound: str

    @property
    def parent(self) -> tuple[str, str]:
        """Schema and name of the partitioned table."""
        return (self.schema, self.table)


class Grant(Value, frozen=True, kw_only=True):
    """What one role may do with an object; ``grantable`` are those that it may pass on.

    Of a function closed to everybody the role ``public`` has no privileges.
    """

    role: str
    privileges: tuple[str, ...]
    grantable: tuple[str, ...] = ()


class Trigger(Value, frozen=True, kw_only=True):
    """A trigger; ``definition`` is the whole CREATE TRIGGER statement."""

    name: str
    definition: str
    enabled: Enabled = "origin"
    comment: str | None = None


class Rule(Value, frozen=True, kw_only=True):
    """A rewrite rule; ``definition`` is the whole CREATE RULE statement."""

    name: str
    definition: str
    enabled: Enabled = "origin"
    comment: str | None = None


class Table(Value, frozen=True, kw_only=True):
    """A table. ``schema`` is ``""`` for public, as drizzle writes it.

    Policies switch row security on, as in drizzle, unless ``rls_off`` says that they wait.
    ``column_privileges`` and ``sequence_privileges`` are by column: those of the column, and
    those of the sequence that a serial or identity column counts with.
    ``using`` is the access method, when not ``heap``.
    ``part_names`` are how a partition calls its part of an index or key where PostgreSQL would have
    chosen another name, by the name of the index or key above. Other ones later are no difference.
    """

    name: str
    schema: str = msgspec.field(default_factory=lambda: "")
    columns: Mapping[str, Column] = msgspec.field(default_factory=no_items)
    indexes: Mapping[str, Index] = msgspec.field(default_factory=no_items)
    foreign_keys: Mapping[str, ForeignKey] = msgspec.field(default_factory=no_items)
    composite_primary_keys: Mapping[str, PrimaryKey] = msgspec.field(default_factory=no_items)
    unique_constraints: Mapping[str, Unique] = msgspec.field(default_factory=no_items)
    policies: Mapping[str, Policy] = msgspec.field(default_factory=no_items)
    check_constraints: Mapping[str, Check] = msgspec.field(default_factory=no_items)
    is_rls_enabled: bool = msgspec.field(name="isRLSEnabled", default_factory=_false)
    # sidecar
    primary_key_name: str | None = None
    primary_key_options: KeyOptions | None = None
    force_rls: bool = False
    rls_off: bool = False
    unlogged: bool = False
    options: Mapping[str, str | int | float | bool] = {}
    replica_identity: str | None = None
    clustered_on: str | None = None
    exclusions: Mapping[str, Exclusion] = {}
    statistics: Mapping[str, Statistics] = {}
    partition_key: str | None = None
    partition_of: Partition | None = None
    part_names: Mapping[str, str] = {}
    using: str | None = None
    inherits: tuple[str, ...] = ()
    privileges: Mapping[str, Grant] | None = None
    column_privileges: Mapping[str, Mapping[str, Grant]] = {}
    sequence_privileges: Mapping[str, Mapping[str, Grant]] = {}
    comment: str | None = None
    triggers: Mapping[str, Trigger] = {}
    rules: Mapping[str, Rule] = {}

    @property
    def id(self) -> tuple[str, str]:
        """Schema (public spelled out) and name."""
        return (self.schema or PUBLIC, self.name)

    @property
    def parents(self) -> tuple[tuple[str, str], ...]:
        """The tables that it has its columns from: schema and name."""
        if self.partition_of:
            return (self.partition_of.parent,)
        return tuple(
            (parts[0], parts[1]) for parts in map(parse_path, self.inherits) if len(parts) == 2
        )

    @property
    def primary_key_columns(self) -> tuple[str, ...]:
        """The columns of the primary key in key order; empty without one."""
        for pk in self.composite_primary_keys.values():
            return pk.columns
        return tuple(c.name for c in self.columns.values() if c.primary_key)
