"""Snapshots hold defaults in the words of drizzle-kit, and mean what the plan meant."""

from __future__ import annotations

import pytest

from nbmigrate.model import EMPTY, Column, Snapshot, Table
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.recorded import as_recorded


def _with(kind: str, default: object) -> Snapshot:
    column = Column(name="c", type=kind, default=default)
    return Snapshot(tables={"public.t": Table(name="t", columns={"c": column})})


@pytest.mark.parametrize(
    ("kind", "default", "recorded"),
    [
        ("numeric(10, 2)", 0, "'0'"),
        ("numeric", 1.5, "'1.5'"),
        ("numeric(6, 3)", "0.500", "'0.500'"),
        ("numeric", "'0'", "'0'"),
        ("numeric", "random()", "random()"),
        ("integer", 5, 5),
        ("boolean", True, True),
        ("text[]", "'{a,b}'", '\'{"a","b"}\''),
        ("text[]", "'{}'", "'{}'"),
        ("text[]", "'{a,NULL}'", "'{a,NULL}'"),
        ("text[]", "'{{a},{b}}'", "'{{a},{b}}'"),
        ("integer[]", "'{1,2}'", "'{1,2}'"),
        ("numeric[]", "'{1,2}'", "'{1,2}'"),
    ],
)
def test_of_a_new_column(kind: str, default: object, recorded: object) -> None:
    new = _with(kind, default)
    found = as_recorded(EMPTY, new)
    assert found.tables["public.t"].columns["c"].default == recorded
    assert make_plan(found, new, dialect=POSTGRESQL).is_empty


def test_what_a_snapshot_says_already_stays() -> None:
    same = _with("numeric", 0)
    assert as_recorded(same, same) is same
    assert as_recorded(EMPTY, _with("numeric", "'0'")) == _with("numeric", "'0'")
