"""Events become links of their authority's chain at commit; tampering shows."""

import pytest

from audit.models import Event, Link
from audit.record import Kind, record, sentence
from audit.selectors import broken_links
from authorities.tenancy import scope
from tests.owner import owner_cursor


def read(cast, **facts: object) -> Event:
    return record(Kind.PUPIL_READ, by=cast.officer, authority=cast.northmoor, on="x:1", **facts)


def test_a_missing_fact_fails_when_it_is_written(cast):
    with pytest.raises(KeyError):
        record(Kind.CASE_OPENED, by=cast.officer, authority=cast.northmoor, on="cases.Case:1")


def test_an_event_reads_as_a_sentence(cast):
    event = record(
        Kind.CASE_OPENED,
        by=cast.officer,
        authority=cast.northmoor,
        on="cases.Case:1",
        reference="R",
    )

    assert sentence(event) == "Attendance officer at Hillside opened case R"


def test_events_are_linked_in_the_order_of_their_commits(live_cast):
    with scope([live_cast.northmoor.pk]):
        first = read(live_cast)
    with scope([live_cast.northmoor.pk]):
        second = read(live_cast)
        third = read(live_cast)

    with scope([live_cast.northmoor.pk]):
        links = list(Link.objects.order_by("number").values_list("number", "event_id"))
    assert links == [(1, first.pk), (2, second.pk), (3, third.pk)]


def test_a_change_that_is_rolled_back_leaves_no_event_and_no_link(live_cast):
    with pytest.raises(RuntimeError), scope([live_cast.northmoor.pk]):
        read(live_cast)
        raise RuntimeError

    with scope([live_cast.northmoor.pk]):
        assert not Event.objects.exists()
        assert not Link.objects.exists()


def test_an_untouched_chain_is_whole(live_cast):
    with scope([live_cast.northmoor.pk]):
        read(live_cast)
        read(live_cast, why="asked")

    with scope([live_cast.northmoor.pk]):
        assert broken_links(live_cast.northmoor) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_event SET facts = '{\"a\": 1}' WHERE id = %s",
        "UPDATE audit_event SET at = at + interval '1 second' WHERE id = %s",
        "UPDATE audit_event SET by_id = NULL WHERE id = %s",
        "UPDATE audit_link SET digest = sha256('x') WHERE event_id = %s",
        "DELETE FROM audit_link WHERE event_id = %s",
    ],
)
def test_tampering_by_the_owner_is_found(live_cast, tampering):
    with scope([live_cast.northmoor.pk]):
        read(live_cast)
        spoilt = read(live_cast)
        read(live_cast)

    with owner_cursor() as cursor:
        for table in ("audit_event", "audit_link"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        cursor.execute(tampering, [spoilt.pk])
        for table in ("audit_event", "audit_link"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")

    with scope([live_cast.northmoor.pk]):
        assert broken_links(live_cast.northmoor) != []
