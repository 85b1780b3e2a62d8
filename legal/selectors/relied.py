"""What attendance is told of sessions that notices and prosecutions rest on."""

from collections.abc import Collection, Iterable
from datetime import date

from attendance.selectors.relied import Row, Source
from authorities.access import Reach
from legal.access import penalties_for, prosecutions_for
from legal.models import ReliedSession
from legal.selectors.penalties import printed_reference

PENALTY, PROSECUTION = "legal.PenaltyNotice:", "legal.Prosecution:"


def rows(
    authority_id: int,
    enrolments: Collection[int] | None,
    schools: Collection[int] | None,
    since: date,
) -> Iterable[Row]:
    """The sessions of live notices and prosecutions since a day. See attendance's Source.

    What a withdrawal or an acquittal gave back is not among them: no notice rests on it, and the
    register speaks of the child, whose other parent may still answer for it. That the same parent
    gets no new notice for it is the gate's to say (`prosecutions.settled_of`).
    """
    found = ReliedSession.objects.filter(authority=authority_id, freed_on=None, day__gte=since)
    if enrolments is not None:
        found = found.filter(enrolment__in=enrolments)
    if schools is not None:
        found = found.filter(enrolment__school__in=schools)
    return [
        Row(*values)
        for values in found.order_by("pk").values_list("enrolment_id", "day", "session", "subject")
    ]


def named(reach: Reach, subjects: Collection[str]) -> dict[str, str]:
    """Notices and prosecutions by their references, of those that the person may see."""
    penalties = penalties_for(reach).filter(pk__in=_keys(subjects, PENALTY))
    prosecutions = prosecutions_for(reach).filter(pk__in=_keys(subjects, PROSECUTION))
    return {
        **{f"{PENALTY}{row.pk}": f"penalty notice {printed_reference(row)}" for row in penalties},
        **{f"{PROSECUTION}{row.pk}": f"prosecution {row.reference}" for row in prosecutions},
    }


def _keys(subjects: Collection[str], kind: str) -> list[int]:
    return [int(one.removeprefix(kind)) for one in subjects if one.startswith(kind)]


SOURCE = Source(rows, named)
