"""The studio through what happens around it: Cancel, a cell run again, a new kernel, reading only."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from tests.browser.conftest import notebook_file
from tests.browser.studio import cell, make_tables, press, status, type_into, value

ROWS = 1500
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbmigrate studio'"


def open_studio(notebook, database, line):
    make_tables(database, ROWS)
    shown = notebook(line)
    panel = shown.panel()
    expect(panel.locator("tbody tr").first).to_be_visible()
    return shown, panel


def await_sessions(database, number):
    deadline = time.monotonic() + 20
    while (found := value(database, SESSIONS)) != number and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found == number


def test_cancel_a_cell_run_again_and_a_new_kernel(notebook, database):
    shown, panel = open_studio(notebook, database, "%db_studio posts")
    cancel_a_query(shown, panel)
    cancel_an_export(shown, panel, database)
    shown.run_cell(1)
    panel = shown.panel()
    expect(cell(panel, 1, "title")).to_have_text("post 1")
    await_sessions(database, 1)
    type_into(panel, 1, "title", "after a second run")
    press(panel, "Save")
    expect(status(panel)).to_contain_text("Saved 1 change")
    shown.restart()
    await_sessions(database, 0)
    # What the notebook would show without a kernel is there instead.
    expect(shown.page.locator(".nbm.nbs")).to_have_count(0)
    expect(shown.cell(1)).to_contain_text("posts")
    shown.run_all()
    panel = shown.panel()
    expect(cell(panel, 1, "title")).to_have_text("after a second run")


def cancel_a_query(shown, panel):
    panel.get_by_role("tab", name="SQL").click()
    panel.get_by_label("SQL", exact=True).last.fill("SELECT pg_sleep(25)")
    shown.page.keyboard.press("Control+Enter")
    started = time.monotonic()
    press(panel, "Cancel")
    expect(status(panel)).to_have_text("Cancelled.")
    assert time.monotonic() - started < 15
    expect(panel.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    panel.get_by_role("tab", name="Data").click()


def cancel_an_export(shown, panel, database):
    """Pages are turned while it works, and it leaves no file."""
    database.execute("CREATE VIEW slow AS SELECT p.*, pg_sleep(0.02)::text AS s FROM posts AS p")
    shown.run_cell(1)
    panel = shown.panel()
    panel.get_by_role("option", name=re.compile("^slow")).click()
    expect(panel.locator(".nbs-heading")).to_have_text("slow")
    expect(cell(panel, 1, "title")).to_have_text("post 1")
    press(panel, "Export ▾")
    panel.get_by_role("dialog").get_by_role("button", name="Export").click()
    expect(status(panel)).to_contain_text("Exporting")
    panel.get_by_role("option", name=re.compile("^users")).click()
    expect(panel.locator(".nbs-heading")).to_have_text("users")
    expect(cell(panel, 1, "name")).to_have_text("user 1")
    press(panel, "Cancel")
    expect(status(panel)).to_contain_text("The export was cancelled; no file was left.")
    assert not list(notebook_file(shown).parent.glob("**/*slow*"))
    await_sessions(database, 1)


def test_reading_only_is_shown_and_enforced(notebook, database):
    """R51."""
    shown, panel = open_studio(notebook, database, "%db_studio posts --read-only")
    expect(panel.locator(".nbs-about")).to_contain_text("read only")
    expect(panel.locator(".nbs-why")).to_have_text("read only: this studio is read-only")
    expect(panel.get_by_role("button", name="Add row")).to_be_disabled()
    cell(panel, 1, "title").click()
    shown.page.keyboard.press("F2")
    expect(status(panel)).to_contain_text("this studio is read-only")
    expect(panel.locator(".nbs-editor")).to_have_count(0)
    shown.page.keyboard.press("Delete")
    expect(panel.locator(".nbs-saving")).to_be_hidden()
    shown.shoot("studio-read-only", panel)
    panel.get_by_role("tab", name="SQL").click()
    for sql in ("DELETE FROM posts", "SELECT setval('posts_id_seq', 1)"):
        panel.get_by_label("SQL", exact=True).last.fill(sql)
        shown.page.keyboard.press("Control+Enter")
        expect(panel.locator(".nbs-result")).to_contain_text("one statement that only reads")
    assert value(database, "SELECT count(*) FROM posts") == ROWS
