"""SQLModel classes in schema cells: one MetaData for everybody, many cells."""

import pytest
import sqlalchemy as sa

from nbmigrate.declare import Declarations, load_source
from nbmigrate.errors import DeclarationError

sqlmodel = pytest.importorskip("sqlmodel")

TEAM = """\
from sqlmodel import Field, Relationship, SQLModel
class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True, max_length=40)
    heroes: list["Hero"] = Relationship(back_populates="team")
"""
HERO = """\
from sqlmodel import Field, Relationship, SQLModel
class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: Team | None = Relationship(back_populates="heroes")
"""


@pytest.fixture
def declarations():
    declarations = Declarations()
    yield declarations
    declarations.release()


def test_cells_run_again(declarations, database):
    engine = sa.create_engine(database.url.replace("postgresql://", "postgresql+psycopg://"))
    namespace = {}
    plain = type("Plain", (sqlmodel.SQLModel,), {"__module__": __name__})
    assert plain
    for cell, text in (("t", TEAM), ("h", HERO), ("t", TEAM), ("h", HERO), ("t", TEAM)):
        declarations.declare(text, cell=cell, namespace=namespace)
        if "Hero" not in namespace:
            continue
        sqlmodel.SQLModel.metadata.drop_all(engine)
        sqlmodel.SQLModel.metadata.create_all(engine)
        with sqlmodel.Session(engine) as session:
            session.add(namespace["Hero"](team=namespace["Team"](name="x")))
            session.commit()
            hero = session.exec(sqlmodel.select(namespace["Hero"])).one()
            assert hero.team.heroes == [hero]
    engine.dispose()
    snapshot = declarations.snapshot
    assert set(snapshot.tables) == {"public.team", "public.hero"}
    team = snapshot.tables["public.team"]
    assert {name: c.type for name, c in team.columns.items()} == {
        "id": "serial",
        "name": "varchar(40)",
    }
    assert set(team.indexes) == {"ix_team_name"}
    assert set(snapshot.tables["public.hero"].foreign_keys) == {"hero_team_id_team_id_fk"}


def test_a_failing_cell_leaves_no_table(declarations):
    for _ in range(2):
        with pytest.raises(DeclarationError) as caught:
            declarations.declare(TEAM + "1 / 0\n", cell="t", namespace={})
        assert caught.value.line == 7
        assert "team" not in sqlmodel.SQLModel.metadata.tables


def test_a_file_does_not_meet_the_kernels_classes(declarations, tmp_path):
    namespace = {}
    declarations.declare(TEAM.replace("    heroes", "    # heroes"), cell="t", namespace=namespace)
    (tmp_path / "models.py").write_text(TEAM + HERO, "utf-8")
    for _ in range(2):
        found = load_source("models.py", root=tmp_path)
        assert set(found.snapshot.tables) == {"public.team", "public.hero"}
    assert set(sqlmodel.SQLModel.metadata.tables) == {"team"}
    assert namespace["Team"](name="x").name == "x"
