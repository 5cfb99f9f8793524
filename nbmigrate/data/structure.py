"""The structure of one relation in PostgreSQL's own words."""

from __future__ import annotations

from typing import Any

import psycopg

from nbmigrate.data.document import Document
from nbmigrate.data.relations import Id
from nbmigrate.postgresql.identifiers import qualified


class Part(Document, frozen=True, kw_only=True):
    """A constraint, an index or a trigger."""

    name: str
    definition: str
    comment: str = ""


class Structure(Document, frozen=True, kw_only=True):
    """What hangs on a relation; ``definition`` is the query of a view."""

    constraints: tuple[Part, ...]
    indexes: tuple[Part, ...]
    triggers: tuple[Part, ...]
    policies: tuple[Part, ...]
    definition: str
    comment: str


_CONSTRAINTS = """
    SELECT conname, pg_catalog.pg_get_constraintdef(oid, true),
           coalesce(pg_catalog.obj_description(oid, 'pg_constraint'), '')
      FROM pg_catalog.pg_constraint WHERE conrelid = %s::regclass AND contype <> 'n'
     ORDER BY pg_catalog.array_position('{p,u,f,c,x,t}'::text[], contype::text), conname
"""
_INDEXES = """
    SELECT c.relname,
           pg_catalog.pg_get_indexdef(i.indexrelid)
           || CASE WHEN i.indisvalid THEN '' ELSE ' -- INVALID' END,
           coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '')
      FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
     WHERE i.indrelid = %s::regclass ORDER BY i.indisprimary DESC, c.relname
"""
_TRIGGERS = """
    SELECT tgname, pg_catalog.pg_get_triggerdef(oid, true),
           coalesce(pg_catalog.obj_description(oid, 'pg_trigger'), '')
      FROM pg_catalog.pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal ORDER BY tgname
"""
_POLICIES = """
    SELECT polname,
           pg_catalog.concat_ws(' ', CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
               WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
               'USING (' || pg_catalog.pg_get_expr(polqual, polrelid) || ')',
               'WITH CHECK (' || pg_catalog.pg_get_expr(polwithcheck, polrelid) || ')'), ''
      FROM pg_catalog.pg_policy WHERE polrelid = %s::regclass ORDER BY polname
"""
_DEFINITION = """
    SELECT CASE WHEN relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(oid, true) ELSE '' END,
           coalesce(pg_catalog.obj_description(oid, 'pg_class'), '')
      FROM pg_catalog.pg_class WHERE oid = %s::regclass
"""


def structure(connection: psycopg.Connection[Any], relation: Id) -> Structure:
    """What hangs on the relation."""
    name = qualified(relation, spell_public=True)

    def parts(query: str) -> tuple[Part, ...]:
        rows = connection.execute(query.encode(), (name,)).fetchall()
        return tuple(Part(name=n, definition=text, comment=comment) for n, text, comment in rows)

    definition, comment = connection.execute(_DEFINITION.encode(), (name,)).fetchone() or ("", "")
    return Structure(
        constraints=parts(_CONSTRAINTS),
        indexes=parts(_INDEXES),
        triggers=parts(_TRIGGERS),
        policies=parts(_POLICIES),
        definition=definition,
        comment=comment,
    )
