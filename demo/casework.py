"""The casework of the demo world: stories told by hand, lived day by day through the services.

A story of demo/data/stories.toml is about one pupil of one school. Each of its steps has a day and
what is done on it, by whom; the demo's sweeps come in between, so that everything is known in its
own time. Nothing is written but by what the pages themselves call.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from attendance.models import Adult, AdultLink, Enrolment, YesNoUnknown
from attendance.selectors.calendars import calendar_of
from attendance.selectors.reasons import person_of
from authorities.access import Reach, reach_of
from authorities.models import User
from authorities.permissions import AUTHORITY_ROLES, Role
from authorities.tenancy import scope
from demo import acts
from demo.draws import table
from demo.loading import Made
from demo.places import SchoolPlan
from rules.compulsory_age import compulsory_on
from rules.dates import ONE_DAY
from rules.errors import DomainError, UnknownTerm

EVENING = time(18)
A_MINUTE = timedelta(minutes=1)
OFFICER = Role.ATTENDANCE_OFFICER.value
RECENT = 30  # sessions at the end of a register: the last weeks
TURN = 12.0  # points by which attendance changes where a story says it got better or worse
FAR = 1000.0
ABSENT, POSSIBLE = 0x60, 0x40  # bytes from which a mark is an absence, and from which it counts


@dataclass(slots=True)
class Telling:
    """One story as far as it has come, with what its steps have made. See demo.acts."""

    key: str
    made: Made
    plan: SchoolPlan
    enrolment: Enrolment
    parent: Adult
    days: tuple[date, ...]
    now: datetime  # the morning on which the demo is made
    names: Mapping[str, str]
    steps: list[dict[str, Any]] = field(default_factory=list)
    cases: list[Any] = field(default_factory=list)
    barriers: list[Any] = field(default_factory=list)
    support: list[Any] = field(default_factory=list)
    targets: list[Any] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    cycle: Any = None
    meeting: Any = None
    about: Any = None
    agreed: list[Any] = field(default_factory=list)
    contract: Any = None
    referral: Any = None
    share: Any = None
    cut: str = ""  # why the rest of the story was not told

    def day(self, offset: int) -> date:
        """The school day so many school days from today; 0 is today itself.

        Raises UnknownTerm where the school's calendar does not go so far.
        """
        today = timezone.localdate(self.now)
        if offset == 0:
            return today
        at = bisect_left(self.days, today) + offset
        at -= offset > 0 and today not in self.days
        if not 0 <= at < len(self.days):
            raise UnknownTerm("The school's calendar does not go so far.")
        return self.days[at]

    def moment(self, step: Mapping[str, Any], order: int) -> datetime:
        """When a step is written down: at the end of its day, one minute after the other."""
        day = self.day(step["d"])
        if step["d"] == 0:
            return self.now + timedelta(seconds=order)
        return timezone.make_aware(datetime.combine(day, EVENING)) + A_MINUTE * order

    def user(self, role: str) -> User:
        """Somebody of the school or of its council."""
        place = (self.plan.authority, "") if Role(role) in AUTHORITY_ROLES else None
        for account in self.made.people:
            there = (account.authority, account.urn)
            if account.role.value == role and there == (place or (there[0], self.plan.urn)):
                return self.made.users[account.email]
        raise UnknownTerm(f"Nobody at {self.plan.name} is: {role}.")

    @property
    def case(self) -> Any:
        """The newest case of the story."""
        return self.cases[-1]

    def reach_of(self, user: User, day: date) -> Reach:
        """What somebody could do on a day. Must run in a scope that holds the person."""
        return reach_of(user, self.made.authorities[self.plan.authority], day)


@dataclass(slots=True)
class Stories:
    """Every story that can be told, with the steps that wait, in the order of their moments."""

    tellings: list[Telling]
    waiting: list[tuple[datetime, int, Telling, dict[str, Any]]]


def gather(made: Made, *, now: datetime) -> Stories:
    """Choose a pupil for each story. The schools' files must be there."""
    tellings = [
        telling for plan in made.world.places.schools for telling in _of_school(made, plan, now)
    ]
    waiting: list[tuple[datetime, int, Telling, dict[str, Any]]] = []
    for number, telling in enumerate(tellings):
        for order, step in enumerate(telling.steps):
            try:
                waiting.append((telling.moment(step, order), number, telling, step))
            except UnknownTerm as problem:  # the calendar begins later: not to be told
                telling.cut = telling.cut or problem.message
    waiting.sort(key=lambda one: one[:2])
    return Stories(tellings, waiting)


