"""The panel of a plan, in a real JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.lab import SHOWN

USERS = """%%schema users --sql
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);"""
RENAMED = """%%schema users --sql
CREATE TABLE users (id int PRIMARY KEY, full_name text NOT NULL, age int NOT NULL);"""


def rows(database):
    database.execute(
        "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL)",
        "INSERT INTO users SELECT n, 'name ' || n FROM generate_series(1, 42) AS n",
    )


def test_a_rename_question_is_answered_by_a_click(notebook, database):
    shown = notebook(USERS, "%db_push", RENAMED, "%db_push")
    panel = shown.panel(1)
    expect(panel).to_contain_text("under a new name?")
    apply = panel.get_by_role("button", name="Apply", exact=True)
    expect(apply).to_be_disabled()
    expect(shown.cell(4)).to_contain_text("AnswerNeededError")
    shown.shoot("rename-question", panel)
    panel.get_by_role("button", name=re.compile("is now")).first.click()
    expect(panel).to_contain_text('--rename "public.users.name->public.users.full_name"')
    expect(apply).to_be_enabled()
    shown.shoot("rename-answered", panel)
    apply.click()
    expect(panel).to_contain_text("Pushed to")
    shown.shoot("rename-done", panel)
    assert "full_name" in database.dump()


def test_what_is_only_built_again_is_told_apart(notebook, database):
    sales = "%%schema sales --sql\nCREATE TABLE sale (id int PRIMARY KEY, day date, amount int);"
    views = """%%schema views --sql
