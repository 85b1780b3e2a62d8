"""As known at equals the event log after random edits by several people at once; and can fail."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from attendance.models import Calendar
from authorities.permissions import Role
from authorities.tenancy import scope
from bench import known_at
from bench.known_at import Event, Log, as_logged
from rules.marks import DatedSession, Session
from tests import factories

pytestmark = pytest.mark.real_clock
EDITS = 300


@pytest.fixture
def edited(live_cast):
    """Four people's 300 edits of one school, by four connections at once."""
    with scope(live_cast.ids):
        Calendar.objects.create(
            authority=live_cast.northmoor,
            school=live_cast.hillside,
            year=known_at.YEAR,
            sessions=bytes([1]) * 742,
        )
        pupils = [
            factories.enrolment(
                factories.pupil(live_cast.northmoor),
                live_cast.hillside,
                starts_on=date(2025, 8, 1),
            ).pk
            for _ in range(8)
        ]
    room = known_at.room_of(live_cast.hillside, pupils)
    roles = (Role.ATTENDANCE_OFFICER, Role.HEADTEACHER, Role.ATTENDANCE_LEAD, Role.TUTOR)
    people = [live_cast.person(role, "hillside") for role in roles]
    log = known_at.edit(room, people, EDITS, seed=3)
    with scope(live_cast.ids):
        yield room, log


def test_every_moment_equals_the_log_and_a_lost_event_would_be_seen(edited) -> None:
    room, log = edited

    found = known_at.outcome(room, log)
    tampered = Log([replace(log.events[0], code="S"), *log.events[1:]])

    assert found["identical"]
    assert found["wrong"] == 0
    assert found["moments"] > EDITS
    assert found["conflicts"] > 0
    assert not known_at.outcome(room, tampered)["identical"]


WHEN = DatedSession(date(2025, 11, 17), Session.AM)


def test_an_edit_is_not_known_before_the_one_it_changed(edited) -> None:
    """Two people at once: the second to write had read the clock first."""
    _, log = edited
    nine = log.events[0].at
    first = Event(1, WHEN, "N", nine + timedelta(seconds=2))
    second = Event(1, WHEN, "I", nine + timedelta(seconds=1))

    known = [as_logged([first, second], nine + timedelta(seconds=s)) for s in (1, 2)]

    assert [bytes(year).strip(b"\0") for year in known] == [b"", b"\x68"]
