"""Extensions, domains, types, functions and other definitions as changes."""

from __future__ import annotations

from typing import assert_never

from nbmigrate.diff.definitions import renamed_checks
from nbmigrate.display import Change, Sign
from nbmigrate.model import CompositeType, Definition, Domain, Function, RangeType, format_path
from nbmigrate.operations import (
    AlterDefinition,
    AlterDomain,
    AlterType,
    CreateDefinition,
    CreateDomain,
    CreateExtension,
    CreateFunction,
    CreateType,
    DefinitionOp,
    DomainOp,
    DropDefinition,
    DropDomain,
    DropExtension,
    DropFunction,
    DropType,
    ExtensionOp,
    FunctionOp,
    MoveDomain,
    MoveExtension,
    MoveFunction,
    MoveType,
    RecreateDomain,
    RecreateType,
    RenameDomain,
    RenameFunction,
    RenameType,
    ReplaceFunction,
    TypeOp,
)
from nbmigrate.results.words import path

#: Kind, name, sign, label and children of an entry.
Described = tuple[str, str, Sign, str, tuple[Change, ...]]


def describe_definition(
    operation: ExtensionOp | DomainOp | TypeOp | FunctionOp | DefinitionOp,
) -> Described:
    """The operation as the parts of an entry."""
    match operation:
        case CreateExtension() | MoveExtension() | DropExtension():
            return _extension(operation)
        case RenameDomain() | MoveDomain() | RenameType() | MoveType():
            return _renamed(operation)
        case CreateDomain() | AlterDomain() | RecreateDomain() | DropDomain():
            return _domain(operation)
        case CreateType() | AlterType() | RecreateType() | DropType():
            return _type(operation)
        case _ if isinstance(operation, FunctionOp):
            return _function(operation)
        case CreateDefinition() | AlterDefinition() | DropDefinition():
            return _defined(operation)
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


def _renamed(operation: RenameDomain | MoveDomain | RenameType | MoveType) -> Described:
    match operation:
        case RenameDomain() | MoveDomain():
            kind = "domain"
        case RenameType(range=found) | MoveType(range=found):
            kind = "range type" if found else "composite type"
        case _:
            assert_never(operation)
    return kind, path(operation.new), ">", f"{path(operation.old)} -> {path(operation.new)}", ()


def _domain(operation: CreateDomain | AlterDomain | RecreateDomain | DropDomain) -> Described:
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
    renamed = renamed_checks(old, new)
    known = (*renamed, *renamed.values())
    gone = [c for n, c in old.checks.items() if new.checks.get(n) != c and n not in known]
    come = [c for n, c in new.checks.items() if old.checks.get(n) != c and n not in known]
    fields = (
        ("type", old.type, new.type),
        ("collation", old.collation, new.collation),
        ("default", old.default, new.default),
        ("not null", old.not_null, new.not_null),
    )
    return (
        *(Change("~", f"{word}: {was} -> {now}") for word, was, now in fields if was != now),
        *(Change(">", f"check {was} -> {now}") for was, now in renamed.items()),
        *(Change("-", f"check {c.name} ({c.value})") for c in gone),
        *(Change("+", f"check {c.name} ({c.value})") for c in come),
    )


def _type(operation: CreateType | AlterType | RecreateType | DropType) -> Described:
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
        case RenameFunction(old=old, new=function) | MoveFunction(old=old, new=function):
            label = f"{function_path(old)} -> {function_path(function)}"
            return function.kind, function_path(function), ">", label, ()
        case ReplaceFunction(new=function):
            return function.kind, function_path(function), "~", "", (Change("~", "definition"),)
        case DropFunction(function=function):
            return function.kind, function_path(function), "-", "", ()
        case _:
            assert_never(operation)


def function_path(function: Function) -> str:
    """``public.add(integer, integer)``."""
    return path((function.schema, function.signature))


def _defined(operation: DefinitionOp) -> Described:
    match operation:
        case CreateDefinition(definition=defined):
            return defined.kind, defined_path(defined), "+", "", ()
        case AlterDefinition(old=old, new=defined):
            word = "comment" if old.definition == defined.definition else "definition"
            return defined.kind, defined_path(defined), "~", "", (Change("~", word),)
        case DropDefinition(definition=defined):
            return defined.kind, defined_path(defined), "-", "", ()
        case _:
            assert_never(operation)


def defined_path(defined: Definition) -> str:
    """``public.german``; with what tells it from others of its name."""
    return path((defined.schema, defined.name)) + (f" ({defined.of})" if defined.of else "")
