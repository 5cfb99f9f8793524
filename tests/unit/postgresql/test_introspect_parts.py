import pytest
from msgspec.structs import replace

from nbmigrate.model import (
    Check,
    Column,
    ForeignKey,
    Index,
    IndexColumn,
    Policy,
    PrimaryKey,
    Role,
    Unique,
    View,
)
from nbmigrate.postgresql.introspect import introspect


@pytest.fixture
def read(database):
    """Run DDL and introspect what it made."""

    def run(*statements, **options):
        connection = database.connect()
        for statement in statements:
            connection.execute(statement)
        return introspect(connection, **options)

    return run


def test_primary_keys(read):
    tables = read(
        "create table a (id integer primary key)",
        "create table b (id integer, constraint named primary key (id))",
        "create table c (y integer, x text, primary key (x, y))",
        "create table d (x integer, y integer, z text,"
        " constraint dk primary key (y, x) include (z) deferrable initially deferred)",
    ).tables
    assert tables["public.a"].primary_key_name is None
    assert tables["public.a"].columns["id"].primary_key
    assert tables["public.b"].primary_key_name == "named"
    assert tables["public.c"].composite_primary_keys == {
        "c_pkey": PrimaryKey(name="c_pkey", columns=("x", "y"))
    }
    assert tables["public.c"].columns["x"] == Column(name="x", type="text", not_null=True)
    assert tables["public.d"].composite_primary_keys == {
        "dk": PrimaryKey(
            name="dk",
            columns=("y", "x"),
            include=("z",),
            deferrable=True,
            initially_deferred=True,
        )
    }
    assert all(table.indexes == {} for table in tables.values())


def test_unique_constraints(read):
    table = read(
        "create table t (a integer, b text, c text,"
        " constraint u1 unique (b, a), constraint u2 unique nulls not distinct (a),"
        " constraint u3 unique (c) include (a, b) deferrable)"
    ).tables["public.t"]
    assert table.unique_constraints == {
        "u1": Unique(name="u1", columns=("b", "a")),
        "u2": Unique(name="u2", columns=("a",), nulls_not_distinct=True),
        "u3": Unique(name="u3", columns=("c",), include=("a", "b"), deferrable=True),
    }
    assert table.indexes == {}


def test_foreign_keys(read):
    snapshot = read(
        "create schema app",
        "create table app.p (x integer, y integer, z integer unique, primary key (y, x))",
        "create table public.c (a integer references app.p (z) on delete cascade on update set null,"
        " b integer, c integer, constraint two foreign key (c, b) references app.p (x, y) match full"
        " on delete set default on update restrict deferrable initially deferred)",
        "create table public.tree (id integer primary key, up integer references tree)",
        "alter table tree add constraint later foreign key (up) references tree not valid",
    )
    assert snapshot.tables["public.c"].foreign_keys == {
        "c_a_fkey": ForeignKey(
            name="c_a_fkey",
            table_from="c",
            table_to="p",
            schema_to="app",
            columns_from=("a",),
            columns_to=("z",),
            on_delete="cascade",
            on_update="set null",
        ),
        "two": ForeignKey(
            name="two",
            table_from="c",
            table_to="p",
            schema_to="app",
            columns_from=("c", "b"),
            columns_to=("x", "y"),
            on_delete="set default",
            on_update="restrict",
            match="full",
            deferrable=True,
            initially_deferred=True,
        ),
    }
    tree = snapshot.tables["public.tree"].foreign_keys
    assert tree["tree_up_fkey"].schema_to is None
    assert tree["later"].not_valid


def test_a_foreign_key_to_a_schema_that_is_not_read(read):
    snapshot = read(
        "create schema auth",
        "create table auth.users (junk text, b integer, a integer, unique (a, b))",
        "alter table auth.users drop junk",
        "create table t (x integer, y integer, foreign key (x, y) references auth.users (a, b))",
        schemas=["public"],
    )
    assert snapshot.tables.keys() == {"public.t"}
    (key,) = snapshot.tables["public.t"].foreign_keys.values()
    assert (key.target, key.columns_to) == (("auth", "users"), ("a", "b"))


