"""The numbers that tags begin with: ``0003``, ``20261123090213``, ``1795424537``.

drizzle-kit takes for "previous" whatever snapshot sorts last by name, so a folder
must keep to one kind of prefix (drizzle-kit 0.31, ``--prefix``). ``supabase`` and
``timestamp`` look the same and are one kind here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from nbmigrate.errors import BrokenChainError
from nbmigrate.journal.entries import Entry

PrefixMode = Literal["index", "timestamp", "unix", "supabase"]

_STAMP = "%Y%m%d%H%M%S"
_STAMP_DIGITS = 14
_UNIX_DIGITS = 10

#: ``10000`` sorts before ``9999``.
_LAST_INDEX = 9999


def deduce_mode(entries: Sequence[Entry], *, folder: Path) -> PrefixMode | None:
    """The kind of prefix all tags have; ``None`` for a folder without migrations.

    Raises:
        BrokenChainError: when there is none, or more than one.
    """
    modes = {entry.tag: _mode_of(entry) for entry in entries}
    for tag, mode in modes.items():
        if mode is None:
            raise BrokenChainError(
                f"the migration `{tag}` has no number before its name, so that the order of"
                " snapshots is lost (drizzle-kit's prefix `none`)",
                path=folder,
                hint="start a folder with another prefix: nbmigrate pull, then generate there",
            )
    if len(set(modes.values())) > 1:
        first = {mode: tag for tag, mode in reversed(modes.items())}
        found = ", ".join(f"{mode} (`{tag}`)" for mode, tag in sorted(first.items(), key=str))
        raise BrokenChainError(
            f"tags with different kinds of prefix: {found}",
            path=folder,
            hint="rename the newest files, their snapshots and journal tags to the older kind",
        )
    return next(iter(modes.values()), None)


def _mode_of(entry: Entry) -> PrefixMode | None:
    digits = entry.prefix
    if not (digits.isascii() and digits.isdigit()) or "_" not in entry.tag:
        return None
    if len(digits) == _STAMP_DIGITS:
        return "timestamp"
    return "unix" if len(digits) == _UNIX_DIGITS else "index"


def next_prefix(mode: PrefixMode, *, idx: int, when_ms: int, last: str) -> str:
    """The prefix of the next tag; it sorts behind ``last``, the prefix before it.

    Raises:
        BrokenChainError: when the numbers are used up.
    """
    after = int(last) + 1 if last else 0
    if mode == "index":
        if (number := max(idx, after)) > _LAST_INDEX:
            message = f"migration {number} would sort before {_LAST_INDEX}"
            hint = "start a new folder from a baseline"
            raise BrokenChainError(message, hint=hint)
        return f"{number:04}"
    if mode == "unix":
        return str(max(when_ms // 1000, after))
    stamp = datetime.fromtimestamp(when_ms // 1000, UTC).strftime(_STAMP)
    return stamp if stamp > last else _second_after(last)


def _second_after(stamp: str) -> str:
    try:
        parsed = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:  # fourteen digits that are no time
        return str(int(stamp) + 1)
    return (parsed + timedelta(seconds=1)).strftime(_STAMP)
