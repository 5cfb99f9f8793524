"""Texts of functions, types, triggers and rules after something they speak of got another name.

PostgreSQL shows the new name in what it has parsed; the quoted body of a function stays as it
was typed, and so do strings here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from nbmigrate.diff.rewording import with_collation_in
from nbmigrate.model import (
    CompositeType,
    Definition,
    Domain,
    Function,
    RangeType,
    Snapshot,
    Table,
    View,
)
from nbmigrate.model.names import key

Reword = Callable[[str], str]
Attached = TypeVar("Attached", Table, View)
_replace = msgspec.structs.replace


def reword_definitions(
    snapshot: Snapshot, reword: Reword, retype: Reword | None = None
) -> Snapshot:
    """The snapshot with ``reword`` applied to functions, domains, types and definitions, under their keys.

    ``retype`` is applied to what is a type alone.
    """
    retype = retype or reword
    functions = (_function(found, reword, retype) for found in snapshot.functions.values())
    definitions = (_defined(found, reword, retype) for found in snapshot.definitions.values())
    return _replace(
        snapshot,
        functions={key(*function.id): function for function in functions},
        definitions={key(*found.id): found for found in definitions},
        domains={n: _domain(domain, reword, retype) for n, domain in snapshot.domains.items()},
        types={n: _type(found, retype) for n, found in snapshot.types.items()},
    )


def reword_attached(item: Attached, reword: Reword) -> Attached:
    """The table or view with ``reword`` applied to its triggers and rules."""
    if not item.triggers and not item.rules:
        return item
    return _replace(item, triggers=_texts(item.triggers, reword), rules=_texts(item.rules, reword))


def move_definitions(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    """The domains, types, functions and other definitions of a schema under its new name."""
    maps = {
        family: _rekeyed(getattr(snapshot, family), old, new)
        for family in ("domains", "types", "functions", "definitions")
    }
    extensions = {
        n: _replace(x, schema=new) if x.schema == old else x for n, x in snapshot.extensions.items()
    }
    return _replace(snapshot, **maps, extensions=extensions)


def _rekeyed(items: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    moved = (_replace(item, schema=new) if item.schema == old else item for item in items.values())
    recollated = (_with_collations_in(item, old, new) for item in moved)
    return {key(*item.id): item for item in recollated}


def _with_collations_in(item: Any, old: str, new: str) -> Any:  # noqa: ANN401 - any definition
    if isinstance(item, CompositeType):
        attributes = tuple(with_collation_in(part, old, new) for part in item.attributes)
        return _replace(item, attributes=attributes)
    return with_collation_in(item, old, new)


def _texts(items: Mapping[str, Any], reword: Reword) -> dict[str, Any]:
    return {n: _replace(i, definition=reword(i.definition)) for n, i in items.items()}


def _defined(found: Definition, reword: Reword, retype: Reword) -> Definition:
    """A cast is called by its types, and an operator is told by them."""
    name = retype(found.name) if found.kind == "cast" else found.name
    of = retype(found.of) if found.kind == "operator" else found.of
    return _replace(found, name=name, of=of, definition=reword(found.definition))


def _function(function: Function, reword: Reword, retype: Reword) -> Function:
    parameters = tuple(
        _replace(p, type=retype(p.type), default=p.default and reword(p.default))
        for p in function.parameters
    )
    return _replace(
        function,
        parameters=parameters,
        returns=function.returns and retype(function.returns),
        definition=reword(function.definition),
    )


def _domain(domain: Domain, reword: Reword, retype: Reword) -> Domain:
    checks = {n: _replace(c, value=reword(c.value)) for n, c in domain.checks.items()}
    return _replace(
        domain,
        type=retype(domain.type),
        default=domain.default and reword(domain.default),
        checks=checks,
    )


def _type(found: CompositeType | RangeType, retype: Reword) -> CompositeType | RangeType:
    if isinstance(found, RangeType):
        return _replace(found, subtype=retype(found.subtype))
    attributes = tuple(_replace(a, type=retype(a.type)) for a in found.attributes)
    return _replace(found, attributes=attributes)
