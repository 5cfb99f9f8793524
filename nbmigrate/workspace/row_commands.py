"""Commands about rows: table, query, studio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbmigrate import results
from nbmigrate.model import parse_path
from nbmigrate.workspace import looking, rows
from nbmigrate.workspace.project import Project


class RowCommands(Project):
    """Commands about rows: table, query, studio."""

    def table(  # noqa: PLR0913 - one argument per flag
        self,
        name: str,
        *,
        where: str | None = None,
        order: str | None = None,
        columns: Sequence[str] = (),
        limit: int | None = 1000,
        form: str = "pandas",
        stream: bool = False,
    ) -> results.TableResult | results.StreamResult:
        """The rows of a table as a DataFrame; ``name`` is ``table`` or ``schema.table``.

        ``form`` is ``pandas``, ``arrow``, ``polars`` or ``dask``; ``stream`` reads the rows in
        pieces, as they are asked for. ``limit=None`` is all rows.
        """
        wanted = rows.Selection(where, order, tuple(columns), limit)
        return rows.table(self, _id(name), wanted, form, stream=stream)

    def query(
        self,
        sql: str,
        params: Mapping[str, Any] | None = None,
        *,
        form: str = "pandas",
        stream: bool = False,
    ) -> results.QueryResult | results.StreamResult:
        """Run SQL verbatim; named parameters are bound by the server."""
        return rows.query(self, sql, params, form, stream=stream)

    def studio(
        self,
        name: str | None = None,
        *,
        read_only: bool | None = None,
        first_rows: int | None = None,
    ) -> results.StudioResult:
        """The studio: tables to browse and edit, beginning with ``name``.

        The result holds the tables with their first rows; its ``session`` connects when it is
        first asked for something.
        """
        return looking.studio(self, name, read_only=read_only, first_rows=first_rows)


def _id(name: str) -> tuple[str, str]:
    parts = parse_path(name)
    return (parts[0], parts[1]) if len(parts) > 1 else ("public", parts[0])
