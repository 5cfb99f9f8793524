"""The command that hands a schema to other programs: export."""

from __future__ import annotations

from nbmigrate import results
from nbmigrate.workspace import exporting
from nbmigrate.workspace.project import Project


class ExportCommands(Project):
    """The command that hands a schema to other programs: export."""

    def export(
        self, source: str = "declared", *, sql: bool = False, output: str | None = None
    ) -> results.ExportResult:
        """The declared schema as a module (or DDL), run and compared before it is given.

        ``output`` is the file to write; one that an export wrote is written over, no other.

        Raises:
            SourceError: the source declares nothing, or the file is somebody's own.
        """
        return exporting.export(self, source, sql=sql, output=output)
