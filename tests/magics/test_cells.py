from __future__ import annotations

import pytest

from nbmigrate.magics.cells import Cells

USERS = "class User(Base):\n    id: Mapped[int] = mapped_column(primary_key=True)"
POSTS = 'Table("post", metadata)'


class FrontEnd:
    """A shell whose front end sends what a kernel message carries."""

    def __init__(self, **metadata: object) -> None:
        self.metadata = metadata

    def get_parent(self) -> dict[str, object]:
        return {"metadata": self.metadata}


def test_the_id_of_the_front_end_is_the_cell():
    cells = Cells()
    assert cells.key(FrontEnd(cellId="a1"), USERS, name="users", sql=False) == "a1"


@pytest.mark.parametrize("shell", [object(), FrontEnd(), FrontEnd(cellId="")])
def test_without_an_id_the_name_is_the_cell(shell):
    assert Cells().key(shell, USERS, name="users", sql=False) == "users"


def test_without_both_a_shared_name_is_the_same_cell():
    cells = Cells()
    first = cells.key(object(), USERS, name=None, sql=False)
    other = cells.key(object(), POSTS, name=None, sql=False)
    assert first != other
    assert cells.key(object(), f"{USERS}\n\nclass Extra(Base): pass", name=None, sql=False) == first
    assert cells.key(object(), "class Extra(Base): pass", name=None, sql=False) == first
    assert cells.key(object(), f"posts = {POSTS}", name=None, sql=False) == other


@pytest.mark.parametrize(
    "again",
    [
        "create table IF NOT EXISTS users (id int);",
        'CREATE UNLOGGED TABLE "users" (id int)',
        "-- people\ncreate table users (\n id int)",
    ],
)
def test_sql_cells_are_told_by_what_they_create(again):
    cells = Cells()
    first = cells.key(object(), "CREATE TABLE users (id int);", name=None, sql=True)
    other = cells.key(object(), "CREATE TYPE mood AS ENUM ('a');", name=None, sql=True)
    assert first != other
    assert cells.key(object(), again, name=None, sql=True) == first


def test_a_cell_with_a_mistake_has_a_key_too():
    assert Cells().key(object(), "class :", name=None, sql=False)
