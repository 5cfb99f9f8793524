import copy
import inspect
import json
import re
from pathlib import Path

import pytest

from nbmigrate.errors import SnapshotFormatError, SnapshotVersionError
from nbmigrate.model import (
    EMPTY,
    Column,
    Generated,
    Index,
    IndexColumn,
    Snapshot,
    Table,
    codec,
    objects,
    snapshot,
    tables,
)
from nbmigrate.model.sidecar import SIDECAR
from nbmigrate.model.tables import Value

SAMPLE = Path(__file__).parents[2] / "compat/drizzle/22-saas-realistic/drizzle/meta"
NULL_ID = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def document():
    return json.loads((SAMPLE / "0000_snapshot.json").read_text())


def _load(document):
    return codec.load(json.dumps(document), path="0000_snapshot.json")


def _table(document, name="public.users"):
    return document["tables"][name]


def test_ids_belong_to_the_file(document):
    file = _load(document)
    assert (file.id, file.prev_id) == (document["id"], NULL_ID)


@pytest.mark.parametrize("key", ["views", "sequences", "roles", "policies"])
def test_missing_optional_maps_are_filled(document, key):
    del document[key]
    assert _load(document).snapshot


@pytest.mark.parametrize(
    "key", ["policies", "checkConstraints", "uniqueConstraints", "isRLSEnabled"]
)
def test_missing_optional_keys_of_a_table_are_filled(document, key):
    del _table(document)[key]
    file = _load(document)
    assert json.loads(codec.dump(file))["tables"]["public.users"][key] in ({}, False)


@pytest.mark.parametrize("key", ["enums", "schemas", "tables", "id", "prevId"])
def test_missing_required_maps_are_malformed(document, key):
    del document[key]
    with pytest.raises(SnapshotFormatError, match=key):
        _load(document)


def test_unknown_keys_at_the_top_survive(document):
    document["ours"] = {"a": 1}
    document["_meta"]["note"] = "x"
    again = json.loads(codec.dump(_load(document)))
    assert again["ours"] == {"a": 1}
    assert again["_meta"]["note"] == "x"


def test_unknown_keys_of_an_index_column_are_overlooked(document):
    _table(document)["indexes"]["i"] = {
        "name": "i",
        "columns": [{"expression": "id", "isExpression": False, "asc": True, "odd": 1}],
        "isUnique": False,
    }
    index = _load(document).snapshot.tables["public.users"].indexes["i"]
    assert index == Index(name="i", columns=(IndexColumn(expression="id"),))


def test_public_spelled_out_is_the_same_table(document):
    same = copy.deepcopy(document)
    _table(same)["schema"] = "public"
    assert _load(same).snapshot == _load(document).snapshot


def _first_column(table):
    return next(iter(table["columns"]))


def _break_type(table):
    key = _first_column(table)
    table["columns"][key]["notNull"] = "yes"
    return f'.columns["{key}"].notNull'


def _break_key(table):
    key = _first_column(table)
    table["columns"][key]["isUnique"] = True
    return f'.columns["{key}"]'


def _break_missing(table):
    key = _first_column(table)
    del table["columns"][key]["primaryKey"]
    return f'.columns["{key}"]'


def _break_index(table):
    table["indexes"]["odd"] = {
        "name": "odd",
        "columns": [{"expression": 1, "isExpression": False, "asc": True}],
        "isUnique": False,
    }
    return '.indexes["odd"].columns[0].expression'


def _break_map(table):
    table["foreignKeys"] = []
    return ".foreignKeys"


def _break_generated(table):
    key = _first_column(table)
    table["columns"][key]["generated"] = {"as": "1", "type": "magic"}
    return f'.columns["{key}"].generated.type'


@pytest.mark.parametrize(
    "damage",
    [_break_type, _break_key, _break_missing, _break_index, _break_map, _break_generated],
)
def test_the_exact_place_is_named(document, damage):
    place = 'tables["public.users"]' + damage(_table(document))
    with pytest.raises(SnapshotFormatError) as caught:
        _load(document)
    assert caught.value.location == place
    assert caught.value.path == "0000_snapshot.json"


def test_the_place_in_a_plain_map_is_named(document):
    document["schemas"]["app"] = 5
    with pytest.raises(SnapshotFormatError) as caught:
        _load(document)
    assert caught.value.location == 'schemas["app"]'


@pytest.mark.parametrize("version", ["8", "10", "4", "1"])
def test_other_versions_are_refused(document, version):
    document["version"] = version
    with pytest.raises(SnapshotVersionError) as caught:
        _load(document)
    assert caught.value.found == version
    assert caught.value.hint


@pytest.mark.parametrize(("key", "value"), [("version", 7), ("version", None), ("dialect", "x")])
def test_a_strange_header_is_malformed(document, key, value):
    document[key] = value
    with pytest.raises(SnapshotFormatError) as caught:
        _load(document)
    assert caught.value.location == key


