"""Commands about schemas: connect, declare, diff, pull."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from nbmigrate import results
from nbmigrate.plan import NO_ANSWERS, Answers
from nbmigrate.workspace import files, looking, past, pulling, viewing
from nbmigrate.workspace.live import LiveReader
from nbmigrate.workspace.project import Project
from nbmigrate.workspace.settings import read_settings


class SchemaCommands(Project):
    """Commands about schemas: connect, declare, diff, pull."""

    def connect(self, url: str | None = None) -> results.ConnectResult:
        """Choose the database, and say which it is.

        Raises:
            ConnectFailedError: it cannot be reached; the former one stays in use.
        """
        settings = read_settings(self.root, os.environ, url=url, folder=self._folder)
        former = self.target
        self.use(settings)
        try:
            self.target.connection  # noqa: B018 - opening it is the point
        except BaseException:
            self.target.close()
            self.target = former
            self.live = LiveReader(former, settings.schemas)
            raise
        former.close()
        return results.ConnectResult(
            database=self.target.database,
            server_version=self.target.server_version,
            url=self.target.shown_url,
            embedded=self.target.is_embedded,
        )

    def declare(
        self,
        text: str,
        *,
        cell: str,
        namespace: dict[str, Any],
        name: str | None = None,
        sql: bool = False,
        first_line: int = 1,
    ) -> results.DeclareResult:
        """Run a ``%%schema`` cell and say what it declared and what differs from the database.

        Raises:
            DeclarationError: the cell cannot be used; everything is as before.
        """
        declared = self.declarations.declare(
            text,
            cell=cell,
            namespace=namespace,
            name=name,
            parse_sql=self.read_ddl if sql else None,
            first_line=first_line,
        )
        plan, note = looking.preview(self)
        return results.DeclareResult(
            cell=declared.cell,
            objects=declared.objects,
            snapshot=declared.snapshot,
            plan=plan,
            note=note,
            notes=declared.notes,
        )

    def schema(
        self,
        tables: Sequence[str] = (),
        *,
        source: str | None = None,
        svg: str | None = None,
        mermaid: bool = False,
    ) -> results.SchemaResult:
        """The tables of a source; by default of what is declared, else of the database.

        ``tables`` are names or patterns such as ``sales.*``; ``svg`` is a file for the diagram.

        Raises:
            SourceError: a name is of no table.
        """
        return viewing.schema(self, tables, source=source, svg=svg, mermaid=mermaid)

    def diff(
        self, old: str = "live", new: str = "declared", *, answers: Answers = NO_ANSWERS
    ) -> results.DiffResult:
        """The difference between two sources."""
        before, after = self.source(old), self.source(new)
        found = self.compare(before, after, answers)
        return results.DiffResult(plan=found.plan, old_name=before.name, new_name=after.name)

    def history(self, *, last: int = 50) -> results.HistoryResult:
        """What each of the last migrations of the folder changed."""
        return past.steps(self, last)

    def difference(self, old: str, new: str) -> results.DiffResult:
        """What changed from one migration of the folder to another one; only files are read.

        Each is a tag, its number or name, or ``empty`` for the time before the first.

        Raises:
            JournalError: no migration is called so.
        """
        return past.between(self, old, new)

    def pull(
        self,
        source: str = "live",
        *,
        sql: bool = False,
        baseline: bool = False,
        cell: bool = True,
        output: str | None = None,
    ) -> results.PullResult:
        """The code of a source (a cell or a module), run and compared with it before it is given.

        ``output`` is a file to write it to; with ``baseline`` the live schema also becomes the
        first migration, applied already.

        Raises:
            JournalError: a baseline for a folder that has migrations.
            DriftError: the database is not what its snapshot would build.
        """
        return pulling.pull(self, source, sql=sql, baseline=baseline, cell=cell, output=output)

    def init(self) -> results.InitResult:
        """Write the migrations folder, its ``.gitattributes`` and the settings."""
        return files.init(self.root, self.settings.folder)

    def table_names(self) -> tuple[str, ...]:
        """The tables of the database, for completion."""
        return looking.table_names(self)
