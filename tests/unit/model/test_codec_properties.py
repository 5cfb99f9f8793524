"""Whatever the model can hold comes back from its files."""

import json
import math
import types
import typing
from collections.abc import Mapping
from unittest import mock

import hypothesis.strategies as st
import msgspec
from hypothesis import HealthCheck, given, settings

from nbmigrate.errors import NbmigrateError
from nbmigrate.model import Column, Index, Snapshot, Table, codec, json_text
from nbmigrate.model.shape import fields_of
from nbmigrate.model.tables import Value

TEXT = st.text(max_size=6)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def values_of(hint):
    """A strategy for an annotation of the model."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Value):
        return structs(hint)
    if origin is Mapping:
        return st.dictionaries(TEXT, values_of(arguments[1]), max_size=2)
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=2).map(tuple)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(values_of(argument) for argument in arguments))
    if origin is list:
        return st.lists(JSON, max_size=3)
    if origin is dict:
        return st.dictionaries(TEXT, JSON, max_size=3)
    return {
        str: TEXT,
        bool: st.booleans(),
        int: st.integers(-(2**70), 2**70),
        float: st.floats(allow_nan=False, allow_infinity=False),
        types.NoneType: st.none(),
    }[hint]


def structs(cls):
    arguments = {}
    for field, hint in fields_of(cls):
        if cls is Table and field.name == "schema":
            # "public" is not how a snapshot spells it.
            arguments[field.name] = TEXT
        else:
            arguments[field.name] = values_of(hint)
    return st.builds(cls, **arguments)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(snapshot=values_of(Snapshot))
def test_load_is_the_inverse_of_dump(snapshot):
    file = codec.following(snapshot, None)
    text = codec.dump(file)
    loaded = codec.load(text, extra=codec.dump_extra(snapshot))
    assert loaded.snapshot == snapshot
    assert codec.dump(loaded) == text


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=values_of(Snapshot), new=values_of(Snapshot))
def test_the_layout_of_another_snapshot_changes_nothing_but_order(old, new):
    first = codec.load(codec.dump(codec.following(old, None)))
    text = codec.dump(codec.following(new, first))
    assert codec.load(text, extra=codec.dump_extra(new)).snapshot == new


def places_in(document, place=()):
    """The keys to every part of the document."""
    yield place
    pairs = document.items() if isinstance(document, dict) else []
    for key, part in enumerate(document) if isinstance(document, list) else pairs:
        yield from places_in(part, (*place, key))


def outcome(text):
    """What loading it gives, or what is said against it."""
    try:
        file = codec.load(text)
    except NbmigrateError as error:
        return type(error), str(error)
    return file.snapshot, file.layout


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=values_of(Table), index=values_of(Index), data=st.data())
def test_what_is_passed_as_tidy_is(table, index, data):
    """A document with something else in some place gives the same, looked at in either way."""
    table = msgspec.structs.replace(table, indexes={"i": index, **table.indexes})
    file = codec.following(Snapshot(tables={"public.t": table}), None)
    document = json.loads(codec.dump(file))
    *place, last = data.draw(st.sampled_from([p for p in places_in(document) if p]))
    holder = document
    for key in place:
        holder = holder[key]
    if isinstance(holder, dict) and data.draw(st.booleans()):
        del holder[last]
        holder |= data.draw(st.sampled_from([{}, {"other": 1}, {"schema": "public"}]))
    else:
        holder[last] = data.draw(JSON)
    text = json.dumps(document)
    found = outcome(text)
    with mock.patch.object(codec, "_is_tidy", return_value=False):
        assert outcome(text) == found


@given(JSON)
def test_json_comes_back(value):
    assert json_text.parse_json(json_text.format_json(value)) == value


@given(JSON)
def test_both_ways_of_writing_json_write_the_same(value):
    assert json_text.format_json(value) == "".join(json_text._format(value, "\n"))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back(value):
    text = json_text.format_number(value)
    assert json.loads(text) == value
    assert math.copysign(1, float(text)) == math.copysign(1, value) or value == 0


def test_columns_are_generated_with_every_field():
    names = {field.name for field, _ in fields_of(Column)}
    assert {"type_schema", "default", "comment"} <= names
