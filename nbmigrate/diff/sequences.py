"""Differences between sequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbmigrate.diff.match import match
from nbmigrate.model import Sequence
from nbmigrate.operations import AlterSequence, CreateSequence, DropSequence, SequenceOp


def diff_sequences(
    old: Mapping[str, Sequence], new: Mapping[str, Sequence]
) -> Iterator[SequenceOp]:
    """Sequences to create, alter and drop."""
    found = match(old, new)
    yield from (CreateSequence(sequence=sequence) for sequence in found.added)
    yield from (AlterSequence(old=before, new=after) for before, after in found.changed)
    yield from (DropSequence(sequence=sequence) for sequence in found.removed)
