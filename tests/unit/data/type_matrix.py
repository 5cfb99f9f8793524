"""Every type with its extremes, as SQL; NULL stands in each."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

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
        "4714-11-24 BC",
        "5874897-12-31",
        "10000-01-01",
        "2000-01-01",
    ),
    "time": ("00:00:00", "23:59:59.999999", "24:00:00"),
    "time with time zone": ("12:00:00.5+02", "24:00:00-01"),
    "timestamp": ("2024-01-02 03:04:05.678901", "0001-01-01", "9999-12-31 23:59:59.999999"),
    "timestamp /* beyond Python */": (
        "infinity",
        "-infinity",
        "4714-11-24 00:00:00 BC",
        "294276-12-31",
        "2000-01-01",
    ),
    "timestamp with time zone": ("2024-07-02 03:04:05.678901+02", "1900-01-01 00:00:00+00"),
    "timestamptz /* the ends of Python's calendar */": (
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
        "0001-01-01 00:00:00+14",
        "9999-12-31 23:59:59-14",
    ),
    "timestamptz /* beyond Python */": (
        "infinity",
        "-infinity",
        "0044-03-15 BC",
        "4714-11-24 00:00:00+00 BC",
        "294276-12-31 23:59:59.999999+00",
        "2000-01-01 12:00:00+00",
    ),
    "interval": ("0", "1 day 00:00:01.000001", "-3 days -04:05:06", "99999 days"),
    "interval /* with months */": ("1 mon 2 days 03:00:00", "-178000000 years", "1 day"),
    "interval /* more days than fit */": ("200000000 days", "1 day"),
    "json": ('{"a": [1, null, "x"], "a": 2}', "null", '"text"', "12.50", "[]"),
    "jsonb": ('{"a": [1, null, {"b": "ä"}]}', "null", '"text"', "1e3", "[]"),
    "bytea": ("", r"\x00ff27", r"\x" + "ab" * 3000),
    "integer[]": ("{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[0:1]={7,8}", "[-3:-2][5:5]={{7},{NULL}}"),
    "text[]": (
        "{}",
        '{a,"b,c",NULL,"NULL",""}',
        "{NULL}",
        '{"\\"","\\\\","{}"," "}',
        "[5:6]={a,b}",
    ),
    "boolean[]": ("{t,NULL,f}",),
    "double precision[]": ("{NaN,Infinity,-0,NULL}",),
    "bytea[]": (r'{"\\x00ff","\\x",NULL}',),
    "numeric[]": ("{1.50,NaN}", "{NULL,Infinity}"),
    "date[]": ("{2024-01-01,infinity}", "{2024-01-01}", "{{2024-01-01},{-infinity}}"),
    "timestamptz[]": ("{2024-01-01 00:00:00+00}", "{-infinity}"),
    "interval[]": ("{1 mon,1 day}",),
    "uuid[]": ("{8d0c5b2e-0f5e-4f0e-9d0a-0123456789ab,NULL}",),
    "jsonb[]": (r'{"{\"a\": 1}",NULL}',),
    "inet": ("10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"),
    "cidr": ("10.0.0.0/8", "::/0"),
    "macaddr": ("08:00:2b:01:02:03",),
    "macaddr8": ("08:00:2b:01:02:03:04:05",),
    "int4range": ("empty", "[1,5)", "(,)"),
    "int8range": ("[-9223372036854775808,9223372036854775807)",),
    "numrange": ("[1.5,2.50]",),
    "daterange": ("[2024-01-01,2024-02-01)", "[2024-01-01,infinity)", "(,)"),
    "tsrange": ("[0044-03-15 BC,2024-01-02)", "[2024-01-01,2024-01-02)"),
    "tstzrange": ('["2024-01-01 00:00:00+00","2024-01-02 00:00:00+00")',),
    "int4range[]": ('{"[1,5)",empty,NULL}',),
    "floatrange": ("[1.5,2.5)", "empty", "[-Infinity,NaN)"),
    "int4multirange": ("{}", "{[1,3),[5,7)}"),
    "int8multirange": ("{[1,3)}",),
    "nummultirange": ("{[1.50,2),(3,)}",),
    "datemultirange": ("{[2024-01-01,2024-02-01),[2024-03-01,infinity)}", "{(,)}"),
    "tsmultirange": ("{[2024-01-01,2024-01-02)}",),
    "tstzmultirange": ("{[0044-03-15 BC,2024-01-02 00:00:00+00)}",),
    "floatmultirange": ("{[1.5,2.5)}",),
    "bit(3)": ("101",),
    "bit(70)": ("10" * 35,),
    "bit varying": ("", "10101"),
    "bit(3)[]": ("{101,NULL}",),
    "money": ("-12.34", "92233720368547758.07", "-92233720368547758.08"),
    "money[]": ('{$1.00,"-$1,234.50",NULL}',),
    "point": ("(1,2.5)", "(-0,NaN)", "(Infinity,1e-300)"),
    "line": ("{1,-1,0}",),
    "lseg": ("[(0,0),(1,1)]",),
    "box": ("(1,1),(0,0)",),
    "path": ("[(0,0),(1,1)]", "((0,0),(1,1),(2,0))"),
    "polygon": ("((0,0),(1,1),(2,0))",),
    "circle": ("<(0,0),1.5>",),
    "point[]": ('{"(1,2)",NULL}',),
    # Its elements are parted by a semicolon.
    "box[]": ("{(1,1),(0,0);(3,3),(2,2)}", "{NULL}"),
    "frame": ("(1,1),(0,0)",),
    "frame[]": ("{(1,1),(0,0);(3,3),(2,2)}", "{NULL}", '{{"(1,1),(0,0)"};{NULL}}'),
    "tsvector": ("", "'a':1 'b':2", "'it''s':1A,2B '\\\\':3"),
    "tsquery": ("'a' & !'b' | 'c':*", ""),
    "jsonpath": ('$."a"[*]?(@ > 1)',),
    "regclass": ("pg_class",),
    "regtype": ("integer", "character varying"),
    "pg_lsn": ("0/0", "0/16B3748", "FFFFFFFF/FFFFFFFF"),
    "pg_snapshot": ("10:20:10,14,15",),
    "xid": ("4294967295",),
    "xid8": ("18446744073709551615",),
    "tid": ("(4294967295,65535)",),
    '"char"': ("a", ""),
    "mood": ("sad", "it's ok", "happy"),
    "mood[]": ("{sad,NULL}",),
    "posint": ("1",),
    "posint[]": ("{1,NULL}",),
    "mail": ("a@b", "it's@c"),
    "pair": ("(1,x)", '(,"a,b")', "(,)"),
    "pair[]": ('{"(1,x)",NULL,"(,\\"a,b\\")"}',),
    "sound_pair": ("(1,x)", '(2,"a,b")'),
    "sound_pair[]": ('{"(1,x)",NULL}',),
}

#: What some servers are built without: libxml, contrib.
OPTIONAL: dict[str, dict[str, tuple[str, ...]]] = {
    "xml": {
        "xml": ("<a>1 &lt; 2</a>", "text alone", "", '<?xml version="1.0" encoding="UTF-8"?><ä/>'),
        "xml[]": ("{<a/>,NULL}",),
    },
    "hstore": {
        "hstore": ("", '"a"=>NULL, "it\'s"=>"b,c", "\\""=>"=>"'),
        "hstore[]": ('{"\\"a\\"=>\\"1\\"",NULL}',),
    },
    "citext": {"citext": ("", "It's"), "citext[]": ("{A,NULL}",)},
    "ltree": {"ltree": ("", "top.science")},
}

CREATE = """
    CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
    CREATE DOMAIN posint AS integer CHECK (VALUE > 0);
    CREATE TYPE pair AS (a integer, b text);
    CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%');
    CREATE DOMAIN sound_pair AS pair CHECK ((VALUE).a > 0);
    CREATE TYPE floatrange AS RANGE (subtype = float8, multirange_type_name = floatmultirange);
    CREATE TYPE frame;
    CREATE FUNCTION frame_in(cstring) RETURNS frame LANGUAGE internal IMMUTABLE STRICT AS 'box_in';
    CREATE FUNCTION frame_out(frame) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'box_out';
    CREATE FUNCTION frame_recv(internal) RETURNS frame LANGUAGE internal IMMUTABLE STRICT AS 'box_recv';
    CREATE FUNCTION frame_send(frame) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'box_send';
    CREATE TYPE frame (INPUT = frame_in, OUTPUT = frame_out, RECEIVE = frame_recv, SEND = frame_send,
                       INTERNALLENGTH = 32, ALIGNMENT = double, DELIMITER = ';');
"""


def made(connection: psycopg.Connection[Any], family: str) -> dict[str, tuple[str, ...]]:
    """The types of a family, made in the database; the test is skipped where there are none."""
    if not family:
        connection.execute(CREATE)
        return TYPES
    try:
        is_extension = family != "xml"
        connection.execute(f"CREATE EXTENSION {family}" if is_extension else "SELECT '<a/>'::xml")
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile):
        pytest.skip(f"NO {family}: this PostgreSQL was built without it")
    return OPTIONAL[family]


def values_sql(type_: str, texts: tuple[str, ...]) -> str:
    """A query of one column ``v`` with all values of the type, in order, and NULL."""
    quoted = (value.replace("'", "''") for value in texts)
    rows = ", ".join(f"({at}, '{text}'::{type_})" for at, text in enumerate(quoted, 1))
    return f"SELECT v FROM (VALUES (0, NULL::{type_}), {rows}) AS t (n, v) ORDER BY n"
