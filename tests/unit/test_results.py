from __future__ import annotations

import json
from decimal import Decimal

import pandas as pd
import pytest
from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.display import Change
from nbmigrate.model import (
    Attribute,
    Check,
    Column,
    CompositeType,
    Definition,
    Domain,
    DomainCheck,
    Enum,
    Exclusion,
    Extension,
    ForeignKey,
    Function,
    Grant,
    Identity,
    Index,
    IndexColumn,
    Partition,
    Policy,
    RangeType,
    Role,
    Rule,
    Snapshot,
    Statistics,
    Table,
    Trigger,
    Unique,
    View,
)
from nbmigrate.model import Sequence as DbSequence
from nbmigrate.plan import Choice, Plan, Question
from nbmigrate.postgresql import render
from nbmigrate.results import (
    AppliedMigration,
    AppliedStatement,
    CheckResult,
    ConnectResult,
    DeclareResult,
    DiffResult,
    GenerateResult,
    InitResult,
    MigrateResult,
    MigrationState,
    Problem,
    PushResult,
    QueryResult,
    SchemaResult,
    StatusResult,
    StudioResult,
    TableCard,
    TableResult,
    WrittenFile,
)
from nbmigrate.results.changes import counts, tree

ID = Column(name="id", type="text", primary_key=True, not_null=True)
AGE = Column(name="age", type="integer")
USER = Table(name="user", columns={"id": ID, "age": AGE})
KEY = ForeignKey(
    name="post_user_id_fk",
    table_from="post",
    table_to="user",
    columns_from=("user_id",),
    columns_to=("id",),
    on_delete="cascade",
)
USERS = ("public", "user")
QUESTION = Question(
    kind="drop",
    path="public.user.age",
    text="`public.user.age`: drops the column and its values. Do that?",
    evidence=("42 rows",),
    choices=(Choice(text="it may go", flag="--drop public.user.age"),),
)


def plan_of(*operations: o.Operation, questions: tuple[Question, ...] = ()) -> Plan:
    return Plan(
        old=Snapshot(),
        new=Snapshot(tables={"public.user": USER}),
        operations=operations,
        statements=render(operations),
        questions=questions,
    )


CREATED = plan_of(o.CreateTable(table=USER), o.AddForeignKey(table=USERS, foreign_key=KEY))
ASKING = plan_of(o.DropColumn(table=USERS, column=AGE), questions=(QUESTION,))
EMPTY = plan_of()

SNAPSHOT = Snapshot(
    tables={
        "public.user": USER,
        "public.post": Table(
            name="post",
            columns={
                "id": Column(
                    name="id",
                    type="integer",
                    primary_key=True,
                    not_null=True,
                    identity=Identity(type="always", name="post_id_seq"),
                ),
                "user_id": Column(name="user_id", type="text", not_null=True),
            },
            foreign_keys={KEY.name: KEY},
            check_constraints={"c": Check(name="c", value="id > 0")},
            indexes={"i": Index(name="i", columns=(IndexColumn(expression="user_id"),))},
        ),
    },
    enums={"public.mood": Enum(name="mood", values=("sad", "ok"))},
    domains={"public.email": Domain(name="email", type="text")},
    types={"public.span": RangeType(name="span", subtype="date")},
    views={"public.v": View(name="v", definition="select 1")},
)

