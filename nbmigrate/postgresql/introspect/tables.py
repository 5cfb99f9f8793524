"""Tables, put together from their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.model import Table, key
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.introspect.constraints import Constraints, read_constraints
from nbmigrate.postgresql.introspect.indexes import read_indexes
from nbmigrate.postgresql.introspect.policies import read_policies
from nbmigrate.postgresql.names import primary_key_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.model import Column, Index, Policy, PrimaryKey
    from nbmigrate.postgresql.introspect.catalog import Catalog, Row
    from nbmigrate.postgresql.introspect.columns import Columns
    from nbmigrate.postgresql.introspect.definitions import Definitions


class _Parts:
    """What the tables are made of, by table."""

    def __init__(self, catalog: Catalog, columns: Columns, definitions: Definitions) -> None:
        self.definitions = definitions
        self.columns: Mapping[int, Mapping[str, Column]] = columns.by_table
        self.constraints: Mapping[int, Constraints] = read_constraints(catalog, columns.names)
        self.indexes: Mapping[int, Mapping[str, Index]] = read_indexes(catalog, columns)
        self.policies: Mapping[int, Mapping[str, Policy]] = read_policies(catalog)
        self.comments = {row[0]: row[2] for row in catalog.comments if row[1] == 0}


def read_tables(catalog: Catalog, columns: Columns, definitions: Definitions) -> dict[str, Table]:
    """All tables."""
    parts = _Parts(catalog, columns, definitions)
    return {key(row[1], row[2]): _table(row, parts) for row in catalog.tables}


def _table(row: Row, parts: _Parts) -> Table:
    oid, schema, name, rls, force_rls, unlogged = row
    constraints = parts.constraints.get(oid) or Constraints()
    composite, single_name = _primary_key(constraints.primary_key, name)
    return Table(
        name=name,
        schema="" if schema == PUBLIC else schema,
        columns=parts.columns.get(oid, {}),
        indexes=parts.indexes.get(oid, {}),
        foreign_keys=constraints.foreign_keys,
        composite_primary_keys=composite,
        unique_constraints=constraints.uniques,
        policies=parts.policies.get(oid, {}),
        check_constraints=constraints.checks,
        is_rls_enabled=rls,
        primary_key_name=single_name,
        force_rls=force_rls,
        unlogged=unlogged,
        comment=parts.comments.get(oid),
        triggers=parts.definitions.triggers.get(oid, {}),
        rules=parts.definitions.rules.get(oid, {}),
    )


def _primary_key(found: PrimaryKey | None, table: str) -> tuple[dict[str, PrimaryKey], str | None]:
    """The key over several columns, or the name of one that PostgreSQL did not choose."""
    if found is None:
        return {}, None
    if len(found.columns) > 1:
        return {found.name: found}, None
    return {}, None if found.name == primary_key_name(table) else found.name
