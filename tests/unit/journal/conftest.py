"""Hand-built plans and folders for the tests of the journal."""

import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from nbmigrate.dialect import Statement
from nbmigrate.journal import Journal, two_words
from nbmigrate.model import EMPTY, Column, Snapshot, Table

SAMPLES = Path(__file__).parents[2] / "compat" / "drizzle"
NOW_MS = 1_800_000_000_000


@dataclass
class Answers:
    renames: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    backfills: Mapping[str, str] = field(default_factory=dict)
    casts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Plan:
    """What the journal needs of a plan."""

    new: Snapshot = EMPTY
    statements: tuple[Statement, ...] = ()
    answers: Answers = field(default_factory=Answers)


def plan_of(*names, sql=None, renames=(), comment=None):
    """A plan after which there are tables with these names."""
    tables = {
        f"public.{name}": Table(
            name=name,
            comment=comment,
            columns={"id": Column(name="id", type="integer", primary_key=True, not_null=True)},
        )
        for name in names
    }
    created = [
        f'CREATE TABLE "{name}" (\n\t"id" integer PRIMARY KEY NOT NULL\n);\n' for name in names
    ]
    statements = tuple(Statement(sql=one) for one in (created if sql is None else sql))
    return Plan(Snapshot(tables=tables), statements, Answers(tuple(renames)))


def append(journal, plan, *, name="step", now_ms=NOW_MS, **options):
    words = partial(two_words, random.Random(1))
    return journal.append(plan, name=name, now_ms=now_ms, words=words, **options)


def copy_sample(number, folder):
    shutil.copytree(next(SAMPLES.glob(f"{number}-*")) / "drizzle", folder)
    return Journal(folder)


def contents(folder):
    """Every file of a folder with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "migrations"


@pytest.fixture
def journal(folder):
    return Journal(folder)
