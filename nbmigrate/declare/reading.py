"""What the text of a cell says before it is run: the names it uses and those it binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

#: What has no nodes inside but for its context, which says nothing.
_LEAVES = (ast.Name, ast.Constant, ast.expr_context)


#: Where statements stand inside others: no import is in an expression.
_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)


@dataclass(frozen=True)
class Bindings:
    """The names a text binds, those among them it imports, and ``import *``."""

    binds: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    imports_all: bool = False


@dataclass(frozen=True)
class Names(Bindings):
    """The names a text binds, and those it needs."""

    loads: frozenset[str] = frozenset()


def bindings_of(tree: ast.Module) -> Bindings:
    """The names that a parsed text binds; expressions are not walked, of which it may have many."""
    imports = {name for node in _imports(tree) for name in _bound(node)}
    binds = frozenset(name for statement in tree.body for name in _bound(statement))
    return Bindings(
        binds=binds - {"*"}, imports=frozenset(imports) - {"*"}, imports_all="*" in imports
    )


def names_of(tree: ast.Module) -> Names:
    """The names that a parsed text binds and needs."""
    loads: set[str] = set()
    for node in _nodes(tree, (ast.Name, ast.AnnAssign)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                loads.add(name)
            case ast.AnnAssign(annotation=annotation):
                loads.update(_quoted_names(annotation))
            case _:
                pass
    return Names(**vars(bindings_of(tree)), loads=frozenset(loads))


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
            continue
        for value in vars(node).values():
            if isinstance(value, list) and value and isinstance(value[0], _BLOCKS):
                waiting += value


def _nodes(tree: ast.AST, kinds: tuple[type[ast.AST], ...]) -> Iterator[ast.AST]:
    """The nodes of some kinds, in no order: much faster than ``ast.walk``."""
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.AST):
            continue
        if isinstance(node, kinds):
            yield node
        if not isinstance(node, _LEAVES):
            for value in vars(node).values():
                if isinstance(value, list):
                    waiting += value
                elif isinstance(value, ast.AST):
                    waiting.append(value)


def _quoted_names(annotation: ast.expr) -> Iterator[str]:
    """Names inside an annotation that are written as strings."""
    for node in _nodes(annotation, (ast.Constant,)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text.isidentifier():
            yield text


def _bound(node: ast.AST) -> Iterator[str]:
    """The names a statement binds in its module; the bodies of functions and classes are theirs."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
            return
        case ast.Lambda():
            return
        case ast.Import(names=names):
            yield from (alias.asname or alias.name.split(".")[0] for alias in names)
        case ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names)
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def line_of(tree: ast.Module, table: str, column: str | None) -> int | None:
    """The line where a table, or a column of it, is declared."""
    for node in ast.walk(tree):
        if not _declares(node, table):
            continue
        lines = (_column_line(child, column) for child in ast.walk(node)) if column else iter(())
        return next((line for line in lines if line), getattr(node, "lineno", None))
    return None


def attribute_line(tree: ast.Module, class_line: int, message: str) -> int | None:
    """The line of the attribute of a class that a message quotes."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or not _starts_at(node, class_line):
            continue
        for statement in node.body:
            for name in _bound(statement):
                if (
                    any(f"{q}{name}{q}" in message for q in "'\"")
                    or f"{node.name}.{name}" in message
                ):
                    return statement.lineno
    return None


def _starts_at(node: ast.ClassDef, line: int) -> bool:
    return line in {node.lineno, *(decorator.lineno for decorator in node.decorator_list)}


def _declares(node: ast.AST, table: str) -> bool:
    match node:
        case ast.ClassDef(name=name, body=body):
            return _table_name(body) == table or name.lower() == table
        case ast.Call(args=[ast.Constant(value=str(name)), *_]):
            return name == table
        case _:
            return False


def _table_name(body: list[ast.stmt]) -> str | None:
    for statement in body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id="__tablename__")], value=ast.Constant(value=str(name))
            ):
                return name
            case _:
                pass
    return None


def _column_line(node: ast.AST, column: str | None) -> int | None:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return node.lineno if name == column else None
        case ast.Call(args=[ast.Constant(value=str(name)), *_]):
            return node.lineno if name == column else None
        case _:
            return None
