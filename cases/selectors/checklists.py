"""Checklists and gates: what is shown, by which dated records or whose statement, what is missing.

`gate_state` is pure: what the policy asks, the records and the statements go in, the answer comes
out. A bare tick shows nothing anywhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.timezone import localdate

from attendance.models import Pupil
from audit.models import Event
from audit.record import Kind
from authorities.packs import Layer, PolicyInForce
from authorities.packs.schema import Checklist, Gate, Item
from cases.models import Case, ItemAnswer, ItemStatement
from cases.selectors.entries import Entry
from cases.selectors.shown import Shown
from letters.models import Letter
from rules.letter_stages import LetterState

# The steps that a gate stands before, in the order of the page, and as it says them.
STEPS: Mapping[str, str] = {
    "case": "opening a case",
    "letter": "a letter",
    "meeting": "a panel or meeting",
    "contract": "an attendance contract",
    "leave": "leave",
    "referral": "a referral to the council",
    "notice_to_improve": "a Notice to Improve",
    "penalty_notice": "a penalty notice",
    "penalty_notice_for_leave": "a penalty notice for leave",
    "penalty_notice_excluded": "a penalty notice for an excluded pupil",
    "withdrawal": "withdrawing a notice",
    "supervision_order": "an education supervision order",
    "prosecution": "prosecution",
}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a named person stated about one item, on which day, under which edition."""

    pack: str
    edition: str
    checklist: str
    item: str
    answer: str
    words: str
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One item of a checklist and what shows it.

    records  the dated records of its kind; enough of them show it
    stated   what a person stated, where that counts
    before   what was stated under another edition, or can no longer count: to be said again
    """

    pack: str
    edition: str
    checklist: str
    item: Item
    records: tuple[Shown, ...]
    stated: Stated | None = None
    before: Stated | None = None

    @property
    def by_records(self) -> bool:
        """Whether the records alone show it."""
        return len(self.records) >= self.item.at_least

    @property
    def met(self) -> bool:
        """Whether it is shown, by records or by a person, or does not apply."""
        return self.by_records or self.stated is not None

    @property
    def key(self) -> str:
        """Which item, as a form sends it."""
        return f"{self.pack}:{self.checklist}:{self.item.key}"


@dataclass(frozen=True, slots=True)
class ListState:
    """One checklist of one pack, item by item."""

    layer: Layer
    checklist: Checklist
    requirements: tuple[Requirement, ...]

    @property
    def missing(self) -> tuple[Requirement, ...]:
        """What is not shown, in the list's order."""
        return tuple(one for one in self.requirements if not one.met)

    @property
    def met(self) -> bool:
        """Whether everything is shown."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class GateState:
    """One gate before a step: its lists, and whether they leave it open.

    `tests` are the law's own tests of the gate: whoever takes the step makes those.
    """

    layer: Layer
    gate: Gate
    lists: tuple[ListState, ...]

    @property
    def open(self) -> bool:
        """Whether the lists that it needs are shown: all of them, or any one. None needed: open."""
        if not self.lists:
            return True
        return (any if self.gate.needs == "any" else all)(one.met for one in self.lists)

    @property
    def tests(self) -> tuple[str, ...]:
        """Keys of the national tests."""
        return self.gate.tests

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every item, list by list, met or not, with its records."""
        return tuple(item for one in self.lists for item in one.requirements)

    @property
    def missing(self) -> tuple[Requirement, ...]:
        """What keeps it shut. Where any one list will do, that of the list nearest to complete."""
        if self.open:
            return ()
        if self.gate.needs == "any":
            return min((one.missing for one in self.lists), key=len)
        return tuple(item for one in self.lists for item in one.missing)


def gate_state(
    policy: PolicyInForce, step: str, evidence: Sequence[Shown], statements: Sequence[Stated]
) -> list[GateState]:
    """Every gate before `step`, national first, with each requirement met or not. Pure.

    evidence    the case's records (`evidence.evidence_of`)
    statements  what people stated, oldest first (`statements_of`): the latest on an item stands
    """
    return [
        GateState(
            layer,
            gate,
            tuple(
                list_state(layer, layer.pack.checklist(key), evidence, statements)
                for key in gate.checklists
            ),
        )
        for layer, gate in policy.gates(step)
    ]


def list_state(
    layer: Layer, checklist: Checklist, evidence: Sequence[Shown], statements: Iterable[Stated]
) -> ListState:
    """One checklist, item by item. Pure; arguments as `gate_state`."""
    latest = {
        one.item: one
        for one in statements
        if (one.pack, one.checklist) == (layer.pack.name, checklist.key)
    }
    return ListState(
        layer,
        checklist,
        tuple(
            _requirement(layer, checklist, item, evidence, latest.get(item.key))
            for item in checklist.items
        ),
    )


