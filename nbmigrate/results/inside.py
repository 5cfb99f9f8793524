"""Operations inside a table as single changes: columns, constraints, indexes, policies."""

from __future__ import annotations

from typing import Literal, assert_never

from nbmigrate.display import Change
from nbmigrate.model import Column
from nbmigrate.operations import (
    AddCheck,
    AddColumn,
    AddExclusion,
    AddForeignKey,
    AddIdentity,
    AddKeyFromIndex,
    AddPrimaryKey,
    AddSerial,
    AddUnique,
    AlterColumnType,
    AlterIdentity,
    AlterPolicy,
    AlterRule,
    AlterSerial,
    AlterTrigger,
    AttachIndex,
    ColumnOp,
    ConstraintOp,
    CreateIndex,
    CreatePolicy,
    CreateRule,
    CreateStatistics,
    CreateTrigger,
    DropCheck,
    DropColumn,
    DropDefault,
    DropExclusion,
    DropExpression,
    DropForeignKey,
    DropIdentity,
    DropIndex,
    DropNotNull,
    DropPolicy,
    DropPrimaryKey,
    DropRule,
    DropSerial,
    DropStatistics,
    DropTrigger,
    DropUnique,
    FillColumn,
    IndexOp,
    PolicyOp,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenamePolicy,
    RuleOp,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
    StatisticsOp,
    TriggerOp,
    ValidateConstraint,
)
from nbmigrate.results.words import (
    check_text,
    column_text,
    default_text,
    exclusion_text,
    foreign_key_text,
    identity_text,
    index_text,
    key_columns,
    names,
    policy_text,
    statistics_text,
    type_text,
    unique_text,
)

InsideOp = ColumnOp | ConstraintOp | IndexOp | StatisticsOp | PolicyOp | TriggerOp | RuleOp


def describe_inside(operation: InsideOp) -> Change:  # noqa: PLR0911 - one return per family
    """The operation as one line under its table."""
    match operation:
        case CreateIndex() | AttachIndex() | RenameIndex() | DropIndex():
            return _index(operation)
        case CreateStatistics(statistics=statistics):
            return Change("+", statistics_text(statistics))
        case DropStatistics(statistics=statistics):
            return Change("-", statistics_text(statistics))
        case CreatePolicy() | RenamePolicy() | AlterPolicy() | DropPolicy():
            return _policy(operation)
        case CreateTrigger() | AlterTrigger() | DropTrigger():
            return _trigger(operation)
        case CreateRule() | AlterRule() | DropRule():
            return _rule(operation)
        case (
            AddPrimaryKey()
            | DropPrimaryKey()
            | AddUnique()
            | DropUnique()
            | AddCheck()
            | DropCheck()
            | AddForeignKey()
            | DropForeignKey()
            | AddExclusion()
            | DropExclusion()
            | ValidateConstraint()
            | AddKeyFromIndex()
            | RenameConstraint()
        ):
            return _constraint(operation)
        case _:
            return _column(operation)


def _index(operation: IndexOp) -> Change:
    match operation:
        case CreateIndex(index=index):
            return Change("+", index_text(index))
        case AttachIndex(index=index_name, part=part):
            return Change("~", f"index {index_name}: with that of {'.'.join(part)}")
        case RenameIndex(old=old, new=new):
            return Change(">", f"index {old} -> {new}")
        case DropIndex(index=index):
            return Change("-", index_text(index))
        case _:
            assert_never(operation)


def _policy(operation: PolicyOp) -> Change:
    match operation:
        case CreatePolicy(policy=policy):
            return Change("+", policy_text(policy))
        case RenamePolicy(old=old, new=new):
            return Change(">", f"policy {old} -> {new}")
        case AlterPolicy(new=new):
            return Change("~", policy_text(new))
        case DropPolicy(policy=policy):
            return Change("-", policy_text(policy))
        case _:
            assert_never(operation)


def _trigger(operation: TriggerOp) -> Change:
    match operation:
        case CreateTrigger(trigger=trigger):
            return Change("+", f"trigger {trigger.name}")
        case AlterTrigger(old=old, new=new):
            return Change("~", f"trigger {new.name}: {old.enabled} -> {new.enabled}")
        case DropTrigger(trigger=trigger):
            return Change("-", f"trigger {trigger.name}")
        case _:
            assert_never(operation)


