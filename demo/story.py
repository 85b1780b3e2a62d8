"""What happened in the demo world once its files had come, and the JSON that tells of it."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from attendance.access import crossings_visible
from attendance.models import Enrolment
from attendance.services import sweeps
from attendance.services.worklist import mark_seen
from authorities.access import Reach, reach_of
from authorities.references import drawn_from
from authorities.tenancy import scope
from cases.models import Case, CaseLetter
from cases.safety import Way
from cases.selectors.facts import book_for, crossing_of, figures_of
from cases.selectors.letters import addressees, letter_choices, policy_for
from cases.services import concern_letters, letter_reviews, proposing
from cases.services.casework import add_note, open_case
from demo import agreed, casework, loading, sentinels, taking
from demo.draws import references
from demo.loading import Made, Tell
from demo.places import SchoolPlan
from demo.world import World
from rules.dates import ONE_DAY
from rules.letter_stages import LetterState

EARLIER = (35, 28, 21, 14, 7, 3, 1)  # days before today on which the demo was swept
LAST_LOOK = 7  # days before today on which the offices last went through their worklists


def tell(world: World, *, now: datetime, folder: Path, tell: Tell) -> dict[str, Any]:
    """Load a world, live its last weeks, and say what is in it. See docs/reference/demo.md.

    now     the morning on which everything came
    folder  the files are kept there, for whoever wants to import them again
    A world of the usual size is made in one transaction, so that a cut leaves nothing behind; a
    larger one school by school.
    """
    whole = transaction.atomic() if world.size == "demo" else nullcontext()
    with drawn_from(references(world.seed)), whole:
        made = loading.begin(world)
        for school in _each(world, tell, "The files of"):
            loading.load_school(made, school, now=now - ONE_DAY, folder=folder)
            taking.open_registers(made, school)
        tell("Living the last year day by day, and sweeping as of earlier days")
        stories = casework.gather(made, now=now)
        for days in EARLIER if world.size == "demo" else (LAST_LOOK,):
            casework.tell_until(stories, now - ONE_DAY * days)
            sweep(made, now - ONE_DAY * days)
            if days == LAST_LOOK:
                look_through(made, now - ONE_DAY * days)
        for school in _each(world, tell, "Late reasons from"):
            loading.correct_school(made, school, now=now, folder=folder)
        tell("Sweeping as of today")
        casework.tell_until(stories, now)
        sweep(made, now)
        tell("Opening cases")
        opened = cases(made, now)
        casework.tell_until(stories, now + ONE_DAY)
        for cut in casework.cuts(stories):
            tell(cut)
        tell("Agreeing what is known before a register")
        for school in world.places.schools:
            agreed.agree_beforehand(made, school, now=now)
        with scope(made.ids):
            return {**answer(made), "cases": opened + casework.told(stories)}


def _each(world: World, tell: Tell, doing: str) -> Iterator[SchoolPlan]:
    """The schools in turn, each told of with how far that is in pupils."""
    whole, done = sum(school.pupils for school in world.places.schools), 0
    for school in world.places.schools:
        tell(f"{doing} {school.name}: {school.pupils:,} pupils ({100 * done // whole}% done)")
        yield school
        done += school.pupils


def sweep(made: Made, now: datetime) -> None:
    """The night's sweep of every authority, as of the day of `now`, and what policies propose."""
    for authority in made.authorities.values():
        with scope([authority.pk]):
            sweeps.nightly(authority.pk, as_of=timezone.localdate(now), now=now)
            proposing.look(authority.pk, as_of=timezone.localdate(now) - ONE_DAY, now=now)


def look_through(made: Made, now: datetime) -> None:
    """Each office marks all that stands on its worklist as seen, so that what is new is new."""
    for school in made.world.places.schools:
        officer = made.officer(school.urn)
        if officer is None:
            continue
        authority = made.authorities[school.authority]
        with scope([authority.pk], user_id=officer.pk):
            reach = reach_of(officer, authority, made.world.today)
            waiting = crossings_visible(reach).filter(school__urn=school.urn, seen_at=None)
            ids = list(waiting.values_list("pk", flat=True))
            mark_seen(ids=ids, by=reach, now=now)


@dataclass(frozen=True, slots=True)
class Opened:
    """A case to be opened: for which pupil of which authority, and how far its letters go."""

    shows: str
    code: str
    reference: str
    approve: bool


def cases(made: Made, now: datetime) -> list[dict[str, Any]]:
    """Open a few cases and bring their letters to different states."""
    found = []
    for number, wish in enumerate(_wishes(made)):
        authority = made.authorities[wish.code]
        with scope([authority.pk]):
            enrolment = loading.enrolment_of(wish.reference)
        officer = made.officer(enrolment.school.urn)
        if officer is not None:
            with scope([authority.pk], user_id=officer.pk):
                reach = reach_of(officer, authority, made.world.today)
                moment = now + timedelta(seconds=number)
                found.append(_open(made, wish, enrolment, reach, moment))
    return found


