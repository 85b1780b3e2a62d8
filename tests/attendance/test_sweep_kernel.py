"""The kernel equals the rules: on generated histories, and at edges worked by hand."""

from datetime import date, timedelta

import numpy as np
import pytest

from attendance import marks as codec
from attendance import sweep
from attendance.differential import differing, generated
from attendance.models import PupilStanding
from rules.compulsory_age import compulsory_days
from rules.dates import DateRange
from rules.marks import DatedSession, Session
from rules.school_calendar import build_calendar
from tests.attendance.registers import TERMS, sessions_as_bytes

AT = sweep.AT


@pytest.mark.parametrize("group", range(10))
def test_the_kernel_equals_the_rules_on_generated_histories(group):
    as_of, cases = generated(2026, group)

    assert list(differing(as_of, cases)) == []


def test_a_difference_would_be_seen(monkeypatch):
    as_of, cases = generated(2026, 0)
    monkeypatch.setattr(sweep, "LATE_AFTER", 0x80, raising=False)
    monkeypatch.setattr(codec, "LATE_AFTER", codec.NUMBERS["G"])

    assert any("late_after" in sentence for sentence in differing(as_of, cases))


def test_the_columns_are_those_of_the_table():
    kept = [field.name for field in PupilStanding._meta.concrete_fields]

    assert [name for name in kept if name in sweep.COLUMNS] == list(sweep.COLUMNS)
    beside = {"authority", "enrolment", "year", "school", "as_of", "plan_key"}
    beside |= {"marks_xmin", "tail_xmin", "enrolment_xmin", "pupil_xmin"}
    assert set(kept) - set(sweep.COLUMNS) == beside
    assert not any(PupilStanding._meta.get_field(name).null for name in kept)


def test_compulsory_age_needs_only_the_month_of_birth():
    births = [date(2008, 1, 1) + timedelta(days=days) for days in range(366 * 5)]

    first, last = sweep.compulsory_ages(np.array([born.toordinal() for born in births]))

    found = [
        DateRange(date.fromordinal(int(a)), date.fromordinal(int(b)))
        for a, b in zip(first, last, strict=True)
    ]
    assert found == [compulsory_days(born) for born in births]


def year_bytes(year):
    """The sessions of the tests' school year."""
    law = build_calendar([DateRange(*ends) for ends in TERMS[year]])
    return sessions_as_bytes(year, law.sessions)


def swept(as_of, *weeks, born=date(2016, 5, 4)):
    """One pupil's standing: all present but for (Monday, ten codes) given."""
    held = {}
    for year in (2025, 2026):
        row = np.frombuffer(year_bytes(year), np.uint8) * np.uint8(codec.NUMBERS["/"])
        held[year] = row.copy()
    for monday, codes in weeks:
        for at, code in enumerate(codes):
            day = monday + timedelta(days=at // 2)
            held[codec.year_of(day)][codec.position(day, at % 2)] = codec.NUMBERS[code]
    frame = sweep.frame_for(as_of, [(year_bytes(2025), year_bytes(2026))])
    first, last = sweep.compulsory_ages(np.array([born.toordinal()]))
    pupils = sweep.Pupils(
        plan=np.zeros(1, np.intp),
        first_day=np.array([date(2020, 9, 1).toordinal()]),
        last_day=np.array([codec.FAR_AHEAD]),
        compulsory_first=first,
        compulsory_last=last,
    )
    found = sweep.Kernel(frame).standings(
        held[2026][None, :], held[2025][None, frame.tail_from :][:, : frame.tail * 14], pupils
    )
    return dict(zip(sweep.COLUMNS, found[:, 0].tolist(), strict=True))


def test_ten_sessions_in_exactly_ten_school_weeks_meet_the_threshold():
    found = swept(
        date(2026, 11, 27), (date(2026, 9, 14), "OOOOOO////"), (date(2026, 11, 23), "OOOO//////")
    )

    assert (found["state"], found["window_count"]) == (sweep.YES, 10)
    # 23 November 2026 is 119 days after 27 July: the fourth O is Tuesday afternoon
    assert codec.session_at(2026, found["first_met"]) == DatedSession(
        date(2026, 11, 24), Session.PM
    )
    assert codec.monday_at(2026, found["latest_start"]) == date(2026, 9, 14)
    assert codec.monday_at(2026, found["latest_end"]) == date(2026, 11, 23)


def test_eleven_school_weeks_are_one_too_many():
    found = swept(
        date(2026, 12, 4), (date(2026, 9, 14), "OOOOOO////"), (date(2026, 11, 30), "OOOO//////")
    )

    assert (found["state"], found["window_count"], found["window_max"]) == (sweep.NO, 4, 6)
    assert found["first_met"] == sweep.NONE


def test_summer_does_not_part_two_in_july_from_eight_in_september():
    found = swept(
        date(2026, 9, 18), (date(2026, 7, 6), "OO////////"), (date(2026, 9, 14), "OOOOOOOO//")
    )

    assert (found["state"], found["latest_count"]) == (sweep.YES, 10)
    assert codec.monday_at(2026, found["latest_start"]) < date(2026, 7, 27)
    assert found["unauthorised"] == 8


def test_ten_last_july_were_met_before_the_year_began():
    found = swept(date(2026, 9, 4), (date(2026, 7, 6), "OOOOOOOOOO"))

    assert (found["state"], found["first_met"]) == (sweep.YES, sweep.BEFORE_THIS_YEAR)
    assert found["unauthorised"] == 0


def test_n_makes_it_provisional():
    found = swept(date(2026, 9, 18), (date(2026, 9, 14), "OOOOOOOOON"))

    assert (found["state"], found["window_unresolved"]) == (sweep.PROVISIONAL, 1)


def test_a_child_under_compulsory_age_has_absences_but_no_threshold():
    found = swept(date(2026, 11, 13), (date(2026, 11, 9), "G" * 10), born=date(2021, 9, 10))

    assert (found["unauthorised"], found["window_count"], found["state"]) == (10, 0, sweep.NO)


def test_a_run_longer_than_a_byte_can_count():
    mondays = [date(2026, 9, 7) + timedelta(weeks=week) for week in range(46)]

    found = swept(date(2027, 7, 21), *((monday, "I" * 10) for monday in mondays))

    # 45 whole weeks and Monday to Wednesday of the last, after six sessions attended
    assert found["run_current"] == found["run_longest"] == 456
    assert (found["possible"], found["unauthorised_run_current"]) == (462, 0)
