"""An authority's list of work with 5,000 open cases, through the real site.

A support worker who sees every school opens the list, turns its pages, sorts it every way and
narrows it, as a browser does: gunicorn as `./onroll up` starts it, one request at a time. Beside
it stands the list of cases. Each address is asked several times, and the slowest address counts.
`server_ms` is what one page takes of the site's and the database's processors, which holds on a
busy machine too; `p50_ms` and `p95_ms` are what the browser waits for, and on a machine that does
nothing else are the same. `identical` is true only when the counts on the page are those that
plain Python gives.
"""

import argparse
import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from attendance.models import Adult, AdultLink, Enrolment, Pupil
from authorities.models import Authority, Membership, School, User
from authorities.permissions import Role
from authorities.tenancy import scope
from bench.pages import timed
from bench.register import Client, cookies_of, site
from bench.sweep import owner_does
from cases.models import Case, Deadline, DeadlineKind, Proposal, Recheck

CASES = 5_000
SCHOOLS = 60
EACH = 3  # deadlines of a case
GATE_MS = 300
K = DeadlineKind
KINDS = (K.CONTACT, K.ACTION, K.PLAN_REVIEW, K.SUPPORT_REVIEW, K.MEETING, K.CONTRACT_REVIEW)
WORK = {
    "first page": "",
    "all": "tab=all",
    "last page": "tab=all&page=9999",
    "100 rows a page": "tab=all&size=100",
    "overdue": "tab=overdue",
    "blocked": "tab=blocked",
    "by pupil": "tab=all&sort=pupil",
    "by pupil, last first": "tab=all&sort=-pupil",
    "by school": "tab=all&sort=school",
    "by who": "tab=all&sort=who",
    "one kind": "tab=all&kind=contact",
    "two kinds": "tab=all&kind=contact&kind=proposal",
    "one school": "tab=all&school=100007",
    "mine": "tab=all&whose=mine",
    "nobody's": "tab=all&whose=nobody",
}
LISTED = {
    "cases": "state=open",
    "cases by pupil": "state=open&sort=pupil",
    "cases of a school": "school=100007",
}
COUNTS = re.compile(r'tab=(\w+)"[^>]*>[^<]*<span class="onroll-tabs__count">(\d+)</span>')
Say = Callable[[str], None]


def gates(found: dict[str, Any]) -> dict[str, bool]:
    """What must hold."""
    return {
        "identical": bool(found["identical"]),
        f"every page of the work of {CASES:,} cases under {GATE_MS} ms of server time": all(
            one["server_ms"] < GATE_MS for one in found["pages"].values()
        ),
    }


def build(today: date) -> tuple[Authority, User, dict[str, int]]:
    """Cases in every state of work, the worker who sees them, and what each tab must count."""
    random = np.random.default_rng(1)
    authority = Authority.objects.create(code="990", name="Bench")
    with scope([authority.pk]):
        worker = User.objects.create(email="worker@example.org", name="A Worker")
        Membership.objects.create(
            authority=authority, user=worker, role=Role.SUPPORT_WORKER, starts_on=date(2020, 1, 1)
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
        cases = some_cases(random, authority, schools, worker, today)
        counts = some_work(random, cases, worker, today)
    owner_does("VACUUM ANALYZE")
    return authority, worker, counts


def some_cases(
    random: Any, authority: Authority, schools: list[School], worker: User, today: date
) -> list[Case]:
    """Open cases over the schools; every fifth is the worker's."""
    pupils = Pupil.objects.bulk_create(
        Pupil(
            authority=authority,
            surname=f"Example{n:04}",
            forenames="Robin",
            sort_name=f"example{int(random.integers(0, 10**6)):06} robin",
            born_on=date(2014, 5, 4),
        )
        for n in range(CASES)
    )
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(
            authority=authority,
            school=schools[n % SCHOOLS],
            pupil=pupil,
            starts_on=date(2024, 9, 1),
            year_group="7",
        )
        for n, pupil in enumerate(pupils)
    )
    adults = Adult.objects.bulk_create(
        Adult(
            authority=authority,
            surname=f"Parent{n:04}",
            protected_address="unknown" if n % 7 == 0 else "no",
        )
        for n in range(CASES)
    )
    AdultLink.objects.bulk_create(
        AdultLink(authority=authority, pupil=pupil, adult=adult, relationship="mother")
        for pupil, adult in zip(pupils, adults, strict=True)
    )
    now = timezone.now()
    return Case.objects.bulk_create(
        Case(
            authority=authority,
            school=one.school,
            enrolment=one,
            pupil=one.pupil,
            facts={},
            policy={},
            owner=worker if n % 5 == 0 else None,
            opened_on=today,
            opened_at=now,
            opened_by=worker,
        )
        for n, one in enumerate(enrolments)
    )


def some_work(random: Any, cases: list[Case], worker: User, today: date) -> dict[str, int]:
    """Deadlines, proposals and rechecks; answers what plain counting gives for each tab."""
    counts = dict.fromkeys(("due", "overdue", "week", "later", "all"), 0)
    rows = []
    for n in range(CASES * EACH):
        case, days = cases[n // EACH], int(random.integers(-20, 90))
        rows.append(
            Deadline(
                authority=case.authority,
                case=case,
                school=case.school,
                kind=KINDS[n % len(KINDS)].value,
                about=str(n),
                words="Something to do by a day",
                nothing="Nobody knows how it goes on.",
                owner=worker if n % 11 == 0 else None,
                since=today - timedelta(days=30),
                due_on=today + timedelta(days=days),
            )
        )
        counts["overdue"] += days < 0
        counts["due"] += days <= 0
        counts["week"] += 0 < days <= 7
        counts["later"] += days > 7
    Deadline.objects.bulk_create(rows, batch_size=2000)
    now = timezone.now()
    proposals = [
        Proposal(
            authority=case.authority,
            school=case.school,
            enrolment=case.enrolment,
            case=case,
            pack="bench",
            edition="1",
            trigger="one",
            proposes="letter",
            why="Attendance is below a line.",
            since=today,
            found_at=now,
        )
        for case in cases[::10]
    ]
    Proposal.objects.bulk_create(proposals)
    rechecks = [
        Recheck(
            authority=case.authority,
            school=case.school,
            enrolment=case.enrolment,
            case=case,
            relied_at=now,
            as_of=today,
            amendments=1,
            before={},
            after={},
            changes=[],
            holds=True,
            found_at=now,
        )
        for case in cases[::25]
    ]
    Recheck.objects.bulk_create(rechecks)
    counts["due"] += len(proposals) + len(rechecks)
    counts["all"] = len(rows) + len(proposals) + len(rechecks)
    return counts


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Every address, `--runs` times after one to warm up."""
    say(f"Making {CASES:,} open cases with {CASES * EACH:,} deadlines")
    _, worker, expected = build(timezone.localdate())
    cookies = cookies_of(worker)
    asked = {name: f"/la/990/work/?{query}" for name, query in WORK.items()}
    asked |= {name: f"/la/990/cases/?{query}" for name, query in LISTED.items()}
    found: dict[str, Any] = {"cases": CASES, "deadlines": CASES * EACH}
    with site() as running:
        client = Client(running.port)
        status, page = client.ask("GET", asked["first page"], cookies)
        shown = {key: int(n) for key, n in COUNTS.findall(html.unescape(page.decode()))}
        found["identical"] = status == 200 and all(
            shown.get(key) == count for key, count in expected.items()
        )
        found["pages"] = timed(running, client, cookies, asked, runs=options.runs, say=say)
    found["gates"] = gates(found)
    return found
