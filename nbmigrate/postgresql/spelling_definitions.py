"""Extensions, domains, other types, functions, triggers and rules in one spelling."""

from __future__ import annotations

from typing import assert_never

import msgspec

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
)
from nbmigrate.model.names import PUBLIC, truncate
from nbmigrate.postgresql.defined import spelled_event_trigger
from nbmigrate.postgresql.expressions import canonical_default, canonical_expression
from nbmigrate.postgresql.names import multirange_name
from nbmigrate.postgresql.signatures import canonical_result
from nbmigrate.postgresql.spelling_columns import canonical_collation
from nbmigrate.postgresql.types import parameter_type, sql_type

_replace = msgspec.structs.replace


def canonical_extension(extension: Extension) -> Extension:
    """The extension in one spelling."""
    return _replace(extension, name=truncate(extension.name))


def canonical_domain(domain: Domain) -> Domain:
    """The domain in one spelling."""
    type_ = sql_type(domain.type)
    checks = (_check(check) for check in domain.checks.values())
    return _replace(
        domain,
        name=truncate(domain.name),
        schema=truncate(domain.schema) or PUBLIC,
        type=type_,
        collation=canonical_collation(domain.collation),
        default=None if domain.default is None else _default(domain.default, type_),
        checks={check.name: check for check in checks},
        check_comments={truncate(n): said for n, said in domain.check_comments.items() if said},
    )


def _default(text: str, type_: str) -> str | None:
    default = canonical_default(text, type_)
    if isinstance(default, bool):
        return "true" if default else "false"
    return None if default is None else str(default)


def _check(check: DomainCheck) -> DomainCheck:
    return _replace(check, name=truncate(check.name), value=canonical_expression(check.value, ""))


def canonical_user_type(found: CompositeType | RangeType) -> CompositeType | RangeType:
    """The type in one spelling."""
    name, schema = truncate(found.name), truncate(found.schema) or PUBLIC
    match found:
        case CompositeType(attributes=attributes):
            comments = found.attribute_comments.items()
            return _replace(
                found,
                name=name,
                schema=schema,
                attributes=tuple(map(_attribute, attributes)),
                attribute_comments={truncate(n): said for n, said in comments if said},
            )
        case RangeType(subtype=subtype, multirange=multirange):
            own = None if multirange == multirange_name(name) else multirange
            return _replace(
                found,
                name=name,
                schema=schema,
                subtype=sql_type(subtype),
                collation=canonical_collation(found.collation),
                multirange=own,
            )
        case _:
            assert_never(found)


def _attribute(attribute: Attribute) -> Attribute:
    return _replace(
        attribute,
        name=truncate(attribute.name),
        type=sql_type(attribute.type),
        collation=canonical_collation(attribute.collation),
    )


def canonical_function(function: Function) -> Function:
    """The function in one spelling, but for its definition."""
    parameters = tuple(map(_parameter, function.parameters))
    is_function = function.kind == "function"
    return _replace(
        function,
        name=truncate(function.name),
        schema=truncate(function.schema) or PUBLIC,
        parameters=parameters,
        returns=canonical_result(function.returns, parameters) if is_function else None,
        definition=_closed(function.definition),
    )


def _parameter(parameter: Parameter) -> Parameter:
    type_ = parameter_type(parameter.type)
    default = parameter.default
    return _replace(
        parameter,
        name=truncate(parameter.name) if parameter.name else None,
        type=type_,
        default=None if default is None else _default(default, type_),
    )


def canonical_definition(found: Definition) -> Definition:
    """The definition under the name that PostgreSQL keeps; its SQL stays, but of an event trigger."""
    text = _closed(found.definition)
    if found.kind == "event trigger":
        text = spelled_event_trigger(text)
    return _replace(
        found,
        name=found.name if found.kind in ("cast", "operator") else truncate(found.name),
        schema=truncate(found.schema) or PUBLIC,
        definition=text,
    )


def canonical_trigger(trigger: Trigger) -> Trigger:
    """The trigger in one spelling, but for its definition."""
    definition = _closed(trigger.definition)
    return _replace(trigger, name=truncate(trigger.name), definition=definition)


def canonical_rule(rule: Rule) -> Rule:
    """The rule in one spelling, but for its definition."""
    return _replace(rule, name=truncate(rule.name), definition=_closed(rule.definition))


def _closed(text: str) -> str:
    return text.strip().rstrip("; \n\t")
