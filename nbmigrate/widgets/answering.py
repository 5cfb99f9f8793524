"""Answers given by clicking: what they mean to a plan, and the line that would have said it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from nbmigrate.plan import Answers, Choice, Question, flag


@dataclass(frozen=True)
class Given:
    """A question, the choice taken, and the value typed for it."""

    question: Question
    choice: Choice
    value: str = ""

    @property
    def answers(self) -> Answers:
        """What the choice says, with the typed value in the place of the placeholder."""
        path, found = self.choice.needs_value, self.choice.answers
        if not path:
            return found
        maps = {
            name: {**value, path: self.value}
            for name in found.__struct_fields__
            if isinstance(value := getattr(found, name), Mapping) and path in value
        }
        return msgspec.structs.replace(found, **maps)

    @property
    def flag(self) -> str:
        """The flag as it would be typed."""
        if not self.choice.needs_value:
            return self.choice.flag
        name = self.choice.flag.split(" ", 1)[0]
        return flag(name, f"{self.choice.needs_value}={self.value}")

    def as_dict(self) -> dict[str, Any]:
        """The answer as it is shown."""
        return {
            "key": key(self.question),
            "text": self.question.text,
            "answer": self.choice.text,
            "value": self.value,
            "flag": self.flag,
        }


def key(question: Question) -> str:
    """What names a question as long as the plan is open."""
    return f"{question.kind}:{question.path}"


def merged(answers: Answers, given: Sequence[Given]) -> Answers:
    """The answers of the line and those that were clicked."""
    for one in given:
        answers = answers.merged(one.answers)
    return answers


def line(magic: str, words: Sequence[str], given: Sequence[Given]) -> str:
    """The magic line that says all of it."""
    typed = shlex.join((magic, *words))
    return " ".join((typed, *dict.fromkeys(one.flag for one in given)))
