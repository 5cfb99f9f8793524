"""Operations on extensions, domains, types, functions, triggers and rules, with their SQL."""

from __future__ import annotations

from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.model import Column, Rule, Trigger
from nbmigrate.model.definitions import (
    Attribute,
    CompositeType,
    Definition,
    Domain,
    DomainCheck,
    Extension,
    Function,
    Parameter,
    RangeType,
)

T = ("app", "t")
GERMAN = Definition(
    kind="collation",
    name='ge"rman',
    schema="app",
    definition='CREATE COLLATION app."ge""rman" (locale = \'C\') -- plain',
    comment="it's",
)
EQUAL = Definition(
    kind="operator", name="===", of="integer, integer", definition="CREATE OPERATOR === (JOIN = a)"
)
BY_VALUE = Definition(kind="operator class", name="by", of="btree", definition="x")
AS_TEXT = Definition(kind="cast", name="integer AS app.mood", definition="x")
GUARD = Definition(kind="event trigger", name="guard", definition="x")
VECTOR = Extension(name="vector", schema="app")
EMAIL = Domain(
    name="email",
    type="text",
    not_null=True,
    checks={"has_at": DomainCheck(name="has_at", value="VALUE ~ '@'")},
    comment="an address",
)
LOOSE = Domain(name="email", type="text", default="'?'")
USE = o.TypeUse(table=T, column=Column(name="c", type="email", type_schema="public"))
X, Y = Attribute(name="x", type="integer"), Attribute(name="y", type="text")
POINT = CompositeType(name="spot", schema="app", attributes=(X, Y))
MOVED = CompositeType(
    name="spot",
    schema="app",
    attributes=(Attribute(name="x", type="bigint"), Attribute(name="z", type="text")),
)
SPAN = RangeType(name="span", subtype="numeric")
ADD_SQL = (
    "CREATE OR REPLACE FUNCTION public.add(a integer, b integer) RETURNS integer"
    " LANGUAGE sql AS $$ SELECT a + b $$"
)
ADD = Function(
    name="add",
    parameters=(Parameter(name="a", type="integer"), Parameter(name="b", type="integer")),
    returns="integer",
    definition=ADD_SQL,
    comment="a sum",
)
TOUCH_SQL = "CREATE TRIGGER touch BEFORE UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION touch()"
TOUCH = Trigger(name="touch", definition=TOUCH_SQL)
KEEP_SQL = "CREATE RULE keep AS ON DELETE TO app.t DO INSTEAD NOTHING"
KEEP = Rule(name="keep", definition=KEEP_SQL)

