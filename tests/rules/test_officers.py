"""Who may authorise a notice. T59 is the law's worked example."""

import pytest

from rules.dates import ALWAYS, DateRange
from rules.officers import Officer, Position, may_authorise
from tests.rules.law_calendar import day

AUTUMN = DateRange(day("2026-09-01"), day("2026-12-31"))
NOVEMBER = DateRange(day("2026-11-01"), day("2026-11-30"))
YEAR = DateRange(day("2026-01-01"), None)


@pytest.mark.rule("OFF-1")
@pytest.mark.parametrize(
    ("position", "held", "named", "allowed", "sentence"),
    [
        ("headteacher", YEAR, (), True, "The headteacher may authorise"),
        ("headteacher", DateRange(None, day("2026-11-22")), (), False, "were not headteacher on"),
        ("deputy headteacher", YEAR, (NOVEMBER,), True, "The deputy headteacher may authorise"),
        ("assistant headteacher", YEAR, (NOVEMBER,), True, "The assistant headteacher may"),
        ("deputy headteacher", YEAR, (), False, "had not named this deputy headteacher"),
        (
            "assistant headteacher",
            YEAR,
            (DateRange(day("2026-11-24"), None), DateRange(None, day("2026-11-22"))),
            False,
            "on 23 November 2026. Ask the headteacher to authorise it, or to name them.",
        ),
        ("deputy headteacher", NOVEMBER, (AUTUMN,), True, "may authorise"),
        ("council officer", YEAR, (), True, "The council officer may authorise"),
        ("police officer", YEAR, (), True, "The police officer may authorise"),
        pytest.param(
            *("another member of staff", ALWAYS, (ALWAYS,), False, "Only a headteacher, a deputy"),
            id="T59",
        ),
    ],
)
def test_the_law_names_who_may_authorise_a_notice(position, held, named, allowed, sentence):
    answer = may_authorise(Officer(Position(position), held, named), day("2026-11-23"))

    assert answer.allowed is allowed
    assert sentence in answer.why


@pytest.mark.rule("OFF-1")
@pytest.mark.parametrize(
    ("position", "allowed"),
    [("headteacher", False), ("police officer", False), ("council officer", True)],
)
def test_a_council_may_keep_issuing_to_itself(position, allowed):
    officer = Officer(Position(position), YEAR)

    answer = may_authorise(officer, day("2026-11-23"), council_only=True)

    assert answer.allowed is allowed
    assert (
        allowed or answer.why == "Here only the council issues penalty notices. Send it a request."
    )


@pytest.mark.rule("OFF-1")
def test_before_the_regulations_nobody_could():
    assert not may_authorise(Officer(Position.HEADTEACHER, ALWAYS), day("2007-08-31")).allowed
