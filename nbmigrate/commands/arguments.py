"""Arguments of commands as values, and how they are read.

One argument describes an option of the CLI, a flag of a magic, a line of its
``?`` help and what Tab offers for it.
"""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.plan import Answers

Place = Literal["cli", "magic"]


@dataclass(frozen=True)
class Argument:
    """One argument. ``values`` says what Tab offers; ``place`` limits it to the CLI or magics."""

    flags: tuple[str, ...]
    help: str
    options: Mapping[str, Any] = field(default_factory=dict)
    values: Literal["", "table", "migration", "connection"] = ""
    place: Literal["", "cli", "magic"] = ""

    @property
    def is_flag(self) -> bool:
        """True for ``--x``, false for a positional argument."""
        return self.flags[0].startswith("-")

    @property
    def takes_value(self) -> bool:
        """True unless it is a switch."""
        return self.options.get("action") != "store_true"

    def stands_in(self, place: Place) -> bool:
        """True when the place has this argument."""
        return self.place in {"", place}


def switch(*flags: str, help: str, place: Literal["", "cli", "magic"] = "") -> Argument:  # noqa: A002 - argparse's word
    """A flag without a value."""
    return Argument(flags, help, {"action": "store_true"}, place=place)


def repeated(flag: str, metavar: str, help: str) -> Argument:  # noqa: A002 - argparse's word
    """A flag that may be given several times."""
    return Argument((flag,), help, {"action": "append", "default": [], "metavar": metavar})


SOURCE_HELP = "a database URL, migrations folder, snapshot, .sql, .py or .ipynb file, or: "
RENAME = repeated("--rename", "OLD->NEW", "answer: this is a rename, e.g. public.a.x->public.a.y")
DROP = repeated("--drop", "PATH", "answer: this may go, e.g. public.users.nickname")
BACKFILL = repeated("--backfill", "PATH=SQL", "answer: the value that rows already there get")
ALLOW_DROP = switch("--allow-drop", help="answer: everything the plan drops may go")
ONLINE = switch("--online", help="the form that keeps nobody waiting; not one transaction")
ALLOW = repeated("--allow", "CODE=REASON", 'accept a hazard, e.g. NB206="a table of 40 rows"')
USING = repeated("--using", "PATH=SQL", "answer: how a column's values become its new type")
MAP = repeated("--map", "PATH=LABEL", "answer: what rows get instead of an enum's removed label")
ANSWERS_FILE = repeated("--answers", "FILE", "answers as JSON: renames, drops, backfills, casts …")
ANSWERS = (RENAME, DROP, BACKFILL, USING, MAP, ALLOW_DROP, ANSWERS_FILE)
DRY_RUN = switch("--dry-run", "-n", help="show what would be run; change nothing")
RELEASE_OWN = switch("--release-own", help="roll back own open transactions that are in the way")
EXIT_CODE = switch("--exit-code", help="end with 3 when there is a difference", place="cli")


def source_argument(metavar: str, dest: str, help: str) -> Argument:  # noqa: A002 - argparse's word
    """A positional argument that names a source and may be left out."""
    return Argument((dest,), help, {"nargs": "?", "metavar": metavar})


def add_arguments(
    parser: argparse.ArgumentParser, arguments: Iterable[Argument], place: Place
) -> None:
    """Give the parser the arguments that stand in the place."""
    for argument in arguments:
        if argument.stands_in(place):
            parser.add_argument(
                *argument.flags, help=argument.help.replace("%", "%%"), **argument.options
            )


def unknown_text(extras: Sequence[str], known: Iterable[str]) -> str:
    """What to say of arguments nobody asked for; the nearest flag when there is one."""
    word = extras[0]
    if not word.startswith("-"):
        return f"unexpected argument: {word}"
    near = difflib.get_close_matches(word.split("=")[0], list(known), n=1, cutoff=0.5)
    return f"unknown flag: {word}" + (f" (did you mean {near[0]}?)" if near else "")


