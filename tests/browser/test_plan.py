"""The panel of a plan, in a real JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import expect

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
