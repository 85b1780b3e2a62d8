"""A register as it was known at a past moment, beside the same days as they are now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.timezone import localdate

from attendance.marks import decode
from attendance.models import Enrolment
from attendance.selectors.books import Book, book_from, relied_of
from attendance.selectors.figures import tally_rows
from attendance.selectors.mark_history import mark_words
from attendance.selectors.proof import session_words
from attendance.selectors.registers import Entry, history, register_as_known_at
from frontend.templatetags.govuk import percent_bp
from rules.absence import Tally, basis_points
from rules.marks import DatedSession, Mark


def marks_as_known(enrolment: Enrolment, years: Iterable[int], moment: datetime) -> list[Mark]:
    """The marks of some years as they stood at a past moment, in time order."""
    return [
        mark
        for year in sorted(years)
        for mark in decode(year, register_as_known_at(enrolment, year, moment))
    ]


def book_as_known(
    enrolment: Enrolment, born_on: date, *, year: int, today: date, moment: datetime
) -> Book:
    """The register of a year and the one before as known at a moment, read up to that day."""
    marks = marks_as_known(enrolment, (year - 1, year), moment)
    relied = relied_of(enrolment, year)  # of today, so that both books leave out the same
    book = book_from(enrolment, born_on, marks, year=year, today=today, relied=relied)
    return replace(book, as_of=min(book.as_of, localdate(moment)))


@dataclass(frozen=True, slots=True)
class Difference:
    """One session that read otherwise then, as this person may read it.

    by, at, because  who wrote what it reads now, when and why; `because` only with the whole code
    """

    when: DatedSession
    then: str
    now: str
    by: str
    at: datetime
    because: str

    @property
    def words(self) -> str:
        """The session in words."""
        return session_words(self.when)

    @property
    def sentence(self) -> str:
        """The difference in one sentence."""
        return f"{self.words}: {self.then} then, {self.now} now"


def differences_between(
    then: Book, now: Book, *, moment: datetime, in_full: bool
) -> list[Difference]:
    """The sessions of the year, up to the moment's day, that read otherwise then; in time order."""
    return changes_between(
        then.enrolment,
        _codes(then.of_year, then.as_of),
        _codes(now.of_year, then.as_of),
        moment=moment,
        in_full=in_full,
    )


def changes_between(
    enrolment: Enrolment,
    then: Mapping[DatedSession, str],
    now: Mapping[DatedSession, str],
    *,
    moment: datetime,
    in_full: bool,
) -> list[Difference]:
    """The sessions whose codes differ, with the entry that made them what they are now."""
    changed = sorted(when for when in {*then, *now} if then.get(when, "") != now.get(when, ""))
    if not changed:
        return []
    last: dict[DatedSession, Entry] = {
        entry.when: entry
        for entry in history(enrolment, changed[0].day, changed[-1].day)
        if entry.at > moment
    }
    return [
        Difference(
            when=when,
            then=mark_words(then.get(when, ""), when, in_full=in_full),
            now=mark_words(now.get(when, ""), when, in_full=in_full),
            by=_by(last[when]),
            at=last[when].at,
            because=last[when].reason if in_full else "",
        )
        for when in changed
    ]


def _by(entry: Entry) -> str:
    """Who wrote an entry, with the position they held."""
    return ", ".join(part for part in (entry.name, entry.position) if part)


def _codes(marks: Iterable[Mark], until: date) -> dict[DatedSession, str]:
    return {mark.when: mark.code for mark in marks if mark.day <= until}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a register then, and of the same days now."""

    label: str
    then: str
    now: str

    @property
    def differs(self) -> bool:
        """Whether it is another now."""
        return self.then != self.now


def figures_between(then: Book, now: Book) -> list[Figure]:
    """What the register added up to then, and what the same days add up to now, by the rules."""
    same_days = replace(now, as_of=then.as_of)
    rows = [
        Figure(before.label, f"{before.sessions}", f"{after.sessions}")
        for before, after in zip(tally_rows(then.tally), tally_rows(same_days.tally), strict=True)
    ]
    return [
        Figure("Attendance", rate(then.tally), rate(same_days.tally)),
        *rows,
        Figure(
            "Unauthorised in the 10 school weeks up to that day",
            f"{then.proof.current.count}",
            f"{same_days.proof.current.count}",
        ),
    ]


def rate(tally: Tally) -> str:
    """Attendance as a page shows it."""
    return percent_bp(basis_points(tally.attended, tally.possible))


def marked_since(then: Book, now: Book) -> int:
    """How many sessions after the moment's day have been marked by now."""
    return sum(mark.day > then.as_of for mark in now.of_year)
