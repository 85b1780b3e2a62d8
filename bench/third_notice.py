"""Two officers approve at the same moment what would be a second and a third penalty notice.

Each of 1,000 parents has had one notice that counts, and two approved requests more. Two threads
with a connection of their own issue both at once, with a pause between reading what counts and
writing. Never may a third notice come of it: at READ COMMITTED, at REPEATABLE READ, and with the
lock taken away and the constraint alone. With the constraint taken away too, nearly all must fail:
else this would prove nothing. `--size` says how many, up to 1,000.
"""

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from attendance.models import Adult, AdultLink, Enrolment, Pupil
from authorities.access import reach_of
from authorities.models import Authority, Membership, School, User
from authorities.permissions import Role
from authorities.tenancy import scope
from bench.sweep import owner_does
from legal.models import (
    BorderPlace,
    NoticeOffice,
    NoticeRequest,
    NoticeSlot,
    PenaltyNotice,
    RequestParent,
)
from legal.services import penalties, slots
from letters.services import drafting
from rules.errors import DomainError
from rules.notice_limit import window
from rules.notice_references import reference_for

TODAY = date(2026, 11, 17)
NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
MOST, FEW = 1_000, 100
PAUSE = 0.01  # seconds between reading what counts and writing: the race is lost without a guard
CONSTRAINT = "two_notices_in_three_years"
REPEATABLE_READ = "REPEATABLE READ"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """One parent with one notice that counts, and two requests approved for more."""

    adult: int
    requests: tuple[int, int]


@dataclass
class Found:
    """What came of the races: parents with a third notice, notices issued, refusals by kind."""

    races: int = 0
    third: int = 0
    issued: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def gates(found: dict[str, Any]) -> dict[str, bool]:
    """What must hold."""
    return {
        "no third notice with lock and constraint": found["guarded"]["third"] == 0,
        "none at repeatable read": found["repeatable_read"]["third"] == 0,
        "none with the constraint alone": found["constraint_alone"]["third"] == 0,
        "each time exactly one was issued": all(
            found[name]["issued"] == found[name]["races"]
            for name in ("guarded", "constraint_alone")
        ),
        "more than 90% fail without both": (
            found["unguarded"]["third"] > 0.9 * found["unguarded"]["races"]
        ),
    }


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """All four, in one database."""
    many = min(options.size, MOST)
    few = min(options.size, FEW)
    people = staff()
    started = time.perf_counter()
    found = {}
    found["guarded"] = shown(race(pairs(people, many), people))
    say(f"{many} double approvals: {found['guarded']}")
    found["repeatable_read"] = shown(race(pairs(people, few), people, isolation=REPEATABLE_READ))
    with without_lock():
        found["constraint_alone"] = shown(race(pairs(people, few), people))
        owner_does(f"ALTER TABLE legal_noticeslot DROP CONSTRAINT {CONSTRAINT}")
        found["unguarded"] = shown(race(pairs(people, few), people))
    say(f"Without the guards: {found['unguarded']}")
    answer = {**found, "seconds": round(time.perf_counter() - started, 1)}
    return {**answer, "gates": gates(answer)}


def shown(found: Found) -> dict[str, Any]:
    """As the result holds it."""
    return {
        "races": found.races,
        "third": found.third,
        "issued": found.issued,
        "refused": dict(found.refused),
    }


@contextmanager
def without_lock() -> Iterator[None]:
    """The service forgets its lock: the constraint stands alone."""
    with patch.object(slots, "lock", lambda *_pair: None):
        yield


@dataclass(frozen=True, slots=True)
class Staff:
    """The authority, a school, who asks, and the two who decide."""

    authority: Authority
    school: School
    asks: User
    decide: tuple[User, User]


def staff() -> Staff:
    """Them, in an empty database."""
    authority = Authority.objects.create(code="990", name="Bench")
    with scope([authority.pk]):
        school = School.objects.create(
            authority=authority,
            urn="100000",
            number="1",
            name="School 1",
            phase="secondary",
            kind="maintained",
        )
        asks, *decide = [
            User.objects.create(email=f"{name}@example.org", name=name)
            for name in ("asks", "one", "two")
        ]
        for user in decide:
            Membership.objects.create(
                authority=authority,
                user=user,
                role=Role.AUTHORISING_OFFICER,
                starts_on=date(2020, 1, 1),
            )
        NoticeOffice.objects.create(
            authority=authority,
            name="Bench Council",
            address="1 Square",
            postcode="ZZ99 8ZZ",
            contact="01632 960200",
            ways="Online at pay.example.org",
            changed_at=NOW,
        )
    return Staff(authority, school, asks, (decide[0], decide[1]))


def pairs(people: Staff, count: int) -> list[Pair]:
    """So many parents, each with one notice and two approved requests."""
    with scope([people.authority.pk]):
        return [_pair(people) for _ in range(count)]


