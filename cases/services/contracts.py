"""Attendance contracts: offered, talked through, signed, kept or not, and ended.

Each function takes the `version` that the person read: a contract that moved since is refused in a
sentence, and nothing is half done. The parents' own pages sign through `sign_as_parent` alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate

from attendance.models import Adult
from attendance.selectors.calendars import calendar_of
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import User
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import (
    Case,
    Contract,
    ContractEvent,
    ContractParty,
    DeadlineKind,
    Promise,
    Side,
    Signature,
    SigningWay,
)
from cases.selectors.contracts import (
    adults_who_may,
    figures_when_offered,
    length_of,
    present_at,
    progress_of,
    refusal_for,
    signers,
    terms_of,
)
from cases.services import deadlines
from cases.services.proposals import happened
from rules.contract_stages import BY_ITSELF, CASE_CLOSED, FINAL, ContractState, Move, move_for
from rules.contracts import (
    is_agreed,
    last_day,
    length_refusal,
    meeting_refusal,
    review_days,
    signature_refusal,
)
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet

S = ContractState
CLOSED = "This case is closed. Open a new one to work with the family on a contract."
STALE = "Somebody changed this contract while you read it. Open it again and check before you go on"
# What the policy is told of how a contract went.
HAPPENED: Mapping[str, tuple[str, ...]] = {
    "refuse": ("contract_refused",),
    "complete": ("targets_met",),
    "fail": ("contract_failed", "targets_missed"),
}
CLOCKS = (DeadlineKind.CONTRACT_REVIEW, DeadlineKind.CONTRACT_END, DeadlineKind.CONTRACT_ANSWER)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a contract says.

    promises        each side's, in order; both parent and school or council must promise something
    target_percent  the attendance to reach over its period, 1 to 100
    targets         other targets, one a line
    reasons         why the pupil was away, as the parent says; pupil_says  as the pupil does
    """

    promises: Mapping[str, Sequence[str]]
    target_percent: int
    targets: str = ""
    reasons: str = ""
    pupil_says: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A contract to offer. `terms` is "pack:key", "" where no policy in force has any."""

    adults: Collection[str]
    terms: str
    starts_on: date
    length: int
    wording: Wording


@dataclass(frozen=True, slots=True)
class Met:
    """A meeting about a contract: who was there, and who signed there and then.

    present, signed  references of parents; staff  who signed for school or council, if anybody
    """

    on: date
    present: Collection[str]
    signed: Collection[str] = ()
    staff: User | None = None
    pupil_signed: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A move with what was said, found or decided. `by_day` is the last day for an answer."""

    event: str
    on: date
    words: str
    by_day: date | None = None


@transaction.atomic
def offer(*, reach: Reach, case: Case, offer: Offer, today: date, now: datetime) -> Contract:
    """Offer a contract to one or more parents of the pupil. Nothing is agreed yet.

    Raises Forbidden, Conflict for a closed case or a parent who has a contract already, RuleNotMet
    where the law or the policy has none, and InvalidInput for what is missing.
    """
    case = _case(reach, case)
    refusal = refusal_for(case, today)
    if refusal:
        raise RuleNotMet(refusal)
    policy = pack_in_force(case.school, today)
    terms = terms_of(policy, offer.terms)
    if offer.starts_on < today:
        raise InvalidInput("A contract cannot start in the past. Enter today or a later day.")
    allowed = length_of(terms)
    refusal = length_refusal(offer.length, allowed)
    if refusal:
        raise RuleNotMet(refusal)
    adults = _parties(case, offer.adults, today)
    ends = last_day(offer.starts_on, offer.length, allowed.unit, calendar_of(case.school))
    reviews = review_days(offer.starts_on, ends, max(1, terms.get("reviews", 1)))
    if terms.get("midway_review"):
        reviews = tuple(sorted({*reviews, review_days(offer.starts_on, ends, 2)[0]}))
    made = Contract.objects.create(
        authority=case.authority,
        case=case,
        school=case.school,
        state=S.OFFERED.value,
        terms=terms,
        policy=policy.frozen(),
        facts=figures_when_offered(case, today),
        starts_on=offer.starts_on,
        ends_on=ends,
        length=offer.length,
        unit=allowed.unit,
        reviews=[day.isoformat() for day in reviews],
        **_says(offer.wording),
        made_on=today,
        made_at=now,
        made_by=reach.user,
    )
    for adult in adults:
        ContractParty.objects.create(authority=case.authority, contract=made, adult=adult)
    _promise(made, offer.wording)
    _write(made, "offer", "", today, reach.user, now)
    _record(Kind.CONTRACT_OFFERED, made, reach)
    return made


