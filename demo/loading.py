"""Putting a demo world into the database, the way a school would: through the importer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from attendance.imports.values import DateOrder
from attendance.models import (
    Adult,
    Crossing,
    CrossingKind,
    CrossingState,
    Enrolment,
    ImportState,
    Pupil,
)
from attendance.services import calendars, imports
from authorities import packs
from authorities.access import reach_of
from authorities.models import Authority, School, Trust, User
from authorities.permissions import Role
from authorities.tenancy import scope
from demo import accounts
from demo.accounts import Account
from demo.draws import table
from demo.files import DemoFile
from demo.places import SchoolPlan, year_plan
from demo.world import World
from rules.errors import DomainError

MARKS_LATER = timedelta(minutes=5)
Tell = Callable[[str], None]


class NotTaken(DomainError):
    """The importer did not take one of the demo's own files: a fault of the demo."""

    code = "demo_file_not_taken"


@dataclass
class Made:
    """What stands in the database once a world is loaded."""

    world: World
    people: list[Account]
    authorities: dict[str, Authority] = field(default_factory=dict)
    schools: dict[str, School] = field(default_factory=dict)
    trust: Trust | None = None
    users: dict[str, User] = field(default_factory=dict)

    @property
    def ids(self) -> list[int]:
        """The authorities' keys, for a scope."""
        return [authority.pk for authority in self.authorities.values()]

    def officer(self, urn: str) -> User | None:
        """A school's attendance officer, where the world has one."""
        found = (a for a in self.people if (a.urn, a.role) == (urn, Role.ATTENDANCE_OFFICER))
        return next((self.users[account.email] for account in found), None)


def begin(world: World) -> Made:
    """Make the places, the people who sign in, the calendars and the policy."""
    made = Made(world, accounts.accounts(world.seed, world.places))
    _make_places(made)
    with scope(made.ids):
        made.users = accounts.make(
            made.people, made.authorities, made.schools, made.trust, world.today
        )
        _make_calendars(made)
        _adopt_packs(made)
    return made


def _make_places(made: Made) -> None:
    """Authorities, the trust and schools."""
    plans = made.world.places
    for plan in plans.authorities:
        made.authorities[plan.code] = Authority.objects.create(code=plan.code, name=plan.name)
    made.trust = Trust.objects.create(code=plans.trust.slug, name=plans.trust.name)
    with scope(made.ids):
        for school in plans.schools:
            made.schools[school.urn] = School.objects.create(**_school(made, school))


def _school(made: Made, school: SchoolPlan) -> dict[str, Any]:
    """The columns of a school."""
    authority = made.world.places.authority(school.authority)
    streets = table("names")["addresses"]["streets"]
    staff = {a.role: a.name for a in made.people if a.urn == school.urn}
    return {
        "authority": made.authorities[school.authority],
        "trust": made.trust if school.trust else None,
        "urn": school.urn,
        "number": school.number,
        "name": school.name,
        "phase": school.phase,
        "kind": school.kind,
        "address": f"{streets[school.index % len(streets)]}\n{authority.town}",
        "postcode": f"{authority.postcode}AA",
        "phone": f"01632 9607{school.index % 100:02}",
        "email": f"office@{school.slug}.{authority.domain}",
        "headteacher": staff.get(Role.HEADTEACHER, ""),
        "attendance_contact": staff.get(Role.ATTENDANCE_OFFICER, ""),
    }


def _make_calendars(made: Made) -> None:
    """The authorities' own calendars, and those of schools that do not work by them."""
    world = made.world
    for authority in made.authorities.values():
        for year in world.years:
            calendars.save(
                authority=authority,
                school=None,
                year=year,
                plan=year_plan(year),
                by=None,
                change="made the demo calendar",
            )
    for school in world.places.schools:
        if school.calendar == "authority":
            continue
        for year, plan in world.plans(school).items():
            calendars.save(
                authority=made.authorities[school.authority],
                school=made.schools[school.urn],
                year=year,
                plan=plan,
                by=None,
                change="made the demo calendar",
            )


def _adopt_packs(made: Made) -> None:
    """The authorities' policies, the trust's where it has schools, and one school's own."""
    plans = made.world.places
    starts_on = made.world.today - timedelta(days=accounts.SINCE)
    for plan in plans.authorities:
        authority = made.authorities[plan.code]
        more: dict[str, Any] = {"authority": authority, "starts_on": starts_on, "reach": None}
        if plan.pack:
            packs.adopt(pack=plan.pack, minute="Demo decision 1", **more)
        if any(school.trust and school.authority == plan.code for school in plans.schools):
            packs.adopt(pack=plans.trust.pack, trust=made.trust, minute="Demo decision 2", **more)
        for school in plans.schools:
            if school.pack and school.authority == plan.code:
                there = made.schools[school.urn]
                packs.adopt(pack=school.pack, school=there, minute="Demo decision 3", **more)


