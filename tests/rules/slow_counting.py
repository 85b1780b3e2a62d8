"""A second way to every deadline: one day at a time on a wall calendar. It made deadline_cases.csv.

It shares nothing with rules/. Bank holidays and terms are typed in below; a day is reached by
stepping, never by adding; years are compared as (year, month, day); British summer time is the two
last Sundays by which it is defined. `BY_HAND` holds the edges that were worked out on paper, with
the answer written down before anything was run: a table that disagrees with one is not written.

    python -m tests.rules.slow_counting > tests/rules/deadline_cases.csv

Columns: number; about (what is asked); given; expected; checked ("by hand" or empty); why. What is
asked, and how the answer is written:

    received      the day of receipt
    to pay        the last day at the lower amount / the last day / the first to enforce
    amount        the pence that discharge it at a moment (UTC), or "over"
    three years   counts, or does not count
    six months    the last day to charge
    n resolved    the last day for a reason
    improvement   the last day, and the possible sessions
"""

import csv
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta

ONE = timedelta(days=1)

# From GOV.UK, England and Wales. 19 September 2022, 8 May 2023: for one year only.
FREE = """
2022-01-03 2022-04-15 2022-04-18 2022-05-02 2022-06-02 2022-06-03 2022-08-29 2022-09-19 2022-12-26
2022-12-27 2023-01-02 2023-04-07 2023-04-10 2023-05-01 2023-05-08 2023-05-29 2023-08-28 2023-12-25
2023-12-26 2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26 2026-01-01
2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28 2027-01-01 2027-03-26
2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28 2028-01-03 2028-04-14 2028-04-17
2028-05-01 2028-05-29 2028-08-28 2028-12-25 2028-12-26
"""

# The school of law_calendar.py, by hand: first and last day of each run of school days.
SCHOOL = """
2026-04-13/2026-05-22 2026-06-01/2026-07-21 2026-09-02/2026-10-23 2026-11-03/2026-12-18
2027-01-05/2027-02-12 2027-02-22/2027-03-25 2027-04-12/2027-05-28 2027-06-07/2027-07-21
"""

BANK_HOLIDAYS = frozenset(FREE.split())
RUNS = [tuple(run.split("/")) for run in SCHOOL.split()]
DEEMED = {"by hand": 0, "first-class post": 2, "e-mail": 1}
PENCE = {"first": (8000, 16000), "second": (None, 16000), "excluded pupil": (6000, 12000)}


def read(text: str) -> date:
    """A day from its text."""
    year, month, number = text.split("-")
    return date(int(year), int(month), int(number))


def works(on: date) -> bool:
    """Whether it is a working day."""
    return on.weekday() < 5 and on.isoformat() not in BANK_HOLIDAYS


def has_school(on: date) -> bool:
    """Whether the school meets."""
    return works(on) and any(first <= on.isoformat() <= last for first, last in RUNS)


def stepped(on: date, number: int, counted=lambda on: True) -> date:
    """The day reached when so many counted days have gone by after `on`."""
    while number:
        on += ONE
        if counted(on):
            number -= 1
    return on


def received(method: str, sent: str) -> str:
    """Sending, then the deemed working days one by one."""
    return stepped(read(sent), DEEMED[method], works).isoformat()


def to_pay(received: str, step: str) -> str:
    """Cross off 28 days on the calendar, the day of receipt first."""
    crossed = [read(received)]
    while len(crossed) < 28:
        crossed.append(crossed[-1] + ONE)
    lower = "none" if PENCE[step][0] is None else crossed[20].isoformat()
    return f"{lower} / {crossed[27].isoformat()} / {(crossed[27] + ONE).isoformat()}"


def last_sunday(year: int, month: int) -> date:
    """Of March or October, both of which have 31 days."""
    on = date(year, month, 31)
    while on.weekday() != 6:
        on -= ONE
    return on


def london(moment: str) -> date:
    """The day in London: an hour later between one o'clock UTC on two Sundays."""
    at = datetime.strptime(moment, "%Y-%m-%dT%H:%MZ")  # noqa: DTZ007  (UTC on purpose, naive)
    start, end = (
        datetime.combine(last_sunday(at.year, month), datetime.min.time()).replace(hour=1)
        for month in (3, 10)
    )
    return (at + timedelta(hours=start <= at < end)).date()


def amount(received: str, step: str, moment: str) -> str:
    """What discharges the notice at a moment: count the days from receipt up to it."""
    on, target, day_number = read(received), london(moment), 1
    while on < target:
        on += ONE
        day_number += 1
    lower, full = PENCE[step]
    if day_number <= 21 and lower is not None:
        return str(lower)
    return str(full) if day_number <= 28 else "over"


