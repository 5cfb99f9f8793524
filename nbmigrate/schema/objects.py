"""Views, policies, roles and row security as they are declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from nbmigrate import model
from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import Snapshot, format_path, key
from nbmigrate.model.names import PUBLIC
from nbmigrate.model.objects import VIEW_SWITCHES
from nbmigrate.schema.value import (
    Option,
    SchemaValue,
    SqlText,
    add_one,
    table_id,
    with_table,
)

if TYPE_CHECKING:
    import sqlalchemy as sa


@dataclass(frozen=True)
class View(SchemaValue):
    """A view; ``existing=True`` names one that is not ours and is never touched."""

    name: str
    definition: object = None
    _: KW_ONLY
    schema: str | None = None
    check_option: Literal["local", "cascaded"] | None = None
    security_barrier: bool | str | None = None
    security_invoker: bool | str | None = None
    existing: bool = False
    comment: str | None = None
    renamed_from: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:
        """The snapshot with the view in it."""
        options: dict[str, Option | None] = {
            "checkOption": self.check_option,
            "securityBarrier": self.security_barrier,
            "securityInvoker": self.security_invoker,
        }
        view = model.View(
            name=self.name,
            schema=self.schema or PUBLIC,
            definition=_definition(self, sql),
            options=_with_truths(_given(options) or {}) or None,
            option_words=_words(options),
            is_existing=self.existing,
            comment=self.comment,
        )
        return _with_view(snapshot, view)


@dataclass(frozen=True)
class MaterializedView(SchemaValue):
    """A materialized view; ``options`` are its storage parameters (``{"fillfactor": 90}``).

    ``indexes`` are ``Index("name", "column")``, as a table has them; ``clustered_on`` is the name of
    the one that CLUSTER sorts it by.
    """

    name: str
    definition: object = None
    _: KW_ONLY
    schema: str | None = None
    options: Mapping[str, Option] | None = None
    with_no_data: bool | None = None
    tablespace: str | None = None
    using: str | None = None
    indexes: Sequence[sa.Index] = ()
    clustered_on: str | None = None
    existing: bool = False
    comment: str | None = None
    renamed_from: str | None = None

    @cached_property
    def _indexed(self) -> sa.Table:
        return _indexed(self)

    def index_table(self) -> sa.Table | None:
        """A Table in the place of the view, with its indexes."""
        return self._indexed if self.indexes else None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:
        """The snapshot with the materialized view in it."""
        options = {_camel(name): value for name, value in (self.options or {}).items()}
        view = model.View(
            name=self.name,
            schema=self.schema or PUBLIC,
            definition=_definition(self, sql),
            options=_with_truths(options) or None,
            option_words=_words(options),
            materialized=True,
            with_no_data=self.with_no_data,
            tablespace=self.tablespace,
            using=self.using,
            clustered_on=self.clustered_on,
            is_existing=self.existing,
            comment=self.comment,
        )
        return _with_view(snapshot, view)


@dataclass(frozen=True)
class Policy(SchemaValue):
    """A row security policy of a table (a class, a Table or its name)."""

    name: str
    table: object
    _: KW_ONLY
    command: Literal["all", "select", "insert", "update", "delete"] = "all"
    to: str | Sequence[str] = PUBLIC
    using: object = None
    with_check: object = None
    restrictive: bool = False
    comment: str | None = None
    renamed_from: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:
        """The snapshot with the policy in it: in its table, or apart when that is not declared."""
        schema, table = table_id(self.table)
        policy = model.Policy(
            name=self.name,
            as_="RESTRICTIVE" if self.restrictive else "PERMISSIVE",
            for_=self.command.upper(),
            to=tuple(sorted({self.to} if isinstance(self.to, str) else set(self.to))),
            using=None if self.using is None else sql(self.using),
            with_check=None if self.with_check is None else sql(self.with_check),
            comment=self.comment,
        )
        found = snapshot.tables.get(key(schema, table))
        where = format_path(schema, table, self.name)
        if found is not None:
            policies = add_one(found.policies, self.name, policy, f"policy `{where}`")
            return with_table(snapshot, replace(found, policies=policies))
        on = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, table))
        apart = replace(policy, on=on, schema=schema)
        added = add_one(snapshot.policies, self.name, apart, f"policy `{where}`")
        return replace(snapshot, policies=added)

    def renames(self) -> tuple[str, ...]:
        """The rename of the policy, if it declares one."""
        if not self.renamed_from:
            return ()
        where = table_id(self.table)
        old, new = (format_path(*where, name) for name in (self.renamed_from, self.name))
        return (f"{old}->{new}",)


@dataclass(frozen=True)
class Role(SchemaValue):
    """A role without LOGIN; a password belongs in no file."""

    name: str
    _: KW_ONLY
    create_db: bool = False
    create_role: bool = False
    inherit: bool = True
    renamed_from: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the role in it."""
        role = model.Role(
            name=self.name,
            create_db=self.create_db,
            create_role=self.create_role,
            inherit=self.inherit,
        )
        added = add_one(snapshot.roles, self.name, role, f"role `{self.name}`")
        return replace(snapshot, roles=added)

    def renames(self) -> tuple[str, ...]:
        """The rename of the role, if it declares one."""
        if not self.renamed_from:
            return ()
        return (f"{format_path(self.renamed_from)}->{format_path(self.name)}",)


