"""The command that loads a DataFrame into a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbmigrate import results
from nbmigrate.model import parse_path
from nbmigrate.workspace import loading
from nbmigrate.workspace.migration_commands import MigrationCommands

if TYPE_CHECKING:
    from nbmigrate.data.copy_in import Listen


class LoadingCommands(MigrationCommands):
    """The command that loads a DataFrame into a table."""

    def load(  # noqa: PLR0913 - one argument per flag
        self,
        frame: Any,  # noqa: ANN401 - a DataFrame of pandas, polars or Arrow
        table: str,
        *,
        append: bool = False,
        upsert: Sequence[str] | str = (),
        key: Sequence[str] | str = (),
        types: Mapping[str, str] | None = None,
        dry_run: bool = False,
        on_event: Listen | None = None,
    ) -> results.LoadResult:
        """Make a table for a DataFrame and copy its rows in, or add them to one that is there.

        All or nothing. ``key`` is the primary key of a new table and ``types`` its types where
        the data does not say them; ``append`` and ``upsert`` (the key) are for one that is there.

        Raises:
            UsageConflictError: the data leaves something open, which it names.
            StatementFailedError: PostgreSQL refused a row; nothing was loaded.
        """
        parts = parse_path(table)
        id_ = (parts[0], parts[1]) if len(parts) > 1 else ("public", parts[0])
        options = loading.LoadOptions(
            append=append,
            upsert=_names(upsert),
            key=_names(key),
            types=dict(types or {}),
            dry_run=dry_run,
        )
        return loading.load(self, frame, id_, options, on_event)


def _names(given: Sequence[str] | str) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
