"""Everything of one pupil that must be done by a day, and what follows if it is not."""

from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from attendance.models import Enrolment, LeaveRequest, LeaveState, PartTimeReview, ReturnKind
from attendance.selectors.reasons import sessions_to_explain
from attendance.selectors.registers import history
from attendance.selectors.returns import Due, places_of, returns_of
from attendance.selectors.sightings import NotSeen, not_seen_of
from rules.dates import in_words
from rules.errors import UnknownTerm
from rules.registration import resolve_by
from rules.returns import Kept, kept
from rules.school_calendar import grid_start, year_end


@dataclass(frozen=True, slots=True)
class Clock:
    """One thing to do by a day.

    key      what kind of clock it is; the page finds its address by it
    due_on   the last day; none where the calendar ends too soon to tell
    nothing  what happens if nobody does it
    at       what the page's address needs beside the pupil
    """

    key: str
    title: str
    due_on: date | None
    nothing: str
    today: date
    about: date | None = None
    at: str = ""

    @property
    def late(self) -> bool:
        """Whether the last day has passed."""
        return self.due_on is not None and self.due_on < self.today

    @property
    def due_words(self) -> str:
        """The day in words, and whether it has passed."""
        if self.due_on is None:
            return "The calendar ends too soon to tell"
        if self.due_on == self.today:
            return f"Today, {in_words(self.due_on)}"
        return in_words(self.due_on)


NOTHING = {
    "unexplained": (
        "The mark stays N past its five school days, which the law does not allow. A person must"
        " then change it to O: an unauthorised absence that counts towards a notice."
    ),
    ReturnKind.ATTENDANCE: (
        "The council does not know of a child who is missing school, and cannot help to look."
    ),
    ReturnKind.SICKNESS: (
        "The council cannot arrange teaching for a child who is too ill for school."
    ),
    ReturnKind.NEW_PUPIL: "The council may still be looking for this child elsewhere.",
    ReturnKind.DELETION: (
        "The name may not come off the roll lawfully, and the child may go missing between schools."
    ),
    "unseen": "Nobody knows that the child is safe. Tell the safeguarding lead.",
    "review": (
        "The timetable goes on unreviewed. It still ends by itself on its last day, and full time"
        " is expected after it."
    ),
    "leave": "Nobody notices that the child is not back: absence after leave is unauthorised.",
}


def clocks_of(enrolment: Enrolment, today: date) -> list[Clock]:
    """The open clocks of an enrolment, what is due first."""
    found = [
        *_unexplained(enrolment, today),
        *(_return(one, today) for one in returns_of(enrolment, today) if one.made is None),
        *_unseen(not_seen_of(enrolment, today), today),
        *_reviews(enrolment, today),
        *_leave(enrolment, today),
    ]
    return sorted(found, key=lambda one: (one.due_on or date.max, one.key))


def _unexplained(enrolment: Enrolment, today: date) -> list[Clock]:
    """Each day with code N, by the fifth school day after it."""
    days = sorted({when.day for when, code in sessions_to_explain(enrolment, today) if code == "N"})
    calendar = places_of([enrolment.school], today)[enrolment.school_id].calendar
    found = []
    for day in days:
        try:
            last = resolve_by(day, calendar)
        except UnknownTerm:
            last = None
        title = f"Find the reason for the absence of {in_words(day)}"
        found.append(Clock("unexplained", title, last, NOTHING["unexplained"], today, about=day))
    return found


def _return(one: Due, today: date) -> Clock:
    titles = {
        ReturnKind.ATTENDANCE: "Tell the council: ten school days of unauthorised absence",
        ReturnKind.SICKNESS: "Tell the council: fifteen school days of illness",
        ReturnKind.NEW_PUPIL: "Tell the council: a new pupil",
        ReturnKind.DELETION: "Tell the council: the name is off the roll",
    }
    return Clock(
        "return",
        titles[one.kind],
        one.due_on,
        NOTHING[one.kind],
        today,
        about=one.first_day,
        at=one.kind.value,
    )


def _unseen(found: NotSeen | None, today: date) -> list[Clock]:
    if found is None:
        return []
    return [Clock("unseen", "See the child", found.clock.see_by, NOTHING["unseen"], today)]


def _reviews(enrolment: Enrolment, today: date) -> list[Clock]:
    """The reviews to hold of timetables that are in force or to come."""
    rows = PartTimeReview.objects.filter(
        agreement__enrolment=enrolment, held_on=None
    ).select_related("agreement__arrangement")
    return [
        Clock(
            "review",
            "Review the part-time timetable",
            row.due_on,
            NOTHING["review"],
            today,
            at=row.agreement.reference,
        )
        for row in rows
        if row.agreement.arrangement.last_day >= today
    ]


def _leave(enrolment: Enrolment, today: date) -> list[Clock]:
    """Leave that has ended, or will, and nobody has said that the child is back."""
    rows = LeaveRequest.objects.filter(
        enrolment=enrolment, state=LeaveState.GRANTED, returned_on=None, granted_last__isnull=False
    )
    place = places_of([enrolment.school], today)[enrolment.school_id]
    return [
        Clock(
            "leave",
            "Check that the child is back from leave",
            next(
                (d for d in place.calendar.days if row.granted_last and d > row.granted_last), None
            ),
            NOTHING["leave"],
            today,
            at=row.reference,
        )
        for row in rows
    ]


def kept_of(enrolment: Enrolment, year: int) -> Kept | None:
    """Until when a register year of an enrolment is kept: six years after its latest entry."""
    start = grid_start(year)
    return kept([localdate(entry.at) for entry in history(enrolment, start, year_end(start))])
