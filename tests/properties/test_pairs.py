"""Random pairs of schemas with rows: each is pushed and compared with what was built directly."""

from __future__ import annotations

import os

PAIRS = int(os.environ.get("NBMIGRATE_PAIRS", "500"))
FIRST = int(os.environ.get("NBMIGRATE_FIRST_PAIR", "0"))
