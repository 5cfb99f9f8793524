"""Snapshot -> the code that a person would have written for it.

The inverse of :mod:`nbmigrate.postgresql.from_metadata`. The code is data: every text of
the snapshot stands in it as the constant that ``repr`` gives, every identifier is made here,
and nothing that SQLAlchemy evaluates (``secondary=``, ``remote_side=``) is a text.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbmigrate.diff import diff
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.postgresql.render import render
from nbmigrate.postgresql.to_code.layout import one_line
from nbmigrate.postgresql.to_code.module import Module

__all__ = ["to_code", "to_ddl", "with_notes"]


def to_code(
    snapshot: Snapshot,
    *,
    cell: bool = True,
    relationships: bool = True,
    not_expressed: Sequence[str] = (),
) -> str:
    """SQLAlchemy code that declares the snapshot.

    Args:
        snapshot: what is declared.
        cell: the body of a ``%%schema`` cell; else a module with imports and a base of its own.
        relationships: whether classes know each other.
        not_expressed: what the code does not say; it is listed on top.
    """
    code = Module(snapshot, with_relationships=relationships).code(cell=cell)
    return with_notes(code, not_expressed)


def with_notes(code: str, not_expressed: Sequence[str]) -> str:
    """The code below what it does not say."""
    head = "".join(f"# not expressed: {one_line(text)}\n" for text in not_expressed)
    return f"{head}\n\n{code}" if head and code.strip() else head or code


def to_ddl(snapshot: Snapshot, *, not_expressed: Sequence[str] = ()) -> str:
    """The statements that create the snapshot in an empty database."""
    head = [f"-- not expressed: {one_line(text)}\n" for text in not_expressed]
    statements = [f"{statement.sql}\n" for statement in render(diff(EMPTY, snapshot))]
    return "".join(head) + "\n".join(statements)
