"""The lowest and highest year group of a school, as its roll has them."""

from collections.abc import Sequence

from attendance.models import Enrolment
from authorities.models import School

ORDER = ("N1", "N2", "R", *(str(number) for number in range(1, 15)))


def year_groups_of(schools: Sequence[School]) -> dict[int, tuple[str, str]]:
    """School → its lowest and highest year group, "" for a roll without any. One query.

    Nursery children do not make the lowest: the usual intake of a school is its reception's.
    """
    found: dict[int, tuple[str, str]] = {school.pk: ("", "") for school in schools}
    held: dict[int, set[str]] = {}
    rows = Enrolment.objects.filter(school__in=schools).exclude(year_group="")
    for school, group in rows.values_list("school_id", "year_group").distinct():
        held.setdefault(school, set()).add(group)
    for school_pk, groups in held.items():
        known = sorted((one for one in groups if one in ORDER), key=ORDER.index)
        usual = [one for one in known if not one.startswith("N")] or known
        if usual:
            found[school_pk] = (usual[0], usual[-1])
    return found
