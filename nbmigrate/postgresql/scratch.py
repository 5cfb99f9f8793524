"""PostgreSQL itself is asked what a text means, in a transaction that is rolled back.

The schemas of the snapshot are renamed out of the way, built again empty from the
snapshot under their own names, read back, and the transaction is rolled back. So
every text comes back exactly as the live schema would show it. No lock is taken on a user's
table: a rename of a schema touches one catalog row, and foreign keys, which would
lock what they reference, are left out. CREATEDB is not needed; owning the schemas is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import msgspec
import psycopg

from nbmigrate.diff import diff
from nbmigrate.errors import StatementFailedError
from nbmigrate.model import (
    EMPTY,
    Snapshot,
    Table,
)
from nbmigrate.model.holders import holders, with_grants, without_grants
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.postgresql.needed import next_step_in_schema
from nbmigrate.postgresql.render import render
from nbmigrate.postgresql.sending import Query, Row, exchanged
from nbmigrate.postgresql.spelling import canonical

_replace = msgspec.structs.replace


def canonical_on_server(connection: psycopg.Connection[Any], snapshot: Snapshot) -> Snapshot:
    """The snapshot with every text as PostgreSQL writes it.

    Foreign keys, roles, linked policies and existing views are given in the spelling of
    :func:`nbmigrate.postgresql.spelling.canonical`: they hold no expression of ours.

    Raises:
        StatementFailedError: PostgreSQL refuses the snapshot.
        psycopg.Error: the session may not rename the schemas.
    """
    plain = canonical(snapshot)
    with connection.transaction(force_rollback=True):
        hidden = _hide_schemas(connection, plain)
        _build(connection, buildable(plain))
        found = introspect(connection, schemas=sorted(_schemas(plain)), is_last=True)
    return _merge(plain, canonical(_unhide(found, hidden)))


def _schemas(snapshot: Snapshot) -> set[str]:
    found = {PUBLIC, *snapshot.schemas}
    families = (snapshot.tables, snapshot.enums, snapshot.sequences, snapshot.views)
    others = (snapshot.domains, snapshot.types, snapshot.functions, snapshot.definitions)
    for family in (*families, *others):
        found |= {item.schema or PUBLIC for item in family.values()}
    return found


def _hide_schemas(connection: psycopg.Connection[Any], snapshot: Snapshot) -> dict[str, str]:
    """Rename what is there; the new schemas are empty. Returns hidden name -> real name."""
    wanted = sorted(_schemas(snapshot))
    questions = (_EVENT_TRIGGERS, _CASTS, _PUBLICATIONS, _SERVERS, _OWN_PATH)
    asked = [*map(Query, questions), Query(_NAMED, [wanted]), Query(_MOVABLE, [wanted])]
    triggers, casts, publications, servers, path, found, movable = exchanged(connection, asked)
    _run_each(connection, triggers)  # first: they would fire
    there = {str(name) for (name,) in found}
    mark = f"nbm_{secrets.token_hex(6)}"
    hidden = {f"{mark}_{number}": name for number, name in enumerate(wanted) if name in there}
    exchanged(
        connection,
        [
            *(Query(f"ALTER SCHEMA {quote(n)} RENAME TO {alias}") for alias, n in hidden.items()),
            *(Query(f"CREATE SCHEMA {quote(name)}") for name in wanted),
            # Some extensions stay in the hidden schemas; user text speaks of them without a schema.
            _search_only(path, PUBLIC, *(a for a, name in hidden.items() if name == PUBLIC)),
            # what a function calls may be no part of what is built
            Query("SET LOCAL check_function_bodies = off"),
        ],
    )
    # extensions go where they were, under the schema's own name
    moves = [(f"ALTER EXTENSION {quote(x)} SET SCHEMA {quote(name)}",) for x, name in movable]
    for statements in (moves, casts, publications, servers):
        _run_each(connection, statements)
    return hidden


def _search_only(own: Sequence[Row], *schemas: str) -> Query:
    """Look in these schemas and then where the session does by itself, under the present names."""
    path = ", ".join((*schemas, *(path for (path,) in own if path)))
    return Query(f"SET LOCAL search_path = {path}")


_OWN_PATH = "SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'search_path'"
_NAMED = "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY($1)"
_MOVABLE = """
    SELECT x.extname, n.nspname
    FROM pg_catalog.pg_extension x
    JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
    WHERE x.extrelocatable AND n.nspname = ANY($1)
