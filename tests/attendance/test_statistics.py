"""The planner is told of tables that a large write has outgrown, in the write's own transaction."""

from django.db import connection

from attendance.models import Adult
from attendance.services.registers import refresh_statistics

BLOCK = 8192


def adults(cast, count: int) -> None:
    Adult.objects.bulk_create(
        Adult(authority=cast.northmoor, surname="Example", forenames=f"Robin {number}")
        for number in range(count)
    )


def pages_known() -> tuple[int, int]:
    """The pages that attendance_adult has, and those the planner was last told of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size(oid) / %s, relpages FROM pg_class"
            " WHERE oid = 'attendance_adult'::regclass",
            [BLOCK],
        )
        return cursor.fetchone()


def test_a_table_that_outgrew_what_is_known_of_it_is_looked_at_again(cast):
    refresh_statistics()
    _, known = pages_known()
    adults(cast, 120 * (known + 1))  # some 90 go on a page: more than twice what was known

    refresh_statistics()

    there, known = pages_known()
    assert there == known > 0


def test_a_table_that_grew_a_little_is_left_to_autovacuum(cast):
    _, known = pages_known()
    adults(cast, 120 * (known + 10))
    refresh_statistics()
    _, known = pages_known()
    adults(cast, 200)

    refresh_statistics()

    there, still_known = pages_known()
    assert still_known == known < there
