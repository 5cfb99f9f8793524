"""What a backfill does to the rows of a batch: a SET list in SQL, or a function over a DataFrame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import psycopg

from nbmigrate.data.parameters import bound_value
from nbmigrate.data.rows import fetch, name_types, open_cursor
from nbmigrate.errors import UsageConflictError
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.lexer import closing, identifier_value, significant, split_commas

if TYPE_CHECKING:
    import pandas as pd

    from nbmigrate.operations import Id

Change = Callable[[psycopg.Connection[Any], "Key", str, Sequence[str]], int]
FrameFunction = Callable[["pd.DataFrame"], "pd.DataFrame | None"]


class Key(Protocol):
    """The key by which the batches go."""

    @property
    def table(self) -> Id:
        """Whose it is."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns."""
        ...


def set_list(text: str) -> str:
    """``col = expr, col = expr`` without the word SET and a semicolon.

    Raises:
        UsageConflictError: it is none.
    """
    found = [token for token in significant(text) if token.text != ";"]
    if not found:
        raise UsageConflictError("a backfill needs what to set", hint='--set "column = expression"')
    if any(token.text == ";" for token in significant(text)[:-1]):
        raise UsageConflictError(
            f"`{text}` is more than one statement: a backfill sets columns and nothing else",
            hint='--set "column = expression, other = expression"',
        )
    start = found[1].start if found[0].word == "set" and len(found) > 1 else found[0].start
    body = text[start : found[-1].start + len(found[-1].text)]
    if "=" not in {token.text for token in found}:
        raise UsageConflictError(
            f"`{body}` sets nothing", hint='write --set "column = expression", e.g. "age = 0"'
        )
    return body


def set_columns(assignments: str) -> tuple[str, ...]:
    """The columns that a SET list changes (PostgreSQL docs, UPDATE): of ``(a, b) = ...`` both."""
    found: list[str] = []
    for part in split_commas(significant(assignments)):
        end = closing(part, 0) if part and part[0].text == "(" else 1
        names = map(identifier_value, part[:end])
        found += [name for name in names if name is not None]
    return tuple(found)


def sql_change(assignments: str) -> Change:
    """One UPDATE per batch."""
    changed = set_columns(assignments)

    def change(
        connection: psycopg.Connection[Any], key: Key, condition: str, values: Sequence[str]
    ) -> int:
        _require_not_key(key, changed)
        query = f"UPDATE {qualified(key.table)} SET {assignments} WHERE {condition}"
        with psycopg.RawCursor(connection) as cursor:
            return cursor.execute(query.encode(), list(values)).rowcount

    return change


def frame_change(function: FrameFunction) -> Change:
    """The rows as a DataFrame, locked; what the function makes other than it was is written."""

    def change(
        connection: psycopg.Connection[Any], key: Key, condition: str, values: Sequence[str]
    ) -> int:
        from nbmigrate.data.frames import to_frame

        table = qualified(key.table)
        query = f"SELECT * FROM {table} WHERE {condition} FOR NO KEY UPDATE"
        with open_cursor(connection, is_raw=True) as cursor:
            found = fetch(cursor.execute(query.encode(), list(values)))
        rows = name_types(connection, found, 0.0)
        before = to_frame(rows)
        after = function(before.copy())
        if after is None:
            raise UsageConflictError(
                "the function returned nothing; this batch was rolled back",
                hint="end it with `return df`",
            )
        keys = [tuple(row[rows.columns.index(name)] for name in key.columns) for row in rows.rows]
        return _write(connection, key, before, after, keys)

    return change


def _write(
    connection: psycopg.Connection[Any],
    key: Key,
    before: pd.DataFrame,
    after: pd.DataFrame,
    keys: Sequence[tuple[Any, ...]],
) -> int:
    """Update the rows that are other than they were, by their keys."""
    changed = _changed_columns(key, before, after)
    if not changed:
        return 0
    sets = ", ".join(f"{quote(name)} = ${n}" for n, name in enumerate(changed, 1))
    wheres = " AND ".join(
        f"{quote(name)} = ${n}" for n, name in enumerate(key.columns, len(changed) + 1)
    )
    query = f"UPDATE {qualified(key.table)} SET {sets} WHERE {wheres}"
    floats = {name for name in changed if before[name].dtype.kind == "f"}
    found = [
        [*(_value(after.at[at, name], is_float=name in floats) for name in changed), *keys[at]]
        for at in after.index
        if any(not _is_same(before.at[at, name], after.at[at, name]) for name in changed)
    ]
    with psycopg.RawCursor(connection) as cursor:
        cursor.executemany(query.encode(), found)
    return len(found)


def _changed_columns(key: Key, before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """The columns of the table in which a row has another value.

    Raises:
        UsageConflictError: the function made new columns, new rows, or other keys.
    """
    unknown = [str(name) for name in after.columns if name not in before.columns]
    if unknown:
        raise UsageConflictError(
            f"the table has no column {', '.join(unknown)}; this batch was rolled back",
            hint="declare and push it first, or drop it from the DataFrame",
        )
    if not after.index.is_unique or not after.index.isin(before.index).all():
        raise UsageConflictError(
            "the function returned rows that are not of the batch; it was rolled back",
            hint="keep the index of the DataFrame; leave rows out to leave them as they are",
        )
    found = [
        str(name)
        for name in after.columns
        if any(not _is_same(before.at[at, name], after.at[at, name]) for at in after.index)
    ]
    _require_not_key(key, found)
    return found


def _require_not_key(key: Key, changed: Sequence[str]) -> None:
    """A row with a larger key would come again, and again."""
    if keys := [name for name in changed if name in key.columns]:
        raise UsageConflictError(
            f"the change touches the key ({', '.join(keys)}); this batch was rolled back",
            hint="a backfill goes by the key, so it cannot change it",
        )


def _is_same(old: object, new: object) -> bool:
    if _is_null(old) or _is_null(new):
        return _is_null(old) and _is_null(new)
    if old != old and new != new:  # noqa: PLR0124 - both are NaN
        return True
    try:
        return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)
    except ValueError:
        return False  # arrays


def _is_null(value: object) -> bool:
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def _value(value: Any, *, is_float: bool) -> Any:  # noqa: ANN401 - values of any column
    """As psycopg takes it: numpy's scalars as Python's, pandas' NaN for "nothing" as NULL."""
    plain = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
    if isinstance(plain, float) and plain != plain and not is_float:  # noqa: PLR0124 - NaN
        return None
    return bound_value(plain)
