"""One table: columns in order, constraints, indexes, and what has no place in a snapshot."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Table

from nbmigrate import model
from nbmigrate.errors import DeclarationError
from nbmigrate.model.names import PUBLIC, format_path
from nbmigrate.postgresql.from_metadata.columns import column_of
from nbmigrate.postgresql.from_metadata.constraints import (
    checks,
    exclusions,
    foreign_keys,
    primary_key_name,
    primary_key_options,
    primary_keys,
    uniques,
)
from nbmigrate.postgresql.from_metadata.indexes import indexes, option
from nbmigrate.postgresql.from_metadata.names import checked, schema_name, table_path
from nbmigrate.postgresql.from_metadata.targets import Known
from nbmigrate.postgresql.identifiers import quote

#: ``postgresql_*`` options of a Table that would change what is created and are not held.
_NOT_HELD = ("tablespace", "on_commit")
_USING_INDEX = re.compile(r"using\s+index\s+(?:(\w+)|(\"(?:[^\"]|\"\")+\"))", re.IGNORECASE)


def table_of(table: Table, known: Known) -> model.Table:
    """The table as a snapshot holds it.

    Raises:
        DeclarationError: when a part of it cannot be expressed.
    """
    where = table_path(table)
    _refuse_what_is_not_held(table, where)
    schema = schema_name(table.schema)
    # First: a column without a type takes that of its target, which must be there.
    references = foreign_keys(table, known)
    columns = [column_of(column, table) for column in table.columns if not column.system]
    return model.Table(
        name=checked(table.name, kind="table", where=where),
        schema="" if schema == PUBLIC else checked(schema, kind="schema", where=where),
        columns={column.name: column for column in columns},
        indexes=indexes(table),
        foreign_keys=references,
        composite_primary_keys=primary_keys(table),
        unique_constraints=uniques(table),
        check_constraints=checks(table),
        primary_key_name=primary_key_name(table),
        primary_key_options=primary_key_options(table),
        exclusions=exclusions(table),
        using=_access_method(table),
        unlogged=_is_unlogged(table, where),
        options=_storage_parameters(table),
        partition_key=table.dialect_options["postgresql"].get("partition_by") or None,
        inherits=_inherits(table),
        replica_identity=_replica_identity(table, where),
        clustered_on=table.info.get("clustered_on"),
        comment=table.comment,
    )


def _refuse_what_is_not_held(table: Table, where: str) -> None:
    options: Any = table.dialect_options["postgresql"]
    for name in _NOT_HELD:
        if options.get(name):
            raise DeclarationError(f"postgresql_{name} of a table is not supported", source=where)


def _access_method(table: Table) -> str | None:
    said = table.dialect_options["postgresql"].get("using")
    return None if said in (None, "heap") else str(said)


def _storage_parameters(table: Table) -> dict[str, str | int | float | bool]:
    given = table.dialect_options["postgresql"].get("with") or {}
    return {str(name): option(value) for name, value in given.items()}


def _inherits(table: Table) -> tuple[str, ...]:
    """The parents by path; a bare name is in the schema of the table."""
    given = table.dialect_options["postgresql"].get("inherits") or ()
    names = [str(name) for name in ((given,) if isinstance(given, str) else given)]
    schema = schema_name(table.schema)
    return tuple(name if "." in name else format_path(schema, name) for name in names)


def _is_unlogged(table: Table, where: str) -> bool:
    words = [str(prefix).upper() for prefix in getattr(table, "_prefixes", ())]
    if words in ([], ["UNLOGGED"]):
        return bool(words)
    raise DeclarationError(f"a table with prefix {' '.join(words)} is not supported", source=where)


def _replica_identity(table: Table, where: str) -> str | None:
    """In the words of the catalogs; DEFAULT is none (PostgreSQL 18, ALTER TABLE)."""
    said = str(table.info.get("replica_identity") or "DEFAULT").strip()
    if said.upper() in ("DEFAULT", "FULL", "NOTHING"):
        return None if said.upper() == "DEFAULT" else said.upper()
    if index := _USING_INDEX.fullmatch(said):
        plain, quoted = index.groups()
        return f"USING INDEX {quoted or quote(plain.lower())}"
    raise DeclarationError(
        f"replica identity `{said}`",
        source=where,
        hint='FULL, NOTHING, DEFAULT or USING INDEX "name"',
    )
