"""Names of a package that are loaded on first use (PEP 562): a process needs few of them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def getattr_of(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` of a package; ``homes`` are the modules where its names stand."""

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # the next time nobody asks here
        return value

    return load
