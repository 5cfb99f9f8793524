"""SQL of enum types.

A label added with ALTER TYPE ... ADD VALUE cannot be used before it is committed;
that a later statement uses it is for the planner to see (``commit_before``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import (
    AddEnumValue,
    CreateEnum,
    DropEnum,
    MoveEnum,
    RecreateEnum,
    RenameEnum,
    RenameEnumValue,
)
from nbmigrate.postgresql.expressions import render_default
from nbmigrate.postgresql.identifiers import literal, qualified, quote, temporary_name
from nbmigrate.postgresql.render.clauses import comment_on
from nbmigrate.postgresql.types import render_type, split_array

if TYPE_CHECKING:
    from nbmigrate.model import Column, Enum
    from nbmigrate.operations import EnumOp, EnumUse, Id


def render_enum(operation: EnumOp) -> tuple[str, ...]:  # noqa: PLR0911 - one case per operation
    """The statements of an operation on an enum."""
    match operation:
        case CreateEnum(enum=enum):
            return create_enum(enum)
        case RenameEnum(old=old, new=new):
            return (f"ALTER TYPE {type_name(old)} RENAME TO {quote(new[1])};",)
        case MoveEnum(old=old, new=new):
            return (f"ALTER TYPE {type_name(old)} SET SCHEMA {quote(new[0])};",)
        case AddEnumValue():
            return (add_value(operation),)
        case RenameEnumValue(id=id_, old=old_label, new=new_label):
            labels = f"{literal(old_label)} TO {literal(new_label)}"
            return (f"ALTER TYPE {type_name(id_)} RENAME VALUE {labels};",)
        case RecreateEnum():
            return recreate_enum(operation)
        case DropEnum(enum=enum):
            return (f"DROP TYPE {type_name(enum.id)};",)
        case _:
            assert_never(operation)


def type_name(identifier: Id) -> str:
    """The enum's name; drizzle spells public out wherever an enum is the object of a statement."""
    return qualified(identifier, spell_public=True)


def create_enum(enum: Enum) -> tuple[str, ...]:
    """CREATE TYPE with its comment."""
    name = type_name(enum.id)
    labels = ", ".join(literal(value) for value in enum.values)
    return (
        f"CREATE TYPE {name} AS ENUM({labels});",
        *comment_on(f"TYPE {name}", enum.comment),
    )


def add_value(operation: AddEnumValue) -> str:
    """ALTER TYPE ... ADD VALUE."""
    before = f" BEFORE {literal(operation.before)}" if operation.before is not None else ""
    return f"ALTER TYPE {type_name(operation.id)} ADD VALUE {literal(operation.value)}{before};"


def recreate_enum(operation: RecreateEnum) -> tuple[str, ...]:
    """The old type set aside, the new one made, every column cast by label, the old one dropped.

    A label that is gone but still in a row stops the cast, unless it was said what it becomes:
    no row is changed silently.
    """
    old, new = operation.old, operation.new
    aside = (old.schema, temporary_name(old.name, "old"))
    return (
        *(
            f"ALTER TABLE {qualified(use.table)} ALTER COLUMN {quote(use.column.name)} DROP DEFAULT;"
            for use in operation.uses
            if use.old_default is not None
        ),
        f"ALTER TYPE {type_name(old.id)} RENAME TO {quote(aside[1])};",
        *create_enum(new),
        *(_cast_column(use, operation.labels) for use in operation.uses),
        *(_restore_default(use) for use in operation.uses if use.column.default is not None),
        f"DROP TYPE {type_name(aside)};",
    )


def _cast_column(use: EnumUse, labels: tuple[tuple[str, str], ...]) -> str:
    column, target = quote(use.column.name), render_type(use.column)
    return (
        f"ALTER TABLE {qualified(use.table)} ALTER COLUMN {column} "
        f"SET DATA TYPE {target} USING {cast_by_label(use.column, labels)}::{target};"
    )


def cast_by_label(column: Column, labels: tuple[tuple[str, str], ...]) -> str:
    """The column as text, each label that goes replaced by the one that takes its place."""
    name = quote(column.name)
    if split_array(column.type)[1]:
        text = f"{name}::text[]"
        for old, new in labels:
            text = f"array_replace({text}, {literal(old)}, {literal(new)})"
        return text
    if not labels:
        return f"{name}::text"
    cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in labels)
    return f"(CASE {name}::text {cases} ELSE {name}::text END)"


def _restore_default(use: EnumUse) -> str:
    assert use.column.default is not None
    return (
        f"ALTER TABLE {qualified(use.table)} ALTER COLUMN {quote(use.column.name)} "
        f"SET DEFAULT {render_default(use.column.default)};"
    )
