"""Constraints and indexes: each operation and its text."""

from __future__ import annotations

from nbmigrate import operations as o
from nbmigrate.model import (
    Check,
    Column,
    ForeignKey,
    Index,
    IndexColumn,
    Unique,
)

T = ("public", "t")
APP = ("app", "t")
FK = ForeignKey(
    name="post_user_id_user_id_fk",
    table_from="post",
    table_to="user",
    columns_from=("user_id",),
    columns_to=("id",),
    on_delete="cascade",
)


def columns(*found: Column) -> dict[str, Column]:
    return {column.name: column for column in found}


def key(expression: str, **options) -> IndexColumn:
    return IndexColumn(expression=expression, **options)


CASES: list[tuple[o.Operation, tuple[str, ...]]] = [
    # constraints
    (
        o.AddPrimaryKey(table=T, name=None, columns=("id",)),
        ('ALTER TABLE "t" ADD PRIMARY KEY ("id");',),
    ),
    (
        o.AddPrimaryKey(table=T, name="k", columns=("x", "y")),
        ('ALTER TABLE "t" ADD CONSTRAINT "k" PRIMARY KEY("x","y");',),
    ),
    (
        o.DropPrimaryKey(table=T, name="k", columns=("x", "y")),
        ('ALTER TABLE "t" DROP CONSTRAINT "k";',),
    ),
    (
        o.DropPrimaryKey(table=APP, name=None, columns=("id",)),
        (
            """DO $nbmigrate$
BEGIN
	EXECUTE (
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
		FROM pg_catalog.pg_constraint
		WHERE contype = 'p' AND conrelid = '"app"."t"'::regclass
	);
END
$nbmigrate$;""",
        ),
    ),
    (
        o.AddUnique(table=T, unique=Unique(name="u", columns=("a", "b"), comment="c")),
        (
            'ALTER TABLE "t" ADD CONSTRAINT "u" UNIQUE("a","b");',
            """COMMENT ON CONSTRAINT "u" ON "t" IS 'c';""",
        ),
    ),
    (
        o.DropUnique(table=T, unique=Unique(name="u", columns=("a",))),
        ('ALTER TABLE "t" DROP CONSTRAINT "u";',),
    ),
    (
        o.AddCheck(table=T, check=Check(name="c", value="a > 0", not_valid=True)),
        ('ALTER TABLE "t" ADD CONSTRAINT "c" CHECK (a > 0) NOT VALID;',),
    ),
    (
        o.DropCheck(table=T, check=Check(name="c", value="a > 0")),
        ('ALTER TABLE "t" DROP CONSTRAINT "c";',),
    ),
    (
        o.AddForeignKey(table=("public", "post"), foreign_key=FK),
        (
            (
                'ALTER TABLE "post" ADD CONSTRAINT "post_user_id_user_id_fk" FOREIGN KEY ("user_id") '
                'REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;'
            ),
        ),
    ),
    (
        o.AddForeignKey(
            table=T,
            foreign_key=ForeignKey(
                name="f",
                table_from="t",
                table_to="u",
                schema_to="auth",
                columns_from=("a", "b"),
                columns_to=("x", "y"),
                match="full",
                initially_deferred=True,
                not_valid=True,
            ),
        ),
        (
            (
                'ALTER TABLE "t" ADD CONSTRAINT "f" FOREIGN KEY ("a","b") REFERENCES "auth"."u"'
                '("x","y") MATCH FULL ON DELETE no action ON UPDATE no action '
                "DEFERRABLE INITIALLY DEFERRED NOT VALID;"
            ),
        ),
    ),
    (
        o.DropForeignKey(table=("public", "post"), foreign_key=FK),
        ('ALTER TABLE "post" DROP CONSTRAINT "post_user_id_user_id_fk";',),
    ),
    (
        o.RenameConstraint(table=T, kind="check", old="a", new="b"),
        ('ALTER TABLE "t" RENAME CONSTRAINT "a" TO "b";',),
    ),
    # indexes
    (
        o.CreateIndex(
            table=T,
            index=Index(
                name="i",
                columns=(
                    key("a", asc=False),
                    key("b", asc=False, nulls="first", opclass="text_pattern_ops"),
                    key("c", nulls="first", collation="C"),
                    key('upper("b")', is_expression=True),
                    key("(b || c)", is_expression=True),
                    key("lower(a) || upper(b)", is_expression=True),
                ),
                is_unique=True,
                options={"fillfactor": 80, "deduplicate_items": False},
                where='"t"."b" is not null',
                include=("d",),
                nulls_not_distinct=True,
                tablespace="pg_default",
                comment="c",
            ),
        ),
        (
            (
                'CREATE UNIQUE INDEX "i" ON "t" USING btree ("a" DESC NULLS LAST,'
                '"b" text_pattern_ops DESC NULLS FIRST,"c" COLLATE "C" NULLS FIRST,upper("b"),'
                '(b || c),(lower(a) || upper(b))) INCLUDE ("d") NULLS NOT DISTINCT '
                'WITH (fillfactor=80,deduplicate_items=false) TABLESPACE "pg_default" '
                'WHERE "t"."b" is not null;'
            ),
            """COMMENT ON INDEX "i" IS 'c';""",
        ),
    ),
    (
        o.CreateIndex(table=T, index=Index(name="i", columns=(key("n"),), concurrently=True)),
        ('CREATE INDEX CONCURRENTLY "i" ON "t" USING btree ("n");',),
    ),
    (
        o.RenameIndex(table=APP, old="i", new="j"),
        ('ALTER INDEX "app"."i" RENAME TO "j";',),
    ),
    (
        o.DropIndex(table=APP, index=Index(name="i", columns=(key("n"),))),
        ('DROP INDEX "app"."i";',),
    ),
    (
        o.DropIndex(table=T, index=Index(name="i", columns=(key("n"),), concurrently=True)),
        ('DROP INDEX CONCURRENTLY "i";',),
    ),
]
