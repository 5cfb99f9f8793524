"""What blocks declare together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbmigrate.declare.blocks import Block, Known
from nbmigrate.declare.faults import located
from nbmigrate.declare.merging import Path, all_paths, declared_twice, union
from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import Snapshot
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.amending import Amendment, Leaf
from nbmigrate.postgresql.from_metadata import Addition, with_additions
from nbmigrate.schema import table_id


def unite(blocks: Iterable[Block]) -> Snapshot:
    """Tables of all blocks first, then what is added to them, whichever cell says it."""
    blocks = list(blocks)
    snapshot = union((block.label, block.snapshot) for block in blocks)
    owners: dict[tuple[str, ...], str] = {}
    for is_late in (False, True):
        for block, addition in _additions(blocks, is_late=is_late):
            identity = _identity(addition)
            owner = owners.setdefault(identity, block.label)
            try:
                snapshot = with_additions(snapshot, (addition,))
            except DuplicateObjectError as error:
                if owner == block.label:
                    raise located(error, block.text) from error
                raise declared_twice(_said(addition), owner, block.label) from error
            except DeclarationError as error:
                raise located(error, block.text) from error
    return snapshot


def _additions(blocks: Iterable[Block], *, is_late: bool) -> Iterator[tuple[Block, Addition]]:
    """Those that stand alone, or those that hang on something another one declares."""
    for block in blocks:
        yield from ((block, a) for a in block.additions if a.is_late == is_late)


def alone(block: Block) -> Snapshot:
    """The snapshot of one block; what it adds to tables of other cells is left out."""
    return with_additions(block.snapshot, block.additions, lenient=True)


def paths_of(block: Block, blocks: Iterable[Block]) -> frozenset[Path]:
    """The paths of what the block declares, and of what it adds to things of others."""
    paths = all_paths(alone(block))
    if not any(addition.is_late for addition in block.additions):
        return paths
    usable = [other for other in blocks if other.error is None]
    whole, rest = unite(usable), unite(other for other in usable if other is not block)
    return paths | (all_paths(whole) - all_paths(rest))


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
    table = getattr(addition, "table", None)
    where = (getattr(addition, "schema", None) or PUBLIC,) if table is None else table_id(table)
    return (type(addition).__name__, getattr(addition, "name", ""), *where)


def _said(addition: Addition) -> str:
    """The addition in a message."""
    if isinstance(addition, Amendment):
        return addition.name
    return f"{type(addition).__name__.lower()} `{getattr(addition, 'name', '')}`"
