"""Grants that a declaration or a database does not have any more are taken back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate.postgresql.introspect import introspect
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database

THINGS = """
create table t (a int);
create view v as select a from t;
create sequence s;
create function f() returns int language sql as 'select 1';
"""
GRANTS = """
grant select on t to pg_monitor;
grant select on v to pg_monitor;
grant usage on s to pg_monitor;
revoke execute on function f() from public;
"""


def test_between_two_databases_the_last_privilege_is_revoked(
    databases: Callable[[], Database], tmp_path: Path
) -> None:
    granted, bare = databases(), databases()
    granted.connect().execute(THINGS + GRANTS)
    bare.connect().execute(THINGS)
    with Workspace(granted.url, root=tmp_path) as workspace:
        plan = workspace.diff("live", bare.url).plan
        assert len(plan.operations) == 4
        workspace.target.connection.execute(plan.sql.encode())
    assert granted.dump() == bare.dump()


@pytest.mark.parametrize("line", range(4))
def test_a_grant_that_leaves_its_cell_is_revoked(
    database: Database, tmp_path: Path, line: int
) -> None:
    said = GRANTS.strip().splitlines()[line]
    with Workspace(database.url, root=tmp_path) as workspace:
        workspace.declare(THINGS, cell="a", namespace={}, sql=True)
        workspace.push()
        bare = database.dump()
        workspace.declare(THINGS + said, cell="a", namespace={}, sql=True)
        workspace.push()
        database.connect().execute("grant select on t to pg_read_all_data")
        assert database.dump() != bare
        workspace.declare(THINGS, cell="a", namespace={}, sql=True)
        workspace.push()
        assert workspace.push().plan.is_empty
        found = introspect(workspace.target.connection)
    items = (found.tables["public.t"], found.views["public.v"], found.sequences["public.s"])
    left = [role for item in items for role in item.privileges or ()]
    # what somebody else granted on a table whose grants were not all declared stays
    assert left == ["pg_read_all_data"]
    assert found.functions["public.f()"].privileges is None


REBUILT = """
create type pair as (a int, b int);
create function twice(p pair) returns int language sql as 'select 2';
create view doubled as select twice(row(1, 2)::pair) as n;
comment on function twice(pair) is 'two';
comment on view doubled is 'its use';
"""


def test_what_is_rebuilt_keeps_privileges_and_comments(database: Database, tmp_path: Path) -> None:
    with Workspace(database.url, root=tmp_path) as workspace:
        workspace.declare(REBUILT, cell="a", namespace={}, sql=True)
        workspace.push()
        database.connect().execute(
            "revoke execute on function twice(pair) from public;"
            "grant execute on function twice(pair) to pg_monitor;"
            "grant select on doubled to pg_monitor"
        )
        before = introspect(workspace.target.connection)
        changed = REBUILT.replace(
            "returns int language sql as 'select 2'",
            "returns bigint language sql as 'select 2::bigint'",
        )
        workspace.declare(changed, cell="a", namespace={}, sql=True)
        assert any(type(op).__name__ == "DropFunction" for op in workspace.push().plan.operations)
        after = introspect(workspace.target.connection)
    for family, key in (("functions", "public.twice(pair)"), ("views", "public.doubled")):
        was, now = getattr(before, family)[key], getattr(after, family)[key]
        assert (was.privileges, was.comment) == (now.privileges, now.comment)
        assert now.privileges
        assert now.comment
