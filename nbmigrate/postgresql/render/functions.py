"""SQL of functions, procedures, triggers and rules: their definitions are SQL already."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import (
    AlterRule,
    AlterTrigger,
    CreateFunction,
    CreateRule,
    CreateTrigger,
    DropFunction,
    DropRule,
    DropTrigger,
    MoveFunction,
    RenameFunction,
    ReplaceFunction,
)
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.render.clauses import changed_comment, closed, comment_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.model import Function
    from nbmigrate.model.tables import Enabled
    from nbmigrate.operations import FunctionOp, Id, RuleOp, TriggerOp

_ENABLE: Mapping[Enabled, str] = {
    "origin": "ENABLE",
    "replica": "ENABLE REPLICA",
    "always": "ENABLE ALWAYS",
    "disabled": "DISABLE",
}


def render_function(operation: FunctionOp) -> tuple[str, ...]:
    """The statements of an operation on a function or procedure."""
    match operation:
        case CreateFunction(function=function):
            name = function_name(function)
            return (_statement(function.definition), *comment_on(name, function.comment))
        case RenameFunction(old=old, new=new):
            return (f"ALTER {function_name(old)} RENAME TO {quote(new.name)};",)
        case MoveFunction(old=old, new=new):
            return (f"ALTER {function_name(old)} SET SCHEMA {quote(new.schema)};",)
        case ReplaceFunction(old=old, new=new):
            return replace_function(old, new)
        case DropFunction(function=function):
            return (f"DROP {function_name(function)};",)
        case _:
            assert_never(operation)


def replace_function(old: Function, new: Function) -> tuple[str, ...]:
    """CREATE OR REPLACE when the definition differs."""
    return (
        *((_statement(new.definition),) if old.definition != new.definition else ()),
        *changed_comment(function_name(new), old.comment, new.comment),
    )


def function_name(function: Function) -> str:
    """``FUNCTION "public"."add"(integer, integer)``.

    An aggregate is a ROUTINE, so that it is known by types alone, without ``*`` and ORDER BY.
    """
    kind = "routine" if function.kind == "aggregate" else function.kind
    name = qualified((function.schema, function.name), spell_public=True)
    return f"{kind.upper()} {name}({function.arguments})"


def render_trigger(operation: TriggerOp) -> tuple[str, ...]:
    """The statements of an operation on a trigger."""
    table = operation.table
    match operation:
        case CreateTrigger(trigger=trigger):
            return (
                _statement(trigger.definition),
                *_enable(table, "TRIGGER", trigger.name, ("origin", trigger.enabled)),
                *comment_on(_on("TRIGGER", table, trigger.name), trigger.comment),
            )
        case AlterTrigger(old=old, new=new):
            return (
                *_enable(table, "TRIGGER", new.name, (old.enabled, new.enabled)),
                *changed_comment(_on("TRIGGER", table, new.name), old.comment, new.comment),
            )
        case DropTrigger(trigger=trigger):
            return (f"DROP {_on('TRIGGER', table, trigger.name)};",)
        case _:
            assert_never(operation)


def render_rule(operation: RuleOp) -> tuple[str, ...]:
    """The statements of an operation on a rule."""
    table = operation.table
    match operation:
        case CreateRule(rule=rule):
            return (
                _statement(rule.definition),
                *_enable(table, "RULE", rule.name, ("origin", rule.enabled)),
                *comment_on(_on("RULE", table, rule.name), rule.comment),
            )
        case AlterRule(old=old, new=new):
            return (
                *_enable(table, "RULE", new.name, (old.enabled, new.enabled)),
                *changed_comment(_on("RULE", table, new.name), old.comment, new.comment),
            )
        case DropRule(rule=rule):
            return (f"DROP {_on('RULE', table, rule.name)};",)
        case _:
            assert_never(operation)


def _statement(definition: str) -> str:
    return f"{closed(definition)};"


def _on(word: str, table: Id, name: str) -> str:
    return f"{word} {quote(name)} ON {qualified(table, spell_public=True)}"


def _enable(table: Id, word: str, name: str, states: tuple[Enabled, Enabled]) -> tuple[str, ...]:
    old, new = states
    if old == new:
        return ()
    return (f"ALTER TABLE {qualified(table)} {_ENABLE[new]} {word} {quote(name)};",)
