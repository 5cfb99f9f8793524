"""Comments on things that both snapshots have: set, changed, taken away.

What is created brings its comment along; domains, types, functions, triggers, rules, policies and
sequences change theirs with themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from nbmigrate.diff.match import pairs
from nbmigrate.model import Snapshot, Table, View
from nbmigrate.model.names import NAME_BYTES
from nbmigrate.operations import SetComment

_PARTS: tuple[tuple[Literal["column", "constraint", "index", "statistics"], str], ...] = (
    ("column", "columns"),
    ("constraint", "composite_primary_keys"),
    ("constraint", "unique_constraints"),
    ("constraint", "exclusions"),
    ("constraint", "check_constraints"),
    ("constraint", "foreign_keys"),
    ("index", "indexes"),
    ("statistics", "statistics"),
)


def diff_comments(old: Snapshot, new: Snapshot) -> Iterator[SetComment]:
    """The comments that differ."""
    yield from _of_schemas(old, new)
    for enum, enum_after in pairs(old.enums, new.enums):
        if _differs(enum, enum_after):
            yield SetComment(kind="type", path=enum_after.id, text=enum_after.comment)
    for table, table_after in pairs(old.tables, new.tables):
        if table != table_after:
            yield from _of_table(table, table_after)
    for view, view_after in pairs(old.views, new.views):
        if not view_after.is_existing and view.materialized == view_after.materialized:
            yield from _of_view(view, view_after)


def _of_schemas(old: Snapshot, new: Snapshot) -> Iterator[SetComment]:
    for name in new.schemas:
        before, after = old.schema_comments.get(name), new.schema_comments.get(name)
        if before != after:
            yield SetComment(kind="schema", path=(name,), text=after)


def _of_table(old: Table, new: Table) -> Iterator[SetComment]:
    if _differs(old, new):
        yield SetComment(kind="table", path=new.id, text=new.comment)
    for kind, part in _PARTS:
        for _, item in _changed(getattr(old, part), getattr(new, part)):
            yield SetComment(kind=kind, path=(*new.id, item.name), text=item.comment)
    if new.primary_key_options != old.primary_key_options and new.primary_key_columns:
        text = new.primary_key_options.comment if new.primary_key_options else None
        was = old.primary_key_options.comment if old.primary_key_options else None
        if text != was:
            yield SetComment(kind="constraint", path=(*new.id, _key_name(new)), text=text)


def _of_view(old: View, new: View) -> Iterator[SetComment]:
    if _differs(old, new):
        kind: Literal["view", "materialized view"] = (
            "materialized view" if new.materialized else "view"
        )
        yield SetComment(kind=kind, path=new.id, text=new.comment)
    for name in dict.fromkeys((*old.column_comments, *new.column_comments)):
        text = new.column_comments.get(name)
        if text != old.column_comments.get(name):
            yield SetComment(kind="column", path=(*new.id, name), text=text)
    for _, index in _changed(old.indexes, new.indexes):
        yield SetComment(kind="index", path=(*new.id, index.name), text=index.comment)
    for _, statistics in _changed(old.statistics, new.statistics):
        path = (*new.id, statistics.name)
        yield SetComment(kind="statistics", path=path, text=statistics.comment)


def _key_name(table: Table) -> str:
    """The name of a key over one column (PostgreSQL ``indexcmds.c``, makeObjectName)."""
    end = "_pkey"
    cut = table.name.encode()[: NAME_BYTES - len(end)].decode(errors="ignore")
    return table.primary_key_name or cut + end


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    return (pair for pair in pairs(old, new) if _differs(*pair))


def _differs(old: Any, new: Any) -> bool:  # noqa: ANN401 - anything that has a comment
    return (old.comment or None) != (new.comment or None)


def without_comment(item: Any) -> Any:  # noqa: ANN401 - anything that has a comment
    """The thing as it is without its comment."""
    return msgspec.structs.replace(item, comment=None)
