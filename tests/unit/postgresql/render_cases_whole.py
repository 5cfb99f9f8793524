"""Operations on tables as a whole, exclusions, statistics and comments, with their SQL."""

from __future__ import annotations

from nbmigrate import operations as o
from nbmigrate.model import Column, Exclusion, Grant, Partition, Statistics, Table

T = ("app", "t")
APART = Exclusion(name="x", definition="EXCLUDE USING gist (a WITH &&)", comment="apart")
COUNTS = Statistics(name="s", definition="a, b", kinds=("mcv",), target=5, comment="counts")
PART = Partition(table="p", bound="FOR VALUES IN (1)")

CASES = [
    (
        o.CreateTable(
            table=Table(
                name="part",
                columns={
                    "a": Column(name="a", type="integer", not_null=True),
                    "b": Column(name="b", type="text"),
                },
                partition_of=PART,
                partition_key="HASH (b)",
            ),
            inherited=("a",),
            undefaulted=("b",),
        ),
        (
            'CREATE TABLE "part" PARTITION OF "p" FOR VALUES IN (1) PARTITION BY HASH (b);',
            'ALTER TABLE "part" ALTER COLUMN "b" DROP DEFAULT;',
        ),
    ),
    (
        o.CreateTable(table=Table(name="c", inherits=("app.p", "public.q"))),
        ('CREATE TABLE "c" (\n\n) INHERITS ("app"."p", "q");',),
    ),
    (
        o.AlterTable(
            old=Table(name="t", options={"fillfactor": 70, "toast.autovacuum_enabled": True}),
            new=Table(
                name="t",
                options={"fillfactor": 80},
                unlogged=True,
                force_rls=True,
                replica_identity="FULL",
                inherits=("public.p",),
            ),
        ),
        (
            'ALTER TABLE "t" SET (fillfactor = 80);',
            'ALTER TABLE "t" RESET (toast.autovacuum_enabled);',
            'ALTER TABLE "t" SET UNLOGGED;',
            'ALTER TABLE "t" FORCE ROW LEVEL SECURITY;',
            'ALTER TABLE "t" REPLICA IDENTITY FULL;',
            'ALTER TABLE "t" INHERIT "p";',
        ),
    ),
    (
        o.AttachPartition(table=T, partition=PART),
        ('ALTER TABLE "p" ATTACH PARTITION "app"."t" FOR VALUES IN (1);',),
    ),
    (
        o.DetachPartition(table=T, partition=PART),
        ('ALTER TABLE "p" DETACH PARTITION "app"."t";',),
    ),
    (
        o.SetPrivileges(
            table=T,
            old=Grant(role="r", privileges=("DELETE", "SELECT"), grantable=("SELECT",)),
            new=Grant(role="r", privileges=("INSERT", "SELECT", "UPDATE"), grantable=("UPDATE",)),
        ),
        (
            'REVOKE DELETE ON "app"."t" FROM "r";',
            'REVOKE GRANT OPTION FOR SELECT ON "app"."t" FROM "r";',
            'GRANT INSERT ON "app"."t" TO "r";',
            'GRANT UPDATE ON "app"."t" TO "r" WITH GRANT OPTION;',
        ),
    ),
    (
        o.SetColumnStorage(
            table=T,
            old=Column(name="a", type="numeric", storage="PLAIN", statistics=5),
            new=Column(name="a", type="numeric", compression="lz4"),
        ),
        (
            'ALTER TABLE "app"."t" ALTER COLUMN "a" SET STORAGE MAIN;',
            'ALTER TABLE "app"."t" ALTER COLUMN "a" SET COMPRESSION lz4;',
            'ALTER TABLE "app"."t" ALTER COLUMN "a" SET STATISTICS -1;',
        ),
    ),
    (
        o.AddExclusion(table=T, exclusion=APART),
        (
            'ALTER TABLE "app"."t" ADD CONSTRAINT "x" EXCLUDE USING gist (a WITH &&);',
            """COMMENT ON CONSTRAINT "x" ON "app"."t" IS 'apart';""",
        ),
    ),
    (
        o.DropExclusion(table=T, exclusion=APART),
        ('ALTER TABLE "app"."t" DROP CONSTRAINT "x";',),
    ),
    (
        o.ValidateConstraint(table=T, kind="check", name="c", apart=True),
        (
            'ALTER TABLE "app"."t" VALIDATE CONSTRAINT "c" /* nbmigrate: in a transaction of its own */;',
        ),
    ),
    (
        o.SetNotNull(table=T, column="a", apart=True),
        (
            'ALTER TABLE "app"."t" ALTER COLUMN "a" SET NOT NULL /* nbmigrate: in a transaction of its own */;',
        ),
    ),
    (
        o.AddKeyFromIndex(
            table=T, kind="primary key", name="k", columns=("a",), deferrable=True, comment="c"
        ),
        (
            'ALTER TABLE "app"."t" ADD CONSTRAINT "k" PRIMARY KEY USING INDEX "k" DEFERRABLE /* nbmigrate: in a transaction of its own */;',
            """COMMENT ON CONSTRAINT "k" ON "app"."t" IS 'c';""",
        ),
    ),
    (
        o.AttachIndex(table=T, index="i", part=("other", "p_i")),
        ('ALTER INDEX "app"."i" ATTACH PARTITION "other"."p_i";',),
    ),
    (
        o.FillColumn(table=T, column='a"b', value="random()"),
        (
            """\
DO $nbmigrate$
/* nbmigrate: in no transaction */
DECLARE
	page bigint;
	missing bigint;
	before bigint;
BEGIN
	LOOP
		page := 0;
		WHILE page <= pg_relation_size('"app"."t"'::regclass) / current_setting('block_size')::bigint LOOP
			UPDATE "app"."t" SET "a""b" = (random()) WHERE "a""b" IS NULL
				AND ctid >= ('(' || page || ',0)')::tid
				AND ctid < ('(' || page + 128 || ',0)')::tid;
			COMMIT;
			page := page + 128;
		END LOOP;
		SELECT count(*) INTO missing FROM "app"."t" WHERE "a""b" IS NULL;
		EXIT WHEN missing = 0 OR missing >= before;
		before := missing;
	END LOOP;
END
$nbmigrate$;""",
        ),
    ),
    (
        o.ValidateConstraint(table=T, kind="check", name="c"),
        ('ALTER TABLE "app"."t" VALIDATE CONSTRAINT "c";',),
    ),
    (
        o.CreateStatistics(table=T, statistics=COUNTS),
        (
            'CREATE STATISTICS "app"."s" (mcv) ON a, b FROM "app"."t";',
            'ALTER STATISTICS "app"."s" SET STATISTICS 5;',
            """COMMENT ON STATISTICS "app"."s" IS 'counts';""",
        ),
    ),
    (o.DropStatistics(table=T, statistics=COUNTS), ('DROP STATISTICS "app"."s";',)),
    (
        o.SetComment(kind="constraint", path=("app", "t", "c"), text="it's"),
        ("""COMMENT ON CONSTRAINT "c" ON "app"."t" IS 'it''s';""",),
    ),
    (
        o.SetComment(kind="index", path=("app", "t", "i")),
        ('COMMENT ON INDEX "app"."i" IS NULL;',),
    ),
    (
        o.SetComment(kind="column", path=("public", "t", "a"), text="a"),
        ("""COMMENT ON COLUMN "t"."a" IS 'a';""",),
    ),
    (
        o.SetComment(kind="schema", path=("app",), text="a"),
        ("""COMMENT ON SCHEMA "app" IS 'a';""",),
    ),
    (
        o.SetComment(kind="materialized view", path=("app", "m"), text="a"),
        ("""COMMENT ON MATERIALIZED VIEW "app"."m" IS 'a';""",),
    ),
]
