"""The first letters of a case: one draft for each adult, by the policy's own words."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from attendance.addressing import Way, address_lines, may_write_to
from attendance.models import AdultLink
from attendance.selectors.books import Book
from authorities.access import Reach
from authorities.packs import Layer, PackLetter
from authorities.permissions import Permission
from cases.models import Case, CaseLetter, ProposalKind
from cases.selectors.facts import book_for
from cases.selectors.letters import Addressee, addressees, policy_for
from cases.services import proposals, sending
from letters import preflight
from letters.contexts import ConcernLetter
from letters.models import Letter, Route
from letters.services import drafting
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.letter_stages import FINAL

WAITING = "A letter like this to {count} already waits on this case. Nothing was prepared twice."


@transaction.atomic
def prepare(
    *,
    reach: Reach,
    case: Case,
    pack: str,
    letter: str,
    adults: Collection[str],
    now: datetime,
    today: date,
) -> list[CaseLetter]:
    """Draft the chosen letter to each chosen adult, each alone. Nothing is sent.

    pack, letter  which letter of the policy in force today
    adults        references of the adults to write to

    A draft that needs a person first is held, and carries no address until it is released.
    Raises Forbidden, RuleNotMet in words, and Conflict when such a letter already waits.
    """
    reach.require(Permission.PREPARE_LETTER, case.school)
    case = _locked(case)
    layer, found = _letter(case, pack, letter, today)
    chosen = _chosen(case, adults, today)
    _refuse_twice(case, found, layer, chosen)
    context = concern(case, found, layer, today)
    made = [_draft(reach, case, layer, found, context, one, now) for one in chosen]
    proposals.done(
        case=case,
        proposes=ProposalKind.LETTER,
        pack=layer.pack.name,
        target=found.key,
        reach=reach,
        now=now,
    )
    return made


@transaction.atomic
def prepare_alone(
    *, case: Case, pack: str, letter: str, now: datetime, today: date
) -> list[CaseLetter]:
    """Draft a letter that the policy sends by itself, to each adult who may be written to.

    Where anything is in doubt about an adult, theirs is held for a person, without an address.
    Raises RuleNotMet in words where there is nobody to write to, and as `prepare`.
    """
    case = _locked(case)
    layer, found = _letter(case, pack, letter, today)
    chosen = [one for one in addressees(case, today) if one.decision.way != Way.DO_NOT_WRITE]
    if not chosen:
        raise RuleNotMet("There is nobody on the pupil's record who may be written to.")
    _refuse_twice(case, found, layer, chosen)
    context = concern(case, found, layer, today)
    return [_draft(None, case, layer, found, context, one, now) for one in chosen]


def _locked(case: Case) -> Case:
    """The case, held to the end of the transaction. Raises Conflict for a closed one."""
    found = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("pupil", "school__trust", "enrolment__pupil", "enrolment__school__trust")
        .get(pk=case.pk)
    )
    if found.closed_on is not None:
        raise Conflict("This case is closed. Open a new one to write to the family.")
    return found


def _letter(case: Case, pack: str, letter: str, today: date) -> tuple[Layer, PackLetter]:
    """A letter of the policy in force. Raises InvalidInput for one that is not for a case."""
    layer, found = policy_for(case, today).letter(pack, letter)
    if found.kind != ConcernLetter.KIND:
        raise InvalidInput("Choose one of the letters for a case.")
    return layer, found


def _chosen(case: Case, adults: Collection[str], today: date) -> list[Addressee]:
    """The adults by reference, refused when the law or an order forbids writing to one."""
    around = {one.adult.reference: one for one in addressees(case, today)}
    if not adults:
        raise InvalidInput("Select who the letter is to.")
    if not set(adults) <= set(around):
        raise InvalidInput("Select adults from this pupil's record.")
    for reference in adults:
        if around[reference].decision.way == Way.DO_NOT_WRITE:
            raise RuleNotMet(around[reference].decision.reason)
    return [one for reference, one in around.items() if reference in set(adults)]


def _refuse_twice(case: Case, letter: PackLetter, layer: Layer, chosen: list[Addressee]) -> None:
    waiting = (
        case.letters.filter(
            adult__in=[one.adult for one in chosen],
            letter__pack=layer.pack.name,
            letter__pack_letter=letter.key,
        )
        .exclude(letter__state__in=[state.value for state in FINAL])
        .count()
    )
    if waiting:
        raise Conflict(WAITING.format(count="1 person" if waiting == 1 else f"{waiting} people"))


def concern(case: Case, letter: PackLetter, layer: Layer, today: date) -> ConcernLetter:
    """What the letter says of this case today. Raises RuleNotMet when something is missing."""
    book = book_for(case.enrolment, today)
    if not book.tally.absent:
        raise RuleNotMet("This pupil has not missed any school this year. There is nothing to say.")
    return ConcernLetter(
        letter_date=today,
        pupil_first_name=case.pupil.known_as or case.pupil.forenames.split()[0],
        sessions_missed=book.tally.absent,
        since=since(book),
        review_period=layer.pack.clock(letter.review).words if letter.review else "",
        contact_name=sending.contact_of(case.school),
        contact_details=sending.details_of(case.school),
        school_name=case.school.name,
        school_lines=tuple(sending.lines_of(case.school)),
    )


def since(book: Book) -> str:
    """When counting starts, in words: the month the year began, or the day the pupil joined."""
    held = [session.day for session in book.calendar.held if session.day >= book.start]
    joined = book.enrolment.starts_on
    if held and joined > held[0]:
        return in_words(joined)
    return f"{held[0] if held else book.start:%B}"


def _draft(
    reach: Reach | None,
    case: Case,
    layer: Layer,
    letter: PackLetter,
    context: ConcernLetter,
    to: Addressee,
    now: datetime,
) -> CaseLetter:
    """One adult's letter."""
    made = sending.draft(
        reach=reach,
        school=case.school,
        adult=to.adult,
        decision=to.decision,
        context=context,
        layer=layer,
        letter=letter,
        now=now,
    )
    return CaseLetter.objects.create(
        authority=case.authority,
        pupil=case.pupil,
        case=case,
        adult=to.adult,
        letter=made,
    )


@transaction.atomic
def release(
    *,
    reach: Reach,
    case_letter: CaseLetter,
    route: Route,
    reason: str,
    seen: Collection[str],
    now: datetime,
    today: date,
) -> Letter:
    """A person takes a held letter on: by post to the address now on record, or by hand.

    seen  the codes of the doubts that the person read before deciding

    Raises Forbidden, InvalidInput, Conflict, and RuleNotMet where no one may write at all or
    the address would not reach anybody.
    """
    adult = case_letter.adult
    link = AdultLink.objects.filter(pupil=case_letter.pupil_id, adult=adult).first()
    if link is None:
        raise RuleNotMet("This adult is no longer on the pupil's record. Withdraw the letter.")
    decision = may_write_to(adult, link, today)
    if decision.way == Way.DO_NOT_WRITE:
        raise RuleNotMet(f"{decision.reason} Withdraw the letter.")
    if set(decision.codes) - set(seen):
        raise Conflict("What is known of this adult has changed. Read it again, then decide.")
    lines: tuple[str, ...] = ()
    if route == Route.POST:
        lines = tuple(address_lines(adult))
        problem = preflight.address_problem(lines)
        if problem:
            raise RuleNotMet(f"{problem} Correct it on the pupil's record, or give it by hand.")
    return drafting.release(
        case_letter.letter,
        reach=reach,
        route=route,
        reason=reason,
        codes=decision.codes,
        address_lines=lines,
        now=now,
    )
