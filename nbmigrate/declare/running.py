"""One run of a cell's code, and what it created."""

from __future__ import annotations

import ast
import linecache
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapper

from nbmigrate.declare.faults import Place, explain, fault
from nbmigrate.declare.mappings import Mappings, classes_of_module
from nbmigrate.declare.reading import Bindings, bindings_of
from nbmigrate.declare.scope import Scope, own_names, unregister, used_names
from nbmigrate.declare.values import CellText
from nbmigrate.postgresql.from_metadata import Addition
from nbmigrate.schema import INFO_KEY, collecting


@dataclass(eq=False)
class Run:
    """What the code of a cell created and bound."""

    module: types.ModuleType
    presets: Mapping[str, object]
    mappings: Mappings = field(default_factory=Mappings)
    imported: list[sa.Table] = field(default_factory=list)
    additions: list[Addition] = field(default_factory=list)

    @property
    def bound(self) -> dict[str, object]:
        """The names the code bound, with their values."""
        return own_names(self.module, self.presets)

    @property
    def used(self) -> dict[str, object]:
        """The names the code found outside, with what they were then."""
        return used_names(self.module)

    def discard(self) -> None:
        """Undo what the run did to MetaDatas and registries."""
        found = classes_of_module(self.module.__name__)
        self.mappings.classes = list(dict.fromkeys((*self.mappings.classes, *found)))
        self.mappings.discard()
        unregister(self.module)


def run(cell: CellText, scope: Scope, metadata: sa.MetaData) -> Run:
    """Run the code; names it binds are staged in the scope.

    Raises:
        DeclarationError: when it fails; then nothing of it is left.
    """
    tree = _parse(cell, scope)
    done = Run(scope.module(cell.filename), scope.presets)
    linecache.cache[cell.filename] = (
        len(cell.text),
        None,
        cell.text.splitlines(keepends=True),
        cell.filename,
    )
    try:
        with _watching(done, cell.filename, metadata):
            exec(compile(tree, cell.filename, "exec", dont_inherit=True), vars(done.module))  # noqa: S102 - it is the user's cell
    except BaseException as error:
        done.discard()
        if not isinstance(error, Exception):
            raise
        raise explain(error, cell, scope) from error
    scope.created.update(done.mappings.tables)
    _collect_bound(done, bindings_of(tree), scope)
    scope.staged.update(done.bound)
    return done


def _parse(cell: CellText, scope: Scope) -> ast.Module:
    try:
        tree = ast.parse(cell.text, cell.filename)
    except (SyntaxError, ValueError) as error:
        raise explain(error, cell, scope) from error
    if "Enum" in cell.text:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                _refuse_column_type_as_enum(node, cell, scope)
    return tree


def _refuse_column_type_as_enum(node: ast.ClassDef, cell: CellText, scope: Scope) -> None:
    """``class Mood(Enum)`` would inherit from SQLAlchemy's column type, without a word."""
    for base in node.bases:
        is_name = isinstance(base, ast.Name) and base.id == "Enum"
        if is_name and "Enum" not in bindings_of(ast.parse(cell.text)).binds:
            try:
                is_type = scope.find("Enum") is sa.Enum
            except KeyError:
                is_type = False
            if is_type:
                place = Place(base.lineno, base.col_offset, base.end_col_offset or 0)
                message = "`Enum` is SQLAlchemy's column type here, not Python's enum"
                raise fault(message, cell, place, hint="write `enum.Enum`")


@contextmanager
def _watching(done: Run, filename: str, metadata: sa.MetaData) -> Iterator[None]:
    """Note every table and class that the code creates, whatever MetaData it belongs to."""

    def on_table(table: sa.Table, _parent: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event
        (done.imported if _importing(filename) else done.mappings.tables).append(table)

    def on_mapper(_mapper: Any, class_: type) -> None:  # noqa: ANN401 - SQLAlchemy's event
        if not _importing(filename):
            done.mappings.classes.append(class_)

    sequences = dict(metadata._sequences)  # noqa: SLF001 - no public list of them
    attached = list(metadata.info.get(INFO_KEY, ()))
    event.listen(sa.Table, "after_parent_attach", on_table)
    event.listen(Mapper, "after_mapper_constructed", on_mapper)
    try:
        with collecting() as created:
            yield
    finally:
        event.remove(sa.Table, "after_parent_attach", on_table)
        event.remove(Mapper, "after_mapper_constructed", on_mapper)
        done.additions.extend(created)
        now = metadata._sequences  # noqa: SLF001
        new = [value for key, value in now.items() if sequences.get(key) is not value]
        done.mappings.sequences.extend(new)
        if INFO_KEY in metadata.info:  # a block holds its own; see Declarations.snapshot
            metadata.info[INFO_KEY] = attached


def _importing(filename: str) -> bool:
    """Whether the code at work is a module that the cell imports, not the cell."""
    frame: types.FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        if frame.f_code.co_filename == filename:
            return False
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return True


def _collect_bound(done: Run, names: Bindings, scope: Scope) -> None:
    """Add what only a name of the cell holds: imported tables, sequences."""
    known = {id(sequence) for sequence in done.mappings.sequences}
    for name, value in done.bound.items():
        is_imported = name in names.imports or (names.imports_all and name not in names.binds)
        found = [value] if isinstance(value, sa.Sequence) else []
        if not is_imported:  # an imported Base may have those of other cells
            found += _own_sequences(value)
        done.mappings.sequences.extend(one for one in found if id(one) not in known)
        known.update(map(id, found))
        if is_imported:
            done.imported.extend(_tables_behind(value))
    # A Base of a module that several cells import also has the tables of these cells.
    done.imported = [table for table in dict.fromkeys(done.imported) if table not in scope.created]


def _own_sequences(value: object) -> list[sa.Sequence]:
    """The sequences of a MetaData, or of a declarative base (its classes only inherit the attribute)."""
    metadata = vars(value).get("metadata") if isinstance(value, type) else value
    return list(metadata._sequences.values()) if isinstance(metadata, sa.MetaData) else []  # noqa: SLF001


def _tables_behind(value: object) -> list[sa.Table]:
    """The tables of an imported Base, class or Table."""
    if isinstance(value, sa.Table):
        return [value]
    if not isinstance(value, type) or value.__module__.startswith("sqlmodel"):
        return []
    table = getattr(value, "__table__", None)
    if isinstance(table, sa.Table):
        return [table]
    metadata = getattr(value, "metadata", None)
    return list(metadata.tables.values()) if isinstance(metadata, sa.MetaData) else []
