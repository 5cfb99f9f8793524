"""Values for what SQLAlchemy has no word for: hostile texts stay texts, bad ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate.errors import DeclarationError
from nbmigrate.model import Column, Grant, Index, IndexColumn, Partition, Snapshot, Table, View
from nbmigrate.model import Sequence as PgSequence
from nbmigrate.model.tables import Statistics
from nbmigrate.postgresql.from_metadata import from_metadata
from nbmigrate.postgresql.to_code import to_code
from nbmigrate.schema import Comment, MaterializedView, OwnedSequence, SchemaValue
from nbmigrate.schema import Grant as GrantValue
from nbmigrate.schema import Partition as PartitionValue
from nbmigrate.schema import Statistics as StatisticsValue
from tests.pulled import declared_by


@pytest.mark.parametrize("cell", [True, False])
def test_hostile_texts_are_data(tmp_path: Path, *, cell: bool) -> None:
    canary = tmp_path / "ran"
    evil = f"\"\"\"'); open({str(canary)!r}, 'w') #\n\\' {{0}}"
    name = "x\"'); 1/0 #"
    column = Column(name="k", type="integer", not_null=True, storage="PLAIN")
    parent = Table(
        name=name,
        columns={"k": column},
        partition_key=f"LIST (k) /* {evil} */",
        statistics={name: Statistics(name=name, definition=evil, comment=evil)},
        privileges={name: Grant(role=name, privileges=("SELECT",))},
    )
    bound = Partition(table=name, bound=f"FOR VALUES IN ({evil})")
    child = Table(name=f"{name}2", columns={"k": column}, partition_of=bound)
    index = Index(name=name, columns=(IndexColumn(expression=name),), comment=evil)
    snapshot = Snapshot(
        tables={f"public.{t.name}": t for t in (parent, child)},
        sequences={f"public.{name}": PgSequence(name=name, comment=evil)},
        views={
            "public.m": View(
                name="m", definition="SELECT 1", materialized=True, indexes={name: index}
            )
        },
        schema_comments={"public": evil},
    )
    found = declared_by(to_code(snapshot, cell=cell))
    assert not canary.exists()
    assert found.tables == snapshot.tables
    assert found.views == snapshot.views
    assert found.schema_comments == snapshot.schema_comments
    assert found.sequences[f"public.{name}"].comment == evil


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (PartitionValue("p", "nowhere", "DEFAULT"), "nowhere`, which is not declared"),
        (PartitionValue("p", "t", "DEFAULT"), "has no `postgresql_partition_by`"),
        (StatisticsValue("s", "nowhere", ["a", "b"]), "which is not declared"),
        (GrantValue("r", "nowhere", ["SELECT"]), "which is not declared"),
        (OwnedSequence("s", by="t.a"), "sequence `public.s` is not declared"),
        (Comment("enum", "e", "text"), "enum `e` is not declared"),
        (MaterializedView("m", "SELECT 1", indexes=["i"]), "each `Index(...)` of its own"),  # type: ignore[list-item]
    ],
)
def test_bad_values_are_refused(value: SchemaValue, message: str) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.Integer))
    value.on(metadata)
    with pytest.raises(DeclarationError) as caught:
        from_metadata(metadata)
    assert message in str(caught.value)


def test_a_period_makes_no_relationship() -> None:
    code = """
class Room(Base):
    __tablename__ = "room"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Range[int]] = mapped_column(postgresql.INT4RANGE)
    __table_args__ = (UniqueConstraint("id", "at", info={"without_overlaps": True}),)

class Booking(Base):
    __tablename__ = "booking"
    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[int]
    at: Mapped[Range[int]] = mapped_column(postgresql.INT4RANGE)
    __table_args__ = (ForeignKeyConstraint(["room", "at"], ["room.id", "room.at"]OPTIONS),)
"""
    assert "relationship(" in to_code(declared_by(code.replace("OPTIONS", "")))
    temporal = code.replace("OPTIONS", ', info={"period": True}')
    assert "relationship(" not in to_code(declared_by(temporal))
