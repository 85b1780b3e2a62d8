"""One of each thing in both authorities, with sentinels in every text a page could show."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from authorities.models import Job, Membership
from authorities.permissions import Role
from tests import factories
from tests.cast import Cast

# The keyword of a route's address → the thing that fills it and the attribute it takes.
ARGUMENTS = {
    "membership": ("membership", "pk"),
    "job": ("reference", "reference"),
    "pupil": ("reference", "reference"),
    "school": ("urn", "urn"),
}


@dataclass
class World:
    """Northmoor's things by name."""

    cast: Cast
    things: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, dict[str, Any]] = field(default_factory=dict)  # route → its own arguments

    def arguments(self, name: str, needs: tuple[str, ...]) -> dict[str, Any]:
        """The keyword arguments of a route's address."""
        found = {"la": "990", **self.extra.get(name, {})}
        for need in needs:
            keyword, attribute = ARGUMENTS[need]
            found[keyword] = getattr(self.things[need], attribute)
        return found


def build(cast: Cast) -> World:
    """Fill both authorities and return the world as Northmoor has it."""
    for authority, word in ((cast.northmoor, "Northsecret"), (cast.southvale, "Southsecret")):
        school = cast.hillside if authority == cast.northmoor else cast.coast
        pupil = factories.pupil(authority, surname=word, forenames=word)
        factories.enrolment(pupil, school)
        factories.adult(pupil, surname=word, address=f"1 {word} Lane")
    world = World(cast)
    world.things = {
        "pupil": cast.pupil,
        "school": cast.hillside,
        "membership": Membership.objects.get(user=cast.person(Role.TUTOR, "hillside")),
        "job": Job.objects.create(
            authority=cast.northmoor,
            school=cast.hillside,
            kind="authorities.nothing",
            asked_at=timezone.now(),
        ),
    }
    return world