def tell_until(stories: Stories, moment: datetime) -> None:
    """Live every step that comes before a moment.

    A story stops where a service refuses a step: near the end of a calendar no meeting can be
    arranged. Its `cut` says why; on an ordinary school day there is none, and a test holds that.
    """
    while stories.waiting and stories.waiting[0][0] < moment:
        at, _, telling, step = stories.waiting.pop(0)
        if telling.cut:
            continue
        try:
            _live(telling, step, at)
        except DomainError as problem:
            telling.cut = f"{step['does']} on {step['d']}: {problem.message}"


def _live(telling: Telling, step: dict[str, Any], at: datetime) -> None:
    """One step, as the person who does it, in their own scope."""
    user = telling.user(step.get("by", OFFICER))
    authority = telling.made.authorities[telling.plan.authority]
    with scope([authority.pk], user_id=user.pk):
        reach = telling.reach_of(user, timezone.localdate(at))
        acts.ACTS[step["does"]](telling, reach, _named(step, telling.names), at)


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """The step with {pupil} and {parent} as this family is called."""
    if isinstance(value, str):
        return value.format_map(names) if "{" in value else value
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if isinstance(value, dict):
        return {key: _named(one, names) for key, one in value.items()}
    return value


def told(stories: Stories) -> list[dict[str, Any]]:
    """What the seed's answer says of each case. Must run in every scope."""
    return [
        {
            "shows": telling.key,
            "authority": telling.plan.authority,
            "school": telling.plan.urn,
            "reference": case.reference,
            "pupil": telling.enrolment.pupil.reference,
            "letters": list(
                case.letters.order_by("pk").values_list("letter__reference", flat=True)
            ),
            "url": f"/la/{telling.plan.authority}/cases/{case.reference}/",
        }
        for telling in stories.tellings
        for case in telling.cases
    ]


def cuts(stories: Stories) -> list[str]:
    """Which stories stopped early, and why, in sentences."""
    return [
        f"No story to its end: {one.plan.name}, {one.key}. {one.cut}"
        for one in stories.tellings
        if one.cut
    ]


# Whose stories


def _of_school(made: Made, plan: SchoolPlan, now: datetime) -> Iterator[Telling]:
    """The stories of a school, each about another pupil."""
    stories = [one for one in table("stories")["story"] if one["school"] == plan.urn]
    if not stories:
        return
    with scope([made.authorities[plan.authority].pk]):
        days = calendar_of(made.schools[plan.urn]).days
        pupils = _pupils(made, plan)
        taken: set[int] = set()
        for story in stories:
            telling = _chosen(made, plan, story, pupils, days, now, taken)
            if telling is not None:
                taken.add(telling.enrolment.pk)
                yield telling


@dataclass(frozen=True, slots=True)
class Possible:
    """A pupil whom a story can be about.

    attendance  in percent, since last summer
    gain        how many points the last weeks were better than those of last summer
    apart       has a brother or sister at another school, as the record knows it
    """

    enrolment: Enrolment
    parent: Adult
    attendance: float
    gain: float
    apart: bool


