"""Constraints: primary keys, uniques, foreign keys, checks, exclusions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbmigrate.model import Check, Exclusion, ForeignKey, PrimaryKey, Unique
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.expressions import strip_parens
from nbmigrate.postgresql.introspect.options import typed_options
from nbmigrate.postgresql.introspect.steady import printed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.sending import Row

_ACTIONS = {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}


@dataclass
class Constraints:
    """The constraints of one table."""

    primary_key: PrimaryKey | None = None
    uniques: dict[str, Unique] = field(default_factory=dict)
    foreign_keys: dict[str, ForeignKey] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    exclusions: dict[str, Exclusion] = field(default_factory=dict)


def read_constraints(
    catalog: Catalog, names: Mapping[int, Mapping[int, str]]
) -> Mapping[int, Constraints]:
    """The constraints by table; ``names`` are the columns' by table and number."""
    tables = {oid: (schema, name) for oid, schema, name, *_ in catalog.tables}
    found: defaultdict[int, Constraints] = defaultdict(Constraints)
    for row in catalog.constraints:
        relid, name, kind = row[:3]
        of_table = found[relid]
        if relid not in tables:
            continue
        match kind:
            case "p":
                of_table.primary_key = _primary_key(row, names[relid])
            case "u":
                of_table.uniques[name] = _unique(row, names[relid])
            case "f":
                of_table.foreign_keys[name] = _foreign_key(row, names, tables[relid][1])
            case "x":
                of_table.exclusions[name] = Exclusion(name=name, definition=row[9], comment=row[20])
            case _:
                of_table.checks[name] = _check(row)
    return found


def _columns(numbers: Sequence[int] | None, names: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(names[number] for number in numbers or ())


def _primary_key(row: Row, names: Mapping[int, str]) -> PrimaryKey:
    return PrimaryKey(
        name=row[1],
        columns=_columns(row[3], names),
        include=_columns(row[19], names),
        without_overlaps=row[23],
        deferrable=row[4],
        initially_deferred=row[5],
        parameters=typed_options(row[22] or ()),
        comment=row[20],
    )


def _unique(row: Row, names: Mapping[int, str]) -> Unique:
    return Unique(
        name=row[1],
        nulls_not_distinct=row[18],
        columns=_columns(row[3], names),
        include=_columns(row[19], names),
        without_overlaps=row[23],
        deferrable=row[4],
        initially_deferred=row[5],
        parameters=typed_options(row[22] or ()),
        comment=row[20],
    )


def _foreign_key(row: Row, names: Mapping[int, Mapping[int, str]], table: str) -> ForeignKey:
    relid, name, _, key, deferrable, deferred, valid, _, enforced, _ = row[:10]
    target, schema, table_to, target_key, target_names, on_update, on_delete, match = row[10:18]
    columns_to = target_names if target_names is not None else _columns(target_key, names[target])
    return ForeignKey(
        name=name,
        table_from=table,
        table_to=table_to,
        schema_to=None if schema == PUBLIC else schema,
        columns_from=_columns(key, names[relid]),
        columns_to=tuple(columns_to),
        on_delete=_ACTIONS[on_delete],
        on_update=_ACTIONS[on_update],
        match="full" if match == "f" else None,
        deferrable=deferrable,
        initially_deferred=deferred,
        not_valid=enforced and not valid,  # what is not enforced is never valid
        not_enforced=not enforced,
        period=row[23],
        delete_columns=_columns(row[21], names[relid]),
        comment=row[20],
    )


def _check(row: Row) -> Check:
    return Check(
        name=row[1],
        value=strip_parens(printed(row[9])),
        no_inherit=row[7],
        not_valid=row[8] and not row[6],
        not_enforced=not row[8],
        comment=row[20],
    )
