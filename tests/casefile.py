"""The text files in ``tests/cases``: one schema change each.

Sections open with ``-- name --`` on a line of its own:

``old.py`` ``new.py``     what a ``%%schema`` cell would hold; an absent one is the empty schema
``old.sql`` ``new.sql``   the same as DDL; such a case needs the server
``setup.sql``             run in every database first: roles, extensions, functions
``renames`` ``backfills`` the answers: ``OLD->NEW`` and ``PATH=SQL``, one per line
``rows.sql``              statements run when the old schema is there
``check.sql``             a query per line; behind it ``=>`` and the rows it must give
``operations``            golden: one line per operation
``expected.sql``          golden: the rendered statements
``hazards``               golden: what is to be known before the plan is applied
``error``                 golden: the declaration or plan is refused with this message
``dump differs``          reason why ``pg_dump`` cannot be equal; nothing else may use it
``min_pg``                oldest major version of the server

Lines in front of the first section say what the case is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from nbmigrate.declare import Declarations
from nbmigrate.model import EMPTY, Snapshot, format_path
from nbmigrate.operations import Operation
from nbmigrate.plan import Answers, Plan

CASES = Path(__file__).parent / "cases"
_HEADING = re.compile(r"^-- ([a-z_. ]+) --$", re.MULTILINE)
_KNOWN = frozenset(
    [
        "old.py",
        "new.py",
        "old.sql",
        "new.sql",
        "setup.sql",
        "renames",
        "backfills",
        "casts",
        "labels",
        "rows.sql",
        "check.sql",
        "operations",
        "expected.sql",
        "hazards",
        "error",
        "min_pg",
    ]
) | {"dump differs"}


@dataclass(frozen=True)
class Case:
    """One case; ``sections`` are texts without the blank lines around them."""

    path: Path
    about: str
    sections: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``kind/what``."""
        return self.path.relative_to(CASES).with_suffix("").as_posix()

    @property
    def is_sql(self) -> bool:
        """True when a server is needed to know the schemas."""
        return "old.sql" in self.sections or "new.sql" in self.sections

    def get(self, section: str) -> str:
        """The text of a section; empty when it is absent."""
        return self.sections.get(section, "")

    def lines(self, section: str) -> list[str]:
        """The lines of a section that are not blank."""
        return [line for line in self.get(section).splitlines() if line.strip()]

    def answers(self, declared: Iterable[str] = ()) -> Answers:
        """The answers of the case and those its declaration holds."""
        return Answers(
            renames=(*declared, *self.lines("renames")),
            backfills=self._values("backfills"),
            casts=self._values("casts"),
            labels=self._values("labels"),
        )

    def _values(self, section: str) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.lines(section))

    def checks(self) -> Iterator[tuple[str, str]]:
        """Queries and the text of their rows."""
        for line in self.lines("check.sql"):
            query, _, result = line.partition("=>")
            yield query.strip(), result.strip()


def read_case(path: Path) -> Case:
    """The case in a file."""
    about, *parts = _HEADING.split(path.read_text(encoding="utf-8"))
    names, texts = parts[::2], parts[1::2]
    unknown = set(names) - _KNOWN
    assert not unknown, f"{path}: unknown sections {sorted(unknown)}"
    assert len(set(names)) == len(names), f"{path}: a section is there twice"
    return Case(path, about.strip(), {n: t.strip("\n") for n, t in zip(names, texts, strict=True)})


def write_case(case: Case, **goldens: str) -> None:
    """The file with its goldens replaced (``expected_sql`` is ``expected.sql``)."""
    sections = {**case.sections, **{n.replace("_sql", ".sql"): t for n, t in goldens.items()}}
    text = f"{case.about}\n" + "".join(f"\n-- {n} --\n{t}\n" for n, t in sections.items() if t)
    case.path.write_text(text, encoding="utf-8")


def all_cases() -> list[Case]:
    """Every case, in the order of names."""
    return [read_case(path) for path in sorted(CASES.rglob("*.txt"))]


def operation_lines(operations: Iterable[Operation]) -> str:
    """One line per operation: its name, and what it is about."""
    return "\n".join(_operation_line(operation) for operation in operations)


def hazard_lines(plan: Plan) -> str:
    """One line per hazard."""
    return "\n".join(f"{hazard.code} {hazard.path}" for hazard in plan.hazards)


def _operation_line(operation: Operation) -> str:
    fields = {n: getattr(operation, n) for n in operation.__struct_fields__}
    parts = [type(operation).__name__]
    if "table" in fields and isinstance(fields["table"], tuple):
        parts.append(format_path(*fields.pop("table")))
    parts += [_word(n, value) for n, value in fields.items() if value not in (None, ())]
    return " ".join(part for part in parts if part)


def _word(name: str, value: Any) -> str:
    match value:
        case tuple() if name == "uses":
            return "uses=" + ",".join(format_path(*u.table, u.column.name) for u in value)
        case tuple() if name == "columns":
            return f"({', '.join(format_path(part) for part in value)})"
        case tuple():
            return f"{name}={format_path(*value)}"
        case msgspec.Struct():
            shown = format_path(*getattr(value, "id", (getattr(value, "name", ""),)))
            type_ = getattr(value, "type", None)
            return f"{name}={shown}" + (f":{type_}" if isinstance(type_, str) else "")
        case bool():
            return name if value else ""
        case _:
            return (
                f"{name}={value!r}"
                if name in ("backfill", "using")
                else f"{name}={format_path(str(value))}"
            )


@dataclass(frozen=True)
class Evaluated:
    """A schema that a section declares, and the renames in it."""

    snapshot: Snapshot
    renames: tuple[str, ...] = ()


def declared(case: Case, side: str) -> Evaluated:
    """What ``old.py`` or ``new.py`` declares; the empty schema without one."""
    source = case.get(f"{side}.py")
    return evaluate(source, f"{case.name}:{side}") if source else Evaluated(EMPTY)


def evaluate(source: str, cell: str) -> Evaluated:
    """What a schema cell with that body declares, in a kernel of its own."""
    declarations = Declarations()
    declarations.declare(source, cell=cell, namespace={}, first_line=1)
    found = Evaluated(declarations.snapshot, declarations.renames)
    declarations.release()
    return found
