"""The flags of pupils that a person may see: special needs, part-time, and what is not for all."""

from datetime import date

from django.db.models import Exists, OuterRef, Q

from attendance.access import PupilHere, sees_flag
from attendance.models import PupilFlag
from attendance.selectors.pupils import Listed


def flags_of(here: PupilHere, today: date) -> list[PupilFlag]:
    """The flags of today that this person may see, by name. One query."""
    rows = PupilFlag.objects.filter(
        in_force(today), authority=here.pupil.authority_id, pupil=here.pupil
    )
    return sorted(
        (flag for flag in rows if sees_flag(flag.kind, here.sees)),
        key=lambda flag: flag.get_kind_display(),
    )


def flag_history(here: PupilHere) -> list[PupilFlag]:
    """Every flag that this person may see, past ones too, newest first."""
    rows = PupilFlag.objects.filter(authority=here.pupil.authority_id, pupil=here.pupil)
    return [flag for flag in rows.order_by("-starts_on", "kind") if sees_flag(flag.kind, here.sees)]


def flagged(rows: Listed, kind: str, today: date) -> Listed:
    """The enrolments of pupils who have a flag of this kind today."""
    flags = PupilFlag.objects.filter(in_force(today), pupil=OuterRef("pupil"), kind=kind)
    return rows.filter(Exists(flags))


def in_force(day: date) -> Q:
    """The flags of a day."""
    return Q(starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))
