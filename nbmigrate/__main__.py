"""``python -m nbmigrate`` and the ``nbmigrate`` command."""

from __future__ import annotations

import gc
import sys

#: New objects between two searches for cycles. What is loaded at the start has none, and is more than
#: a hundred times the 700 after which Python searches by itself.
_NEW = 50_000


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
