"""SQL of indexes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from nbmigrate.operations import AttachIndex, CreateIndex, DropIndex, RenameIndex
from nbmigrate.postgresql.directions import split_direction
from nbmigrate.postgresql.expressions import strip_parens
from nbmigrate.postgresql.identifiers import qualified, quote, quote_all
from nbmigrate.postgresql.render.clauses import (
    closed,
    comment_on,
    option_value,
    parenthesised,
    word,
)
from nbmigrate.postgresql.render.column_clauses import collate

if TYPE_CHECKING:
    from nbmigrate.model import Index, IndexColumn
    from nbmigrate.operations import Id, IndexOp

_CALL = re.compile(r'(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?(?=\()')
#: Keywords that open a parenthesis without being a function.
_NO_FUNCTIONS = frozenset({"not", "row", "array", "exists", "any", "all", "some", "case"})
_OPCLASS = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?(?:\([^()]*\))?")


def render_index(operation: IndexOp) -> tuple[str, ...]:
    """The statements of an operation on an index."""
    match operation:
        case CreateIndex(table=table, index=index, only=only):
            return create_index(table, index, only=only)
        case AttachIndex(table=table, index=name, part=part):
            whole = qualified((table[0], name))
            return (f"ALTER INDEX {whole} ATTACH PARTITION {qualified(part)};",)
        case RenameIndex(table=table, old=old, new=new):
            return (f"ALTER INDEX {qualified((table[0], old))} RENAME TO {quote(new)};",)
        case DropIndex(table=table, index=index):
            name = qualified((table[0], index.name))
            return (f"DROP INDEX {_concurrently(index)}{name};",)
        case _:
            assert_never(operation)


def is_transactional(operation: IndexOp) -> bool:
    """False for what PostgreSQL refuses inside a transaction block."""
    match operation:
        case CreateIndex(index=index) | DropIndex(index=index):
            return not index.concurrently
        case RenameIndex() | AttachIndex():
            return True
        case _:
            assert_never(operation)


def create_index(table: Id, index: Index, *, only: bool = False) -> tuple[str, ...]:
    """CREATE INDEX with its comment."""
    unique = "UNIQUE " if index.is_unique else ""
    keys = ",".join(index_key(column) for column in index.columns)
    include = f" INCLUDE ({quote_all(index.include)})" if index.include else ""
    nulls = " NULLS NOT DISTINCT" if index.nulls_not_distinct else ""
    options = ",".join(f"{word(k)}={option_value(v)}" for k, v in index.options.items())
    storage = f" WITH ({options})" if options else ""
    storage += f" TABLESPACE {quote(index.tablespace)}" if index.tablespace else ""
    where = f" WHERE {closed(index.where)}" if index.where else ""
    name = f"{_concurrently(index)}{quote(index.name)}"
    on = f"{'ONLY ' if only else ''}{qualified(table)} USING {word(index.method)} ({keys})"
    made = qualified((table[0], index.name))
    return (
        f"CREATE {unique}INDEX {name} ON {on}{include}{nulls}{storage}{where};",
        *(
            f"ALTER INDEX {made} ALTER COLUMN {int(number)} SET STATISTICS {target};"
            for number, target in index.key_statistics.items()
        ),
        *comment_on(f"INDEX {made}", index.comment),
    )


def index_key(column: IndexColumn) -> str:
    """One key: what is indexed, then collation, opclass, direction."""
    key = quote(column.expression)
    if column.is_expression:
        written = split_direction(column.expression)
        key = index_expression(written.expression)
        if written.asc is not None:
            column = replace(column, asc=written.asc, nulls=written.nulls or "last")
    collation = collate(column.collation)
    opclass = f" {_opclass(column.opclass)}" if column.opclass else ""
    return f"{key}{collation}{opclass}{_direction(column)}"


def index_expression(expression: str) -> str:
    """The expression in parentheses, without them where PostgreSQL needs none: a function call."""
    expression = expression.strip()
    call = _CALL.match(expression)
    if call and call[0].lower() not in _NO_FUNCTIONS:
        arguments = expression[call.end() :]
        if strip_parens(arguments) != arguments and "--" not in arguments:
            return expression
    return parenthesised(strip_parens(expression))


def _direction(column: IndexColumn) -> str:
    """Nothing for ASC NULLS LAST, PostgreSQL's own order."""
    if not column.asc:
        return f" DESC NULLS {column.nulls.upper()}"
    return " NULLS FIRST" if column.nulls == "first" else ""


def _opclass(name: str) -> str:
    return name if _OPCLASS.fullmatch(name) or '"' in name else quote(name)


def _concurrently(index: Index) -> str:
    return "CONCURRENTLY " if index.concurrently else ""