EVERY_RESULT = [
    DeclareResult("cell", ("table public.user",), SNAPSHOT, CREATED, "note"),
    DeclareResult("cell", (), SNAPSHOT, None),
    SchemaResult(SNAPSHOT, "declared"),
    DiffResult(CREATED, "live", "declared"),
    PushResult(CREATED, (AppliedStatement("CREATE TABLE x ();", 3.5, -1),), 12.0, "app"),
    PushResult(ASKING, (), 0.0, "app"),
    PushResult(EMPTY, (), 0.0, "app"),
    GenerateResult(CREATED, "0000_a", (WrittenFile("migrations/0000_a.sql", 2048),), "git add x"),
    GenerateResult(EMPTY, None),
    MigrateResult((AppliedMigration("0000_a", 3, 12.0),), (), "", "", "app"),
    MigrateResult((), ("0001_b",), "pid 12", "CREATE TABLE x ();", "app"),
    StatusResult("app", "18.0", (MigrationState("0000_a", "applied", "2026-01-01"),), CREATED),
    StatusResult("app", "18.0", (), None, ("public.a",), ("public.b",), ("users",)),
    CheckResult((Problem("NB1", "migrations/meta", "broken", "repair it"),), CREATED),
    CheckResult(),
    TableResult("public.user", ("id",), (("x",), (None,)), pd.DataFrame({"id": ["x", None]}), 99),
    QueryResult(("n",), pd.DataFrame({"n": [1, 2]}), 2, 0.4),
    QueryResult((), None, 3, 15_000.0),
    ConnectResult("app", "18.0", "postgresql://***@h/app"),
    StudioResult((TableCard("public", "user", 2, 8192, ("id",), ((Decimal("1.50"),),)),)),
    StudioResult(()),
    InitResult((WrittenFile("pyproject.toml", 10),)),
    InitResult(()),
]


@pytest.mark.parametrize("result", EVERY_RESULT, ids=lambda r: type(r).__name__)
def test_every_result_shows_itself_everywhere(result):
    bundle = result._repr_mimebundle_()
    assert bundle["text/plain"] == repr(result)
    assert bundle["text/html"] == result._repr_html_()
    assert repr(result).strip()
    assert bundle["text/html"].startswith("<div")
    assert isinstance(result.frame, pd.DataFrame) or result.frame is None
    assert isinstance(result.to_frame(), pd.DataFrame)
    assert json.loads(json.dumps(result.as_dict(), allow_nan=False)) == result.as_dict()


def test_a_plan_shows_counts_tree_hazards_and_sql():
    text = repr(DiffResult(CREATED, "live", "declared"))
    assert text.startswith("live -> declared\n\n1 added\n")
    assert "+ table public.user\n    + id text, primary key\n    + age integer" in text
    assert (
        "+ foreign key post_user_id_fk (user_id) references public.user (id), on delete cascade"
        in text
    )
    assert 'CREATE TABLE "user" (' in text
    assert DiffResult(CREATED, "a", "b").is_different
    assert not DiffResult(EMPTY, "a", "b").is_different


def test_open_questions_stand_before_the_changes_with_their_flags():
    text = repr(PushResult(ASKING, (), 0.0, "app"))
    assert text.startswith("Nothing was changed in app: answers are needed")
    assert text.index("--drop public.user.age") < text.index("- age integer")
    assert "42 rows" in text


def test_questions_of_a_push_are_open_only_when_nothing_was_done():
    assert PushResult(ASKING, (), 0.0, "app").questions == (QUESTION,)
    assert PushResult(ASKING, (), 0.0, "app", dry_run=True).questions == ()
    assert GenerateResult(ASKING, None).questions == (QUESTION,)
    assert GenerateResult(ASKING, "0000_a").questions == ()
    assert SchemaResult(SNAPSHOT, "declared").questions == ()


def test_json_of_a_plan_has_operations_statements_and_questions():
    plan = PushResult(ASKING, (), 0.0, "app").as_dict()["plan"]
    assert plan["counts"] == {"added": 0, "changed": 0, "removed": 1, "renamed": 0}
    assert plan["operations"][0]["op"] == "DropColumn"
    assert plan["statements"] == ['ALTER TABLE "user" DROP COLUMN "age";']
    assert plan["questions"][0]["flags"] == ["--drop public.user.age"]


def test_schema_is_a_card_per_table():
    text = repr(SchemaResult(SNAPSHOT, "declared"))
    assert "public.post  (2 columns)" in text
    assert "primary key, identity" in text
    assert "public.user (id), on delete cascade" in text
    assert "check c (id > 0)" in text
    assert "index i (user_id)" in text
    assert "enum public.mood        sad, ok" in text
    assert "domain public.email     text" in text
    assert "range type public.span  of date" in text
    frame = SchemaResult(SNAPSHOT, "declared").frame
    assert list(frame["column"]) == ["id", "age", "id", "user_id"]
    assert list(frame["primary_key"]) == [True, False, True, False]