"""
#: Casts between types of PostgreSQL, which are in no schema that could be renamed.
_CASTS = """
    SELECT pg_catalog.format(
        'DROP CAST (%s AS %s)',
        pg_catalog.format_type(a.castsource, NULL), pg_catalog.format_type(a.casttarget, NULL)
    )
    FROM pg_catalog.pg_cast a
    WHERE a.oid >= 16384 AND a.castsource < 16384 AND a.casttarget < 16384 AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = a.tableoid AND d.objid = a.oid AND d.deptype IN ('e', 'i')
    )
"""
#: Event triggers: they would fire on what is built for a look.
_EVENT_TRIGGERS = """
    SELECT pg_catalog.format('DROP EVENT TRIGGER %I', t.evtname)
    FROM pg_catalog.pg_event_trigger t
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = t.tableoid AND d.objid = t.oid AND d.deptype = 'e'
    )
"""
#: Publications: none of their tables is locked.
_PUBLICATIONS = """
    SELECT pg_catalog.format('DROP PUBLICATION %I', p.pubname) FROM pg_catalog.pg_publication p
"""
#: Where foreign data comes from, renamed: foreign tables stand on it.
_SERVERS = """
    SELECT pg_catalog.format('ALTER SERVER %I RENAME TO "nbm~%s"', s.srvname, s.oid)
    FROM pg_catalog.pg_foreign_server s
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = s.tableoid AND d.objid = s.oid AND d.deptype = 'e'
    )
    UNION ALL
    SELECT
        pg_catalog.format('ALTER FOREIGN DATA WRAPPER %I RENAME TO "nbm~%s"', w.fdwname, w.oid)
    FROM pg_catalog.pg_foreign_data_wrapper w
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = w.tableoid AND d.objid = w.oid AND d.deptype = 'e'
    )
"""
#: How the names of those begin while they are out of the way.
_ALIAS = "nbm~"


def _run_each(connection: psycopg.Connection[Any], statements: Iterable[Row]) -> None:
    """Run what a query gave; what is not the session's own stays."""
    for (statement,) in statements:
        with suppress(psycopg.Error), connection.transaction():
            connection.execute(statement.encode())


