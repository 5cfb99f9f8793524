"""Differences between what is known by its definition: collations, text search, casts, operators.

What PostgreSQL cannot change in place is dropped and made again. It refuses to drop what a table is made of, and so does this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice

from msgspec.structs import replace

from nbmigrate.diff.foreign import altered_publication, altered_server, altered_table
from nbmigrate.diff.match import NameIndex, match
from nbmigrate.diff.options import (
    can_alter_configuration,
    can_alter_dictionary,
    can_alter_operator,
)
from nbmigrate.diff.texts import (
    domain_text,
    index_text,
    joined,
    spoken_names,
    table_text,
    type_text,
)
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.model import Definition, DefinitionKind, Snapshot, Table, format_path, key
from nbmigrate.operations import (
    AlterDefinition,
    CreateDefinition,
    DefinitionOp,
    DropCheck,
    DropDefinition,
    DropExclusion,
    DropIndex,
    Id,
    Operation,
)

_SHOWN = 3
#: Kinds that no table is made of.
_BESIDE = frozenset({"foreign data wrapper", "server", "foreign table", "publication"})


def diff_defined(old: Snapshot, new: Snapshot) -> Iterator[DefinitionOp]:
    """What is to be created, altered, made again and dropped."""
    found = match(old.definitions, new.definitions)
    yield from (DropDefinition(definition=gone) for gone in found.removed)
    for before, after in found.changed:
        if _can_alter(before, after):
            yield AlterDefinition(old=before, new=after)
        else:
            yield DropDefinition(definition=before)
            yield CreateDefinition(definition=after)
    yield from (CreateDefinition(definition=made) for made in found.added)


def _can_alter(old: Definition, new: Definition) -> bool:
    if old.definition == new.definition:
        return True
    can_alter = _CAN_ALTER.get(new.kind)
    return can_alter is not None and can_alter(old.definition, new.definition)


def _alters(read: Callable[[str, str], list[str] | None]) -> Callable[[str, str], bool]:
    """Whether there are actions, be it none, of ALTER."""
    return lambda old, new: read(old, new) is not None


#: Whether ALTER leads from one text to the other.
_CAN_ALTER: Mapping[DefinitionKind, Callable[[str, str], bool]] = {
    "text search dictionary": can_alter_dictionary,
    "text search configuration": can_alter_configuration,
    "operator": can_alter_operator,
    "foreign data wrapper": _alters(altered_server),
    "server": _alters(altered_server),
    "foreign table": _alters(altered_table),
    "publication": _alters(altered_publication),
}


def require_unused(operations: Iterable[Operation], old: Snapshot, new: Snapshot) -> None:
    """No table stands on what is dropped and made again, for itself or for something under it.

    Raises:
        UnsupportedOperationError: a table, domain or type is made of it.
    """
    operations = list(operations)
    again = [
        op.definition
        for op in operations
        if isinstance(op, DropDefinition)
        and key(*op.definition.id) in new.definitions
        and op.definition.kind not in _BESIDE
    ]
    if again:
        left = _without_dropped(operations, old)
        for defined in again:
            _require_unused(defined, left, new)


def _without_dropped(operations: Iterable[Operation], old: Snapshot) -> Snapshot:
    """The old tables without the indexes, checks and exclusions that go before a definition does."""
    gone: set[tuple[Id, str, str]] = set()
    for op in operations:
        match op:
            case DropIndex(table=at, index=part):
                gone.add((at, "indexes", part.name))
            case DropCheck(table=at, check=part):
                gone.add((at, "check_constraints", part.name))
            case DropExclusion(table=at, exclusion=part):
                gone.add((at, "exclusions", part.name))
            case _:
                pass
    return replace(old, tables={n: _left(table, gone) for n, table in old.tables.items()})


def _left(table: Table, gone: AbstractSet[tuple[Id, str, str]]) -> Table:
    kinds = {kind for at, kind, _ in gone if at == table.id}
    parts = {
        kind: {n: p for n, p in getattr(table, kind).items() if (table.id, kind, n) not in gone}
        for kind in kinds
    }
    return replace(table, **parts)


def _require_unused(defined: Definition, old: Snapshot, new: Snapshot) -> None:
    used = list(islice(_users(defined, old, new), _SHOWN + 1))
    if not used:
        return
    named = ", ".join(used[:_SHOWN]) + (" and others" if len(used) > _SHOWN else "")
    path = format_path(defined.schema, defined.name)
    raise UnsupportedOperationError(
        f"{defined.kind} `{path}` cannot be changed while {named} is made of it",
        operation="DropDefinition",
        hint=f"declare another {defined.kind} under a new name beside it and let them use that one;"
        " then this one can go",
    )


def _users(defined: Definition, old: Snapshot, new: Snapshot) -> Iterator[str]:
    """What is made of it and stays: tables, domains and types."""
    index = NameIndex(spoken_names(defined))
    for family, kind, text_of in (
        ("tables", "table", _table_text),
        ("domains", "domain", domain_text),
        ("types", "type", type_text),
    ):
        stays = getattr(new, family)
        for name, item in getattr(old, family).items():
            if name in stays and index.find(text_of(item)):
                yield f"{kind} `{format_path(*item.id)}`"


def _table_text(table: Table) -> str:
    return joined((table_text(table), *map(index_text, table.indexes.values())))