def three_years(issued: str, proposed: str) -> str:
    """Written as numbers: three years after its issue must be later than the day proposed."""
    year, month, number = map(int, issued.split("-"))
    then = (year + 3, month, number)
    now = tuple(map(int, proposed.split("-")))
    return "counts" if now < then and issued <= proposed else "does not count"


def six_months(earliest: str) -> str:
    """The last day whose number is not past that of the first, in the sixth month after."""
    first = read(earliest)
    limit = (first.year * 12 + first.month + 6, first.day)
    on = first
    while ((on + ONE).year * 12 + (on + ONE).month, (on + ONE).day) <= limit:
        on += ONE
    return on.isoformat()


def n_resolved(entered: str) -> str:
    """Five school days after the day of the session."""
    return stepped(read(entered), 5, has_school).isoformat()


def improvement(first: str, weeks: str) -> str:
    """Week after week, those with no school passed over, and every session counted."""
    start = read(first)
    monday = start
    while monday.weekday():
        monday -= ONE
    left, sessions, last = int(weeks), 0, start
    while left:
        days = [monday + number * ONE for number in range(7)]
        if any(map(has_school, days)):
            left -= 1
            for on in days:
                if has_school(on) and on >= start:
                    sessions, last = sessions + 2, on
        monday = days[-1] + ONE
    return f"{last.isoformat()}, {sessions} sessions"


ANSWERS = {
    "received": received,
    "to pay": to_pay,
    "amount": amount,
    "three years": three_years,
    "six months": six_months,
    "n resolved": n_resolved,
    "improvement": improvement,
}

