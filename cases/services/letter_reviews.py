"""The review after a letter: its clock starts with the letter, and its outcome tells the policy."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from authorities.access import Reach
from authorities.packs import pack_in_force
from cases.models import Case, CaseLetter, Deadline, DeadlineKind
from cases.selectors.letter_reviews import ABOUT, outcomes, review_words, reviewed
from cases.services import deadlines, proposals
from cases.services.support import changeable
from letters.models import Letter, WhyWithdrawn
from letters.services import drafting
from rules.errors import Conflict, InvalidInput, UnknownTerm
from rules.letter_stages import LetterState

KIND = DeadlineKind.LETTER_REVIEW
PLANNED = "A plan was started. Its review takes the place of this one."
WITHDRAWN = "The letter was withdrawn before it went."
NOTHING = "Nobody says whether the letter helped, and the policy cannot say what comes next."


@dataclass(frozen=True, slots=True)
class Found:
    """What the review found: a happening of `outcomes`, and in words."""

    outcome: str
    words: str


@transaction.atomic
def approve(*, reach: Reach | None, case_letter: CaseLetter, now: datetime, today: date) -> Letter:
    """Approve a letter, and start the clock of its review where the policy sets one.

    reach  None for a letter that the policy sends by itself. Raises as `drafting.approve`.
    """
    letter = drafting.approve(case_letter.letter, reach=reach, now=now)
    if case_letter.case is not None and letter.stage != LetterState.HELD:
        start(case=case_letter.case, pack=letter.pack, letter=letter.pack_letter, today=today)
    return letter


@transaction.atomic
def withdraw(
    *, reach: Reach, case_letter: CaseLetter, why: WhyWithdrawn, now: datetime, today: date
) -> Letter:
    """Withdraw a letter; with the last that was on its way, the clock of its review ends too.

    Raises as `drafting.withdraw`.
    """
    letter = drafting.withdraw(case_letter.letter, reach=reach, why=why, now=now)
    case = case_letter.case
    if case is not None and not _another(case):
        deadlines.drop(case=case, kind=KIND, today=today, because=WITHDRAWN, about=ABOUT)
    return letter


def _another(case: Case) -> bool:
    """Whether a letter of the case is on its way or went."""
    not_sent = [
        state.value for state in (LetterState.DRAFT, LetterState.HELD, LetterState.WITHDRAWN)
    ]
    here = case.letters.exclude(letter__state__in=not_sent)
    return here.exists() or case.logged_letters.filter(taken_back_at=None).exists()


def start(*, case: Case, pack: str, letter: str, today: date) -> Deadline | None:
    """Start the clock of the review after a letter of a policy. None where there is none to run.

    While a plan goes on its own review answers the same, and where the calendar ends before the
    day nothing can be counted. In the caller's transaction.
    """
    if case.closed_on is not None or case.cycles.filter(ended_on=None).exists():
        return None
    found = reviewed(pack_in_force(case.school, today), pack, letter)
    if found is None:
        return None
    layer, entry = found
    try:
        return deadlines.start(
            case=case,
            kind=KIND,
            words=review_words(layer, entry),
            since=today,
            clock=str(entry.review),
            about=ABOUT,
            nothing=NOTHING,
        )
    except UnknownTerm:
        return None


def give_way(*, case: Case, today: date) -> int:
    """A plan was started: end the clock of the review after a letter."""
    return deadlines.drop(case=case, kind=KIND, today=today, because=PLANNED, about=ABOUT)


@transaction.atomic
def hold(
    *, reach: Reach, case: Case, found: Found, version: int, now: datetime, today: date
) -> Deadline:
    """Say what the review after a letter found. The policy may propose what comes next.

    version  of the deadline when the form was read

    Raises Forbidden, Conflict for a closed case or a review that waits no more, and InvalidInput.
    """
    case = changeable(reach, case)
    row = (
        deadlines.running(case, KIND, ABOUT)
        .select_for_update(of=("self",))
        .select_related("case__school", "authority")
        .first()
    )
    if row is None or row.version != version:
        raise Conflict(
            "Somebody wrote this review or changed its day while you were writing. Look at the"
            " case again."
        )
    came = {one.value: one for one in outcomes(case, today)}.get(found.outcome)
    if came is None:
        raise InvalidInput("Say whether attendance improved.")
    if not found.words.strip():
        raise InvalidInput("Say what you saw.")
    note = f"{came.words}. {found.words.strip()}"[: deadlines.LONGEST_REASON]
    deadlines.done(row, reach, note, today, now)
    proposals.happened(case=case, happening=came.value, today=today, now=now)
    return row
