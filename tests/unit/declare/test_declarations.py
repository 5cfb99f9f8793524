"""Cells that are run, run again and fail, and what is left of it."""

import enum
import sys
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from nbmigrate.declare import Declarations
from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import EMPTY, Snapshot, Table
from nbmigrate.postgresql.ddl import Ddl

USERS = """\
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), index=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="user")
"""
POSTS = """\
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[Optional[str]]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="cascade"))
    user: Mapped["User"] = relationship(back_populates="posts")
"""


class Kernel:
    """Declarations with one namespace, as a notebook has."""

    def __init__(self):
        self.declarations = Declarations()
        self.namespace = {}

    def run(self, text, cell="a", **options):
        return self.declarations.declare(
            text, cell=cell, namespace=self.namespace, **{"first_line": 2, **options}
        )

    def __getitem__(self, name):
        return self.namespace[name]

    @property
    def snapshot(self):
        return self.declarations.snapshot

    def columns(self, table):
        return list(self.snapshot.tables[f"public.{table}"].columns)


@pytest.fixture
def kernel():
    kernel = Kernel()
    yield kernel
    kernel.declarations.release()


@pytest.fixture
def engine(database):
    engine = sa.create_engine(database.url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


def write_and_read(kernel, engine, **values):
    """A user with a post through the ORM, in tables made anew."""
    kernel.declarations.metadata.drop_all(engine)
    kernel.declarations.metadata.create_all(engine)
    user, post = kernel["User"], kernel["Post"]
    with Session(engine) as session:
        session.add(user(name="ada", posts=[post(title="one", **values)]))
        session.commit()
    with Session(engine) as session:
        found = session.scalars(sa.select(post).join(post.user).where(user.name == "ada")).one()
        assert found.user.posts == [found]
        return {name: getattr(found, name) for name in ("title", *values)}


# --- declaring -------------------------------------------------------------------


def test_a_cell_declares_and_later_cells_see_it(kernel, engine):
    declared = kernel.run(USERS, "a", name="users")
    assert (declared.cell, declared.objects) == ("users", ("public.users",))
    assert list(declared.snapshot.tables) == ["public.users"]
    kernel.run(POSTS, "b")
    assert set(kernel.snapshot.tables) == {"public.users", "public.posts"}
    assert set(kernel.namespace) == {"User", "Post"}
    assert write_and_read(kernel, engine) == {"title": "one"}


def test_names_are_there_without_import(kernel):
    kernel.namespace["LENGTH"] = 7
    kernel.run("""\
class Mood(enum.Enum):
    good = 1
class Thing(Base):
    __tablename__ = "things"
    __table_args__ = (Index("i", "a", "b"), CheckConstraint("b > 0"), UniqueConstraint("a"))
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    a: Mapped[str] = mapped_column(String(LENGTH))
    b: Mapped[Decimal] = mapped_column(Numeric(10, 2), server_default=text("1"))
    c: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    d: Mapped[Optional[date]]
    e: Mapped[Mood] = mapped_column(Enum(Mood))
    f: Mapped[dict] = mapped_column()
    g: Mapped[Optional[list[str]]] = mapped_column(ARRAY(Text))
    h: Mapped[int] = mapped_column(Identity())
    i: Mapped[int] = mapped_column(Computed("1"))
    j: Mapped["Optional[timedelta]"]
""")
    table = kernel.snapshot.tables["public.things"]
    types = {name: column.type for name, column in table.columns.items()}
    assert types == {
        "id": "uuid",
        "a": "varchar(7)",
        "b": "numeric(10, 2)",
        "c": "timestamp with time zone",
        "d": "date",
        "e": "mood",
        "f": "jsonb",
        "g": "text[]",
        "h": "integer",
        "i": "integer",
        "j": "interval",
    }
    assert set(kernel.namespace) == {"LENGTH", "Mood", "Thing"}


def test_string_annotations_and_late_names(kernel, engine):
    kernel.run(
        "from __future__ import annotations\n"
        "def label():\n    return PREFIX + 'x'\n"
        "class Row(Base):\n"
        '    __tablename__ = "rows"\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    at: Mapped[Optional[datetime]] = mapped_column(default=lambda: datetime(2020, 1, 1))\n"
        "    text: Mapped[str] = mapped_column(default=lambda: label())\n"
    )
    kernel.namespace["PREFIX"] = "late "
    kernel.declarations.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(kernel["Row"]())
        session.commit()
        row = session.scalars(sa.select(kernel["Row"])).one()
        assert (row.text, row.at.year) == ("late x", 2020)


def test_core_tables_sequences_views_and_policies(kernel):
    declared = kernel.run("""\
mood = Enum("a", "b", name="mood")
Sequence("numbers", metadata=metadata)
loose = Sequence("loose")
t = Table("t", metadata, Column("id", Integer, primary_key=True), schema="app")
View("v", "select 1 as one", schema="app")
Policy("p", t, using="true")
row_security(t)
Role("reader")
""")
    assert declared.objects == (
        "app.t",
        "public.mood",
        "public.numbers",
        "public.loose",
        "app.v",
        "reader",
        "app",
    )
    table = kernel.snapshot.tables["app.t"]
    assert table.is_rls_enabled
    assert set(table.policies) == {"p"}
    kernel.run("u = Table('u', metadata, Column('id', Integer))")
    assert kernel.snapshot.views == {}
    assert kernel.snapshot.sequences == {}
    assert kernel.snapshot.roles == {}


def test_a_policy_in_another_cell_belongs_to_its_table(kernel):
    kernel.run("t = Table('t', metadata, Column('id', Integer))", "a")
    kernel.run("Policy('p', t, using='true')\nrow_security('t')", "b")
    table = kernel.snapshot.tables["public.t"]
    assert set(table.policies) == {"p"}
    assert table.is_rls_enabled
    assert kernel.snapshot.policies == {}


def test_a_base_of_the_user(kernel):
    kernel.run(
        "class Base(DeclarativeBase):\n    metadata = MetaData(schema='app')\n", "a", name="base"
    )
    kernel.run(
        USERS.replace(
            '    posts: Mapped[list["Post"]] = relationship(back_populates="user")\n', ""
        ),
        "b",
    )
    assert set(kernel.snapshot.tables) == {"app.users"}
    kernel.run("class Base(DeclarativeBase):\n    pass\n", "a", name="base")
    assert set(kernel.snapshot.tables) == {"public.users"}


def test_foreign_keys_cross_metadatas(kernel):
    kernel.run(
        "class A(Base):\n    __tablename__ = 'a'\n    id: Mapped[int] = mapped_column(primary_key=True)",
        "a",
    )
    kernel.run("m = MetaData()\nTable('b', m, Column('a', Integer, ForeignKey('a.id')))", "b")
    assert set(kernel.snapshot.tables["public.b"].foreign_keys) == {"b_a_a_id_fk"}


# --- replacing -------------------------------------------------------------------


def test_a_cell_run_again_replaces_what_it_declared(kernel, engine):
    kernel.run(USERS, "a")
    kernel.run(POSTS, "b")
    assert write_and_read(kernel, engine) == {"title": "one"}
    for _ in range(3):
        declared = kernel.run(POSTS, "b")
        assert declared.again == ("schema cell 1",)
        assert write_and_read(kernel, engine) == {"title": "one"}
    edited = POSTS.replace("title: Mapped[Optional[str]]", "body: Mapped[Optional[str]]")
    kernel.run(edited + "    title: Mapped[Optional[str]]\n", "b")
    assert kernel.columns("posts") == ["id", "body", "user_id", "title"]
    assert write_and_read(kernel, engine, body="text") == {"title": "one", "body": "text"}


def test_running_the_first_cell_again_keeps_relationships_both_ways(kernel, engine):
    kernel.run(USERS, "a")
    kernel.run(POSTS, "b")
    write_and_read(kernel, engine)
    old = kernel["User"]
    edited = USERS.replace("    posts", "    email: Mapped[Optional[str]]\n    posts")
    declared = kernel.run(edited, "a")
    assert declared.again == ("schema cell 2",)
    assert kernel["User"] is not old
    assert write_and_read(kernel, engine) == {"title": "one"}
    table = kernel.declarations.metadata.tables["users"]
    assert sorted(index.name for index in table.indexes) == ["ix_users_name"]
    foreign_key = next(iter(kernel.declarations.metadata.tables["posts"].foreign_keys))
    assert foreign_key.column.table is table


def test_objects_of_the_old_class_go_on_working(kernel, engine):
    kernel.run(USERS, "a")
    kernel.run(POSTS, "b")
    kernel.declarations.metadata.create_all(engine)
    old = kernel["User"](name="before")
    kernel.run(USERS, "a")
    with Session(engine) as session:
        session.add(old)
        session.commit()
        assert session.scalars(sa.select(kernel["User"].name)).all() == ["before"]


def test_a_renamed_table_or_removed_class_leaves_nothing(kernel):
    kernel.run(USERS.replace("posts:", "# posts:"), "a")
    kernel.run(
        USERS.replace("posts:", "# posts:")
        .replace('"users"', '"people"')
        .replace("User", "Person"),
        "a",
    )
    assert set(kernel.snapshot.tables) == {"public.people"}
    assert set(kernel.namespace) == {"Person"}
    assert set(kernel.declarations.metadata.tables) == {"people"}
    assert ("public", "users") in kernel.declarations.removed
    assert ("public", "users", "name") in kernel.declarations.removed
    assert ("public", "people") not in kernel.declarations.removed


def test_columns_have_the_order_of_the_last_run(kernel):
    one, other = (f"    {name}: Mapped[int] = mapped_column(primary_key=True)\n" for name in "xy")
    head = "class Point(Base):\n    __tablename__ = 'point'\n"
    kernel.run(head + one + other)
    assert kernel.columns("point") == ["x", "y"]
    kernel.run(head + other + one)
    assert kernel.columns("point") == ["y", "x"]


def test_unchanged_tables_are_the_same_values(kernel):
    kernel.run(USERS + POSTS)
    before = kernel.snapshot.tables
    kernel.run(USERS + POSTS.replace("Optional[str]", "str"))
    assert kernel.snapshot.tables["public.users"] is before["public.users"]
    assert kernel.snapshot.tables["public.posts"] != before["public.posts"]


def test_a_removed_column_is_removed(kernel):
    kernel.run(USERS, "a")
    assert kernel.declarations.removed == frozenset()
    kernel.run(
        USERS.replace("    name: Mapped[str] = mapped_column(String(50), index=True)\n", ""), "a"
    )
    assert kernel.declarations.removed == {
        ("public", "users", "name"),
        ("public", "users", "ix_users_name"),
    }
    kernel.run(USERS, "a")
    assert kernel.declarations.removed == frozenset()


def test_the_same_name_in_another_cell_replaces(kernel):
    kernel.run(USERS, "a", name="users")
    kernel.run(USERS, "z", name="users")
    assert kernel.declarations.cells == ("users",)


def test_the_same_cell_under_another_name_replaces(kernel):
    kernel.run(USERS, "a", name="users")
    kernel.run(USERS, "a", name="people")
    assert kernel.declarations.cells == ("people",)


def test_inheritance_across_cells(kernel, engine):
    person = """\
class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}
"""
    boss = """\
class Boss(Person):
    __tablename__ = "bosses"
    id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    level: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"polymorphic_identity": "boss"}
"""
    kernel.run(person, "a")
    kernel.run(boss, "b")
    for cell, text in (("b", boss), ("a", person), ("b", boss), ("b", boss)):
        kernel.run(text, cell)
        kernel.declarations.metadata.drop_all(engine)
        kernel.declarations.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(kernel["Boss"]())
            session.commit()
        with Session(engine) as session:
            found = session.scalars(sa.select(kernel["Person"])).one()
            assert type(found) is kernel["Boss"]
            assert found.level == 1


def test_backrefs_and_many_to_many_across_cells(kernel, engine):
    tags = """\
links = Table("links", metadata,
    Column("post", ForeignKey("posts.id"), primary_key=True),
    Column("tag", ForeignKey("tags.id"), primary_key=True))
class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship(secondary=links, backref="tags", cascade="all")
"""
    kernel.run(USERS, "a")
    kernel.run(POSTS, "b")
    kernel.run(tags, "c")
    for cell, text in (("c", tags), ("b", POSTS), ("a", USERS), ("c", tags)):
        write_and_read(kernel, engine)
        kernel.run(text, cell)
        with Session(engine) as session:
            post = session.scalars(sa.select(kernel["Post"])).one()
            session.add(kernel["Tag"](posts=[post]))
            session.commit()
        with Session(engine) as session:
            assert len(session.scalars(sa.select(kernel["Post"])).one().tags) == 1


def test_a_python_name_of_another_cell(kernel):
    kernel.run("SIZE = 5", "a")
    kernel.run("t = Table('t', metadata, Column('c', String(SIZE)))", "b")
    declared = kernel.run("SIZE = 9", "a")
    assert declared.again == ("schema cell 2",)
    assert kernel.snapshot.tables["public.t"].columns["c"].type == "varchar(9)"


def test_a_name_that_meant_something_else_is_no_dependency(kernel):
    kernel.run(USERS, "a")
    own = "Base = declarative_base()\nclass K(Base):\n    __tablename__ = 'k'\n    id = Column(Integer, primary_key=True)"
    kernel.run(own, "b")
    assert kernel.run(own, "b").again == ()
    assert set(kernel.snapshot.tables) == {"public.users", "public.k"}


def test_abstract_classes_and_aliases_claim_no_tables(kernel):
    kernel.run(USERS, "a")
    assert kernel.run("class Mixin(Base):\n    __abstract__ = True\nB = Base", "b").objects == ()
    assert kernel.run("U = User", "c").objects == ()
    kernel.run(USERS, "a")
    assert kernel.namespace["U"] is kernel.namespace["User"]


def test_a_base_of_a_module_in_two_cells(kernel, tmp_path, monkeypatch):
    (tmp_path / "nbm_test_base.py").write_text(
        "import sqlalchemy as sa\nfrom sqlalchemy.orm import DeclarativeBase\n"
        "class Base(DeclarativeBase): pass\n"
        "t = sa.Table('t', Base.metadata, sa.Column('a', sa.Integer))\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    text = "from nbm_test_base import Base\nTable('{0}', Base.metadata, Column('a', Integer))"
    for _ in range(2):
        for name in ("x", "y"):
            kernel.run(text.format(name), name)
    assert set(kernel.snapshot.tables) == {"public.t", "public.x", "public.y"}
    del sys.modules["nbm_test_base"]


def test_classes_used_before_the_other_cell_was_run(kernel, engine):
    """SQLAlchemy remembers that User could not be configured; a later cell heals it."""
    kernel.run(USERS, "a")
    with pytest.raises(sa.exc.InvalidRequestError):
        kernel["User"]()
    kernel.run(POSTS, "b")
    assert write_and_read(kernel, engine) == {"title": "one"}


def test_forget(kernel):
    kernel.run(USERS, "a", name="users")
    kernel.declarations.forget("users")
    assert kernel.snapshot == EMPTY
    assert kernel.namespace == {}
    assert ("public", "users") in kernel.declarations.removed
    with pytest.raises(DeclarationError):
        kernel.declarations.forget("users")


# --- failing ---------------------------------------------------------------------


FAILURES = {
    "syntax": ("class X(Base)\n", 2),
    "name": ("x = 1\n\nString(undefined_name)\n", 4),
    "mapping": ("class User(Base):\n    __tablename__ = 'q'\n    other: Mapped[int]\n", 2),
    "after a table": (
        USERS.replace("users", "later").replace("User", "Later") + "User = 5\n1 / 0\n",
        8,
    ),
    "no such type": (
        "t = Table('t', metadata,\n  Column('a', Integer),\n  Column('b', BLOB))\n",
        4,
    ),
    "bad foreign key": ("t = Table('t', metadata, Column('b', ForeignKey('user.id')))\n", 2),
    "duplicate": ("Table('posts', metadata, Column('b', Integer))\n", 2),
}


@pytest.mark.parametrize("case", FAILURES)
@pytest.mark.parametrize("cell", ["a", "new"])
def test_a_failing_cell_changes_nothing(kernel, engine, case, cell):
    text, line = FAILURES[case]
    kernel.run(USERS, "a")
    kernel.run(POSTS, "b")
    write_and_read(kernel, engine)
    before = (dict(kernel.namespace), kernel.snapshot, dict(kernel.declarations.metadata.tables))
    modules = set(sys.modules)
    with pytest.raises(DeclarationError) as caught:
        kernel.run(text, cell)
    assert caught.value.line == line
    assert text.splitlines()[line - 2].strip() in caught.value.message
    assert (
        dict(kernel.namespace),
        kernel.snapshot,
        dict(kernel.declarations.metadata.tables),
    ) == before
    assert {name for name in set(sys.modules) - modules if name.startswith("schema_cell")} == set()
    assert write_and_read(kernel, engine) == {"title": "one"}
    kernel.run(USERS, "a")
    assert write_and_read(kernel, engine) == {"title": "one"}


def test_a_failing_subclass_leaves_its_parent_alone(kernel, engine):
    kernel.run(
        USERS.replace("posts:", "# posts:")
        + "    __mapper_args__ = {'polymorphic_on': 'name', 'polymorphic_identity': 'u'}\n",
        "a",
    )
    for _ in range(2):
        with pytest.raises(DeclarationError):
            kernel.run(
                "class Boss(User):\n    __mapper_args__ = {'polymorphic_identity': 'b'}\nBoss()\n1 / 0",
                "b",
            )
    parent = sa.inspect(kernel["User"])
    assert set(parent.polymorphic_map) == {"u"}
    assert list(parent.self_and_descendants) == [parent]


def test_an_interrupt_changes_nothing(kernel):
    with pytest.raises(KeyboardInterrupt):
        kernel.run(USERS + "raise KeyboardInterrupt", "a")
    assert kernel.declarations.cells == ()
    assert kernel.declarations.metadata.tables == {}
    kernel.run(USERS, "a")


def test_a_broken_dependent_waits_for_its_own_cell(kernel, engine):
    kernel.run(USERS, "a", name="users")
    kernel.run(POSTS, "b", name="posts")
    write_and_read(kernel, engine)
    people = USERS.replace('"users"', '"people"')
    declared = kernel.run(people, "a", name="users")
    assert [cell for cell, _ in declared.broken] == ["posts"]
    with pytest.raises(DeclarationError, match="users") as caught:
        _ = kernel.snapshot
    assert (caught.value.source, caught.value.line) == ("posts", 6)
    assert ("public", "posts") not in kernel.declarations.removed
    assert ("public", "users") in kernel.declarations.removed
    kernel.run(POSTS.replace("users.id", "people.id"), "b", name="posts")
    assert write_and_read(kernel, engine) == {"title": "one"}


def test_a_broken_dependent_heals_with_its_cause(kernel, engine):
    kernel.run(USERS, "a")
    kernel.run(POSTS, "b")
    kernel.run(USERS.replace('"users"', '"people"'), "a")
    declared = kernel.run(USERS, "a")
    assert declared.again == ("schema cell 2",)
    assert write_and_read(kernel, engine) == {"title": "one"}


def test_no_name_of_ours_is_in_a_message(kernel):
    with pytest.raises(DeclarationError) as caught:
        kernel.run("class Z(Base):\n    id: Mapped[int] = mapped_column(primary_key=True)")
    assert "schema_cell_" not in caught.value.message


# --- messages --------------------------------------------------------------------


def test_a_misspelt_name_is_suggested(kernel):
    with pytest.raises(DeclarationError) as caught:
        kernel.run("t = Table('t', metadata, Column('a', Strng(5)))", "a", name="users")
    error = caught.value
    assert (error.source, error.line, error.hint) == ("users", 2, "did you mean `String`?")
    shown = error.message.splitlines()
    assert shown[2][shown[1].index("Strng") :] == "^^^^^"


def test_the_line_is_that_of_the_column(kernel):
    text = USERS.replace("String(50)", "DATETIME()")
    with pytest.raises(DeclarationError) as caught:
        kernel.run(text, "a", first_line=5)
    assert caught.value.line == 8
    with pytest.raises(DeclarationError) as caught:
        kernel.run(
            USERS.replace("name: Mapped[str] =", "name: Mapped[complex] =").replace(
                "String(50), ", ""
            )
        )
    assert caught.value.line == 5


def test_a_variable_that_hides_a_name_is_said(kernel):
    kernel.namespace["text"] = "mine"
    with pytest.raises(DeclarationError) as caught:
        kernel.run("Column('a', Integer, server_default=text('1'))")
    assert "`text`" in caught.value.hint


def test_python_enum_written_as_column_type(kernel):
    with pytest.raises(DeclarationError) as caught:
        kernel.run("class Mood(Enum):\n    a = 1")
    assert caught.value.hint == "write `enum.Enum`"
    kernel.namespace["Enum"] = enum.Enum
    kernel.run("class Mood(Enum):\n    a = 1")


def test_two_cells_with_one_table_are_both_named(kernel):
    kernel.run(USERS, "a", name="first")
    with pytest.raises(DuplicateObjectError) as caught:
        kernel.run(USERS, "b", name="second")
    assert "`first`" in caught.value.message
    assert "`second`" in caught.value.message
    with pytest.raises(DuplicateObjectError, match=r"`first`.*`third`"):
        kernel.run("Table('users', MetaData(), Column('a', Integer))", "c", name="third")
    kernel.run("View('v', 'select 1')", "d", name="one")
    with pytest.raises(DuplicateObjectError, match=r"`one`.*`two`"):
        kernel.run("View('v', 'select 2')", "e", name="two")


def test_enums_of_two_cells(kernel):
    kernel.run("Table('a', metadata, Column('m', Enum('x', name='mood')))", "a", name="one")
    kernel.run("Table('b', metadata, Column('m', Enum('x', name='mood')))", "b", name="two")
    with pytest.raises(DuplicateObjectError, match=r"`one`.*`three`"):
        kernel.run("Table('c', metadata, Column('m', Enum('y', name='mood')))", "c", name="three")


def test_hostile_text(kernel):
    for text in ("\0", "x = '\ud800'", "(" * 500, "\tx\n y", "é = 'ü' +"):
        with pytest.raises(DeclarationError):
            kernel.run(text)
    kernel.run(
        "t = Table('we\"ird; drop', metadata, Column('a.b', Text, info={'renamed_from': 'x->y'}))"
    )
    assert kernel.declarations.renames == (
        'public."we""ird; drop"."x->y"->public."we""ird; drop"."a.b"',
    )


# --- SQL -------------------------------------------------------------------------


def test_sql_cells_see_the_others_and_are_seen(kernel):
    seen = []

    def parse_sql(text, others):
        seen.append((text, sorted(others.tables)))
        return Ddl(Snapshot(tables={"public.s": Table(name="s", columns={})}))

    kernel.run("t = Table('t', metadata, Column('a', Integer))", "a")
    for _ in range(2):
        declared = kernel.run("create table s()", "b", parse_sql=parse_sql)
        assert declared.objects == ("public.s",)
    assert seen == [("create table s()", ["public.t"])] * 2
    assert set(kernel.snapshot.tables) == {"public.t", "public.s"}
    kernel.run("u = Table('u', metadata, Column('a', Integer))", "b")
    assert set(kernel.snapshot.tables) == {"public.t", "public.u"}


def test_sql_errors_have_their_line(kernel, database):
    from nbmigrate.postgresql.ddl import read_ddl

    connection = database.connect()

    def parse_sql(text, others):
        return read_ddl(connection, text, others)

    kernel.run("create table p (id int primary key)", "a", parse_sql=parse_sql)
    kernel.run("create table q (p int references p)", "b", parse_sql=parse_sql)
    kernel.run("t = Table('t', metadata, Column('p', Integer, ForeignKey('p.id')))", "c")
    assert set(kernel.snapshot.tables) == {"public.p", "public.q", "public.t"}
    with pytest.raises(DeclarationError) as caught:
        kernel.run("create table r (\n  a nonsense\n)", "d", parse_sql=parse_sql)
    assert "nonsense" in caught.value.message
    assert caught.value.line in (3, None)


@pytest.mark.parametrize(
    "line",
    [
        'Function("f{n}", "a int", returns="int", body="SELECT {n}")',
        'View("v{n}", "SELECT {n}"); Grant("reader", "v{n}", ["SELECT"], kind="view")',
    ],
    ids=["functions", "grants"],
)
def test_the_time_grows_with_the_number_and_not_with_its_square(line):
    seconds = []
    for count in (100, 800):
        kernel = Kernel()
        start = time.process_time()
        kernel.run("\n".join(line.format(n=n) for n in range(count)))
        seconds.append(time.process_time() - start)
        found = kernel.declarations.snapshot
        assert len(found.functions) + len(found.views) == count
    assert seconds[1] < 8 * 3 * seconds[0]
