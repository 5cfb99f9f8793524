"""What a schema has and SQLAlchemy has no word for: views, policies, functions, domains ...

Each is a frozen value that is attached to a MetaData with ``.on(metadata)``; inside a
``%%schema`` cell that is done for you. SQL is given as text or as a SQLAlchemy
expression. ``renamed_from`` is the old name, for a view, a type or a function as ``schema.name`` or ``name``;
tables and columns say it with ``info={"renamed_from": "old"}``, all else with ``Renamed("OLD->NEW")``.
"""

from nbmigrate.schema.defined import Definition, ForeignServer, ForeignTable
from nbmigrate.schema.definitions import (
    Aggregate,
    CompositeType,
    Domain,
    Extension,
    Function,
    Procedure,
    RangeType,
    Rule,
    Trigger,
)
from nbmigrate.schema.objects import (
    MaterializedView,
    Policy,
    Role,
    RowSecurity,
    View,
    row_security,
)
from nbmigrate.schema.parts import (
    Comment,
    Grant,
    OwnedSequence,
    Partition,
    Schema,
    Statistics,
    UnloggedSequence,
)
from nbmigrate.schema.renamed import Renamed
from nbmigrate.schema.value import INFO_KEY, SchemaValue, collecting, table_id

__all__ = [
    "INFO_KEY",
    "Aggregate",
    "Comment",
    "CompositeType",
    "Definition",
    "Domain",
    "Extension",
    "ForeignServer",
    "ForeignTable",
    "Function",
    "Grant",
    "MaterializedView",
    "OwnedSequence",
    "Partition",
    "Policy",
    "Procedure",
    "RangeType",
    "Renamed",
    "Role",
    "RowSecurity",
    "Rule",
    "Schema",
    "SchemaValue",
    "Statistics",
    "Trigger",
    "UnloggedSequence",
    "View",
    "collecting",
    "row_security",
    "table_id",
]
