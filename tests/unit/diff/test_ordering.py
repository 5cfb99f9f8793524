"""Order: what needs what, circles, and the time it takes."""

from __future__ import annotations

import random
import time

from nbmigrate.diff import diff, sorting
from nbmigrate.model import EMPTY, Column, Function, Index, IndexColumn, Snapshot, Table, View
from nbmigrate.operations import CreateFunction, CreateTable, CreateView

NO: list[set[int]] = [set(), set(), set(), set()]


def test_each_stands_behind_what_it_needs():
    assert list(sorting.in_order([{3}, {0}, set(), {2}], NO)) == [2, 3, 0, 1]


def test_the_numbers_decide_where_nothing_is_said():
    assert list(sorting.in_order(NO, NO)) == [0, 1, 2, 3]


def test_in_a_circle_soft_needs_are_given_up():
    assert list(sorting.in_order([{1}, set(), set(), set()], [set(), {0}, {3}, set()])) == [
        1,
        0,
        3,
        2,
    ]


def test_in_a_circle_of_hard_needs_the_numbers_decide():
    assert list(sorting.in_order([{1}, {0}, {3}, set()], NO)) == [0, 1, 3, 2]


def test_what_must_go_first_is_pulled_forward():
    assert list(sorting.pulled([0, 1], [{2}, set(), {3}, set()])) == [3, 2, 0, 1]


def test_any_graph_without_circles_is_kept():
    chance = random.Random(7)
    for _ in range(100):
        order = list(range(30))
        chance.shuffle(order)
        graph = [set[int]() for _ in order]
        for at, node in enumerate(order):
            graph[node] = {n for n in order[:at] if chance.random() < 0.1}
        done: set[int] = set()
        for node in sorting.in_order(graph, [set() for _ in order]):
            assert graph[node] <= done
            done.add(node)
        assert len(done) == 30


def test_long_chains_need_no_recursion():
    graph = [{n + 1} for n in range(20_000)] + [set()]
    assert next(iter(sorting.in_order(graph, [set() for _ in graph]))) == 20_000
    assert next(iter(sorting.pulled([0], graph))) == 20_000


def test_a_column_with_the_name_of_a_function_is_no_call():
    function = Function(name="total", returns="SETOF v", definition="CREATE FUNCTION total() ...")
    view = View(name="v", definition="SELECT 1 AS total")
    snapshot = Snapshot(functions={"public.total()": function}, views={"public.v": view})
    assert [type(op) for op in diff(EMPTY, snapshot)] == [CreateView, CreateFunction]


def test_a_function_whose_body_speaks_of_a_table_comes_behind_it():
    function = Function(name="f", returns="integer", definition="... AS $$ SELECT a FROM t $$")
    table = Table(name="t", columns={"a": Column(name="a", type="integer")})
    snapshot = Snapshot(functions={"public.f()": function}, tables={"public.t": table})
    assert [type(op) for op in diff(EMPTY, snapshot)] == [CreateTable, CreateFunction]


def big(count: int) -> Snapshot:
    tables, functions, views = {}, {}, {}
    for n in range(count):
        columns = {"id": Column(name="id", type="integer", default=f"f{n}()")}
        columns |= {f"c{m}": Column(name=f"c{m}", type="text") for m in range(10)}
        index = Index(name=f"i{n}", columns=(IndexColumn(expression="c1"),))
        tables[f"public.t{n}"] = Table(name=f"t{n}", columns=columns, indexes={index.name: index})
        body = f"CREATE OR REPLACE FUNCTION f{n}() ... AS $$ SELECT id FROM t{n * 7 % count} $$"
        functions[f"public.f{n}()"] = Function(name=f"f{n}", returns="integer", definition=body)
        below = f"JOIN v{n - 1} USING (id)" if n % 10 else ""
        views[f"public.v{n}"] = View(name=f"v{n}", definition=f"SELECT * FROM t{n} {below}")
    return Snapshot(tables=tables, functions=functions, views=views)


def test_the_time_grows_with_the_schema_and_not_with_its_square():
    seconds = []
    for count in (500, 4000):
        snapshot = big(count)
        start = time.process_time()
        made = diff(EMPTY, snapshot)
        gone = diff(snapshot, EMPTY)
        seconds.append(time.process_time() - start)
        assert len(made) == 4 * count
        assert len(gone) == 3 * count
    assert seconds[1] < 8 * 3 * seconds[0]
