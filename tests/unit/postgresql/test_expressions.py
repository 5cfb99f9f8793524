import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbmigrate.postgresql.expressions import (
    canonical_default,
    canonical_expression,
    render_default,
    strip_parens,
)
from nbmigrate.postgresql.lexer import join, tokenize

DEFAULTS = [
    # numbers: what the catalogs print, what people write, what JSON holds
    ("integer", "'-5'::integer", -5),
    ("integer", "- 5", -5),
    ("integer", -5, -5),
    ("integer", "'5'", 5),
    ("integer", "((5))", 5),
    ("bigint", "'-5'::integer", -5),
    ("bigint", "'9223372036854775807'::bigint", "9223372036854775807"),
    ("bigint", 9223372036854775807, "9223372036854775807"),
    ("smallint", "(5)::smallint", 5),
    ("smallint", "5::int2", 5),
    ("real", "1.5", 1.5),
    ("real", "'-1.5'::numeric", -1.5),
    ("double precision", "'10000000000'::numeric", 10000000000),
    ("double precision", "1e10", 10000000000),
    ("double precision", 5.0, 5),
    ("double precision", "'NaN'::double precision", "'NaN'"),
    ("integer", "'1.5'::numeric", 1.5),
    ("integer", "1.5::integer", "1.5::integer"),
    ("numeric(10, 2)", "10.50", "'10.50'"),
    ("numeric(10, 2)", "'10.5'", "'10.5'"),
    ("numeric", "'-10.5'::numeric", "'-10.5'"),
    ("numeric", 10.5, "'10.5'"),
    ("numeric", 5, "'5'"),
    ("numeric", "1e3", "'1000'"),
    ("serial", "nextval('t_id_seq'::regclass)", None),
    # booleans
    ("boolean", "true", True),
    ("boolean", "'t'::boolean", True),
    ("boolean", "FALSE", False),
    ("boolean", True, True),
    # texts
    ("text", "'x'::text", "'x'"),
    ("text", "'it''s'", "'it''s'"),
    ("text", "E'a\\nb'", "'a\nb'"),
    ("varchar(50)", "'x'::character varying", "'x'"),
    ("varchar(50)", "'x'::varchar(50)", "'x'"),
    ("varchar(50)", "'xyz'::varchar(2)", "'xyz'::varchar(2)"),
    ("varchar", "'x'::text", "'x'"),
    ("char(3)", "'x'::bpchar", "'x'"),
    ("text", "5", "'5'"),
    ("text", "NULL", None),
    ("text", "NULL::text", None),
    ("text", "'NULL'", "'NULL'"),
    ("text", "'a'::text || 'b'::text", "'a'::text || 'b'::text"),
    ("mood", "'sad'::public.mood", "'sad'"),
    ("mood", "'sad'::mood", "'sad'"),
    ("Mood", """'sad'::app."Mood\"""", "'sad'"),
    ("mood", "'sad'::other", "'sad'::other"),
    ("bit(3)", """'101'::"bit\"""", "'101'"),
    # times
    ("date", "'2024-01-02'::date", "'2024-01-02'"),
    ("timestamp", "'2024-01-02T03:04:05.678Z'", "'2024-01-02 03:04:05.678'"),
    (
        "timestamp (3) with time zone",
        "'2024-01-02 03:04:05.678+00'::timestamp with time zone",
        "'2024-01-02 03:04:05.678+00'",
    ),
    ("timestamp with time zone", "'2024-01-02T05:04+02'", "'2024-01-02 03:04:00+00'"),
    ("timestamp with time zone", "'2024-01-02 05:04'", "'2024-01-02 05:04'"),
    ("time", "'3:04'", "'03:04:00'"),
    ("interval day to second(3)", "'1 day'::interval day to second(3)", "'1 day'"),
    ("timestamp with time zone", "NOW ( )", "now()"),
    ("timestamp with time zone", "current_timestamp", "CURRENT_TIMESTAMP"),
    ("timestamp with time zone", "CURRENT_TIMESTAMP(3)", "CURRENT_TIMESTAMP(3)"),
    ("timestamp", "(now() AT TIME ZONE 'utc'::text)", "now() AT TIME ZONE 'utc'::text"),
    # JSON keeps its cast
    ("jsonb", """'{"a": 1}'::jsonb""", """'{"a":1}'::jsonb"""),
    ("jsonb", """'{"bb":1,"a":[1,2.50,1e2]}'""", """'{"a":[1,2.50,100],"bb":1}'::jsonb"""),
    ("jsonb", """'{"a":"it's"}'::jsonb""", """'{"a":"it''s"}'::jsonb"""),
    ("jsonb", {"a": 1}, """'{"a":1}'::jsonb"""),
    ("jsonb", [1, 2], "'[1,2]'::jsonb"),
    ("json", """'{"b":1, "a":2}'::json""", """'{"b":1, "a":2}'::json"""),
    # arrays
    ("text[]", "'{}'::text[]", "'{}'"),
    ("text[]", "ARRAY[]::text[]", "'{}'"),
    ("text[]", "ARRAY['a'::text, 'b c'::text]", """'{a,"b c"}'"""),
    ("text[]", """'{"a","f,g"}'""", """'{a,"f,g"}'"""),
    ("text[]", "array['a', null]", "'{a,NULL}'"),
    ("text[]", "ARRAY[upper('x'::text)]", "ARRAY[upper('x'::text)]"),
    ("varchar(5)[]", "'{a}'::character varying[]", "'{a}'"),
    ("integer[]", "'{1,2}'::integer[]", "'{1,2}'"),
    ("integer[]", "ARRAY[1, -2]", "'{1,-2}'"),
    ("integer[][]", "'{{1,2},{3,4}}'", "'{{1,2},{3,4}}'"),
    ("integer[]", [1, 2], "'{1,2}'"),
    ("boolean[]", "'{true,false}'", "'{t,f}'"),
    ("jsonb[]", """'{"{\\"a\\":1}"}'""", """'{"{\\"a\\":1}"}'"""),
    ("jsonb[]", """'{"{\\"a\\": 1}"}'::jsonb[]""", """'{"{\\"a\\":1}"}'"""),
    ("mood[]", "'{sad}'::public.mood[]", "'{sad}'"),
    # drizzle-kit's raw points and vectors
    ("vector(3)", [1, 2, 3], "'[1,2,3]'"),
    ("vector(3)", "'[1,2,3]'::public.vector", "'[1,2,3]'"),
    ("point", {"x": 1, "y": 2}, "'(1,2)'"),
    # calls
    ("integer", "nextval('public.s'::regclass)", "nextval('s')"),
    ("integer", "nextval('s')", "nextval('s')"),
    ("integer", """nextval('app."S"'::regclass)""", """nextval('app."S"')"""),
    ("uuid", "gen_random_uuid()", "gen_random_uuid()"),
    ("uuid", "public.uuid_generate_v4()", "uuid_generate_v4()"),
    ("integer", "(1 + 2)", "1 + 2"),
    ("integer", "- -5", "- -5"),
]


