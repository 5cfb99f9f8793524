"""The clauses of one column, in drizzle's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.postgresql.expressions import render_default
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.render.clauses import parenthesised, word
from nbmigrate.postgresql.render.sequences import sequence_options
from nbmigrate.postgresql.types import render_type

if TYPE_CHECKING:
    from nbmigrate.model import Column, Generated, Identity
    from nbmigrate.operations import Id


def column_definition(column: Column, *, primary_key: bool = False, not_null: bool = True) -> str:
    """The column as CREATE TABLE and ADD COLUMN take it.

    ``primary_key`` writes the key into the column; ``not_null=False`` leaves NOT NULL out.
    """
    clauses = (
        f"{quote(column.name)} {render_type(column)}",
        f" STORAGE {column.storage}" if column.storage else "",
        f" COMPRESSION {word(column.compression)}" if column.compression else "",
        collate(column.collation),
        " PRIMARY KEY" if primary_key else "",
        f" DEFAULT {render_default(column.default)}" if column.default is not None else "",
        generated_clause(column.generated) if column.generated else "",
        " NOT NULL" if column.not_null and not_null else "",
        f" {identity_clause(column.identity)}" if column.identity else "",
    )
    return "".join(clauses)


def collate(collation: str | None) -> str:
    """COLLATE; a name with quotes in it is spelled as SQL already."""
    if not collation:
        return ""
    return " COLLATE " + (collation if '"' in collation else quote(collation))


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
