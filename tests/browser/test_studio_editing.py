"""Editing in the studio: editors by type, the keyboard alone, conflicts, columns, what a notebook gets of it.

One notebook for each test: to open it is what takes long.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.studio import cell, make_tables, press, status, type_into, value

ROWS = 2000
STUDIO = "studio = %db_studio posts\nstudio"
READ_ON = """async (field) => {
  const more = field.querySelector("button");
  while (!more.hidden) {
    more.click();
    while (more.disabled) await new Promise(requestAnimationFrame);
  }
  return field.querySelector(".nbs-full").textContent;
}"""


def open_studio(notebook, database, *cells):
    make_tables(database, ROWS)
    shown = notebook(*(cells or (STUDIO,)))
    panel = shown.panel()
    expect(panel.locator("tbody tr").first).to_be_visible()
    return shown, panel


def save(panel, changes):
    press(panel, "Save")
    expect(status(panel)).to_contain_text(f"Saved {changes}")


def test_editors_by_type_and_a_row_with_defaults(notebook, database):
    shown, panel = open_studio(notebook, database)
    cell(panel, 1, "is_public").dblclick()
    pick = cell(panel, 1, "is_public").get_by_role("combobox")
    assert pick.locator("option").all_text_contents() == ["NULL", "true", "false"]
    pick.select_option(label="true")
    cell(panel, 1, "mood").dblclick()
    pick = cell(panel, 1, "mood").get_by_role("combobox")
    assert pick.locator("option").all_text_contents() == ["NULL", "calm", "busy", "lost"]
    pick.select_option(label="NULL")
    cell(panel, 1, "day").dblclick()
    day = cell(panel, 1, "day").locator("input[type=date]")
    day.fill("2031-12-24")
    day.press("Enter")
    type_into(panel, 1, "meta", "{no json")
    expect(status(panel)).to_contain_text("meta: not JSON")
    shown.shoot("studio-json", panel)
    field = cell(panel, 1, "meta").locator("textarea")
    field.fill('{"a": [1, null]}')
    field.press("Enter")
    type_into(panel, 1, "tags", "{x,NULL}")
    press(panel, "Add row")
    type_into(panel, 1, "user_id", "1")
    type_into(panel, 1, "title", "made here")
    save(panel, "2 changes")
    with database.connect() as connection:
        found = connection.execute(
            "SELECT is_public, mood, day::text, meta, tags FROM posts WHERE id = 1"
        ).fetchone()
        made = connection.execute(
            "SELECT likes, is_public, at > now() - interval '1 hour' FROM posts WHERE title = 'made here'"
        ).fetchall()
    assert found == (True, None, "2031-12-24", {"a": [1, None]}, ["x", None])
    assert made == [(0, None, True)]


def test_the_keyboard_alone(notebook, database):
    """From the list of tables to a saved value, without a pointer, and the notebook is untouched."""
    shown, panel = open_studio(notebook, database)
    keys = shown.page.keyboard
    cells = shown.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").count()
    panel.get_by_label("search tables").focus()
    keys.type("user")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(panel.locator(".nbs-heading")).to_have_text("users")
    expect(cell(panel, 1, "name")).to_have_text("user 1")
    panel.locator("tbody [tabindex='0'], thead [tabindex='0']").first.focus()
    keys.press("Control+Home")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("ArrowDown")
    expect(cell(panel, 2, "name")).to_be_focused()
    keys.type("ddxaa")
    keys.press("F2")
    keys.press("Control+a")
    keys.type("by keys")
    keys.press("Tab")
    expect(cell(panel, 2, "born")).to_be_focused()
    keys.press("Control+0")
    keys.press("Home")
    keys.press("Space")
    expect(status(panel)).to_contain_text("1 row selected")
    keys.press("PageDown")
    expect(cell(panel, 1, "name")).to_have_text("user 101")
    keys.press("PageUp")
    expect(cell(panel, 2, "name")).to_have_text("by keys")
    panel.get_by_role("button", name="Save", exact=True).focus()
    keys.press("Enter")
    expect(status(panel)).to_contain_text("Saved 1 change")
    assert value(database, "SELECT name FROM users WHERE id = 2 AND born IS NULL") == "by keys"
    assert shown.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").count() == cells
    shown.shoot("studio-keyboard", panel)


def test_columns_conflicts_and_a_changed_table(notebook, database):
    _, panel = open_studio(notebook, database)
    arrange_columns(panel)
    type_into(panel, 1, "title", "mine")
    type_into(panel, 2, "title", "mine too")
    type_into(panel, 2, "likes", "77")
    database.execute("UPDATE posts SET title = 'theirs', likes = 5 WHERE id IN (1, 2)")
    press(panel, "Save")
    conflicts = panel.get_by_role("group", name="conflict")
    expect(conflicts).to_have_count(3)
    for column in ("title", "likes"):
        expect(cell(panel, 2, column)).to_have_attribute("aria-invalid", "true")
    conflicts.nth(0).get_by_role("button", name="Take theirs").click()
    expect(conflicts).to_have_count(2)
    conflicts.nth(0).get_by_role("button", name="Keep mine").click()
    # What was not decided is not saved by having decided something else.
    expect(conflicts).to_have_count(1)
    press(panel, "Save")
    expect(status(panel)).to_contain_text("Nothing was saved")
    assert value(database, "SELECT title FROM posts WHERE id = 2") == "theirs"
    conflicts.get_by_role("button", name="Keep mine").click()
    expect(conflicts).to_have_count(0)
    # Mine was kept in place of what was shown, not of what came after that.
    database.execute("UPDATE posts SET title = 'a third' WHERE id = 2")
    press(panel, "Save")
    expect(conflicts).to_have_count(1)
    expect(conflicts).to_contain_text("a third")
    assert value(database, "SELECT title FROM posts WHERE id = 2") == "a third"
    conflicts.get_by_role("button", name="Keep mine").click()
    expect(conflicts).to_have_count(0)
    save(panel, "1 change")
    with database.connect() as connection:
        found = connection.execute("SELECT title FROM posts WHERE id < 3 ORDER BY id").fetchall()
    assert found == [("theirs",), ("mine too",)]
    type_into(panel, 3, "title", "late")
    database.execute("ALTER TABLE posts ADD extra int")
    press(panel, "Save")
    expect(status(panel)).to_contain_text("was changed meanwhile")
    expect(panel.locator(".nbs-grid thead")).to_contain_text("extra")
    assert value(database, "SELECT title FROM posts WHERE id = 3") == "post 3"
    save(panel, "1 change")
    assert value(database, "SELECT title FROM posts WHERE id = 3") == "late"


def arrange_columns(panel):
    """Freeze, hide, show again, and make wider."""
    panel.get_by_role("button", name="menu of user_id").click()
    panel.get_by_role("dialog").get_by_role("button", name="Freeze up to here").click()
    wrap = panel.locator(".nbs-wrap")
    before = cell(panel, 1, "user_id").bounding_box()["x"]
    wrap.evaluate("node => (node.scrollLeft = 400)")
    assert abs(cell(panel, 1, "user_id").bounding_box()["x"] - before) < 2
    wrap.evaluate("node => (node.scrollLeft = 0)")
    panel.get_by_role("button", name="menu of body").click()
    panel.get_by_role("dialog").get_by_role("button", name="Hide").click()
    expect(panel.get_by_role("columnheader", name="body")).to_have_count(0)
    press(panel, "Columns ▾")
    panel.get_by_role("dialog").get_by_label("body").check()
    panel.get_by_role("dialog").press("Escape")
    expect(panel.get_by_role("columnheader", name="body")).to_have_count(1)
    head = panel.get_by_role("columnheader", name="title")
    width = head.bounding_box()["width"]
    grip = head.locator(".nbs-grip").bounding_box()
    mouse = panel.page.mouse
    mouse.move(grip["x"] + 2, grip["y"] + 5)
    mouse.down()
    mouse.move(grip["x"] + 82, grip["y"] + 5)
    mouse.up()
    assert abs(head.bounding_box()["width"] - width - 80) < 4


def test_what_the_notebook_gets(notebook, database):
    """Rows that were ticked, the filtered table, and a migration of the edits."""
    shown, panel = open_studio(notebook, database, "%db_pull --baseline", STUDIO)
    for row in (2, 4):
        panel.get_by_role("checkbox", name=f"select row {row}", exact=True).check()
    expect(status(panel)).to_contain_text("2 rows selected")
    assert (
        shown.ask("print(sorted(studio.selection['id'].tolist()), len(studio.frame))")
        == f"[2, 4] {ROWS}"
    )
    press(panel, "+ Filter")
    form = panel.get_by_role("dialog")
    form.get_by_label("column").select_option("user_id")
    form.get_by_label("value").fill("7")
    form.get_by_label("value").press("Enter")
    expect(panel.locator("tbody tr")).to_have_count(2)
    assert shown.ask("print(studio.frame['id'].tolist())") == "[6, 1006]"
    type_into(panel, 1, "title", "it's")
    press(panel, "Review")
    panel.get_by_label("name of the migration").fill("fix_titles")
    press(panel, "Copy as data migration")
    expect(status(panel)).to_contain_text(re.compile(r"Wrote .*_fix_titles\.sql"))
    said = shown.ask(
        "import pathlib; print(next(pathlib.Path('.').rglob('*fix_titles.sql')).read_text())"
    )
    assert """SET "title" = 'it''s' WHERE "id" = '6'""" in said
    assert value(database, "SELECT title FROM posts WHERE id = 6") == "post 6"


def test_bytes_and_long_values_whole_or_not_at_all(notebook, database):
    """A value is read on without a gap; edited as PostgreSQL writes it; too long, not in part."""
    database.execute(
        "CREATE TABLE files (id int PRIMARY KEY, short bytea, data bytea, note text, doc jsonb)",
        "INSERT INTO files SELECT 1, '\\x00ff', string_agg(int4send(n), ''), string_agg('😀' || n, ' '),"
        " jsonb_agg(repeat('ab', 20)) FROM generate_series(1, 30000) AS n",
    )
    shown = notebook("%db_studio files")
    panel = shown.panel()
    expect(cell(panel, 1, "short")).to_have_text("\\x00ff")
    expect(cell(panel, 1, "doc")).to_contain_text("kB")
    type_into(panel, 1, "short", "\\x00fe")
    for column in ("data", "note", "doc"):
        cell(panel, 1, column).dblclick()
        expect(status(panel)).to_contain_text(f"{column}: too long to be edited here")
        expect(panel.locator(".nbs-editor")).to_have_count(0)
    save(panel, "1 change")
    assert value(database, "SELECT short = '\\x00fe' FROM files") is True
    press(panel, "Row")
    shown.shoot("studio-long-values", panel)
    for name in ("data", "note"):
        field = panel.locator(".nbs-fields dt", has_text=re.compile(f"^{name}")).locator("+ dd")
        # Hundreds of thousands of characters: not into the report when they differ.
        is_whole = field.evaluate(READ_ON) == value(database, f"SELECT {name}::text FROM files")
        assert is_whole, name


#: A type's editor, what is typed into it, and what PostgreSQL has of it then.
EDITORS = {
    "smallint": ("text", "-5", "-5"),
    "numeric(8,2)": ("text", "1.5", "1.50"),
    "double precision": ("text", "NaN", "NaN"),
    "money": ("text", "$1,234.50", "$1,234.50"),
    "uuid": ("text", "8D0C5B2E0F5E4F0E9D0A0123456789AB", "8d0c5b2e-0f5e-4f0e-9d0a-0123456789ab"),
    "time": ("text", "24:00", "24:00:00"),
    "timestamp": ("text", "infinity", "infinity"),
    "timestamptz": ("text", "2024-07-01 02:00+02", "2024-07-01 00:00:00+00"),
    "interval": ("text", "1 month 2 days", "1 mon 2 days"),
    "json": ("textarea", '{"a":  1}', '{"a":  1}'),
    "integer[]": ("text", "{1,NULL}", "{1,NULL}"),
    "inet": ("text", "10.0.0.0/8", "10.0.0.0/8"),
    "int4range": ("text", "[1,5]", "[1,6)"),
    "point": ("text", "(1,2)", "(1,2)"),
    "pair": ("text", '(1,"x, y")', '(1,"x, y")'),
    "email": ("text", "a@b.c", "a@b.c"),
    "bit(3)": ("text", "101", "101"),
    "tsvector": ("text", "b a", "'a' 'b'"),
}


def test_an_editor_for_every_type(notebook, database):
    """Each is reached by the keyboard, is in sight with its buttons, and its value is PostgreSQL's."""
    database.execute(
        "CREATE TYPE pair AS (a int, b text)",
        "CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%')",
        f"CREATE TABLE kinds (id int PRIMARY KEY, {', '.join(f'c{at} {kind}' for at, kind in enumerate(EDITORS))})",
        "INSERT INTO kinds VALUES (1)",
    )
    shown = notebook("%db_studio kinds")
    panel = shown.panel()
    wrap = panel.locator(".nbs-wrap")
    cell(panel, 1, "id").click()
    for at, (kind, (field, text, _)) in enumerate(EDITORS.items()):
        shown.page.keyboard.press("ArrowRight")
        shown.page.keyboard.press("Enter")
        editor = panel.locator(".nbs-editor")
        node = editor.locator("input, textarea")
        expect(node).to_be_focused()
        assert node.evaluate("node => node.type") == field, kind
        assert node.get_attribute("aria-label") == f"c{at}"
        right = wrap.evaluate("node => node.getBoundingClientRect().left + node.clientWidth")
        box = editor.bounding_box()
        assert box["x"] + box["width"] <= right + 2, kind
        node.fill(text)
        shown.page.keyboard.press("Enter")
        expect(editor).to_have_count(0)
    shown.shoot("studio-editors", panel)
    save(panel, "1 change")
    with database.connect() as connection:
        listed = ", ".join(f"c{at}::text" for at in range(len(EDITORS)))
        found = connection.execute(f"SELECT {listed} FROM kinds").fetchone()
    assert list(found) == [expected for _, _, expected in EDITORS.values()]