def test_query_without_rows_says_what_it_did():
    assert repr(QueryResult((), None, 3, 15_000.0)) == "Done: 3 rows, 15.0 s."
    assert repr(QueryResult((), None, -1, 0.2)) == "Done: under 1 ms."


def test_rows_of_a_query_keep_two_columns_of_one_name():
    result = QueryResult(("a", "a"), None, 1, 1.0, ((1, Decimal("2.50")),))
    assert result.as_dict()["rows"] == [[1, "2.50"]]
    assert repr(result).splitlines()[2] == "1  2.50"


def test_frame_nulls_are_shown_as_null():
    frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "t": [pd.NaT, pd.NaT]})
    lines = repr(QueryResult(("a", "t"), frame, 2, 1.0)).splitlines()
    assert lines[2:4] == ["   1  NULL", "NULL  NULL"]


def test_only_the_first_rows_are_shown_and_the_rest_counted():
    rows = tuple((n,) for n in range(100))
    text = repr(TableResult("t", ("n",), rows, pd.DataFrame({"n": range(100)}), 5_000))
    assert "20 of 100 rows read, about 5,000 in the table" in text
    assert "\n20\n" not in text


OTHER = ("public", "other")
SEQUENCE = DbSequence(name="s", increment="1")
POLICY = Policy(name="p")
APART = Exclusion(name="x", definition="EXCLUDE (age WITH =)")
COUNTS = Statistics(name="s", definition="age, id")
PART = Partition(table="user", bound="DEFAULT")
CHECK = Check(name="c", value="age > 0")
UNIQUE = Unique(name="u", columns=("age",))
INDEX = Index(name="i", columns=(IndexColumn(expression="age", asc=False),), is_unique=True)
VIEW = View(name="v", definition="select 1", materialized=True)
MOOD = Enum(name="mood", values=("a", "b"))
SERIAL = Column(name="age", type="serial")
DEFAULT = Column(name="age", type="integer", default=5)
IDENTITY = Identity(type="byDefault", name="x")

VECTOR = Extension(name="vector", schema="app")
EMAIL = Domain(
    name="email", type="text", checks={"at": DomainCheck(name="at", value="VALUE ~ '@'")}
)
POINT = CompositeType(name="point", attributes=(Attribute(name="x", type="integer"),))
SPAN = RangeType(name="span", subtype="date")
EQUAL = Definition(kind="operator", name="===", of="integer, integer", definition="x")
ADD = Function(name="add", definition="CREATE FUNCTION ...", returns="integer")
PLUS = Function(name="plus", definition="CREATE FUNCTION ...", returns="integer")
STAMP = Trigger(name="stamp", definition="CREATE TRIGGER ...")
KEEP = Rule(name="keep", definition="CREATE RULE ...")

