"""The gate of one case with a year of history: every step's, and the one at commit.

The case of `bench.case_page` with 300 events, and beside its notes: support, plans, contacts,
statements and answers about the family. `identical` is true only when the gate finds what was
put on file. Read inside one process: the page around it is measured by `case-page`.
"""

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from authorities.access import reach_of
from authorities.models import User
from authorities.tenancy import scope
from bench.case_page import EVENTS, build
from cases.models import Case, GivenSupport
from legal.models import BrakeAnswer, GateStatement
from legal.selectors.gates import gate_of, gates_of
from legal.services import gates as services
from rules.errors import RuleNotMet
from rules.gates import ASPECTS

GATE_MS = 50
STEP = "notice_to_improve"
ON_FILE = 30
TESTS = ("support_appropriate", "sufficient_support", "safeguarding_checked")
Say = Callable[[str], None]


def fill(case: Case, worker: User) -> None:
    """Support, statements and answers, thirty of each."""
    today, now = timezone.localdate(), timezone.now()
    same = {"authority": case.authority, "case": case, "school": case.school}
    GivenSupport.objects.bulk_create(
        GivenSupport(
            **same,
            label=f"Mentor {n}",
            who="Form tutor",
            starts_on=today - timedelta(days=n + 1),
            review_on=today + timedelta(days=n),
            given_by=worker,
            given_at=now,
        )
        for n in range(ON_FILE)
    )
    said = {**same, "enrolment": case.enrolment, "on": today, "made_by": worker, "made_at": now}
    GateStatement.objects.bulk_create(
        GateStatement(**said, step=STEP, test=test, answer="so", words="So", council=False)
        for _ in range(ON_FILE // len(TESTS))
        for test in TESTS
    )
    BrakeAnswer.objects.bulk_create(
        BrakeAnswer(**said, aspect=aspect, applies="no", considered="Asked both parents")
        for aspect in ASPECTS
    )


def timed(times: int, ask: Callable[[], object]) -> dict[str, float]:
    """Milliseconds of so many turns after one to warm up."""
    seconds = []
    for _ in range(times + 1):
        start = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - start)
    p50, p95 = np.percentile(seconds[1:], [50, 95]) * 1000
    return {"p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1)}


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """One gate, all gates and the look at commit, twenty times `--runs`."""
    say(f"Making a case with {EVENTS} events")
    today = timezone.localdate()
    authority, worker, cases = build(today)
    with scope([authority.pk]):
        fill(cases["long"], worker)
        reach = reach_of(worker, authority, today)
        case = Case.objects.select_related(
            "authority", "school__trust", "enrolment__pupil__authority", "enrolment__school__trust"
        ).get(pk=cases["long"].pk)
        asked = {"enrolment": case.enrolment, "today": today, "case": case}
        answer = gate_of(**asked, step=STEP)
        shown = {one.key for one in answer.requirements if one.met}

        def at_commit() -> None:
            try:
                with transaction.atomic():
                    services.require(reach=reach, **asked, step=STEP, seen=answer.seen)
            except RuleNotMet:  # no parent is on the record
                return

        turns = 20 * options.runs
        found: dict[str, Any] = {
            "bench": "gate",
            "identical": {*TESTS, "equality_brake", "compulsory_age"} <= shown,
            "one": timed(turns, lambda: gate_of(**asked, step=STEP)),
            "all": timed(turns, lambda: gates_of(**asked)),
            "commit": timed(turns, at_commit),
        }
        with CaptureQueriesContext(connection) as captured:
            gate_of(**asked, step=STEP)
        found["queries"] = len(captured)
    for name in ("one", "all", "commit"):
        say(f"{name}: {found[name]['p50_ms']} ms, {found[name]['p95_ms']} ms (p95)")
    say(f"{found['queries']} questions")
    found["gates"] = {
        "identical": found["identical"],
        f"the gate of a case under {GATE_MS} ms (p95)": found["one"]["p95_ms"] < GATE_MS,
        f"the gate at commit under {GATE_MS} ms (p95)": found["commit"]["p95_ms"] < GATE_MS,
    }
    return found
