"""The magics on a real database: what they do, return, show and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from nbmigrate.errors import AnswerNeededError, DeclarationError, NbmigrateError

USER = """%%schema users
class User(Base):
    __tablename__ = "user"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
"""
POST = """%%schema posts
class Post(Base):
    __tablename__ = "post"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
"""
RENAMED = USER.replace("name: Mapped", "full_name: Mapped")
INSERT = "%%db_query\nINSERT INTO \"user\" VALUES ('a', 'Ada'), ('b', 'Bo');"


def columns(database, table: str) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
            "ORDER BY ordinal_position",
            [table],
        )
        return [row[0] for row in rows]


def test_declare_push_and_read(shell, database):
    declared = shell.run(USER)
    assert any("user" in name for name in declared.objects)
    assert "Not in the database yet" in repr(declared)
    assert database.dump().count("CREATE TABLE") == 0
    pushed = shell.run("%db_push")
    assert next(s.sql for s in pushed.applied).startswith('CREATE TABLE "user"')
    assert columns(database, "user") == ["id", "name"]
    assert "2 rows" in repr(shell.run(INSERT))
    table = shell.run("%db_table user --order id")
    assert list(table.frame["name"]) == ["Ada", "Bo"]
    assert "Nothing to push" in repr(shell.run("%db_push"))
    assert "The database has it all" in repr(shell.run(USER))


def test_documented_workflow(shell, database, databases, monkeypatch):
    shell.run(USER)
    shell.run("%db_generate initial_schema")
    shell.run(POST)
    generated = shell.run("%db_generate add_post_table")
    folder = Path("migrations")
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == [
        "0000_initial_schema.sql",
        "0001_add_post_table.sql",
        "meta/0000_snapshot.json",
        "meta/0001_snapshot.json",
        # drizzle-kit passes over names that begin with _; these hold the way back
        "meta/_0000_extra.json",
        "meta/_0001_extra.json",
        "meta/_journal.json",
    ]
    assert "migrations/0001_add_post_table.sql" in repr(generated)
    text = (folder / "0001_add_post_table.sql").read_text()
    assert text.index("CREATE TABLE") < text.index('ADD CONSTRAINT "post_user_id_user_id_fk"')
    assert "ON DELETE cascade" in text
    tags = [
        entry["tag"] for entry in json.loads((folder / "meta/_journal.json").read_text())["entries"]
    ]
    assert tags == ["0000_initial_schema", "0001_add_post_table"]
    assert [m.tag for m in shell.run("%db_migrate").applied] == tags
    assert "Nothing to do" in repr(shell.run("%db_migrate"))
    assert "Nothing to generate" in repr(shell.run("%db_generate"))

    other = databases()
    shell.run(f"%db_connect {other.url}")
    shell.run("%db_push")
    assert other.dump() == database.dump()


def test_a_cell_run_again_replaces_what_it_declared(shell, database):
    shell.run(USER)
    shell.run("%db_push")
    shell.run(USER.replace("    name: Mapped[str] = mapped_column(Text)\n", ""))
    assert shell.run("%schema").frame["column"].tolist() == ["id"]
    done = shell.attempt("%db_push --allow-drop")
    assert done.error is None
    assert columns(database, "user") == ["id"]


def test_a_cell_of_sql_is_a_custom_migration(shell, database):
    shell.run(USER)
    shell.run("%db_generate first")
    made = shell.run('%%db_generate mine --custom\nALTER TABLE "user" ADD COLUMN age integer;')
    assert made.tag == "0001_mine"
    assert made.plan.old != made.plan.new
    assert Path("migrations/0001_mine.sql").read_text().startswith('ALTER TABLE "user"')
    shell.run("%db_migrate")
    assert "age" in columns(database, "user")
    refused = shell.attempt("%%db_generate other\nSELECT 1;")
    assert "--custom" in str(refused.error)


def test_cells_without_a_name_exist_side_by_side(shell):
    shell.run(USER.replace("%%schema users", "%%schema"))
    shell.run(POST.replace("%%schema posts", "%%schema"))
    shell.run(USER.replace("%%schema users", "%%schema"))
    assert sorted(set(shell.run("%schema").frame["table"])) == ["public.post", "public.user"]


def test_a_question_shows_the_plan_then_stops_with_the_line_to_type(shell, database):
    shell.run(USER)
    shell.run("%db_push")
    shell.run(INSERT)
    shell.run(RENAMED)
    done = shell.attempt("%db_push\nreached = True")
    assert isinstance(done.error, AnswerNeededError)
    assert "reached" not in shell.ip.user_ns
    assert "under a new name?" in done.shown
    assert done.shown.index("under a new name?") < done.shown.index("AnswerNeededError:")
    assert "Traceback" not in done.shown
    assert columns(database, "user") == ["id", "name"]

    line = done.error.hint
    assert line.startswith("%db_push --rename ")
    shell.run(line)
    assert columns(database, "user") == ["id", "full_name"]
    assert list(shell.run("%db_table user --order id").frame["full_name"]) == ["Ada", "Bo"]
    assert "Nothing to push" in repr(shell.run(line))


def test_generate_asks_the_same_question(shell):
    shell.run(USER)
    shell.run("%db_generate first")
    shell.run(RENAMED)
    done = shell.attempt("%db_generate second")
    assert isinstance(done.error, AnswerNeededError)
    assert len(list(Path("migrations").glob("*.sql"))) == 1
    assert done.error.hint.startswith("%db_generate second --rename ")
    shell.run(done.error.hint)
    text = next(Path("migrations").glob("0001_*.sql")).read_text()
    assert 'RENAME COLUMN "name" TO "full_name"' in text


def test_dry_run_shows_and_changes_nothing(shell, database):
    shell.run(USER)
    shown = shell.run("%db_push --dry-run")
    assert 'CREATE TABLE "user"' in repr(shown)
    assert columns(database, "user") == []
    shell.run("%db_generate one")
    assert 'CREATE TABLE "user"' in repr(shell.run("%db_migrate -n"))
    assert columns(database, "user") == []


def test_a_failing_cell_points_to_its_line_and_changes_nothing(shell):
    shell.run(USER)
    done = shell.attempt(
        USER.replace("Mapped[str] = mapped_column(Text)\n", "Mapped[str] = nope\n")
    )
    assert isinstance(done.error, DeclarationError)
    assert "line 5" in done.error.message
    assert "Traceback" not in done.shown
    assert shell.run("%schema").frame["column"].tolist() == ["id", "name"]


def test_sql_cells(shell, database):
    shell.run("%%schema --sql\nCREATE TABLE t (id int PRIMARY KEY, note text DEFAULT 'a;b');")
    shell.run("%db_push")
    assert columns(database, "t") == ["id", "note"]
    assert "Nothing to push" in repr(shell.run("%db_push"))


def test_variables_of_the_user_are_visible_in_a_cell(shell):
    shell.run("length = 12")
    shell.run("%%schema\nTable('t', metadata, Column('c', String(length)))")
    assert shell.run("%schema").frame["type"].tolist() == ["varchar(12)"]


def test_query_into_a_variable_with_parameters(shell):
    shell.run("wanted = 2")
    result = shell.run("%%db_query >> rows -p wanted\nSELECT :wanted::int AS n;")
    assert shell.ip.user_ns["rows"]["n"].tolist() == [2]
    assert isinstance(result.frame, pd.DataFrame)


def test_percent_and_braces_in_sql_stay_what_they_are(shell):
    shell.run("x = 'WRONG'")
    result = shell.run("%%db_query\nSELECT '100% {x} $x :x' AS t;")
    assert result.frame["t"].tolist() == ["100% {x} $x :x"]


def test_a_missing_variable_is_a_usage_error(shell):
    done = shell.attempt("%%db_query -p nowhere\nSELECT 1")
    assert "there is no variable nowhere" in str(done.error)


def test_an_error_of_the_database_is_short(shell):
    done = shell.attempt("%%db_query\nSELECT * FROM nowhere")
    assert isinstance(done.error, NbmigrateError)
    assert "nowhere" in done.shown
    assert "Traceback" not in done.shown


def test_a_semicolon_hides_the_result(shell):
    shell.run(USER)
    assert "Pushed" in shell.attempt("%db_push").shown
    shown = shell.attempt("%db_push ;").shown
    assert "Nothing to push" not in shown


def test_values_can_be_assigned(shell):
    shell.run(USER)
    shell.run("plan = %db_diff")
    assert shell.ip.user_ns["plan"].is_different


def test_a_result_is_html_in_a_notebook(shell):
    shell.run(USER)
    data, _ = shell.ip.display_formatter.format(shell.run("%schema"))
    assert data["text/html"].startswith("<div")
    assert "public.user" in data["text/plain"]


def test_status_and_check(shell):
    shell.run(USER)
    shell.run("%db_generate one")
    assert "pending" in repr(shell.run("%db_status"))
    shell.run("%db_migrate")
    assert "applied" in repr(shell.run("%db_status"))
    assert not shell.run("%db_check").is_different
    shell.run(POST)
    assert shell.run("%db_check").is_different


def test_studio_shows_tables_with_first_rows(shell):
    shell.run(USER)
    shell.run("%db_push")
    shell.run(INSERT)
    result = shell.run("%db_studio")
    assert "Ada" in repr(result)
    assert "Ada" in result._repr_html_()


def test_tab_offers_tables_and_migrations(shell):
    shell.run(USER)
    shell.run("%db_push")
    shell.run("%db_generate one")
    assert "user" in shell.complete("%db_table us")
    assert shell.complete("%db_migrate --to ") == ["0000_one"]


def test_a_password_is_not_shown_and_its_place_is_warned_of(shell, database):
    url = database.url.replace("postgres@", "postgres:hunter2@", 1)
    done = shell.attempt(f"%db_connect {url} --alias app")
    assert done.error is None
    assert "hunter2" not in done.shown + repr(done.value) + done.value._repr_html_()
    assert "DATABASE_URL" in repr(done.value)
    assert "DATABASE_URL" not in repr(shell.run("%db_connect app"))


def test_two_databases_by_alias(shell, databases):
    first, second = databases(), databases()
    shell.run(f"%db_connect {first.url} --alias one")
    shell.run(f"%db_connect {second.url} --alias two")
    shell.run(USER)
    shell.run("%db_push")
    shell.run("%db_connect one")
    assert columns(first, "user") == []
    assert columns(second, "user") == ["id", "name"]
    assert shell.run("%db_connect").database not in {first.name, second.name}


def test_no_database_says_what_to_do(unconnected, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:secret1@127.0.0.1:9/none")
    done = unconnected.attempt("%db_push")
    assert isinstance(done.error, NbmigrateError)
    assert "secret1" not in done.shown
    assert "Traceback" not in done.shown


@pytest.mark.parametrize("line", ["%db_generate", "%db_migrate"])
def test_nothing_to_do_is_no_error(shell, line):
    assert "Nothing to" in repr(shell.run(line))


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("%db_undo", "%db_undo --list shows"),
        ("%schema nosuch", "%schema without a name"),
        ("%db_drift --revert", "%db_adopt, for a database"),
        ("%db_backfill t --set n=1", "%db_status lists"),
    ],
)
def test_a_notebook_is_told_what_a_notebook_takes(shell, typed, hint):
    assert shell.attempt(typed).error.hint.startswith(hint)