CREATE MATERIALIZED VIEW by_day AS SELECT day, sum(amount) AS amount FROM sale GROUP BY day;
CREATE INDEX by_day_day ON by_day (day);
CREATE MATERIALIZED VIEW days AS SELECT day, count(*) AS sales FROM sale GROUP BY day;"""
    wider = sales.replace("amount int", "amount bigint, note text")
    shown = notebook(sales, views, "%db_push", wider, "%db_push")
    panel = shown.panel(1)
    expect(panel).to_contain_text("Pushed to")
    panel.get_by_text("by_day", exact=False).first.click()
    expect(panel).to_contain_text("built again")
    expect(panel).to_contain_text("NB217")
    expect(panel).not_to_contain_text("public.days")
    shown.shoot("built-again", panel)
    shown.theme("JupyterLab Dark")
    try:
        shown.shoot("built-again-dark", panel)
    finally:
        shown.theme("JupyterLab Light")
    assert "amount bigint" in database.dump()


def test_a_destructive_push_is_confirmed(notebook, database):
    rows(database)
    gone = "%%schema users --sql\nCREATE TABLE users (id int PRIMARY KEY);"
    shown = notebook(USERS, "%db_push", gone, "%db_push", "reached = True")
    expect(shown.cell(4)).to_contain_text("AnswerNeededError")
    assert shown.cell(5).locator(".jp-InputPrompt").inner_text().strip() in {"[ ]:", "[\xa0]:"}
    panel = shown.panel()
    expect(panel).to_contain_text("42 rows")
    shown.shoot("drop-question", panel)
    panel.get_by_role("button", name="may go").click()
    expect(panel.locator(".nbm-note-bad")).to_contain_text("42 rows")
    shown.shoot("drop-answered", panel)
    panel.get_by_role("button", name="Apply", exact=True).click()
    expect(panel).to_contain_text("Pushed to")
    assert "name" not in database.dump()


def test_a_value_is_typed_for_rows_that_are_there(notebook, database):
    rows(database)
    more = USERS.replace(");", ", age int NOT NULL);")
    shown = notebook(USERS, "%db_push", more, "%db_push")
    panel = shown.panel()
    field = panel.get_by_role("textbox")
    field.fill("no such thing")
    field.press("Enter")
    expect(panel.get_by_role("button", name="Apply", exact=True)).to_be_enabled()
    panel.get_by_role("button", name="Apply", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("statement")
    shown.shoot("backfill-refused", panel)
    panel.get_by_role("button", name="Change").click()
    panel.get_by_role("textbox").fill("id + 20")
    panel.get_by_role("button", name="Use", exact=True).click()
    expect(panel).to_contain_text('%db_push --backfill "public.users.age=id + 20"')
    panel.get_by_role("button", name="Apply", exact=True).click()
    expect(panel).to_contain_text("Pushed to")
    with database.connect() as connection:
        assert connection.execute("SELECT sum(age) FROM users").fetchone() == (903 + 840,)


def test_the_typed_line_does_what_the_clicks_did(notebook, database):
    shown = notebook(USERS, "%db_push", RENAMED.replace(", age int NOT NULL", ""), "%db_push")
    panel = shown.panel(1)
    panel.get_by_role("button", name=re.compile("is now")).click()
    line = panel.locator(".nbm-code").inner_text()
    shown.app(
        "app.shell.currentWidget.content.widgets.at(-1).model.sharedModel.setSource(arg);", line
    )
    shown.run_all()
    expect(shown.panel(0)).to_contain_text("Pushed to")
    assert "full_name" in database.dump()


def test_a_plan_that_was_overtaken_is_not_applied(notebook, database):
    shown = notebook(USERS, "%db_push", RENAMED.replace(", age int NOT NULL", ""), "%db_push")
    panel = shown.panel(1)
    panel.get_by_role("button", name=re.compile("is now")).click()
    expect(panel.get_by_role("button", name="Apply", exact=True)).to_be_enabled()
    database.execute("ALTER TABLE users ADD COLUMN since date")
    panel.get_by_role("button", name="Apply", exact=True).click()
    expect(panel).to_contain_text("changed meanwhile")
    assert "full_name" not in database.dump()


def test_objects_open_by_keyboard_and_the_notebook_hears_nothing(notebook, database):
    database.execute("CREATE VIEW other AS SELECT 1 AS one")
    shown = notebook(USERS, "%db_push")
    shown.settle()
    panel = shown.panel()
    tree = panel.get_by_role("tree")
    expect(panel.get_by_role("button", name="Undo")).to_be_visible()
    shown.page.wait_for_timeout(2000)  # while the panel takes its place, it takes the focus away
    tree.get_by_role("treeitem").first.focus()
    shown.page.keyboard.press("ArrowDown")
    shown.page.keyboard.press("Enter")
    expect(panel.locator(".nbm-details")).to_contain_text("CREATE TABLE")
    shown.shoot("opened", panel)
    cells = shown.page.locator(f"{SHOWN} .jp-Cell").count()
    for key in "ddabxm":
        shown.page.keyboard.press(key)
    assert shown.page.locator(f"{SHOWN} .jp-Cell").count() == cells
    shown.page.keyboard.press("ArrowLeft")
    expect(panel.locator(".nbm-details")).to_have_count(0)


def test_the_panel_is_dark_in_a_dark_theme(notebook, database):
    rows(database)
    shown = notebook(USERS, "%db_push", RENAMED, "%db_push", "%db_diff")
    try:
        shown.theme("JupyterLab Dark")
        panel = shown.panel()
        panel.get_by_role("treeitem").last.locator(".nbm-row").click()
        expect(panel).to_contain_text("before")
        back = panel.evaluate("node => getComputedStyle(node).backgroundColor")
        assert sum(map(int, re.findall(r"\d+", back)[:3])) < 200
        shown.shoot("dark", panel)
        shown.shoot("dark-page")
    finally:
        shown.theme("JupyterLab Light")
    shown.shoot("opened-before-after", panel)


def test_generate_is_reviewed_and_written(notebook, database):
    shown = notebook(
        USERS,
        "%db_generate first",
        RENAMED.replace(", age int NOT NULL", ""),
        "%db_generate second",
    )
    expect(shown.panel(0)).to_contain_text("Generated 0000_first")
    shown.settle()
    shown.shoot("generated", shown.panel(0))
    panel = shown.panel(1)
    panel.get_by_role("button", name=re.compile("is now")).click()
    panel.get_by_role("button", name="Write migration").click()
    expect(panel).to_contain_text("Generated 0001_second")
    shown.shoot("generated-by-click", panel)


def test_undo_brings_the_rows_back_once(notebook, database):
    rows(database)
    before = database.dump(schema_only=False)
    gone = "%%schema users --sql\nCREATE TABLE users (id int PRIMARY KEY);"
    shown = notebook(USERS, "%db_push", gone, '%db_push --drop "public.users.name"')
    panel = shown.panel()
    undo = panel.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_visible()
    undo.click()
    expect(panel).to_contain_text("Undone in")
    expect(panel).to_contain_text("42")
    expect(undo).to_have_count(0)
    shown.shoot("undo-done", panel)
    assert sorted(database.dump(schema_only=False).split("\n")) == sorted(before.split("\n"))


def test_undo_of_a_push_that_was_overtaken_takes_nothing_back(notebook, database):
    wider = USERS.replace("NULL);", "NULL, age int);")
    shown = notebook(USERS, "%db_push", wider, "%db_push")
    last = shown.panel(1)
    undo = last.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_visible()
    shown.panel(0).get_by_role("button", name="Undo", exact=True).click()
    expect(shown.panel(0)).to_contain_text("not the last one any more")
    assert "age" in database.dump()
    undo.click()
    expect(last).to_contain_text("Undone in")
    assert "age" not in database.dump()
