"""SQL of columns that count by themselves: identity and serial.

A sequence that comes to a column with rows goes on behind the values that are
there. The sequence of a column is looked up rather than named, since it keeps
its name when table or column get a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.model.names import sequence_name
from nbmigrate.postgresql.identifiers import (
    block,
    literal,
    name_literal,
    qualified,
    quote,
)
from nbmigrate.postgresql.render.clauses import comment_on
from nbmigrate.postgresql.render.column_clauses import alter, identity_clause, identity_kind
from nbmigrate.postgresql.render.sequences import changed_options
from nbmigrate.postgresql.types import SERIAL_TYPES

if TYPE_CHECKING:
    from nbmigrate.model import Column
    from nbmigrate.operations import AddSerial, AlterIdentity, Id


def add_identity(table: Id, column: Column) -> tuple[str, ...]:
    """ADD GENERATED, then the sequence set behind the values that are there."""
    identity = column.identity
    assert identity is not None
    increment = int(identity.increment or 1)
    start = identity.start_with or identity.min_value or "1"
    return (
        alter(table, column.name, "SET NOT NULL"),
        alter(table, column.name, f"ADD {identity_clause(identity)}"),
        _start_behind_values(
            (table[0], identity.name), table, column.name, start=int(start), increment=increment
        ),
    )


def alter_identity(operation: AlterIdentity) -> tuple[str, ...]:
    """All changed options in one statement: one by one they may contradict each other."""
    table, column = operation.table, operation.column
    old, new = operation.old, operation.new
    actions = [f"SET GENERATED {identity_kind(new)}"] if old.type != new.type else []
    options = changed_options(old, new)
    actions += [option if option == "RESTART" else f"SET {option}" for option in options]
    renamed = old.name != new.name
    return (
        *((alter(table, column, " ".join(actions)),) if actions else ()),
        *((rename_sequence(table, column, new.name),) if renamed else ()),
    )


def add_serial(operation: AddSerial) -> tuple[str, ...]:
    """What ``serial`` stands for, on a column that is there; its NOT NULL is another operation."""
    table, column = operation.table, operation.column
    unlogged = "UNLOGGED " if operation.unlogged else ""
    sequence = (table[0], sequence_name(table[1], column.name))
    name, type_ = qualified(sequence, spell_public=True), SERIAL_TYPES[column.type]
    owner = f"{qualified(table)}.{quote(column.name)}"
    return (
        f"CREATE {unlogged}SEQUENCE {name} AS {type_} OWNED BY {owner};",
        alter(table, column.name, f"SET DEFAULT nextval({name_literal(sequence)}::regclass)"),
        _start_behind_values(sequence, table, column.name, start=1, increment=1),
    )


def alter_serial(table: Id, column: Column) -> tuple[str, ...]:
    """The bounds of a sequence that were those of its type follow it (PostgreSQL docs, ALTER SEQUENCE)."""
    return (
        block(f"""\
DECLARE
	owned regclass := {_counting_sequence(table, column.name)};
BEGIN
	IF owned IS NOT NULL THEN
		EXECUTE 'ALTER SEQUENCE ' || owned || ' AS {SERIAL_TYPES[column.type]}';
	END IF;
END"""),
    )


def drop_serial(table: Id, column: str) -> tuple[str, ...]:
    """DROP DEFAULT, then the sequence that it took numbers from, if the column owns it."""
    return (
        block(f"""\
DECLARE
	owned regclass := {_counting_sequence(table, column)};
BEGIN
	{alter(table, column, "DROP DEFAULT")}
	IF owned IS NOT NULL THEN
		EXECUTE 'DROP SEQUENCE ' || owned;
	END IF;
END"""),
    )


def rename_sequence(table: Id, column: str, name: str) -> str:
    """Another name for the sequence of a column, if it does not have it."""
    return block(f"""\
DECLARE
	owned regclass := pg_get_serial_sequence({name_literal(table)}, {literal(column)});
BEGIN
	IF (SELECT relname FROM pg_catalog.pg_class WHERE oid = owned) <> {literal(name)} THEN
		EXECUTE format('ALTER SEQUENCE %s RENAME TO %I', owned, {literal(name)});
	END IF;
END""")


def comment_on_sequence(table: Id, column: Column) -> str:
    """COMMENT ON the sequence that a new serial or identity column counts with."""
    usual = column.sequence_name or sequence_name(table[1], column.name)
    schema, name = (table[0], usual)
    if column.identity:
        schema, name = column.identity.schema, column.identity.name or usual
    [said] = comment_on(f"SEQUENCE {qualified((schema, name))}", column.sequence_comment)
    return said


def _start_behind_values(
    sequence: Id, table: Id, column: str, *, start: int, increment: int
) -> str:
    """The next number is one step behind the last value, or ``start`` in an empty table."""
    further, last = ("greatest", "max") if increment > 0 else ("least", "min")
    step = f"+ {increment}" if increment > 0 else f"- {-increment}"
    following = f"{further}({start}, {last}({quote(column)})::bigint {step})"
    counter = name_literal(sequence)
    return f"SELECT setval({counter}, {following}, false) FROM {qualified(table)};"


def _counting_sequence(table: Id, column: str) -> str:
    """Of the sequences that the column owns, the one in its default."""
    return f"""(
		SELECT used.refobjid::regclass
		FROM pg_catalog.pg_attrdef AS written
		JOIN pg_catalog.pg_attribute AS at ON at.attrelid = written.adrelid AND at.attnum = written.adnum
		JOIN pg_catalog.pg_depend AS used ON used.classid = 'pg_attrdef'::regclass AND used.objid = written.oid
		JOIN pg_catalog.pg_depend AS owned ON owned.classid = 'pg_class'::regclass AND owned.objid = used.refobjid
		WHERE used.refclassid = 'pg_class'::regclass AND owned.deptype = 'a'
			AND owned.refobjid = at.attrelid AND owned.refobjsubid = at.attnum
			AND at.attrelid = {name_literal(table)}::regclass AND at.attname = {literal(column)}
	)"""


def counter_of(table: Id, column: str) -> str:
    """The sequence that an identity or serial column counts with, whatever else it owns."""
    return f"""(
	SELECT owned.objid::regclass
	FROM pg_catalog.pg_attribute AS at
	JOIN pg_catalog.pg_depend AS owned ON owned.classid = 'pg_class'::regclass AND owned.refclassid = 'pg_class'::regclass
		AND owned.refobjid = at.attrelid AND owned.refobjsubid = at.attnum
	WHERE at.attrelid = {name_literal(table)}::regclass AND at.attname = {literal(column)}
		AND (owned.deptype = 'i' OR owned.deptype = 'a' AND EXISTS (
			SELECT FROM pg_catalog.pg_attrdef AS written
			JOIN pg_catalog.pg_depend AS used ON used.classid = 'pg_attrdef'::regclass AND used.objid = written.oid
			WHERE written.adrelid = at.attrelid AND written.adnum = at.attnum
				AND used.refclassid = 'pg_class'::regclass AND used.refobjid = owned.objid
		))
)"""
