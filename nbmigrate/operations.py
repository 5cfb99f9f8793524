"""Every operation there is: the vocabulary between *what differs* and *what to run*.

An operation is a frozen value with whole old and new values where a renderer
or a reader needs them; it holds no SQL. ``table`` and ``id`` are always the
pair (schema, name) with public spelled out, as it is *after* all renames. A renderer
matches on the family unions at the end of this page, so that a forgotten
operation is a type error.
"""

from __future__ import annotations

from typing import Literal

from nbmigrate.model.definitions import (
    CompositeType,
    Definition,
    Domain,
    Extension,
    Function,
    RangeType,
)
from nbmigrate.model.objects import Enum, Role, Sequence, View
from nbmigrate.model.tables import (
    Check,
    Column,
    Default,
    Exclusion,
    ForeignKey,
    Grant,
    Identity,
    Index,
    KeyOptions,
    Partition,
    Policy,
    Rule,
    Statistics,
    Table,
    Trigger,
    Unique,
    Value,
)

Id = tuple[str, str]


class _Operation(Value, frozen=True, kw_only=True, tag=True, tag_field="op"):
    """One difference. Its JSON form carries the class name under ``op``."""


# --- schemas -----------------------------------------------------------------


class CreateSchema(_Operation, frozen=True, kw_only=True):
    name: str


class RenameSchema(_Operation, frozen=True, kw_only=True):
    old: str
    new: str


class DropSchema(_Operation, frozen=True, kw_only=True):
    name: str


# --- enums -------------------------------------------------------------------


class CreateEnum(_Operation, frozen=True, kw_only=True):
    enum: Enum


class RenameEnum(_Operation, frozen=True, kw_only=True):
    old: Id
    new: Id


class MoveEnum(_Operation, frozen=True, kw_only=True):
    """Moves to another schema; the name stays."""

    old: Id
    new: Id


class AddEnumValue(_Operation, frozen=True, kw_only=True):
    """``before`` is the label it stands before; ``None`` puts it last."""

    id: Id
    value: str
    before: str | None = None


class RenameEnumValue(_Operation, frozen=True, kw_only=True):
    id: Id
    old: str
    new: str


class EnumUse(Value, frozen=True, kw_only=True):
    """A column of an enum type (or an array of it) that is cast when the type is built anew.

    ``default`` is the column's old default, taken off during the cast.
    """

    table: Id
    column: Column
    old_default: Default | None = None


