"""A password is shown in no form, however the URL is written or miswritten."""

import pytest

from nbmigrate.errors import ConnectFailedError
from nbmigrate.executor import connect, connections, mask_sql, mask_url

SECRET = "s3cret"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3cret@h/db",
        "postgres://u:s3cret@h:5432/db?sslmode=require",
        "postgresql+psycopg://u:s3cret@h/db",
        "postgresql://u:s3cret@@h/db",
        "postgresql://u:p@s3cret@h/db",
        "postgresql://u:p/s3cret@h/db",
        "postgresql://u:p?s3cret@h/db",
        "postgresql://u:p#s3cret@h/db",
        "postgresql://u:p:s3cret@h/db",
        "postgresql://u@h/db?password=s3cret",
        "postgresql://u@h/db?sslmode=x&PassWord=s3cret&a=b",
        "postgresql://u@h/db?p%61ssword=s3cret",
        "postgresql://u@h/db?sslpassword=s3cret",
        "postgresql://u@h/db?passfile=/home/s3cret",
        "host=h password=s3cret dbname=d",
        "host=h password = 's3 cret s3cret' dbname=d",
        r"host=h password='it\'s s3cret' dbname=d",
        "host=h passfile=/s3cret",
        "Driver={PostgreSQL};Server=h;UID=u;PWD=s3cret;",
        "Driver={PostgreSQL};Pwd={a;s3cret};UID=u",
        "mysql://u:s3cret@h/db",
        "password=s3cret",
    ],
)
def test_masked(url: str) -> None:
    assert SECRET not in mask_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///db",
        "postgresql://h:5432/db",
        "postgresql://u@h/db?sslmode=require&options=-c%20a%3Db",
        "host=/tmp dbname=d user=u",
        "service=prod",
    ],
)
def test_nothing_to_mask(url: str) -> None:
    assert mask_url(url) == url


def test_masked_url_keeps_the_rest() -> None:
    shown = mask_url("postgresql+psycopg://ann:s3cret@db.example:5433/app?sslmode=require")
    assert shown == "postgresql+psycopg://ann:***@db.example:5433/app?sslmode=require"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE ROLE app LOGIN PASSWORD 's3cret'",
        "alter user app with encrypted password E's3cret'",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password=s3cret' PUBLICATION p",
        "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'a', password 's3cret')",
    ],
)
def test_masked_sql(sql: str) -> None:
    assert SECRET not in mask_sql(sql)


def test_ordinary_sql_is_shown() -> None:
    sql = "select * from users where password = 'x' and token = 'y'"
    assert mask_sql(sql) == sql


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("postgresql://u:s3cret@127.0.0.1:1/db", "running"),
        ("postgresql://u:s3@cret@127.0.0.1/db", "percent-encode"),
        ("postgresql://u:p/s3cret@127.0.0.1/db", "percent-encode"),
        ("postgresql://u:s3cret@127.0.0.1/db?schema=public", "parameter"),
        ("host=/nowhere password=s3cret", "running"),
        ("nonsense", "postgresql://"),
    ],
)
def test_no_connection(url: str, hint: str) -> None:
    with pytest.raises(ConnectFailedError) as caught:
        connect(url)
    assert hint in caught.value.hint
    chain, error = [], caught.value
    while error is not None:
        chain.append(repr(error) + str(error) + str(vars(error)))
        error = error.__cause__ or error.__context__
    assert SECRET not in "".join(chain)
    assert "cret@" not in "".join(chain)


def test_missing_database(server) -> None:
    with pytest.raises(ConnectFailedError) as caught:
        connect(server.url("no such database"))
    assert "does not exist" in caught.value.message
    assert "createdb" in caught.value.hint


def test_no_second_connection(database) -> None:
    from nbmigrate.executor import MigratorLock, Settings

    role = f"{database.name}_narrow"
    database.execute(f'CREATE ROLE "{role}" LOGIN CONNECTION LIMIT 1')
    url = database.url.replace("postgres@", f"{role}@").replace("postgres:@", f"{role}:@")
    try:
        with (
            connect(url) as worker,
            pytest.raises(ConnectFailedError) as caught,
            MigratorLock(url, settings=Settings(), worker=worker),
        ):
            pass
    finally:
        database.execute(f'DROP ROLE "{role}"')
    assert "53300" in caught.value.hint


def test_session_settings(database) -> None:
    with connect(database.url, application_name="nbmigrate test") as connection:
        names = [
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "client_connection_check_interval",
            "TimeZone",
            "standard_conforming_strings",
            "application_name",
        ]
        values = [connection.execute(f"SHOW {name}").fetchone()[0] for name in names]
        assert connection.autocommit
    assert values == ["2s", "1min", "500ms", "UTC", "on", "nbmigrate test"]


def test_unqualified_means_public_even_beside_a_schema_of_the_user(database) -> None:
    with connect(database.url) as connection:
        connection.execute("CREATE SCHEMA AUTHORIZATION CURRENT_USER")
        assert connection.execute("SELECT current_schema()").fetchone() == ("public",)


def test_a_chosen_search_path_stays(database) -> None:
    database.execute("CREATE SCHEMA tenant")
    url = f"{database.url}{'&' if '?' in database.url else '?'}options=-csearch_path%3Dtenant"
    with connect(url) as connection:
        assert connection.execute("SELECT current_schema()").fetchone() == ("tenant",)


def test_sqlalchemy_url(database) -> None:
    with connect(database.url.replace("postgresql://", "postgresql+psycopg://")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_is_too_old_is_refused(database, monkeypatch) -> None:
    monkeypatch.setattr(connections, "OLDEST", 990_000)
    with pytest.raises(ConnectFailedError, match="which is too old") as caught:
        connect(database.url)
    assert caught.value.hint == "nbmigrate works with PostgreSQL 99 or newer"
    assert database.connect().execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbmigrate'"
    ).fetchone() == (0,)
