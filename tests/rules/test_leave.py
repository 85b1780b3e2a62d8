"""Leave: each ground with its code and what must be said; what is no ground; who is bound."""

from dataclasses import replace
from datetime import date

import pytest

from rules.leave import (
    GROUNDS,
    PURPOSES,
    Grant,
    Purpose,
    code_when_refused,
    grounds_on_offer,
    is_bound,
    refusal,
)

MONDAY, WEDNESDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 27)
FUNERAL = Grant(Purpose.EMERGENCY, MONDAY, FRIDAY, MONDAY, WEDNESDAY, "A funeral abroad", "7")
HOLIDAY = replace(FUNERAL, purpose=Purpose.HOLIDAY)


@pytest.mark.rule("LEAVE-1")
@pytest.mark.parametrize(
    ("ground", "grant", "says"),
    [
        ("exceptional", FUNERAL, ""),
        ("exceptional", replace(FUNERAL, said="  "), "what the exceptional circumstance is"),
        ("exceptional", replace(FUNERAL, first=MONDAY, last=FRIDAY), ""),
        ("exceptional", replace(FUNERAL, last=date(2026, 11, 28)), "23 November 2026 to 27"),
        ("exceptional", replace(FUNERAL, first=date(2026, 11, 22)), "no others"),
        ("exceptional", replace(FUNERAL, first=FRIDAY), "on or after the first"),
        ("performance", FUNERAL, ""),
        ("performance", replace(FUNERAL, said=""), "licence, exemption or approval"),
        ("work abroad", replace(FUNERAL, said=""), "Give the licence"),
        ("interview", replace(FUNERAL, said=""), "who the interview is with"),
        ("study", replace(FUNERAL, year_group="11"), ""),
        ("study", replace(FUNERAL, year_group="10"), "year 11 or above"),
        ("study", replace(FUNERAL, year_group=""), "year 11 or above"),
        ("study", replace(FUNERAL, year_group="13", said=""), "which exam"),
        ("part-time", FUNERAL, "Agree one with the parent"),
        ("because", FUNERAL, "one of the lawful grounds"),
        ("exceptional", HOLIDAY, "not a lawful ground"),
        ("exceptional", replace(FUNERAL, purpose=Purpose.PROTEST), "protest activity"),
        ("exceptional", replace(FUNERAL, purpose=Purpose.RELIGIOUS), "code R"),
        ("exceptional", replace(FUNERAL, purpose=Purpose.TRADE), "code T"),
    ],
)
def test_leave_is_granted_on_the_lawful_grounds_alone(ground, grant, says):
    sentence = refusal(ground, grant)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("LEAVE-1")
def test_each_ground_gives_the_code_of_the_regulations():
    assert {key: ground.code for key, ground in GROUNDS.items()} == {
        "performance": "C1",
        "work abroad": "C1",
        "interview": "J1",
        "study": "S",
        "exceptional": "C",
    }


def test_study_leave_is_offered_from_year_11():
    def keys(year_group: str) -> list[str]:
        return [ground.key for ground in grounds_on_offer(year_group, MONDAY)]

    assert keys("11") == ["performance", "work abroad", "interview", "study", "exceptional"]
    assert keys("10") == ["performance", "work abroad", "interview", "exceptional"]
    assert "study" not in keys("R")


@pytest.mark.rule("LEAVE-2")
@pytest.mark.parametrize(
    ("kind", "bound"),
    [
        ("maintained", True),
        ("pru", True),
        ("non-maintained special", True),
        ("academy", False),
        ("ap academy", False),
        ("independent", False),
    ],
)
def test_some_schools_are_bound_and_others_expected_to_follow(kind, bound):
    assert is_bound(kind) is bound


@pytest.mark.rule("LEAVE-3")
def test_absence_after_a_refusal_is_a_holiday_or_another_reason():
    assert code_when_refused(Purpose.HOLIDAY) == "G"
    assert code_when_refused(Purpose.EMERGENCY) == "O"


def test_every_purpose_has_its_words():
    assert set(PURPOSES) == set(Purpose)
