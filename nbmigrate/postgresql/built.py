"""What PostgreSQL has made of a table's texts, where the table was built from them.

A text that was just run need not be run again to see what it becomes: it is read where it went.
Everything else of the table stays as it was said, so that a difference is still seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from nbmigrate.model import Column, Index, Table
from nbmigrate.model.tables import Value

_replace = msgspec.structs.replace
T = TypeVar("T", bound=Value)


def with_texts(said: Table, built: Table) -> Table:
    """The table as it was said, its expressions as they are in the one that was built from it."""
    partition = said.partition_of
    if partition and built.partition_of:
        partition = _replace(partition, bound=built.partition_of.bound)
    return _replace(
        said,
        columns={n: _column(c, built.columns.get(n)) for n, c in said.columns.items()},
        indexes={n: _index(i, built.indexes.get(n)) for n, i in said.indexes.items()},
        check_constraints=_each(said.check_constraints, built.check_constraints, "value"),
        exclusions=_each(said.exclusions, built.exclusions, "definition"),
        statistics=_each(said.statistics, built.statistics, "definition"),
        triggers=_each(said.triggers, built.triggers, "definition"),
        rules=_each(said.rules, built.rules, "definition"),
        policies=_each(said.policies, built.policies, "using", "with_check"),
        partition_key=_text(said.partition_key, built.partition_key),
        partition_of=partition,
    )


def _text(said: Any, built: Any) -> Any:  # noqa: ANN401 - a text, or a default that is none
    """What is there, where both say something."""
    return said if said is None or built is None else built


def _each(said: Mapping[str, T], built: Mapping[str, T], *fields: str) -> dict[str, T]:
    return {name: _with(item, built.get(name), *fields) for name, item in said.items()}


def _with(said: T, built: T | None, *fields: str) -> T:
    if built is None:
        return said
    return _replace(
        said, **{field: _text(getattr(said, field), getattr(built, field)) for field in fields}
    )


def _column(said: Column, built: Column | None) -> Column:
    if built is None:
        return said
    generated = said.generated
    if generated and built.generated:
        generated = _replace(generated, expression=built.generated.expression)
    return _replace(said, default=_text(said.default, built.default), generated=generated)


def _index(said: Index, built: Index | None) -> Index:
    if built is None or len(said.columns) != len(built.columns):
        return said
    columns = tuple(
        _replace(one, expression=other.expression)
        if one.is_expression and other.is_expression
        else one
        for one, other in zip(said.columns, built.columns, strict=True)
    )
    return _replace(said, columns=columns, where=_text(said.where, built.where))
