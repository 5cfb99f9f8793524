"""The composition root of the notebook side: what ``%load_ext`` and ``%unload_ext`` do.

All state is on the one instance of the magics that the shell holds. Loading it
again replaces that instance; nothing is registered twice.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from nbmigrate.magics import NbmigrateMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbmigrate.magics.presenting import Presents


def load(shell: InteractiveShell) -> None:
    """Register the magics and their completion."""
    unload(shell)
    magics = NbmigrateMagics(shell, _presenter)
    shell.register_magics(magics)
    shell.configurables.append(magics.settings)  # type: ignore[arg-type]  # %config reads any Configurable there
    if shell.Completer is not None:
        shell.Completer.custom_matchers.append(magics.complete)


def unload(shell: InteractiveShell) -> None:
    """Take everything back that :func:`load` registered."""
    manager = shell.magics_manager
    # By name: after %reload_ext the class of the registered instance may be an older one.
    found = manager.registry.pop(NbmigrateMagics.__name__, None)
    if found is None:
        return
    for kind, names in found.magics.items():
        for name in names:
            manager.magics[kind].pop(name, None)
    ours = (found, found.settings)
    shell.configurables[:] = [one for one in shell.configurables if one not in ours]
    matchers = shell.Completer.custom_matchers
    matchers[:] = [matcher for matcher in matchers if matcher is not found.complete]
    found.close()


@cache
def _presenter() -> Presents:
    from nbmigrate.widgets import Presenter

    return Presenter()
