"""Two people at once: one request is begun, and one approval issues."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from attendance.models import LeaveRequest
from authorities.tenancy import scope
from legal.models import NoticeRequest, PenaltyNotice
from legal.selectors.request_facts import gates_of_request, parents_of, seen_of
from legal.services import requests
from legal.services.requests import AlreadyBegun, Approval
from rules.errors import Conflict
from tests.cast import TODAY
from tests.legal.request_scenes import FOUND, NOW, Away, away


@pytest.fixture
def home(live_cast) -> Away:
    with scope(live_cast.ids):
        made = away(live_cast)
        made.leave()
        made.open_for_council()
        return made


def both(home: Away, act) -> list[str]:
    """What each of two people got who pressed in the same moment."""
    start = Barrier(2)

    def one() -> str:
        try:
            start.wait(timeout=20)
            with scope(home.cast.ids):
                act()
        except Conflict as problem:
            return type(problem).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        return sorted(future.result() for future in [pool.submit(one) for _ in range(2)])


def test_two_who_begin_at_once_begin_one(home):
    def begin() -> None:
        requests.begin_for_leave(
            reach=home.office, leave=LeaveRequest.objects.get(), today=TODAY, now=NOW
        )

    assert both(home, begin) == [AlreadyBegun.__name__, "done"]
    with scope(home.cast.ids):
        assert NoticeRequest.objects.count() == 1


def test_two_who_approve_at_once_issue_one_notice(home):
    with scope(home.cast.ids):
        sent = home.send(home.ready(LeaveRequest.objects.get()))
        row = home.fresh(sent)
        seen = seen_of(gates_of_request(row, parents_of(row), TODAY))

    def approve() -> None:
        requests.approve(
            reach=home.council,
            request=row,
            approval=Approval(FOUND, seen),
            seen=row.version,
            today=TODAY,
            now=NOW,
        )

    assert both(home, approve) == ["Conflict", "done"]
    with scope(home.cast.ids):
        assert PenaltyNotice.objects.count() == 1
