"""Snapshot files: drizzle-kit's version 7 JSON and our sidecar to and from values.

The only place that knows the format. Version 7 is strict: drizzle-kit calls a
file "malformed" when an object inside it has a key it does not know. What the
model holds beyond it goes to a sidecar, see :mod:`nbmigrate.model.sidecar`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from nbmigrate.errors import SnapshotFormatError, SnapshotVersionError
from nbmigrate.model import objects as other
from nbmigrate.model import tables
from nbmigrate.model.json_text import DamagedText, Json, decode_text, format_json, parse_json
from nbmigrate.model.shape import Node, fields_of, locate, objects
from nbmigrate.model.sidecar import SIDECAR, STAND_INS, dump_extra, dump_no_extra, merge_extra
from nbmigrate.model.snapshot import Snapshot
from nbmigrate.model.tables import Value
from nbmigrate.model.upgrade import LEGACY_VERSIONS, Document, name_enum_schemas, upgrade

__all__ = [
    "NO_PREVIOUS",
    "SnapshotFile",
    "dump",
    "dump_document",
    "dump_extra",
    "dump_no_extra",
    "following",
    "load",
    "load_document",
    "load_file",
]

VERSION = "7"
DIALECT = "postgresql"
NO_PREVIOUS = "00000000-0000-0000-0000-000000000000"

_SUPPORTED = (*LEGACY_VERSIONS, VERSION)
_DIALECTS = (DIALECT, "pg")
_OTHER_DIALECTS = ("sqlite", "turso", "mysql", "singlestore", "gel")

#: Keys without which drizzle-kit 0.31 calls a file malformed (``pgSchema.ts``) though the
#: model has a default for them.
_REQUIRED: Mapping[type[Value], tuple[str, ...]] = {
    Snapshot: ("tables", "enums", "schemas"),
    tables.Table: ("schema", "columns", "indexes", "foreignKeys", "compositePrimaryKeys"),
    tables.Column: ("primaryKey", "notNull"),
    tables.Generated: ("type",),
    tables.Identity: ("schema",),
    tables.IndexColumn: ("isExpression", "asc"),
    tables.Index: ("isUnique",),
    tables.Unique: ("nullsNotDistinct", "columns"),
    other.Enum: ("schema", "values"),
    other.Sequence: ("schema",),
    other.View: ("columns", "schema", "materialized", "isExisting"),
}


class SnapshotFile(Value, frozen=True, kw_only=True):
    """One snapshot file: its place in the chain and what it says.

    ``layout`` is the decoded document it came from: the order of keys that a
    later :func:`dump` follows, and the top-level keys that are not ours.
    """

    id: str
    prev_id: str
    snapshot: Snapshot
    layout: dict[str, Any] | None = None


# --- documents ---------------------------------------------------------------


def load_document(text: str, *, path: Path | str = "") -> Json:
    """The JSON document of any file in ``meta/``, key order kept.

    Raises:
        SnapshotFormatError: when the text is damaged.
    """
    try:
        return parse_json(text)
    except DamagedText as error:
        raise _damaged(error, path) from error


def dump_document(document: object) -> str:
    """The bytes drizzle-kit writes for a document, as text."""
    return format_json(document)


def _damaged(error: DamagedText, path: Path | str) -> SnapshotFormatError:
    return SnapshotFormatError(
        error.message,
        path=path,
        location=f"line {error.line}",
        hint="restore the file from version control, or resolve the merge",
    )


# --- load --------------------------------------------------------------------


def load_file(path: Path, *, extra: Path | None = None) -> SnapshotFile:
    """The snapshot file at ``path`` with its sidecar, when there is one.

    Raises:
        SnapshotFormatError: when a file is missing, damaged or no snapshot.
        SnapshotVersionError: when it is of a version that is not read.
    """
    return _last_loaded(_read(path), str(path), _read(extra) if extra else None)


@lru_cache(maxsize=2)  # one command asks for the last snapshot, and the one before, several times
def _last_loaded(text: str, path: str, extra: str | None) -> SnapshotFile:
    return load(text, path=path, extra=extra)


def _read(path: Path) -> str:
    try:
        return decode_text(path.read_bytes())
    except OSError as error:
        raise SnapshotFormatError(f"cannot be read: {error.strerror}", path=path) from error
    except DamagedText as error:
        raise _damaged(error, path) from error


def load(text: str, *, path: str = "", extra: str | None = None) -> SnapshotFile:
    """The snapshot in a file's text; ``extra`` is the text of its sidecar.

    Raises:
        SnapshotFormatError: naming the place of what is malformed.
        SnapshotVersionError: when it is of a version that is not read.
    """
    layout = load_document(text, path=path)
    _require_kind(layout, path)
    if layout["version"] != VERSION:
        layout = _upgrade(layout, path)
    known = {f.encode_name for f, _ in fields_of(Snapshot) if f.name not in SIDECAR[Snapshot]}
    document = _copied({k: v for k, v in layout.items() if k in known})
    _tidy(document, path)
    if extra is not None:
        merge_extra(document, load_document(extra, path=f"{path} (sidecar)"), path=path)
    snapshot = _convert(document, path)
    return SnapshotFile(
        id=_text(layout, "id", path),
        prev_id=_text(layout, "prevId", path),
        snapshot=snapshot,
        layout=layout,
    )


def _copied(value: Json) -> Json:
    """Like :func:`copy.deepcopy`, for what JSON holds: half the time of reading a large file."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _require_kind(document: object, path: str) -> None:
    """Refuses what is not a PostgreSQL snapshot of a version that is read."""
    if not isinstance(document, dict):
        raise SnapshotFormatError("not a snapshot: the file holds no JSON object", path=path)
    if "entries" in document:
        hint = "a snapshot is meta/NNNN_snapshot.json beside it"
        raise SnapshotFormatError("a journal, not a snapshot", path=path, hint=hint)
    dialect, version = document.get("dialect"), document.get("version")
    if dialect in _OTHER_DIALECTS:
        message = f"a snapshot of `{dialect}`, expected `{DIALECT}`"
        hint = "nbmigrate reads migrations of PostgreSQL only"
        raise SnapshotFormatError(message, path=path, location="dialect", hint=hint)
    if isinstance(version, str) and version.isdigit() and version not in _SUPPORTED:
        raise SnapshotVersionError(
            found=version, supported=_SUPPORTED, path=path, hint=_version_hint(document)
        )
    if version not in _SUPPORTED:
        message = f'`version` is {version!r}, expected "{VERSION}"'
        raise SnapshotFormatError(message, path=path, location="version")
    if dialect not in _DIALECTS:
        message = f'`dialect` is {dialect!r}, expected "{DIALECT}"'
        raise SnapshotFormatError(message, path=path, location="dialect")