CASES = [
    (
        o.CreateExtension(extension=VECTOR),
        ('CREATE EXTENSION IF NOT EXISTS "vector" SCHEMA "app";',),
    ),
    (o.MoveExtension(extension=VECTOR), ('ALTER EXTENSION "vector" SET SCHEMA "app";',)),
    (o.DropExtension(extension=VECTOR), ('DROP EXTENSION "vector";',)),
    (
        o.CreateDomain(domain=EMAIL),
        (
            (
                'CREATE DOMAIN "public"."email" AS text NOT NULL'
                " CONSTRAINT \"has_at\" CHECK (VALUE ~ '@');"
            ),
            'COMMENT ON DOMAIN "public"."email" IS \'an address\';',
        ),
    ),
    (
        o.RenameDomain(old=EMAIL.id, new=("public", 'e"mail')),
        ('ALTER DOMAIN "public"."email" RENAME TO "e""mail";',),
    ),
    (
        o.MoveDomain(old=EMAIL.id, new=("app", "email")),
        ('ALTER DOMAIN "public"."email" SET SCHEMA "app";',),
    ),
    (
        o.AlterDomain(old=EMAIL, new=LOOSE),
        (
            'ALTER DOMAIN "public"."email" DROP CONSTRAINT "has_at";',
            'ALTER DOMAIN "public"."email" SET DEFAULT \'?\';',
            'ALTER DOMAIN "public"."email" DROP NOT NULL;',
            'COMMENT ON DOMAIN "public"."email" IS NULL;',
        ),
    ),
    (
        o.RecreateDomain(old=EMAIL, new=replace(LOOSE, type="varchar(9)"), uses=(USE,)),
        (
            'ALTER DOMAIN "public"."email" RENAME TO "email__old_82244417";',
            'CREATE DOMAIN "public"."email" AS varchar(9) DEFAULT \'?\';',
            (
                'ALTER TABLE "app"."t" ALTER COLUMN "c" SET DATA TYPE "public"."email"'
                ' USING "c"::varchar(9)::"public"."email";'
            ),
            'DROP DOMAIN "public"."email__old_82244417";',
        ),
    ),
    (o.DropDomain(domain=EMAIL), ('DROP DOMAIN "public"."email";',)),
    (o.CreateType(type=POINT), ('CREATE TYPE "app"."spot" AS ("x" integer, "y" text);',)),
    (o.CreateType(type=SPAN), ('CREATE TYPE "public"."span" AS RANGE (SUBTYPE = numeric);',)),
    (
        o.RenameType(old=SPAN.id, new=("public", "numbers"), range=replace(SPAN, multirange="m")),
        (
            'ALTER TYPE "public"."span" RENAME TO "numbers";',
            'ALTER FUNCTION "public"."span"(numeric, numeric) RENAME TO "numbers";',
            'ALTER FUNCTION "public"."span"(numeric, numeric, text) RENAME TO "numbers";',
        ),
    ),
    (
        o.MoveType(old=POINT.id, new=("public", "spot")),
        ('ALTER TYPE "app"."spot" SET SCHEMA "public";',),
    ),
    (
        o.AlterType(old=POINT, new=MOVED),
        (
            (
                'ALTER TYPE "app"."spot" DROP ATTRIBUTE "y",'
                ' ALTER ATTRIBUTE "x" SET DATA TYPE bigint, ADD ATTRIBUTE "z" text;'
            ),
        ),
    ),
    (
        o.RecreateType(old=SPAN, new=replace(SPAN, subtype="integer")),
        (
            'DROP TYPE "public"."span";',
            'CREATE TYPE "public"."span" AS RANGE (SUBTYPE = integer);',
        ),
    ),
    (o.DropType(type=SPAN), ('DROP TYPE "public"."span";',)),
    (
        o.CreateFunction(function=ADD),
        (
            f"{ADD_SQL};",
            'COMMENT ON FUNCTION "public"."add"(integer, integer) IS \'a sum\';',
        ),
    ),
    (
        o.ReplaceFunction(old=replace(ADD, definition="x"), new=ADD),
        (f"{ADD_SQL};",),
    ),
    (
        o.RenameFunction(old=ADD, new=replace(ADD, name='pl"us')),
        ('ALTER FUNCTION "public"."add"(integer, integer) RENAME TO "pl""us";',),
    ),
    (
        o.MoveFunction(old=ADD, new=replace(ADD, schema="app")),
        ('ALTER FUNCTION "public"."add"(integer, integer) SET SCHEMA "app";',),
    ),
    (o.DropFunction(function=ADD), ('DROP FUNCTION "public"."add"(integer, integer);',)),
    (
        o.CreateTrigger(table=T, trigger=replace(TOUCH, enabled="replica")),
        (f"{TOUCH_SQL};", 'ALTER TABLE "app"."t" ENABLE REPLICA TRIGGER "touch";'),
    ),
    (
        o.AlterTrigger(table=T, old=TOUCH, new=replace(TOUCH, comment="c")),
        ('COMMENT ON TRIGGER "touch" ON "app"."t" IS \'c\';',),
    ),
    (o.DropTrigger(table=T, trigger=TOUCH), ('DROP TRIGGER "touch" ON "app"."t";',)),
    (o.CreateRule(table=T, rule=KEEP), (f"{KEEP_SQL};",)),
    (
        o.AlterRule(table=T, old=KEEP, new=replace(KEEP, comment="c")),
        ('COMMENT ON RULE "keep" ON "app"."t" IS \'c\';',),
    ),
    (o.DropRule(table=T, rule=KEEP), ('DROP RULE "keep" ON "app"."t";',)),
    (
        o.CreateDefinition(definition=GERMAN),
        (
            'CREATE COLLATION app."ge""rman" (locale = \'C\');',
            'COMMENT ON COLLATION "app"."ge""rman" IS \'it\'\'s\';',
        ),
    ),
    (
        o.AlterDefinition(old=GERMAN, new=replace(GERMAN, comment=None)),
        ('COMMENT ON COLLATION "app"."ge""rman" IS NULL;',),
    ),
    (
        o.AlterDefinition(
            old=EQUAL, new=replace(EQUAL, definition="CREATE OPERATOR === (RESTRICT = b)")
        ),
        ('ALTER OPERATOR "public".=== (integer, integer) SET (RESTRICT = b, JOIN = NONE);',),
    ),
    (o.DropDefinition(definition=GERMAN), ('DROP COLLATION "app"."ge""rman";',)),
    (o.DropDefinition(definition=EQUAL), ('DROP OPERATOR "public".=== (integer, integer);',)),
    (o.DropDefinition(definition=BY_VALUE), ('DROP OPERATOR CLASS "public"."by" USING btree;',)),
    (o.DropDefinition(definition=AS_TEXT), ("DROP CAST (integer AS app.mood);",)),
    (o.DropDefinition(definition=GUARD), ('DROP EVENT TRIGGER "guard";',)),
]
