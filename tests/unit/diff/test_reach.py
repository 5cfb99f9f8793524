"""What objects stand on, and digests of it."""

from __future__ import annotations

from nbmigrate.diff.components import components
from nbmigrate.diff.reach import Reach
from nbmigrate.model import Snapshot, View


def view(name: str, definition: str) -> View:
    return View(
        columns={},
        name=name,
        schema="public",
        definition=definition,
        is_existing=False,
        materialized=False,
    )


def snapshot(**definitions: str) -> Snapshot:
    return Snapshot(
        views={f"public.{name}": view(name, text) for name, text in definitions.items()}
    )


def digests(found: Snapshot) -> dict[str, str]:
    places = [("views", name) for name in found.views]
    return {name: digest for (_, name), digest in Reach(found).digests(places).items()}


def test_objects_that_speak_of_each_other_have_digests_of_their_own():
    found = digests(snapshot(a="SELECT x FROM b", b="SELECT x FROM a"))
    assert len(set(found.values())) == 2


def test_a_change_deep_below_changes_the_digests_above_it_and_no_other():
    before = digests(
        snapshot(
            top="SELECT 1 FROM middle", middle="SELECT 1 FROM low", low="SELECT 1", other="SELECT 3"
        )
    )
    after = digests(
        snapshot(
            top="SELECT 1 FROM middle", middle="SELECT 1 FROM low", low="SELECT 2", other="SELECT 3"
        )
    )
    assert {name for name in before if before[name] != after[name]} == {
        "public.top",
        "public.middle",
        "public.low",
    }


def test_the_same_object_elsewhere_has_the_same_digest():
    alone = digests(snapshot(a="SELECT 1"))
    assert digests(snapshot(z="SELECT 2", a="SELECT 1"))["public.a"] == alone["public.a"]


def test_components_come_behind_what_they_lead_to():
    edges = {1: [2], 2: [3], 3: [2, 4], 4: [], 5: [1]}
    found = list(components([5, 1], edges.__getitem__))
    assert [sorted(component) for component in found] == [[4], [2, 3], [1], [5]]


def test_a_long_chain_is_no_recursion():
    size = 20_000
    found = list(components([0], lambda node: [node + 1] if node < size else []))
    assert len(found) == size + 1
