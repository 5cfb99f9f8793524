"""What blocks declare together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbmigrate.declare.blocks import Block, Known
from nbmigrate.declare.faults import located
from nbmigrate.declare.merging import Path, all_paths, declared_twice, union
from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import Snapshot
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.amending import Amendment, Leaf
from nbmigrate.postgresql.from_metadata import Addition, with_additions
from nbmigrate.schema import Grant, table_id


def unite(blocks: Iterable[Block]) -> Snapshot:
    """Tables of all blocks first, then what is added to them, whichever cell says it."""
    blocks = list(blocks)
    snapshot = union((block.label, block.snapshot) for block in blocks)
    owners: dict[tuple[str, ...], str] = {}
    for is_late in (False, True):
        for block in blocks:
            own = [a for a in block.additions if a.is_late == is_late]
            for addition in own:
                owners.setdefault(_identity(addition), block.label)
            try:
                snapshot = with_additions(snapshot, own)
            except DeclarationError:
                snapshot = _one_by_one(snapshot, block, own, owners)
    return snapshot


def _one_by_one(
    snapshot: Snapshot,
    block: Block,
    additions: Iterable[Addition],
    owners: Mapping[tuple[str, ...], str],
) -> Snapshot:
    """The snapshot with what a block adds; the error of the first that fails says where it is."""
    for addition in additions:
        owner = owners[_identity(addition)]
        try:
            snapshot = with_additions(snapshot, (addition,))
        except DuplicateObjectError as error:
            if owner == block.label:
                raise located(error, block.text) from error
            raise declared_twice(_said(addition), owner, block.label) from error
        except DeclarationError as error:
            raise located(error, block.text) from error
    return snapshot


def alone(block: Block) -> Snapshot:
    """The snapshot of one block; what it adds to tables of other cells is left out."""
    return with_additions(block.snapshot, block.additions, lenient=True)


def paths_of(block: Block, blocks: Iterable[Block], united: Snapshot) -> frozenset[Path]:
    """The paths of what the block declares, and of what it adds to things of others.

    ``united`` is what all the usable blocks declare together.
    """
    others = [other for other in blocks if other is not block and other.error is None]
    if not others:
        return all_paths(united)
    paths = all_paths(alone(block))
    if not any(addition.is_late for addition in block.additions):
        return paths
    return paths | (all_paths(united) - all_paths(unite(others)))


def owner_of(leaf: Leaf, blocks: Iterable[Block]) -> str:
    """What the cell is called that declares a thing, or the object it is in; empty if none does."""
    found = ""
    for block in blocks:
        if any(getattr(a, "leaf", None) == leaf for a in block.additions):
            return block.label
        if leaf.name in getattr(alone(block), leaf.family):
            found = block.label
    return found


def columns_of(blocks: Iterable[Block]) -> Known:
    """The columns of all their tables, for foreign keys of other cells."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for block in blocks:
        found.update(block.columns)
    return found


def _identity(addition: Addition) -> tuple[str, ...]:
    """The kind, name and place of a view, policy, role or row security."""
    if isinstance(addition, Amendment):
        return (type(addition).__name__, addition.name)
    return (type(addition).__name__, getattr(addition, "name", ""), *_place(addition))


def _place(addition: Addition) -> tuple[str, ...]:
    table = getattr(addition, "table", None)
    if table is None:
        return (getattr(addition, "schema", None) or PUBLIC,)
    if isinstance(addition, Grant) and addition.kind != "table":
        return (str(table),)  # the types of a function's parameters have schemas too
    return table_id(table)


def _said(addition: Addition) -> str:
    """The addition in a message."""
    if isinstance(addition, Amendment):
        return addition.name
    return f"{type(addition).__name__.lower()} `{getattr(addition, 'name', '')}`"
