"""Questions about a school's own page: roll, latest register, files that came."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from attendance.models import Enrolment, ImportBatch, RegisterTaken
from authorities.models import PackAdoption, School


@dataclass(frozen=True, slots=True)
class Pack:
    """A policy pack in force at a school, and who adopted it: the school, its trust or all."""

    name: str
    edition: str
    adopted_for: str
    since: date


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
    return list(school.import_batches.defer("content").order_by("-uploaded_at")[:number])


def packs_in_force(school: School, today: date) -> list[Pack]:
    """The packs that a school works by today, the nearest first: its own, its trust's, all's."""
    near = Q(school=school) | Q(school=None, trust=None)
    if school.trust_id is not None:
        near |= Q(trust=school.trust_id)
    rows = PackAdoption.objects.filter(near, authority=school.authority_id, starts_on__lte=today)
    found: dict[int, Pack] = {}
    for row in rows.order_by("starts_on", "pk"):
        rank = 0 if row.school_id else 1 if row.trust_id else 2
        who = ("this school", "its trust", "the authority")[rank]
        found[rank] = Pack(row.pack, row.edition, who, row.starts_on)
    return [found[rank] for rank in sorted(found)]
