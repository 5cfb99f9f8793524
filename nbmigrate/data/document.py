"""What is sent to a browser: values that become JSON field by field."""

from __future__ import annotations

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value with all its fields, under the names they have here."""
