"""A penalty notice as it stands on a day: its clock, what is due, who decides, its history."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q, QuerySet

from authorities.packs import PolicyInForce
from authorities.permissions import Role
from cases.models import CaseLetter
from legal.models import LegalEvent, NoticeOffice, PenaltyNotice, Representation, Withdrawal
from rules.dates import in_words
from rules.notice_references import in_groups, read_reference
from rules.notice_stages import PenaltyState
from rules.school_calendar import is_working_day, working_day_after
from rules.tariffs import (
    PaymentPeriod,
    Step,
    Tariff,
    due_on,
    in_pounds,
    payment_period,
)
from rules.tariffs import Representation as Waiting

S = PenaltyState
OPEN = (S.ISSUED, S.REPRESENTED, S.UNPAID, S.FOR_PROSECUTION)


def subject_of(notice: PenaltyNotice) -> str:
    """How events, letters, deadlines and relied sessions name it."""
    return f"legal.PenaltyNotice:{notice.pk}"


def with_weekday(day: date) -> str:
    """A day as the notice writes it: Thursday 17 December 2026."""
    return f"{day:%A} {in_words(day)}"


def office_of(authority_id: int) -> NoticeOffice | None:
    """What the council says of itself on its notices; None when nobody has said."""
    return NoticeOffice.objects.filter(authority=authority_id).first()


def tariff_of(notice: PenaltyNotice) -> Tariff:
    """The figures of a notice, as they were copied onto it when it was issued."""
    kept = notice.particulars["tariff"]
    return Tariff(
        step=Step(notice.step),
        full_pence=notice.full_pence,
        full_days=kept["full_days"],
        early_pence=notice.early_pence or None,
        early_days=kept["early_days"],
        source=kept["source"],
    )


def period_of(
    notice: PenaltyNotice,
    representations: Iterable[Representation],
    office: NoticeOffice | None,
) -> PaymentPeriod | None:
    """The days to pay; None before it is served, and when it never arrived."""
    if notice.received_on is None:
        return None
    return payment_period(
        notice.received_on,
        tariff_of(notice),
        [Waiting(one.received_on, one.answered_on) for one in representations],
        stops_clock=office.stops_clock if office else None,
    )


def posting_day(today: date, office: NoticeOffice) -> date:
    """The working day on which a notice decided today is posted."""
    if office.post_days:
        return working_day_after(today, office.post_days)
    return today if is_working_day(today) else working_day_after(today, 1)


def is_over(notice: PenaltyNotice, today: date) -> bool:
    """Whether its time to pay is over and nothing more is expected: computed, never counted."""
    return (
        notice.state == S.ISSUED
        and notice.enforce_from is not None
        and notice.enforce_from <= today
    )


def state_on(notice: PenaltyNotice, today: date) -> PenaltyState:
    """The state as it stands on a day: an issued notice whose time is over is unpaid."""
    return S.UNPAID if is_over(notice, today) else S(notice.state)


def over(rows: QuerySet[PenaltyNotice], today: date) -> QuerySet[PenaltyNotice]:
    """The notices whose time to pay is over, unpaid: decide to withdraw or to prosecute."""
    return rows.filter(Q(state=S.UNPAID) | Q(state=S.ISSUED, enforce_from__lte=today))


def in_state(rows: QuerySet[PenaltyNotice], state: str, today: date) -> QuerySet[PenaltyNotice]:
    """The notices that stand in a state on a day."""
    if state == S.UNPAID:
        return over(rows, today)
    found = rows.filter(state=state)
    if state == S.ISSUED:
        found = found.filter(Q(enforce_from=None) | Q(enforce_from__gt=today))
    return found


def by_reference(rows: QuerySet[PenaltyNotice], typed: str) -> QuerySet[PenaltyNotice]:
    """The notice that somebody means: spaces, case and look-alikes are forgiven."""
    reading = read_reference(typed)
    if reading.reference:
        return rows.filter(reference=reading.reference)
    start = "".join(typed.split()).upper()
    return rows.filter(reference__startswith=start if start.startswith("PN") else f"PN{start}")


def clock_words(
    notice: PenaltyNotice, period: PaymentPeriod | None, today: date
) -> list[tuple[str, str]]:
    """The clock drawn in dates: name and words, in the order in which they come."""
    rows = [("Issued", with_weekday(notice.issued_on))]
    if period is None:
        if notice.receipt:
            rows.append(("Received", notice.receipt["why"]))
        else:
            planned = date.fromisoformat(notice.particulars["planned_posting"])
            rows.append(("Served", f"Not yet on record. To be posted {with_weekday(planned)}"))
        return rows
    way = notice.receipt.get("method", "")
    if notice.posted_on:
        rows.append(("Served", f"{with_weekday(notice.posted_on)}, {way}"))
    rows.append(("Received: day 1", f"{with_weekday(period.received)}. {notice.receipt['why']}"))
    if period.stopped_since:
        rows.append(
            ("Stopped", f"Since {with_weekday(period.stopped_since)}, until it is answered")
        )
    if period.days_added:
        rows.append(("Days added", f"{period.days_added}, for what the parent said against it"))
    if period.early_last and period.tariff.early_pence:
        early = in_pounds(period.tariff.early_pence)
        rows.append((f"Last day for {early}", _last(period.early_last, today, period)))
    full = in_pounds(period.tariff.full_pence)
    rows.append((f"Last day for {full}", _last(period.last, today, period)))
    if period.enforce_from:
        rows.append(("Unpaid from", with_weekday(period.enforce_from)))
    return rows


def _last(day: date, today: date, period: PaymentPeriod) -> str:
    if period.stopped_since:
        return f"{with_weekday(day)} at the earliest: the clock stands still"
    left = (day - today).days
    if left < 0:
        return f"{with_weekday(day)}: over"
    if left == 0:
        return f"{with_weekday(day)}: today"
    return f"{with_weekday(day)}: in {left} day{'' if left == 1 else 's'}"


def due_words(period: PaymentPeriod | None, state: PenaltyState, today: date) -> str:
    """What the parent would pay today, in words; "" when nothing is asked any more."""
    if period is None or state not in (S.ISSUED, S.REPRESENTED):
        return ""
    pence = due_on(period, today)
    return "" if pence is None else in_pounds(pence)


def representations_of(notice: PenaltyNotice) -> list[Representation]:
    """What the parent said against it, the oldest first."""
    return list(
        Representation.objects.filter(notice=notice)
        .select_related("recorded_by", "answered_by")
        .order_by("received_on", "pk")
    )


def open_withdrawal(notice: PenaltyNotice) -> Withdrawal | None:
    """The withdrawal that somebody asked for and nobody has decided."""
    return (
        Withdrawal.objects.filter(notice=notice, done=None)
        .select_related("asked_by", "head_by")
        .first()
    )


def events_of(notice: PenaltyNotice) -> QuerySet[LegalEvent]:
    """Its history, newest first."""
    return (
        LegalEvent.objects.filter(subject=subject_of(notice))
        .select_related("made_by")
        .order_by("-made_at", "-pk")
    )


def letters_of(notice: PenaltyNotice) -> QuerySet[CaseLetter]:
    """The notice's own letter and those about it, the newest first."""
    return (
        CaseLetter.objects.filter(about=subject_of(notice), adult=notice.adult_id)
        .select_related("letter")
        .order_by("-pk")
    )


def printed_reference(notice: PenaltyNotice) -> str:
    """As it is on the paper: PN 7K3M 9QXT."""
    return in_groups(notice.reference)


def must_agree(policy: PolicyInForce) -> tuple[Role, ...]:
    """Whose agreement a withdrawal needs, as the packs in force say: none where none says so."""
    found: dict[Role, None] = {}
    for layer, gate in policy.gates("withdrawal"):
        memberships = {role.key: role.membership for role in layer.pack.roles}
        for key in gate.agreed_by:
            role = memberships.get(key)
            if role is not None:
                found[role] = None
    return tuple(found)


def days_in_words(sessions: Sequence[dict[str, object]]) -> str:
    """The half days of an offence as the notice lists them, day by day."""
    days: dict[str, list[str]] = {}
    for one in sorted(sessions, key=lambda one: (str(one["day"]), int(str(one["session"])))):
        days.setdefault(str(one["day"]), []).append(
            "morning" if int(str(one["session"])) == 0 else "afternoon"
        )
    return "; ".join(
        f"{with_weekday(date.fromisoformat(day))} ({' and '.join(halves)})"
        for day, halves in days.items()
    )
