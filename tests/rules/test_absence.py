"""Percentages, bands, look-back and runs. Rows T23 to T31 are the law's worked examples."""

from fractions import Fraction

import pytest

from rules.absence import (
    Band,
    Spell,
    Tally,
    absences_by_weekday,
    attendance_band,
    basis_points,
    compares,
    enough_separate_absences,
    enough_to_alert,
    five_point_band,
    five_point_words,
    in_absence_range,
    is_persistent,
    is_severe,
    look_back,
    percentage_words,
    runs,
    separate_absences,
    share,
    spells,
    tally,
)
from rules.attendance_codes import Kind
from rules.dates import DateRange
from rules.errors import UnknownCode
from rules.marks import DatedSession, Session
from tests.rules.law_calendar import CALENDAR, day, everywhere, on

EDGES = (95, 90, 50)


@pytest.mark.rule("ABS-4", "ABS-5")
@pytest.mark.parametrize(
    ("absent", "possible", "persistent", "severe", "below_90", "below_50"),
    [
        pytest.param(38, 380, True, False, False, False, id="T23"),
        pytest.param(37, 380, False, False, False, False, id="T24"),
        pytest.param(20, 40, True, True, True, False, id="T25"),
        (39, 380, True, False, True, False),
        (19, 40, True, False, True, False),
        (21, 40, True, True, True, True),
        (0, 0, False, False, False, False),
        (1, 1, True, True, True, True),
    ],
)
def test_persistent_and_severe_are_at_or_over_and_local_triggers_are_strictly_under(
    absent, possible, persistent, severe, below_90, below_50
):
    attended = possible - absent

    assert is_persistent(absent, possible, percent=10) is persistent
    assert is_severe(absent, possible, percent=50) is severe
    assert compares(attended, possible, "lt", 90) is below_90
    assert compares(attended, possible, "lt", 50) is below_50


@pytest.mark.rule("ABS-2")
@pytest.mark.parametrize(
    ("part", "possible", "points", "words"),
    [
        pytest.param(343, 380, 9026, "90.3%", id="T24-display"),
        (342, 380, 9000, "90.0%"),
        (9004, 10000, 9004, "90.0%"),
        (9005, 10000, 9005, "90.1%"),
        (8999, 10000, 8999, "90.0%"),
        (2, 3, 6666, "66.7%"),
        (7, 7, 10000, "100.0%"),
        (0, 9, 0, "0.0%"),
        (0, 0, None, "no figure"),
    ],
)
def test_basis_points_round_down_and_words_round_half_up(part, possible, points, words):
    assert basis_points(part, possible) == points
    assert percentage_words(part, possible) == words


@pytest.mark.rule("ABS-1", "ABS-6", "ABS-7")
@pytest.mark.parametrize("codes", [pytest.param("/" * 90 + "L" * 5 + "U" * 5, id="T26")])
def test_l_is_attendance_and_u_is_absence(codes):
    total = tally(everywhere("2026-09-07", codes))

    assert total == Tally(95, 0, 5, late_before=5, late_after=5)
    assert (total.attended, total.possible, total.absent, total.lates) == (95, 100, 5, 10)
    assert five_point_band(total.absent, total.possible) == 1
    assert not compares(total.attended, total.possible, "lt", 95)


@pytest.mark.rule("ABS-3")
@pytest.mark.parametrize(
    ("attended", "fires"),
    [
        pytest.param(95, False, id="T27"),
        pytest.param(95 - 5, True, id="T27-if-lates-were-absence"),
    ],
)
def test_below_95_is_literal_attendance_unless_a_council_says_otherwise(attended, fires):
    assert compares(attended, 100, "lt", 95) is fires


@pytest.mark.rule("ABS-1", "ABS-4", "ABS-5")
@pytest.mark.parametrize(
    ("codes", "possible", "attended", "unauthorised", "persistent", "severe"),
    [
        pytest.param([*"DDDDDDDDDD//////IIII"], 10, 6, 0, True, False, id="T28"),
        pytest.param(["Y4"] * 20, 0, 0, 0, False, False, id="T29"),
        pytest.param([*"\\\\\\\\\\\\\\\\\\\\", *["C2"] * 10], 20, 10, 0, True, True, id="T30"),
    ],
)
def test_sessions_that_are_not_possible_leave_the_denominator(
    codes, possible, attended, unauthorised, persistent, severe
):
    total = tally(everywhere("2026-09-07", codes))

    assert (total.possible, total.attended, total.unauthorised) == (
        possible,
        attended,
        unauthorised,
    )
    assert is_persistent(total.absent, total.possible, percent=10) is persistent
    assert is_severe(total.absent, total.possible, percent=50) is severe


