"""A pupil's standing on a day: every field, against figures worked out by hand."""

import dataclasses

import pytest

from rules.absence import Band
from rules.errors import NoValue, UnknownCode
from rules.marks import DatedSession, Mark, Session
from rules.school_calendar import Calendar
from rules.standing import standing
from rules.thresholds import State, Who, prove
from rules.values import figures_on
from tests.rules.law_calendar import CALENDAR, day, everywhere, on

THIS_YEAR = day("2026-07-27")


def stand(marks, as_of, **given):
    """The standing at the school of the worked examples."""
    return standing(marks, calendar=CALENDAR, year_start=THIS_YEAR, as_of=day(as_of), **given)


def test_every_field_of_one_small_history():
    marks = [
        *on("2026-07-20", "OOO/"),  # Monday and Tuesday of last year's last week
        *on("2026-09-07", "//" + "L/" + "OU" + "II" + "NX"),  # Monday to Friday
        *on("2026-09-14", "G/" + "/O" + "OI" + "DO" + "NU"),
    ]

    found = stand(marks, "2026-09-17")

    assert dataclasses.asdict(found) == {
        "possible": 16,
        "attended": 6,
        "authorised": 3,
        "unauthorised": 7,
        "late_before": 1,
        "late_after": 1,
        "basis_points": 3750,
        "band": Band.AT_MOST_50,
        "five_point_band": 10,
        "persistent": True,
        "severe": True,
        "window_count": 10,
        "window_unresolved": 1,
        "window_max": 10,
        "state": State.PROVISIONAL,
        "first_met": DatedSession(day("2026-09-17"), Session.PM),
        "already_met": False,
        "latest_start": day("2026-06-08"),
        "latest_end": day("2026-09-14"),
        "latest_count": 10,
        "weekday_absences": (1, 1, 4, 3, 1, 0, 0),
        "run_current": 4,
        "run_longest": 6,
        "unauthorised_run_current": 1,
        "back_possible": 20,
        "back_attended": 7,
        "back_authorised": 3,
        "back_unauthorised": 10,
    }


def test_an_empty_history_has_no_figures():
    found = stand([], "2026-11-27")

    assert (found.possible, found.basis_points, found.band, found.five_point_band) == (
        0, None, None, None,
    )  # fmt: skip
    assert (found.persistent, found.severe, found.state) == (False, False, State.NO)
    assert (found.first_met, found.latest_start, found.latest_end, found.latest_count) == (
        None, None, None, None,
    )  # fmt: skip
    assert (found.window_count, found.window_max, found.run_longest) == (0, 0, 0)


def test_before_any_school_week_of_the_year_windows_are_last_years_and_none_is_asked_about():
    found = stand(on("2026-07-13", "O" * 14), "2026-08-31")

    assert (found.window_count, found.back_unauthorised) == (14, 14)
    assert (found.window_max, found.state, found.already_met) == (0, State.NO, False)
    assert found.possible == 0


def test_met_by_last_years_marks_alone_is_already_met_without_a_day():
    found = stand(on("2026-07-13", "O" * 14), "2026-09-02")

    assert (found.state, found.already_met, found.first_met) == (State.YES, True, None)
    assert (found.latest_start, found.latest_end) == (day("2026-05-18"), day("2026-08-31"))
    assert (found.latest_count, found.window_max) == (14, 14)


@pytest.mark.parametrize(
    ("last_year", "first_met", "already_met"),
    [
        (9, DatedSession(day("2026-09-02"), Session.AM), False),
        (10, None, True),
    ],
)
def test_the_tenth_session_tells_whether_it_was_already_met(last_year, first_met, already_met):
    marks = [*on("2026-07-13", "O" * last_year), *on("2026-09-02", "O")]

    found = stand(marks, "2026-09-02")

    assert (found.state, found.first_met, found.already_met) == (
        State.YES,
        first_met,
        already_met,
    )


def test_met_in_autumn_and_gone_by_the_next_term():
    found = stand(on("2026-09-07", "O" * 12), "2027-01-22")

    assert (found.window_count, found.window_max, found.state) == (0, 12, State.YES)
    assert found.first_met == DatedSession(day("2026-09-11"), Session.PM)
    # the window that ends with the week of 16 November starts with that of 7 September
    assert (found.latest_start, found.latest_end) == (day("2026-09-07"), day("2026-11-16"))
    assert found.latest_count == 12


