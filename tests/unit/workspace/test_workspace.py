"""The facade on a real server: what may go, what is asked, what is proved, what is left alone."""

from __future__ import annotations

import pytest

from nbmigrate.errors import (
    DriftError,
    JournalError,
    NbmigrateError,
    RenameError,
    StatementFailedError,
)
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace, generating

USERS = """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""
POSTS = """
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
"""


@pytest.fixture
def open_workspace(tmp_path, database):
    opened = []

    def open_one(url=None):
        workspace = Workspace(url or database.url, root=tmp_path)
        opened.append(workspace)
        return workspace

    yield open_one
    for workspace in opened:
        workspace.close()


@pytest.fixture
def workspace(open_workspace):
    return open_workspace()


def declare(workspace, text, cell="users"):
    return workspace.declare(text, cell=cell, namespace={})


def test_push_creates_and_then_has_nothing_to_do(workspace):
    declare(workspace, USERS)
    assert len(workspace.push().applied) == 1
    assert workspace.push().plan.is_empty


def test_a_dry_run_changes_nothing(workspace, database):
    declare(workspace, USERS)
    before = database.dump()
    assert workspace.push(dry_run=True).plan.statements
    assert database.dump() == before


def test_tables_of_others_are_left_alone(workspace, database):
    database.execute("CREATE TABLE theirs (id integer)", "CREATE TYPE mood AS ENUM ('a')")
    declare(workspace, USERS)
    result = workspace.push()
    assert result.applied
    assert result.not_declared == ("public.mood", "public.theirs")
    assert "CREATE TABLE public.theirs" in database.dump()


def test_what_another_kernel_declared_is_not_dropped(workspace, open_workspace, database):
    declare(workspace, USERS)
    workspace.push()
    later = open_workspace()
    declare(later, 'tags = Table("tags", metadata, Column("label", Text))', "tags")
    assert later.push().not_declared == ("public.users",)
    assert "CREATE TABLE public.users" in database.dump()


def test_a_declaration_that_was_removed_asks_before_it_drops(workspace, database):
    declare(workspace, USERS)
    declare(workspace, POSTS, "posts")
    workspace.push()
    declare(workspace, "pass", "posts")
    [question] = workspace.push().plan.questions
    assert (question.kind, question.path) == ("drop", "public.posts")
    assert "public.posts" in database.dump()
    workspace.push(answers=Answers(drops=("public.posts",)))
    assert "public.posts" not in database.dump()


def test_a_rename_keeps_the_rows(workspace, database):
    declare(workspace, USERS)
    workspace.push()
    database.execute("INSERT INTO users (name) VALUES ('Ada')")
    declare(workspace, USERS.replace("name:", "full_name:"))
    [question] = workspace.push().plan.questions
    assert question.flags[0] == '--rename "public.users.name->public.users.full_name"'
    workspace.push(answers=Answers(renames=("public.users.name->public.users.full_name",)))
    assert workspace.query("SELECT full_name FROM users").rows == (("Ada",),)


def test_an_answer_may_stay_after_it_was_applied(workspace):
    rename = Answers(renames=("public.users.name->public.users.full_name",))
    declare(workspace, USERS)
    workspace.push()
    declare(workspace, USERS.replace("name:", "full_name:"))
    assert workspace.push(answers=rename).applied
    assert workspace.push(answers=rename).plan.is_empty


def test_a_rename_of_what_is_not_there_is_an_error_that_lists_names(workspace):
    declare(workspace, USERS)
    workspace.push()
    with pytest.raises(RenameError, match=r"public\.users\.nome") as error:
        workspace.push(answers=Answers(renames=("public.users.nome->public.users.label",)))
    assert "name" in error.value.hint


def test_a_new_required_column_asks_for_a_value_when_there_are_rows(workspace, database):
    declare(workspace, USERS)
    workspace.push()
    more = USERS + "    age: Mapped[int]\n"
    declare(workspace, more)
    assert workspace.push(dry_run=True).plan.questions == ()
    database.execute("INSERT INTO users (name) VALUES ('Ada')")
    [question] = workspace.push().plan.questions
    assert (question.kind, question.path) == ("backfill", "public.users.age")
    workspace.push(answers=Answers(backfills={"public.users.age": "length(name)"}))
    assert workspace.query("SELECT age FROM users").rows == ((3,),)


def test_push_refuses_a_database_that_changed_since_the_plan(workspace, database, monkeypatch):
    declare(workspace, USERS)
    apply = workspace._apply

    def change_first(*arguments, **more):
        database.execute("CREATE TABLE meanwhile (id integer)")
        return apply(*arguments, **more)

    monkeypatch.setattr(workspace, "_apply", change_first)
    with pytest.raises(DriftError):
        workspace.push()
    assert "public.users" not in database.dump()


def test_texts_that_mean_the_same_are_no_difference(workspace, database):
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, a text CHECK (lower(a) <> 'x' AND length(a) > 2))",
        "CREATE INDEX i ON t (lower(a)) WHERE a <> ''",
        "CREATE VIEW v AS SELECT * FROM t WHERE id IN (1, 2)",
    )
    declare(
        workspace,
        """
t = Table("t", metadata, Column("id", Integer, primary_key=True, autoincrement=False),
          Column("a", Text), CheckConstraint("lower(a) != 'x' and (length(a)>2)", name="t_a_check"))
