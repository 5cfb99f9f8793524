from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmigrate.model import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Generated,
    Identity,
    Index,
    IndexColumn,
    Policy,
    PrimaryKey,
    Sequence,
    Snapshot,
    Table,
    Unique,
    View,
)
from nbmigrate.model.codec import load
from nbmigrate.model.names import object_name, primary_key_name, sequence_name
from nbmigrate.postgresql.spelling import canonical

SAMPLES = sorted(
    path
    for path in (Path(__file__).parents[2] / "compat" / "drizzle").rglob("*_snapshot.json")
    if '"dialect": "postgresql"' in path.read_text()
)


def table(*columns: Column, **parts) -> Snapshot:
    spelled = Table(name="t", columns={c.name: c for c in columns}, **parts)
    return Snapshot(tables={"public.t": spelled})


def only(snapshot: Snapshot) -> Table:
    (found,) = canonical(snapshot).tables.values()
    return found


def column(found: Column, **parts) -> Column:
    return only(table(found, **parts)).columns[found.name]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: "/".join(path.parts[-3:]))
def test_every_drizzle_snapshot_has_one_spelling(path):
    snapshot = load(path.read_text()).snapshot
    once = canonical(snapshot)
    assert canonical(once) == once
    assert once.tables.keys() == snapshot.tables.keys()


def test_there_are_drizzle_snapshots():
    assert len(SAMPLES) > 20


def test_types_and_defaults():
    assert column(Column(name="a", type="int4", default="'-5'::integer")) == Column(
        name="a", type="integer", default=-5
    )
    assert column(Column(name="a", type="text[][]", default="'{}'::text[]")) == Column(
        name="a", type="text[]", default="'{}'"
    )
    assert column(Column(name="a", type="char")).type == "char(1)"


def test_a_serial_column_is_never_null_and_has_no_default():
    found = column(Column(name="a", type="serial", default="nextval('t_a_seq')"))
    assert found == Column(name="a", type="serial", not_null=True)


def test_the_schema_of_an_enum_is_told():
    moods = {"public.mood": Enum(name="mood", values=("a",))}
    snapshot = table(Column(name="a", type="mood[]", default="'{a}'::mood[]"))
    spelled = canonical(Snapshot(tables=snapshot.tables, enums=moods))
    assert spelled.tables["public.t"].columns["a"] == Column(
        name="a", type="mood[]", type_schema="public", default="'{a}'"
    )


def test_an_enum_may_be_called_like_a_type():
    found = column(Column(name="a", type="int4", type_schema="app"))
    assert (found.type, found.type_schema) == ("int4", "app")


def test_identity_options_are_filled_by_type():
    found = column(Column(name="a", type="int2", identity=Identity(type="always", name="")))
    assert found.not_null
    assert found.identity == Identity(
        type="always",
        name="t_a_seq",
        increment="1",
        start_with="1",
        min_value="1",
        max_value="32767",
        cache="1",
        cycle=False,
    )


def test_a_descending_identity_starts_at_its_largest_value():
    identity = Identity(type="byDefault", name="s", increment="-1")
    found = column(Column(name="a", type="integer", identity=identity)).identity
    assert found is not None
    assert (found.min_value, found.max_value, found.start_with) == ("-2147483648", "-1", "-1")


def test_a_sequence_is_bigint_when_nothing_is_said():
    spelled = canonical(Snapshot(sequences={"public.s": Sequence(name="s", data_type="bigint")}))
    assert spelled.sequences["public.s"] == Sequence(
        name="s",
        increment="1",
        start_with="1",
        min_value="1",
        max_value="9223372036854775807",
        cache="1",
        cycle=False,
    )


def test_columns_of_a_primary_key_are_never_null():
    keys = {"k": PrimaryKey(name="k", columns=("a", "b"))}
    found = only(
        table(
            Column(name="a", type="integer"),
            Column(name="b", type="integer"),
            composite_primary_keys=keys,
        )
    )
    assert [c.not_null for c in found.columns.values()] == [True, True]
    assert [c.primary_key for c in found.columns.values()] == [False, False]


