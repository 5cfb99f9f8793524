"""Cells of DDL: nothing in them reaches the database, and nothing in them is lost."""

import pytest

from nbmigrate.errors import DeclarationError, StatementFailedError
from nbmigrate.model import EMPTY
from nbmigrate.postgresql.ddl import read_ddl
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.workspace import Workspace
from nbmigrate.workspace.target import Target

POSTS = """\
class Mood(enum.Enum):
    happy = "happy"
    sad = "sad"

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[Optional[str]] = mapped_column(Text)
    mood: Mapped[Mood]
"""

ADDITIONS = """\
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE INDEX posts_title ON posts (title);
ALTER TABLE posts ADD COLUMN size int DEFAULT 3, ADD CONSTRAINT positive CHECK (id > 0);
ALTER TABLE posts ALTER COLUMN title SET NOT NULL;
ALTER TABLE posts ADD COLUMN parent int REFERENCES posts (id);
CREATE TRIGGER touched BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION touch();
CREATE RULE silent AS ON DELETE TO posts DO INSTEAD NOTHING;
CREATE POLICY readers ON posts FOR SELECT USING (true);
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
CREATE STATISTICS together ON id, title FROM posts;
COMMENT ON TABLE posts IS 'what people write';
COMMENT ON COLUMN posts.title IS 'its first line';
COMMENT ON TYPE mood IS 'of the writer';
GRANT SELECT ON posts TO public;
"""


class Cells:
    """A notebook with a database."""

    def __init__(self, url, root):
        self.workspace = Workspace(url, root=root)
        self.namespace = {}

    def run(self, text, cell, *, sql=False):
        return self.workspace.declare(text, cell=cell, namespace=self.namespace, sql=sql, name=cell)

    def pushed(self):
        """Push, and what there is still to do then."""
        self.workspace.push()
        return [str(op) for op in self.workspace.diff().plan.operations]

    @property
    def live(self):
        return introspect(self.workspace.target.connection)


@pytest.fixture
def cells(database, tmp_path):
    cells = Cells(database.url, tmp_path)
    yield cells
    cells.workspace.close()


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN; CREATE TABLE t (a int); COMMIT;",
        "/* a script */ start transaction; CREATE TABLE t (a int); end",
    ],
)
def test_a_script_that_is_a_transaction_leaves_the_database_alone(database, text):
    connection = database.connect()
    connection.execute("create table kept (a int)")
    before = introspect(connection)
    assert read_ddl(connection, text, EMPTY).created.tables.keys() == {"public.t"}
    assert introspect(connection) == before


@pytest.mark.parametrize("word", ["ROLLBACK", "ABORT", "SAVEPOINT a", "PREPARE TRANSACTION 'x'"])
def test_no_statement_gets_out_of_the_trial(database, word):
    connection = database.connect()
    connection.execute("create table kept (a int)")
    before = introspect(connection)
    with pytest.raises(StatementFailedError, match=word.split()[0]):
        read_ddl(connection, f"CREATE TABLE t (a int);\n{word};\nDROP TABLE kept;", EMPTY)
    assert introspect(connection) == before


def test_what_a_cell_adds_to_a_table_of_another_is_declared(cells):
    cells.run(POSTS, "a")
    declared = cells.run(ADDITIONS, "b", sql=True)
    assert "index `posts_title` of table `public.posts`" in declared.objects
    assert "comment of enum `public.mood`" in declared.objects
    assert declared.notes == ()
    assert cells.pushed() == []
    posts = cells.live.tables["public.posts"]
    assert posts.columns.keys() == {"id", "title", "mood", "size", "parent"}
    assert posts.columns["title"].not_null
    assert posts.columns["title"].comment == "its first line"
    assert posts.indexes.keys() == {"posts_title"}
    assert posts.check_constraints.keys() == {"positive"}
    assert posts.foreign_keys.keys() == {"posts_parent_fkey"}
    assert posts.triggers.keys() == {"touched"}
    assert posts.rules.keys() == {"silent"}
    assert posts.policies.keys() == {"readers"}
    assert posts.is_rls_enabled
    assert posts.statistics.keys() == {"together"}
    assert posts.comment == "what people write"
    assert posts.privileges["public"].privileges == ("SELECT",)


def test_it_stays_when_the_other_cell_is_run_again(cells):
    cells.run(POSTS, "a")
    cells.run(ADDITIONS, "b", sql=True)
    cells.pushed()
    cells.run(POSTS + "    more: Mapped[Optional[int]]\n", "a")
    assert cells.pushed() == []
    posts = cells.live.tables["public.posts"]
    assert posts.columns.keys() == {"id", "title", "mood", "size", "parent", "more"}
    assert posts.triggers.keys() == {"touched"}


