"""Operations -> statements. This page chooses the family; each family has a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.dialect import COMMIT_BEFORE, NO_TRANSACTION, Statement
from nbmigrate.diff.bodies import is_unchecked
from nbmigrate.operations import (
    ColumnOp,
    ConstraintOp,
    CreateFunction,
    DefinitionOp,
    DomainOp,
    EnumOp,
    ExtensionOp,
    FunctionOp,
    IndexOp,
    PolicyOp,
    ReplaceFunction,
    RoleOp,
    RuleOp,
    SchemaOp,
    SequenceOp,
    SetComment,
    StatisticsOp,
    TableOp,
    TriggerOp,
    TypeOp,
    ViewOp,
)
from nbmigrate.postgresql.identifiers import guard
from nbmigrate.postgresql.kept import as_kept
from nbmigrate.postgresql.render.columns import render_column
from nbmigrate.postgresql.render.comments import render_statistics, set_comment
from nbmigrate.postgresql.render.constraints import render_constraint
from nbmigrate.postgresql.render.defined import render_definition
from nbmigrate.postgresql.render.enums import render_enum
from nbmigrate.postgresql.render.extensions import render_extension
from nbmigrate.postgresql.render.functions import render_function, render_rule, render_trigger
from nbmigrate.postgresql.render.indexes import is_transactional, render_index
from nbmigrate.postgresql.render.policies import render_policy
from nbmigrate.postgresql.render.roles import render_role
from nbmigrate.postgresql.render.schemas import render_schema
from nbmigrate.postgresql.render.sequences import render_sequence
from nbmigrate.postgresql.render.tables import render_table
from nbmigrate.postgresql.render.types import render_domain, render_type_operation
from nbmigrate.postgresql.render.views import render_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmigrate.operations import Operation


#: Stands in front of bodies that cannot be checked yet, or not with this search path.
_UNCHECKED = Statement(sql="SET LOCAL check_function_bodies = off;")


def render(operations: Sequence[Operation]) -> tuple[Statement, ...]:
    """The statements of the operations, in the same order."""
    statements: list[Statement] = []
    is_said = not is_unchecked(operations)
    for operation in operations:
        if not is_said and isinstance(operation, CreateFunction | ReplaceFunction):
            statements.append(_UNCHECKED)
            is_said = True
        statements += render_operation(operation)
    return tuple(statements)


def render_operation(operation: Operation) -> tuple[Statement, ...]:
    """The statements of one operation; what cannot run in a transaction is marked."""
    alone = isinstance(operation, IndexOp) and not is_transactional(operation)
    return tuple(
        Statement(
            sql=guard(sql if isinstance(operation, SetComment) or "$" in sql else as_kept(sql)),
            transactional=not alone and NO_TRANSACTION not in sql,
            commit_before=COMMIT_BEFORE in sql,
        )
        for sql in _render(operation)
    )


def _render(operation: Operation) -> tuple[str, ...]:  # noqa: C901, PLR0911, PLR0912 - one case per family
    if isinstance(operation, SchemaOp):
        return render_schema(operation)
    if isinstance(operation, EnumOp):
        return render_enum(operation)
    if isinstance(operation, SequenceOp):
        return render_sequence(operation)
    if isinstance(operation, RoleOp):
        return render_role(operation)
    if isinstance(operation, TableOp):
        return render_table(operation)
    if isinstance(operation, ColumnOp):
        return render_column(operation)
    if isinstance(operation, ConstraintOp):
        return render_constraint(operation)
    if isinstance(operation, IndexOp):
        return render_index(operation)
    if isinstance(operation, ViewOp):
        return render_view(operation)
    if isinstance(operation, PolicyOp):
        return render_policy(operation)
    if isinstance(operation, ExtensionOp):
        return render_extension(operation)
    if isinstance(operation, DomainOp):
        return render_domain(operation)
    if isinstance(operation, TypeOp):
        return render_type_operation(operation)
    if isinstance(operation, FunctionOp):
        return render_function(operation)
    if isinstance(operation, DefinitionOp):
        return render_definition(operation)
    if isinstance(operation, TriggerOp):
        return render_trigger(operation)
    if isinstance(operation, RuleOp):
        return render_rule(operation)
    if isinstance(operation, StatisticsOp):
        return render_statistics(operation)
    if isinstance(operation, SetComment):
        return set_comment(operation)
    assert_never(operation)
