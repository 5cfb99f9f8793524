"""What is remembered of a file is what would be read of it."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from nbmigrate.errors import SnapshotFormatError
from nbmigrate.model import Column, Snapshot, Table, files
from nbmigrate.model.codec import SnapshotFile, dump, dump_both, dump_extra, following, load
from nbmigrate.model.files import load_file, remember
from tests.unit.model.test_codec_properties import values_of


def written(folder: Path, snapshot: Snapshot, before: SnapshotFile | None) -> SnapshotFile:
    """The next file of the chain, written and remembered; its texts are those of a dump."""
    path, extra = folder / "snapshot.json", folder / "_extra.json"
    file = following(snapshot, before)
    dumped = dump_both(file, before)
    assert dumped.text == dump(file)
    assert dumped.extra == dump_extra(snapshot)
    path.write_text(dumped.text)
    extra.unlink(missing_ok=True)
    if dumped.extra is not None:
        extra.write_text(dumped.extra)
    remember(dumped, path, extra=extra if dumped.extra else None, before=before)
    return looked_at(path, extra if dumped.extra else None)


def looked_at(path: Path, extra: Path | None) -> SnapshotFile:
    """What is at hand; it is what the texts say, in the same order."""
    found = load_file(path, extra=extra)
    fresh = load(path.read_text(), path=str(path), extra=extra.read_text() if extra else None)
    assert msgspec.structs.replace(found, extra=None, plain=False) == fresh
    assert dump(found) == dump(fresh)
    assert [*found.snapshot.tables] == [*fresh.snapshot.tables]
    return found


def with_tables(snapshot: Snapshot, **tables: Table | None) -> Snapshot:
    known = {**snapshot.tables, **tables}
    return msgspec.structs.replace(
        snapshot, tables={name: table for name, table in known.items() if table is not None}
    )


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    first=values_of(Snapshot),
    tables=st.lists(values_of(Table), min_size=6, max_size=6),
    rest=values_of(Snapshot),
)
def test_a_chain_of_files(tmp_path_factory, first, tables, rest):
    folder = tmp_path_factory.mktemp("chain")
    a, b, c, d, e, other = tables
    snapshot = with_tables(first, a=a, b=b, c=c)
    file = written(folder, snapshot, None)
    for change in (
        {"d": d},  # one more: the others are the same values from here on
        {"b": other},
        {"a": None},
        {"e": e, "c": a},
    ):
        file = written(folder, with_tables(file.snapshot, **change), file)
    others = msgspec.structs.replace(rest, tables=file.snapshot.tables)
    written(folder, others, file)


def table(name: str, default: object = None) -> Table:
    return Table(
        name=name, schema="", columns={"x": Column(name="x", type="real", default=default)}
    )


@pytest.mark.parametrize("default", [1e-7, 1e21, 2**70, "\ud800", {"a": [1e-7]}])
def test_a_number_that_javascript_writes_otherwise_stays(tmp_path, default):
    """It is in a table that does not change, and is not looked at again."""
    first = Snapshot(tables={f"public.{n}": table(n) for n in "abc"})
    file = written(tmp_path, first, None)
    odd = with_tables(file.snapshot, **{"public.odd": table("odd", default)})
    file = written(tmp_path, odd, file)
    for name in ("d", "e"):
        more = with_tables(file.snapshot, **{f"public.{name}": table(name)})
        file = written(tmp_path, more, file)
        assert file.snapshot.tables["public.odd"].columns["x"].default == default


def test_unchanged_tables_are_the_same_values(tmp_path):
    file = written(tmp_path, Snapshot(tables={f"public.{n}": table(n) for n in "abc"}), None)
    more = with_tables(file.snapshot, **{"public.d": table("d", 1)})
    again = written(tmp_path, more, file)
    assert again.extra is not None
    for name, before in file.snapshot.tables.items():
        assert again.snapshot.tables[name] is before


def test_a_file_that_somebody_else_wrote_is_read(tmp_path):
    file = written(tmp_path, Snapshot(tables={f"public.{n}": table(n) for n in "abc"}), None)
    path = tmp_path / "snapshot.json"
    dumped = dump_both(
        following(with_tables(file.snapshot, **{"public.d": table("d")}), file), file
    )
    other = dump(following(with_tables(file.snapshot, **{"public.e": table("e")}), file))
    path.write_text(other)
    remember(dumped, path, extra=None, before=file)
    assert "public.e" in load_file(path).snapshot.tables
    path.write_text(dumped.text)
    assert "public.d" in load_file(path).snapshot.tables


def test_only_the_last_two_are_at_hand(tmp_path):
    for number in range(5):
        path = tmp_path / f"{number}.json"
        path.write_text(dump(following(Snapshot(tables={"public.t": table("t", number)}), None)))
        load_file(path)
    assert len(files._recent) == 2


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(SnapshotFormatError, match="cannot be read: No such file"):
        load_file(tmp_path / "missing.json")
