"""Tables and columns: each operation and its text."""

from __future__ import annotations

from nbmigrate import operations as o
from nbmigrate.model import (
    Check,
    Column,
    Generated,
    Identity,
    IndexColumn,
    PrimaryKey,
    Sequence,
    Table,
    Unique,
)

T = ("public", "t")
APP = ("app", "t")
ID = Column(name="id", type="serial", primary_key=True, not_null=True)
NAME = Column(name="name", type="text", not_null=True, default="'x'")
COUNTED = Identity(
    type="always",
    name="t_a_seq",
    increment="1",
    min_value="1",
    max_value="2147483647",
    start_with="1",
    cache="1",
    cycle=False,
)
SEQUENCE = Sequence(
    name="s", increment="5", min_value="100", max_value="10000", start_with="100", cache="10"
)


def columns(*found: Column) -> dict[str, Column]:
    return {column.name: column for column in found}


def key(expression: str, **options) -> IndexColumn:
    return IndexColumn(expression=expression, **options)


CASES: list[tuple[o.Operation, tuple[str, ...]]] = [
    # tables
    (
        o.CreateTable(
            table=Table(
                name="t",
                columns=columns(
                    ID,
                    NAME,
                    Column(name="a", type="integer", not_null=True, identity=COUNTED),
                    Column(
                        name="up",
                        type="text",
                        not_null=True,
                        generated=Generated(expression="upper(name)"),
                    ),
                    Column(
                        name="low",
                        type="text",
                        generated=Generated(expression="lower(name) -- why", type="virtual"),
                    ),
                    Column(name="at", type="timestamp with time zone", default="now()"),
                    Column(name="m", type="mood", type_schema="public", default="'sad'"),
                ),
                unique_constraints={
                    "t_name_unique": Unique(name="t_name_unique", columns=("name",)),
                    "u": Unique(name="u", columns=("name", "at"), nulls_not_distinct=True),
                },
                check_constraints={"c": Check(name="c", value='"t"."a" > 0')},
            )
        ),
        (
            (
                """CREATE TABLE "t" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text DEFAULT 'x' NOT NULL,
	"a" integer GENERATED ALWAYS AS IDENTITY (sequence name "t_a_seq" INCREMENT BY 1 """
                """MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"up" text GENERATED ALWAYS AS (upper(name)) STORED NOT NULL,
	"low" text GENERATED ALWAYS AS (lower(name) -- why
) VIRTUAL,
	"at" timestamp with time zone DEFAULT now(),
	"m" "public"."mood" DEFAULT 'sad',
	CONSTRAINT "t_name_unique" UNIQUE("name"),
	CONSTRAINT "u" UNIQUE NULLS NOT DISTINCT("name","at"),
	CONSTRAINT "c" CHECK ("t"."a" > 0)
);"""
            ),
        ),
    ),
    (
        o.CreateTable(
            table=Table(
                name="t",
                schema="app",
                columns=columns(
                    Column(name="x", type="integer", not_null=True),
                    Column(name="y", type="integer"),
                    Column(
                        name="z",
                        type="text",
                        collation="C",
                        storage="MAIN",
                        compression="pglz",
                        comment="zed",
                    ),
                ),
                composite_primary_keys={
                    "k": PrimaryKey(
                        name="k", columns=("y", "x"), include=("z",), initially_deferred=True
                    )
                },
                unique_constraints={
                    "u": Unique(
                        name="u", columns=("y",), include=("z",), deferrable=True, comment="one"
                    )
                },
                check_constraints={
                    "a": Check(name="a", value="x > 0", no_inherit=True),
                    "b": Check(name="b", value="x > 1", not_enforced=True, not_valid=True),
                    "c": Check(name="c", value="x > 2", not_valid=True, comment="later"),
                },
                unlogged=True,
                force_rls=True,
                comment="it's a table",
            )
        ),
        (
            """CREATE UNLOGGED TABLE "app"."t" (
	"x" integer NOT NULL,
	"y" integer,
	"z" text COMPRESSION pglz COLLATE "C",
	CONSTRAINT "k" PRIMARY KEY("y","x") INCLUDE ("z") DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT "u" UNIQUE("y") INCLUDE ("z") DEFERRABLE,
	CONSTRAINT "a" CHECK (x > 0) NO INHERIT,
	CONSTRAINT "b" CHECK (x > 1) NOT ENFORCED
);""",
            'ALTER TABLE "app"."t" ADD CONSTRAINT "c" CHECK (x > 2) NOT VALID;',
            """COMMENT ON CONSTRAINT "c" ON "app"."t" IS 'later';""",
            'ALTER TABLE "app"."t" FORCE ROW LEVEL SECURITY;',
            'ALTER TABLE "app"."t" ALTER COLUMN "z" SET STORAGE MAIN;',
            """COMMENT ON TABLE "app"."t" IS 'it''s a table';""",
            """COMMENT ON COLUMN "app"."t"."z" IS 'zed';""",
            """COMMENT ON CONSTRAINT "u" ON "app"."t" IS 'one';""",
        ),
    ),
    (
        o.CreateTable(table=Table(name="t", columns=columns(ID), primary_key_name="key")),
        ('CREATE TABLE "t" (\n\t"id" serial NOT NULL,\n\tCONSTRAINT "key" PRIMARY KEY("id")\n);',),
    ),
    (o.RenameTable(old=APP, new=("app", "u")), ('ALTER TABLE "app"."t" RENAME TO "u";',)),
    (o.MoveTable(old=APP, new=T), ('ALTER TABLE "app"."t" SET SCHEMA "public";',)),
    (o.DropTable(table=Table(name="t")), ('DROP TABLE "t";',)),
    (
        o.SetRowSecurity(table=T, enabled=True),
        ('ALTER TABLE "t" ENABLE ROW LEVEL SECURITY;',),
    ),
    (
        o.SetRowSecurity(table=T, enabled=False),
        ('ALTER TABLE "t" DISABLE ROW LEVEL SECURITY;',),
    ),
    # columns
    (
        o.AddColumn(table=T, column=NAME),
        ("""ALTER TABLE "t" ADD COLUMN "name" text DEFAULT 'x' NOT NULL;""",),
    ),
    (
        o.AddColumn(table=T, column=ID),
        ('ALTER TABLE "t" ADD COLUMN "id" serial NOT NULL;',),
    ),
    (
        o.AddColumn(
            table=T,
            column=Column(name="n", type="integer", not_null=True, comment="n"),
            backfill="0",
        ),
        (
            'ALTER TABLE "t" ADD COLUMN "n" integer;',
            'UPDATE "t" SET "n" = (0);',
            'ALTER TABLE "t" ALTER COLUMN "n" SET NOT NULL;',
            """COMMENT ON COLUMN "t"."n" IS 'n';""",
        ),
    ),
    (
        o.AddColumn(table=T, column=NAME, backfill="(lower(id::text))"),
        (
            'ALTER TABLE "t" ADD COLUMN "name" text;',
            'UPDATE "t" SET "name" = (lower(id::text));',
            """ALTER TABLE "t" ALTER COLUMN "name" SET DEFAULT 'x';""",
            'ALTER TABLE "t" ALTER COLUMN "name" SET NOT NULL;',
        ),
    ),
    (
        o.AddColumn(table=T, column=ID, backfill="1"),
        ('ALTER TABLE "t" ADD COLUMN "id" serial NOT NULL;',),
    ),
    (
        o.RenameColumn(table=T, old="a", new="b"),
        ('ALTER TABLE "t" RENAME COLUMN "a" TO "b";',),
    ),
    (o.DropColumn(table=T, column=NAME), ('ALTER TABLE "t" DROP COLUMN "name";',)),
    (
        o.AlterColumnType(
            table=T,
            old=Column(name="a", type="integer"),
            new=Column(name="a", type="bigint"),
        ),
        ('ALTER TABLE "t" ALTER COLUMN "a" SET DATA TYPE bigint;',),
    ),
    (
        o.AlterColumnType(
            table=T,
            old=Column(name="a", type="text", default="'1'"),
            new=Column(name="a", type="integer", default=1),
        ),
        (
            'ALTER TABLE "t" ALTER COLUMN "a" DROP DEFAULT;',
            'ALTER TABLE "t" ALTER COLUMN "a" SET DATA TYPE integer USING "a"::integer;',
            'ALTER TABLE "t" ALTER COLUMN "a" SET DEFAULT 1;',
        ),
    ),
    (
        o.AlterColumnType(
            table=T,
            old=Column(name="a", type="varchar(5)", default="'1'"),
            new=Column(name="a", type="varchar(9)", default="'1'", collation="C"),
        ),
        ('ALTER TABLE "t" ALTER COLUMN "a" SET DATA TYPE varchar(9) COLLATE "C";',),
    ),
    (
        o.AlterColumnType(
            table=T,
            old=Column(name="a", type="varchar(5)", default="'1'"),
            new=Column(name="a", type="varchar(9)"),
        ),
        (
            'ALTER TABLE "t" ALTER COLUMN "a" SET DATA TYPE varchar(9);',
            'ALTER TABLE "t" ALTER COLUMN "a" DROP DEFAULT;',
        ),
    ),
    (
        o.AlterColumnType(
            table=T,
            old=Column(name="a", type="text"),
            new=Column(name="a", type="integer"),
            using="length(a)",
        ),
        ('ALTER TABLE "t" ALTER COLUMN "a" SET DATA TYPE integer USING length(a);',),
    ),
    (
        o.SetDefault(table=T, column=Column(name="a", type="boolean", default=False)),
        ('ALTER TABLE "t" ALTER COLUMN "a" SET DEFAULT false;',),
    ),
    (
        o.DropDefault(table=T, column=Column(name="a", type="integer", default=1)),
        ('ALTER TABLE "t" ALTER COLUMN "a" DROP DEFAULT;',),
    ),
    (
        o.SetNotNull(table=T, column="a"),
        ('ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL;',),
    ),
    (
        o.SetNotNull(table=T, column="a", backfill="'{}'"),
        (
            """UPDATE "t" SET "a" = ('{}') WHERE "a" IS NULL;""",
            'ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL;',
        ),
    ),
    (
        o.DropNotNull(table=T, column="a"),
        ('ALTER TABLE "t" ALTER COLUMN "a" DROP NOT NULL;',),
    ),
    (
        o.AddIdentity(table=T, column=Column(name="a", type="integer", identity=COUNTED)),
        (
            'ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL;',
            (
                'ALTER TABLE "t" ALTER COLUMN "a" ADD GENERATED ALWAYS AS IDENTITY '
                '(sequence name "t_a_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 '
                "START WITH 1 CACHE 1);"
            ),
            (
                """SELECT setval('"public"."t_a_seq"', """
                """greatest(1, max("a")::bigint + 1), false) FROM "t";"""
            ),
        ),
    ),
    (
        o.AlterIdentity(
            table=T,
            column="a",
            old=COUNTED,
            new=Identity(
                type="byDefault",
                name="t_a_seq",
                increment="2",
                min_value="5",
                max_value="2147483647",
                start_with="5",
                cache="1",
                cycle=True,
            ),
        ),
        (
            (
                'ALTER TABLE "t" ALTER COLUMN "a" SET GENERATED BY DEFAULT SET INCREMENT BY 2 '
                "SET MINVALUE 5 SET START WITH 5 SET CYCLE;"
            ),
        ),
    ),
    (
        o.DropIdentity(table=T, column="a"),
        ('ALTER TABLE "t" ALTER COLUMN "a" DROP IDENTITY;',),
    ),
    (
        o.AddSerial(table=T, column=Column(name="a", type="serial")),
        (
            'CREATE SEQUENCE "public"."t_a_seq" AS integer OWNED BY "t"."a";',
            (
                'ALTER TABLE "t" ALTER COLUMN "a" SET DEFAULT '
                """nextval('"public"."t_a_seq"'::regclass);"""
            ),
            (
                """SELECT setval('"public"."t_a_seq"', """
                """greatest(1, max("a")::bigint + 1), false) FROM "t";"""
            ),
        ),
    ),
    (
        o.AlterSerial(table=T, column=Column(name="id", type="bigserial")),
        (
            """DO $nbmigrate$
DECLARE
	owned regclass := (
		SELECT used.refobjid::regclass
		FROM pg_catalog.pg_attrdef AS written
		JOIN pg_catalog.pg_attribute AS at ON at.attrelid = written.adrelid AND at.attnum = written.adnum
		JOIN pg_catalog.pg_depend AS used ON used.classid = 'pg_attrdef'::regclass AND used.objid = written.oid
		JOIN pg_catalog.pg_depend AS owned ON owned.classid = 'pg_class'::regclass AND owned.objid = used.refobjid
		WHERE used.refclassid = 'pg_class'::regclass AND owned.deptype = 'a'
			AND owned.refobjid = at.attrelid AND owned.refobjsubid = at.attnum
			AND at.attrelid = '"public"."t"'::regclass AND at.attname = 'id'
	);
BEGIN
	IF owned IS NOT NULL THEN
		EXECUTE 'ALTER SEQUENCE ' || owned || ' AS bigint';
	END IF;
END
$nbmigrate$;""",
        ),
    ),
    (
        o.DropSerial(table=T, column=ID),
        (
            """DO $nbmigrate$
DECLARE
	owned regclass := (
		SELECT used.refobjid::regclass
		FROM pg_catalog.pg_attrdef AS written
		JOIN pg_catalog.pg_attribute AS at ON at.attrelid = written.adrelid AND at.attnum = written.adnum
		JOIN pg_catalog.pg_depend AS used ON used.classid = 'pg_attrdef'::regclass AND used.objid = written.oid
		JOIN pg_catalog.pg_depend AS owned ON owned.classid = 'pg_class'::regclass AND owned.objid = used.refobjid
		WHERE used.refclassid = 'pg_class'::regclass AND owned.deptype = 'a'
			AND owned.refobjid = at.attrelid AND owned.refobjsubid = at.attnum
			AND at.attrelid = '"public"."t"'::regclass AND at.attname = 'id'
	);
BEGIN
	ALTER TABLE "t" ALTER COLUMN "id" DROP DEFAULT;
	IF owned IS NOT NULL THEN
		EXECUTE 'DROP SEQUENCE ' || owned;
	END IF;
END
$nbmigrate$;""",
        ),
    ),
    (
        o.DropExpression(table=T, column="a"),
        ('ALTER TABLE "t" ALTER COLUMN "a" DROP EXPRESSION;',),
    ),
]
