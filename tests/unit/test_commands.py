from __future__ import annotations

import argparse
import re

import pytest

from nbmigrate.commands import COMMANDS, DECLARE, answer_needed, find
from nbmigrate.commands.arguments import add_arguments, answers, unknown_text
from nbmigrate.errors import EXIT_ANSWER_NEEDED, UsageConflictError
from nbmigrate.model import Snapshot
from nbmigrate.plan import Answers, Choice, Plan, Question
from nbmigrate.results import CheckResult, PushResult

PLACES = [(c, place) for c in (*COMMANDS, DECLARE) for place in ("cli", "magic")]


def parse(name: str, *words: str, place: str = "cli") -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_arguments(parser, find(name).arguments, place)
    return parser.parse_args(words)


@pytest.mark.parametrize(("command", "place"), PLACES, ids=lambda value: str(value)[:40])
def test_every_argument_can_be_parsed_and_has_help(command, place):
    parser = argparse.ArgumentParser(prog=command.name)
    add_arguments(parser, command.arguments, place)
    text = parser.format_help()
    for argument in command.arguments:
        assert argument.help
        if argument.is_flag and argument.stands_in(place):
            assert argument.flags[0] in text


def test_names_are_unique():
    names = [command.name for command in COMMANDS]
    assert len(names) == len(set(names))


def test_answers_are_read_from_flags():
    given = parse(
        "push",
        *("--rename", "public.a.x->public.a.y", "--rename", "public.b=public.c"),
        *("--drop", "public.d", "--backfill", "public.a.n=coalesce(m, 0) = 0"),
    )
    assert answers(given) == Answers(
        renames=("public.a.x->public.a.y", "public.b->public.c"),
        drops=("public.d",),
        backfills={"public.a.n": "coalesce(m, 0) = 0"},
    )


def test_backfill_of_a_column_with_a_sign_in_its_name():
    given = parse("push", "--backfill", 'public.a."x=y"=1')
    assert answers(given).backfills == {'public.a."x=y"': "1"}


def test_casts_and_labels_are_read_from_flags():
    given = parse("push", "--using", "public.a.n=n::integer", "--map", "public.mood.sad=calm")
    assert answers(given) == Answers(
        casts={"public.a.n": "n::integer"}, labels={"public.mood.sad": "calm"}
    )


def test_a_file_of_answers_and_a_flag_that_wins(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(
        '{"renames": ["public.a.x->public.a.y"], "drops": ["public.d"],'
        ' "backfills": {"public.a.n": "0"}, "casts": {"public.a.c": "c::int"}}'
    )
    given = parse("push", "--answers", str(path), "--backfill", "public.a.n=1")
    assert answers(given) == Answers(
        renames=("public.a.x->public.a.y",),
        drops=("public.d",),
        backfills={"public.a.n": "1"},
        casts={"public.a.c": "c::int"},
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"rename": []}', "`rename` is no kind of answer"),
        ('{"drops": "public.a"}', "Expected `array`"),
        ('{"renames": ["public.a"]}', "public.a"),
        ("[]", "not an object"),
        ("{", "answers.json"),
        (None, "No such file"),
    ],
)
def test_a_file_of_answers_that_cannot_be_used(tmp_path, text, said):
    path = tmp_path / "answers.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageConflictError, match=re.escape(said)) as caught:
        answers(parse("push", "--answers", str(path)))
    assert "answers.json" in str(caught.value)


@pytest.mark.parametrize("flag", ["--allow-drop", "--yes", "-y"])
def test_agreeing_to_drops(flag):
    assert answers(parse("push", flag)).allow_drop


@pytest.mark.parametrize(
    "words", [["--rename", "nonsense"], ["--backfill", "public.a.n"], ["--backfill", "=1"]]
)
def test_answers_that_cannot_be_read(words):
    with pytest.raises(UsageConflictError) as raised:
        answers(parse("push", *words))
    assert raised.value.exit_code == EXIT_ANSWER_NEEDED
    assert "such as public." in raised.value.message


def test_the_nearest_flag_is_named():
    flags = find("push").flags("cli")
    assert unknown_text(["--renam"], flags) == "unknown flag: --renam (did you mean --rename?)"
    assert unknown_text(["--renames=x"], flags).endswith("(did you mean --rename?)")
    assert unknown_text(["--zzzzz"], flags) == "unknown flag: --zzzzz"
    assert unknown_text(["word"], flags) == "unexpected argument: word"


def choices(*flags: str) -> tuple[Choice, ...]:
    return tuple(Choice(text="?", flag=flag) for flag in flags)


def question(*flags: str) -> Question:
    return Question(kind="drop", path="public.a", text="?", choices=choices(*flags))


def test_the_line_to_type_answers_every_question():
    questions = (question("--rename 'a->b'", "--drop a"), question("--drop c"), question())
    plan = Plan(old=Snapshot(), new=Snapshot(), questions=questions)
    error = answer_needed(PushResult(plan, (), 0.0, "app"), "%db_push ")
    assert error is not None
    assert error.hint == "%db_push --rename 'a->b' --drop c"
    assert error.message == "nothing was changed: 3 questions are open (shown above)"
    assert error.questions == list(questions)


def test_a_renamed_column_needs_no_values():
    rename = Question(kind="rename", path="public.a.y", text="?", choices=choices("--rename x"))
    fill = Question(kind="backfill", path="public.a.y", text="?", choices=choices("--backfill y"))
    other = Question(kind="backfill", path="public.a.z", text="?", choices=choices("--backfill z"))
    plan = Plan(old=Snapshot(), new=Snapshot(), questions=(rename, fill, other))
    error = answer_needed(PushResult(plan, (), 0.0, "app"), "%db_push")
    assert error is not None
    assert error.hint == "%db_push --rename x --backfill z"


def test_no_error_without_questions():
    plan = Plan(old=Snapshot(), new=Snapshot())
    assert answer_needed(PushResult(plan, (), 0.0, "app"), "x") is None
    assert answer_needed(CheckResult(), "x") is None


def test_a_source_stands_before_the_name_on_the_command_line_only():
    given = parse("generate", "schema.ipynb", "first")
    assert (given.source, given.name) == ("schema.ipynb", "first")
    given = parse("generate", "first", place="magic")
    assert (given.source, given.name) == (None, "first")
