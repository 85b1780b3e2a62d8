"""The family that the legal tests are about."""

import pytest

from tests.cases.family import Family, family


@pytest.fixture(name="family")
def a_family(cast) -> Family:
    """A family in the test's own transaction."""
    return family(cast)
