"""Letters about legal steps, each to one parent alone: addressed, drafted, approved by a decision.

A parent about whom there is a doubt gets nothing until a person says how it reaches them safely.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from attendance.addressing import Decision, Way, address_lines, may_write_to
from attendance.models import Adult, AdultLink, LeaveRequest, Pupil
from authorities.access import Reach
from authorities.models import School
from authorities.packs import pack_in_force
from cases.models import Case, CaseLetter
from cases.services import sending
from letters.contexts import LetterContext
from letters.models import Route
from letters.services import drafting
from rules.errors import RuleNotMet
from rules.letter_stages import LetterState


@dataclass(frozen=True, slots=True)
class About:
    """What a letter is about: the legal thing, as its history names it, and whose it is."""

    subject: str
    school: School
    pupil: Pupil
    case: Case | None = None
    leave: LeaveRequest | None = None


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


def draft(
    about: About, to: To, context: LetterContext, *, today: date, now: datetime
) -> CaseLetter:
    """Draft a letter to one parent. One about whom there is a doubt is held."""
    layer, letter = sending.wording(pack_in_force(about.school, today), context.KIND)
    made = sending.draft(
        reach=None,
        school=about.school,
        adult=to.adult,
        decision=to.decision,
        context=context,
        layer=layer,
        letter=letter,
        now=now,
    )
    return CaseLetter.objects.create(
        authority_id=about.school.authority_id,
        pupil=about.pupil,
        case=about.case,
        leave=about.leave,
        adult=to.adult,
        about=about.subject,
        letter=made,
    )


def send(
    about: About, to: To, context: LetterContext, *, reach: Reach, today: date, now: datetime
) -> CaseLetter:
    """Draft, release where a person took that on, and approve by the decision itself.

    Raises RuleNotMet where the letter may not go after all: nothing is issued then.
    """
    case_letter = draft(about, to, context, today=today, now=now)
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
    return case_letter


def tell(
    about: About,
    adult: Adult,
    context: LetterContext,
    *,
    reach: Reach,
    today: date,
    now: datetime,
) -> CaseLetter | None:
    """Write to a parent what was decided. Sent at once, or held for a person where in doubt.

    None where nobody may write to them: the page of the thing says so.
    """
    link = AdultLink.objects.filter(pupil=about.pupil, adult=adult).first()
    decision = may_write_to(adult, link, today) if link is not None else None
    if link is None or decision is None or decision.way == Way.DO_NOT_WRITE:
        return None
    case_letter = draft(about, To(adult, link, decision, None), context, today=today, now=now)
    if case_letter.letter.stage == LetterState.DRAFT:
        drafting.approve(case_letter.letter, reach=reach, now=now)
    return case_letter
