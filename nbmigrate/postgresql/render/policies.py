"""SQL of row security policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.operations import AlterPolicy, CreatePolicy, DropPolicy, RenamePolicy
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.lexer import significant
from nbmigrate.postgresql.render.clauses import changed_comment, comment_on, parenthesised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbmigrate.model import Policy
    from nbmigrate.operations import Id, PolicyOp

#: PostgreSQL docs, CREATE POLICY: words in the place of a role, quoted they would be names.
_ROLE_WORDS = frozenset({"public", "current_user", "current_role", "session_user"})

#: With which reserved words a query begins (PostgreSQL docs, SELECT).
_QUERIES = frozenset({"select", "with", "table"})


def render_policy(operation: PolicyOp) -> tuple[str, ...]:
    """The statements of an operation on a policy."""
    match operation:
        case CreatePolicy(table=table, policy=policy):
            return create_policy(table, policy)
        case RenamePolicy(table=table, old=old, new=new):
            return (f"ALTER POLICY {quote(old)} ON {qualified(table)} RENAME TO {quote(new)};",)
        case AlterPolicy(table=table, old=before, new=after):
            return alter_policy(table, before, after)
        case DropPolicy(table=table, policy=policy):
            return (f"DROP POLICY {_on(table, policy)};",)
        case _:
            assert_never(operation)


def create_policy(table: Id, policy: Policy) -> tuple[str, ...]:
    """CREATE POLICY with its comment."""
    on = _on(table, policy)
    using = f" USING {_condition(policy.using)}" if policy.using else ""
    check = f" WITH CHECK {_condition(policy.with_check)}" if policy.with_check else ""
    roles = render_roles(policy.to)
    return (
        f"CREATE POLICY {on} AS {policy.as_} FOR {policy.for_} TO {roles}{using}{check};",
        *comment_on(f"POLICY {on}", policy.comment),
    )


def alter_policy(table: Id, old: Policy, new: Policy) -> tuple[str, ...]:
    """ALTER POLICY with what differs.

    Raises:
        UnsupportedOperationError: when ALTER POLICY has no words for the difference.
    """
    on = _on(table, new)
    if _is_inalterable(old, new):
        raise UnsupportedOperationError(
            f"policy `{new.name}` on `{table[0]}.{table[1]}` cannot be altered in place: "
            "ALTER POLICY cannot change AS or FOR, nor take USING or WITH CHECK away",
            operation="AlterPolicy",
            hint="drop the policy and create it again",
        )
    clauses = []
    if old.to != new.to:
        clauses.append(f" TO {render_roles(new.to)}")
    if new.using and old.using != new.using:
        clauses.append(f" USING {_condition(new.using)}")
    if new.with_check and old.with_check != new.with_check:
        clauses.append(f" WITH CHECK {_condition(new.with_check)}")
    return (
        *((f"ALTER POLICY {on}{''.join(clauses)};",) if clauses else ()),
        *changed_comment(f"POLICY {on}", old.comment, new.comment),
    )


def _condition(sql: str) -> str:
    """The condition in parentheses; a query that is all of it has a pair of its own."""
    first = significant(sql)[:1]
    is_query = any(token.text.lower() in _QUERIES for token in first)
    return parenthesised(parenthesised(sql) if is_query else sql)


def render_roles(names: Iterable[str]) -> str:
    """The roles of a policy."""
    return ", ".join(name if name in _ROLE_WORDS else quote(name) for name in names) or "public"


def _is_inalterable(old: Policy, new: Policy) -> bool:
    if (old.as_, old.for_) != (new.as_, new.for_):
        return True
    return bool((old.using and not new.using) or (old.with_check and not new.with_check))


def _on(table: Id, policy: Policy) -> str:
    return f"{quote(policy.name)} ON {qualified(table)}"
