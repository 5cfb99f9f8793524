"""SQL of what is known by its definition: this is SQL already."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.diff.foreign import altered_publication, altered_server, altered_table
from nbmigrate.diff.options import ESTIMATES, mappings, options
from nbmigrate.operations import AlterDefinition, CreateDefinition, DropDefinition
from nbmigrate.postgresql.defined import thing
from nbmigrate.postgresql.render.clauses import changed_comment, closed, comment_on
from nbmigrate.postgresql.statements import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmigrate.model import Definition
    from nbmigrate.operations import DefinitionOp


def render_definition(operation: DefinitionOp) -> tuple[str, ...]:
    """The statements of an operation on a collation or another whole definition."""
    match operation:
        case CreateDefinition(definition=found):
            pieces = (piece.sql.rstrip("; ") for piece in split(found.definition))
            made = (f"{closed(sql)};" for sql in pieces)
            return (*made, *comment_on(thing(found), found.comment))
        case AlterDefinition(old=old, new=new):
            return (*_altered(old, new), *changed_comment(thing(new), old.comment, new.comment))
        case DropDefinition(definition=found):
            return (f"DROP {thing(found)};",)
        case _:
            assert_never(operation)


def _altered(old: Definition, new: Definition) -> Iterator[str]:
    if old.definition == new.definition:
        return
    match new.kind:
        case "text search dictionary":
            yield from _altered_dictionary(old, new)
        case "text search configuration":
            yield from _altered_configuration(old, new)
        case "operator":
            yield from _altered_operator(old, new)
        case "server" | "foreign data wrapper":
            actions = altered_server(old.definition, new.definition) or ()
            yield from (f"ALTER {thing(new)} {action};" for action in actions)
        case "publication":
            actions = altered_publication(old.definition, new.definition) or ()
            yield from (f"ALTER {thing(new)} {action};" for action in actions)
        case "foreign table":
            yield from _altered_table(old, new)
        case _:
            raise AssertionError(new.kind)


def _altered_table(old: Definition, new: Definition) -> Iterator[str]:
    """A trigger that goes is named with its table, one that comes and a comment are whole."""
    _, _, table = thing(new).partition("FOREIGN TABLE ")
    for action in altered_table(old.definition, new.definition) or ():
        match action.split(" ", 2)[:2]:
            case ["DROP", "TRIGGER"]:
                yield f"{action} ON {table};"
            case ["COMMENT" | "CREATE", _]:
                yield f"{closed(action)};"
            case _:
                yield f"ALTER {thing(new)} {action};"


def _altered_dictionary(old: Definition, new: Definition) -> Iterator[str]:
    """What is the same is not said; an option without a value takes on its default again."""
    before, after = options(old.definition), options(new.definition)
    said = [f"{name} = {value}" for name, value in after.items() if before.get(name) != value]
    said = [text for text in said if not text.startswith("template = ")]
    said += [name for name in before if name not in after]
    if said:
        yield f"ALTER {thing(new)} ({', '.join(said)});"


def _altered_configuration(old: Definition, new: Definition) -> Iterator[str]:
    """The mappings that differ go, and come as they are to be."""
    before, after = mappings(old.definition) or {}, mappings(new.definition) or {}
    gone = [word for word, named in before.items() if after.get(word) != named]
    if gone:
        yield f"ALTER {thing(new)} DROP MAPPING FOR {', '.join(gone)};"
    come: dict[str, list[str]] = {}
    for word, named in after.items():
        if before.get(word) != named:
            come.setdefault(named, []).append(word)
    for named, words in come.items():
        yield f"ALTER {thing(new)} ADD MAPPING FOR {', '.join(words)} WITH {named};"


def _altered_operator(old: Definition, new: Definition) -> Iterator[str]:
    """How much an operator selects is estimated by functions, which may come and go."""
    before, after = options(old.definition), options(new.definition)
    said = [
        f"{name.upper()} = {after.get(name, 'NONE')}"
        for name in ESTIMATES
        if before.get(name) != after.get(name)
    ]
    if said:
        yield f"ALTER {thing(new)} SET ({', '.join(said)});"
