"""What is declared by the statement that makes it: collations, text search, casts, operators ..."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from msgspec.structs import replace

from nbmigrate import model
from nbmigrate.model import Snapshot
from nbmigrate.schema.value import SchemaValue, SqlText, add_one


@dataclass(frozen=True)
class Definition(SchemaValue):
    """What is known by the SQL that makes it.

    A collation, a dictionary or configuration of text search, a cast, an operator, a family or
    class of operators, an event trigger, a conversion.

    ``Definition("CREATE COLLATION german (provider = icu, locale = 'de')")``; what belongs to a
    configuration follows it: ``; ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING ...``.
    """

    definition: str
    _: KW_ONLY
    comment: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the object in it; what it is and its name are read by whoever asked."""
        text = self.definition.strip().rstrip(";")
        found = model.Definition(kind="collation", name="", definition=text, comment=self.comment)
        added = add_one(snapshot.definitions, text, found, f"`{text}`")
        return replace(snapshot, definitions=added)
