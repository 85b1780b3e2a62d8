"""What happened in the demo world once its files had come, and the JSON that tells of it."""

from datetime import datetime
from pathlib import Path
from typing import Any

from authorities.tenancy import scope
from demo import loading, sentinels
from demo.loading import Made, Tell
from demo.world import World


def tell(world: World, *, now: datetime, folder: Path, tell: Tell) -> dict[str, Any]:
    """Load a world, live its last weeks, and say what is in it. See docs/reference/demo.md."""
    made = loading.load(world, now=now, folder=folder, tell=tell)
    with scope(made.ids):
        return answer(made)


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
