"""Connections: with the session settings every part relies on, and errors that help.

The settings are made with ``set_config`` after connecting rather than as startup
options, which connection poolers refuse. ``prepare`` makes them again after a
``DISCARD ALL``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbmigrate.dialect import OLDEST
from nbmigrate.errors import ConnectFailedError
from nbmigrate.executor.urls import conninfo, is_ambiguous, mask_text, mask_url
from nbmigrate.postgresql.sending import Query, exchanged

#: Seconds until a dead network is noticed: 10 + 3 * 5, or 20 for unacknowledged data.
_TRANSPORT: dict[str, int] = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
#: What they are called as settings of the server (PostgreSQL 18 docs, 19.3.2. TCP Settings).
_OF_SERVER = {
    "keepalives_idle": "tcp_keepalives_idle",
    "keepalives_interval": "tcp_keepalives_interval",
    "keepalives_count": "tcp_keepalives_count",
    "tcp_user_timeout": "tcp_user_timeout",
}


class _Cause(NamedTuple):
    """A part of libpq's text and what to do about it.

    libpq gives no SQLSTATE for a connection that was never made. The texts are used for
    hints only: with another language of messages, the hint is missing and nothing else.
    """

    texts: tuple[str, ...]
    hint: str


_CAUSES = (
    _Cause(
        ("password authentication failed", "no password supplied", "fe_sendauth"),
        "check user and password; special characters in a password are percent-encoded (@ is %40)",
    ),
    _Cause(
        ("Connection refused", "No such file or directory", "connection timeout"),
        "is the server running, and are host and port right?",
    ),
    _Cause(
        ("could not translate host name", "failed to resolve host", "Name or service not known"),
        "check the host name",
    ),
    _Cause(("does not exist",), "check the name; a database is made with: createdb NAME"),
    _Cause(
        ("remaining connection slots", "too many c", "sorry, too many clients"),
        "the server or the role has no free connection (SQLSTATE 53300); nbmigrate needs two: "
        "close some, or raise CONNECTION LIMIT",
    ),
    _Cause(("no pg_hba.conf entry",), "the server does not admit this user from here; try sslmode"),
    _Cause(("SSL", "certificate"), "check sslmode and sslrootcert in the URL"),
    _Cause(("starting up", "shutting down", "recovery"), "the server is not ready; try again soon"),
    _Cause(
        ("invalid URI query parameter", "invalid connection option"),
        "the URL has a parameter that libpq does not know; leave it out",
    ),
)
_GENERAL_HINT = "a URL looks like postgresql://user:password@host:5432/database"


def connect(
    url: str,
    *,
    application_name: str = "nbmigrate",
    lock_timeout_ms: int = 2_000,
    statement_timeout_ms: int | None = None,
) -> psycopg.Connection[Any]:
    """An autocommit connection with the session settings.

    Raises:
        ConnectFailedError: with the URL masked and a hint.
    """
    try:
        connection = psycopg.connect(
            _with_transport(url, application_name), autocommit=True, prepare_threshold=None
        )
    except psycopg.Error as error:
        failed = _connect_failed(url, error)
    else:
        _require_supported(connection, url)
        try:
            prepare(connection, lock_timeout_ms=lock_timeout_ms)
            if statement_timeout_ms is not None:
                set_session(connection, {"statement_timeout": f"{statement_timeout_ms}ms"})
        except psycopg.Error as error:
            connection.close()
            failed = _connect_failed(url, error)
        else:
            return connection
    # Outside the handler: libpq's own text, which may hold a password, is not chained.
    raise failed


def _require_supported(connection: psycopg.Connection[Any], url: str) -> None:
    version = connection.info.server_version
    if version < OLDEST:
        connection.close()
        shown = mask_url(url)
        raise ConnectFailedError(
            f"`{shown}` is PostgreSQL {version // 10000}, which is too old",
            url=shown,
            hint=f"nbmigrate works with PostgreSQL {OLDEST // 10000} or newer",
        )


def sibling(connection: psycopg.Connection[Any], *, application_name: str) -> str:
    """The URL, password included, by which the connection's database is reached again."""
    info = connection.info
    parameters: dict[str, str | int | None] = {
        **info.get_parameters(),
        "application_name": application_name,
    }
    if info.password:
        parameters["password"] = info.password
    return make_conninfo("", **parameters)


