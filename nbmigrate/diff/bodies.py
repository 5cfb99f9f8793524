"""Which bodies of functions PostgreSQL cannot check while they are created.

It reads the quoted body of a new function right away (``check_function_bodies``), with what is
there by then and with the search path of the session, which is not the one of the callers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from nbmigrate import operations as o
from nbmigrate.diff.match import NameIndex
from nbmigrate.diff.texts import needs, provides
from nbmigrate.model.names import PUBLIC

_MADE = ("function", "new", "table", "view", "enum", "domain", "type", "sequence")
_BEHIND_DOT = re.compile(r'\.\s*(?:\w+|"(?:[^"]|"")*")')


def is_unchecked(operations: Sequence[o.Operation]) -> bool:
    """True when a body speaks of what comes later, or of another schema without naming it."""
    makers: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, op in enumerate(operations):
        for name in provides(op):
            makers[name].append((number, _schema(op)))
    index = NameIndex(makers)
    return any(
        _speaks_ahead(number, op, makers, index) or _speaks_elsewhere(op, makers, index)
        for number, op in enumerate(operations)
        if isinstance(op, o.CreateFunction | o.ReplaceFunction)
    )


Makers = defaultdict[str, list[tuple[int, str]]]


def _speaks_ahead(number: int, op: o.Operation, makers: Makers, index: NameIndex) -> bool:
    return any(maker > number for maker, _ in _spoken_of(needs(op).soft, makers, index))


def _speaks_elsewhere(op: o.Operation, makers: Makers, index: NameIndex) -> bool:
    """A bare name may be found through another search path only."""
    bare = _BEHIND_DOT.sub("", needs(op).soft)
    return any(schema != PUBLIC for _, schema in _spoken_of(bare, makers, index))


def _spoken_of(text: str, makers: Makers, index: NameIndex) -> Iterable[tuple[int, str]]:
    return (maker for name in index.find(text) for maker in makers[name])


def _schema(op: o.Operation) -> str:
    made = next((value for field in _MADE if (value := getattr(op, field, None))), None)
    return getattr(made, "schema", None) or PUBLIC
