"""What blocks declare together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbmigrate.declare.blocks import Block, Known
from nbmigrate.declare.faults import located
from nbmigrate.declare.merging import declared_twice, union
from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import Snapshot
from nbmigrate.model.names import PUBLIC
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
                what = f"{identity[0].lower()} `{identity[1]}`"
                raise declared_twice(what, owner, block.label) from error
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


def columns_of(blocks: Iterable[Block]) -> Known:
    """The columns of all their tables, for foreign keys of other cells."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for block in blocks:
        found.update(block.columns)
    return found


def _identity(addition: Addition) -> tuple[str, ...]:
    """The kind, name and place of a view, policy, role or row security."""
    table = getattr(addition, "table", None)
    where = (getattr(addition, "schema", None) or PUBLIC,) if table is None else table_id(table)
    return (type(addition).__name__, getattr(addition, "name", ""), *where)