def _pupils(made: Made, plan: SchoolPlan) -> list[Possible]:
    """Pupils on roll with a parent who may be written to; none who shows something else."""
    people = made.world.people[plan.authority]
    register = made.world.register(plan)
    absent, possible = register.marks >= ABSENT, register.marks >= POSSIBLE
    shows = {people.pupils.upns[pupil] for pupil in people.chosen.values()}
    rows = people.rolls.pupil[register.enrolments].tolist()
    at = {people.pupils.upns[pupil]: row for row, pupil in enumerate(rows)}

    def share(row: int, part: slice) -> float:
        """The attendance of a part of the register, in percent."""
        there = int(possible[row, part].sum())
        return 100 * (1 - int(absent[row, part].sum()) / there) if there else 100.0

    pairs = [pair for pair in _with_parents(made, plan) if pair[0].pupil.upn not in shows]
    apart = _apart(plan, [parent for _, parent in pairs])
    return [
        Possible(
            enrolment,
            parent,
            attendance=share(row, slice(None)),
            gain=share(row, slice(-RECENT, None)) - share(row, slice(None, -2 * RECENT)),
            apart=parent.pk in apart,
        )
        for enrolment, parent in pairs
        if (row := at.get(enrolment.pupil.upn)) is not None and possible[row].any()
    ]


def _apart(plan: SchoolPlan, parents: list[Adult]) -> set[int]:
    """Those of these parents who have a child at another school as well."""
    rows = AdultLink.objects.filter(
        adult__in=[one.pk for one in parents], pupil__enrolments__ends_on=None
    )
    return set(
        rows.exclude(pupil__enrolments__school__urn=plan.urn).values_list("adult", flat=True)
    )


def _with_parents(made: Made, plan: SchoolPlan) -> Iterator[tuple[Enrolment, Adult]]:
    """Enrolments of today with the first parent whom the school may write to."""
    today = made.world.today
    rows = Enrolment.objects.filter(school=made.schools[plan.urn], ends_on=None)
    rows = rows.filter(starts_on__lte=today).select_related("pupil", "school__trust", "authority")
    links = AdultLink.objects.filter(
        pupil__in=rows.values("pupil"),
        parental_responsibility=YesNoUnknown.YES,
        adult__protected_address=YesNoUnknown.NO,
    ).select_related("adult")
    parents: dict[int, Adult] = {}
    for link in links.order_by("pupil", "priority", "pk"):
        if link.pupil_id not in parents and person_of(link, today).may:
            parents[link.pupil_id] = link.adult
    for row in rows.order_by("pupil__upn", "pk"):
        if row.pupil_id in parents:
            yield row, parents[row.pupil_id]


def _chosen(
    made: Made,
    plan: SchoolPlan,
    story: Mapping[str, Any],
    pupils: list[Possible],
    days: tuple[date, ...],
    now: datetime,
    taken: set[int],
) -> Telling | None:
    """The story of the pupil who fits it best, or None where nobody does."""
    first = made.world.today - ONE_DAY * int(1.6 * -story["steps"][0]["d"] + 30)
    fit = [
        one
        for one in pupils
        if one.enrolment.pk not in taken
        and one.enrolment.starts_on <= first
        and compulsory_on(one.enrolment.pupil.born_on, first)
        and compulsory_on(one.enrolment.pupil.born_on, made.world.today + ONE_DAY)
    ]
    if not fit:
        return None
    best = min(fit, key=lambda one: (_distance(one, story), one.enrolment.pupil.upn))
    pupil = best.enrolment.pupil
    names = {
        "pupil": pupil.known_as or pupil.forenames.split()[0],
        "parent": f"{best.parent.title} {best.parent.surname}".strip(),
    }
    return Telling(
        key=story["key"],
        made=made,
        plan=plan,
        enrolment=best.enrolment,
        parent=best.parent,
        days=days,
        now=now,
        names=names,
        steps=story["steps"],
    )


def _distance(one: Possible, story: Mapping[str, Any]) -> float:
    """How far a pupil's register is from what a story tells, in points of attendance."""
    away = abs(one.attendance - story["attendance"])
    if "better" in story:
        turn = one.gain if story["better"] else -one.gain
        away += max(0.0, TURN - turn)
    return away + FAR * (story.get("apart", False) and not one.apart)
