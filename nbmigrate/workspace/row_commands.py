"""Commands about rows: table, query, studio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbmigrate import results
from nbmigrate.model import parse_path
from nbmigrate.workspace import looking
from nbmigrate.workspace.project import Project


class RowCommands(Project):
    """Commands about rows: table, query, studio."""

    def table(
        self,
        name: str,
        *,
        where: str | None = None,
        order: str | None = None,
        columns: Sequence[str] = (),
        limit: int | None = 1000,
    ) -> results.TableResult:
        """The rows of a table as a DataFrame; ``name`` is ``table`` or ``schema.table``."""
        parts = parse_path(name)
        id_ = (parts[0], parts[1]) if len(parts) > 1 else ("public", parts[0])
        return looking.table(self, id_, where=where, order=order, columns=columns, limit=limit)

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> results.QueryResult:
        """Run SQL verbatim; named parameters are bound by the server."""
        return looking.query(self, sql, params)

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
