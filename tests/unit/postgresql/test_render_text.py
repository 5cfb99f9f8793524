"""The text of every operation, as it stands in a migration file."""

from __future__ import annotations

from typing import get_args

import pytest

from nbmigrate import operations as o
from nbmigrate.dialect import COMMIT_BEFORE, NO_TRANSACTION
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.model import Policy, View
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.render import render, render_operation
from tests.unit.postgresql import (
    render_cases_constraints,
    render_cases_definitions,
    render_cases_objects,
    render_cases_tables,
    render_cases_whole,
)

CASES = [
    *render_cases_objects.CASES,
    *render_cases_tables.CASES,
    *render_cases_constraints.CASES,
    *render_cases_whole.CASES,
    *render_cases_definitions.CASES,
]
T = ("public", "t")


@pytest.mark.parametrize(("operation", "expected"), CASES, ids=lambda v: type(v).__name__)
def test_text(operation, expected):
    assert tuple(statement.sql for statement in render_operation(operation)) == expected


def test_every_operation_has_a_case():
    families = (kind for union in get_args(o.Operation) for kind in (get_args(union) or (union,)))
    assert set(families) == {type(operation) for operation, _ in CASES}


def test_only_concurrent_indexes_leave_the_transaction():
    for operation, expected in CASES:
        alone = any("CONCURRENTLY" in sql or NO_TRANSACTION in sql for sql in expected)
        assert all(s.transactional != alone for s in render_operation(operation))


def test_only_what_is_apart_opens_a_transaction_and_every_statement_ends():
    for statement in render([operation for operation, _ in CASES]):
        assert statement.commit_before == (COMMIT_BEFORE in statement.sql)
        assert statement.sql.endswith(";")


@pytest.mark.parametrize(
    "new",
    [
        Policy(name="p", with_check="b"),
        Policy(name="p", using="a"),
        Policy(name="p", using="a", with_check="b", for_="UPDATE"),
        Policy(name="p", using="a", with_check="b", as_="RESTRICTIVE"),
    ],
)
def test_a_policy_is_not_altered_into_something_else(new):
    old = Policy(name="p", using="a", with_check="b")
    with pytest.raises(UnsupportedOperationError) as raised:
        render_operation(o.AlterPolicy(table=T, old=old, new=new))
    assert raised.value.operation == "AlterPolicy"


def test_a_view_without_definition_is_refused():
    with pytest.raises(UnsupportedOperationError):
        render_operation(o.CreateView(view=View(name="v", is_existing=True)))


def test_the_dialect_renders_in_order_and_cannot_be_changed():
    # A function before what its body may speak of brings a statement of its own (test_definitions).
    definitions = [operation for operation, _ in render_cases_definitions.CASES]
    operations = [operation for operation, _ in CASES if operation not in definitions]
    assert POSTGRESQL.name == "postgresql"
    assert POSTGRESQL.render(operations) == tuple(
        statement for operation in operations for statement in render_operation(operation)
    )
    with pytest.raises(AttributeError):
        POSTGRESQL.name = "sqlite"
