"""What is known by its definition: the same text on every server, and its name read from a text."""

from __future__ import annotations

import pytest

from nbmigrate.errors import DeclarationError
from nbmigrate.model import Definition
from nbmigrate.postgresql.defined import identified, spelled_event_trigger
from nbmigrate.postgresql.introspect import introspect

#: What is typed, and what is read.
READ = {
    "CREATE COLLATION a.\"X\" (locale = 'C', provider = libc)": (
        "CREATE COLLATION a.\"X\" (provider = libc, locale = 'C')"
    ),
    "CREATE TEXT SEARCH DICTIONARY a.d (StopWords = english, Template = simple)": (
        "CREATE TEXT SEARCH DICTIONARY a.d (TEMPLATE = pg_catalog.simple, stopwords = 'english')"
    ),
    "CREATE TEXT SEARCH CONFIGURATION a.c (PARSER = default)": (
        'CREATE TEXT SEARCH CONFIGURATION a.c (PARSER = pg_catalog."default")'
    ),
    "CREATE CAST (int4 AS point) WITH INOUT AS ASSIGNMENT": (
        "CREATE CAST (integer AS point) WITH INOUT AS ASSIGNMENT"
    ),
    "CREATE OPERATOR a.@@@ (RIGHTARG = int, PROCEDURE = int4up)": (
        "CREATE OPERATOR a.@@@ (FUNCTION = int4up, RIGHTARG = integer)"
    ),
    "CREATE OPERATOR FAMILY a.f USING btree": "CREATE OPERATOR FAMILY a.f USING btree",
    "CREATE OPERATOR CLASS a.k FOR TYPE int USING btree FAMILY a.f AS OPERATOR 1 <": (
        "CREATE OPERATOR CLASS a.k FOR TYPE integer USING btree FAMILY a.f AS"
        " OPERATOR 1 pg_catalog.< (integer, integer)"
    ),
    "CREATE CONVERSION a.v FOR 'LATIN1' TO 'UNICODE' FROM iso8859_1_to_utf8": (
        "CREATE CONVERSION a.v FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8"
    ),
}


def test_it_is_read_as_one_text(database):
    connection = database.connect()
    connection.execute("CREATE SCHEMA a")
    for typed in READ:
        connection.execute(typed.encode())
    found = introspect(connection).definitions
    assert [item.definition for item in found.values()] == list(READ.values())
    for (key, item), typed in zip(found.items(), READ, strict=True):
        assert key == f"{item.schema}.{item.id[1]}"
        assert identified(Definition(kind="cast", name="", definition=typed)).id == item.id
        assert identified(item) == item


def test_what_an_extension_or_another_schema_has_is_not_read(database):
    connection = database.connect()
    connection.execute(
        """
        CREATE EXTENSION hstore;
        CREATE SCHEMA other;
        CREATE TYPE other.t AS ENUM ('a');
        CREATE CAST (text AS other.t) WITH INOUT;
        CREATE OPERATOR other.=== (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int);
        """
    )
    assert introspect(connection, schemas=["public"]).definitions == {}
    assert len(introspect(connection).definitions) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CREATE TABLE t (a int)", "makes nothing that a Definition can be"),
        ("CREATE COLLATION", "without a name"),
        ("", "makes nothing"),
    ],
)
def test_what_is_none_is_refused(text, said):
    with pytest.raises(DeclarationError, match=said):
        identified(Definition(kind="cast", name="", definition=text))


def test_an_event_trigger_is_spelled_without_a_server():
    typed = "create event trigger T on sql_drop when tag in ('drop table') execute procedure f()"
    read = (
        "CREATE EVENT TRIGGER t ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION public.f()"
    )
    assert spelled_event_trigger(typed) == spelled_event_trigger(read)
    assert spelled_event_trigger(typed) != spelled_event_trigger(read.replace("public", "app"))
