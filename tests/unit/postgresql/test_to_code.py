"""The code of a snapshot: how it reads, and that it is data whatever things are called."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nbmigrate.model import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Index,
    IndexColumn,
    Policy,
    Role,
    Sequence,
    Snapshot,
    Table,
    Unique,
    View,
)
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.postgresql.to_code import names, to_code, to_ddl
from nbmigrate.workspace.differences import differences
from tests.fixtures.postgres import Database
from tests.pulled import declared_by, difference

REPOSITORY = Path(__file__).parents[3]

BLOG = """
CREATE TYPE post_status AS ENUM ('draft', 'published');
CREATE TABLE users (
  id serial PRIMARY KEY,
  email varchar(255) NOT NULL,
  name text,
  settings jsonb NOT NULL DEFAULT '{}',
  joined timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_email_unique UNIQUE (email)
);
CREATE TABLE posts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  author_id integer NOT NULL CONSTRAINT posts_author_id_users_id_fk REFERENCES users ON DELETE CASCADE,
  title varchar(200) NOT NULL,
  body text,
  status post_status NOT NULL DEFAULT 'draft',
  published_on date,
  CONSTRAINT posts_title_check CHECK (title <> '')
);
CREATE INDEX ix_posts_author_id ON posts (author_id);
CREATE TABLE comments (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  post_id bigint NOT NULL CONSTRAINT comments_post_id_posts_id_fk REFERENCES posts,
  parent_id uuid CONSTRAINT comments_parent_id_comments_id_fk REFERENCES comments,
  text text NOT NULL
);
CREATE TABLE tags (id serial PRIMARY KEY, label text NOT NULL);
CREATE TABLE post_tags (
  post_id bigint CONSTRAINT post_tags_post_id_posts_id_fk REFERENCES posts,
  tag_id integer CONSTRAINT post_tags_tag_id_tags_id_fk REFERENCES tags,
  CONSTRAINT post_tags_post_id_tag_id_pk PRIMARY KEY (post_id, tag_id)
);
CREATE VIEW published AS SELECT id, title FROM posts WHERE status = 'published';
"""

BLOG_CODE = """\
class PostStatus(enum.Enum):
    draft = "draft"
    published = "published"


post_tags = Table(
    "post_tags",
    metadata,
    Column("post_id", BigInteger, ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", Integer, ForeignKey("tags.id"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(Text)

    posts: Mapped[list["Post"]] = relationship(secondary=post_tags, back_populates="tags")


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[Optional[str]] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    joined: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))

    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    __table_args__ = (CheckConstraint("(title)::text <> ''::text", name="posts_title_check"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[Optional[str]] = mapped_column(Text)
    status: Mapped[PostStatus] = mapped_column(
        Enum(PostStatus, name="post_status"),
        server_default="draft",
    )
    published_on: Mapped[Optional[date]]

    author: Mapped["User"] = relationship(back_populates="posts")
    comments: Mapped[list["Comment"]] = relationship(back_populates="post")
    tags: Mapped[list["Tag"]] = relationship(secondary=post_tags, back_populates="posts")


class Comment(Base):
    __tablename__ = "comments"

    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True,
        server_default=text("gen_random_uuid()"),
    )
    post_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("posts.id"))
    parent_id: Mapped[Optional[uuid.UUID]] = mapped_column(ForeignKey("comments.id"))
    text_: Mapped[str] = mapped_column("text", Text)

    post: Mapped["Post"] = relationship(back_populates="comments")
    parent: Mapped[Optional["Comment"]] = relationship(remote_side=[id], back_populates="children")
    children: Mapped[list["Comment"]] = relationship(back_populates="parent")


