"""A pupil on the rolls of two schools: the joined day, and where the two registers disagree."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from rules.attendance_codes import Kind
from rules.register import rule


class There(enum.StrEnum):
    """What one school's register says of one session, as far as the join needs it."""

    PRESENT = "present"  # attended, in school or at an approved activity
    ABSENT = "absent"
    SENT = "sent to the other school"  # code D
    NOT_EXPECTED = "not expected"  # no session, or one that does not count
    NO_MARK = "no mark"


class Problem(enum.StrEnum):
    """Where two registers disagree about one session."""

    BOTH_SENT = "both sent"
    NOT_EXPECTED_THERE = "not expected there"
    NO_MARK_THERE = "no mark there"
    ABSENT_THERE = "absent there"
    BOTH_PRESENT = "both present"
    PRESENT_AND_ABSENT = "present and absent"
    BOTH_ABSENT = "both absent"
    NO_MARK_AT_ALL = "no mark at all"
    ONE_WITHOUT_D = "one without D"


WORDS: Mapping[Problem, str] = {
    Problem.BOTH_SENT: "Each school says that the pupil was due at the other.",
    Problem.NOT_EXPECTED_THERE: "D here, but the other school did not expect the pupil.",
    Problem.NO_MARK_THERE: "D here, but the other school has no mark.",
    Problem.ABSENT_THERE: "D here, and the other school marked the pupil absent.",
    Problem.BOTH_PRESENT: "Both schools marked the pupil present.",
    Problem.PRESENT_AND_ABSENT: "One school marked the pupil present and the other absent, not D.",
    Problem.BOTH_ABSENT: "Both schools marked the pupil absent: it counts twice.",
    Problem.NO_MARK_AT_ALL: "Both schools had the session, and neither has a mark.",
    Problem.ONE_WITHOUT_D: "One school has a mark. The other has none: it should have D.",
}


@dataclass(frozen=True, slots=True)
class Joined:
    """One session of one child over both registers.

    counts   whether the session counts for the child at one of the schools
    present  whether the child was present there
    problem  where the registers disagree, or None
    """

    counts: bool
    present: bool
    problem: Problem | None


T, P = There, Problem
# Each pair once; the order of the two schools makes no difference.
JOINED: Mapping[frozenset[There], Joined] = {
    frozenset({T.SENT, T.PRESENT}): Joined(True, True, None),
    frozenset({T.SENT, T.ABSENT}): Joined(True, False, P.ABSENT_THERE),
    frozenset({T.SENT, T.NOT_EXPECTED}): Joined(False, False, P.NOT_EXPECTED_THERE),
    frozenset({T.SENT, T.NO_MARK}): Joined(False, False, P.NO_MARK_THERE),
    frozenset({T.SENT}): Joined(False, False, P.BOTH_SENT),
    frozenset({T.PRESENT}): Joined(True, True, P.BOTH_PRESENT),
    frozenset({T.PRESENT, T.ABSENT}): Joined(True, True, P.PRESENT_AND_ABSENT),
    frozenset({T.PRESENT, T.NOT_EXPECTED}): Joined(True, True, None),
    frozenset({T.PRESENT, T.NO_MARK}): Joined(True, True, P.ONE_WITHOUT_D),
    frozenset({T.ABSENT}): Joined(True, False, P.BOTH_ABSENT),
    frozenset({T.ABSENT, T.NOT_EXPECTED}): Joined(True, False, None),
    frozenset({T.ABSENT, T.NO_MARK}): Joined(True, False, P.ONE_WITHOUT_D),
    frozenset({T.NOT_EXPECTED}): Joined(False, False, None),
    frozenset({T.NOT_EXPECTED, T.NO_MARK}): Joined(False, False, None),
    frozenset({T.NO_MARK}): Joined(False, False, P.NO_MARK_AT_ALL),
}

STANDS_FOR: Mapping[Kind, There] = {
    Kind.PRESENT: There.PRESENT,
    Kind.APPROVED: There.PRESENT,
    Kind.AUTHORISED: There.ABSENT,
    Kind.UNAUTHORISED: There.ABSENT,
    Kind.NOT_POSSIBLE: There.NOT_EXPECTED,
    Kind.NOT_COLLECTED: There.NOT_EXPECTED,
}


def said_by(code: str, kind: Kind | None, *, held: bool) -> There:
    """What a register says of a session: its code with its kind, or neither for no mark.

    held  whether the school has the session in its calendar
    """
    if code == "D":
        return There.SENT
    if kind is not None:
        return STANDS_FOR[kind]
    return There.NO_MARK if held else There.NOT_EXPECTED


@rule("DUAL-1", source="PR2024/reg10")
def joined(one: There, other: There) -> Joined:
    """One session of a child who is registered at two schools, from both registers.

    The school where the pupil is due marks it; the other enters D, which does not count. So each
    session counts once. Anything else is a disagreement for a person.
    """
    return JOINED[frozenset({one, other})]


@rule("DUAL-2", source="ONROLL/dual-sight")
def seen_of_other(here: There, other: There) -> There | None:
    """What one school may read in the other's register: whether the pupil it sent was there.

    Only for the sessions that it marked D, and never the code. None where it may not know.
    """
    return other if here is There.SENT else None
