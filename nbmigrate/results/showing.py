"""Results of commands that look: schema, status, check, table, query, connect, studio, init."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from nbmigrate.display import Block, Facts, Heading, Section, TableBlock, Text
from nbmigrate.plan import Plan
from nbmigrate.results.backfilling import BackfillState, unfinished_blocks
from nbmigrate.results.changing import WrittenFile
from nbmigrate.results.findings import Finding, finding_blocks
from nbmigrate.results.plans import plan_blocks
from nbmigrate.results.result import Framed, Record, Result, plain, rows_block
from nbmigrate.results.undoing import TrashEntry, trash_blocks
from nbmigrate.results.words import count, duration, path, size

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_ROWS = 20


@dataclass(frozen=True, repr=False)
class ConnectResult(Framed):
    """The database that is used from now on. ``url`` holds no password."""

    database: str
    server_version: str
    url: str
    embedded: bool = False
    note: str = ""

    def blocks(self) -> tuple[Block, ...]:
        """Name, version, where."""
        where = "embedded server" if self.embedded else self.url
        facts = (("server", f"PostgreSQL {self.server_version}"), ("where", where))
        note = (Text(self.note, "warn"),) if self.note else ()
        return (Heading(f"Connected to {self.database}"), Facts(facts), *note)

    def records(self) -> list[Record]:
        """One row."""
        return [self.as_dict()]


@dataclass(frozen=True)
class MigrationState:
    """A migration of the folder and what the database says of it."""

    tag: str
    state: str
    applied_at: str = ""


@dataclass(frozen=True)
class RanStatement:
    """A statement of an applied migration, as it was run; ``sql`` is without passwords."""

    tag: str
    statement: int
    sql: str
    hash: str
    normalized_hash: str
    started_at: str
    ms: int
    rows: int
    backend_pid: int
    user: str
    application: str


@dataclass(frozen=True, repr=False)
class StatusResult(Framed):
    """Where the migrations, the database and the declaration stand."""

    database: str
    server_version: str
    migrations: tuple[MigrationState, ...] = ()
    drift: Plan | None = None
    not_declared: tuple[str, ...] = ()
    unmanaged: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    backfills: tuple[BackfillState, ...] = ()
    trash: tuple[TrashEntry, ...] = ()
    statements: tuple[RanStatement, ...] = ()

    @property
    def is_different(self) -> bool:
        """True when the database is not what its migrations made of it, or one was edited."""
        drifted = self.drift is not None and not self.drift.is_empty
        return drifted or any(m.state not in {"applied", "pending"} for m in self.migrations)

    def blocks(self) -> tuple[Block, ...]:
        """Database, migrations, drift, and what is left alone."""
        facts = [("database", self.database), ("server", f"PostgreSQL {self.server_version}")]
        if self.declared:
            facts.append(("declared in", ", ".join(self.declared)))
        return (
            Heading(f"Status of {self.database}"),
            Facts(tuple(facts)),
            self._migrations(),
            *self._amiss(),
            *self._drift(),
            *unfinished_blocks(self.backfills),
            *_listed("Not declared here (left alone)", self.not_declared),
            *_listed("In the database and not managed", self.unmanaged),
            *trash_blocks(self.trash),
        )

    def _migrations(self) -> Block:
        if not self.migrations:
            return Text("No migrations yet (%db_generate writes the first).", "muted")
        rows = tuple((m.tag, m.state, m.applied_at) for m in self.migrations)
        return TableBlock(("migration", "state", "applied"), rows)

    def _amiss(self) -> Iterator[Block]:
        """What to do about files that are not what was applied."""
        for migration in self.migrations:
            if (text := _AMISS.get(migration.state)) is not None:
                yield Text(text.format(tag=migration.tag), "warn")

    def _drift(self) -> tuple[Block, ...]:
        if self.drift is None:
            return ()
        if self.drift.is_empty:
            return (Text("No drift: the database is what its migrations made of it.", "good"),)
        return (
            Text("The database is not what its migrations made of it.", "warn"),
            Section("Drift", plan_blocks(self.drift)),
        )

    def records(self) -> list[Record]:
        """One row per migration."""
        return [vars(migration) for migration in self.migrations]


def _listed(title: str, items: tuple[str, ...]) -> tuple[Block, ...]:
    return (Text(f"{title}: {', '.join(items)}", "muted"),) if items else ()


_AMISS = {
    "edited": "{tag} was changed after it was applied: %db_migrate shows both texts.",
    "missing": "{tag} has no file: %db_restore {tag} writes it back, when it was applied.",
}


@dataclass(frozen=True)
class Problem:
    """Something wrong with the migrations folder."""

    code: str
    path: str
    text: str
    hint: str = ""


@dataclass(frozen=True, repr=False)
class CheckResult(Framed):
    """Whether the folder is sound and holds what is declared; ``strict`` counts hazards too."""

    problems: tuple[Problem, ...] = ()
    plan: Plan | None = None
    findings: tuple[Finding, ...] = ()
    strict: bool = False

    @property
    def is_different(self) -> bool:
        """True when something is wrong or missing."""
        return self._is_unsound or (self.strict and bool(self.findings))

    @property
    def _is_unsound(self) -> bool:
        return bool(self.problems) or (self.plan is not None and not self.plan.is_empty)

    def blocks(self) -> tuple[Block, ...]:
        """The problems, then what no migration holds, then what to know before applying."""
        sound = Text("The migrations are sound and hold what is declared.", "good")
        return (
            *(() if self._is_unsound else (sound,)),
            *map(_problem, self.problems),
            *self._missing(),
            *finding_blocks(self.findings),
        )

    def _missing(self) -> tuple[Block, ...]:
        if self.plan is None or self.plan.is_empty:
            return ()
        return (Heading("Declared, but in no migration"), *plan_blocks(self.plan))

    def records(self) -> list[Record]:
        """One row per problem."""
        return [vars(problem) for problem in self.problems]


def _problem(problem: Problem) -> Text:
    hint = f"\nhint: {problem.hint}" if problem.hint else ""
    return Text(f"{problem.path}: {problem.text} ({problem.code}){hint}", "bad")


@dataclass(frozen=True, repr=False)
class TableResult(Result):
    """Rows of a table; ``frame`` has all that were read, ``rows`` the same as tuples."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    frame: pd.DataFrame
    total_estimate: int | None = None

    def blocks(self) -> tuple[Block, ...]:
        """The first rows and how many there are."""
        rows = self.rows[:_SHOWN_ROWS]
        return (Heading(self.name), rows_block(self.columns, rows, self._note(len(rows))))

    def _note(self, shown: int) -> str:
        read = len(self.rows)
        note = count(read, "row") if shown == read else f"{shown} of {read:,} rows read"
        total = self.total_estimate
        return note if total is None or total <= read else f"{note}, about {total:,} in the table"

    def to_frame(self) -> pd.DataFrame:
        """The frame that was read."""
        return self.frame

    def records(self) -> list[Record]:
        """The rows."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def as_dict(self) -> Record:
        """Rows as lists."""
        return {**super().as_dict(), "rows": plain(tuple(self.rows))}


@dataclass(frozen=True, repr=False)
class QueryResult(Result):
    """What a query gave: rows in ``frame``, or only a count when it returns none."""

    columns: tuple[str, ...]
    frame: pd.DataFrame | None
    rowcount: int
    ms: float
    rows: Sequence[tuple[object, ...]] = ()

    def blocks(self) -> tuple[Block, ...]:
        """The first rows, or what was done."""
        if not self.columns:
            changed = f"{count(self.rowcount, 'row')}, " if self.rowcount >= 0 else ""
            return (Text(f"Done: {changed}{duration(self.ms)}.", "good"),)
        rows = self._first_rows()
        total = max(self.rowcount, len(rows))
        note = count(total, "row") if total == len(rows) else f"{len(rows)} of {total:,} rows"
        return (rows_block(self.columns, rows, f"{note}, {duration(self.ms)}"),)

    def _first_rows(self) -> list[tuple[object, ...]]:
        if self.rows or self.frame is None:
            return list(self.rows[:_SHOWN_ROWS])
        return list(self.frame.head(_SHOWN_ROWS).itertuples(index=False, name=None))

    def to_frame(self) -> pd.DataFrame:
        """The frame that was read."""
        return super().to_frame() if self.frame is None else self.frame

    def records(self) -> list[Record]:
        """The rows."""
        if self.rows or self.frame is None:
            return [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        found: list[Record] = self.frame.to_dict("records")
        return found

    def as_dict(self) -> Record:
        """Rows as lists, so that two columns of one name stay two."""
        rows = tuple(self.rows) or tuple(tuple(record.values()) for record in self.records())
        return {**super().as_dict(), "rows": plain(rows)}


@dataclass(frozen=True)
class TableCard:
    """A table as the studio shows it; ``first_rows`` as text, ``None`` for NULL."""

    schema: str
    name: str
    rows_estimate: int
    bytes: int
    columns: tuple[str, ...]
    first_rows: tuple[tuple[object, ...], ...] = ()


@dataclass(frozen=True, repr=False)
class StudioResult(Framed):
    """The tables of the database with their first rows, and the studio that was opened on them.

    In a notebook the studio is clicked in; what was chosen there is ``selection``, and ``frame``
    is the table that it shows, as it is filtered. ``relation`` is where it begins.
    """

    tables: tuple[TableCard, ...]
    database: str = ""
    relation: tuple[str, str] | None = None
    session: Any = field(default=None, compare=False)

    not_in_json: ClassVar[frozenset[str]] = frozenset({"frame", "session"})

    def blocks(self) -> tuple[Block, ...]:
        """A folded section per table; the first is open."""
        if not self.tables:
            return (Text("The database has no tables.", "muted"),)
        title = f"{count(len(self.tables), 'table')}"
        return (
            Heading(title),
            *(_card(card, is_open=len(self.tables) < 4) for card in self.tables),
        )

    @property
    def selection(self) -> Any:  # noqa: ANN401 - what the session gives
        """The rows that are selected in the studio."""
        return self.session.selection if self.session is not None else []

    @property
    def frame(self) -> pd.DataFrame:
        """The table that the studio shows, as it is filtered; before one is shown, the tables."""
        is_shown = self.session is not None and self.session.is_shown
        frame: pd.DataFrame = self.session.frame if is_shown else self.to_frame()
        return frame

    def records(self) -> list[Record]:
        """One row per table."""
        names = ("schema", "name", "rows_estimate", "bytes")
        return [{name: getattr(card, name) for name in names} for card in self.tables]


@dataclass(frozen=True, repr=False)
class StudioEndedResult(Framed):
    """The page of the studio was closed by who opened it."""

    def blocks(self) -> tuple[Block, ...]:
        """One line."""
        return (Text("The studio has ended.", "muted"),)

    def records(self) -> list[Record]:
        """None."""
        return []


def _card(card: TableCard, *, is_open: bool) -> Section:
    # The estimate is PostgreSQL's own and lags behind until the table is analysed.
    seen = len(card.first_rows)
    rows = count(max(card.rows_estimate, seen), "row")
    note = f"{'about' if card.rows_estimate >= seen else 'at least'} {rows}, {size(card.bytes)}"
    body: Block = Text("Run this again to browse its rows.", "muted")
    if card.first_rows:
        body = rows_block(card.columns, card.first_rows)
    elif card.columns:
        body = Text("No rows.")
    return Section(path((card.schema, card.name)), (body,), note, is_open)


@dataclass(frozen=True, repr=False)
class InitResult(Framed):
    """The files that ``init`` wrote; those that were there stay as they are."""

    files: tuple[WrittenFile, ...]

    not_in_json: ClassVar[frozenset[str]] = frozenset()

    def blocks(self) -> tuple[Block, ...]:
        """The files."""
        if not self.files:
            return (Text("Nothing to write: everything is there already.", "good"),)
        facts = Facts(tuple((size(file.bytes), file.path) for file in self.files))
        return (Heading("Written"), facts)

    def records(self) -> list[Record]:
        """One row per file."""
        return [vars(file) for file in self.files]
