"""How a plan is shown: counts, open questions, the tree of changes, hazards, SQL."""

from __future__ import annotations

from nbmigrate.display import Block, Changes, Code, Heading, Section, TableBlock, Text, Tone
from nbmigrate.hazards import Hazard
from nbmigrate.plan import Plan, Question, Sample
from nbmigrate.results.changes import counts_text, tree
from nbmigrate.results.result import Record
from nbmigrate.results.words import count

_OPEN_SQL_LINES = 60
_TONES: dict[str, Tone] = {"loses data": "bad", "blocks": "warn", "fails on data": "warn"}


def plan_blocks(plan: Plan, *, is_sql_open: bool = True) -> tuple[Block, ...]:
    """The whole plan; one line when there is nothing in it."""
    if plan.is_empty:
        return (Text("No differences.", "good"),)
    nodes = tree(plan.operations)
    return (
        Text(counts_text(nodes)),
        *questions_blocks(plan.questions),
        Changes(nodes),
        *hazard_blocks(plan.hazards),
        _sql(plan, is_open=is_sql_open),
    )


def questions_blocks(questions: tuple[Question, ...]) -> tuple[Block, ...]:
    """The open questions with their evidence and the flags that answer them."""
    if not questions:
        return ()
    title = f"{count(len(questions), 'question')} to answer"
    return (Heading(title, 2), *(_question(question) for question in questions))


def _question(question: Question) -> Section:
    evidence = (Text("\n".join(question.evidence)),) if question.evidence else ()
    samples = tuple(_sample(sample) for sample in question.samples)
    return Section(f"? {question.text}", (*evidence, *samples, *_flags(question.flags)))


def _sample(sample: Sample) -> TableBlock:
    return TableBlock(sample.columns, sample.rows, note=sample.title)


def _flags(flags: tuple[str, ...]) -> tuple[Block, ...]:
    if not flags:
        return ()
    title = "answer with" if len(flags) == 1 else "answer with one of"
    return (Text(f"{title}:", "muted"), Code("\n".join(flags)))


def hazard_blocks(hazards: tuple[Hazard, ...]) -> tuple[Block, ...]:
    """What the plan would do to data and to other sessions."""
    return tuple(Text(_hazard(hazard), _tone(hazard)) for hazard in hazards)


def _tone(hazard: Hazard) -> Tone:
    """What was measured to be harmless, or accepted, is said quietly."""
    is_known = hazard.estimate_seconds is not None and hazard.severity == "blocks"
    if hazard.allowed or (is_known and hazard.is_harmless):
        return "muted"
    return _TONES[hazard.severity]


def _hazard(hazard: Hazard) -> str:
    advice = f"\nadvice: {hazard.advice}" if hazard.advice and not hazard.allowed else ""
    meaning = f"\nhere: {hazard.meaning}" if hazard.meaning else ""
    allowed = f"\nallowed: {hazard.allowed}" if hazard.allowed else ""
    lock = f", {hazard.lock}" if hazard.blocks_others and hazard.work != "instant" else ""
    kind = f"({hazard.severity}, {hazard.code}{lock})"
    return f"{hazard.path}: {hazard.text} {kind}{meaning}{allowed}{advice}"


def _sql(plan: Plan, *, is_open: bool) -> Code:
    title = f"SQL, {count(len(plan.statements), 'statement')}"
    return Code(plan.sql, title, is_open=is_open and plan.sql.count("\n") < _OPEN_SQL_LINES)


def plan_records(plan: Plan) -> list[Record]:
    """One row per object and per change inside it."""
    found = []
    for node in tree(plan.operations):
        found.append({"sign": node.sign, "object": node.label, "what": ""})
        found += [
            {"sign": child.sign, "object": node.label, "what": child.label}
            for child in node.children
        ]
    return found
