"""The money of penalty notices as it stands: the ledger, positions, suspense, what stops a step.

The ledger that rules.ledger reads is put together here: what came in and went where from the lines
that were written, what was charged and what ended from the notice itself.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce

from legal.models import (
    LedgerEntry,
    LedgerKind,
    NoticeOffice,
    PaymentQuestion,
    PenaltyNotice,
    Refund,
    Representation,
    Withdrawal,
)
from legal.selectors.penalties import office_of, period_of, tariff_of
from rules.dates import in_words
from rules.ledger import Entry, Kind, Position, Standing, Totals, position, totals
from rules.notice_references import in_groups, one_slip_from, references_in
from rules.notice_stages import PenaltyState
from rules.tariffs import PaymentPeriod, in_pounds, payment_period

S = PenaltyState
ENDED = (S.PROSECUTED, S.NO_FURTHER_ACTION)
IN_TIME = "paid in time"  # a question of ours: it was, and a prosecution is being prepared
MAY_BE_OURS = "may be for this notice"  # a question of ours, about one payment in suspense
NOT_OURS = "not ours"
KEEP = "keep"
SEND_BACK = "send back"
PAY = "pay"

# What a line does to the part of its payment that is in suspense.
INTO_SUSPENSE = Case(
    When(kind__in=[LedgerKind.RECEIVED, LedgerKind.RELEASED], then=F("pence")),
    When(kind=LedgerKind.ALLOCATED, then=-F("pence")),
    When(kind=LedgerKind.REFUNDED, notice=None, then=-F("pence")),
    default=0,
    output_field=IntegerField(),
)


def as_entry(line: LedgerEntry) -> Entry:
    """A line as the rules read it."""
    return Entry(
        Kind(line.kind),
        line.pence,
        line.on,
        notice=str(line.notice_id) if line.notice_id else "",
        payment=line.payment,
    )


def charges(notice: PenaltyNotice) -> list[Entry]:
    """What the notice itself says: what was charged, and that nothing more is sought."""
    key = str(notice.pk)
    rows = [Entry(Kind.CHARGED, notice.full_pence, notice.issued_on, notice=key)]
    if notice.withdrawn_on:
        rows.append(Entry(Kind.WITHDRAWN, 0, notice.withdrawn_on, notice=key))
    elif notice.state in ENDED and notice.ended_on:
        rows.append(Entry(Kind.WRITTEN_OFF, 0, notice.ended_on, notice=key))
    return rows


def entries_of(notices: Sequence[PenaltyNotice], also: Iterable[str] = ()) -> list[Entry]:
    """The ledger of some notices, with every line of each payment that touched them.

    also  payments to read besides. Two queries, however many there are.
    """
    keys = [notice.pk for notice in notices]
    payments = set(also) | set(
        LedgerEntry.objects.filter(notice__in=keys).values_list("payment", flat=True)
    )
    lines = LedgerEntry.objects.filter(payment__in=payments).order_by("pk")
    charged = [entry for notice in notices for entry in charges(notice)]
    return charged + [as_entry(line) for line in lines]


def period_for(
    notice: PenaltyNotice,
    representations: Iterable[Representation],
    office: NoticeOffice | None,
    day: date,
) -> PaymentPeriod:
    """The days to pay. Before it is served they have not begun, so any day is in time."""
    found = period_of(notice, representations, office)
    return found or payment_period(max(day, notice.issued_on), tariff_of(notice))


def periods_of(notices: Sequence[PenaltyNotice], day: date) -> dict[str, PaymentPeriod]:
    """The days to pay of some notices, by the key that the ledger uses. Two queries."""
    said: dict[int, list[Representation]] = {}
    for one in Representation.objects.filter(notice__in=[notice.pk for notice in notices]):
        said.setdefault(one.notice_id, []).append(one)
    office = office_of(notices[0].authority_id) if notices else None
    return {
        str(notice.pk): period_for(notice, said.get(notice.pk, []), office, day)
        for notice in notices
    }


def positions(notices: Sequence[PenaltyNotice], day: date) -> dict[int, Position]:
    """Where the money of each notice stands on a day. Those issued later are left out."""
    known = [notice for notice in notices if notice.issued_on <= day]
    periods = periods_of(known, day)
    by_notice, paid = _sorted(entries_of(known))
    found = {}
    for notice in known:
        key = str(notice.pk)
        lines = by_notice.get(key, [])
        came = [paid[one] for one in {line.payment for line in lines if line.payment}]
        found[notice.pk] = position(came + lines, key, periods[key], day)
    return found


def _sorted(entries: Iterable[Entry]) -> tuple[dict[str, list[Entry]], dict[str, Entry]]:
    """The lines by notice, and how each payment came in."""
    by_notice: dict[str, list[Entry]] = {}
    paid: dict[str, Entry] = {}
    for entry in entries:
        if entry.kind is Kind.RECEIVED:
            paid[entry.payment] = entry
        elif entry.notice:
            by_notice.setdefault(entry.notice, []).append(entry)
    return by_notice, paid


def position_of(notice: PenaltyNotice, day: date) -> Position:
    """Where the money of one notice stands. Raises KeyError before the day it was issued."""
    return positions([notice], day)[notice.pk]


def lying_on(notice: PenaltyNotice) -> dict[str, int]:
    """The pence of each payment that lie on a notice, in the order they came to it."""
    left: dict[str, int] = {}
    for line in LedgerEntry.objects.filter(notice=notice).order_by("pk"):
        sign = 1 if line.kind == LedgerKind.ALLOCATED else -1
        left[line.payment] = left.get(line.payment, 0) + sign * line.pence
    return {payment: pence for payment, pence in left.items() if pence}


# Payments


def payments(authority_id: int) -> QuerySet[Any]:
    """Every payment of a council, as the line on which it came in, `with_left`."""
    rows = LedgerEntry.objects.filter(authority=authority_id, kind=LedgerKind.RECEIVED)
    return with_left(rows)


def with_left(rows: QuerySet[LedgerEntry]) -> QuerySet[Any]:
    """The lines on which payments came in, with where their money is.

    left     the pence of it that are in suspense
    waiting  whether any are
    """
    left = (
        LedgerEntry.objects.filter(authority=OuterRef("authority"), payment=OuterRef("payment"))
        .order_by()
        .values("payment")
        .annotate(left=Sum(INTO_SUSPENSE))
        .values("left")
    )
    return rows.annotate(
        left=Coalesce(Subquery(left), 0),
        waiting=Case(When(left__gt=0, then=True), default=False, output_field=BooleanField()),
    )


def in_suspense(authority_id: int) -> QuerySet[Any]:
    """The payments that nobody has matched in full, the oldest first."""
    return payments(authority_id).filter(left__gt=0).order_by("on", "pk")


def by_reference(rows: QuerySet[LedgerEntry], typed: str) -> QuerySet[LedgerEntry]:
    """Payments by a notice's reference, by our own, or by what came with them."""
    text = typed.strip()
    found: Any = Q(payment=text.upper()) | Q(external__iexact=text) | Q(given__icontains=text)
    references = references_in(text if text.upper().startswith("PN") else f"PN{text}")
    if references:
        on = LedgerEntry.objects.filter(
            payment=OuterRef("payment"), notice__reference__in=references
        )
        found |= Exists(on)
    return rows.filter(found)


