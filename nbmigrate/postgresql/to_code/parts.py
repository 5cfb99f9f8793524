"""What is said of tables and other things by values that stand behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from nbmigrate.diff.partitions import columns_of_partition
from nbmigrate.model import Grant, Snapshot, Table, View, format_path, key
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.to_code.layout import (
    Group,
    call,
    constant,
    mapping,
    quoted,
    strings,
    text,
)

#: Families whose privileges stand behind their names.
_GRANTED = {
    "views": "view",
    "sequences": "sequence",
    "functions": "function",
    "enums": "type",
    "domains": "type",
    "types": "type",
}


def is_plain_partition(table: Table, snapshot: Snapshot) -> bool:
    """Whether the name of its parent and its bound say all of its columns and constraints."""
    parent = snapshot.tables.get(key(*table.partition_of.parent)) if table.partition_of else None
    if parent is None:
        return False
    plain = Table(
        name=table.name,
        schema=table.schema,
        columns=columns_of_partition(parent),
        partition_of=table.partition_of,
    )
    return plain == _without_values(table) and [*plain.columns] == [*table.columns]


def _without_values(table: Table) -> Table:
    """The table without what values of their own say."""
    return msgspec.structs.replace(
        table,
        partition_key=None,
        part_names={},
        policies={},
        is_rls_enabled=False,
        force_rls=False,
        rls_off=False,
        statistics={},
        privileges=None,
        column_privileges={},
        sequence_privileges={},
        triggers={},
        rules={},
    )


def schemas(snapshot: Snapshot) -> Iterator[Group]:
    """Schemas that nothing is in, and those with a comment."""
    families = ("tables", "enums", "sequences", "views", "domains", "types", "functions")
    used = {item.schema for family in families for item in getattr(snapshot, family).values()}
    used |= {extension.schema for extension in snapshot.extensions.values()}
    for name in sorted({*snapshot.schemas, *snapshot.schema_comments}):
        comment = snapshot.schema_comments.get(name)
        if comment or name not in used:
            yield call("Schema", quoted(name), comment=text(comment) if comment else None)


def partitions(snapshot: Snapshot, names: Mapping[str, str]) -> Iterator[Group]:
    """The partitions, parents first; ``names`` are the classes and variables of tables."""
    there = {name: table for name, table in snapshot.tables.items() if table.partition_of}
    while there:
        ready = [n for n, t in there.items() if not _above(t) & there.keys()]
        for name in ready or [*there]:
            yield _partition(there.pop(name), names)


def _above(table: Table) -> set[str]:
    return {key(*parent) for parent in table.parents}


def _partition(table: Table, names: Mapping[str, str]) -> Group:
    assert table.partition_of is not None
    is_named = key(*table.id) in names
    above = table.partition_of.parent
    own_names = {whole: quoted(part) for whole, part in table.part_names.items()}
    partition_by = None if is_named or not table.partition_key else quoted(table.partition_key)
    return call(
        "Partition",
        table_name(table.id, names),
        table_name(above, names),
        text(table.partition_of.bound),
        partition_by=partition_by,
        part_names=mapping(own_names) if own_names else None,
    )


def table_name(id_: tuple[str, str], names: Mapping[str, str]) -> str:
    """The class or variable of a table, or its path."""
    return names.get(key(*id_)) or quoted(path(id_))


def path(id_: tuple[str, str]) -> str:
    """The path of a thing, public left out."""
    return format_path(id_[1]) if id_[0] == PUBLIC else format_path(*id_)


def of_table(table: Table, name: str) -> Iterator[Group]:
    """The statistics and privileges of one table."""
    yield from statistics(table, name)
    yield from _grants(table.privileges, name)
    for column, grants in table.column_privileges.items():
        yield from _grants(grants, name, column=column)
    for column, grants in table.sequence_privileges.items():
        yield from _grants(grants, name, "sequence", column=column)


def statistics(of: Table | View, name: str) -> Iterator[Group]:
    """The statistics of a table or materialized view."""
    for found in of.statistics.values():
        yield call(
            "Statistics",
            quoted(found.name),
            name,
            text(found.definition),
            kinds=strings(found.kinds) if found.kinds else None,
            target=None if found.target is None else constant(found.target),
            comment=text(found.comment) if found.comment else None,
        )


def _grants(
    grants: Mapping[str, Grant] | None, name: str, kind: str | None = None, *, column: str = ""
) -> Iterator[Group]:
    for grant in (grants or {}).values():
        yield call(
            "Grant",
            quoted(grant.role),
            name,
            strings(grant.privileges),
            grantable=strings(grant.grantable) if grant.grantable else None,
            kind=quoted(kind) if kind else None,
            column=quoted(column) if column else None,
        )


def _granted(snapshot: Snapshot) -> Iterator[Group]:
    for name, grants in snapshot.schema_privileges.items():
        yield from _grants(grants, quoted(name), "schema")
    for family, kind in _GRANTED.items():
        for name, item in getattr(snapshot, family).items():
            yield from _grants(item.privileges, quoted(name), kind)
    for name, view in snapshot.views.items():
        for column, grants in view.column_privileges.items():
            yield from _grants(grants, quoted(name), "view", column=column)


def _of_sequences(snapshot: Snapshot) -> Iterator[Group]:
    for sequence in snapshot.sequences.values():
        if sequence.owned_by:
            yield call("OwnedSequence", quoted(path(sequence.id)), by=quoted(sequence.owned_by))
        if sequence.unlogged:
            yield call("UnloggedSequence", quoted(path(sequence.id)))


def beside(snapshot: Snapshot) -> Iterator[Group]:
    """Owners of sequences, comments of sequences and enums, privileges of all but tables."""
    yield from _granted(snapshot)
    yield from _of_sequences(snapshot)
    for view in snapshot.views.values():
        for column, said in view.column_comments.items():
            place = format_path(*view.id, column)
            yield call("Comment", quoted("column"), quoted(place), text(said))
    for family, word in (("enums", "enum"), ("sequences", "sequence")):
        for item in getattr(snapshot, family).values():
            if item.comment:
                yield call("Comment", quoted(word), quoted(path(item.id)), text(item.comment))