def _requirement(
    layer: Layer,
    checklist: Checklist,
    item: Item,
    evidence: Sequence[Shown],
    stated: Stated | None,
) -> Requirement:
    if stated is not None and stated.answer == ItemAnswer.WITHDRAWN:
        stated = None
    counts = (
        stated is not None
        and stated.edition == layer.pack.edition
        and (stated.answer != ItemAnswer.NOT_APPLYING or item.where_it_applies)
    )
    return Requirement(
        pack=layer.pack.name,
        edition=layer.pack.edition,
        checklist=checklist.key,
        item=item,
        records=tuple(
            shown
            for shown in evidence
            if shown.kind == item.evidence and (not item.of or shown.key in item.of)
        ),
        stated=stated if counts else None,
        before=None if counts else stated,
    )


def all_lists(
    policy: PolicyInForce, evidence: Sequence[Shown], statements: Sequence[Stated]
) -> list[tuple[ListState, list[str]]]:
    """Each checklist in force once, with the steps that it stands before; those of no step last."""
    found: list[tuple[ListState, list[str]]] = []
    order = list(STEPS)
    for layer in policy.layers:
        for checklist in layer.pack.checklists:
            steps: list[str] = sorted(
                {str(gate.step) for gate in layer.pack.gates if checklist.key in gate.checklists},
                key=order.index,
            )
            found.append((list_state(layer, checklist, evidence, statements), steps))
    return sorted(found, key=lambda one: order.index(one[1][0]) if one[1] else len(order))


def all_gates(
    policy: PolicyInForce, evidence: Sequence[Shown], statements: Sequence[Stated]
) -> list[GateState]:
    """Each gate that asks for a checklist, in the order of the steps."""
    return [
        state
        for step in STEPS
        for state in gate_state(policy, step, evidence, statements)
        if state.lists
    ]


def statements_of(case: Case) -> list[Stated]:
    """What people stated for a case, oldest first. One query."""
    rows = ItemStatement.objects.filter(case=case).select_related("made_by").order_by("pk")
    return [
        Stated(
            row.pack,
            row.edition,
            row.checklist,
            row.item,
            row.answer,
            row.words,
            row.on,
            row.made_by.name,
        )
        for row in rows
    ]


def entries(case: Case) -> Iterator[Entry]:
    """Statements in a case's history: that one was made, not its words. One query."""
    for row in ItemStatement.objects.filter(case=case).select_related("made_by"):
        words = row.checklist.replace("_", " ")
        yield Entry(
            at=row.made_at,
            title=f"Statement on a checklist ({words}): {row.get_answer_display().lower()}",
            by=row.made_by.name,
            tag="Checklist",
            tag_colour="purple",
        )


def letters(case: Case) -> Iterator[Shown]:
    """The letters of a case that were handed over, with the policy's key for each. One query."""
    rows = Letter.objects.filter(
        case_letter__case=case, state=LetterState.HANDED_OVER.value
    ).select_related("approved_by")
    for row in rows:
        if row.handed_over_at is not None:
            yield Shown(
                "letter",
                localdate(row.handed_over_at),
                f"Sent: {row.title}",
                row.approved_by.name if row.approved_by else "",
                "cases:letter",
                (row.reference,),
                row.pack_letter,
            )


def register(case: Case) -> Iterator[Shown]:
    """The register as it was kept: on opening the case, and as certificates. One query.

    Keys: "opening", "threshold" where that was met on the day, "certificate".
    """
    by = case.opened_by.name
    at = (case.reference,)
    told = "The register and the sessions that count, kept when the case was opened"
    yield Shown("register", case.opened_on, told, by, "cases:case", at, "opening")
    if case.facts["threshold"]["state"] == "yes":
        told = case.facts["threshold"]["verdict"]
        yield Shown("register", case.opened_on, told, by, "cases:case", at, "threshold")
    yield from certificates(case.pupil, case.school_id, Q(at__gte=case.opened_at))


def certificates(pupil: Pupil, school_id: int, since: Q) -> Iterator[Shown]:
    """The registration certificates that a school made of a pupil. One query.

    since  which of the events in the history count
    """
    made = Event.objects.filter(
        since,
        authority=pupil.authority_id,
        kind=Kind.CERTIFICATE_MADE.value,
        subject=f"attendance.Pupil:{pupil.pk}",
        school=school_id,
    ).select_related("by")
    for event in made:
        yield Shown(
            "register",
            localdate(event.at),
            "A registration certificate was made",
            event.by.name if event.by else "",
            "cases:certificate",
            (pupil.reference,),
            "certificate",
        )
