"""Part-time timetables: agreed, temporary, reviewed, never for behaviour."""

from dataclasses import replace
from datetime import date

import pytest

from rules.dates import DateRange
from rules.part_time import Agreement, code_for, refusal, review_by, review_refusal
from rules.school_calendar import build_calendar

FIRST, LAST = date(2026, 11, 23), date(2026, 12, 18)
CALENDAR = build_calendar(
    [DateRange(date(2026, 11, 3), LAST), DateRange(date(2027, 1, 5), date(2027, 2, 12))]
)
AFTERNOONS = "01010101010000"
AGREED = Agreement(
    aim="Back to full time by January",
    why="Short days help her to stay calm",
    for_behaviour=False,
    consent_on=date(2026, 11, 20),
    pattern=AFTERNOONS,
    first=FIRST,
    last=LAST,
    review_on=date(2026, 12, 7),
)


@pytest.mark.rule("PART-1")
def test_the_code_follows_the_age():
    assert code_for(compulsory_age=True) == "C2"
    assert code_for(compulsory_age=False) == "X"


@pytest.mark.rule("PART-2")
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, ""),
        ({"for_behaviour": True}, "may not be used to manage a pupil's behaviour"),
        ({"aim": " "}, "what the timetable is to achieve"),
        ({"why": ""}, "why it is likely to work"),
        ({"last": date(2026, 11, 22)}, "always ends"),
        ({"consent_on": None}, "A parent must agree first"),
        ({"consent_on": FIRST}, ""),
        ({"consent_on": date(2026, 11, 24)}, "before the timetable starts"),
        ({"pattern": "0" * 14}, "Tick the half days"),
        ({"pattern": "1" * 10 + "0000"}, "some of the week"),
        ({"pattern": "1" * 9 + "00000"}, ""),
        ({"review_on": date(2026, 12, 8)}, "must be by 7 December 2026"),
    ],
)
def test_an_agreement_says_what_the_guidance_asks(changes, says):
    sentence = refusal(replace(AGREED, **changes), CALENDAR, 10)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("PART-3")
@pytest.mark.parametrize(
    ("since", "last", "every", "latest"),
    [
        (FIRST, LAST, 10, date(2026, 12, 7)),
        (FIRST, date(2026, 12, 1), 10, date(2026, 12, 1)),
        (date(2026, 12, 14), date(2027, 2, 12), 10, date(2027, 1, 12)),
        (FIRST, date(2027, 2, 12), 300, date(2027, 2, 12)),
    ],
)
def test_a_review_is_due_so_many_school_days_on_or_at_the_end(since, last, every, latest):
    assert review_by(since, last, CALENDAR, every) == latest


@pytest.mark.rule("PART-4")
@pytest.mark.parametrize(
    ("on", "says"),
    [
        (date(2026, 11, 22), "after the start"),
        (FIRST, ""),
        (date(2026, 12, 7), ""),
        (date(2026, 12, 8), "every 10 school days"),
    ],
)
def test_the_next_review_is_in_time(on, says):
    sentence = review_refusal(on, since=FIRST, last=LAST, calendar=CALENDAR, review_every=10)

    assert says in sentence
    assert bool(sentence) is bool(says)