def _rule(operation: RuleOp) -> Change:
    match operation:
        case CreateRule(rule=rule):
            return Change("+", f"rule {rule.name}")
        case AlterRule(old=old, new=new):
            return Change("~", f"rule {new.name}: {old.enabled} -> {new.enabled}")
        case DropRule(rule=rule):
            return Change("-", f"rule {rule.name}")
        case _:
            assert_never(operation)


def _constraint(operation: ConstraintOp) -> Change:  # noqa: C901, PLR0911 - one return per operation
    match operation:
        case AddUnique() | DropUnique():
            return Change(_sign(operation), unique_text(operation.unique))
        case AddCheck() | DropCheck():
            return Change(_sign(operation), check_text(operation.check))
        case AddForeignKey() | DropForeignKey():
            return Change(_sign(operation), foreign_key_text(operation.foreign_key))
        case AddPrimaryKey(columns=columns, options=options):
            temporal = options is not None and options.without_overlaps
            return Change("+", f"primary key {key_columns(columns, without_overlaps=temporal)}")
        case DropPrimaryKey(columns=columns):
            return Change("-", f"primary key {names(columns)}")
        case AddExclusion() | DropExclusion():
            return Change(_sign(operation), exclusion_text(operation.exclusion))
        case ValidateConstraint(kind=kind, name=name):
            return Change("~", f"{kind} {name}: validated")
        case AddKeyFromIndex(kind=kind, name=name, columns=columns):
            return Change("+", f"{kind} {name} {names(columns)}, from its index")
        case RenameConstraint(kind=kind, old=old, new=new):
            return Change(">", f"{kind} {old} -> {new}")
        case _:
            assert_never(operation)


def _column(operation: ColumnOp) -> Change:
    match operation:
        case AddColumn(column=column, backfill=backfill):
            return Change("+", column_text(column), _filled(backfill))
        case RenameColumn(old=old, new=new):
            return Change(">", f"column {old} -> {new}")
        case DropColumn(column=column):
            return Change("-", column_text(column))
        case AlterColumnType(old=old, new=new):
            return Change("~", f"column {new.name}: {type_text(old)} -> {type_text(new)}")
        case _:
            return _property(operation)


_PropertyOp = (
    SetColumnStorage
    | SetDefault
    | DropDefault
    | SetNotNull
    | FillColumn
    | DropNotNull
    | AddIdentity
    | AlterIdentity
    | DropIdentity
    | AddSerial
    | AlterSerial
    | DropSerial
    | DropExpression
)


def _property(operation: _PropertyOp) -> Change:
    name, text, note = _property_words(operation)
    return Change("~", f"column {name}: {text}", note)


def _property_words(operation: _PropertyOp) -> tuple[str, str, str]:  # noqa: C901, PLR0911, PLR0912 - one line per operation
    match operation:
        case SetColumnStorage(new=column):
            return column.name, _storage(column), ""
        case SetDefault(column=column):
            return column.name, f"default {_default(column)}", ""
        case DropDefault(column=column):
            return column.name, "no default", ""
        case SetNotNull(column=name, backfill=backfill):
            return name, "not null", _filled(backfill)
        case FillColumn(column=name, value=value):
            return name, "filled in batches", value
        case DropNotNull(column=name):
            return name, "NULL allowed", ""
        case AddIdentity(column=column):
            return (
                column.name,
                identity_text(column.identity) if column.identity else "identity",
                "",
            )
        case AlterIdentity(column=name, new=new):
            return name, identity_text(new), "options changed"
        case DropIdentity(column=name):
            return name, "no identity", ""
        case AddSerial(column=column):
            return column.name, type_text(column), "numbered by a sequence of its own"
        case AlterSerial(column=column):
            return column.name, type_text(column), "its sequence counts on"
        case DropSerial(column=column):
            return column.name, type_text(column), "no sequence any more"
        case DropExpression(column=name):
            return name, "no longer generated", "values stay"
        case _:
            assert_never(operation)


def _storage(column: Column) -> str:
    facts = {
        "storage": column.storage,
        "compression": column.compression,
        "statistics": column.statistics,
    }
    return ", ".join(f"{n} {'default' if v is None else v}" for n, v in facts.items())


def _default(column: Column) -> str:
    return default_text(column.default) if column.default is not None else "null"


def _filled(backfill: str | None) -> str:
    return f"rows there get {backfill}" if backfill else ""


def _sign(operation: ConstraintOp) -> Literal["+", "-"]:
    return "+" if type(operation).__name__.startswith("Add") else "-"
