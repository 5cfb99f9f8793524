"""Tables, constraints, indexes and the values of nbmigrate.schema as a snapshot."""

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql as pg

from nbmigrate import schema
from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import Generated, Identity, IndexColumn, Sequence
from nbmigrate.postgresql.from_metadata import declared_renames, from_metadata


def table_of(*items, name="t", metadata=None, **options):
    metadata = metadata if metadata is not None else sa.MetaData()
    table = sa.Table(name, metadata, *items, **options)
    return from_metadata(metadata).tables[f"{table.schema or 'public'}.{name}"]


# --- columns ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "type_", "default"),
    [
        (Column("id", Integer, primary_key=True), "serial", None),
        (Column("id", sa.BigInteger, primary_key=True), "bigserial", None),
        (Column("id", sa.SmallInteger, primary_key=True), "smallserial", None),
        (Column("id", Integer, primary_key=True, autoincrement=False), "integer", None),
        (Column("id", Integer, primary_key=True, default=5), "integer", None),
        (Column("id", Integer, primary_key=True, server_default="7"), "integer", 7),
        (Column("id", Text, primary_key=True), "text", None),
        (Column("id", Integer, sa.Sequence("s"), primary_key=True), "integer", None),
        (Column("id", Integer, sa.Sequence("s", optional=True), primary_key=True), "serial", None),
    ],
)
def test_what_sqlalchemy_numbers_is_serial(column, type_, default):
    found = table_of(column).columns["id"]
    assert (found.type, found.default) == (type_, default)
    assert found.primary_key
    assert found.not_null


@pytest.mark.parametrize(
    ("type_", "server_default", "expected"),
    [
        (Text, "x", "'x'"),
        (Text, "it's", "'it''s'"),
        (Text, "100% \\ :x", "'100% \\ :x'"),
        (Text, sa.text("'a' || 'b'"), "'a' || 'b'"),
        (Text, sa.text("':b'"), "':b'"),
        (Text, sa.text(r"'12\:30'"), "'12:30'"),
        (Integer, "5", 5),
        (Integer, sa.text("-5"), -5),
        (sa.Boolean, sa.true(), True),
        (sa.Boolean, "false", False),
        (sa.Numeric(10, 2), "1.50", "'1.50'"),
        (sa.DateTime(timezone=True), sa.func.now(), "now()"),
        (sa.Uuid, sa.func.gen_random_uuid(), "gen_random_uuid()"),
        (pg.JSONB, sa.text("'{}'::jsonb"), "'{}'::jsonb"),
        (Integer, sa.Sequence("s").next_value(), "nextval('s'::regclass)"),
    ],
)
def test_server_defaults(type_, server_default, expected):
    found = table_of(Column("c", type_, server_default=server_default)).columns["c"].default
    if isinstance(expected, str) and "nextval" in expected:
        assert str(found).startswith("nextval('s'")
    else:
        assert found == expected
        assert type(found) is type(expected)


def test_pythons_default_is_not_the_databases():
    columns = table_of(Column("a", Integer, default=5), Column("b", Text, onupdate="x")).columns
    assert [c.default for c in columns.values()] == [None, None]


def test_a_default_without_sql_is_an_error():
    with pytest.raises(DeclarationError, match=r"public\.t\.c"):
        table_of(Column("c", Text, server_default=sa.literal(object(), sa.PickleType())))


def test_identity_has_all_options():
    identity = sa.Identity(always=True, start=10, increment=2, minvalue=1, maxvalue=99, cache=3)
    found = table_of(Column("id", sa.SmallInteger, identity, primary_key=True)).columns["id"]
    assert found.type == "smallint"
    assert found.identity == Identity(
        type="always",
        name="t_id_seq",
        schema="public",
        increment="2",
        start_with="10",
        min_value="1",
        max_value="99",
        cache="3",
        cycle=False,
    )
    plain = table_of(Column("n", Integer, sa.Identity(increment=-1))).columns["n"]
    assert plain.not_null
    assert plain.identity is not None
    assert plain.identity.type == "byDefault"
    assert (plain.identity.start_with, plain.identity.max_value) == ("-1", "-1")
    with pytest.raises(DeclarationError, match="identity"):
        table_of(Column("n", Text, sa.Identity()))


def test_generated_columns():
    columns = table_of(
        Column("a", Integer),
        Column("b", Integer, sa.Computed("(a + 1)")),
        Column("c", Integer, sa.Computed("a * 2", persisted=False)),
    ).columns
    assert columns["b"].generated == Generated(expression="a + 1", type="stored")
    assert columns["c"].generated == Generated(expression="a * 2", type="virtual")


