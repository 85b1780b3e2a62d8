"""Letters that the school sent itself: which of the policy's can be logged, and what they show."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.timezone import localdate

from authorities.access import Reach
from authorities.packs import Layer, PackLetter, PolicyInForce
from authorities.permissions import Permission
from cases.models import Case, LoggedLetter, Meeting
from cases.selectors.entries import Entry
from cases.selectors.letters import prepared_here
from cases.selectors.shown import Shown
from letters.catalogue import KINDS
from letters.contexts import LeaveLetter
from rules.dates import in_words
from rules.errors import InvalidInput
from rules.meeting_stages import MeetingState

# No wording of ours, and no letter of a case either: for no family, or part of a notice.
ELSEWHERE = frozenset({"outcome_to_school", "penalty_before_end"})


@dataclass(frozen=True, slots=True)
class Loggable:
    """A letter of a policy in force that the school may send itself."""

    layer: Layer
    letter: PackLetter

    @property
    def value(self) -> str:
        """The choice as a form sends it."""
        return f"{self.layer.pack.name}:{self.letter.key}"

    @property
    def here(self) -> bool:
        """Whether it can be prepared here instead."""
        return prepared_here(self.letter)


def _elsewhere(kind: str) -> bool:
    """Whether letters of a kind have a place of their own: answers to leave, and what only those
    who may decide on notices send. A school never logs that it sent one of these."""
    known = KINDS.get(kind)
    if known is None:
        return kind in ELSEWHERE
    return known.approve != Permission.APPROVE_LETTER or issubclass(known.context, LeaveLetter)


def loggable(policy: PolicyInForce) -> list[Loggable]:
    """The letters that a school may send itself, those without wording first, most local first."""
    found = [
        Loggable(layer, letter)
        for layer in reversed(policy.layers)
        for letter in layer.pack.letters
        if not _elsewhere(letter.kind)
    ]
    return sorted(found, key=lambda one: one.here)


def loggable_letter(policy: PolicyInForce, pack: str, key: str) -> Loggable:
    """One of them. Raises InvalidInput for any other."""
    for one in loggable(policy):
        if (one.layer.pack.name, one.letter.key) == (pack, key):
            return one
    raise InvalidInput("Choose one of the letters of the policy in force.")


def all_logged_of(case: Case) -> QuerySet[LoggedLetter]:
    """What was logged on a case, newest first; also what was taken back."""
    rows = case.logged_letters.select_related("adult", "logged_by", "taken_back_by")
    return rows.order_by("-sent_on", "-pk")


def logged_of(case: Case) -> QuerySet[LoggedLetter]:
    """What was logged on a case and not taken back, newest first."""
    return all_logged_of(case).filter(taken_back_at=None)


def logged_letter(case: Case, reference: str) -> LoggedLetter | None:
    """One of a case that the person has come to, also one that was taken back."""
    return all_logged_of(case).select_related("meeting").filter(reference=reference).first()


def meetings_to_invite_to(case: Case) -> QuerySet[Meeting]:
    """The case's planned meetings that a letter can invite to, the next first."""
    return Meeting.objects.filter(
        about__case=case, state=MeetingState.PLANNED.value, agenda=False
    ).order_by("starts_at", "pk")


def meeting_choice(meeting: Meeting) -> str:
    """A meeting as a form shows it."""
    return f"{meeting.label}, {in_words(localdate(meeting.starts_at))}"


def evidence(case: Case) -> Iterator[Shown]:
    """Each letter that went without Onroll, with the policy's key for it. One query."""
    for row in logged_of(case):
        yield Shown(
            "letter",
            row.sent_on,
            f"Sent by the school, {row.get_way_display().lower()}: {row.title}",
            row.logged_by.name,
            "cases:letter_logged",
            (case.reference, row.reference),
            row.key,
        )


def entries(case: Case, reach: Reach, rows: Iterable[LoggedLetter] | None = None) -> list[Entry]:
    """When each was logged and taken back, for the history. One query, or none with the rows."""
    named = reach.may(Permission.VIEW_CONTACTS, case.school)
    in_full = reach.may(Permission.VIEW_SENSITIVE, case.school)
    look = {"tag": "Letter", "tag_colour": "blue"}
    found = []
    for row in all_logged_of(case) if rows is None else rows:
        whom = f" to {row.adult.name}" if named else ""
        went = f"{row.get_way_display().lower()}, on {in_words(row.sent_on)}"
        title = f"{row.title}{whom}: sent by the school {went}"
        text = row.note if in_full else ""
        found.append(Entry(row.logged_at, title, row.logged_by.name, text, **look))
        if row.taken_back_at is not None and row.taken_back_by is not None:
            title = f"{row.title}{whom}: taken back, it was not sent"
            text = row.taken_back_because if in_full else ""
            found.append(Entry(row.taken_back_at, title, row.taken_back_by.name, text, **look))
    return found
