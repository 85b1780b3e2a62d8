"""The family of a case: brothers and sisters, their cases and meetings, masked where they must be.

A brother or sister at a school where the reader may see pupils is shown to them. One at another
school is "a pupil at another school" and nothing more, until that school has accepted a question
with a lawful basis, and only for as long as it said. Nothing about a masked child leaves here:
no name, no school, no figure, no day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.timezone import localtime

from attendance.marks import year_of
from attendance.models import Enrolment, PupilStanding
from attendance.selectors.calendars import calendar_of
from attendance.selectors.families import brothers_and_sisters
from authorities.access import Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.access import cases_for
from cases.models import (
    Case,
    CaseLetter,
    Deadline,
    DeadlineKind,
    LoggedLetter,
    ShareState,
    SiblingShare,
)
from cases.selectors.entries import Entry
from cases.selectors.shown import Shown
from rules.dates import in_words
from rules.deadlines import due_on
from rules.errors import UnknownTerm
from rules.letter_stages import LetterState

MASKED = "A pupil at another school"
CLOCK = "family_apart"


@dataclass(frozen=True, slots=True)
class Sibling:
    """One brother or sister as one reader may know them.

    key    names the child in an address, for this case only; nobody can read a child from it
    shown  False: everything below is empty
    seen   by the reader's own role, without asking
    """

    key: str
    shown: bool
    seen: bool
    state: str  # of the newest question to their school: "", asked, accepted, refused
    until: date | None = None
    answer: str = ""
    name: str = MASKED
    school: str = ""
    band: str = ""
    case: str = ""  # the reference of their open case
    case_open: bool = False  # the reader may open it
    stage: str = ""
    meeting_on: date | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Everybody who was found, and why that may not be all: `attendance.selectors.families`."""

    siblings: tuple[Sibling, ...]
    order: bool
    kept_back: int

    @property
    def masked(self) -> int:
        """How many are not shown."""
        return sum(not one.shown for one in self.siblings)


def key_of(case: Case, enrolment_id: int) -> str:
    """What stands for a child in an address of this case: a keyed digest."""
    return salted_hmac(f"sibling of case {case.pk}", str(enrolment_id)).hexdigest()[:16]


def family_of(case: Case, reach: Reach, today: date) -> Family:
    """The family as this reader may know it. The number of queries does not grow with it."""
    looked = brothers_and_sisters(case.pupil, today)
    shares = _newest_shares(case)
    rows = looked.enrolments
    seen = {row.pk: reach.may(Permission.VIEW_PUPIL, row.school) for row in rows}
    accepted = {row.pk for row in rows if _holds(shares.get(row.pk), today)}
    open_rows = [row for row in rows if seen[row.pk] or row.pk in accepted]
    bands = _bands(open_rows, today)
    cases, mine = _cases(open_rows, reach, accepted)
    meetings = _meetings(cases.values(), today)
    found = []
    for row in rows:
        share = shares.get(row.pk)
        masked = Sibling(
            key=key_of(case, row.pk),
            shown=False,
            seen=seen[row.pk],
            state=share.state if share and _still(share, today) else "",
            until=share.until if share and row.pk in accepted else None,
            answer=share.answer if share else "",
        )
        if row not in open_rows:
            found.append(masked)
            continue
        theirs = cases.get(row.pk)
        shown = replace(
            masked,
            shown=True,
            name=row.pupil.name,
            school=row.school.name,
            band=bands.get(row.pk, ""),
        )
        if theirs is not None:
            shown = replace(
                shown,
                case=theirs.reference,
                case_open=theirs.pk in mine,
                stage=theirs.get_stage_display(),
                meeting_on=meetings.get(theirs.pk),
            )
        found.append(shown)
    return Family(tuple(found), looked.order, looked.kept_back)


def enrolment_of(case: Case, key: str, today: date) -> Enrolment | None:
    """The enrolment that a key of this case stands for, among those found today."""
    rows = brothers_and_sisters(case.pupil, today).enrolments
    return next((row for row in rows if key_of(case, row.pk) == key), None)


def _newest_shares(case: Case) -> dict[int, SiblingShare]:
    """The newest question about each child, by enrolment."""
    rows = SiblingShare.objects.filter(case=case).order_by("pk")
    return {row.enrolment_id: row for row in rows}


def _holds(share: SiblingShare | None, today: date) -> bool:
    """Whether an acceptance holds today."""
    return share is not None and share.state == ShareState.ACCEPTED and today <= share.until


def _still(share: SiblingShare, today: date) -> bool:
    """Whether a question's state still says something: an acceptance that ended does not."""
    return share.state != ShareState.ACCEPTED or today <= share.until


def _bands(rows: Iterable[Enrolment], today: date) -> dict[int, str]:
    """The attendance band of each, as last swept."""
    standings = PupilStanding.objects.filter(
        enrolment__in=[row.pk for row in rows], year=year_of(today)
    )
    found = {row.enrolment_id: row.band_or_none for row in standings}
    return {pk: band.words for pk, band in found.items() if band is not None}


