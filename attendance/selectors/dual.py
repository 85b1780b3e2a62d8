"""A pupil on two rolls of one authority: both registers, the joined day, disagreements.

What one school may read of the other is decided by `rules.dual_registration.seen_of_other`, and
applied here, before anything reaches a page.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from attendance.models import Enrolment
from attendance.selectors.calendars import calendar_of
from attendance.selectors.enrolments import on_roll
from attendance.selectors.registers import marks_of
from authorities.access import NotFound, Reach
from authorities.permissions import Permission
from rules import dual_registration as law
from rules.absence import kind_of
from rules.dual_registration import There
from rules.marks import DatedSession

WEEKS_SHOWN = 4
LONGEST = timedelta(weeks=53)


@dataclass(frozen=True, slots=True)
class Pair:
    """The two enrolments of a pupil, the one whose page this is first.

    sees_both  whether the person may read the other school's register too
    """

    here: Enrolment
    other: Enrolment
    sees_both: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One session over both registers, as this person may read it.

    here    the code at this school, "" for none
    there   the other school's code for those who may read it; else the word that the rule allows,
            "" where it allows none
    problem  the disagreement in words, "" where there is none
    """

    when: DatedSession
    here: str
    there: str
    counts: bool
    present: bool
    problem: str


@dataclass(frozen=True)
class Day:
    """The joined register of some days."""

    lines: tuple[Line, ...]

    @property
    def problems(self) -> list[Line]:
        """The sessions on which the registers disagree."""
        return [line for line in self.lines if line.problem]

    @property
    def possible(self) -> int:
        """How many sessions count for the child, each once."""
        return sum(line.counts for line in self.lines)

    @property
    def attended(self) -> int:
        """On how many of them the child was present somewhere."""
        return sum(line.present for line in self.lines)


def pair_of(reach: Reach, here: Enrolment) -> Pair:
    """The pupil's other enrolment in this authority at the same time. Raises NotFound for none.

    The other school's row is read though the person may not see that school: what they may know
    of it is then held back line by line.
    """
    last = here.ends_on or date.max
    others = (
        Enrolment.objects.filter(authority=here.authority_id, pupil=here.pupil_id)
        .filter(starts_on__lte=last)
        .exclude(school=here.school_id)
        .exclude(ends_on__lt=here.starts_on)
        .select_related("school__trust", "pupil")
        .order_by("-starts_on", "pk")
    )
    other = others.first()
    if other is None:
        raise NotFound("This pupil is on the roll of one school only.")
    return Pair(here, other, reach.may(Permission.VIEW_SENSITIVE, other.school))


def joined_register(pair: Pair, first: date, last: date) -> Day:
    """Both registers of these days as one, each session as far as the person may read it."""
    first = max(first, pair.here.starts_on, pair.other.starts_on)
    ends = [day for day in (last, pair.here.ends_on, pair.other.ends_on) if day is not None]
    last = min(ends)
    if last < first or last - first > LONGEST:
        return Day(())
    sides = [_side(enrolment, first, last) for enrolment in (pair.here, pair.other)]
    sessions = sorted(set(sides[0]) | set(sides[1]))
    return Day(tuple(_line(pair, when, sides) for when in sessions))


def _side(enrolment: Enrolment, first: date, last: date) -> dict[DatedSession, tuple[str, There]]:
    """What one register says: session → code and what it stands for."""
    held = {when for when in calendar_of(enrolment.school).held if first <= when.day <= last}
    found = dict.fromkeys(held, ("", There.NO_MARK))
    for mark in marks_of(enrolment, first, last):
        said = law.said_by(mark.code, kind_of(mark), held=mark.when in held)
        found[mark.when] = (mark.code, said)
    return found


def _line(
    pair: Pair, when: DatedSession, sides: list[dict[DatedSession, tuple[str, There]]]
) -> Line:
    nothing = ("", There.NOT_EXPECTED)
    (code, here), (other_code, other) = (side.get(when, nothing) for side in sides)
    joined = law.joined(here, other)
    allowed = law.seen_of_other(here, other)
    there = other_code if pair.sees_both else (allowed.value.capitalize() if allowed else "")
    problem = _problem(joined, allowed, sees_both=pair.sees_both)
    return Line(when, code, there, joined.counts, joined.present, problem)


# What a school may read of a disagreement about a session that it did not send the pupil away for.
BOTH = "Both registers expect the pupil in this session. One school should have D."


def _problem(joined: law.Joined, allowed: There | None, *, sees_both: bool) -> str:
    """A disagreement in words, telling no more than the person may know."""
    if joined.problem is None:
        return ""
    return law.WORDS[joined.problem] if sees_both or allowed is not None else BOTH


def dual_visible(reach: Reach, today: date) -> QuerySet[Enrolment]:
    """Enrolments of today whose pupil is on another roll of the authority today as well."""
    other = (
        Enrolment.objects.filter(on_roll(today), pupil=OuterRef("pupil"))
        .exclude(pk=OuterRef("pk"))
        .exclude(school=OuterRef("school"))
    )
    return (
        Enrolment.objects.filter(
            Exists(other),
            on_roll(today),
            reach.schools(Permission.VIEW_SENSITIVE, "school__"),
            authority=reach.authority,
        )
        .select_related("pupil", "school__trust")
        .order_by("pupil__sort_name", "pk")
    )