@transaction.atomic
def not_offered(*, reach: Reach, case: Case, why: str, today: date, now: datetime) -> Contract:
    """Write down why no contract is offered. Raises Forbidden, Conflict, InvalidInput."""
    case = _case(reach, case)
    why = _said(why, "Say why no contract is offered.", longest=600)
    made = Contract.objects.create(
        authority=case.authority,
        case=case,
        school=case.school,
        state=S.NOT_OFFERED.value,
        policy=pack_in_force(case.school, today).frozen(),
        facts=figures_when_offered(case, today),
        words=why,
        made_on=today,
        made_at=now,
        made_by=reach.user,
        over_on=today,
    )
    _write(made, "not_offered", why, today, reach.user, now)
    _record(Kind.CONTRACT_NOT_OFFERED, made, reach)
    return made


@transaction.atomic
def reword(
    *, reach: Reach, contract: Contract, version: int, wording: Wording, today: date, now: datetime
) -> Contract:
    """Change what an offer says, or what a running contract is to say next: a new edition.

    Raises Forbidden, Conflict, InvalidInput.
    """
    row, move = _open(reach, contract, version, "reword")
    row.edition = _next_edition(row)
    for name, value in _says(wording).items():
        setattr(row, name, value)
    _promise(row, wording)
    _go(row, move, reach.user, now, on=today)
    _record(Kind.CONTRACT_MOVED, row, reach, what="the words were changed")
    return row


@transaction.atomic
def meet(
    *, reach: Reach, contract: Contract, version: int, met: Met, today: date, now: datetime
) -> Contract:
    """Record the meeting at which a contract was talked through, and who signed there.

    With a parent's and the school's or council's signature it is in force. Raises Forbidden,
    Conflict, InvalidInput, and RuleNotMet when no parent of the contract was there.
    """
    row, move = _open(reach, contract, version, "meet")
    _past(met.on, today, row.made_on)
    parties = {party.adult.reference: party.adult for party in _of(row)}
    refusal = meeting_refusal(met.present, parties)
    if refusal:
        raise RuleNotMet(refusal)
    present = sorted(set(met.present) & set(parties))
    _go(row, move, reach.user, now, on=met.on, words=met.words, facts={"present": present})
    _record(Kind.CONTRACT_MOVED, row, reach, what="it was talked through with a parent")
    for reference in met.signed:
        refusal = signature_refusal(reference, present, parties)
        if refusal:
            raise RuleNotMet(refusal)
        _sign(row, Side.PARENT, SigningWay.PAPER, met.on, now, reach.user, adult=parties[reference])
    if met.pupil_signed:
        _sign(row, Side.PUPIL, SigningWay.PAPER, met.on, now, reach.user)
    if met.staff is not None:
        _sign_staff(row, met.staff, SigningWay.PAPER, met.on, today, now, reach.user)
    return _agreed(row, reach.user, now, met.on)


@transaction.atomic
def sign(
    *,
    reach: Reach,
    contract: Contract,
    version: int,
    who: str | User,
    on: date,
    today: date,
    now: datetime,
) -> Contract:
    """Record that a parent (by reference), the pupil ("pupil") or a member of staff has signed.

    Raises as `meet`. In person; what is signed in the parents' own pages comes otherwise.
    """
    row, _ = _open(reach, contract, version, "sign")
    _past(on, today, row.made_on)
    if isinstance(who, User):
        _sign_staff(row, who, SigningWay.IN_PERSON, on, today, now, reach.user)
    elif who == Side.PUPIL.value:
        _sign(row, Side.PUPIL, SigningWay.IN_PERSON, on, now, reach.user)
    else:
        _sign_parent(row, who, SigningWay.IN_PERSON, on, now, reach.user)
    return _agreed(row, reach.user, now, on)


@transaction.atomic
def sign_as_parent(*, contract: Contract, adult: Adult, on: date, now: datetime) -> Contract:
    """A parent signs in their own pages. The caller has made sure who they are.

    The same rules hold: one of this contract's parents, who was at a meeting about this edition.
    Raises Conflict and RuleNotMet.
    """
    row = _locked(contract)
    if row.case.closed_on is not None:
        raise Conflict(CLOSED)
    move_for(S(row.state), "sign")
    _sign_parent(row, adult.reference, SigningWay.PORTAL, on, now, None)
    row.version += 1
    row.save(update_fields=["version"])
    return _agreed(row, None, now, on)


