"""Issuing penalty notices: one for each parent, each with its own paper, reference and slot.

Called inside the transaction that approves a request. Everything is asked again here, under locks:
the three-year limit, the check across borders, whether the parent may be written to, and whether a
session is relied on already. Nothing is issued by halves: one refusal undoes them all.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction

from attendance.services import sweeps
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from authorities.references import new_number
from legal.models import (
    Lane,
    NoticeOffice,
    NoticeRequest,
    PenaltyNotice,
    ReliedSession,
    RequestParent,
)
from legal.selectors.limits import border_refusal
from legal.selectors.penalties import office_of, subject_of
from legal.selectors.prosecutions import marks_in, settled_of
from legal.services import papers, penalty_letters, slots
from legal.services.papers import Release, To
from legal.services.penalty_moves import locked, watch, write
from rules.errors import Conflict, RuleNotMet
from rules.notice_references import BODIES, reference_for
from rules.notice_stages import PenaltyState, RequestState
from rules.settled_absence import settled_refusal
from rules.tariffs import Step, Tariff, tariff_on

NO_OFFICE = (
    "Say first who parents pay and write to, on the page Council details of the area Legal: a "
    "notice must say it."
)
ALREADY = "Notices have been issued on this request already. Nothing was issued twice."
RELIED = (
    "A half day of this absence is relied on already by another notice to this parent, or by a "
    "prosecution. Take it out of the request, then try again."
)


@transaction.atomic
def issue(
    *,
    reach: Reach,
    request: NoticeRequest,
    officer: str,
    today: date,
    now: datetime,
    releases: Mapping[int, Release] | None = None,
) -> list[PenaltyNotice]:
    """Issue a notice to each included parent of a request that was approved in this transaction.

    officer   the name and official details that the notice prints
    releases  key of an adult → how a person takes it on that the notice goes to them, where there
              is a doubt about writing to them

    Raises Forbidden; Conflict for a request that is not approved, or has its notices; RuleNotMet
    where a parent may have none, may not be written to, or a particular is missing.
    """
    reach.require(Permission.DECIDE_NOTICE, request.school)
    request = _locked(request, reach)
    office = office_of(request.authority_id)
    if office is None:
        raise RuleNotMet(NO_OFFICE)
    parents = list(
        RequestParent.objects.filter(request=request, included=True)
        .select_related("adult")
        .order_by("adult_id")  # two requests at once take their locks in the same order
    )
    if not parents:
        raise RuleNotMet("No parent is included in this request. Include one, or refuse it.")
    given = releases or {}
    return [
        _issue_to(
            reach,
            request,
            papers.addressed(request.enrolment.pupil, one.adult, given.get(one.adult_id), today),
            office,
            officer,
            today,
            now,
        )
        for one in parents
    ]


def _locked(request: NoticeRequest, reach: Reach) -> NoticeRequest:
    """The request, held to the end of the transaction, approved and without notices."""
    found = (
        NoticeRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "authority", "school__trust", "enrolment__pupil__authority", "case__school", "leave"
        )
        .get(pk=request.pk)
    )
    if found.state != RequestState.APPROVED or found.decided_by_id != reach.user.pk:
        raise Conflict("Only the officer who approves a request issues its notices.")
    if PenaltyNotice.objects.filter(request=found).exists():
        raise Conflict(ALREADY)
    return found


def _issue_to(
    reach: Reach,
    request: NoticeRequest,
    to: To,
    office: NoticeOffice,
    officer: str,
    today: date,
    now: datetime,
) -> PenaltyNotice:
    """One notice to one parent."""
    pupil = request.enrolment.pupil
    slots.lock(request.authority_id, pupil.pk, to.adult.pk)
    tariff = _tariff(request, to, today)
    dates = penalty_letters.paper(tariff, office, by_hand=to.by_hand, today=today)
    reference = reference_for(new_number(BODIES))
    context = penalty_letters.notice_context(
        request=request,
        to=to,
        tariff=tariff,
        dates=dates,
        office=office,
        reference=reference,
        officer=officer,
        today=today,
    )
    slot = (
        None
        if tariff.step is Step.EXCLUDED
        else slots.take(
            authority_id=request.authority_id, pupil_id=pupil.pk, adult_id=to.adult.pk, today=today
        )
    )
    notice = PenaltyNotice.objects.create(
        authority=request.authority,
        request=request,
        slot=slot,
        enrolment=request.enrolment,
        pupil=pupil,
        school=request.school,
        adult=to.adult,
        reference=reference,
        lane=request.lane,
        step=tariff.step.value,
        state=PenaltyState.ISSUED.value,
        early_pence=tariff.early_pence or 0,
        full_pence=tariff.full_pence,
        issued_on=today,
        issued_by=reach.user,
        officer=officer,
        particulars=penalty_letters.frozen(context, tariff, dates),
        sessions=request.sessions,
        made_at=now,
    )
    _rely(notice)
    notice.letter = papers.send(
        penalty_letters.about(notice), to, context, reach=reach, today=today, now=now
    )
    notice.save(update_fields=["letter"])
    write(
        notice,
        "issue",
        by=reach.user,
        on=today,
        now=now,
        facts={"step": tariff.step.value, "request": request.reference},
    )
    record(
        Kind.PENALTY_ISSUED,
        by=reach.user,
        authority=request.authority,
        school=request.school,
        on=notice,
        step=tariff.step.value,
    )
    watch(notice, today)
    return notice


def _tariff(request: NoticeRequest, to: To, today: date) -> Tariff:
    """The figures of this notice. Raises RuleNotMet where the limit or a border says no."""
    if request.lane == Lane.EXCLUDED:
        return tariff_on(today, Step.EXCLUDED)
    pupil = request.enrolment.pupil
    refusal = border_refusal(pupil, to.adult.pk, since=request.first, today=today)
    if refusal:
        raise RuleNotMet(refusal)
    answer = slots.step_for(pupil.pk, to.adult.pk, today)
    if answer.step is None:
        raise RuleNotMet(answer.sentence)
    return tariff_on(today, answer.step)


def _rely(notice: PenaltyNotice) -> None:
    """Use each session of the offence, once for this parent.

    Raises RuleNotMet for a used one, and for one that can carry no new notice to this parent.
    """
    if len({(one["day"], one["session"]) for one in notice.sessions}) < len(notice.sessions):
        raise RuleNotMet("A half day is on this request twice. Send it back to be put right.")
    try:
        with transaction.atomic():
            ReliedSession.objects.bulk_create(
                ReliedSession(
                    authority_id=notice.authority_id,
                    enrolment_id=notice.enrolment_id,
                    adult_id=notice.adult_id,
                    day=date.fromisoformat(one["day"]),
                    session=one["session"],
                    code=one["code"],
                    subject=subject_of(notice),
                )
                for one in notice.sessions
            )
    except IntegrityError as problem:
        raise RuleNotMet(RELIED) from problem
    # Asked after the sessions are held: a withdrawal at the same moment has ended by now, or waits.
    settled = settled_of(notice.pupil, [notice.adult_id])[notice.adult_id]
    refusal = settled_refusal([mark.when for mark in marks_in(notice.sessions)], settled)
    if refusal:
        raise RuleNotMet(refusal)
    sweeps.again([notice.enrolment_id])


def periods_over(*, authority_id: int, today: date, now: datetime) -> int:
    """Write down which notices' time to pay is over. The dates say so; run it as often as wanted.

    Pages do not wait for it: they ask the dates (`legal.selectors.penalties.over`).
    """
    ripe = PenaltyNotice.objects.filter(
        authority=authority_id, state=PenaltyState.ISSUED, enforce_from__lte=today
    ).order_by("pk")
    done = 0
    for notice in ripe:
        with transaction.atomic():
            done += locked(notice, None, today=today, now=now).state == PenaltyState.UNPAID
    return done