@pytest.mark.parametrize("text", ["[]", "5", '"x"', "null", "{}", '{"entries": []}'])
def test_what_is_no_snapshot_is_refused(text):
    with pytest.raises(SnapshotFormatError):
        codec.load(text)


def test_following_keeps_the_order_and_appends(document):
    first = _load(document)
    tables_before = list(first.snapshot.tables)
    added = Table(name="aaa", columns={"id": Column(name="id", type="integer")})
    shuffled = dict(reversed(first.snapshot.tables.items()))
    after = Snapshot(
        tables={"public.aaa": added, **shuffled},
        enums=first.snapshot.enums,
        schemas=first.snapshot.schemas,
        views=first.snapshot.views,
    )
    second = codec.following(after, first)
    written = json.loads(codec.dump(second))
    assert list(written["tables"]) == [*tables_before, "public.aaa"]
    assert (second.prev_id, written["prevId"]) == (first.id, first.id)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", second.id)
    assert codec.load(codec.dump(second)).snapshot == after


def test_following_nothing_starts_the_chain():
    first = codec.following(EMPTY, None)
    assert first.prev_id == NULL_ID
    assert list(json.loads(codec.dump(first))) == [
        "id",
        "prevId",
        "version",
        "dialect",
        "tables",
        "enums",
        "schemas",
        "sequences",
        "roles",
        "policies",
        "views",
        "_meta",
    ]


def test_following_drops_what_drizzle_drops():
    path = SAMPLE.parents[2] / "20-introspect-pull/drizzle/meta/0000_snapshot.json"
    pulled = codec.load(path.read_text())
    assert "internal" in json.loads(codec.dump(pulled))
    assert "internal" not in json.loads(codec.dump(codec.following(pulled.snapshot, pulled)))


# --- the sidecar -------------------------------------------------------------


def _commented_fields(module):
    """The fields below ``# sidecar`` in each class of a module's source."""
    found = {}
    for name, cls in inspect.getmembers(module, inspect.isclass):
        if issubclass(cls, Value) and cls.__module__ == module.__name__:
            _, _, below = inspect.getsource(cls).partition("# sidecar\n")
            fields = re.findall(r"^    (\w+):", below, re.MULTILINE)
            if fields:
                found[name] = tuple(fields)
    return found


def test_the_table_lists_what_the_model_marks():
    marked = {}
    for module in (tables, objects, snapshot):
        marked |= _commented_fields(module)
    assert {cls.__name__: fields for cls, fields in SIDECAR.items()} == marked
    assert "Table" in marked


EXTRAS = Snapshot(
    tables={
        "public.t": Table(
            name="t",
            comment="rows",
            columns={
                "a": Column(name="a", type="text", collation="C"),
                "b": Column(
                    name="b", type="text", generated=Generated(expression="a", type="virtual")
                ),
            },
            indexes={
                "i": Index(
                    name="i",
                    columns=(
                        IndexColumn(expression="a"),
                        IndexColumn(expression="b", collation="C"),
                    ),
                    include=("b",),
                )
            },
        )
    }
)


def test_the_sidecar_holds_nothing_but_its_fields():
    assert json.loads(codec.dump_extra(EXTRAS)) == {
        "version": 1,
        "tables": {
            "public.t": {
                "comment": "rows",
                "columns": {"a": {"collation": "C"}, "b": {"generated": {"type": "virtual"}}},
                "indexes": {"i": {"columns": {"1": {"collation": "C"}}, "include": ["b"]}},
            }
        },
    }


def test_the_snapshot_holds_none_of_them():
    text = codec.dump(codec.following(EXTRAS, None))
    for word in ("comment", "collation", "include", "virtual"):
        assert word not in text
    assert codec.load(text, extra=codec.dump_extra(EXTRAS)).snapshot == EXTRAS
    assert codec.load(text).snapshot != EXTRAS


def test_a_sidecar_of_objects_that_are_gone_is_passed_over():
    text = codec.dump(codec.following(EMPTY, None))
    assert codec.load(text, extra=codec.dump_extra(EXTRAS)).snapshot == EMPTY


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ("{}", SnapshotFormatError),
        ("[]", SnapshotFormatError),
        ("{", SnapshotFormatError),
        ('{"version": 2}', SnapshotVersionError),
        ('{"version": 1, "tables": {"public.t": 5}}', SnapshotFormatError),
        ('{"version": 1, "tables": {"public.t": {"comment": 5}}}', SnapshotFormatError),
    ],
)
def test_a_damaged_sidecar_is_refused(extra, error):
    text = codec.dump(codec.following(EXTRAS, None))
    with pytest.raises(error):
        codec.load(text, path="0000_snapshot.json", extra=extra)
