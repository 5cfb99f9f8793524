"""Hazards that a migration accepts: a code and the reason, as comments at the head of its file.

::

    -- nbmigrate: allow NB206 the table has 40 rows
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

_LINE = re.compile(r"^--\s*nbmigrate:\s*allow\s+(NB\d{3})\s+(\S.*?)\s*$", re.MULTILINE)


class Accepted(Protocol):
    """The part of a hazard that the file keeps."""

    @property
    def code(self) -> str:
        """Its code."""
        ...

    @property
    def allowed(self) -> str:
        """The reason for which it is accepted; empty when it is not."""
        ...


def header(hazards: Iterable[Accepted]) -> str:
    """The lines for the accepted ones of a plan, each code once."""
    reasons = {hazard.code: hazard.allowed for hazard in hazards if hazard.allowed}
    return "".join(f"-- nbmigrate: allow {code} {reason}\n" for code, reason in reasons.items())


def read_allowances(sql: str) -> dict[str, str]:
    """The codes that a file accepts, and why; a code without a reason is not accepted."""
    return dict(_LINE.findall(sql))
