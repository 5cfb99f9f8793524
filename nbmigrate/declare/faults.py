"""Errors of a cell as its author needs them: the line, the text, a pointer, a suggestion."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable
from itertools import islice
from types import TracebackType
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from nbmigrate.declare.reading import attribute_line, line_of
from nbmigrate.declare.scope import MODULE_PREFIX, Scope
from nbmigrate.declare.values import CellText
from nbmigrate.errors import DeclarationError, NbmigrateError
from nbmigrate.model import parse_path

_MODULE = re.compile(rf"\b{MODULE_PREFIX}[0-9a-f]+\.")


class Place(NamedTuple):
    """A line of the cell's text and the columns in it, 0-based; ``end`` 0 when unknown."""

    line: int
    start: int = 0
    end: int = 0


def explain(error: BaseException, cell: CellText, scope: Scope) -> DeclarationError:
    """The error with its place in the cell."""
    if isinstance(error, SyntaxError) and error.filename == cell.filename:
        place = Place(error.lineno or 1, (error.offset or 1) - 1, (error.end_offset or 1) - 1)
        return fault(error.msg, cell, place)
    place = _place(error, cell) or Place(0)
    message = _message(error)
    tree = _tree(cell)
    better = attribute_line(tree, place.line, message)
    if better:
        place = Place(better)
    hint = error.hint if isinstance(error, NbmigrateError) else _hint(error, place, tree, scope)
    return fault(message, cell, place, hint=hint, kind=_kind(error))


def located(error: DeclarationError, cell: CellText) -> DeclarationError:
    """An error about a table or column, with the line that declares it."""
    try:
        parts = parse_path(error.source)
    except ValueError:
        parts = ()
    line = None
    if len(parts) >= 2:
        line = line_of(_tree(cell), parts[1], parts[2] if len(parts) > 2 else None)
    return fault(error.message, cell, Place(line or 0), hint=error.hint, kind=type(error))


def _tree(cell: CellText) -> ast.Module:
    """The parsed text; empty when it is no Python."""
    try:
        return ast.parse(cell.text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def fault(
    message: str,
    cell: CellText,
    place: Place,
    *,
    hint: str = "",
    kind: type[DeclarationError] = DeclarationError,
) -> DeclarationError:
    """The error as the author sees it; a place with line 0 is the cell as a whole."""
    text = cell.line(place.line)
    if text.strip():
        message = f"{message}\n{_pointer(text, place)}"
    line = cell.shown(place.line) if place.line else None
    return kind(message, source=cell.label, line=line, hint=hint)


def _pointer(text: str, place: Place) -> str:
    """The line, and a row of carets under the part in question."""
    indent = len(text) - len(text.lstrip())
    known = indent <= place.start < place.end
    start, end = (place.start, place.end) if known else (indent, len(text.rstrip()))
    end = min(end, len(text.rstrip()))
    # Tabs stay tabs, so that the carets stand where they should.
    lead = "".join("\t" if char == "\t" else " " for char in text[indent:start])
    return f"    {text.strip()}\n    {lead}{'^' * max(1, end - start)}"


def _place(error: BaseException, cell: CellText) -> Place | None:
    """The innermost place in the cell that the error passed."""
    found: Place | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == cell.filename:
            found = _position(trace)
        trace = trace.tb_next
    return found


def _position(trace: TracebackType) -> Place:
    positions = islice(trace.tb_frame.f_code.co_positions(), trace.tb_lasti // 2, None)
    line, end_line, start, end = next(positions, (None, None, None, None))
    if line != trace.tb_lineno or line != end_line or start is None or end is None:
        return Place(trace.tb_lineno)
    # Columns of code are counted in UTF-8 bytes; only ASCII lines get a narrow pointer.
    return Place(line, start, end)


def _message(error: BaseException) -> str:
    return _MODULE.sub("", _plain_message(error))


def _plain_message(error: BaseException) -> str:
    if isinstance(error, NbmigrateError):
        return error.message
    if isinstance(error, SQLAlchemyError):
        return str(error.args[0]) if error.args else type(error).__name__
    if isinstance(error, NameError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _kind(error: BaseException) -> type[DeclarationError]:
    return type(error) if isinstance(error, DeclarationError) else DeclarationError


def _hint(error: BaseException, place: Place, tree: ast.Module, scope: Scope) -> str:
    name = getattr(error, "name", None)
    if isinstance(error, NameError) and name:
        return _did_you_mean(name, scope.names)
    if isinstance(error, AttributeError) and name:
        return _did_you_mean(name, lambda: {n for n in dir(error.obj) if not n.startswith("_")})
    used = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.lineno <= place.line <= (node.end_lineno or 0)
    }
    hiding = sorted(name for name in used if scope.hides_preset(name))
    if hiding:
        return f"your variable `{hiding[0]}` hides the name `{hiding[0]}` of %%schema"
    return ""


def _did_you_mean(name: str, names: Callable[[], set[str]]) -> str:
    known = names()
    folded = [known_name for known_name in known if known_name.lower() == name.lower()]
    close = folded or difflib.get_close_matches(name, sorted(known), n=5, cutoff=0.7)
    # Of equally close names the one with the same first letter: people rarely mistype that.
    close.sort(key=lambda found: found[:1] != name[:1])
    return f"did you mean `{close[0]}`?" if close else ""
