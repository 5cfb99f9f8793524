"""Which dropped object a new one may really be: candidates with evidence, never a decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher
from itertools import chain
from typing import Any, NamedTuple

from nbmigrate.diff.columns import base_type
from nbmigrate.diff.rewrite_functions import renamed_function
from nbmigrate.model import (
    Column,
    CompositeType,
    Domain,
    Enum,
    Function,
    RangeType,
    Snapshot,
    Table,
    View,
    format_path,
)
from nbmigrate.model.names import PUBLIC
from nbmigrate.model.objects import Sequence
from nbmigrate.operations import UserType

#: Below this likeness of two names, objects that share nothing else are not asked about.
NAME_LIKENESS = 0.6
#: Two tables with fewer than half of their columns in common are two tables.
SHARED_COLUMNS = 0.5

Path = tuple[str, ...]


class Candidate(NamedTuple):
    """A pair that could be a rename, best first, and what speaks for it."""

    kind: str
    old: Path
    new: Path
    evidence: tuple[str, ...]
    score: float


def find_candidates(
    old: Snapshot, new: Snapshot, dropped: AbstractSet[Path]
) -> Iterator[Candidate]:
    """Candidates among what only one side has; ``dropped`` paths were said to be no rename."""
    schemas = list(_pair("schema", _schemas(old, new), _judge_schema, dropped))
    yield from schemas
    moved = {(a, b) for _, (a,), (b,), _, _ in schemas}
    objects = chain(
        _pair("role", _singles(old.roles, new.roles), _judge_name, dropped),
        _pair("table", _objects(old.tables, new.tables), _judge_table, dropped),
        _pair("enum", _objects(old.enums, new.enums), _judge_enum, dropped),
        _pair("sequence", _objects(old.sequences, new.sequences), _judge_sequence, dropped),
        _pair("view", _objects(old.views, new.views), _judge_view, dropped),
        _pair("domain", _objects(old.domains, new.domains), _judge_domain, dropped),
        _pair("type", _objects(old.types, new.types), _judge_type, dropped),
        _pair("function", _functions(old, new), _judge_function, dropped),
    )
    # what may have gone along with its schema is asked about when that is answered
    yield from (c for c in objects if (c.old[0], c.new[0]) not in moved)
    for name, table in new.tables.items():
        before = old.tables.get(name)
        if before is not None and before.columns.keys() != table.columns.keys():
            sides = _parts(table.id, before.columns, table.columns)
            yield from _pair("column", sides, _judge_column, dropped)
    for name, enum in new.enums.items():
        if name in old.enums and old.enums[name].values != enum.values:
            yield from _labels(old.enums[name], enum, dropped)


def _functions(old: Snapshot, new: Snapshot) -> Sides:
    """Functions that only one side has, but those with twins, of which words do not tell one."""
    names = Counter(function.name for function in old.functions.values())
    gone, come = _objects(old.functions, new.functions)
    paths = [[(function.id, function) for _, function in side] for side in (gone, come)]
    return [(path, f) for path, f in paths[0] if names[f.name] == 1], paths[1]


Sides = tuple[list[tuple[Path, Any]], list[tuple[Path, Any]]]


def _singles(old: Any, new: Any) -> Sides:  # noqa: ANN401 - maps of several kinds
    return (
        [((name,), item) for name, item in old.items() if name not in new],
        [((name,), item) for name, item in new.items() if name not in old],
    )


def _schemas(old: Snapshot, new: Snapshot) -> Sides:
    """Schemas with the names of what is in them."""
    return (
        [((name,), _contents(old, name)) for name in old.schemas if name not in new.schemas],
        [((name,), _contents(new, name)) for name in new.schemas if name not in old.schemas],
    )


def _contents(snapshot: Snapshot, schema: str) -> frozenset[str]:
    types = (snapshot.enums, snapshot.domains, snapshot.types)
    families = (snapshot.tables, *types, snapshot.sequences, snapshot.views, snapshot.functions)
    return frozenset(
        item.name for family in families for item in family.values() if item.schema == schema
    )


def _objects(old: Any, new: Any) -> Sides:  # noqa: ANN401 - maps of several kinds
    def gone(here: Any, there: Any) -> list[tuple[Path, Any]]:  # noqa: ANN401
        return [
            ((item.schema or PUBLIC, item.name), item)
            for name, item in here.items()
            if name not in there
        ]

    return gone(old, new), gone(new, old)


def _parts(table: Path, old: Any, new: Any) -> Sides:  # noqa: ANN401 - maps of several kinds
    return (
        [((*table, name), item) for name, item in old.items() if name not in new],
        [((*table, name), item) for name, item in new.items() if name not in old],
    )


Judge = Callable[[Any, Any, float], tuple[float, list[str]]]


def _pair(kind: str, sides: Sides, judge: Judge, dropped: AbstractSet[Path]) -> Iterator[Candidate]:
    """Every plausible pair of a missing and a new object."""
    missing = [(path, item) for path, item in sides[0] if path not in dropped]
    if not missing or not sides[1]:
        return
    index = _Likely(missing, kind)
    for new_path, new_item in sides[1]:
        for old_path, old_item in index.near(new_path, new_item):
            likeness = _likeness(_name(old_path, old_item), _name(new_path, new_item))
            score, evidence = judge(old_item, new_item, likeness)
            if score > 0:
                yield Candidate(kind, old_path, new_path, tuple(evidence), score)


class _Likely:
    """The missing objects, so filed that 1,000 new tables do not meet 1,000 old ones."""

    LIMIT = 50

    def __init__(self, missing: list[tuple[Path, Any]], kind: str) -> None:
        self._missing = missing
        self._by_columns: dict[frozenset[str], list[tuple[Path, Any]]] = {}
        if kind == "table":
            for path, table in missing:
                self._by_columns.setdefault(frozenset(table.columns), []).append((path, table))

    def near(self, path: Path, item: Any) -> Iterable[tuple[Path, Any]]:  # noqa: ANN401
        """All of them when they are few, else those of the same name or the same columns."""
        if len(self._missing) <= self.LIMIT:
            return self._missing
        same_name = [pair for pair in self._missing if pair[0][-1] == path[-1]]
        columns = frozenset(getattr(item, "columns", ()))
        same_columns = self._by_columns.get(columns, []) if columns else []
        return [*same_name, *(pair for pair in same_columns[:5] if pair not in same_name)]


def _name(path: Path, item: object) -> str:
    """The name alone: the arguments of a function are no part of it."""
    return item.name if isinstance(item, Function) else path[-1]


def _likeness(old: str, new: str) -> float:
    return SequenceMatcher(None, old.lower(), new.lower()).ratio()


def _judge_name(_old: object, _new: object, likeness: float) -> tuple[float, list[str]]:
    return (likeness, ["similar name"]) if likeness >= NAME_LIKENESS else (0.0, [])


def _judge_schema(
    old: AbstractSet[str], new: AbstractSet[str], likeness: float
) -> tuple[float, list[str]]:
    shared = len(old & new) / max(len(old), len(new), 1)
    if likeness < NAME_LIKENESS and shared < SHARED_COLUMNS:
        return 0.0, []
    return shared + likeness, [f"{len(old & new)} of {len(new)} objects have the same name"]


def _judge_table(old: Table, new: Table, likeness: float) -> tuple[float, list[str]]:
    shared = old.columns.keys() & new.columns.keys()
    share = len(shared) / max(len(old.columns), len(new.columns), 1)
    if likeness < NAME_LIKENESS and share < SHARED_COLUMNS:
        return 0.0, []
    evidence = [f"{len(shared)} of {len(new.columns)} columns are the same"]
    return share + likeness, evidence + (["same name"] if likeness == 1 else [])


def _judge_column(old: Column, new: Column, likeness: float) -> tuple[float, list[str]]:
    same = (base_type(old), old.type_schema) == (base_type(new), new.type_schema)
    if not same and likeness < NAME_LIKENESS:
        return 0.0, []
    return same + likeness, [f"both {new.type}" if same else f"{old.type}, now {new.type}"]


def _judge_enum(old: Enum, new: Enum, likeness: float) -> tuple[float, list[str]]:
    shared = len(set(old.values) & set(new.values)) / max(len(old.values), len(new.values), 1)
    if likeness < NAME_LIKENESS and shared < SHARED_COLUMNS:
        return 0.0, []
    return shared + likeness, [f"{shared:.0%} of the labels are the same"]


def _judge_sequence(old: Sequence, new: Sequence, likeness: float) -> tuple[float, list[str]]:
    same = (old.increment, old.start_with) == (new.increment, new.start_with)
    return (
        (likeness, ["same increment and start"]) if same or likeness >= NAME_LIKENESS else (0, [])
    )


def _judge_view(old: View, new: View, likeness: float) -> tuple[float, list[str]]:
    same = old.definition == new.definition
    if old.materialized != new.materialized or not (same or likeness >= NAME_LIKENESS):
        return 0.0, []
    return same + likeness, ["same definition"] if same else ["similar name"]


def _judge_domain(old: Domain, new: Domain, likeness: float) -> tuple[float, list[str]]:
    same = (old.type, old.collation) == (new.type, new.collation)
    checks = {c.value for c in old.checks.values()} == {c.value for c in new.checks.values()}
    is_same = same and checks and (old.not_null, old.default) == (new.not_null, new.default)
    if not is_same and (not same or likeness < NAME_LIKENESS):
        return 0.0, []
    told = "same type and conditions" if is_same else f"both {new.type}"
    return is_same + likeness, [told]


def _judge_type(old: UserType, new: UserType, likeness: float) -> tuple[float, list[str]]:
    match old, new:
        case CompositeType(), CompositeType():
            shared = set(old.attributes) & set(new.attributes)
            share = len(shared) / max(len(old.attributes), len(new.attributes), 1)
            if likeness < NAME_LIKENESS and share < SHARED_COLUMNS:
                return 0.0, []
            count = f"{len(shared)} of {len(new.attributes)} attributes are the same"
            return share + likeness, [count]
        case RangeType(), RangeType() if old.subtype == new.subtype:
            return 1 + likeness, [f"both ranges of {new.subtype}"]
        case _:
            return 0.0, []


def _judge_function(old: Function, new: Function, likeness: float) -> tuple[float, list[str]]:
    """The arguments of a renamed function are the same, and one body tells more than a name."""
    if (old.kind, old.arguments) != (new.kind, new.arguments):
        return 0.0, []
    same = renamed_function(old, (new.schema, new.name)).definition == _spelled(new)
    if not same and (old.returns != new.returns or likeness < NAME_LIKENESS):
        return 0.0, []
    return same + likeness, ["same definition" if same else "same arguments, similar name"]


def _spelled(function: Function) -> str:
    """The definition with its name as it is written when it was given one."""
    return renamed_function(function, (function.schema, function.name)).definition


def _labels(old: Enum, new: Enum, dropped: AbstractSet[Path]) -> Iterator[Candidate]:
    """Labels that went and labels that came in one enum: in the same place, or of like names."""
    gone = [v for v in old.values if v not in new.values and (*old.id, v) not in dropped]
    for label in (v for v in new.values if v not in old.values):
        for before in gone:
            same_place = old.values.index(before) == new.values.index(label)
            likeness = _likeness(before, label)
            if same_place or likeness >= NAME_LIKENESS:
                evidence = ("same place in the enum",) if same_place else ("similar name",)
                yield Candidate(
                    "enum value", (*old.id, before), (*new.id, label), evidence, likeness
                )


def describe(candidate: Candidate) -> str:
    """One line: the old path and the evidence."""
    return f"{format_path(*candidate.old)} ({', '.join(candidate.evidence)})"
