"""The clauses of one column, in drizzle's order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbmigrate.postgresql.expressions import render_default
from nbmigrate.postgresql.identifiers import guard, qualified, quote
from nbmigrate.postgresql.render.clauses import option_list, parenthesised, word
from nbmigrate.postgresql.render.sequences import sequence_options
from nbmigrate.postgresql.types import render_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmigrate.model import Column, Generated, Identity
    from nbmigrate.operations import Id

#: pg_type.dat: the built-in types that are kept in their row first.
_MAIN = re.compile(r"(?:numeric|inet|cidr)\b")


def column_definition(column: Column, *, primary_key: bool = False, not_null: bool = True) -> str:
    """The column as CREATE TABLE and ADD COLUMN take it.

    ``primary_key`` writes the key into the column; ``not_null=False`` leaves NOT NULL out.
    """
    clauses = (
        f"{quote(column.name)} {render_type(column)}",
        f" COMPRESSION {word(column.compression)}" if column.compression else "",
        collate(column.collation),
        " PRIMARY KEY" if primary_key else "",
        f" DEFAULT {render_default(column.default)}" if column.default is not None else "",
        generated_clause(column.generated) if column.generated else "",
        _not_null(column) if not_null else "",
        f" {identity_clause(column.identity)}" if column.identity else "",
    )
    return "".join(clauses)


def _not_null(column: Column) -> str:
    if not column.not_null:
        return ""
    name = f" CONSTRAINT {quote(column.not_null_name)}" if column.not_null_name else ""
    return f"{name} NOT NULL"


def required(table: Id, column: Column) -> Iterator[str]:
    """NOT NULL of a column that is there; a name is known to PostgreSQL 18 and later."""
    if column.not_null_name:
        name = quote(column.not_null_name)
        action = f"ADD CONSTRAINT {name} NOT NULL {quote(column.name)}"
        yield f"ALTER TABLE {qualified(table)} {action};"
    else:
        yield alter(table, column.name, "SET NOT NULL")


def partition_column(column: Column) -> str | None:
    """What a partition has otherwise than its parent; ``None`` when that has no words here."""
    default = ""
    if column.default is not None and not column.generated:
        default = f" DEFAULT {render_default(column.default)}"
    options = f"{default}{_not_null(column)}"
    return f"{quote(column.name)} WITH OPTIONS{options}" if options else None


def column_storage(table: Id, old: Column | None, new: Column) -> Iterator[str]:
    """Storage, compression and statistics target where they differ.

    A new column (``old`` is None) has its compression already. CREATE TABLE knows STORAGE
    only from PostgreSQL 16 on.
    """
    if (old.storage if old else None) != new.storage:
        yield alter(table, new.name, f"SET STORAGE {new.storage or _own_storage(new)}")
    if old and old.compression != new.compression:
        yield alter(table, new.name, f"SET COMPRESSION {word(new.compression or 'default')}")
    if (old.statistics if old else None) != new.statistics:
        target = -1 if new.statistics is None else new.statistics
        yield alter(table, new.name, f"SET STATISTICS {target}")
    before = old.options if old else {}
    if changed := {name: v for name, v in new.options.items() if before.get(name) != v}:
        yield alter(table, new.name, f"SET ({option_list(changed)})")
    if gone := ", ".join(name for name in before if name not in new.options):
        yield alter(table, new.name, f"RESET ({gone})")


def _own_storage(column: Column) -> str:
    """What a type that can be stored elsewhere has by itself; PostgreSQL 15 has no DEFAULT."""
    return "MAIN" if _MAIN.match(column.type) and not column.type.endswith("]") else "EXTENDED"


def collate(collation: str | None) -> str:
    """COLLATE; a name with quotes in it is spelled as SQL already."""
    if not collation:
        return ""
    return " COLLATE " + (guard(collation) if '"' in collation else quote(collation))


def generated_clause(generated: Generated) -> str:
    """GENERATED ALWAYS AS; the kind is always written, since the default is not one for all."""
    kind = "VIRTUAL" if generated.type == "virtual" else "STORED"
    return f" GENERATED ALWAYS AS {parenthesised(generated.expression)} {kind}"


def identity_clause(identity: Identity) -> str:
    """GENERATED ... AS IDENTITY; the sequence goes to the schema of the table by itself."""
    options = " ".join((f"sequence name {quote(identity.name)}", *sequence_options(identity)))
    return f"GENERATED {identity_kind(identity)} AS IDENTITY ({options})"


def identity_kind(identity: Identity) -> str:
    """ALWAYS or BY DEFAULT."""
    return "ALWAYS" if identity.type == "always" else "BY DEFAULT"


def alter(table: Id, column: str, action: str) -> str:
    """ALTER TABLE ... ALTER COLUMN."""
    return f"ALTER TABLE {qualified(table)} ALTER COLUMN {quote(column)} {action};"


def default_action(column: Column) -> str:
    """What ALTER COLUMN is to do for the column to have its default."""
    if column.default is None:
        return "DROP DEFAULT"
    return f"SET DEFAULT {render_default(column.default)}"
