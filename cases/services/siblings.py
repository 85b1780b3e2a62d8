"""One school asks another about a pupil's brother or sister; the other accepts or refuses."""

from datetime import date, datetime, timedelta

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Forbidden, NotFound, Reach
from authorities.permissions import Permission
from cases.models import Basis, Case, ShareState, SiblingShare
from cases.selectors.family import Family, enrolment_of
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput

LONGEST = 600
LONGEST_SHARE = timedelta(days=366)


@transaction.atomic
def ask(
    *,
    reach: Reach,
    case: Case,
    key: str,
    basis: Basis,
    why: str,
    until: date,
    today: date,
    now: datetime,
) -> SiblingShare:
    """Ask the other school whether the people of this case may know its pupil.

    key    the child's key on the case's family page
    until  the last day for which it is asked: at most a year

    Raises Forbidden, NotFound for a child who is not found today, Conflict where the reader sees
    the child anyway, a question waits or an acceptance holds, and InvalidInput.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    if case.closed_on is not None:
        raise Conflict("This case is closed. Nothing was asked.")
    enrolment = enrolment_of(case, key, today)
    if enrolment is None:
        raise NotFound("We cannot find that pupil. The record may have changed.")
    if reach.may(Permission.VIEW_PUPIL, enrolment.school):
        raise Conflict("You see this pupil already. There is nothing to ask.")
    _said(why, "Say why you need to know.")
    if until < today:
        raise InvalidInput(f"The last day must be {in_words(today)} or later.")
    if until > today + LONGEST_SHARE:
        raise InvalidInput("Ask for a year at most. You can ask again.")
    newest = SiblingShare.objects.filter(case=case, enrolment=enrolment).order_by("-pk").first()
    if newest is not None and newest.state == ShareState.ASKED:
        raise Conflict("The other school was asked already. Wait for its answer.")
    if newest is not None and newest.state == ShareState.ACCEPTED and today <= newest.until:
        raise Conflict("The other school has accepted already.")
    share = SiblingShare.objects.create(
        authority=case.authority,
        case=case,
        school=case.school,
        enrolment=enrolment,
        other_school=enrolment.school,
        basis=basis.value,
        why=why.strip(),
        until=until,
        asked_by=reach.user,
        asked_at=now,
    )
    record(
        Kind.SIBLING_ASKED,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=share,
        basis=share.basis,
    )
    return share


@transaction.atomic
def answer(
    *, reach: Reach, share: SiblingShare, accept: bool, words: str, today: date, now: datetime
) -> SiblingShare:
    """The other school's safeguarding lead or head accepts or refuses. A refusal says why.

    Raises Forbidden, also for whoever asked, Conflict for a second answer or one that comes too
    late, and InvalidInput.
    """
    reach.require(Permission.SHARE_SIBLING, share.other_school)
    row = (
        SiblingShare.objects.select_for_update(of=("self",), no_key=True)
        .select_related("other_school")
        .get(pk=share.pk)
    )
    if row.asked_by_id == reach.user.pk:
        raise Forbidden("You asked this yourself. Somebody else answers it.")
    if row.state != ShareState.ASKED:
        raise Conflict("Somebody answered this already. Nothing was changed.")
    if accept and row.until < today:
        raise Conflict("The time they asked for is over. Refuse it, and they can ask again.")
    if not accept:
        _said(words, "Say why you refuse.")
    if len(words) > LONGEST:
        raise InvalidInput(f"Write {LONGEST} characters or fewer.")
    row.state = (ShareState.ACCEPTED if accept else ShareState.REFUSED).value
    row.answered_by, row.answered_at, row.answer = reach.user, now, words.strip()
    row.save(update_fields=["state", "answered_by", "answered_at", "answer"])
    record(
        Kind.SIBLING_ANSWERED,
        by=reach.user,
        authority=row.authority,
        school=row.other_school,
        on=row,
        answer=row.state,
    )
    return row


def end_with_case(*, reach: Reach, case: Case, because: str, today: date, now: datetime) -> None:
    """Take back the questions that wait, of a case that is being closed.

    As cases.services.closing says. What was accepted ends on the day that was agreed.
    """
    rows = SiblingShare.objects.select_for_update(of=("self",), no_key=True)
    for row in rows.filter(case=case, state=ShareState.ASKED.value).order_by("pk"):
        row.state = ShareState.WITHDRAWN.value
        row.answered_by, row.answered_at, row.answer = reach.user, now, because
        row.save(update_fields=["state", "answered_by", "answered_at", "answer"])
        record(
            Kind.SIBLING_TAKEN_BACK,
            by=reach.user,
            authority=case.authority,
            school=case.school,
            on=row,
            reference=row.reference,
        )


@transaction.atomic
def read(*, reach: Reach, case: Case, family: Family) -> None:
    """Write down that somebody looked at the family, and how many of it they saw."""
    record(
        Kind.FAMILY_READ,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=case,
        shown=len(family.siblings) - family.masked,
        masked=family.masked,
    )


def _said(words: str, otherwise: str) -> None:
    if not words.strip():
        raise InvalidInput(otherwise)
    if len(words) > LONGEST:
        raise InvalidInput(f"Write {LONGEST} characters or fewer.")