def _version_hint(document: Document) -> str:
    if "ddl" in document or "deltas" in document:
        return "the layout of drizzle-kit 1.0; keep the folder that drizzle-kit 0.31 wrote"
    if int(document["version"]) > int(VERSION):
        return "written by a newer tool; upgrade nbmigrate"
    return "run `up` of drizzle-kit 0.20 first"


def _upgrade(document: Document, path: str) -> Document:
    try:
        document = upgrade(document)
        name_enum_schemas(document)
    except (KeyError, TypeError, AttributeError) as error:
        message = f"a malformed snapshot of version {document['version']}: {error!r}"
        raise SnapshotFormatError(message, path=path) from error
    return document


def _text(document: Document, key: str, path: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise SnapshotFormatError(f"`{key}` is missing or no text", path=path, location=key)
    return value


def _tidy(document: Document, path: str) -> None:
    """Drops what drizzle-kit itself overlooks, and refuses missing keys as it does."""
    for node in objects(Node(document, Snapshot, "")):
        assert node.struct
        for key in _REQUIRED.get(node.struct, ()):
            if key not in node.value:
                raise SnapshotFormatError(f"`{key}` is missing", path=path, location=node.path)
        if node.struct is tables.Table and node.value["schema"] == "public":
            node.value["schema"] = ""
        if node.struct is tables.IndexColumn:
            names = {field.encode_name for field, _ in fields_of(node.struct)}
            for key in node.value.keys() - names:
                del node.value[key]


def _convert(document: Document, path: str) -> Snapshot:
    try:
        return msgspec.convert(document, Snapshot)
    except msgspec.ValidationError as error:
        place, message = locate(Node(document, Snapshot, "")) or ("", str(error))
        raise SnapshotFormatError(message, path=path, location=place) from error


# --- dump --------------------------------------------------------------------

_LEAVES = frozenset({str, bool, int, float, type(None)})


def dump(file: SnapshotFile) -> str:
    """The text of the file, byte for byte as drizzle-kit writes it; without the sidecar."""
    layout = file.layout or {}
    meta: Document = {"columns": {}, "schemas": {}, "tables": {}}
    document = {"id": file.id, "prevId": file.prev_id, "version": VERSION, "dialect": DIALECT}
    document |= _encode(file.snapshot, layout)
    document |= {"_meta": layout.get("_meta", meta)}
    document |= {key: value for key, value in layout.items() if key not in document}
    return format_json(_like(document, layout))


def _encode(value: Json, layout: Json) -> Json:
    """The version 7 form, ordered like ``layout`` where that says the same."""
    # By type and not by pattern: every value of every table comes by here.
    if type(value) in _LEAVES:
        return value
    if isinstance(value, Value):
        return _encode_struct(value, layout if isinstance(layout, dict) else {})
    if isinstance(value, Mapping):
        layout = layout if isinstance(layout, dict) else {}
        known = [key for key in layout if key in value]
        keys = dict.fromkeys([*known, *value])
        return {key: _encode(value[key], layout.get(key)) for key in keys}
    if isinstance(value, tuple | list):
        same = isinstance(layout, list) and len(layout) == len(value)
        pairs = zip(value, layout if same else [None] * len(value), strict=True)
        return [_encode(item, old) for item, old in pairs]
    return value


def _encode_struct(value: Value, layout: Document) -> Document:
    encoded = {}
    for name, key, stand_in in _written(type(value)):
        item = getattr(value, name) if stand_in is None else stand_in
        if type(item) in _LEAVES:
            if item is not None:
                encoded[key] = item
        else:
            encoded[key] = _encode(item, layout.get(key))
    return _like(encoded, layout)


@cache
def _written(struct: type[Value]) -> tuple[tuple[str, str, object], ...]:
    """The fields that version 7 has, their keys, and what stands there instead of the value."""
    left_out, stand_ins = SIDECAR.get(struct, ()), STAND_INS.get(struct, {})
    return tuple(
        (field.name, field.encode_name, stand_ins.get(field.name))
        for field, _ in fields_of(struct)
        if field.name not in left_out
    )


def _like(encoded: Document, layout: Document) -> Document:
    """In the order of ``layout`` when it has the very same keys."""
    return {key: encoded[key] for key in layout} if layout.keys() == encoded.keys() else encoded


def following(snapshot: Snapshot, previous: SnapshotFile | None) -> SnapshotFile:
    """The next file of the chain; unchanged objects keep the order of the previous one."""
    layout = None
    if previous and previous.layout:
        ours = {"id", "prevId", "version", "dialect", "_meta"}
        ours |= {field.encode_name for field, _ in fields_of(Snapshot)}
        layout = {key: value for key, value in previous.layout.items() if key in ours}
    return SnapshotFile(
        id=str(uuid.uuid4()),
        prev_id=previous.id if previous else NO_PREVIOUS,
        snapshot=snapshot,
        layout=layout,
    )
