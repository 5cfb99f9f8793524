"""What drizzle-kit 0.31 pushes again and again: declared, pushed, and then no difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database

TABLES = """
CREATE TABLE pair (b integer, a integer, c text, d text, PRIMARY KEY (b, a), UNIQUE (d, c));
CREATE TABLE child (b integer, a integer, FOREIGN KEY (b, a) REFERENCES pair (b, a));
CREATE TABLE lone (a integer, UNIQUE NULLS NOT DISTINCT (a));
CREATE TABLE indexed (a text, b text, j jsonb);
CREATE INDEX filled ON indexed (a) WITH (fillfactor = 70);
CREATE INDEX keys ON indexed (lower(a), b DESC, upper(b) NULLS FIRST);
CREATE INDEX operators ON indexed (a text_pattern_ops DESC);
CREATE INDEX partial ON indexed (a) WHERE b IS NOT NULL AND a <> 'x';
CREATE TABLE types (a char, b integer[3], c numeric(10), d varchar);
CREATE SEQUENCE numbers;
CREATE TABLE defaults (
  a integer[] DEFAULT '{}', b text[] DEFAULT '{a,b}', c integer[] DEFAULT ARRAY[1, 2],
  d integer DEFAULT -5, e bigint DEFAULT 9007199254740993, f numeric(10, 2) DEFAULT 1.5,
  g text DEFAULT md5('x'), h text DEFAULT NULL, i timestamptz DEFAULT '2024-01-02T03:04:05Z',
  j bigint DEFAULT nextval('numbers'), k text DEFAULT current_user, l double precision DEFAULT -2
);
CREATE MATERIALIZED VIEW kept TABLESPACE pg_default AS SELECT a FROM indexed;
CREATE POLICY own ON indexed TO current_user USING (a = current_user);
"""
UNSEEN = {
    "index predicate": ("WHERE b IS NOT NULL AND a <> 'x'", "WHERE b IS NULL"),
    "index expression": ("(lower(a), b", "(upper(a), b"),
    "operator class": ("a text_pattern_ops DESC", "a DESC"),
    "policy": ("USING (a = current_user)", "USING (b = current_user)"),
    "view": ("AS SELECT a FROM", "AS SELECT b AS a FROM"),
}


@pytest.fixture
def workspace(database: Database, tmp_path: Path):
    """A project in which the tables were pushed once."""
    with Workspace(database.url, root=tmp_path) as made:
        made.declare(TABLES, cell="noise", namespace={}, sql=True)
        assert made.push().applied
        yield made


def test_second_push_is_silent(workspace: Workspace) -> None:
    assert workspace.push().plan.sql == ""
    assert workspace.generate("all").tag == "0000_all"
    assert workspace.generate("nothing").plan.sql == ""


def test_pulled_code_is_no_difference(workspace: Workspace) -> None:
    result = workspace.pull()
    assert result.not_expressed == ()
    workspace.declare("-- nothing", cell="noise", namespace={}, sql=True)
    workspace.declare(result.code, cell="pulled", namespace={})
    assert workspace.push().plan.sql == ""


@pytest.mark.parametrize("what", UNSEEN)
def test_what_drizzle_kit_does_not_see_is_a_change(workspace: Workspace, what: str) -> None:
    before, after = UNSEEN[what]
    assert before in TABLES
    workspace.declare(TABLES.replace(before, after), cell="noise", namespace={}, sql=True)
    assert workspace.push().applied
    assert workspace.push().plan.sql == ""
