"""A snapshot with a function under another name, and everything that calls it."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from nbmigrate.diff.rewording import requalified, reword_calls, spell
from nbmigrate.diff.rewrite import each, map_texts, rekey, retype
from nbmigrate.diff.rewrite_definitions import reword_attached, reword_definitions
from nbmigrate.diff.texts import type_names
from nbmigrate.model import Column, Function, RangeType, Snapshot, Table, View
from nbmigrate.model.names import key
from nbmigrate.operations import Id

_replace = msgspec.structs.replace


#: The start of a definition, up to the parenthesis behind the name.
_HEAD = re.compile(
    r"""\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE|AGGREGATE)\s+
    (?P<schema>(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)\s*\.\s*)?
    (?P<name>"(?:[^"]|"")*"|[^\W\d][\w$]*)(?=\s*\()""",
    re.VERBOSE | re.IGNORECASE,
)


def renamed_function(function: Function, new: Id) -> Function:
    """The function under another schema and plain name; its body says what it said."""
    definition = function.definition
    if found := _HEAD.match(definition):
        start = found.start("schema" if found["schema"] else "name")
        name = f"{spell(new[0], found['schema'] or '')}.{spell(new[1], found['name'])}"
        definition = definition[:start] + name + definition[found.end() :]
    return _replace(function, schema=new[0], name=new[1], definition=definition)


def move_function(snapshot: Snapshot, old: Function, new: Function) -> Snapshot:
    """The snapshot with a function under another schema or name.

    What is parsed calls it by its new name then; where several have the old one, words do not
    tell which of them is called.
    """
    functions = rekey(snapshot.functions, key(*old.id), key(*new.id), lambda _: new)
    snapshot = _replace(snapshot, functions=functions)
    snapshot = _requalified(snapshot, old, new)
    has_twins = any(other.name == old.name for other in functions.values())
    if old.name == new.name or has_twins:
        return snapshot

    return _recalled(snapshot, lambda text: reword_calls(text, old.name, new.name))


def _requalified(snapshot: Snapshot, old: Function, new: Function) -> Snapshot:
    """Operators, classes and casts name their functions with the schema, and without a call."""
    start, end = (old.schema, old.name), (new.schema, new.name)
    if any((f.schema, f.name) == start for f in snapshot.functions.values()):
        return snapshot
    definitions = (
        _replace(found, definition=requalified(found.definition, start, end))
        for found in snapshot.definitions.values()
    )
    return _replace(snapshot, definitions={key(*found.id): found for found in definitions})


def move_range(snapshot: Snapshot, old: RangeType, new: RangeType) -> Snapshot:
    """The snapshot, in which a range has its new name already, with what comes with it.

    That is the functions by which the range and its multirange are made, and columns of the latter.
    """
    names = tuple(zip(type_names(old), type_names(new), strict=True))

    def reword(text: str) -> str:
        for before, after in names:
            text = reword_calls(text, before, after) if before != after else text
        return text

    before, after = ((item.schema, names[1][n]) for n, item in enumerate((old, new)))
    tables = each(snapshot.tables, lambda t: retype(t, before, after))
    return _recalled(_replace(snapshot, tables=tables), reword)


def _recalled(snapshot: Snapshot, reword: Callable[[str], str]) -> Snapshot:
    snapshot = reword_definitions(snapshot, reword)
    tables = each(snapshot.tables, lambda t: map_texts(_redefault(t, reword), reword))
    return _replace(
        snapshot, tables=tables, views=each(snapshot.views, lambda v: _requery(v, reword))
    )


def _redefault(table: Table, reword: Callable[[str], str]) -> Table:
    def change(column: Column) -> Column:
        is_text = isinstance(column.default, str)
        return _replace(column, default=reword(str(column.default))) if is_text else column

    return _replace(table, columns=each(table.columns, change))


def _requery(view: View, reword: Callable[[str], str]) -> View:
    definition = view.definition and reword(view.definition)
    return reword_attached(_replace(view, definition=definition), reword)
