"""Views and materialized views."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from nbmigrate.model import View, key
from nbmigrate.postgresql.introspect.options import camel_options, option_words
from nbmigrate.postgresql.introspect.privileges import read_column_privileges, read_privileges
from nbmigrate.postgresql.introspect.steady import printed
from nbmigrate.postgresql.introspect.tables import read_statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.model import Grant, Index, Statistics
    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.introspect.columns import Columns
    from nbmigrate.postgresql.introspect.definitions import Definitions
    from nbmigrate.postgresql.sending import Row


class _Parts(NamedTuple):
    """What the views are made of, by view."""

    columns: Columns
    definitions: Definitions
    indexes: Mapping[int, Mapping[str, Index]]
    statistics: Mapping[int, Mapping[str, Statistics]]
    comments: Mapping[int, str]
    privileges: Mapping[int, Mapping[str, Grant]]
    column_privileges: Mapping[int, Mapping[int, Mapping[str, Grant]]]


def read_views(
    catalog: Catalog,
    columns: Columns,
    definitions: Definitions,
    indexes: Mapping[int, Mapping[str, Index]],
) -> dict[str, View]:
    """The views, each with the columns it shows."""
    comments = {row[0]: row[2] for row in catalog.comments if row[1] == 0}
    privileges, by_column = read_privileges(catalog, "c"), read_column_privileges(catalog)
    statistics = read_statistics(catalog)
    parts = _Parts(columns, definitions, indexes, statistics, comments, privileges, by_column)
    return {key(row[1], row[2]): _view(row, parts) for row in catalog.views}


def _view(row: Row, parts: _Parts) -> View:
    relid, schema, name, materialized, definition, options, tablespace, method, cluster = row
    columns = parts.columns.by_table[relid]
    return View(
        columns={name: replace(column, comment=None) for name, column in columns.items()},
        column_comments={n: c.comment for n, c in columns.items() if c.comment},
        definition=printed(definition).strip().removesuffix(";").rstrip(),
        name=name,
        schema=schema,
        options=(camel_options(options) or None) if options else None,
        option_words=option_words(options or ()),
        materialized=materialized,
        tablespace=tablespace,
        using=None if method in (None, "heap") else method,
        privileges=parts.privileges.get(relid),
        column_privileges={
            parts.columns.names[relid][number]: grants
            for number, grants in parts.column_privileges.get(relid, {}).items()
        },
        comment=parts.comments.get(relid),
        indexes=parts.indexes.get(relid, {}),
        clustered_on=cluster,
        statistics=parts.statistics.get(relid, {}),
        triggers=parts.definitions.triggers.get(relid, {}),
        rules=parts.definitions.rules.get(relid, {}),
    )
