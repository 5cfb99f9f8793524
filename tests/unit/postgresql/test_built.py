"""The texts of a table where it was built from them; nothing else is taken from there."""

from __future__ import annotations

from msgspec.structs import replace

from nbmigrate.model import Check, Column, Generated, Index, IndexColumn, Table
from nbmigrate.postgresql.built import with_texts

SAID = Table(
    name="a",
    schema="",
    columns={
        "id": Column(name="id", type="integer", not_null=True),
        "t": Column(name="t", type="text", default="lower('X')"),
        "g": Column(name="g", type="text", generated=Generated(expression="t||t", type="stored")),
    },
    check_constraints={"c": Check(name="c", value="id>1")},
    indexes={
        "i": Index(
            name="i",
            columns=(
                IndexColumn(expression="lower(t)", is_expression=True),
                IndexColumn(expression="id"),
            ),
            where="id>1",
        )
    },
)
BUILT = replace(
    SAID,
    columns={
        **SAID.columns,
        "t": replace(SAID.columns["t"], default="lower('X'::text)"),
        "g": replace(SAID.columns["g"], generated=Generated(expression="(t || t)", type="stored")),
    },
    check_constraints={"c": Check(name="c", value="id > 1")},
    indexes={
        "i": replace(
            SAID.indexes["i"],
            columns=(
                IndexColumn(expression="lower((t)::text)", is_expression=True),
                IndexColumn(expression="id"),
            ),
            where="(id > 1)",
        )
    },
)


def test_expressions_are_those_of_what_was_built():
    assert with_texts(SAID, BUILT) == BUILT


def test_what_is_missing_or_otherwise_is_still_seen():
    columns = {**BUILT.columns, "id": replace(BUILT.columns["id"], type="bigint")}
    del columns["g"]
    columns["t"] = replace(columns["t"], default=None)
    index = replace(BUILT.indexes["i"], is_unique=True, where=None)
    other = replace(
        BUILT, columns=columns, check_constraints={}, indexes={"i": index}, comment="added"
    )
    found = with_texts(SAID, other)
    assert found.columns == SAID.columns
    assert found.check_constraints == SAID.check_constraints
    assert found.comment is None
    assert found.indexes["i"].where == SAID.indexes["i"].where
    assert not found.indexes["i"].is_unique


def test_a_key_that_became_a_column_is_not_taken():
    columns = (IndexColumn(expression="t"), IndexColumn(expression="id"))
    other = replace(BUILT, indexes={"i": replace(BUILT.indexes["i"], columns=columns)})
    assert with_texts(SAID, other).indexes["i"].columns == SAID.indexes["i"].columns
