"""Where the code of a schema cell finds its names.

Each cell runs in a module of its own, so that two cells do not see each other's private
names and a string annotation is evaluated among the right ones. What the module lacks is
looked up through its ``__builtins__``: in what other cells are declaring at this moment,
the user's variables, the presets, and Python's builtins. CPython asks a ``__builtins__``
that is not a plain dict through ``__getitem__``.
"""

from __future__ import annotations

import builtins
import sys
import types
import weakref
from collections.abc import Mapping, MutableMapping

#: How the modules of cells are called; the rest makes two runs different.
MODULE_PREFIX = "schema_cell_"

_MISSING = object()
_CONTAINERS = ("Mapped", "DynamicMapped", "WriteOnlyMapped")


class Scope:
    """The names around the cells: staged by running cells, the user's, the presets.

    ``created`` are the tables that cells have created, whichever MetaData they are in.
    """

    def __init__(self, presets: Mapping[str, object]) -> None:
        self.namespace: MutableMapping[str, object] = {}
        self.staged: dict[str, object] = {}
        self.hidden: dict[str, object] = {}
        self.presets = presets
        self.created: weakref.WeakSet[object] = weakref.WeakSet()

    def find(self, name: str) -> object:
        """The value of a name.

        Raises:
            KeyError: when nobody has it.
        """
        if name in self.staged:
            return self.staged[name]
        value = self.namespace.get(name, _MISSING)
        if value is not _MISSING and self.hidden.get(name, _MISSING) is not value:
            return value
        if name in self.presets:
            return self.presets[name]
        return vars(builtins)[name]

    def names(self) -> set[str]:
        """Every name that would be found."""
        return {*self.staged, *self.namespace, *self.presets, *vars(builtins)} - {
            name for name in self.hidden if name not in self.staged
        }

    def hides_preset(self, name: str) -> bool:
        """Whether a variable of the user's stands before a preset of that name."""
        theirs = self.namespace.get(name, _MISSING)
        return name in self.presets and theirs not in (_MISSING, self.presets[name])

    def commit(self) -> None:
        """Write what was staged into the user's namespace, and take out what is gone."""
        for name, value in self.hidden.items():
            if name not in self.staged and self.namespace.get(name, _MISSING) is value:
                del self.namespace[name]
        self.namespace.update(self.staged)
        self.discard()

    def discard(self) -> None:
        """Forget what was staged and hidden."""
        self.staged = {}
        self.hidden = {}

    def module(self, filename: str) -> types.ModuleType:
        """A new module whose code sees these names; registered, as annotations need it."""
        made = types.ModuleType("schema_cell")
        made.__name__ = f"{MODULE_PREFIX}{id(made):x}"
        vars(made)["__builtins__"] = _Builtins(self)
        vars(made)["__file__"] = self.namespace.get("__file__", filename)
        vars(made).update(_containers(self.presets))
        sys.modules[made.__name__] = made
        return made


class _Builtins(dict[str, object]):
    """Python's builtins, behind the names of a scope."""

    def __init__(self, scope: Scope) -> None:
        # CPython takes these directly; every other name has to pass __missing__.
        super().__init__((k, v) for k, v in vars(builtins).items() if k.startswith("__"))
        self._scope = scope
        self.found: dict[str, object] = {}

    def __missing__(self, name: str) -> object:
        value = self._scope.find(name)
        self.found[name] = value
        return value


def used_names(module: types.ModuleType) -> dict[str, object]:
    """The names that the code of the module found outside of it, with what they were."""
    outside = vars(module)["__builtins__"]
    return dict(outside.found) if isinstance(outside, _Builtins) else {}


def _containers(presets: Mapping[str, object]) -> dict[str, object]:
    """What SQLAlchemy looks for in the module itself when annotations are strings."""
    return {name: presets[name] for name in _CONTAINERS if name in presets}


def own_names(module: types.ModuleType, presets: Mapping[str, object]) -> dict[str, object]:
    """The names that the code of the module bound."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__")
        and not (name in _CONTAINERS and presets.get(name, _MISSING) is value)
    }


def unregister(module: types.ModuleType) -> None:
    """Take the module out of the registered ones."""
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]
