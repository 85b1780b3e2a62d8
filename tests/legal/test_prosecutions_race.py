"""Two officers at one moment, over real connections: one file, one charge; money comes first."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from authorities.tenancy import scope
from legal.models import LegalEvent, PenaltyNotice, Prosecution
from legal.selectors.prosecution_gates import gate_for
from rules.errors import DomainError
from rules.prosecution_stages import ProsecutionState
from tests.cast import Cast
from tests.legal.payment_scenes import Till
from tests.legal.prosecution_scenes import CHARGED, Desk, desk

S = ProsecutionState


@pytest.fixture(name="desk")
def a_desk(live_cast) -> Desk:
    with scope(live_cast.ids):
        return desk(live_cast)


def at_once(cast: Cast, *sides: Callable[[], object]) -> list[str]:
    """Each side does its part at the same moment. The sentences of those who were refused."""
    together, refused, failed = threading.Barrier(len(sides)), [], []

    def work(do: Callable[[], object]) -> None:
        try:
            with scope(cast.ids):
                together.wait(60)
                do()
        except DomainError as problem:
            refused.append(problem.sentence)
        except BaseException as problem:
            failed.append(problem)
            together.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    return refused


def test_two_officers_begin_on_one_notice(desk, live_cast):
    with scope(live_cast.ids):
        notice = desk.unpaid()
        PenaltyNotice.objects.filter(pk=notice.pk).update(state="unpaid")
    copies = [PenaltyNotice(pk=notice.pk), PenaltyNotice(pk=notice.pk)]
    refused = at_once(live_cast, *(lambda one=one: desk.begin(one) for one in copies))
    assert len(refused) == 1
    with scope(live_cast.ids):
        assert Prosecution.objects.count() == 1


def test_two_officers_send_one_charge(desk, live_cast):
    with scope(live_cast.ids):
        file = desk.until(S.AUTHORISED)
        seen = gate_for(file, CHARGED).seen
    copies = [Prosecution(pk=file.pk), Prosecution(pk=file.pk)]
    refused = at_once(live_cast, *(lambda one=one: desk.charge(one, seen=seen) for one in copies))
    assert len(refused) == 1
    with scope(live_cast.ids):
        assert LegalEvent.objects.filter(event="notify").count() == 1


def test_a_payment_and_a_charge_at_one_moment(desk, live_cast):
    with scope(live_cast.ids):
        file = desk.until(S.AUTHORISED)
        notice = PenaltyNotice.objects.get(pk=file.notice_id)
        seen = gate_for(file, CHARGED).seen
        paid_on = notice.full_until
    at_once(
        live_cast,
        lambda: desk.charge(Prosecution(pk=file.pk), seen=seen),
        lambda: Till(desk.room).pay(notice, 16_000, paid_on, today=CHARGED),
    )
    with scope(live_cast.ids):
        file.refresh_from_db()
        order = list(
            LegalEvent.objects.filter(event__in=["pay", "notify"])
            .order_by("pk")
            .values_list("event", flat=True)
        )
        # The money is always taken; nobody is charged after it.
        assert order in (["pay"], ["notify", "pay"])
        assert (file.state == "charged") is ("notify" in order)
