"""How PostgreSQL says it: reading schemas from it and writing SQL for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.postgresql.render import render, render_operation

if TYPE_CHECKING:
    from nbmigrate.dialect import Dialect

__all__ = ["render", "render_operation"]