@transaction.atomic
def move(
    *, reach: Reach, contract: Contract, version: int, told: Told, today: date, now: datetime
) -> Contract:
    """Any other move of the table: refused, not kept, asked, explained, judged, reviewed, ended.

    Each has words: what happened, or why. Raises Forbidden, Conflict, InvalidInput, RuleNotMet.
    """
    row, found = _open(reach, contract, version, told.event)
    if told.event in ("reword", "meet", "sign", *BY_ITSELF):
        raise InvalidInput("This is done on a page of its own.")
    words = _said(told.words, "Say what happened, and why.", longest=2000)
    _past(told.on, today, row.made_on)
    _refuse_out_of_turn(row, told.event)
    facts = figures_at(row, told.on, today) if told.event in ("review", "complete", "fail") else {}
    if told.event == "amend":
        row.edition = _next_edition(row)
        _copy_promises(row)
    _go(row, found, reach.user, now, on=told.on, words=words, facts=facts)
    _clocks(row, told, today, reach.user)
    _record(Kind.CONTRACT_MOVED, row, reach, what=found.words.lower())
    for happening in HAPPENED.get(told.event, ()):
        happened(case=row.case, happening=happening, today=today, now=now)
    return row


def end_with_case(*, reach: Reach, case: Case, because: str, today: date, now: datetime) -> None:
    """End each open contract of a case that is being closed. As cases.services.closing says."""
    rows = Contract.objects.select_for_update(of=("self",), no_key=True).filter(case=case)
    for row in rows.exclude(state__in=[state.value for state in FINAL]).order_by("pk"):
        row.case, row.school, row.authority = case, case.school, case.authority
        found = move_for(S(row.state), CASE_CLOSED)
        _go(row, found, reach.user, now, on=today, words=because)
        _end_clocks(row, found.event, today, reach.user)
        _record(Kind.CONTRACT_MOVED, row, reach, what=found.words.lower())


def figures_at(row: Contract, day: date, today: date) -> dict[str, Any]:
    """How far it had come on a day, as its event keeps it."""
    found = progress_of(row, min(day, today))
    return {
        "possible": found.possible,
        "attended": found.attended,
        "missed": found.missed,
        "left_by_target": found.allowed,
    }


def _refuse_out_of_turn(row: Contract, event: str) -> None:
    """What the table alone cannot see: whether there was an agreement before."""
    if event == "keep" and not row.agreed:
        raise RuleNotMet("Nothing was agreed before. Say that the parent does not want it, or end.")
    if row.agreed and row.state == S.TALKED and event in ("refuse", "end"):
        raise RuleNotMet("This contract was agreed before. Keep the promises as they were, or end.")


def _case(reach: Reach, case: Case) -> Case:
    """The case, locked so that two offers do not pass each other. Raises Forbidden, Conflict."""
    reach.require(Permission.CHANGE_CASE, case.school)
    found = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("pupil", "school__trust", "enrolment__pupil", "enrolment__school__trust")
        .get(pk=case.pk)
    )
    if found.closed_on is not None:
        raise Conflict(CLOSED)
    return found


def _locked(contract: Contract) -> Contract:
    return (
        Contract.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case__pupil", "case__enrolment__school", "case__school__trust", "school")
        .get(pk=contract.pk)
    )


def _open(reach: Reach, contract: Contract, version: int, event: str) -> tuple[Contract, Move]:
    """The contract, locked, and the move. Raises Forbidden, and Conflict for what is stale."""
    reach.require(Permission.CHANGE_CASE, contract.school)
    row = _locked(contract)
    if row.case.closed_on is not None:
        raise Conflict(CLOSED)
    found = move_for(S(row.state), event)
    if row.version != version:
        raise Conflict(f"{STALE}.")
    return row, found


def _parties(case: Case, references: Collection[str], today: date) -> list[Adult]:
    """The adults by reference, each a parent of the pupil without an open contract."""
    if not references:
        raise InvalidInput("Select the parent or parents whom the contract is with.")
    around = {one.adult.reference: one for one in adults_who_may(case, today)}
    if not set(references) <= set(around):
        raise InvalidInput("Select adults from this pupil's record.")
    for reference in references:
        if around[reference].refusal:
            raise RuleNotMet(around[reference].refusal)
    chosen = [one.adult for reference, one in around.items() if reference in set(references)]
    bound = ContractParty.objects.filter(contract__case=case, adult__in=chosen).exclude(
        contract__state__in=[state.value for state in FINAL]
    )
    if bound.exists():
        raise Conflict("A parent that you chose has a contract already. Nothing was offered twice.")
    return chosen


