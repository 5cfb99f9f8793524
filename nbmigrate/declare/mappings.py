"""Tables and mapped classes taken out of their MetaData and registry, and put back.

A class that is taken out stays whole: its mapper is not disposed of, instances that
the user holds go on working, and putting it back undoes everything. Only the names are
free again, so that the next run of the cell can declare them anew. SQLAlchemy offers
``MetaData.remove`` in public; the counterparts here are its own internal steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Mapper, RelationshipProperty, clsregistry
from sqlalchemy.orm.mapper import _all_registries

_add_to_registry: Any = getattr(clsregistry, "_add_class", None) or clsregistry.add_class  # type: ignore[attr-defined]  # its name before 2.1


@dataclass(eq=False)
class Mappings:
    """The tables, sequences and mapped classes that one run of a cell created."""

    tables: list[sa.Table] = field(default_factory=list)
    classes: list[type] = field(default_factory=list)
    sequences: list[sa.Sequence] = field(default_factory=list)

    def take_out(self) -> None:
        """Free the names of the tables, sequences and classes."""
        for table in self.tables:
            if table.metadata.tables.get(table.key) is table:
                table.metadata.remove(table)
        for sequence in self.sequences:
            _take_sequence(sequence)
        for class_ in self.classes:
            _take_class(class_)

    def put_back(self) -> None:
        """Undo :meth:`take_out`."""
        for table in self.tables:
            _put_table(table)
        for sequence in self.sequences:
            if sequence.metadata is not None:
                sequence._set_metadata(sequence.metadata)  # noqa: SLF001
        for class_ in self.classes:
            _put_class(class_)

    def discard(self) -> None:
        """Take out for good, also from classes of other cells that these inherit from."""
        self.take_out()
        for class_ in self.classes:
            mapper = _mapper(class_)
            if mapper is not None:
                _disinherit(mapper)

    def mappers(self) -> Iterator[Mapper[Any]]:
        """The mappers of the classes."""
        for class_ in self.classes:
            mapper = _mapper(class_)
            if mapper is not None:
                yield mapper


def classes_of_module(name: str) -> list[type]:
    """Every class of a module that a registry knows, also one whose mapping failed."""
    found: dict[type, None] = {}
    for registry in _all_registries():
        known = [*registry._class_registry.values(), *(m.class_ for m in list(registry._managers))]  # noqa: SLF001
        for class_ in known:
            if isinstance(class_, type) and class_.__module__ == name:
                found[class_] = None
    return list(found)


def refers_to(tables: Iterable[sa.Table], targets: Iterable[sa.Table]) -> bool:
    """Whether a foreign key of the first tables points to one of the second."""
    names = {table.key for table in targets}
    return any(
        not names.isdisjoint(_target_keys(foreign_key))
        for table in tables
        for foreign_key in table.foreign_keys
    )


def _target_keys(foreign_key: sa.ForeignKey) -> Iterator[str]:
    """The key of the referenced table as it is spelled and, when resolved, as it is."""
    yield foreign_key.target_fullname.rpartition(".")[0]
    try:
        yield foreign_key.column.table.key
    except InvalidRequestError:
        return


def is_linked(one: Mappings, other: Mappings) -> bool:
    """Whether mappers of the first hold on to classes or tables of the second."""
    classes = set(other.classes)
    tables = set(other.tables)
    return any(_holds(mapper, classes, tables) for mapper in one.mappers())


def has_failed(mappings: Mappings) -> bool:
    """Whether SQLAlchemy gave up on a mapper, as it does before all cells have been run."""
    return any(getattr(mapper, "_configure_failed", False) for mapper in mappings.mappers())


def _holds(mapper: Mapper[Any], classes: set[type], tables: set[sa.Table]) -> bool:
    if any(parent.class_ in classes for parent in mapper.iterate_to_root()):
        return True
    # Before it is configured, a relationship is only a name; asking would try to resolve it.
    relationships = (
        prop
        for prop in mapper._props.values()  # noqa: SLF001 - iterating attrs would configure
        if isinstance(prop, RelationshipProperty) and prop._configure_finished  # noqa: SLF001
    )
    return any(prop.mapper.class_ in classes or prop.secondary in tables for prop in relationships)


def _mapper(class_: type) -> Mapper[Any] | None:
    manager = vars(class_).get("_sa_class_manager")
    return vars(manager).get("mapper") if manager is not None else None


def _take_sequence(sequence: sa.Sequence) -> None:
    metadata = sequence.metadata
    if metadata is None:
        return
    owned = metadata._sequences  # noqa: SLF001
    for key in [key for key, value in owned.items() if value is sequence]:
        del owned[key]
    getattr(metadata, "_objects", set()).discard(sequence)


def _take_class(class_: type) -> None:
    manager = vars(class_).get("_sa_class_manager")
    registry = getattr(manager, "registry", None)
    if registry is not None:
        registry._dispose_cls(class_)  # noqa: SLF001
        registry._managers.pop(manager, None)  # noqa: SLF001


def _put_class(class_: type) -> None:
    manager = vars(class_).get("_sa_class_manager")
    registry = getattr(manager, "registry", None)
    if registry is not None:
        _add_to_registry(class_.__name__, class_, registry._class_registry)  # noqa: SLF001
        # Not _add_manager: it refuses a class that has a mapper, as this one still does.
        registry._managers[manager] = True  # noqa: SLF001


def _put_table(table: sa.Table) -> None:
    metadata = table.metadata
    metadata._add_table(table.name, table.schema, table)  # noqa: SLF001
    for foreign_key in table.foreign_keys:
        _, table_key, column = foreign_key._resolve_col_tokens()  # noqa: SLF001
        metadata._fk_memos[(table_key, column)].append(foreign_key)  # noqa: SLF001


def _disinherit(mapper: Mapper[Any]) -> None:
    """Take a mapper out of the family of the class it inherits from."""
    parents = [parent for parent in mapper.iterate_to_root() if parent is not mapper]
    for parent in parents:
        for identity in [k for k, v in parent.polymorphic_map.items() if v is mapper]:
            del parent.polymorphic_map[identity]
        heirs: Any = parent._inheriting_mappers  # noqa: SLF001
        heirs._storage = [ref for ref in heirs._storage if ref() not in (mapper, None)]  # noqa: SLF001
        parent._expire_memoizations()  # noqa: SLF001
