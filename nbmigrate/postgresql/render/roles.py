"""SQL of roles. No role made here can log in: no password is ever in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import AlterRole, CreateRole, DropRole, RenameRole
from nbmigrate.postgresql.identifiers import quote

if TYPE_CHECKING:
    from nbmigrate.model import Role
    from nbmigrate.operations import RoleOp


def render_role(operation: RoleOp) -> tuple[str, ...]:
    """The statements of an operation on a role."""
    match operation:
        case CreateRole(role=role):
            return (create_role(role),)
        case RenameRole(old=old, new=new):
            return (f"ALTER ROLE {quote(old)} RENAME TO {quote(new)};",)
        case AlterRole(new=role):
            return (alter_role(role),)
        case DropRole(role=role):
            return (f"DROP ROLE {quote(role.name)};",)
        case _:
            assert_never(operation)


def create_role(role: Role) -> str:
    """CREATE ROLE with the attributes that PostgreSQL would not give it by itself."""
    options = " CREATEDB" * role.create_db + " CREATEROLE" * role.create_role
    options += " NOINHERIT" * (not role.inherit)
    return f"CREATE ROLE {quote(role.name)}{' WITH' if options else ''}{options};"


def alter_role(role: Role) -> str:
    """ALTER ROLE with every attribute spelled out, as drizzle does."""
    create_db = "CREATEDB" if role.create_db else "NOCREATEDB"
    create_role_ = "CREATEROLE" if role.create_role else "NOCREATEROLE"
    inherit = "INHERIT" if role.inherit else "NOINHERIT"
    return f"ALTER ROLE {quote(role.name)} WITH {create_db} {create_role_} {inherit};"
