"""One table in two cells, told apart from a table that moved with its cell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy.exc import InvalidRequestError

from nbmigrate.declare.blocks import Block
from nbmigrate.declare.faults import Place, fault, located
from nbmigrate.declare.merging import declared_twice
from nbmigrate.errors import DeclarationError
from nbmigrate.postgresql.from_metadata.names import table_path

_DEFINED_TWICE = re.compile(r"Table '(.+)' is already defined for this MetaData")


def refuse_taken(block: Block, others: Iterable[Block]) -> None:
    """Check the tables of a block against cells that were out of the way while it ran.

    Raises:
        DuplicateObjectError: when one of them has a table of that name.
    """
    tables = {(table.key, id(table.metadata)): table for table in block.mappings.tables}
    for other in others:
        for taken in other.mappings.tables:
            mine = tables.get((taken.key, id(taken.metadata)))
            if mine is not None:
                twice = declared_twice(f"table `{mine.key}`", other.label, block.label)
                twice.source = table_path(mine)
                raise located(twice, block.text)


def named_owner(error: DeclarationError, block: Block, others: Iterable[Block]) -> DeclarationError:
    """SQLAlchemy's "already defined", with the cell that defined the table."""
    cause = error.__cause__
    found = _DEFINED_TWICE.search(str(cause)) if isinstance(cause, InvalidRequestError) else None
    if not found:
        return error
    for other in others:
        if any(table.key == found[1] for table in other.mappings.tables):
            twice = declared_twice(f"table `{found[1]}`", other.label, block.label)
            line = error.line - block.text.first_line + 1 if error.line else 0
            return fault(twice.message, block.text, Place(line), hint=twice.hint, kind=type(twice))
    return error