def test_while_it_saves_nothing_else_is_edited(notebook, database):
    """It would go with what was saved: the save waits here for a lock."""
    _, panel = open_studio(notebook, database)
    type_into(panel, 1, "title", "first")
    with database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE posts IN SHARE MODE")
        press(panel, "Save")
        expect(status(panel)).to_have_text("Saving …")
        cell(panel, 2, "title").dblclick()
        expect(status(panel)).to_contain_text("Wait until the changes are saved")
        expect(panel.locator(".nbs-editor")).to_have_count(0)
        cell(panel, 2, "title").press("Delete")
        other.rollback()
    expect(status(panel)).to_contain_text("Saved 1 change")
    expect(panel.locator(".nbs-grid tr.nbs-deleted")).to_have_count(0)
    panel.locator(".nbs-table", has_text="users").click()
    panel.get_by_role("button", name="Undo last save in posts", exact=True).click()
    expect(status(panel)).to_have_text("The last save was undone.")
    assert value(database, "SELECT title FROM posts WHERE id = 1") == "post 1"
    save_again = panel.get_by_role("button", name="Save", exact=True)
    expect(save_again).to_be_hidden()


def test_the_row_in_full_is_that_of_the_page(notebook, database):
    """It follows a filter and another table, and shows none where there is none."""
    _, panel = open_studio(notebook, database)
    cell(panel, 3, "title").click()
    press(panel, "Row")
    details = panel.locator(".nbs-details")
    expect(details).to_contain_text("post 3")
    cell(panel, 3, "user_id").get_by_role("button").click()
    expect(panel.locator(".nbs-heading")).to_have_text("users")
    expect(details).to_contain_text("user 4")
    expect(details).not_to_contain_text("post 3")
    press(panel, "+ Filter")
    form = panel.get_by_role("dialog")
    form.get_by_label("column").select_option("name")
    form.get_by_label("value").fill("nobody")
    form.get_by_label("value").press("Enter")
    expect(details).to_have_text("No row.")


