"""numeric as Decimal, exactly: the short ones by arithmetic on arrays, the others one by one."""

from __future__ import annotations

from decimal import Context, Decimal
from itertools import repeat
from typing import Any

import numpy as np
import psycopg
from psycopg.pq import Format

from nbmigrate.data.fields import Array, Field

#: Unscaled values of at most so many digits fit in 64 bits.
_DIGITS = 18
_NEGATIVE = 0x4000
#: Wide enough that scaling never rounds, whatever the context of the caller.
_CONTEXT = Context(prec=_DIGITS + 10)
#: numeric_send's header, and the digits that a short one has at most.
_DIGITS_SENT = 6
_SENT = np.dtype(
    [
        ("count", ">i2"),
        ("weight", ">i2"),
        ("sign", ">u2"),
        ("scale", ">u2"),
        ("digits", ">i2", _DIGITS_SENT),
    ]
)
_POWERS = np.array([10**n for n in range(_DIGITS + 1)], dtype=np.int64)

_UNITS = [Decimal((0, (1,), -scale)) for scale in range(_DIGITS + 1)]

_load = psycopg.adapters.get_loader(psycopg.adapters.types["numeric"].oid, Format.BINARY)
assert _load


def decimals(field: Field) -> list[Decimal | None]:
    """The values. Trailing zeros stay: PostgreSQL's scale is the Decimal's exponent."""
    unscaled, scale, is_short = _short(field)
    found = _scaled(unscaled, scale)
    assert _load
    load = _load(0, None).load
    for at in np.flatnonzero(~is_short).tolist():
        found[at] = None if field.missing[at] else load(field.one(at))
    return found


def _scaled(unscaled: Array, scale: Array) -> list[Any]:
    if len(scale) and bool((scale == scale[0]).all()):
        units: Any = repeat(_UNITS[int(scale[0])])
    else:
        units = map(_UNITS.__getitem__, scale.tolist())
    # An integer times 0.01 has two places, whatever its last digits are: exact, and the scale stays.
    return list(map(_CONTEXT.multiply, unscaled.tolist(), units))


def _short(field: Field) -> tuple[Array, Array, Array]:
    """``(unscaled, scale, is_short)`` of each; src/backend/utils/adt/numeric.c, numeric_send."""
    sent = field.records(_SENT)
    count, weight = sent["count"], sent["weight"].astype(np.int64)
    sign, scale = sent["sign"], sent["scale"].astype(np.int64)
    digits = np.maximum(weight + 1, 0) * 4 + scale
    is_short = ~field.missing & (digits <= _DIGITS) & ((sign == 0) | (sign == _NEGATIVE))
    is_short &= (weight >= -_DIGITS // 4) & (count <= _DIGITS_SENT)
    scale = np.where(is_short, scale, 0)
    unscaled = np.zeros(len(field), dtype=np.int64)
    for place in range(int(count[is_short].max(initial=0))):
        digit = sent["digits"][:, place].astype(np.int64)
        # The power of ten of this digit's last place, in the unscaled number.
        power = (weight - place) * 4 + scale
        lifted = digit * _POWERS[np.clip(power, 0, _DIGITS)]
        cut = digit // _POWERS[np.clip(-power, 0, 4)]
        part = np.where(power >= 0, lifted, cut)
        unscaled += np.where(is_short & (place < count), part, 0)
    return np.where(sign == _NEGATIVE, -unscaled, unscaled), scale, is_short
