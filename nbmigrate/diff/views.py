"""Differences between views, and the order in which they stand on each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from nbmigrate.diff.match import match, mentioned
from nbmigrate.model import View
from nbmigrate.operations import AlterViewOptions, CreateView, DropView, ViewOp


def diff_views(old: Mapping[str, View], new: Mapping[str, View]) -> Iterator[ViewOp]:
    """Views to create, alter and drop; existing ones are nobody's business."""
    found = match(managed(old), managed(new))
    yield from (DropView(view=view) for view in found.removed)
    for before, after in found.changed:
        if _body(before) == _body(after):
            if _differs(before, after):
                yield AlterViewOptions(old=before, new=after)
        else:
            yield DropView(view=before)
            yield CreateView(view=after)
    yield from (CreateView(view=view) for view in found.added)


def managed(views: Mapping[str, View]) -> dict[str, View]:
    """The views that are created by a plan."""
    return {key: view for key, view in views.items() if not view.is_existing}


def _body(view: View) -> tuple[object, ...]:
    return (view.definition, view.materialized)


def _differs(old: View, new: View) -> bool:
    """The columns follow from the definition; WITH NO DATA says how a view is filled once."""
    same = msgspec.structs.replace(
        old,
        columns=new.columns,
        with_no_data=new.with_no_data,
        comment=new.comment,
        options=old.options or None,
    )
    return same != msgspec.structs.replace(new, options=new.options or None)


def in_order(views: Iterable[View]) -> list[View]:
    """Views such that each stands behind those it may refer to; ties by name."""
    by_id = {view.id: view for view in sorted(views, key=lambda view: view.id)}
    names = {view.name for view in by_id.values()}
    below = {id_: mentioned(view.definition, names - {view.name}) for id_, view in by_id.items()}
    done: list[View] = []
    while by_id:
        waiting = {name for _, name in by_id}
        ready = [id_ for id_ in by_id if not below[id_] & waiting]
        # A circle can only come from a false alarm of mentioned(): views cannot be circular.
        done.extend(by_id.pop(id_) for id_ in ready or list(by_id)[:1])
    return done
