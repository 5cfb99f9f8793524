"""SQL of what is known by its definition: this is SQL already."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import AlterDefinition, CreateDefinition, DropDefinition
from nbmigrate.postgresql.identifiers import qualified
from nbmigrate.postgresql.render.clauses import changed_comment, closed, comment_on

if TYPE_CHECKING:
    from nbmigrate.model import Definition
    from nbmigrate.operations import DefinitionOp


def render_definition(operation: DefinitionOp) -> tuple[str, ...]:
    """The statements of an operation on a collation or another whole definition."""
    match operation:
        case CreateDefinition(definition=found):
            return (f"{closed(found.definition)};", *comment_on(_thing(found), found.comment))
        case AlterDefinition(old=old, new=new):
            return changed_comment(_thing(new), old.comment, new.comment)
        case DropDefinition(definition=found):
            return (f"DROP {_thing(found)};",)
        case _:
            assert_never(operation)


def _thing(found: Definition) -> str:
    """``COLLATION "public"."german"``: as DROP and COMMENT ON name it."""
    return f"{found.kind.upper()} {qualified((found.schema, found.name), spell_public=True)}"
