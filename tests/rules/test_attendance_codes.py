"""What each attendance code means, and when."""

from datetime import date

import pytest

from rules.attendance_codes import (
    CODES,
    Kind,
    code_on,
    is_absent,
    is_attended,
    is_possible,
    offered_on,
)
from rules.errors import UnknownCode

TODAY = date(2026, 11, 23)


@pytest.mark.rule("CODE-1")
@pytest.mark.parametrize(
    ("code", "kind", "in_school", "threshold", "late"),
    [
        ("/", "present", True, False, False),
        ("\\", "present", True, False, False),
        ("L", "present", True, False, True),
        ("K", "approved educational activity", False, False, False),
        ("V", "approved educational activity", False, False, False),
        ("P", "approved educational activity", False, False, False),
        ("W", "approved educational activity", False, False, False),
        ("B", "approved educational activity", False, False, False),
        ("D", "not a possible attendance", False, False, False),
        ("C1", "authorised absence", False, False, False),
        ("M", "authorised absence", False, False, False),
        ("J1", "authorised absence", False, False, False),
        ("S", "authorised absence", False, False, False),
        ("X", "not a possible attendance", False, False, False),
        ("C2", "authorised absence", False, False, False),
        ("C", "authorised absence", False, False, False),
        ("T", "authorised absence", False, False, False),
        ("R", "authorised absence", False, False, False),
        ("I", "authorised absence", False, False, False),
        ("E", "authorised absence", False, False, False),
        ("Q", "not a possible attendance", False, False, False),
        ("Y1", "not a possible attendance", False, False, False),
        ("Y2", "not a possible attendance", False, False, False),
        ("Y3", "not a possible attendance", False, False, False),
        ("Y4", "not a possible attendance", False, False, False),
        ("Y5", "not a possible attendance", False, False, False),
        ("Y6", "not a possible attendance", False, False, False),
        ("Y7", "not a possible attendance", False, False, False),
        ("G", "unauthorised absence", False, True, False),
        ("N", "unauthorised absence", False, True, False),
        ("O", "unauthorised absence", False, True, False),
        ("U", "unauthorised absence", True, True, True),
        ("Z", "not collected", False, False, False),
        ("#", "not collected", False, False, False),
    ],
)
def test_each_code_in_force_counts_as_the_law_says(code, kind, in_school, threshold, late):
    row = code_on(code, TODAY)

    assert row.kind == kind
    assert row.in_school is in_school
    assert row.counts_towards_threshold is threshold
    assert row.late is late


@pytest.mark.rule("CODE-1")
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("H", "authorised absence"),
        ("F", "authorised absence"),
        ("J", "approved educational activity"),
        ("Y", "not a possible attendance"),
    ],
)
def test_a_retired_code_keeps_its_class_to_its_last_day_and_is_refused_after(code, kind):
    assert code_on(code, date(2024, 8, 18)).kind == kind

    with pytest.raises(UnknownCode, match=f"Code {code} was retired on 19 August 2024"):
        code_on(code, date(2024, 8, 19))


@pytest.mark.rule("CODE-1")
@pytest.mark.parametrize("code", ["K", "C1", "C2", "J1", "Q", "Y1", "Y4", "Y7"])
def test_a_new_code_is_refused_the_day_before_it_began(code):
    assert code_on(code, date(2024, 8, 19)).code == code

    with pytest.raises(UnknownCode, match=f"Code {code} began on 19 August 2024"):
        code_on(code, date(2024, 8, 18))


@pytest.mark.rule("CODE-1")
@pytest.mark.parametrize("code", ["/", "L", "X", "C", "I", "G", "N", "O", "U", "#"])
def test_a_code_older_than_the_regulations_is_known_before_them(code):
    assert code_on(code, date(2023, 11, 6)) == code_on(code, TODAY)


@pytest.mark.rule("CODE-1")
def test_a_code_that_never_was_is_refused_without_repeating_a_long_text():
    with pytest.raises(UnknownCode, match="“WXYZ” is not an attendance code"):
        code_on("WXYZ and the rest of a line", TODAY)


@pytest.mark.rule("CODE-2")
def test_thirty_four_codes_are_offered_today_and_no_retired_one():
    offered = [row.code for row in offered_on(TODAY)]

    assert len(offered) == 34
    assert {"H", "F", "J", "Y"}.isdisjoint(offered)


@pytest.mark.rule("CODE-2")
def test_before_the_regulations_neither_new_nor_retired_codes_are_offered():
    offered = {row.code for row in offered_on(date(2024, 8, 18))}

    assert offered.isdisjoint({"H", "J", "Y", "F", "K", "C1", "C2", "J1", "Q", "Y1"})
    assert {"/", "I", "N"} <= offered


def test_each_code_has_one_row_so_its_class_never_changed():
    assert len({row.code for row in CODES}) == len(CODES) == 38


def test_only_two_codes_depend_on_compulsory_school_age():
    limited = {row.code: row.only_for for row in CODES if row.only_for != "any"}

    assert limited == {"X": "not compulsory age", "C2": "compulsory age"}


@pytest.mark.parametrize(
    ("kind", "possible", "attended", "absent"),
    [
        (Kind.PRESENT, True, True, False),
        (Kind.APPROVED, True, True, False),
        (Kind.AUTHORISED, True, False, True),
        (Kind.UNAUTHORISED, True, False, True),
        (Kind.NOT_POSSIBLE, False, False, False),
        (Kind.NOT_COLLECTED, False, False, False),
    ],
)
def test_a_kind_is_attended_or_absent_only_if_possible(kind, possible, attended, absent):
    assert (is_possible(kind), is_attended(kind), is_absent(kind)) == (possible, attended, absent)