@pytest.mark.parametrize(("column_type", "default", "expected"), DEFAULTS)
def test_a_default_has_one_spelling(column_type, default, expected):
    once = canonical_default(default, column_type)
    assert once == expected
    assert type(once) is type(expected)
    assert canonical_default(once, column_type) == expected


TYPES = st.sampled_from(
    [
        "integer",
        "bigint",
        "real",
        "numeric",
        "text",
        "varchar(3)",
        "boolean",
        "jsonb",
        "json",
        "text[]",
        "jsonb[]",
        "integer[]",
        "timestamp",
        "date",
        "time",
        "uuid",
        "mood",
        "point",
    ]
)
PIECES = st.lists(
    st.sampled_from(
        [
            "'x'",
            "''",
            "'{a,\"b\"}'",
            "::",
            "text",
            "5",
            "-",
            " ",
            "(",
            ")",
            "[",
            "]",
            "array",
            ",",
            ".",
            '"a"',
            "public",
            "now",
            "e'",
            "\\n'",
            "--",
            "/*",
            "*/",
            "$$",
            "null",
            "\n",
            "{",
            "}",
        ]
    )
).map("".join)


@given(PIECES | st.text(max_size=20) | st.floats() | st.integers(), TYPES)
def test_any_default_is_spelled_once(default, column_type):
    once = canonical_default(default, column_type)
    assert repr(canonical_default(once, column_type)) == repr(once)


