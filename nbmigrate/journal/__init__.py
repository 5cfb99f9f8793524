"""The migrations folder: entries, chain, tags, atomic writes, breakpoints, checks."""

from nbmigrate.journal.checks import Problem, head_warning
from nbmigrate.journal.draft import Draft
from nbmigrate.journal.entries import Entry
from nbmigrate.journal.folder import Journal
from nbmigrate.journal.migration import Migration
from nbmigrate.journal.prefix import PrefixMode
from nbmigrate.journal.split import MARKER, Chunk, split_chunks, split_statements
from nbmigrate.journal.words import two_words

__all__ = [
    "MARKER",
    "Chunk",
    "Draft",
    "Entry",
    "Journal",
    "Migration",
    "PrefixMode",
    "Problem",
    "head_warning",
    "split_chunks",
    "split_statements",
    "two_words",
]
