"""The sums of the statistics hold on every page and in every file, for a register of every code.

present + approved activity = attendance; authorised + unauthorised = absence; attendance + absence
= possible; lates = L + U, across the classes; D, X, Q, Y…, Z and # in none of them.

Every number expected below was added up by hand from the two registers written out here. None
comes from the code under test, nor from its table of codes.
"""

import csv
import html
import io
import re
import subprocess
from collections import Counter
from datetime import date, timedelta
from itertools import chain

import pytest
from django.core.management import call_command
from django.urls import reverse

from attendance.models import Calendar
from attendance.services import sweeps
from attendance.services.imports import import_file
from attendance.services.registers import record_marks
from authorities import packs
from authorities.permissions import Role
from cases.models import Case
from cases.services import casework, concern_letters
from rules.attendance_codes import CODES
from rules.dates import DateRange, days_between
from rules.school_calendar import build_calendar
from tests import factories
from tests.attendance.registers import TERMS, frame, sessions_as_bytes
from tests.attendance.scenes import NOW, calendar
from tests.cast import TODAY, sign_in

UPN = "A123456789012"

# This year, 2 September to 16 November 2026: 48 school days, 96 sessions.
SPECIAL = {
    "L": 4,  # present, with 46 in time below: 50
    "K": 1, "V": 2, "P": 1, "W": 1, "B": 2,  # approved activity: 7. Attendance: 57
    "C1": 1, "M": 2, "J1": 1, "S": 1, "C2": 2, "C": 1, "T": 1, "R": 1, "I": 3, "E": 2,  # 15
    "G": 2, "N": 1, "O": 3, "U": 3,  # unauthorised: 9. Absence: 24. Possible: 81
    "D": 2, "X": 2, "Q": 1,
    "Y1": 1, "Y2": 1, "Y3": 1, "Y4": 1, "Y5": 1, "Y6": 1, "Y7": 1,
    "Z": 1, "#": 2,  # in none: 15
}  # fmt: skip
# The last two days of last year, in the twelfth school week back: 1 on time, 1 L, 1 I, 1 not.
JULY = ["/", "I", "L", "Y4"]
# 24 June to 19 July 2024, 40 sessions: the codes that were retired in August 2024.
OLD = {
    "H": 2, "F": 1, "I": 1,  # authorised: 4
    "O": 2, "U": 1,  # unauthorised: 3
    "J": 2, "L": 1,  # attended, with 27 in time below: 30. Possible: 37
    "Y": 2, "D": 1,  # in none: 3
}  # fmt: skip

NOW_FIGURES = {
    "Possible": ("81", "40½"),
    "Attended, in school": ("50", "25"),
    "Attended, at an approved activity": ("7", "3½"),
    "Attended in all": ("57", "28½"),
    "Missed, authorised": ("15", "7½"),
    "Missed, unauthorised": ("9", "4½"),
    "Missed in all": ("24", "12"),
    "Late, before the register closed (L)": ("4", "2"),
    "Late, after it closed (U: counted as missed)": ("3", "1½"),
}
BACK_FIGURES = {
    "Possible": ("84", "42"),
    "Attended, in school": ("52", "26"),
    "Attended, at an approved activity": ("7", "3½"),
    "Attended in all": ("59", "29½"),
    "Missed, authorised": ("16", "8"),
    "Missed, unauthorised": ("9", "4½"),
    "Missed in all": ("25", "12½"),
    "Late, before the register closed (L)": ("5", "2½"),
    "Late, after it closed (U: counted as missed)": ("3", "1½"),
}
OLD_FIGURES = {
    "Possible": ("37", "18½"),
    "Attended, in school": ("28", "14"),
    "Attended, at an approved activity": ("2", "1"),
    "Attended in all": ("30", "15"),
    "Missed, authorised": ("4", "2"),
    "Missed, unauthorised": ("3", "1½"),
    "Missed in all": ("7", "3½"),
    "Late, before the register closed (L)": ("1", "½"),
    "Late, after it closed (U: counted as missed)": ("1", "½"),
}


