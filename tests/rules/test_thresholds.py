"""The rolling threshold and its proof. Rows T01 to T18 are the law's worked examples."""

import dataclasses

import pytest

from rules.compulsory_age import compulsory_days
from rules.dates import DateRange
from rules.errors import NoValue
from rules.marks import DatedSession, Mark, Session
from rules.school_calendar import Calendar, Closure, build_calendar, school_weeks
from rules.thresholds import State, Who, across_schools, counts, prove
from rules.values import figures_on
from tests.rules.law_calendar import CALENDAR, INSET, TERMS, day, everywhere, on

LAST_WEEK_INSET = build_calendar(TERMS, inset=(*INSET, day("2026-07-20"), day("2026-07-21")))
ONE_SESSION_FIRST = build_calendar(
    TERMS,
    inset=(*INSET, day("2026-09-02"), day("2026-09-03")),
    closures=[Closure(day("2026-09-04"), day("2026-09-04"), "first day", Session.AM)],
)


@pytest.mark.rule("PN-2")
@pytest.mark.parametrize(
    ("marks", "calendar", "as_of", "state", "now", "why"),
    [
        pytest.param(
            [("2026-09-21", "O" * 6), ("2026-11-23", "O" * 4)],
            CALENDAR, "2026-11-27", "yes", 10, "the ninth school week, half term skipped",
            id="T01",
        ),
        pytest.param(
            [("2026-09-21", "O" * 6), ("2026-11-30", "O" * 4)],
            CALENDAR, "2026-12-04", "yes", 10, "exactly ten school weeks",
            id="T02",
        ),
        pytest.param(
            [("2026-09-21", "O" * 6), ("2026-12-07", "O" * 4)],
            CALENDAR, "2026-12-11", "no", 4, "eleven school weeks: the six have left",
            id="T03",
        ),
        pytest.param(
            [("2026-07-06", "O" * 2), ("2026-10-12", "O" * 8)],
            CALENDAR, "2026-10-16", "yes", 10, "across the summer",
            id="T04",
        ),
        pytest.param(
            [("2026-07-06", "O" * 2), ("2026-10-19", "O" * 8)],
            CALENDAR, "2026-10-23", "no", 8, "the window starts on 13 July",
            id="T05",
        ),
        pytest.param(
            [("2026-07-06", "O" * 2), ("2026-10-19", "O" * 8)],
            LAST_WEEK_INSET, "2026-10-23", "yes", 10, "an INSET-only week is no school week",
            id="T06",
        ),
        pytest.param(
            [("2026-07-06", "O" * 2), ("2026-10-12", "O" * 8)],
            ONE_SESSION_FIRST, "2026-10-16", "yes", 10, "one session makes a school week",
            id="T07",
        ),
        pytest.param(
            [("2026-11-09", "G" * 10)],
            CALENDAR, "2026-11-13", "yes", 10, "ten in one week",
            id="T08",
        ),
        pytest.param(
            [("2026-10-05", "OOOGGGGNUU")],
            CALENDAR, "2026-10-09", "provisional", 10, "one of the ten is N",
            id="T09",
        ),
        pytest.param(
            [("2026-10-05", "OOOGGGGIUU")],
            CALENDAR, "2026-10-09", "no", 9, "the N became I",
            id="T10",
        ),
        pytest.param(
            [("2026-10-05", "OOOGGGGOUU")],
            CALENDAR, "2026-10-09", "yes", 10, "the N became O",
            id="T11",
        ),
        pytest.param(
            [("2026-10-05", [*"OOOOOOOOOIIIII", "Y2", "Y2", *"C", *["C2"] * 4, *"EE"])],
            CALENDAR, "2026-10-23", "no", 9, "only G, N, O and U count",
            id="T12",
        ),
        pytest.param(
            [("2026-10-05", "U" * 9 + "L" * 30)],
            CALENDAR, "2026-11-06", "no", 9, "L never counts",
            id="T13",
        ),
        pytest.param(
            [("2026-07-20", "O" * 2), ("2026-09-07", "O" * 8)],
            CALENDAR, "2026-09-11", "yes", 10, "no reset at the new school year",
            id="T18",
        ),
    ],
)  # fmt: skip
def test_ten_in_ten_school_weeks(marks, calendar, as_of, state, now, why):
    placed = [mark for first, codes in marks for mark in on(first, codes, calendar)]

    proof = prove(placed, calendar, day(as_of))

    assert proof.state == state, why
    assert proof.current.count == now, why


