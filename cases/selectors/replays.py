"""A past period replayed day by day: what the policies would have proposed, and for whom.

Each day is looked at as `cases.services.proposing` looks at it: with all its registers, as they
stand now, and one proposal a spell. Days and not weeks, because a run of absence or two lates can
come and go between two Mondays. It begins with nothing noted, and nobody decides anything.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Q, QuerySet

from attendance.addressing import Way, may_write_to
from attendance.facts import Met, Registers
from attendance.marks import year_of
from attendance.models import AdultLink, Enrolment
from attendance.selectors.facts import registers_of
from authorities.access import Reach
from authorities.models import Job, PackAdoption, School
from authorities.packs import PLACES, Layer, Pack, PolicyInForce, packs_in_force
from authorities.packs import Proposal as Proposed
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.models import ProposalKind
from cases.selectors.triggers import Key, all_register_triggers, met, target_of
from rules.dates import ONE_DAY, days_between, monday_of
from rules.school_calendar import grid_start
from rules.values import Figures, figures_on, value_on

SIDES = ("now", "draft")
Progress = Callable[[int, int], None]
Triggers = dict[Key, Proposed]


class Outcome(NamedTuple):
    """What triggers lead to: several may lead to the same."""

    proposes: str
    pack: str
    target: str


@dataclass
class Side:
    """What one policy came to.

    times   proposals by trigger; pupils  enrolments by outcome; weeks  proposals by Monday
    """

    times: Counter[Key] = field(default_factory=Counter)
    pupils: dict[Outcome, set[int]] = field(default_factory=lambda: defaultdict(set))
    weeks: Counter[date] = field(default_factory=Counter)


@dataclass(frozen=True)
class Replayed:
    """Both sides, and how many pupils and schools were looked at."""

    sides: dict[str, Side]
    layers: dict[str, Layer]
    pupils: int
    schools: int


class National(NamedTuple):
    """What the facts of a day are reckoned with."""

    figures: Figures
    floor: int


@lru_cache(maxsize=1000)
def _national(day: date) -> National:
    return National(figures_on(day), value_on("alert_floor", day)["sessions"])


class Policies:
    """What applied at each school on each day of a period, and what would have under a draft."""

    def __init__(self, schools: Sequence[School], draft: Pack, first: date, last: date) -> None:
        starts = PackAdoption.objects.filter(
            authority__in={school.authority_id for school in schools},
            starts_on__gt=first,
            starts_on__lte=last,
        ).values_list("starts_on", flat=True)
        self.days = sorted({first, *starts})
        self.layers: dict[str, Layer] = {}
        self.triggers: dict[int, list[dict[str, Triggers]]] = defaultdict(list)
        for day in self.days:
            in_force = packs_in_force(schools, day)
            for school in schools:
                now = in_force[school.pk]
                changed = with_draft(now, school, draft)
                self.triggers[school.pk].append(
                    {"now": all_register_triggers(now), "draft": all_register_triggers(changed)}
                )
                for layer in (*now.layers, *changed.layers):
                    self.layers[layer.pack.name] = layer

    def on(self, school: int, day: date) -> dict[str, Triggers]:
        """The triggers of both sides at a school on a day."""
        at = sum(start <= day for start in self.days) - 1
        return self.triggers[school][at]


def with_draft(policy: PolicyInForce, school: School, draft: Pack) -> PolicyInForce:
    """The policy with a draft in the place it is for. A trust's changes no school without one."""
    place = draft.pack.place
    if place == "trust" and school.trust_id is None:
        return policy
    layers = {layer.place: layer for layer in policy.layers}
    layers[place] = Layer(place, draft, policy.day)
    ordered = tuple(layers[name] for name in PLACES if name in layers)
    return PolicyInForce(policy.day, ordered)


def replay(
    schools: Sequence[School], draft: Pack, first: date, last: date, progress: Progress
) -> Replayed:
    """What the policies would have proposed at schools of one authority from a day to a day.

    Raises NoValue for days before there was any policy.
    """
    policies = Policies(schools, draft, first, last)
    sides = {name: Side() for name in SIDES}
    seen: set[int] = set()
    for done, school in enumerate(schools):
        progress(done, len(schools))
        still: dict[str, dict[Key, list[int]]] = {name: {} for name in SIDES}
        for begin, end in by_year(first, last):
            before, still = still, {name: defaultdict(list) for name in SIDES}
            for _, registers in registers_of(school.authority_id, [school.pk], begin, end):
                seen.update(registers.pupils.ids.tolist())
                one = _Batch(school.pk, registers, policies, sides, before)
                one.run(begin, end)
                for name in SIDES:
                    for key, ids in one.standing(name):
                        still[name][key] += ids
    return Replayed(sides, policies.layers, len(seen), len(schools))


def by_year(first: date, last: date) -> Iterator[tuple[date, date]]:
    """A period cut where academic years begin."""
    for year in range(year_of(first), year_of(last) + 1):
        yield max(first, grid_start(year)), min(last, grid_start(year + 1) - ONE_DAY)


