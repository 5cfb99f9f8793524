"""Diagrams: nothing overlaps, circles end, names are text, and the same is drawn the same."""

from __future__ import annotations

import itertools
import random
import time
import xml.etree.ElementTree as ET

import pytest

from nbmigrate.display.diagram import Box, Diagram, Link, Row, place, to_mermaid, to_svg

HOSTILE = '</text><script>alert(1)</script>"&\u202e\x07'


def linked(*pairs, more=()):
    keys = list(dict.fromkeys([*itertools.chain(*pairs), *more]))
    boxes = tuple(Box(key, key, (Row("id", "bigint", "PK"),)) for key in keys)
    links = tuple(Link(a, ("id",), b, ("id",), f"{a} to {b}") for a, b in pairs)
    return Diagram(boxes, links)


def many(number):
    chance = random.Random(1)
    pairs = [(f"t{n}", f"t{chance.randrange(n)}") for n in range(1, number) for _ in range(2)]
    return linked(*dict.fromkeys(pairs))


def overlap(one, other):
    apart = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not (apart or one.y + one.height <= other.y or other.y + other.height <= one.y)


@pytest.mark.parametrize("detail", ["columns", "keys", "names"])
def test_no_box_lies_on_another(detail):
    places = place(many(120), detail).values()
    assert not [pair for pair in itertools.combinations(places, 2) if overlap(*pair)]
    assert min(p.x for p in places) >= 0
    assert min(p.y for p in places) >= 0


def test_what_refers_stands_to_the_right():
    at = place(linked(("order", "customer"), ("line", "order"), ("line", "product")), "columns")
    assert at["customer"].x < at["order"].x < at["line"].x
    assert at["product"].x < at["line"].x


def test_circles_and_boxes_that_refer_to_themselves():
    diagram = linked(("a", "b"), ("b", "c"), ("c", "a"), ("d", "d"))
    assert set(place(diagram, "columns")) == {"a", "b", "c", "d"}
    assert to_svg(diagram).count('class="l"') == 4


def test_a_long_chain_is_no_recursion():
    diagram = linked(*((f"t{n}", f"t{n + 1}") for n in range(3000)))
    assert len(place(diagram, "names")) == 3001


def test_several_links_between_two():
    box = Box("a", "a", (Row("x", "int", "FK"), Row("y", "int", "FK")))
    links = tuple(Link("a", (name,), "b", ("id",), name) for name in "xy")
    svg = to_svg(Diagram((box, Box("b", "b", (Row("id", "int", "PK"),))), links))
    assert svg.count('class="l"') == 2
    starts = {part.split(" ")[0] for part in svg.split('class="l" d="')[1:]}
    assert len(starts) == 2


def test_the_order_of_the_links_changes_no_place():
    diagram = many(60)
    assert to_svg(diagram) == to_svg(many(60))
    turned = Diagram(diagram.boxes, tuple(reversed(diagram.links)))
    assert set(place(turned, "names")) == set(place(diagram, "names"))


def test_names_are_text():
    box = Box(HOSTILE, HOSTILE, (Row(HOSTILE, HOSTILE, "PK"),))
    diagram = Diagram((box,), (Link(HOSTILE, (HOSTILE,), HOSTILE, (HOSTILE,), HOSTILE),))
    svg = to_svg(diagram)
    tags = {node.tag.rpartition("}")[2] for node in ET.fromstring(svg).iter()}
    assert tags == {"svg", "title", "style", "rect", "path", "text", "g"}
    assert "\u202e" not in svg
    mermaid = to_mermaid(diagram)
    assert "<script" not in mermaid
    assert '"&' not in mermaid


def test_mermaid():
    box = Box("public.a", "a", (Row("id", "bigint", "PK"), Row("the b", "numeric(10, 2)", "FK UQ")))
    other = Box("public.b", "b", (Row("id", "bigint", "PK"),))
    link = Link(
        "public.a", ("the b",), "public.b", ("id",), "to b", is_optional=True, is_single=True
    )
    assert to_mermaid(Diagram((box, other), (link,))).splitlines() == [
        "erDiagram",
        '    "public.a" {',
        "        bigint id PK",
        '        numeric_10_2 the_b FK, UK "the b numeric(10, 2)"',
        "    }",
        '    "public.b" {',
        "        bigint id PK",
        "    }",
        '    "public.b" |o--o| "public.a" : "to b"',
    ]


def test_around():
    chain = linked(("a", "b"), ("b", "c"), ("c", "d"), more=("e",))
    near = chain.around("b", 1)
    assert [box.key for box in near.boxes] == ["a", "b", "c"]
    assert len(near.links) == 2
    assert [box.key for box in chain.around("e", 3).boxes] == ["e"]


def test_a_hundred_tables_are_fast_and_a_thousand_do_not_hang():
    hundred, thousand = many(100), many(1000)
    started = time.perf_counter()
    to_svg(hundred)
    between = time.perf_counter()
    to_svg(thousand)
    assert between - started < 0.3  # 50 ms on an idle machine; the bound is for a busy one
    assert time.perf_counter() - between < 4


def test_an_empty_diagram():
    assert ET.fromstring(to_svg(Diagram((), ()))).tag.endswith("svg")
    assert to_mermaid(Diagram((), ())) == "erDiagram\n"