def test_checks(read):
    checks = (
        read(
            "create table t (a integer constraint positive check (a > 0), b text,"
            " constraint quoted check (b <> ')' and a is not null), f boolean check (f))",
            "alter table t add constraint later check (a < 9) not valid",
            "alter table t add constraint own check (a <> 5) no inherit",
        )
        .tables["public.t"]
        .check_constraints
    )
    assert checks == {
        "positive": Check(name="positive", value="a > 0"),
        "quoted": Check(name="quoted", value="(b <> ')'::text) AND (a IS NOT NULL)"),
        "t_f_check": Check(name="t_f_check", value="f"),
        "later": Check(name="later", value="a < 9", not_valid=True),
        "own": Check(name="own", value="a <> 5", no_inherit=True),
    }


def test_constraints_that_are_not_enforced(read, database):
    if database.connect().info.server_version < 180000:
        pytest.skip("NOT ENFORCED is of PostgreSQL 18")
    table = read(
        "create table t (id integer primary key, a integer not null,"
        " constraint c check (a > 0) not enforced,"
        " constraint f foreign key (a) references t not enforced)"
    ).tables["public.t"]
    assert table.check_constraints == {"c": Check(name="c", value="a > 0", not_enforced=True)}
    assert (table.foreign_keys["f"].not_enforced, table.foreign_keys["f"].not_valid) == (
        True,
        False,
    )


INDEXES = {
    "plain on t (a)": Index(name="plain", columns=(IndexColumn(expression="a"),)),
    "two on t (b, a desc)": Index(
        name="two",
        columns=(
            IndexColumn(expression="b"),
            IndexColumn(expression="a", asc=False, nulls="first"),
        ),
    ),
    "nulls on t (a desc nulls last, b nulls first)": Index(
        name="nulls",
        columns=(
            IndexColumn(expression="a", asc=False),
            IndexColumn(expression="b", nulls="first"),
        ),
    ),
    "expr on t (lower(b), (a + 1) desc, a)": Index(
        name="expr",
        columns=(
            IndexColumn(expression="lower(b)", is_expression=True),
            IndexColumn(expression="a + 1", is_expression=True, asc=False, nulls="first"),
            IndexColumn(expression="a"),
        ),
    ),
    "ops on t (b text_pattern_ops, a int4_ops)": Index(
        name="ops",
        columns=(
            IndexColumn(expression="b", opclass="text_pattern_ops"),
            IndexColumn(expression="a"),
        ),
    ),
    'coll on t (b collate "C", b)': Index(
        name="coll",
        columns=(IndexColumn(expression="b", collation="C"), IndexColumn(expression="b")),
    ),
    "gin_ on t using gin (j jsonb_path_ops, arr) with (fastupdate = off)": Index(
        name="gin_",
        columns=(
            IndexColumn(expression="j", opclass="jsonb_path_ops"),
            IndexColumn(expression="arr"),
        ),
        method="gin",
        options={"fastupdate": "off"},
    ),
    "brin_ on t using brin (a) with (pages_per_range = 8, autosummarize = true)": Index(
        name="brin_",
        columns=(IndexColumn(expression="a"),),
        method="brin",
        options={"pages_per_range": 8, "autosummarize": True},
    ),
    "hash_ on t using hash (a)": Index(
        name="hash_", columns=(IndexColumn(expression="a"),), method="hash"
    ),
    "part on t (a) with (fillfactor = 70) where (b is not null and a > 0)": Index(
        name="part",
        columns=(IndexColumn(expression="a"),),
        where="(b IS NOT NULL) AND (a > 0)",
        options={"fillfactor": 70},
    ),
    "incl on t (a) include (b, j)": Index(
        name="incl", columns=(IndexColumn(expression="a"),), include=("b", "j")
    ),
}


@pytest.mark.parametrize(("definition", "expected"), INDEXES.items())
def test_indexes(read, definition, expected):
    table = read(
        "create table t (gone integer, a integer, b text, j jsonb, arr text[])",
        "alter table t drop gone",
        f"create index {definition}",
    ).tables["public.t"]
    assert table.indexes == {expected.name: expected}


