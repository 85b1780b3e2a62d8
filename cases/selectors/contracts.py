"""Questions about contracts: who may make one, by which terms, how far it came, who signed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from attendance.models import Adult, AdultLink, CareOrder
from attendance.selectors.books import book_of
from attendance.selectors.calendars import calendar_of
from attendance.selectors.registers import marks_of
from authorities.access import Reach
from authorities.models import Membership, SchoolKind, User
from authorities.packs import Layer, PolicyInForce
from authorities.packs.schema import ContractTerms
from authorities.permissions import ROLES, Permission, Role
from cases.models import Case, Contract, ContractEvent, Promise, Side, Signature
from cases.selectors.entries import Entry
from cases.selectors.shown import Shown
from frontend.charts.allowed_days import WeekMissed
from rules.absence import basis_points, tally
from rules.contract_stages import FINAL, MOVES, ContractState
from rules.contracts import Length, party_refusal, refusal_to_offer
from rules.dates import monday_of
from rules.errors import InvalidInput, RuleNotMet
from rules.penalty_notices import SchoolType
from rules.school_calendar import sessions_between

SCHOOL_TYPES: Mapping[str, SchoolType] = {
    SchoolKind.MAINTAINED: SchoolType.MAINTAINED,
    SchoolKind.ACADEMY: SchoolType.ACADEMY,
    SchoolKind.PRU: SchoolType.PUPIL_REFERRAL_UNIT,
    SchoolKind.AP_ACADEMY: SchoolType.ALTERNATIVE_PROVISION_ACADEMY,
    SchoolKind.INDEPENDENT: SchoolType.INDEPENDENT,
    SchoolKind.NMSS: SchoolType.NON_MAINTAINED_SPECIAL,
}
CHOOSE = "Choose which policy's contract it is."
OVER = [state.value for state in FINAL]
SCHOOL_AREAS = frozenset({"school", "send", "family"})
# What the guidance names as promises of a parent, in our words: to start from, not to tick.
PARENT_IDEAS = (
    "Bring the pupil to school on time each day",
    "Tell the school by phone on the first day of any absence",
    "Come to the meetings about attendance",
    "Take part in the support that is offered",
    "Make medical appointments outside school hours where possible",
)
PUPIL_IDEAS = (
    "Come to school each day and go to every lesson",
    "Tell a trusted adult at school when something is wrong",
    "Check in with a named member of staff each week",
)


def contracts_of(case: Case) -> QuerySet[Contract]:
    """The contracts of a case, the newest first."""
    return case.contracts.select_related("made_by").order_by("-pk")


def is_open(contract: Contract) -> bool:
    """Whether something can still be done with it."""
    return contract.state not in OVER


def refusal_for(case: Case, today: date) -> str:
    """Why the law has no contract for this pupil today, or ""."""
    return refusal_to_offer(SCHOOL_TYPES[case.school.kind], case.pupil.born_on, today)


@dataclass(frozen=True, slots=True)
class Possible:
    """One adult around the pupil, and why a contract cannot be made with them, if it cannot."""

    adult: Adult
    link: AdultLink
    refusal: str


def adults_who_may(case: Case, today: date) -> list[Possible]:
    """Each adult alone, in the order the school keeps them."""
    links = (
        AdultLink.objects.filter(authority=case.authority_id, pupil=case.pupil_id)
        .select_related("adult")
        .order_by("priority", "pk")
    )
    return [Possible(link.adult, link, _refusal_of(link, today)) for link in links]


def _refusal_of(link: AdultLink, today: date) -> str:
    """Why this adult cannot be part of a contract today, or ""."""
    started = link.care_from is None or link.care_from <= today
    caring = started and (link.care_to is None or today <= link.care_to)
    return party_refusal(
        responsibility=link.parental_responsibility,
        care=link.has_care if caring else "no",
        may_be_told=link.court_order != CareOrder.NO_INFORMATION,
    )


def refusal_of_party(case: Case, adult: Adult, today: date) -> str:
    """Why one adult may not be given the contract today, or "". Somebody off the record may not."""
    for one in adults_who_may(case, today):
        if one.adult == adult:
            return one.refusal
    return "This adult is no longer on the pupil's record."


def terms_choices(policy: PolicyInForce) -> list[tuple[Layer, ContractTerms]]:
    """The contracts that the policies in force have, most local first."""
    return [(layer, terms) for layer in reversed(policy.layers) for terms in layer.pack.contracts]


def terms_of(policy: PolicyInForce, chosen: str) -> dict[str, Any]:
    """The chosen terms as a contract keeps them; {} where no policy in force has any.

    chosen  "pack:key". Raises InvalidInput for one that is not in force.
    """
    choices = terms_choices(policy)
    if not choices and not chosen:
        return {}
    for layer, terms in choices:
        if chosen == f"{layer.pack.name}:{terms.key}":
            roles = {role.key: role.label for role in layer.pack.roles}
            return {
                "pack": layer.pack.name,
                "edition": layer.pack.edition,
                "title": layer.pack.pack.title,
                "key": terms.key,
                "label": terms.label,
                "lowest": terms.lowest,
                "highest": terms.highest,
                "unit": terms.unit,
                "midway_review": terms.midway_review,
                "reviews": terms.reviews,
                "signed_by": [roles.get(key, key.replace("_", " ")) for key in terms.signed_by],
                "fields": list(terms.fields),
                "breach": list(terms.breach),
                "source": terms.source,
            }
    raise InvalidInput(CHOOSE)


def length_of(terms: Mapping[str, Any]) -> Length:
    """How long a contract of these terms may be. Without terms: weeks, as many as they agree."""
    return Length(terms.get("unit", "weeks"), terms.get("lowest"), terms.get("highest"))


def figures_when_offered(case: Case, today: date) -> dict[str, Any]:
    """The year's figures as a contract keeps them."""
    book = book_of(case.enrolment, case.pupil.born_on, today=today)
    found = book.tally
    return {
        "as_of": book.as_of.isoformat(),
        "possible": found.possible,
        "attended": found.attended,
        "authorised": found.authorised,
        "unauthorised": found.unauthorised,
        "basis_points": basis_points(found.attended, found.possible) if found.possible else None,
        "late": found.late_before + found.late_after,
    }


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who may sign for the school or for the council."""

    user: User
    side: Side


def signers(case: Case, today: date) -> list[Signer]:
    """Who works on cases of the school, by name; the council's people last. One query."""
    roles = [role.value for role in Role if Permission.CHANGE_CASE in ROLES[role]]
    rows = (
        Membership.objects.active_on(today)
        .filter(
            Q(school=case.school_id) | Q(authority=case.authority_id, school=None),
            role__in=roles,
            user__is_active=True,
        )
        .select_related("user")
        .order_by("school_id", "user__name", "pk")
    )
    found: dict[int, Signer] = {}
    for row in rows:
        side = Side.SCHOOL if row.school_id else Side.AUTHORITY
        found.setdefault(row.user_id, Signer(row.user, side))
    return list(found.values())


