"""Which event triggers of the database run at the statements of a plan, and may refuse them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbmigrate.display import Block, Text
from nbmigrate.model import Definition
from nbmigrate.plan import Plan

_EVENT = re.compile(r"\bON\s+(\w+)", re.IGNORECASE)
_TAGS = re.compile(r"\bTAG\s+IN\s*\(([^)]*)\)", re.IGNORECASE)
_OFF = re.compile(r"\b(DISABLE|ENABLE REPLICA)\s*;?\s*$", re.IGNORECASE)
#: The events that a statement of DDL is, whatever it does (PostgreSQL docs, Event Trigger Firing Matrix).
_EVENTS = {"ddl_command_start": "", "ddl_command_end": "", "sql_drop": "DROP", "table_rewrite": ""}


def listening_blocks(plan: Plan) -> Iterator[Block]:
    """A line for each event trigger that was there before, and stays, and hears of the plan."""
    for name, defined in plan.old.definitions.items():
        stays = plan.new.definitions.get(name) == defined
        if stays and defined.kind == "event trigger" and (heard := _heard(defined, plan)):
            yield Text(
                f"The event trigger {defined.name} runs at {', '.join(heard)}, and may refuse it.",
                "warn",
            )


def _heard(defined: Definition, plan: Plan) -> tuple[str, ...]:
    """The tags of the statements at which it runs, each once, in order."""
    event = _EVENT.search(defined.definition)
    if _OFF.search(defined.definition) or event is None or event[1].lower() not in _EVENTS:
        return ()
    found = _TAGS.search(defined.definition)
    wanted = {tag.strip().strip("'").upper() for tag in found[1].split(",")} if found else None
    tags = dict.fromkeys(map(_tag, (s.sql for s in plan.statements)))
    begins = _EVENTS[event[1].lower()]
    return tuple(
        tag for tag in tags if tag and tag.startswith(begins) and (wanted is None or tag in wanted)
    )


_KINDS = (
    "ACCESS METHOD|AGGREGATE|CAST|COLLATION|CONVERSION|DOMAIN|EXTENSION|FUNCTION|INDEX|MATERIALIZED VIEW"
    "|OPERATOR CLASS|OPERATOR FAMILY|OPERATOR|POLICY|PROCEDURE|RULE|SCHEMA|SEQUENCE|STATISTICS|TABLE"
    "|TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY|TRIGGER|TYPE|VIEW"
)
_STATEMENT = re.compile(
    rf"(?:\s|--[^\n]*\n)*(CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+|UNIQUE\s+|CONSTRAINT\s+|UNLOGGED\s+)*({_KINDS})\b",
    re.IGNORECASE,
)


def _tag(sql: str) -> str:
    """The command tag of a statement of DDL; empty for others."""
    found = _STATEMENT.match(sql)
    return f"{found[1]} {found[2]}".upper() if found else ""
