"""SQL of extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import CreateExtension, DropExtension, MoveExtension
from nbmigrate.postgresql.identifiers import quote

if TYPE_CHECKING:
    from nbmigrate.operations import ExtensionOp


def render_extension(operation: ExtensionOp) -> tuple[str, ...]:
    """The statements of an operation on an extension."""
    extension = operation.extension
    name = quote(extension.name)
    place = f" SCHEMA {quote(extension.schema)}" if extension.schema else ""
    match operation:
        case CreateExtension():
            return (f"CREATE EXTENSION IF NOT EXISTS {name}{place};",)
        case MoveExtension():
            return (f"ALTER EXTENSION {name} SET{place};",)
        case DropExtension():
            return (f"DROP EXTENSION {name};",)
        case _:
            assert_never(operation)
