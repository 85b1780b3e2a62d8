"""A demo world with few pupils, for tests that put one into the database."""

from copy import deepcopy

import pytest

from demo import draws, places

FIRST = "990101"
PARTS = {"2": 8, "4": 4, "7": 8}  # by the first figure of a school's number


def small_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's places with few pupils.

    Secondary schools keep enough for every sentinel, and the first primary school enough for
    families with children at both.
    """
    known = deepcopy(draws.table("places"))
    for school in known["school"]:
        school["pupils"] //= 2 if school["urn"] == FIRST else PARTS[school["number"][0]]
    known["size"]["authority"] = {"primary": 1, "secondary": 1, "special": 1, "pupils": 500}
    monkeypatch.setattr(
        places, "table", lambda name: known if name == "places" else draws.table(name)
    )
