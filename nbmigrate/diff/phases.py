"""The phases of a plan: what PostgreSQL accepts in which order, whatever the operations are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nbmigrate import operations as o
from nbmigrate.diff.match import NameIndex
from nbmigrate.diff.texts import (
    definition_text,
    dropped_names,
    function_header,
    has_parsed_body,
    provides,
)
from nbmigrate.model import Column, Definition, DefinitionKind, Function, key

PHASES: tuple[tuple[type[object], ...], ...] = (
    (o.RenameSchema,),
    (o.CreateSchema,),
    (o.CreateExtension, o.MoveExtension),
    (o.RenameRole,),
    (o.CreateRole, o.AlterRole),
    (
        o.MoveEnum,
        o.RenameEnum,
        o.RenameEnumValue,
        o.MoveSequence,
        o.RenameSequence,
        o.MoveTable,
        o.RenameTable,
        o.RenameColumn,
        o.MoveView,
        o.RenameView,
        o.RenamePolicy,
        o.MoveDomain,
        o.RenameDomain,
        o.MoveType,
        o.RenameType,
        o.MoveFunction,
        o.RenameFunction,
    ),
    (o.DetachPartition,),
    (o.DropTrigger,),
    (o.DropRule,),
    (o.DropView,),
    (o.DropPolicy,),
    (o.DropForeignKey,),
    (o.DropIndex,),
    (o.DropStatistics,),
    (o.DropCheck, o.DropExclusion),
    (o.DropUnique,),
    (o.DropPrimaryKey,),
    (o.DropTable,),
    (o.RenameConstraint, o.RenameIndex),
    (o.CreateEnum,),
    (o.AddEnumValue,),
    (o.RecreateEnum,),
    (
        o.CreateDomain,
        o.AlterDomain,
        o.RecreateDomain,
        o.CreateType,
        o.AlterType,
        o.RecreateType,
    ),
    (o.CreateSequence, o.AlterSequence),
    (o.CreateFunction, o.ReplaceFunction),
    (o.CreateDefinition, o.AlterDefinition),
    (o.CreateTable,),
    (
        o.DropSerial,
        o.DropIdentity,
        o.DropExpression,
        o.DropDefault,
        o.AlterColumnType,
        o.SetColumnStorage,
        o.SetDefault,
        o.DropNotNull,
        o.AddSerial,
        o.AlterSerial,
        o.SetNotNull,
        o.FillColumn,
        o.AddIdentity,
        o.AlterIdentity,
    ),
    (o.AddColumn,),
    (o.DropColumn,),
    (o.AddPrimaryKey,),
    (o.AddUnique, o.AddKeyFromIndex),
    (o.CreateIndex, o.AttachIndex),
    (o.CreateStatistics,),
    (o.AddCheck, o.AddExclusion),
    (o.AttachPartition,),
    (o.AlterTable,),
    (o.AddForeignKey,),
    (o.ValidateConstraint,),
    (o.CreateView,),
    (o.AlterViewOptions,),
    (o.SetRowSecurity,),
    (o.CreatePolicy, o.AlterPolicy),
    (o.CreateRule, o.AlterRule),
    (o.CreateTrigger, o.AlterTrigger),
    (o.SetPrivileges,),
    (o.SetComment,),
    (o.DropDefinition,),
    (o.DropFunction,),
    (o.DropSequence,),
    (o.DropDomain, o.DropType),
    (o.DropEnum,),
    (o.DropExtension,),
    (o.DropRole,),
    (o.DropSchema,),
)

_PHASE = {kind: number for number, kinds in enumerate(PHASES) for kind in kinds}
#: What types, columns and functions are made of, and where foreign data comes from.
_BENEATH: tuple[DefinitionKind, ...] = (
    "collation",
    "text search dictionary",
    "text search configuration",
    "foreign data wrapper",
    "server",
)
#: What speaks of tables and their columns, as they will be.
_BEHIND_TABLES: Mapping[DefinitionKind, int] = {
    "foreign table": _PHASE[o.AttachPartition],
    "publication": _PHASE[o.CreateRule],
}
#: A generated column that is built anew must be gone before what it is computed from changes.
_BEFORE_COLUMNS = _PHASE[o.DropTable]
#: An index that is built concurrently leaves the transaction, so it comes last.
_CONCURRENT = len(PHASES)
_MADE: Mapping[DefinitionKind, int] = {
    **dict.fromkeys(_BENEATH, _PHASE[o.CreateEnum]),
    **_BEHIND_TABLES,
    "event trigger": _CONCURRENT,  # what the plan does is no event for it
}
#: Between these phases everything is made; before and behind, things go.
FIRST_MADE, LAST_MADE = _PHASE[o.CreateEnum], _PHASE[o.CreateTrigger]
#: What is made again under its name goes before anything is made.
_BEFORE_MADE = _PHASE[o.DropTable]


class Phases:
    """The phase of each operation of a plan: most have one, some another beside certain others."""

    def __init__(self, operations: Sequence[o.Operation]) -> None:
        self._rebuilt = {
            (op.table, op.column.name) for op in operations if isinstance(op, o.AddColumn)
        }
        self._rebuilt |= _in_the_way(operations) | _of_old_types(operations)
        #: Types that are built anew: what is made of an old one goes before that does.
        self._anew = _rebuilt_types(operations)
        self._old_types = NameIndex(name for _, name in self._anew)
        self._going = {name for op in operations for name in _dropped_part(op)}
        self._again = {name for op in operations for name in provides(op)}
        self._again |= {
            key(*op.definition.id) for op in operations if isinstance(op, o.CreateDefinition)
        }
        #: Columns that go or get another type, by the words that a body may have for them.
        self._changing = NameIndex(_changed_columns(operations))
        self._moved = {op.old for op in operations if isinstance(op, o.MoveTable)}
        #: Tables that partitions leave and join.
        self._left = {op.partition.parent for op in operations if isinstance(op, o.DetachPartition)}
        self._joined = {
            op.partition.parent for op in operations if isinstance(op, o.AttachPartition)
        }

    def of(self, op: o.Operation) -> int:
        """The number of its phase; the smaller one runs first."""
        for special in (
            self._of_name,
            self._of_what_goes,
            self._of_what_leaves_a_type,
            self._of_what_is_made,
        ):
            if (found := special(op)) is not None:
                return found
        return _PHASE[type(op)]

    def _of_name(self, op: o.Operation) -> int | None:
        match op:
            case o.RenameConstraint(table=table) if table in self._moved:
                return _PHASE[o.MoveTable]  # to free the name in the schema it moves to
            case o.RenameConstraint(table=table) if table in self._left:
                return _PHASE[o.RenameTable]  # a partition that is detached later has it, too
            case (
                o.RenameConstraint(table=table, new=name) | o.RenameIndex(table=table, new=name)
            ) if (table, name) in self._going:
                return _PHASE[o.RenameTable]  # it is dropped and made again under its new name
            case o.AlterIdentity(old=before, new=after) if before.name != after.name:
                return _PHASE[o.RenameConstraint]  # a new table may want the old name
            case _:
                return None

    def _of_what_goes(self, op: o.Operation) -> int | None:
        match op:
            case o.DropFunction() | o.DropDomain() | o.DropType() if any(
                name in self._again for name in dropped_names(op)
            ):
                return _BEFORE_MADE
            case o.DropFunction(function=function) if self._is_tied(function):
                return _BEFORE_MADE
            case o.DropColumn(table=table, column=column) if (table, column.name) in self._rebuilt:
                return _BEFORE_COLUMNS
            case o.DropForeignKey(table=table, foreign_key=part) if (
                part.target == table in self._left
            ):
                return _PHASE[o.RenameTable]  # a partition that it points to is not detached
            case o.DropDefinition(definition=defined):
                return self._of_gone_definition(defined)
            case _:
                return None

    def _is_tied(self, function: Function) -> bool:
        """Whether what changes before it would go is held by it: columns that it reads, and types."""
        reads = has_parsed_body(function) and self._changing.find(function.definition)
        return bool(reads or self._old_types.find(function_header(function)))

    def _of_gone_definition(self, defined: Definition) -> int | None:
        if defined.kind == "event trigger":
            return _PHASE[o.RenameSchema] - 1  # what the plan does is no event for it
        if defined.kind == "publication":
            return _PHASE[o.DropTrigger]  # it ties columns that it speaks of
        is_tied = defined.kind == "foreign table" or self._old_types.find(definition_text(defined))
        if is_tied or key(*defined.id) in self._again:
            return _BEFORE_MADE
        return _PHASE[o.DropEnum] if defined.kind in _BENEATH else None

    def _of_what_leaves_a_type(self, op: o.Operation) -> int | None:
        """Of a column whose type is built anew and no longer is its own afterwards."""
        match op:
            case o.AlterColumnType(old=before, new=after) if _type_of(
                before
            ) in self._anew and _type_of(after) != _type_of(before):
                return _PHASE[o.AddEnumValue]
            case _:
                return None

    def _of_what_is_made(self, op: o.Operation) -> int | None:  # noqa: PLR0911 - one case per operation
        match op:
            case o.AddIdentity(table=table) | o.AddSerial(table=table) if table in self._joined:
                return _PHASE[o.AttachPartition] + 1  # it counts on behind the rows that come
            case o.CreateIndex(index=index) if index.concurrently:
                return _CONCURRENT
            case o.CreateTable(table=made) if made.parents:
                return _PHASE[o.AddPrimaryKey]  # when the columns of its parent are as they will be
            case o.AlterTable(old=table, new=made) if set(table.inherits) - set(made.inherits):
                return _PHASE[o.DetachPartition]
            case o.AlterSequence(old=before, new=after) if before.owned_by != after.owned_by:
                # SET LOGGED and UNLOGGED of a table reach the sequences that it owns by then
                return _PHASE[o.AddForeignKey if after.owned_by else o.DropTrigger]
            case o.AlterDefinition(new=defined):
                return _BEHIND_TABLES.get(defined.kind)
            case o.CreateDefinition(definition=defined):
                return _MADE.get(defined.kind)
            case _:
                return None


def _changed_columns(operations: Iterable[o.Operation]) -> set[str]:
    found = set()
    for op in operations:
        match op:
            case o.DropColumn(column=column) | o.AlterColumnType(old=column):
                found.add(column.name)
            case _:
                pass
    return found


def _type_of(column: Column) -> tuple[str | None, str]:
    """The type of the column, or of the elements of its arrays."""
    return column.type_schema, column.element_type


def _dropped_part(op: o.Operation) -> Iterator[tuple[o.Id, str]]:
    """The constraint or index that goes, by table and name."""
    match op:
        case o.DropForeignKey(table=table, foreign_key=part):
            yield table, part.name
        case o.DropCheck(table=table, check=part):
            yield table, part.name
        case o.DropUnique(table=table, unique=part):
            yield table, part.name
        case o.DropExclusion(table=table, exclusion=part):
            yield table, part.name
        case o.DropIndex(table=table, index=part):
            yield table, part.name
        case o.DropPrimaryKey(table=table, name=str() as name):
            yield table, name
        case _:
            pass


def _rebuilt_types(operations: Iterable[o.Operation]) -> set[o.Id]:
    """The enums, domains and types that are made again, or changed, which no column may have then."""
    return {
        op.old.id
        for op in operations
        if isinstance(op, o.RecreateEnum | o.RecreateDomain | o.RecreateType | o.AlterType)
    }


def _of_old_types(operations: Iterable[o.Operation]) -> set[tuple[o.Id, str]]:
    """Columns that go while their type is built anew, which drops the old one."""
    types = _rebuilt_types(operations)
    columns = {
        op.table
        for op in operations
        if isinstance(op, o.DropColumn) and _type_of(op.column) in types
    }
    return {
        (op.table, op.column.name)
        for op in operations
        if isinstance(op, o.DropColumn) and op.table in columns
    }


def _in_the_way(operations: Iterable[o.Operation]) -> set[tuple[o.Id, str]]:
    """Generated columns that go from a table in which a type changes."""
    retyped = {op.table for op in operations if isinstance(op, o.AlterColumnType)}
    retyped |= {use.table for op in operations if isinstance(op, o.RecreateEnum) for use in op.uses}
    return {
        (op.table, op.column.name)
        for op in operations
        if isinstance(op, o.DropColumn) and op.column.generated and op.table in retyped
    }
