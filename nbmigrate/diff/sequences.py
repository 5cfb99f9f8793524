"""Differences between sequences."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from nbmigrate.diff.match import match
from nbmigrate.model import Identity, Sequence
from nbmigrate.operations import AlterSequence, CreateSequence, DropSequence, SequenceOp


def diff_sequences(
    old: Mapping[str, Sequence], new: Mapping[str, Sequence], columns: Collection[str]
) -> Iterator[SequenceOp]:
    """Sequences to create, alter and drop; ``columns`` are the paths that are there afterwards."""
    found = match(old, new)
    for sequence in found.added:
        free = msgspec.structs.replace(sequence, owned_by=None)
        yield CreateSequence(sequence=free)
        yield from _alter(free, sequence)
    for before, after in found.changed:
        yield from _alter(before, after)
    for sequence in found.removed:
        if not goes_with_owner(sequence, columns):
            yield DropSequence(sequence=sequence)


def _alter(old: Sequence, new: Sequence) -> Iterator[SequenceOp]:
    """Its owner changes in a step of its own, when the column is there."""
    same_owner = msgspec.structs.replace(new, owned_by=old.owned_by)
    if old != same_owner:
        yield AlterSequence(old=old, new=same_owner)
    if old.owned_by != new.owned_by:
        yield AlterSequence(old=same_owner, new=new)


def goes_with_owner(sequence: Sequence, columns: Collection[str]) -> bool:
    """True when the column that owns it is not among those that are there afterwards."""
    return sequence.owned_by is not None and sequence.owned_by not in columns


def starts_anew(old: Sequence | Identity, new: Sequence | Identity) -> bool:
    """True when no old number is within the new bounds: PostgreSQL asks for another one then."""
    return _is_below(old.max_value, new.min_value) or _is_below(new.max_value, old.min_value)


def _is_below(value: str | None, other: str | None) -> bool:
    return value is not None and other is not None and int(value) < int(other)