def test_what_the_cell_does_not_say_any_more_is_dropped(cells):
    cells.run(POSTS, "a")
    function = ADDITIONS.splitlines()[0]
    trigger = ADDITIONS.splitlines()[5]
    cells.run(f"{function}{trigger}CREATE INDEX posts_title ON posts (title);", "b", sql=True)
    assert cells.pushed() == []
    cells.run(function, "b", sql=True)
    assert cells.pushed() == []
    posts = cells.live.tables["public.posts"]
    assert not posts.triggers
    assert not posts.indexes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ALTER TABLE posts ALTER COLUMN title TYPE varchar(9)", "type of column `title`"),
        ("ALTER TABLE posts DROP COLUMN title", "drops or renames the column `title`"),
        ("ALTER TABLE posts RENAME COLUMN title TO head", "column `title` of table"),
        ("ALTER TABLE posts ALTER mood DROP NOT NULL", "not null"),
        ("DROP TABLE posts CASCADE", "drops or renames the table `public.posts`"),
        ("ALTER TABLE posts RENAME TO articles", "drops or renames the table `public.posts`"),
        ("ALTER TYPE mood ADD VALUE 'angry'", "values of enum `public.mood`"),
        ("CREATE OR REPLACE VIEW seen AS SELECT id + 1 AS id FROM posts", "view `public.seen`"),
        ("CREATE TABLE IF NOT EXISTS posts (id int)", "IF NOT EXISTS"),
        ("ALTER TABLE posts ADD COLUMN IF NOT EXISTS title int", "IF NOT EXISTS"),
    ],
)
def test_what_another_cell_says_is_to_be_changed_there(cells, text, said):
    cells.run(POSTS + 'View("seen", "SELECT id FROM posts")\n', "a")
    with pytest.raises(DeclarationError) as caught:
        cells.run(f"CREATE TABLE other (a int);\n{text};", "b", sql=True)
    assert said in caught.value.message
    assert "b, line 3" in caught.value.message or "b, line 2" in caught.value.message
    assert "cell" in caught.value.hint or "`a`" in caught.value.hint
    assert "public.other" not in cells.workspace.declarations.snapshot.tables


def test_two_cells_cannot_add_one_thing(cells):
    cells.run(POSTS, "a")
    cells.run("COMMENT ON TABLE posts IS 'x'", "b", sql=True)
    with pytest.raises(DeclarationError, match=r"comment of table `public\.posts`.*`b` declares"):
        cells.run("COMMENT ON TABLE posts IS 'y'", "c", sql=True)
    with pytest.raises(DeclarationError, match=r"b, line 1: .* comment of table `public\.posts`"):
        cells.run(
            POSTS.replace('"posts"\n', '"posts"\n    __table_args__ = {"comment": "z"}\n'), "a"
        )


PARTED = """\
class Event(Base):
    __tablename__ = "event"
    __table_args__ = {{"postgresql_partition_by": "RANGE (id)"}}
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    {}: Mapped[str]
"""
PART = "CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (9)"


def test_ddl_follows_what_it_was_read_beside(cells):
    cells.run(PARTED.format("kind"), "parent")
    cells.run(PART, "part", sql=True)
    cells.run("CREATE TABLE event_1_log (LIKE event_1)", "like", sql=True)
    assert cells.pushed() == []
    cells.run(PARTED.format("kind") + "    note: Mapped[str | None]\n", "parent")
    assert cells.pushed() == []
    tables = cells.live.tables
    assert "note" in tables["public.event_1"].columns
    assert "note" in tables["public.event_1_log"].columns


def test_ddl_that_fits_no_more_says_so(cells):
    cells.run(PARTED.format("kind"), "parent")
    cells.run(f"{PART}; CREATE INDEX event_kind ON event (kind)", "part", sql=True)
    with pytest.raises(DeclarationError, match=r'part, line 1: .* column "kind" does not exist'):
        cells.run(PARTED.format("sort"), "parent")
    cells.run(f"{PART}; CREATE INDEX event_kind ON event (sort)", "part", sql=True)
    assert cells.pushed() == []


def test_ddl_stays_as_it_was_read_while_nobody_can_be_asked(cells, tmp_path):
    cells.run(PARTED.format("kind"), "parent")
    cells.run(PART, "part", sql=True)
    former = cells.workspace.target
    cells.workspace.target = Target("postgresql://nobody@127.0.0.1:1/none", tmp_path)
    cells.run(PARTED.format("kind") + "    note: Mapped[str | None]\n", "parent")
    assert "public.event_1" in cells.workspace.declared.tables
    former.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("INSERT INTO t VALUES (1)", "INSERT, rows are no part of a schema (line 2)"),
        ("TRUNCATE t;UPDATE t SET a = 1", "TRUNCATE"),
        ("SELECT setval('s', 5)", "SELECT"),
        ("DROP TABLE IF EXISTS gone", "DROP TABLE, which is dropped"),
        ("ALTER TABLE t OWNER TO current_user", "OWNER TO"),
        (
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s",
            "1 user mapping, which nbmigrate does not manage",
        ),
        (
            "CREATE FOREIGN DATA WRAPPER w OPTIONS (debug 'a', \"Secret key\" 'x')",
            "1 foreign option that may hold a secret, which nbmigrate does not manage",
        ),
    ],
)
def test_what_no_schema_holds_is_said(cells, text, said):
    before = "CREATE TABLE t (a int); CREATE SEQUENCE s;\n"
    declared = cells.run(f"{before}{text};", "a", sql=True)
    assert said in " ".join(declared.notes)
    assert said in repr(declared)


def test_a_dump_says_nothing_that_is_lost(cells):
    text = (
        "\\restrict abc\n\nSET client_encoding = 'UTF8';\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
        "DROP TABLE IF EXISTS public.t;\nCREATE TABLE public.t (a int);\n\\unrestrict abc\n"
    )
    declared = cells.run(text, "a", sql=True)
    assert declared.notes == ()
    assert cells.pushed() == []


def test_roles_of_a_cell_are_declared(cells, server_role):
    text = f"CREATE ROLE {server_role} CREATEDB; CREATE TABLE t (a int); GRANT SELECT ON t TO {server_role}"
    for _ in range(2):
        cells.run(text, "a", sql=True)
        assert cells.workspace.declarations.snapshot.roles[server_role].create_db
        assert cells.pushed() == []
    cells.run(text.replace("CREATEDB", ""), "a", sql=True)
    assert not cells.workspace.declarations.snapshot.roles[server_role].create_db


@pytest.fixture
def server_role(database):
    name = f"{database.name}_role"
    yield name
    with database.connect() as connection:
        connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
