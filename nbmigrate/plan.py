"""A plan: what differs between two snapshots, what would be run, and what must be answered.

A plan is a value: it is shown, saved as JSON, hashed, and applied later. Nothing
here talks to a database; what only PostgreSQL can judge comes in as the
``canonical`` argument (:mod:`nbmigrate.postgresql.scratch` supplies it).
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

import msgspec

from nbmigrate.dialect import OLDEST, Dialect, Statement
from nbmigrate.diff import diff
from nbmigrate.diff.answered import require_declared
from nbmigrate.diff.candidates import Candidate, describe, find_candidates
from nbmigrate.diff.renames import apply_renames
from nbmigrate.diff.respell import respell
from nbmigrate.errors import RenameError, UsageConflictError
from nbmigrate.garbage import uncollected
from nbmigrate.hazards import Hazard, ReadFacts, find_hazards, needs_backfill
from nbmigrate.model import Rename, Snapshot, format_path, parse_path
from nbmigrate.model.tables import Value
from nbmigrate.online import go_online
from nbmigrate.operations import AddColumn, AlterColumnType, Id, Operation, RecreateEnum

#: Brings two snapshots into one spelling, so that what is equal is equal for ``==``.
Canonical = Callable[[Snapshot, Snapshot], tuple[Snapshot, Snapshot]]


class Answers(Value, frozen=True, kw_only=True):
    """What a person has said about the questions of a plan.

    ``renames`` as ``OLD->NEW``; ``drops`` are paths that may go (and are then no
    rename candidates); ``backfills`` map the path of a column to SQL, ``casts`` to the SQL of
    USING; ``labels`` map the path of a label that goes to the one its rows get;
    ``allow_drop`` answers every drop question at once. ``allowed`` maps codes of hazards to the reason
    for which they are accepted. ``online`` wishes for the form that keeps nobody waiting.
    """

    renames: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    backfills: Mapping[str, str] = {}
    allow_drop: bool = False
    allowed: Mapping[str, str] = {}
    online: bool = False
    casts: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}

    def merged(self, other: Answers) -> Answers:
        """These answers and ``other``; where both give a value for one path, ``other`` does."""
        return Answers(
            renames=tuple(dict.fromkeys((*self.renames, *other.renames))),
            drops=tuple(dict.fromkeys((*self.drops, *other.drops))),
            backfills={**self.backfills, **other.backfills},
            allow_drop=self.allow_drop or other.allow_drop,
            allowed={**self.allowed, **other.allowed},
            online=self.online or other.online,
            casts={**self.casts, **other.casts},
            labels={**self.labels, **other.labels},
        )


NO_ANSWERS = Answers()


class Choice(Value, frozen=True, kw_only=True):
    """One way to answer a question: what it means, and the very flag that says it.

    ``answers`` is what the flag gives. ``needs_value`` names the path of a column whose
    value is still to be typed; ``answers`` then holds a placeholder for it.
    """

    text: str
    flag: str
    answers: Answers = NO_ANSWERS
    needs_value: str = ""


class Sample(Value, frozen=True, kw_only=True):
    """A few rows as text, ``None`` for NULL; values are cut at 200 characters."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


