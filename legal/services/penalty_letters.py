"""The paper of a penalty notice, and the letters about what becomes of it: one parent each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from attendance.addressing import Decision, Way, address_lines, may_write_to
from attendance.models import Adult, AdultLink, Pupil, YesNoUnknown
from authorities.access import Reach
from authorities.models import School
from authorities.packs import Layer, PackLetter, PolicyInForce, pack_in_force
from cases.models import CaseLetter
from cases.services import sending
from legal.models import Lane, NoticeOffice, NoticeRequest, PenaltyNotice
from legal.selectors.penalties import (
    days_in_words,
    posting_day,
    printed_reference,
    subject_of,
    with_weekday,
)
from letters.contexts import (
    CouncilLetter,
    PenaltyExcluded,
    PenaltyFirst,
    PenaltyLetter,
    PenaltySecond,
)
from letters.models import Letter, Route
from letters.services import drafting
from rules.dates import in_words
from rules.errors import RuleNotMet
from rules.letter_stages import LetterState, may
from rules.notice_references import in_groups
from rules.service import Method, Service, received
from rules.tariffs import Step, Tariff, in_pounds, payment_period

KINDS: dict[Step, type[PenaltyLetter]] = {
    Step.FIRST: PenaltyFirst,
    Step.SECOND: PenaltySecond,
    Step.EXCLUDED: PenaltyExcluded,
}
NOT_PRINTED = "Not printed here, so that no address is passed on"


@dataclass(frozen=True, slots=True)
class Release:
    """That a person takes it on to write to a parent about whom there is a doubt.

    route   by post to the address on record, or by hand
    reason  why it is safe; seen  the codes of the doubts that the person read
    """

    route: Route
    reason: str
    seen: Collection[str]


@dataclass(frozen=True, slots=True)
class To:
    """One parent to whom a notice goes, and how."""

    adult: Adult
    link: AdultLink
    decision: Decision
    release: Release | None

    @property
    def by_hand(self) -> bool:
        """Whether a person gives it to them."""
        return self.release is not None and self.release.route == Route.IN_PERSON

    @property
    def lines(self) -> tuple[str, ...]:
        """The address to print: none of one that is protected and given by hand."""
        return () if self.by_hand else tuple(address_lines(self.adult))


def addressed(pupil: Pupil, adult: Adult, release: Release | None, today: date) -> To:
    """Whether and how a notice may go to a parent. It fails closed.

    Asked again under locks when the letter is approved, made and handed over (cases.safety).
    Raises RuleNotMet: nobody may write to them, or there is a doubt that nobody has taken on.
    """
    link = AdultLink.objects.filter(pupil=pupil, adult=adult).first()
    if link is None:
        raise RuleNotMet("A parent of this request is no longer on the pupil's record.")
    decision = may_write_to(adult, link, today)
    if decision.way == Way.DO_NOT_WRITE:
        raise RuleNotMet(f"{decision.reason} Leave this parent out of the request.")
    if decision.way == Way.HOLD:
        if release is None or not release.reason.strip():
            raise RuleNotMet(
                f"{decision.reason} Nothing is issued to this parent until a person says how it is "
                "given to them safely, and why. Or leave them out of the request."
            )
        if set(decision.codes) - set(release.seen):
            raise RuleNotMet("What is known of a parent has changed. Read it again, then decide.")
    return To(adult, link, decision, release if decision.way == Way.HOLD else None)


@dataclass(frozen=True, slots=True)
class Paper:
    """The dates that a notice prints: from the planned day of posting, or of giving it by hand."""

    posting: date
    receipt: date
    early_last: date | None
    last: date
    serving: str
    counting: str


def paper(tariff: Tariff, office: NoticeOffice, *, by_hand: bool, today: date) -> Paper:
    """Work them out. The true days follow from how it is served."""
    posting = today if by_hand else posting_day(today, office)
    method = Method.BY_HAND if by_hand else Method.POST
    receipt = received(
        Service(method, posting), working_days=None if by_hand else office.deemed_days
    )
    assert receipt.on is not None  # noqa: S101 - neither rebutted nor unknown
    period = payment_period(receipt.on, tariff)
    if by_hand:
        serving = (
            f"We give you this notice by hand. The dates above are right if you get it on "
            f"{with_weekday(posting)}."
        )
    else:
        serving = (
            f"We post this notice by first-class post on {with_weekday(posting)}. Unless you show "
            f"another day, it is taken as received on {with_weekday(receipt.on)}."
        )
    full = f"The last day to pay {in_pounds(tariff.full_pence)} is day {tariff.full_days}."
    early = (
        f"The last day to pay {in_pounds(tariff.early_pence)} is day {tariff.early_days}. "
        if tariff.early_pence
        else ""
    )
    return Paper(
        posting,
        receipt.on,
        period.early_last,
        period.last,
        serving,
        f"The day on which you receive it is day 1. {early}{full}",
    )


def notice_context(
    *,
    request: NoticeRequest,
    to: To,
    tariff: Tariff,
    dates: Paper,
    office: NoticeOffice,
    reference: str,
    officer: str,
    today: date,
) -> PenaltyLetter:
    """Every particular of the regulations. Raises RuleNotMet naming one that is missing."""
    pupil, school = request.enrolment.pupil, request.school
    early = tariff.early_pence or tariff.full_pence
    return KINDS[tariff.step](
        letter_date=today,
        notice_reference=in_groups(reference),
        parent_name=to.adult.name,
        parent_address=", ".join(to.lines[1:]) or "Known to the council, and not printed here",
        child_name=pupil.name,
        child_address=_childs_address(to, today),
        school_name=school.name,
        places=_places(request, school),
        offence=_offence(request),
        days=_days(request),
        officer=officer,
        issued_on=with_weekday(today),
        early_amount=in_pounds(early),
        early_by=with_weekday(dates.early_last or dates.last),
        full_amount=in_pounds(tariff.full_pence),
        full_by=with_weekday(dates.last),
        serving=dates.serving,
        counting=dates.counting,
        ways=_ways(office),
        council_name=office.name,
        council_address=", ".join([*_lines(office.address), office.postcode]),
        council_contact=office.contact,
        council_lines=(*_lines(office.address), office.postcode),
    )


def _ways(office: NoticeOffice) -> str:
    """The ways to pay as one sentence without its full stop."""
    first, *more = _lines(office.ways)
    return ", or ".join([first, *(f"{way[:1].lower()}{way[1:]}" for way in more)])


def _lines(text: str) -> list[str]:
    return [line.strip().rstrip(".") for line in text.splitlines() if line.strip()]


def _childs_address(to: To, today: date) -> str:
    """The child's address, only to whoever lives there: no parent learns another's from us."""
    link = to.link
    lives_there = (
        link.has_care == YesNoUnknown.YES
        and (link.care_from is None or link.care_from <= today)
        and (link.care_to is None or today <= link.care_to)
    )
    return "The same address as yours" if lives_there and not to.by_hand else NOT_PRINTED


def _places(request: NoticeRequest, school: School) -> str:
    where = ", ".join([school.name, *sending.lines_of(school)])
    other = str(request.answers.get("alternative_provision", "")).strip()
    return f"{where}. Also taught at: {other}" if other else where


def _offence(request: NoticeRequest) -> str:
    """What happened, in a sentence or two."""
    if request.lane == Lane.EXCLUDED:
        return str(request.answers.get("circumstances", "")).strip()
    half_days = len(request.sessions)
    counted = "1 half day" if half_days == 1 else f"{half_days} half days"
    return (
        f"The register shows {counted} of absence without leave, from {in_words(request.first)} to "
        f"{in_words(request.last)}. A half day on which a child came after the register had closed "
        "counts as one."
    )


def _days(request: NoticeRequest) -> str:
    if request.sessions:
        return days_in_words(request.sessions)
    if request.first == request.last:
        return with_weekday(request.first)
    return f"{with_weekday(request.first)} to {with_weekday(request.last)}"


def wording(policy: PolicyInForce, kind: str) -> tuple[Layer, PackLetter]:
    """The most local letter of this kind in force. Raises RuleNotMet where none has it."""
    for layer, letter in policy.letters():
        if letter.kind == kind:
            return layer, letter
    raise RuleNotMet("No policy in force has this letter. Ask your administrator to adopt one.")


def send(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    to: To,
    context: PenaltyLetter | CouncilLetter,
    today: date,
    now: datetime,
) -> CaseLetter:
    """Draft, release where a person took that on, and approve by the decision itself.

    Raises RuleNotMet where the letter may not go after all: nothing is issued then.
    """
    case_letter = draft(notice=notice, to=to, context=context, today=today, now=now)
    approve(case_letter, to, reach=reach, now=now)
    return case_letter


def approve(case_letter: CaseLetter, to: To, *, reach: Reach, now: datetime) -> None:
    """Release a drafted letter where a person took that on, and approve it by the decision itself.

    Raises RuleNotMet where the letter may not go after all.
    """
    letter = case_letter.letter
    if to.release is not None:
        letter = drafting.release(
            letter,
            reach=reach,
            route=to.release.route,
            reason=to.release.reason,
            codes=to.decision.codes,
            address_lines=to.lines,
            now=now,
        )
    letter = drafting.approve(letter, reach=reach, now=now)
    if letter.stage != LetterState.APPROVED:
        raise RuleNotMet(f"It may not be sent: {letter.reason}")
    case_letter.letter = letter


def draft(
    *,
    notice: PenaltyNotice,
    to: To,
    context: PenaltyLetter | CouncilLetter,
    today: date,
    now: datetime,
) -> CaseLetter:
    """Draft a letter about a notice. One about a parent of whom there is a doubt is held."""
    layer, letter = wording(pack_in_force(notice.school, today), context.KIND)
    made = sending.draft(
        reach=None,
        school=notice.school,
        adult=to.adult,
        decision=to.decision,
        context=context,
        layer=layer,
        letter=letter,
        now=now,
    )
    request = notice.request
    return CaseLetter.objects.create(
        authority_id=notice.authority_id,
        pupil_id=notice.pupil_id,
        case=request.case,
        leave=None if request.case else request.leave,
        adult=to.adult,
        about=subject_of(notice),
        letter=made,
    )


def tell_parent(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    kind: type[CouncilLetter],
    reason: str,
    what_next: str,
    today: date,
    now: datetime,
) -> CaseLetter | None:
    """Write to the parent what was decided. Sent at once, or held for a person where in doubt.

    None where nobody may write to them: whoever decided is told so on the notice's page.
    """
    office = notice.particulars["said"]
    link = AdultLink.objects.filter(pupil=notice.pupil_id, adult=notice.adult_id).first()
    if link is None:
        return None
    decision = may_write_to(notice.adult, link, today)
    if decision.way == Way.DO_NOT_WRITE:
        return None
    context = kind(
        letter_date=today,
        notice_reference=printed_reference(notice),
        child_name=notice.pupil.name,
        issued_on=in_words(notice.issued_on),
        reason=reason,
        what_next=what_next,
        officer=reach.user.name,
        council_name=office["council_name"],
        council_contact=office["council_contact"],
        council_lines=tuple(office["council_lines"]),
    )
    to = To(notice.adult, link, decision, None)
    case_letter = draft(notice=notice, to=to, context=context, today=today, now=now)
    if case_letter.letter.stage == LetterState.DRAFT:
        drafting.approve(case_letter.letter, reach=reach, now=now)
    return case_letter


def stop_paper(notice: PenaltyNotice, *, now: datetime) -> None:
    """Keep a notice that is ended before it went from going."""
    if notice.letter is None:
        return
    letter: Letter = drafting.locked(notice.letter.letter)
    if may(letter.stage, "hold"):
        drafting.stop(letter, "The penalty notice was ended before it went.", now=now)


def frozen(context: PenaltyLetter, tariff: Tariff, dates: Paper) -> dict[str, Any]:
    """What a notice keeps of its paper."""
    return {
        "said": context.as_json(),
        "tariff": {
            "early_days": tariff.early_days,
            "full_days": tariff.full_days,
            "source": tariff.source,
        },
        "planned_posting": dates.posting.isoformat(),
        "planned_receipt": dates.receipt.isoformat(),
    }
