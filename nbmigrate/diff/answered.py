"""Answers about columns and labels: they must be those of the schema that is to be."""

from __future__ import annotations

from collections.abc import Iterable

from nbmigrate.errors import UsageConflictError
from nbmigrate.model import Snapshot, parse_path
from nbmigrate.model.names import key

#: Parts of the path of a column, and of a label.
_COLUMN = 3


def require_declared(
    new: Snapshot, *, backfills: Iterable[str], casts: Iterable[str], labels: Iterable[str]
) -> None:
    """A value for what is not declared was mistyped: it would answer nothing, and be passed over.

    Raises:
        UsageConflictError: a path names no column, or no enum, of ``new``.
    """
    for said, flag_name in ((backfills, "--backfill"), (casts, "--using")):
        for path in said:
            parts = _parts(path, flag_name)
            table = new.tables.get(key(*parts[:2])) if len(parts) == _COLUMN else None
            if table is not None and parts[-1] in table.columns:
                continue
            known = ", ".join(table.columns) if table is not None else ", ".join(new.tables)
            raise UsageConflictError(
                f"{flag_name}: `{path}` is no column that is declared",
                hint=f"declared here: {known}" if known else "nothing is declared",
            )
    for path in labels:
        parts = _parts(path, "--map")
        if len(parts) != _COLUMN or key(*parts[:2]) not in new.enums:
            known = ", ".join(new.enums) or "none"
            raise UsageConflictError(
                f"--map: `{path}` is no label of a declared enum", hint=f"enums declared: {known}"
            )


def _parts(path: str, flag_name: str) -> tuple[str, ...]:
    try:
        return parse_path(path)
    except ValueError as error:
        raise UsageConflictError(f"{flag_name}: {error}") from None
