"""The doors to cases and their letters."""

from django.db.models import QuerySet

from attendance.access import crossings_visible
from attendance.models import Crossing
from authorities.access import NotFound, Reach
from authorities.permissions import Permission
from cases.models import Case, CaseLetter, Recheck


def cases_for(reach: Reach) -> QuerySet[Case]:
    """The cases of schools where the person may see cases."""
    return Case.objects.filter(
        reach.schools(Permission.VIEW_CASE, "school__"), authority=reach.authority
    ).select_related("pupil", "school", "school__trust", "enrolment", "opened_by", "closed_by")


def case_for(reach: Reach, reference: str, permission: Permission) -> Case:
    """The one way a page, an API call or a job gets the case someone asked for.

    NotFound   no such case, or none that this person may see: we never say which
    Forbidden  the person may see the case but may not do this to it
    """
    case = cases_for(reach).filter(reference=reference).first()
    if case is None:
        raise NotFound("We cannot find that case. Check the reference.")
    reach.require(permission, case.school)
    return case


def case_letters_for(reach: Reach) -> QuerySet[CaseLetter]:
    """The letters of those schools, each with what it is about and its adult."""
    return CaseLetter.objects.filter(
        reach.schools(Permission.VIEW_CASE, "letter__school__"), authority=reach.authority
    ).select_related(
        "adult",
        "pupil",
        "case",
        "leave",
        "letter__school__trust",
        "letter__created_by",
        "letter__approved_by",
        "letter__released_by",
    )


def case_letter_for(reach: Reach, reference: str, permission: Permission) -> CaseLetter:
    """One letter by its reference. Raises as `case_for`."""
    found = case_letters_for(reach).filter(letter__reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that letter. Check the reference.")
    reach.require(permission, found.letter.school)
    return found


def crossing_for(reach: Reach, pk: int, permission: Permission) -> Crossing:
    """One crossing by its number. Raises as `case_for`."""
    found = (
        crossings_visible(reach)
        .select_related("enrolment__pupil", "enrolment__school__trust", "school__trust")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("We cannot find that entry of the worklist. It may be out of date.")
    reach.require(permission, found.school)
    return found


def rechecks_for(reach: Reach) -> QuerySet[Recheck]:
    """What relied on corrected marks, at schools where the person may see cases."""
    return Recheck.objects.filter(
        reach.schools(Permission.VIEW_CASE, "school__"), authority=reach.authority
    ).select_related(
        "enrolment__pupil", "school", "case", "case_letter__letter", "crossing", "decided_by"
    )


def recheck_for(reach: Reach, reference: str, permission: Permission) -> Recheck:
    """One of them by its reference. Raises as `case_for`."""
    found = rechecks_for(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that entry. Check the reference.")
    reach.require(permission, found.school)
    return found