def school_days(first, last):
    return [day for day in days_between(first, last) if day.weekday() < 5]


def written(days, special):
    """(day, half, code) of each session: ten in time, then each special code, the rest in time."""
    sessions = [(day, half) for day in days for half in (0, 1)]
    codes = list(chain.from_iterable([code] * times for code, times in special.items()))
    return [
        (day, half, codes[at - 10] if 0 <= at - 10 < len(codes) else "/\\"[half])
        for at, (day, half) in enumerate(sessions)
    ]


THIS_YEAR = list(
    chain.from_iterable(
        school_days(first, min(last, TODAY - timedelta(days=1)))
        for first, last in TERMS[2026]
        if first < TODAY
    )
)
SUMMER_2024 = school_days(date(2024, 6, 24), date(2024, 7, 19))
SEPTEMBER_2024 = school_days(date(2024, 9, 2), date(2024, 9, 6))
MARKS = (
    written(SUMMER_2024, OLD)
    + written(SEPTEMBER_2024, {})
    + [
        (day, half, JULY[at * 2 + half])
        for at, day in enumerate((date(2026, 7, 20), date(2026, 7, 21)))
        for half in (0, 1)
    ]
    + written(THIS_YEAR, SPECIAL)
)


@pytest.fixture
def school(cast):
    """Hillside: a pupil with every code there is, and a classmate who was always there."""
    calendar(cast)
    for year, days in ((2023, SUMMER_2024), (2024, SEPTEMBER_2024)):
        law = build_calendar([DateRange(days[0], days[-1])])
        Calendar.objects.create(
            authority=cast.northmoor,
            school=cast.hillside,
            year=year,
            sessions=sessions_as_bytes(year, law.sessions),
        )
    pupil, enrolment = cast.pupil, cast.enrolment
    pupil.upn = UPN
    pupil.save()
    enrolment.starts_on, enrolment.year_group = date(2023, 9, 1), "5"
    enrolment.registration_group = "4B"
    enrolment.save()
    classmate = factories.enrolment(
        factories.pupil(cast.northmoor, surname="Classmate"),
        cast.hillside,
        registration_group="4B",
        starts_on=date(2026, 9, 1),
    )
    rows = [(enrolment.pk, day, half, code) for day, half, code in MARKS]
    rows += [(classmate.pk, day, half, "/\\"[half]) for day in THIS_YEAR for half in (0, 1)]
    record_marks(
        school=cast.hillside,
        marks=frame(rows),
        batch=None,
        by=cast.officer,
        reason="start",
        now=NOW,
    )
    sweeps.sweep_authority(cast.northmoor.pk, as_of=TODAY, full=True, now=NOW)
    return cast


@pytest.fixture
def officer(school, client):
    """Hillside's attendance officer, signed in."""
    return sign_in(client, school.officer)


def text_of(response):
    """What a page says, without its tags, one space between words."""
    assert response.status_code == 200
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def at(route, cast=None):
    return reverse(f"attendance:{route}", args=["990", *([cast.pupil.reference] if cast else [])])


def as_said(figures):
    """A table of sessions and days as its page reads."""
    return " ".join(f"{label} {sessions} {days}" for label, (sessions, days) in figures.items())


