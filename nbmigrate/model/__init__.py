"""What a schema is: frozen values without I/O."""

from nbmigrate.model.names import Rename, format_path, key, parse_path, truncate
from nbmigrate.model.objects import Enum, Role, Sequence, View
from nbmigrate.model.snapshot import EMPTY, Snapshot
from nbmigrate.model.tables import (
    Check,
    Column,
    Default,
    ForeignKey,
    Generated,
    Identity,
    Index,
    IndexColumn,
    Policy,
    PrimaryKey,
    Table,
    Unique,
    Value,
)

__all__ = [
    "EMPTY",
    "Check",
    "Column",
    "Default",
    "Enum",
    "ForeignKey",
    "Generated",
    "Identity",
    "Index",
    "IndexColumn",
    "Policy",
    "PrimaryKey",
    "Rename",
    "Role",
    "Sequence",
    "Snapshot",
    "Table",
    "Unique",
    "Value",
    "View",
    "format_path",
    "key",
    "parse_path",
    "truncate",
]