def _pair(people: Staff) -> Pair:
    authority = people.authority
    number = Pupil.objects.count()
    pupil = Pupil.objects.create(
        authority=authority,
        forenames="Robin",
        surname=f"Example{number}",
        sort_name=f"example{number}, robin",
        born_on=date(2014, 5, 4),
    )
    enrolment = Enrolment.objects.create(
        authority=authority, school=people.school, pupil=pupil, starts_on=date(2024, 9, 1)
    )
    adult = Adult.objects.create(
        authority=authority,
        surname=f"Parent{number}",
        address="1 Orchard Row\nSampleton",
        postcode="ZZ99 1AA",
        protected_address="no",
    )
    AdultLink.objects.create(
        authority=authority,
        pupil=pupil,
        adult=adult,
        relationship="mother",
        parental_responsibility="yes",
        has_care="yes",
        may_contact="yes",
        court_order="none",
    )
    BorderPlace.objects.create(
        authority=authority,
        pupil=pupil,
        words="Always here",
        recorded_by=people.asks,
        recorded_on=TODAY,
        recorded_at=NOW,
    )
    first, *two = [
        _request(people, enrolment, adult, date(2026, 10, day), officer)
        for day, officer in ((5, people.decide[0]), (6, people.decide[0]), (7, people.decide[1]))
    ]
    _first_notice(first, adult, people.decide[0], number)
    return Pair(adult.pk, (two[0].pk, two[1].pk))


def _request(
    people: Staff, enrolment: Enrolment, adult: Adult, day: date, officer: User
) -> NoticeRequest:
    made = NoticeRequest.objects.create(
        authority=people.authority,
        enrolment=enrolment,
        school=people.school,
        lane="support",
        state="approved",
        first=day,
        last=day,
        sessions=[{"day": day.isoformat(), "session": 0, "code": "O"}],
        requested_by=people.asks,
        made_at=NOW,
        changed_at=NOW,
        decided_by=officer,
        decided_on=TODAY,
    )
    RequestParent.objects.create(
        authority=people.authority, request=made, adult=adult, allowed="yes"
    )
    return made


def _first_notice(request: NoticeRequest, adult: Adult, officer: User, number: int) -> None:
    """A notice of a year ago, as its rows alone."""
    issued = date(2025, 11, 17)
    days = window(issued)
    slot = NoticeSlot.objects.create(
        authority=request.authority,
        pupil=request.enrolment.pupil,
        adult=adult,
        slot=1,
        during=DateRange(days.first, days.until),
    )
    PenaltyNotice.objects.create(
        authority=request.authority,
        request=request,
        slot=slot,
        enrolment=request.enrolment,
        pupil=request.enrolment.pupil,
        school=request.school,
        adult=adult,
        reference=reference_for(number),
        lane="support",
        step="first",
        state="paid",
        full_pence=16000,
        issued_on=issued,
        issued_by=officer,
        officer="An officer",
        particulars={},
        sessions=[],
        made_at=NOW,
    )


def race(of: Sequence[Pair], people: Staff, *, isolation: str = "READ COMMITTED") -> Found:
    """Both requests of each parent at once, by two officers. Raises whatever is no refusal."""
    found, failed = Found(races=len(of)), []
    together = threading.Barrier(2)
    counted = threading.Lock()
    reading = slots.step_for

    def slowly(*asked: Any) -> Any:
        answer = reading(*asked)
        time.sleep(PAUSE)
        return answer

    def work(side: int) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {isolation}"
                )
            for pair in of:
                together.wait(60)
                said = approve(people, side, pair.requests[side])
                with counted:
                    found.issued += not said
                    found.refused[said] += bool(said)
        except BaseException as problem:
            failed.append(problem)
            together.abort()
        finally:
            connection.close()

    with (
        patch.object(slots, "step_for", slowly),
        patch.object(drafting, "enqueue", lambda *_task, **_arguments: None),
    ):
        threads = [threading.Thread(target=work, args=(side,)) for side in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]
    found.refused = +found.refused
    found.third = thirds(people, of)
    return found


def approve(people: Staff, side: int, request: int) -> str:
    """Issue on one request. Gives the kind of refusal, "" when it was issued."""
    officer = people.decide[side]
    try:
        with scope([people.authority.pk], user_id=officer.pk):
            penalties.issue(
                reach=reach_of(officer, people.authority, TODAY),
                request=NoticeRequest.objects.select_related("school").get(pk=request),
                officer="An officer",
                today=TODAY,
                now=NOW,
            )
    except DomainError as refusal:
        return type(refusal).__name__
    return ""


def thirds(people: Staff, of: Sequence[Pair]) -> int:
    """How many of these parents have more than two notices that count."""
    with scope([people.authority.pk]):
        rows = PenaltyNotice.objects.filter(adult__in=[pair.adult for pair in of])
        each = Counter(rows.values_list("adult", flat=True))
    return sum(count > 2 for count in each.values())
