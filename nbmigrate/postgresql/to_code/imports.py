"""Where a module finds the names that a schema cell has without importing them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_WORDS = {
    "sqlalchemy": """
        ARRAY BigInteger Boolean CHAR CheckConstraint Column Computed Date DateTime Double Enum
        ForeignKey ForeignKeyConstraint Identity Index Integer Interval LargeBinary Numeric
        PrimaryKeyConstraint REAL Sequence SmallInteger String Table Text Time UniqueConstraint
        Uuid literal_column text
    """,
    "sqlalchemy.orm": "DeclarativeBase Mapped mapped_column relationship",
    "sqlalchemy.dialects.postgresql": """
        BIT CIDR CITEXT DATERANGE DOMAIN ExcludeConstraint HSTORE INET INT4RANGE INT8RANGE INTERVAL JSON JSONB
        MACADDR MACADDR8 MONEY NUMRANGE OID REGCLASS Range TIME TIMESTAMP TSQUERY TSRANGE
        TSTZRANGE TSVECTOR
    """,
    "nbmigrate.schema": """
        Aggregate Comment CompositeType Definition Domain Extension Function Grant MaterializedView OwnedSequence
        Partition Policy Procedure RangeType Role Rule Schema Statistics Trigger UnloggedSequence View row_security
    """,
    "typing": "Any Optional",
    "datetime": "date datetime time timedelta",
    "decimal": "Decimal",
}
_FROM = {word: module for module, words in _WORDS.items() for word in words.split()}
_MODULES = ("enum", "uuid")
_STANDARD = ("datetime", "decimal", "typing")

#: Every name that an import can bring.
IMPORTABLE = frozenset((*_FROM, *_MODULES, "sa"))


class Names(NamedTuple):
    """What code reads or binds outside of its strings, and the classes and variables of its module."""

    used: frozenset[str]
    bound: frozenset[str]


def names_of(*pieces: str) -> Names:
    """The names in pieces of one module."""
    trees = [ast.parse(piece) for piece in pieces]
    used = {n.id for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Name)}
    body = [node for tree in trees for node in tree.body]
    classes = (node.name for node in body if isinstance(node, ast.ClassDef))
    targets = (t for node in body if isinstance(node, ast.Assign) for t in node.targets)
    bound = {*classes, *(t.id for t in targets if isinstance(t, ast.Name))}
    return Names(frozenset(used), frozenset(bound))


@lru_cache(maxsize=1 << 12)
def names_of_type(code: str) -> frozenset[str]:
    """The names that one of the few texts uses which all columns of a type have."""
    return names_of(code).used


def import_lines(names: Iterable[str]) -> list[str]:
    """The imports that bring the names, Python's own first."""
    wanted = set(names)
    standard = [f"import {module}" for module in _MODULES if module in wanted]
    standard += [_from(module, wanted) for module in sorted(_STANDARD)]
    others = ["import sqlalchemy as sa"] if "sa" in wanted else []
    others += [_from(module, wanted) for module in sorted(set(_WORDS) - set(_STANDARD))]
    groups = ([line for line in lines if line] for lines in (standard, others))
    return "\n\n".join("\n".join(lines) for lines in groups if lines).split("\n")


def _from(module: str, wanted: set[str]) -> str:
    found = sorted(word for word in wanted if _FROM.get(word) == module)
    line = f"from {module} import {', '.join(found)}"
    if len(line) > 100:
        body = "".join(f"    {word},\n" for word in found)
        line = f"from {module} import (\n{body})"
    return line if found else ""
