"""Every operation run on the server, with names and texts that try to break out."""

from __future__ import annotations

import msgspec
import pytest

from nbmigrate import operations as o
from nbmigrate.model import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Policy,
    PrimaryKey,
    Role,
    Sequence,
    Table,
    Unique,
    View,
)
from nbmigrate.postgresql.identifiers import BREAKPOINT, literal, quote
from nbmigrate.postgresql.render import render_operation

HOSTILE = [
    'a"; drop table canary; --',
    "x'); drop table canary; --",
    "$nbmigrate$; drop table canary; --",
    "two\nlines\ttab",
    "%s 100% {} {0} :x $1 \\",
    "😀 naïve",
    "m" + "n" * 62,
    BREAKPOINT,
    "select",
]


def columns(*found: Column) -> dict[str, Column]:
    return {column.name: column for column in found}


def story(n: str, role: str) -> list[o.Operation]:
    """Every operation there is, in an order in which they can run; ``n`` is every name."""
    t, u, renamed = (n, n), (n, "u"), (n, n[::-1])
    enum = Enum(name=n, values=(n, "a"), comment=n)
    recreated = Enum(name=n, values=("a", n, "z"))
    default = literal(n)
    of_enum = Column(name=n, type=n, type_schema="public", default=default)
    table = Table(
        name=n,
        schema=n,
        columns=columns(
            Column(name=n, type="text", default=default, comment=n, not_null=True),
            Column(name="id", type="serial", not_null=True),
            Column(name="v", type="integer"),
            Column(name="gone", type="integer"),
        ),
        composite_primary_keys={n[2:]: PrimaryKey(name=n[2:], columns=(n, "id"))},
        unique_constraints={"u1": Unique(name="u1", columns=(n,), comment=n)},
        check_constraints={"c1": Check(name="c1", value=f"{quote(n)} <> {literal(n + ')')}")},
        comment=n,
    )
    other = Table(
        name="u",
        schema=n,
        columns=columns(of_enum, Column(name="es", type=f"{n}[]", type_schema="public")),
    )
    sequence = Sequence(name=n[:40], schema=n, increment="2", comment=n)
    identity = Identity(type="always", name="s1", increment="1", start_with="1", cache="1")
    counted = Column(name="v", type="integer", not_null=True, identity=identity)
    index = Index(
        name="i1",
        columns=(
            IndexColumn(expression=n, asc=False, nulls="first"),
            IndexColumn(expression=f"lower({quote(n)} || {literal(n)})", is_expression=True),
        ),
        where=f"{quote(n)} <> {literal(n)}",
        comment=n,
    )
    key = ForeignKey(
        name="f1",
        table_from="u",
        table_to=n,
        schema_to=n,
        columns_from=("k", "i"),
        columns_to=(n, "id"),
        comment=n,
    )
    policy = Policy(name=n, to=(role, "public"), using=f"{quote(n)} = {default}", comment=n)
    view = View(
        name="v1",
        schema=n,
        definition=f"SELECT {quote(n)}, {default} AS d FROM {quote(n)}.{quote(n)} -- {n[:3]}",
        comment=n,
    )
    stored = View(name="m1", schema=n, definition=f"SELECT {default} AS d", materialized=True)
    return [
        o.CreateSchema(name=n),
        o.CreateEnum(enum=enum),
        o.AddEnumValue(id=enum.id, value="z'"),
        o.RenameEnumValue(id=enum.id, old="z'", new="z"),
        o.CreateSequence(sequence=sequence),
        o.AlterSequence(old=sequence, new=Sequence(name=n[:40], schema=n, cycle=True)),
        o.RenameSequence(old=sequence.id, new=(n, "q")),
        o.MoveSequence(old=(n, "q"), new=("public", "q")),
        o.DropSequence(sequence=Sequence(name="q")),
        o.CreateRole(role=Role(name=role)),
        o.CreateTable(table=table),
        o.CreateTable(table=other),
        o.RecreateEnum(
            old=enum,
            new=recreated,
            uses=(
                o.EnumUse(table=u, column=of_enum, old_default=default),
                o.EnumUse(table=u, column=other.columns["es"]),
            ),
        ),
        o.AddColumn(table=u, column=Column(name="k", type="text", comment=n), backfill=default),
        o.AddColumn(table=u, column=Column(name="i", type="integer", not_null=True), backfill="1"),
        o.AddForeignKey(table=u, foreign_key=key),
        o.DropForeignKey(table=u, foreign_key=key),
        o.SetNotNull(table=u, column="k", backfill=default),
        o.DropNotNull(table=u, column="k"),
        o.AlterColumnType(
            table=t, old=table.columns["v"], new=Column(name="v", type="bigint", collation=None)
        ),
        o.AddIdentity(table=t, column=counted),
        o.AlterIdentity(
            table=t,
            column="v",
            old=identity,
            new=Identity(type="byDefault", name=n[1:], increment="3", start_with="1", cache="1"),
        ),
        o.DropIdentity(table=t, column="v"),
        o.DropSerial(table=t, column=table.columns["id"]),
        o.AddSerial(table=t, column=table.columns["id"]),
        o.AlterSerial(table=t, column=table.columns["id"]),
        o.SetDefault(table=u, column=Column(name="k", type="text", default=default)),
        o.DropDefault(table=u, column=Column(name="k", type="text")),
        o.DropColumn(table=t, column=table.columns["gone"]),
        o.CreateIndex(table=t, index=index),
        o.RenameIndex(table=t, old="i1", new="i2"),
        o.DropIndex(table=t, index=msgspec.structs.replace(index, name="i2")),
        o.AddUnique(table=t, unique=Unique(name="u2", columns=("v", n))),
        o.RenameConstraint(table=t, kind="unique", old="u2", new="u3"),
        o.DropUnique(table=t, unique=Unique(name="u3")),
        o.AddCheck(table=t, check=Check(name="c2", value=f"{default} <> {quote(n)}")),
        o.DropCheck(table=t, check=Check(name="c2", value="")),
        o.DropPrimaryKey(table=t, name=None, columns=(n, "id")),
        o.AddPrimaryKey(table=t, name=None, columns=("id",)),
        o.SetRowSecurity(table=t, enabled=True),
        o.CreatePolicy(table=t, policy=policy),
        o.AlterPolicy(
            table=t, old=policy, new=Policy(name=n, to=(role,), using=f"{default} = {default}")
        ),
        o.RenamePolicy(table=t, old=n, new="p2"),
        o.DropPolicy(table=t, policy=Policy(name="p2")),
        o.CreateView(view=view),
        o.CreateView(view=stored),
        o.AlterViewOptions(
            old=view, new=msgspec.structs.replace(view, options={"securityBarrier": True})
        ),
        o.RenameView(old=stored.id, new=(n, "m2"), materialized=True),
        o.MoveView(old=(n, "m2"), new=("public", "m2"), materialized=True),
        o.DropView(view=view),
        o.RenameColumn(table=t, old="id", new=n[::-1] + "x" * (len(n) < 60)),
        o.RenameTable(old=t, new=renamed),
        o.MoveTable(old=renamed, new=("public", n[::-1])),
        o.DropTable(table=Table(name=n[::-1])),
        o.DropTable(table=other),
        o.RenameEnum(old=enum.id, new=("public", "e")),
        o.MoveEnum(old=("public", "e"), new=(n, "e")),
        o.DropEnum(enum=Enum(name="e", schema=n)),
        o.RenameSchema(old=n, new="s" + n[:50]),
        o.DropSchema(name="s" + n[:50]),
        o.DropRole(role=Role(name=role)),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_or_text_breaks_out(database, name):
    connection = database.connect()
    connection.execute("CREATE TABLE canary ()")
    connection.execute("CREATE TABLE empty ()")
    before = database.dump()
    try:
        for operation in story(name, f"{database.name} {name[:30]}"):
            for statement in render_operation(operation):
                assert BREAKPOINT not in statement.sql
                connection.execute(statement.sql.encode())
    finally:
        role = quote(f"{database.name} {name[:30]}")
        connection.execute(f"DROP ROLE IF EXISTS {role}".encode())
    connection.execute("DROP MATERIALIZED VIEW m2")
    assert database.dump() == before