def pdf_text(response, folder):
    (folder / "it.pdf").write_bytes(response.content)
    said = subprocess.run(  # noqa: S603
        ["pdftotext", "-layout", folder / "it.pdf", "-"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return " ".join(said.split())


# The register itself


def test_the_registers_hold_every_code_there_ever_was():
    assert {code for *_, code in MARKS} == {row.code for row in CODES}
    assert len(MARKS) == 96 + 4 + 10 + 40
    this_year = Counter(code for *_, code in written(THIS_YEAR, SPECIAL))
    assert this_year["/"] + this_year["\\"] == 46
    old = Counter(code for *_, code in written(SUMMER_2024, OLD))
    assert old["/"] + old["\\"] == 27


# The pupil's pages


def test_the_pupils_page(school, officer):
    page = text_of(officer.get(at("pupil", school)))

    tables = page.split("Sessions and days this year")[1]
    this_year, back = tables.split("The last 12 school weeks", 1)
    assert as_said(NOW_FIGURES) in this_year
    assert as_said(BACK_FIGURES) in back
    # 57 of 81 and 59 of 84, rounded down
    assert "70.3% Attendance this year" in page
    assert "24 Sessions missed 12 days, of 81 sessions possible" in page
    assert "9 of 10 Unauthorised in 10 school weeks 1 more would meet the threshold" in page
    assert "70.2% Attendance in the last 12 school weeks 25 of 84 sessions missed" in page


def test_the_sums_are_the_same_for_a_tutor_who_sees_dots_for_codes(school, client):
    tutor = sign_in(client, school.person(Role.TUTOR, "hillside"))

    page = text_of(tutor.get(at("pupil", school)))
    register = text_of(tutor.get(at("pupil_register", school)))

    assert as_said(NOW_FIGURES) in page
    assert as_said(BACK_FIGURES) in page
    assert as_said(NOW_FIGURES) in register
    assert "Illness" not in register


def test_the_tables_behind_the_pupils_pictures(school, officer):
    page = text_of(officer.get(at("pupil", school)))

    by_weekday = re.findall(
        r"(?:Mon|Tues|Wednes|Thurs|Fri)day (?:morning|afternoon) (\d+) (\d+) ", page
    )
    assert len(by_weekday) == 10
    assert sum(int(missed) for missed, _ in by_weekday) == 24
    assert sum(int(possible) for _, possible in by_weekday) == 81


def test_the_register_page_of_this_year_and_of_the_year_of_the_retired_codes(school, officer):
    now = text_of(officer.get(at("pupil_register", school)))
    old = text_of(officer.get(at("pupil_register", school), {"year": "2023"}))

    assert as_said(NOW_FIGURES) in now
    assert as_said(OLD_FIGURES) in old


def test_the_register_as_known_before_beside_now(school, officer):
    moment = {"known": "1", "on_day": "17", "on_month": "11", "on_year": "2026", "at": "8:30"}

    page = text_of(officer.get(at("pupil_register", school), moment))

    figures = page.split("What those days add up to")[1]
    for label, (sessions, _) in NOW_FIGURES.items():
        assert f"{label} {sessions} {sessions} " in figures


def test_the_proof_counts_g_n_o_and_u_alone(school, officer):
    page = text_of(officer.get(at("pupil_proof", school)))

    counting = page.split("Why Rolls off on")[1].split("The weeks, and why")[0]
    codes = re.findall(r", (?:morning|afternoon) (\S+) ", counting)
    assert sorted(codes) == list("GGNOOOUUU")


def test_the_patterns_page(school, officer):
    page = text_of(officer.get(at("pupil_patterns", school)))

    assert_patterns(page, missed=24, possible=81)
    lates = page.split("Late arrivals, the latest first")[1].split("Brothers and sisters")[0]
    assert sorted(re.findall(r" ([A-Z]\d?) Not recorded", lates)) == list("LLLLUUU")


WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays")
SHARES = r"(\d+) of (\d+) [\d.]+% (\d+) of (\d+) [\d.]+%"


def assert_patterns(page, *, missed, possible):
    """Each weekday and its other times make the whole; so do the five weekdays together."""
    of_day = []
    for weekday in WEEKDAYS:
        found = re.search(f"{weekday} {SHARES}", page)
        assert found, weekday
        those, of_those, others, of_others = map(int, found.groups())
        assert (those + others, of_those + of_others) == (missed, possible)
        of_day.append((those, of_those))
    assert tuple(map(sum, zip(*of_day, strict=True))) == (missed, possible)


# The certificate


PERIODS = [
    (("2026", "09", "02"), ("2026", "11", "16"), NOW_FIGURES, "70.3%"),
    (("2024", "06", "24"), ("2024", "07", "19"), OLD_FIGURES, "81.0%"),  # 30 of 37
]


@pytest.mark.parametrize(("first", "last", "figures", "percent"), PERIODS)
def test_the_certificate_page(school, officer, first, last, figures, percent):
    parts = ("year", "month", "day")
    query = {"chosen": "1"}
    query |= {f"first_{part}": value for part, value in zip(parts, first, strict=True)}
    query |= {f"last_{part}": value for part, value in zip(parts, last, strict=True)}

    page = text_of(
        officer.get(reverse("cases:certificate", args=["990", school.pupil.reference]), query)
    )

    assert as_said(figures) in page
    assert f"Attendance: {percent}" in page


@pytest.mark.parametrize(("first", "last", "figures", "percent"), PERIODS)
def test_the_certificate_as_pdf(school, officer, tmp_path, first, last, figures, percent):
    period = {"first": "-".join(first), "last": "-".join(last)}

    words = pdf_text(
        officer.get(reverse("cases:certificate_pdf", args=["990", school.pupil.reference]), period),
        tmp_path,
    )

    for label, (sessions, days) in figures.items():
        assert f"{label} {sessions} {days}" in words
    assert percent in words


# Lists and tiles


def test_the_worklist_and_its_tiles(school, officer):
    page = text_of(officer.get(at("home")))
    near = text_of(officer.get(at("home"), {"tab": "near"}))

    # the two of them: 57 + 96 of 81 + 96; looking back 59 + 96 of 84 + 96
    assert "86.4% Attendance this year 86.1% in the last 12 school weeks" in page
    assert "24 of 81 sessions missed (29.6%): persistent absence" in page
    assert "9 of 10 unauthorised sessions in the last 10 school weeks" in near


def test_the_list_of_pupils_and_its_file(school, officer):
    page = text_of(officer.get(at("pupils")))
    file = officer.get(at("pupils"), {"export": "csv"}).content.decode("utf-8-sig")

    assert "70.3% 70.2% 24 (12 days) 9 " in page
    (row,) = [row for row in csv.DictReader(io.StringIO(file)) if row["UPN"] == UPN]
    assert (row["Attendance %"], row["Last 12 school weeks %"]) == ("70.3", "70.2")
    assert (row["Missed"], row["Unauthorised in 10 school weeks"]) == ("24", "9")


def test_the_patterns_of_the_group(school, officer):
    page = text_of(officer.get(at("group_patterns"), {"group": "4B"}))

    assert_patterns(page, missed=24, possible=81 + 96)


# Machines


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (
            "2026-11-17",
            {
                "possible": "81",
                "attended": "57",
                "authorised": "15",
                "unauthorised": "9",
                "lates": "7",
                "attendance %": "70.3",
                "persistent": "yes",
                "severe": "no",
                "current ten weeks": "9",
                "look-back possible": "84",
                "look-back attended": "59",
                "look-back authorised": "16",
                "look-back unauthorised": "9",
            },
        ),
        (
            # one week of the new year; the look-back reaches the retired codes of the last
            "2024-09-06",
            {
                "possible": "10",
                "attended": "10",
                "authorised": "0",
                "unauthorised": "0",
                "lates": "0",
                "attendance %": "100.0",
                "current ten weeks": "3",
                "look-back possible": "47",
                "look-back attended": "40",
                "look-back authorised": "4",
                "look-back unauthorised": "3",
            },
        ),
    ],
)
def test_the_file_of_standings(school, tmp_path, as_of, expected):
    file = tmp_path / "standings.csv"

    call_command("standings", "--school", "990001", "--as-of", as_of, "--csv", str(file))

    with file.open(encoding="utf-8", newline="") as opened:
        (row,) = [row for row in csv.DictReader(opened) if row["UPN"] == UPN]
    assert {name: row[name] for name in expected} == expected


