"""Fixtures and options of the whole test suite."""

from __future__ import annotations

import pytest

pytest_plugins = ("tests.fixtures.postgres", "tests.fixtures.faults", "tests.arena")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that rewrites the expected texts in ``tests/cases``."""
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="write what the cases give as what they are expected to give",
    )
