"""A snapshot in one spelling, as far as it can be told without a server.

Two snapshots that mean the same schema, wherever they came from, are equal
afterwards, except where only PostgreSQL knows what a text means. Nothing here changes what
the snapshot means. ``concurrently`` and ``with_no_data`` say how a thing is
built, not what it is; they stay, and the diff leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

import msgspec

from nbmigrate.model import (
    Column,
    CompositeType,
    Definition,
    Domain,
    Enum,
    Function,
    Policy,
    RangeType,
    Role,
    Sequence,
    Snapshot,
    Table,
    View,
    key,
)
from nbmigrate.model.names import PUBLIC, truncate
from nbmigrate.postgresql.expressions import canonical_expression
from nbmigrate.postgresql.spelling_columns import canonical_column, identity_numbers
from nbmigrate.postgresql.spelling_definitions import (
    canonical_definition,
    canonical_domain,
    canonical_extension,
    canonical_function,
    canonical_rule,
    canonical_trigger,
    canonical_user_type,
)
from nbmigrate.postgresql.spelling_tables import (
    canonical_check,
    canonical_exclusion,
    canonical_foreign_key,
    canonical_index,
    canonical_statistics,
    canonical_unique,
    canonical_whole,
    with_primary_key,
)

V = TypeVar("V")
_replace = msgspec.structs.replace


def canonical_pair(old: Snapshot, new: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Both in one spelling."""
    return canonical(old), canonical(new)


def canonical(snapshot: Snapshot) -> Snapshot:
    """The snapshot in one spelling; doing it again changes nothing."""
    types = _types(snapshot)
    tables = (_TABLES.spelled(name, table, types) for name, table in snapshot.tables.items())
    return Snapshot(
        tables={key(*table.id): table for table in tables},
        enums=_keyed(snapshot.enums, _enum),
        schemas={truncate(name): truncate(name) for name in snapshot.schemas if name != PUBLIC},
        sequences=_keyed(snapshot.sequences, _sequence),
        roles={truncate(name): _role(role) for name, role in snapshot.roles.items()},
        policies={
            truncate(name): _policy(policy, "") for name, policy in snapshot.policies.items()
        },
        views=_keyed(snapshot.views, _view),
        extensions=_parts(snapshot.extensions, canonical_extension),
        domains=_keyed(snapshot.domains, canonical_domain),
        types=_keyed(snapshot.types, canonical_user_type),
        functions=_keyed(snapshot.functions, canonical_function),
        definitions=_keyed(snapshot.definitions, canonical_definition),
        schema_comments={truncate(n): text for n, text in snapshot.schema_comments.items()},
        schema_privileges={truncate(n): said for n, said in snapshot.schema_privileges.items()},
    )


class _Met(NamedTuple):
    """A table as it came, the schema's own types then, and how it is spelled."""

    table: Table
    types: frozenset[str]
    spelled: Table


class _Tables:
    """The tables met last: the same ones come again with every plan, mostly as they were.

    To compare one costs a hundredth of spelling it.
    """

    #: As recorded, as declared, and as the server has it.
    FORMS = 3
    NAMES = 20_000

    def __init__(self) -> None:
        self._met: dict[str, tuple[_Met, ...]] = {}

    def spelled(self, name: str, table: Table, types: frozenset[str]) -> Table:
        """The table in one spelling."""
        met = self._met.get(name, ())
        for one in met:  # the very same ones first: nothing is compared then
            if (table is one.table or table is one.spelled) and types == one.types:
                return one.spelled
        for one in met:
            if table == one.table and types == one.types:
                return one.spelled
        found = _table(table, types)
        # one value for all forms that mean the same: then to compare them costs nothing
        known = (*(one.spelled for one in met), table)
        found = next((one for one in known if one == found), found)
        if len(self._met) >= self.NAMES:
            self._met.clear()
        self._met[name] = (_Met(table, types, found), *met)[: self.FORMS]
        return found


_TABLES = _Tables()