def lines_of(payment: str) -> QuerySet[LedgerEntry]:
    """Everything that happened to one payment, in order."""
    return (
        LedgerEntry.objects.filter(payment=payment)
        .select_related("notice", "made_by", "file")
        .order_by("pk")
    )


def notices_of(rows: Sequence[LedgerEntry]) -> dict[str, list[str]]:
    """The references of the notices on which each of some payments lies, as they are printed."""
    held: dict[tuple[str, str], int] = {}
    lines = LedgerEntry.objects.filter(
        payment__in=[row.payment for row in rows], notice__isnull=False
    ).values_list("payment", "notice__reference", "kind", "pence")
    for payment, reference, kind, pence in lines.order_by("pk"):
        sign = 1 if kind == LedgerKind.ALLOCATED else -1
        held[payment, reference] = held.get((payment, reference), 0) + sign * pence
    found: dict[str, list[str]] = {}
    for (payment, reference), pence in held.items():
        if pence:
            found.setdefault(payment, []).append(in_groups(reference))
    return found


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A notice that a payment may be for, and why we think so."""

    notice: PenaltyNotice
    why: str


def suggestions(given: str, paid_on: date, notices: Iterable[PenaltyNotice]) -> list[Suggestion]:
    """The notices that a payment may be for, the likeliest first: for a person to choose from."""
    found = []
    for notice in notices:
        why = may_be_for(given, paid_on, notice)
        if why:
            found.append(Suggestion(notice, why))
    return sorted(found, key=lambda one: "reference" not in one.why)


def may_be_for(given: str, paid_on: date, notice: PenaltyNotice) -> str:
    """Why a payment may be for a notice, in words; "" when nothing says so.

    given  what came with it: a whole reference, one slip away from it, or a surname in its text
    """
    if paid_on < notice.issued_on:
        return ""
    if notice.reference in references_in(given):
        return "It carries the reference of this notice."
    if any(one_slip_from(word, [notice.reference]) for word in _runs(given)):
        return "Its reference is one slip away from that of this notice."
    words = _words(given)
    if any(name and name <= words for name in _family(notice)):
        return "It names the family, and was paid after the notice was issued."
    return ""


def _family(notice: PenaltyNotice) -> tuple[set[str], set[str]]:
    """The words of the surnames of the parent and the pupil."""
    return _words(notice.adult.surname), _words(notice.pupil.surname)


def _words(text: str) -> set[str]:
    """The words of a text without accents and apostrophes: O'Neill is ONEILL on a bank line."""
    plain = unicodedata.normalize("NFKD", text.replace("'", "").replace("\u2019", "")).casefold()
    return set(
        "".join(
            c if c.isalnum() else " "
            for c in plain
            if c.isprintable() and not unicodedata.combining(c)
        ).split()
    )


