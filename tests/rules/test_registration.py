"""Deadlines of the register and returns to the council. T19, T32 and T33 are worked examples."""

import pytest

from rules.dates import ONE_DAY, DateRange
from rules.errors import UnknownTerm
from rules.registration import attendance_returns, resolve_by, sickness_returns, unseen
from rules.school_calendar import Closure, build_calendar
from tests.rules.law_calendar import CALENDAR, INSET, TERMS, day, on


@pytest.mark.rule("REG-1")
@pytest.mark.parametrize(
    ("entered", "deadline"),
    [
        pytest.param("2026-10-22", "2026-11-06", id="T19"),
        ("2026-11-09", "2026-11-16"),
        ("2026-12-18", "2027-01-11"),
    ],
)
def test_n_is_resolved_by_the_fifth_school_day_after(entered, deadline):
    assert resolve_by(day(entered), CALENDAR) == day(deadline)


@pytest.mark.rule("REG-1")
def test_no_deadline_is_guessed_past_the_calendar():
    with pytest.raises(UnknownTerm):
        resolve_by(day("2027-07-19"), CALENDAR)


@pytest.mark.rule("REG-2")
@pytest.mark.parametrize(
    ("codes", "due"),
    [
        pytest.param("O" * 20, ["2026-10-16"], id="T32"),
        pytest.param("O" * 9 + "I" + "O" * 10, [], id="T33"),
        ("O" * 19 + "/", []),
        ("O" * 18, []),
        ("GNOU" * 5, ["2026-10-16"]),
        ("O" * 24 + "/" * 2, ["2026-10-16"]),
        ("/" * 2 + "O" * 18 + "//", []),
    ],
)
def test_a_return_is_due_at_ten_unbroken_school_days(codes, due):
    found = attendance_returns(on("2026-10-05", codes), CALENDAR, day("2026-10-23"))

    assert [str(each.due_from) for each in found] == due


@pytest.mark.rule("REG-2")
def test_one_return_an_episode_and_a_new_one_after_a_break():
    marks = on("2026-09-07", "O" * 22 + "/" + "O" * 25)

    found = attendance_returns(marks, CALENDAR, day("2026-10-23"))

    assert [(str(each.first_day), str(each.due_from), str(each.last_day)) for each in found] == [
        ("2026-09-07", "2026-09-18", "2026-09-21"),
        ("2026-09-23", "2026-10-06", "2026-10-08"),
    ]


@pytest.mark.rule("REG-2")
def test_half_term_and_a_day_lost_to_snow_do_not_break_a_run():
    snow = Closure(day("2026-11-05"), day("2026-11-05"), "snow", unexpected=True)
    calendar = build_calendar(TERMS, inset=INSET, closures=[snow])
    codes = ["O"] * 14 + ["Y4"] * 2 + ["O"] * 6  # from Monday 19 October

    found = attendance_returns(on("2026-10-19", codes), calendar, day("2026-11-20"))

    # 19 to 23 October, 3, 4, 6, 9 and 10 November
    assert [str(each.due_from) for each in found] == ["2026-11-10"]


@pytest.mark.rule("REG-2")
def test_only_days_on_roll_of_compulsory_age_and_so_far_are_in_a_run():
    marks = on("2026-10-05", "O" * 20)

    joined_late = attendance_returns(
        marks, CALENDAR, day("2026-10-23"), on_roll=DateRange(day("2026-10-06"), None)
    )
    too_young = attendance_returns(
        marks, CALENDAR, day("2026-10-23"), compulsory=DateRange(day("2026-10-06"), None)
    )
    day_nine = attendance_returns(marks, CALENDAR, day("2026-10-15"))

    assert (joined_late, too_young, day_nine) == ((), (), ())


@pytest.mark.rule("REG-2")
def test_a_run_that_goes_on_to_the_end_of_the_calendar_is_reported():
    found = attendance_returns(on("2027-07-08", "U" * 20), CALENDAR, day("2027-07-31"))

    assert [str(each.due_from) for each in found] == ["2027-07-21"]


@pytest.mark.rule("REG-3")
@pytest.mark.parametrize(
    ("codes", "due"),
    [
        ("I" * 28, []),
        ("I" * 29 + "/", []),
        ("I" * 30, [("2026-09-22", True, 15)]),
        ("I" * 40, [("2026-09-22", True, 20)]),
        ("I" * 20 + "//" + "I" * 10, [("2026-09-23", False, 15)]),
        ("I" * 30 + "//" + "I" * 30, [("2026-09-22", True, 15), ("2026-10-14", True, 15)]),
        ("M" * 30, []),
    ],
)
def test_fifteen_school_days_of_illness_are_reported_once(codes, due):
    """In a row once for each spell; scattered once for the sum, if no spell was reported first."""
    found = sickness_returns(
        on("2026-09-02", codes), CALENDAR, day("2026-12-18"), since=day("2026-08-31")
    )
    got = [(one.reached_on.isoformat(), one.continuous, len(one.days)) for one in found]
    assert got == due


@pytest.mark.rule("REG-3")
def test_illness_outside_compulsory_age_is_not_reported():
    ages = DateRange(day("2026-09-03"), None)
    found = sickness_returns(
        on("2026-09-02", "I" * 30),
        CALENDAR,
        day("2026-12-18"),
        since=day("2026-08-31"),
        compulsory=ages,
    )
    assert found == ()


@pytest.mark.rule("REG-4")
@pytest.mark.parametrize(
    ("codes", "sightings", "last", "days", "see_by"),
    [
        ("//OOOO", [], "2026-09-02", 2, "2026-09-16"),
        ("UUOO", [], "2026-09-02", 1, "2026-09-16"),
        ("VVOO", [], "2026-09-02", 1, "2026-09-16"),
        ("DDOO", [], None, 2, "2026-09-15"),
        ("OOOO", [], None, 2, "2026-09-15"),
        ("OOOOOO", ["2026-09-03"], "2026-09-03", 1, "2026-09-17"),
        ("//OOOO", ["2026-08-20"], "2026-09-02", 2, "2026-09-16"),
    ],
)
def test_an_absent_pupil_is_seen_every_ten_school_days(codes, sightings, last, days, see_by):
    """The tenth school day after the last sighting is the last one in time."""
    marks = on("2026-09-02", codes)
    found = unseen(
        marks,
        [day(each) for each in sightings],
        CALENDAR,
        marks[-1].day,
        at_least_every=10,
        on_roll=DateRange(day("2026-09-02"), None),
    )
    assert found.last_seen == (day(last) if last else None)
    assert (found.school_days, found.see_by) == (days, day(see_by))
    assert not found.overdue_on(found.see_by)
    assert found.overdue_on(found.see_by + ONE_DAY)


@pytest.mark.rule("REG-4")
@pytest.mark.parametrize("codes", ["OOOO//", "OOOOO" + "U"])
def test_a_pupil_who_was_on_site_last_has_no_clock(codes):
    marks = on("2026-09-02", codes)
    assert unseen(marks, [], CALENDAR, marks[-1].day, at_least_every=10) is None


@pytest.mark.rule("REG-4")
def test_past_the_calendar_no_day_is_guessed():
    marks = on("2027-07-20", "OOOO")
    found = unseen(marks, [], CALENDAR, day("2027-07-21"), at_least_every=500)
    assert found.see_by is None
    assert not found.overdue_on(day("2027-09-01"))