def test_a_composite_key_of_one_column_is_a_flag():
    keys = {"k": PrimaryKey(name="k", columns=("a",))}
    found = only(table(Column(name="a", type="integer"), composite_primary_keys=keys))
    assert found.columns["a"] == Column(name="a", type="integer", primary_key=True, not_null=True)
    assert (found.composite_primary_keys, found.primary_key_name) == ({}, "k")


def test_the_name_that_postgresql_gives_a_primary_key_is_left_out():
    assert only(table(Column(name="a", type="integer"), primary_key_name="t_pkey")) == only(
        table(Column(name="a", type="integer"))
    )


def test_foreign_keys():
    key = ForeignKey(
        name="f",
        table_from="t",
        table_to="u",
        schema_to="public",
        columns_from=("a",),
        columns_to=("id",),
        on_delete="CASCADE",
        match="SIMPLE",
    )
    found = only(table(Column(name="a", type="integer"), foreign_keys={"f": key}))
    assert found.foreign_keys["f"] == ForeignKey(
        name="f",
        table_from="t",
        table_to="u",
        columns_from=("a",),
        columns_to=("id",),
        on_delete="cascade",
    )


def test_indexes():
    index = Index(
        name="i",
        columns=(
            IndexColumn(expression='"t"."a"', is_expression=True),
            IndexColumn(expression='lower("t"."b")', is_expression=True),
            IndexColumn(expression="a", opclass="int4_ops"),
            IndexColumn(expression="b", opclass="text_pattern_ops"),
        ),
        where='("t"."a" > 0)',
    )
    columns = (Column(name="a", type="integer"), Column(name="b", type="text"))
    assert only(table(*columns, indexes={"i": index})).indexes["i"] == Index(
        name="i",
        columns=(
            IndexColumn(expression="a"),
            IndexColumn(expression="lower(b)", is_expression=True),
            IndexColumn(expression="a"),
            IndexColumn(expression="b", opclass="text_pattern_ops"),
        ),
        where="a > 0",
    )


def test_only_btree_has_an_order():
    index = Index(
        name="i", method="GIN", columns=(IndexColumn(expression="a", asc=False, nulls="first"),)
    )
    found = only(table(Column(name="a", type="jsonb"), indexes={"i": index})).indexes["i"]
    assert (found.method, found.columns) == ("gin", (IndexColumn(expression="a"),))


def test_checks_policies_and_generated_columns():
    found = only(
        table(
            Column(name="a", type="text", generated=Generated(expression='(upper("t"."b"))')),
            check_constraints={"c": Check(name="c", value='("t"."a" != 0)')},
            policies={"p": Policy(name="p", for_="ALL", to=("b", "a"), using='("t"."a" > 0)')},
        )
    )
    assert found.columns["a"].generated == Generated(expression="upper(b)")
    assert found.check_constraints["c"].value == "a <> 0"
    assert found.policies["p"] == Policy(name="p", to=("a", "b"), using="a > 0")


def test_views():
    view = View(
        name="v",
        schema="",
        definition="select  a\nfrom t;\n",
        columns={"a": Column(name="a", type="text")},
        tablespace="pg_default",
        using="heap",
    )
    assert canonical(Snapshot(views={"public.v": view})).views == {
        "public.v": View(name="v", definition="select a from t")
    }


def test_names_are_cut_to_63_bytes():
    long, short = "é" * 40, "é" * 31
    unique = Unique(name=long, columns=(long,))
    spelled = canonical(
        Snapshot(
            tables={
                f"public.{long}": Table(
                    name=long,
                    columns={long: Column(name=long, type="text")},
                    unique_constraints={long: unique},
                )
            }
        )
    )
    found = spelled.tables[f"public.{short}"]
    assert found.columns[short].name == short
    assert found.unique_constraints == {short: Unique(name=short, columns=(short,))}


def test_public_is_spelled_as_drizzle_spells_it():
    spelled = canonical(Snapshot(tables={"public.t": Table(name="t", schema="public")}))
    assert spelled.tables["public.t"].schema == ""