def load_school(made: Made, school: SchoolPlan, *, now: datetime, folder: Path) -> None:
    """Import one school's people, and its marks as they first came."""
    _import(made, school, made.world.people_files(school), now=now, folder=folder)
    _import(made, school, [made.world.marks_file(school)], now=now + MARKS_LATER, folder=folder)


def correct_school(made: Made, school: SchoolPlan, *, now: datetime, folder: Path) -> None:
    """Import the school's second file of marks, in which reasons have come in.

    In the first weeks of a term it changes marks of the last one: then it is held for a person, as
    any such file is, and waits on the page of imports.
    """
    files = [made.world.correction_file(school)]
    _import(made, school, files, now=now, folder=folder, may_wait=True)


def _import(
    made: Made,
    school: SchoolPlan,
    files: Iterable[DemoFile | None],
    *,
    now: datetime,
    folder: Path,
    may_wait: bool = False,
) -> None:
    """Keep files in the folder and import them as the school's attendance officer."""
    authority = made.authorities[school.authority]
    officer = made.officer(school.urn)
    for number, file in enumerate(files):
        if file is not None:
            (folder / file.name).write_bytes(file.content)
            with scope([authority.pk], user_id=officer.pk if officer else None):
                at = now + timedelta(seconds=number)
                _take(made, file, officer, now=at, may_wait=may_wait)


def _take(
    made: Made, file: DemoFile, officer: User | None, *, now: datetime, may_wait: bool
) -> None:
    """Import one file as the school's attendance officer. Raises NotTaken with the reason.

    may_wait  a file that is held for a person is no fault
    """
    school = made.schools[file.school.urn]
    by = reach_of(officer, school.authority, made.world.today) if officer else None
    opening = imports.opening_of(file.content, file.layout)
    order = DateOrder.DAY_FIRST if file.school.dates.startswith("%d") else None
    choices = replace(imports.suggested(opening, file.layout, None), order=order)
    outcome = imports.import_file(
        school=school,
        layout=file.layout,
        file_name=file.name,
        content=file.content,
        now=now,
        today=made.world.today,
        by=by,
        choices=choices,
    )
    fine = {ImportState.TAKEN, ImportState.HELD} if may_wait else {ImportState.TAKEN}
    if outcome.batch.state not in fine:
        first = outcome.batch.problems.order_by("line").first()
        where = f" Line {first.line}: {first.reason}" if first else ""
        raise NotTaken(f"{file.name} was not taken. {outcome.sentence}{where}")


# Finding things again for the JSON


def pupil_references(made: Made, code: str, pupils: list[int]) -> list[str]:
    """The references of pupils of an authority, in order. Must run in its scope."""
    people = made.world.people[code].pupils
    upns = [people.upns[pupil] for pupil in pupils]
    found = Pupil.objects.filter(authority=made.authorities[code], upn__in=upns)
    by_upn = dict(found.values_list("upn", "reference"))
    return [by_upn[upn] for upn in upns]


def adult_references(reference: str) -> list[dict[str, str]]:
    """The adults of a pupil: reference and relationship. Must run in the pupil's scope."""
    adults = Adult.objects.filter(pupil_links__pupil__reference=reference)
    rows = adults.order_by("pupil_links__priority", "pk").values_list(
        "reference", "pupil_links__relationship"
    )
    return [{"reference": one, "relationship": relationship} for one, relationship in rows]


def enrolment_of(reference: str) -> Enrolment:
    """The newest enrolment of a pupil. Must run in the pupil's scope."""
    return (
        Enrolment.objects.filter(pupil__reference=reference)
        .select_related("school__authority", "pupil")
        .latest("starts_on")
    )


def met_in_trust(made: Made) -> list[tuple[str, str]]:
    """(authority code, pupil reference) of those who met the threshold at the trust's schools.

    None who has a case already, and only at schools with an attendance officer, who can open one.
    Must run in every scope.
    """
    officers = [a.urn for a in made.people if a.role == Role.ATTENDANCE_OFFICER]
    rows = Crossing.objects.filter(
        school__trust=made.trust,
        school__urn__in=officers,
        kind=CrossingKind.TEN_IN_TEN,
        state=CrossingState.MET,
        enrolment__cases=None,
    )
    rows = rows.order_by("authority__code", "enrolment__pupil__upn")
    return list(rows.values_list("authority__code", "enrolment__pupil__reference"))
