"""Fixtures of the tests of the embedded server."""

from tests.fixtures.embedded import folder, start, use

__all__ = ["folder", "start", "use"]
