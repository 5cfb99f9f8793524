"""What counts as applied: drizzle's table, its two layouts, and our journal beside it."""

import hashlib

import pytest

from nbmigrate.errors import DriftError, EditedMigrationError, ExecutionError, MissingFileError
from nbmigrate.executor import Settings, baseline, connect, migrate, read_status
from nbmigrate.executor.history import HistoryRow, statuses
from nbmigrate.journal.migration import Migration


def _states(migrations, rows):
    return [(s.tag, s.state) for s in statuses(migrations, rows)]


def _row(migration, **changes) -> HistoryRow:
    return HistoryRow(**{"hash": migration.hash, "created_at": migration.when, **changes})


def test_by_hash_or_by_time(make) -> None:
    first, second, third, fourth = make("a", "b", "c", "d")
    rows = [_row(first), _row(second, created_at=5), _row(third, hash="other")]
    assert _states([first, second, third, fourth], rows) == [
        ("0000_m", "applied"),
        ("0001_m", "applied"),
        ("0002_m", "edited"),
        ("0003_m", "pending"),
    ]


def test_equal_texts_are_two_migrations(make) -> None:
    first, second = make("-- empty", "-- empty")
    assert _states([first, second], [_row(first)]) == [
        ("0000_m", "applied"),
        ("0001_m", "pending"),
    ]


def test_rows_of_concurrent_drizzle_runs_are_not_missing_files(make) -> None:
    (first,) = make("a")
    assert _states([first], [_row(first)] * 3) == [("0000_m", "applied")]


def test_whole_seconds_of_drizzle_1(make) -> None:
    (first,) = make("a")
    row = _row(first, hash="h", created_at=first.when // 1000 * 1000)
    assert _states([first], [row])[0] == ("0000_m", "pending")
    named = HistoryRow(hash=first.hash, created_at=row.created_at, name="20231114221320_m")
    assert _states([first], [named]) == [("0000_m", "applied")]


def test_null_time(make) -> None:
    (first,) = make("a")
    assert _states([first], [_row(first, created_at=None)]) == [("0000_m", "applied")]


def test_missing_and_late(make) -> None:
    first, second = make("a", "b")
    found = statuses([first], [_row(second)])
    assert [(s.tag, s.state, s.late) for s in found] == [
        ("0000_m", "pending", True),
        ("", "missing", False),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text + "\n",
        lambda text: text.rstrip("\n"),
        lambda text: "\ufeff" + text.replace("\n", "\r\n") + "\r\n",
    ],
)
@pytest.mark.parametrize("journal", [True, False], ids=["journal", "drizzle only"])
def test_only_line_ends_changed(database, make, change, journal: bool) -> None:
    text = "CREATE TABLE a (\n\tid int\n);\n"
    migrate(database.url, make(text))
    if not journal:
        database.execute("DROP SCHEMA nbmigrate CASCADE")
    assert migrate(database.url, make(change(text))) == ()


@pytest.mark.parametrize("change", [("int", "int4"), ("id", "Id"), (" int", "  int")])
def test_edited(database, make, change) -> None:
    text = "CREATE TABLE a (\n\tid int\n);\n"
    migrate(database.url, make(text))
    edited = make(text.replace(*change), "CREATE TABLE b ()")
    with pytest.raises(EditedMigrationError) as caught:
        migrate(database.url, edited)
    assert caught.value.tag == "0000_m"
    assert caught.value.exit_code == 3
    assert "-\tid int" in caught.value.message
    assert "+" + text.replace(*change).splitlines()[1] in caught.value.message
    assert "b" not in _tables(database)


def _tables(database) -> list[str]:
    query = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    with connect(database.url) as connection:
        return [name for (name,) in connection.execute(query)]


def test_rows_are_those_of_drizzle(database, make, ask) -> None:
    (only,) = make("CREATE TABLE a ();\n")
    migrate(database.url, [only])
    expected = hashlib.sha256(b"CREATE TABLE a ();\n").hexdigest()
    assert ask("SELECT (id, hash, created_at)::text FROM drizzle.__drizzle_migrations") == (
        f"(1,{expected},{only.when})"
    )
    columns = (
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod)"
        " || CASE WHEN attnotnull THEN ' not null' ELSE '' END, ', ' ORDER BY attnum)"
        " FROM pg_attribute WHERE attrelid = 'drizzle.__drizzle_migrations'::regclass AND attnum > 0"
    )
    assert ask(columns) == "id integer not null, hash text not null, created_at bigint"
    row = ask("SELECT row_to_json(m) FROM nbmigrate.migrations AS m")
    assert (row["tag"], row["sql"], row["statements"]) == ("0000_m", "CREATE TABLE a ();\n", 1)
    assert row["history"] == "drizzle.__drizzle_migrations"
    assert row["user"] == ask("SELECT session_user")
    assert row["application"] == "nbmigrate"


