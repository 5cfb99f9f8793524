"""What every result is: a value that shows itself as text, HTML, a DataFrame and JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import msgspec

from nbmigrate.display import Block, TableBlock, to_html, to_text
from nbmigrate.hazards import Hazard
from nbmigrate.plan import Plan, Question
from nbmigrate.results.changes import counts, tree

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]


class Result:
    """A value that shows itself. Subclasses are frozen dataclasses with ``blocks`` and ``records``.

    ``not_in_json`` names fields that ``as_dict`` leaves out.
    """

    not_in_json: ClassVar[frozenset[str]] = frozenset({"frame"})

    def blocks(self) -> tuple[Block, ...]:
        """The result as a document."""
        raise NotImplementedError

    def records(self) -> list[Record]:
        """The result as rows, for ``.frame``."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """The result as a pandas DataFrame; ``.frame`` is the same."""
        import pandas as pd

        return pd.DataFrame.from_records(self.records())

    @property
    def is_different(self) -> bool:
        """True when it shows a difference that ``--exit-code`` asks for."""
        return False

    @property
    def questions(self) -> tuple[Question, ...]:
        """What must be answered before the command can do anything."""
        return ()

    @property
    def held_for(self) -> tuple[Hazard, ...]:
        """Why the command waits for a yes although there is no question."""
        return ()

    @property
    def as_file(self) -> str | None:
        """What a file would hold, where the result is the text of one; a shell prints it alone."""
        return None

    def as_dict(self) -> Record:
        """The result as ``--json`` prints it."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # every subclass is one
        names = (field.name for field in fields if field.name not in self.not_in_json)
        return {name: plain(getattr(self, name)) for name in names}

    def shown_by(self, show: Callable[[Self], None]) -> Self:
        """The same result, which IPython displays by calling ``show``."""
        vars(self)["_ipython_display_"] = lambda: show(self)
        return self

    def __repr__(self) -> str:
        return to_text(self.blocks())

    def _repr_html_(self) -> str:
        return to_html(self.blocks())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002 - IPython's protocol
        blocks = self.blocks()
        return {"text/plain": to_text(blocks), "text/html": to_html(blocks)}


class Framed(Result):
    """A result whose DataFrame is made from its records."""

    @property
    def frame(self) -> pd.DataFrame:
        """The result as a pandas DataFrame."""
        return self.to_frame()


def json_form(value: object) -> Any:  # noqa: ANN401 - what JSON holds
    """A value of the model as it stands in a file."""
    return msgspec.json.decode(msgspec.json.encode(value))


def plan_dict(plan: Plan) -> Record:
    """A plan without its two snapshots, which the caller has in files or a database."""
    return {
        "counts": counts(tree(plan.operations)),
        "operations": json_form(plan.operations),
        "statements": [statement.sql for statement in plan.statements],
        "hazards": json_form(plan.hazards),
        "questions": [{**json_form(q), "flags": list(q.flags)} for q in plan.questions],
        "harmless": plan.is_harmless,
        "fingerprint": plan.fingerprint,
    }


def plain(value: object) -> object:  # noqa: PLR0911 - one return per kind of value
    """The value as JSON can hold it; what it cannot hold exactly is text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if value == value and abs(value) != float("inf") else str(value)  # noqa: PLR0124 - NaN is no JSON
        case Plan():
            return plan_dict(value)
        case msgspec.Struct():
            return json_form(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [plain(item) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        case _:
            return cell_text(value)


def cell_text(value: object) -> str | None:
    """A value from a database as it is shown; ``None`` is NULL."""
    # pandas' own NULLs are named, not imported, since most results have none.
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return None
    match value:
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case bytes() | memoryview():
            return "\\x" + bytes(value).hex()
        case _:
            return str(value)


def rows_block(
    columns: Sequence[str], rows: Sequence[Sequence[object]], note: str = ""
) -> TableBlock:
    """Rows of a database as a table; columns of numbers stand to the right."""
    right = frozenset(at for at in range(len(columns)) if _is_numeric([row[at] for row in rows]))
    shown = tuple(tuple(map(cell_text, row)) for row in rows)
    return TableBlock(tuple(columns), shown, right, note)


def _is_numeric(values: Sequence[object]) -> bool:
    known = [value for value in values if cell_text(value) is not None]
    return bool(known) and all(_is_number(value) for value in known)


def _is_number(value: object) -> bool:
    # Also Decimal and numpy's numbers, which register with no common class.
    return not isinstance(value, (bool, str)) and hasattr(value, "__float__")