def _cases(
    rows: list[Enrolment], reach: Reach, accepted: set[int]
) -> tuple[dict[int, Case], set[int]]:
    """The open case of each, by enrolment, and which the reader may open.

    A restricted case is known only to those named on it, whatever a school has accepted.
    """
    mine = cases_for(reach).filter(enrolment__in=rows, closed_on=None)
    own = set(mine.values_list("pk", flat=True))
    open_cases = Case.objects.filter(enrolment__in=rows, closed_on=None).filter(
        Q(pk__in=own) | Q(enrolment__in=accepted, restricted=False)
    )
    return {row.enrolment_id: row for row in open_cases}, own


def _meetings(cases: Iterable[Case], today: date) -> dict[int, date]:
    """The next meeting of each case, by case."""
    rows = Deadline.objects.filter(
        case__in=list(cases),
        kind=DeadlineKind.MEETING.value,
        done_on=None,
        due_on__gte=today,
    ).order_by("-due_on")
    return {row.case_id: row.due_on for row in rows}


def clashes(case: Case, reach: Reach, today: date) -> list[str]:
    """What a letter or a meeting of this case would clash with, in sentences; usually nothing.

    Letters of a brother's or sister's case that wait, or went within the policy's clock; meetings
    of theirs within it, before or after. Only of those whom the reader may know.
    """
    names = {one.case: one.name for one in family_of(case, reach, today).siblings if one.case}
    if not names:
        return []
    layer, clock = pack_in_force(case.school, today).clock(CLOCK)
    calendar = calendar_of(case.school)

    def near(day: date) -> bool:
        first, second = sorted((day, today))
        try:
            return second <= due_on(first, clock.length, clock.unit, calendar)
        except UnknownTerm:
            return True  # we cannot count, so we warn

    rule = f"{clock.words} apart ({layer.pack.pack.title}: {clock.source})"
    said = [*_letters_near(case, names, near), *_meetings_near(case, names, near)]
    return [f"{one} The policy keeps them {rule}." for one in dict.fromkeys(said)]


def _letters_near(
    case: Case, names: Mapping[str, str], near: Callable[[date], bool]
) -> Iterator[str]:
    """Letters of other cases that wait, or went not long ago."""
    rows = CaseLetter.objects.filter(case__reference__in=names, authority=case.authority_id)
    rows = rows.exclude(letter__state=LetterState.WITHDRAWN.value)
    for reference, went in rows.order_by("pk").values_list(
        "case__reference", "letter__handed_over_at"
    ):
        name = names[str(reference)]
        if went is None:
            yield f"A letter about {name} waits to be sent to this family."
        elif near(localtime(went).date()):
            on = in_words(localtime(went).date())
            yield f"A letter about {name} went to this family on {on}."
    logged = LoggedLetter.objects.filter(
        case__reference__in=names, authority=case.authority_id, taken_back_at=None
    )
    for reference, day in logged.order_by("pk").values_list("case__reference", "sent_on"):
        if near(day):
            name, on = names[str(reference)], in_words(day)
            yield f"A letter about {name} went to this family on {on}."


def _meetings_near(
    case: Case, names: Mapping[str, str], near: Callable[[date], bool]
) -> Iterator[str]:
    """Meetings of other cases soon, or not long ago and still open."""
    rows = Deadline.objects.filter(
        authority=case.authority_id,
        case__reference__in=names,
        kind=DeadlineKind.MEETING.value,
        done_on=None,
    )
    for reference, day in rows.order_by("due_on", "pk").values_list("case__reference", "due_on"):
        if near(day):
            yield (
                f"A meeting about {names[reference]} is on {in_words(day)}: "
                "one meeting can serve both."
            )


def entries(case: Case, reach: Reach) -> list[Entry]:
    """Questions about brothers and sisters in the case's history, without a name. One query."""
    found = []
    rows = SiblingShare.objects.filter(case=case).select_related("asked_by", "answered_by")
    for row in rows:
        found.append(
            Entry(
                row.asked_at,
                "Another school was asked about a brother or sister",
                row.asked_by.name,
                row.get_basis_display(),
                tag="Family",
                tag_colour="turquoise",
            )
        )
        if row.answered_at is not None and row.answered_by is not None:
            found.append(
                Entry(
                    row.answered_at,
                    f"The other school answered: {row.get_state_display().lower()}",
                    "",
                    row.answer,
                    tag="Family",
                    tag_colour="turquoise",
                )
            )
    return found


def evidence(case: Case) -> Iterator[Shown]:
    """That schools of brothers and sisters were spoken to: each answered question. One query."""
    unanswered = [ShareState.ASKED.value, ShareState.WITHDRAWN.value]
    rows = SiblingShare.objects.filter(case=case).exclude(state__in=unanswered)
    for row in rows.select_related("asked_by").order_by("pk"):
        assert row.answered_at is not None  # noqa: S101  a constraint holds it
        yield Shown(
            kind="siblings",
            on=localtime(row.answered_at).date(),
            words=f"Another school was asked about a brother or sister: "
            f"{row.get_state_display().lower()}",
            by=row.asked_by.name,
            route="cases:family",
            at=(case.reference,),
        )
