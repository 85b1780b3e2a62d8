"""The paper of a penalty notice, and the letters about what becomes of it: one parent each."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from attendance.models import YesNoUnknown
from authorities.access import Reach
from authorities.models import School
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
from legal.services import papers
from legal.services.papers import About, To
from letters.contexts import (
    CouncilLetter,
    PenaltyExcluded,
    PenaltyFirst,
    PenaltyLetter,
    PenaltySecond,
)
from letters.models import Letter
from letters.services import drafting
from rules.dates import in_words
from rules.letter_stages import may
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


def about(notice: PenaltyNotice) -> About:
    """What the letters about a notice are about: it, its pupil, and its case or leave."""
    request = notice.request
    return About(
        subject=subject_of(notice),
        school=notice.school,
        pupil=notice.pupil,
        case=request.case,
        leave=None if request.case else request.leave,
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
    return papers.tell(about(notice), notice.adult, context, reach=reach, today=today, now=now)


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
