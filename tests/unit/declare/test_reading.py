"""What the text of a cell binds and needs, told before it is run."""

from __future__ import annotations

import ast
import textwrap

import pytest

from nbmigrate.declare.reading import bindings_of, names_of

BLOCKS = """
import a
if x:
    import b
elif y:
    from c import d as e
else:
    import f.g
try:
    import h
except ImportError:
    import i
else:
    import j
finally:
    import k
try:
    pass
except* ValueError:
    import l
match z:
    case 1:
        import m
    case _:
        import n
with open("o") as p:
    import q
while True:
    for r in s:
        import t
    else:
        import u
class V:
    import w
    def method(self):
        async def inner():
            import aa
"""


def test_an_import_is_found_wherever_a_statement_may_stand():
    tree = ast.parse(BLOCKS)
    everywhere = {
        (alias.asname or alias.name.split(".")[0])
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert len(everywhere) == 16
    assert bindings_of(tree).imports == everywhere


def test_names_are_bindings_and_what_is_needed():
    tree = ast.parse(
        textwrap.dedent("""
        from m import *
        class Mine(Base):
            kind: Mapped["Other"] = column(key)
        later = lambda there: there + here
    """)
    )
    names = names_of(tree)
    assert {name: getattr(names, name) for name in vars(bindings_of(tree))} == vars(
        bindings_of(tree)
    )
    assert names.binds == {"Mine", "later"}
    assert names.imports_all
    assert names.loads >= {"Base", "Mapped", "Other", "column", "key", "here"}


@pytest.mark.parametrize("text", ["", "'only a text'", "f(lambda: 0)"])
def test_what_binds_nothing(text):
    assert vars(bindings_of(ast.parse(text))) == vars(bindings_of(ast.parse("")))