def _wishes(made: Made) -> list[Opened]:
    """Whose cases: one letter on its way, one with a protected address, one draft elsewhere."""
    wishes = []
    with scope(made.ids):
        for name, approve in (("met", True), ("protected_mother", False), ("severe", False)):
            places = _told(made, {**sentinels.PUPILS, **sentinels.FAMILIES}).get(name, {})
            for code, reference in list(places.items())[:1]:
                wishes.append(Opened(name, code, reference, approve))
        told = {wish.reference for wish in wishes}
        others = [found for found in loading.met_in_trust(made) if found[1] not in told]
        for code, reference in others[:2]:
            wishes.append(Opened("trust", code, reference, False))
    return wishes


def _open(
    made: Made, wish: Opened, enrolment: Enrolment, reach: Reach, now: datetime
) -> dict[str, Any]:
    """Open one case and draft its policy's first letter to each adult who may be written to."""
    today = made.world.today
    case = open_case(
        reach=reach,
        enrolment=enrolment,
        crossing=crossing_of(enrolment),
        now=now,
        today=today,
    )
    add_note(reach=reach, case=case, text="Rang home. Left a message to ring back.", now=now)
    letters = _letters(case, reach, now, today)
    if wish.approve:
        for letter in letters:
            if letter.letter.stage == LetterState.DRAFT:
                letter_reviews.approve(case_letter=letter, reach=reach, now=now, today=today)
    return {
        "shows": wish.shows,
        "authority": wish.code,
        "school": enrolment.school.urn,
        "reference": case.reference,
        "pupil": wish.reference,
        "letters": [letter.letter.reference for letter in letters],
        "url": f"/la/{wish.code}/cases/{case.reference}/",
    }


def _letters(case: Case, reach: Reach, now: datetime, today: date) -> list[CaseLetter]:
    """The first letter of the nearest policy, drafted to each adult who may be written to."""
    policy = policy_for(case, today)
    book = book_for(case.enrolment, today)
    choices = letter_choices(policy, figures_of(book))
    adults = [
        one.adult.reference
        for one in addressees(case, today)
        if one.decision.way != Way.DO_NOT_WRITE
    ]
    if not choices or not adults or not book.tally.absent:  # a new year has nothing to tell yet
        return []
    first = choices[0]
    return concern_letters.prepare(
        reach=reach,
        case=case,
        pack=first.layer.pack.name,
        letter=first.letter.key,
        adults=adults,
        now=now,
        today=today,
    )


def answer(made: Made) -> dict[str, Any]:
    """Everything a tester needs: accounts, places, families and pupils with their addresses."""
    world = made.world
    return {
        "seed": world.seed,
        "size": world.size,
        "today": world.today.isoformat(),
        "accounts": [account.as_json() for account in made.people],
        "authorities": [
            {"code": plan.code, "name": plan.name, "url": f"/la/{plan.code}/"}
            for plan in world.places.authorities
        ],
        "trust": {"code": world.places.trust.slug, "name": world.places.trust.name},
        "schools": [_school(made, school) for school in world.places.schools],
        "pupils": _pupils(made),
        "families": _families(made),
    }


def _school(made: Made, school: Any) -> dict[str, Any]:
    return {
        "urn": school.urn,
        "name": school.name,
        "authority": school.authority,
        "phase": school.phase.value,
        "trust": made.world.places.trust.slug if school.trust else "",
        "pupils": school.pupils,
        "layout": school.layout,
        "url": f"/la/{school.authority}/schools/{school.urn}/",
        "files": f"demo/files/{school.urn}-*.csv",
    }


def _told(made: Made, kinds: dict[str, str]) -> dict[str, dict[str, str]]:
    """Sentinel → authority → reference of its pupil."""
    found: dict[str, dict[str, str]] = {}
    for code, people in made.world.people.items():
        names = [name for name in people.chosen if name in kinds]
        chosen = [people.chosen[name] for name in names]
        for name, reference in zip(
            names, loading.pupil_references(made, code, chosen), strict=True
        ):
            found.setdefault(name, {})[code] = reference
    return found


def _pupils(made: Made) -> list[dict[str, Any]]:
    """The pupils who stand for something."""
    return [
        {
            "shows": name,
            "authority": code,
            "school": loading.enrolment_of(reference).school.urn,
            "reference": reference,
            "url": f"/la/{code}/pupils/{reference}/",
        }
        for name, places in _told(made, sentinels.PUPILS).items()
        for code, reference in places.items()
    ]


def _families(made: Made) -> list[dict[str, Any]]:
    """The families told by hand, and one with children at a primary and a secondary school."""
    families = [
        {
            "shows": name,
            "authority": code,
            "pupils": [reference],
            "adults": loading.adult_references(reference),
            "url": f"/la/{code}/pupils/{reference}/",
        }
        for name, places in _told(made, sentinels.FAMILIES).items()
        for code, reference in places.items()
    ]
    for code, people in made.world.people.items():
        together = sentinels.siblings(made.world.places, people.pupils)
        if together:
            found = loading.pupil_references(made, code, together)
            families.append(
                {
                    "shows": "siblings_across_schools",
                    "authority": code,
                    "pupils": found,
                    "adults": loading.adult_references(found[0]),
                    "url": f"/la/{code}/pupils/{found[0]}/",
                }
            )
    return families
