"""Making a mark: whether a code may be entered for a session, and which code lateness is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from rules.attendance_codes import COMPULSORY, NOT_COMPULSORY, code_on
from rules.marks import Session
from rules.register import rule

# What must be said beside a code, by the field it is said in. The sentence tells what to do.
NATURE: Mapping[str, str] = {
    "B": "Say what the activity is. Code B is for an activity in person and supervised.",
    "C": "Say what the exceptional circumstance is.",
    "C1": "Give the licence or exemption, or what the work abroad is.",
    "K": "Say what the provision is that the council arranged.",
    "P": "Say what the sporting activity is.",
    "V": "Say what the trip or visit is.",
    "W": "Say where the work experience is.",
    "Y2": "Say what the emergency is.",
    "Y7": "Say what the unavoidable cause is.",
}
AGREED: Mapping[str, str] = {
    "C2": "There is no agreed part-time timetable for this session. Agree one first, with its dates"
    " and the parent's consent, or choose another code.",
}
OTHER_SCHOOL = "Say at which other school the pupil is due."
SECOND_HALF = {Session.AM: ("\\", "/"), Session.PM: ("/", "\\")}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known about one pupil's session when a code is chosen for it.

    compulsory_age  whether the pupil is of compulsory school age that day
    school_open     whether the school's calendar has this session
    agreed          codes that an arrangement in force covers this session with (C2 …)
    nature          what was said about the activity, the circumstance or the cause
    other_school    which other school, for code D
    arrived_at      when the pupil arrived, for L and U
    """

    day: date
    session: Session
    compulsory_age: bool
    school_open: bool = True
    agreed: frozenset[str] = frozenset()
    nature: str = ""
    other_school: str = ""
    arrived_at: time | None = None


@rule("MARK-1", source="PR2024/reg10")
def refusal(code: str, found: Circumstances) -> str:
    """Why the code may not be entered for this session, as a sentence; "" when it may.

    Raises UnknownCode for a code that was not in force that day.
    """
    return _by_the_day(code, found) or _by_the_pupil(code, found) or _by_what_is_said(code, found)


def _by_the_day(code: str, found: Circumstances) -> str:
    """Refusals that follow from the session."""
    if code == "#":
        if found.school_open:
            return (
                "# is only for a planned closure. Put the closure in the school's calendar first."
            )
        return ""
    if not found.school_open:
        return "The school has no session then. Check the date, or the school's calendar."
    wrong, right = SECOND_HALF[found.session]
    if code == wrong:
        return (
            f"{wrong} is for the other half of the day. Use {right} for the {found.session.words}."
        )
    return ""


def _by_the_pupil(code: str, found: Circumstances) -> str:
    """Refusals that follow from the pupil's age and what was agreed."""
    only_for = code_on(code, found.day).only_for
    if only_for == NOT_COMPULSORY and found.compulsory_age:
        return (
            f"Code {code} is not for a pupil of compulsory school age. For an agreed part-time"
            " timetable use C2."
        )
    if only_for == COMPULSORY and not found.compulsory_age:
        return f"Code {code} is only for a pupil of compulsory school age. Use X instead."
    return "" if code in found.agreed else AGREED.get(code, "")


def _by_what_is_said(code: str, found: Circumstances) -> str:
    """Refusals that follow from a detail that is missing."""
    if code == "D" and not found.other_school.strip():
        return OTHER_SCHOOL
    return "" if found.nature.strip() else NATURE.get(code, "")


@rule("MARK-2", source="WTISA/register-open")
def arrival_code(arrived_at: time, opens_at: time, closes_at: time, session: Session) -> str:
    """The code for a pupil who arrived then: present, L, or U after the register closed.

    Both edges belong to the earlier side: at the opening minute the pupil is present, at the
    closing minute late.
    """
    if arrived_at <= opens_at:
        return SECOND_HALF[session][1]
    return "L" if arrived_at <= closes_at else "U"


@rule("MARK-3", source="WTISA/register-open")
def minutes_late(arrived_at: time, opens_at: time) -> int:
    """Whole minutes between the register's opening and the arrival; 0 when on time."""
    late = _minutes(arrived_at) - _minutes(opens_at)
    return max(late, 0)


@rule("MARK-4", source="WTISA/register-open")
def opening_refusal(opens_at: time, closes_at: time, longest_minutes: int) -> str:
    """Why a register may not be open between these times; "" when it may.

    longest_minutes  `value_on("register_open", day)["minutes"]`
    """
    if closes_at <= opens_at:
        return "The register must close after it opens."
    if _minutes(closes_at) - _minutes(opens_at) > longest_minutes:
        return (
            f"A register stays open for {longest_minutes} minutes at most. Choose an earlier time."
        )
    return ""


def _minutes(moment: time) -> int:
    """Minutes since midnight."""
    return moment.hour * 60 + moment.minute