def prepare(connection: psycopg.Connection[Any], *, lock_timeout_ms: int) -> None:
    """Make the session settings; also after ``DISCARD ALL``."""
    values = {
        "lock_timeout": f"{lock_timeout_ms}ms",
        "idle_in_transaction_session_timeout": "60s",
        # Defaults become comparable, and timestamp -> timestamptz needs no rewrite.
        "TimeZone": "UTC",
        "standard_conforming_strings": "on",
        "check_function_bodies": "on",
        "client_min_messages": "notice",
        "idle_session_timeout": "0",
    }
    settings = values | _transport_of_server(connection)
    try:
        exchanged(connection, (_session({**settings, **_NOTICE_DEAD_CLIENT}), *_ADJUSTED))
    except psycopg.errors.InvalidParameterValue:
        # the server's operating system cannot poll for it
        exchanged(connection, (_session(settings), *_ADJUSTED))


def _transport_of_server(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Let the server notice a dead network as soon as this side does.

    By itself it would keep the locks of a session that is gone for two hours, the default
    of Linux (tcp(7), tcp_keepalive_time). On a unix socket the settings mean nothing.
    """
    given = connection.info.get_parameters()
    if given.get("keepalives") == "0":
        return {}
    found = {name: given[parameter] for parameter, name in _OF_SERVER.items() if parameter in given}
    return {name: value for name, value in found.items() if value.isdigit()}


def set_session(connection: psycopg.Connection[Any], values: dict[str, str]) -> None:
    """Set parameters for the session, in one round trip."""
    exchanged(connection, [_session(values)])


def _session(values: dict[str, str]) -> Query:
    calls = ", ".join(
        f"pg_catalog.set_config(${at}, ${at + 1}, false)" for at in range(1, 2 * len(values), 2)
    )
    return Query(f"SELECT {calls}", [x for pair in values.items() for x in pair])


#: Lets the server end a statement whose client is gone; without it, locks outlive a crash.
_NOTICE_DEAD_CLIENT = {"client_connection_check_interval": "500ms"}
_ADJUSTED = (
    # An unqualified name means public. The default path begins with a schema named like the user:
    # where one exists, a migration would create its tables there. A path somebody chose is left alone.
    Query(
        "SELECT pg_catalog.set_config('search_path', 'public, ' || path, false)"
        """ FROM pg_catalog.current_setting('search_path') AS path WHERE path LIKE '"$user"%'"""
    ),
    # What is reported as done survives a crash of the server. With ``synchronous_commit = off`` the last
    # commits may be lost in one (PostgreSQL docs, 28.4 Asynchronous Commit). A setting that waits for
    # more is left alone.
    Query(
        "SELECT pg_catalog.set_config('synchronous_commit', 'local', false)"
        " WHERE pg_catalog.current_setting('synchronous_commit') = 'off'"
    ),
)


def _with_transport(url: str, application_name: str) -> str:
    given = conninfo_to_dict(conninfo(url))
    defaults = {k: v for k, v in _TRANSPORT.items() if k not in given}
    # Names and texts are sent as UTF-8, whatever the encoding of the database: the server converts
    # (PostgreSQL docs, "Character Set Support").
    own: dict[str, str] = {"application_name": application_name, "client_encoding": "UTF8"}
    return make_conninfo(conninfo(url), **own, **defaults)


def _connect_failed(url: str, error: psycopg.Error) -> ConnectFailedError:
    shown = mask_url(url)
    if is_ambiguous(url):
        return ConnectFailedError(
            f"`{shown}` cannot be read as a URL",
            url=shown,
            hint="percent-encode special characters in the password: @ is %40, / is %2F, # is %23",
        )
    text = str(error)
    reason = mask_text(text, url).strip().replace("\n", " ")
    hint = next((c.hint for c in _CAUSES if any(t in text for t in c.texts)), _GENERAL_HINT)
    return ConnectFailedError(f"no connection to `{shown}`: {reason}", url=shown, hint=hint)
