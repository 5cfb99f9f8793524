"""What SQLAlchemy itself creates, against the plan made from the same MetaData."""

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql as pg

from nbmigrate.diff import diff
from nbmigrate.model import EMPTY
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.from_metadata import from_metadata
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.postgresql.scratch import canonical_on_server
from tests.dumps import normalised

#: Names as PostgreSQL and SQLAlchemy give them, so that both ways lead to the same.
CONVENTION = {
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


def schema():
    metadata = sa.MetaData(naming_convention={**CONVENTION, "ix": "ix_%(column_0_label)s"})
    mood = sa.Enum("it's", 'a"b', "\\", name="Mood", schema="app")
    users = sa.Table(
        "users",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("na me", sa.String(50), nullable=False, unique=True, server_default="100% 'x' \\"),
        Column("mood", mood, server_default="it's"),
        Column("moods", pg.ARRAY(mood)),
        Column("price", sa.Numeric(10, 2), server_default="1.50", comment="it's 100%"),
        Column("ok", sa.Boolean, server_default=sa.false(), nullable=False),
        Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), index=True),
        Column("data", pg.JSONB, server_default=sa.text("'{\"a\": [1, 2]}'")),
        Column("twice", Integer, sa.Computed("id * 2", persisted=True)),
        Column("code", sa.CHAR(3, collation="C")),
        CheckConstraint("price > 0 AND price < 1e6"),
        CheckConstraint("code ~ '^[A-Z]%$'"),
        UniqueConstraint("code", "ok", postgresql_nulls_not_distinct=True),
        schema="app",
        comment="people",
    )
    Index(
        "i_low",
        sa.func.lower(users.c["na me"]).label("low"),
        postgresql_ops={"low": "text_pattern_ops"},
    )
    Index("i_part", users.c.at.desc().nulls_last(), users.c.price, postgresql_where=users.c.ok)
    Index("i_gin", users.c.data, postgresql_using="gin", postgresql_with={"fastupdate": "off"})
    Index("i_inc", users.c.code, unique=True, postgresql_include=["price"])
    sa.Table(
        "posts",
        metadata,
        Column("a", ForeignKey("app.users.id", ondelete="CASCADE"), primary_key=True),
        Column(
            "b", sa.SmallInteger, sa.Identity(always=True, start=5, increment=5), primary_key=True
        ),
        Column("kind", sa.Enum("x", "y", name="kind", native_enum=False, create_constraint=True)),
        Column("up_a", Integer),
        Column("up_b", sa.SmallInteger),
        Column("id", sa.Uuid, server_default=sa.func.gen_random_uuid()),
        Column("text", Text),
        sa.ForeignKeyConstraint(
            ["up_a", "up_b"],
            ["posts.a", "posts.b"],
            deferrable=True,
            initially="DEFERRED",
            match="FULL",
        ),
    )
    sa.Sequence("counter", metadata=metadata, start=10, increment=-1, minvalue=-5, maxvalue=10)
    return metadata


@pytest.fixture
def metadata():
    return schema()


def test_the_plan_builds_what_sqlalchemy_builds(metadata, databases):
    theirs, ours = databases(), databases()
    theirs.execute("CREATE SCHEMA app")
    engine = sa.create_engine(theirs.url.replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(engine)
    engine.dispose()
    declared = from_metadata(metadata)
    ours.execute(*(statement.sql for statement in POSTGRESQL.render(diff(EMPTY, declared))))
    assert normalised(ours.dump()) == normalised(theirs.dump())
    connection = ours.connect()
    live = POSTGRESQL.canonical(introspect(connection))
    assert diff(live, canonical_on_server(connection, declared)) == ()