# Worked out on paper: (about, given) to answer. Those of the law's examples carry their number.
BY_HAND = {
    ("received", "by hand | 2026-11-27"): ("2026-11-27", "T34: handed over on a Friday"),
    ("received", "first-class post | 2026-12-17"): ("2026-12-21", "T35: Friday, then Monday"),
    ("received", "first-class post | 2026-12-23"): ("2026-12-29", "T36: 24, then 29 December"),
    ("received", "first-class post | 2022-09-15"): ("2022-09-20", "19 September that year only"),
    ("received", "first-class post | 2022-09-16"): ("2022-09-21", "Tuesday and Wednesday"),
    ("received", "first-class post | 2023-05-05"): ("2023-05-10", "8 May that year only"),
    ("received", "first-class post | 2023-05-04"): ("2023-05-09", "Friday, then Tuesday"),
    ("received", "first-class post | 2022-06-01"): ("2022-06-07", "two bank holidays together"),
    ("received", "first-class post | 2027-03-24"): ("2027-03-30", "Thursday; Easter; Tuesday"),
    ("received", "first-class post | 2026-12-31"): ("2027-01-05", "New Year's Day, a weekend"),
    ("received", "first-class post | 2028-02-28"): ("2028-03-01", "29 February is a Tuesday"),
    ("received", "by hand | 2026-12-25"): ("2026-12-25", "Christmas Day: a hand is a hand"),
    ("received", "e-mail | 2026-12-24"): ("2026-12-29", "the next working day"),
    ("to pay", "2026-11-27 | first"): ("2026-12-17 / 2026-12-24 / 2026-12-25", "T34"),
    ("to pay", "2026-12-21 | first"): ("2027-01-10 / 2027-01-17 / 2027-01-18", "T35: two Sundays"),
    ("to pay", "2026-12-29 | first"): ("2027-01-18 / 2027-01-25 / 2027-01-26", "T36"),
    ("to pay", "2026-12-05 | first"): ("2026-12-25 / 2027-01-01 / 2027-01-02", "bank holidays"),
    ("to pay", "2028-02-09 | first"): ("2028-02-29 / 2028-03-07 / 2028-03-08", "on 29 February"),
    ("to pay", "2028-02-02 | second"): ("none / 2028-02-29 / 2028-03-01", "on 29 February"),
    ("to pay", "2027-02-09 | first"): ("2027-03-01 / 2027-03-08 / 2027-03-09", "no 29 February"),
    ("to pay", "2027-03-01 | first"): ("2027-03-21 / 2027-03-28 / 2027-03-29", "clocks forward"),
    ("to pay", "2026-10-05 | first"): ("2026-10-25 / 2026-11-01 / 2026-11-02", "clocks back"),
    ("amount", "2027-06-01 | first | 2027-06-21T22:59Z"): ("8000", "a minute to midnight, day 21"),
    ("amount", "2027-06-01 | first | 2027-06-21T23:00Z"): ("16000", "midnight in London: day 22"),
    ("amount", "2027-06-01 | first | 2027-06-21T23:30Z"): ("16000", "23:30 UTC is tomorrow"),
    ("amount", "2027-06-01 | first | 2027-06-28T22:59Z"): ("16000", "the last minute of day 28"),
    ("amount", "2027-06-01 | first | 2027-06-28T23:30Z"): ("over", "day 29 in London"),
    ("amount", "2026-11-27 | first | 2026-12-17T23:59Z"): ("8000", "in winter UTC is London"),
    ("amount", "2026-11-27 | first | 2026-12-18T00:00Z"): ("16000", "and midnight midnight"),
    ("amount", "2026-10-05 | first | 2026-10-24T23:30Z"): ("8000", "day 21 began at 23:00 UTC"),
    ("amount", "2026-10-05 | first | 2026-10-25T23:30Z"): ("8000", "after the change: day 21"),
    ("amount", "2026-10-05 | first | 2026-10-26T00:00Z"): ("16000", "day 22, in winter time"),
    ("amount", "2027-03-01 | second | 2027-03-28T22:59Z"): ("16000", "day 28, the hour lost"),
    ("amount", "2027-03-01 | second | 2027-03-28T23:00Z"): ("over", "day 29 in summer time"),
    ("three years", "2024-09-10 | 2027-09-09"): ("counts", "T37"),
    ("three years", "2024-09-10 | 2027-09-10"): ("does not count", "T38"),
    ("three years", "2028-02-29 | 2031-02-28"): ("counts", "T40"),
    ("three years", "2028-02-29 | 2031-03-01"): ("does not count", "T40"),
    ("three years", "2029-02-28 | 2032-02-29"): ("does not count", "T41"),
    ("three years", "2029-03-01 | 2032-02-29"): ("counts", "T41"),
    ("six months", "2026-09-28"): ("2027-03-28", "T56"),
    ("six months", "2026-10-16"): ("2027-04-16", "T56: the outer edge"),
    ("six months", "2026-08-31"): ("2027-02-28", "no 31 February"),
    ("six months", "2027-08-31"): ("2028-02-29", "nor in a leap year, but a 29th"),
    ("six months", "2028-02-29"): ("2028-08-29", "from 29 February"),
    ("six months", "2026-03-31"): ("2026-09-30", "September has 30 days"),
    ("n resolved", "2026-10-22"): ("2026-11-06", "T19: half term and INSET passed over"),
    ("n resolved", "2026-12-18"): ("2027-01-11", "over Christmas: 5, 6, 7, 8 and 11 January"),
    ("n resolved", "2026-09-02"): ("2026-09-09", "the first week"),
    ("n resolved", "2027-04-29"): ("2027-05-07", "3 May is a bank holiday"),
    ("improvement", "2026-11-30 | 6"): ("2027-01-22, 58 sessions", "T20"),
    ("improvement", "2026-11-30 | 3"): ("2026-12-18, 30 sessions", "T22"),
    ("improvement", "2026-10-12 | 3"): ("2026-11-06, 28 sessions", "half term; INSET on Monday"),
    ("improvement", "2026-07-13 | 4"): ("2026-09-11, 30 sessions", "summer: 10 + 4 + 6 + 10"),
    ("improvement", "2027-03-08 | 6"): ("2027-04-30, 58 sessions", "Easter: 25 March the last"),
    ("improvement", "2026-12-02 | 3"): ("2026-12-18, 26 sessions", "from a Wednesday"),
}


def days(first: str, last: str) -> Iterator[str]:
    """Each day from one to another, both included."""
    on = read(first)
    while on <= read(last):
        yield on.isoformat()
        on += ONE


def near(on: str, *, before: int, after: int) -> list[str]:
    """The days around one."""
    first = read(on) - before * ONE
    return list(days(first.isoformat(), (read(on) + after * ONE).isoformat()))


def of_receipt() -> Iterator[tuple[str, str]]:
    """Days of sending around bank holidays, one-off ones among them, and a clock change."""
    for first, last in (
        ("2022-09-14", "2022-09-20"),
        ("2023-05-03", "2023-05-09"),
        ("2026-12-14", "2027-01-04"),
        ("2027-03-22", "2027-03-30"),
        ("2026-10-22", "2026-10-27"),
    ):
        yield from (("received", f"first-class post | {on}") for on in days(first, last))
    for on in ("2026-11-28", "2026-11-29", "2027-01-01", "2026-10-25", "2027-03-28"):
        yield from (("received", f"{method} | {on}") for method in ("by hand", "e-mail"))


def of_days_to_pay() -> Iterator[tuple[str, str]]:
    """Every weekday of receipt, over 29 February, both clock changes, and each tariff."""
    for on in [
        *days("2026-11-28", "2026-12-08"),
        *near("2028-02-04", before=3, after=6),
        *near("2026-10-01", before=3, after=3),
        *near("2027-03-04", before=3, after=3),
        *near("2026-08-31", before=1, after=1),
    ]:
        yield "to pay", f"{on} | first"
    for on in ("2026-11-27", "2026-12-21", "2028-02-09", "2026-10-05", "2027-03-01"):
        yield from (("to pay", f"{on} | {step}") for step in ("second", "excluded pupil"))


