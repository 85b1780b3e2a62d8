"""What the policies propose for everybody, once a day is over and whenever somebody asks.

A day counts when it has ended, with all that was corrected since. Done twice, it changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from attendance.facts import Registers
from attendance.selectors.calendars import calendar_of
from attendance.selectors.facts import registers_of
from audit.record import Kind, record
from authorities.models import Authority, School
from authorities.packs import PolicyInForce, packs_in_force
from authorities.packs import Proposal as Proposed
from cases.models import Case, Proposal, ProposalState
from cases.selectors.triggers import all_register_triggers, facts_at, met, target_of
from rules.case_stages import Stage
from rules.deadlines import due_on
from rules.errors import NoValue, UnknownTerm
from rules.school_calendar import Calendar

LOCK = 7302
SETTLING = "settling"
LEVELS = {Stage.ONE.value: 1, Stage.TWO.value: 2, Stage.THREE.value: 3}
THERE = "There is a case already."
STANDS = "The case stands there already."

Progress = Callable[[int, int], None]
Spell = tuple[int, str, str]  # enrolment, pack and trigger


def nothing(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(slots=True)
class Looked:
    """What a look came to: proposals noted, and spells that ended."""

    found: int = 0
    gone: int = 0


@dataclass(slots=True)
class AtSchool:
    """What is known of one school while it is looked at."""

    school: School
    policy: PolicyInForce
    as_of: date
    now: datetime
    spells: dict[Spell, int]
    cases: Mapping[int, Case]
    still: set[Spell] = field(default_factory=set)
    new: list[Proposal] = field(default_factory=list)
    calendar: Calendar | None = None


@transaction.atomic
def look(authority_id: int, *, as_of: date, now: datetime, progress: Progress = nothing) -> Looked:
    """Note what the register sets off at every school of an authority, as it stands for a day.

    as_of  the last day that is read: one that has ended

    One proposal a spell: from the day on which a trigger is met until the day on which it is not.
    Two looks at once wait for each other. Raises NoValue for a day before there was any policy.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, authority_id])
    schools = list(
        School.objects.filter(authority=authority_id).select_related("authority", "trust")
    )
    policies = packs_in_force(schools, as_of)
    spells = _spells(authority_id)
    cases = _open_cases(authority_id)
    looked = Looked()
    for done, school in enumerate(schools, 1):
        one = AtSchool(school, policies[school.pk], as_of, now, spells.get(school.pk, {}), cases)
        for _, registers in registers_of(authority_id, [school.pk], as_of, as_of, used=True):
            _propose(one, registers)
        Proposal.objects.bulk_create(one.new, batch_size=1000)
        ended = [pk for spell, pk in one.spells.items() if spell not in one.still]
        _end(ended, as_of)
        looked.found += len(one.new)
        looked.gone += len(ended)
        progress(done, len(schools))
    if looked.found or looked.gone:
        record(
            Kind.PROPOSALS_FOUND,
            by=None,
            authority=Authority.objects.get(pk=authority_id),
            on="cases.Proposal:list",
            found=looked.found,
            gone=looked.gone,
        )
    return looked


def _spells(authority_id: int) -> dict[int, dict[Spell, int]]:
    """The spells that last, of every school."""
    rows = Proposal.objects.filter(authority=authority_id, happening="", ended_on=None)
    found: dict[int, dict[Spell, int]] = {}
    for pk, school, *spell in rows.values_list("pk", "school", "enrolment", "pack", "trigger"):
        found.setdefault(school, {})[tuple(spell)] = pk  # type: ignore[index]
    return found


def _open_cases(authority_id: int) -> dict[int, Case]:
    """The open cases by enrolment."""
    rows = Case.objects.filter(authority=authority_id, closed_on=None)
    return {case.enrolment_id: case for case in rows.only("enrolment", "stage", "places")}


def _propose(one: AtSchool, registers: Registers) -> None:
    """What the triggers say of some of a school's pupils."""
    facts = registers.facts(one.as_of)
    here = registers.pupils.on_roll(one.as_of)
    for key, proposed in all_register_triggers(one.policy).items():
        for at in (met(proposed.trigger, facts) & here).nonzero()[0].tolist():
            enrolment = int(registers.pupils.ids[at])
            spell = (enrolment, *key)
            one.still.add(spell)
            if spell not in one.spells:
                figures = facts_at(proposed.trigger, facts, at)
                one.new.append(_row(one, proposed, enrolment, figures))


def _row(one: AtSchool, proposed: Proposed, enrolment: int, figures: dict[str, Any]) -> Proposal:
    """A new proposal. Where a case already does what it says, it is taken up from the start."""
    case = one.cases.get(enrolment)
    already = _already(case, proposed)
    return Proposal(
        authority=one.school.authority,
        school=one.school,
        enrolment_id=enrolment,
        case=case,
        pack=proposed.layer.pack.name,
        edition=proposed.layer.pack.edition,
        trigger=proposed.trigger.key,
        proposes=proposed.trigger.proposes,
        target=target_of(proposed.trigger),
        why=proposed.why[:600],
        facts={"as_of": one.as_of.isoformat(), **figures},
        since=one.as_of,
        settles_on=_settles_on(one, proposed),
        found_at=one.now,
        state=(ProposalState.TAKEN if already else ProposalState.OPEN).value,
        decided_at=one.now if already else None,
        reason=already,
    )


def _already(case: Case | None, proposed: Proposed) -> str:
    """Why there is nothing left to propose, in words; "" where a person must decide."""
    if case is None:
        return ""
    if proposed.trigger.proposes == "case":
        return THERE
    levels = {stage.key: stage.level for stage in proposed.layer.pack.stages}
    wanted = levels.get(proposed.trigger.stage or "")
    if wanted is None:
        return ""
    place = case.places.get(proposed.layer.pack.name, "")
    stands = levels.get(place, LEVELS[case.stage])
    return STANDS if place == proposed.trigger.stage or stands > wanted else ""


def _settles_on(one: AtSchool, proposed: Proposed) -> date | None:
    """The day from which the letter goes by itself; None where a person decides.

    A person also decides when the calendar does not reach so far.
    """
    if not proposed.trigger.by_itself:
        return None
    if one.calendar is None:
        one.calendar = calendar_of(one.school)
    try:
        _, clock = one.policy.clock(SETTLING)
        return due_on(one.as_of, clock.length, clock.unit, one.calendar)
    except (NoValue, UnknownTerm):
        return None


def _end(ended: Iterable[int], as_of: date) -> None:
    """End spells. What nobody had decided is gone; a decision stays as it was made."""
    pks = list(ended)
    if not pks:
        return
    rows = Proposal.objects.filter(pk__in=pks)
    rows.filter(state=ProposalState.OPEN).update(state=ProposalState.GONE)
    rows.update(ended_on=as_of)
