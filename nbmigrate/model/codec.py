"""Snapshot files: drizzle-kit's version 7 JSON and our sidecar to and from values.

The only place that knows the format. Version 7 is strict: drizzle-kit calls a
file "malformed" when an object inside it has a key it does not know. What the
model holds beyond it goes to a sidecar, see :mod:`nbmigrate.model.sidecar`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nbmigrate.errors import SnapshotFormatError, SnapshotVersionError
from nbmigrate.model import objects as other
from nbmigrate.model import tables
from nbmigrate.model.json_text import (
    DamagedText,
    Json,
    format_json,
    is_plain,
    parse_json,
)
from nbmigrate.model.shape import Node, fields_of, locate, objects, parts_of
from nbmigrate.model.sidecar import (
    SIDECAR,
    STAND_INS,
    dump_extra,
    dump_no_extra,
    extra_of,
    format_extra,
    merge_extra,
)
from nbmigrate.model.snapshot import Snapshot
from nbmigrate.model.tables import Value
from nbmigrate.model.upgrade import LEGACY_VERSIONS, Document, name_enum_schemas, upgrade

__all__ = [
    "NO_PREVIOUS",
    "Dumped",
    "SnapshotFile",
    "dump",
    "dump_both",
    "dump_document",
    "dump_extra",
    "dump_no_extra",
    "following",
    "load",
    "load_document",
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
    later :func:`dump` follows, and the top-level keys that are not ours. ``extra`` is the one of
    its sidecar, told only where both are what a dump of the snapshot gives; ``plain`` is then what
    :func:`~nbmigrate.model.json_text.is_plain` says of the first.
    """

    id: str
    prev_id: str
    snapshot: Snapshot
    layout: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None
    plain: bool = False


class Dumped(NamedTuple):
    """The text of a snapshot file, and of its sidecar when it has one; the file as it is there."""

    text: str
    extra: str | None
    file: SnapshotFile


# --- documents ---------------------------------------------------------------


def load_document(text: str, *, path: Path | str = "") -> Json:
    """The JSON document of any file in ``meta/``, key order kept.

    Raises:
        SnapshotFormatError: when the text is damaged.
    """
    try:
        return parse_json(text)
    except DamagedText as error:
        raise damaged(error, path) from error


def dump_document(document: object) -> str:
    """The bytes drizzle-kit writes for a document, as text."""
    return format_json(document)


def damaged(error: DamagedText, path: Path | str) -> SnapshotFormatError:
    """The error that names the file."""
    return SnapshotFormatError(
        error.message,
        path=path,
        location=f"line {error.line}",
        hint="restore the file from version control, or resolve the merge",
    )


# --- load --------------------------------------------------------------------


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
    document = {k: v for k, v in layout.items() if k in known}
    is_tidy = _is_tidy(document, Snapshot)
    if not is_tidy or extra is not None:
        document = _copied(document)  # the layout stays as it is
    if not is_tidy:
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


def _is_tidy(value: Json, struct: type[Value]) -> bool:
    """Whether :func:`_tidy` would find nothing to do: that takes three times as long."""
    if type(value) is not dict or not value.keys() >= _required(struct):
        return False
    if struct is tables.Table and value["schema"] == "public":
        return False
    if struct is tables.IndexColumn and not value.keys() <= _names(struct):
        return False
    for key, is_one, inner in parts_of(struct):
        inside = _inside(value.get(key), is_one=is_one)
        if inside is None or not all(_is_tidy(item, inner) for item in inside):
            return False
    return True


def _inside(part: Json, *, is_one: bool) -> Collection[Json] | None:
    """The objects in a part of a document; ``None`` where it has another shape."""
    if part is None:
        return ()
    if is_one:
        return (part,)
    if type(part) is dict:
        return part.values()
    return part if type(part) is list else None


@cache
def _required(struct: type[Value]) -> frozenset[str]:
    return frozenset(_REQUIRED.get(struct, ()))


@cache
def _names(struct: type[Value]) -> frozenset[str]:
    return frozenset(field.encode_name for field, _ in fields_of(struct))


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
            for key in node.value.keys() - _names(node.struct):
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
    return dump_both(file).text


def dump_both(file: SnapshotFile, before: SnapshotFile | None = None) -> Dumped:
    """The texts of the file and its sidecar.

    Tables that are the very values of ``before`` stand in it as they stand there.
    """
    same = _Same.of(file.snapshot, before)
    layout = file.layout or {}
    meta: Document = {"columns": {}, "schemas": {}, "tables": {}}
    document = {"id": file.id, "prevId": file.prev_id, "version": VERSION, "dialect": DIALECT}
    document |= _encode(file.snapshot, layout, same.documents)
    document |= {"_meta": layout.get("_meta", meta)}
    document |= {key: value for key, value in layout.items() if key not in document}
    document = _like(document, layout)
    extra = extra_of(file.snapshot, same.extras)
    plain = is_plain(document, same.documents.values() if before and before.plain else ())
    return Dumped(
        format_json(document, plain=plain),
        format_extra(extra) if extra else None,
        msgspec.structs.replace(file, layout=document, extra=extra, plain=plain),
    )


class _Same(NamedTuple):
    """The documents of values that were dumped before, by the ids of the values."""

    documents: Mapping[int, Document] = {}
    extras: Mapping[int, Document] = {}

    @classmethod
    def of(cls, snapshot: Snapshot, before: SnapshotFile | None) -> _Same:
        if before is None or before.layout is None or before.extra is None:
            return cls()
        known = before.snapshot.tables
        same = {key: id(t) for key, t in snapshot.tables.items() if known.get(key) is t}
        documents, extras = before.layout["tables"], before.extra.get("tables", {})
        return cls(
            {number: documents[key] for key, number in same.items()},
            {number: extras.get(key, {}) for key, number in same.items()},
        )


def _encode(value: Json, layout: Json, known: Mapping[int, Document]) -> Json:
    """The version 7 form, ordered like ``layout`` where that says the same."""
    # By type and not by pattern: every value of every table comes by here.
    if type(value) in _LEAVES:
        return value
    if isinstance(value, Value):
        return _encode_struct(value, layout if isinstance(layout, dict) else {}, known)
    if isinstance(value, Mapping):
        layout = layout if isinstance(layout, dict) else {}
        keys = dict.fromkeys([*[key for key in layout if key in value], *value])
        return {key: _encode(value[key], layout.get(key), known) for key in keys}
    if isinstance(value, tuple | list):
        same = isinstance(layout, list) and len(layout) == len(value)
        pairs = zip(value, layout if same else [None] * len(value), strict=True)
        return [_encode(item, old, known) for item, old in pairs]
    return value


def _encode_struct(value: Value, layout: Document, known: Mapping[int, Document]) -> Document:
    if (found := known.get(id(value))) is not None:
        return found
    encoded = {}
    for name, key, stand_in in _written(type(value)):
        item = getattr(value, name) if stand_in is None else stand_in
        if type(item) in _LEAVES:
            if item is not None:
                encoded[key] = item
        else:
            encoded[key] = _encode(item, layout.get(key), known)
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
