"""How a notebook shows results: what the magics ask of whoever draws widgets."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from traitlets import Bool
from traitlets.config import Configurable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


class Presents(Protocol):
    """Whoever draws widgets. The extension says who."""

    def present(
        self,
        result: Result,
        workspace: Workspace,
        magic: str,
        words: Sequence[str],
        given: Namespace,
    ) -> Result:
        """The result, which now shows itself as a widget when there is one for it."""
        ...

    def watch(self, workspace: Workspace) -> AbstractContextManager[None]:
        """What shows the progress of long work on the workspace's database."""
        ...


class NbMigrate(Configurable):
    """Settings of a session: ``%config NbMigrate.static = True``."""

    static = Bool(
        default_value=False, help="Show results as text and HTML alone, without widgets."
    ).tag(config=True)


def is_interactive(shell: InteractiveShell, settings: NbMigrate) -> bool:
    """True in a kernel with a person before it who did not turn widgets off.

    nbclient, papermill and nbconvert run cells with ``allow_stdin`` false: a widget in their
    file would win over the static HTML and show nothing.
    """
    kernel = getattr(shell, "kernel", None)
    has_person = kernel is not None and getattr(kernel, "_allow_stdin", False)
    return bool(has_person) and not settings.static
