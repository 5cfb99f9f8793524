"""A database that is not what its migrations made of it: three answers to click."""

from __future__ import annotations

from playwright.sync_api import expect

CELLS = (
    "%%schema users --sql\nCREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);",
    "%db_generate first",
    "%db_migrate",
    "%%db_query\nALTER TABLE users ADD COLUMN extra text",
    "%db_drift",
)


def test_drift_is_brought_back(notebook, database):
    shown = notebook(*CELLS)
    panel = shown.cell(5).locator(".nbm").first
    expect(panel).to_contain_text("what its migrations made of it")
    back = panel.get_by_role("button", name="Bring the database back")
    expect(back).to_be_disabled()  # the column could hold something: it is asked about
    shown.shoot("drift", panel)
    panel.get_by_role("button", name="may go").click()
    expect(back).to_be_enabled()
    back.click()
    expect(panel).to_contain_text("Pushed to")
    assert "extra" not in database.dump()


def test_drift_is_accepted(notebook, database):
    shown = notebook(*CELLS)
    panel = shown.cell(5).locator(".nbm").first
    panel.get_by_role("button", name="Accept").click()
    expect(panel).to_contain_text("applied here already")
    shown.shoot("drift-accepted", panel)
    assert "extra" in database.dump()
    with database.connect() as connection:
        query = "SELECT count(*) FROM drizzle.__drizzle_migrations"
        assert connection.execute(query).fetchone() == (2,)
