import hashlib
import shutil
import subprocess

import pytest

from nbmigrate.errors import MigrationFileError
from nbmigrate.journal import Migration
from nbmigrate.journal.migration import read_migration


@pytest.fixture
def migration(tmp_path):
    def make(raw):
        path = tmp_path / "0000_x.sql"
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        return read_migration(path, tag="0000_x", when=1)

    return make


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"SELECT 1;\nSELECT '\xff';", 2, "not UTF-8"),
        (b"SELECT 1;\n\nSELECT '\0';", 3, "NUL"),
        ("SELECT 1;".encode("utf-16"), 1, "not UTF-8"),
        (b"SELECT 1;\n<<<<<<< HEAD\nSELECT 2;\n=======\n", 2, "merge conflict"),
        (b"SELECT 1;\nCOMMIT;\n", 2, "`COMMIT`"),
        (b"begin;\nSELECT 1;", 1, "`BEGIN`"),
        (b"BEGIN ISOLATION LEVEL SERIALIZABLE;", 1, "`BEGIN`"),
        (b"-- c\n/* c */ start /* c */ transaction;", 2, "`START`"),
        (b"SELECT 1;--> statement-breakpoint\nSELECT 2;\n  ROLLBACK;", 3, "`ROLLBACK`"),
        (b"ROLLBACK TO SAVEPOINT x;", 1, "`ROLLBACK`"),
        (b"SAVEPOINT x;", 1, "`SAVEPOINT`"),
        (b"RELEASE x;", 1, "`RELEASE`"),
        (b"END;", 1, "`END`"),
        (b"ABORT;", 1, "`ABORT`"),
        (b"PREPARE TRANSACTION 'x';", 1, "`PREPARE`"),
        (b"COMMIT PREPARED 'x';", 1, "`COMMIT`"),
        (b"SELECT 1;\n\\i other.sql\n", 2, "command of psql"),
        (b"SELECT 1;\nCOPY t (a) FROM stdin;\ndon't\n\\.\n", 2, "COPY"),
        (b"COPY t FROM STDIN WITH (FORMAT csv);", 1, "COPY"),
        (b"SELECT 1;--> statement-breakpoint\nSELECT 'a", 2, "not closed"),
        (b"SELECT '--> statement-breakpoint';", 1, "not closed"),
    ],
)
def test_text_that_must_not_run_is_refused_with_its_line(migration, raw, line, message):
    found = migration(raw)
    with pytest.raises(MigrationFileError, match=message) as caught:
        found.statements()
    assert caught.value.line == line
    assert caught.value.path.endswith(f"0000_x.sql:{line}")
    assert caught.value.hint.endswith("; nothing was run")  # behind what to do now


@pytest.mark.parametrize(
    "sql",
    [
        "PREPARE p AS SELECT 1;",
        "SELECT 'COMMIT;';",
        "DO $$ BEGIN COMMIT; END $$;",
        "COPY t TO STDOUT;",
        "COPY t FROM '/data/stdin.csv';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;",
        'CREATE TABLE "commit" ();',
        "-- COMMIT;\nSELECT 1;",
        "CREATE TABLE t (a text DEFAULT $$\\$$);",
    ],
)
def test_text_that_only_looks_like_it_runs(migration, sql):
    assert [chunk.sql for chunk in migration(sql).statements()] == [
        sql.removeprefix("-- COMMIT;\n")
    ]


def test_statements_have_the_lines_of_the_file(migration):
    found = migration("\ufeffA;\nB;--> statement-breakpoint\n\nC\n;D;").statements()
    assert [tuple(chunk) for chunk in found] == [("A;", 1), ("B;", 2), ("C\n;", 4), ("D;", 5)]


@pytest.mark.parametrize("raw", [b"SELECT 1;", b"\xef\xbb\xbfSELECT 1;\r\n", b"", "é☃".encode()])
def test_the_hash_is_that_of_the_bytes(migration, raw):
    assert migration(raw).hash == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize(
    "raw", [b"a\xffb", b"\xf0\x9f\x98", b"\xed\xa0\x80x", b"\xc3\x28", b"\xe2\x82"]
)
def test_the_hash_of_bad_bytes_is_that_of_node(migration, raw):
    if not shutil.which("node"):
        pytest.skip("NO NODE: the hash of bad bytes is not compared")
    script = (
        "const raw = Buffer.from(process.argv[1], 'hex');"
        "const hash = require('crypto').createHash('sha256').update(raw.toString());"
        "process.stdout.write(hash.digest('hex'))"
    )
    done = subprocess.run(["node", "-e", script, raw.hex()], capture_output=True, check=True)
    assert migration(raw).hash == done.stdout.decode()


def test_the_normalized_hash_overlooks_line_ends(migration):
    plain = migration("SELECT 1;\nSELECT 2;").normalized_hash
    assert migration("\ufeffSELECT 1;\r\nSELECT 2;\r\n\r\n").normalized_hash == plain
    assert migration("SELECT 1;\nSELECT 3;").normalized_hash != plain


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("-- generated\n/*\nCREATE TABLE a ();\n*/", True),
        ("/*\nCREATE SCHEMA a;\n--> statement-breakpoint\nCREATE TABLE b ();\n*/\n", True),
        ("-- Custom SQL migration file, put your code below! --", False),
        ("-- CREATE TABLE a ();", False),
        ("/* CREATE TABLE a (); */ SELECT 1;", False),
        ("/* CREATE TABLE a ();", False),
        ("/* nothing here */", False),
        ("", False),
    ],
)
def test_a_commented_baseline_is_recognised(migration, sql, expected):
    found = migration(sql)
    assert found.is_commented_baseline is expected
    if expected:
        assert found.chunks == found.statements() == ()


def test_a_migration_is_a_value(migration):
    assert migration("SELECT 1;") == migration("SELECT 1;")
    assert isinstance(migration("SELECT 1;"), Migration)
    with pytest.raises(AttributeError):
        migration("SELECT 1;").tag = "x"


def test_the_encoding_that_it_has_is_told(migration):
    for raw, told in (("é".encode("utf-16"), "-f UTF-16"), ("é".encode("latin-1"), "-f LATIN1")):
        with pytest.raises(MigrationFileError) as caught:
            migration(raw).statements()
        assert told in caught.value.hint
