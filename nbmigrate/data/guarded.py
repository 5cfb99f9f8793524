"""SQL typed by somebody who must not write: what PostgreSQL's READ ONLY does not stop is refused.

A READ ONLY transaction refuses INSERT, DDL, nextval and the like (PostgreSQL docs, "SET
TRANSACTION"). It lets pass what does not write to the database: COPY to a program or a file of
the server, advisory locks, settings, signals to other sessions, functions that reach outside. A
first query makes ``SET TRANSACTION READ WRITE`` impossible, and the extended protocol takes one
statement only, so that no COMMIT can stand in the shadow of another one.
"""

from __future__ import annotations

import re
from itertools import pairwise

from nbmigrate.errors import UsageConflictError
from nbmigrate.postgresql.tokens import code, split

_READING = frozenset({"select", "with", "values", "table", "explain", "show"})
_REACHING_OUT = re.compile(
    r"set_config|setval|nextval|pg_(try_)?advisory_\w+|pg_notify|lo_\w+|loread|lowrite|dblink\w*"
    r"|pg_(cancel|terminate)_backend|pg_(reload_conf|rotate_logfile|promote|switch_wal"
    r"|create_restore_point|log_backend_memory_contexts|export_snapshot|stat_reset\w*"
    r"|read_file|read_binary_file|ls_\w+|stat_file|sleep\w*|backup_\w+|wal_replay_\w+"
    r"|replication_\w+|create_\w+_replication_slot|drop_replication_slot|logical_\w+)"
    r"|query_to_xml\w*|cursor_to_xml\w*|table_to_xml\w*|pg_file_\w+|postgres_fdw_\w+"
)


def require_reading(sql: str) -> None:
    """Nothing for one statement that only reads.

    Raises:
        UsageConflictError: it is another one, or reaches outside of the transaction.
    """
    pieces = split(sql)
    if len(pieces) != 1:
        raise _refused(f"{len(pieces)} statements" if pieces else "no statement")
    tokens = code(pieces[0].sql)
    first = next((t.word for t in tokens if t.text != "("), "")
    if first not in _READING:
        raise _refused(f"`{first.upper() or tokens[0].text}`")
    for token, following in pairwise(tokens):
        name = token.text.strip('"').lower() if token.kind == "name" else token.word
        if following.text == "(" and _REACHING_OUT.fullmatch(name):
            raise _refused(f"`{name}`")


def _refused(what: str) -> UsageConflictError:
    return UsageConflictError(
        f"{what}: here one statement that only reads is allowed",
        hint="this studio is read-only; without --read-only it may write",
    )
