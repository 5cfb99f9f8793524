"""Random pairs of schemas with rows: push, undo, push, undo, and nobody can tell it from before.

``NBMIGRATE_UNDO_PAIRS`` is how many, from ``NBMIGRATE_FIRST_PAIR`` on.
"""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from nbmigrate.model import Snapshot
from nbmigrate.plan import Answers
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.workspace import Workspace
from tests.arena import empty
from tests.fixtures.postgres import Database
from tests.properties.bench import ROUNDS, Bench, roles_of, run
from tests.properties.pairs import Pair, random_pair
from tests.undo.images import adopt, image
from tests.undo.test_cases import write_folder

FIRST = int(os.environ.get("NBMIGRATE_FIRST_PAIR", "0"))
PAIRS = int(os.environ.get("NBMIGRATE_UNDO_PAIRS", "30"))
#: Beyond the first ones: what fell once.
FELL = (28, 56, 78, 85, 98, 100, 121, 132, 138, 143, 172, 231, 246, 264, 290, 310, 488, 490)
SEEDS = list(dict.fromkeys((*range(FIRST, FIRST + PAIRS), *FELL)))


@pytest.mark.parametrize("seed", SEEDS)
def test_push_undo_push_undo(seed: int, arena: Database, tmp_path: Path) -> None:
    pair = random_pair(seed)
    write_folder(tmp_path, _target(pair, arena))
    Bench(arena).filled(pair).close()
    before = image(arena)
    with Workspace(arena.url, root=tmp_path) as workspace:
        adopt(workspace)
        for _ in range(2):
            if not _pushed(workspace, pair.answers):
                pytest.skip("NOTHING TO PUSH: the steps of this pair cancel each other")
            workspace.undo()
            assert image(arena) == before


def _target(pair: Pair, database: Database) -> Snapshot:
    empty(database)
    with psycopg.connect(database.url, autocommit=True) as connection:
        run(connection, pair.new_ddl)
        return introspect(connection, roles=roles_of(pair))


def _pushed(workspace: Workspace, answers: Answers) -> bool:
    """Push; what is asked is answered by the first flag that needs no value."""
    given = answers.merged(Answers(allow_drop=True))
    for _ in range(ROUNDS):
        result = workspace.push("migrations", answers=given)
        if result.applied:
            return True
        if result.plan.is_empty:
            return False
        for question in result.questions:
            choices = [choice for choice in question.choices if not choice.needs_value]
            assert choices, question
            given = given.merged(choices[-1].answers)
    raise AssertionError(f"still asked: {result.questions}")