class Question(Value, frozen=True, kw_only=True):
    """Something that is not guessed: what speaks for which answer, and the choices."""

    kind: Literal["rename", "drop", "backfill", "cast", "label", "rows", "not declared"]
    path: str
    text: str
    evidence: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    samples: tuple[Sample, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """The exact answers, one per choice."""
        return tuple(choice.flag for choice in self.choices)


class Plan(Value, frozen=True, kw_only=True):
    """The difference between two snapshots and what is to be done about it."""

    old: Snapshot
    new: Snapshot
    operations: tuple[Operation, ...] = ()
    statements: tuple[Statement, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    questions: tuple[Question, ...] = ()
    answers: Answers = NO_ANSWERS

    @property
    def is_empty(self) -> bool:
        """True when the snapshots are the same schema."""
        return not self.operations

    @property
    def sql(self) -> str:
        """All statements as one script."""
        return "\n".join(s.sql for s in self.statements)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the plan: equal plans, equal fingerprints, however big the tables are now."""
        lasting = tuple(hazard.without_facts for hazard in self.hazards if not hazard.is_momentary)
        plan = msgspec.structs.replace(self, hazards=lasting)
        return hashlib.sha256(msgspec.json.encode(plan, order="deterministic")).hexdigest()

    @property
    def is_harmless(self) -> bool:
        """True when it may be applied at once: no loss, no question, nobody waits for long."""
        return not self.questions and all(hazard.is_harmless for hazard in self.hazards)


@uncollected()
def make_plan(  # noqa: PLR0913 - the three edges of a plan are arguments, none is read from outside
    old: Snapshot,
    new: Snapshot,
    *,
    dialect: Dialect,
    answers: Answers = NO_ANSWERS,
    canonical: Canonical | None = None,
    rows: Mapping[Id, int] | None = None,
    ask_drops: bool = False,
    facts: ReadFacts | None = None,
    server_version: int | None = None,
) -> Plan:
    """What leads from ``old`` to ``new``, and what must be answered first.

    ``canonical`` brings both into one spelling; the default is what the dialect can tell
    without a server. ``rows`` are row counts where they are known; only then are
    backfills asked for. With ``ask_drops`` each loss of data is a question. ``facts`` tells
    what the hazards mean on the tables as they are now.

    Raises:
        RenameError: an answer names something that is not there.
        UsageConflictError: a value is given for a column, or a label, that is not declared.
    """
    require_declared(new, backfills=answers.backfills, casts=answers.casts, labels=answers.labels)
    patched, spelled, operations = _compared(old, new, answers, canonical or dialect.canonical_pair)
    if answers.online:
        version = server_version or OLDEST
        operations = go_online(operations, patched, spelled, server_version=version)
    hazards = find_hazards(
        operations,
        facts=facts,
        server_version=server_version,
        old=old,
        new=spelled,
        allowed=answers.allowed,
    )
    questions = [*_rename_questions(patched, spelled, answers)]
    questions += _unasked(_backfill_questions(operations, rows or {}), questions)
    if ask_drops and not answers.allow_drop:
        questions += _drop_questions(hazards, questions, answers)
    return Plan(
        old=old,
        new=spelled,
        operations=operations,
        statements=dialect.render(operations),
        hazards=hazards,
        questions=tuple(questions),
        answers=answers,
    )


def find_operations(old: Snapshot, new: Snapshot, *, dialect: Dialect) -> tuple[Operation, ...]:
    """The operations of a plan without answers, and nothing else of it."""
    return _compared(old, new, NO_ANSWERS, dialect.canonical_pair).operations


def _unasked(questions: Iterable[Question], before: Sequence[Question]) -> list[Question]:
    """A column that may be an old one under a new name needs no value before that is answered."""
    asked = {question.path for question in before}
    return [question for question in questions if question.path not in asked]


class _Compared(NamedTuple):
    """The old snapshot under its new names, the new one in its words, and what leads to it."""

    old: Snapshot
    new: Snapshot
    operations: tuple[Operation, ...]


def _compared(old: Snapshot, new: Snapshot, answers: Answers, canonical: Canonical) -> _Compared:
    renames = parse_renames(answers.renames)
    patched, renamed = apply_renames(old, new, renames)
    same_old, same_new = canonical(patched, new)
    spelled = respell(patched, same_old, new, same_new)
    found = diff(patched, spelled, renames=renamed, backfills=answers.backfills)
    return _Compared(patched, spelled, tuple(_with_answer(op, answers) for op in found))


def _with_answer(operation: Operation, answers: Answers) -> Operation:
    """The operation with the cast or the labels that were answered for it."""
    match operation:
        case AlterColumnType(table=table, new=column):
            cast = answers.casts.get(format_path(*table, column.name), operation.using)
            return msgspec.structs.replace(operation, using=cast)
        case RecreateEnum():
            return msgspec.structs.replace(operation, labels=_labels(operation, answers))
        case _:
            return operation


def _labels(operation: RecreateEnum, answers: Answers) -> tuple[tuple[str, str], ...]:
    """Each label that goes with the one that takes its place, where that was said.

    Raises:
        UsageConflictError: the new label is none of the enum.
    """
    found = []
    for label in operation.old.values:
        path = format_path(*operation.new.id, label)
        if label in operation.new.values or (becomes := answers.labels.get(path)) is None:
            continue
        if becomes not in operation.new.values:
            raise UsageConflictError(
                f"`{path}` cannot become `{becomes}`: the enum has no such label",
                hint=f"it has: {', '.join(operation.new.values)}",
            )
        found.append((label, becomes))
    return tuple(found)


def flag(name: str, value: str) -> str:
    """A flag as it is typed in a shell and in a notebook."""
    return f"{name} {shlex.quote(value)}" if set(value) & set('"$`\\!') else f'{name} "{value}"'


def parse_renames(texts: Sequence[str]) -> tuple[Rename, ...]:
    """The renames as paths.

    Raises:
        RenameError: a text is not ``OLD->NEW``.
    """
    renames = []
    for text in texts:
        try:
            renames.append(Rename.parse(text))
        except ValueError as error:
            raise RenameError(str(error), rename=text) from None
    return tuple(renames)


def _rename_questions(old: Snapshot, new: Snapshot, answers: Answers) -> Iterator[Question]:
    dropped = {parse_path(path) for path in answers.drops}
    found = sorted(find_candidates(old, new, dropped), key=lambda c: (c.new, -c.score, c.old))
    for path, group in groupby(found, key=lambda c: c.new):
        yield _rename_question(path, list(group))


def _rename_question(path: tuple[str, ...], candidates: Sequence[Candidate]) -> Question:
    name, kind = format_path(*path), candidates[0].kind
    olds = [format_path(*candidate.old) for candidate in candidates]
    listed = " or ".join(f"`{old}`" for old in olds)
    return Question(
        kind="rename",
        path=name,
        text=f"is {kind} `{name}` new, or {listed} under a new name?",
        evidence=tuple(describe(candidate) for candidate in candidates),
        choices=(*(_rename(old, name) for old in olds), *(_drop(old) for old in olds)),
    )


def _rename(old: str, new: str) -> Choice:
    return Choice(
        text=f"`{old}` is now `{new}`",
        flag=f'--rename "{old}->{new}"',
        answers=Answers(renames=(f"{old}->{new}",)),
    )


def _drop(path: str) -> Choice:
    return Choice(
        text=f"`{path}` may go", flag=flag("--drop", path), answers=Answers(drops=(path,))
    )


def _backfill_questions(
    operations: Sequence[Operation], rows: Mapping[Id, int]
) -> Iterator[Question]:
    for op in operations:
        if (
            not isinstance(op, AddColumn)
            or op.backfill is not None
            or not needs_backfill(op.column)
        ):
            continue
        if count := rows.get(op.table, 0):
            path = format_path(*op.table, op.column.name)
            yield Question(
                kind="backfill",
                path=path,
                text=f"what do the {count:,} rows have in the new NOT NULL column `{path}`?",
                evidence=(f"{op.column.type}, no default",),
                choices=(_backfill(path),),
            )


def _backfill(path: str) -> Choice:
    return Choice(
        text=f"the SQL of the value for `{path}`",
        flag=flag("--backfill", f"{path}=SQL"),
        answers=Answers(backfills={path: "SQL"}),
        needs_value=path,
    )


def _drop_questions(
    hazards: Sequence[Hazard],
    asked: Sequence[Question],
    answers: Answers,
) -> Iterator[Question]:
    """One question for each loss that is neither answered nor part of a rename question."""
    known = {format_path(*parse_path(path)) for path in answers.drops}
    for hazard in hazards:
        choice = _drop(hazard.path)
        if hazard.severity != "loses data" or hazard.path in known:
            continue
        if any(choice.flag in question.flags for question in asked):
            continue
        yield Question(
            kind="drop",
            path=hazard.path,
            text=f"`{hazard.path}`: {hazard.text}. Do that?",
            choices=(choice,),
        )
