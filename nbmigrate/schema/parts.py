"""What a table has besides columns and constraints: partitions, statistics, privileges.

Also what SQLAlchemy has no argument for on other things: a schema by itself, the column that
a sequence goes with, the comment of an enum or a sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from itertools import product
from typing import ClassVar, Literal

from msgspec.structs import replace

from nbmigrate import model
from nbmigrate.diff.partitions import columns_of_partition
from nbmigrate.errors import DeclarationError
from nbmigrate.model import Snapshot, format_path, key, parse_path
from nbmigrate.model.holders import Holder, grants_of, with_grants
from nbmigrate.model.names import PUBLIC
from nbmigrate.schema.value import SchemaValue, SqlText, add_one, split_name, table_id, with_table

#: In which families of a snapshot a kind of thing is found.
_GRANTED = {
    "table": ("tables",),
    "view": ("views",),
    "sequence": ("sequences",),
    "function": ("functions",),
    "schema": ("schemas",),
    "type": ("enums", "domains", "types"),
}


@dataclass(frozen=True)
class Partition(SchemaValue):
    """A partition: ``Partition("events_2024", Event, "FOR VALUES IN (2024)")``.

    ``table`` is a declared table with columns of its own, or the name of one that has the
    columns of ``of``; ``partition_by`` makes it partitioned in its turn. ``part_names`` are how it
    calls its parts of the indexes and keys of ``of``, where not as PostgreSQL would.
    """

    table: object
    of: object
    bound: str
    _: KW_ONLY
    partition_by: str | None = None
    part_names: Mapping[str, str] = field(default_factory=dict)

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the table as a partition."""
        where, above = table_id(self.table), table_id(self.of)
        path, parent = format_path(*where), snapshot.tables.get(key(*above))
        if parent is None or not parent.partition_key:
            wrong = "is not declared" if parent is None else "has no `postgresql_partition_by`"
            raise DeclarationError(
                f"`{path}` is a partition of `{format_path(*above)}`, which {wrong}", source=path
            )
        found = snapshot.tables.get(key(*where)) or model.Table(
            name=where[1],
            schema="" if where[0] == PUBLIC else where[0],
            columns=columns_of_partition(parent),
        )
        return with_table(
            snapshot,
            replace(
                found,
                partition_of=model.Partition(schema=above[0], table=above[1], bound=self.bound),
                partition_key=self.partition_by or found.partition_key,
                part_names=self.part_names,
            ),
        )


@dataclass(frozen=True)
class Statistics(SchemaValue):
    """Extended statistics: ``Statistics("city_zip", "places", ["city", "zip"])``.

    ``table`` may be the name of a materialized view.
    ``columns`` are columns and expressions as SQL; ``kinds`` are PostgreSQL's words (``ndistinct``).
    """

    is_late: ClassVar[bool] = True

    name: str
    table: object
    columns: str | Sequence[str]
    _: KW_ONLY
    kinds: Sequence[str] = ()
    target: int | None = None
    comment: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the statistics in their table."""
        what = f"statistics `{self.name}`"
        view = snapshot.views.get(key(*table_id(self.table)))
        found = view if view and view.materialized else _table(snapshot, self.table, what)
        statistics = model.Statistics(
            name=self.name,
            definition=", ".join([self.columns] if isinstance(self.columns, str) else self.columns),
            kinds=tuple(self.kinds),
            target=self.target,
            comment=self.comment,
        )
        changed = replace(found, statistics=add_one(found.statistics, self.name, statistics, what))
        if isinstance(changed, model.View):
            views = {**snapshot.views, key(*changed.id): changed}
            return replace(snapshot, views=views)
        return with_table(snapshot, changed)


@dataclass(frozen=True)
class Grant(SchemaValue):
    """What a role may do with a table: ``Grant("reader", Event, ["SELECT"])``.

    ``grantable`` are those of the privileges that it may pass on. Where one grant of a table is
    declared, all of them are. With ``kind`` it is a view, sequence, function, schema or type, by
    name: ``Grant("reader", "add(integer, integer)", ["EXECUTE"], kind="function")``. A function is
    closed to everybody by ``Grant("public", "add(integer, integer)", [], kind="function")``.
    With ``column`` it is that column of the table or view, and with ``kind="sequence"`` too the
    sequence by which the column of the table counts.
    """

    is_late: ClassVar[bool] = True

    role: str
    table: object
    privileges: Sequence[str]
    _: KW_ONLY
    grantable: Sequence[str] = ()
    kind: Literal["table", "view", "sequence", "function", "schema", "type"] = "table"
    column: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the privileges on what they are granted on."""
        what = f"grant to `{self.role}`"
        if self.kind not in _GRANTED:
            raise DeclarationError(
                f"{what}: `{self.kind}` is no kind of thing that is granted on",
                hint=f"one of {', '.join(_GRANTED)}",
            )
        holder = self._holder(snapshot, what)
        there = grants_of(snapshot, holder) or {}
        grantable = _words(self.grantable)
        grant = model.Grant(
            role=self.role,
            privileges=tuple(sorted({*_words(self.privileges), *grantable})),
            grantable=grantable,
        )
        added = add_one(there, self.role, grant, f"{what} on {self.kind} `{holder.key}`")
        return with_grants(snapshot, {holder: added})

    def _holder(self, snapshot: Snapshot, what: str) -> Holder:
        """Where in the snapshot the privileges stand."""
        if self.kind == "table" or (self.kind == "sequence" and self.column):
            found = _table(snapshot, self.table, what)
            return self._inside(found, Holder("tables", key(*found.id)), what)
        name = str(self.table)
        if self.kind == "schema":
            if name == PUBLIC or name in snapshot.schemas:
                return Holder("schemas", name)
        else:
            for family, where in product(_GRANTED[self.kind], (name, f"{PUBLIC}.{name}")):
                if where in getattr(snapshot, family):
                    inside = "column_privileges" if self.column else ""
                    return Holder(family, where, inside, self.column or "")
        raise DeclarationError(
            f"{what} on {self.kind} `{name}`, which is not declared", source=name
        )

    def _inside(self, table: model.Table, whole: Holder, what: str) -> Holder:
        if not self.column:
            return whole
        if self.column not in table.columns:
            path = format_path(*table.id, self.column)
            raise DeclarationError(f"{what} on `{path}`, which is not declared", source=path)
        inside = "sequence_privileges" if self.kind == "sequence" else "column_privileges"
        return whole._replace(inside=inside, column=self.column)


