"""The families of tests/cases: letters are tested on real ones."""

from tests.cases.conftest import a_family, live_family

__all__ = ["a_family", "live_family"]
