"""What version 7 of the snapshot format cannot hold: the fields of ``meta/_NNNN_extra.json``.

drizzle-kit skips names in ``meta/`` that begin with ``_``. A sidecar has the same
tree as its snapshot with nothing but these fields; positions in a list are keys.
The fields are listed once, in ``SIDECAR``, and no code names any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec

from nbmigrate.errors import SnapshotFormatError, SnapshotVersionError
from nbmigrate.model import objects as other
from nbmigrate.model import tables
from nbmigrate.model.json_text import Json, format_json
from nbmigrate.model.shape import Node, children, fields_of, fields_with_objects
from nbmigrate.model.snapshot import Snapshot
from nbmigrate.model.tables import Value

Document = dict[str, Any]

_VERSION = 1

_OF_SCHEMAS = ("schema_comments", "schema_privileges")

_OF_KEYS = (
    "include",
    "without_overlaps",
    "deferrable",
    "initially_deferred",
    "parameters",
    "comment",
)

#: What version 7 cannot hold, per type.
SIDECAR: Mapping[type[Value], tuple[str, ...]] = {
    Snapshot: ("extensions", "domains", "types", "functions", "definitions", *_OF_SCHEMAS),
    tables.Table: (
        "primary_key_name",
        "primary_key_options",
        "force_rls",
        "rls_off",
        "unlogged",
        "options",
        "replica_identity",
        "clustered_on",
        "exclusions",
        "statistics",
        "partition_key",
        "partition_of",
        "part_names",
        "using",
        "inherits",
        "privileges",
        "column_privileges",
        "sequence_privileges",
        "comment",
        "triggers",
        "rules",
    ),
    tables.Column: (
        "collation",
        "storage",
        "compression",
        "statistics",
        "not_null_name",
        "local",
        "sequence_name",
        "sequence_comment",
        "options",
        "comment",
    ),
    tables.IndexColumn: ("collation",),
    tables.Index: ("include", "nulls_not_distinct", "tablespace", "key_statistics", "comment"),
    tables.ForeignKey: (
        "match",
        "deferrable",
        "initially_deferred",
        "not_valid",
        "not_enforced",
        "period",
        "delete_columns",
        "comment",
    ),
    tables.PrimaryKey: _OF_KEYS,
    tables.Unique: _OF_KEYS,
    tables.Policy: ("comment",),
    tables.Check: ("no_inherit", "not_valid", "not_enforced", "comment"),
    other.Enum: ("privileges", "comment"),
    other.Sequence: ("data_type", "owned_by", "unlogged", "privileges", "comment"),
    other.View: (
        "option_words",
        "privileges",
        "column_privileges",
        "column_comments",
        "comment",
        "indexes",
        "clustered_on",
        "statistics",
        "triggers",
        "rules",
    ),
}

#: Fields of which version 7 knows one value only; the real one goes to the sidecar.
STAND_INS: Mapping[type[Value], Mapping[str, object]] = {tables.Generated: {"type": "stored"}}


_DEEPER = object()


def dump_extra(snapshot: Snapshot) -> str | None:
    """The text of the sidecar; ``None`` when version 7 holds everything."""
    extra = extra_of(snapshot)
    return format_extra(extra) if extra else None


def extra_of(snapshot: Snapshot, known: Mapping[int, Document] = MappingProxyType({})) -> Document:
    """The document of the sidecar, without its version; ``known`` are parts by the ids of values."""
    return _extra_struct(snapshot, known)


def format_extra(extra: Document) -> str:
    """The text of the sidecar."""
    return format_json({"version": _VERSION} | extra)


def dump_no_extra() -> str:
    """The text of a sidecar that says: nothing, and do not look further back."""
    return format_json({"version": _VERSION})


def is_silent(text: bytes) -> bool:
    """Whether a sidecar holds nothing of the schema: a migration's way back is no part of it.

    Raises:
        msgspec.DecodeError: it is damaged.
    """
    found = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    version = bytes(found.get("version", b""))
    return found.keys() <= {"version", "down"} and version == b"%d" % _VERSION


def _extra(value: Json, known: Mapping[int, Document]) -> Document:
    if isinstance(value, Value):
        return _extra_struct(value, known)
    if isinstance(value, Mapping):
        parts = {key: _extra(item, known) for key, item in value.items()}
    elif isinstance(value, tuple):
        parts = {str(at): _extra(item, known) for at, item in enumerate(value)}
    else:
        parts = {}
    return {key: part for key, part in parts.items() if part}


def _extra_struct(value: Value, known: Mapping[int, Document]) -> Document:
    if (found := known.get(id(value))) is not None:
        return found
    extra = {}
    for name, key, usual in _to_write(type(value)):
        item = getattr(value, name)
        if usual is _DEEPER:
            if item and (part := _extra(item, known)):
                extra[key] = part
        elif item != usual:
            extra[key] = msgspec.to_builtins(item)
    return extra


@cache
def _to_write(struct: type[Value]) -> tuple[tuple[str, str, object], ...]:
    """The fields that version 7 does not know, or of which it knows one value, and that value.

    Those in which there may be such have ``_DEEPER`` in its place.
    """
    own, stand_ins = SIDECAR.get(struct, ()), STAND_INS.get(struct, {})
    deeper = {field.name for field, _ in fields_with_objects(struct)}
    found: list[tuple[str, str, object]] = []
    for field, _ in fields_of(struct):
        if field.name in own or field.name in stand_ins:
            usual = _default(field) if field.name in own else stand_ins[field.name]
            found.append((field.name, field.encode_name, usual))
        elif field.name in deeper:
            found.append((field.name, field.encode_name, _DEEPER))
    return tuple(found)


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def merge_extra(document: Document, extra: object, *, path: str) -> None:
    """Puts a sidecar's fields into a snapshot's document, in place.

    Raises:
        SnapshotFormatError: when ``extra`` is no sidecar.
        SnapshotVersionError: when a newer release wrote it.
    """
    place = f"{path} (sidecar)"
    version = extra.get("version") if isinstance(extra, dict) else None
    if not isinstance(version, int):
        raise SnapshotFormatError("not a sidecar", path=place, location="version")
    if version > _VERSION:
        hint = "written by a newer nbmigrate; upgrade it"
        raise SnapshotVersionError(found=version, supported=(str(_VERSION),), path=place, hint=hint)
    _merge(Node(document, Snapshot, ""), extra, place)


def _merge(node: Node, extra: object, path: str) -> None:
    """Puts the sidecar's fields into the document; objects that are gone are passed over."""
    if not isinstance(extra, dict):
        message = "the sidecar holds no object here"
        raise SnapshotFormatError(message, path=path, location=node.path)
    if node.struct:
        own = (*SIDECAR.get(node.struct, ()), *STAND_INS.get(node.struct, ()))
        names = {f.encode_name for f, _ in fields_of(node.struct) if f.name in own}
        node.value.update({key: extra[key] for key in names & extra.keys()})
        extra = {key: part for key, part in extra.items() if key not in names}
    parts = children(node)
    keyed = zip(_keys(node), parts, strict=True)
    for key, child in keyed:
        if key in extra:
            _merge(child, extra[key], path)


def _keys(node: Node) -> list[str]:
    """The sidecar's keys of the node's children, in their order."""
    if node.struct:
        return [f.encode_name for f, _ in fields_of(node.struct) if f.encode_name in node.value]
    if isinstance(node.value, list):
        return [str(at) for at in range(len(node.value))]
    return list(node.value)
