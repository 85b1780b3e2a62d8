"""The family that the legal tests are about."""

import pytest

from authorities.tenancy import scope
from tests.cases.family import Family, family


@pytest.fixture(name="family")
def a_family(cast) -> Family:
    """A family in the test's own transaction."""
    return family(cast)


@pytest.fixture
def live_family(live_cast) -> Family:
    """The same, committed: for workers and threads. Open a scope to read it."""
    with scope(live_cast.ids):
        return family(live_cast)