@pytest.mark.rule("PN-2")
@pytest.mark.parametrize(
    "weeks",
    [
        pytest.param(
            (
                "2026-07-06", "2026-07-13", "2026-07-20", "2026-08-31", "2026-09-07",
                "2026-09-14", "2026-09-21", "2026-09-28", "2026-10-05", "2026-10-12",
            ),
            id="T04-weeks",
        ),
    ],
)  # fmt: skip
def test_the_window_across_the_summer_is_these_ten_weeks(weeks):
    proof = prove([], CALENDAR, day("2026-10-16"))

    assert [str(monday) for monday in proof.current.weeks] == list(weeks)
    assert proof.current.first_day == day("2026-07-06")
    assert proof.current.last_day == day("2026-10-18")


@pytest.mark.rule("PN-1", "PN-5")
@pytest.mark.parametrize("as_of", [pytest.param("2026-11-20", id="T14")])
def test_a_mover_is_counted_at_each_school_and_the_total_is_information(as_of):
    six, four = on("2026-09-21", "O" * 6), on("2026-11-16", "O" * 4)

    at_a = prove(six, CALENDAR, day(as_of), who=Who(DateRange(None, day("2026-09-27"))))
    at_b = prove([*six, *four], CALENDAR, day(as_of), who=Who(DateRange(day("2026-09-28"), None)))

    assert (at_b.state, at_b.current.count) == (State.NO, 4)
    assert at_a.current.count == 6
    assert across_schools([at_a, at_b]) == 10


@pytest.mark.rule("PN-2")
@pytest.mark.parametrize("codes", [pytest.param("O" * 10, id="T15")])
def test_a_first_enrolment_can_meet_it_in_its_first_week(codes):
    who = Who(DateRange(day("2026-09-07"), None))

    proof = prove(on("2026-09-07", codes), CALENDAR, day("2026-09-11"), who=who)

    assert proof.state is State.YES
    assert proof.first_met == (day("2026-09-11"), Session.PM)


@pytest.mark.rule("PN-1")
@pytest.mark.parametrize("born", [pytest.param("2021-09-10", id="T16")])
def test_sessions_before_compulsory_school_age_do_not_count(born):
    marks = on("2026-11-09", "G" * 10)

    proof = prove(
        marks, CALENDAR, day("2026-11-13"), who=Who(compulsory=compulsory_days(day(born)))
    )

    assert (proof.state, proof.current.count) == (State.NO, 0)
    assert {line.why for line in proof.lines} == {
        "Does not count: the pupil was not of compulsory school age that day."
    }


@pytest.mark.rule("PN-1")
@pytest.mark.parametrize("later", [pytest.param("OOOO", id="T17")])
def test_sessions_a_notice_relies_on_do_not_count_again(later):
    ten, four = on("2026-10-05", "O" * 10), on("2026-10-12", later)

    proof = prove(
        [*ten, *four],
        CALENDAR,
        day("2026-10-16"),
        who=Who(relied_on=frozenset(mark.when for mark in ten)),
    )

    assert (proof.state, proof.current.count) == (State.NO, 4)


@pytest.mark.rule("PN-2")
@pytest.mark.parametrize("lates", [pytest.param("L" * 15, id="T61")])
def test_lates_before_the_register_closes_meet_no_national_threshold(lates):
    proof = prove(on("2026-11-09", lates), CALENDAR, day("2026-12-18"))

    assert (proof.state, proof.current.count) == (State.NO, 0)
    assert {line.why for line in proof.lines} == {"Does not count: L is present."}


@pytest.mark.rule("PN-2")
@pytest.mark.parametrize(("number", "state"), [(9, "no"), (10, "yes"), (11, "yes")])
def test_ten_meets_it_and_nine_does_not(number, state):
    assert prove(on("2026-11-09", "O" * number), CALENDAR, day("2026-11-20")).state == state


@pytest.mark.rule("PN-2")
def test_first_met_is_the_tenth_session_and_not_a_later_one():
    marks = on("2026-11-09", "O" * 13)

    proof = prove(marks, CALENDAR, day("2026-11-20"))

    assert proof.first_met == (day("2026-11-13"), Session.PM)
    assert proof.latest is not None
    assert proof.latest.count == 13
    assert proof.short_by == 0


@pytest.mark.rule("PN-3")
def test_firm_and_provisional_are_met_on_different_sessions():
    marks = on("2026-11-09", "NOOOOOOOOOO")

    proof = prove(marks, CALENDAR, day("2026-11-20"))

    assert proof.state is State.YES
    assert proof.first_met == (day("2026-11-13"), Session.PM)
    assert proof.first_met_firm == (day("2026-11-16"), Session.AM)
    assert proof.unresolved == (Mark(day("2026-11-09"), Session.AM, "N"),)
    assert (proof.current.unresolved, proof.current.firm) == (1, 10)


