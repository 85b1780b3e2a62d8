"""The letters of a Notice to Improve: the notice itself, and what became of it. One parent each."""

from datetime import date

from cases.services import sending
from legal.models import ImprovementNotice
from legal.selectors.improvements import period_of, subject_of
from legal.selectors.penalties import office_of
from legal.services.papers import About
from letters.contexts import ImprovementLetter, ImprovementNews
from rules.dates import in_words
from rules.errors import RuleNotMet

NO_OFFICE = (
    "Say first who parents write to at the council, on the page Council details of the area Legal:"
    " a notice must say it."
)


def _issuer(notice: ImprovementNotice) -> dict[str, object]:
    """Who it is from: the school, or the council. Raises RuleNotMet where it is not said."""
    if notice.side == "school":
        return {
            "issuer": notice.school.name,
            "issuer_contact": (
                f"{sending.contact_of(notice.school)}, {sending.details_of(notice.school)}"
            ),
            "issuer_lines": tuple(sending.lines_of(notice.school)),
        }
    office = office_of(notice.authority_id)
    if office is None:
        raise RuleNotMet(NO_OFFICE)
    lines = [line.strip() for line in office.address.splitlines() if line.strip()]
    return {
        "issuer": office.name,
        "issuer_contact": office.contact,
        "issuer_lines": (*lines, office.postcode),
    }


def one_line(text: str) -> str:
    """A text of several lines as one paragraph."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def notice_letter(notice: ImprovementNotice, *, officer: str, today: date) -> ImprovementLetter:
    """What the notice says. Raises RuleNotMet for a content that is missing."""
    period = period_of(notice)
    return ImprovementLetter(
        letter_date=today,
        notice_reference=notice.reference,
        child_name=notice.enrolment.pupil.name,
        school_name=notice.school.name,
        record=one_line(notice.record),
        duty=one_line(notice.duty),
        support=one_line(notice.support),
        offer=one_line(notice.offer),
        success=one_line(notice.success),
        weeks=f"{notice.weeks} school weeks",
        starts_on=f"{period.first:%A} {in_words(period.first)}",
        ends_on=f"{period.last:%A} {in_words(period.last)}",
        early=one_line(notice.early),
        officer=officer,
        **_issuer(notice),  # type: ignore[arg-type]
    )


def news(
    notice: ImprovementNotice,
    kind: type[ImprovementNews],
    *,
    result: str,
    reason: str,
    what_next: str,
    officer: str,
    today: date,
) -> ImprovementNews:
    """What became of it, as a letter says it."""
    return kind(
        letter_date=today,
        notice_reference=notice.reference,
        child_name=notice.enrolment.pupil.name,
        issued_on=in_words(notice.issued_on or today),
        result=result,
        reason=one_line(reason),
        what_next=one_line(what_next),
        officer=officer,
        **_issuer(notice),  # type: ignore[arg-type]
    )


def about(notice: ImprovementNotice) -> About:
    """What its letters are about."""
    return About(
        subject=subject_of(notice),
        school=notice.school,
        pupil=notice.enrolment.pupil,
        case=notice.case,
    )
