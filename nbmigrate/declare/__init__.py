"""Text that declares a schema -> Snapshot, and which cell declared what.

:class:`Declarations` is the registry of one kernel; :func:`load_source` reads a Python
file, a module or a notebook as if its cells were run in a new one.
"""

from nbmigrate.declare.blocks import Block, ParseSql
from nbmigrate.declare.declarations import Declarations
from nbmigrate.declare.sources import load_source
from nbmigrate.declare.values import Declared

__all__ = ["Block", "Declarations", "Declared", "ParseSql", "load_source"]
