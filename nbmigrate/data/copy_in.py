"""The rows of a DataFrame into a table by COPY, inside the transaction of the caller.

Binary where every column's type and values have a binary form here; otherwise as text,
which PostgreSQL reads itself. An error names the column and the row.
"""

from __future__ import annotations

import datetime as dt
import operator
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from types import NoneType
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import Format
from psycopg.types.json import Json, Jsonb
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from nbmigrate.data import packing
from nbmigrate.data.arrow_in import unarrowed
from nbmigrate.data.compounds import array_text, of_one_kind
from nbmigrate.data.proposing import is_missing
from nbmigrate.data.settling import json_text, settled
from nbmigrate.data.targets import Target, targets_of
from nbmigrate.data.wire import TRAILER
from nbmigrate.errors import ExecutionError, UsageConflictError
from nbmigrate.postgresql.identifiers import qualified, quote

Connection = psycopg.Connection[Any]
Id = tuple[str, str]

#: A listener hears of every so many rows.
STEP = 50_000
_CANCEL_S = 5

#: What a value without a form of its type raises.
_UNPACKED = (psycopg.Error, ArithmeticError, TypeError, ValueError)

_types = psycopg.adapters.types


def _json(value: Any) -> Json:  # noqa: ANN401 - what is to be JSON
    return Json(value, json_text)


def _jsonb(value: Any) -> Jsonb:  # noqa: ANN401 - what is to be JSON
    return Jsonb(value, json_text)


_JSON = {_types["json"].oid: _json, _types["jsonb"].oid: _jsonb}


