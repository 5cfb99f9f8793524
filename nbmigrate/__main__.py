"""``python -m nbmigrate`` and the ``nbmigrate`` command."""

from __future__ import annotations

import gc
import sys

#: New objects between two searches for cycles: more than are made while all is loaded, of which
#: none is a cycle that could go. Python itself searches after 700.
_NEW = 200_000


def main() -> int:
    """The command line in a process of its own."""
    gc.set_threshold(_NEW)
    from nbmigrate.cli import main as run

    try:
        return run()
    finally:
        gc.freeze()  # all of it goes with the process: nobody needs to look for cycles first


if __name__ == "__main__":
    sys.exit(main())
