"""One spelling for two snapshots."""

from __future__ import annotations

import msgspec

from nbmigrate.diff import diff
from nbmigrate.diff.respell import respell
from nbmigrate.model import EMPTY, Column, Snapshot, Table
from nbmigrate.operations import CreateTable


def snapshot(default: str, *names: str) -> Snapshot:
    tables = {
        f"public.{name}": Table(
            name=name,
            schema="public",
            columns={"a": Column(name="a", type="numeric", default=default)},
            inherits=(f"public.{above}",) if above else (),
        )
        for name, above in zip(names, ("", *names), strict=False)
    }
    return msgspec.structs.replace(EMPTY, tables=tables)


def test_what_a_new_child_inherits_is_said_in_the_words_of_its_parent() -> None:
    old, new = snapshot("'7'", "p"), snapshot("7", "p", "child", "grandchild")
    spelled = respell(old, snapshot("7", "p"), new, new)
    made = [op for op in diff(old, spelled) if isinstance(op, CreateTable)]
    assert [op.inherited for op in made] == [("a",), ("a",)]


def test_what_a_new_child_has_of_its_own_stays() -> None:
    old, new = snapshot("'7'", "p"), snapshot("7", "p", "child")
    own = msgspec.structs.replace(
        new.tables["public.child"], columns={"a": Column(name="a", type="numeric", default="8")}
    )
    new = msgspec.structs.replace(new, tables={**new.tables, "public.child": own})
    spelled = respell(old, snapshot("7", "p"), new, new)
    assert spelled.tables["public.p"] == old.tables["public.p"]
    assert spelled.tables["public.child"] == own
