"""Names, types, comments, defaults, errors and values that want to be more than text."""

from __future__ import annotations

from playwright.sync_api import expect
from psycopg import sql

from tests.browser.lab import SHOWN

EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'


def hostile_objects(database):
    with database.connect() as connection:
        for statement in (
            "CREATE TYPE {type} AS ENUM ({label})",
            "CREATE TABLE {table} (id int PRIMARY KEY, {column} text DEFAULT {text}, kind {type})",
            "ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} <> {text})",
            "COMMENT ON TABLE {table} IS {text}",
            "COMMENT ON COLUMN {table}.{column} IS {text}",
            "CREATE INDEX {index} ON {table} ({column})",
            "INSERT INTO {table} VALUES (1, {value}, {label})",
            "CREATE VIEW {view} AS SELECT {text}::text AS {column}",
            "CREATE FUNCTION {function}() RETURNS text LANGUAGE sql AS {body}",
        ):
            names = {
                name: sql.Identifier(f"{name[:2]}{EVIL}"[:60])
                for name in ("type", "table", "column", "check", "index", "view", "function")
            }
            texts = {
                "text": sql.Literal(EVIL),
                "label": sql.Literal(EVIL[:60]),
                "value": sql.Literal(f"value {EVIL}"),
                "body": sql.Literal(f"SELECT {EVIL!r}::text"),
            }
            connection.execute(sql.SQL(statement).format(**names, **texts))


def test_text_from_the_database_stays_text(notebook, database):
    hostile_objects(database)
    shown = notebook("%db_diff empty live", "%db_status", "%schema")
    shown.settle()
    panel = shown.panel()
    panel.get_by_text("SQL, ").click()
    closed = panel.locator("[role=treeitem][aria-expanded=false] > .nbm-row")
    while closed.count():
        closed.first.click()
    expect(panel).to_contain_text("<script>")
    assert panel.locator("img, script, iframe").count() == 0
    shown.shoot("hostile", shown.panel())
    assert shown.page.evaluate("window.pwned") is None
    assert shown.page.locator(f"{SHOWN} .jp-OutputArea-output :is(img, script)").count() == 0


def test_every_other_view_stays_text(notebook, database):
    hostile_objects(database)
    table = sql.Identifier(f"ta{EVIL}"[:60]).as_string(None)
    cells = (
        "%db_pull --baseline",
        "%db_history",
        f"%%db_query\nSELECT * FROM {table}",
        "%db_studio",
        "%db_pull",
    )
    shown = notebook(*cells)
    studio = shown.cell(5).locator(".nbm").first  # behind the cell that the baseline wrote
    expect(studio).to_contain_text("value <img")
    for name in ("Structure", "SQL", "Data"):
        studio.get_by_role("tab", name=name).click()
        shown.shoot(f"hostile-studio-{name.lower()}", studio)
        assert studio.locator("img, script, iframe").count() == 0
    assert shown.page.locator(f"{SHOWN} .nbm :is(script, iframe)").count() == 0
    assert shown.page.evaluate("window.pwned") is None


def test_values_errors_and_answers_stay_text(notebook, database):
    with database.connect() as connection:
        connection.execute("CREATE TABLE users (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO users VALUES (1, %s)", [EVIL])
    users = "%%schema users --sql\nCREATE TABLE users (id int PRIMARY KEY, name text"
    shown = notebook(f"{users});", "%db_push", f"{users}, age int NOT NULL);", "%db_push")
    shown.settle()
    panel = shown.panel()
    panel.get_by_role("textbox").fill(f"'{EVIL}'::int")
    panel.get_by_role("button", name="Use", exact=True).click()
    panel.get_by_role("button", name="Apply", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("invalid input syntax")
    shown.shoot("hostile-answer", panel)
    assert panel.locator("img, script").count() == 0
    assert shown.page.evaluate("window.pwned") is None
