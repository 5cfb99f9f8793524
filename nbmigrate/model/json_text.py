"""JSON text as JavaScript reads and writes it: the bytes drizzle-kit would have written.

Nothing here knows what a document means; snapshots are in
:mod:`nbmigrate.model.codec`, the journal in :mod:`nbmigrate.journal`.
"""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec

#: A decoded document: whatever the file holds, so every reader looks before it trusts.
Json = Any

_INDENT = "  "
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONFLICT_MARKS = ("<" * 7, ">" * 7, "|" * 7)
_CONFLICT = re.compile(r"^(<{7}|>{7}|\|{7})(?: |\r?$)", re.MULTILINE)

_SPELLED_ALIKE = frozenset({str, int, bool})

#: ECMA-262, Number::toString: from these powers of ten on, an exponent is written.
_SMALLEST_PLAIN_EXPONENT = -6
_SMALLEST_EXPONENT_FORM = 21


_ENCODE = "save the file as UTF-8 (iconv -f LATIN1 -t UTF-8, when it is Latin 1)"
_ENCODE_WIDE = "save the file as UTF-8 (iconv -f UTF-16 -t UTF-8, when it is UTF-16)"


class DamagedText(ValueError):
    """Text that cannot be what it should be; ``line`` is where it shows, ``remedy`` what mends it."""

    def __init__(self, message: str, *, line: int, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.remedy = remedy


class MergeConflict(DamagedText):
    """Marks of two sides of a merge."""

    def __init__(self, *, line: int) -> None:
        remedy = "keep one side and delete the marks"
        super().__init__("an unresolved merge conflict", line=line, remedy=remedy)


def decode_text(raw: bytes) -> str:
    """The bytes as text.

    Raises:
        DamagedText: when they are not UTF-8, hold a NUL byte or a merge conflict.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        remedy = _ENCODE_WIDE if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else _ENCODE
        raise DamagedText(f"byte {error.start} is not UTF-8", line=line, remedy=remedy) from error
    require_whole(text)
    return text


def require_whole(text: str) -> None:
    """Nothing for sound text.

    Raises:
        DamagedText: when there is a NUL byte or a merge conflict.
    """
    if (at := text.find("\0")) >= 0:
        offset = len(text[:at].encode(errors="surrogatepass"))
        raise DamagedText(f"byte {offset} is NUL", line=_line(text, at), remedy=_ENCODE_WIDE)
    # a look at every line costs fifty times what this does
    if any(mark in text for mark in _CONFLICT_MARKS) and (conflict := _CONFLICT.search(text)):
        raise MergeConflict(line=_line(text, conflict.start()))


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def parse_json(text: str) -> Json:
    """The document.

    Raises:
        DamagedText: when the text is no JSON.
    """
    require_whole(text)
    if text.startswith("\ufeff"):
        raise DamagedText("the file begins with a byte order mark", line=1)
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        ends = "; the file ends too early" if error.pos >= len(text.rstrip()) else ""
        message = f"not JSON: {error.msg} in column {error.colno}{ends}"
        raise DamagedText(message, line=error.lineno) from error
    except RecursionError as error:
        raise DamagedText("not a document: nested too deeply", line=1) from error
    except ValueError as error:
        raise DamagedText(f"not JSON: {error}", line=1) from error


def _refuse(word: str) -> float:
    raise ValueError(f"`{word}` is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"`{digits}` is too large")
    return number


def format_json(value: object, *, plain: bool | None = None) -> str:
    """The text of ``JSON.stringify(value, null, 2)``; no newline at the end.

    ``plain`` is what :func:`is_plain` says of it, where that is known.
    """
    if is_plain(value) if plain is None else plain:
        # msgspec refuses lone surrogates and integers beyond 64 bits
        with suppress(UnicodeEncodeError, OverflowError):
            return msgspec.json.format(msgspec.json.encode(value), indent=len(_INDENT)).decode()
    return "".join(_format(value, "\n"))


def is_plain(value: object, known: Iterable[object] = ()) -> bool:
    """True without a number that JavaScript spells otherwise, and without what has no JSON form.

    ``known`` are parts that are so, and are not looked at.
    """
    passed = frozenset(map(id, known))
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            if id(one) not in passed:
                todo += one.values()
        elif isinstance(one, list | tuple):
            todo += one
        elif one is not None and type(one) not in _SPELLED_ALIKE:
            return False
    return True


def _format(value: object, newline: str) -> Iterator[str]:
    match value:
        case Mapping():
            pairs = ((f"{_quote(key)}: ", item) for key, item in value.items())
            yield from _enclose("{}", pairs, newline)
        case list() | tuple():
            yield from _enclose("[]", (("", item) for item in value), newline)
        case _:
            yield _format_leaf(value)


def _enclose(brackets: str, items: Iterator[tuple[str, object]], newline: str) -> Iterator[str]:
    inner = newline + _INDENT
    separator = brackets[0] + inner
    for label, item in items:
        yield separator + label
        yield from _format(item, inner)
        separator = "," + inner
    yield brackets if separator[0] == brackets[0] else newline + brackets[1]


def _format_leaf(value: object) -> str:
    match value:
        case str():
            return _quote(value)
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return str(value)
        case float():
            return format_number(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


def _quote(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def format_number(value: float) -> str:
    """The number as JavaScript spells it: ``5`` for 5.0, ``1e-7``, ``0.00001``.

    Raises:
        ValueError: for NaN and the infinities, which JSON lacks.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value.is_integer() and abs(value) < 10**_SMALLEST_EXPONENT_FORM:
        # JavaScript rounds the digits beyond 2**53 to zeros; all of them are the same number
        # to it, and only all of them are to us, who read integers exactly.
        return str(int(value))
    digits = repr(value)
    mantissa, _, exponent = digits.partition("e")
    if int(exponent or 0) < _SMALLEST_PLAIN_EXPONENT:
        return f"{mantissa}e{int(exponent):+d}"
    if value.is_integer():
        return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"
    return f"{Decimal(digits):f}"
