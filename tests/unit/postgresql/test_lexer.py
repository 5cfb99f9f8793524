"""What PostgreSQL's lexical rules make of a text (docs 4.1, "Lexical Structure")."""

from __future__ import annotations

import pytest

from nbmigrate.postgresql.lexer import join, significant, tokenize
from nbmigrate.postgresql.statements import first_words, split


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'it''s; --'", "string"),
        (r"E'\'; /*'", "escape"),
        (r"U&'\0061'", "bits"),
        ("$b$ ; $$ ' $b$", "dollar"),
        ("$größe$ x $größe$", "dollar"),
        ('"a""; b"', "name"),
        ("/* a /* ; */ ' */", "comment"),
        ("-- it's", "comment"),
        ("größe€", "word"),
        ("$12", "parameter"),
        ("0x1F", "integer"),
        ("1_000", "integer"),
        (".5e-3", "number"),
        ("<->", "operator"),
        ("'a", "unclosed"),
        (r"E'a\'", "unclosed"),
        ('"a""', "unclosed"),
        ("/* a /* b */", "unclosed"),
        ("$a$ $b$", "unclosed"),
    ],
)
def test_one_token(text, kind):
    assert [(token.kind, token.text) for token in tokenize(text)] == [(kind, text)]


def test_an_operator_ends_where_a_comment_begins():
    assert [token.text for token in significant("1 +-- 2\n*/**/3")] == ["1", "+", "*", "3"]


def test_tokens_say_where_they_stand():
    text = 'SELECT /* a */ "b" FROM c'
    assert all(text.startswith(token.text, token.start) for token in tokenize(text))
    assert join(tokenize(text)) == text


def test_statements_end_where_psql_ends_them():
    text = (
        "; CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;\n"
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); -- ;\nSELECT ';'"
    )
    assert [(piece.line, first_words(piece.sql, 2)) for piece in split(text)] == [
        (1, ("create", "function")),
        (2, ("create", "rule")),
        (3, ("select",)),
    ]
