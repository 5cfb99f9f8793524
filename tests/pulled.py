"""Code of a snapshot run in a kernel of its own, and what it declares."""

from __future__ import annotations

import warnings
from typing import Any

import psycopg

from nbmigrate.declare import Declarations
from nbmigrate.model import Snapshot
from nbmigrate.plan import Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.to_code import to_code


def declared_by(code: str) -> Snapshot:
    """What the code declares; its relationships must be sound, without a warning."""
    declarations = Declarations()
    namespace: dict[str, Any] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            declarations.declare(code, cell="pulled", namespace=namespace, first_line=1)
            namespace.get("Base", declarations.base).registry.configure()
        return declarations.snapshot
    finally:
        declarations.release()


def difference(
    connection: psycopg.Connection[Any], snapshot: Snapshot, *, cell: bool = True
) -> Plan:
    """What leads from a live schema to what its code declares."""
    scratch = Scratch(connection, {})
    return make_plan(
        snapshot,
        declared_by(to_code(snapshot, cell=cell)),
        dialect=POSTGRESQL,
        canonical=lambda a, b: scratch.pair(a, b, old_is_live=True),
    )
