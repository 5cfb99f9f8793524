"""Secrets in SQL and in lists of settings, taken out before anybody is shown them."""

from __future__ import annotations

import re

MASK = "***"

SECRET_KEYS = frozenset(
    {"password", "pwd", "passwd", "pass", "passphrase", "sslpassword", "passfile"}
    | {"sslkeypassword", "secret", "token", "oauth_client_secret", "pgpassword"}
)
PAIR = re.compile(
    rf"(?P<key>\b(?:{'|'.join(sorted(SECRET_KEYS))})\s*=\s*)"
    r"(?P<value>'(?:[^'\\]|\\.)*(?:'|\Z)|\"[^\"]*(?:\"|\Z)|\{[^}]*(?:\}|\Z)|(?:\\.|[^\s;&])+)",
    re.IGNORECASE,
)
_SQL_SECRET = re.compile(
    r"(?P<key>\b(?:PASSWORD|SECRET|SECRET_KEY|TOKEN)\s*=?\s*)(?:[eE]|[uU]&)?'(?:[^']|'')*(?:'|\Z)",
    re.IGNORECASE,
)
#: Statements that take a password; elsewhere ``password = 'x'`` is a comparison like any other.
_HOLDS_SECRET = re.compile(
    r"\b(?:create|alter)\s+(?:role|user|group|subscription|server|foreign)\b|\bdblink",
    re.IGNORECASE,
)


def mask_sql(sql: str) -> str:
    """The SQL without the passwords of ``CREATE ROLE ... PASSWORD '...'`` and its like."""
    if not _HOLDS_SECRET.search(sql):
        return sql
    return mask_pairs(_SQL_SECRET.sub(rf"\g<key>'{MASK}'", sql))


def mask_pairs(text: str) -> str:
    """The text without the values of ``password=...`` and its like."""
    return PAIR.sub(rf"\g<key>{MASK}", text)
