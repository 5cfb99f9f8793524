"""What only adds is told by names, and is taken away again by them."""

from __future__ import annotations

import pytest

from nbmigrate.diff.additions import additions, around, touched, without
from nbmigrate.model import EMPTY, Column, Enum, Snapshot, Table


def table(name: str, *columns: str, type_: str = "text", **more) -> Table:
    return Table(name=name, columns={c: Column(name=c, type=type_) for c in columns}, **more)


def schema(*tables: Table, **more) -> Snapshot:
    return Snapshot(tables={f"public.{t.name}": t for t in tables}, **more)


ONE = schema(table("a", "x"))


def test_what_is_added_is_named() -> None:
    new = schema(
        table("a", "x", "y"), table("b"), enums={"public.e": Enum(name="e", values=("v",))}
    )
    made = additions(ONE, new)
    assert made is not None
    assert set(made) == {
        ("tables", "public.a", "columns", "y"),
        ("tables", "public.b"),
        ("enums", "public.e"),
    }
    assert without(new, made) == ONE


@pytest.mark.parametrize(
    "new",
    [
        ONE,
        EMPTY,
        schema(table("a", "y")),
        schema(table("a", "x", type_="integer")),
        schema(table("a", "x"), table("b"), extensions={}, roles={"r": None}),
        schema(table("a", "x", "y", unlogged=True)),
    ],
    ids=["nothing", "a table less", "another column", "another type", "a role", "unlogged too"],
)
def test_what_does_anything_else_is_no_addition(new: Snapshot) -> None:
    assert additions(ONE, new) is None


def test_a_partitioned_table_hands_its_additions_on() -> None:
    old, new = (schema(table("a", *c, partition_key="LIST (x)")) for c in (("x",), ("x", "y")))
    assert additions(old, new) is None


def test_names_are_cut_as_postgresql_cuts_them() -> None:
    live = schema(table("t" * 63, "x"))
    assert without(live, (("tables", "public." + "t" * 70),)) == EMPTY


def test_a_run_is_taken_apart_from_its_end() -> None:
    end = schema(table("other"), table("a", "x", "y"), table("b"))
    run = [
        (("tables", "public.a"),),
        (("tables", "public.a", "columns", "y"), ("tables", "public.b")),
    ]
    last, first = around(end, run)
    assert last == (schema(table("a", "x")), schema(table("a", "x", "y"), table("b")))
    assert first == (EMPTY, schema(table("a", "x")))
    assert touched(end, run[0]) == schema(table("a", "x", "y"))