def answers(given: argparse.Namespace) -> Answers:
    """The answers of ``--answers`` files, and of the flags, which win over the files.

    Raises:
        UsageConflictError: when one cannot be read.
    """
    from nbmigrate.plan import NO_ANSWERS

    found = NO_ANSWERS
    for path in getattr(given, "answers", ()):
        found = found.merged(_from_file(path))
    return found.merged(_from_flags(given))


def _from_flags(given: argparse.Namespace) -> Answers:
    from nbmigrate.model import Rename
    from nbmigrate.plan import Answers

    try:
        renames = tuple(str(Rename.parse(text)) for text in given.rename)
        valued = {
            name: dict(_valued(text, example) for text in getattr(given, name, ()))
            for name, example in _VALUED.items()
        }
    except ValueError as error:
        raise UsageConflictError(str(error)) from error
    return Answers(
        renames=renames,
        drops=tuple(given.drop),
        backfills=valued["backfill"],
        casts=valued["using"],
        labels=valued["map"],
        allow_drop=getattr(given, "allow_drop", False) or getattr(given, "yes", False),
        allowed=dict(map(_allowed, getattr(given, "allow", ()))),
        online=getattr(given, "online", False),
    )


def _allowed(text: str) -> tuple[str, str]:
    """The code of a hazard and the reason for which it is accepted.

    Raises:
        UsageConflictError: there is no such code, or no reason.
    """
    from nbmigrate.hazards import CODES

    code, _, reason = (part.strip() for part in text.partition("="))
    if code not in CODES:
        near = difflib.get_close_matches(code, CODES, n=3, cutoff=0.4)
        listed = f"did you mean {', '.join(near)}?" if near else "the codes are in docs/hazards"
        raise UsageConflictError(f"`{code}` is not the code of a hazard", hint=listed)
    if not reason or "\n" in reason:
        raise UsageConflictError(
            f"--allow {code} needs a reason, on one line",
            hint=f'--allow {code}="why it is safe here"',
        )
    return code, reason


#: Flags of the form PATH=VALUE, with what one looks like.
_VALUED = {
    "backfill": "a backfill such as public.users.age=0",
    "using": 'a cast such as public.users.age="age"::integer',
    "map": "a label such as public.mood.sad=calm",
}


def _valued(text: str, example: str) -> tuple[str, str]:
    """The path and the value; the first ``=`` behind a whole path divides them."""
    from nbmigrate.model import parse_path

    at = text.find("=")
    while at > 0:
        try:
            parse_path(text[:at])
        except ValueError:
            at = text.find("=", at + 1)
        else:
            return text[:at].strip(), text[at + 1 :].strip()
    raise ValueError(f"{text!r} is not {example}")


def _from_file(path: str) -> Answers:
    """The answers of a JSON file; a key that means nothing is an error, not passed over."""
    import msgspec

    from nbmigrate.model import Rename
    from nbmigrate.plan import Answers

    try:
        found = json.loads(Path(path).read_text("utf-8-sig"))
        if not isinstance(found, dict):
            raise ValueError("not an object")  # noqa: TRY301, TRY004 - said with the others below
        fields = dict(zip(Answers.__struct_fields__, Answers.__struct_encode_fields__, strict=True))
        found = {fields.get(key, key): value for key, value in found.items()}
        if unknown := sorted(found.keys() - set(fields.values())):
            raise UsageConflictError(
                f"{path}: `{unknown[0]}` is no kind of answer",
                hint=f"there are: {', '.join(fields)}",
            )
        read = msgspec.convert(found, Answers)
        renames = tuple(str(Rename.parse(text)) for text in read.renames)
    except OSError as error:
        raise UsageConflictError(f"{path}: {error.strerror or error}") from error
    except (ValueError, msgspec.MsgspecError) as error:
        raise UsageConflictError(f"{path}: {error}", hint=_FILE_HINT) from error
    return msgspec.structs.replace(read, renames=renames)


_FILE_HINT = 'an object such as {"renames": ["public.a.x->public.a.y"], "drops": ["public.b"]}'
