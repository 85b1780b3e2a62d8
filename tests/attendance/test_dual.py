"""Two registers of one pupil: each school reads of the other what it needs and no more."""

from datetime import date

import pytest

from attendance.models import Enrolment
from attendance.selectors.dual import BOTH, Day, Pair, dual_visible, joined_register, pair_of
from attendance.services.registers import record_marks
from authorities.access import NotFound, Reach
from authorities.permissions import Role
from rules.dual_registration import WORDS, Problem
from tests import factories
from tests.attendance.agreed import office, twins
from tests.attendance.registers import frame, week_of
from tests.attendance.scenes import NOW, calendar
from tests.cast import TODAY, Cast

MONDAY, FRIDAY = date(2026, 11, 9), date(2026, 11, 13)


@pytest.fixture(name="pair")
def two_rolls(cast: Cast) -> tuple[Enrolment, Enrolment]:
    """One week. The unit's Friday afternoon has no mark; Hillside's has a present mark."""
    calendar(cast)
    main, second = twins(cast)
    mark(cast, main, "DDDD/\\/\\D\\")
    mark(cast, second, "/IDODD/DI ")
    return main, second


def mark(cast: Cast, enrolment: Enrolment, codes: str) -> None:
    record_marks(
        school=enrolment.school,
        marks=frame(week_of(enrolment.pk, MONDAY, codes)),
        batch=None,
        by=None,
        reason="start",
        now=NOW,
    )


def register(reach: Reach, enrolment: Enrolment) -> tuple[Pair, Day]:
    pair = pair_of(reach, enrolment)
    return pair, joined_register(pair, MONDAY, FRIDAY)


def test_a_school_reads_whether_the_pupil_it_sent_was_there_and_never_the_code(cast, pair):
    found, day = register(office(cast), pair[0])

    assert not found.sees_both
    assert [line.there for line in day.lines] == [
        *("Present", "Absent", "Sent to the other school", "Absent"),
        *("", "", "", "", "Absent", ""),
    ]
    assert [line.problem for line in day.lines] == [
        "",
        WORDS[Problem.ABSENT_THERE],
        WORDS[Problem.BOTH_SENT],
        WORDS[Problem.ABSENT_THERE],
        "",
        "",
        BOTH,
        "",
        WORDS[Problem.ABSENT_THERE],
        BOTH,
    ]


def test_the_authority_reads_both_registers(cast, pair):
    worker = cast.reach(cast.person(Role.SUPPORT_WORKER))

    found, day = register(worker, pair[0])

    assert found.sees_both
    assert "".join(line.here for line in day.lines) == "DDDD/\\/\\D\\"
    assert [line.there for line in day.lines] == ["/", "I", "D", "O", "D", "D", "/", "D", "I", ""]
    assert day.lines[6].problem == WORDS[Problem.BOTH_PRESENT]
    assert day.lines[9].problem == WORDS[Problem.ONE_WITHOUT_D]


def test_each_session_counts_once(cast, pair):
    _, day = register(office(cast), pair[0])

    # Nine count: Tuesday morning, when each sent the pupil to the other, does not.
    assert (day.possible, day.attended) == (9, 6)
    assert len(day.problems) == 6


def test_both_sides_join_to_the_same(cast, pair):
    worker = cast.reach(cast.person(Role.SUPPORT_WORKER))

    _, one = register(worker, pair[0])
    _, other = register(worker, pair[1])

    assert (one.possible, one.attended) == (other.possible, other.attended)
    assert [line.when for line in one.problems] == [line.when for line in other.problems]


def test_days_on_one_roll_alone_are_not_joined(cast, pair):
    pair[1].ends_on = date(2026, 11, 10)
    pair[1].save()

    _, day = register(office(cast), pair[0])

    assert [line.when.day.day for line in day.lines] == [9, 9, 10, 10]


def test_without_a_day_in_common_there_is_nothing(cast, pair):
    found = pair_of(office(cast), pair[0])

    assert joined_register(found, FRIDAY, MONDAY) == Day(())


def test_a_pupil_of_one_school_has_no_second_register(cast):
    with pytest.raises(NotFound, match="one school only"):
        pair_of(office(cast), cast.enrolment)


def test_former_enrolments_are_no_pair(cast):
    pupil = factories.pupil(cast.northmoor)
    factories.enrolment(pupil, cast.brook, starts_on=date(2025, 9, 1), ends_on=date(2026, 7, 21))
    here = factories.enrolment(pupil, cast.hillside, starts_on=date(2026, 9, 1))

    with pytest.raises(NotFound):
        pair_of(office(cast), here)
    assert not dual_visible(office(cast), TODAY).exists()


def test_the_list_shows_the_pupils_of_two_rolls_at_ones_own_school(cast, pair):
    assert list(dual_visible(office(cast), TODAY)) == [pair[0]]
    brook = cast.reach(cast.person(Role.ATTENDANCE_OFFICER, "brook"))
    assert not dual_visible(brook, TODAY).exists()
    worker = cast.reach(cast.person(Role.SUPPORT_WORKER))
    assert set(dual_visible(worker, TODAY)) == set(pair)
