"""Schemas in files: ``*.py``, ``module:attribute`` and ``*.ipynb``.

A source is read as in a kernel of its own: what this kernel has declared is out of the
way meanwhile and untouched after. Modules that a source imports stay imported.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from nbmigrate.declare.blocks import ParseSql
from nbmigrate.declare.declarations import Declarations
from nbmigrate.declare.mappings import Mappings
from nbmigrate.declare.merging import object_paths
from nbmigrate.declare.notebooks import declare_notebook
from nbmigrate.declare.values import Declared
from nbmigrate.errors import DeclarationError, SourceError
from nbmigrate.model import Snapshot
from nbmigrate.postgresql.from_metadata import declared_renames, from_metadata


def load_source(
    text: str, *, root: Path | None = None, parse_sql: ParseSql | None = None
) -> Declared:
    """The schema that a file or module declares.

    Args:
        text: A path ending in ``.py`` or ``.ipynb``, or ``module:attribute``.
        root: Where relative paths and modules are looked for; the working directory by default.
        parse_sql: Reads the DDL of ``%%schema --sql`` cells.

    Raises:
        SourceError: when there is no such file, module or attribute.
        DeclarationError: when the code in it fails or declares what cannot be expressed.
    """
    root = root or Path()
    path = root / Path(text).expanduser()
    match path.suffix:
        case ".ipynb":
            with _importable(path.parent), _alone():
                return _from_notebook(path, text, parse_sql)
        case ".py":
            with _importable(root, path.parent), _alone():
                return _from_file(path, text)
        case _ if ":" in text:
            with _importable(root):
                return _from_module(text)
        case _:
            raise SourceError(
                f"`{text}` is no .py file, .ipynb notebook or module:attribute", source=text
            )


def _read(path: Path, source: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"cannot read {source}: {error.strerror}", source=source) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{source} is not UTF-8 text: {error}", source=source) from error


def _from_file(path: Path, source: str) -> Declared:
    declarations = Declarations()
    namespace: dict[str, object] = {"__file__": str(path)}
    try:
        return declarations.declare(
            _read(path, source), cell=source, name=source, namespace=namespace, first_line=1
        )
    finally:
        declarations.release()


def _from_notebook(path: Path, source: str, parse_sql: ParseSql | None) -> Declared:
    declarations = Declarations()
    try:
        declare_notebook(_read(path, source), source=source, into=declarations, parse_sql=parse_sql)
        snapshot = declarations.snapshot
        return Declared(source, object_paths(snapshot), snapshot, declarations.renames)
    finally:
        declarations.release()


def _from_module(text: str) -> Declared:
    module_name, _, attribute = text.partition(":")
    try:
        found: object = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise SourceError(f"there is no module `{error.name}`", source=text) from error
    except Exception as error:
        message = f"importing `{module_name}` failed: {type(error).__name__}: {error}"
        raise SourceError(message, source=text) from error
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            message = f"`{module_name}` has no attribute `{attribute}`"
            raise SourceError(message, source=text) from error
    metadata = found if isinstance(found, sa.MetaData) else getattr(found, "metadata", None)
    if not isinstance(metadata, sa.MetaData):
        raise SourceError(f"`{text}` is no MetaData and no declarative base", source=text)
    snapshot = _of_metadata(metadata, text)
    return Declared(text, object_paths(snapshot), snapshot, declared_renames(metadata))


def _of_metadata(metadata: sa.MetaData, source: str) -> Snapshot:
    try:
        return from_metadata(metadata)
    except DeclarationError as error:
        raise type(error)(error.message, source=source, hint=error.hint) from error


@contextlib.contextmanager
def _importable(*folders: Path) -> Iterator[None]:
    """The folders first on the import path."""
    before = list(sys.path)
    sys.path[:0] = [str(folder.resolve()) for folder in folders]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """SQLModel has one MetaData for everybody; empty it for the while."""
    sqlmodel = sys.modules.get("sqlmodel")
    if sqlmodel is None:
        yield
        return
    model = sqlmodel.SQLModel
    classes = [mapper.class_ for mapper in model._sa_registry.mappers]  # noqa: SLF001 - no public name
    ours = Mappings(tables=list(model.metadata.tables.values()), classes=classes)
    ours.take_out()
    try:
        yield
    finally:
        ours.put_back()
