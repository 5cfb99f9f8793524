"""SQL typed by somebody who must not write: what PostgreSQL's READ ONLY does not stop is refused.

A READ ONLY transaction refuses INSERT, DDL, nextval and the like (PostgreSQL docs, "SET
TRANSACTION"). It lets pass what does not write to a table: COPY to a program or a file of the
server, advisory locks, settings, signals to other sessions. So only statements that read are let
in, and of functions none that PostgreSQL calls volatile: those may do anything (PostgreSQL docs,
"Function Volatility Categories"). A first query makes ``SET TRANSACTION READ WRITE`` impossible,
and the extended protocol takes one statement only, so that no COMMIT can stand in the shadow of
another one.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import psycopg

from nbmigrate.errors import UsageConflictError
from nbmigrate.postgresql.lexer import Token, significant
from nbmigrate.postgresql.statements import split

_READING = frozenset({"select", "with", "values", "table", "explain", "show"})
#: Volatile by their nature, and without a trace.
_HARMLESS = re.compile(
    r"random(_normal)?|clock_timestamp|timeofday|gen_random_uuid|uuidv[47]|uuid_generate_v[14]\w*"
    r"|pg_\w*size|currval|lastval|pg_is_in_recovery|pg_blocking_pids|pg_current_wal\w*|pg_last_\w+"
)
#: Not volatile, but each runs SQL that it gets as a text.
_RUNS_TEXT = frozenset(
    {"ts_stat", "ts_rewrite", "crosstab", "crosstab2", "crosstab3", "crosstab4", "connectby"}
    | {"xpath_table", "query_to_xml", "query_to_xml_and_xmlschema", "query_to_xmlschema"}
)
_VOLATILE = """
    SELECT p.proname, n.nspname = 'pg_catalog' FROM pg_catalog.pg_proc AS p
      JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
     WHERE p.proname = ANY (%s) AND p.provolatile = 'v'
       AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
"""


def require_reading(connection: psycopg.Connection[Any], sql: str) -> None:
    """Nothing for one statement that only reads.

    Raises:
        UsageConflictError: it is another one, or calls what may do more.
    """
    pieces = split(sql)
    if len(pieces) != 1:
        raise _refused(f"{len(pieces)} statements" if pieces else "no statement")
    tokens = significant(pieces[0].sql)
    first = next((t.word for t in tokens if t.text != "("), "")
    if first not in _READING:
        raise _refused(f"`{first.upper() or tokens[0].text}`")
    if hidden := next((t.text for t in tokens if t.text[:2] in {"U&", "u&"}), ""):
        raise _refused(f"`{hidden}`, a name or a text in escapes")
    called = {_name(token) for token, following in pairwise(tokens) if following.text == "("}
    if risky := called & _RUNS_TEXT:
        raise _refused(f"`{min(risky)}`")
    _require_no_volatile(connection, {_name(token) for token in tokens} - {""}, called)


def _require_no_volatile(
    connection: psycopg.Connection[Any], names: set[str], called: set[str]
) -> None:
    """Functions of the user can be called without parentheses too: ``row.function``."""
    for name, is_built_in in connection.execute(_VOLATILE, (sorted(names),)):
        if _HARMLESS.fullmatch(name) or (is_built_in and name not in called):
            continue
        raise _refused(f"`{name}`, a volatile function")


def _name(token: Token) -> str:
    if token.kind == "name":
        return token.text.strip('"').replace('""', '"')
    return token.word


def _refused(what: str) -> UsageConflictError:
    return UsageConflictError(
        f"{what}: here one statement that only reads is allowed",
        hint="this studio is read-only; without --read-only it may write",
    )
