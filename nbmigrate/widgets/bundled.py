"""The JavaScript and CSS of the widgets, as it stands in ``assets``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def script(*names: str) -> str:
    """One ES module made of several files; the last one has the ``export``."""
    return "\n".join(_read(f"{name}.js") for name in names)


@cache
def style(*names: str) -> str:
    """One style sheet made of several files."""
    return "\n".join(_read(f"{name}.css") for name in names)


def _read(name: str) -> str:
    return (files("nbmigrate.widgets") / "assets" / name).read_text(encoding="utf-8")
