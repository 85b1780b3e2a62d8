"""Logging letters that the school sent itself, in its own words.

It fails closed as letters do: nothing is logged to an adult who may not be written to, nor by post
to one whose address is kept or in doubt. A person is told whom to ask instead.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from attendance.addressing import Way, may_write_to
from attendance.selectors.reasons import Person
from audit.record import Kind, record
from authorities.access import Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import Case, InviteWay, LetterWay, LoggedLetter, Meeting, Part, ProposalKind
from cases.selectors.logged_letters import Loggable, loggable_letter, meetings_to_invite_to
from cases.selectors.meetings import family_of
from cases.services import letter_reviews, meetings, proposals
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.letter_stages import FINAL

LONGEST_AGO = timedelta(days=366)
# Nobody knows where a school's own system sends, so it counts as post.
POSTED = (LetterWay.POST, LetterWay.OWN_SYSTEM)
INVITES = {
    LetterWay.POST: InviteWay.LETTER,
    LetterWay.BY_HAND: InviteWay.BY_HAND,
    LetterWay.EMAIL: InviteWay.EMAIL,
    LetterWay.OWN_SYSTEM: InviteWay.OWN_SYSTEM,
}
ASK = "If it has gone already, tell the safeguarding lead of the school now."


@dataclass(frozen=True, slots=True)
class Sent:
    """What went. `letter` is "pack:key"; adults and meeting are references, meeting may be ""."""

    letter: str
    adults: tuple[str, ...]
    way: str
    sent_on: date
    meeting: str = ""
    own_reference: str = ""
    note: str = ""


@transaction.atomic
def log(*, reach: Reach, case: Case, sent: Sent, now: datetime, today: date) -> list[LoggedLetter]:
    """Write down that a letter of the policy went to each of these adults.

    It counts from then on as that letter: a proposal to send it is taken up, a checklist that asks
    for it is shown, and where the policy sets a review after it, its clock starts. With a meeting,
    it is that meeting's invitation too.

    Raises Forbidden, InvalidInput, RuleNotMet in words, and Conflict for a closed case or a letter
    that is logged, or waits here, already. Nothing is kept then.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    case = _open(case)
    pack, _, key = sent.letter.partition(":")
    found = loggable_letter(pack_in_force(case.school, today), pack, key)
    _refuse_day(sent.sent_on, today)
    chosen = _chosen(case, sent, today)
    _refuse_twice(case, found, sent, chosen)
    meeting = _invite(reach, case, sent, chosen)
    rows = [
        LoggedLetter.objects.create(
            authority=case.authority,
            case=case,
            adult=one.link.adult,
            pack=pack,
            edition=found.layer.pack.edition,
            key=key,
            title=found.letter.title,
            source=found.letter.source,
            way=sent.way,
            sent_on=sent.sent_on,
            own_reference=sent.own_reference.strip(),
            note=sent.note.strip(),
            meeting=meeting,
            logged_by=reach.user,
            logged_at=now,
        )
        for one in chosen
    ]
    letter_reviews.start(case=case, pack=pack, letter=key, today=sent.sent_on)
    for row in rows:
        way, day = row.get_way_display().lower(), in_words(row.sent_on)
        _record(Kind.LETTER_LOGGED, case, row, reach, way=way, day=day, letter=f"{pack}:{key}")
    proposals.done(
        case=case, proposes=ProposalKind.LETTER, pack=pack, target=key, reach=reach, now=now
    )
    return rows


@transaction.atomic
def take_back(*, reach: Reach, letter: LoggedLetter, because: str, now: datetime) -> LoggedLetter:
    """Say that a letter was logged by mistake. It stays in the history, and shows nothing.

    Raises Forbidden, InvalidInput without a reason, and Conflict when somebody did so before.
    """
    reach.require(Permission.CHANGE_CASE, letter.case.school)
    case = _open(letter.case)
    found = LoggedLetter.objects.select_for_update(no_key=True).get(pk=letter.pk)
    if found.taken_back_at is not None:
        raise Conflict("Somebody has taken this back already.")
    if not because.strip():
        raise InvalidInput("Say why. It stays with the case.")
    found.taken_back_by, found.taken_back_at = reach.user, now
    found.taken_back_because = because.strip()
    found.save(update_fields=["taken_back_by", "taken_back_at", "taken_back_because"])
    _record(Kind.LETTER_LOG_TAKEN_BACK, case, found, reach)
    return found


