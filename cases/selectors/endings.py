"""What closing a case ends, what goes on all the same, and what must be settled first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.timezone import localdate

from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import Case, DeadlineKind, Given, ShareState
from cases.selectors.restricted import grants
from cases.selectors.support import label_of
from rules.case_stages import GROUND_GONE
from rules.contract_stages import FINAL as CONTRACT_OVER
from rules.dates import in_words
from rules.meeting_stages import MeetingState
from rules.referral_stages import ANSWERABLE, OVER, WRITABLE, ReferralState


@dataclass(frozen=True, slots=True)
class Ending:
    """One record of a case that is not over.

    words     what closing does to it, in a sentence
    settle    what must be done about it first, in a sentence; "" when it just ends
    unless    keys of reasons to close that end it all the same
    goes_on   whether it outlives the case
    route, at the page on which it is settled
    """

    words: str
    settle: str = ""
    unless: frozenset[str] = frozenset()
    goes_on: bool = False
    route: str = ""
    at: tuple[str, ...] = ()

    def stops(self, why: str) -> bool:
        """Whether the case cannot be closed for this reason before it is settled."""
        return bool(self.settle) and why not in self.unless


def _contracts(case: Case, reach: Reach, now: datetime) -> Iterator[Ending]:
    open_ones = case.contracts.exclude(state__in=[state.value for state in CONTRACT_OVER])
    for row in open_ones.order_by("pk"):
        at = (row.reference,)
        if not row.agreed:
            yield Ending("The offer of an attendance contract is taken back.", at=at)
            continue
        assert row.ends_on is not None  # noqa: S101  every contract that was agreed has its period
        yield Ending(
            f"The attendance contract that was agreed to {in_words(row.ends_on)} ends.",
            settle=(
                "An attendance contract is in force. Say on its page what came of it, then close"
                " the case."
            ),
            unless=GROUND_GONE,
            route="cases:contract",
            at=at,
        )


def _plans(case: Case, reach: Reach, now: datetime) -> Iterator[Ending]:
    for row in case.cycles.filter(ended_on=None):
        open_ones = row.actions.filter(done_on=None, dropped=False).count()
        more = f" {open_ones} of its actions will not be done." if open_ones else ""
        yield Ending(
            f"Plan {row.number} ends without its review, so it is no whole cycle.{more}",
            at=(case.reference, str(row.number)),
        )


def _meetings(case: Case, reach: Reach, now: datetime) -> Iterator[Ending]:
    rows = case.meetings.filter(meeting__agenda=False).select_related("meeting")
    for row in rows.prefetch_related("minutes").order_by("meeting__starts_at", "pk"):
        meeting, at = row.meeting, (row.meeting.reference,)
        state, day = MeetingState(meeting.state), in_words(localdate(meeting.starts_at))
        name = f"{meeting.label}, {day}"
        if state == MeetingState.PLANNED and meeting.starts_at > now:
            yield Ending(f"A meeting is called off: {name}. Tell whoever was invited.", at=at)
        elif state == MeetingState.PLANNED:
            settle = f"Write down first what became of a meeting: {name}."
            yield Ending(f"{name}: it has been.", settle, route="cases:meeting", at=at)
        elif state == MeetingState.MISSED:
            yield Ending(f"No second date is offered: {name}.", at=at)
        elif state == MeetingState.HELD and not row.minutes.all():
            settle = f"Write first the minutes of a meeting: {name}."
            yield Ending(f"{name}: it was held.", settle, route="cases:meeting", at=at)


def _referrals(case: Case, reach: Reach, now: datetime) -> Iterator[Ending]:
    over = [state.value for state in OVER]
    for row in case.referrals.exclude(state__in=over).order_by("pk"):
        state, at = ReferralState(row.state), (row.reference,)
        if state in WRITABLE:
            yield Ending(f"A referral is withdrawn: {row.title}.", at=at)
        elif state in ANSWERABLE:
            settle = (
                f"The council has not answered a referral: {row.title}. Withdraw it, or wait for"
                " the answer."
            )
            yield Ending(f"{row.title}: sent.", settle, route="cases:referral", at=at)
        else:
            words = (
                f"A referral goes on with the council, which says what it leads to: {row.title}."
            )
            yield Ending(words, goes_on=True, route="cases:referral", at=at)


def _support(case: Case, reach: Reach, now: datetime) -> Iterator[Ending]:
    in_full = reach.may(Permission.VIEW_SENSITIVE, case.school)
    for row in case.support.filter(ended_on=None).order_by("pk"):
        yield Ending(f"Support ends: {label_of(row, in_full=in_full)}.", at=(str(row.pk),))


def _shares(case: Case, reach: Reach, now: datetime) -> Iterator[Ending]:
    for row in grants(case, Given.SHARED):
        if row.ends_on is None or row.ends_on >= reach.today:
            yield Ending("An outside professional sees this case no more.", at=(row.reference,))


def _questions(case: Case, reach: Reach, now: datetime) -> Iterator[Ending]:
    for row in case.sibling_shares.filter(state=ShareState.ASKED.value).order_by("pk"):
        words = "A question to another school about a brother or sister is taken back."
        yield Ending(words, at=(row.reference,))


def _legal(case: Case, reach: Reach, now: datetime) -> Iterator[Ending]:
    """Clocks of legal steps: they do not stop because help does, so the case stays open."""
    rows = case.deadlines.filter(kind=DeadlineKind.LEGAL.value, done_on=None)
    for row in rows.order_by("due_on", "pk"):
        due = in_words(row.due_on)
        settle = f"A legal step waits, due on {due}: {row.words}. See to it first."
        yield Ending(
            f"{row.words}: due on {due}.", settle, route="cases:deadline", at=(str(row.pk),)
        )


# Each kind of record says what closing does to it. Add one here and to services.closing.
SOURCES: Sequence[Callable[[Case, Reach, datetime], Iterator[Ending]]] = (
    _contracts,
    _plans,
    _meetings,
    _referrals,
    _support,
    _shares,
    _questions,
    _legal,
)


def endings(case: Case, reach: Reach, now: datetime) -> list[Ending]:
    """Everything on a case that is not over, kind by kind. A constant number of queries a kind."""
    return [one for source in SOURCES for one in source(case, reach, now)]


def token(found: Sequence[Ending]) -> str:
    """What a person read before they closed a case, in short: "" when nothing was to end."""
    if not found:
        return ""
    told = "\n".join(f"{one.words} {one.settle} {' '.join(one.at)}" for one in found)
    return sha256(told.encode()).hexdigest()[:16]
