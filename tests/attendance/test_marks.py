"""The bytes: places on the grid, numbers of codes, many at once."""

from datetime import date, timedelta

import numpy as np
import pytest

from attendance import marks as codec
from rules.attendance_codes import ABSENT, ATTENDED, CODES, Kind
from rules.errors import UnknownCode
from rules.marks import DatedSession, Mark, Session

NEVER_TO_CHANGE = {
    "/": 64, "\\": 65, "L": 66, "K": 67, "V": 68, "P": 69, "W": 70, "B": 71, "J": 72,
    "C1": 96, "M": 97, "J1": 98, "S": 99, "C2": 100, "C": 101, "T": 102, "R": 103, "I": 104,
    "E": 105, "H": 106, "F": 107, "G": 128, "N": 129, "O": 130, "U": 131,
    "#": 32, "Z": 33, "D": 34, "X": 35, "Q": 36, "Y1": 37, "Y2": 38, "Y3": 39, "Y4": 40,
    "Y5": 41, "Y6": 42, "Y7": 43, "Y": 44,
}  # fmt: skip


def test_every_code_of_the_rules_has_a_number_and_numbers_never_move():
    assert {row.code for row in CODES} == set(NEVER_TO_CHANGE)
    assert codec.NUMBERS == NEVER_TO_CHANGE


@pytest.mark.parametrize("row", CODES, ids=lambda row: row.code)
def test_a_number_says_by_comparison_what_its_code_means(row):
    number = codec.NUMBERS[row.code]

    assert (number >= codec.ATTENDING) is (row.kind in ATTENDED | ABSENT)
    assert (number >= codec.AUTHORISED) is (row.kind in ABSENT)
    assert (number >= codec.UNAUTHORISED) is (row.kind is Kind.UNAUTHORISED)
    assert (number >= codec.UNAUTHORISED) is row.counts_towards_threshold


@pytest.mark.parametrize(
    ("day", "session", "year", "place"),
    [
        (date(2026, 8, 1), Session.AM, 2026, 10),  # a Saturday: the grid begins on 27 July
        (date(2026, 7, 27), Session.AM, 2026, 0),
        (date(2026, 7, 26), Session.PM, 2025, 727),  # the Sunday before, 52 weeks on
        (date(2026, 11, 23), Session.PM, 2026, 239),
        (date(2027, 7, 31), Session.AM, 2027, 10),  # the week of 1 August 2027 starts 26 July
        (date(2022, 7, 31), Session.PM, 2021, 741),  # 2021/22 has 53 weeks
        (date(2022, 8, 1), Session.AM, 2022, 0),
    ],
)
def test_places_on_the_grid(day, session, year, place):
    assert (codec.year_of(day), codec.position(day, session)) == (year, place)
    assert codec.session_at(year, place) == DatedSession(day, session)
    years, places = codec.positions(np.array([day.toordinal()]), np.array([session]))
    assert (years.tolist(), places.tolist()) == ([year], [place])


def test_years_tile_a_century_without_gap_or_overlap():
    day, former = date(2000, 1, 1), (0, 0)
    while day < date(2099, 12, 31):
        here = (codec.year_of(day), codec.position(day, 0))
        assert here[1] < codec.SLOTS
        assert here == (former[0], former[1] + 2) or here[1] == 0 or former == (0, 0)
        day, former = day + timedelta(days=1), here


def test_marks_go_in_and_come_out_in_time_order():
    monday = date(2026, 9, 7)
    marks = [Mark(monday, Session.PM, "\\"), Mark(monday, Session.AM, "U")]

    held = codec.encode(2026, marks)

    assert codec.decode(2026, held) == sorted(marks)
    assert held.count(0) == 740


def test_a_mark_of_another_year_is_refused():
    with pytest.raises(ValueError, match="not in the academic year 2026"):
        codec.encode(2026, [Mark(date(2026, 7, 20), Session.AM, "/")])


def test_a_number_that_was_never_given_is_no_code():
    with pytest.raises(UnknownCode, match="the number 200"):
        codec.code_of(200)
    with pytest.raises(UnknownCode, match="“h” is not"):
        codec.number_of("h")


def test_many_codes_at_once():
    numbers = codec.numbers_of(["/", "Y7", "?", "", "U"])

    assert numbers.tolist() == [64, 43, 0, 0, 131]
    assert codec.codes_of(numbers).tolist() == ["/", "Y7", "", "", "U"]
    assert codec.numbers_of([]).tolist() == []


def test_a_retired_code_is_in_force_only_in_its_day():
    days = np.array([date(2024, 8, 18).toordinal(), date(2024, 8, 19).toordinal()])

    assert codec.in_force(codec.numbers_of(["H", "H"]), days).tolist() == [True, False]
    assert codec.in_force(codec.numbers_of(["C2", "C2"]), days).tolist() == [False, True]
    assert codec.in_force(np.zeros(2, np.uint8), days).tolist() == [False, False]


def test_marks_are_read_from_a_day_on_and_of_a_class_alone():
    held = bytearray(codec.SLOTS)
    for day, session, code in [
        (date(2026, 9, 8), Session.PM, "O"),
        (date(2026, 9, 9), Session.AM, "N"),
        (date(2026, 9, 9), Session.PM, "I"),
        (date(2026, 9, 10), Session.AM, "/"),
        (date(2026, 9, 10), Session.PM, "U"),
    ]:
        held[codec.position(day, session)] = codec.NUMBERS[code]

    read = codec.decode(2026, held, since=date(2026, 9, 9), lowest=codec.UNAUTHORISED)

    assert [(mark.day, mark.code) for mark in read] == [
        (date(2026, 9, 9), "N"),
        (date(2026, 9, 10), "U"),
    ]
