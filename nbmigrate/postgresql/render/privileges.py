"""SQL of privileges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.postgresql.identifiers import qualified, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmigrate.model import Grant
    from nbmigrate.operations import SetPrivileges

#: What everybody may do with a new object (PostgreSQL 18 docs, "Privileges", table 5.2).
_OF_PUBLIC = {"routine": frozenset({"EXECUTE"})}


def set_privileges(operation: SetPrivileges) -> Iterator[str]:
    """REVOKE what goes, GRANT what comes."""
    old, new = operation.old, operation.new
    found = new or old
    if found is None:
        return
    is_public = found.role == "public"
    role = "PUBLIC" if is_public else quote(found.role)
    usual = _OF_PUBLIC.get(operation.kind, frozenset()) if is_public else frozenset()
    had, has = (set(grant.privileges if grant else usual) for grant in (old, new))
    passed, passes = _passed(old), _passed(new)
    thing = _thing(operation)
    if gone := ", ".join(sorted(had - has)):
        yield f"REVOKE {gone} ON {thing} FROM {role};"
    if kept := ", ".join(sorted((passed - passes) & has)):
        yield f"REVOKE GRANT OPTION FOR {kept} ON {thing} FROM {role};"
    if come := ", ".join(sorted(has - had - passes)):
        yield f"GRANT {come} ON {thing} TO {role};"
    if options := ", ".join(sorted(passes - passed)):
        yield f"GRANT {options} ON {thing} TO {role} WITH GRANT OPTION;"


def _passed(grant: Grant | None) -> set[str]:
    return set(grant.grantable if grant else ())


def _thing(operation: SetPrivileges) -> str:
    schema, name = operation.table
    match operation.kind:
        case "routine":
            bare, parenthesis, arguments = name.partition("(")
            return f"ROUTINE {qualified((schema, bare))}{parenthesis}{arguments}"
        case "sequence":
            return f"SEQUENCE {qualified(operation.table)}"
        case _:
            return qualified(operation.table)
