"""Named parameters in SQL that otherwise stays as it is.

``:name`` is a parameter only when a value for ``name`` was given, and never inside
a string, a quoted name or a comment, as part of ``::``, or as the bound of an array
slice (``a[1:n]``). It becomes ``$1``, and the server binds the value: the value is
never put into the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from nbmigrate.errors import UsageConflictError
from nbmigrate.postgresql.lexer import QUOTED, Token, tokenize


def bind(sql: str, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The SQL with ``$n`` for the named parameters, and their values in that order.

    Raises:
        UsageConflictError: a value that is not used, or SQL with ``$n`` of its own.
    """
    names: list[str] = []
    pieces: list[str] = []
    before: list[Token] = []
    for token in tokenize(sql):
        if token.kind == "parameter":
            raise UsageConflictError(
                f"`{token.text}` and named parameters do not go together",
                hint="name it too: :name with --param name",
            )
        if token.kind == "word" and token.text in params and _is_marked(before):
            if token.text not in names:
                names.append(token.text)
            # As wide as the name, so that PostgreSQL counts the places as they were typed.
            pieces[-1] = f"${names.index(token.text) + 1}".ljust(1 + len(token.text))
        else:
            pieces.append(token.text)
        before = [*before[-1:], token]
    _require_used(params, names)
    return "".join(pieces), [bound_value(params[name]) for name in names]


def unbound(sql: str) -> list[str]:
    """The names that look like parameters and have no value: ``:name`` is no SQL by itself."""
    names: list[str] = []
    before: list[Token] = []
    for token in tokenize(sql):
        if token.kind == "word" and token.text not in names and _is_marked(before):
            names.append(token.text)
        before = [*before[-1:], token]
    return names


def _is_marked(before: list[Token]) -> bool:
    """Whether a lone colon stands before the word, and nothing that a slice would continue."""
    if not before or before[-1].text != ":":
        return False
    return len(before) < 2 or not _ends_value(before[0])


def _ends_value(token: Token) -> bool:
    return token.kind in {"word", "number", "integer", "name"} | QUOTED or token.text in {")", "]"}


def _require_used(params: Mapping[str, Any], names: list[str]) -> None:
    unused = [name for name in params if name not in names]
    if unused:
        raise UsageConflictError(
            f"the SQL has no parameter :{', :'.join(unused)}",
            hint="a parameter is written :name, outside of quotes",
        )


def bound_value(value: Any) -> Any:  # noqa: ANN401 - any value of the notebook
    """The value as the server binds it."""
    if isinstance(value, dict) or _is_list_of_dicts(value):
        return Jsonb(value)
    # pandas' missing values (NA, NaT) know no other database word than NULL.
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if type(value).__name__ in {"Series", "Index", "ndarray"} and hasattr(value, "tolist"):
        return [bound_value(one) for one in value.tolist()]
    return value


def _is_list_of_dicts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)