def _of(row: Contract) -> list[ContractParty]:
    return list(row.parties.select_related("adult").order_by("pk"))


def _says(wording: Wording) -> dict[str, Any]:
    """The columns of a contract's wording. Raises InvalidInput for what is missing."""
    sides = {side for side, lines in wording.promises.items() if any(map(str.strip, lines))}
    if Side.PARENT.value not in sides:
        raise InvalidInput("Write what the parent promises, one thing a line.")
    if not sides & {Side.SCHOOL.value, Side.AUTHORITY.value}:
        raise InvalidInput("Write what the school or the council promises, one thing a line.")
    if not 1 <= wording.target_percent <= 100:
        raise InvalidInput("The attendance to reach must be from 1 to 100 percent.")
    return {
        "target_percent": wording.target_percent,
        "targets": wording.targets.strip(),
        "reasons": wording.reasons.strip(),
        "pupil_says": wording.pupil_says.strip(),
    }


def _promise(row: Contract, wording: Wording) -> None:
    Promise.objects.bulk_create(
        Promise(
            authority_id=row.authority_id,
            contract=row,
            edition=row.edition,
            side=side,
            words=line.strip(),
        )
        for side, lines in wording.promises.items()
        for line in lines
        if line.strip()
    )


def _next_edition(row: Contract) -> int:
    """One that no promise and no signature has: an edition that was left is not used again."""
    last = row.promises.aggregate(last=Max("edition"))["last"]
    return 1 + (last or 0)


def _copy_promises(row: Contract) -> None:
    """What is to be changed starts as it was agreed."""
    Promise.objects.bulk_create(
        Promise(
            authority_id=row.authority_id,
            contract=row,
            edition=row.edition,
            side=one.side,
            words=one.words,
        )
        for one in row.promises.filter(edition=row.agreed).order_by("pk")
    )


def _said(words: str, missing: str, *, longest: int) -> str:
    words = words.strip()
    if not words:
        raise InvalidInput(missing)
    if len(words) > longest:
        raise InvalidInput(f"Use {longest:,} characters or fewer.")
    return words


def _past(on: date, today: date, since: date) -> None:
    """A day that something happened on: not to come, and not before the contract was there."""
    if on > today:
        raise InvalidInput("This day is in the future. Record it when it has happened.")
    if on < since:
        raise InvalidInput(f"This contract was offered on {in_words(since)}. Enter a later day.")


def _sign_parent(
    row: Contract, reference: str, way: SigningWay, on: date, now: datetime, by: User | None
) -> None:
    parties = {party.adult.reference: party.adult for party in _of(row)}
    refusal = signature_refusal(reference, present_at(row), parties)
    if refusal:
        raise RuleNotMet(refusal)
    _sign(row, Side.PARENT, way, on, now, by, adult=parties[reference])


def _sign_staff(
    row: Contract, who: User, way: SigningWay, on: date, today: date, now: datetime, by: User
) -> None:
    """Somebody who works on the school's cases, for the school or for the council."""
    sides = {signer.user.pk: signer.side for signer in signers(row.case, today)}
    if who.pk not in sides:
        raise RuleNotMet("Only somebody who works on cases of this school can sign for it.")
    _sign(row, sides[who.pk], way, on, now, by, user=who)


def _sign(
    row: Contract,
    side: Side,
    way: SigningWay,
    on: date,
    now: datetime,
    by: User | None,
    **who: Any,
) -> None:
    """One signature on the current edition. Raises Conflict for a second one of the same person."""
    same = row.signatures.filter(edition=row.edition, side=side.value, **who)
    if same.exists():
        raise Conflict("They have signed already. Nothing was recorded twice.")
    Signature.objects.create(
        authority_id=row.authority_id,
        contract=row,
        edition=row.edition,
        side=side.value,
        way=way.value,
        signed_on=on,
        recorded_by=by,
        recorded_at=now,
        **who,
    )
    record(
        Kind.CONTRACT_SIGNED,
        by=by,
        authority=row.authority,
        school=row.school,
        on=row,
        side=side.label.lower(),
        way=way.label.lower(),
    )


