"""SQL text of SQLAlchemy expressions, without a connection.

The dialect here is PostgreSQL's own, told what a real connection would tell it:
``%`` is not doubled (no driver will read the text) and a backslash in a literal stands
for itself (``standard_conforming_strings`` is on since PostgreSQL 9.1).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeGuard

from sqlalchemy import SelectBase, TextClause
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql import ClauseElement

from nbmigrate.errors import DeclarationError


@lru_cache(maxsize=1)
def dialect() -> PGDialect:
    """The dialect that compiles every text of this package."""
    made = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped
    made._backslash_escapes = False  # noqa: SLF001 - what a connection would read from the server
    return made


def sql_text(element: object) -> str:
    """The element as SQL: names without their table, values as literals.

    Raises:
        DeclarationError: when it holds a value that has no literal.
    """
    if hasattr(element, "__clause_element__"):
        element = element.__clause_element__()
    if isinstance(element, TextClause) and not _has_values(element):
        return element.text.replace("\\:", ":")
    if not isinstance(element, ClauseElement):
        return str(element)
    return compiled(element, include_table=False)


def query_text(element: object) -> str:
    """A whole query as SQL: here names keep their table."""
    return compiled(element) if _is_query(element) else sql_text(element)


def compiled(element: ClauseElement, **options: bool) -> str:
    """The element compiled with its values as literals."""
    compiler = dialect().statement_compiler(dialect(), None)
    try:
        return str(compiler.process(element, literal_binds=True, **options))
    except (SQLAlchemyError, NotImplementedError) as error:
        raise DeclarationError(f"an expression cannot be written as SQL: {error}") from error


def _is_query(element: object) -> TypeGuard[ClauseElement]:
    return isinstance(element, SelectBase)


def _has_values(text: TextClause) -> bool:
    """Whether values were bound to the text; ``:name`` alone is part of the SQL."""
    return any(not bind.required for bind in text._bindparams.values())  # noqa: SLF001