@dataclass(frozen=True)
class RowSecurity(SchemaValue):
    """Row level security of a table, switched on; or off, though there are policies."""

    table: object
    force: bool = False
    enabled: bool = True

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with row security on, or off, in the table."""
        where = table_id(self.table)
        found = snapshot.tables.get(key(*where))
        if found is None:
            path = format_path(*where)
            raise DeclarationError(f"row security of `{path}`, which is not declared", source=path)
        said = {"is_rls_enabled": self.enabled, "rls_off": not self.enabled}
        return with_table(snapshot, replace(found, force_rls=self.force, **said))


def row_security(table: object, *, force: bool = False, enabled: bool = True) -> RowSecurity:
    """``ENABLE ROW LEVEL SECURITY`` (with ``force`` also for the owner) of a class or table.

    Policies switch it on by themselves; ``enabled=False`` keeps it off until they are wanted.
    """
    return RowSecurity(table, force, enabled)


def _definition(view: View | MaterializedView, sql: SqlText) -> str | None:
    path = format_path(view.schema or PUBLIC, view.name)
    if view.existing:
        return None
    if view.definition is None:
        raise DeclarationError("a view needs a definition", source=path)
    return sql(view.definition).strip().rstrip(";").rstrip()


def _indexed(view: MaterializedView) -> sa.Table:
    """Only a Table tells what the keys of an index are; made late, it is no table of a cell."""
    from sqlalchemy import Column, Index, MetaData, Table, Text

    for index in view.indexes:
        given: object = index
        if not isinstance(given, Index) or given.table is not None:
            path = format_path(view.schema or PUBLIC, view.name)
            raise DeclarationError("`indexes` takes each `Index(...)` of its own", source=path)
    keys = [key for index in view.indexes for key in index._pending_colargs]  # noqa: SLF001 - the keys before there is a table
    columns = [Column(name, Text) for name in dict.fromkeys(keys) if isinstance(name, str)]
    return Table(view.name, MetaData(), *columns, *view.indexes, schema=view.schema)


def _given(options: Mapping[str, Option | None]) -> dict[str, Option] | None:
    return {name: value for name, value in options.items() if value is not None} or None


#: How PostgreSQL lets an option be switched besides true and false.
_WORDS = {"on": True, "off": False, "yes": True, "no": False, "1": True, "0": False}


def _words(options: Mapping[str, Option | None]) -> dict[str, str]:
    return {
        name: value
        for name, value in options.items()
        if name in VIEW_SWITCHES and isinstance(value, str) and value.lower() in _WORDS
    }


def _with_truths(options: Mapping[str, Option]) -> dict[str, Option]:
    truths = {name: _WORDS[word.lower()] for name, word in _words(options).items()}
    return {**options, **truths}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _with_view(snapshot: Snapshot, view: model.View) -> Snapshot:
    where = key(*view.id)
    taken = where in snapshot.tables
    if taken:
        raise DuplicateObjectError(f"`{format_path(*view.id)}` is declared as a table and a view")
    added = add_one(snapshot.views, where, view, f"view `{format_path(*view.id)}`")
    return replace(snapshot, views=added)
