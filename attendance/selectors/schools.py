"""Questions about a school's own page: roll, latest register, files that came."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from attendance.models import Enrolment, ImportBatch, RegisterTaken
from authorities import packs
from authorities.models import School


@dataclass(frozen=True, slots=True)
class Pack:
    """A policy pack in force at a school, for whom it was adopted, and what is out of date."""

    name: str
    edition: str
    adopted_for: str
    since: date
    overtaken: tuple[packs.Superseded, ...] = ()


def with_figures(schools: QuerySet[School], today: date) -> QuerySet[School]:
    """Schools with `roll` (pupils on it today) and `latest_register` (day of the last one)."""
    on_roll = Q(enrolments__starts_on__lte=today) & (
        Q(enrolments__ends_on=None) | Q(enrolments__ends_on__gte=today)
    )
    latest = (
        RegisterTaken.objects.filter(school=OuterRef("pk"))
        .values("school")
        .annotate(latest=Max("day"))
        .values("latest")
    )
    return schools.annotate(
        roll=Count("enrolments", filter=on_roll), latest_register=Subquery(latest)
    )


def roll_of(school: School, today: date) -> int:
    """How many pupils are on the roll today."""
    here = Enrolment.objects.filter(school=school, starts_on__lte=today)
    return here.filter(Q(ends_on=None) | Q(ends_on__gte=today)).count()


def latest_register(school: School) -> date | None:
    """The day of the latest register taken."""
    latest: date | None = RegisterTaken.objects.filter(school=school).aggregate(d=Max("day"))["d"]
    return latest


def latest_batches(school: School, number: int = 5) -> list[ImportBatch]:
    """The newest files of a school, without their bytes."""
    return list(school.import_batches.defer("content").order_by("-uploaded_at", "-pk")[:number])


PLACE_WORDS = {"authority": "the authority", "trust": "its trust", "school": "this school"}


def packs_in_force(school: School, today: date) -> list[Pack]:
    """The policy packs that a school works by today, the nearest first; the national one last."""
    layers = packs.pack_in_force(school, today).layers
    return [
        Pack(
            layer.pack.pack.title,
            layer.pack.edition,
            PLACE_WORDS.get(layer.place, "every school"),
            layer.since,
            layer.pack.superseded,
        )
        for layer in reversed(layers)
    ]