class RecreateEnum(_Operation, frozen=True, kw_only=True):
    """Labels removed or reordered: the old type set aside, a new one built, columns cast."""

    old: Enum
    new: Enum
    uses: tuple[EnumUse, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


class DropEnum(_Operation, frozen=True, kw_only=True):
    enum: Enum


# --- sequences ---------------------------------------------------------------


class CreateSequence(_Operation, frozen=True, kw_only=True):
    sequence: Sequence


class RenameSequence(_Operation, frozen=True, kw_only=True):
    old: Id
    new: Id


class MoveSequence(_Operation, frozen=True, kw_only=True):
    old: Id
    new: Id


class AlterSequence(_Operation, frozen=True, kw_only=True):
    old: Sequence
    new: Sequence


class DropSequence(_Operation, frozen=True, kw_only=True):
    sequence: Sequence


# --- roles -------------------------------------------------------------------


class CreateRole(_Operation, frozen=True, kw_only=True):
    role: Role


class RenameRole(_Operation, frozen=True, kw_only=True):
    old: str
    new: str


class AlterRole(_Operation, frozen=True, kw_only=True):
    old: Role
    new: Role


class DropRole(_Operation, frozen=True, kw_only=True):
    role: Role


# --- tables ------------------------------------------------------------------


class CreateTable(_Operation, frozen=True, kw_only=True):
    """With its columns, primary key, uniques and checks; the rest are operations of their own.

    ``inherited`` are the columns that it has from its parents alone. ``undefaulted`` are those
    without the default of a parent; ``defaulted`` and ``required`` those of the inherited that
    have a default, or NOT NULL, that their parents do not have. A partition that PARTITION OF would
    not make as it is (its columns in another order, names of its own for parts of indexes) is first
    made ``apart``, with those indexes, and then attached.
    """

    table: Table
    apart: Table | None = None
    inherited: tuple[str, ...] = ()
    undefaulted: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


class RenameTable(_Operation, frozen=True, kw_only=True):
    old: Id
    new: Id


class MoveTable(_Operation, frozen=True, kw_only=True):
    """Moves to another schema; the name stays."""

    old: Id
    new: Id


class DropTable(_Operation, frozen=True, kw_only=True):
    table: Table


class AlterTable(_Operation, frozen=True, kw_only=True):
    """Storage parameters, logging, forced row security, replica identity, INHERIT.

    ``apart``: in a transaction of its own, when an index that it names is built outside of any.
    """

    old: Table
    new: Table
    apart: bool = False


class AttachPartition(_Operation, frozen=True, kw_only=True):
    table: Id
    partition: Partition


class DetachPartition(_Operation, frozen=True, kw_only=True):
    table: Id
    partition: Partition


GrantKind = Literal["table", "view", "sequence", "routine", "type", "schema"]


class SetPrivileges(_Operation, frozen=True, kw_only=True):
    """What a role may do with an object, or a column of it; ``None`` is the usual.

    That is nothing, but for PUBLIC, who may call and use what is not said to be closed to it.
    A sequence with a ``column`` is the one by which that column of the table counts. The id
    of a schema is an empty text and its name.
    """

    kind: GrantKind = "table"
    table: Id
    column: str | None = None
    old: Grant | None = None
    new: Grant | None = None


class CreateStatistics(_Operation, frozen=True, kw_only=True):
    table: Id
    statistics: Statistics


class DropStatistics(_Operation, frozen=True, kw_only=True):
    table: Id
    statistics: Statistics


class SetRowSecurity(_Operation, frozen=True, kw_only=True):
    table: Id
    enabled: bool


# --- columns -----------------------------------------------------------------


class AddColumn(_Operation, frozen=True, kw_only=True):
    """``backfill`` is SQL that gives the value of rows already there.

    Rendered as: add nullable, update, set not null. ``settles``: what the update puts off to the
    end of the transaction is checked at once, as no ALTER TABLE is taken before.
    """

    table: Id
    column: Column
    backfill: str | None = None
    settles: bool = False


class RenameColumn(_Operation, frozen=True, kw_only=True):
    table: Id
    old: str
    new: str


class DropColumn(_Operation, frozen=True, kw_only=True):
    table: Id
    column: Column


class AlterColumnType(_Operation, frozen=True, kw_only=True):
    """``using`` is the cast expression; ``None`` lets the renderer choose it."""

    table: Id
    old: Column
    new: Column
    using: str | None = None


class SetColumnStorage(_Operation, frozen=True, kw_only=True):
    """Storage, compression or the statistics target of a column."""

    table: Id
    old: Column
    new: Column


class SetDefault(_Operation, frozen=True, kw_only=True):
    table: Id
    column: Column


class DropDefault(_Operation, frozen=True, kw_only=True):
    table: Id
    column: Column


class SetNotNull(_Operation, frozen=True, kw_only=True):
    """``backfill`` is SQL that replaces NULLs first; ``apart`` opens a transaction for it.

    ``settles`` as in `AddColumn`.
    """

    table: Id
    column: str
    backfill: str | None = None
    apart: bool = False
    settles: bool = False


class FillColumn(_Operation, frozen=True, kw_only=True):
    """Gives the rows that have NULL there the value of ``value`` (SQL), batch by batch.

    Each batch is committed; done again, it goes on with what is still NULL.
    """

    table: Id
    column: str
    value: str


class DropNotNull(_Operation, frozen=True, kw_only=True):
    table: Id
    column: str


class AddIdentity(_Operation, frozen=True, kw_only=True):
    """``column`` is the new column; its sequence starts behind the largest value there."""

    table: Id
    column: Column


class AlterIdentity(_Operation, frozen=True, kw_only=True):
    table: Id
    column: str
    old: Identity
    new: Identity


class DropIdentity(_Operation, frozen=True, kw_only=True):
    table: Id
    column: str


class AddSerial(_Operation, frozen=True, kw_only=True):
    """Gives a plain integer column a sequence of its own, as ``serial`` does.

    ``unlogged`` as the table is.
    """

    table: Id
    column: Column
    unlogged: bool = False


class AlterSerial(_Operation, frozen=True, kw_only=True):
    """Gives the sequence of a serial column the bounds of another serial type; it counts on."""

    table: Id
    column: Column


class DropSerial(_Operation, frozen=True, kw_only=True):
    """Takes a serial column's default and sequence away; the values stay."""

    table: Id
    column: Column


class DropExpression(_Operation, frozen=True, kw_only=True):
    """A generated column becomes a plain one that keeps its values."""

    table: Id
    column: str


# --- constraints -------------------------------------------------------------


class AddPrimaryKey(_Operation, frozen=True, kw_only=True):
    """``name`` is ``None`` for a single column: PostgreSQL chooses ``<table>_pkey``."""

    table: Id
    name: str | None
    columns: tuple[str, ...]
    options: KeyOptions | None = None


class DropPrimaryKey(_Operation, frozen=True, kw_only=True):
    """``name`` is ``None`` when no file holds it; the statement then looks it up."""

    table: Id
    name: str | None
    columns: tuple[str, ...]


class AddUnique(_Operation, frozen=True, kw_only=True):
    table: Id
    unique: Unique


class DropUnique(_Operation, frozen=True, kw_only=True):
    table: Id
    unique: Unique


class AddCheck(_Operation, frozen=True, kw_only=True):
    table: Id
    check: Check


class DropCheck(_Operation, frozen=True, kw_only=True):
    table: Id
    check: Check


class AddForeignKey(_Operation, frozen=True, kw_only=True):
    table: Id
    foreign_key: ForeignKey


class DropForeignKey(_Operation, frozen=True, kw_only=True):
    table: Id
    foreign_key: ForeignKey


class AddExclusion(_Operation, frozen=True, kw_only=True):
    table: Id
    exclusion: Exclusion


class DropExclusion(_Operation, frozen=True, kw_only=True):
    table: Id
    exclusion: Exclusion


class ValidateConstraint(_Operation, frozen=True, kw_only=True):
    """Holds the rows that are there against a constraint that was NOT VALID.

    ``apart``: in a transaction of its own, so that no earlier lock is held meanwhile.
    """

    table: Id
    kind: Literal["check", "foreign key"]
    name: str
    apart: bool = False


class AddKeyFromIndex(_Operation, frozen=True, kw_only=True):
    """Makes a unique index, built before, the index of a constraint of the same name."""

    table: Id
    kind: Literal["primary key", "unique"]
    name: str
    columns: tuple[str, ...]
    deferrable: bool = False
    initially_deferred: bool = False
    comment: str | None = None


class RenameConstraint(_Operation, frozen=True, kw_only=True):
    """``kind`` says what it is for the reader; PostgreSQL has one statement for all."""

    table: Id
    kind: Literal["primary key", "unique", "check", "foreign key", "exclusion"]
    old: str
    new: str


# --- indexes -----------------------------------------------------------------


class CreateIndex(_Operation, frozen=True, kw_only=True):
    """``table`` may be a materialized view; ``only`` leaves the partitions out."""

    table: Id
    index: Index
    only: bool = False


class AttachIndex(_Operation, frozen=True, kw_only=True):
    """Makes the index of a partition part of its parent's; with the last one that is valid."""

    table: Id
    index: str
    part: Id


class RenameIndex(_Operation, frozen=True, kw_only=True):
    table: Id
    old: str
    new: str


class DropIndex(_Operation, frozen=True, kw_only=True):
    table: Id
    index: Index


# --- views -------------------------------------------------------------------


class CreateView(_Operation, frozen=True, kw_only=True):
    view: View


class RenameView(_Operation, frozen=True, kw_only=True):
    old: Id
    new: Id
    materialized: bool


class MoveView(_Operation, frozen=True, kw_only=True):
    old: Id
    new: Id
    materialized: bool


class AlterViewOptions(_Operation, frozen=True, kw_only=True):
    """``WITH`` options, tablespace or access method; the definition is the same.

    ``apart`` as of :class:`AlterTable`.
    """

    old: View
    new: View
    apart: bool = False


class DropView(_Operation, frozen=True, kw_only=True):
    view: View


# --- policies ----------------------------------------------------------------


class CreatePolicy(_Operation, frozen=True, kw_only=True):
    table: Id
    policy: Policy


class RenamePolicy(_Operation, frozen=True, kw_only=True):
    table: Id
    old: str
    new: str


class AlterPolicy(_Operation, frozen=True, kw_only=True):
    """Roles, USING or WITH CHECK; any other difference is a drop and a create."""

    table: Id
    old: Policy
    new: Policy


class DropPolicy(_Operation, frozen=True, kw_only=True):
    table: Id
    policy: Policy


# --- extensions --------------------------------------------------------------


class CreateExtension(_Operation, frozen=True, kw_only=True):
    extension: Extension


class MoveExtension(_Operation, frozen=True, kw_only=True):
    """To another schema, with all that it has there."""

    extension: Extension


class DropExtension(_Operation, frozen=True, kw_only=True):
    extension: Extension


# --- domains, composite and range types --------------------------------------

UserType = CompositeType | RangeType


class TypeUse(Value, frozen=True, kw_only=True):
    """A column of a type (or an array of it) that is cast when the type is built anew."""

    table: Id
    column: Column
    old_default: Default | None = None


class CreateDomain(_Operation, frozen=True, kw_only=True):
    domain: Domain


class RenameDomain(_Operation, frozen=True, kw_only=True):
    old: Id
    new: Id


class MoveDomain(_Operation, frozen=True, kw_only=True):
    old: Id
    new: Id


class AlterDomain(_Operation, frozen=True, kw_only=True):
    """Default, NOT NULL, checks or comment."""

    old: Domain
    new: Domain


class RecreateDomain(_Operation, frozen=True, kw_only=True):
    """Another type or collation: the old domain set aside, a new one built, columns cast."""

    old: Domain
    new: Domain
    uses: tuple[TypeUse, ...] = ()


class DropDomain(_Operation, frozen=True, kw_only=True):
    domain: Domain


class CreateType(_Operation, frozen=True, kw_only=True):
    type: UserType


class RenameType(_Operation, frozen=True, kw_only=True):
    """``range`` is a range type under its old name: its multirange and functions go with it."""

    old: Id
    new: Id
    range: RangeType | None = None


class MoveType(_Operation, frozen=True, kw_only=True):
    """``range`` as in ``RenameType``."""

    old: Id
    new: Id
    range: RangeType | None = None


class AlterType(_Operation, frozen=True, kw_only=True):
    """Attributes of a composite type that come last or go, or a comment."""

    old: UserType
    new: UserType


class RecreateType(_Operation, frozen=True, kw_only=True):
    """What ALTER TYPE cannot do: the old type set aside, a new one built, columns cast."""

    old: UserType
    new: UserType
    uses: tuple[TypeUse, ...] = ()


class DropType(_Operation, frozen=True, kw_only=True):
    type: UserType


# --- functions and procedures ------------------------------------------------


class CreateFunction(_Operation, frozen=True, kw_only=True):
    function: Function


class RenameFunction(_Operation, frozen=True, kw_only=True):
    """The same function under both names; the arguments are the same."""

    old: Function
    new: Function


class MoveFunction(_Operation, frozen=True, kw_only=True):
    """Moves to another schema; the name stays."""

    old: Function
    new: Function


class ReplaceFunction(_Operation, frozen=True, kw_only=True):
    """In place: nothing that uses it is touched."""

    old: Function
    new: Function


class DropFunction(_Operation, frozen=True, kw_only=True):
    function: Function


# --- collations and what else is known by its definition ----------------------


class CreateDefinition(_Operation, frozen=True, kw_only=True):
    definition: Definition


class AlterDefinition(_Operation, frozen=True, kw_only=True):
    """In place: nothing that uses it is touched."""

    old: Definition
    new: Definition


class DropDefinition(_Operation, frozen=True, kw_only=True):
    definition: Definition


# --- triggers and rules ------------------------------------------------------


class CreateTrigger(_Operation, frozen=True, kw_only=True):
    """``table`` may be a view."""

    table: Id
    trigger: Trigger


class AlterTrigger(_Operation, frozen=True, kw_only=True):
    """When it fires, or its comment."""

    table: Id
    old: Trigger
    new: Trigger


class DropTrigger(_Operation, frozen=True, kw_only=True):
    table: Id
    trigger: Trigger


class CreateRule(_Operation, frozen=True, kw_only=True):
    """``table`` may be a view."""

    table: Id
    rule: Rule


class AlterRule(_Operation, frozen=True, kw_only=True):
    """When it fires, or its comment."""

    table: Id
    old: Rule
    new: Rule


class DropRule(_Operation, frozen=True, kw_only=True):
    table: Id
    rule: Rule


# --- comments ----------------------------------------------------------------


class SetComment(_Operation, frozen=True, kw_only=True):
    """The comment on a thing that is there; ``None`` takes it away.

    ``path`` names it: a schema by one name, a table, view or type by two, what is in a table
    by three.
    """

    kind: Literal[
        "schema",
        "table",
        "view",
        "materialized view",
        "type",
        "column",
        "constraint",
        "index",
        "statistics",
    ]
    path: tuple[str, ...]
    text: str | None = None


SchemaOp = CreateSchema | RenameSchema | DropSchema
EnumOp = (
    CreateEnum | RenameEnum | MoveEnum | AddEnumValue | RenameEnumValue | RecreateEnum | DropEnum
)
SequenceOp = CreateSequence | RenameSequence | MoveSequence | AlterSequence | DropSequence
RoleOp = CreateRole | RenameRole | AlterRole | DropRole
TableOp = (
    CreateTable
    | RenameTable
    | MoveTable
    | DropTable
    | AlterTable
    | AttachPartition
    | DetachPartition
    | SetRowSecurity
    | SetPrivileges
)
StatisticsOp = CreateStatistics | DropStatistics
ColumnOp = (
    AddColumn
    | RenameColumn
    | DropColumn
    | AlterColumnType
    | SetColumnStorage
    | SetDefault
    | DropDefault
    | SetNotNull
    | FillColumn
    | DropNotNull
    | AddIdentity
    | AlterIdentity
    | DropIdentity
    | AddSerial
    | AlterSerial
    | DropSerial
    | DropExpression
)
ConstraintOp = (
    AddPrimaryKey
    | DropPrimaryKey
    | AddUnique
    | DropUnique
    | AddCheck
    | DropCheck
    | AddForeignKey
    | DropForeignKey
    | AddExclusion
    | DropExclusion
    | ValidateConstraint
    | AddKeyFromIndex
    | RenameConstraint
)
IndexOp = CreateIndex | AttachIndex | RenameIndex | DropIndex
ViewOp = CreateView | RenameView | MoveView | AlterViewOptions | DropView
PolicyOp = CreatePolicy | RenamePolicy | AlterPolicy | DropPolicy

ExtensionOp = CreateExtension | MoveExtension | DropExtension
DomainOp = CreateDomain | RenameDomain | MoveDomain | AlterDomain | RecreateDomain | DropDomain
TypeOp = CreateType | RenameType | MoveType | AlterType | RecreateType | DropType
FunctionOp = CreateFunction | RenameFunction | MoveFunction | ReplaceFunction | DropFunction
DefinitionOp = CreateDefinition | AlterDefinition | DropDefinition
TriggerOp = CreateTrigger | AlterTrigger | DropTrigger
RuleOp = CreateRule | AlterRule | DropRule

Operation = (
    SchemaOp
    | EnumOp
    | SequenceOp
    | RoleOp
    | TableOp
    | ColumnOp
    | ConstraintOp
    | IndexOp
    | ViewOp
    | PolicyOp
    | ExtensionOp
    | DomainOp
    | TypeOp
    | FunctionOp
    | DefinitionOp
    | TriggerOp
    | RuleOp
    | StatisticsOp
    | SetComment
)
