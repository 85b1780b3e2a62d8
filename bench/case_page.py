"""One case with a year of history, through the real site.

Two cases of one school: one just opened, one with 300 events (notes, moves, calls, corrected
marks). A support worker opens each as a browser does, one request at a time.
`identical` is true only when the page says how many events there are, and shows the newest.
"""

import argparse
import html
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.test import Client as Inside
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from attendance import marks as codec
from attendance.models import Calendar, Enrolment, Pupil
from attendance.services.registers import MarksFrame, record_marks
from authorities.access import reach_of
from authorities.models import Authority, Membership, School, User
from authorities.permissions import Role
from authorities.tenancy import scope
from bench.register import Client, cookies_of, site
from bench.sweep import owner_does
from cases.models import Case, CaseNote, Deadline, DeadlineKind, Proposal
from cases.services import casework

EVENTS = 300
GATE_MS = 200
QUERIES = 40
Say = Callable[[str], None]


def gates(found: dict[str, Any]) -> dict[str, bool]:
    """What must hold."""
    asked = found["queries"]
    return {
        "identical": bool(found["identical"]),
        f"a case of {EVENTS} events under {GATE_MS} ms (p95)": all(
            one["p95_ms"] < GATE_MS for one in found["pages"].values()
        ),
        f"fewer than {QUERIES} questions, as many for {EVENTS} events as for few": (
            asked["long"] == asked["short"] < QUERIES
        ),
    }


def build(today: date) -> tuple[Authority, User, dict[str, Case]]:
    """A school with a year of marks, a worker, and the two cases."""
    authority = Authority.objects.create(code="990", name="Bench")
    year = codec.year_of(today)
    with scope([authority.pk]):
        worker = User.objects.create(email="worker@example.org", name="A Worker")
        Membership.objects.create(
            authority=authority, user=worker, role=Role.SUPPORT_WORKER, starts_on=date(2020, 1, 1)
        )
        school = School.objects.create(
            authority=authority,
            urn="100000",
            number="1",
            name="School 1",
            phase="secondary",
            kind="maintained",
        )
        for one in (year - 1, year):
            Calendar.objects.create(
                authority=authority, school=school, year=one, sessions=b"\x01" * codec.SLOTS
            )
        reach = reach_of(worker, authority, today)
        cases = {}
        for name in ("short", "long"):
            cases[name] = a_case(authority, school, reach, name, today)
        history(cases["long"], worker, EVENTS)
        history(cases["short"], worker, 3)
    owner_does("VACUUM ANALYZE")
    return authority, worker, cases


def a_case(authority: Authority, school: School, reach: Any, name: str, today: date) -> Case:
    """A pupil with a year of marks, and a case with clocks and proposals."""
    pupil = Pupil.objects.create(
        authority=authority,
        surname=f"Example {name}",
        forenames="Robin",
        sort_name=name,
        born_on=date(today.year - 12, 5, 4),
    )
    enrolment = Enrolment.objects.create(
        authority=authority,
        school=school,
        pupil=pupil,
        starts_on=date(today.year - 2, 9, 1),
        year_group="7",
    )
    days = np.arange((today - timedelta(days=300)).toordinal(), today.toordinal())
    day = np.repeat(days, 2)
    number = np.full(len(day), codec.NUMBERS["/"], np.uint8)
    number[::7] = codec.NUMBERS["O"]
    frame = MarksFrame(
        enrolment=np.full(len(day), enrolment.pk, dtype=np.int64),
        day=day,
        session=np.tile(np.array([0, 1], np.uint8), len(days)),
        number=number,
    )
    record_marks(school=school, marks=frame, batch=None, by=None, reason="", now=timezone.now())
    case = casework.open_case(
        reach=reach, enrolment=enrolment, crossing=None, now=timezone.now(), today=today
    )
    Deadline.objects.bulk_create(
        Deadline(
            authority=authority,
            case=case,
            school=school,
            kind=DeadlineKind.CONTACT.value,
            about=str(n),
            words="Something to do by a day",
            since=today - timedelta(days=30),
            due_on=today + timedelta(days=n * 5 - 10),
        )
        for n in range(6)
    )
    Proposal.objects.bulk_create(
        Proposal(
            authority=authority,
            school=school,
            enrolment=enrolment,
            case=case,
            pack="bench",
            edition="1",
            trigger=str(n),
            proposes="warning",
            why="Attendance is below a line.",
            since=today,
            found_at=timezone.now(),
        )
        for n in range(3)
    )
    return case


def history(case: Case, worker: User, events: int) -> None:
    """Notes over the year: the newest is the first on the page."""
    now = timezone.now()
    CaseNote.objects.bulk_create(
        CaseNote(
            authority=case.authority,
            case=case,
            text=f"Note {n}: we spoke about the bus, the breakfast club and the first lesson.",
            written_by=worker,
            written_at=now + timedelta(minutes=n),
        )
        for n in range(events)
    )


def queries(case: Case, worker: User) -> int:
    """How many questions one page asks the database, counted inside."""
    plain = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    with override_settings(STORAGES=plain):  # no collected files are needed to count
        return _queries(case, worker)


def _queries(case: Case, worker: User) -> int:
    inside = Inside(HTTP_HOST=settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost")
    inside.force_login(worker, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = inside.session
    session["second_factor"] = True
    session.save()
    address = f"/la/990/cases/{case.reference}/"
    inside.get(address)
    with CaptureQueriesContext(connection) as asked:
        inside.get(address)
    return len(asked)


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Each page, twenty times `--runs` after one to warm up."""
    say(f"Making two cases, one with {EVENTS} events")
    _, worker, cases = build(timezone.localdate())
    cookies = cookies_of(worker)
    found: dict[str, Any] = {"bench": "case-page", "events": EVENTS, "pages": {}}
    long = f"/la/990/cases/{cases['long'].reference}/"
    asked = {
        "just opened": f"/la/990/cases/{cases['short'].reference}/",
        "a year of history": long,
        "its last page": f"{long}?page=12",
        "its notes": f"{long}?what=Note",
    }
    with site() as running:
        client = Client(running.port)
        status, page = client.ask("GET", long, cookies)
        text = " ".join(html.unescape(page.decode()).split())
        said = f"{EVENTS + 1} events" in text and f"Note {EVENTS - 1}:" in text
        found["identical"] = status == 200 and said
        for name, address in asked.items():
            seconds = []
            for _ in range(20 * options.runs + 1):
                start = time.perf_counter()
                status, page = client.ask("GET", address, cookies)
                if status != 200:
                    raise RuntimeError(f"{address} answered {status}: {page[:200]!r}")
                seconds.append(time.perf_counter() - start)
            p50, p95 = np.percentile(seconds[1:], [50, 95]) * 1000
            found["pages"][name] = {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1)}
            say(f"{name}: {p50:.0f} ms, {p95:.0f} ms (p95)")
    found["queries"] = {name: queries(case, worker) for name, case in cases.items()}
    say(f"Questions: {found['queries']}")
    found["gates"] = gates(found)
    return found
