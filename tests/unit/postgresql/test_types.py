import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmigrate.model import Column
from nbmigrate.postgresql.types import (
    base_type,
    canonical_type,
    comparable_type,
    identity_bounds,
    is_built_in,
    render_type,
)

SPELLINGS = {
    "int4": "integer",
    "INT": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "Serial8": "bigserial",
    "float": "double precision",
    "float(24)": "real",
    "float(25)": "double precision",
    "float8": "double precision",
    "double  precision": "double precision",
    "bool": "boolean",
    "decimal": "numeric",
    "decimal(10,2)": "numeric(10, 2)",
    "numeric(10, -2)": "numeric(10, -2)",
    "numeric(10,0)": "numeric(10)",
    "NUMERIC ( 10 , 2 )": "numeric(10, 2)",
    "character varying": "varchar",
    "character varying(50)": "varchar(50)",
    "VARCHAR(50)": "varchar(50)",
    "character(3)": "char(3)",
    "character(1)": "char(1)",
    "char": "char",
    "bpchar": "bpchar",
    "bpchar(4)": "char(4)",
    '"char"': '"char"',
    "timestamptz": "timestamp with time zone",
    "timestamptz(3)": "timestamp (3) with time zone",
    "timestamp(3) without time zone": "timestamp (3)",
    "timestamp(3)": "timestamp (3)",
    "timestamp (6) with time zone": "timestamp (6) with time zone",
    "TIMESTAMP WITHOUT TIME ZONE": "timestamp",
    "time(2) without time zone": "time(2)",
    "timetz(2)": "time (2) with time zone",
    "time(2) with time zone": "time (2) with time zone",
    "time with time zone": "time with time zone",
    "interval(3)": "interval(3)",
    "interval day to second(3)": "interval day to second(3)",
    "INTERVAL YEAR TO MONTH": "interval year to month",
    "interval second (2)": "interval second(2)",
    "bit varying(5)": "bit varying(5)",
    "varbit": "bit varying",
    "bit(3)": "bit(3)",
    "_int4": "integer[]",
    "_timestamptz": "timestamp with time zone[]",
    "integer[3]": "integer[3]",
    "int4 [ ] [ 2 ]": "integer[][2]",
    "text ARRAY": "text[]",
    "int ARRAY[4]": "integer[4]",
    "character varying(50)[]": "varchar(50)[]",
    "numeric(10,2)[]": "numeric(10, 2)[]",
    "pg_catalog.int4": "integer",
    "VECTOR(3)": "vector(3)",
    "CITEXT": "citext",
    "geometry(Point,4326)": "geometry(point, 4326)",
    '"Mood"': '"Mood"',
    '"My ""type"""[]': '"My ""type"""[]',
    "Mood": "Mood",
    "app.mood": "app.mood",
    "_mood": "_mood",
    "tsvector": "tsvector",
    "int4range": "int4range",
}


@pytest.mark.parametrize(("written", "spelled"), SPELLINGS.items())
def test_every_alias_has_one_spelling(written, spelled):
    assert canonical_type(written) == spelled
    assert canonical_type(spelled) == spelled


@given(st.text(max_size=30))
def test_any_text_is_spelled_once(text):
    assert canonical_type(canonical_type(text)) == canonical_type(text)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("integer[3][]", "integer[]"),
        ("char", "char(1)"),
        ("bit", "bit(1)"),
        ("char[]", "char(1)[]"),
    ],
)
def test_what_postgresql_does_not_store_is_not_compared(written, compared):
    assert comparable_type(written) == compared


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("varchar(50)[]", "varchar"),
        ("timestamptz(3)", "timestamp with time zone"),
        ("numeric(10,2)", "numeric"),
        ("vector(3)", "vector"),
    ],
)
def test_base_type(written, base):
    assert base_type(written) == base


def test_identity_bounds():
    assert identity_bounds("smallint") == ("1", "32767")
    assert identity_bounds("integer") == ("1", "2147483647")
    assert identity_bounds("bigint") == ("1", "9223372036854775807")
    assert identity_bounds("integer", descending=True) == ("-2147483648", "-1")


@pytest.mark.parametrize(
    ("name", "schema", "sql"),
    [
        ("mood", "public", '"public"."mood"'),
        ("mood[]", "public", '"public"."mood"[]'),
        ("text_kind", "app", '"app"."text_kind"'),
        ('we"ird; drop', 'a"b', '"a""b"."we""ird; drop"'),
        ("numeric(10,2)", None, "numeric(10, 2)"),
        ("timestamptz(3)", None, "timestamp (3) with time zone"),
        ("integer[3]", None, "integer[3]"),
        ("vector(3)", None, "vector(3)"),
        ("citext[]", None, "citext[]"),
        ("geometry(point, 4326)", None, "geometry(point, 4326)"),
        ('"Mood"', None, '"Mood"'),
        ('app."Mood"', None, 'app."Mood"'),
        ("Mood", None, '"Mood"'),
        ("int; drop table t", None, '"int; drop table t"'),
        ('"char"', None, '"char"'),
    ],
)
def test_ddl_of_a_type_is_safe(name, schema, sql):
    assert render_type(Column(name="c", type=name, type_schema=schema)) == sql


def test_every_type_of_the_server_keeps_its_meaning(database):
    pg = database.connect()
    names = [
        row[0]
        for row in pg.execute(
            "select format_type(oid, null) from pg_type where typnamespace = 'pg_catalog'::regnamespace"
            " and typtype in ('b', 'r', 'm') and typname !~ '^_?pg_(?!lsn|snapshot)'"
            " and typname not in ('gtsvector', '_gtsvector', '_cstring')"
        )
    ]
    assert len(names) > 100
    for name in names:
        spelled = canonical_type(name)
        back = pg.execute("select to_regtype(%s) = to_regtype(%s)", (name, spelled)).fetchone()
        assert back == (True,), (name, spelled)
        assert is_built_in(spelled), name
