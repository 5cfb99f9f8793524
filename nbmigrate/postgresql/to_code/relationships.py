"""Relationships: both ways of every foreign key that leaves no doubt.

In doubt are several foreign keys between two tables and foreign keys that share columns; one with
PERIOD is none, as SQLAlchemy would join where the ranges are equal.
Nothing here puts a name of the database into a string that SQLAlchemy would evaluate:
other tables are named by the classes of this code, ``secondary`` by a variable of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from nbmigrate.model import ForeignKey, Table, key
from nbmigrate.postgresql.to_code.names import plural, singular, snake


class Relationship(NamedTuple):
    """One attribute: in which table, what it is called, and to which table it leads.

    ``back`` is the table and name of the attribute for the other way; ``remote`` the columns
    on the other side of a table that refers to itself; ``through`` an association table.
    """

    table: str
    wanted: str
    target: str
    many: bool
    optional: bool
    remote: tuple[str, ...] = ()
    through: str = ""


Pair = tuple[Relationship, Relationship]


def relationship_pairs(
    keys: Mapping[str, list[ForeignKey]],
    tables: Mapping[str, Table],
    classes: Collection[str],
    associations: Collection[str],
) -> Iterator[Pair]:
    """The relationships of the classes; ``keys`` are the foreign keys of every table."""
    ends = _ends(keys, classes)
    for name in classes:
        columns = list(tables[name].columns)
        for foreign_key in sorted(keys[name], key=lambda k: columns.index(k.columns_from[0])):
            target = key(*foreign_key.target)
            pair = frozenset((name, target))
            is_clear = ends[pair] == 1 and not _shares(foreign_key, keys[name])
            is_clear = is_clear and not foreign_key.period
            if target in classes and is_clear and not _is_itself(name, foreign_key):
                yield _direct(name, target, foreign_key, tables)
    yield from _through(keys, tables, classes, associations)


def _ends(
    keys: Mapping[str, list[ForeignKey]], classes: Collection[str]
) -> dict[frozenset[str], int]:
    """How many foreign keys there are between two tables."""
    found: dict[frozenset[str], int] = {}
    for name in classes:
        for foreign_key in keys[name]:
            pair = frozenset((name, key(*foreign_key.target)))
            found[pair] = found.get(pair, 0) + 1
    return found


def _shares(foreign_key: ForeignKey, others: list[ForeignKey]) -> bool:
    mine = set(foreign_key.columns_from)
    return any(mine & set(k.columns_from) for k in others if k is not foreign_key)


def _is_itself(name: str, foreign_key: ForeignKey) -> bool:
    """Whether each row may only refer to itself, which is no relationship."""
    return name == key(*foreign_key.target) and foreign_key.columns_from == foreign_key.columns_to


def _direct(name: str, target: str, foreign_key: ForeignKey, tables: Mapping[str, Table]) -> Pair:
    table = tables[name]
    columns = foreign_key.columns_from
    optional = not all(_is_required(table, column) for column in columns)
    alone = _is_unique(table, columns)
    is_self = name == target
    one = _one_name(columns, tables[target].name)
    back = snake(table.name)
    if is_self:
        back = f"{one}_of" if alone else "children" if one == "parent" else f"{one}_{plural(back)}"
    else:
        back = singular(back) if alone else plural(back)
    remote = foreign_key.columns_to if is_self else ()
    return (
        Relationship(name, one, target, many=False, optional=optional, remote=remote),
        Relationship(target, back, name, many=not alone, optional=alone),
    )


def _is_required(table: Table, column: str) -> bool:
    return table.columns[column].not_null or column in table.primary_key_columns


def _is_unique(table: Table, columns: tuple[str, ...]) -> bool:
    mine = set(columns)
    if set(table.primary_key_columns) == mine:
        return True
    return any(set(unique.columns) == mine for unique in table.unique_constraints.values())


def _one_name(columns: tuple[str, ...], target: str) -> str:
    """``author`` for ``author_id``; else after the table that is referred to."""
    found = re.fullmatch(r"(.+?)_?(?:id|ID|Id|uuid|key)", columns[0]) if len(columns) == 1 else None
    return snake(found[1]) if found else singular(snake(target))


def _through(
    keys: Mapping[str, list[ForeignKey]],
    tables: Mapping[str, Table],
    classes: Collection[str],
    associations: Collection[str],
) -> Iterator[Pair]:
    """Many to many, where one association table alone connects two classes."""
    links: dict[frozenset[str], list[str]] = {}
    for name in associations:
        if any(foreign_key.period for foreign_key in keys[name]):
            continue
        ends = frozenset(key(*foreign_key.target) for foreign_key in keys[name])
        links.setdefault(ends, []).append(name)
    for ends, names in links.items():
        if len(ends) == 2 and len(names) == 1 and ends <= set(classes):
            first, second = (key(*foreign_key.target) for foreign_key in keys[names[0]])
            yield _many(first, second, names[0], tables), _many(second, first, names[0], tables)


def _many(name: str, target: str, through: str, tables: Mapping[str, Table]) -> Relationship:
    wanted = plural(snake(tables[target].name))
    return Relationship(name, wanted, target, many=True, optional=False, through=through)
