"""How a pupil is doing in the period of a notice to improve, and what may follow it."""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from rules.absence import in_order, tally
from rules.dates import ONE_DAY, DateRange, in_words
from rules.marks import Mark
from rules.penalty_notices import Answer, ImprovementPeriod, improved_enough
from rules.register import rule
from rules.school_calendar import Calendar, sessions_between

UNRESOLVED = "N"


class Result(enum.StrEnum):
    """How a period stands."""

    NOT_BEGUN = "not begun"
    RUNNING = "running"
    FAILED_EARLY = "cannot succeed any more"
    UNRESOLVED = "waits for reasons"
    PASSED = "improved enough"
    FAILED = "not improved enough"


@dataclass(frozen=True, slots=True)
class Progress:
    """A pupil's improvement period at the end of a day.

    unauthorised   sessions so far, those still marked N among them
    unresolved     of those, the ones marked N
    possible       sessions so far that count
    still_to_come  sessions the school holds from the next day to the end of the period
    may_miss       how many more unauthorised sessions the criterion leaves, if all to come count;
                   below zero when too many already
    result         in one word
    """

    unauthorised: int
    unresolved: int
    possible: int
    still_to_come: int
    may_miss: int
    result: Result


@rule("PN-13", source="WTISA/notice-to-improve")
def progress(
    period: ImprovementPeriod,
    marks: Collection[Mark],
    calendar: Calendar,
    day: date,
    *,
    at_most_percent: int,
) -> Progress:
    """How the period stands at the end of a day, and whether it can still succeed.

    marks  the pupil's, of any days; those outside the period or after the day are left out
    It cannot succeed once the unauthorised sessions without those marked N are too many even if
    every session to come counts and is attended. After the last day it is judged on what was
    possible, and waits while the answer hangs on sessions marked N.
    """
    inside = in_order(marks, DateRange(period.first, min(day, period.last)))
    count = tally(inside)
    unresolved = sum(mark.code == UNRESOLVED for mark in inside)
    to_come = len(sessions_between(calendar, max(day + ONE_DAY, period.first), period.last))
    in_all = count.possible + to_come
    firm = count.unauthorised - unresolved
    return Progress(
        unauthorised=count.unauthorised,
        unresolved=unresolved,
        possible=count.possible,
        still_to_come=to_come,
        may_miss=in_all * at_most_percent // 100 - count.unauthorised,
        result=_result(
            period,
            day,
            improved_enough(firm, in_all, at_most_percent=at_most_percent),
            improved_enough(count.unauthorised, in_all, at_most_percent=at_most_percent),
        ),
    )


def _result(period: ImprovementPeriod, day: date, at_best: bool, as_marked: bool) -> Result:
    """at_best  whether it succeeds if every N turns out well; as_marked  if none does."""
    if day < period.first:
        return Result.NOT_BEGUN
    over = day >= period.last
    if not at_best:
        return Result.FAILED if over else Result.FAILED_EARLY
    if not over:
        return Result.RUNNING
    return Result.PASSED if as_marked else Result.UNRESOLVED


@rule("PN-14", source="LOCAL/early-end")
def may_end_early(
    result: Result, *, reason: str, told_parent_on: date | None, proposed_on: date
) -> Answer:
    """Whether a penalty notice may be proposed before an improvement period is over, and why.

    Only where improvement is clearly not happening: it cannot succeed any more, or an officer
    writes down why. Either way the parent is told first.
    """
    if result in (Result.PASSED, Result.FAILED, Result.UNRESOLVED):
        return Answer(False, "The period is over. Record its outcome and tell the parent.")
    if result is Result.NOT_BEGUN:
        return Answer(False, "The period has not begun. Wait for its first day.")
    if result is Result.RUNNING and not reason.strip():
        return Answer(
            False, "The period can still succeed. Let it run, or say why it clearly will not."
        )
    if told_parent_on is None or told_parent_on > proposed_on:
        return Answer(
            False,
            "Tell the parent first that the period ends early, and record the day, "
            f"no later than {in_words(proposed_on)}.",
        )
    return Answer(True, f"The parent was told on {in_words(told_parent_on)}.")