def test_order_comments_and_schema():
    metadata = sa.MetaData(schema="app")
    found = table_of(
        Column("z", Text, comment="last"), Column("a", Text), metadata=metadata, comment="all"
    )
    assert list(found.columns) == ["z", "a"]
    assert (found.schema, found.comment, found.columns["z"].comment) == ("app", "all", "last")
    assert from_metadata(metadata).schemas == {"app": "app"}
    assert table_of(Column("a", Text), schema="public").schema == ""
    assert table_of(Column("a", Text), prefixes=["UNLOGGED"]).unlogged


# --- constraints -----------------------------------------------------------------


def test_primary_keys():
    pair = table_of(Column("x", Integer, primary_key=True), Column("y", Text, primary_key=True))
    assert pair.composite_primary_keys["t_x_y_pk"].columns == ("x", "y")
    assert not any(c.primary_key for c in pair.columns.values())
    assert all(c.not_null for c in pair.columns.values())
    assert pair.columns["x"].type == "integer"
    named = table_of(
        Column("x", Text), Column("y", Text), sa.PrimaryKeyConstraint("y", "x", name="mine")
    )
    assert named.composite_primary_keys["mine"].columns == ("y", "x")
    single = table_of(Column("x", Text), sa.PrimaryKeyConstraint("x", name="mine"))
    assert single.primary_key_name == "mine"
    assert single.columns["x"].primary_key
    usual = table_of(Column("x", Text), sa.PrimaryKeyConstraint("x", name="t_pkey"))
    assert usual.primary_key_name is None


def test_unique_constraints():
    found = table_of(
        Column("a", Text, unique=True),
        Column("b", Text),
        UniqueConstraint("a", "b", postgresql_nulls_not_distinct=True),
        UniqueConstraint("b", name="named", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("a"),
    ).unique_constraints
    assert set(found) == {"t_a_unique", "t_a_b_unique", "named"}
    assert found["t_a_b_unique"].nulls_not_distinct
    assert (found["named"].deferrable, found["named"].initially_deferred) == (True, True)
    with pytest.raises(DuplicateObjectError, match="named"):
        table_of(
            Column("a", Text),
            Column("b", Text),
            UniqueConstraint("a", name="named"),
            UniqueConstraint("b", name="named"),
        )


def test_foreign_keys():
    metadata = sa.MetaData()
    sa.Table("users", metadata, Column("id", Integer, primary_key=True), schema="auth")
    sa.Table(
        "pair",
        metadata,
        Column("x", Integer, primary_key=True),
        Column("y", Integer, primary_key=True),
    )
    found = table_of(
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("auth.users.id", ondelete="CASCADE", onupdate="Set  Null")),
        Column("a", Integer),
        Column("b", Integer),
        Column(
            "up", ForeignKey("t.id", name="tree", use_alter=True, match="FULL", deferrable=True)
        ),
        sa.ForeignKeyConstraint(["a", "b"], ["pair.x", "pair.y"]),
        metadata=metadata,
    )
    keys = found.foreign_keys
    assert set(keys) == {"t_user_id_users_id_fk", "t_a_b_pair_x_y_fk", "tree"}
    assert found.columns["user_id"].type == "integer"
    first = keys["t_user_id_users_id_fk"]
    assert (first.schema_to, first.on_delete, first.on_update) == ("auth", "cascade", "set null")
    assert keys["tree"].schema_to is None
    assert (keys["tree"].match, keys["tree"].deferrable) == ("full", True)
    assert keys["t_a_b_pair_x_y_fk"].columns_to == ("x", "y")


def test_a_foreign_key_to_nothing_suggests():
    metadata = sa.MetaData()
    sa.Table("users", metadata, Column("id", Integer, primary_key=True))
    with pytest.raises(DeclarationError) as caught:
        table_of(Column("u", Integer, ForeignKey("user.id")), metadata=metadata)
    assert (caught.value.source, caught.value.hint) == ("public.t.u", "did you mean `users`?")
    other = sa.MetaData()
    sa.Table("users", other, Column("ident", Integer, primary_key=True))
    with pytest.raises(DeclarationError, match=r"users\.identt"):
        table_of(Column("u", Integer, ForeignKey("users.identt")), metadata=other)


def test_checks_are_named_as_postgresql_names_them(database):
    metadata = sa.MetaData()
    table = sa.Table(
        "t",
        metadata,
        Column("a", Integer, CheckConstraint("a > 0")),
        Column("b", Integer),
        CheckConstraint("a < 100"),
        CheckConstraint("a < b"),
        CheckConstraint("a <> b"),
        CheckConstraint("b::text <> 'a'"),
        CheckConstraint("a is not null", name="mine"),
    )
    found = from_metadata(metadata).tables["public.t"].check_constraints
    engine = sa.create_engine(database.url.replace("postgresql://", "postgresql+psycopg://"))
    table.create(engine)
    names = {check["name"] for check in sa.inspect(engine).get_check_constraints("t")}
    engine.dispose()
    assert set(found) == names
    assert found["t_check"].value == "a < b"


