"""Two officers at once: no third notice, and without the guards there would be one.

Sixty here; `./onroll bench third-notice` runs a thousand.
"""

import pytest

from authorities.tenancy import scope
from bench import third_notice
from bench.third_notice import CONSTRAINT, REPEATABLE_READ, pairs, race, staff, without_lock
from legal.models import NoticeSlot
from tests.owner import owner_cursor

pytestmark = pytest.mark.real_clock


@pytest.fixture
def people(transactional_db):
    return staff()


@pytest.fixture
def no_constraint(people):
    """The exclusion constraint is gone from this test's database, and comes back empty-handed."""
    with owner_cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [CONSTRAINT]
        )
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE legal_noticeslot DROP CONSTRAINT {CONSTRAINT}")
    yield
    with owner_cursor() as cursor:
        cursor.execute("TRUNCATE legal_noticeslot CASCADE")
        cursor.execute(f"ALTER TABLE legal_noticeslot ADD CONSTRAINT {CONSTRAINT} {definition}")


def test_with_lock_and_constraint_one_of_two_is_issued_each_time(people):
    found = race(pairs(people, 60), people)

    assert (found.third, found.issued) == (0, 60)
    assert found.refused == {"RuleNotMet": 60}


def test_at_repeatable_read_the_constraint_refuses_what_the_lock_could_not_see(people):
    found = race(pairs(people, 15), people, isolation=REPEATABLE_READ)

    assert (found.third, found.issued) == (0, 15)
    assert found.refused == {"Conflict": 15}


def test_without_the_lock_the_constraint_alone_is_enough(people):
    with without_lock():
        found = race(pairs(people, 15), people)

    assert (found.third, found.issued) == (0, 15)


def test_without_the_constraint_the_lock_alone_is_enough(people, no_constraint):
    found = race(pairs(people, 15), people)

    assert (found.third, found.issued) == (0, 15)


def test_without_both_nearly_every_race_ends_in_a_third_notice(people, no_constraint):
    with without_lock():
        found = race(pairs(people, 15), people)

    assert found.third > 13
    with scope([people.authority.pk]):
        assert NoticeSlot.objects.filter(slot=2).count() > 2 * 13


def test_the_bench_says_so(people, no_constraint):
    few = third_notice.shown(race(pairs(people, 2), people))
    all_ = dict.fromkeys(("guarded", "repeatable_read", "constraint_alone", "unguarded"), few)

    assert third_notice.gates(all_) == {
        "no third notice with lock and constraint": True,
        "none at repeatable read": True,
        "none with the constraint alone": True,
        "each time exactly one was issued": True,
        "more than 90% fail without both": False,
    }