EVERY_OPERATION = [
    (o.CreateExtension(extension=VECTOR), "+ extension vector"),
    (o.MoveExtension(extension=VECTOR), "~ extension vector | ~ schema app"),
    (o.DropExtension(extension=VECTOR), "- extension vector"),
    (o.CreateDomain(domain=EMAIL), "+ domain public.email text | + check at (VALUE ~ '@')"),
    (
        o.AlterDomain(old=EMAIL, new=Domain(name="email", type="text", not_null=True)),
        "~ domain public.email | ~ not null: False -> True | - check at (VALUE ~ '@')",
    ),
    (
        o.RecreateDomain(old=Domain(name="email", type="char(9)"), new=EMAIL),
        "~ domain public.email | ~ type: char(9) -> text | + check at",
    ),
    (o.DropDomain(domain=EMAIL), "- domain public.email"),
    (o.CreateType(type=POINT), "+ composite type public.point | + x integer"),
    (o.AlterType(old=CompositeType(name="point"), new=POINT), "public.point | + x integer"),
    (
        o.RecreateType(old=RangeType(name="span", subtype="text"), new=SPAN),
        "~ range type public.span | - of text | + of date",
    ),
    (o.DropType(type=SPAN), "- range type public.span"),
    (o.CreateFunction(function=ADD), "+ function public.add()"),
    (o.RenameFunction(old=ADD, new=PLUS), "> function public.add() -> public.plus()"),
    (o.MoveFunction(old=ADD, new=PLUS), "> function public.add() -> public.plus()"),
    (o.ReplaceFunction(old=ADD, new=ADD), "~ function public.add() | ~ definition"),
    (o.DropFunction(function=ADD), "- function public.add()"),
    (o.CreateDefinition(definition=EQUAL), "+ operator public.=== (integer, integer)"),
    (
        o.AlterDefinition(old=EQUAL, new=replace(EQUAL, comment="same")),
        "~ operator public.=== (integer, integer) | ~ comment",
    ),
    (o.DropDefinition(definition=EQUAL), "- operator public.=== (integer, integer)"),
    (o.CreateTrigger(table=USERS, trigger=STAMP), "| + trigger stamp"),
    (
        o.AlterTrigger(
            table=USERS,
            old=STAMP,
            new=Trigger(name="stamp", definition=STAMP.definition, enabled="disabled"),
        ),
        "| ~ trigger stamp",
    ),
    (o.DropTrigger(table=USERS, trigger=STAMP), "| - trigger stamp"),
    (o.CreateRule(table=USERS, rule=KEEP), "| + rule keep"),
    (
        o.AlterRule(
            table=USERS,
            old=KEEP,
            new=Rule(name="keep", definition=KEEP.definition, enabled="disabled"),
        ),
        "| ~ rule keep",
    ),
    (o.DropRule(table=USERS, rule=KEEP), "| - rule keep"),
    (o.CreateSchema(name="app"), "+ schema app"),
    (o.RenameSchema(old="a", new="b"), "> schema a -> b"),
    (o.DropSchema(name="app"), "- schema app"),
    (o.CreateEnum(enum=MOOD), "+ enum public.mood (a, b)"),
    (o.RenameEnum(old=OTHER, new=USERS), "> enum public.other -> public.user"),
    (o.MoveEnum(old=("a", "e"), new=("b", "e")), "> enum a.e -> b.e"),
    (o.AddEnumValue(id=OTHER, value="x", before="y"), "~ enum public.other | + value x"),
    (o.RenameEnumValue(id=OTHER, old="x", new="y"), "~ enum public.other | > value x -> y"),
    (o.RecreateEnum(old=MOOD, new=Enum(name="mood", values=("a",))), "| - value b"),
    (o.RecreateEnum(old=MOOD, new=Enum(name="mood", values=("b", "a"))), "| ~ order (a, b)"),
    (o.DropEnum(enum=MOOD), "- enum public.mood"),
    (o.RenameDomain(old=OTHER, new=USERS), "> domain public.other -> public.user"),
    (o.MoveDomain(old=("a", "d"), new=("b", "d")), "> domain a.d -> b.d"),
    (o.RenameType(old=OTHER, new=USERS), "> composite type public.other -> public.user"),
    (
        o.MoveType(old=("a", "r"), new=("b", "r"), range=RangeType(name="r", subtype="date")),
        "> range type a.r -> b.r",
    ),
    (o.CreateSequence(sequence=SEQUENCE), "+ sequence public.s"),
    (o.RenameSequence(old=OTHER, new=USERS), "> sequence public.other -> public.user"),
    (o.MoveSequence(old=("a", "s"), new=("b", "s")), "> sequence a.s -> b.s"),
    (
        o.AlterSequence(old=SEQUENCE, new=DbSequence(name="s", increment="2")),
        "~ sequence public.s | ~ increment: 1 -> 2",
    ),
    (o.DropSequence(sequence=SEQUENCE), "- sequence public.s"),
    (o.CreateRole(role=Role(name="r")), "+ role r"),
    (o.RenameRole(old="a", new="b"), "> role a -> b"),
    (
        o.AlterRole(old=Role(name="r"), new=Role(name="r", create_db=True)),
        "~ role r | ~ create db: False -> True",
    ),
    (o.DropRole(role=Role(name="r")), "- role r"),
    (o.CreateTable(table=USER), "+ table public.user | + id text, primary key"),
    (o.RenameTable(old=OTHER, new=USERS), "> table public.other -> public.user"),
    (o.MoveTable(old=("a", "t"), new=("b", "t")), "> table a.t -> b.t"),
    (o.DropTable(table=USER), "- table public.user | - id text, primary key"),
    (o.SetRowSecurity(table=USERS, enabled=True), "| ~ row security enabled"),
    (o.AddColumn(table=USERS, column=AGE, backfill="0"), "| + age integer (rows there get 0)"),
    (o.RenameColumn(table=USERS, old="a", new="b"), "| > column a -> b"),
    (o.DropColumn(table=USERS, column=AGE), "| - age integer"),
    (o.AlterColumnType(table=USERS, old=AGE, new=SERIAL), "| ~ column age: integer -> serial"),
    (o.SetDefault(table=USERS, column=DEFAULT), "| ~ column age: default 5"),
    (o.DropDefault(table=USERS, column=DEFAULT), "| ~ column age: no default"),
    (o.SetNotNull(table=USERS, column="age"), "| ~ column age: not null"),
    (o.DropNotNull(table=USERS, column="age"), "| ~ column age: NULL allowed"),
    (
        o.AddIdentity(table=USERS, column=Column(name="age", type="integer", identity=IDENTITY)),
        "| ~ column age: identity by default",
    ),
    (
        o.AlterIdentity(table=USERS, column="age", old=IDENTITY, new=IDENTITY),
        "| ~ column age: identity by default (options changed)",
    ),
    (o.DropIdentity(table=USERS, column="age"), "| ~ column age: no identity"),
    (o.AddSerial(table=USERS, column=SERIAL), "| ~ column age: serial"),
    (o.AlterSerial(table=USERS, column=SERIAL), "| ~ column age: serial"),
    (o.DropSerial(table=USERS, column=AGE), "| ~ column age: integer"),
    (o.DropExpression(table=USERS, column="age"), "| ~ column age: no longer generated"),
    (o.AddPrimaryKey(table=USERS, name=None, columns=("id",)), "| + primary key (id)"),
    (o.DropPrimaryKey(table=USERS, name=None, columns=("id",)), "| - primary key (id)"),
    (o.AddUnique(table=USERS, unique=UNIQUE), "| + unique u (age)"),
    (o.DropUnique(table=USERS, unique=UNIQUE), "| - unique u (age)"),
    (
        o.AddKeyFromIndex(table=USERS, kind="unique", name="u", columns=("age",)),
        "| + unique u (age), from its index",
    ),
    (
        o.FillColumn(table=USERS, column="age", value="0"),
        "| ~ column age: filled in batches (0)",
    ),
    (
        o.AttachIndex(table=USERS, index="i", part=("public", "j")),
        "| ~ index i: with that of public.j",
    ),
    (o.AddCheck(table=USERS, check=CHECK), "| + check c (age > 0)"),
    (o.DropCheck(table=USERS, check=CHECK), "| - check c (age > 0)"),
    (o.AddForeignKey(table=OTHER, foreign_key=KEY), "| + foreign key post_user_id_fk"),
    (o.DropForeignKey(table=OTHER, foreign_key=KEY), "| - foreign key post_user_id_fk"),
    (
        o.RenameConstraint(table=USERS, kind="unique", old="a", new="b"),
        "| > unique a -> b",
    ),
    (o.CreateIndex(table=USERS, index=INDEX), "| + unique index i (age desc)"),
    (o.RenameIndex(table=USERS, old="a", new="b"), "| > index a -> b"),
    (o.DropIndex(table=USERS, index=INDEX), "| - unique index i (age desc)"),
    (o.CreateView(view=VIEW), "+ materialized view public.v | + as select 1"),
    (
        o.RenameView(old=OTHER, new=USERS, materialized=False),
        "> view public.other -> public.user",
    ),
    (o.MoveView(old=("a", "v"), new=("b", "v"), materialized=True), "> materialized view a.v"),
    (o.AlterViewOptions(old=VIEW, new=VIEW), "~ materialized view public.v | ~ options"),
    (o.DropView(view=VIEW), "- materialized view public.v | - as select 1"),
    (o.CreatePolicy(table=USERS, policy=POLICY), "| + policy p for all to public"),
    (o.RenamePolicy(table=USERS, old="a", new="b"), "| > policy a -> b"),
    (o.AlterPolicy(table=USERS, old=POLICY, new=POLICY), "| ~ policy p for all to public"),
    (o.DropPolicy(table=USERS, policy=POLICY), "| - policy p for all to public"),
    (
        o.AlterTable(old=Table(name="user"), new=Table(name="user", unlogged=True)),
        "~ table public.user | ~ unlogged: off -> on",
    ),
    (
        o.AttachPartition(table=OTHER, partition=PART),
        "| + partition of public.user DEFAULT",
    ),
    (
        o.DetachPartition(table=OTHER, partition=PART),
        "| - partition of public.user DEFAULT",
    ),
    (
        o.SetPrivileges(table=USERS, new=Grant(role="r", privileges=("SELECT",))),
        "| ~ role r: may SELECT",
    ),
    (
        o.SetColumnStorage(table=USERS, old=AGE, new=AGE),
        "| ~ column age: storage default, compression default, statistics default",
    ),
    (o.AddExclusion(table=USERS, exclusion=APART), "| + exclusion x EXCLUDE (age WITH =)"),
    (o.DropExclusion(table=USERS, exclusion=APART), "| - exclusion x EXCLUDE (age WITH =)"),
    (o.ValidateConstraint(table=USERS, kind="check", name="c"), "| ~ check c: validated"),
    (o.CreateStatistics(table=USERS, statistics=COUNTS), "| + statistics s on age, id"),
    (o.DropStatistics(table=USERS, statistics=COUNTS), "| - statistics s on age, id"),
    (
        o.SetComment(kind="column", path=(*USERS, "age"), text="years"),
        "~ table public.user | ~ column age: comment: years",
    ),
]


