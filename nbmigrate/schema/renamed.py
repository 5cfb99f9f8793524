"""What a declaration was called before, where nothing in it can say so itself."""

from __future__ import annotations

from dataclasses import dataclass

from nbmigrate.errors import DeclarationError
from nbmigrate.model import Rename, Snapshot
from nbmigrate.schema.value import SchemaValue, SqlText

#: A schema has a path of one part, what is inside of a table or an enum one of three.
_LONGEST = 3


@dataclass(frozen=True)
class Renamed(SchemaValue):
    """A rename, said as the flag says it: ``Renamed("public.feeling->public.mood")``.

    For whatever has no ``renamed_from`` of its own: an enum, one of its labels
    (``"public.mood.happy->public.mood.glad"``), a sequence, a schema, an index. It may stay:
    where the old name is not there, or both are, it means nothing.
    """

    change: str

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot as it is; both ends must be paths.

        Raises:
            DeclarationError: it is no ``OLD->NEW``, or its ends are of different kinds.
        """
        self.renames()
        return snapshot

    def renames(self) -> tuple[str, ...]:
        """The rename, in one spelling; errors as :meth:`into`."""
        try:
            rename = Rename.parse(self.change)
        except (ValueError, TypeError) as error:
            raise DeclarationError(
                f"Renamed: {self.change!r} is not a rename",
                hint='both ends are whole paths: Renamed("public.feeling->public.mood")',
            ) from error
        if len(rename.old) != len(rename.new) or len(rename.old) > _LONGEST:
            raise DeclarationError(
                f"Renamed: `{rename}` has ends of different kinds",
                hint="`public.mood` is a type or table, `public.mood.glad` a part of it",
            )
        return (str(rename),)
