"""The picture of the documentation, docs/images/plan.png: taken here, copied there by hand."""

from __future__ import annotations

import re

from playwright.sync_api import expect

USERS = """\
%%schema users
class User(Base):
    __tablename__ = "user"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, unique=True)
    nickname: Mapped[str | None] = mapped_column(Text)"""
CHANGED = """\
%%schema users
class User(Base):
    __tablename__ = "user"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    full_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, unique=True)
    age: Mapped[int | None] = mapped_column(index=True)"""
ROWS = """\
%%db_query
INSERT INTO "user" VALUES
  ('ada', 'Ada Lovelace', 'ada@example.org', 'countess'),
  ('alan', 'Alan Turing', 'alan@example.org', NULL),
  ('grace', 'Grace Hopper', 'grace@example.org', 'amazing')"""


def test_a_plan_with_questions_as_the_documentation_shows_it(notebook):
    shown = notebook(USERS, "%db_push", ROWS, CHANGED, "%db_push")
    shown.cell(5).scroll_into_view_if_needed()
    panel = shown.panel(-1)
    expect(panel.get_by_role("button", name=re.compile("is now")).first).to_be_visible()
    expect(panel.get_by_role("button", name="Apply", exact=True)).to_be_disabled()
    shown.shoot("documentation", panel)
