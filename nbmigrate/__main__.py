"""``python -m nbmigrate`` and the ``nbmigrate`` command."""

from __future__ import annotations

import sys

from nbmigrate.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
