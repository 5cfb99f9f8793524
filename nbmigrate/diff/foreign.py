"""What ALTER can change of foreign servers, foreign tables and publications, told from their texts.

PostgreSQL 18 docs, ALTER SERVER, ALTER FOREIGN TABLE and ALTER PUBLICATION. A foreign table has no rows of
its own: whatever is not read here makes it anew, and what stands on it with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nbmigrate.diff.partitions import ancestors
from nbmigrate.diff.pieces import NAME, STRING, TOKEN, pieces
from nbmigrate.model import Snapshot, Table

_OPTIONS = re.compile(
    rf"^(?P<head>.*?)\s*\bOPTIONS\s*\((?P<inside>(?:\s*{NAME}\s+{STRING}\s*,?)*)\)(?P<tail>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_OPTION = re.compile(rf"({NAME})\s+({STRING})")
_VERSION = re.compile(rf"\s+VERSION\s+({STRING})", re.IGNORECASE)
_WITH = re.compile(r"^(?P<head>.*)\s+WITH\s+\((?P<options>[^()]*)\)$", re.IGNORECASE | re.DOTALL)
_PUBLISHED = re.compile(
    rf"^CREATE\s+PUBLICATION\s+{NAME}(?:\s+FOR\s+(?P<what>.*))?$", re.IGNORECASE | re.DOTALL
)
_ITEMS = re.compile(
    rf"^(?P<head>CREATE\s+PUBLICATION\s+{NAME}\s+FOR\s+TABLE\s+)(?P<items>.*)$",
    re.IGNORECASE | re.DOTALL,
)
#: A table of a publication as the server shows it; its columns and condition follow.
_ITEM = re.compile(rf"^(?:TABLE\s+)?ONLY\s+(?P<schema>{NAME})\.(?P<name>{NAME})", re.IGNORECASE)
_TRIGGER = re.compile(rf"^CREATE\s+(?:CONSTRAINT\s+)?TRIGGER\s+(?P<name>{NAME})\s", re.IGNORECASE)
_COMMENT = re.compile(
    rf"^(?P<on>COMMENT\s+ON\s+COLUMN\s.*)\s+IS\s+{STRING}$", re.IGNORECASE | re.DOTALL
)
#: As the server shows a foreign table that is a partition.
_ATTACHED = re.compile(
    rf"^ALTER TABLE ONLY (?P<schema>{NAME})\.(?P<name>{NAME}) ATTACH PARTITION ", re.MULTILINE
)


class _Optioned(NamedTuple):
    """A text, and the options in it."""

    rest: str
    options: Mapping[str, str]


class _Foreign(NamedTuple):
    """The parts of CREATE FOREIGN TABLE; ``more`` are the statements behind it."""

    head: str
    columns: Sequence[str]
    checks: Sequence[str]
    tail: _Optioned
    more: Sequence[str]


def partly_foreign(snapshot: Snapshot) -> frozenset[tuple[str, str]]:
    """The partitioned tables with a foreign partition, at any distance.

    The rows of that are on another server: they are neither kept nor brought back.
    """
    found: set[tuple[str, str]] = set()
    for defined in snapshot.definitions.values():
        if defined.kind == "foreign table" and (parent := _ATTACHED.search(defined.definition)):
            id_ = (_plain(parent["schema"]), _plain(parent["name"]))
            found |= {id_, *ancestors(id_, snapshot)}
    return frozenset(found)


def local_partitions(snapshot: Snapshot, parent: Table) -> Iterator[Table]:
    """The partitions of a table at any distance, but for foreign ones."""
    return (t for t in snapshot.tables.values() if parent.id in ancestors(t.id, snapshot))


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def altered_server(old: str, new: str) -> list[str] | None:
    """The actions of ALTER SERVER or ALTER FOREIGN DATA WRAPPER; ``None`` where it must be made anew."""
    before, after = _optioned(old), _optioned(new)
    versions = [_VERSION.search(text.rest) for text in (before, after)]
    if _VERSION.sub("", before.rest) != _VERSION.sub("", after.rest):
        return None
    if versions[0] and not versions[1]:
        return None
    is_other = versions[1] and (not versions[0] or versions[0][1] != versions[1][1])
    said = [f"VERSION {versions[1][1]}"] if is_other and versions[1] else []
    return [" ".join((*said, *_changed_options(before, after)))]


def altered_publication(old: str, new: str) -> list[str] | None:
    """The actions of ALTER PUBLICATION; ``None`` where it must be made anew."""
    before, after = _WITH.match(old), _WITH.match(new)
    if not before or not after:
        return None
    was, is_ = (_PUBLISHED.match(found["head"]) for found in (before, after))
    if not was or not is_:
        return None
    actions = []
    if was["what"] != is_["what"]:
        if any(_is_all(found["what"]) for found in (was, is_)):
            return None
        actions.append(f"SET {is_['what']}")
    if before["options"] != after["options"]:
        names = [text.partition(" = ")[0] for text in before["options"].split(", publish_")]
        said = after["options"]
        if any(name.removeprefix("publish_") not in said for name in names):
            return None
        actions.append(f"SET ({said})")
    return actions


def published_anew(definition: str, table: tuple[str, str], reword: Callable[[str], str]) -> str:
    """The publication, what it says of one table reworded: its columns and its condition."""
    whole = _WITH.match(definition)
    head = whole["head"] if whole else definition
    named = _ITEMS.match(head)
    if not named:
        return definition
    items = [_reworded(item, table, reword) for item in pieces(named["items"], ",")]
    return f"{named['head']}{', '.join(items)}{definition[len(head) :]}"


def _reworded(item: str, table: tuple[str, str], reword: Callable[[str], str]) -> str:
    found = _ITEM.match(item)
    if not found or (_plain(found["schema"]), _plain(found["name"])) != table:
        return item
    return item[: found.end()] + reword(item[found.end() :])


def _is_all(what: str | None) -> bool:
    return what is None or what.upper().startswith("ALL ")


def altered_table(old: str, new: str) -> list[str] | None:
    """The statements behind ``ALTER FOREIGN TABLE name``, whole ones begin with another word.

    ``None`` where it must be made anew: where a column goes or has another type, views are in the way.
    """
    before, after = _foreign(old), _foreign(new)
    if before is None or after is None:
        return None
    if (before.head, before.tail.rest) != (after.head, after.tail.rest):
        return None
    columns = _altered_columns(before.columns, after.columns)
    more = _altered_more(before.more, after.more)
    if columns is None or more is None:
        return None
    actions = [f"DROP CONSTRAINT {_first(c, 2)}" for c in before.checks if c not in after.checks]
    actions += columns
    actions += [f"ADD {check}" for check in after.checks if check not in before.checks]
    actions += _changed_options(before.tail, after.tail)
    is_part = any(text.upper().startswith("ALTER TABLE ONLY") for text in before.more)
    is_heir = "INHERITS" in before.tail.rest.upper()
    if (is_part or is_heir) and (before.columns, before.checks) != (after.columns, after.checks):
        return None
    return [*actions, *more]


def _altered_columns(old: Sequence[str], new: Sequence[str]) -> list[str] | None:
    """Options that change, and columns that come behind the others."""
    actions: list[str] = []
    if len(new) < len(old):
        return None
    for was, is_ in zip(old, new, strict=False):
        before, after = _optioned(was), _optioned(is_)
        if before.rest != after.rest:
            return None
        name = _first(is_, 1)
        actions += [f"ALTER COLUMN {name} {said}" for said in _changed_options(before, after)]
    return actions + [f"ADD COLUMN {column}" for column in new[len(old) :]]


def _altered_more(old: Sequence[str], new: Sequence[str]) -> list[str] | None:
    """Triggers and comments that come and go; ``DROP TRIGGER x`` is still without its table."""
    gone, come = ([t for t in a if t not in b] for a, b in ((old, new), (new, old)))
    statements = []
    for text in gone:
        trigger, comment = _TRIGGER.match(text), _COMMENT.match(text)
        if trigger:
            statements.append(f"DROP TRIGGER {trigger['name']}")
        elif comment:
            statements.append(f"{comment['on']} IS NULL")
        else:
            return None
    if any(not _TRIGGER.match(text) and not _COMMENT.match(text) for text in come):
        return None
    return statements + come


def _first(item: str, number: int) -> str:
    """The word or quoted name at that place of an item."""
    words = [token for token in TOKEN.findall(item) if not token.isspace()]
    return str(words[number - 1])


def _optioned(text: str) -> _Optioned:
    found = _OPTIONS.match(text)
    if not found:
        return _Optioned(text.strip(), {})
    rest = f"{found['head'].strip()} {found['tail'].strip()}".strip()
    return _Optioned(rest, dict(_OPTION.findall(found["inside"])))


def _changed_options(old: _Optioned, new: _Optioned) -> Iterator[str]:
    """``OPTIONS (ADD a 'b', SET ..., DROP ...)``, if anything differs."""
    before, after = old.options, new.options
    said = [f"DROP {name}" for name in before if name not in after]
    said += [
        f"{'SET' if name in before else 'ADD'} {name} {value}"
        for name, value in after.items()
        if before.get(name) != value
    ]
    if said:
        yield f"OPTIONS ({', '.join(said)})"


def _foreign(definition: str) -> _Foreign | None:
    """The parts of the text that the server shows; what was typed may be read or not."""
    first, *more = pieces(definition, ";")
    tokens = TOKEN.findall(first)
    start = tokens.index("(") if "(" in tokens else len(tokens)
    depth = 0
    for end in range(start, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[end], 0)
        if depth == 0:
            inside = pieces("".join(tokens[start + 1 : end]), ",")
            is_check = [item.upper().startswith("CONSTRAINT ") for item in inside]
            return _Foreign(
                "".join(tokens[:start]).strip(),
                [item for item, is_ in zip(inside, is_check, strict=True) if item and not is_],
                [item for item, is_ in zip(inside, is_check, strict=True) if is_],
                _optioned("".join(tokens[end + 1 :])),
                more,
            )
    return None