def test_an_error_in_sql_is_marked_where_it_is(notebook, database):
    shown, panel = open_studio(notebook, database)
    panel.get_by_role("tab", name="SQL").click()
    text = panel.get_by_label("SQL", exact=True).last
    text.fill("\nSELECT '😀',\n  nope\nFROM posts")
    text.press("Control+Enter")
    expect(panel.get_by_role("alert")).to_contain_text("line 3, column 3")
    expect(panel.locator(".nbs-place mark")).to_have_text("nope")
    chosen = "node => node.value.slice(node.selectionStart, node.selectionEnd)"
    assert text.evaluate(chosen) == "nope"
    shown.shoot("studio-sql-error", panel)
    text.fill("SELECT E'one\\ntwo' AS lines, repeat('x', 99) AS long")
    text.press("Control+Enter")
    expect(panel.locator(".nbs-result tbody td").first).to_have_text("one⏎two")
    assert panel.locator(".nbs-result tbody tr").first.bounding_box()["height"] < 40


def test_a_filter_that_fails_stays_to_be_mended(notebook, database):
    """No rows of another filter are shown beside it."""
    shown, panel = open_studio(notebook, database)
    press(panel, "+ Filter")
    form = panel.get_by_role("dialog")
    form.get_by_label("column").select_option("user_id")
    form.get_by_label("value").fill("seven")
    form.get_by_label("value").press("Enter")
    expect(status(panel)).to_contain_text("invalid input syntax")
    expect(panel.locator(".nbs-blank")).to_have_text("The rows could not be read.")
    expect(panel.locator(".nbs-grid tbody tr")).to_have_count(0)
    shown.shoot("studio-filter-fails", panel)
    panel.locator(".nbs-chiptext").click()
    panel.get_by_role("dialog").get_by_label("value").fill("7")
    panel.get_by_role("dialog").get_by_label("value").press("Enter")
    expect(panel.locator(".nbs-grid tbody tr")).to_have_count(2)