def test_goes_on_from_drizzle_1(database, make) -> None:
    first, second = make("CREATE TABLE a ()", "CREATE TABLE b ()")
    database.execute(
        "CREATE SCHEMA drizzle",
        "CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL,"
        " created_at bigint, name text, applied_at timestamptz DEFAULT now())",
        "INSERT INTO drizzle.__drizzle_migrations (hash, created_at, name)"
        f" VALUES ('{first.hash}', {first.when // 1000 * 1000}, 'x_m')",
    )
    assert [a.tag for a in migrate(database.url, [first, second])] == ["0001_m"]


def test_look_alikes_and_other_names(database, make, ask) -> None:
    database.execute("CREATE TABLE public.__drizzle_migrations (hash text, created_at bigint)")
    settings = Settings(history_schema='My "Hist', history_table="100%s; --")
    migrations = make("CREATE TABLE a ()")
    assert len(migrate(database.url, migrations, settings=settings)) == 1
    assert migrate(database.url, migrations, settings=settings) == ()
    assert ask("SELECT count(*) FROM public.__drizzle_migrations") == 0
    assert ask("""SELECT count(*) FROM "My ""Hist"."100%s; --" """) == 1


def test_not_a_history_table(database, make) -> None:
    database.execute("CREATE SCHEMA drizzle", "CREATE TABLE drizzle.__drizzle_migrations (x int)")
    database.execute("INSERT INTO drizzle.__drizzle_migrations VALUES (1)")
    with pytest.raises(ExecutionError, match="not a history table"):
        migrate(database.url, make("SELECT 1"))


def test_missing_file(database, make) -> None:
    migrations = make("CREATE TABLE a ()", "CREATE TABLE b ()")
    migrate(database.url, migrations)
    with pytest.raises(MissingFileError) as caught:
        migrate(database.url, [migrations[0], *make("CREATE TABLE c ()", first=2)])
    assert caught.value.tag == "0001_m"
    assert "CREATE TABLE b ()" in caught.value.message
    assert sorted(_tables(database)) == ["a", "b"]
    allowed = Settings(allow_missing=True)
    migrate(database.url, [migrations[0], *make("CREATE TABLE c ()", first=2)], settings=allowed)
    assert sorted(_tables(database)) == ["a", "b", "c"]


def test_lost_history(database, make) -> None:
    migrations = make("CREATE TABLE a ()")
    migrate(database.url, migrations)
    database.execute("DROP SCHEMA drizzle CASCADE")
    with pytest.raises(DriftError) as caught:
        migrate(database.url, migrations)
    assert "0000_m" in caught.value.message
    assert baseline(database.url, migrations) == ("0000_m",)
    assert migrate(database.url, migrations) == ()


def test_newer_tables_are_refused(database, make) -> None:
    migrate(database.url, make("CREATE TABLE a ()"))
    database.execute("UPDATE nbmigrate.meta SET version = 99")
    before = database.dump(schema_only=False, exclude=())
    with pytest.raises(ExecutionError, match="version 99"):
        migrate(database.url, make("CREATE TABLE a ()", "CREATE TABLE b ()"))
    assert database.dump(schema_only=False, exclude=()) == before


def test_late_migrations_run_in_order(database, make) -> None:
    first, second, third = make("CREATE TABLE a ()", "CREATE TABLE b ()", "CREATE TABLE c ()")
    migrate(database.url, [first, third])
    events = []
    assert [a.tag for a in migrate(database.url, [first, second, third], on_event=events.append)]
    assert [e.late for e in events if type(e).__name__ == "MigrationStarted"] == [True]
    assert sorted(_tables(database)) == ["a", "b", "c"]


def test_baseline(database, make) -> None:
    migrations = make("CREATE TABLE a ()", "CREATE TABLE b ()")
    assert baseline(database.url, migrations[:1]) == ("0000_m",)
    assert [a.tag for a in migrate(database.url, migrations)] == ["0001_m"]
    assert _tables(database) == ["b"]


def test_status_creates_nothing(database, make) -> None:
    before = database.dump(exclude=())
    with connect(database.url) as connection:
        (status,) = read_status(connection, make("CREATE TABLE a ()"), Settings())
    assert status.state == "pending"
    assert database.dump(exclude=()) == before


def test_written_anew_under_its_tag_is_an_edit(database, make) -> None:
    """Deleted and generated again after it was applied: the row is there, no history was lost."""
    migrations = make("CREATE TABLE a (n int)")
    migrate(database.url, migrations)
    anew = make("CREATE TABLE b (n int)")
    anew[0] = Migration(tag=anew[0].tag, path=anew[0].path, raw=anew[0].raw, when=anew[0].when + 9)
    with pytest.raises(EditedMigrationError) as caught:
        migrate(database.url, anew)
    assert "-CREATE TABLE a (n int)\n+CREATE TABLE b (n int)" in caught.value.message
    assert "nbmigrate restore" in caught.value.hint
