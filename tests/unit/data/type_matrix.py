"""Every type with its extremes, as SQL; NULL stands in each."""

TYPES: dict[str, tuple[str, ...]] = {
    "boolean": ("true", "false"),
    "smallint": ("-32768", "32767", "0"),
    "integer": ("-2147483648", "2147483647", "0"),
    "bigint": ("-9223372036854775808", "9223372036854775807", "9007199254740993"),
    "oid": ("0", "4294967295"),
    "real": ("0.1", "-3.4028235e38", "1e-45", "NaN", "Infinity", "-Infinity", "-0"),
    "double precision": ("0.1", "1.7976931348623157e308", "5e-324", "NaN", "-Infinity", "-0"),
    "numeric": (
        "0",
        "0.00",
        "1.50",
        "-1.5",
        "12345678901234.5678",
        "99999999999999999.9",
        "0.0000000001",
        "-0.00010",
        "100000000",
        "999999999999999999",
        "1000000000000000000",
        "123456789012345678901234567890.123456789012345678901234567890",
        "1e-50",
        "1e400",
        "NaN",
        "Infinity",
        "-Infinity",
    ),
    "numeric(12,2)": ("0", "-0.01", "9999999999.99", "NaN"),
    "text": ("", "a", "exactly12byt", "thirteen byte", "ä😀", "a\tb\nc\\d", "x" * 5000),
    "character varying(20)": ("", "short", "twenty characters, ok"[:20]),
    "character(5)": ("", "abc", "abcde"),
    "name": ("pg_class",),
    "uuid": ("00000000-0000-0000-0000-000000000000", "8d0c5b2e-0f5e-4f0e-9d0a-0123456789ab"),
    "date": ("2024-02-29", "1970-01-01", "0001-01-01", "9999-12-31", "1582-10-10"),
    "date /* beyond Python */": (
        "infinity",
        "-infinity",
        "0044-03-15 BC",
        "10000-01-01",
        "2000-01-01",
    ),
    "time": ("00:00:00", "23:59:59.999999", "24:00:00"),
    "time with time zone": ("12:00:00.5+02", "24:00:00-01"),
    "timestamp": ("2024-01-02 03:04:05.678901", "0001-01-01", "9999-12-31 23:59:59.999999"),
    "timestamp /* beyond Python */": (
        "infinity",
        "-infinity",
        "4713-01-01 BC",
        "294276-12-31",
        "2000-01-01",
    ),
    "timestamp with time zone": ("2024-07-02 03:04:05.678901+02", "1900-01-01 00:00:00+00"),
    "timestamptz /* beyond Python */": (
        "infinity",
        "-infinity",
        "0044-03-15 BC",
        "2000-01-01 12:00:00+00",
    ),
    "interval": ("0", "1 day 00:00:01.000001", "-3 days -04:05:06", "99999 days"),
    "interval /* with months */": ("1 mon 2 days 03:00:00", "-178000000 years", "1 day"),
    "interval /* more days than fit */": ("200000000 days", "1 day"),
    "json": ('{"a": [1, null, "x"], "a": 2}', "null", '"text"', "12.50", "[]"),
    "jsonb": ('{"a": [1, null, {"b": "ä"}]}', "null", '"text"', "1e3", "[]"),
    "bytea": ("", r"\x00ff27", r"\x" + "ab" * 3000),
    "integer[]": ("{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[0:1]={7,8}"),
    "text[]": ("{}", '{a,"b,c",NULL,"NULL",""}'),
    "numeric[]": ("{1.50,NaN}",),
    "date[]": ("{2024-01-01,infinity}", "{2024-01-01}"),
    "timestamptz[]": ("{2024-01-01 00:00:00+00}", "{-infinity}"),
    "interval[]": ("{1 mon,1 day}",),
    "uuid[]": ("{8d0c5b2e-0f5e-4f0e-9d0a-0123456789ab,NULL}",),
    "jsonb[]": (r'{"{\"a\": 1}",NULL}',),
    "inet": ("10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"),
    "cidr": ("10.0.0.0/8", "::/0"),
    "macaddr": ("08:00:2b:01:02:03",),
    "int4range": ("empty", "[1,5)", "(,)"),
    "numrange": ("[1.5,2.50]",),
    "daterange": ("[2024-01-01,2024-02-01)", "[2024-01-01,infinity)", "(,)"),
    "tstzrange": ('["2024-01-01 00:00:00+00","2024-01-02 00:00:00+00")',),
    "int4multirange": ("{}", "{[1,3),[5,7)}"),
    "bit(3)": ("101",),
    "bit varying": ("", "10101"),
    "money": ("-12.34",),
    "point": ("(1,2.5)",),
    "tsvector": ("'a':1 'b':2",),
    "regclass": ("pg_class",),
    "pg_lsn": ("0/16B3748",),
    "mood": ("sad", "it's ok", "happy"),
    "mood[]": ("{sad,NULL}",),
    "posint": ("1",),
    "pair": ("(1,x)", '(,"a,b")'),
}

CREATE = """
    CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
    CREATE DOMAIN posint AS integer CHECK (VALUE > 0);
    CREATE TYPE pair AS (a integer, b text);
"""


def values_sql(type_: str) -> str:
    """A query of one column ``v`` with all values of the type, in order, and NULL."""
    texts = (value.replace("'", "''") for value in TYPES[type_])
    rows = ", ".join(f"({at}, '{text}'::{type_})" for at, text in enumerate(texts, 1))
    return f"SELECT v FROM (VALUES (0, NULL::{type_}), {rows}) AS t (n, v) ORDER BY n"