class _Batch:
    """Some pupils of one school in one academic year."""

    def __init__(
        self,
        school: int,
        registers: Registers,
        policies: Policies,
        sides: dict[str, Side],
        before: Mapping[str, Mapping[Key, list[int]]],
    ) -> None:
        self.school, self.registers, self.policies = school, registers, policies
        self.sides = sides
        self.ids = registers.pupils.ids
        self.was: dict[str, dict[Key, Met]] = {
            name: {key: np.isin(self.ids, ids) for key, ids in before[name].items()}
            for name in SIDES
        }
        self.ever: dict[str, dict[Outcome, Met]] = {name: {} for name in SIDES}

    def run(self, first: date, last: date) -> None:
        """Every day in turn."""
        before: tuple[National, dict[str, Triggers]] | None = None
        for day in days_between(first, last):
            by = _national(day), self.policies.on(self.school, day)
            if by == before and self.registers.as_before(day):
                continue
            before = by
            facts = self.registers.facts(day, by[0].figures)
            here = self.registers.pupils.on_roll(day)
            found: dict[int, Met] = {}  # most triggers stand on both sides
            for name, triggers in by[1].items():
                now: dict[Key, Met] = {}
                for key, proposed in triggers.items():
                    which = id(proposed.trigger)
                    if which not in found:
                        found[which] = met(proposed.trigger, facts) & here
                    now[key] = found[which]
                    self._begun(name, key, proposed, now[key], day)
                self.was[name] = now
        for name in SIDES:
            for outcome, who in self.ever[name].items():
                self.sides[name].pupils[outcome].update(self.ids[who].tolist())

    def _begun(self, name: str, key: Key, proposed: Proposed, now: Met, day: date) -> None:
        """Count the spells that begin on a day."""
        was = self.was[name].get(key)
        fresh = now if was is None else now > was  # now, and not before
        count = int(np.count_nonzero(fresh))
        if not count:
            return
        side, trigger = self.sides[name], proposed.trigger
        side.times[key] += count
        side.weeks[monday_of(day)] += count
        outcome = Outcome(trigger.proposes, key[0], target_of(trigger))
        ever = self.ever[name]
        ever[outcome] = fresh | ever[outcome] if outcome in ever else fresh

    def standing(self, name: str) -> Iterator[tuple[Key, list[int]]]:
        """Whose spells last at the end."""
        for key, who in self.was[name].items():
            yield key, self.ids[who].tolist()


# To whom the letters would go


def adults_of(enrolments: set[int], today: date) -> dict[int, tuple[int, int]]:
    """For each enrolment, how many adults may be written to by post, and how many need a person.

    As their details stand today. Two queries.
    """
    pupils = dict(Enrolment.objects.filter(pk__in=enrolments).values_list("pk", "pupil_id"))
    links = AdultLink.objects.filter(pupil__in=set(pupils.values())).select_related("adult")
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for link in links:
        way = may_write_to(link.adult, link, today).way
        if way != Way.DO_NOT_WRITE:
            found[link.pupil_id][way != Way.POST] += 1
    return {pk: tuple(found[pupil]) for pk, pupil in pupils.items()}  # type: ignore[misc]


# As a job keeps it


def words_of(outcome: Outcome, layer: Layer) -> str:
    """An outcome as a person reads it."""
    pack = layer.pack
    names = {
        ProposalKind.LETTER.value: {letter.key: letter.title for letter in pack.letters},
        ProposalKind.MEETING.value: {meeting.key: meeting.label for meeting in pack.meetings},
        ProposalKind.STAGE.value: {stage.key: stage.label for stage in pack.stages},
    }
    label = ProposalKind(outcome.proposes).label
    name = names.get(outcome.proposes, {}).get(outcome.target)
    return f"{label}: {name}" if name else str(label)


def as_json(replayed: Replayed, today: date) -> dict[str, Any]:
    """Both sides as rows and weeks, with who is in each row by enrolment."""
    sides = replayed.sides
    outcomes = sorted({one for side in sides.values() for one in side.pupils}, key=_order)
    letters = [one for one in outcomes if one.proposes == ProposalKind.LETTER]
    written = adults_of(
        {pk for side in sides.values() for one in letters for pk in side.pupils.get(one, ())},
        today,
    )
    rows = []
    for outcome in outcomes:
        layer = replayed.layers[outcome.pack]
        row: dict[str, Any] = {
            "proposes": outcome.proposes,
            "pack": outcome.pack,
            "target": outcome.target,
            "words": words_of(outcome, layer),
            "policy": layer.pack.pack.title,
        }
        for name, side in sides.items():
            who = sorted(side.pupils.get(outcome, ()))
            row[name] = {"pupils": len(who), "who": who}
            if outcome in letters:
                row[name]["post"] = sum(written[pk][0] for pk in who)
                row[name]["held"] = sum(written[pk][1] for pk in who)
        rows.append(row)
    weeks = sorted({monday for side in sides.values() for monday in side.weeks})
    return {
        "pupils": replayed.pupils,
        "schools": replayed.schools,
        "rows": rows,
        "weeks": [
            {
                "monday": monday.isoformat(),
                **{name: side.weeks[monday] for name, side in sides.items()},
            }
            for monday in weeks
        ],
    }


KINDS = (
    ProposalKind.STAGE,
    ProposalKind.CASE,
    ProposalKind.LETTER,
    ProposalKind.MEETING,
    ProposalKind.WARNING,
    ProposalKind.CLOSE,
)


def _order(outcome: Outcome) -> tuple[int, str, str]:
    """Stages and cases first."""
    return KINDS.index(ProposalKind(outcome.proposes)), outcome.pack, outcome.target


def replays_visible(reach: Reach, task: str) -> QuerySet[Job]:
    """The replays that the person may see, the newest first: of their schools, or of all."""
    where = Q(school__in=schools_for(reach, Permission.TRY_PACK))
    if reach.may_everywhere(Permission.TRY_PACK):
        where |= Q(school=None)
    rows = Job.objects.filter(where, authority=reach.authority, kind=task)
    return rows.select_related("school", "asked_by").order_by("-asked_at")