class Emptied(NamedTuple):
    """A database without the user's schemas: what was made since, in the words of a live schema.

    ``left`` are schemas that are there for the extensions in them, though nobody made them.
    """

    connection: psycopg.Connection[Any]
    hidden: Mapping[str, str]
    before: frozenset[str]
    installed: frozenset[str]
    left: frozenset[str] = frozenset()

    def schemas(self) -> list[str]:
        """The schemas that were made, and public."""
        return sorted({*_visible(self.connection, self.hidden)} - self.before)

    def new_extensions(self) -> set[str]:
        """The extensions that were made."""
        return _installed(self.connection) - self.installed

    def spelled(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot without what is hidden, and the names that schemas are hidden under."""
        found = snapshot.definitions.items()
        made = {n: d for n, d in found if not d.name.startswith(_ALIAS)}
        return _unhide(_replace(snapshot, definitions=made), self.hidden)


@contextmanager
def emptied(connection: psycopg.Connection[Any]) -> Iterator[Emptied]:
    """The database without the schemas that the session owns, until the transaction is rolled back.

    Those that others own stay. Nothing hidden is on the search path: a statement about what was not
    made meanwhile fails, and never reaches the rows of the user.

    Raises:
        psycopg.Error: the session may not rename ``public``.
    """
    with connection.transaction(force_rollback=True):
        own = {str(name) for (name,) in connection.execute(_OWN_SCHEMAS)} | {PUBLIC}
        installed = frozenset(_installed(connection))
        hidden = _hide_schemas(connection, _replace(EMPTY, schemas={name: name for name in own}))
        for name in own - {PUBLIC}:
            # one that holds an extension, which the user's tables may stand on, is left
            with suppress(psycopg.Error), connection.transaction():
                connection.execute(f"DROP SCHEMA {quote(name)}".encode())
        [path] = exchanged(connection, [Query(_OWN_PATH)])
        bodies = Query("SET LOCAL check_function_bodies = on")
        exchanged(connection, [_search_only(path, PUBLIC), bodies])
        before = frozenset(_visible(connection, hidden)) - {PUBLIC}
        yield Emptied(connection, hidden, before, installed)


#: PostgreSQL docs, pg_has_role: USAGE is what ALTER SCHEMA ... RENAME asks for; pg_database_owner
#: is the owner of public since PostgreSQL 15.
_OWN_SCHEMAS = """
    SELECT n.nspname FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_|^information_schema$' AND pg_has_role(n.nspowner, 'USAGE')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid
        AND d.deptype = 'e'
    )
"""


def _installed(connection: psycopg.Connection[Any]) -> set[str]:
    query = "SELECT extname FROM pg_catalog.pg_extension"
    return {str(name) for (name,) in connection.execute(query)}


@contextmanager
def rebuilt(connection: psycopg.Connection[Any], base: Snapshot) -> Iterator[Emptied]:
    """The database with nothing but the snapshot in it, until the transaction is rolled back.

    Every schema of the user is out of the way.

    Raises:
        StatementFailedError: PostgreSQL refuses the snapshot.
    """
    with connection.transaction(force_rollback=True):
        there = {name: name for name in _visible(connection, {})}
        installed = frozenset(_installed(connection))
        plain = canonical(base)
        hidden = _hide_schemas(connection, _replace(plain, schemas={**plain.schemas, **there}))
        left = _drop_empty(connection, there.keys() - _schemas(plain))
        _build(connection, buildable(plain))
        connection.execute("SET LOCAL check_function_bodies = on")
        yield Emptied(connection, hidden, frozenset(), installed, left)


def _drop_empty(connection: psycopg.Connection[Any], names: AbstractSet[str]) -> frozenset[str]:
    """Drop the schemas; those that hold an extension are left, and told."""
    left = set()
    for name in names:
        try:
            with connection.transaction():
                connection.execute(f"DROP SCHEMA {quote(name)}".encode())
        except psycopg.errors.DependentObjectsStillExist:
            left.add(name)
    return frozenset(left)


def _visible(connection: psycopg.Connection[Any], hidden: Mapping[str, str]) -> list[str]:
    query = (
        "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_|^information_schema$'"
    )
    return sorted({str(name) for (name,) in connection.execute(query)} - hidden.keys())


def buildable(snapshot: Snapshot) -> Snapshot:
    """What is built: no foreign keys, no roles, no event triggers, nothing that others own."""
    plain = without_grants(snapshot)
    return _replace(
        plain,
        schemas={},
        roles={},
        policies={},
        sequences={n: _replace(s, owned_by=None) for n, s in plain.sequences.items()},
        tables={name: _without_others(table) for name, table in plain.tables.items()},
        views={name: view for name, view in plain.views.items() if not view.is_existing},
        definitions={n: d for n, d in plain.definitions.items() if d.kind != "event trigger"},
    )


def _without_others(table: Table) -> Table:
    policies = {n: _replace(p, to=("public",)) for n, p in table.policies.items()}
    indexes = {
        n: _replace(i, concurrently=False, tablespace=None) for n, i in table.indexes.items()
    }
    return _replace(table, foreign_keys={}, policies=policies, indexes=indexes)


#: A savepoint.
_BUILT = "nbmigrate_built"


def _build(connection: psycopg.Connection[Any], snapshot: Snapshot) -> None:
    texts = [statement.sql for statement in render(diff(EMPTY, snapshot))]
    try:
        queries = (f"SAVEPOINT {_BUILT}", *texts, f"RELEASE SAVEPOINT {_BUILT}")
        exchanged(connection, [*map(Query, queries)])
    except psycopg.Error:  # once more, to say of which statement
        connection.execute(f"ROLLBACK TO SAVEPOINT {_BUILT}".encode())
        for text in texts:
            _execute(connection, text)


def _execute(connection: psycopg.Connection[Any], sql: str) -> None:
    try:
        connection.execute(sql.encode())
    except psycopg.Error as error:
        raise refused(error, sql) from error


def refused(
    error: psycopg.Error, sql: str, *, first_line: int | None = None
) -> StatementFailedError:
    """The error about a statement; ``first_line`` is where it begins in a text of the user."""
    position = int(error.diag.statement_position or 0)
    primary, sqlstate = error.diag.message_primary or str(error), error.sqlstate or ""
    return StatementFailedError(
        f"PostgreSQL does not accept this: {primary}",
        sql=sql,
        sqlstate=sqlstate,
        line=None if first_line is None else sql.count("\n", 0, position) + first_line,
        detail=error.diag.message_detail or "",
        hint=next_step_in_schema(sqlstate, primary) or error.diag.message_hint or "",
    )


def _unhide(snapshot: Snapshot, hidden: Mapping[str, str]) -> Snapshot:
    """Texts speak of a hidden schema where they use an extension in it."""
    text = msgspec.json.encode(snapshot)
    for alias, name in hidden.items():
        spelled = name if name.isidentifier() and name.islower() else quote(name)
        text = text.replace(alias.encode(), msgspec.json.encode(spelled)[1:-1])
    return msgspec.json.decode(text, type=Snapshot)


def _merge(plain: Snapshot, found: Snapshot) -> Snapshot:
    """What was built, in PostgreSQL's words; the rest, in ours."""
    # default privileges grant something on whatever is made
    merged = without_grants(_merge_parts(plain, found))
    return with_grants(merged, {h: said for h, said in holders(plain) if said is not None})