def _agreed(row: Contract, by: User | None, now: datetime, on: date) -> Contract:
    """Put it in force once both sides have signed its edition: its targets are agreed."""
    signed = list(row.signatures.filter(edition=row.edition))
    parents = sum(one.side == Side.PARENT for one in signed)
    staff = sum(one.side in (Side.SCHOOL, Side.AUTHORITY) for one in signed)
    if row.state != S.TALKED.value or not is_agreed(parents, staff):
        return row
    row.agreed = row.edition
    row.agreed_on = row.agreed_on or on
    _go(row, move_for(S.TALKED, "agree"), by, now, on=on)
    _start_clocks(row, on)
    happened(
        case=row.case,
        happening="targets_agreed",
        today=localdate(now),
        now=now,
        unless_since=row.made_at,
    )
    return row


def _go(
    row: Contract,
    found: Move,
    by: User | None,
    now: datetime,
    *,
    on: date,
    words: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Make the move and write it down."""
    start = row.state
    row.state = found.end.value
    row.version += 1
    if found.event == "keep":
        row.edition = row.agreed
    if found.end in FINAL:
        row.over_on = on
    row.save()
    _write(row, found.event, words, on, by, now, start=start, facts=facts)


def _write(
    row: Contract,
    event: str,
    words: str,
    on: date,
    by: User | None,
    now: datetime,
    *,
    start: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    ContractEvent.objects.create(
        authority_id=row.authority_id,
        contract=row,
        event=event,
        start=start,
        end=row.state,
        edition=row.edition,
        on=on,
        words=words,
        facts=dict(facts or {}),
        made_by=by,
        made_at=now,
    )


def about(row: Contract) -> str:
    """What its deadlines are about."""
    return f"cases.Contract:{row.pk}"


def _start_clocks(row: Contract, on: date) -> None:
    """The next review and the end. The review on the last day is the end itself."""
    deadlines.start(
        case=row.case,
        kind=DeadlineKind.CONTRACT_END,
        words="The contract ends: say whether the target was met",
        since=on,
        by=row.ends_on,
        about=about(row),
        nothing="The contract stays open, and nobody says whether it helped.",
    )
    _next_review(row, on)


def _next_review(row: Contract, after: date) -> None:
    """The first review day after `after` that is not the last day."""
    days = [date.fromisoformat(day) for day in row.reviews]
    coming = [day for day in days if day > after and day != row.ends_on]
    if coming:
        deadlines.start(
            case=row.case,
            kind=DeadlineKind.CONTRACT_REVIEW,
            words="Review the contract with the parent",
            since=after,
            by=coming[0],
            about=about(row),
            nothing="The contract runs on, and a promise that does not work is not changed.",
        )


def _clocks(row: Contract, told: Told, today: date, by: User) -> None:
    """What a move starts, finishes or makes needless."""
    if told.event == "ask":
        if told.by_day is None or told.by_day < today:
            raise InvalidInput("Enter the day by which you ask for an answer: today or later.")
        deadlines.start(
            case=row.case,
            kind=DeadlineKind.CONTRACT_ANSWER,
            words="The parent explains why a promise was not kept",
            since=told.on,
            by=told.by_day,
            about=about(row),
            nothing="Decide without their answer whether there was a good reason.",
        )
    if told.event in ("answer", "unreasonable"):
        deadlines.finish(
            case=row.case,
            kind=DeadlineKind.CONTRACT_ANSWER,
            today=today,
            by=by,
            about=about(row),
        )
    if told.event == "review":
        deadlines.finish(
            case=row.case,
            kind=DeadlineKind.CONTRACT_REVIEW,
            today=today,
            by=by,
            about=about(row),
        )
        _next_review(row, told.on)
    if S(row.state) in FINAL:
        _end_clocks(row, told.event, today, by)


def _end_clocks(row: Contract, event: str, today: date, by: User) -> None:
    if event in ("complete", "fail"):
        deadlines.finish(
            case=row.case, kind=DeadlineKind.CONTRACT_END, today=today, by=by, about=about(row)
        )
    for kind in CLOCKS:
        deadlines.drop(
            case=row.case,
            kind=kind,
            today=today,
            because="The contract is over.",
            about=about(row),
        )


def _record(kind: Kind, row: Contract, reach: Reach, **facts: object) -> None:
    record(kind, by=reach.user, authority=row.authority, school=row.school, on=row, **facts)


@transaction.atomic
def copy_made(*, reach: Reach, contract: Contract) -> None:
    """Write down that a parent's copy was made."""
    _record(Kind.CONTRACT_COPIED, contract, reach)
