"""The live database as a snapshot, read again only when its catalogs changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import psycopg

from nbmigrate.diff.policies import linked_tables, policy_table
from nbmigrate.errors import DriftError
from nbmigrate.model import Rename, Snapshot
from nbmigrate.model.names import key
from nbmigrate.operations import Id
from nbmigrate.postgresql.facts import sampled_rows
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.introspect import (
    Moment,
    fingerprint,
    introspect_marked,
    moment,
    moment_and_fingerprint,
)
from nbmigrate.workspace.target import Target

#: Rows are counted exactly up to here; a question needs no more.
COUNT_LIMIT = 1_000_000


class Live(NamedTuple):
    """A snapshot of the database and the fingerprint of the catalogs it was read from."""

    snapshot: Snapshot
    fingerprint: str


class _Reading(NamedTuple):
    """What was read, when, and which roles were asked for."""

    live: Live
    moment: Moment | None
    roles: tuple[str, ...]


class LiveReader:
    """Reads the database behind a target.

    What was read once is given again as long as the server has written nothing since, or at least
    no catalog row of the schemas has changed.
    """

    def __init__(self, target: Target, schemas: tuple[str, ...] | None) -> None:
        self._target = target
        self._schemas = schemas
        self._last: _Reading | None = None

    def read(self, declared: Snapshot, renames: Sequence[str] = ()) -> Live:
        """The live schema; roles and linked policies only as far as ``declared`` names them.

        A role that is renamed is still called as before.
        """
        connection = self._target.connection
        roles, now = _roles(declared, renames), moment(connection)
        last = self._last
        if last is None or now is None or last.moment != now or last.roles != roles:
            last = self._last = self._read_again(connection, roles, now)
        return Live(with_linked_policies(last.live.snapshot, declared), last.live.fingerprint)

    def _read_again(
        self, connection: psycopg.Connection[Any], roles: tuple[str, ...], now: Moment | None
    ) -> _Reading:
        """Only the fingerprint, where that tells that nothing changed; of roles it tells nothing."""
        last = self._last
        if last is not None and not roles and not last.roles:
            inside, mark = moment_and_fingerprint(connection, schemas=self._schemas)
            if mark == last.live.fingerprint:
                return last._replace(moment=_seen(inside, now))
        found = introspect_marked(connection, schemas=self._schemas, roles=roles or False)
        live = Live(found.snapshot, found.fingerprint)
        return _Reading(live, _seen(found.moment, now), roles)

    def read_inside(
        self, connection: psycopg.Connection[Any], known: Sequence[Snapshot]
    ) -> Snapshot:
        """The schema as the transaction under way has it; roles as far as they are ``known``.

        Once that is committed, the fingerprint says that it need not be read again.
        """
        roles = tuple(sorted({name for snapshot in known for name in snapshot.roles}))
        found = introspect_marked(connection, schemas=self._schemas, roles=roles or False)
        live = found.snapshot
        self._last = _Reading(Live(live, found.fingerprint), None, roles)
        for snapshot in known:
            live = with_linked_policies(live, snapshot)
        return live

    def require(self, connection: psycopg.Connection[Any], mark: str) -> None:
        """Nothing, when the catalogs are still those of the fingerprint.

        Raises:
            DriftError: somebody changed the schema since the plan was made.
        """
        if fingerprint(connection, schemas=self._schemas) != mark:
            raise DriftError(
                "the database changed between plan and apply; nothing was applied",
                hint="run the command again: it plans anew",
            )


def _seen(inside: Moment | None, before: Moment | None) -> Moment | None:
    """The moment inside, and who was under way before it.

    A transaction that ends in between is seen as under way.
    """
    return inside and before and before._replace(transactions=inside.transactions)


def _roles(declared: Snapshot, renames: Sequence[str]) -> tuple[str, ...]:
    """The roles that the declaration speaks of, under the names that they have or will have."""
    pairs: list[Rename] = []
    for text in renames:
        with suppress(ValueError):  # what is no rename is refused when the plan is made
            pairs.append(Rename.parse(text))
    former = {pair.old[0] for pair in pairs if len(pair.new) == 1 and pair.new[0] in declared.roles}
    return tuple(sorted({*declared.roles, *former}))


def with_linked_policies(live: Snapshot, declared: Snapshot) -> Snapshot:
    """``live`` with the policies that ``declared`` puts on tables that it does not declare."""
    if not declared.policies:
        return live
    found = dict(live.policies)
    for table in linked_tables(declared) - {t.id for t in declared.tables.values()}:
        there = live.tables.get(key(*table))
        for name, policy in declared.policies.items():
            if there and policy_table(policy) == table and policy.name in there.policies:
                mine = there.policies[policy.name]
                found[name] = msgspec.structs.replace(mine, on=policy.on, schema=policy.schema)
    return msgspec.structs.replace(live, policies=found)


class RowCounts(Mapping[Id, int]):
    """Row counts of the tables that a question is about, counted when asked for."""

    def __init__(self, connection: psycopg.Connection[Any], snapshot: Snapshot) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._known: dict[Id, int] = {}

    def __getitem__(self, table: Id) -> int:
        if key(*table) not in self._snapshot.tables:
            raise KeyError(table)
        if table not in self._known:
            self._known[table] = count_rows(self._connection, table)
        return self._known[table]

    def __iter__(self) -> Iterator[Id]:
        return (table.id for table in self._snapshot.tables.values())

    def __len__(self) -> int:
        return len(self._snapshot.tables)


def count_rows(connection: psycopg.Connection[Any], table: Id) -> int:
    """The exact number of rows, or PostgreSQL's estimate beyond :data:`COUNT_LIMIT`."""
    name = f"{quote(table[0])}.{quote(table[1])}"
    query = f"SELECT count(*) FROM (SELECT FROM {name} LIMIT {COUNT_LIMIT + 1}) AS part"
    found = connection.execute(query.encode()).fetchone()
    count = found[0] if found else 0
    if count <= COUNT_LIMIT:
        return int(count)
    return max(int(count), _estimate(connection, name))


def _estimate(connection: psycopg.Connection[Any], name: str) -> int:
    """PostgreSQL's, or by a sample where it never looked."""
    query = (
        "SELECT reltuples::bigint, relkind IN ('r', 'm'), pg_catalog.pg_relation_size(oid)"
        " / pg_catalog.current_setting('block_size')::int"
        " FROM pg_catalog.pg_class WHERE oid = %s::regclass"
    )
    found = connection.execute(query, [name]).fetchone()
    if found and found[0] < 0 and found[1]:
        found = connection.execute(sampled_rows(name, found[2]).encode()).fetchone()
    return int(found[0]) if found else 0
