"""Which cell a ``%%schema`` block belongs to, so that running it again replaces it.

JupyterLab, Notebook 7 and VS Code send the id of the cell with every run; it is
taken when it is there. Elsewhere (nbclient, papermill, a terminal) the name of the block
stands for the cell. Without either, a block that declares one of the names of an
earlier such block *is* that block, edited; one that shares no name is another.
"""

from __future__ import annotations

import ast
import re

_CREATE = re.compile(
    r"^\s*create\s+(?:or\s+replace\s+)?(?:\w+\s+){0,3}?"
    r"(?:table|type|view|sequence|schema|index|domain|function)\s+"
    r'(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?((?:[\w.]+|"[^"]+")+)',
    re.IGNORECASE | re.MULTILINE,
)


class Cells:
    """The blocks without an id or name that this shell has seen, by the names they declare."""

    def __init__(self) -> None:
        self._names: dict[str, frozenset[str]] = {}

    def key(self, shell: object, text: str, *, name: str | None, sql: bool) -> str:
        """The cell's key: equal for the same cell, different for another one."""
        return cell_id(shell) or name or self._by_names(_declared_names(text, sql=sql))

    def _by_names(self, names: frozenset[str]) -> str:
        same = (key for key, known in self._names.items() if known & names)
        key = next(same, f"block {len(self._names) + 1}")
        self._names[key] = names
        return key


def cell_id(shell: object) -> str | None:
    """The id that the front end gave the running cell, if it sent one."""
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent else None
    metadata = parent.get("metadata") if isinstance(parent, dict) else None
    found = metadata.get("cellId") if isinstance(metadata, dict) else None
    return str(found) if found else None


def _declared_names(text: str, *, sql: bool) -> frozenset[str]:
    if sql:
        return frozenset(found.replace('"', "").lower() for found in _CREATE.findall(text))
    try:
        statements = ast.walk(ast.parse(text))
    except SyntaxError:
        return frozenset()  # declaring it fails with the line; the key does not matter
    return frozenset(name for node in statements for name in _names_in(node))


def _names_in(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.ClassDef(name=name):
            return (name,)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()):
            return (name,)
        case ast.Call(func=ast.Name(id="Table"), args=[ast.Constant(value=str(name)), *_]):
            return (name,)
        case _:
            return ()
