"""Database URLs: what libpq is given, and what a person may be shown.

Accepted are libpq's URLs and ``key=value`` strings, and the spellings of other
tools for the same thing (``postgres://``, ``postgresql+psycopg://``). A masked
URL holds no secret even when the URL is malformed: then it hides too much
rather than too little.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from nbmigrate.postgresql.secrets import MASK, PAIR, SECRET_KEYS, mask_pairs

_SCHEME = re.compile(r"\s*(postgres(?:ql)?)(?:\+\w+)?://", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"\s*[a-zA-Z][\w.+-]*://")


def conninfo(url: str) -> str:
    """The URL as libpq reads it: the driver name of SQLAlchemy URLs is taken out."""
    return _SCHEME.sub("postgresql://", url, count=1).strip()


def mask_url(url: str) -> str:
    """The URL without any secret, for messages, outputs and logs."""
    scheme = _ANY_SCHEME.match(url)
    if scheme is None:
        return mask_pairs(url)
    return scheme[0].strip() + _mask_authority(url[scheme.end() :])


def mask_text(text: str, url: str) -> str:
    """A server's or driver's text without the password of the URL in any spelling."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return mask_pairs(text)


def is_ambiguous(url: str) -> bool:
    """True when the password holds characters that cut the URL apart, unencoded."""
    scheme = _ANY_SCHEME.match(url)
    if scheme is None:
        return False
    userinfo, _ = _split_userinfo(url[scheme.end() :])
    return bool(re.search(r"[@/?#\s\[\]]", userinfo))


def _mask_authority(rest: str) -> str:
    userinfo, tail = _split_userinfo(rest)
    location, mark, query = tail.partition("?")
    user, colon, _ = userinfo.partition(":")
    shown = f"{user}:{MASK}@" if colon else f"{user}@" if userinfo else ""
    return shown + location + mark + "&".join(_mask_parameter(p) for p in query.split("&"))


def _mask_parameter(pair: str) -> str:
    key, equals, value = pair.partition("=")
    if equals and unquote(key).strip().lower() in SECRET_KEYS:
        return f"{key}={MASK}"
    return f"{key}{equals}{mask_pairs(value)}"


def _split_userinfo(rest: str) -> tuple[str, str]:
    """What stands before the host, and the rest from the host on.

    A raw ``/``, ``?`` or ``@`` in a password moves the ``@`` that libpq would use; the
    last ``@`` that is not inside well-formed parameters is taken.
    """
    location, _, query = rest.partition("?")
    well_formed = not query or all("=" in pair for pair in query.split("&"))
    end = location.rfind("@") if well_formed else rest.rfind("@")
    if end < 0 and ":" in location:
        end = rest.rfind("@")
    return (rest[:end], rest[end + 1 :]) if end >= 0 else ("", rest)


def _secrets(url: str) -> set[str]:
    found = {m["value"].strip("'\"") for m in PAIR.finditer(url)}
    scheme = _ANY_SCHEME.match(url)
    if scheme is not None:
        found.add(_split_userinfo(url[scheme.end() :])[0].partition(":")[2])
    both = {s for secret in found for s in (secret, unquote(secret))}
    # Replacing a very short password everywhere would only point at where it stood.
    return {s for s in both if len(s) > 3}