@given(PIECES | st.text())
def test_tokens_are_the_text(text):
    assert join(tokenize(text)) == text


@given(PIECES | st.text(max_size=20))
@example("5\n.'x'")
def test_any_expression_is_spelled_once(text):
    once = canonical_expression(text, "a")
    assert canonical_expression(once, "a") == once


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("((a > 0))", "a > 0"),
        (" ( a ) ", "a"),
        ("(a) > (b)", "(a) > (b)"),
        ("(a > ')')", "a > ')'"),
        ('(")" > 1)', '")" > 1'),
        ("($x$)$x$)", "$x$)$x$"),
        ("(a", "(a"),
        ("", ""),
    ],
)
def test_only_matching_parentheses_are_taken_off(text, bare):
    assert strip_parens(text) == bare


@pytest.mark.parametrize(
    ("text", "table", "expected"),
    [
        ('("b"."x" > 0)', "b", "x > 0"),
        ('"public"."b"."x"  >  0', "b", "x > 0"),
        ("b.x != 0", "b", "x <> 0"),
        ('"b"."User" = 1', "b", '"User" = 1'),
        ('"user" = 1', "b", '"user" = 1'),
        ("lower( name )=  'a  b'", "b", "lower(name) = 'a  b'"),
        ("x IN (1,2)", "b", "x IN (1, 2)"),
        ("x = 'a' :: public.mood", "b", "x = 'a'::mood"),
        ("x - -1 > -2", "b", "x - -1 > -2"),
        ("a -- why\n > 0", "b", "a > 0"),
        (
            "exists (select 1 from m where m.x = b.x)",
            "b",
            "exists(select 1 from m where m.x = b.x)",
        ),
        ("tags[1] = 'x'", "b", "tags[1] = 'x'"),
    ],
)
def test_an_expression_without_what_it_does_not_need(text, table, expected):
    assert canonical_expression(text, table) == expected


@pytest.mark.parametrize(
    ("default", "sql"),
    [
        (5, "5"),
        (-1.5, "-1.5"),
        (True, "true"),
        ("now()", "now()"),
        ("now() AT TIME ZONE 'utc'", "(now() AT TIME ZONE 'utc')"),
        ("(a AND b)", "(a AND b)"),
        ([1, 2, 3], "'[1,2,3]'"),
        ({"x": 1, "y": 2}, "'(1,2)'"),
        ({"a": 1, "b": 2, "c": 3}, "'{1,2,3}'"),
        ({"k": "it's"}, """'{"k":"it''s"}'::jsonb"""),
    ],
)
def test_ddl_of_a_default(default, sql):
    assert render_default(default) == sql


def test_a_default_never_holds_the_breakpoint():
    assert "--> statement-breakpoint" not in render_default("'a--> statement-breakpoint'")


SERVER_DEFAULTS = [
    (column_type, default)
    for column_type, default, _ in DEFAULTS
    if isinstance(default, str)
    and column_type not in {"serial", "vector(3)", "mood", "Mood", "mood[]"}
    and not any(
        word in default for word in ("nextval", "other", "uuid", "it's", "'2024-01-02 05:04'")
    )
]


def test_the_server_reads_both_spellings_alike(database):
    connection = database.connect()
    assert len(SERVER_DEFAULTS) > 50
    for column_type, default in SERVER_DEFAULTS:
        spelled = canonical_default(default, column_type)
        sql = "NULL" if spelled is None else render_default(spelled)
        columns = f"a {column_type} default {default}, b {column_type} default {sql}"
        with connection.transaction(force_rollback=True):
            connection.execute(f"create table t ({columns})")
            connection.execute("insert into t default values")
            same = connection.execute("select a::text is not distinct from b::text from t")
            assert same.fetchone() == (True,), (column_type, default, sql)
