"""The review after a letter: which letters have one, what can come of it, and attendance since."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from attendance.marks import year_of
from attendance.selectors.calendars import calendar_of
from attendance.selectors.registers import marks_of
from authorities.packs import Layer, PackLetter, PolicyInForce, pack_in_force
from authorities.packs.schema import HAPPENING_WORDS
from cases.models import Case, Deadline, DeadlineKind
from cases.selectors.shown import Shown
from rules.dates import DateRange
from rules.plans import Change, change_over
from rules.school_calendar import grid_start, year_end

ABOUT = "cases.CaseLetter"  # one review a case: a later letter starts its clock anew
# What a review of no policy's own can come to.
OUR_OUTCOMES = ("improved", "not_improved")


@dataclass(frozen=True, slots=True)
class Came:
    """One thing that can come of the review. `value` is the happening that the policy is told."""

    value: str
    words: str


def reviewed(policy: PolicyInForce, pack: str, key: str) -> tuple[Layer, PackLetter] | None:
    """A letter that is looked back at by itself; None for any other.

    A letter that invites to a meeting is not: what comes of the meeting says how it went.
    """
    for layer in policy.layers:
        for letter in layer.pack.letters:
            if (layer.pack.name, letter.key) == (pack, key) and letter.review:
                return None if letter.meeting else (layer, letter)
    return None


def review_words(layer: Layer, letter: PackLetter) -> str:
    """What is due, in the policy's words for the review where it has some."""
    for review in layer.pack.reviews:
        if review.of == "concern" and review.after == letter.review:
            return f"{review.label}: has attendance improved?"
    return f"{letter.title}: has attendance improved since?"


def outcomes(case: Case, day: date) -> list[Came]:
    """What can come of it: as the most local policy with such a review says, else as we do."""
    for layer in reversed(pack_in_force(case.school, day).layers):
        for review in layer.pack.reviews:
            told = [one for one in review.outcomes if one.means]
            if review.of == "concern" and told:
                return [Came(str(one.means), one.words) for one in told]
    return [Came(one, HAPPENING_WORDS[one]) for one in OUR_OUTCOMES]


def waiting(case: Case) -> Deadline | None:
    """The review that waits on a case, if one does."""
    rows = Deadline.objects.filter(case=case, done_on=None, about=ABOUT)
    return rows.filter(kind=DeadlineKind.LETTER_REVIEW.value).first()


def since_letter(case: Case, first: date, today: date) -> Change:
    """Attendance since the letter, and over as many school days before it. Two queries."""
    start, end = grid_start(year_of(first) - 1), year_end(grid_start(year_of(today)))
    return change_over(
        marks_of(case.enrolment, start, end),
        calendar_of(case.school),
        first=first,
        last=today,
        as_of=today,
        on_roll=DateRange(case.enrolment.starts_on, case.enrolment.ends_on),
    )


def evidence(case: Case) -> Iterator[Shown]:
    """The reviews after letters that people held. One query."""
    rows = Deadline.objects.filter(
        case=case,
        kind=DeadlineKind.LETTER_REVIEW.value,
        about=ABOUT,
        done_on__isnull=False,
        done_by__isnull=False,
    ).select_related("done_by")
    for row in rows:
        assert row.done_on is not None  # noqa: S101  the filter says so
        by = row.done_by.name if row.done_by else ""
        yield Shown("review", row.done_on, row.words, by, "cases:case", (case.reference,))
