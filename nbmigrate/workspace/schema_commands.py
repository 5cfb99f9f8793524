"""Commands about schemas: connect, declare, diff, pull."""

from __future__ import annotations

import os
from typing import Any

from nbmigrate import results
from nbmigrate.plan import NO_ANSWERS, Answers
from nbmigrate.workspace import files, looking, pulling
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

    def schema(self) -> results.SchemaResult:
        """What is declared."""
        return results.SchemaResult(snapshot=self.declarations.snapshot, source="declared")

    def diff(
        self, old: str = "live", new: str = "declared", *, answers: Answers = NO_ANSWERS
    ) -> results.DiffResult:
        """The difference between two sources."""
        before, after = self.source(old), self.source(new)
        found = self.compare(before, after, answers)
        return results.DiffResult(plan=found.plan, old_name=before.name, new_name=after.name)

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