@pytest.mark.rule("PN-2")
def test_met_once_but_no_longer_met_is_still_a_yes_that_is_not_still_met():
    marks = on("2026-09-07", "O" * 10)

    proof = prove(marks, CALENDAR, day("2026-11-27"))

    assert proof.state is State.YES
    assert not proof.still_met
    assert (proof.current.count, proof.short_by, proof.near) == (0, 10, False)


@pytest.mark.rule("PN-2")
@pytest.mark.parametrize(("number", "near"), [(5, False), (6, True), (9, True), (10, False)])
def test_near_is_six_to_nine(number, near):
    proof = prove(on("2026-11-09", "U" * number), CALENDAR, day("2026-11-20"))

    assert proof.near is near


@pytest.mark.rule("PN-2")
def test_since_leaves_out_windows_that_ended_before_it():
    marks = on("2026-06-08", "O" * 10)

    everything = prove(marks, CALENDAR, day("2026-11-20"))
    this_year = prove(marks, CALENDAR, day("2026-11-20"), since=day("2026-07-27"))

    assert everything.largest == 10
    assert everything.first_met == (day("2026-06-12"), Session.PM)
    # from 8 June: four weeks in June, three in July, then 31 August, 7 and 14 September make ten
    assert this_year.latest is not None
    assert this_year.latest.weeks[-1] == day("2026-09-14")
    assert everything.first.weeks[-1] == day("2026-06-08")


@pytest.mark.rule("PN-4")
def test_the_date_to_aim_for_and_what_rolls_off_when():
    marks = [*on("2026-09-21", "O" * 6), *on("2026-11-23", "O" * 4)]

    proof = prove(marks, CALENDAR, day("2026-11-27"))

    assert [str(roll.leaves_on) for roll in proof.roll_off] == [
        *["2026-12-07"] * 6,
        *["2027-02-22"] * 4,
    ]
    assert proof.falls_below_on == day("2026-12-07")
    assert proof.back_to_zero_on == day("2027-02-22")


@pytest.mark.rule("PN-4")
def test_there_is_no_date_to_aim_for_when_already_below_or_past_the_calendar():
    below = prove(on("2026-11-23", "O" * 4), CALENDAR, day("2026-11-27"))
    at_the_end = prove(on("2027-07-05", "O" * 10), CALENDAR, day("2027-07-21"))

    assert below.falls_below_on is None
    assert below.back_to_zero_on == day("2027-02-22")
    assert at_the_end.still_met
    assert at_the_end.falls_below_on is None
    assert at_the_end.roll_off[0].leaves_on is None


@pytest.mark.rule("PN-2")
def test_the_working_says_why_each_week_counts_or_is_skipped():
    proof = prove([], CALENDAR, day("2026-11-23"))

    why = {str(week.monday): (week.counts, week.why) for week in proof.weeks}

    assert why["2026-10-19"] == (True, "Counts: the school met for 10 sessions.")
    assert why["2026-10-26"] == (False, "Skipped: the school did not meet (school holiday).")
    assert why["2026-11-02"] == (True, "Counts: the school met for 8 sessions.")
    assert why["2026-11-23"] == (True, "Counts: the school met for 2 sessions.")


@pytest.mark.rule("PN-2")
def test_the_working_names_an_inset_only_week_and_one_not_begun():
    proof = prove(on("2026-07-06", "OO", LAST_WEEK_INSET), LAST_WEEK_INSET, day("2026-08-31"))

    why = {str(week.monday): (week.counts, week.why, week.counted) for week in proof.weeks}

    assert why["2026-07-06"] == (True, "Counts: the school met for 10 sessions.", 2)
    assert why["2026-07-20"] == (False, "Skipped: the school did not meet (INSET day).", 0)
    assert why["2026-08-31"] == (
        False,
        "Not yet: the school had not met this week by 31 August 2026.",
        0,
    )


