"""Part-time timetables: temporary, agreed with a parent, reviewed, and never for behaviour."""

from dataclasses import dataclass
from datetime import date

from rules.dates import in_words
from rules.errors import UnknownTerm
from rules.register import rule
from rules.school_calendar import Calendar, school_day_after

NEVER_FOR_BEHAVIOUR = (
    "A part-time timetable may not be used to manage a pupil's behaviour. Use the school's"
    " behaviour policy and other support instead."
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What is about to be agreed.

    for_behaviour  whether managing behaviour is the reason, or one of them
    consent_on     the day the parent agreed; None where nobody has yet
    pattern        fourteen 0s and 1s from Monday morning: the sessions the pupil stays away
    review_on      the first review
    """

    aim: str
    why: str
    for_behaviour: bool
    consent_on: date | None
    pattern: str
    first: date
    last: date
    review_on: date


@rule("PART-1", source="PR2024/reg11")
def code_for(compulsory_age: bool) -> str:
    """The code of a session outside the timetable: C2 at compulsory school age, otherwise X."""
    return "C2" if compulsory_age else "X"


@rule("PART-2", source="WTISA/part-time")
def refusal(agreement: Agreement, calendar: Calendar, review_every: int) -> str:
    """Why a part-time timetable may not be agreed, as a sentence; "" when it may.

    review_every  school days between reviews at most, as the policy in force sets it
    """
    if agreement.for_behaviour:
        return NEVER_FOR_BEHAVIOUR
    return (
        _unsaid(agreement)
        or _not_agreed(agreement)
        or _wrong_pattern(agreement)
        or review_refusal(
            agreement.review_on,
            since=agreement.first,
            last=agreement.last,
            calendar=calendar,
            review_every=review_every,
        )
    )


def _unsaid(agreement: Agreement) -> str:
    if not agreement.aim.strip():
        return "Say what the timetable is to achieve: how the pupil gets back to full time."
    if not agreement.why.strip():
        return "Say why it is likely to work for this pupil."
    if agreement.last < agreement.first:
        return "The last day must be on or after the first. A part-time timetable always ends."
    return ""


def _not_agreed(agreement: Agreement) -> str:
    if agreement.consent_on is None:
        return "A parent must agree first. Record who agreed and on which day."
    if agreement.consent_on > agreement.first:
        return "The parent must agree before the timetable starts, or on the day."
    return ""


def _wrong_pattern(agreement: Agreement) -> str:
    if "1" not in agreement.pattern:
        return "Tick the half days on which the pupil does not come in."
    if "0" not in agreement.pattern[:10]:
        return "The pupil must come in for some of the week. Leave some half days unticked."
    return ""


@rule("PART-3", source="WTISA/part-time")
def review_by(since: date, last: date, calendar: Calendar, review_every: int) -> date:
    """The last day on which the next review may be held: so many school days on, or the end.

    since  the start, or the review before. Where the calendar does not reach so far, the end.
    """
    try:
        due = school_day_after(calendar, since, review_every)
    except UnknownTerm:
        return last
    return min(due, last)


@rule("PART-4", source="WTISA/part-time")
def review_refusal(
    review_on: date, *, since: date, last: date, calendar: Calendar, review_every: int
) -> str:
    """Why the next review may not be on this day; "" when it may."""
    if review_on < since:
        return "The next review must be after the start, or after the review before."
    latest = review_by(since, last, calendar, review_every)
    if review_on > latest:
        return (
            f"The next review must be by {in_words(latest)}: every {review_every} school days at"
            " least, and before the timetable ends."
        )
    return ""