@pytest.mark.rule("ABS-6", "ABS-7", "ABS-8")
@pytest.mark.parametrize("possible", [pytest.param(0, id="T29-no-figure")])
def test_nothing_possible_gives_no_figure_no_band_and_no_alert(possible):
    assert share(0, possible) is None
    assert basis_points(0, possible) is None
    assert five_point_band(0, possible) is None
    assert five_point_words(None) == "no figure"
    assert attendance_band(0, possible, edges=EDGES) is None
    assert not enough_to_alert(possible, day("2026-11-23"))


@pytest.mark.rule("ABS-1")
def test_a_known_mistake_d_q_x_and_y_are_not_authorised_absence():
    codes = ["D", "Q", "X", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Z", "#"]

    assert tally(everywhere("2026-09-07", codes)) == Tally()


@pytest.mark.rule("ABS-1")
def test_old_codes_count_as_they_did_in_their_day():
    codes = ["H", "F", "J", "Y", "/"]

    assert tally(everywhere("2023-11-06", codes)) == Tally(attended=2, authorised=2, elsewhere=1)
    with pytest.raises(UnknownCode):
        tally(everywhere("2024-09-09", codes))


@pytest.mark.rule("ABS-1")
def test_days_off_roll_are_left_out_and_both_ends_are_in():
    marks = everywhere("2026-11-09", "OOOOII//")  # Monday to Thursday

    total = tally(marks, DateRange(day("2026-11-10"), day("2026-11-11")))

    assert (total.unauthorised, total.authorised, total.attended) == (2, 2, 0)


def test_a_share_is_exact():
    assert share(1, 3) == Fraction(1, 3)


@pytest.mark.rule("ABS-3")
@pytest.mark.parametrize(
    ("how", "at_89", "at_90", "at_91"),
    [
        ("lt", True, False, False),
        ("lte", True, True, False),
        ("gt", False, False, True),
        ("gte", False, True, True),
    ],
)
def test_each_comparison_is_exact_at_its_edge(how, at_89, at_90, at_91):
    assert compares(89, 100, how, 90) is at_89
    assert compares(90, 100, how, 90) is at_90
    assert compares(91, 100, how, 90) is at_91


@pytest.mark.rule("ABS-3")
def test_a_fraction_of_a_percent_compares_exactly_and_a_float_is_refused():
    assert compares(183, 200, "gte", Fraction("91.5"))
    assert not compares(182, 200, "gte", Fraction("91.5"))
    with pytest.raises(TypeError, match="never a float"):
        compares(183, 200, "gte", 91.5)


@pytest.mark.rule("ABS-6")
@pytest.mark.parametrize(
    ("absent", "possible", "band", "words"),
    [
        (0, 100, 0, "0% to under 5%"),
        (49, 1000, 0, "0% to under 5%"),
        (5, 100, 1, "5% to under 10%"),
        (99, 1000, 1, "5% to under 10%"),
        (10, 100, 2, "10% to under 15%"),
        (449, 1000, 8, "40% to under 45%"),
        (45, 100, 9, "45% to under 50%"),
        (499, 1000, 9, "45% to under 50%"),
        (50, 100, 10, "50% or more"),
        (100, 100, 10, "50% or more"),
    ],
)
def test_five_point_bands_include_their_lower_edge(absent, possible, band, words):
    assert five_point_band(absent, possible) == band
    assert five_point_words(band) == words


@pytest.mark.rule("ABS-7")
@pytest.mark.parametrize(
    ("attended", "possible", "below", "above"),
    [
        (951, 1000, Band.ABOVE_95, Band.ABOVE_95),
        (950, 1000, Band.AT_MOST_95, Band.ABOVE_95),
        (901, 1000, Band.AT_MOST_95, Band.AT_MOST_95),
        (900, 1000, Band.AT_MOST_90, Band.AT_MOST_95),
        (501, 1000, Band.AT_MOST_90, Band.AT_MOST_90),
        (500, 1000, Band.AT_MOST_50, Band.AT_MOST_90),
        (499, 1000, Band.AT_MOST_50, Band.AT_MOST_50),
    ],
)
def test_an_edge_belongs_to_the_band_below_unless_told(attended, possible, below, above):
    assert attendance_band(attended, possible, edges=EDGES) == below
    assert attendance_band(attended, possible, edges=EDGES, edges_belong_below=False) == above


def test_bands_have_words():
    assert [band.words for band in Band] == [
        "above 95%",
        "above 90%, to 95%",
        "above 50%, to 90%",
        "50% or less",
    ]


@pytest.mark.rule("ABS-8")
@pytest.mark.parametrize(("possible", "enough"), [(19, False), (20, True)])
def test_an_alert_waits_for_twenty_sessions(possible, enough):
    assert enough_to_alert(possible, day("2026-11-23")) is enough


@pytest.mark.rule("ABS-9")
@pytest.mark.parametrize(("absent", "inside"), [(49, False), (50, True), (150, True), (151, False)])
def test_a_range_of_absence_includes_both_edges(absent, inside):
    assert in_absence_range(absent, 1000, 5, 15) is inside


@pytest.mark.rule("ABS-10")
@pytest.mark.parametrize("as_of", [pytest.param("2026-09-21", id="T31")])
def test_the_look_back_borrows_last_years_weeks(as_of):
    back = look_back([], CALENDAR, day(as_of))

    assert len(back.weeks) == 12
    assert (back.weeks[0], back.weeks[-1]) == (day("2026-06-01"), day("2026-09-21"))


@pytest.mark.rule("ABS-10")
def test_the_look_back_counts_what_is_inside_and_nothing_else():
    marks = [
        *on("2026-05-22", "OO"),  # the week before
        *on("2026-06-01", "OI"),
        *everywhere("2026-08-03", "OO"),  # in the holidays: a wrong calendar, not a school week
        *on("2026-09-21", "/O"),
        *on("2026-09-22", "OO"),  # tomorrow
    ]

    back = look_back(marks, CALENDAR, day("2026-09-21"))

    assert back.tally == Tally(attended=1, authorised=1, unauthorised=2)


@pytest.mark.rule("ABS-11")
def test_a_spell_passes_over_what_is_not_possible_and_is_broken_by_attendance():
    found = spells(on("2026-10-23", [*"/I", "Y4", *"DOO/", *"L", "I", "B", "U"]))

    assert [spell.codes for spell in found] == [("I", "O", "O"), ("I",), ("U",)]
    assert found[0].first == DatedSession(day("2026-10-23"), Session.PM)
    # half term and INSET lie between: 3 November holds the closure and the D
    assert found[0].last == DatedSession(day("2026-11-04"), Session.PM)


@pytest.mark.rule("ABS-12")
@pytest.mark.parametrize(
    ("codes", "longest", "current", "unauthorised"),
    [
        ("", 0, 0, 0),
        ("////", 0, 0, 0),
        ("OIO/O", 3, 1, 1),
        ("OIO", 3, 3, 1),
        ("/IOO", 3, 3, 2),
        ("OO/", 2, 0, 0),
        ("OODD", 2, 2, 2),
        ("OOO/IID", 3, 2, 0),
        ("DDXX", 0, 0, 0),
    ],
)
def test_runs_are_the_longest_and_the_one_still_going_on(codes, longest, current, unauthorised):
    marks = on("2026-11-09", codes)

    assert (runs(marks).longest, runs(marks).current) == (longest, current)
    assert runs(marks, kinds={Kind.UNAUTHORISED}).current == unauthorised


@pytest.mark.rule("ABS-13", "ABS-14")
@pytest.mark.parametrize(
    ("codes", "number", "sessions", "offer"),
    [
        ("I/I/I", 3, 3, True),
        ("IIIII/I", 2, 6, True),
        ("IIII/I", 2, 5, False),
        ("IIIIIIIII", 1, 9, False),
        ("//", 0, 0, False),
    ],
)
def test_support_is_offered_at_three_absences_or_two_of_six_sessions(
    codes, number, sessions, offer
):
    marks = on("2026-11-09", codes)

    found = separate_absences(marks, CALENDAR, day("2026-11-27"), weeks=10)

    assert (len(found), sum(spell.length for spell in found)) == (number, sessions)
    assert enough_separate_absences(found, any_of=((3, 0), (2, 6))) is offer


@pytest.mark.rule("ABS-13")
def test_separate_absences_before_the_window_or_after_today_are_not_counted():
    marks = [
        *on("2026-09-18", "II"),  # the Friday before the window
        *on("2026-09-21", "I/"),
        *on("2026-12-01", "II"),  # tomorrow
    ]

    found = separate_absences(marks, CALENDAR, day("2026-11-30"), weeks=10)

    only = DatedSession(day("2026-09-21"), Session.AM)
    assert found == (Spell(only, only, ("I",)),)


def test_absences_by_weekday_count_both_kinds_and_weekends():
    marks = everywhere("2026-11-09", "OI" + "//" + "U/" + "DD" + "/I")

    assert absences_by_weekday(marks) == (2, 0, 1, 0, 1, 0, 0)
