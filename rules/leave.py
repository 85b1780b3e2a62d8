"""Leave of absence in term time: the lawful grounds, the code each gives, and what must be said.

A family holiday is no ground. The answer is always a person's; these functions say what the law
leaves open to them.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rules.dates import in_words
from rules.register import rule
from rules.values import value_on


class Purpose(enum.StrEnum):
    """What a parent asks for leave for, as they told it."""

    EMERGENCY = "emergency"
    PERFORMANCE = "performance"
    WORK_ABROAD = "work abroad"
    INTERVIEW = "interview"
    STUDY = "study"
    HOLIDAY = "holiday"
    PROTEST = "protest"
    RELIGIOUS = "religious"
    TRADE = "trade"
    OTHER = "other"


PURPOSES: Mapping[Purpose, str] = {
    Purpose.EMERGENCY: "A family emergency or bereavement",
    Purpose.PERFORMANCE: "A performance",
    Purpose.WORK_ABROAD: "Performing or other regulated work abroad",
    Purpose.INTERVIEW: "An interview for a job or a place in education",
    Purpose.STUDY: "Study for a public exam",
    Purpose.HOLIDAY: "A holiday or family trip",
    Purpose.PROTEST: "Protest activity",
    Purpose.RELIGIOUS: "A religious day",
    Purpose.TRADE: "Travelling for the parent's trade",
    Purpose.OTHER: "Something else",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """One lawful ground for leave.

    code       the attendance code that leave on this ground gives
    says       the ground in plain words, shown beside the choice
    must_say   what the decision must state, as a sentence that tells what to do
    """

    key: str
    code: str
    label: str
    says: str
    must_say: str


GROUNDS: Mapping[str, Ground] = {
    ground.key: ground
    for ground in (
        Ground(
            "performance",
            "C1",
            "Regulated performance",
            "The child has a licence, or needs none under an exemption or approval.",
            "Give the licence, exemption or approval: its reference and who gave it.",
        ),
        Ground(
            "work abroad",
            "C1",
            "Regulated work abroad",
            "The child has a licence to go abroad to perform or work.",
            "Give the licence: its reference and who gave it.",
        ),
        Ground(
            "interview",
            "J1",
            "Interview",
            "For a job, or for a place at another school, college or university.",
            "Say who the interview is with.",
        ),
        Ground(
            "study",
            "S",
            "Study leave",
            "To study for a public exam, in the last year of compulsory schooling or after.",
            "Say which exam, and when its last paper is.",
        ),
        Ground(
            "exceptional",
            "C",
            "Exceptional circumstances",
            "The facts of this request are exceptional. A holiday generally is not.",
            "Say what the exceptional circumstance is.",
        ),
    )
}

NOT_A_GROUND: Mapping[Purpose, str] = {
    Purpose.HOLIDAY: (
        "A holiday or family trip is not a lawful ground for leave. If something exceptional lies"
        " behind the request, first change what the request is for, and say what it is."
    ),
    Purpose.PROTEST: "Leave may not be granted for protest activity in school hours.",
    Purpose.RELIGIOUS: (
        "A day set apart for religious observance needs no leave. Add it under arrangements as"
        " religious observance (code R), and say here why leave is not needed."
    ),
    Purpose.TRADE: (
        "A family that travels for its trade needs no leave for it. Add the days under"
        " arrangements (code T), and say here why leave is not needed."
    ),
}
BY_AGREEMENT = (
    "A part-time timetable is not granted on a request. Agree one with the parent, with its dates"
    " and reviews (code C2)."
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a headteacher is about to grant.

    asked_first, asked_last  the days the parent asked for
    first, last              the days to grant
    said                     what the decision states about the ground
    year_group               text: R, 1 … 14, N1; empty where it is not known
    """

    purpose: Purpose
    asked_first: date
    asked_last: date
    first: date
    last: date
    said: str
    year_group: str


@rule("LEAVE-1", source="PR2024/reg11")
def refusal(ground: str, grant: Grant) -> str:
    """Why leave may not be granted on a ground, as a sentence; "" when it may.

    The grounds are a closed list: a regulated performance or work abroad, an interview, study
    leave, exceptional circumstances; a part-time timetable is agreed, not granted here.
    """
    if grant.purpose in NOT_A_GROUND:
        return NOT_A_GROUND[grant.purpose]
    if ground == "part-time":
        return BY_AGREEMENT
    if ground not in GROUNDS:
        return "Choose one of the lawful grounds for leave, or refuse the request."
    return _wrong_days(grant) or _too_young(ground, grant) or _unsaid(ground, grant)


def _wrong_days(grant: Grant) -> str:
    """Days that nobody asked for, or the wrong way round."""
    if grant.last < grant.first:
        return "The last day of leave must be on or after the first."
    if grant.first < grant.asked_first or grant.last > grant.asked_last:
        return (
            f"The parent asked for {in_words(grant.asked_first)} to {in_words(grant.asked_last)}."
            " Grant some or all of those days, and no others."
        )
    return ""


def _too_young(ground: str, grant: Grant) -> str:
    """Study leave before the last year."""
    if ground != "study":
        return ""
    lowest = value_on("study_leave", grant.first)["lowest_year_group"]
    if grant.year_group.isdecimal() and int(grant.year_group) >= lowest:
        return ""
    return f"Study leave is for pupils in year {lowest} or above."


def _unsaid(ground: str, grant: Grant) -> str:
    """What the decision must state and does not."""
    return "" if grant.said.strip() else GROUNDS[ground].must_say


@rule("LEAVE-2", source="PR2024/reg11")
def is_bound(school_kind: str) -> bool:
    """Whether the regulations bind this kind of school to the grounds, and do not only guide it.

    Maintained and non-maintained special schools are bound; others are expected to follow.
    """
    return school_kind in {"maintained", "pru", "non-maintained special"}


@rule("LEAVE-3", source="PR2024/reg10")
def code_when_refused(purpose: Purpose) -> str:
    """The code for a pupil who is absent all the same: G for a holiday, otherwise O."""
    return "G" if purpose is Purpose.HOLIDAY else "O"


def grounds_on_offer(year_group: str, day: date) -> tuple[Ground, ...]:
    """The grounds to show for a pupil of this year group: study leave only from its year."""
    lowest = value_on("study_leave", day)["lowest_year_group"]
    old_enough = year_group.isdecimal() and int(year_group) >= lowest
    return tuple(ground for ground in GROUNDS.values() if ground.key != "study" or old_enough)
