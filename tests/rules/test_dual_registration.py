"""Two registers of one child: each session counts once, and disagreements are told in words."""

import itertools

import pytest

from rules.attendance_codes import Kind
from rules.dual_registration import (
    JOINED,
    WORDS,
    Problem,
    There,
    joined,
    said_by,
    seen_of_other,
)

SENT, PRESENT, ABSENT = There.SENT, There.PRESENT, There.ABSENT
FREE, BLANK = There.NOT_EXPECTED, There.NO_MARK


@pytest.mark.rule("DUAL-1")
@pytest.mark.parametrize(
    ("one", "other", "counts", "present", "problem"),
    [
        (SENT, PRESENT, True, True, None),
        (SENT, ABSENT, True, False, Problem.ABSENT_THERE),
        (SENT, FREE, False, False, Problem.NOT_EXPECTED_THERE),
        (SENT, BLANK, False, False, Problem.NO_MARK_THERE),
        (SENT, SENT, False, False, Problem.BOTH_SENT),
        (PRESENT, PRESENT, True, True, Problem.BOTH_PRESENT),
        (PRESENT, ABSENT, True, True, Problem.PRESENT_AND_ABSENT),
        (PRESENT, FREE, True, True, None),
        (PRESENT, BLANK, True, True, Problem.ONE_WITHOUT_D),
        (ABSENT, ABSENT, True, False, Problem.BOTH_ABSENT),
        (ABSENT, FREE, True, False, None),
        (ABSENT, BLANK, True, False, Problem.ONE_WITHOUT_D),
        (FREE, FREE, False, False, None),
        (FREE, BLANK, False, False, None),
        (BLANK, BLANK, False, False, Problem.NO_MARK_AT_ALL),
    ],
)
def test_the_joined_session(one, other, counts, present, problem):
    for pair in ((one, other), (other, one)):
        found = joined(*pair)
        assert (found.counts, found.present, found.problem) == (counts, present, problem)


@pytest.mark.rule("DUAL-1")
def test_every_pair_and_every_problem_has_its_answer():
    pairs = {frozenset(pair) for pair in itertools.product(There, There)}

    assert set(JOINED) == pairs
    assert set(WORDS) == set(Problem)


@pytest.mark.parametrize(
    ("code", "kind", "held", "said"),
    [
        ("D", Kind.NOT_POSSIBLE, True, SENT),
        ("/", Kind.PRESENT, True, PRESENT),
        ("B", Kind.APPROVED, True, PRESENT),
        ("I", Kind.AUTHORISED, True, ABSENT),
        ("U", Kind.UNAUTHORISED, True, ABSENT),
        ("Y4", Kind.NOT_POSSIBLE, True, FREE),
        ("#", Kind.NOT_COLLECTED, False, FREE),
        ("", None, True, BLANK),
        ("", None, False, FREE),
    ],
)
def test_what_a_register_says_of_a_session(code, kind, held, said):
    assert said_by(code, kind, held=held) is said


@pytest.mark.rule("DUAL-2")
@pytest.mark.parametrize("other", [PRESENT, ABSENT, FREE, BLANK, SENT])
def test_a_school_reads_of_the_other_only_where_it_sent_the_pupil(other):
    assert seen_of_other(SENT, other) is other
    assert seen_of_other(PRESENT, other) is None
    assert seen_of_other(BLANK, other) is None
