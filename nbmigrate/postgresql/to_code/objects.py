"""What stands beside the tables: sequences and the values of :mod:`nbmigrate.schema`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nbmigrate.model import (
    CompositeType,
    Definition,
    Domain,
    Function,
    Policy,
    RangeType,
    Sequence,
    Snapshot,
    Table,
    View,
    format_path,
    parse_path,
)
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.to_code import layout, parts
from nbmigrate.postgresql.to_code.columns import number_options
from nbmigrate.postgresql.to_code.indexes import index_node
from nbmigrate.postgresql.to_code.layout import Group, Node, call, quoted, strings, text
from nbmigrate.postgresql.types import identity_bounds

_SEQUENCE_TYPES = {"smallint": "SmallInteger", "integer": "Integer"}


def before_tables(snapshot: Snapshot) -> Iterator[Group]:
    """What tables may need."""
    yield from parts.schemas(snapshot)
    for role in snapshot.roles.values():
        yield call(
            "Role",
            quoted(role.name),
            create_db="True" if role.create_db else None,
            create_role="True" if role.create_role else None,
            inherit=None if role.inherit else "False",
        )
    for extension in snapshot.extensions.values():
        yield call("Extension", quoted(extension.name), schema=_schema(extension.schema))
    for domain in snapshot.domains.values():
        yield _domain(domain)
    for found in snapshot.types.values():
        yield _composite(found) if isinstance(found, CompositeType) else _range(found)
    for function in snapshot.functions.values():
        yield _function(function)
    for defined in snapshot.definitions.values():
        yield _defined(defined)


def after_tables(snapshot: Snapshot, names: Mapping[str, str]) -> Iterator[Group]:
    """What tables must be there for; ``names`` are the classes and variables of tables."""
    yield from parts.partitions(snapshot, names)
    for view in snapshot.views.values():
        yield _materialized(view) if view.materialized else _view(view)
    for table in snapshot.tables.values():
        name = parts.table_name(table.id, names)
        yield from parts.of_table(table, name)
        yield from _security(table, name)
        yield from _attached(table, name)
    for policy in snapshot.policies.values():
        yield _policy(policy, quoted(_linked_table(policy)))
    for view in snapshot.views.values():
        yield from parts.statistics(view, quoted(format_path(*view.id)))
        yield from _attached(view, quoted(format_path(*view.id)))
    yield from parts.beside(snapshot)


def _schema(schema: str | None) -> str | None:
    return quoted(schema) if schema and schema != PUBLIC else None


def _given(value: str | None) -> Node | None:
    return text(value) if value is not None else None


def _flag(value: object) -> str | None:
    return None if value is None else layout.constant(value)


def sequence_node(sequence: Sequence) -> Group:
    """``Sequence(name, ...)``."""
    type_ = sequence.data_type or "bigint"
    down = (sequence.increment or "1").startswith("-")
    low, high = identity_bounds(type_, descending=down)
    start = sequence.max_value or high if down else sequence.min_value or low
    options = {
        "start": (sequence.start_with, start),
        "increment": (sequence.increment, "1"),
        "minvalue": (sequence.min_value, low),
        "maxvalue": (sequence.max_value, high),
        "cache": (sequence.cache, "1"),
    }
    return call(
        "Sequence",
        quoted(sequence.name),
        **number_options(options),
        cycle="True" if sequence.cycle else None,
        data_type=_SEQUENCE_TYPES.get(type_),
        schema=_schema(sequence.schema),
        metadata="metadata",
    )


def _comments(by_name: Mapping[str, str]) -> Group | None:
    return layout.mapping({n: text(said) for n, said in by_name.items()}) if by_name else None


def _domain(domain: Domain) -> Group:
    checks = {check.name: text(check.value) for check in domain.checks.values()}
    not_valid = [check.name for check in domain.checks.values() if check.not_valid]
    return call(
        "Domain",
        quoted(domain.name),
        quoted(domain.type),
        schema=_schema(domain.schema),
        checks=layout.mapping(checks) if checks else None,
        not_valid=strings(not_valid) if not_valid else None,
        default=_given(domain.default),
        not_null="True" if domain.not_null else None,
        collation=_given(domain.collation),
        check_comments=_comments(domain.check_comments),
        comment=_given(domain.comment),
    )


def _composite(found: CompositeType) -> Group:
    attributes = {a.name: quoted(a.type) for a in found.attributes}
    collations = {a.name: quoted(a.collation) for a in found.attributes if a.collation}
    return call(
        "CompositeType",
        quoted(found.name),
        layout.mapping(attributes),
        schema=_schema(found.schema),
        collations=layout.mapping(collations) if collations else None,
        attribute_comments=_comments(found.attribute_comments),
        comment=_given(found.comment),
    )


def _range(found: RangeType) -> Group:
    return call(
        "RangeType",
        quoted(found.name),
        quoted(found.subtype),
        schema=_schema(found.schema),
        opclass=_given(found.opclass),
        collation=_given(found.collation),
        subtype_diff=_given(found.subtype_diff),
        multirange=_given(found.multirange),
        comment=_given(found.comment),
    )


def _function(function: Function) -> Group:
    return call(
        function.kind.capitalize(),
        quoted(function.name),
        *((quoted(function.arguments),) if function.arguments else ()),
        schema=_schema(function.schema),
        definition=text(function.definition),
        comment=_given(function.comment),
    )


def _defined(found: Definition) -> Group:
    return call("Definition", text(found.definition), comment=_given(found.comment))


def _view(view: View) -> Group:
    options = view.said_options
    return call(
        "View",
        quoted(view.name),
        text((view.definition or "").strip()),
        schema=_schema(view.schema),
        check_option=_flag(options.get("checkOption")),
        security_barrier=_flag(options.get("securityBarrier")),
        security_invoker=_flag(options.get("securityInvoker")),
        comment=_given(view.comment),
    )


def _materialized(view: View) -> Group:
    options = {_snake(n): layout.constant(value) for n, value in view.said_options.items()}
    return call(
        "MaterializedView",
        quoted(view.name),
        text((view.definition or "").strip()),
        schema=_schema(view.schema),
        options=layout.mapping(options) if options else None,
        with_no_data=_flag(view.with_no_data),
        tablespace=_given(view.tablespace),
        using=_given(view.using),
        indexes=layout.sequence(map(index_node, view.indexes.values())) if view.indexes else None,
        clustered_on=_given(view.clustered_on),
        comment=_given(view.comment),
    )


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


def _security(table: Table, name: str) -> Iterator[Group]:
    if table.is_rls_enabled or table.force_rls or table.rls_off:
        force = "True" if table.force_rls else None
        off = "False" if table.rls_off else None
        yield call("row_security", name, force=force, enabled=off)
    for policy in table.policies.values():
        yield _policy(policy, name)


def _policy(policy: Policy, table: str) -> Group:
    to = policy.to
    roles = None if to == (PUBLIC,) else quoted(to[0]) if len(to) == 1 else strings(to)
    command = policy.for_.lower()
    return call(
        "Policy",
        quoted(policy.name),
        table,
        command=None if command == "all" else quoted(command),
        to=roles,
        using=_given(policy.using),
        with_check=_given(policy.with_check),
        restrictive="True" if policy.as_ == "RESTRICTIVE" else None,
        comment=_given(policy.comment),
    )


def _linked_table(policy: Policy) -> str:
    parts = parse_path(policy.on or "")
    return format_path(*(parts if len(parts) > 1 else (policy.schema or PUBLIC, *parts)))


def _attached(item: Table | View, name: str) -> Iterator[Group]:
    for word, family in (("Trigger", item.triggers), ("Rule", item.rules)):
        for part in family.values():
            enabled = None if part.enabled == "origin" else quoted(part.enabled)
            yield call(
                word,
                quoted(part.name),
                name,
                definition=text(part.definition),
                enabled=enabled,
                comment=_given(part.comment),
            )