def of_amounts() -> Iterator[tuple[str, str]]:
    """Moments on the days around 21 and 28, by day and late at night, summer and winter."""
    for first, step, numbers, clocks in (
        ("2026-11-27", "first", (1, 20, 21, 22, 27, 28, 29), ("12:00", "23:30")),
        ("2027-06-01", "first", (1, 20, 21, 22, 27, 28, 29), ("12:00", "23:30")),
        ("2027-06-01", "second", (1, 20, 21, 22, 27, 28, 29), ("12:00", "23:30")),
        ("2026-10-05", "excluded pupil", (20, 21, 22, 28, 29), ("00:30", "22:30", "23:30")),
        ("2027-03-08", "excluded pupil", (20, 21, 22, 28, 29), ("00:30", "22:30", "23:30")),
        ("2027-03-01", "excluded pupil", (20, 21, 22, 28, 29), ("00:30", "22:30", "23:30")),
    ):
        paid = [(read(first) + (number - 1) * ONE).isoformat() for number in numbers]
        yield from (
            ("amount", f"{first} | {step} | {on}T{clock}Z") for on in paid for clock in clocks
        )


def of_three_years() -> Iterator[tuple[str, str]]:
    """The days around the third anniversary."""
    for issued, around in (
        ("2024-08-19", "2027-08-19"),
        ("2025-12-31", "2028-12-31"),
        ("2026-01-01", "2029-01-01"),
        ("2028-02-28", "2031-02-28"),
        ("2028-02-29", "2031-02-28"),
        ("2028-03-01", "2031-03-01"),
        ("2029-02-28", "2032-02-28"),
        ("2029-03-01", "2032-03-01"),
        ("2026-03-29", "2029-03-29"),
        ("2026-10-25", "2029-10-25"),
    ):
        proposed = [issued, *near(around, before=2, after=2)]
        yield from (("three years", f"{issued} | {on}") for on in proposed)


def of_school_days() -> Iterator[tuple[str, str]]:
    """N entered on each day before a holiday, and improvement periods across them."""
    for first, last in (
        ("2026-09-02", "2026-09-04"),
        ("2026-10-12", "2026-10-23"),
        ("2026-12-07", "2026-12-18"),
        ("2027-02-05", "2027-02-12"),
        ("2027-04-26", "2027-04-30"),
        ("2027-05-24", "2027-05-28"),
        ("2026-07-14", "2026-07-21"),
    ):
        yield from (("n resolved", on) for on in days(first, last) if has_school(read(on)))
    for on in (
        *("2026-04-20", "2026-05-11", "2026-06-15", "2026-07-06", "2026-07-20", "2026-09-07"),
        *("2026-10-05", "2026-10-19", "2026-11-09", "2026-12-14", "2027-01-25", "2027-02-08"),
        *("2027-03-22", "2027-04-26", "2027-05-17", "2026-11-05", "2026-10-26"),
    ):
        yield from (("improvement", f"{on} | {weeks}") for weeks in ("3", "6"))


SESSIONS = (
    *("2026-08-29", "2026-08-30", "2026-09-01", "2027-08-28", "2027-08-29", "2027-08-30"),
    *("2026-11-03", "2026-12-18", "2027-01-05", "2027-03-31", "2027-04-30", "2027-05-31"),
    *("2026-10-31", "2027-10-31", "2026-03-29", "2026-10-25", "2024-08-31", "2028-03-31"),
)


def questions() -> Iterator[tuple[str, str]]:
    """What is asked, beside the edges worked out on paper."""
    yield from of_receipt()
    yield from of_days_to_pay()
    yield from of_amounts()
    yield from of_three_years()
    yield from (("six months", on) for on in SESSIONS)
    yield from of_school_days()


def rows() -> list[tuple[str, ...]]:
    """The whole table. Raises ValueError where the slow count and the paper differ."""
    asked = dict.fromkeys([*BY_HAND, *questions()])
    found = []
    for number, (about, given) in enumerate(asked, start=1):
        answer = ANSWERS[about](*given.split(" | "))
        on_paper, why = BY_HAND.get((about, given), (answer, ""))
        if on_paper != answer:
            raise ValueError(f"{about} {given}: {on_paper} on paper, {answer} counted")
        checked = "by hand" if (about, given) in BY_HAND else ""
        found.append((str(number), about, given, answer, checked, why))
    return found


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("number", "about", "given", "expected", "checked", "why"))
    writer.writerows(rows())
