"""Columns: types, defaults, identity, serial."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from nbmigrate.model import Column, Generated, Identity
from nbmigrate.model.names import PUBLIC, object_name, sequence_name
from nbmigrate.postgresql.expressions import strip_parens
from nbmigrate.postgresql.identifiers import in_quotes
from nbmigrate.postgresql.introspect.options import typed_options
from nbmigrate.postgresql.printed import printed_default
from nbmigrate.postgresql.types import SERIAL_TYPES, canonical_type, identity_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmigrate.model import Default
    from nbmigrate.postgresql.introspect.catalog import Catalog
    from nbmigrate.postgresql.sending import Row

_SERIALS = {integer: serial for serial, integer in SERIAL_TYPES.items()}
_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}
_COMPRESSION = {"p": "pglz", "l": "lz4"}
_IDENTITY = {"a": "always", "d": "byDefault"}

Place = tuple[int, int]

#: Where in a row the columns begin that are NULL for nearly all.
_SPECIAL = 8
_NOTHING = (None,) * 11


class Type(NamedTuple):
    """A column's type as the snapshot has it."""

    name: str
    schema: str | None


class Columns(NamedTuple):
    """The columns by table, and what other kinds need to know about them."""

    by_table: Mapping[int, Mapping[str, Column]]
    names: Mapping[int, Mapping[int, str]]
    collations: Mapping[Place, int | None]
    collation_names: Mapping[int, str]
    serial_sequences: frozenset[tuple[str, str]]


class OwnedSequence(NamedTuple):
    """A sequence that a column owns, by identity (``i``) or OWNED BY (``a``)."""

    schema: str
    name: str
    type: str
    start: int
    increment: int
    min_value: int
    max_value: int
    cache: int
    cycle: bool
    ownership: str
    nextval: str | None
    table: str | None
    comment: str | None

    @property
    def is_plain(self) -> bool:
        """Whether it is as ``serial`` makes it.

        Its name is not looked at: a serial column keeps its sequence when it is renamed.
        """
        low, high = identity_bounds(self.type)
        numbers = (self.start, self.increment, self.min_value, self.max_value, self.cache)
        return numbers == (1, 1, int(low), int(high), 1) and not self.cycle


class _Reader:
    """What is looked up for each column."""

    def __init__(self, catalog: Catalog) -> None:
        self.types = {(row[0], row[1]): _type(row) for row in catalog.types}
        self.owned: defaultdict[Place, list[OwnedSequence]] = defaultdict(list)
        for place, owned in (_owned_sequence(row) for row in catalog.sequences if row[9]):
            self.owned[place].append(owned)
        self.comments = {(row[0], row[1]): row[2] for row in catalog.comments}
        self.keys = {
            (row[0], row[3][0]) for row in catalog.constraints if row[2] == "p" and len(row[3]) == 1
        }
        self.collation_names = {
            row[0]: collation_name(row[1], row[2]) for row in catalog.collations
        }
        self.defaults: dict[tuple[str, str], Default | None] = {}
        self.serials: set[tuple[str, str]] = set()
        self.not_null_names = _odd_names(catalog)

    def column(self, row: Row) -> Column:
        """The column of a row."""
        relid, attnum, name, typid, typmod, not_null, _, text = row[:_SPECIAL]
        kind = self.types[typid, typmod]
        place = (relid, attnum)
        is_usual = row[_SPECIAL:] == _NOTHING and place not in self.owned
        if not is_usual or place in self.not_null_names:
            return self._special(row, kind)
        return Column(
            name=name,
            type=kind.name,
            type_schema=kind.schema,
            primary_key=place in self.keys,
            not_null=not_null,
            default=self._default(text, kind.name) if text else None,
            comment=self.comments.get(place),
        )

    def _special(self, row: Row, kind: Type) -> Column:
        """A column with something that few have."""
        relid, attnum, name, _, _, not_null, collid, text = row[:_SPECIAL]
        identity_kind, generated, has_collation, storage, compression, statistics = row[8:14]
        place = (relid, attnum)
        serial = identity = None
        for owned in self.owned.get(place, ()):
            serial = serial or self._serial(row, kind.name, owned)
            if owned.ownership == "i":
                identity = _identity(identity_kind, owned)
        return Column(
            name=name,
            type=serial or kind.name,
            type_schema=kind.schema,
            primary_key=place in self.keys,
            not_null=not_null,
            generated=_generated(generated, text) if generated else None,
            identity=identity,
            default=None if not text or serial or generated else self._default(text, kind.name),
            collation=self.collation_names[collid] if has_collation else None,
            storage=_STORAGE[storage] if storage else None,
            compression=_COMPRESSION[compression] if compression else None,
            statistics=statistics,
            not_null_name=self.not_null_names.get(place),
            local=row[17],
            sequence_name=self._odd_sequence(row) if serial else None,
            sequence_comment=self._sequence_comment(place) if serial or identity else None,
            options=typed_options(row[18]) if row[18] else {},
            comment=self.comments.get(place),
        )

    def _odd_sequence(self, row: Row) -> str | None:
        """The name of a serial column's sequence where PostgreSQL would choose another one."""
        found = next(s for s in self.owned[row[0], row[1]] if (s.schema, s.name) in self.serials)
        assert found.table  # told of each that is not an identity's
        return found.name if found.name != sequence_name(found.table, row[2]) else None

    def _sequence_comment(self, place: Place) -> str | None:
        """The comment on the sequence that an identity or serial column counts with."""
        counting = (
            s for s in self.owned[place] if s.ownership == "i" or (s.schema, s.name) in self.serials
        )
        return next((s.comment for s in counting if s.comment), None)

    def _default(self, text: str, kind: str) -> Default | None:
        asked = (text, kind)
        if asked not in self.defaults:
            self.defaults[asked] = printed_default(text, kind)
        return self.defaults[asked]

    def _serial(self, row: Row, kind: str, owned: OwnedSequence) -> str | None:
        """The serial type that the column was declared with."""
        is_serial = owned.ownership == "a" and row[5] and owned.is_plain and owned.type == kind
        if not is_serial or row[7] != f"nextval({owned.nextval}::regclass)":
            return None
        self.serials.add((owned.schema, owned.name))
        return _SERIALS[kind]


