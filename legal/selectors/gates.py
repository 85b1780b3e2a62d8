"""The gate before a legal step: each requirement, met or not, by which records, and what to do.

National tests first, then the lists of each policy in force. `answer` is pure; `gate_of` loads
the facts and asks it. What an answer says is frozen into the notice that is decided under it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

from attendance.models import Adult, Enrolment
from authorities.access import Reach
from authorities.packs import Layer, PolicyInForce
from authorities.packs.schema import Gate
from cases.models import Case, ItemAnswer
from cases.selectors import checklists
from cases.selectors.checklists import STEPS, ListState
from cases.selectors.shown import Shown
from legal.models import ImprovementNotice
from legal.selectors.gate_facts import Facts, Passed
from legal.selectors.gate_loading import Loaded, load
from legal.selectors.gate_tests import TESTS
from rules.dates import in_words
from rules.gates import holds, may_go_past, override_holds
from rules.marks import Mark

# The steps that this gate stands before, in the order of the page.
LEGAL_STEPS = (
    "notice_to_improve",
    "penalty_notice",
    "penalty_notice_for_leave",
    "supervision_order",
    "prosecution",
    "withdrawal",
)
# Every step about which somebody may state something: that of an excluded pupil is on the page
# only while there is a request about one.
ALL_STEPS = (*LEGAL_STEPS, "penalty_notice_excluded")
# Checked against whoever presses the button, so it is no part of what a page has shown.
AT_DECISION = "authorised_officer"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a step needs.

    key      of a national test, or "pack:checklist:item"
    met      whether it is shown; overridden  reference of the override that goes past it, or ""
    why      what shows it, or what to do, in one sentence
    records  the dated records that meet it
    side     who sees to it: "school", "council" or "either"
    states   who may state it: "school", "council" or "" where only records count
    evidence the kind of record that a local list asks for, "" for a national test
    edition  of the pack, "" for a national test
    passable two officers of the council may go past it
    """

    key: str
    words: str
    source: str
    met: bool
    why: str
    records: tuple[Shown, ...] = ()
    side: str = "school"
    states: str = ""
    evidence: str = ""
    edition: str = ""
    passable: bool = False
    overridden: str = ""

    @property
    def clear(self) -> bool:
        """Whether it keeps nothing back."""
        return self.met or bool(self.overridden)

    def as_json(self) -> dict[str, Any]:
        """As a decision keeps it."""
        return {
            "key": self.key,
            "words": self.words,
            "source": self.source,
            "met": self.met,
            "why": self.why,
            "overridden": self.overridden,
            "records": [
                {"kind": one.kind, "on": one.on.isoformat(), "words": one.words, "by": one.by}
                for one in self.records
            ],
        }


