"""Extensions, domains, composite and range types, functions, triggers and rules."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from nbmigrate.model import (
    Attribute,
    CompositeType,
    Definition,
    Domain,
    DomainCheck,
    Extension,
    Function,
    Parameter,
    RangeType,
    Rule,
    Trigger,
    key,
)
from nbmigrate.postgresql.defined import cast_identity, operator_identity
from nbmigrate.postgresql.expressions import strip_parens
from nbmigrate.postgresql.introspect.columns import collation_name
from nbmigrate.postgresql.introspect.privileges import read_privileges
from nbmigrate.postgresql.introspect.steady import printed
from nbmigrate.postgresql.names import multirange_name
from nbmigrate.postgresql.types import parameter_type, sql_type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from nbmigrate.model.tables import Enabled
    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.sending import Row

_KINDS: Mapping[str, Literal["procedure", "aggregate"]] = {"p": "procedure", "a": "aggregate"}
_MODES: Mapping[str, Literal["in", "out", "inout", "variadic", "table"]] = {
    "i": "in",
    "o": "out",
    "b": "inout",
    "v": "variadic",
    "t": "table",
}
_ENABLED: Mapping[str, Enabled] = {
    "O": "origin",
    "R": "replica",
    "A": "always",
    "D": "disabled",
}


class Definitions(NamedTuple):
    """What hangs on tables and views, by their number."""

    triggers: Mapping[int, Mapping[str, Trigger]]
    rules: Mapping[int, Mapping[str, Rule]]


def read_definitions(catalog: Catalog) -> Definitions:
    """The triggers and rules of all tables and views."""
    triggers: defaultdict[int, dict[str, Trigger]] = defaultdict(dict)
    rules: defaultdict[int, dict[str, Rule]] = defaultdict(dict)
    for relid, name, text, enabled, comment in catalog.triggers:
        triggers[relid][name] = Trigger(
            name=name, definition=text, enabled=_ENABLED[enabled], comment=comment
        )
    for relid, name, text, enabled, comment in catalog.rules:
        rules[relid][name] = Rule(
            name=name, definition=_closed(text), enabled=_ENABLED[enabled], comment=comment
        )
    return Definitions(triggers, rules)


def _closed(text: str | None) -> str:
    return printed(text).strip().removesuffix(";").rstrip()


def read_extensions(catalog: Catalog) -> dict[str, Extension]:
    """The extensions."""
    return {name: Extension(name=name, schema=schema) for name, schema in catalog.extensions}


def read_domains(catalog: Catalog) -> dict[str, Domain]:
    """The domains with their checks."""
    privileges = read_privileges(catalog, "t")
    return {
        key(row[0], row[1]): replace(_domain(row), privileges=privileges.get(row[11]))
        for row in catalog.domains
    }


def _domain(row: Row) -> Domain:
    schema, name, type_, collation_schema, collation, default, not_null = row[:7]
    names, texts, valid, comment = row[7:11]
    checks = {
        check: DomainCheck(name=check, value=strip_parens(text), not_valid=not is_valid)
        for check, text, is_valid in zip(names, texts, valid, strict=True)
    }
    return Domain(
        name=name,
        schema=schema,
        type=sql_type(type_),
        collation=collation_name(collation_schema, collation) if collation else None,
        default=default,
        not_null=not_null,
        checks=checks,
        check_comments={n: said for n, said in zip(names, row[12], strict=True) if said},
        comment=comment,
    )


def read_types(catalog: Catalog) -> dict[str, CompositeType | RangeType]:
    """Composite and range types."""
    found: dict[str, CompositeType | RangeType] = {}
    privileges = read_privileges(catalog, "t")
    attributes: defaultdict[tuple[str, str, str | None, int], list[Attribute]] = defaultdict(list)
    comments: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for schema, name, comment, oid, attribute, type_, *collation, said in catalog.composites:
        there = attributes[schema, name, comment, oid]
        if said:
            comments[oid][attribute] = said
        if attribute is not None:
            there.append(_attribute(attribute, type_, collation))
    for (schema, name, comment, oid), parts in attributes.items():
        found[key(schema, name)] = CompositeType(
            name=name,
            schema=schema,
            attributes=tuple(parts),
            attribute_comments=comments.get(oid, {}),
            privileges=privileges.get(oid),
            comment=comment,
        )
    for row in catalog.ranges:
        found[key(row[0], row[1])] = replace(_range(row), privileges=privileges.get(row[9]))
    return found


def _attribute(name: str, type_: str, collation: list[str]) -> Attribute:
    collated = collation_name(*collation) if collation[1] else None
    return Attribute(name=name, type=sql_type(type_), collation=collated)


def _range(row: Row) -> RangeType:
    schema, name, subtype, opclass, collation_schema, collation, diff, multirange, comment = row[:9]
    return RangeType(
        name=name,
        schema=schema,
        subtype=sql_type(subtype),
        opclass=opclass,
        collation=collation_name(collation_schema, collation) if collation else None,
        subtype_diff=diff,
        multirange=None if multirange == multirange_name(name) else multirange,
        comment=comment,
    )


def read_functions(catalog: Catalog) -> dict[str, Function]:
    """Functions, procedures and aggregates."""
    privileges = read_privileges(catalog, "p")
    found = (
        replace(_function(row), privileges=privileges.get(row[10])) for row in catalog.functions
    )
    return {key(*function.id): function for function in found}


def _function(row: Row) -> Function:
    schema, name, kind, types, names, modes, defaults, result, definition, comment, _ = row
    parameters = tuple(
        Parameter(
            name=(names[at] or None) if names else None,
            type=parameter_type(type_),
            mode=_MODES[modes[at]] if modes else "in",
            default=defaults[at],
        )
        for at, type_ in enumerate(types)
    )
    return Function(
        name=name,
        schema=schema,
        kind=_KINDS.get(kind, "function"),
        parameters=parameters,
        returns=None if kind == "a" else result,
        definition=printed(definition).strip(),
        comment=comment,
    )


def read_defined(catalog: Catalog) -> dict[str, Definition]:
    """Collations and all else that is known by its definition alone."""
    found = map(_defined, catalog.defined)
    return {key(*item.id): item for item in found}


def _defined(row: Row) -> Definition:
    kind, schema, name, text, first, second, comment = row
    identity = {"schema": schema, "name": name, "of": first or ""}
    match kind:
        case "cast":
            identity = cast_identity(first, second)
        case "operator":
            identity = operator_identity(schema, name, first, second)
        case _:
            pass
    return Definition(kind=kind, definition=text, comment=comment, **identity)