def read_columns(catalog: Catalog) -> Columns:
    """All columns of tables and views."""
    reader = _Reader(catalog)
    by_table: defaultdict[int, dict[str, Column]] = defaultdict(dict)
    names: defaultdict[int, dict[int, str]] = defaultdict(dict)
    collations: dict[Place, int | None] = {}
    for row in catalog.columns:
        relid, attnum, name = row[:3]
        by_table[relid][name] = reader.column(row)
        names[relid][attnum] = name
        collations[relid, attnum] = row[6]
    return Columns(by_table, names, collations, reader.collation_names, frozenset(reader.serials))


def _type(row: Row) -> Type:
    _, _, is_array, is_built_in, is_of_extension, is_on_path, schema, name, text, modifier = row
    suffix = "[]" if is_array else ""
    if is_built_in:
        return Type(canonical_type(text) + suffix, None)
    if is_of_extension:
        # where a bare name is not found, the schema must be said
        return Type(canonical_type(name + modifier) + suffix, None if is_on_path else schema)
    return Type(name + modifier + suffix, schema)


def _owned_sequence(row: Row) -> tuple[Place, OwnedSequence]:
    return (row[10], row[11]), OwnedSequence._make((*row[:10], row[12], row[14], row[16]))


def _identity(kind: str, sequence: OwnedSequence) -> Identity:
    return Identity(
        type=_IDENTITY[kind],  # type: ignore[arg-type]  # one of the two words
        name=sequence.name,
        schema=sequence.schema,
        increment=str(sequence.increment),
        start_with=str(sequence.start),
        min_value=str(sequence.min_value),
        max_value=str(sequence.max_value),
        cache=str(sequence.cache),
        cycle=sequence.cycle,
    )


def _odd_names(catalog: Catalog) -> dict[Place, str]:
    """The names of NOT NULL that PostgreSQL would not choose, also since they are taken.

    The rows leave out those that are usual at first sight, which are nearly all.
    """
    candidates = [row for row in catalog.columns if row[14] and not row[16]]
    if not candidates:
        return {}
    tables = {row[0]: (row[1], row[2]) for row in catalog.tables}
    candidates = [row for row in candidates if row[0] in tables]
    odd = {row[:2]: row[14] for row in candidates if _is_odd(row, tables[row[0]][1])}
    taken = {(tables[relid][0], name) for (relid, _), name in odd.items()}
    for row in catalog.columns if odd else ():
        if row[5] and not row[16] and row[0] in tables:
            schema, table = tables[row[0]]
            name = row[14] or f"{table}_{row[2]}_not_null"
            if (schema, name) in taken:
                odd[row[:2]] = name
    return odd


def _is_odd(row: Row, table: str) -> bool:
    """Whether NOT NULL has a name that PostgreSQL would not choose."""
    found, inherited, _, is_listed = row[14:18]
    own = object_name(table, row[2], "not_null")
    return bool(found != (own if is_listed else inherited or own))


def _generated(kind: str, text: str) -> Generated:
    return Generated(expression=strip_parens(text), type="virtual" if kind == "v" else "stored")


def collation_name(schema: str, name: str) -> str:
    """The bare name of one of PostgreSQL's own; SQL text of another one."""
    if schema == "pg_catalog":
        return name
    return in_quotes(name) if schema == PUBLIC else f"{in_quotes(schema)}.{in_quotes(name)}"