def test_checks_of_types():
    found = table_of(
        Column("b", sa.Boolean(create_constraint=True)),
        Column("e", sa.Enum("x", "y", native_enum=False, create_constraint=True, name="kind")),
    ).check_constraints
    assert {name: check.value for name, check in found.items()} == {"kind": "e IN ('x', 'y')"}


def test_naming_conventions():
    convention = {
        "ix": "i_%(column_0_label)s",
        "uq": "u_%(table_name)s_%(column_0_name)s",
        "ck": "c_%(table_name)s_%(constraint_name)s",
        "fk": "f_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "p_%(table_name)s",
    }
    found = table_of(
        Column("id", Integer, primary_key=True),
        Column("a", Integer, ForeignKey("t.id"), index=True, unique=False),
        Column("b", Integer, CheckConstraint("b > 0", name="positive"), unique=True),
        metadata=sa.MetaData(naming_convention=convention),
    )
    assert found.primary_key_name == "p_t"
    assert set(found.foreign_keys) == {"f_t_a_t"}
    assert set(found.indexes) == {"i_t_a"}
    assert set(found.unique_constraints) == {"u_t_b"}
    assert set(found.check_constraints) == {"c_t_positive"}


def test_names_longer_than_postgresql_keeps():
    long = "x" * 60
    names = list(
        table_of(
            Column(long, Integer, unique=True),
            Column(long[:-1] + "y", Integer, unique=True),
        ).unique_constraints
    )
    assert len(set(names)) == 2
    assert all(len(name.encode()) == 63 for name in names)
    assert names == list(
        table_of(
            Column(long, Integer, unique=True), Column(long[:-1] + "y", Integer, unique=True)
        ).unique_constraints
    )
    for bad in (
        lambda: table_of(Column("é" * 32, Integer)),
        lambda: table_of(Column("a", Integer), name="n" * 64),
        lambda: table_of(Column("a", Integer), UniqueConstraint("a", name="n" * 64)),
        lambda: table_of(Column("a", Integer), Index("n" * 64, "a")),
        lambda: table_of(Column("a", Integer), CheckConstraint("a > 0", name="n" * 64)),
    ):
        with pytest.raises(DeclarationError, match="64 bytes"):
            bad()


# --- indexes ---------------------------------------------------------------------


def test_indexes():
    columns = [Column(name, Text) for name in ("a", "b", "c d")]
    table = sa.Table("t", sa.MetaData(), *columns, Column("n", Integer, index=True))
    Index("i_order", table.c.a.desc(), table.c.b.desc().nulls_last(), table.c["c d"].nulls_first())
    Index(
        "i_rich",
        sa.func.lower(table.c["c d"]).label("low"),
        table.c.a,
        unique=True,
        postgresql_using="BTREE",
        postgresql_ops={"low": "text_pattern_ops", "a": "text_ops"},
        postgresql_where=table.c.b.like("a%") & (table.c.n > 5),
        postgresql_with={"fillfactor": "70", "deduplicate_items": "off"},
        postgresql_include=["n"],
        postgresql_nulls_not_distinct=True,
        postgresql_tablespace="fast",
        postgresql_concurrently=True,
    )
    Index(
        "i_text",
        sa.text("lower(a) DESC NULLS LAST"),
        sa.text("b desc"),
        sa.text('"c d"'),
        _table=table,
    )
    Index("i_coll", table.c.a.collate("C"))
    found = from_metadata(table.metadata).tables["public.t"].indexes
    assert set(found) == {"ix_t_n", "i_order", "i_rich", "i_text", "i_coll"}
    assert [(c.expression, c.asc, c.nulls) for c in found["i_order"].columns] == [
        ("a", False, "first"),
        ("b", False, "last"),
        ("c d", True, "first"),
    ]
    rich = found["i_rich"]
    assert rich.columns == (
        IndexColumn(expression='lower("c d")', is_expression=True, opclass="text_pattern_ops"),
        IndexColumn(expression="a", opclass="text_ops"),
    )
    assert rich.where == "b LIKE 'a%' AND n > 5"
    assert rich.options == {"fillfactor": 70, "deduplicate_items": "off"}
    assert (rich.is_unique, rich.include, rich.tablespace) == (True, ("n",), "fast")
    assert (rich.nulls_not_distinct, rich.concurrently, rich.method) == (True, True, "btree")
    assert [(c.expression, c.is_expression, c.asc, c.nulls) for c in found["i_text"].columns] == [
        ("lower(a)", True, False, "last"),
        ("b", False, False, "first"),
        ("c d", False, True, "last"),
    ]
    assert (found["i_coll"].columns[0].expression, found["i_coll"].columns[0].collation) == (
        "a",
        "C",
    )