def test_the_api(school, officer):
    rows = officer.get("/api/v1/la/990/standings/").json()["results"]

    (row,) = [row for row in rows if row["pupil"] == school.pupil.reference]
    expected = {
        "possible": 81,
        "attended": 57,
        "authorised": 15,
        "unauthorised": 9,
        "late_before": 4,
        "late_after": 3,
        "basis_points": 7037,
        "window_count": 9,
        "window_unresolved": 1,
        "back_possible": 84,
        "back_attended": 59,
        "back_authorised": 16,
        "back_unauthorised": 9,
    }
    assert {name: row[name] for name in expected} == expected


# Cases


def test_the_facts_of_a_case_and_its_page(school, officer):
    case = casework.open_case(
        reach=school.reach(school.officer),
        enrolment=school.enrolment,
        crossing=None,
        now=NOW,
        today=TODAY,
    )

    page = text_of(officer.get(reverse("cases:case", args=["990", case.reference])))

    facts = Case.objects.get(pk=case.pk).facts
    names = ("possible", "attended", "authorised", "unauthorised", "basis_points")
    assert [facts[name] for name in names] == [81, 57, 15, 9, 7037]
    assert facts["threshold"]["current"] == len(facts["threshold"]["sessions"]) == 9
    assert "Attendance this year 70.3%" in page
    assert "Missed 12 days of 40½ days" in page
    assert "Of those, unauthorised 4½ days" in page


