"""SQL text of defaults and expressions, in one spelling as far as text allows.

The same default comes from a person (``'x'``), from drizzle-kit (a JSON number)
and from the catalogs (``'x'::text``). What only PostgreSQL can decide is left as it
is: a scratch database answers it.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from nbmigrate.postgresql import literals
from nbmigrate.postgresql.identifiers import guard
from nbmigrate.postgresql.keywords import VALUE_FUNCTIONS
from nbmigrate.postgresql.lexer import (
    Token,
    constant_value,
    fold,
    identifier_value,
    join,
    significant,
    split_commas,
    tokenize,
    without_parens,
)
from nbmigrate.postgresql.spacing import canonical_expression, spaced, without_public
from nbmigrate.postgresql.types import (
    NUMBER_TYPES,
    SERIAL_TYPES,
    TEXT_TYPES,
    base_type,
    canonical_type,
    split_array,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmigrate.model import Default

__all__ = ["canonical_default", "canonical_expression", "render_default", "strip_parens"]

#: Most expressions of the catalogs, told without tokens.
_ONE_PAIR = re.compile(r"\((?:[^()'\"$]|\([^()'\"$]*\))*+\)")
_UNDOUBLED_JSON = re.compile(r"'(.*)'(::jsonb?)?", re.DOTALL)
_NUMBERS = NUMBER_TYPES | {"numeric"}
_BIT_TYPES = frozenset({"bit", "bit varying"})
#: A DEFAULT is a b_expr (PostgreSQL ``gram.y``): these need parentheses there.
_LOOSE_WORDS = frozenset(
    {
        "and",
        "at",
        "between",
        "collate",
        "ilike",
        "in",
        "is",
        "isnull",
        "like",
        "not",
        "notnull",
        "or",
    }
    | {"overlaps", "similar"}
)


def strip_parens(text: str) -> str:
    """The text without the parentheses (and blanks) around all of it."""
    text = text.strip()
    if not text.startswith("(") or not text.endswith(")"):
        return text
    if _ONE_PAIR.fullmatch(text) and "--" not in text and "/*" not in text:
        return strip_parens(text[1:-1])
    tokens = tokenize(text)
    inner = without_parens(tokens)
    return text if len(inner) == len(tokens) else strip_parens(join(inner))


def canonical_default(default: Default | None, column_type: str) -> Default | None:
    """The default in the one spelling for a column of that type; ``NULL`` is no default."""
    if default is None or canonical_type(column_type) in SERIAL_TYPES:
        return None
    if isinstance(default, bool):
        default = "true" if default else "false"
    elif isinstance(default, (int, float)):
        default = _digits(default)
    elif isinstance(default, (list, dict)):
        default = _of_document(default, column_type)
    return _canonical_text(default, column_type)


def _digits(value: float) -> str:
    return literals.decimal(repr(value)) or repr(value)


def _of_document(default: list[object] | dict[str, object], column_type: str) -> str:
    """What drizzle-kit meant by an array or object that it wrote as it was."""
    if base_type(column_type) in {"json", "jsonb"} and not split_array(column_type)[1]:
        return _quoted(json.dumps(default, ensure_ascii=False, separators=(",", ":")))
    if isinstance(default, list) and split_array(column_type)[1]:
        return _quoted(literals.write_array(_array_items(default)))
    return render_default(default)


def _array_items(values: list[object]) -> literals.Items:
    return [_array_item(value) for value in values]


def _array_item(value: object) -> str | literals.Items | None:
    match value:
        case None:
            return None
        case str():
            return value
        case list():
            return _array_items(value)
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=16384)
def _canonical_text(text: str, column_type: str) -> Default | None:
    tokens = without_parens(significant(text))
    if not tokens:
        return text
    constant, cast = _constant_and_cast(tokens)
    if constant is not None and (cast is None or _is_redundant(cast, constant, column_type)):
        return _of_constant(constant, column_type)
    if (items := _array_constructor(tokens, column_type)) is not None:
        return _quoted(_canonical_array(literals.write_array(items), column_type))
    if (repaired := _undoubled_json(text, column_type)) is not None:
        return _of_constant(Token("string", _quoted(repaired)), column_type)
    return _of_expression(tokens)


# --- constants ---------------------------------------------------------------


def _constant_and_cast(tokens: Sequence[Token]) -> tuple[Token | None, str | None]:
    """The one constant that the tokens are, and the type it is cast to."""
    casts = [at for at, token in enumerate(tokens) if token.kind == "cast"]
    if len(casts) > 1:
        return None, None
    end = casts[0] if casts else len(tokens)
    constant = _constant(without_parens(tokens[:end]))
    if constant is None or not casts:
        return constant, None
    return constant, _type_text(tokens[end + 1 :])


def _constant(tokens: Sequence[Token]) -> Token | None:
    if len(tokens) == 2 and tokens[0].text in {"-", "+"} and tokens[1].kind == "number":
        return Token("number", tokens[0].text.replace("+", "") + tokens[1].text)
    if len(tokens) != 1:
        return None
    token = tokens[0]
    if token.kind == "number" or constant_value(token) is not None:
        return token
    return token if token.kind == "word" and fold(token.text) in {"true", "false", "null"} else None


def _type_text(tokens: Sequence[Token]) -> str:
    """The type, without its schema."""
    names = [at for at, token in enumerate(tokens) if token.kind == "dot"]
    rest = tokens[names[-1] + 1 :] if names else tokens
    if rest and rest[0].kind == "name":
        return (identifier_value(rest[0]) or rest[0].text) + join(rest[1:])
    return canonical_type(spaced(rest))


def _is_redundant(cast: str, constant: Token, column_type: str) -> bool:
    """Whether the constant is the same in that column without the cast."""
    if fold(constant.text) == "null":
        return True
    element, dimensions = split_array(column_type)
    cast_element, cast_dimensions = split_array(cast)
    if bool(dimensions) != bool(cast_dimensions):
        return False
    own, other = base_type(element), base_type(cast_element)
    if "(" in cast_element and canonical_type(cast_element) != canonical_type(element):
        return False
    if own in _NUMBERS:
        return other in _NUMBERS and _is_exact(constant, other, own)
    return _unquoted(own) == other or {own, other} <= TEXT_TYPES or {own, other} <= _BIT_TYPES


def _is_exact(constant: Token, cast: str, own: str) -> bool:
    """Whether the cast leaves the number as it is: integers round, real loses digits."""
    digits = literals.decimal(constant_value(constant) or constant.text)
    if digits is None:
        return own == cast
    if cast in {"smallint", "integer", "bigint"}:
        return "." not in digits
    return cast in {own, "numeric"}


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _of_constant(constant: Token, column_type: str) -> Default | None:
    if constant.kind == "word" and fold(constant.text) == "null":
        return None
    quoted = constant_value(constant)
    value = constant.text if quoted is None else quoted
    if split_array(canonical_type(column_type))[1]:
        return _quoted(_canonical_array(value, column_type)) if quoted is not None else value
    base = base_type(column_type)
    if base in NUMBER_TYPES:
        number = literals.number(value)
        return number if number is not None else _as_written(constant, value)
    if base == "boolean":
        truth = literals.boolean(value)
        return truth if truth is not None else _as_written(constant, value)
    if quoted is None and base not in TEXT_TYPES | {"numeric"}:
        return fold(value)
    return _quoted(_canonical_value(value, base)) + (
        f"::{base}" if base in {"json", "jsonb"} else ""
    )


def _as_written(constant: Token, value: str) -> str:
    return fold(constant.text) if constant_value(constant) is None else _quoted(value)


def _canonical_value(value: str, base: str) -> str:
    """The text inside the quotes as PostgreSQL prints it for that type."""
    found: str | None
    match base:
        case "numeric":
            found = literals.decimal(value)
        case "jsonb":
            found = literals.jsonb(value)
        case "date" | "timestamp" | "timestamp with time zone":
            found = literals.moment(value, base)
        case "time":
            found = literals.time(value)
        case "uuid":
            found = value.lower()
        case _:
            found = None
    return value if found is None else found


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _undoubled_json(text: str, column_type: str) -> str | None:
    """The document that drizzle-kit 0.31 wrote without doubling the quotes inside it."""
    found = _UNDOUBLED_JSON.fullmatch(text.strip())
    if (
        not found
        or base_type(column_type) not in {"json", "jsonb"}
        or literals.jsonb(found[1]) is None
    ):
        return None
    return found[1]


# --- arrays ------------------------------------------------------------------


def _canonical_array(text: str, column_type: str) -> str:
    items = literals.parse_array(text)
    if items is None:
        return text
    return literals.write_array(_canonical_items(items, base_type(column_type)))


def _canonical_items(items: literals.Items, base: str) -> literals.Items:
    return [
        _canonical_items(item, base) if isinstance(item, list) else _canonical_item(item, base)
        for item in items
    ]


def _canonical_item(item: str | None, base: str) -> str | None:
    if item is None:
        return None
    if base == "boolean":
        truth = literals.boolean(item)
        return item if truth is None else "ft"[truth]
    if base in {"smallint", "integer", "bigint"}:
        return literals.decimal(item) or item
    return _canonical_value(item, base)


def _array_constructor(tokens: Sequence[Token], column_type: str) -> literals.Items | None:
    """The items of ``ARRAY[...]`` when all are constants."""
    dimensions = split_array(canonical_type(column_type))[1]
    if not dimensions or fold(tokens[0].text) != "array" or len(tokens) < 3:
        return None
    end = next((at for at, token in enumerate(tokens) if token.text == "]"), 0)
    rest = tokens[end + 1 :]
    if tokens[1].text != "[" or (rest and rest[0].kind != "cast"):
        return None
    if rest and split_array(_type_text(rest[1:]))[0] != split_array(canonical_type(column_type))[0]:
        return None
    return _constructor_items(tokens[2:end], split_array(column_type)[0])


def _constructor_items(tokens: Sequence[Token], element: str) -> literals.Items | None:
    items: literals.Items = []
    for part in split_commas(tokens):
        constant, cast = _constant_and_cast(without_parens(part))
        if constant is None or (cast is not None and not _is_redundant(cast, constant, element)):
            return None
        value = constant_value(constant)
        text = fold(constant.text) if value is None else value
        items.append(None if value is None and text == "null" else text)
    return items


# --- expressions -------------------------------------------------------------


def _of_expression(tokens: Sequence[Token]) -> str:
    first = fold(tokens[0].text)
    if first in VALUE_FUNCTIONS and tokens[0].kind == "word" and len(tokens) in {1, 4}:
        return first.upper() + join(tokens[1:])
    if (sequence := _sequence_of_nextval(tokens)) is not None:
        return f"nextval({_quoted(sequence)})"
    return canonical_expression(_fold_functions(tokens), "")


def _sequence_of_nextval(tokens: Sequence[Token]) -> str | None:
    names = [token for token in tokens if token.kind in {"word", "name"}]
    start = 2 if len(names) > 1 and identifier_value(names[0]) == "pg_catalog" else 0
    call = tokens[start:]
    if len(call) < 4 or identifier_value(call[0]) != "nextval" or call[1].text != "(":
        return None
    inner = without_parens(call[1:])
    value = constant_value(inner[0])
    casts = [identifier_value(token) for token in inner[1:] if token.kind != "cast"]
    if value is None or not set(casts) <= {"regclass", "text"}:
        return None
    return join(without_public(tokenize(value)))


def _fold_functions(tokens: Sequence[Token]) -> str:
    """The text with names of functions in lower case."""
    following = [*tokens[1:], Token("other", "")]
    return spaced(
        [
            Token("word", fold(token.text)) if token.kind == "word" and after.text == "(" else token
            for token, after in zip(tokens, following, strict=True)
        ]
    )


# --- writing -----------------------------------------------------------------


def render_default(default: Default) -> str:
    """The default as DDL spells it."""
    match default:
        case bool():
            return "true" if default else "false"
        case int() | float():
            return repr(default)
        case str():
            return guard(f"({default})" if _is_loose(default) else default)
        case list():
            return guard(_quoted("[" + ",".join(_array_text(item) for item in default) + "]"))
        case dict():
            return guard(_of_object(default))


def _is_loose(text: str) -> bool:
    depth = 0
    for token in significant(text):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.kind == "word" and fold(token.text) in _LOOSE_WORDS:
            return True
    return False


def _array_text(item: object) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def _of_object(default: dict[str, object]) -> str:
    """drizzle-orm 0.45 point ``{x, y}`` and line ``{a, b, c}``; anything else is JSON."""
    if default.keys() == {"x", "y"}:
        return _quoted(f"({default['x']},{default['y']})")
    if default.keys() == {"a", "b", "c"}:
        return _quoted("{" + f"{default['a']},{default['b']},{default['c']}" + "}")
    return _quoted(_array_text(default)) + "::jsonb"
