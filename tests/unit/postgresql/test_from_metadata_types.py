"""Every type of SQLAlchemy's PostgreSQL dialect, held against what PostgreSQL made of it."""

import enum
import inspect as python_inspect

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import TypeEngine, UserDefinedType

from nbmigrate.errors import DeclarationError, DuplicateObjectError, UnsupportedTypeError
from nbmigrate.postgresql.from_metadata import from_metadata
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.postgresql.types import comparable_type


class Mood(enum.Enum):
    happy = 1
    sad = 2


class Vector(UserDefinedType):
    cache_ok = True

    def __init__(self, size):
        self.size = size

    def get_col_spec(self, **kw):
        return f"VECTOR({self.size})"


class Money(sa.TypeDecorator):
    impl = sa.Numeric(12, 2)
    cache_ok = True


TYPES = [
    (sa.SmallInteger(), "smallint"),
    (sa.Integer(), "integer"),
    (sa.BigInteger(), "bigint"),
    (sa.REAL(), "real"),
    (sa.Float(), "double precision"),
    (sa.Float(precision=24), "real"),
    (sa.Double(), "double precision"),
    (sa.Numeric(), "numeric"),
    (sa.Numeric(10), "numeric(10)"),
    (sa.Numeric(10, 2), "numeric(10, 2)"),
    (sa.DECIMAL(5, 1), "numeric(5, 1)"),
    (sa.Boolean(), "boolean"),
    (sa.Text(), "text"),
    (sa.UnicodeText(), "text"),
    (sa.String(), "varchar"),
    (sa.String(50), "varchar(50)"),
    (sa.Unicode(7), "varchar(7)"),
    (sa.CHAR(), "char(1)"),
    (sa.CHAR(3), "char(3)"),
    (sa.NCHAR(3), "char(3)"),
    (sa.Date(), "date"),
    (sa.Time(), "time"),
    (sa.Time(timezone=True), "time with time zone"),
    (pg.TIME(precision=2), "time(2)"),
    (sa.DateTime(), "timestamp"),
    (sa.DateTime(timezone=True), "timestamp with time zone"),
    (pg.TIMESTAMP(precision=3), "timestamp (3)"),
    (pg.TIMESTAMP(precision=6, timezone=True), "timestamp (6) with time zone"),
    (sa.Interval(), "interval"),
    (pg.INTERVAL(precision=3), "interval(3)"),
    (pg.INTERVAL(fields="DAY TO SECOND", precision=3), "interval day to second(3)"),
    (sa.LargeBinary(), "bytea"),
    (sa.PickleType(), "bytea"),
    (sa.Uuid(), "uuid"),
    (sa.JSON(), "json"),
    (sa.JSON().with_variant(pg.JSONB(), "postgresql"), "jsonb"),
    (pg.JSONB(), "jsonb"),
    (pg.JSONPATH(), "jsonpath"),
    (pg.INET(), "inet"),
    (pg.CIDR(), "cidr"),
    (pg.MACADDR(), "macaddr"),
    (pg.MACADDR8(), "macaddr8"),
    (pg.MONEY(), "money"),
    (pg.OID(), "oid"),
    (pg.REGCLASS(), "regclass"),
    (pg.REGCONFIG(), "regconfig"),
    (pg.TSVECTOR(), "tsvector"),
    (pg.TSQUERY(), "tsquery"),
    (pg.BIT(), "bit(1)"),
    (pg.BIT(3), "bit(3)"),
    (pg.BIT(varying=True), "bit varying"),
    (pg.BIT(5, varying=True), "bit varying(5)"),
    (pg.INT4RANGE(), "int4range"),
    (pg.INT8RANGE(), "int8range"),
    (pg.NUMRANGE(), "numrange"),
    (pg.DATERANGE(), "daterange"),
    (pg.TSRANGE(), "tsrange"),
    (pg.TSTZRANGE(), "tstzrange"),
    (pg.INT4MULTIRANGE(), "int4multirange"),
    (pg.INT8MULTIRANGE(), "int8multirange"),
    (pg.NUMMULTIRANGE(), "nummultirange"),
    (pg.DATEMULTIRANGE(), "datemultirange"),
    (pg.TSMULTIRANGE(), "tsmultirange"),
    (pg.TSTZMULTIRANGE(), "tstzmultirange"),
    (pg.ARRAY(sa.Integer()), "integer[]"),
    (pg.ARRAY(sa.String(5)), "varchar(5)[]"),
    (pg.ARRAY(sa.Text(), dimensions=2), "text[]"),
    (sa.ARRAY(pg.TIMESTAMP(precision=3)), "timestamp (3)[]"),
    (sa.Enum("a", "b", name="plain"), "plain"),
    (sa.Enum(Mood), "mood"),
    (pg.ENUM("x", name="Shouty Name"), "Shouty Name"),
    (pg.ARRAY(sa.Enum("k", name="in_array")), "in_array[]"),
    (sa.Enum("short", "longer", native_enum=False), "varchar(6)"),
    (Money(), "numeric(12, 2)"),
]


def snapshot_of(*columns, **options):
    metadata = sa.MetaData()
    sa.Table("t", metadata, *columns, **options)
    return from_metadata(metadata)