def present_at(contract: Contract) -> set[str]:
    """References of the parents who were at a meeting about the current edition."""
    rows = contract.events.filter(event="meet", edition=contract.edition)
    return {reference for row in rows for reference in row.facts.get("present", ())}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a contract has come, in half-day sessions.

    possible, attended, missed  so far; whole  sessions that the school holds in the whole period
    allowed  how many may be missed over the whole period for the target still to be met
    weeks    running totals, week by week
    """

    possible: int
    attended: int
    missed: int
    whole: int
    allowed: int
    percent: int | None
    weeks: tuple[WeekMissed, ...]

    @property
    def left(self) -> int:
        """How many more may be missed; nothing once the target is out of reach."""
        return max(0, self.allowed - self.missed)


def progress_of(contract: Contract, today: date) -> Progress:
    """The register between the first day and `today`, against the target. Three queries."""
    first, last, target = contract.starts_on, contract.ends_on, contract.target_percent
    if first is None or last is None or target is None:
        raise RuleNotMet("No contract was offered, so there is nothing to measure.")
    school = contract.case.enrolment.school
    held = sessions_between(calendar_of(school), first, last)
    marks = marks_of(contract.case.enrolment, first, min(last, today)) if first <= today else []
    found = tally(marks)
    mondays = sorted({monday_of(session.day) for session in held})
    return Progress(
        possible=found.possible,
        attended=found.attended,
        missed=found.absent,
        whole=len(held),
        allowed=len(held) * (100 - target) // 100,
        percent=basis_points(found.attended, found.possible),
        weeks=tuple(
            WeekMissed(
                monday,
                tally([mark for mark in marks if mark.day < monday + timedelta(days=7)]).absent
                if monday <= today
                else None,
            )
            for monday in mondays
        ),
    )


def promises_of(contract: Contract, edition: int | None = None) -> dict[str, list[str]]:
    """Each side's promises of an edition (the current one unless told), in order. One query."""
    found: dict[str, list[str]] = {side: [] for side in Side.values}
    rows: QuerySet[Promise] = contract.promises.filter(edition=edition or contract.edition)
    for row in rows.order_by("pk"):
        found[row.side].append(row.words)
    return found


def signatures_of(contract: Contract) -> QuerySet[Signature]:
    """The signatures on the current edition, in order."""
    return (
        contract.signatures.filter(edition=contract.edition)
        .select_related("adult", "user", "recorded_by")
        .order_by("signed_on", "pk")
    )