def _runs(given: str) -> list[str]:
    """The words of a text, alone and joined with the next one or two: "PN 7K3M 9QXT" is three."""
    words = given.split()
    return [
        "".join(words[at : at + many])
        for at in range(len(words))
        for many in (1, 2, 3)
        if at + many <= len(words)
    ]


def open_notices(authority_id: int) -> QuerySet[PenaltyNotice]:
    """The notices that may still be paid."""
    return PenaltyNotice.objects.filter(
        authority=authority_id, state__in=[S.ISSUED, S.REPRESENTED, S.UNPAID, S.FOR_PROSECUTION]
    ).select_related("adult", "pupil")


# What stops the path to prosecution


def stops_prosecution(notice: PenaltyNotice, day: date) -> str:
    """Why no step towards a prosecution may be taken on a notice today; "" when money says no."""
    return stopped([notice], day).get(notice.pk, "")


def stopped(notices: Sequence[PenaltyNotice], day: date) -> dict[int, str]:
    """The same for many notices, by key: those that are stopped alone. A constant of queries."""
    known = [notice for notice in notices if notice.issued_on <= day]
    if not known:
        return {}
    standing = positions(known, day)
    keys = [notice.pk for notice in known]
    disputes = set(
        Representation.objects.filter(notice__in=keys, answered_on=None).values_list(
            "notice", flat=True
        )
    )
    leaving = set(
        Withdrawal.objects.filter(notice__in=keys, done=None).values_list("notice", flat=True)
    )
    unmatched = list(in_suspense(known[0].authority_id))
    set_aside = _set_aside(keys)
    found = {}
    for notice in known:
        why = (
            _money_stops(standing[notice.pk])
            or ("The parent disputes it. Answer first." if notice.pk in disputes else "")
            or ("Somebody asked to withdraw it. Decide first." if notice.pk in leaving else "")
            or _suspense_stops(notice, unmatched, set_aside)
        )
        if why:
            found[notice.pk] = why
    return found


