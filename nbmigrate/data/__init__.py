"""Rows: reading them with the user's own SQL, or table by table, as values or DataFrames."""

from nbmigrate.data.frames import to_frame
from nbmigrate.data.read import query, read_table
from nbmigrate.data.rows import Rows
from nbmigrate.data.sizes import TableSize, table_sizes

__all__ = ["Rows", "TableSize", "query", "read_table", "table_sizes", "to_frame"]
