"""SQL of privileges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.identifiers import block, literal, name_literal, qualified, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmigrate.model import Grant
    from nbmigrate.operations import SetPrivileges

#: What everybody may do with a new object (PostgreSQL 18 docs, "Privileges", table 5.2).
_OF_PUBLIC = {"routine": frozenset({"EXECUTE"}), "type": frozenset({"USAGE"})}
#: The schema that every database comes with (PostgreSQL 18 docs, "Usage Patterns").
_OF_PUBLIC_SCHEMA = frozenset({"USAGE"})


def set_privileges(operation: SetPrivileges) -> Iterator[str]:
    """REVOKE what goes, GRANT what comes."""
    old, new = operation.old, operation.new
    found = new or old
    if found is None:
        return
    is_public = found.role == "public"
    role = "PUBLIC" if is_public else quote(found.role)
    usual = _usual(operation) if is_public else frozenset()
    had, has = (set(grant.privileges if grant else usual) for grant in (old, new))
    passed, passes = _passed(old), _passed(new)
    for words, privileges, direction, ending in (
        ("REVOKE", had - has, "FROM", ""),
        ("REVOKE GRANT OPTION FOR", (passed - passes) & has, "FROM", ""),
        ("GRANT", has - had - passes, "TO", ""),
        ("GRANT", passes - passed, "TO", " WITH GRANT OPTION"),
    ):
        if privileges:
            listed = ", ".join(f"{p}{_of_column(operation)}" for p in sorted(privileges))
            yield _on(operation, f"{words} {listed} ON ", f" {direction} {role}{ending}")


def _usual(operation: SetPrivileges) -> frozenset[str]:
    if operation.kind == "schema" and operation.table[1] == PUBLIC:
        return _OF_PUBLIC_SCHEMA
    return _OF_PUBLIC.get(operation.kind, frozenset())


def _passed(grant: Grant | None) -> set[str]:
    return set(grant.grantable if grant else ())


def _of_column(operation: SetPrivileges) -> str:
    is_own = operation.kind != "sequence" and operation.column
    return f" ({quote(operation.column or '')})" if is_own else ""


def _on(operation: SetPrivileges, before: str, after: str) -> str:
    """The statement about an object; the sequence of a column is looked up as it runs."""
    if operation.kind != "sequence" or not operation.column:
        return f"{before}{_thing(operation)}{after};"
    table, column = name_literal(operation.table), literal(operation.column)
    return block(f"""\
BEGIN
	EXECUTE format({literal(f"{before}SEQUENCE %s{after.replace('%', '%%')}")}, pg_get_serial_sequence({table}, {column}));
END""")


def _thing(operation: SetPrivileges) -> str:
    schema, name = operation.table
    match operation.kind:
        case "routine":
            bare, parenthesis, arguments = name.partition("(")
            return f"ROUTINE {qualified((schema, bare))}{parenthesis}{arguments}"
        case "sequence":
            return f"SEQUENCE {qualified(operation.table)}"
        case "type":
            return f"TYPE {qualified(operation.table)}"
        case "schema":
            return f"SCHEMA {quote(name)}"
        case _:
            return qualified(operation.table)
