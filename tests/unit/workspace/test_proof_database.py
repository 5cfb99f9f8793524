"""The database of proofs is kept: what has run there does not run again, and nothing wrong stays."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from nbmigrate.dialect import Statement
from nbmigrate.executor import connect
from nbmigrate.model import EMPTY
from nbmigrate.postgresql import asking
from nbmigrate.postgresql.scratch import canonical_on_server
from nbmigrate.workspace import Workspace, arena, proof, proof_database
from nbmigrate.workspace.sources import Source


@pytest.fixture
def workspace(tmp_path):
    with Workspace("embedded", root=tmp_path) as found:
        yield found


def write(workspace, text: str) -> str:
    (workspace.root / "new.sql").write_text(text)
    return "new.sql"


def kept(workspace) -> dict[str, tuple[int, str]]:
    """The kept databases that are there, with their oids and comments."""
    with connect(workspace.scratch.url) as server:
        query = (
            "SELECT datname, oid::int, shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname LIKE 'nbmigrate_kept_%'"
        )
        return {name: (oid, mark) for name, oid, mark in server.execute(query)}


def mine(workspace, tmp_path) -> tuple[int, str]:
    digest = proof_database.sha256(str(workspace.settings.folder.resolve()).encode()).hexdigest()
    return kept(workspace)[f"nbmigrate_kept_{digest[:16]}"]


ONE = "CREATE TABLE a (id int PRIMARY KEY);\n"
TWO = ONE + "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);\n"


def test_the_same_database_serves_the_next_proof(workspace, tmp_path):
    workspace.generate("one", write(workspace, ONE))
    oid, _ = mine(workspace, tmp_path)
    result = workspace.generate("two", write(workspace, TWO))
    assert "2 migrations" in result.proof
    assert mine(workspace, tmp_path)[0] == oid
    assert workspace.generate(
        "three", write(workspace, TWO + "CREATE VIEW v AS SELECT 1 AS x;")
    ).tag
    assert mine(workspace, tmp_path)[0] == oid


def test_another_chain_makes_it_anew(workspace, tmp_path):
    workspace.generate("one", write(workspace, ONE))
    workspace.generate("two", write(workspace, TWO))
    oid, _ = mine(workspace, tmp_path)
    path = workspace.journal.layout.sql(workspace.journal.entries[0])
    path.write_text(path.read_text() + "\n--> statement-breakpoint\nCREATE INDEX more ON a (id);")
    with pytest.raises(Exception, match="more"):  # a file that does more than its snapshot says
        workspace.generate("three", write(workspace, TWO + "CREATE TABLE c (id int);"))
    assert mine(workspace, tmp_path)[0] != oid


def test_what_was_cut_off_is_made_anew(workspace, tmp_path):
    workspace.generate("one", write(workspace, ONE))
    oid, mark = mine(workspace, tmp_path)
    name = next(n for n, found in kept(workspace).items() if found == (oid, mark))
    with connect(workspace.scratch.url) as server:
        server.execute(f"COMMENT ON DATABASE {name} IS NULL")
    assert workspace.generate("two", write(workspace, TWO)).tag
    assert mine(workspace, tmp_path)[0] != oid


def test_one_in_use_is_left_alone(workspace, tmp_path):
    workspace.generate("one", write(workspace, ONE))
    before = kept(workspace)
    name = next(n for n, found in before.items() if found == mine(workspace, tmp_path))
    url = proof_database.make_conninfo(workspace.scratch.url, dbname=name)
    with connect(url) as other:
        assert other.execute(proof_database._LOCK).fetchone() == (True,)
        result = workspace.generate("two", write(workspace, TWO))
        assert "2 migrations" in result.proof
        assert kept(workspace) == before


def test_a_plan_too_large_for_a_transaction_is_committed(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr("nbmigrate.workspace.proof._MANY", 0)
    workspace.generate("one", write(workspace, ONE))
    oid, mark = mine(workspace, tmp_path)
    assert '"number": 0' in mark
    workspace.generate("two", write(workspace, TWO))
    assert mine(workspace, tmp_path)[0] == oid
    assert '"number": 1' in mine(workspace, tmp_path)[1]


CHECKED = "CREATE TABLE a (id int PRIMARY KEY CHECK (id > 1), t text DEFAULT lower('X'));\n"


def asked(monkeypatch) -> list[int]:
    """How many tables PostgreSQL is asked about, each time that it is."""
    counts = []

    def counting(connection, snapshot):
        counts.append(len(snapshot.tables))
        return canonical_on_server(connection, snapshot)

    monkeypatch.setattr(asking, "canonical_on_server", counting)
    return counts


@pytest.mark.parametrize("many", [0, 200])
def test_what_was_just_made_of_a_text_is_not_asked_again(workspace, monkeypatch, many):
    monkeypatch.setattr(proof, "_MANY", many)
    counts = asked(monkeypatch)
    assert workspace.generate("one", write(workspace, CHECKED)).undo == "reversible"
    more = CHECKED + "CREATE TABLE b (id int CHECK (id > 2));\n"
    assert workspace.generate("two", write(workspace, more)).undo == "reversible"
    assert counts == []
    assert workspace.generate("three", write(workspace, more.replace("> 2", "> 3"))).tag
    assert counts != []


def test_a_snapshot_that_its_statements_do_not_lead_to_is_refuted(workspace, monkeypatch):
    source = workspace.source(write(workspace, CHECKED))
    plan, _ = workspace.compare(Source(EMPTY, "recorded"), source)
    table = plan.new.tables["public.a"]
    [check] = table.check_constraints.values()
    for changed in (
        replace(table, check_constraints={check.name: replace(check, value="id > 5")}),
        replace(table, columns={"id": table.columns["id"]}),
        replace(table, comment="said, and not done"),
    ):
        wrong = replace(plan, new=replace(plan.new, tables={"public.a": changed}))
        found = proof.prove(workspace.proof_arena(()), (), wrong, proof.Back(error="none"))
        assert found.verdict is proof.Verdict.REFUTED
    assert (
        proof.prove(workspace.proof_arena(()), (), plan, proof.Back(error="none")).verdict
        is proof.Verdict.PROVED
    )


def tables(workspace, tmp_path) -> list[str]:
    name = next(n for n, found in kept(workspace).items() if found == mine(workspace, tmp_path))
    with connect(proof_database.make_conninfo(workspace.scratch.url, dbname=name)) as inside:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        return [name for (name,) in inside.execute(query)]


def test_the_way_back_of_a_committed_plan_is_tried_and_rolled_back(
    workspace, tmp_path, monkeypatch
):
    monkeypatch.setattr(proof, "_MANY", 0)
    assert workspace.generate("one", write(workspace, TWO)).undo == "reversible"
    assert tables(workspace, tmp_path) == ["a", "b"]
    wrong = proof.Back((Statement(sql="DROP TABLE b"),))
    monkeypatch.setattr("nbmigrate.workspace.generating.way_back", lambda _: wrong)
    more = TWO + "CREATE TABLE c (id int);"
    found = workspace.generate("two", write(workspace, more)).undo
    assert found == "not reversible: the result is not the schema before"
    assert tables(workspace, tmp_path) == ["a", "b", "c"]


def test_a_way_back_that_fits_in_no_transaction_is_committed(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(proof, "_MANY", 0)
    down, tries = proof._down, []

    def without_room(trial, shown):
        tries.append(trial)
        return None if len(tries) == 1 else down(trial, shown)

    monkeypatch.setattr(proof, "_down", without_room)
    assert workspace.generate("one", write(workspace, TWO)).undo == "reversible"
    assert len(tries) == 2
    assert tables(workspace, tmp_path) == ["a", "b"]
    assert '"number": 0' in mine(workspace, tmp_path)[1]


def test_the_oldest_go(workspace, tmp_path):
    for number in range(proof_database.KEPT + 1):
        with Workspace("embedded", folder=tmp_path / str(number), root=tmp_path) as project:
            project.generate("one", write(project, ONE))
    assert len(kept(workspace)) <= proof_database.KEPT
    oid, _ = mine(project, tmp_path)
    assert oid


def test_roles_do_not_stay(workspace, tmp_path):
    workspace.generate("one", write(workspace, ONE))
    sql = 'CREATE ROLE "proof reader";\nINSERT INTO a VALUES (1);'
    workspace.generate("mine", sql=sql)
    assert "3 migrations" in workspace.generate("two", write(workspace, TWO)).proof
    with connect(workspace.scratch.url) as server:
        query = "SELECT count(*) FROM pg_roles WHERE rolname = 'proof reader'"
        assert server.execute(query).fetchone() == (0,)


def test_the_first_failure_of_many_statements_is_all_that_is_told(database, caplog):
    many = [f"CREATE TABLE t{n} (id int PRIMARY KEY)" for n in range(500)]
    with arena.in_own_database(database.url, {}) as found:
        failed = found.run(["CREATE TABLE a (id int)", "GRANT SELECT ON a TO nobody_here", *many])
        rest = found.connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'a'")
        assert rest.fetchone() == (0,)
    assert failed == arena.Failed('role "nobody_here" does not exist (SQLSTATE 42704)', "42704")
    assert caplog.messages == []
