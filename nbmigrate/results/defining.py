"""Extensions, domains, types and functions as changes."""

from __future__ import annotations

from typing import assert_never

from nbmigrate.display import Change, Sign
from nbmigrate.model import CompositeType, Domain, Function, RangeType, format_path
from nbmigrate.operations import (
    AlterDomain,
    AlterType,
    CreateDomain,
    CreateExtension,
    CreateFunction,
    CreateType,
    DomainOp,
    DropDomain,
    DropExtension,
    DropFunction,
    DropType,
    ExtensionOp,
    FunctionOp,
    MoveExtension,
    RecreateDomain,
    RecreateType,
    ReplaceFunction,
    TypeOp,
)
from nbmigrate.results.words import path

#: Kind, name, sign, label and children of an entry.
Described = tuple[str, str, Sign, str, tuple[Change, ...]]


def describe_definition(operation: ExtensionOp | DomainOp | TypeOp | FunctionOp) -> Described:
    """The operation as the parts of an entry."""
    match operation:
        case CreateExtension() | MoveExtension() | DropExtension():
            return _extension(operation)
        case CreateDomain() | AlterDomain() | RecreateDomain() | DropDomain():
            return _domain(operation)
        case CreateType() | AlterType() | RecreateType() | DropType():
            return _type(operation)
        case CreateFunction() | ReplaceFunction() | DropFunction():
            return _function(operation)
        case _:
            assert_never(operation)


def _extension(operation: ExtensionOp) -> Described:
    name = format_path(operation.extension.name)
    match operation:
        case CreateExtension():
            return "extension", name, "+", "", ()
        case MoveExtension(extension=extension):
            return "extension", name, "~", "", (Change("~", f"schema {extension.schema}"),)
        case DropExtension():
            return "extension", name, "-", "", ()
        case _:
            assert_never(operation)


def _domain(operation: DomainOp) -> Described:
    match operation:
        case CreateDomain(domain=domain):
            label = f"{path(domain.id)} {domain.type}"
            return "domain", path(domain.id), "+", label, _checks(domain)
        case AlterDomain(old=old, new=new) | RecreateDomain(old=old, new=new):
            return "domain", path(new.id), "~", "", _domain_changes(old, new)
        case DropDomain(domain=domain):
            return "domain", path(domain.id), "-", "", ()
        case _:
            assert_never(operation)


def _checks(domain: Domain) -> tuple[Change, ...]:
    return tuple(Change("+", f"check {c.name} ({c.value})") for c in domain.checks.values())


def _domain_changes(old: Domain, new: Domain) -> tuple[Change, ...]:
    gone = [c for name, c in old.checks.items() if new.checks.get(name) != c]
    come = [c for name, c in new.checks.items() if old.checks.get(name) != c]
    fields = (
        ("type", old.type, new.type),
        ("collation", old.collation, new.collation),
        ("default", old.default, new.default),
        ("not null", old.not_null, new.not_null),
    )
    return (
        *(Change("~", f"{word}: {was} -> {now}") for word, was, now in fields if was != now),
        *(Change("-", f"check {c.name} ({c.value})") for c in gone),
        *(Change("+", f"check {c.name} ({c.value})") for c in come),
    )


def _type(operation: TypeOp) -> Described:
    match operation:
        case CreateType(type=created):
            kind, lines = type_words(created)
            return kind, path(created.id), "+", "", tuple(Change("+", line) for line in lines)
        case AlterType(old=old, new=new) | RecreateType(old=old, new=new):
            kind, after = type_words(new)
            before = type_words(old)[1]
            gone = (Change("-", line) for line in before if line not in after)
            come = (Change("+", line) for line in after if line not in before)
            return kind, path(new.id), "~", "", (*gone, *come)
        case DropType(type=dropped):
            return type_words(dropped)[0], path(dropped.id), "-", "", ()
        case _:
            assert_never(operation)


def type_words(found: CompositeType | RangeType) -> tuple[str, tuple[str, ...]]:
    """What kind of type it is, and its parts."""
    match found:
        case CompositeType(attributes=attributes):
            return "composite type", tuple(f"{a.name} {a.type}" for a in attributes)
        case RangeType(subtype=subtype):
            return "range type", (f"of {subtype}",)
        case _:
            assert_never(found)


def _function(operation: FunctionOp) -> Described:
    match operation:
        case CreateFunction(function=function):
            return function.kind, function_path(function), "+", "", ()
        case ReplaceFunction(new=function):
            return function.kind, function_path(function), "~", "", (Change("~", "definition"),)
        case DropFunction(function=function):
            return function.kind, function_path(function), "-", "", ()
        case _:
            assert_never(operation)


def function_path(function: Function) -> str:
    """``public.add(integer, integer)``."""
    return path((function.schema, function.signature))
