"""Failpoints: places where a test makes a run fail, sleep or die.

``NBMIGRATE_FAILPOINT=after_statement:2=kill`` kills the process (SIGKILL) after
the second statement of a migration. Actions: ``kill``, ``raise``, ``sleep:SECONDS``.
Places: ``after_statement``, ``before_commit``, ``after_commit``, each counted
within a migration; without a number, every time.
"""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbmigrate.executor.settings import Settings

VARIABLE = "NBMIGRATE_FAILPOINT"

_FORM = re.compile(
    r"(?P<place>after_statement|before_commit|after_commit)(?::(?P<count>\d+))?"
    r"=(?P<action>kill|raise|sleep:(?P<seconds>\d+(?:\.\d+)?))"
)


class FailpointError(RuntimeError):
    """What the action ``raise`` raises: no error of nbmigrate, as a defect would not be one."""


class Failpoint:
    """One place and what happens there; without a text, nothing does."""

    def __init__(self, text: str = "", *, sleep: Callable[[float], None]) -> None:
        found = _FORM.fullmatch(text)
        if text and found is None:
            raise UsageConflictError(
                f"{VARIABLE}={text!r} is not a failpoint", hint="for example after_statement:2=kill"
            )
        self._found = found
        self._sleep = sleep

    @classmethod
    def of(cls, settings: Settings) -> Failpoint:
        """The failpoint of the settings, otherwise that of their environment."""
        text = settings.failpoint
        text = settings.environ.get(VARIABLE, "") if text is None else text
        return cls(text, sleep=settings.sleep)

    def reach(self, place: str, count: int) -> None:
        """Say that a place is reached for the ``count``-th time."""
        found = self._found
        if found is None or found["place"] != place or int(found["count"] or count) != count:
            return
        if found["action"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if found["action"] == "raise":
            raise FailpointError(f"failpoint {found[0]}")
        self._sleep(float(found["seconds"]))
