"""Rows: reading them with the user's own SQL, or table by table, as values or DataFrames.

``nbmigrate.data.frames.to_frame`` makes a DataFrame of them; it is imported where it is
used, since pandas takes half a second to load.
"""

from nbmigrate.data.read import query, read_table
from nbmigrate.data.rows import Rows
from nbmigrate.data.sizes import TableSize, table_sizes

__all__ = ["Rows", "TableSize", "query", "read_table", "table_sizes"]
