"""The figures as one table in Markdown: seconds, ratios and growth."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import NamedTuple

from benchmarks.far import ONE_WAY_S
from benchmarks.peers.drizzle import GIVEN_UP_S
from benchmarks.profiles import Shares, told
from benchmarks.timing import growth

Figures = Mapping[str, float]

#: Where one column is pushed: a schema as most have it.
SMALL = 20
#: Where growth counts.
LARGE = 5000
MIGRATE = "migrate of 200 files, in a running process"

#: What the project wants to reach; each a ratio of two figures at a size, or a bound.
GOALS = (
    ("introspect / raw queries", "introspect", "raw queries", 1000, 2.0, "<="),
    ("SQLAlchemy reflect / introspect", "SQLAlchemy reflect", "introspect", 1000, 10.0, ">="),
    ("no-op push / raw queries", "no-op push", "raw queries", 1000, 3.0, "<="),
    ("Alembic compare / no-op push", "Alembic compare_metadata", "no-op push", 1000, 10.0, ">="),
    (
        "drizzle-kit push / no-op push",
        "drizzle-kit push, no change",
        "no-op push",
        1000,
        20.0,
        ">=",
    ),
    ("no-op push again, s", "no-op push again", None, 1000, 0.050, "<="),
    ("drizzle-kit generate / generate", "drizzle-kit generate", "generate", 1000, 5.0, ">="),
    (
        "drizzle-kit generate / generate, of everything",
        "drizzle-kit generate of everything",
        "generate of everything",
        1000,
        5.0,
        ">=",
    ),
    ("plan of a rebuild, s", "plan of a rebuild", None, 5000, 3.0, "<="),
    (
        "peak memory of reading and planning, MB",
        "peak MB, introspect and plan",
        None,
        5000,
        300.0,
        "<=",
    ),
    (
        "one-column push beside the server, s",
        "one-column push, own time",
        None,
        SMALL,
        0.100,
        "<=",
    ),
)


class Besides(NamedTuple):
    """What is measured at one size only."""

    real: Figures
    migrate: Figures
    far: Figures


def results(
    by_size: Mapping[int, Figures],
    besides: Besides,
    profiles: Mapping[str, Shares],
    server: str,
) -> str:
    """The whole page."""
    return "\n".join(
        (
            "# Results",
            "",
            (
                "Made by `make bench`; do not edit. Each figure is the median of up to 5 runs in one go on"
                " one machine, in milliseconds unless it says otherwise; growth is the exponent between"
                " the two largest sizes. Figures of other tools are whole calls of theirs: for"
                " drizzle-kit whole processes, as its users start them; ours run in a process that is there,"
                " as in a notebook. Generate is that of one more column, of everything the first one of a"
                " folder; ours prove what they write, up and down, and of everything that is first of all the"
                " DDL, whose own time on the server stands in a row. A push of drizzle-kit is given up after a minute (>),"
                " and pull, which reads the same, then not begun. What takes long is run less often: at 1,000 tables our first generate once; at 5,000"
                " neither that nor Alembic, SQLAlchemy and drizzle-kit are run (– in the table)."
                " A no-op push knows nothing of the database beforehand; like those of the peers and the raw"
                " queries its connection is open, and in the second row a new one."
                " Own time is processor time of the process; the rest of the whole is waiting for the server."
                " SQLAlchemy's part of it is measured without us: the classes of the cell, made alone."
            ),
            "",
            *_machine(server),
            "",
            *_table(by_size),
            "",
            "## A schema as products have it",
            "",
            (
                "40 times: an enum, a domain, a table with a generated tsvector, a partitioned table, a"
                " trigger and its function, two views and a materialized view."
            ),
            "",
            *(f"- {name}: {_shown(name, value)}" for name, value in besides.real.items()),
            "",
            "## A database that is far away",
            "",
            f"{SMALL} tables; a round trip takes {ONE_WAY_S * 2000:.0f} ms more than on this machine.",
            "",
            *(f"- {name}: {_shown(name, value)}" for name, value in besides.far.items()),
            "",
            "## Migrating files",
            "",
            *(f"- {name}: {_shown(name, value)}" for name, value in besides.migrate.items()),
            "",
            "## Goals",
            "",
            *_goals(by_size, besides.migrate),
            "",
            "## Where the time goes",
            "",
            "By cProfile, which makes Python slower and so the share of the server smaller than it is.",
            "",
            *(f"- {name}: {told(found)}" for name, found in profiles.items()),
            "",
        )
    )


def _machine(server: str) -> Iterator[str]:
    names = ("nbmigrate", "sqlalchemy", "alembic", "psycopg")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    load = os.getloadavg()[0]
    yield f"PostgreSQL {server}, Python {platform.python_version()}, {versions};"
    yield f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, load {load:.1f} at the end."


def _table(by_size: Mapping[int, Figures]) -> Iterator[str]:
    sizes = sorted(by_size)
    yield "| | " + " | ".join(f"{size:,} tables" for size in sizes) + " | growth | / raw |"
    yield "|---" * (len(sizes) + 3) + "|"
    for name in dict.fromkeys(name for size in sizes for name in by_size[size]):
        have = {size: by_size[size][name] for size in sizes if name in by_size[size]}
        cells = [_shown(name, have[size]) if size in have else "–" for size in sizes]
        bound = _bound(name, have[max(have)])
        exponent = growth(have)
        raw = by_size[max(have)].get("raw queries")
        ratio = f"{bound}{have[max(have)] / raw:.1f}" if raw and "MB" not in name else ""
        grown = "" if exponent is None else f"{bound}{exponent:.2f}"
        yield f"| {name} | {' | '.join(cells)} | {grown} | {ratio} |"


def _goals(by_size: Mapping[int, Figures], migrate: Figures) -> Iterator[str]:
    yield "| | goal | measured | |"
    yield "|---|---|---|---|"
    for title, name, under, size, bound, sign in GOALS:
        figures = by_size.get(size, {})
        if name not in figures or (under is not None and under not in figures):
            yield f"| {title}, {size:,} tables | {sign} {bound:g} | not measured | |"
            continue
        value = figures[name] / (figures[under] if under else 1)
        least = _bound(name, figures[name])
        yield _goal(f"{title}, {size:,} tables", value, bound, sign, least=least)
    have = {
        size: figures["plan of a rebuild"] for size, figures in by_size.items() if size != SMALL
    }
    if LARGE in have and (exponent := growth(have)) is not None:
        yield _goal("plan of a rebuild, growth", exponent, 1.1, "<=")
    yield _goal("migrate / psql, running process", migrate["ratio in %"] / 100, 1.5, "<=")
    processes = migrate["ratio of the processes in %"] / 100
    yield _goal("migrate / psql, whole processes", processes, 1.5, "<=")


def _goal(title: str, value: float, bound: float, sign: str, *, least: str = "") -> str:
    reached = value <= bound if sign == "<=" else value >= bound
    verdict = "met" if reached else "**missed**"
    return f"| {title} | {sign} {bound:g} | {least}{value:.3g} | {verdict} |"


def _shown(name: str, value: float) -> str:
    if "MB" in name or "ratio" in name:
        return f"{value:,.0f}"
    return f"{_bound(name, value)}{value * 1000:,.1f}"


def _bound(name: str, value: float) -> str:
    """What stands before the figure of a command that was given up."""
    return "> " if name.startswith("drizzle-kit") and value >= GIVEN_UP_S else ""