def _types(snapshot: Snapshot) -> frozenset[str]:
    """The keys of the schema's own types, under the names that PostgreSQL keeps."""
    enums = (key(_schema(enum.schema), truncate(enum.name)) for enum in snapshot.enums.values())
    return frozenset((*enums, *map(_short, (*snapshot.domains, *snapshot.types))))


Named = TypeVar(
    "Named", Enum, Sequence, View, Domain, CompositeType | RangeType, Function, Definition
)


def _keyed(items: Mapping[str, Named], spell: Callable[[Named], Named]) -> dict[str, Named]:
    """The items under the keys of their spelled names."""
    spelled = (spell(item) for item in items.values())
    return {key(*item.id): item for item in spelled}


def _parts(items: Mapping[str, V], spell: Callable[[V], V]) -> dict[str, V]:
    return {truncate(name): spell(item) for name, item in items.items()}


def _short(name: str) -> str:
    """A key as it is after names are cut to what PostgreSQL keeps."""
    schema, _, rest = name.partition(".")
    return f"{schema}.{truncate(rest)}"


def _schema(name: str) -> str:
    return truncate(name) or PUBLIC


def _enum(enum: Enum) -> Enum:
    return _replace(enum, name=truncate(enum.name), schema=_schema(enum.schema))


def _role(role: Role) -> Role:
    return _replace(role, name=truncate(role.name))


def _sequence(sequence: Sequence) -> Sequence:
    data_type = sequence.data_type or "bigint"
    return _replace(
        sequence,
        name=truncate(sequence.name),
        schema=_schema(sequence.schema),
        data_type=None if data_type == "bigint" else data_type,
        unlogged=sequence.unlogged and not sequence.owned_by,
        **identity_numbers(sequence, data_type),
    )


def _table(table: Table, types: frozenset[str]) -> Table:
    schema = truncate(table.schema)
    name = truncate(table.name)
    table = _replace(table, name=name, schema="" if schema == PUBLIC else schema)

    def column(column: Column) -> Column:
        return canonical_column(column, table, types)

    table = with_primary_key(_replace(table, columns=_parts(table.columns, column)))
    columns = table.columns
    return _replace(
        table,
        indexes=_parts(table.indexes, lambda index: canonical_index(index, name, columns)),
        foreign_keys=_parts(table.foreign_keys, lambda fk: canonical_foreign_key(fk, name)),
        unique_constraints=_parts(table.unique_constraints, canonical_unique),
        policies=_parts(table.policies, lambda policy: _policy(policy, name)),
        exclusions=_parts(table.exclusions, lambda found: canonical_exclusion(found, name)),
        statistics=_parts(table.statistics, lambda found: canonical_statistics(found, name)),
        **canonical_whole(table),
        check_constraints=_parts(
            table.check_constraints, lambda check: canonical_check(check, name)
        ),
        triggers=_parts(table.triggers, canonical_trigger),
        rules=_parts(table.rules, canonical_rule),
    )


def _policy(policy: Policy, table: str) -> Policy:
    return _replace(
        policy,
        name=truncate(policy.name),
        as_=policy.as_.upper(),
        for_=policy.for_.upper(),
        to=tuple(sorted({truncate(role) for role in policy.to})) or ("public",),
        using=_expression(policy.using, table),
        with_check=_expression(policy.with_check, table),
    )


def _expression(text: str | None, table: str) -> str | None:
    return None if not text else canonical_expression(text, table)


def _view(view: View) -> View:
    definition = view.definition
    if definition is not None:
        definition = canonical_expression(definition.strip().rstrip("; \n\t"), "")
    name = truncate(view.name)
    return _replace(
        view,
        columns={},
        indexes=_parts(view.indexes, lambda index: canonical_index(index, name, {})),
        definition=definition,
        name=truncate(view.name),
        schema=_schema(view.schema),
        options=view.options or None,
        option_words={},
        tablespace=None if view.tablespace == "pg_default" else view.tablespace,
        using=None if view.using == "heap" else view.using,
        clustered_on=truncate(view.clustered_on) if view.clustered_on else None,
        statistics=_parts(view.statistics, lambda found: canonical_statistics(found, name)),
        triggers=_parts(view.triggers, canonical_trigger),
        rules=_parts(view.rules, canonical_rule),
    )
