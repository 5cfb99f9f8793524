"""Changes of rows made by hand: checked against what was seen, saved together or not at all.

The version of a row is its ``xmin`` (PostgreSQL docs, "System Columns"): it changes with every
update, so a row that has another one was changed by somebody else since it was shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg import sql

from nbmigrate.data.document import Document
from nbmigrate.data.filters import Condition, all_of, cast, identifier
from nbmigrate.data.keyset import together
from nbmigrate.data.page import PageRow, read_rows
from nbmigrate.data.relations import Column, Relation
from nbmigrate.errors import UsageConflictError
from nbmigrate.postgresql.identifiers import qualified

Key = tuple[str, ...]
#: PostgreSQL docs, Appendix A: string_data_right_truncation.
_TOO_LONG = "22001"
Texts = Mapping[str, str | None]


class Change(Document, frozen=True, kw_only=True, rename={"before": "from", "after": "to"}):
    """A value as it was shown, and as it shall be."""

    before: str | None
    after: str | None


class Update(Document, frozen=True, kw_only=True, tag="update", tag_field="kind"):
    """New values in one row; ``version`` is that of the row that was seen."""

    key: Key
    version: str
    changes: Mapping[str, Change]


class Insert(Document, frozen=True, kw_only=True, tag="insert", tag_field="kind"):
    """A new row; a column that is left out gets its default."""

    values: Texts


class Delete(Document, frozen=True, kw_only=True, tag="delete", tag_field="kind"):
    """A row less; ``original`` is what was seen of it."""

    key: Key
    version: str
    original: Texts = msgspec.field(default_factory=dict)


Edit = Update | Insert | Delete


class Conflict(Document, frozen=True, kw_only=True):
    """A value that somebody else has changed; without a column, the row is gone.

    ``version`` is that of the row with ``theirs``: who decides for it has seen no later one.
    """

    edit: int
    column: str | None = None
    mine: str | None = None
    theirs: str | None = None
    original: str | None = None
    version: str | None = None
    is_gone: bool = False


class Failure(Document, frozen=True, kw_only=True):
    """What PostgreSQL refused: of which edit, and of which column as far as it says."""

    edit: int
    column: str | None
    text: str
    sqlstate: str


class Saved(NamedTuple):
    """What became of the edits; ``undo`` are those that take them back."""

    rows: tuple[PageRow, ...] = ()
    undo: tuple[Edit, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    failure: Failure | None = None


class _Refused(Exception):
    """Rolls the transaction back, and says why."""

    def __init__(self, saved: Saved) -> None:
        super().__init__()
        self.saved = saved


def save(
    connection: psycopg.Connection[Any],
    relation: Relation,
    edits: Sequence[Edit],
    *,
    is_undo: bool = False,
) -> Saved:
    """Make all changes in one transaction, or none of them.

    ``is_undo``: a row that comes back keeps the identity that PostgreSQL made for it.

    Raises:
        UsageConflictError: the relation cannot be edited, or one of its columns.
        psycopg.Error: what is no matter of one edit, such as a lost connection.
    """
    _require_editable(relation, () if is_undo else edits)
    try:
        with connection.transaction():
            return _saved(connection, relation, edits)
    except _Refused as refused:
        return refused.saved


def _saved(connection: psycopg.Connection[Any], relation: Relation, edits: Sequence[Edit]) -> Saved:
    current = _lock(connection, relation, edits)
    if conflicts := _conflicts(relation, edits, current):
        raise _Refused(Saved(conflicts=conflicts))
    done = [
        _apply(connection, relation, number, edit, current.get(number))
        for number, edit in enumerate(edits)
    ]
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # now, while all can be undone
    rows = read_rows(connection, relation, [one.key for one in done if one.key])
    versions = {row.key: row.version or "" for row in rows}
    return Saved(rows=rows, undo=tuple(_back(one, versions) for one in reversed(done)))


# --- checks --------------------------------------------------------------------


def _require_editable(relation: Relation, edits: Sequence[Edit]) -> None:
    if not relation.is_editable:
        raise UsageConflictError(f"`{relation.relation[1]}` cannot be edited: {relation.why_not}")
    for edit in edits:
        names = _given(edit)
        for name in names:
            column = relation.column(name)
            if not column.is_editable:
                raise UsageConflictError(f"`{name}` cannot be set: it is {column.why_not}")


def _given(edit: Edit) -> Sequence[str]:
    match edit:
        case Update():
            return tuple(edit.changes)
        case Insert():
            return tuple(edit.values)
    return ()


class _Current(NamedTuple):
    """A row as it is now: its version, and the texts of all columns that can be written."""

    version: str
    values: Texts


def _lock(
    connection: psycopg.Connection[Any], relation: Relation, edits: Sequence[Edit]
) -> dict[int, _Current]:
    """The rows to be changed, which nobody else changes from now on; in the order of their keys."""
    named = [(edit.key, n) for n, edit in enumerate(edits) if not isinstance(edit, Insert)]
    columns = _stored(relation)
    texts = [sql.SQL("CAST({} AS text)").format(identifier(c.name)) for c in columns]
    found: dict[int, _Current] = {}
    for key, number in sorted(named):
        where = _where(relation, key)
        query = sql.SQL("SELECT CAST(xmin AS text), {} FROM {}{} FOR UPDATE").format(
            sql.SQL(", ").join(texts), identifier(*relation.relation), where.sql
        )
        row = connection.execute(query, where.values).fetchone()
        if row is not None:
            values = {column.name: text for column, text in zip(columns, row[1:], strict=True)}
            found[number] = _Current(row[0], values)
    return found


def _stored(relation: Relation) -> list[Column]:
    return [column for column in relation.columns if not column.is_generated]


def _conflicts(
    relation: Relation, edits: Sequence[Edit], current: Mapping[int, _Current]
) -> tuple[Conflict, ...]:
    found: list[Conflict] = []
    for number, edit in enumerate(edits):
        if isinstance(edit, Insert):
            continue
        if number not in current:
            found.append(Conflict(edit=number, is_gone=True))
        elif current[number].version != edit.version:
            found += _differences(relation, number, edit, current[number])
    return tuple(found)


def _differences(
    relation: Relation, number: int, edit: Update | Delete, now: _Current
) -> list[Conflict]:
    """What is not as it was seen; when that is none of the columns, all that were to be changed."""
    if isinstance(edit, Update):
        seen = {name: change.before for name, change in edit.changes.items()}
        mine = {name: change.after for name, change in edit.changes.items()}
    else:
        seen, mine = dict(edit.original), {}
    theirs = now.values
    names = [name for name in seen if name in theirs and theirs[name] != seen[name]]
    names = names or list(seen) or list(relation.key)
    return [
        Conflict(
            edit=number,
            column=name,
            mine=mine.get(name),
            theirs=theirs.get(name),
            original=seen.get(name),
            version=now.version,
        )
        for name in names
    ]


# --- changing ------------------------------------------------------------------


class _Done(NamedTuple):
    """An edit that was made: the key of its row afterwards, and the row before."""

    edit: Edit
    key: Key
    before: Texts


def _apply(
    connection: psycopg.Connection[Any],
    relation: Relation,
    number: int,
    edit: Edit,
    current: _Current | None,
) -> _Done:
    query = _query(relation, edit)
    try:
        with connection.transaction():
            rows = connection.execute(sql.Composed([query.sql]), query.values).fetchall()
    except psycopg.Error as error:
        if connection.closed or error.sqlstate is None:
            raise
        raise _Refused(Saved(failure=_failure(connection, relation, number, edit, error))) from None
    if len(rows) != 1:  # a trigger or a rule has a mind of its own
        text = f"it would change {len(rows)} rows instead of one"
        failure = Failure(edit=number, column=None, text=text, sqlstate="")
        raise _Refused(Saved(failure=failure))
    key = () if isinstance(edit, Delete) else tuple(rows[0])
    return _Done(edit, key, current.values if current else {})


def _query(relation: Relation, edit: Edit) -> Condition:
    table = identifier(*relation.relation)
    keys = [sql.SQL("CAST({} AS text)").format(identifier(name)) for name in relation.key]
    returning = sql.SQL(" RETURNING ") + sql.SQL(", ").join(keys)
    match edit:
        case Update():
            columns = [relation.column(name) for name in edit.changes]
            pairs = [sql.SQL("{} = {}").format(identifier(c.name), cast(c)) for c in columns]
            values = tuple(change.after for change in edit.changes.values())
            where = _where(relation, edit.key)
            head = sql.SQL("UPDATE {} SET {}").format(table, sql.SQL(", ").join(pairs))
            return Condition(head + where.sql + returning, (*values, *where.values))
        case Delete():
            where = _where(relation, edit.key)
            return Condition(
                sql.SQL("DELETE FROM {}").format(table) + where.sql + returning, where.values
            )
        case Insert():
            return _insert(relation, edit, table, returning)


def _insert(
    relation: Relation, edit: Insert, table: sql.Composable, returning: sql.Composable
) -> Condition:
    if not edit.values:
        return Condition(sql.SQL("INSERT INTO {} DEFAULT VALUES").format(table) + returning)
    columns = [relation.column(name) for name in edit.values]
    head = sql.SQL("INSERT INTO {} ({}){} VALUES ({})").format(
        table,
        sql.SQL(", ").join([identifier(c.name) for c in columns]),
        sql.SQL("" if all(c.is_editable for c in columns) else " OVERRIDING SYSTEM VALUE"),
        sql.SQL(", ").join([cast(c) for c in columns]),
    )
    return Condition(head + returning, tuple(edit.values.values()))


def _where(relation: Relation, key: Key) -> Condition:
    columns = relation.key_columns
    if len(key) != len(columns):
        raise UsageConflictError("the key of the table has changed; reload it")
    parts = [
        Condition(sql.SQL("{} = {}").format(identifier(c.name), cast(c)), (text,))
        for c, text in zip(columns, key, strict=True)
    ]
    return all_of([together(parts)])


def _failure(
    connection: psycopg.Connection[Any],
    relation: Relation,
    number: int,
    edit: Edit,
    error: psycopg.Error,
) -> Failure:
    diagnosis = error.diag
    text = diagnosis.message_primary or str(error)
    if diagnosis.message_detail:
        text = f"{text}\n{diagnosis.message_detail}"
    return Failure(
        edit=number,
        column=diagnosis.column_name
        or _of_constraint(connection, relation, diagnosis.constraint_name, edit)
        or _not_castable(connection, relation, edit, error.sqlstate),
        text=text,
        sqlstate=error.sqlstate or "",
    )


def _of_constraint(
    connection: psycopg.Connection[Any], relation: Relation, name: str | None, edit: Edit
) -> str | None:
    """The column of a constraint or unique index: one that was edited, if it has one."""
    query = """
        SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
         WHERE a.attrelid = %(table)s::regclass AND (
               a.attnum = ANY (ARRAY(SELECT pg_catalog.unnest(conkey) FROM pg_catalog.pg_constraint
                        WHERE conrelid = a.attrelid AND conname = %(name)s))
            OR a.attnum = ANY (ARRAY(SELECT pg_catalog.unnest(indkey::smallint[]) FROM pg_catalog.pg_index
                        WHERE indrelid = a.attrelid AND indexrelid::regclass::text IN (%(name)s, %(full)s))))
         ORDER BY a.attnum
    """
    if not name:
        return None
    full = qualified((relation.relation[0], name))
    values = {"table": qualified(relation.relation, spell_public=True), "name": name, "full": full}
    found = [column for (column,) in connection.execute(query, values)]
    edited = [column for column in found if column in _given(edit)]
    return next(iter(edited or found), None)


def _not_castable(
    connection: psycopg.Connection[Any], relation: Relation, edit: Edit, sqlstate: str | None
) -> str | None:
    """The first column whose text is no value of its type, or too long: PostgreSQL does not say which."""
    texts: Texts = {}
    if isinstance(edit, Insert):
        texts = edit.values
    elif isinstance(edit, Update):
        texts = {name: change.after for name, change in edit.changes.items()}
    for name, text in texts.items():
        column = relation.column(name)
        # a cast cuts what is too long, an assignment refuses it
        query = sql.SQL("SELECT CAST(CAST({} AS {}) AS text) IS DISTINCT FROM %s").format(
            cast(column), sql.SQL(column.type.replace("%", "%%"))
        )
        try:
            with connection.transaction():
                (is_cut,) = connection.execute(query, (text, text)).fetchone() or (False,)
        except psycopg.Error:
            return name
        if is_cut and sqlstate == _TOO_LONG:
            return name
    return None


def _back(done: _Done, versions: Mapping[Key, str]) -> Edit:
    """The edit that takes another one back."""
    match done.edit:
        case Update():
            changes = {
                name: Change(before=change.after, after=done.before[name])
                for name, change in done.edit.changes.items()
            }
            return Update(key=done.key, version=versions.get(done.key, ""), changes=changes)
        case Insert():
            return Delete(key=done.key, version=versions.get(done.key, ""))
        case Delete():
            return Insert(values=done.before)
