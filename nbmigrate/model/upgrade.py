"""Snapshots of older drizzle-kit releases (versions 5 and 6) as version 7 documents.

The same steps as drizzle-kit 0.31's ``up`` (``pgUp.ts``), in memory: no file is
rewritten by reading it.
"""

from __future__ import annotations

import re
from typing import Any

Document = dict[str, Any]

LEGACY_VERSIONS = ("5", "6")

#: Column flags that old files may hold and version 7 must not: drizzle-kit crashes on them.
_DEAD_COLUMN_KEYS = ("isUnique", "uniqueName", "nullsNotDistinct")

_DIMENSIONS = re.compile(r"(?:\[\d*\])+$")


def upgrade(document: Document) -> Document:
    """The document as version 7; one that already is comes back unchanged."""
    if document.get("version") == "5":
        document = _from_5(document)
    if document.get("version") == "6":
        document = _from_6(document)
    return document


def _from_5(document: Document) -> Document:
    """Version 5 keyed tables by bare name and knew enums in public only."""
    tables = {f"{t.get('schema') or 'public'}.{t['name']}": t for t in document["tables"].values()}
    enums = {
        f"public.{enum['name']}": {
            "name": enum["name"],
            "schema": "public",
            "values": list(enum["values"].values()),
        }
        for enum in document["enums"].values()
    }
    return document | {
        "version": "6",
        "dialect": "postgresql",
        "tables": tables,
        "enums": enums,
    }


def _from_6(document: Document) -> Document:
    tables = {key: _upgrade_table(table) for key, table in document["tables"].items()}
    empty: Document = {"sequences": {}, "roles": {}, "policies": {}, "views": {}}
    tail = {k: v for k, v in document.items() if k in ("_meta", "internal")}
    head = {k: v for k, v in document.items() if k not in tail}
    return head | {"version": "7", "dialect": "postgresql", "tables": tables} | empty | tail


def _upgrade_table(table: Document) -> Document:
    columns = {
        key: {k: v for k, v in column.items() if k not in _DEAD_COLUMN_KEYS}
        for key, column in table["columns"].items()
    }
    indexes = {key: _upgrade_index(index) for key, index in table["indexes"].items()}
    added: Document = {"policies": {}, "checkConstraints": {}, "isRLSEnabled": False}
    uniques = {"uniqueConstraints": table.get("uniqueConstraints", {})}
    return table | uniques | {"columns": columns, "indexes": indexes} | added


def _upgrade_index(index: Document) -> Document:
    columns = [
        {"expression": name, "isExpression": False, "asc": True, "nulls": "last"}
        for name in index["columns"]
    ]
    defaults = {"concurrently": False, "method": "btree", "with": {}}
    missing = {key: value for key, value in defaults.items() if key not in index}
    return index | {"columns": columns} | missing


def name_enum_schemas(document: Document) -> None:
    """Fills ``typeSchema`` of enum columns in place: version 5 did not record it.

    drizzle-kit leaves it out and its diff forgives that; ours compares values.
    """
    schemas = {e["name"]: e["schema"] for e in document["enums"].values() if "schema" in e}
    for table in document["tables"].values():
        for key, column in table["columns"].items():
            word = _DIMENSIONS.sub("", column["type"])
            if word in schemas and "typeSchema" not in column:
                head = {"name": column["name"], "type": column["type"]}
                table["columns"][key] = head | {"typeSchema": schemas[word]} | column
