"""The pure core at 1,000 tables, for ``make speed``: is it slower than when it was saved last?

What needs a server is in ``make bench``; its figures are ratios taken in one run.
"""

from __future__ import annotations

import sys
import types

import pytest
from nbmigrate.postgresql.tokens import split

from benchmarks.schemas import Schema
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.codec import dump, dump_extra, following, load
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.from_metadata import from_metadata

TABLES = 1000


def _snapshot(*, more: bool = False) -> Snapshot:
    module = types.ModuleType("speed_schema")
    sys.modules["speed_schema"] = module  # SQLAlchemy looks there for the names of annotations
    exec(Schema("speed", TABLES).module(more=more), module.__dict__)
    return from_metadata(module.Base.metadata)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return _snapshot()


@pytest.fixture(scope="module")
def text(snapshot) -> str:
    return dump(following(snapshot, None))


def test_nothing_to_do(benchmark, snapshot, text) -> None:
    other = load(text, extra=dump_extra(snapshot)).snapshot
    assert benchmark(make_plan, other, snapshot, dialect=POSTGRESQL).is_empty


def test_one_column(benchmark, snapshot) -> None:
    new = _snapshot(more=True)
    assert len(benchmark(make_plan, snapshot, new, dialect=POSTGRESQL).operations) == 1


def test_rebuild(benchmark, snapshot) -> None:
    assert benchmark(make_plan, EMPTY, snapshot, dialect=POSTGRESQL).statements


def test_write_a_snapshot(benchmark, snapshot) -> None:
    assert benchmark(dump, following(snapshot, None))


def test_read_a_snapshot(benchmark, text) -> None:
    assert benchmark(load, text).snapshot.tables


def test_split_a_migration(benchmark, snapshot) -> None:
    sql = make_plan(EMPTY, snapshot, dialect=POSTGRESQL).sql
    assert benchmark(split, sql)
