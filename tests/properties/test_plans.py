"""What must hold for any two schemas, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given

from nbmigrate.diff import diff
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from tests.properties.mutations import Pair, pairs
from tests.properties.strategies import snapshots
from tests.support import physical, replay

#: A whole schema is what there is to show.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@given(snapshots)
def test_nothing_leads_from_a_schema_to_itself(snapshot: Snapshot) -> None:
    assert diff(snapshot, snapshot) == ()


@given(snapshots)
def test_spelling_twice_is_spelling_once(snapshot: Snapshot) -> None:
    once = POSTGRESQL.canonical(snapshot)
    assert POSTGRESQL.canonical(once) == once


@given(snapshots)
def test_replay_builds_a_schema_from_nothing(snapshot: Snapshot) -> None:
    plan = make_plan(EMPTY, snapshot, dialect=POSTGRESQL)
    assert replay(plan.operations, EMPTY) == physical(plan.new)


@given(snapshots)
def test_replay_takes_a_schema_down(snapshot: Snapshot) -> None:
    plan = make_plan(snapshot, EMPTY, dialect=POSTGRESQL)
    assert replay(plan.operations, snapshot) == EMPTY


@given(pairs())
def test_replay_reaches_the_other_schema(pair: Pair) -> None:
    plan = make_plan(pair.old, pair.new, dialect=POSTGRESQL, answers=pair.answers)
    assert replay(plan.operations, pair.old) == physical(plan.new)
    again = make_plan(plan.new, pair.new, dialect=POSTGRESQL, answers=pair.answers)
    assert again.operations == ()


@given(pairs())
def test_a_plan_is_the_same_twice(pair: Pair) -> None:
    first, second = (
        make_plan(pair.old, pair.new, dialect=POSTGRESQL, answers=pair.answers) for _ in range(2)
    )
    assert first.fingerprint == second.fingerprint