def _merge_parts(plain: Snapshot, found: Snapshot) -> Snapshot:
    tables = {
        name: _merge_table(table, found.tables[name]) if name in found.tables else table
        for name, table in plain.tables.items()
    }
    return _replace(
        plain,
        tables=tables,
        enums={**plain.enums, **_common(plain.enums, found.enums)},
        sequences={
            **plain.sequences,
            **{
                name: _replace(sequence, owned_by=plain.sequences[name].owned_by)
                for name, sequence in _common(plain.sequences, found.sequences).items()
            },
        },
        views={**plain.views, **_common(plain.views, found.views)},
        domains={**plain.domains, **_common(plain.domains, found.domains)},
        types={**plain.types, **_common(plain.types, found.types)},
        functions={**plain.functions, **_common(plain.functions, found.functions)},
        definitions={**plain.definitions, **_common(plain.definitions, found.definitions)},
    )


def _common(plain: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in plain if name in found}


def _merge_table(plain: Table, found: Table) -> Table:
    policies = {
        name: _replace(found.policies[name], to=policy.to) if name in found.policies else policy
        for name, policy in plain.policies.items()
    }
    indexes = {
        name: _replace(
            found.indexes[name], concurrently=index.concurrently, tablespace=index.tablespace
        )
        if name in found.indexes
        else index
        for name, index in plain.indexes.items()
    }
    return _replace(
        found,
        foreign_keys=plain.foreign_keys,
        policies=policies,
        indexes=indexes,
    )
