"""Two at once: a child has one order, it is applied for once, and it ends once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connections

from authorities.tenancy import scope
from legal.models import LegalEvent, SupervisionOrder
from legal.services import order_life, orders
from rules.errors import Conflict
from tests.cases.family import Family, family
from tests.legal import order_scenes as scenes
from tests.legal.penalty_scenes import office

OVER = date(2027, 11, 17)


@pytest.fixture
def home(live_cast) -> Family:
    with scope(live_cast.ids):
        office(live_cast)
        made = family(live_cast)
        made.open_case()
        return made


def at_once(home: Family, *acts: Callable[[], object]) -> list[str]:
    """What each got who pressed in the same moment."""
    start = Barrier(len(acts))

    def one(act: Callable[[], object]) -> str:
        try:
            start.wait(timeout=20)
            with scope(home.cast.ids):
                act()
        except Conflict:
            return "Conflict"
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(future.result() for future in [pool.submit(one, act) for act in acts])


def test_two_who_consider_at_once_begin_one(home):
    def consider() -> None:
        scenes.considered(home)

    assert at_once(home, consider, consider) == ["Conflict", "done"]
    with scope(home.cast.ids):
        assert SupervisionOrder.objects.count() == 1


def test_two_who_apply_at_once_apply_once(home):
    with scope(home.cast.ids):
        order = scenes.heard(home)
        scenes.gate_opens(home)
        given = scenes.edge(home, order, reach=scenes.second(home))
        seen = scenes.seen(order)

    def apply() -> None:
        application = orders.Application(scenes.TODAY, "The family court")
        orders.apply(application=application, seen=seen, **given)

    assert at_once(home, apply, apply) == ["Conflict", "done"]
    with scope(home.cast.ids):
        assert LegalEvent.objects.filter(event="apply").count() == 1


def test_the_night_and_a_person_end_it_once(home):
    with scope(home.cast.ids):
        order = scenes.made(home)
        given = scenes.edge(home, order, OVER)

    def night() -> None:
        order_life.look_at_days(
            authority_id=home.cast.northmoor.pk, today=OVER, now=scenes.at(OVER)
        )

    def person() -> None:
        order_life.end(reason="time_up", on=OVER, words="The mentor stays.", **given)

    assert at_once(home, night, person) in (["Conflict", "done"], ["done", "done"])
    with scope(home.cast.ids):
        assert LegalEvent.objects.filter(event="end").count() == 1
