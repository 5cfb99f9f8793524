"""What is declared by the statement that makes it: collations, text search, casts, foreign tables ..."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

from msgspec.structs import replace

from nbmigrate import model
from nbmigrate.diff.rewording import spell
from nbmigrate.model import Snapshot
from nbmigrate.model.names import PUBLIC
from nbmigrate.schema.value import SchemaValue, SqlText, add_one, table_id


@dataclass(frozen=True)
class Definition(SchemaValue):
    """What is known by the SQL that makes it.

    A collation, a dictionary or configuration of text search, a cast, an operator, a family or
    class of operators, an event trigger, a conversion, a foreign data wrapper, server or table, a publication.

    ``Definition("CREATE COLLATION german (provider = icu, locale = 'de')")``; what belongs to a
    configuration follows it: ``; ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING ...``.
    """

    definition: str
    _: KW_ONLY
    comment: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the object in it; what it is and its name are read by whoever asked."""
        return _with(snapshot, self.definition.strip().rstrip(";"), self.comment)


@dataclass(frozen=True)
class ForeignServer(SchemaValue):
    """A server of foreign data.

    ``ForeignServer("files", wrapper="file_fdw")``; the wrapper comes with ``Extension("file_fdw")``. No
    option is a password: those are in user mappings, which are left alone.
    """

    name: str
    _: KW_ONLY
    wrapper: str
    type: str | None = None
    version: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    comment: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the server in it."""
        type_ = f" TYPE {_literal(self.type)}" if self.type is not None else ""
        version = f" VERSION {_literal(self.version)}" if self.version is not None else ""
        behind = f"FOREIGN DATA WRAPPER {_quote(self.wrapper)}{_options(self.options)}"
        text = f"CREATE SERVER {_quote(self.name)}{type_}{version} {behind}"
        return _with(snapshot, text, self.comment)


@dataclass(frozen=True)
class ForeignTable(SchemaValue):
    """A table whose rows are on a foreign server.

    ``ForeignTable("lines", {"id": "integer NOT NULL"}, server="files", options={"filename": "/a.csv"})``:
    ``columns`` and ``checks`` are SQL by name. ``partition_of`` is the name of a partitioned table and
    ``bound`` which of its rows: ``FOR VALUES IN (1)`` or ``DEFAULT``; it has all columns of that table.
    """

    name: str
    columns: Mapping[str, str]
    _: KW_ONLY
    server: str
    schema: str = PUBLIC
    options: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    partition_of: str | None = None
    bound: str = "DEFAULT"
    comment: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the foreign table in it."""
        name = _qualified((self.schema, self.name))
        parts = [f"{_quote(column)} {said}" for column, said in self.columns.items()]
        parts += [
            f"CONSTRAINT {_quote(check)} CHECK ({said})" for check, said in self.checks.items()
        ]
        behind = f"SERVER {_quote(self.server)}{_options(self.options)}"
        text = f"CREATE FOREIGN TABLE {name} ({', '.join(parts)}) {behind}"
        if self.partition_of:
            parent = _qualified(table_id(self.partition_of))
            text += f";\nALTER TABLE ONLY {parent} ATTACH PARTITION {name} {self.bound}"
        return _with(snapshot, text, self.comment)


def _quote(name: str) -> str:
    return spell(name, '"')


def _qualified(path: tuple[str, str]) -> str:
    return ".".join(map(_quote, path))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _options(options: Mapping[str, str]) -> str:
    said = (f"{_quote(name)} {_literal(value)}" for name, value in options.items())
    return f" OPTIONS ({', '.join(said)})" if options else ""


def _with(snapshot: Snapshot, text: str, comment: str | None) -> Snapshot:
    """The snapshot with what the text makes, under the text."""
    found = model.Definition(kind="collation", name="", definition=text, comment=comment)
    added = add_one(snapshot.definitions, text, found, f"`{text}`")
    return replace(snapshot, definitions=added)
