"""The way of a schema through everything: catalogs, files, a plan, a blank database, catalogs.

What came out is told by ``fingerprint.sql``, which knows nothing of nbmigrate, and by
``pg_dump``; both must be equal to the letter, names and order of columns included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import psycopg

from nbmigrate.executor.connections import connect
from nbmigrate.model import EMPTY, Snapshot, codec
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.introspect import introspect, unmanaged
from tests.fixtures.postgres import Database

#: What must come back whole, whatever happens to the rest.
CORE = ("tables", "columns", "constraints", "indexes", "enums", "sequences", "views")
_FINGERPRINT = (Path(__file__).parent / "fingerprint.sql").read_text(encoding="utf-8")

#: Class, name, definition.
Fact = tuple[str, str, str]


@dataclass
class Trip:
    """What one schema lost and gained on its way, and how long each leg took."""

    before: Counter[Fact] = field(default_factory=Counter)
    after: Counter[Fact] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    snapshots_equal: bool = False
    second_plan: list[str] = field(default_factory=list)
    dump_lost: list[str] = field(default_factory=list)
    dump_gained: list[str] = field(default_factory=list)
    not_managed: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def lost(self) -> list[Fact]:
        """What the copy does not have."""
        return sorted((self.before - self.after).elements())

    @property
    def gained(self) -> list[Fact]:
        """What only the copy has."""
        return sorted((self.after - self.before).elements())

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many objects of each class there were."""
        return Counter(fact[0] for fact in self.before.elements())

    def share(self, *, core: bool) -> float:
        """How much of the core, or of everything else, came back to the letter."""
        wanted = [f for f in self.before.elements() if (f[0] in CORE) == core]
        lost = [f for f in self.lost if (f[0] in CORE) == core]
        return 1 - len(lost) / len(wanted) if wanted else 1.0

    @property
    def is_whole(self) -> bool:
        """True when nobody could tell the copy from its model."""
        if not self.sizes.get("tables"):
            return False  # nothing went on the way: nothing is shown by its coming back
        differences = (self.lost, self.gained, self.second_plan, self.dump_lost, self.dump_gained)
        return self.snapshots_equal and not self.failures and not any(differences)

    def report(self) -> str:
        """Everything that is not as it was."""
        lines = [f"failed: {text}" for text in self.failures]
        lines += [] if self.snapshots_equal else ["the snapshots differ"]
        lines += [f"second plan: {text}" for text in self.second_plan]
        lines += [f"- {' | '.join(fact)}" for fact in self.lost]
        lines += [f"+ {' | '.join(fact)}" for fact in self.gained]
        lines += [f"dump - {text}" for text in self.dump_lost]
        lines += [f"dump + {text}" for text in self.dump_gained]
        return "\n".join(lines)


def facts(database: Database) -> Counter[Fact]:
    """Everything that is in a database, by its own words."""
    with psycopg.connect(database.url) as connection:
        connection.execute("SET search_path = ''")
        return Counter(connection.execute(_FINGERPRINT, {}).fetchall())


def through_files(snapshot: Snapshot) -> Snapshot:
    """The snapshot after it was written to its two files and read again, as bytes."""
    file = codec.following(snapshot, None)
    text = codec.dump(file).encode()
    extra = codec.dump_extra(snapshot)
    found = codec.load(text.decode(), extra=extra.encode().decode() if extra else None)
    assert codec.dump(found).encode() == text
    assert codec.dump_extra(found.snapshot) == extra
    return found.snapshot


def round_trip(source: Database, copy: Database) -> Trip:
    """Builds in ``copy`` what is in ``source``, and says what differs."""
    trip = Trip()
    with connect(source.url) as connection:
        live = _timed(trip, "introspect", lambda: introspect(connection))
        trip.not_managed = unmanaged(connection)
    recorded = _timed(trip, "files", lambda: through_files(live))
    plan = _timed(trip, "plan", lambda: make_plan(EMPTY, recorded, dialect=POSTGRESQL))
    _timed(trip, "apply", lambda: _build(copy, [s.sql for s in plan.statements], trip))
    with connect(copy.url) as connection:
        found = introspect(connection)
        second = _timed(trip, "compare", lambda: _second(connection, found, recorded))
    trip.snapshots_equal = found == live == recorded
    trip.second_plan = second
    trip.before, trip.after = facts(source), facts(copy)
    before, after = _statements(source), _statements(copy)
    trip.dump_lost = sorted((before - after).elements())
    trip.dump_gained = sorted((after - before).elements())
    return trip


def _timed(trip, leg, work):
    started = perf_counter()
    result = work()
    trip.seconds[leg] = perf_counter() - started
    return result


def _build(copy: Database, statements: list[str], trip: Trip) -> None:
    """All statements in one transaction, as a migration is."""
    with connect(copy.url) as connection, connection.transaction():
        for statement in statements:
            try:
                with connection.transaction():
                    connection.execute(statement)
            except psycopg.Error as error:
                trip.failures.append(f"{error.diag.message_primary or error}: {statement}")


def _second(connection, found, recorded):
    plan = make_plan(
        found,
        recorded,
        dialect=POSTGRESQL,
        canonical=lambda a, b: Scratch(connection, {}).pair(a, b, old_is_live=True),
    )
    return [statement.sql for statement in plan.statements]


def _statements(database: Database) -> Counter[str]:
    parts = (part.strip().removesuffix(";") for part in database.dump().split(";\n"))
    return Counter(part for part in parts if part)
