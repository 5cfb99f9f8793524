"""Python files, modules and notebooks as sources."""

import json
import sys

import pytest

from nbmigrate.declare import load_source
from nbmigrate.errors import DeclarationError, SourceError
from nbmigrate.model import Snapshot, Table
from nbmigrate.postgresql.ddl import Ddl

TABLE = "t = Table('t', metadata, Column('a', Integer))\n"


@pytest.fixture(autouse=True)
def _forget_modules():
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("nbm_test_"):
            del sys.modules[name]


def notebook(path, *cells):
    """Write a notebook; a cell that begins with ``#md`` is Markdown."""
    made = [
        {
            "cell_type": "markdown" if text.startswith("#md") else "code",
            "source": text.splitlines(keepends=True),
            "metadata": {},
        }
        for text in cells
    ]
    path.write_text(json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path


def test_python_file(tmp_path):
    (tmp_path / "nbm_test_names.py").write_text("SIZE = 5\n", "utf-8")
    (tmp_path / "schema.py").write_text(
        "from sqlalchemy import Column, MetaData, String, Table\n"
        "from nbm_test_names import SIZE\n"
        "m = MetaData()\n"
        "t = Table('t', m, Column('a', String(SIZE), info={'renamed_from': 'b'}))\n",
        "utf-8",
    )
    found = load_source("schema.py", root=tmp_path)
    assert found.objects == ("public.t",)
    assert found.renames == ("public.t.b->public.t.a",)
    assert found.snapshot.tables["public.t"].columns["a"].type == "varchar(5)"


def test_python_file_that_imports_its_tables(tmp_path):
    (tmp_path / "nbm_test_models.py").write_text(
        "import sqlalchemy as sa\nfrom sqlalchemy.orm import DeclarativeBase\n"
        "class Base(DeclarativeBase): pass\n"
        "t = sa.Table('t', Base.metadata, sa.Column('a', sa.Integer))\n",
        "utf-8",
    )
    (tmp_path / "schema.py").write_text("from nbm_test_models import Base\n", "utf-8")
    for _ in range(2):  # the second time the module is imported already
        assert set(load_source("schema.py", root=tmp_path).snapshot.tables) == {"public.t"}
    for text in ("nbm_test_models:Base", "nbm_test_models:Base.metadata"):
        assert set(load_source(text, root=tmp_path).snapshot.tables) == {"public.t"}
    assert str(tmp_path) not in sys.path


def test_python_file_with_an_error(tmp_path):
    (tmp_path / "schema.py").write_text("x = 1\nt = Tabel('t')\n", "utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_source("schema.py", root=tmp_path)
    assert (caught.value.source, caught.value.line) == ("schema.py", 2)
    assert caught.value.hint == "did you mean `Table`?"


@pytest.mark.parametrize(
    "text",
    ["nothing.py", "nothing.ipynb", "nbm_test_nothing:x", "json:nothing", "json:dumps", "what"],
)
def test_what_is_no_source(tmp_path, text):
    with pytest.raises(SourceError):
        load_source(text, root=tmp_path)


def test_a_module_that_fails_to_import(tmp_path):
    (tmp_path / "nbm_test_broken.py").write_text("1 / 0\n", "utf-8")
    with pytest.raises(SourceError, match="ZeroDivisionError"):
        load_source("nbm_test_broken:x", root=tmp_path)


def test_notebook_runs_schema_cells_and_what_they_need(tmp_path):
    notebook(
        tmp_path / "n.ipynb",
        "#md %%schema is explained here",
        "import nbm_test_does_not_exist",
        "%load_ext nbmigrate\nLENGTH = BASE + 1\n!exit 1\nhelp?",
        "raise SystemExit('not needed')\nunrelated = 1",
        "\n%%schema users\nclass User(Base):\n    __tablename__ = 'users'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    name: Mapped[str] = mapped_column(String(LENGTH))",
        "%%bash\nexit 1",
        "x = %sql select\n",
        "LENGTH = 99",
        "%%schema\nTable('p', metadata, Column('u', ForeignKey('users.id')), Column('n', Text))",
        "%db_push\nUser()",
    )
    with pytest.raises(DeclarationError) as caught:
        load_source("n.ipynb", root=tmp_path)
    assert (caught.value.source, caught.value.line) == ("n.ipynb, cell 3", 2)
    cells = json.loads((tmp_path / "n.ipynb").read_text("utf-8"))["cells"]
    cells[3]["source"] = "BASE = 4"
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cells[3], *cells]}), "utf-8")
    found = load_source("n.ipynb", root=tmp_path)
    assert set(found.snapshot.tables) == {"public.users", "public.p"}
    assert found.snapshot.tables["public.users"].columns["name"].type == "varchar(5)"


def test_notebook_errors_name_cell_and_line(tmp_path):
    notebook(tmp_path / "n.ipynb", "#md", "%%schema users\n\nTable('t', metadata, Colum('a'))")
    with pytest.raises(DeclarationError) as caught:
        load_source("n.ipynb", root=tmp_path)
    assert (caught.value.source, caught.value.line) == ("n.ipynb, cell 2 (users)", 3)


def test_notebook_blocks_of_one_name_replace_each_other(tmp_path):
    notebook(
        tmp_path / "n.ipynb", f"%%schema a\n{TABLE}", f"%%schema a\n{TABLE.replace('t', 'u', 1)}"
    )
    assert set(load_source("n.ipynb", root=tmp_path).snapshot.tables) == {"public.t"}
    notebook(tmp_path / "n.ipynb", f"%%schema a\n{TABLE}", f"%%schema b\n{TABLE}")
    with pytest.raises(DeclarationError, match=r"cell 1 \(a\).*cell 2 \(b\)"):
        load_source("n.ipynb", root=tmp_path)


def test_notebook_with_sql(tmp_path):
    def parse_sql(text, others):
        assert set(others.tables) == {"public.t"}
        return Ddl(Snapshot(tables={"public.s": Table(name=text.strip())}))

    notebook(tmp_path / "n.ipynb", f"%%schema\n{TABLE}", "%%schema --sql mine\ns")
    found = load_source("n.ipynb", root=tmp_path, parse_sql=parse_sql)
    assert set(found.snapshot.tables) == {"public.t", "public.s"}
    with pytest.raises(DeclarationError, match="needs a PostgreSQL"):
        load_source("n.ipynb", root=tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 5}', '{"cells": [{}]}', "nope"])
def test_what_is_no_notebook(tmp_path, text):
    (tmp_path / "n.ipynb").write_text(text, "utf-8")
    with pytest.raises(SourceError):
        load_source("n.ipynb", root=tmp_path)


@pytest.mark.parametrize("base", ["MetaData()", "type('Base', (DeclarativeBase,), {})"])
def test_sequences_of_an_own_metadata_that_no_name_holds(tmp_path, base):
    (tmp_path / "s.py").write_text(
        "from sqlalchemy import *\nfrom sqlalchemy.orm import DeclarativeBase\n"
        f"base = {base}\nSequence('s', metadata=getattr(base, 'metadata', base))\n"
    )
    assert [*load_source("s.py", root=tmp_path).snapshot.sequences] == ["public.s"]
