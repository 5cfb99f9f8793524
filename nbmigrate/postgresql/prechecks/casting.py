"""Values that ALTER COLUMN TYPE would stop at, or would change on the way.

An assignment refuses text that is too long where a written cast cuts it (PostgreSQL 18
docs, Character Types), rounds numbers and drops the time of a timestamp.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from nbmigrate import operations as o
from nbmigrate.diff.columns import base_type
from nbmigrate.model import Column
from nbmigrate.postgresql import casts
from nbmigrate.postgresql.identifiers import literal, qualified, quote
from nbmigrate.postgresql.prechecks.future import Place, cast_of
from nbmigrate.postgresql.types import render_type, split_array

#: So many rows are shown, and so many characters of a value.
SAMPLE_ROWS = 5
CUT = 200
FUNCTION = "nbmigrate_try_cast"

_LENGTH = re.compile(r"^(?:varchar|char|character|character varying)\((\d+)\)$")
_ROUNDED = re.compile(
    r"^(?:smallint|integer|bigint|real|double precision|numeric|date|timestamp|time)\b"
)


class Cast(NamedTuple):
    """How a value is cast: the expression, and what tells that a part of it is lost.

    ``column`` is its new name; ``lossy`` is a condition that holds for values that would not be the same, ``offer`` the
    USING that says so openly.
    """

    expression: str
    column: str
    problem: str
    lossy: str = ""
    offer: str = ""
    is_answered: bool = False


def cast_check(change: o.AlterColumnType) -> Cast | None:
    """How the values of the column are tried, ``None`` where every value fits."""
    old, new = change.old, change.new
    if (old.type, old.type_schema) == (new.type, new.type_schema) and change.using is None:
        return None
    if new.type in ("text", "varchar") and change.using is None:
        return None
    target = render_type(new)
    return Cast(
        expression=f"({cast_of(change)})::{target}",
        column=new.name,
        problem=f"a value that does not go into {target} unchanged",
        lossy="" if change.using else _lossy(old, new),
        offer=_offer(old, new),
        is_answered=change.using is not None,
    )


def _lossy(old: Column, new: Column) -> str:
    name = quote(new.name)
    if length := _LENGTH.match(new.type):
        # an assignment drops blanks beyond the length, and nothing else
        return f"length(rtrim({name}::text, ' ')) > {length[1]}"
    if casts.using(old, new) is not None or split_array(old.type)[1] or new.type_schema:
        return ""
    before, after = base_type(old), base_type(new)
    if _ROUNDED.match(before) and _ROUNDED.match(after) and not old.type_schema:
        return f"{name}::{render_type(new)}::{render_type(old)} IS DISTINCT FROM {name}"
    return ""


def _offer(old: Column, new: Column) -> str:
    """What can be said without a guess; nothing where a value could not be cast at all."""
    if length := _LENGTH.match(new.type):
        return f"left({quote(new.name)}::text, {length[1]})"
    return f"{quote(new.name)}::{render_type(new)}" if _lossy(old, new) else ""


def cast_function(cast: Cast, place: Place, table: o.Id, shown: Sequence[str]) -> str:
    """A passing function that tries the cast on every row and catches what PostgreSQL says.

    Its columns are variables with their own names, so that the expression reads as it does in
    ALTER TABLE. It gives the first rows that do not fit, then their number and the reason.
    """
    names = [quote(name) for name in place.columns]
    live = qualified(place.table.id, spell_public=True)
    variables = " ".join(
        f"{quote(name)} {live}.{quote(column)}%TYPE;" for name, column in place.columns.items()
    )
    columns = ", ".join(f"{quote(was)} AS {quote(name)}" for name, was in place.columns.items())
    texts = ", ".join(f"left(({sql})::text, {CUT})" for sql in shown)
    body = f"""
#variable_conflict use_column
<<{quote(table[1])}>>
DECLARE {variables}
  nbmigrate_bad boolean; nbmigrate_count bigint := 0; nbmigrate_reason text;
BEGIN
  FOR {", ".join(names)} IN SELECT {columns} FROM {place.sql} LOOP
    BEGIN
      PERFORM {cast.expression};
      nbmigrate_bad := coalesce({cast.lossy or "false"}, false);
    EXCEPTION WHEN OTHERS THEN
      nbmigrate_bad := true; nbmigrate_reason := coalesce(nbmigrate_reason, SQLERRM);
    END;
    IF nbmigrate_bad THEN
      nbmigrate_count := nbmigrate_count + 1;
      IF nbmigrate_count <= {SAMPLE_ROWS} THEN RETURN NEXT ARRAY[{texts}]; END IF;
    END IF;
  END LOOP;
  RETURN NEXT ARRAY[nbmigrate_count::text, nbmigrate_reason];
END"""
    head = f"CREATE FUNCTION pg_temp.{FUNCTION}() RETURNS SETOF text[] LANGUAGE plpgsql AS "
    return head + literal(body)
