"""Before a penalty notice: which route, which schools, and the improvement period."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.absence import compares
from rules.dates import ONE_DAY, in_words, monday_of
from rules.errors import RuleNotMet, UnknownTerm
from rules.marks import Mark
from rules.register import rule
from rules.school_calendar import Calendar, school_weeks, sessions_between
from rules.thresholds import Proof, State
from rules.values import value_on


class SchoolType(enum.StrEnum):
    """Kinds of school, as far as the legal routes differ."""

    MAINTAINED = "maintained school"
    ACADEMY = "academy"
    ALTERNATIVE_PROVISION_ACADEMY = "alternative provision academy"
    PUPIL_REFERRAL_UNIT = "pupil referral unit"
    NON_MAINTAINED_SPECIAL = "non-maintained special school"
    INDEPENDENT = "independent school"


class Remedy(enum.StrEnum):
    """What a school or council may turn to."""

    PENALTY_NOTICE = "penalty notice"
    CONTRACT = "attendance contract"
    PROSECUTION = "prosecution"


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and the sentence that says why or what to do instead."""

    allowed: bool
    why: str


OUTSIDE = frozenset({SchoolType.INDEPENDENT, SchoolType.NON_MAINTAINED_SPECIAL})


@rule("PN-6", source="EA1996/s444")
def penalty_notice_allowed(school: SchoolType) -> Answer:
    """Whether the law allows a penalty notice at this kind of school: never an independent one.

    Non-maintained special schools are not in the list of the Act as we have it, so not there.
    """
    if school in OUTSIDE:
        return Answer(
            False,
            f"A penalty notice cannot be issued for a pupil of this {school}. "
            "Ask the council what else is open.",
        )
    return Answer(True, f"A penalty notice may be considered for a pupil at this {school}.")


@rule("PN-7", source="ASBA2003/s19")
def contract_allowed(school: SchoolType) -> Answer:
    """Whether a contract is open: not at an independent or a non-maintained special school."""
    if school in OUTSIDE:
        return Answer(
            False,
            f"An attendance contract is not open to a pupil of this {school}. "
            "Agree support another way, or ask the council.",
        )
    return Answer(True, f"An attendance contract may be offered at this {school}.")


@rule("PN-8", source="EA1996/s444")
def who_decides_prosecution(school: SchoolType) -> str:
    """Only the council prosecutes, whatever the kind of school."""
    return f"Only the council can decide whether to prosecute over absence at this {school}."


class Route(enum.StrEnum):
    """How a penalty notice is reached."""

    HOLIDAY = "holiday"
    SUPPORT_FIRST = "support first"


@rule("PN-9", source="WTISA/notice-to-improve")
def route(counted: Iterable[Mark]) -> Route:
    """Whether the counted sessions are all holiday without leave; then no notice to improve is due.

    Any other code among them means support, and a notice to improve, come first. Raises
    ValueError when there are no sessions to judge by.
    """
    codes = {mark.code for mark in counted}
    if not codes:
        raise ValueError("There are no counted sessions to judge the route by")
    return Route.HOLIDAY if codes == {"G"} else Route.SUPPORT_FIRST


@rule("PN-10", source="WTISA/unresolved")
def notice_held_by(proof: Proof) -> str:
    """Why no notice may be issued while the threshold stands only on N; empty when it is firm.

    It does not say a notice is due: below the threshold a council may still have its reasons.
    """
    if proof.state is not State.PROVISIONAL:
        return ""
    days = ", ".join(in_words(mark.day) for mark in proof.unresolved)
    return f"Find out the reason for the sessions marked N first: {days}."


@dataclass(frozen=True, slots=True)
class ImprovementPeriod:
    """The weeks of a notice to improve.

    first, last        first and last day, both included; the last is a school day
    weeks              Mondays of its school weeks
    possible_sessions  sessions the school holds in it
    """

    first: date
    last: date
    weeks: tuple[date, ...]
    possible_sessions: int


@rule("PN-11", source="WTISA/notice-to-improve")
def improvement_period(first: date, weeks: int, calendar: Calendar) -> ImprovementPeriod:
    """The period of a notice to improve: three to six school weeks, holidays passed over.

    It starts on `first` and ends on the last school day of its last school week; the week of
    `first` is the first of them. Raises RuleNotMet for another number of weeks, and UnknownTerm
    when the calendar ends first.
    """
    limits = value_on("improvement_period", first)
    lowest, highest = limits["lowest_weeks"], limits["highest_weeks"]
    if not lowest <= weeks <= highest:
        raise RuleNotMet(
            f"A notice to improve runs for {lowest} to {highest} school weeks, not {weeks}. "
            "Choose another number of weeks."
        )
    from_week = monday_of(first)
    mondays = [monday for monday in school_weeks(calendar) if monday >= from_week][:weeks]
    if len(mondays) < weeks:
        raise UnknownTerm(
            f"The school calendar does not reach {weeks} school weeks from {in_words(first)}. "
            "Add the next term first."
        )
    inside = sessions_between(calendar, first, mondays[-1] + 6 * ONE_DAY)
    return ImprovementPeriod(
        first=first,
        last=inside[-1].day if inside else mondays[-1] + 6 * ONE_DAY,
        weeks=tuple(mondays),
        possible_sessions=len(inside),
    )


@rule("PN-12", source="WTISA/notice-to-improve")
def improved_enough(unauthorised: int, possible: int, *, at_most_percent: int) -> bool:
    """Whether unauthorised absence in the period stayed at or under the share set for the case.

    The share is set in the notice. With nothing possible there is nothing to fail: True.
    """
    return not possible or compares(unauthorised, possible, "lte", at_most_percent)
