"""One database for many tests, emptied again and again: cheaper than hundreds of new ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.fixtures.postgres import Database, Server

#: Roles belong to the whole server; those of a case bear this prefix and go with it.
ROLE_PREFIX = "case_"


@pytest.fixture(scope="session")
def arena(server: Server) -> Iterator[Database]:
    """The database; :func:`empty` it first."""
    name = f"nbmt_cases_{os.getpid()}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        yield Database(server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def empty(database: Database) -> None:
    """Drop every schema, and the roles and what else is in none of an earlier case."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        empty_on(connection)


def empty_on(connection: psycopg.Connection[Any]) -> None:
    """:func:`empty` on a connection that is open."""
    connection.execute("SET client_min_messages = error")
    connection.execute(DROP_SCHEMAS)
    query = "SELECT quote_ident(rolname) FROM pg_roles WHERE starts_with(rolname, %s)"
    for (name,) in connection.execute(query, [ROLE_PREFIX]).fetchall():
        connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


DROP_SCHEMAS = """
DO $$
DECLARE one name; cast_ regtype[];
BEGIN
  FOR one IN SELECT evtname FROM pg_event_trigger
  LOOP EXECUTE format('DROP EVENT TRIGGER %I', one); END LOOP;
  FOR cast_ IN
    SELECT ARRAY[castsource, casttarget]::regtype[] FROM pg_cast
    WHERE oid >= 16384 AND castsource < 16384 AND casttarget < 16384
  LOOP EXECUTE format('DROP CAST (%s AS %s)', cast_[1], cast_[2]); END LOOP;
  FOR one IN SELECT pubname FROM pg_publication
  LOOP EXECUTE format('DROP PUBLICATION %I', one); END LOOP;
  FOR one IN SELECT fdwname FROM pg_foreign_data_wrapper WHERE oid NOT IN (SELECT objid FROM pg_depend WHERE deptype = 'e')
  LOOP EXECUTE format('DROP FOREIGN DATA WRAPPER %I CASCADE', one); END LOOP;
  FOR one IN SELECT amname FROM pg_am WHERE oid >= 16384
  LOOP EXECUTE format('DROP ACCESS METHOD %I CASCADE', one); END LOOP;
  FOR one IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'
  LOOP EXECUTE format('DROP SCHEMA %I CASCADE', one); END LOOP;
END $$;
CREATE SCHEMA public;
"""
