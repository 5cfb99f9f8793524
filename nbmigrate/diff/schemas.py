"""Differences between schemas and between roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbmigrate.diff.match import match
from nbmigrate.model import Role
from nbmigrate.operations import (
    AlterRole,
    CreateRole,
    CreateSchema,
    DropRole,
    DropSchema,
    RoleOp,
    SchemaOp,
)


def diff_schemas(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[SchemaOp]:
    """Schemas to create and to drop; public is in neither map."""
    found = match(old, new)
    yield from (CreateSchema(name=name) for name in found.added)
    yield from (DropSchema(name=name) for name in found.removed)


def diff_roles(old: Mapping[str, Role], new: Mapping[str, Role]) -> Iterator[RoleOp]:
    """Roles to create, alter and drop."""
    found = match(old, new)
    yield from (CreateRole(role=role) for role in found.added)
    yield from (AlterRole(old=before, new=after) for before, after in found.changed)
    yield from (DropRole(role=role) for role in found.removed)
