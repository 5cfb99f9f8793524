"""Tables, put together from their parts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nbmigrate.diff.detached import part_name
from nbmigrate.diff.partitions import with_local
from nbmigrate.model import KeyOptions, Partition, Statistics, Table, format_path, key
from nbmigrate.model.names import PUBLIC, primary_key_name
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.introspect.constraints import Constraints
from nbmigrate.postgresql.introspect.options import typed_options
from nbmigrate.postgresql.introspect.policies import read_policies
from nbmigrate.postgresql.introspect.privileges import read_column_privileges, read_privileges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbmigrate.model import Column, Grant, Index, Policy, PrimaryKey
    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.introspect.columns import Columns
    from nbmigrate.postgresql.introspect.definitions import Definitions
    from nbmigrate.postgresql.introspect.options import Option
    from nbmigrate.postgresql.sending import Row

_IDENTITIES = {"f": "FULL", "n": "NOTHING"}
_KINDS = {"d": "ndistinct", "f": "dependencies", "m": "mcv"}


class _Parts:
    """What the tables are made of, by table."""

    def __init__(
        self,
        catalog: Catalog,
        columns: Columns,
        constraints: Mapping[int, Constraints],
        definitions: Definitions,
        indexes: Mapping[int, Mapping[str, Index]],
    ) -> None:
        self.definitions = definitions
        self.columns: Mapping[int, Mapping[str, Column]] = columns.by_table
        self.constraints = constraints
        self.indexes = indexes
        self.statistics = read_statistics(catalog)
        self.names = columns.names
        self.part_names = _part_names(catalog)
        self.privileges = read_privileges(catalog, "c")
        self.column_privileges = read_column_privileges(catalog)
        self.sequences = _column_sequences(catalog, columns)
        self.policies: Mapping[int, Mapping[str, Policy]] = read_policies(catalog)
        self.comments = {row[0]: row[2] for row in catalog.comments if row[1] == 0}

    def privileges_of_columns(self, oid: int) -> dict[str, Mapping[str, Grant]]:
        """By the name of the column."""
        found = self.column_privileges.get(oid, {})
        return {self.names[oid][number]: grants for number, grants in found.items()}

    def privileges_of_sequences(self, oid: int) -> dict[str, Mapping[str, Grant]]:
        """Of those that columns count by, by the name of the column."""
        return {
            column: self.privileges[sequence]
            for column, sequence in self.sequences.get(oid, ())
            if sequence in self.privileges
        }


def read_tables(
    catalog: Catalog,
    columns: Columns,
    constraints: Mapping[int, Constraints],
    definitions: Definitions,
    indexes: Mapping[int, Mapping[str, Index]],
) -> dict[str, Table]:
    """All tables."""
    parts = _Parts(catalog, columns, constraints, definitions, indexes)
    return with_local({key(row[1], row[2]): _table(row, parts) for row in catalog.tables})


def _table(row: Row, parts: _Parts) -> Table:
    oid, schema, name, rls, force_rls, unlogged = row[:6]
    options, toast, identity, identity_index, partition_key, bound, parents, cluster, using = row[
        6:
    ]
    constraints = parts.constraints.get(oid) or Constraints()
    composite, single_name = _primary_key(constraints.primary_key, name)
    partition, inherits = _parents(bound, parents)
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
        rls_off=not rls and oid in parts.policies,
        primary_key_options=_key_options(constraints.primary_key),
        unlogged=unlogged,
        options=_options(options, toast),
        replica_identity=_replica_identity(identity, identity_index),
        clustered_on=cluster,
        exclusions=constraints.exclusions,
        statistics=parts.statistics.get(oid, {}),
        partition_key=partition_key,
        partition_of=partition,
        using=using,
        part_names=parts.part_names.get(oid, {}),
        inherits=inherits,
        privileges=parts.privileges.get(oid),
        column_privileges=parts.privileges_of_columns(oid),
        sequence_privileges=parts.privileges_of_sequences(oid),
        comment=parts.comments.get(oid),
        triggers=parts.definitions.triggers.get(oid, {}),
        rules=parts.definitions.rules.get(oid, {}),
    )


def _part_names(catalog: Catalog) -> Mapping[int, Mapping[str, str]]:
    """By partition: its parts of indexes and keys that PostgreSQL would call otherwise."""
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for relid, table, name, whole, kind, columns in catalog.parts:
        if name != part_name(table, columns, kind):
            found[relid][whole] = name
    return found


def _column_sequences(
    catalog: Catalog, columns: Columns
) -> Mapping[int, Sequence[tuple[str, int]]]:
    """The columns of each table that count by identity or serial, with their sequences."""
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in catalog.sequences:
        is_counting = row[9] == "i" or (row[0], row[1]) in columns.serial_sequences
        if is_counting and row[11] in columns.names.get(row[10], ()):
            found[row[10]].append((columns.names[row[10]][row[11]], row[17]))
    return found


def _primary_key(found: PrimaryKey | None, table: str) -> tuple[dict[str, PrimaryKey], str | None]:
    """The key over several columns, or the name of one that PostgreSQL did not choose."""
    if found is None:
        return {}, None
    if len(found.columns) > 1:
        return {found.name: found}, None
    return {}, None if found.name == primary_key_name(table) else found.name


def _key_options(found: PrimaryKey | None) -> KeyOptions | None:
    """What the key over one column is besides a key."""
    if found is None or len(found.columns) > 1:
        return None
    return None if found.options == KeyOptions() else found.options


def _options(own: Sequence[str] | None, toast: Sequence[str] | None) -> dict[str, Option]:
    return typed_options([*(own or ()), *(f"toast.{option}" for option in toast or ())])


def _replica_identity(kind: str, index: str | None) -> str | None:
    if kind == "i":
        return f"USING INDEX {quote(index)}" if index else None
    return _IDENTITIES.get(kind)


def _parents(
    bound: str | None, parents: Sequence[Sequence[str]]
) -> tuple[Partition | None, tuple[str, ...]]:
    if bound is None:
        return None, tuple(format_path(*parent) for parent in parents)
    [(schema, table)] = parents
    return Partition(schema=schema, table=table, bound=bound), ()


def read_statistics(catalog: Catalog) -> Mapping[int, Mapping[str, Statistics]]:
    """The statistics objects by table or materialized view."""
    found: defaultdict[int, dict[str, Statistics]] = defaultdict(dict)
    for relid, name, definition, letters, target, comment in catalog.statistics:
        kinds = tuple(word for letter, word in _KINDS.items() if letter in letters)
        found[relid][name] = Statistics(
            name=name,
            definition=definition,
            kinds=() if len(kinds) == len(_KINDS) else kinds,
            target=target,
            comment=comment,
        )
    return found
