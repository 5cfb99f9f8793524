"""Snapshots of the rows of the catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from nbmigrate.model import Grant, Snapshot
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.introspect.columns import read_columns
from nbmigrate.postgresql.introspect.constraints import read_constraints
from nbmigrate.postgresql.introspect.definitions import (
    read_defined,
    read_definitions,
    read_domains,
    read_extensions,
    read_functions,
    read_types,
)
from nbmigrate.postgresql.introspect.indexes import read_indexes
from nbmigrate.postgresql.introspect.objects import read_enums, read_roles, read_sequences
from nbmigrate.postgresql.introspect.privileges import read_privileges
from nbmigrate.postgresql.introspect.tables import read_tables
from nbmigrate.postgresql.introspect.views import read_views

if TYPE_CHECKING:
    from nbmigrate.model import Index, Sequence, Table
    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.introspect.columns import Columns
    from nbmigrate.postgresql.introspect.definitions import Definitions


class Tables(NamedTuple):
    """The tables, and what was read on the way to them that views are made of too."""

    columns: Columns
    indexes: Mapping[int, Mapping[str, Index]]
    definitions: Definitions
    tables: dict[str, Table]
    #: The sequences that are things of their own.
    sequences: dict[str, Sequence]


def tables_of(catalog: Catalog) -> Tables:
    """The tables, in the order of the queries: what is asked for first does not wait for later ones."""
    columns = read_columns(catalog)
    constraints = read_constraints(catalog, columns.names)
    indexes = read_indexes(catalog, columns)
    definitions = read_definitions(catalog)
    return Tables(
        columns,
        indexes,
        definitions,
        read_tables(catalog, columns, constraints, definitions, indexes),
        read_sequences(catalog, columns.serial_sequences),
    )


def snapshot_of(catalog: Catalog) -> Snapshot:
    """The whole schema."""
    columns, indexes, definitions, tables, sequences = tables_of(catalog)
    return Snapshot(
        schemas={name: name for _, name in catalog.schemas if name != PUBLIC},
        tables=tables,
        enums=read_enums(catalog),
        sequences=sequences,
        views=read_views(catalog, columns, definitions, indexes),
        roles=read_roles(catalog),
        extensions=read_extensions(catalog),
        domains=read_domains(catalog),
        types=read_types(catalog),
        functions=read_functions(catalog),
        definitions=read_defined(catalog),
        schema_comments=_schema_comments(catalog),
        schema_privileges=_schema_privileges(catalog),
    )


def _schema_comments(catalog: Catalog) -> dict[str, str]:
    comments = {row[0]: row[2] for row in catalog.comments if row[1] == -1}
    return {name: comments[oid] for oid, name in catalog.schemas if oid in comments}


def _schema_privileges(catalog: Catalog) -> dict[str, Mapping[str, Grant]]:
    privileges = read_privileges(catalog, "n")
    return {name: privileges[oid] for oid, name in catalog.schemas if oid in privileges}