def line(node: Change) -> str:
    note = f" ({node.note})" if node.note else ""
    inner = "".join(f" | {line(child)}" for child in node.children)
    return f"{node.sign} {node.label}{note}{inner}"


@pytest.mark.parametrize(
    ("operation", "expected"), EVERY_OPERATION, ids=lambda value: type(value).__name__
)
def test_every_operation_is_said_in_a_line(operation, expected):
    (node,) = tree([operation])
    assert expected in line(node)


def test_every_operation_there_is_has_a_line():
    covered = {type(operation) for operation, _ in EVERY_OPERATION}
    assert covered == set(o.Operation.__args__)


def test_what_happens_to_one_table_is_one_node():
    nodes = tree(
        [
            o.RenameTable(old=OTHER, new=USERS),
            o.AddColumn(table=USERS, column=AGE),
            o.CreateIndex(table=USERS, index=INDEX),
        ]
    )
    assert [line(node) for node in nodes] == [
        "> table public.other -> public.user | + age integer | + unique index i (age desc)"
    ]
    assert counts(nodes) == {"added": 2, "changed": 0, "removed": 0, "renamed": 1}


def test_a_view_defined_anew_is_a_change():
    other = replace(VIEW, definition="SELECT 2")
    nodes = tree([o.DropView(view=VIEW), o.CreateView(view=other)])
    assert [(node.sign, len(node.children)) for node in nodes] == [("~", 2)]


def test_what_was_only_in_the_way_is_built_again():
    nodes = tree([o.DropView(view=VIEW), o.CreateView(view=VIEW)])
    assert [[(c.sign, c.note) for c in node.children] for node in nodes] == [[("~", "built again")]]
    assert counts(nodes)["changed"] == 1
