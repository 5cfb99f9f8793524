"""Indexes that stand behind no constraint."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nbmigrate.model import Index, IndexColumn
from nbmigrate.postgresql.expressions import strip_parens
from nbmigrate.postgresql.introspect.options import typed_options
from nbmigrate.postgresql.introspect.steady import printed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.introspect.columns import Columns
    from nbmigrate.postgresql.sending import Row

# PostgreSQL pg_index.h, indoption
_DESC = 1
_NULLS_FIRST = 2


class _Reader:
    def __init__(self, catalog: Catalog, columns: Columns) -> None:
        self.opclasses: dict[int, str] = {oid: name for oid, name, _ in catalog.opclasses}
        self.usual = {oid for oid, _, is_default in catalog.opclasses if is_default}
        self.columns = columns

    def index(self, row: Row) -> Index:
        """The index of a row."""
        relid, name, method, unique, nulls_not_distinct, key_count, attnums = row[:7]
        predicate, options, tablespace, comment, tuned = row[11:]
        names = self.columns.names[relid]
        targets = {str(number): target for number, _, target in tuned or ()}
        return Index(
            name=name,
            columns=tuple([self._key(row, at) for at in range(key_count)]),
            is_unique=unique,
            where=strip_parens(predicate) if predicate else None,
            concurrently=False,
            method=method,
            options=typed_options(options) if options else {},
            include=tuple([names[attnum] for attnum in attnums[key_count:]]),
            nulls_not_distinct=nulls_not_distinct,
            tablespace=tablespace,
            key_statistics={n: target for n, target in targets.items() if (target or -1) >= 0},
            comment=comment,
        )

    def _key(self, row: Row, at: int) -> IndexColumn:
        relid, attnum, option = row[0], row[6][at], row[7][at]
        return IndexColumn(
            expression=self.columns.names[relid][attnum]
            if attnum
            else strip_parens(printed(row[10][at])),
            is_expression=not attnum,
            asc=not option & _DESC,
            nulls="first" if option & _NULLS_FIRST else "last",
            opclass=self._opclass(row[8][at], row[15], at),
            collation=self._collation(row[9][at], (relid, attnum)) if attnum else None,
        )

    def _opclass(
        self, oid: int, tuned: Sequence[tuple[int, list[str], int]], at: int
    ) -> str | None:
        """The operator class of a key with its parameters; none when it goes without saying."""
        for number, options, _ in tuned or ():
            if number == at + 1 and options:
                return f"{self.opclasses[oid]}({', '.join(options)})"
        return None if oid in self.usual else self.opclasses.get(oid)

    def _collation(self, collation: int, place: tuple[int, int]) -> str | None:
        """The collation when it is not the column's; that of an expression is in its text."""
        if not collation or collation == self.columns.collations[place]:
            return None
        return self.columns.collation_names[collation]


def read_indexes(catalog: Catalog, columns: Columns) -> Mapping[int, Mapping[str, Index]]:
    """The indexes by table or materialized view."""
    reader = _Reader(catalog, columns)
    found: defaultdict[int, dict[str, Index]] = defaultdict(dict)
    for row in catalog.indexes:
        found[row[0]][row[1]] = reader.index(row)
    return found