@pytest.mark.rule("PN-2")
@pytest.mark.parametrize(
    ("lost_weeks_count", "state", "why"),
    [
        (True, "no", "the lost week is the first of ten, so the six have left"),
        (False, "yes", "the lost week does not exist, so the six are still in"),
    ],
)
def test_a_week_lost_to_snow_counts_as_a_school_week_unless_set_otherwise(
    lost_weeks_count, state, why
):
    snow = Closure(day("2026-11-09"), day("2026-11-13"), "snow", unexpected=True)
    calendar = build_calendar(
        TERMS, inset=INSET, closures=[snow], lost_weeks_count=lost_weeks_count
    )
    marks = [*on("2026-09-21", "O" * 6), *on("2026-12-07", "O" * 4)]

    proof = prove(marks, calendar, day("2026-12-11"))

    assert proof.state == state, why
    lost = next(week for week in proof.weeks if week.monday == day("2026-11-09"))
    assert lost.counts is lost_weeks_count


@pytest.mark.rule("PN-2")
def test_a_lost_week_that_counts_says_so():
    snow = Closure(day("2026-11-09"), day("2026-11-13"), "snow", unexpected=True)
    calendar = build_calendar(TERMS, inset=INSET, closures=[snow])

    proof = prove([], calendar, day("2026-11-20"))

    lost = next(week for week in proof.weeks if week.monday == day("2026-11-09"))
    assert lost.why == "Counts: the school was due to meet, and closed unexpectedly."


@pytest.mark.rule("PN-1")
@pytest.mark.parametrize(
    ("mark", "who", "expected"),
    [
        ("O", Who(), True),
        ("I", Who(), False),
        ("D", Who(), False),
        ("O", Who(on_roll=DateRange(day("2026-11-10"), None)), False),
        ("O", Who(on_roll=DateRange(None, day("2026-11-09"))), True),
        ("O", Who(compulsory=DateRange(None, day("2026-11-08"))), False),
        ("O", Who(relied_on={DatedSession(day("2026-11-09"), Session.PM)}), True),
        ("O", Who(relied_on={DatedSession(day("2026-11-09"), Session.AM)}), False),
    ],
)
def test_a_session_counts_only_if_nothing_leaves_it_out(mark, who, expected):
    weeks = school_weeks(CALENDAR)

    assert counts(Mark(day("2026-11-09"), Session.AM, mark), weeks, who) is expected


@pytest.mark.rule("PN-1")
def test_a_counting_code_in_the_holidays_points_at_the_calendar():
    marks = everywhere("2026-10-26", "O")

    proof = prove(marks, CALENDAR, day("2026-11-20"))

    assert proof.current.count == 0
    assert proof.lines[0].why == (
        "Does not count: the school calendar has no session that week; check the calendar."
    )


@pytest.mark.rule("PN-2")
def test_lines_explain_absences_and_leave_out_plain_attendance():
    proof = prove(on("2026-11-09", "/V" + "GID"), CALENDAR, day("2026-11-13"))

    assert [(line.mark.code, line.counts, line.why) for line in proof.lines] == [
        ("G", True, "Counts: holiday without leave."),
        ("I", False, "Does not count: I is an authorised absence."),
        ("D", False, "Does not count: D is not a possible attendance."),
    ]


@pytest.mark.rule("PN-2")
def test_marks_after_the_day_asked_about_are_not_read():
    proof = prove(on("2026-11-09", "O" * 10), CALENDAR, day("2026-11-12"))

    assert (proof.state, proof.current.count, proof.short_by) == (State.NO, 8, 2)


@pytest.mark.rule("PN-2")
def test_no_calendar_gives_an_empty_window():
    proof = prove([], Calendar(()), day("2026-11-12"))

    assert (proof.current.weeks, proof.current.first_day, proof.current.last_day) == (
        (), None, None,
    )  # fmt: skip
    assert proof.state is State.NO


@pytest.mark.rule("PN-2")
def test_two_marks_of_one_session_are_refused():
    twice = [
        Mark(day("2026-11-09"), Session.AM, "O"),
        Mark(day("2026-11-09"), Session.AM, "I"),
    ]

    with pytest.raises(ValueError, match="Two marks for the morning of 9 November 2026"):
        prove(twice, CALENDAR, day("2026-11-12"))


@pytest.mark.rule("PN-2")
def test_there_was_no_national_threshold_before_its_day():
    with pytest.raises(NoValue, match="no threshold figure for 18 August 2024"):
        prove([], CALENDAR, day("2024-08-18"))


@pytest.mark.rule("PN-2")
def test_the_figures_can_be_given():
    figures = dataclasses.replace(figures_on(day("2026-11-13")), sessions_needed=3, weeks=2)
    marks = [*on("2026-11-09", "OO"), *on("2026-11-23", "O")]

    proof = prove(marks, CALENDAR, day("2026-11-27"), figures=figures)

    assert (proof.state, proof.current.count, len(proof.current.weeks)) == (State.NO, 1, 2)
