"""A snapshot: everything a schema is, at one moment, as one frozen value.

Maps are keyed ``schema.name`` with public spelled out; functions
``schema.name(types)``, definitions ``schema.kind(name)``, extensions by their bare name. The ``id`` and ``prevId``
of a snapshot *file* belong to the file (:mod:`nbmigrate.model.codec`), so that
an introspected and a declared snapshot are equal when their schemas are.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from nbmigrate.model.definitions import (
    CompositeType,
    Definition,
    Domain,
    Extension,
    Function,
    RangeType,
)
from nbmigrate.model.objects import Enum, Role, Sequence, View
from nbmigrate.model.tables import Grant, Policy, Table, Value, no_items


class Snapshot(Value, frozen=True, kw_only=True):
    """The schemas, tables and other objects of one database or declaration."""

    tables: Mapping[str, Table] = msgspec.field(default_factory=no_items)
    enums: Mapping[str, Enum] = msgspec.field(default_factory=no_items)
    schemas: Mapping[str, str] = msgspec.field(default_factory=no_items)
    sequences: Mapping[str, Sequence] = msgspec.field(default_factory=no_items)
    roles: Mapping[str, Role] = msgspec.field(default_factory=no_items)
    policies: Mapping[str, Policy] = msgspec.field(default_factory=no_items)
    views: Mapping[str, View] = msgspec.field(default_factory=no_items)
    # sidecar
    extensions: Mapping[str, Extension] = {}
    domains: Mapping[str, Domain] = {}
    types: Mapping[str, CompositeType | RangeType] = {}
    functions: Mapping[str, Function] = {}
    definitions: Mapping[str, Definition] = {}
    schema_comments: Mapping[str, str] = {}
    schema_privileges: Mapping[str, Mapping[str, Grant]] = {}


EMPTY = Snapshot()


def sharing(old: Snapshot, new: Snapshot) -> Snapshot:
    """``new`` with the very tables of ``old`` that say the same: comparing those again costs nothing.

    The same in the same order, too: ``==`` does not see in which order columns are to be made.
    """
    encode = msgspec.json.encode
    tables = {
        name: before
        if (before := old.tables.get(name)) == table and encode(before) == encode(table)
        else table
        for name, table in new.tables.items()
    }
    return msgspec.structs.replace(new, tables=tables)
