"""Paths that begin with a table, as ``users.name``: they mean the one in ``public``.

What begins with a schema is left alone, also where a table is called the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from nbmigrate.diff.renames import kind_of
from nbmigrate.model import Rename, Snapshot, format_path, parse_path
from nbmigrate.model.names import PUBLIC
from nbmigrate.plan import Answers
from nbmigrate.workspace.ownership import Path


def answers_in_public(answers: Answers, snapshots: Sequence[Snapshot]) -> Answers:
    """The answers with whole paths, as far as the snapshots tell; what is no path stays as it is."""

    def path(text: str) -> str:
        try:
            return format_path(*_whole(parse_path(text), snapshots))
        except ValueError:  # it is refused when the plan is made
            return text

    def rename(text: str) -> str:
        try:
            return str(rename_in_public(Rename.parse(text), snapshots))
        except ValueError:
            return text

    return msgspec.structs.replace(
        answers,
        renames=tuple(map(rename, answers.renames)),
        drops=tuple(map(path, answers.drops)),
        **{
            values: {path(place): value for place, value in getattr(answers, values).items()}
            for values in ("backfills", "casts", "labels")
        },
    )


def rename_in_public(rename: Rename, snapshots: Sequence[Snapshot]) -> Rename:
    """The rename with whole paths."""
    return Rename(_whole(rename.old, snapshots), _whole(rename.new, snapshots))


def _whole(path: Path, snapshots: Sequence[Snapshot]) -> Path:
    is_whole = path[0] == PUBLIC or any(
        path[0] in s.schemas or (len(path) == 1 and path[0] in s.roles) for s in snapshots
    )
    is_inside = any(kind_of(snapshot, (PUBLIC, path[0])) for snapshot in snapshots)
    return (PUBLIC, *path) if is_inside and not is_whole else path
