"""What an older server does not know is said before anything runs."""

from __future__ import annotations

import pytest

from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.model import EMPTY
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.releases import require_release
from nbmigrate.workspace import Workspace
from tests.casefile import evaluate

ROOM = 'Table("room", metadata, Column("id", Integer), Column("at", postgresql.INT4RANGE){})'
KEY = ', PrimaryKeyConstraint("id", "at", name="k", info={"without_overlaps": True})'
UNIQUE = ', UniqueConstraint("id", "at", name="k", info={"without_overlaps": True})'
CHECK = ', CheckConstraint("id > 0", name="k", info={"not_enforced": True})'
PERIOD = (
    ', ForeignKeyConstraint(["id", "at"], ["room.id", "room.at"], name="k", info={"period": True})'
)
VIRTUAL = ', Column("v", Integer, Computed("id + 1", persisted=False))'


@pytest.mark.parametrize(
    ("part", "word", "path"),
    [
        (KEY, "a key WITHOUT OVERLAPS", "room"),
        (UNIQUE, "a key WITHOUT OVERLAPS", "room.k"),
        (PERIOD, "a foreign key with PERIOD", "room.k"),
        (CHECK, "a constraint that is NOT ENFORCED", "room.k"),
        (VIRTUAL, "a virtual generated column", "room.v"),
    ],
)
def test_an_old_server_is_named(part, word, path):
    new = evaluate(ROOM.format(part), "cell").snapshot
    for old in (EMPTY, evaluate(ROOM.format(""), "cell").snapshot):
        operations = make_plan(old, new, dialect=POSTGRESQL).operations
        with pytest.raises(UnsupportedOperationError) as caught:
            require_release(operations, 150_004)
        assert f"`public.{path}" in str(caught.value)
        assert f"{word} needs PostgreSQL 18; this server is 15" in str(caught.value)
        require_release(operations, 180_000)


def test_a_push_to_an_old_server_says_so(tmp_path, database):
    if database.connect().info.server_version >= 180_000:
        pytest.skip("this server knows it all")
    head = "from sqlalchemy import *\nfrom sqlalchemy.dialects import postgresql\nmetadata = MetaData()\n"
    (tmp_path / "schema.py").write_text(head + ROOM.format(KEY))
    with (
        Workspace(database.url, root=tmp_path) as workspace,
        pytest.raises(UnsupportedOperationError, match="needs PostgreSQL 18; this server is 1"),
    ):
        workspace.push("schema.py")
