"""SQL of schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import CreateSchema, DropSchema, RenameSchema
from nbmigrate.postgresql.identifiers import quote

if TYPE_CHECKING:
    from nbmigrate.operations import SchemaOp


def render_schema(operation: SchemaOp) -> tuple[str, ...]:
    """The statements of an operation on a schema."""
    match operation:
        case CreateSchema(name=name):
            return (f"CREATE SCHEMA {quote(name)};",)
        case RenameSchema(old=old, new=new):
            return (f"ALTER SCHEMA {quote(old)} RENAME TO {quote(new)};",)
        case DropSchema(name=name):
            return (f"DROP SCHEMA {quote(name)};",)
        case _:
            assert_never(operation)