@dataclass(frozen=True, slots=True)
class Group:
    """The national tests, or one gate of one policy.

    lists  the requirements list by list, with its label; needs "any": one whole list will do
    """

    key: str
    title: str
    source: str
    needs: str
    lists: tuple[tuple[str, tuple[Requirement, ...]], ...]

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All of them, in order."""
        return tuple(one for _, rows in self.lists for one in rows)

    @property
    def open(self) -> bool:
        """Whether it keeps nothing back."""
        return not self.blocking

    @property
    def blocking(self) -> tuple[Requirement, ...]:
        """What keeps it shut. Where any one list will do: of the one nearest to complete."""
        missing = [tuple(one for one in rows if not one.clear) for _, rows in self.lists]
        if self.needs == "any" and missing:
            return min(missing, key=len)
        return tuple(one for rows in missing for one in rows)


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """Whether a step may be taken, and what that rests on.

    step   of LEGAL_STEPS; day  the day it was asked; adult  reference of the parent, "" for all
    groups the national tests, then each gate of the policies in force
    passed what two officers agreed to go past, in force; in_force  the policies of the day
    """

    step: str
    day: date
    adult: str
    groups: tuple[Group, ...]
    passed: tuple[Passed, ...] = ()
    in_force: PolicyInForce | None = None

    @property
    def policy(self) -> dict[str, Any]:
        """The packs in force, as a decision keeps them. Their digests take time: ask once."""
        return self.in_force.frozen() if self.in_force is not None else {}

    @property
    def label(self) -> str:
        """The step as a page says it."""
        return STEPS[self.step]

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every requirement, in order."""
        return tuple(one for group in self.groups for one in group.requirements)

    @property
    def blocking(self) -> tuple[Requirement, ...]:
        """What keeps the gate shut."""
        return tuple(one for group in self.groups for one in group.blocking)

    @property
    def open(self) -> bool:
        """Whether nothing keeps it shut."""
        return not self.blocking

    def blocking_for(self, side: str) -> tuple[Requirement, ...]:
        """What keeps it shut that this side sees to: "school" before a request is sent."""
        return tuple(one for one in self.blocking if one.side in (side, "either"))

    @property
    def why(self) -> str:
        """What to do, in sentences; "" when it is open."""
        return " ".join(f"{one.words}: {one.why}" for one in self.blocking)

    def as_json(self) -> dict[str, Any]:
        """As a decision keeps it, for ever."""
        return {
            "step": self.step,
            "day": self.day.isoformat(),
            "adult": self.adult,
            "open": self.open,
            "groups": [
                {
                    "key": group.key,
                    "title": group.title,
                    "source": group.source,
                    "needs": group.needs,
                    "open": group.open,
                    "requirements": [one.as_json() for one in group.requirements],
                }
                for group in self.groups
            ],
            "overrides": [
                {
                    "reference": one.reference,
                    "tests": list(one.tests),
                    "reason": one.reason,
                    "asked_by": one.asked_by,
                    "agreed_by": one.agreed_by,
                    "on": one.on.isoformat(),
                }
                for one in self.passed
            ],
            "policy": self.policy,
        }

    @property
    def seen(self) -> str:
        """What a page has shown, short: a form sends it back, so that a stale page is told."""
        return json.dumps(dict(self._marks()), separators=(",", ":"))

    def _marks(self) -> Iterator[tuple[str, str]]:
        for one in self.requirements:
            if one.key != AT_DECISION:
                said = json.dumps([(shown.kind, shown.words, shown.by) for shown in one.records])
                digest = blake2b(said.encode(), digest_size=6).hexdigest()
                state = "past" if one.overridden else "yes" if one.met else "no"
                yield one.key, f"{state}.{digest}"

    def changes(self, seen: str) -> list[str]:
        """What is different from what a page had shown, as sentences; none when nothing is."""
        before = _read(seen)
        words = {one.key: one for one in self.requirements}
        found = []
        for key, mark in self._marks():
            was, now = before.get(key, "").partition(".")[0], mark.partition(".")[0]
            if before.get(key) != mark:
                found.append(_change(words[key], was, now))
        if gone := set(before) - set(words):
            found.append(f"{len(gone)} of the things that it needed are not asked for any more.")
        return found


def _read(seen: str) -> dict[str, str]:
    """What a form sent back. Anything else than we wrote reads as a page that showed nothing."""
    try:
        found = json.loads(seen)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(key): str(value) for key, value in found.items()}


def _change(one: Requirement, was: str, now: str) -> str:
    if not was:
        return f"“{one.words}” is new on this page. {one.why}"
    if was == now:
        return f"What shows “{one.words}” has changed. {one.why}"
    if now == "no":
        return f"“{one.words}” was shown and is not any more. {one.why}"
    return f"“{one.words}” was missing and is there now."


# From facts to an answer


def answer(facts: Facts, policy: PolicyInForce) -> GateAnswer:
    """The gate before `facts.step`. Pure."""
    past = tuple(one for one in facts.passed if _applies(one, facts))
    goes_past = {test: one.reference for one in past for test in one.tests}
    return GateAnswer(
        step=facts.step,
        day=facts.today,
        adult=facts.parents[0].reference if facts.one_parent is not None else "",
        groups=tuple(_groups(facts, policy, goes_past)),
        passed=past,
        in_force=policy,
    )


def _applies(one: Passed, facts: Facts) -> bool:
    """Whether an override goes past something of this step, for these parents, today."""
    return (
        one.step == facts.step
        and one.adult in (None, facts.one_parent)
        and override_holds(one.on, facts.today)
    )


def _groups(facts: Facts, policy: PolicyInForce, past: Mapping[str, str]) -> Iterator[Group]:
    evidence = [one for one in facts.evidence if _belongs(one, facts.step)] + [facts.register]
    statements = [one for one in facts.stated if holds(one.on, facts.today)]
    made: set[str] = set()
    for state in checklists.gate_state(policy, facts.step, evidence, statements):
        tests = [test for test in state.tests if test not in made]
        made.update(tests)
        if tests:
            rows = tuple(_national(test, facts, past) for test in tests)
            yield Group(
                f"{state.layer.pack.name}:{state.gate.key}:tests",
                "The law",
                state.gate.source,
                "all",
                (("", rows),),
            )
        if state.lists:
            yield _local(state.layer, state.gate, state.lists, facts, past)


