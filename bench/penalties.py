"""A council's list of 10,000 penalty notices, through the real site.

A notice clerk opens the list, turns its pages, sorts it every way, narrows it and looks a notice up
by a badly typed reference, as a browser does. `server_ms` is what one page takes of the site's and
the database's processors, which holds on a busy machine too; `p50_ms` and `p95_ms` are what the
browser waits for. `identical` is true only when the page counts them all, finds the one asked for,
and says how many are unpaid as plain Python does.
"""

import argparse
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from attendance.models import Adult, Enrolment, Pupil
from authorities.models import Authority, Membership, School, User
from authorities.permissions import Role
from authorities.tenancy import scope
from bench.pages import timed
from bench.register import Client, cookies_of, site
from bench.sweep import owner_does
from legal.models import NoticeRequest, NoticeSlot, PenaltyNotice
from rules.notice_limit import window
from rules.notice_references import in_groups, reference_for

NOTICES = 10_000
SCHOOLS = 60
GATE_MS = 300
STATES = ("issued", "issued", "represented", "paid", "paid", "unpaid", "withdrawn")
ASKED = {
    "first page": "",
    "last page": "page=9999",
    "100 rows a page": "size=100",
    "by reference": "sort=reference",
    "by pupil": "sort=pupil",
    "by pupil, last first": "sort=-pupil",
    "by parent": "sort=parent",
    "by school": "sort=school",
    "by state": "sort=state",
    "by last day": "sort=until",
    "unpaid": "state=unpaid",
    "issued": "state=issued&sort=until",
    "to decide": "due=decide",
    "service to record": "due=serve",
    "a week left": "due=week",
    "one school": "school=100007",
}
Say = Callable[[str], None]


def gates(found: dict[str, Any]) -> dict[str, bool]:
    """What must hold."""
    return {
        "identical": bool(found["identical"]),
        f"every page of {NOTICES:,} notices under {GATE_MS} ms of server time": all(
            one["server_ms"] < GATE_MS for one in found["pages"].values()
        ),
    }


def build(today: date) -> tuple[User, list[PenaltyNotice]]:
    """The notices in every state, and the clerk who sees them."""
    authority = Authority.objects.create(code="990", name="Bench")
    with scope([authority.pk]):
        clerk, asks, decides = [
            User.objects.create(email=f"{name}@example.org", name=name)
            for name in ("clerk", "asks", "decides")
        ]
        Membership.objects.create(
            authority=authority, user=clerk, role=Role.NOTICE_CLERK, starts_on=date(2020, 1, 1)
        )
        schools = School.objects.bulk_create(
            School(
                authority=authority,
                urn=str(100_000 + n),
                number=str(n),
                name=f"School {n:02}",
                phase="secondary",
                kind="maintained",
            )
            for n in range(SCHOOLS)
        )
        notices = some_notices(authority, schools, asks, decides, today)
    owner_does("VACUUM ANALYZE")
    return clerk, notices


def some_notices(
    authority: Authority, schools: list[School], asks: User, decides: User, today: date
) -> list[PenaltyNotice]:
    """One for each of as many pupils, over two years."""
    random = np.random.default_rng(1)
    now = timezone.now()
    pupils = Pupil.objects.bulk_create(
        Pupil(
            authority=authority,
            surname=f"Example{n:05}",
            forenames="Robin",
            sort_name=f"example{int(random.integers(0, 10**6)):06} robin",
            born_on=date(2014, 5, 4),
        )
        for n in range(NOTICES)
    )
    adults = Adult.objects.bulk_create(
        Adult(authority=authority, surname=f"Parent{int(random.integers(0, 10**6)):06}")
        for _ in range(NOTICES)
    )
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(
            authority=authority,
            school=schools[n % SCHOOLS],
            pupil=pupil,
            starts_on=date(2024, 9, 1),
        )
        for n, pupil in enumerate(pupils)
    )
    requests = NoticeRequest.objects.bulk_create(
        NoticeRequest(
            authority=authority,
            enrolment=enrolment,
            school=enrolment.school,
            lane="support",
            state="approved",
            first=today,
            last=today,
            requested_by=asks,
            made_at=now,
            changed_at=now,
            decided_by=decides,
            decided_on=today,
        )
        for enrolment in enrolments
    )
    days = [today - timedelta(days=int(random.integers(0, 700))) for _ in range(NOTICES)]
    slots = NoticeSlot.objects.bulk_create(
        NoticeSlot(
            authority=authority,
            pupil=pupil,
            adult=adult,
            slot=1,
            during=DateRange(window(day).first, window(day).until),
        )
        for pupil, adult, day in zip(pupils, adults, days, strict=True)
    )
    return PenaltyNotice.objects.bulk_create(
        _notice(number, request, adult, slot, day, decides)
        for number, (request, adult, slot, day) in enumerate(
            zip(requests, adults, slots, days, strict=True)
        )
    )


def _notice(
    number: int, request: NoticeRequest, adult: Adult, slot: NoticeSlot, day: date, officer: User
) -> PenaltyNotice:
    state = STATES[number % len(STATES)]
    served = number % 10 != 0
    return PenaltyNotice(
        authority=request.authority,
        request=request,
        slot=slot,
        enrolment=request.enrolment,
        pupil=request.enrolment.pupil,
        school=request.school,
        adult=adult,
        reference=reference_for(number * 1_000_003),
        lane="support",
        step="first",
        state=state,
        early_pence=8000,
        full_pence=16000,
        issued_on=day,
        issued_by=officer,
        officer="An officer",
        received_on=day + timedelta(days=2) if served else None,
        early_until=day + timedelta(days=22) if served else None,
        full_until=day + timedelta(days=29) if served else None,
        enforce_from=day + timedelta(days=30) if served else None,
        particulars={},
        sessions=[],
        withdrawn_on=day if state == "withdrawn" else None,
        withdrawn_ground="ought_not" if state == "withdrawn" else "",
        made_at=timezone.now(),
    )


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Every address, `--runs` times after one to warm up."""
    today = timezone.localdate()
    say(f"Making {NOTICES:,} penalty notices")
    clerk, notices = build(today)
    wanted = in_groups(notices[77].reference).lower().replace("0", "o").replace(" ", "%20")
    asked = {name: f"/la/990/legal/penalties/?{query}" for name, query in ASKED.items()}
    asked["by a badly typed reference"] = f"/la/990/legal/penalties/?q={wanted}"
    found: dict[str, Any] = {"notices": NOTICES}
    with site() as running:
        client, cookies = Client(running.port), cookies_of(clerk)
        found["identical"] = _identical(client, cookies, asked, notices, today)
        found["pages"] = timed(running, client, cookies, asked, runs=options.runs, say=say)
    found["gates"] = gates(found)
    return found


def _identical(
    client: Client,
    cookies: str,
    asked: dict[str, str],
    notices: list[PenaltyNotice],
    today: date,
) -> bool:
    """Whether the pages say what plain Python says."""
    over = sum(
        one.state == "unpaid"
        or (one.state == "issued" and one.enforce_from is not None and one.enforce_from <= today)
        for one in notices
    )
    _, page = client.ask("GET", asked["first page"], cookies)
    _, one = client.ask("GET", asked["by a badly typed reference"], cookies)
    said = page.decode()
    return (
        f"{NOTICES:,} penalty notices" in said
        and f"{over:,} notices are unpaid" in said
        and in_groups(notices[77].reference) in one.decode()
        and "1 penalty notice" in one.decode()
    )
