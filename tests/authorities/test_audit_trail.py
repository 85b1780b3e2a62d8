"""Who looked at this child? The audit trail answers by the pupil's reference."""

import pytest

from audit.record import Kind, record
from authorities.permissions import Role
from tests import factories
from tests.cast import sign_in

TRAIL = "/la/990/audit/"


@pytest.fixture
def two_reads(cast):
    other = factories.pupil(cast.northmoor)
    factories.enrolment(other, cast.hillside)
    for pupil in (cast.pupil, other):
        record(
            Kind.PUPIL_READ,
            by=cast.officer,
            authority=cast.northmoor,
            school=cast.hillside,
            on=pupil,
        )
    return other


def test_an_event_names_the_pupil_by_reference_and_links_to_the_page(client, cast, two_reads):
    sign_in(client, cast.person(Role.HEADTEACHER, "hillside"))

    page = client.get(TRAIL).content.decode()

    assert f"Pupil {cast.pupil.reference}" in page
    assert f'href="/la/990/pupils/{cast.pupil.reference}/"' in page
    assert "Attendance officer at Hillside looked at a pupil" in page


def test_the_trail_of_one_pupil_leaves_the_others_out(client, cast, two_reads):
    sign_in(client, cast.person(Role.HEADTEACHER, "hillside"))

    page = client.get(TRAIL, {"record": cast.pupil.reference.lower()}).content.decode()

    assert f"Pupil {cast.pupil.reference}" in page
    assert two_reads.reference not in page


def test_another_schools_events_stay_out_of_a_headteachers_trail(client, cast, two_reads):
    sign_in(client, cast.person(Role.HEADTEACHER, "brook"))

    assert cast.pupil.reference not in client.get(TRAIL).content.decode()


def test_an_event_without_an_actor_is_onrolls_own(client, cast):
    record(
        Kind.SWEPT,
        by=None,
        authority=cast.northmoor,
        on="attendance.Sweep:1",
        pupils=3,
        crossings=1,
    )
    sign_in(client, cast.person(Role.AUTHORITY_ADMINISTRATOR))

    assert "The sweep looked at 3 pupils: 1 crossings" in client.get(TRAIL).content.decode()
