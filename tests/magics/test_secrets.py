"""A password, however it was given, is in no output, no traceback, no file and no table of ours."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

SECRET = "hunter2-and/more"
QUOTED = "hunter2-and%2Fmore"
ROLE = f"""CREATE ROLE nobody_here PASSWORD '{SECRET}'"""


def parts(database):
    """Host and database of the test's server."""
    url = urlsplit(database.url)
    host = parse_qs(url.query).get("host", [url.hostname])[0]
    return host, str(url.port or ""), url.username, url.path.lstrip("/")


def pgpassword(database, name, monkeypatch):
    host, port, user, _ = parts(database)
    monkeypatch.setenv("PGPASSWORD", SECRET)
    return f"host={host} {f'port={port} ' if port else ''}user={user} dbname={name}"


def service(database, name, monkeypatch):
    host, port, user, _ = parts(database)
    lines = ["[mine]", f"host={host}", f"user={user}", f"dbname={name}", f"password={SECRET}"]
    file = Path("..", "service.conf").resolve()
    file.write_text("\n".join([*lines, *([f"port={port}"] if port else [])]) + "\n")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    return "postgresql://?service=mine"


def passfile(database, name, monkeypatch):
    file = Path("..", "pgpass").resolve()
    file.write_text(f"*:*:*:*:{SECRET}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    return database.url.replace(parts(database)[3], name)


def dsn(database, name, monkeypatch):
    return f"{pgpassword(database, name, monkeypatch)} password='{SECRET}'"


def in_the_url(database, name, _monkeypatch):
    url = database.url.replace(parts(database)[3], name)
    return url.replace("postgres@", f"postgres:{QUOTED}@")


def in_the_query(database, name, _monkeypatch):
    url = database.url.replace(parts(database)[3], name)
    return f"{url}{'&' if '?' in url else '?'}password={QUOTED}"


CELLS = (
    "%db_connect",
    "%%schema a --sql\nCREATE TABLE a (id int PRIMARY KEY, b text);",
    "%db_push",
    "%schema --from live",
    f"%%db_query\n{ROLE}",
    f"%%db_query\nALTER ROLE nobody_at_all ENCRYPTED PASSWORD '{SECRET}'",
    f"%%db_query\nALTER ROLE nobody_at_all PASSWORD '{SECRET}' OOPS",
    "%tb",
    f"%%db_generate roles --custom\nALTER ROLE nobody_at_all PASSWORD '{SECRET}';",
    "%db_migrate",
    "%tb",
    "%db_status",
    "%db_drift",
    "%db_history",
    "%db_export",
    "%db_pull",
    "%db_connect postgresql://nobody@127.0.0.1:1/none",
    "%tb",
)
WAYS = (pgpassword, service, passfile, dsn, in_the_url, in_the_query)
#: What the user wrote, or typed into a cell that is echoed.
THEIRS = ("roles.sql",)


def said(run):
    """All that a cell shows."""
    value = run.value
    bundle = value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {}
    chain, error = [], run.error
    while error is not None:
        chain += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join([run.io.stdout, run.io.stderr, *map(str, bundle.values()), *chain])


@pytest.fixture(autouse=True)
def _no_role_is_left(database):
    yield
    database.execute("DROP ROLE IF EXISTS nobody_here")


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])
@pytest.mark.parametrize("is_there", [True, False], ids=["connected", "refused"])
def test_a_password_is_nowhere(unconnected, database, monkeypatch, caplog, way, is_there):
    caplog.set_level(logging.DEBUG)
    name = parts(database)[3] if is_there else "no_such_database"
    monkeypatch.setenv("DATABASE_URL", way(database, name, monkeypatch))
    cells = CELLS if is_there else (CELLS[0], "%tb", "%db_push", "%tb", "%db_status", "%tb")
    runs = {cell: unconnected.attempt(cell) for cell in cells}
    if is_there:
        assert runs["%db_connect"].error is None, runs["%db_connect"].shown
        assert runs["%db_push"].error is None, runs["%db_push"].shown
    else:
        assert "no_such_database" in said(runs["%db_connect"])
    shown = {cell: text for cell, run in runs.items() if secret_in(text := said(run))}
    lines = [
        f"{cell}: {line}"
        for cell, text in shown.items()
        for line in text.splitlines()
        if secret_in(line)
    ]
    assert not lines, "\n".join(lines)
    assert not secret_in(caplog.text)
    assert files_with_it(Path.cwd()) == []
    assert not secret_in(database.dump(schema_only=False, exclude=()))


@pytest.mark.parametrize(
    "text",
    [
        f"Driver={{PostgreSQL}};Server=localhost;Database=app;Uid=me;PWD={SECRET};",
        f"host=localhost dbname=app user=me PWD={SECRET}",
        f"postgresql://me@localhost:1/app?pwd={QUOTED}",
        f"postgresql+psycopg2://me:{QUOTED}@localhost:1/app?sslpassword={QUOTED}",
        f"postgresql://me:{SECRET}@localhost:1/app",
    ],
    ids=["odbc", "key", "query", "sqlalchemy", "unquoted"],
)
def test_the_password_of_a_text_that_is_no_url_is_nowhere(unconnected, monkeypatch, caplog, text):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("DATABASE_URL", text)
    cells = ("%db_connect", "%tb", "%db_push", "%tb", "%db_status")
    for run in [unconnected.attempt(cell) for cell in cells]:
        assert not secret_in(said(run)), said(run)
    assert unconnected.attempt("%db_push").error is not None
    assert not secret_in(caplog.text)
    assert files_with_it(Path.cwd()) == []


def secret_in(text):
    return SECRET in text or QUOTED in text


def files_with_it(folder):
    found = (path for path in folder.rglob("*") if path.is_file() and "embedded" not in path.parts)
    return [
        str(path)
        for path in found
        if not path.name.endswith(THEIRS)
        and any(word.encode() in path.read_bytes() for word in (SECRET, QUOTED))
    ]