def test_a_letter_to_a_parent(school, officer):
    school.hillside.attendance_contact, school.hillside.phone = "Sam Example", "01632 960001"
    school.hillside.save()
    mother = factories.adult(school.pupil)
    packs.adopt(
        authority=school.northmoor,
        pack="dorset",
        starts_on=date(2026, 9, 1),
        reach=school.reach(school.person(Role.AUTHORITY_ADMINISTRATOR)),
    )
    reach = school.reach(school.officer)
    case = casework.open_case(
        reach=reach, enrolment=school.enrolment, crossing=None, now=NOW, today=TODAY
    )
    (letter,) = concern_letters.prepare(
        reach=reach,
        case=case,
        pack="dorset",
        letter="letter_2",
        adults=[mother.reference],
        now=NOW,
        today=TODAY,
    )

    page = text_of(officer.get(reverse("cases:letter", args=["990", letter.letter.reference])))

    assert "has missed 12 days of school since September" in page


# A file of the same marks


@pytest.mark.parametrize(
    ("rows", "figures"),
    [
        (written(THIS_YEAR, SPECIAL), (81, 57, 15, 9)),
        (written(SUMMER_2024, OLD), (37, 30, 4, 3)),
    ],
)
def test_the_totals_of_an_import(school, officer, rows, figures):
    lines = [f"{UPN},{day:%Y-%m-%d},{'AP'[half]}M,{code}" for day, half, code in rows]
    batch = import_file(
        school=school.hillside,
        layout="long",
        file_name="marks.csv",
        content="\r\n".join(["UPN,Date,Session,Mark", *lines, ""]).encode(),
        by=school.reach(school.officer),
        now=NOW,
        today=TODAY,
        dry_run=True,
    ).batch

    possible, attended, authorised, unauthorised = figures
    totals = text_of(
        officer.get(reverse("attendance:import_totals", args=["990", batch.reference]))
    )
    page = text_of(officer.get(reverse("attendance:import_batch", args=["990", batch.reference])))

    assert f"{school.pupil.name} {possible} {attended} {authorised} {unauthorised} " in totals
    assert (
        f"{possible} possible, {attended} attended, {authorised} authorised, "
        f"{unauthorised} unauthorised"
    ) in page
