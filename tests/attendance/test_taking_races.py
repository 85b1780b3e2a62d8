"""Several people save one class at the same moment, over connections of their own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from attendance.models import Amendment, MarkNote, RegisterTaken
from attendance.selectors.taking import class_of
from attendance.services.registers import Recorded
from attendance.services.taking import Saved, Sent, save_class
from authorities.permissions import Role
from authorities.tenancy import scope
from tests.attendance.classes import GROUP, MORNING, a_class, at, form_of

SAVERS = 4


@pytest.fixture
def race(live_cast):
    """Save the class once for each list of rows, all at once; what each came to."""
    barrier = Barrier(SAVERS)
    with scope(live_cast.ids):
        a_class(live_cast, 6)
        people = [live_cast.officer, live_cast.person(Role.TUTOR, "hillside")]
        reaches = [live_cast.reach(person) for person in people]

    def save(number: int, rows: list[Sent]) -> Saved:
        try:
            barrier.wait(timeout=30)
            with scope([live_cast.northmoor.pk]):
                return save_class(
                    school=live_cast.hillside,
                    when=MORNING,
                    group=GROUP,
                    sent=rows,
                    reason="",
                    by=reaches[number % 2],
                    now=at(8, 45),
                )
        finally:
            connection.close()

    def together(forms: list[list[Sent]]) -> list[Saved]:
        with ThreadPoolExecutor(SAVERS) as pool:
            return list(pool.map(save, range(SAVERS), forms))

    return together


def codes(cast) -> list[str]:
    with scope(cast.ids):
        return [row.code for row in class_of(cast.hillside, MORNING, GROUP).rows]


def test_one_form_sent_many_times_at_once_is_saved_once(live_cast, race):
    with scope(live_cast.ids):
        form = [Sent(pk, mark, "present") for pk, mark in form_of(live_cast).items()]

    done = race([form] * SAVERS)

    assert Counter(one.recorded for one in done) == {Recorded(new=6): 1, Recorded(): SAVERS - 1}
    assert all(one.clashes == () for one in done)
    assert codes(live_cast) == ["/"] * 6
    with scope(live_cast.ids):
        assert RegisterTaken.objects.count() == 1


def test_of_different_marks_made_at_once_one_stands_and_the_others_are_asked(live_cast, race):
    choices = ["present", "N", "I", "N"]
    with scope(live_cast.ids):
        opened = form_of(live_cast)

    done = race([[Sent(pk, mark, choice) for pk, mark in opened.items()] for choice in choices])

    standing = set(codes(live_cast))
    assert len(standing) == 1
    (code,) = standing
    same = sum({"present": "/"}.get(choice, choice) == code for choice in choices)
    assert sum(one.recorded.new for one in done) == 6
    assert sum(bool(one.clashes) for one in done) == SAVERS - same
    with scope(live_cast.ids):
        assert Amendment.objects.count() == 0
        assert MarkNote.objects.count() == 0