@dataclass(frozen=True)
class Schema(SchemaValue):
    """A schema by itself; one that has a table needs no such value but for its comment."""

    name: str
    _: KW_ONLY
    comment: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the schema in it."""
        comments = snapshot.schema_comments
        if self.comment:
            comments = add_one(comments, self.name, self.comment, f"comment of `{self.name}`")
        own = {} if self.name == PUBLIC else {self.name: self.name}
        return replace(snapshot, schemas={**snapshot.schemas, **own}, schema_comments=comments)


@dataclass(frozen=True)
class OwnedSequence(SchemaValue):
    """A sequence goes with a column: ``OwnedSequence("order_no", by="orders.no")``."""

    is_late: ClassVar[bool] = True

    name: str
    _: KW_ONLY
    by: str

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the sequence owned by the column."""
        where = split_name(self.name, PUBLIC)
        found = snapshot.sequences.get(key(*where))
        if found is None:
            raise DeclarationError(f"sequence `{format_path(*where)}` is not declared")
        owner = parse_path(self.by)
        if len(owner) not in (2, 3):
            raise DeclarationError(f"`{self.by}` is not the path of a column", source=self.name)
        path = format_path(*(owner if len(owner) == 3 else (where[0], *owner)))
        changed = replace(found, owned_by=path)
        return replace(snapshot, sequences={**snapshot.sequences, key(*where): changed})


@dataclass(frozen=True)
class UnloggedSequence(SchemaValue):
    """A sequence that starts anew after a crash: ``UnloggedSequence("order_no")``.

    Of one that a column owns it says nothing: such a one follows when its table becomes unlogged.
    """

    is_late: ClassVar[bool] = True

    name: str

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the sequence unlogged."""
        where = key(*split_name(self.name, PUBLIC))
        found = snapshot.sequences.get(where)
        if found is None:
            raise DeclarationError(f"sequence `{self.name}` is not declared", source=self.name)
        changed = replace(found, unlogged=True)
        return replace(snapshot, sequences={**snapshot.sequences, where: changed})


@dataclass(frozen=True)
class Comment(SchemaValue):
    """The comment of an enum, a sequence or the column of a view.

    ``Comment("enum", "mood", "how one feels")``, ``Comment("column", "public.people.age", "years")``.
    """

    is_late: ClassVar[bool] = True

    kind: Literal["enum", "sequence", "column"]
    name: str
    text: str

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the comment in it."""
        if self.kind == "column":
            return self._on_column(snapshot)
        if self.kind not in ("enum", "sequence"):
            raise DeclarationError(
                f'a Comment is for an "enum", a "sequence" or a "column", not `{self.kind}`',
                source=self.name,
            )
        family = f"{self.kind}s"
        there, where = getattr(snapshot, family), key(*split_name(self.name, PUBLIC))
        if where not in there:
            raise DeclarationError(f"{self.kind} `{self.name}` is not declared", source=self.name)
        return replace(
            snapshot, **{family: {**there, where: replace(there[where], comment=self.text)}}
        )

    def _on_column(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the comment on the column of a view."""
        *place, column = parse_path(self.name)
        where = key(*(place if len(place) > 1 else (PUBLIC, *place)))
        view = snapshot.views.get(where)
        if view is None:
            raise DeclarationError(
                f"comment on `{self.name}`, whose view is not declared",
                source=self.name,
                hint="a column of a table has its comment in Column(comment=...)",
            )
        said = add_one(view.column_comments, column, self.text, f"comment of `{self.name}`")
        return replace(
            snapshot, views={**snapshot.views, where: replace(view, column_comments=said)}
        )


def _words(given: Sequence[str]) -> tuple[str, ...]:
    """One word or several, as PostgreSQL lists them."""
    words = (given,) if isinstance(given, str) else given
    return tuple(sorted({word.upper() for word in words}))


def _table(snapshot: Snapshot, table: object, what: str) -> model.Table:
    where = table_id(table)
    found = snapshot.tables.get(key(*where))
    if found is None:
        path = format_path(*where)
        raise DeclarationError(f"{what} of `{path}`, which is not declared", source=path)
    return found
