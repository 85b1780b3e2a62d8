"""The hand-checkable table of deadlines, deadline_cases.csv, in three time zones.

`slow_counting.py` says how the table was made and which rows were worked out on paper.
"""

import csv
import os
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.notice_limit import PastNotice, counts
from rules.penalty_notices import improvement_period
from rules.prosecutions import time_limit
from rules.registration import resolve_by
from rules.service import Method, Service, received
from rules.tariffs import Step, due_on, london_day, payment_period, tariff_on
from tests.rules.law_calendar import CALENDAR, day
from tests.rules.slow_counting import rows

TABLE = Path(__file__).parent / "deadline_cases.csv"
ZONES = ("UTC", "Europe/London", "Pacific/Kiritimati")

with TABLE.open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))


def day_of_receipt(method: str, sent: str) -> str:
    """What rules.service says."""
    return received(Service(Method(method), day(sent), agreed=True)).on.isoformat()


def days_to_pay(first: str, step: str) -> str:
    """What rules.tariffs says."""
    period = payment_period(day(first), tariff_on(day(first), Step(step)))
    lower = period.early_last.isoformat() if period.early_last else "none"
    return f"{lower} / {period.last.isoformat()} / {period.enforce_from.isoformat()}"


def amount(first: str, step: str, moment: str) -> str:
    """What rules.tariffs says of a moment, given in UTC."""
    period = payment_period(day(first), tariff_on(day(first), Step(step)))
    pence = due_on(period, london_day(datetime.fromisoformat(moment)))
    return "over" if pence is None else str(pence)


def three_years(issued: str, proposed: str) -> str:
    """What rules.notice_limit says."""
    counted = counts(PastNotice(key=1, parent=1, child=1, issued=day(issued)), day(proposed))
    return "counts" if counted else "does not count"


def six_months(earliest: str) -> str:
    """What rules.prosecutions says."""
    return time_limit([day(earliest)]).warn_by.isoformat()


def n_resolved(entered: str) -> str:
    """What rules.registration says."""
    return resolve_by(day(entered), CALENDAR).isoformat()


def improvement(first: str, weeks: str) -> str:
    """What rules.penalty_notices says."""
    period = improvement_period(day(first), int(weeks), CALENDAR)
    return f"{period.last.isoformat()}, {period.possible_sessions} sessions"


SAYS = {
    "received": day_of_receipt,
    "to pay": days_to_pay,
    "amount": amount,
    "three years": three_years,
    "six months": six_months,
    "n resolved": n_resolved,
    "improvement": improvement,
}


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server believes it is in this time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.rule("SRV-1", "TRF-2", "TRF-3", "TRF-4", "LIM-2", "PROS-1", "REG-1", "PN-11")
def test_every_deadline_of_the_table_is_met_whatever_zone_the_server_is_in(zone):
    assert os.environ["TZ"] == zone
    assert time.tzname[0] == {"UTC": "UTC", "Europe/London": "GMT"}.get(zone, "+14")
    wrong = [
        f"{case['number']} {case['about']} {case['given']}: {answer}, not {case['expected']}"
        for case in CASES
        if (answer := SAYS[case["about"]](*case["given"].split(" | "))) != case["expected"]
    ]

    assert wrong == []


def test_the_table_is_long_and_each_kind_has_edges_worked_out_on_paper():
    on_paper = {case["about"] for case in CASES if case["checked"] == "by hand"}

    assert len(CASES) >= 300
    assert on_paper == set(SAYS)
    assert sum(case["checked"] == "by hand" for case in CASES) >= 50


def test_the_table_is_what_the_slow_count_gives():
    assert [tuple(case.values()) for case in CASES] == rows()


@pytest.mark.rule("TRF-4")
@pytest.mark.parametrize(
    ("moment", "on", "why"),
    [
        ("2026-07-01T22:59:59+00:00", "2026-07-01", "a second to midnight in summer"),
        ("2026-07-01T23:00:00+00:00", "2026-07-02", "midnight in summer"),
        ("2026-07-01T23:30:00+00:00", "2026-07-02", "23:30 UTC in summer is tomorrow"),
        ("2026-12-01T23:59:59+00:00", "2026-12-01", "winter"),
        ("2027-03-28T00:59:59+00:00", "2027-03-28", "before clocks go forward"),
        ("2027-03-28T23:00:00+00:00", "2027-03-29", "after clocks went forward"),
        ("2026-10-24T23:00:00+00:00", "2026-10-25", "before clocks go back"),
        ("2026-10-25T23:30:00+00:00", "2026-10-25", "after clocks went back"),
        ("2026-07-02T13:00:00+14:00", "2026-07-02", "midnight told in Kiritimati"),
        ("2026-07-02T12:59:59+14:00", "2026-07-01", "a second before it"),
    ],
)
def test_the_day_of_a_payment_is_the_day_in_london(zone, moment, on, why):
    assert london_day(datetime.fromisoformat(moment)) == day(on), why


@pytest.mark.rule("TRF-4")
def test_a_moment_without_a_time_zone_has_no_day():
    with pytest.raises(ValueError, match="needs its time zone"):
        london_day(datetime(2026, 7, 1, 23, 30))  # noqa: DTZ001  (without one on purpose)


@pytest.mark.rule("TRF-2", "TRF-4")
@given(
    moment=st.datetimes(
        min_value=datetime(2024, 8, 20),  # noqa: DTZ001  (hypothesis adds the zone)
        max_value=datetime(2040, 1, 1),  # noqa: DTZ001  (as above)
        timezones=st.timezones(),
    )
)
def test_days_to_pay_depend_on_the_day_and_never_on_the_hour(moment):
    first = london_day(moment)
    period = payment_period(first, tariff_on(first, Step.FIRST))

    assert type(first) is date
    assert period.early_last - first == timedelta(days=20)
    assert period.last - first == timedelta(days=27)
