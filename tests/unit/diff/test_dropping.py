"""In which order tables are dropped, and which foreign keys go before them."""

from __future__ import annotations

import random

import pytest

from nbmigrate.diff import diff
from nbmigrate.diff.dropping import drop_tables
from nbmigrate.model import EMPTY, Column, ForeignKey, Partition, Snapshot, Table
from nbmigrate.operations import DetachPartition, DropForeignKey, DropTable


def table(name: str, *targets: str, of: str | None = None) -> Table:
    keys = {
        f"{name}_{target}": ForeignKey(
            name=f"{name}_{target}",
            table_from=name,
            table_to=target,
            columns_from=("id",),
            columns_to=("id",),
        )
        for target in targets
    }
    part = of and Partition(schema="public", table=of, bound=f"FOR VALUES IN ('{name}')")
    return Table(
        name=name,
        schema="",
        columns={"id": Column(name="id", type="integer")},
        foreign_keys=keys,
        partition_of=part or None,
    )


def told(*tables: Table, staying: tuple[Table, ...] = ()) -> list[str]:
    """The operations as words: ``a`` for a table, ``a_b`` for a key, ``a<b`` for a detached part."""
    old = Snapshot(tables={f"public.{t.name}": t for t in (*tables, *staying)})
    new = Snapshot(tables={f"public.{t.name}": t for t in staying})
    words = []
    for operation in drop_tables(tables, old, new):
        match operation:
            case DropTable(table=gone):
                words.append(gone.name)
            case DropForeignKey(foreign_key=key):
                words.append(key.name)
            case DetachPartition(table=(_, name), partition=partition):
                words.append(f"{name}<{partition.table}")
            case _:
                pytest.fail(f"unexpected {operation}")
    return words


def test_who_refers_to_others_goes_first_and_equals_go_by_name():
    assert told(table("a"), table("c", "a"), table("b", "a"), table("d", "b")) == list("cdba")


def test_a_reference_to_itself_holds_nobody():
    assert told(table("a", "a"), table("b")) == ["a", "b"]


def test_in_a_circle_a_key_goes_before_its_table():
    assert told(table("a", "b"), table("b", "a"), table("c", "a")) == ["c", "b_a", "a", "b"]


def test_partitions_go_before_the_whole():
    assert told(table("a"), table("a1", of="a"), table("b", of="a1")) == ["b", "a1", "a"]


def test_a_partition_of_what_is_pointed_to_waits_for_who_points():
    assert told(table("a"), table("a1", of="a"), table("z", "a")) == ["z", "a1", "a"]


def test_a_key_is_dropped_once_for_all_partitions():
    parts = [table(f"a{n}", of="a") for n in range(3)]
    found = told(table("a", "b"), *parts, table("b", "a"))
    assert found == ["b_a", "a0", "a1", "a2", "a", "b"]


def test_a_partition_of_what_stays_pointed_to_is_detached_first():
    staying = (table("a"), table("z", "a"))
    assert told(table("a1", of="a"), staying=staying) == ["a1<a", "a1"]


def test_in_any_graph_nobody_goes_who_is_still_pointed_to():
    rng = random.Random(7)
    for _ in range(200):
        names = [f"t{n}" for n in range(8)]
        tables = [table(n, *rng.sample(names, rng.randint(0, 3))) for n in names]
        there = {key.name: key.table_to for t in tables for key in t.foreign_keys.values()}
        words = told(*tables)
        assert len(words) == len(set(words))
        for word in words:
            if word in there:
                del there[word]
                continue
            there = {k: to for k, to in there.items() if not k.startswith(f"{word}_")}
            assert word not in there.values()
        assert sorted(w for w in words if w in names) == sorted(names)


def test_the_diff_drops_so():
    old = Snapshot(tables={"public.a": table("a"), "public.b": table("b", "a")})
    assert [type(op).__name__ for op in diff(old, EMPTY)] == ["DropTable", "DropTable"]
    assert [op.table.name for op in diff(old, EMPTY)] == ["b", "a"]
