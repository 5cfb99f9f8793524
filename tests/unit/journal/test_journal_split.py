import contextlib
import re

import hypothesis.strategies as st
import psycopg
import pytest
from hypothesis import example, given

from nbmigrate.errors import MigrationFileError
from nbmigrate.journal import MARKER, split_chunks, split_statements

BODY = "BEGIN ATOMIC SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT 2; END"

ONE_STATEMENT = [
    "SELECT ';';",
    "SELECT 'a;''b;';",
    r"SELECT E'a\';b', E'\\';",
    r"SELECT e'\\\';';",
    r"SELECT '\';",
    "SELECT U&'d\\0061t;a', U&\"d\\0061;ta\";",
    "SELECT B'1', X'F;', N';';",
    'SELECT ";""a;";',
    "SELECT $$a;b$$;",
    "SELECT $tag$a;$$b;$other$;$tag$;",
    "SELECT $é$;$é$;",
    "SELECT a$b$c, 1;",
    "DO $$ BEGIN PERFORM 1; END $$;",
    "SELECT 1 -- ; a\n, 2;",
    "SELECT /* ; /* ; */ ; ' */ 1;",
    "SELECT 1 - -- ;\n 2;",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);",
    f"CREATE FUNCTION f() RETURNS int LANGUAGE sql {BODY};",
    f"CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql {BODY};",
    "create procedure p() begin atomic insert into t values (1); end;",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2';",
    "SELECT CASE WHEN a THEN 1 END;",
    "SELECT (';');",
    "SELECT 1\n",
]


@pytest.mark.parametrize("sql", ONE_STATEMENT)
def test_one_statement_stays_one(sql):
    text = f"SELECT 0;\n{sql}\n;\nSELECT 9;"
    found = split_statements(text)
    assert [chunk.sql for chunk in found] == ["SELECT 0;", sql.strip(), "SELECT 9;"] or (
        not sql.rstrip().endswith(";")
        and [chunk.sql for chunk in found] == ["SELECT 0;", f"{sql}\n;", "SELECT 9;"]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n-- nothing\n/* at ; all */ ;;", []),
        ("SELECT 1", [("SELECT 1", 1)]),
        ("\n\nSELECT 1;SELECT\n2;\n\n-- c\nSELECT 3", [
            ("SELECT 1;", 3), ("SELECT\n2;", 3), ("SELECT 3", 7),
        ]),
        ("SELECT 1;\r\nSELECT 2;\r\n", [("SELECT 1;", 1), ("SELECT 2;", 2)]),
        ("BEGIN; SELECT 1; END;", [("BEGIN;", 1), ("SELECT 1;", 1), ("END;", 1)]),
    ],
)  # fmt: skip
def test_statements_have_their_lines(text, expected):
    assert [tuple(chunk) for chunk in split_statements(text)] == expected


@pytest.mark.parametrize(
    ("sql", "line", "message"),
    [
        ("SELECT 1;\nSELECT 'a;\n", 2, "quote `'a;` that is not closed"),
        ('SELECT 1;\n\nSELECT "a;\n', 3, 'quote `"a;` that is not closed'),
        ("SELECT $x$;\n", 1, "quote `\\$x\\$;` that is not closed"),
        ("SELECT E'a\\';\n", 1, "not closed"),
        ("\n/* a /* b */", 2, "comment `/\\*` that is not closed"),
        ("SELECT 1;\n\\connect x\n", 2, "command of psql"),
        ("SELECT 1 \\gset\n", 1, "command of psql"),
    ],
)
def test_what_is_not_closed_has_a_line(sql, line, message):
    with pytest.raises(MigrationFileError, match=message) as caught:
        split_statements(sql, path="0000_x.sql", first_line=11)
    assert caught.value.line == line + 10
    assert caught.value.path == f"0000_x.sql:{line + 10}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n", []),
        ("a", [("a", 1)]),
        (f"a;{MARKER}\nb\nc;{MARKER}\n\n\nd", [("a;", 1), ("b\nc;", 2), ("d", 6)]),
        (f"a;\n{MARKER}\n{MARKER}\nb", [("a;", 1), ("b", 4)]),
        (f"\ufeffa{MARKER}b", [("a", 1), ("b", 1)]),
        (f"\r\n\r\na;\r\n{MARKER}\r\nb\r\n", [("a;", 3), ("b", 5)]),
    ],
)
def test_chunks_have_their_lines(text, expected):
    assert [tuple(chunk) for chunk in split_chunks(text)] == expected


PIECES = st.lists(
    st.sampled_from(
        ["'", '"', "$$", "$a$", "--", "/*", "*/", ";", "\n", " ", "E'", "\\'", "''", "x", "(", ")"]
    ),
    max_size=25,
).map("".join)


@given(PIECES)
@example("--*/\n*/")
def test_nothing_is_lost_or_invented(text):
    try:
        found = split_statements(text)
    except MigrationFileError:
        return
    lines = [0, *(end.end() for end in re.finditer("\n", text))]
    at = 0
    for chunk in found:
        # from its line on: a comment before it may hold the same text
        at = text.index(chunk.sql, max(at, lines[chunk.line - 1]))
        assert text.count("\n", 0, at) + 1 == chunk.line
        at += len(chunk.sql)


@pytest.fixture
def answering(server):
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("sql", [sql for sql in ONE_STATEMENT if sql.startswith("SELECT")])
def test_postgresql_sees_one_statement_too(answering, sql):
    """A text with two statements is a syntax error when it is prepared, one is not."""
    with contextlib.suppress(
        psycopg.errors.UndefinedColumn, psycopg.errors.InvalidTextRepresentation
    ):
        answering.execute(sql, prepare=True)


def test_postgresql_refuses_two_statements(answering):
    with pytest.raises(psycopg.errors.SyntaxError):
        answering.execute("SELECT 1; SELECT 2;", prepare=True)
