"""Objects outside tables: enums, sequences, roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from nbmigrate.model import Enum, Role, Sequence, format_path, key
from nbmigrate.postgresql.introspect.privileges import read_privileges

if TYPE_CHECKING:
    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.sending import Row


def read_enums(catalog: Catalog) -> dict[str, Enum]:
    """The enums, labels in order."""
    privileges = read_privileges(catalog, "t")
    return {
        key(schema, name): Enum(
            name=name,
            schema=schema,
            values=tuple(labels),
            privileges=privileges.get(oid),
            comment=comment,
        )
        for schema, name, labels, comment, oid in catalog.enums
    }


def read_sequences(catalog: Catalog, serial: frozenset[tuple[str, str]]) -> dict[str, Sequence]:
    """The sequences that are neither an identity's nor a serial column's."""
    privileges = read_privileges(catalog, "c")
    return {
        key(row[0], row[1]): replace(_sequence(row), privileges=privileges.get(row[17]))
        for row in catalog.sequences
        if row[9] != "i" and (row[0], row[1]) not in serial
    }


def _sequence(row: Row) -> Sequence:
    schema, name, type_text, start, increment, low, high, cache, cycle = row[:9]
    return Sequence(
        name=name,
        schema=schema,
        increment=str(increment),
        start_with=str(start),
        min_value=str(low),
        max_value=str(high),
        cache=str(cache),
        cycle=cycle,
        data_type=None if type_text == "bigint" else type_text,
        owned_by=format_path(*row[13:16]) if row[15] is not None else None,
        unlogged=row[18],
        comment=row[16],
    )


def read_roles(catalog: Catalog) -> dict[str, Role]:
    """The roles that were asked for."""
    return {
        name: Role(name=name, create_db=create_db, create_role=create_role, inherit=inherit)
        for name, create_db, create_role, inherit in catalog.roles
    }