def test_unique_indexes(read):
    table = read(
        "create table t (a integer primary key, b text, unique (b))",
        "create unique index u on t (a) nulls not distinct",
    ).tables["public.t"]
    assert table.indexes == {
        "u": Index(
            name="u",
            columns=(IndexColumn(expression="a"),),
            is_unique=True,
            nulls_not_distinct=True,
        )
    }


def test_an_index_that_a_foreign_key_leans_on(read):
    tables = read(
        "create table p (a integer)",
        "create unique index u on p (a)",
        "create table c (a integer references p (a))",
    ).tables
    assert tables["public.p"].indexes.keys() == {"u"}


def test_an_index_that_failed_is_not_there(database):
    connection = database.connect()
    connection.execute("create table t (a integer); insert into t values (1), (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        connection.execute("create unique index concurrently u on t (a)")
    assert introspect(connection).tables["public.t"].indexes == {}


def test_views(read):
    views = read(
        "create table t (a integer not null, b text)",
        "create view v as select a, b as c from t where a > 18",
        "create view w with (security_barrier, security_invoker = on, check_option = local)"
        " as select a from t",
        "create materialized view m with (fillfactor = 90, autovacuum_enabled = off,"
        " autovacuum_vacuum_scale_factor = 0.5) as select a from t with no data",
    ).views
    # Before PostgreSQL 16 the columns of a single table were qualified too.
    views = {
        name: replace(
            view, definition=(view.definition or "").replace("t.a", "a").replace("t.b", "b")
        )
        for name, view in views.items()
    }
    column = {"a": Column(name="a", type="integer")}
    assert views == {
        "public.v": View(
            name="v",
            columns={**column, "c": Column(name="c", type="text")},
            definition="SELECT a,\n    b AS c\n   FROM public.t\n  WHERE (a > 18)",
        ),
        "public.w": View(
            name="w",
            columns=column,
            definition="SELECT a\n   FROM public.t",
            options={"securityBarrier": True, "securityInvoker": True, "checkOption": "local"},
            option_words={"securityInvoker": "on"},
        ),
        "public.m": View(
            name="m",
            columns=column,
            definition="SELECT a\n   FROM public.t",
            materialized=True,
            options={
                "fillfactor": 90,
                "autovacuumEnabled": False,
                "autovacuumVacuumScaleFactor": 0.5,
            },
            option_words={"autovacuumEnabled": "off"},
        ),
    }


def test_row_security(read):
    table = read(
        "create table t (owner text, n integer)",
        "alter table t enable row level security",
        "create policy everyone on t",
        "create policy ins on t as restrictive for insert to current_user, public with check (n > 0)",
        "create policy upd on t for update using (owner = current_user) with check (n > 1)",
    ).tables["public.t"]
    assert table.is_rls_enabled
    assert not table.force_rls
    assert table.policies == {
        "everyone": Policy(name="everyone"),
        "ins": Policy(name="ins", as_="RESTRICTIVE", for_="INSERT", with_check="n > 0"),
        "upd": Policy(name="upd", for_="UPDATE", using="owner = CURRENT_USER", with_check="n > 1"),
    }


def test_roles(database):
    connection = database.connect()
    names = [f"{database.name}_{letter}" for letter in "ab"]
    connection.execute(f"create role {names[0]} createdb createrole noinherit")
    connection.execute(f"create role {names[1]}")
    try:
        connection.execute("create table t (a integer)")
        connection.execute(f"create policy p on t to {names[1]}, {names[0]}")
        one = introspect(connection, roles=[names[0]])
        every = introspect(connection, roles=True).roles
        assert introspect(connection).roles == {}
        assert one.tables["public.t"].policies["p"].to == (names[0], names[1])
        assert one.roles == {
            names[0]: Role(name=names[0], create_db=True, create_role=True, inherit=False)
        }
        assert every[names[1]] == Role(name=names[1])
        assert not any(name.startswith("pg_") for name in every)
        assert "postgres" not in every
    finally:
        connection.execute("drop table t")
        connection.execute(f"drop role {names[0]}, {names[1]}")
