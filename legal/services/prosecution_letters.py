"""The letter under caution, with its questions, to the one parent whom a prosecution is about."""

from datetime import date, datetime

from authorities.access import Reach
from cases.models import CaseLetter
from legal.models import Prosecution
from legal.selectors.penalties import days_in_words, office_of, with_weekday
from legal.selectors.prosecutions import offence_of, subject_of
from legal.services import papers
from legal.services.other_parents import refuse_others
from legal.services.papers import About, Release
from letters.contexts import CautionLetter, ProsecutionEnded
from rules.dates import in_words
from rules.defences import CAUTION, RIGHTS, questionnaire
from rules.errors import RuleNotMet
from rules.prosecutions import OFFENCES, highest_penalty

NO_OFFICE = (
    "Say first who parents write to, on the page Council details of the area Legal: the letter"
    " must say it."
)
NOTHING_TO_DO = "You do not have to do anything about it."


def about(prosecution: Prosecution) -> About:
    """What its letters are about: it, its pupil, and its case or leave."""
    notice = prosecution.notice
    return About(
        subject=subject_of(prosecution),
        school=prosecution.school,
        pupil=prosecution.pupil,
        case=prosecution.case,
        leave=notice.request.leave if notice is not None and prosecution.case is None else None,
    )


def send_caution(
    prosecution: Prosecution,
    *,
    reach: Reach,
    officer: str,
    answer_by: date,
    release: Release | None,
    today: date,
    now: datetime,
) -> CaseLetter:
    """Send the letter. Raises RuleNotMet where it may not go, or the council has not named itself.

    officer  name and post of whoever sends it, as the letter prints them
    """
    to = papers.addressed(prosecution.pupil, prosecution.adult, release, today)
    context = caution_context(prosecution, officer=officer, answer_by=answer_by, today=today)
    return papers.send(about(prosecution), to, context, reach=reach, today=today, now=now)


def caution_context(
    prosecution: Prosecution, *, officer: str, answer_by: date, today: date
) -> CautionLetter:
    """What the letter says. Raises RuleNotMet, naming what is missing."""
    office = office_of(prosecution.authority_id)
    if office is None:
        raise RuleNotMet(NO_OFFICE)
    offence = offence_of(prosecution)
    most = highest_penalty(offence, prosecution.last)
    prison = f", or up to {most.custody_months} months in prison" if most.custody_months else ""
    lines = tuple(line.strip() for line in office.address.splitlines() if line.strip())
    return CautionLetter(
        letter_date=today,
        notice_reference=prosecution.reference,
        parent_name=prosecution.adult.name,
        child_name=prosecution.pupil.name,
        school_name=prosecution.school.name,
        section=f"section {offence} of the Education Act 1996",
        offence=OFFENCES[offence].words[:1].lower() + OFFENCES[offence].words[1:],
        days=days_in_words(prosecution.sessions),
        penalty=f"The most a court may impose is a fine of £{most.fine_pounds:,}{prison}.",
        answer_by=with_weekday(answer_by),
        caution=CAUTION,
        rights=RIGHTS,
        questions=tuple(question.words for question in questionnaire(offence)),
        officer=officer,
        council_name=office.name,
        council_address=", ".join([*lines, office.postcode]),
        council_contact=office.contact,
        council_lines=(*lines, office.postcode),
    )


def tell_ended(
    prosecution: Prosecution, *, reach: Reach, reason: str, today: date, now: datetime
) -> CaseLetter | None:
    """Tell a parent who was cautioned that it is not gone on with, and why.

    Sent at once, or held for a person where in doubt; None where nobody was cautioned, or may
    be written to. Raises RuleNotMet where the reason names another adult of the child.
    """
    office = office_of(prosecution.authority_id)
    if prosecution.asked_on is None or office is None:
        return None
    refuse_others(prosecution.pupil, [reason], prosecution.adult)
    lines = tuple(line.strip() for line in office.address.splitlines() if line.strip())
    context = ProsecutionEnded(
        letter_date=today,
        notice_reference=prosecution.reference,
        child_name=prosecution.pupil.name,
        issued_on=in_words(prosecution.asked_on),
        reason=reason,
        what_next=NOTHING_TO_DO,
        officer=reach.user.name,
        council_name=office.name,
        council_contact=office.contact,
        council_lines=(*lines, office.postcode),
    )
    return papers.tell(
        about(prosecution), prosecution.adult, context, reach=reach, today=today, now=now
    )
