"""The papers of a court bundle in plain words, before they are printed: sheets of lines.

A line may be an anchor (`key`) to which another line points (`to`). Each line goes by the guard:
what is of somebody else is blacked out, or the line is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.timezone import localdate

from attendance.models import AdultLink
from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import Case, CaseLetter
from frontend.templatetags.govuk import words_and_time
from legal.models import PenaltyNotice, Prosecution
from legal.selectors.bundle_people import Guard
from rules.dates import in_words
from rules.letter_stages import LetterState

LEFT_OUT = "The reason is left out here: it speaks of somebody who is protected."


@dataclass(frozen=True, slots=True)
class Line:
    """One line. when  its day or its name; key  its anchor; to  the anchor it points to"""

    text: str
    when: str = ""
    key: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines under a heading. numbered  each has its number, as in a statement"""

    heading: str
    lines: tuple[Line, ...]
    nothing: str = ""
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper. after  what stands below the lines, such as where somebody signs"""

    title: str
    blocks: tuple[Block, ...]
    intro: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    sign: tuple[str, ...] = ()


@dataclass
class Desk:
    """What every paper of one bundle is made from. No file is made twice from one desk.

    letters  those to the parent that went, the oldest first, but for the caution letter
    """

    prosecution: Prosecution
    reach: Reach
    today: date
    now: datetime
    guard: Guard
    letters: list[CaseLetter] = field(default_factory=list)

    @property
    def case(self) -> Case | None:
        """The casework behind it."""
        return self.prosecution.case

    @property
    def notice(self) -> PenaltyNotice | None:
        """The unpaid notice that it follows."""
        return self.prosecution.notice

    @property
    def in_full(self) -> bool:
        """Whether sensitive codes read in full: they do, or the bundle is not made."""
        return self.reach.may(Permission.VIEW_SENSITIVE, self.prosecution.school)

    @property
    def child(self) -> str:
        """The child's name in law."""
        return f"{self.prosecution.pupil.forenames} {self.prosecution.pupil.surname}"

    @property
    def parent(self) -> str:
        """The parent's name."""
        return self.prosecution.adult.name

    def line(
        self, text: str, *, when: str = "", key: str = "", to: str = "", what: str = ""
    ) -> Line | None:
        """A line that may stand in the bundle. what  how the list of what is left out calls it"""
        if not text.strip():
            return None
        kept = self.guard.text(text, what or when or "A line")
        return None if kept is None else Line(kept, when, key, to)

    def link(self) -> AdultLink | None:
        """What the parent is to the child."""
        return AdultLink.objects.filter(
            pupil=self.prosecution.pupil_id, adult=self.prosecution.adult_id
        ).first()


def some(lines: Iterable[Line | None]) -> tuple[Line, ...]:
    """The lines that may stand."""
    return tuple(line for line in lines if line is not None)


def letters_to(prosecution: Prosecution) -> list[CaseLetter]:
    """The letters to this parent about this child that went, the oldest first: nobody else's."""
    rows = (
        CaseLetter.objects.filter(
            pupil=prosecution.pupil_id,
            adult=prosecution.adult_id,
            letter__state=LetterState.HANDED_OVER.value,
            letter__document__isnull=False,
        )
        .exclude(pk=prosecution.letter_id or 0)
        .select_related("letter__document", "letter__approved_by")
        .defer("letter__document__pdf")
    )
    return list(rows.order_by("letter__handed_over_at", "pk"))


def on_day(day: date | None) -> str:
    """A day in words, or nothing."""
    return in_words(day) if day else ""


def local_day(moment: datetime | None) -> str:
    """The London day of a moment, in words, or nothing."""
    return in_words(localdate(moment)) if moment else ""


def at_moment(moment: datetime | None) -> str:
    """A moment in words, or nothing."""
    return words_and_time(moment)
