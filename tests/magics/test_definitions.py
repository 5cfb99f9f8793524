"""Functions, triggers and the like from a cell: pushed, kept, dropped, generated."""

from __future__ import annotations

TABLE = """
class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
"""
FUNCTION = """
Function("shout", returns="trigger", language="plpgsql",
         body="begin new.text := upper(new.text); return new; end")
"""
TRIGGER = 'Trigger("loud", Note, "BEFORE INSERT", function="shout")\n'
CELL = f"%%schema notes\n{TABLE}{FUNCTION}{TRIGGER}"


def names(database, query: str) -> list[str]:
    with database.connect() as connection:
        return [name for (name,) in connection.execute(query.encode())]


def triggers(database) -> list[str]:
    return names(database, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")


def functions(database) -> list[str]:
    query = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
    return names(database, query)


def test_declared_pushed_and_found_unchanged(shell, database):
    shell.run(CELL)
    pushed = repr(shell.run("%db_push"))
    assert "function public.shout()" in pushed
    assert "trigger loud" in pushed
    shell.run("%%db_query\nINSERT INTO note (text) VALUES ('hey')")
    assert list(shell.run("%db_table note").frame["text"]) == ["HEY"]
    assert "Nothing to push" in repr(shell.run("%db_push"))


def test_a_changed_body_replaces_the_function(shell, database):
    shell.run(CELL)
    shell.run("%db_push")
    shell.run(CELL.replace("upper", "lower"))
    pushed = shell.run("%db_push")
    assert [s.sql.split("\n")[0] for s in pushed.applied] == [
        'CREATE OR REPLACE FUNCTION "public"."shout"()'
    ]


def test_what_somebody_else_made_stays(shell, database):
    shell.run(f"%%schema notes\n{TABLE}")
    shell.run("%db_push")
    with database.connect() as connection:
        connection.execute(
            "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';"
            "CREATE TRIGGER theirs BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION theirs();"
            "CREATE RULE r AS ON DELETE TO note DO INSTEAD NOTHING;"
            "CREATE DOMAIN d AS integer; CREATE TYPE c AS (a integer); CREATE EXTENSION citext"
        )
    assert "Nothing to push" in repr(shell.run("%db_push"))
    shell.run(CELL)
    shell.run("%db_push")
    assert triggers(database) == ["loud", "theirs"]


def test_what_was_ours_and_is_removed_goes(shell, database):
    shell.run(CELL)
    shell.run("%db_push")
    shell.run(f"%%schema notes\n{TABLE}")
    shell.run("%db_push")
    assert triggers(database) == []
    assert functions(database) == []


def test_sql_cells_declare_them_too(shell, database):
    shell.run(
        "%%schema --sql more\n"
        "CREATE DOMAIN email AS text CHECK (VALUE ~ '@');\n"
        "CREATE TABLE users (e email);\n"
        "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS $$ SELECT count(*)::int FROM users $$;"
    )
    shell.run("%db_push")
    assert functions(database) == ["f"]
    assert "Nothing to push" in repr(shell.run("%db_push"))


def test_generated_and_migrated(shell, database):
    shell.run(CELL)
    shell.run("%db_generate notes")
    shell.run("%db_migrate")
    assert triggers(database) == ["loud"]
    assert "Nothing to generate" in repr(shell.run("%db_generate again"))
    shell.run(CELL.replace("upper", "lower"))
    shell.run("%db_generate quiet")
    shell.run("%db_migrate")
    assert "Nothing to push" in repr(shell.run("%db_push"))


def test_a_trigger_in_another_cell_than_its_view(shell, database):
    shell.run('%%schema two\nView("v", "SELECT 1 AS a")')
    shell.run(f'%%schema one\n{FUNCTION}Trigger("t", "v", "INSTEAD OF INSERT", function="shout")')
    shell.run('%%schema two\nView("v", "SELECT 2 AS a, 3 AS b")')
    shell.run("%db_push")
    assert triggers(database) == ["t"]