names = st.sampled_from(["a", "b", "User", 'q"x', "ü" * 40, "x" * 70, "select"])
types = st.sampled_from(
    [
        "int4",
        "serial",
        "text[][]",
        "varchar(3)",
        "mood",
        "timestamptz(3)",
        "numeric(10,0)",
        "char",
        "jsonb",
        "Mood",
    ]
)
texts = st.sampled_from(
    ["(a > 0)", '"t"."a" is not null', "now()", "'x'::text", "NULL", "5", "'{}'", "- -1", "a != b"]
)
defaults = st.none() | texts | st.integers() | st.booleans() | st.just([1, 2])
identities = st.none() | st.builds(
    Identity,
    type=st.sampled_from(["always", "byDefault"]),
    name=names,
    increment=st.sampled_from([None, "1", "-2", "05"]),
    min_value=st.sampled_from([None, "10"]),
)
columns = st.builds(
    Column,
    name=names,
    type=types,
    type_schema=st.sampled_from([None, "", "public", "app"]),
    primary_key=st.booleans(),
    not_null=st.booleans(),
    generated=st.none() | st.builds(Generated, expression=texts),
    identity=identities,
    default=defaults,
)
index_columns = st.builds(
    IndexColumn,
    expression=names | texts,
    is_expression=st.booleans(),
    asc=st.booleans(),
    nulls=st.sampled_from(["first", "last"]),
    opclass=st.sampled_from([None, "int4_ops", "text_ops", "array_ops"]),
)
indexes = st.builds(
    Index,
    name=names,
    columns=st.lists(index_columns, min_size=1, max_size=2).map(tuple),
    where=st.none() | texts,
    method=st.sampled_from(["btree", "GIN"]),
)


def _named(items):
    return st.lists(items, max_size=3, unique_by=lambda item: item.name).map(
        lambda found: {item.name: item for item in found}
    )


tables = st.builds(
    Table,
    name=names,
    schema=st.sampled_from(["", "public", "app"]),
    columns=_named(columns),
    indexes=_named(indexes),
    check_constraints=_named(st.builds(Check, name=names, value=texts)),
    composite_primary_keys=_named(
        st.builds(
            PrimaryKey, name=names, columns=st.lists(names, min_size=1, max_size=2).map(tuple)
        )
    ),
    policies=_named(
        st.builds(Policy, name=names, to=st.lists(names, max_size=3).map(tuple), using=texts)
    ),
)
snapshots = st.builds(
    Snapshot,
    tables=st.lists(tables, max_size=3).map(lambda all_: {".".join(t.id): t for t in all_}),
    enums=st.just({"public.mood": Enum(name="mood", values=("a",))}),
    views=st.builds(View, name=names, definition=texts).map(lambda v: {".".join(v.id): v}),
    sequences=st.builds(Sequence, name=names, increment=st.sampled_from([None, "-1"])).map(
        lambda s: {".".join(s.id): s}
    ),
)


@given(snapshots)
def test_spelling_twice_is_spelling_once(snapshot):
    once = canonical(snapshot)
    assert repr(canonical(once)) == repr(once)


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        ("t", "a", "seq"),
        ("x" * 60, "a", "seq"),
        ("x" * 60, "y" * 60, "seq"),
        ("é" * 31, "y" * 40, "seq"),
        ("é" * 31, "", "pkey"),
        ("x" * 63, "", "pkey"),
    ],
)
def test_postgresql_chooses_the_same_names(database, first, second, label):
    connection = database.connect()
    connection.execute(f'create table "{first}" ("{second or "c"}" serial primary key)')
    relkind = "S" if label == "seq" else "i"
    (name,) = connection.execute(
        "select relname from pg_class where relkind = %s and relnamespace = 'public'::regnamespace",
        [relkind],
    ).fetchone()
    assert object_name(first, second, label) == name
    assert name in {sequence_name(first, second or "c"), primary_key_name(first)}
