"""Databases that are not in UTF-8: names, texts and rows are the same there as anywhere."""

from __future__ import annotations

import pandas as pd
import pytest

from nbmigrate.workspace import Workspace

DDL = """
CREATE TABLE "größe" (
    id int PRIMARY KEY,
    "ä" text DEFAULT 'ü' CHECK ("ä" <> 'ß')
);
COMMENT ON TABLE "größe" IS 'Maße';
"""
MORE = DDL + 'CREATE VIEW "übersicht" AS SELECT "ä" FROM "größe" WHERE "ä" <> \'é\';\n'


@pytest.fixture(params=["LATIN1", "SQL_ASCII", "UTF8"])
def workspace(request, tmp_path, database):
    name = f"{database.name}_e"
    how = f"ENCODING '{request.param}' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0"
    database.execute(f"CREATE DATABASE {name} {how}")
    with Workspace(database.url.replace(database.name, name), root=tmp_path) as found:
        yield found
    database.execute(f"DROP DATABASE {name} WITH (FORCE)")


def declare(workspace, text: str) -> str:
    (workspace.root / "schema.sql").write_text(text, encoding="utf-8")
    return "schema.sql"


def names(workspace) -> set[str]:
    connection = workspace.target.connection
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    return {name for (name,) in connection.execute(query)}


def test_push_and_undo(workspace):
    assert workspace.push(declare(workspace, DDL)).applied
    assert workspace.push("schema.sql").plan.is_empty
    assert "größe" in names(workspace)
    assert workspace.push(declare(workspace, MORE)).applied
    assert "übersicht" in names(workspace)
    workspace.undo()
    assert "übersicht" not in names(workspace)


def test_generate_migrate_and_pull(workspace):
    workspace.generate("größen", declare(workspace, DDL))
    workspace.generate("mehr", declare(workspace, MORE))
    assert [a.tag for a in workspace.migrate().applied] == ["0000_größen", "0001_mehr"]
    assert not workspace.migrate().applied
    assert workspace.diff("live", "schema.sql").plan.is_empty
    code = workspace.pull(cell=False).code
    assert "größe" in code
    assert "ü" in code


def test_rows(workspace):
    workspace.push(declare(workspace, DDL))
    workspace.target.connection.execute("INSERT INTO \"größe\" VALUES (1, 'Öl'), (2, NULL)")
    found = workspace.query('SELECT * FROM "größe" ORDER BY id').frame
    assert list(found.columns) == ["id", "ä"]
    assert found["ä"].iloc[0] == "Öl"
    assert pd.isna(found["ä"].iloc[1])
