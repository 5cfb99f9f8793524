"""``WITH`` options: ``reloptions`` are texts, a snapshot has numbers and truth values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbmigrate.model.objects import VIEW_SWITCHES
from nbmigrate.postgresql.literals import boolean

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What PostgreSQL notes of a column by itself (15.20), and nobody can set.
_NOTED = "pg_attver"

Option = str | int | float | bool


def typed_options(options: Sequence[str]) -> dict[str, Option]:
    """The options of an index or table: ``["fillfactor=70"]`` -> ``{"fillfactor": 70}``."""
    if not options:
        return {}
    pairs = (option.partition("=") for option in options)
    return {name: typed(value) for name, _, value in pairs if name != _NOTED}


def typed(value: str) -> Option:
    """A number or truth value where the text is one."""
    if re.fullmatch(r"-?\d{1,15}", value):
        return int(value)
    if re.fullmatch(r"-?\d{1,15}\.\d{1,15}", value):
        return float(value)
    return {"true": True, "false": False}.get(value, value)


def camel_options(options: Sequence[str]) -> dict[str, Option]:
    """The options of a view under drizzle-kit's names; those of the TOAST table are left out."""
    found: dict[str, Option] = {}
    for camel, value in _camel(options).items():
        truth = boolean(value) if camel in VIEW_SWITCHES else None
        found[camel] = typed(value) if truth is None else truth
    return found


def option_words(options: Sequence[str]) -> dict[str, str]:
    """The words of truth values among the options of a view that are not true and false."""
    usual = ("true", "false")
    return {
        name: value
        for name, value in _camel(options).items()
        if name in VIEW_SWITCHES and value not in usual and boolean(value) is not None
    }


def _camel(options: Sequence[str]) -> dict[str, str]:
    pairs = (option.partition("=") for option in options)
    return {
        re.sub(r"_([a-z])", lambda match: match[1].upper(), name): value
        for name, _, value in pairs
        if "." not in name
    }