Index("i", text("lower(a)"), postgresql_where=text("a != ''"), _table=t)
View("v", "select id, a from t where id = any(array[1,2])")
""",
        "t",
    )
    assert workspace.push(dry_run=True).plan.sql == ""


def test_one_who_may_not_rename_schemas_is_told_no_phantom_either(open_workspace, server, database):
    database.execute(
        "CREATE TABLE t (a integer CHECK (a IN (1, 2)))",
        "DROP ROLE IF EXISTS nbm_reader",
        "CREATE ROLE nbm_reader LOGIN",
        "GRANT SELECT ON t TO nbm_reader",
    )
    weak = open_workspace(database.url.replace("postgres@", "nbm_reader@"))
    with weak.target.connection as connection:
        assert connection.info.user == "nbm_reader"
    text = 'Table("t", metadata, Column("a", Integer), CheckConstraint("a = 1 or a = 2", name="x"),'
    text += ' CheckConstraint("a = any (array[1,2])", name="t_a_check"))'
    plan = declare(weak, text, "t").plan
    assert [type(op).__name__ for op in plan.operations] == ["AddCheck"]
    database.execute("DROP OWNED BY nbm_reader", "DROP ROLE nbm_reader")


def test_generate_needs_no_database(open_workspace):
    workspace = open_workspace("postgresql://nobody@localhost:1/none")
    assert workspace.declare(USERS, cell="users", namespace={}).note.startswith("not compared")
    assert workspace.generate("init").tag == "0000_init"
    assert workspace.generate("again").tag is None


def test_generate_is_proved_by_running_all_files(workspace):
    declare(workspace, USERS)
    assert workspace.generate("one").proof.startswith("proved on PostgreSQL")
    declare(workspace, POSTS, "posts")
    assert "2 migrations" in workspace.generate("two").proof


def test_an_earlier_file_that_says_something_else_refutes(workspace, tmp_path):
    declare(workspace, USERS)
    workspace.generate("one")
    file = tmp_path / "migrations/0000_one.sql"
    file.write_text(file.read_text().replace('"name" varchar', '"name" text'))
    declare(workspace, POSTS, "posts")
    before = sorted(p.name for p in (tmp_path / "migrations").rglob("*"))
    with pytest.raises(JournalError, match="refuted"):
        workspace.generate("two")
    assert sorted(p.name for p in (tmp_path / "migrations").rglob("*")) == before


def test_two_kernels_cannot_generate_from_one_snapshot(workspace, open_workspace, monkeypatch):
    declare(workspace, USERS)
    other = open_workspace()
    declare(other, USERS)

    original = generating._prove

    def generate_meanwhile(*arguments):
        monkeypatch.setattr(generating, "_prove", original)
        other.generate("theirs")
        return original(*arguments)

    monkeypatch.setattr(generating, "_prove", generate_meanwhile)
    with pytest.raises(JournalError, match="generate again"):
        workspace.generate("mine")
    assert [m.tag for m in workspace.journal.migrations()] == ["0000_theirs"]


def test_status_shows_drift_object_by_object(workspace, database):
    declare(workspace, USERS)
    workspace.generate("init")
    workspace.migrate()
    assert workspace.status().drift.is_empty
    database.execute("ALTER TABLE users ADD COLUMN surprise integer")
    [operation] = workspace.status().drift.operations
    assert (type(operation).__name__, operation.column.name) == ("DropColumn", "surprise")


@pytest.mark.parametrize("text", ["nowhere", "nowhere.json", "nowhere.sql", "nowhere@0001"])
def test_a_source_that_is_none(workspace, text):
    with pytest.raises(NbmigrateError, match="nowhere"):
        workspace.source(text)


def test_every_kind_of_source(workspace, tmp_path, database):
    declare(workspace, USERS)
    workspace.generate("init")
    workspace.push()
    (tmp_path / "schema.py").write_text(
        "from sqlalchemy import *\nmetadata = MetaData()\n"
        'Table("users", metadata, Column("id", Integer, primary_key=True),'
        ' Column("name", String, nullable=False))\n'
    )
    (tmp_path / "schema.sql").write_text(
        "CREATE TABLE users (id serial PRIMARY KEY, name varchar NOT NULL);"
    )
    snapshot = "migrations/meta/0000_snapshot.json"
    for text in ("live", "declared", "recorded", "migrations", "migrations@0000", snapshot):
        assert workspace.diff(text, "schema.py").plan.sql == "", text
    for text in ("schema.sql", database.url, "schema:metadata"):
        assert workspace.diff("recorded", text).plan.sql == "", text
    assert workspace.diff("empty", "schema.sql").plan.sql.startswith('CREATE TABLE "users"')


def test_a_failing_statement_leaves_nothing(workspace, database):
    declare(workspace, USERS)
    workspace.push()
    database.execute("INSERT INTO users (name) VALUES ('a'), ('a')")
    # an error that no look at the rows can foresee: the check itself fails
    check = (
        """    __table_args__ = (CheckConstraint("1 / (length(name) - 1) > 0", name="odd"),)\n"""
    )
    text = USERS + check
    before = database.dump()
    declare(workspace, text + POSTS, "users")
    with pytest.raises(StatementFailedError) as error:
        workspace.push()
    assert error.value.sqlstate == "22012"
    assert database.dump() == before
