"""SQL of views and materialized views."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.operations import AlterViewOptions, CreateView, DropView, MoveView, RenameView
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.render.clauses import (
    changed_comment,
    comment_on,
    in_its_own,
    option_list,
    parenthesised,
    snake,
)
from nbmigrate.postgresql.render.column_clauses import column_storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmigrate.model import Column, View
    from nbmigrate.operations import Id, ViewOp

# PostgreSQL 18 docs, ALTER MATERIALIZED VIEW: the words for what a database gives by default
_DEFAULT_TABLESPACE = "pg_default"
_DEFAULT_ACCESS_METHOD = "heap"


def render_view(operation: ViewOp) -> tuple[str, ...]:
    """The statements of an operation on a view."""
    match operation:
        case CreateView(view=view):
            return create_view(view)
        case RenameView(old=old, new=new, materialized=materialized):
            return (f"ALTER {_kind(old, materialized=materialized)} RENAME TO {quote(new[1])};",)
        case MoveView(old=old, new=new, materialized=materialized):
            return (f"ALTER {_kind(old, materialized=materialized)} SET SCHEMA {quote(new[0])};",)
        case AlterViewOptions(old=before, new=after, apart=apart):
            return tuple(in_its_own(sql, apart=apart) for sql in alter_view(before, after))
        case DropView(view=view):
            return (f"DROP {_kind_of(view)};",)
        case _:
            assert_never(operation)


def create_view(view: View) -> tuple[str, ...]:
    """CREATE VIEW or CREATE MATERIALIZED VIEW with its comment.

    Raises:
        UnsupportedOperationError: when no file holds the definition.
    """
    if view.definition is None:
        raise UnsupportedOperationError(
            f"view `{view.schema}.{view.name}` has no definition and cannot be created",
            operation="CreateView",
        )
    using = f" USING {quote(view.using)}" if view.using else ""
    options = f" WITH ({option_list(view.said_options)})" if view.options else ""
    tablespace = f" TABLESPACE {quote(view.tablespace)}" if view.tablespace else ""
    body = parenthesised(view.definition.rstrip().removesuffix(";"))
    no_data = " WITH NO DATA" if view.materialized and view.with_no_data else ""
    kind = _kind_of(view)
    return (
        f"CREATE {kind}{using}{options}{tablespace} AS {body}{no_data};",
        *comment_on(kind, view.comment),
        *(
            statement
            for name, text in view.column_comments.items()
            for statement in comment_on(f"COLUMN {qualified(view.id)}.{quote(name)}", text)
        ),
        *(
            statement
            for column in (view.columns.values() if view.materialized else ())
            for statement in _column_settings(view.id, column)
        ),
    )


def _column_settings(view: Id, column: Column) -> Iterator[str]:
    """How a new materialized view keeps the values of a column."""
    bare = replace(column, storage=None, compression=None, statistics=None, options={})
    yield from column_storage(view, bare, column)


def alter_view(old: View, new: View) -> tuple[str, ...]:
    """One ALTER for what is set, one for what is reset; WITH NO DATA matters only at creation."""
    kind = _kind_of(new)
    before, after = old.options or {}, new.options or {}
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    gone = ", ".join(snake(name) for name in before if name not in after)
    return (
        *((f"ALTER {kind} SET ({option_list(changed)});",) if changed else ()),
        *((f"ALTER {kind} RESET ({gone});",) if gone else ()),
        *_alter_storage(old, new),
        *changed_comment(kind, old.comment, new.comment),
    )


def _alter_storage(old: View, new: View) -> tuple[str, ...]:
    kind = _kind_of(new)
    statements = []
    if (old.tablespace or _DEFAULT_TABLESPACE) != (new.tablespace or _DEFAULT_TABLESPACE):
        place = quote(new.tablespace or _DEFAULT_TABLESPACE)
        statements.append(f"ALTER {kind} SET TABLESPACE {place};")
    if (old.using or _DEFAULT_ACCESS_METHOD) != (new.using or _DEFAULT_ACCESS_METHOD):
        method = quote(new.using or _DEFAULT_ACCESS_METHOD)
        statements.append(f"ALTER {kind} SET ACCESS METHOD {method};")
    if old.clustered_on != new.clustered_on:
        index = new.clustered_on
        action = f"CLUSTER ON {quote(index)}" if index else "SET WITHOUT CLUSTER"
        statements.append(f"ALTER {kind} {action};")
    return tuple(statements)


def _kind_of(view: View) -> str:
    return _kind(view.id, materialized=view.materialized)


def _kind(identifier: Id, *, materialized: bool) -> str:
    """``VIEW "public"."v"``: drizzle spells public out."""
    word = "MATERIALIZED VIEW" if materialized else "VIEW"
    return f"{word} {qualified(identifier, spell_public=True)}"
