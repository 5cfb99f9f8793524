"""SQL of sequences, and the options they share with identity columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.diff.sequences import starts_anew
from nbmigrate.model import parse_path
from nbmigrate.operations import (
    AlterSequence,
    CreateSequence,
    DropSequence,
    MoveSequence,
    RenameSequence,
)
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.render.clauses import changed_comment, comment_on

if TYPE_CHECKING:
    from nbmigrate.model import Identity, Sequence
    from nbmigrate.operations import Id, SequenceOp


def render_sequence(operation: SequenceOp) -> tuple[str, ...]:
    """The statements of an operation on a sequence."""
    match operation:
        case CreateSequence(sequence=sequence):
            return create_sequence(sequence)
        case RenameSequence(old=old, new=new):
            return (f"ALTER SEQUENCE {sequence_name(old)} RENAME TO {quote(new[1])};",)
        case MoveSequence(old=old, new=new):
            return (f"ALTER SEQUENCE {sequence_name(old)} SET SCHEMA {quote(new[0])};",)
        case AlterSequence(old=before, new=after):
            return alter_sequence(before, after)
        case DropSequence(sequence=sequence):
            return (f"DROP SEQUENCE {sequence_name(sequence.id)};",)
        case _:
            assert_never(operation)


def sequence_name(identifier: Id) -> str:
    """The sequence's name; drizzle spells public out."""
    return qualified(identifier, spell_public=True)


def create_sequence(sequence: Sequence) -> tuple[str, ...]:
    """CREATE SEQUENCE with its comment."""
    name = sequence_name(sequence.id)
    unlogged = "UNLOGGED " if sequence.unlogged else ""
    type_ = [f"AS {sequence.data_type}"] if sequence.data_type else []
    return (
        " ".join((f"CREATE {unlogged}SEQUENCE {name}", *type_, *sequence_options(sequence))) + ";",
        *comment_on(f"SEQUENCE {name}", sequence.comment),
    )


def sequence_options(source: Sequence | Identity) -> tuple[str, ...]:
    """The options that are set, in drizzle's order; NO CYCLE is what a new sequence has anyway."""
    numbers = (
        ("INCREMENT BY", source.increment),
        ("MINVALUE", source.min_value),
        ("MAXVALUE", source.max_value),
        ("START WITH", source.start_with),
        ("CACHE", source.cache),
    )
    options = tuple(f"{word} {value}" for word, value in numbers if value is not None)
    return (*options, "CYCLE") if source.cycle else options


def changed_options(old: Sequence | Identity, new: Sequence | Identity) -> tuple[str, ...]:
    """The options that differ; one that is not set any more gets PostgreSQL's own value."""
    changes = (
        (old.increment, new.increment, "INCREMENT BY", "INCREMENT BY 1"),
        (old.min_value, new.min_value, "MINVALUE", "NO MINVALUE"),
        (old.max_value, new.max_value, "MAXVALUE", "NO MAXVALUE"),
        (old.start_with, new.start_with, "START WITH", ""),
        (old.cache, new.cache, "CACHE", "CACHE 1"),
    )
    options = tuple(
        f"{word} {after}" if after is not None else unset
        for before, after, word, unset in changes
        if before != after and (after is not None or unset)
    )
    if bool(old.cycle) != bool(new.cycle):
        options = (*options, "CYCLE" if new.cycle else "NO CYCLE")
    return (*options, "RESTART") if starts_anew(old, new) else options


def _owner(sequence: Sequence) -> str:
    if not sequence.owned_by:
        return "NONE"
    schema, table, column = parse_path(sequence.owned_by)
    return f"{qualified((schema, table))}.{quote(column)}"


def alter_sequence(old: Sequence, new: Sequence) -> tuple[str, ...]:
    """ALTER SEQUENCE with what differs."""
    name = sequence_name(new.id)
    persistence = "UNLOGGED" if new.unlogged else "LOGGED"
    retyped = old.data_type != new.data_type
    options = [f"AS {new.data_type or 'bigint'}"] if retyped else []
    options += changed_options(old, new)
    if old.owned_by != new.owned_by:
        options.append(f"OWNED BY {_owner(new)}")
    return (
        *((f"ALTER SEQUENCE {name} {' '.join(options)};",) if options else ()),
        *((f"ALTER SEQUENCE {name} SET {persistence};",) if old.unlogged != new.unlogged else ()),
        *changed_comment(f"SEQUENCE {name}", old.comment, new.comment),
    )