def _belongs(one: Shown, step: str) -> bool:
    """Whether a record may show something at a step: a draft only its own notice's contents."""
    if one.kind != "notice":
        return True
    return (one.key == "") is (step == "notice_to_improve")


def _national(test: str, facts: Facts, past: Mapping[str, str]) -> Requirement:
    one = TESTS[test]
    found = one.find(facts)
    return Requirement(
        key=test,
        words=one.words,
        source=one.source,
        met=found.met,
        why=found.why,
        records=found.records,
        side=one.side,
        states=one.states,
        passable=may_go_past(facts.step, test),
        overridden="" if found.met else past.get(test, ""),
    )


def _local(
    layer: Layer, gate: Gate, lists: Sequence[ListState], facts: Facts, past: Mapping[str, str]
) -> Group:
    title = layer.pack.pack.title
    return Group(
        key=f"{layer.pack.name}:{gate.key}",
        title=title,
        source=f"{title}, edition {layer.pack.edition}: {gate.source}",
        needs=gate.needs,
        lists=tuple(
            (
                one.checklist.label,
                tuple(_item(item, one.checklist.side, facts, past) for item in one.requirements),
            )
            for one in lists
        ),
    )


def _item(
    one: checklists.Requirement, side: str, facts: Facts, past: Mapping[str, str]
) -> Requirement:
    records = one.records
    if one.stated is not None:
        kind = ItemAnswer(one.stated.answer).label
        records = (*records, Shown("statement", one.stated.on, kind, one.stated.by))
    return Requirement(
        key=one.key,
        words=one.item.words,
        source=one.item.source,
        met=one.met,
        why=_why(one, facts),
        records=records,
        side=side,
        states=side,
        evidence=one.item.evidence,
        edition=one.edition,
        passable=may_go_past(facts.step, one.key, evidence=one.item.evidence),
        overridden="" if one.met else past.get(one.key, ""),
    )


def _why(one: checklists.Requirement, facts: Facts) -> str:
    """What shows an item of a local list, or what to do about it."""
    if one.met:
        return "Shown by a record." if one.by_records else "Stated by a named person."
    old = next((said for said in reversed(facts.stated) if _about(said, one)), None)
    if old is not None and old.answer != ItemAnswer.WITHDRAWN:
        return (
            f"What was stated for {in_words(old.on)} counts no more: it is too old, or the policy "
            "has changed. State it again."
        )
    if one.item.evidence == "statement":
        return "A named person states it, with the day and how they know."
    if one.records:
        return f"{len(one.records)} of {one.item.at_least} are on file. Put the others there."
    return "Put a record of it on the case, or state it with the day and how you know."


def _about(said: checklists.Stated, one: checklists.Requirement) -> bool:
    return (said.pack, said.checklist, said.item) == (one.pack, one.checklist, one.item.key)


# Asking


def gate_of(
    *,
    enrolment: Enrolment,
    step: str,
    today: date,
    case: Case | None = None,
    adult: Adult | None = None,
    improvement: ImprovementNotice | None = None,
    sessions: Sequence[Mark] | None = None,
    by: Reach | None = None,
) -> GateAnswer:
    """The gate before a step, for one enrolment today.

    step         one of LEGAL_STEPS
    case         the casework behind it; None in the lane of leave in term time
    adult        the parent it is about; None: every parent on the record
    improvement  the Notice to Improve that is prepared or that a penalty notice follows; None:
                 the latest of the enrolment
    sessions     those of the offence, as marks; None: the ones that count towards the threshold
    by           who decides, where somebody is deciding: then whether they may is asked too

    A constant number of queries.
    """
    loaded = load(
        enrolment=enrolment,
        today=today,
        case=case,
        adult=adult,
        improvement=improvement,
        sessions=sessions,
        by=by,
    )
    return at_step(loaded, step)


def gates_of(
    *, enrolment: Enrolment, today: date, case: Case | None = None, adult: Adult | None = None
) -> list[GateAnswer]:
    """The gate before every step, from facts that are loaded once. Those that ask for nothing
    are left out."""
    loaded = load(enrolment=enrolment, today=today, case=case, adult=adult)
    answers = [at_step(loaded, step) for step in LEGAL_STEPS]
    return [one for one in answers if one.requirements]


def at_step(loaded: Loaded, step: str) -> GateAnswer:
    """The gate before one step, from loaded facts. Pure."""
    return answer(loaded.facts_at(step), loaded.policy)
