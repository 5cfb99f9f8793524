"""Results of commands that compare or change: declare, diff, push, generate, migrate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from nbmigrate.diff.losses import leaving_parents
from nbmigrate.display import Block, Code, Facts, Heading, TableBlock, Text
from nbmigrate.hazards import Hazard
from nbmigrate.model import Snapshot, format_path
from nbmigrate.plan import Plan, Question
from nbmigrate.results.listening import listening_blocks
from nbmigrate.results.plans import plan_blocks, plan_records
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.undoing import Keeps, keeps_blocks
from nbmigrate.results.words import count, duration, size


@dataclass(frozen=True, repr=False)
class DeclareResult(Framed):
    """What a ``%%schema`` cell declared, and what differs from the database."""

    cell: str
    objects: tuple[str, ...]
    snapshot: Snapshot
    plan: Plan | None = None
    note: str = ""
    notes: tuple[str, ...] = ()

    not_in_json: ClassVar[frozenset[str]] = frozenset({"frame", "snapshot"})

    def blocks(self) -> tuple[Block, ...]:
        """Names first; the difference below."""
        names = ", ".join(self.objects) or "nothing"
        note = (Text(self.note, "muted"),) if self.note else ()
        left = tuple(Text(text, "warn") for text in self.notes)
        return (Heading(f"Declared {names}"), *left, *note, *self._difference())

    def _difference(self) -> tuple[Block, ...]:
        if self.plan is None:
            return ()
        if self.plan.is_empty:
            return (Text("The database has it all.", "good"),)
        return (
            Text("Not in the database yet (%db_push):"),
            *plan_blocks(self.plan, is_sql_open=False),
        )

    def records(self) -> list[Record]:
        """One row per declared object."""
        return [{"object": name} for name in self.objects]


@dataclass(frozen=True, repr=False)
class DiffResult(Framed):
    """The difference between two sources."""

    plan: Plan
    old_name: str
    new_name: str

    @property
    def is_different(self) -> bool:
        """True unless both are the same schema."""
        return not self.plan.is_empty

    @property
    def questions(self) -> tuple[Question, ...]:
        """The plan's."""
        return self.plan.questions

    @property
    def as_file(self) -> str:
        """The SQL from the old to the new."""
        return self.plan.sql

    def blocks(self) -> tuple[Block, ...]:
        """The plan from the old to the new."""
        return (Heading(f"{self.old_name} -> {self.new_name}"), *plan_blocks(self.plan))

    def records(self) -> list[Record]:
        """One row per change."""
        return plan_records(self.plan)


@dataclass(frozen=True)
class AppliedStatement:
    """One statement that was run. ``rows`` is -1 where PostgreSQL counts none."""

    sql: str
    ms: float
    rows: int = -1


#: So many names are read; of more, the number is said.
SHOWN_NAMES = 5


def left_alone(names: tuple[str, ...]) -> tuple[Block, ...]:
    """What is there, is not declared, and therefore stays as it is."""
    if not names:
        return ()
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    shown = ", ".join(names[:SHOWN_NAMES])
    return (Text(f"Left alone, since no cell of this kernel declares it: {shown}{more}.", "muted"),)


