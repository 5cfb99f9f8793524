"""What stands in a definition, as far as ALTER can change it: options, and mappings of words.

PostgreSQL 18 docs, ALTER TEXT SEARCH DICTIONARY, ALTER TEXT SEARCH CONFIGURATION and ALTER OPERATOR. A text that
is not read here is not altered: the object is made again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbmigrate.diff.pieces import NAME, inside, pieces

_OPTION = re.compile(rf"({NAME})\s*=\s*((?:'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[^,'\"])+)")
#: Options of an operator that name functions which estimate.
ESTIMATES = ("restrict", "join")
_ESTIMATE = re.compile(r",\s*(?:RESTRICT|JOIN)\s*=\s*[^,)]+", re.IGNORECASE)
_MAPPING = re.compile(
    r"\s*ALTER\s+TEXT\s+SEARCH\s+CONFIGURATION\s+\S.*?\s+ADD\s+MAPPING\s+FOR\s+"
    r"(?P<words>[\w\s,]+?)\s+WITH\s+(?P<dictionaries>\S.*?)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)


def options(definition: str) -> dict[str, str]:
    """The options between the parentheses of a CREATE statement; names in lower case."""
    found = _OPTION.findall(inside(definition))
    return {name.lower(): value.strip() for name, value in found}


def can_alter_operator(old: str, new: str) -> bool:
    """True when nothing differs but the functions that estimate (PostgreSQL 18 docs, ALTER OPERATOR)."""
    return _ESTIMATE.sub("", old) == _ESTIMATE.sub("", new)


def last_name(path: str) -> str:
    """The name behind the schema, without quotes."""
    return path.rpartition(".")[2].strip().strip('"')


def mappings(definition: str) -> Mapping[str, str] | None:
    """By kind of word, its dictionaries; ``None`` where something else stands there."""
    found: dict[str, str] = {}
    for statement in pieces(definition, ";")[1:]:
        read = _MAPPING.fullmatch(statement)
        if read is None:
            return None
        found |= {word.strip(): read["dictionaries"] for word in read["words"].split(",")}
    return found


def can_alter_dictionary(old: str, new: str) -> bool:
    """True when both are of one template."""
    before, after = options(old).get("template"), options(new).get("template")
    return bool(before and after) and last_name(before or "") == last_name(after or "")


def can_alter_configuration(old: str, new: str) -> bool:
    """True when both have one parser, and nothing but mappings."""
    before, after = (options(text).get("parser") for text in (old, new))
    is_read = mappings(old) is not None and mappings(new) is not None
    return is_read and bool(before and after) and last_name(before or "") == last_name(after or "")
