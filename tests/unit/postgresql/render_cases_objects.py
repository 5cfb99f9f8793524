"""Schemas, enums, sequences, roles, views and policies: each operation and its text."""

from __future__ import annotations

from nbmigrate import operations as o
from nbmigrate.model import (
    Column,
    Enum,
    Policy,
    Role,
    Sequence,
    View,
)

T = ("public", "t")
APP = ("app", "t")
MOOD = Enum(name="mood", values=("sad", "it's ok"))
SEQUENCE = Sequence(
    name="s", increment="5", min_value="100", max_value="10000", start_with="100", cache="10"
)
POLICY = Policy(name="p", to=("public", "app_admin"), using="owner = current_user")
VIEW = View(name="v", definition="select 1 as a")
MVIEW = View(name="m", definition="select 1 as a", materialized=True)


CASES: list[tuple[o.Operation, tuple[str, ...]]] = [
    (o.CreateSchema(name="app"), ('CREATE SCHEMA "app";',)),
    (o.RenameSchema(old="a", new="b"), ('ALTER SCHEMA "a" RENAME TO "b";',)),
    (o.DropSchema(name="app"), ('DROP SCHEMA "app";',)),
    # enums
    (
        o.CreateEnum(enum=MOOD),
        ("""CREATE TYPE "public"."mood" AS ENUM('sad', 'it''s ok');""",),
    ),
    (
        o.CreateEnum(enum=Enum(name="e", schema="app", comment="it's one")),
        (
            """CREATE TYPE "app"."e" AS ENUM();""",
            """COMMENT ON TYPE "app"."e" IS 'it''s one';""",
        ),
    ),
    (
        o.RenameEnum(old=("public", "mood"), new=("public", "m")),
        ('ALTER TYPE "public"."mood" RENAME TO "m";',),
    ),
    (
        o.MoveEnum(old=("public", "mood"), new=("app", "mood")),
        ('ALTER TYPE "public"."mood" SET SCHEMA "app";',),
    ),
    (
        o.AddEnumValue(id=MOOD.id, value="o'k", before="sad"),
        ("""ALTER TYPE "public"."mood" ADD VALUE 'o''k' BEFORE 'sad';""",),
    ),
    (
        o.AddEnumValue(id=MOOD.id, value="ok"),
        ("""ALTER TYPE "public"."mood" ADD VALUE 'ok';""",),
    ),
    (
        o.RenameEnumValue(id=MOOD.id, old="sad", new="blue"),
        ("""ALTER TYPE "public"."mood" RENAME VALUE 'sad' TO 'blue';""",),
    ),
    (
        o.RecreateEnum(
            old=MOOD,
            new=Enum(name="mood", values=("ok",)),
            uses=(
                o.EnumUse(
                    table=T,
                    column=Column(name="m", type="mood", type_schema="public", default="'ok'"),
                    old_default="'ok'",
                ),
                o.EnumUse(
                    table=APP,
                    column=Column(name="ms", type="mood[]", type_schema="public"),
                ),
            ),
        ),
        (
            'ALTER TABLE "t" ALTER COLUMN "m" DROP DEFAULT;',
            'ALTER TYPE "public"."mood" RENAME TO "mood__old_ee0e4f30";',
            """CREATE TYPE "public"."mood" AS ENUM('ok');""",
            (
                'ALTER TABLE "t" ALTER COLUMN "m" SET DATA TYPE "public"."mood" '
                'USING "m"::text::"public"."mood";'
            ),
            (
                'ALTER TABLE "app"."t" ALTER COLUMN "ms" SET DATA TYPE "public"."mood"[] '
                'USING "ms"::text[]::"public"."mood"[];'
            ),
            """ALTER TABLE "t" ALTER COLUMN "m" SET DEFAULT 'ok';""",
            'DROP TYPE "public"."mood__old_ee0e4f30";',
        ),
    ),
    (o.DropEnum(enum=MOOD), ('DROP TYPE "public"."mood";',)),
    # sequences
    (
        o.CreateSequence(sequence=SEQUENCE),
        (
            (
                'CREATE SEQUENCE "public"."s" INCREMENT BY 5 MINVALUE 100 MAXVALUE 10000 '
                "START WITH 100 CACHE 10;"
            ),
        ),
    ),
    (
        o.CreateSequence(
            sequence=Sequence(name="s", schema="app", data_type="smallint", cycle=True, comment="c")
        ),
        (
            'CREATE SEQUENCE "app"."s" AS smallint CYCLE;',
            """COMMENT ON SEQUENCE "app"."s" IS 'c';""",
        ),
    ),
    (
        o.RenameSequence(old=("app", "s"), new=("app", "s2")),
        ('ALTER SEQUENCE "app"."s" RENAME TO "s2";',),
    ),
    (
        o.MoveSequence(old=("app", "s"), new=("public", "s")),
        ('ALTER SEQUENCE "app"."s" SET SCHEMA "public";',),
    ),
    (
        o.AlterSequence(
            old=Sequence(name="s", increment="1", cache="1", cycle=True, max_value="9"),
            new=Sequence(name="s", increment="2", cache="1", cycle=False, data_type="integer"),
        ),
        ('ALTER SEQUENCE "public"."s" AS integer INCREMENT BY 2 NO MAXVALUE NO CYCLE;',),
    ),
    (
        o.AlterSequence(old=Sequence(name="s", comment="c"), new=Sequence(name="s")),
        ('COMMENT ON SEQUENCE "public"."s" IS NULL;',),
    ),
    (o.DropSequence(sequence=SEQUENCE), ('DROP SEQUENCE "public"."s";',)),
    # roles
    (o.CreateRole(role=Role(name="r")), ('CREATE ROLE "r";',)),
    (
        o.CreateRole(role=Role(name="r", create_db=True, create_role=True, inherit=False)),
        ('CREATE ROLE "r" WITH CREATEDB CREATEROLE NOINHERIT;',),
    ),
    (o.RenameRole(old="r", new="s"), ('ALTER ROLE "r" RENAME TO "s";',)),
    (
        o.AlterRole(old=Role(name="r", create_db=True), new=Role(name="r", create_role=True)),
        ('ALTER ROLE "r" WITH NOCREATEDB CREATEROLE INHERIT;',),
    ),
    (o.DropRole(role=Role(name="r")), ('DROP ROLE "r";',)),
    # views
    (
        o.CreateView(
            view=View(
                name="v",
                definition="select 1 as a; ",
                options={"checkOption": "local", "securityBarrier": True},
                comment="c",
            )
        ),
        (
            (
                'CREATE VIEW "public"."v" WITH (check_option = local, security_barrier = true) '
                "AS (select 1 as a);"
            ),
            """COMMENT ON VIEW "public"."v" IS 'c';""",
        ),
    ),
    (
        o.CreateView(
            view=View(
                name="m",
                schema="app",
                definition="select 1 as a -- one",
                materialized=True,
                options={"fillfactor": 90, "autovacuumEnabled": False},
                using="heap",
                tablespace="pg_default",
                with_no_data=True,
            )
        ),
        (
            (
                'CREATE MATERIALIZED VIEW "app"."m" USING "heap" WITH (fillfactor = 90, '
                'autovacuum_enabled = false) TABLESPACE "pg_default" AS (select 1 as a -- one\n'
                ") WITH NO DATA;"
            ),
        ),
    ),
    (
        o.RenameView(old=("public", "v"), new=("public", "w"), materialized=False),
        ('ALTER VIEW "public"."v" RENAME TO "w";',),
    ),
    (
        o.MoveView(old=("public", "m"), new=("app", "m"), materialized=True),
        ('ALTER MATERIALIZED VIEW "public"."m" SET SCHEMA "app";',),
    ),
    (
        o.AlterViewOptions(
            old=View(name="v", definition="select 1", options={"securityBarrier": True}),
            new=View(name="v", definition="select 1", options={"securityInvoker": True}),
        ),
        (
            'ALTER VIEW "public"."v" SET (security_invoker = true);',
            'ALTER VIEW "public"."v" RESET (security_barrier);',
        ),
    ),
    (
        o.AlterViewOptions(
            old=View(name="m", materialized=True, with_no_data=True, comment="a"),
            new=View(name="m", materialized=True, tablespace="fast", using="columnar"),
        ),
        (
            'ALTER MATERIALIZED VIEW "public"."m" SET TABLESPACE "fast";',
            'ALTER MATERIALIZED VIEW "public"."m" SET ACCESS METHOD "columnar";',
            'COMMENT ON MATERIALIZED VIEW "public"."m" IS NULL;',
        ),
    ),
    (o.DropView(view=VIEW), ('DROP VIEW "public"."v";',)),
    (o.DropView(view=MVIEW), ('DROP MATERIALIZED VIEW "public"."m";',)),
    # policies
    (
        o.CreatePolicy(table=T, policy=POLICY),
        (
            (
                'CREATE POLICY "p" ON "t" AS PERMISSIVE FOR ALL TO public, "app_admin" '
                "USING (owner = current_user);"
            ),
        ),
    ),
    (
        o.CreatePolicy(
            table=APP,
            policy=Policy(
                name="p",
                as_="RESTRICTIVE",
                for_="INSERT",
                to=("current_user",),
                with_check="n <> 'a--b; c'",
                comment="c",
            ),
        ),
        (
            (
                'CREATE POLICY "p" ON "app"."t" AS RESTRICTIVE FOR INSERT TO current_user '
                "WITH CHECK (n <> 'a--b; c');"
            ),
            """COMMENT ON POLICY "p" ON "app"."t" IS 'c';""",
        ),
    ),
    (
        o.RenamePolicy(table=T, old="p", new="q"),
        ('ALTER POLICY "p" ON "t" RENAME TO "q";',),
    ),
    (
        o.AlterPolicy(
            table=T,
            old=Policy(name="p", using="a"),
            new=Policy(name="p", to=("r", "session_user"), using="b", with_check="c"),
        ),
        ('ALTER POLICY "p" ON "t" TO "r", session_user USING (b) WITH CHECK (c);',),
    ),
    (o.DropPolicy(table=T, policy=POLICY), ('DROP POLICY "p" ON "t";',)),
]
