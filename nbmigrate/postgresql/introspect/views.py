"""Views and materialized views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.model import View, key
from nbmigrate.postgresql.introspect.options import camel_options

if TYPE_CHECKING:
    from nbmigrate.postgresql.introspect.catalog import Catalog, Row
    from nbmigrate.postgresql.introspect.columns import Columns
    from nbmigrate.postgresql.introspect.definitions import Definitions


def read_views(catalog: Catalog, columns: Columns, parts: Definitions) -> dict[str, View]:
    """The views, each with the columns it shows."""
    return {key(row[1], row[2]): _view(row, columns, parts) for row in catalog.views}


def _view(row: Row, columns: Columns, parts: Definitions) -> View:
    relid, schema, name, materialized, definition, options, tablespace, method = row
    return View(
        columns=columns.by_table[relid],
        definition=definition.strip().removesuffix(";").rstrip(),
        name=name,
        schema=schema,
        options=(camel_options(options) or None) if options else None,
        materialized=materialized,
        tablespace=tablespace,
        using=None if method in (None, "heap") else method,
        triggers=parts.triggers.get(relid, {}),
        rules=parts.rules.get(relid, {}),
    )
