"""What a hazard means on the table as it is now: asked of a server, in one go, lazily."""

from __future__ import annotations

from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.display import to_text
from nbmigrate.hazards import TableFacts, find_hazards
from nbmigrate.model import Column, KeyOptions, Table, Unique, key
from nbmigrate.operations import Id
from nbmigrate.plan import Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.facts import Facts
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.results.plans import plan_blocks
from tests.fixtures.postgres import Database

T = ("public", "t")
GB = 1024**3


def column(name: str, type_: str = "integer", **more: object) -> Column:
    return Column(name=name, type=type_, **more)  # type: ignore[arg-type]


RETYPED = o.AlterColumnType(table=T, old=column("n"), new=column("n", "bigint"))


def facts_of(**more: object) -> TableFacts:
    plain = TableFacts(rows=1000, heap_bytes=8192, index_bytes=0, total_bytes=8192)
    return replace(plain, **more)


def test_small_table_is_instant_and_harmless(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer)",
        "INSERT INTO t SELECT g, g FROM generate_series(1, 37) AS g",
    )
    connection = database.connect()
    plan = retyping_plan(database)
    (hazard,) = plan.hazards
    assert (hazard.code, hazard.rows, hazard.lock, hazard.work) == (
        "NB201",
        37,
        "ACCESS EXCLUSIVE",
        "rewrite",
    )
    assert hazard.meaning == "37 rows: instant"
    found = Facts(lambda: connection)(frozenset([T]))[T]
    assert hazard.bytes == found.total_bytes == found.heap_bytes + found.index_bytes > 0
    assert plan.is_harmless
    assert "here: 37 rows: instant" in to_text(plan_blocks(plan))


def retyping_plan(database: Database) -> Plan:
    """From ``t`` as it is to one with a wider ``n``."""
    connection = database.connect()
    old = introspect(connection)
    table = old.tables[key(*T)]
    wider = replace(table, columns={**table.columns, "n": column("n", "bigint")})
    new = replace(old, tables={key(*T): wider})
    return make_plan(old, new, dialect=POSTGRESQL, facts=Facts(lambda: connection))


def test_big_table_says_size_time_and_lock() -> None:
    big = facts_of(rows=120_000_000, heap_bytes=30 * GB, index_bytes=11 * GB, total_bytes=41 * GB)
    (hazard,) = find_hazards([RETYPED], facts=lambda _: {T: big})
    assert hazard.meaning == (
        "120,000,000 rows, 41 GB: rewrite, about 9 min under ACCESS EXCLUSIVE"
    )
    assert not hazard.is_harmless


def test_writes_that_would_wait_are_named() -> None:
    busy = facts_of(heap_bytes=GB, total_bytes=GB, writes_per_minute=250.0)
    (hazard,) = find_hazards([RETYPED], facts=lambda _: {T: busy})
    assert hazard.meaning.endswith("under ACCESS EXCLUSIVE, while 250 writes a minute wait")


def test_without_facts_a_rewrite_is_not_called_harmless() -> None:
    (hazard,) = find_hazards([RETYPED])
    assert (hazard.rows, hazard.meaning, hazard.is_harmless) == (None, "", False)


def test_open_transaction_is_seen_and_named(database: Database) -> None:
    database.execute("CREATE TABLE t (n integer)")
    reader = database.connect(autocommit=False)
    reader.execute("SELECT * FROM t")
    plan = retyping_plan(database)
    queue = next(h for h in plan.hazards if h.code == "NB214")
    assert (queue.path, queue.open_transactions) == ("public.t", 1)
    assert not plan.is_harmless
    reader.rollback()
    again = retyping_plan(database)
    assert [h.code for h in again.hazards] == ["NB201"]
    assert again.is_harmless
    assert again.fingerprint == plan.fingerprint, "who is in a transaction is not the plan"


def test_a_table_locked_by_others_is_described_without_waiting(database: Database) -> None:
    database.execute("CREATE TABLE t (n integer)", "INSERT INTO t VALUES (1)", "ANALYZE t")
    holder = database.connect(autocommit=False)
    holder.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    connection = database.connect()
    connection.execute("SET lock_timeout = '100ms'")
    found = Facts(lambda: connection)(frozenset([T]))[T]
    assert (found.rows, found.open_transactions) == (1, 1)


def test_partitioned_table_is_the_sum_of_its_partitions(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (n integer) PARTITION BY RANGE (n)",
        "CREATE TABLE a PARTITION OF t FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE b PARTITION OF t FOR VALUES FROM (100) TO (200)",
        "INSERT INTO t SELECT generate_series(50, 149)",
    )
    connection = database.connect()
    found = Facts(lambda: connection)(frozenset([T]))[T]
    assert found.rows == 100
    assert found.heap_bytes >= 2 * 8192


def test_rows_of_a_big_table_are_estimated(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (n integer)",
        "INSERT INTO t SELECT generate_series(1, 400000)",
    )
    connection = database.connect()
    read = Facts(lambda: connection)
    assert 100_000 < read(frozenset([T]))[T].rows < 1_500_000
    connection.execute("ANALYZE t")
    assert 390_000 < read(frozenset([T]))[T].rows < 410_000


def test_writes_per_minute_come_from_two_looks(database: Database) -> None:
    database.execute("CREATE TABLE t (n integer)")
    connection = database.connect()
    now = [100.0]
    read = Facts(lambda: connection, clock=lambda: now[0])
    read(frozenset([T]))
    connection.execute("INSERT INTO t SELECT generate_series(1, 500)")
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT 1")
    now[0] += 30
    assert read(frozenset([T]))[T].writes_per_minute == 1000.0


def test_facts_are_asked_once_by_former_names_and_only_where_needed() -> None:
    asked: list[frozenset[Id]] = []

    def read(tables: frozenset[Id]) -> dict[Id, TableFacts]:
        asked.append(tables)
        return {table: facts_of(rows=5) for table in tables}

    renamed = o.RenameTable(old=("public", "before"), new=T)
    hazards = find_hazards([renamed, RETYPED], facts=read)
    assert asked == [frozenset([("public", "before")])]
    assert [hazard.rows for hazard in hazards] == [5]
    made = o.CreateTable(table=Table(name="fresh"))
    assert find_hazards([made], facts=read) == ()
    assert len(asked) == 1, "nothing is asked about a table that the plan makes"


def test_tables_of_the_plan_itself_have_no_hazards() -> None:
    made = o.CreateTable(table=Table(name="t", columns={"n": column("n")}))
    assert find_hazards([made, RETYPED]) == ()


def test_older_servers_write_constants_to_rows() -> None:
    added = o.AddColumn(table=T, column=column("new", default=5))
    assert find_hazards([added], server_version=180_000) == ()
    assert [h.code for h in find_hazards([added], server_version=100_000)] == ["NB205"]


def test_nothing_builds_a_key_without_overlaps_online() -> None:
    temporal = {"without_overlaps": True}
    unique = Unique(name="u", columns=("a", "b"), **temporal)
    added = [
        o.AddUnique(table=T, unique=unique),
        o.AddPrimaryKey(table=T, name=None, columns=unique.columns, options=KeyOptions(**temporal)),
    ]
    assert [(h.code, h.advice) for h in find_hazards(added)] == [("NB208", ""), ("NB207", "")]
    plain = o.AddUnique(table=T, unique=Unique(name="u", columns=("a", "b")))
    assert "--online" in find_hazards([plain])[0].advice