@dataclass(frozen=True, repr=False)
class PushResult(Framed):
    """What ``push`` applied to the database, or would apply."""

    plan: Plan
    applied: tuple[AppliedStatement, ...]
    ms: float
    database: str
    dry_run: bool = False
    not_declared: tuple[str, ...] = ()
    undo: int = 0
    keeps: tuple[Keeps, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the plan asks; none in a dry run, which only shows it."""
        return () if self.dry_run or self.applied else self.plan.questions

    @property
    def held_for(self) -> tuple[Hazard, ...]:
        """What keeps others waiting for long, when that is why nothing was applied."""
        if self.dry_run or self.applied or self.plan.questions:
            return ()
        return tuple(hazard for hazard in self.plan.hazards if hazard.needs_agreement)

    def blocks(self) -> tuple[Block, ...]:
        """What was done, then the plan it followed."""
        if self.plan.is_empty:
            text = f"Nothing to push: {self.database} is as declared."
            return (Text(text, "good"), *left_alone(self.not_declared))
        timings = (self._timings(),) if len(self.applied) > 1 else ()
        return (
            self._heading(),
            *((Text("%db_undo brings it back.", "muted"),) if self.undo else ()),
            *(() if self.applied else keeps_blocks(self.keeps)),
            *_not_quite_back(self.plan),
            *(() if self.applied else listening_blocks(self.plan)),
            *plan_blocks(self.plan),
            *timings,
            *left_alone(self.not_declared),
        )

    def _heading(self) -> Heading:
        if self.applied:
            done = f"{count(len(self.applied), 'statement')} in {duration(self.ms)}"
            return Heading(f"Pushed to {self.database}: {done}")
        why = "answers are needed" if self.plan.questions else "it waits for your word"
        why = "dry run" if self.dry_run else why
        return Heading(f"Nothing was changed in {self.database}: {why}")

    def _timings(self) -> Block:
        slow = sorted(self.applied, key=lambda statement: -statement.ms)[:1]
        return Text(f"slowest: {duration(slow[0].ms)}, {_start(slow[0].sql)}", "muted")

    def records(self) -> list[Record]:
        """One row per statement."""
        return [{"sql": s.sql, "ms": s.ms, "rows": s.rows} for s in self.applied]


def _not_quite_back(plan: Plan) -> Iterator[Block]:
    """What an undo does not make as it was, whether it comes or came."""
    for id_ in leaving_parents(plan.operations):
        yield Text(
            f"{format_path(*id_)} leaves its parent: an undo puts it back under it, but its columns"
            " are its own from now on, and stay when the parent's are dropped.",
            "warn",
        )


@dataclass(frozen=True)
class WrittenFile:
    """A file that was written. ``path`` is relative to the working directory."""

    path: str
    bytes: int


@dataclass(frozen=True, repr=False)
class GenerateResult(Framed):
    """The migration that ``generate`` wrote, or why it wrote none."""

    plan: Plan
    tag: str | None
    files: tuple[WrittenFile, ...] = ()
    git_command: str = ""
    not_declared: tuple[str, ...] = ()
    proof: str = ""
    is_staged: bool = False
    undo: str = ""
    note: str = ""

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the plan asks, when it was not written."""
        return () if self.tag else self.plan.questions

    def blocks(self) -> tuple[Block, ...]:
        """What was found on the way, the files, then the plan they hold."""
        note = (Text(f"{self.note}."),) if self.note else ()
        return (*note, *(self._written() if self.tag else self._nothing()))

    def _written(self) -> tuple[Block, ...]:
        written = Facts(tuple((size(file.bytes), file.path) for file in self.files))
        return (
            Heading(f"Generated {self.tag}"),
            *((Text(self.proof, "good"),) if self.proof else ()),
            *((Text(f"Undo: {self.undo}", "muted"),) if self.undo else ()),
            written,
            *self._git(),
            *plan_blocks(self.plan),
            *left_alone(self.not_declared),
        )

    def _git(self) -> tuple[Block, ...]:
        if self.is_staged:
            return (Text("Staged in git.", "good"),)
        return (Code(self.git_command, "add them to git"),) if self.git_command else ()

    def _nothing(self) -> tuple[Block, ...]:
        if self.plan.is_empty:
            text = "Nothing to generate: the migrations hold what is declared."
            return (Text(text, "good"), *left_alone(self.not_declared))
        return (Heading("Nothing was written: answers are needed"), *plan_blocks(self.plan))

    def records(self) -> list[Record]:
        """One row per file."""
        return [{"path": file.path, "bytes": file.bytes} for file in self.files]


@dataclass(frozen=True)
class AppliedMigration:
    """A migration that was applied now."""

    tag: str
    statements: int
    ms: float


@dataclass(frozen=True, repr=False)
class MigrateResult(Framed):
    """The migrations that ``migrate`` applied, or would apply."""

    applied: tuple[AppliedMigration, ...]
    pending: tuple[str, ...] = ()
    waited_for: str = ""
    dry_run_sql: str = ""
    database: str = ""
    script: str = ""
    empty_folder: str = ""

    @property
    def as_file(self) -> str | None:
        """The script for somebody else."""
        return self.script.rstrip() if self.script else None

    def blocks(self) -> tuple[Block, ...]:
        """What was applied, what is left."""
        if self.script:
            return (Code(self.script, "Run it with psql -X -f FILE"),)
        waited = (Text(f"Waited for {self.waited_for}.", "muted"),) if self.waited_for else ()
        left = (Text(f"Pending: {', '.join(self.pending)}"),) if self.pending else ()
        return (*self._done(), *waited, *left, *self._dry_run())

    def _done(self) -> tuple[Block, ...]:
        if not self.applied:
            if self.pending:
                return (Heading(f"Nothing was changed in {self.database}"),)
            if self.empty_folder:
                return (Text(f"Nothing to do: no migration is in `{self.empty_folder}`.", "warn"),)
            return (Text(f"Nothing to do: {self.database} has every migration.", "good"),)
        rows = tuple((m.tag, f"{m.statements:,}", duration(m.ms)) for m in self.applied)
        table = TableBlock(("migration", "statements", "time"), rows, frozenset({1, 2}))
        title = f"Applied {count(len(self.applied), 'migration')} to {self.database}"
        return (Heading(title), Text("%db_undo takes the last one back.", "muted"), table)

    def _dry_run(self) -> tuple[Block, ...]:
        return (Code(self.dry_run_sql, "SQL that would run"),) if self.dry_run_sql else ()

    def records(self) -> list[Record]:
        """One row per applied migration."""
        return [{"tag": m.tag, "statements": m.statements, "ms": m.ms} for m in self.applied]


def _start(sql: str, length: int = 60) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= length else line[: length - 1] + "…"