# --- what is not held, other objects ------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: table_of(Column("a", Integer), postgresql_tablespace="fast"),
        lambda: table_of(Column("a", Integer), prefixes=["TEMPORARY"]),
    ],
)
def test_what_a_snapshot_cannot_hold_is_an_error(make):
    with pytest.raises(DeclarationError) as caught:
        make()
    assert caught.value.source == "public.t"


def test_sequences():
    metadata = sa.MetaData()
    sa.Sequence("loose", metadata=metadata, start=5, data_type=sa.Integer)
    sa.Table("t", metadata, Column("n", Integer, sa.Sequence("owned", schema="app", cycle=True)))
    found = from_metadata(metadata)
    assert found.sequences["public.loose"] == Sequence(
        name="loose",
        schema="public",
        increment="1",
        start_with="5",
        min_value="1",
        max_value="2147483647",
        cache="1",
        cycle=False,
        data_type="integer",
    )
    assert found.sequences["app.owned"].cycle is True
    assert found.schemas == {"app": "app"}


def test_values_of_nbmigrate_schema():
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, Column("id", Integer, primary_key=True), Column("who", Text))
    schema.View("v", sa.select(table.c.id).where(table.c.who == "it's"), check_option="local").on(
        metadata
    )
    schema.MaterializedView("m", "select 1;\n", options={"autovacuum_enabled": False}).on(metadata)
    schema.Policy("own", table, command="select", to=["b", "a"], using="who = current_user").on(
        metadata
    )
    schema.Policy("far", "auth.users", with_check="true", restrictive=True).on(metadata)
    schema.row_security(table, force=True).on(metadata)
    schema.Role("reader", inherit=False).on(metadata)
    found = from_metadata(metadata)
    view = found.views["public.v"]
    assert " ".join((view.definition or "").split()) == ("SELECT t.id FROM t WHERE t.who = 'it''s'")
    assert view.options == {"checkOption": "local"}
    assert found.views["public.m"].definition == "select 1"
    assert found.views["public.m"].options == {"autovacuumEnabled": False}
    own = found.tables["public.t"].policies["own"]
    assert (own.for_, own.to, own.using) == ("SELECT", ("a", "b"), "who = current_user")
    assert found.tables["public.t"].is_rls_enabled
    assert found.tables["public.t"].force_rls
    assert (found.policies["far"].on, found.policies["far"].as_) == (
        '"auth"."users"',
        "RESTRICTIVE",
    )
    assert not found.roles["reader"].inherit
    schema.View("t", "select 1").on(metadata)
    with pytest.raises(DuplicateObjectError, match=r"public\.t"):
        from_metadata(metadata)


def test_declared_renames():
    metadata = sa.MetaData()
    sa.Table(
        "people",
        metadata,
        Column("full.name", Text, info={"renamed_from": "name"}),
        schema="app",
        info={"renamed_from": "users"},
    )
    schema.View("v2", "select 1", renamed_from="v1").on(metadata)
    assert declared_renames(metadata) == (
        "app.users->app.people",
        'app.users.name->app.people."full.name"',
        "public.v1->public.v2",
    )


def test_hostile_names_are_kept():
    name = "a\"b.c; drop table x -- '%s :p"
    found = table_of(
        Column(name, Text, unique=True, server_default="%(x)s"),
        Column("n", Integer, index=True),
        name='we"ird table',
    )
    assert name in found.columns
    assert found.columns[name].default == "'%(x)s'"
    assert found.unique_constraints[f'we"ird table_{name}_unique'].columns == (name,)


def test_what_only_the_sidecar_holds_of_a_table():
    found = table_of(
        Column("a", pg.INT4RANGE),
        pg.ExcludeConstraint(("a", "&&"), name="apart", where=sa.text("a IS NOT NULL")),
        postgresql_partition_by="RANGE (a)",
        postgresql_inherits="b",
        postgresql_with={"fillfactor": 70},
    )
    assert found.exclusions["apart"].definition == (
        "EXCLUDE USING gist (a WITH &&) WHERE (a IS NOT NULL)"
    )
    assert found.partition_key == "RANGE (a)"
    assert found.inherits == ("public.b",)
    assert found.options == {"fillfactor": 70}