View(
    "published",
    \"""\\
SELECT id,
    title
   FROM public.posts
  WHERE (status = 'published'::public.post_status)\""",
)
"""

HOSTILE = [
    'x"); __import__("os").system("touch pwned") #',
    "x'); __import__('os').system('touch pwned') #",
    "\"\"\"); __import__('os').system('touch pwned')\n#",
    "'''\n__import__('os').system('touch pwned')\n'''",
    'two\nlines"""\n__import__(\'os\').system(\'touch pwned\')\n"""',
    'two\nlines"',
    "two \nlines\\",
    "\ttwo\n\tlines",
    "\\\"); __import__('os').system('touch pwned') #",
    "a\r__import__('os').system('touch pwned')",
    "{__import__('os').system('touch pwned')}",
    "%(x)s {0} :name $1 %",
    "a.b",
    "class",
    "__init__",
    "metadata",
    "registry",
    "_sa_registry",
    "Base",
    "text",
    "list",
    "ﬁle",
    "naïve 🎺 \u2028 \u202e",
    "'",
    '"',
    "\\",
    "\n",
    "-- > statement-breakpoint",
    "1",
    "MixedCase",
    "ö" * 31,
]


def hostile(name: str) -> Snapshot:
    """Everything that has a name has that one."""
    text = "'" + name.replace("'", "''") + "'"
    quoted = '"' + name.replace('"', '""') + '"'
    key = ForeignKey(
        name=name, table_from=name, table_to=name, columns_from=("other",), columns_to=(name,)
    )
    table = Table(
        name=name,
        columns={
            name: Column(name=name, type="text", primary_key=True, not_null=True, comment=name),
            "other": Column(name="other", type="text", default=text),
            "third": Column(name="third", type=name + "e", type_schema="public"),
        },
        indexes={
            name + "i": Index(name=name + "i", columns=(IndexColumn(expression=name, asc=False),))
        },
        foreign_keys={name: key},
        unique_constraints={name + "u": Unique(name=name + "u", columns=(name,))},
        check_constraints={name + "c": Check(name=name + "c", value=f"{quoted} <> {text}")},
        policies={name: Policy(name=name, to=("public",), using=f"{quoted} = {text}")},
        is_rls_enabled=True,
        comment=name,
    )
    return Snapshot(
        tables={f"public.{name}": table},
        enums={f"public.{name}e": Enum(name=name + "e", values=(name, "b"))},
        sequences={f"public.{name}s": Sequence(name=name + "s")},
        views={f"public.{name}v": View(name=name + "v", definition=f"SELECT {text} AS {quoted}")},
        roles={name: Role(name=name)},
    )


def test_blog_reads_as_if_written_by_hand(database: Database) -> None:
    database.execute(BLOG)
    assert to_code(introspect(database.connect())) == BLOG_CODE


def test_blog_module_stands_alone(database: Database, tmp_path: Path) -> None:
    database.execute(BLOG)
    path = tmp_path / "blog.py"
    path.write_text(to_code(introspect(database.connect()), cell=False), "utf-8")
    program = (
        "import blog, sqlalchemy.orm as o; o.configure_mappers(); print(*blog.metadata.tables)"
    )
    found = run(program, tmp_path)
    assert found.stdout.split() == ["post_tags", "tags", "users", "posts", "comments"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_call_nothing(name: str) -> None:
    for cell in (True, False):
        code = to_code(hostile(name), cell=cell, not_expressed=[f"trigger {name}"])
        assert calls(code) <= HARMLESS


@pytest.mark.parametrize("cell", [True, False], ids=["cell", "module"])
def test_hostile_code_is_harmless_when_run(cell: bool, tmp_path: Path) -> None:
    code = to_code(everything_hostile(), cell=cell, not_expressed=HOSTILE)
    (tmp_path / "pulled.py").write_text(PRESETS * cell + code, "utf-8", newline="\n")
    program = "import pulled, sqlalchemy.orm as o; o.configure_mappers(); print(len(pulled.metadata.tables))"
    assert run(program, tmp_path).stdout.strip() == str(len(HOSTILE))
    assert [path.name for path in tmp_path.iterdir()] == ["pulled.py"]


PRESETS = """\
import enum, uuid
import sqlalchemy as sa
from typing import *
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.dialects.postgresql import *
from nbmigrate.schema import *
class Base(DeclarativeBase): pass
metadata = Base.metadata
"""


def everything_hostile() -> Snapshot:
    """All hostile names in one schema."""
    maps: dict[str, dict[str, object]] = {}
    for name in HOSTILE:
        for family, items in fields(hostile(name)).items():
            maps.setdefault(family, {}).update(items)  # type: ignore[call-overload]
    return Snapshot(**maps)  # type: ignore[arg-type]


#: Everything that such code calls.
HARMLESS = {
    *("CheckConstraint", "Column", "DOMAIN", "Enum", "ForeignKey", "ForeignKeyConstraint"),
    *("Index", "Policy", "Role", "Sequence", "UniqueConstraint", "View", "row_security"),
    *("append_constraint", "mapped_column", "on", "relationship", "text", "PrimaryKeyConstraint"),
}


def calls(code: str) -> set[str]:
    """What the code calls, by its last name."""
    found = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return {f.attr if isinstance(f, ast.Attribute) else f.id for f in found}  # type: ignore[attr-defined]


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder."""
    paths = [str(REPOSITORY), *sys.path]
    start = f"import sys; sys.path[:0] = {paths!r}; sys.dont_write_bytecode = True; "
    done = subprocess.run(
        [sys.executable, "-c", start + program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_hostile_names_come_back(database: Database) -> None:
    connection = database.connect()
    snapshot = Snapshot(**{**fields(everything_hostile()), "roles": {}})  # type: ignore[arg-type]
    connection.execute(to_ddl(snapshot).encode())
    there = introspect(connection)
    assert there.tables.keys() == {f"public.{name}" for name in HOSTILE}
    for cell in (True, False):
        plan = difference(connection, there, cell=cell)
        assert tuple(differences(there, plan.new)) == ()
        assert plan.operations == ()


def fields(snapshot: Snapshot) -> dict[str, object]:
    """The fields of a snapshot."""
    return {name: getattr(snapshot, name) for name in snapshot.__struct_fields__}


def test_what_is_not_said_is_listed_on_one_line_each() -> None:
    code = to_code(Snapshot(), not_expressed=["trigger a\nimport os", "b\r\u2028c"])
    assert code.splitlines() == [
        "# not expressed: trigger a\\nimport os",
        "# not expressed: b\\r\\u2028c",
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("users", "User"),
        ("order_items", "OrderItem"),
        ("categories", "Category"),
        ("addresses", "Address"),
        ("statuses", "Status"),
        ("news", "News"),
        ("blogPosts", "BlogPost"),
        ("2fa codes", "T2faCode"),
        ("!", "Table"),
        ("Größe", "Größe"),
    ],
)
def test_class_names(table: str, expected: str) -> None:
    assert names.class_name(table, set()) == expected


def test_tables_of_one_name_get_classes_of_two(database: Database) -> None:
    database.execute(
        "CREATE SCHEMA a; CREATE TABLE a.users (id serial PRIMARY KEY);"
        'CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE "user" (id serial PRIMARY KEY)'
    )
    connection = database.connect()
    code = to_code(introspect(connection))
    classes = [node.name for node in ast.parse(code).body if isinstance(node, ast.ClassDef)]
    assert len(set(classes)) == 3
    assert len(declared_by(code).tables) == 3