def test_each_type_is_spelled_as_postgresql_understands_it(database):
    metadata = sa.MetaData()
    sa.Table("t", metadata, *(sa.Column(f"c{n}", type_) for n, (type_, _) in enumerate(TYPES)))
    declared = from_metadata(metadata)
    engine = sa.create_engine(database.url.replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(engine)
    engine.dispose()
    live = introspect(database.connect())
    there = live.tables["public.t"].columns
    for column, (_, expected) in zip(
        declared.tables["public.t"].columns.values(), TYPES, strict=True
    ):
        assert comparable_type(column.type) == comparable_type(expected)
        assert comparable_type(there[column.name].type) == comparable_type(column.type)
        assert there[column.name].type_schema == column.type_schema
    assert declared.enums == live.enums


def test_no_type_of_the_dialect_is_forgotten():
    tried = {type(type_).__name__ for type_, _ in TYPES}
    needs_extension = {"CITEXT", "HSTORE"}
    not_concrete = {"AbstractMultiRange", "AbstractRange", "AbstractSingleRange", "NamedType"}
    other_tests = {"DOMAIN"}
    same = {"BIGINT", "BOOLEAN", "BYTEA", "DATE", "DOUBLE_PRECISION", "FLOAT", "INTEGER", "JSON"}
    same |= {"NUMERIC", "SMALLINT", "TEXT", "UUID", "VARCHAR", "CHAR", "REAL"}
    exported = {
        name
        for name in pg.__all__
        if python_inspect.isclass(getattr(pg, name)) and issubclass(getattr(pg, name), TypeEngine)
    }
    assert exported - tried - needs_extension - not_concrete - other_tests - same == set()
    for name in sorted(same | needs_extension):
        column = snapshot_of(sa.Column("c", getattr(pg, name)())).tables["public.t"].columns["c"]
        assert column.type


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (pg.CITEXT(), "citext"),
        (pg.HSTORE(), "hstore"),
        (Vector(3), "vector(3)"),
        (pg.ARRAY(Vector(3)), "vector(3)[]"),
        (pg.ARRAY(sa.Text(), dimensions=2), "text[][]"),
    ],
)
def test_types_by_name(type_, expected):
    assert snapshot_of(sa.Column("c", type_)).tables["public.t"].columns["c"].type == expected


def test_domain_is_a_type_by_name():
    domain = pg.DOMAIN("email", sa.Text, schema="app")
    column = snapshot_of(sa.Column("c", domain)).tables["public.t"].columns["c"]
    assert (column.type, column.type_schema) == ("email", "app")


@pytest.mark.parametrize(
    "type_",
    [sa.BLOB, sa.CLOB, sa.BINARY, sa.VARBINARY, sa.DATETIME, sa.DOUBLE, sa.NVARCHAR],
)
def test_types_postgresql_lacks_name_the_column(type_):
    with pytest.raises(UnsupportedTypeError) as caught:
        snapshot_of(sa.Column("c", type_()))
    assert caught.value.source == "public.t.c"
    assert "instead" in caught.value.hint


def test_a_type_that_fails_to_compile_names_the_column():
    class Broken(UserDefinedType):
        def get_col_spec(self, **kw):
            raise TypeError("no")

    with pytest.raises(UnsupportedTypeError, match=r"public\.t\.c"):
        snapshot_of(sa.Column("c", Broken()))


def test_column_without_type_and_enum_without_name():
    with pytest.raises(DeclarationError, match="no type"):
        snapshot_of(sa.Column("c"))
    with pytest.raises(DeclarationError, match="no name"):
        snapshot_of(sa.Column("c", sa.Enum("a", "b")))


def test_collation_is_apart_from_the_type():
    column = (
        snapshot_of(sa.Column("c", sa.String(9, collation="C"))).tables["public.t"].columns["c"]
    )
    assert (column.type, column.collation) == ("varchar(9)", "C")


def test_one_enum_in_two_tables_is_one():
    metadata = sa.MetaData(schema="app")
    mood = sa.Enum(Mood, metadata=metadata)
    sa.Table("a", metadata, sa.Column("m", mood))
    sa.Table("b", metadata, sa.Column("m", pg.ARRAY(sa.Enum(Mood, schema="app"))))
    snapshot = from_metadata(metadata)
    assert {name: e.values for name, e in snapshot.enums.items()} == {"app.mood": ("happy", "sad")}
    assert snapshot.tables["app.b"].columns["m"].type_schema == "app"


def test_two_enums_of_one_name_are_an_error():
    with pytest.raises(DuplicateObjectError, match=r"public\.mood"):
        snapshot_of(
            sa.Column("a", sa.Enum("x", name="mood")), sa.Column("b", sa.Enum("y", name="mood"))
        )


def test_enum_labels_may_be_hostile():
    labels = ["it's", 'a"b', "\\", "", "--> statement-breakpoint", "naïve 🎉"]
    found = snapshot_of(sa.Column("c", sa.Enum(*[n for n in labels if n], name="e"))).enums
    assert found["public.e"].values == tuple(n for n in labels if n)
    with pytest.raises(DeclarationError, match="64 bytes"):
        snapshot_of(sa.Column("c", sa.Enum("x" * 64, name="e")))
