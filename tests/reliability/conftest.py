"""The migrators as processes of the executor's own tests."""

from tests.unit.executor.conftest import ask, make, quick, start, wait

__all__ = ["ask", "make", "quick", "start", "wait"]