def _money_stops(now: Position) -> str:
    if now.discharged_on:
        return f"It was paid in time, on {in_words(now.discharged_on)}. Nobody can be prosecuted."
    if now.standing in (Standing.WITHDRAWN, Standing.AFTER_WITHDRAWAL):
        return "It was withdrawn. Nobody can be prosecuted on the same facts."
    if now.kept:
        return (
            f"{in_pounds(now.kept)} lies on it. Decide what becomes of the money, and send back "
            "what does not pay the notice, before any step towards a prosecution."
        )
    return ""


def _suspense_stops(
    notice: PenaltyNotice, unmatched: Iterable[LedgerEntry], set_aside: set[tuple[int, str]]
) -> str:
    for one in unmatched:
        if (notice.pk, one.payment) in set_aside:
            continue
        why = may_be_for(one.given, one.on, notice)
        if why:
            return (
                f"A payment of {in_pounds(one.pence)} of {in_words(one.on)} is in suspense and may "
                f"be for this notice. {why} Match it, or say that it is not."
            )
    return ""


def _set_aside(keys: Sequence[int]) -> set[tuple[int, str]]:
    """The payments of which a person said that they are not for one of these notices."""
    rows = PaymentQuestion.objects.filter(
        notice__in=keys, kind=MAY_BE_OURS, decision=NOT_OURS
    ).values_list("notice", "payment")
    return set(rows)


# Questions, refunds


def open_questions(authority_id: int) -> QuerySet[PaymentQuestion]:
    """What a person must decide, the oldest first."""
    return (
        PaymentQuestion.objects.filter(authority=authority_id, closed_on=None)
        .select_related("notice__adult", "notice__pupil", "notice__school")
        .order_by("since", "pk")
    )


def questions_on(notice: PenaltyNotice) -> QuerySet[PaymentQuestion]:
    """What is open about the money of one notice."""
    return PaymentQuestion.objects.filter(notice=notice, closed_on=None).order_by("pk")


def open_refunds(authority_id: int) -> QuerySet[Refund]:
    """What waits to be sent back, the oldest first."""
    return (
        Refund.objects.filter(authority=authority_id, done=None)
        .select_related("notice", "asked_by")
        .order_by("asked_on", "pk")
    )


# The month's end

BUCKETS = ("charged", "settled", "discount", "withdrawn", "written_off", "outstanding", "over")
MONEY = ("received", "refunded", "suspense")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """All the money on a day: the sums, and each notice with its position."""

    sums: Totals
    notices: list[PenaltyNotice]
    positions: Mapping[int, Position]

    def behind(self, bucket: str) -> list[tuple[PenaltyNotice, int]]:
        """The notices behind one of BUCKETS, each with its pence."""
        rows = [(one, getattr(self.positions[one.pk], bucket)) for one in self.notices]
        return [(notice, pence) for notice, pence in rows if pence]


def reconciled(authority_id: int, day: date) -> Reconciled:
    """All the money of a council on a day, to the penny."""
    notices = list(
        PenaltyNotice.objects.filter(authority=authority_id, issued_on__lte=day)
        .select_related("school")
        .order_by("issued_on", "pk")
    )
    lines = LedgerEntry.objects.filter(authority=authority_id).order_by("pk")
    entries = [entry for notice in notices for entry in charges(notice)]
    entries += [as_entry(line) for line in lines]
    periods = periods_of(notices, day)
    by_notice, paid = _sorted(entries)
    each = {}
    for notice in notices:
        key = str(notice.pk)
        own = by_notice[key]
        came = [paid[one] for one in {line.payment for line in own if line.payment}]
        each[notice.pk] = position(came + own, key, periods[key], day)
    return Reconciled(totals(entries, periods, day), notices, each)