def _open(case: Case) -> Case:
    """The case, held to the end of the transaction. Raises Conflict for a closed one."""
    found = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("authority", "pupil", "school__trust", "enrolment")
        .get(pk=case.pk)
    )
    if found.closed_on is not None:
        raise Conflict("This case is closed. Its letters cannot be changed any more.")
    return found


def _refuse_day(day: date, today: date) -> None:
    if day > today:
        raise RuleNotMet("That day has not been yet. Log the letter when it has gone.")
    if day < today - LONGEST_AGO:
        raise RuleNotMet("That is more than a year ago. Check the date.")


def _chosen(case: Case, sent: Sent, today: date) -> list[Person]:
    """The adults, each judged alone as for a letter of ours."""
    if sent.way not in LetterWay.values:
        raise InvalidInput("Say how the letter went.")
    around = {one.link.adult.reference: one for one in family_of(case, today)}
    if not sent.adults:
        raise InvalidInput("Select who the letter went to.")
    if not set(sent.adults) <= set(around):
        raise InvalidInput("Select adults from this pupil's record.")
    chosen = [one for reference, one in around.items() if reference in set(sent.adults)]
    for one in chosen:
        adult = one.link.adult
        if not one.may:
            raise RuleNotMet(f"No letter may go to {adult.name}. {one.because} {ASK}")
        decision = may_write_to(adult, one.link, today)
        if sent.way in POSTED and decision.way != Way.POST:
            raise RuleNotMet(
                f"Nothing may go to {adult.name} by post. {decision.reason} "
                f"If it was given by hand or by email, say so. {ASK}"
            )
    return chosen


def _refuse_twice(case: Case, found: Loggable, sent: Sent, chosen: Collection[Person]) -> None:
    """Refuse what is logged already, or waits here to be sent."""
    adults = [one.link.adult for one in chosen]
    pack, key = found.layer.pack.name, found.letter.key
    logged = case.logged_letters.filter(pack=pack, key=key, adult__in=adults, taken_back_at=None)
    if logged.filter(sent_on=sent.sent_on).exists():
        raise Conflict("This letter of that day is logged already. Nothing was logged twice.")
    waiting = case.letters.filter(
        adult__in=adults, letter__pack=pack, letter__pack_letter=key
    ).exclude(letter__state__in=[state.value for state in FINAL])
    if waiting.exists():
        raise Conflict(
            "This letter waits on the case to be approved. Withdraw that one first, or approve it "
            "instead."
        )


def _invite(reach: Reach, case: Case, sent: Sent, chosen: Collection[Person]) -> Meeting | None:
    """Write the letter down as the invitation to its meeting, where it is one."""
    if not sent.meeting:
        return None
    meeting = meetings_to_invite_to(case).filter(reference=sent.meeting).first()
    if meeting is None:
        raise InvalidInput("Choose one of the planned meetings of this case.")
    adults = [one.link.adult for one in chosen]
    asked = meeting.invited.filter(part=Part.ADULT, adult__in=adults)
    if asked.count() != len(adults):
        raise InvalidInput(
            "Somebody you selected is not asked to that meeting. Log their letter without it."
        )
    meetings.tell(
        reach=reach,
        meeting=meeting,
        version=meeting.version,
        told=[one.pk for one in asked],
        way=INVITES[LetterWay(sent.way)],
        told_on=sent.sent_on,
    )
    return meeting


def _record(kind: Kind, case: Case, row: LoggedLetter, reach: Reach, **facts: str) -> None:
    record(
        kind,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=row,
        reference=row.reference,
        **facts,
    )
