"""One spelling of the text inside a constant: arrays, JSON, numbers, times.

Every function gives the text that PostgreSQL itself would print, except that
JSON is compact, as drizzle-kit writes it; or ``None`` when the text is not understood.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Self

#: JavaScript's Number.MAX_SAFE_INTEGER: larger ones do not survive drizzle-kit's reading.
MAX_SAFE_INTEGER = 2**53 - 1

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?"
)
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?")
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}\\]+?))\s*(?=[,}])', re.DOTALL)
_BOOLEANS = {
    **dict.fromkeys(("t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"), True),
    **dict.fromkeys(("f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"), False),
}

Items = list["str | Items | None"]


def boolean(text: str) -> bool | None:
    """What PostgreSQL reads as a boolean (docs, "Boolean Type")."""
    return _BOOLEANS.get(text.strip().lower())


def number(text: str) -> int | float | str | None:
    """A number as JSON holds it; one that JavaScript cannot hold stays as its digits."""
    plain = decimal(text)
    if plain is None:
        return None
    if "." in plain and plain.rstrip("0").endswith("."):
        plain = plain.split(".", maxsplit=1)[0]
    if "." in plain:
        return float(plain)
    whole = int(plain)
    return whole if abs(whole) <= MAX_SAFE_INTEGER else str(whole)


def decimal(text: str) -> str | None:
    """A number without exponent, sign ``+`` and leading zeros; its scale is kept."""
    compact = text.replace(" ", "")
    if not _NUMBER.fullmatch(compact) or len(compact) > 400:
        return None
    try:
        value = Decimal(compact)
    except InvalidOperation:
        return None
    return format(value or abs(value), "f")


def jsonb(text: str) -> str | None:
    """The document as jsonb stores it (keys sorted, the last of equal ones), compact."""
    try:
        value = json.loads(
            text, parse_int=_JsonNumber, parse_float=_JsonNumber, parse_constant=_refuse
        )
        return _write_json(value)
    except (ValueError, RecursionError):
        return None


class _JsonNumber(str):
    """The digits of a number, as jsonb prints them."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        return super().__new__(cls, decimal(text) or text)


def _refuse(word: str) -> object:
    raise ValueError(word)


def _write_json(value: object) -> str:
    match value:
        case _JsonNumber():
            return str.__str__(value)
        case dict():
            pairs = sorted(value.items(), key=lambda pair: _jsonb_order(pair[0]))
            inside = (f"{json.dumps(k, ensure_ascii=False)}:{_write_json(v)}" for k, v in pairs)
            return "{" + ",".join(inside) + "}"
        case list():
            return "[" + ",".join(map(_write_json, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _jsonb_order(key: str) -> tuple[int, bytes]:
    """PostgreSQL ``jsonb_util.c``, lengthCompareJsonbString: shorter keys first."""
    raw = key.encode(errors="surrogatepass")
    return len(raw), raw


def moment(text: str, base: str) -> str | None:
    """A date or timestamp of the type ``base``, in ISO style and UTC."""
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        return None
    day, clock, zone = found[1], found[2] or "00:00", found[3]
    if base == "timestamp with time zone" and not zone:
        return None  # depends on the setting TimeZone
    try:
        value = datetime.fromisoformat(f"{day}T{clock}{zone or '+00'}")
        if base == "timestamp with time zone":
            value = value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if base == "date":
        return f"{value:%Y-%m-%d}".rjust(10, "0")
    date = value.date().isoformat()
    return f"{date} {_clock(value)}" + ("+00" if base.endswith("with time zone") else "")


def _clock(value: datetime) -> str:
    text = value.time().isoformat()
    return text.rstrip("0") if "." in text else text


def time(text: str) -> str | None:
    """A time of day without zone, with seconds."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    fraction = (found[4] or "").rstrip("0")
    clock = f"{int(found[1]):02}:{found[2]}:{found[3] or '00'}"
    return f"{clock}.{fraction}" if fraction else clock


def parse_array(text: str) -> Items | None:
    """The items of an array constant, nested as it is; ``None`` is the item NULL."""
    text = text.strip()
    if not text.startswith("{"):
        return None
    stack: list[Items] = [[]]
    at = 0
    while at < len(text):
        step = _array_step(text, at, stack)
        if step is None:
            return None
        at = step
    outer = stack[0]
    return outer[0] if len(stack) == 1 and len(outer) == 1 and isinstance(outer[0], list) else None


def _array_step(text: str, at: int, stack: list[Items]) -> int | None:
    """Read one bracket, comma or item; gives where the next one begins."""
    char = text[at]
    if char.isspace() or (char == "," and len(stack) > 1):
        return at + 1
    if char == "{":
        stack.append([])
        return at + 1
    if char == "}":
        return _close_array(stack, at)
    found = _ITEM.match(text, at)
    if not found or len(stack) == 1:
        return None
    stack[-1].append(_item(found))
    return found.end()


def _close_array(stack: list[Items], at: int) -> int | None:
    if len(stack) == 1:
        return None
    done = stack.pop()
    stack[-1].append(done)
    return at + 1


def _item(found: re.Match[str]) -> str | None:
    if found[1] is not None:
        return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)
    return None if found[2].lower() == "null" else found[2]


def write_array(items: Items) -> str:
    """The array constant, quoted as little as PostgreSQL quotes it."""
    return "{" + ",".join(_write_item(item) for item in items) + "}"


def _write_item(item: str | Items | None) -> str:
    if isinstance(item, list):
        return write_array(item)
    if item is None:
        return "NULL"
    if not item or item.lower() == "null" or re.search(r'[{}",\\\s]', item):
        return '"' + re.sub(r'(["\\])', r"\\\1", item) + '"'
    return item
