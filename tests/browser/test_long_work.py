"""Work that takes long, watched and stopped in a real JupyterLab."""

from __future__ import annotations

import re
import threading
import time

from playwright.sync_api import expect

from tests.browser.lab import SHOWN

BIG = """%%schema big --sql
CREATE TABLE big (id int PRIMARY KEY, name text NOT NULL, extra int);"""
INDEXED = """%%schema big --sql
CREATE TABLE big (id int PRIMARY KEY, name text NOT NULL, extra int);
CREATE INDEX big_name ON big (md5(repeat(name, 9000)));"""
SMALLER = """%%schema big --sql
CREATE TABLE big (id int PRIMARY KEY, name text NOT NULL);
CREATE INDEX big_name ON big (md5(repeat(name, 9000)));"""


def fill(database, rows):
    database.execute(
        "CREATE TABLE big (id int PRIMARY KEY, name text NOT NULL, extra int)",
        f"INSERT INTO big SELECT n, 'name ' || n, n FROM generate_series(1, {rows}) AS n",
        "ANALYZE big",
    )


def test_a_click_starts_slow_work_and_cancel_stops_it(notebook, database):
    fill(database, 40_000)
    shown = notebook(BIG, "%db_push", SMALLER, "%db_push", "%db_status")
    panel = shown.panel()
    panel.get_by_role("button", name="may go").click()
    panel.get_by_role("button", name="Apply", exact=True).click()
    expect(panel).to_contain_text(re.compile(r"building index.*%"), timeout=15_000)
    shown.shoot("progress", panel)
    started = time.monotonic()
    panel.get_by_role("button", name="Cancel").click()
    expect(panel).to_contain_text("Cancelled.")
    assert time.monotonic() - started < 2
    shown.shoot("cancelled", panel)
    assert "extra" in database.dump()
    assert "big_name" not in database.dump()


def test_a_busy_cell_shows_progress_and_its_cancel_works(notebook, database):
    fill(database, 40_000)
    shown = notebook(BIG, "%db_push", SMALLER, "%db_push --allow-drop", run=False)
    shown.start_all()
    panel = shown.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .nbm").last
    expect(panel).to_contain_text(re.compile(r"building index.*%"), timeout=30_000)
    shown.shoot("progress-of-a-cell", shown.cell(4))
    started = time.monotonic()
    panel.get_by_role("button", name="Cancel").click()
    shown.await_all()
    assert time.monotonic() - started < 2
    expect(shown.cell(4)).to_contain_text("canceling statement due to user request")
    shown.shoot("progress-of-a-cell-cancelled", shown.cell(4))
    assert "extra" in database.dump()


def test_who_is_waited_for_is_said(notebook, database):
    fill(database, 10)
    shown = notebook(BIG, "%db_push", SMALLER, "%db_push --allow-drop", run=False)
    blocker = database.connect(autocommit=False)
    blocker.execute("SELECT count(*) FROM big")
    shown.start_all()
    panel = shown.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .nbm").last
    expect(panel).to_contain_text(f"waits for pid {blocker.info.backend_pid}", timeout=30_000)
    shown.shoot("waiting", shown.cell(4))
    threading.Timer(0.2, blocker.rollback).start()
    shown.await_all()
    expect(shown.cell(4)).to_contain_text("Pushed to")


def test_the_stop_button_stops_the_statement_on_the_server(notebook, database):
    fill(database, 40_000)
    shown = notebook(BIG, "%db_push", SMALLER, "%db_push --allow-drop", run=False)
    shown.start_all()
    panel = shown.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .nbm").last
    expect(panel).to_contain_text(re.compile(r"building index.*%"), timeout=30_000)
    started = time.monotonic()
    shown.page.locator(f"{SHOWN} [data-command='notebook:interrupt-kernel']").first.click()
    shown.await_all()
    assert time.monotonic() - started < 3
    running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'CREATE INDEX%'"
    assert database.connect().execute(running).fetchone() == (0,)
    expect(shown.cell(4)).to_contain_text("Interrupted: the statement was stopped")
    expect(shown.cell(4)).not_to_contain_text("Traceback")
    shown.shoot("interrupted", shown.cell(4))
    assert "extra" in database.dump()
    script = (
        "const w = app.shell.currentWidget.content; w.activeCellIndex = 3;"
        "w.activeCell.model.sharedModel.setSource('%%db_query\\nSELECT 40 + 2 AS answer');"
        "await app.commands.execute('notebook:run-cell');"
    )
    shown.app(script)
    expect(shown.cell(3)).to_contain_text("42")