def test_the_latest_window_may_hold_fewer_than_the_first():
    marks = [*on("2026-09-07", "OO"), *on("2026-09-14", "O" * 10)]

    found = stand(marks, "2026-11-27")

    assert found.latest_count == 10
    assert (found.latest_start, found.latest_end) == (day("2026-09-14"), day("2026-11-23"))
    assert found.window_max == 12


def test_the_masks_are_different_for_percentages_and_for_the_threshold():
    marks = on("2026-11-09", "O" * 10)  # Monday to Friday

    found = stand(
        marks,
        "2026-11-13",
        on_roll_from=day("2026-11-10"),
        on_roll_to=day("2026-11-12"),
        compulsory_from=day("2026-11-11"),
        relied_on={DatedSession(day("2026-11-12"), Session.AM)},
    )

    assert (found.possible, found.unauthorised, found.run_longest) == (6, 6, 6)
    assert found.window_count == 3
    assert found.back_possible == 6
    ended = stand(marks, "2026-11-13", compulsory_to=day("2026-11-09"))
    assert (ended.window_count, ended.possible) == (2, 10)


def test_a_mark_in_the_holidays_is_in_the_figures_but_in_no_window_and_no_look_back():
    found = stand(everywhere("2026-10-26", "OO"), "2026-11-27")

    assert (found.possible, found.window_count, found.back_possible) == (2, 0, 0)


def test_retired_codes_count_by_the_law_of_their_day():
    marks = everywhere("2024-07-15", "HJ/FY")
    held = Calendar(tuple(mark.when for mark in marks))
    figures = figures_on(day("2024-08-19"))

    found = standing(
        marks,
        calendar=held,
        year_start=day("2023-07-31"),
        as_of=day("2024-07-19"),
        figures=figures,
    )

    assert (found.possible, found.attended, found.authorised) == (4, 2, 2)


def test_before_the_threshold_existed_the_figures_must_be_given():
    with pytest.raises(NoValue):
        standing([], calendar=CALENDAR, year_start=day("2023-07-31"), as_of=day("2024-07-19"))


def test_an_unknown_code_stops_it():
    with pytest.raises(UnknownCode):
        stand([Mark(day("2026-11-09"), Session.AM, "H")], "2026-11-13")


@pytest.mark.parametrize("as_of", ["2026-07-26", "2027-07-26"])
def test_a_day_outside_the_year_is_a_mistake_of_the_caller(as_of):
    with pytest.raises(ValueError, match="is not in the year from 27 July 2026"):
        stand([], as_of)


@pytest.mark.parametrize("as_of", ["2026-09-11", "2026-11-13", "2026-12-18", "2027-03-01"])
def test_the_standing_and_the_proof_agree(as_of):
    marks = [*on("2026-07-15", "OON/"), *on("2026-09-08", "ONOG/IUO"), *on("2026-11-09", "ONU")]

    found = stand(marks, as_of, on_roll_from=day("2026-07-16"))
    proof = prove(
        marks,
        CALENDAR,
        day(as_of),
        who=Who(dataclasses.replace(Who().on_roll, first=day("2026-07-16"))),
        since=THIS_YEAR,
    )

    assert (found.window_count, found.window_unresolved) == (
        proof.current.count,
        proof.current.unresolved,
    )
    assert (found.state, found.window_max) == (proof.state, proof.largest)
    assert found.first_met == proof.first_met
    assert found.latest_count == (proof.latest.count if proof.latest else None)


@pytest.mark.parametrize(("first", "already_met"), [("2026-07-26", True), ("2026-07-27", False)])
def test_a_session_on_the_first_day_of_the_grid_belongs_to_this_year(first, already_met):
    nine = everywhere("2026-07-13", "O" * 9)
    tenth = Mark(day(first), Session.AM, "O")
    monday = DatedSession(day("2026-07-27"), Session.AM)
    calendar = Calendar((*(mark.when for mark in [*nine, tenth]), monday))

    found = standing(
        [*nine, tenth], calendar=calendar, year_start=THIS_YEAR, as_of=day("2026-07-31")
    )

    assert found.already_met is already_met
    assert found.possible == (0 if already_met else 1)