def _between(low: int, end: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value < end


#: Which values go in binary form. psycopg packs what it is given, cut to the width of the type:
#: anything else is sent as text, which PostgreSQL refuses with the column and the line.
_FITS: dict[str, Callable[[Any], bool]] = {
    "bool": lambda value: type(value) is bool,
    "int2": _between(-(2**15), 2**15),
    "int4": _between(-(2**31), 2**31),
    "int8": _between(-(2**63), 2**63),
    "float8": lambda value: type(value) is float,
    "numeric": lambda value: type(value) is Decimal,
    "text": lambda value: type(value) is str,
    "varchar": lambda value: type(value) is str,
    "uuid": lambda value: type(value) is uuid.UUID,
    "date": lambda value: type(value) is dt.date,
    "time": lambda value: type(value) is dt.time and value.tzinfo is None,
    "timestamp": lambda value: type(value) is dt.datetime and value.tzinfo is None,
    "timestamptz": lambda value: type(value) is dt.datetime and value.tzinfo is not None,
    "interval": lambda value: type(value) is dt.timedelta,
    "bytea": lambda value: type(value) is bytes,
    "json": lambda value: type(value) is Json,
    "jsonb": lambda value: type(value) is Jsonb,
}
_BINARY = {_types[name].oid: fits for name, fits in _FITS.items()}

_JSON_ARRAYS = {_types["json"].array_oid: _json, _types["jsonb"].array_oid: _jsonb}


@dataclass(frozen=True)
class RowsCopied:
    """So many rows of all are on their way."""

    rows: int
    total: int


Listen = Callable[[RowsCopied], None]
#: Packs a column of a block that begins behind so many rows.
Pack = Callable[[Any, int], packing.Packed]


def copy_in(
    connection: Connection, frame: pd.DataFrame, id_: Id, on_event: Listen | None = None
) -> int:
    """Add the rows. Returns how many.

    Raises:
        UsageConflictError: the table has no such column.
        ExecutionError: a value that its column cannot take.
    """
    return _copy(connection, frame, qualified(id_, spell_public=True), on_event)


def upsert(
    connection: Connection,
    frame: pd.DataFrame,
    id_: Id,
    key: Sequence[str],
    on_event: Listen | None = None,
) -> int:
    """Add the rows, or bring those with their key up to date. Returns how many.

    Raises:
        UsageConflictError: the frame lacks the key, or has one key twice; nothing is written then.
        psycopg.Error: nothing unique stands on the key; or PostgreSQL finds two keys the same.
    """
    _require_single(frame, key)
    table = qualified(id_, spell_public=True)
    columns = list(map(quote, frame.columns))
    listed = ", ".join(columns)
    connection.execute(
        "CREATE TEMPORARY TABLE nbmigrate_load ON COMMIT DROP AS"
        f" SELECT {listed} FROM {table} WITH NO DATA"
    )
    _copy(connection, frame, "pg_temp.nbmigrate_load", on_event)
    changed = [c for c in columns if c not in set(map(quote, key))]
    sets = ", ".join(f"{c} = excluded.{c}" for c in changed)
    done = connection.execute(
        f"INSERT INTO {table} ({listed}) SELECT {listed} FROM pg_temp.nbmigrate_load"
        f" ON CONFLICT ({', '.join(map(quote, key))})"
        f" DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
    )
    connection.execute("DROP TABLE pg_temp.nbmigrate_load")
    return done.rowcount


def _require_single(frame: pd.DataFrame, key: Sequence[str]) -> None:
    """Refuse a key that stands in two rows: which of them was meant is not guessed."""
    for name in key:
        if name not in frame.columns:
            raise UsageConflictError(f"the DataFrame has no column `{name}`, which is the key")
    # NULL is no key, and agrees with no other NULL.
    keys = frame[list(key)].dropna()
    try:
        doubled = np.flatnonzero(keys.duplicated().to_numpy())
    except TypeError:
        return  # values that Python cannot compare, such as lists; PostgreSQL can
    if not len(doubled):
        return
    values = keys.iloc[doubled[0]]
    same = np.flatnonzero(keys.eq(values).all(axis=1).to_numpy())[:2]
    places = np.flatnonzero(frame[list(key)].notna().all(axis=1).to_numpy())[same] + 1
    shown = ", ".join(f"{name} = {value}" for name, value in values.items())
    raise UsageConflictError(
        f"rows {places[0]} and {places[1]} of the DataFrame have the same key: {shown}",
        hint=f"keep one of each: df.drop_duplicates({list(key)!r}, keep=...)",
    )


def _copy(connection: Connection, frame: pd.DataFrame, table: str, on_event: Listen | None) -> int:
    targets = targets_of(connection, list(frame.columns), table)
    frame = _settled(frame, targets)
    text = f"COPY {table} ({', '.join(map(quote, frame.columns))}) FROM STDIN"
    packs = _packs(connection, frame, targets)
    is_binary = packs is not None
    with connection.cursor() as cursor, cursor.copy(text + " (FORMAT binary)" * is_binary) as copy:
        try:
            if packs is not None:
                _write_packed(copy, frame, packs, on_event)
            else:
                _write_rows(connection, copy, frame, targets, on_event)
        except KeyboardInterrupt:
            # PostgreSQL hears of the end only behind all rows that are on their way to it.
            connection.cancel_safe(timeout=_CANCEL_S)
            raise
    return len(frame)


def _settled(frame: pd.DataFrame, targets: Sequence[Target]) -> pd.DataFrame:
    frame = unarrowed(frame)
    old = [frame.iloc[:, at] for at in range(len(targets))]
    new = [settled(series, target) for series, target in zip(old, targets, strict=True)]
    if all(map(operator.is_, old, new)):
        return frame
    made = pd.DataFrame(dict(enumerate(new)), index=frame.index, copy=False)
    made.columns = frame.columns
    return made


def _write_packed(
    copy: psycopg.Copy, frame: pd.DataFrame, packs: Sequence[Pack], on_event: Listen | None
) -> None:
    copy.write(packing.HEADER)
    for start in range(0, len(frame), STEP):
        block = frame.iloc[start : start + STEP]
        columns = [pack(block.iloc[:, at], start) for at, pack in enumerate(packs)]
        copy.write(packing.rows(columns))
        if on_event is not None and len(block) == STEP:
            on_event(RowsCopied(start + STEP, len(frame)))
    copy.write(TRAILER)


def _write_rows(
    connection: Connection,
    copy: psycopg.Copy,
    frame: pd.DataFrame,
    targets: Sequence[Target],
    on_event: Listen | None,
) -> None:
    write = copy.write_row
    row: Any = ()
    at = 0
    try:
        for at, row in enumerate(_rows(frame, targets), 1):
            write(row)
            if on_event is not None and at % STEP == 0:
                on_event(RowsCopied(at, len(frame)))
    except _UNPACKED as error:
        if isinstance(error, psycopg.Error) and error.sqlstate:
            raise
        named = _culprit(connection, list(frame.columns), row)
        raise ExecutionError(f"column {named}, row {at}: {error}") from error


def _packs(
    connection: Connection, frame: pd.DataFrame, targets: Sequence[Target]
) -> list[Pack] | None:
    """How each column is packed; ``None`` where one has values without a binary form here."""
    found: list[Pack] = []
    for at, target in enumerate(targets):
        series, packer = frame.iloc[:, at], packing.PACKERS.get(target.oid)
        if packer is not None and packer.fits(series):
            found.append(partial(_pack_whole, packer.pack))
        elif _is_binary(connection, series, target):
            found.append(partial(_pack_each, connection, target))
        else:
            return None
        # Millions of values take longer than the server lets a transaction be idle.
        connection.execute("SELECT")
    return found


def _is_binary(connection: Connection, series: pd.Series[Any], target: Target) -> bool:
    """Whether all values have a binary form, each looked at."""
    fits = _BINARY.get(target.oid)
    if fits is None:
        return False
    for block in _blocks(series):
        if not all(value is None or fits(value) for value in _values(block, target)):
            return False
        connection.execute("SELECT")
    return True


def _pack_whole(
    pack: Callable[[pd.Series[Any]], packing.Packed], block: pd.Series[Any], start: int
) -> packing.Packed:
    """The column of a block at once; ``start`` rows are before it."""
    try:
        return pack(block)
    except _UNPACKED as error:
        ones = (block.iloc[at : at + 1] for at in range(len(block)))
        row = start + next(at for at, one in enumerate(ones, 1) if not _is_packed(pack, one))
        raise ExecutionError(f"column {block.name}, row {row}: {error}") from error


def _is_packed(pack: Callable[[pd.Series[Any]], packing.Packed], series: pd.Series[Any]) -> bool:
    try:
        pack(series)
    except _UNPACKED:
        return False
    return True


def _pack_each(
    connection: Connection, target: Target, block: pd.Series[Any], start: int
) -> packing.Packed:
    """Value by value, as psycopg writes the type; ``start`` rows are before the block."""
    dumper = connection.adapters.get_dumper_by_oid(target.oid, Format.BINARY)(NoneType, connection)
    fields: list[Any] = []
    try:
        for value in _values(block, target):
            fields.append(None if value is None else dumper.dump(value))  # noqa: PERF401 - counted
    except _UNPACKED as error:
        row = start + len(fields) + 1
        raise ExecutionError(f"column {block.name}, row {row}: {error}") from error
    return packing.joined(fields)


def _rows(frame: pd.DataFrame, targets: Sequence[Target]) -> Iterator[tuple[Any, ...]]:
    """The rows as Python's values, few at a time: all at once are several times the DataFrame."""
    for block in _blocks(frame):
        yield from zip(
            *(_values(block.iloc[:, at], target) for at, target in enumerate(targets)), strict=True
        )


def _blocks(data: Any) -> Iterator[Any]:  # noqa: ANN401 - a DataFrame or a column of one
    return (data.iloc[start : start + STEP] for start in range(0, len(data), STEP))


def _values(series: pd.Series[Any], target: Target) -> list[Any]:
    """Python's values with None for NULL."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        categories = [*series.cat.categories.tolist(), None]
        return [categories[code] for code in series.cat.codes.tolist()]
    wrap: Any = _JSON.get(target.oid) or _element_wise(_JSON_ARRAYS.get(target.oid))
    if target.delimiter != ",":
        wrap = partial(array_text, delimiter=target.delimiter)
    if series.dtype != object:
        return list(_plain(series))
    values = (None if is_missing(value) else value for value in series.tolist())
    return [None if v is None else wrap(v) for v in values] if wrap else list(map(_python, values))


def _element_wise(wrap: Any) -> Any:  # noqa: ANN401 - of psycopg's wrappers
    if wrap is None:
        return None
    return lambda values: [None if x is None else wrap(x) for x in values]


def _plain(series: pd.Series[Any]) -> Iterator[Any]:
    array = series.array
    mask = getattr(array, "_mask", None)
    if mask is not None:
        # NaN in a nullable column is a value; only what is masked is NULL.
        data = array._data.tolist()  # noqa: SLF001 - the one place where NaN and NULL are apart
        return (None if none else v for v, none in zip(data, mask.tolist(), strict=True))
    if series.dtype.kind in "mM":
        return (None if is_missing(v) else _python(v) for v in series.tolist())
    if series.dtype.kind == "f":
        # numpy has no NULL: in its floats NaN is what pandas puts for one.
        return (None if v != v else v for v in series.tolist())  # noqa: PLR0124 - NaN
    missing = series.isna().tolist()
    return (None if none else v for v, none in zip(series.tolist(), missing, strict=True))


def _python(value: Any) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    if isinstance(value, list | Range | Multirange):
        return of_one_kind(value)
    return value.item() if isinstance(value, np.generic) else value


def _culprit(connection: Connection, names: list[str], row: Any) -> str:  # noqa: ANN401
    for name, value in zip(names, row, strict=True):
        try:
            Transformer(connection).dump_sequence([value], [PyFormat.TEXT])
        except _UNPACKED:
            return name
    return names[0]