def school_ideas(policy: PolicyInForce, stage: int) -> list[str]:
    """What the policies in force offer as support up to a stage: to start a promise from."""
    return list(
        dict.fromkeys(
            entry.label
            for layer in reversed(policy.layers)
            for entry in layer.pack.support
            if entry.stage <= stage and entry.stage > 1 and entry.area in SCHOOL_AREAS
        )
    )


# What each event says in a history; the rest have the words of their button.
SAYS = {
    "offer": "Contract offered",
    "not_offered": "No contract offered, with the reason",
    "reword": "Contract: words changed",
    "meet": "Contract talked through with a parent",
    "agree": "Contract agreed",
    "keep": "Contract: the promises stay as they were",
    "refuse": "Contract refused by the parent",
    "review": "Contract reviewed",
    "breach": "Contract: a promise was not kept",
    "ask": "Contract: the parent was asked why",
    "answer": "Contract: the parent explained",
    "reasonable": "Contract: a good reason",
    "unreasonable": "Contract: no good reason",
    "go_on": "Contract goes on",
    "amend": "Contract: changes to the promises begun",
    "warn": "Contract: the parent was warned",
    "complete": "Contract completed: the target was met",
    "fail": "Contract ended: not enough improvement",
    "end": "Contract ended",
    "close": "Contract ended with the case",
}
# Who explains an absence may tell of health or of home: shown to those who see such things.
FROM_HOME = frozenset({"answer", "reasonable", "unreasonable", "review", "breach"})
BUTTONS = {move.event: move.words for move in MOVES}


def events_of(contract: Contract) -> QuerySet[ContractEvent]:
    """What happened to one contract, newest first."""
    return contract.events.select_related("made_by").order_by("-made_at", "-pk")


def shown_words(event: ContractEvent, *, in_full: bool) -> str:
    """What was said, for those who may read what a family tells."""
    return event.words if in_full or event.event not in FROM_HOME else ""


def entries(case: Case, reach: Reach) -> Iterator[Entry]:
    """The contracts in a case's history. One query."""
    in_full = reach.may(Permission.VIEW_SENSITIVE, case.school)
    rows = ContractEvent.objects.filter(contract__case=case).select_related("made_by")
    for row in rows:
        yield Entry(
            at=row.made_at,
            title=SAYS.get(row.event, "Contract"),
            by=row.made_by.name if row.made_by else "",
            text=shown_words(row, in_full=in_full),
            tag="Contract",
            tag_colour="turquoise",
        )


def evidence(case: Case) -> Iterator[Shown]:
    """What a case's contracts can show: offered or not with the reason, agreed, refused. One query.

    The key says which: "offered", "not_offered", "agreed" or "refused".
    """
    for row in contracts_of(case):
        at = (row.reference,)
        by = row.made_by.name
        if row.state == ContractState.NOT_OFFERED:
            why = f"Why no contract was offered: {row.words}"
            yield Shown("contract", row.made_on, why, by, "cases:contract", at, "not_offered")
            continue
        told = "An attendance contract was offered"
        yield Shown("contract", row.made_on, told, by, "cases:contract", at, "offered")
        if row.agreed_on is not None:
            told = "An attendance contract was agreed"
            yield Shown("contract", row.agreed_on, told, by, "cases:contract", at, "agreed")
        if row.state == ContractState.REFUSED and row.over_on is not None:
            told = "The parent refused a contract"
            yield Shown("contract", row.over_on, told, by, "cases:contract", at, "refused")


@dataclass(frozen=True, slots=True)
class Copy:
    """One parent's copy of a contract. It names no other parent: each has one of their own."""

    contract: Contract
    adult: Adult
    relationship: str
    promises: Mapping[str, Sequence[str]]
    signatures: tuple[Signature, ...]
    reviews: tuple[date, ...]
    progress: Progress
    unsigned: tuple[str, ...]


def copy_for(contract: Contract, adult: Adult, today: date) -> Copy:
    """What is printed for one parent of a contract."""
    signed = tuple(
        row for row in signatures_of(contract) if row.side != Side.PARENT or row.adult == adult
    )
    sides = {row.side for row in signed}
    link = AdultLink.objects.filter(pupil=contract.case.pupil_id, adult=adult).first()
    lines = [] if Side.PARENT in sides else ["Parent"]
    lines += [] if sides & {Side.SCHOOL, Side.AUTHORITY} else ["For the school or the council"]
    promises = promises_of(contract)
    lines += ["Pupil"] if promises[Side.PUPIL] and Side.PUPIL not in sides else []
    return Copy(
        contract=contract,
        adult=adult,
        relationship=link.relationship if link else "",
        promises=promises,
        signatures=signed,
        reviews=tuple(date.fromisoformat(day) for day in contract.reviews),
        progress=progress_of(contract, today),
        unsigned=tuple(lines),
    )
