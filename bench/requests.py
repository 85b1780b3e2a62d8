"""The council's queue of 10,000 requests for penalty notices, through the real site.

An authorising officer who sees every school opens the queue, turns its pages, sorts it and narrows
it, as a browser does. Each request keeps the record, the gate and the half days that a sent one
keeps. `identical` is true only when the counts on the page are those that plain Python gives.
The rest is as in `bench.worklist`.
"""

import argparse
import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from authorities.models import Authority, Membership, School, User
from authorities.permissions import Role
from authorities.tenancy import scope
from bench.pages import timed
from bench.register import Client, cookies_of, site
from bench.sweep import owner_does
from bench.worklist import SCHOOLS, Say, some_cases
from legal.models import Lane, NoticeRequest
from rules.notice_stages import RequestState

REQUESTS = 10_000
GATE_MS = 300
ADDRESSES = {
    "first page": "",
    "last page": "page=9999",
    "100 rows a page": "size=100",
    "the council's turn": "state=council",
    "waiting for 20 days": "waiting=20",
    "leave in term time": "lane=leave",
    "one school": "school=100007",
    "by pupil": "sort=pupil",
    "by pupil, last first": "sort=-pupil",
    "by school": "sort=school",
    "by state": "sort=state",
    "oldest first": "sort=sent",
}
COUNTED = re.compile(r"([\d,]+) requests?\b")
RECORD = [{"words": f"Line {n}", "text": "x" * 120, "from": "The record"} for n in range(20)]
SESSIONS = [{"day": "2026-10-05", "session": n % 2, "code": "G"} for n in range(12)]
GATE = {"sent": {"A": {"open": True, "groups": [{"words": "x" * 2_000}]}}}


def gates(found: dict[str, Any]) -> dict[str, bool]:
    """What must hold."""
    return {
        "identical": bool(found["identical"]),
        f"every page of {REQUESTS:,} requests under {GATE_MS} ms of server time": all(
            one["server_ms"] < GATE_MS for one in found["pages"].values()
        ),
    }


def build(today: date) -> tuple[User, dict[str, int]]:
    """Requests in every state, the officer who reads them, and what some filters must count."""
    random = np.random.default_rng(1)
    authority = Authority.objects.create(code="990", name="Bench")
    with scope([authority.pk]):
        officer = User.objects.create(email="officer@example.org", name="An Officer")
        worker = User.objects.create(email="worker@example.org", name="A Worker")
        Membership.objects.create(
            authority=authority,
            user=officer,
            role=Role.AUTHORISING_OFFICER,
            starts_on=date(2020, 1, 1),
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
        counts: Counter[str] = Counter(all=REQUESTS)
        rows = []
        states = (RequestState.SENT, RequestState.DRAFT, RequestState.REFUSED)
        for n in range(REQUESTS):
            case = cases[n % len(cases)]
            days, state = int(random.integers(0, 40)), states[n % len(states)]
            sent = today - timedelta(days=days) if state != RequestState.DRAFT else None
            leave = n % 10 > 0  # nine in ten are about leave
            counts["council"] += state == RequestState.SENT
            counts["leave"] += leave
            rows.append(
                NoticeRequest(
                    authority=authority,
                    enrolment=case.enrolment,
                    school=case.school,
                    case=None if leave else case,
                    lane=Lane.LEAVE if leave else Lane.SUPPORT,
                    state=state,
                    first=today - timedelta(days=days + 20),
                    last=today - timedelta(days=days + 10),
                    sessions=SESSIONS,
                    record=RECORD,
                    gate=GATE,
                    requested_by=worker,
                    made_at=timezone.now(),
                    changed_at=timezone.now(),
                    sent_by=worker if sent else None,
                    sent_on=sent,
                    decided_by=officer if state == RequestState.REFUSED else None,
                    decided_on=today if state == RequestState.REFUSED else None,
                )
            )
        NoticeRequest.objects.bulk_create(rows, batch_size=1000)
    owner_does("VACUUM ANALYZE")
    return officer, counts


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Every address, `--runs` times after one to warm up."""
    say(f"Making {REQUESTS:,} requests for penalty notices")
    officer, expected = build(timezone.localdate())
    cookies = cookies_of(officer)
    asked = {name: f"/la/990/legal/requests/?{query}" for name, query in ADDRESSES.items()}
    found: dict[str, Any] = {"requests": REQUESTS}
    with site() as running:
        client = Client(running.port)
        found["identical"] = all(
            _counted(client, f"/la/990/legal/requests/?{query}", cookies) == expected[name]
            for name, query in (("all", ""), ("council", "state=council"), ("leave", "lane=leave"))
        )
        found["pages"] = timed(running, client, cookies, asked, runs=options.runs, say=say)
    found["gates"] = gates(found)
    return found


def _counted(client: Client, address: str, cookies: str) -> int | None:
    """How many requests a page says there are."""
    _, page = client.ask("GET", address, cookies)
    says = COUNTED.search(page.decode())
    return int(says.group(1).replace(",", "")) if says else None
