"""The doors to cases and their letters."""

from contextlib import suppress

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from attendance.access import crossings_visible
from attendance.models import Crossing
from authorities.access import NotFound, Reach
from authorities.models import Membership
from authorities.permissions import ROLES, Permission
from cases.models import (
    Barrier,
    Case,
    CaseGrant,
    CaseLetter,
    Contract,
    Cycle,
    Deadline,
    Given,
    GivenSupport,
    Meeting,
    MeetingCase,
    Proposal,
    Recheck,
    Referral,
    SiblingShare,
)


def open_to(reach: Reach, case: str = "") -> Q:
    """A filter that keeps restricted cases from everybody but the people named on them.

    case  path to the case with its dunder, such as "case_letter__case__"; "" for Case itself. A
          row that is about no case passes, so add what else the person must be allowed to see.
    """
    named = CaseGrant.objects.filter(
        user=reach.user,
        authority=reach.authority,
        permission__content_type__app_label="cases",
        permission__codename=Given.NAMED.value,
    ).values("content_object")
    kept = Q(**{f"{case}restricted": False}) | Q(**{f"{case}pk__in": named})
    return kept | Q(**{f"{case}pk__isnull": True}) if case else kept


def cases_for(reach: Reach) -> QuerySet[Case]:
    """The cases of schools where the person may see cases; restricted ones for those named."""
    return Case.objects.filter(
        reach.schools(Permission.VIEW_CASE, "school__"), open_to(reach), authority=reach.authority
    ).select_related(
        "authority",
        "pupil",
        "school__trust",
        "enrolment",
        "crossing",
        "owner",
        "opened_by",
        "closed_by",
    )


def case_for(reach: Reach, reference: str, permission: Permission) -> Case:
    """The one way a page, an API call or a job gets the case someone asked for.

    NotFound   no such case, or none that this person may see: we never say which
    Forbidden  the person may see the case but may not do this to it
    """
    case = cases_for(reach).filter(reference=reference).first()
    if case is None:
        raise NotFound("We cannot find that case. Check the reference.")
    reach.require(permission, case.school)
    # The same rows, so that nothing asks for them again.
    case.enrolment.pupil, case.enrolment.school = case.pupil, case.school
    return case


def lost_cases_for(reach: Reach) -> QuerySet[Case]:
    """Restricted cases that nobody named on them can open any more: their roles have ended.

    Only for those who may say who sees a case of the school, so that one of them takes it over.
    They learn that there is a case, and nothing else of it.
    """
    openers = [role.value for role, held in ROLES.items() if Permission.RESTRICT_CASE in held]
    school = "content_object__school"
    roles = (
        Membership.objects.active_on(reach.today)
        .filter(user=OuterRef("user"), role__in=openers)
        .filter(
            Q(school=OuterRef(school))
            | Q(school=None, trust=OuterRef(f"{school}__trust"))
            | Q(school=None, trust=None, authority=OuterRef("authority"))
        )
    )
    able = CaseGrant.objects.filter(
        Exists(roles),
        content_object=OuterRef("pk"),
        permission__content_type__app_label="cases",
        permission__codename=Given.NAMED.value,
    )
    return Case.objects.filter(
        reach.schools(Permission.RESTRICT_CASE, "school__"),
        ~Exists(able),
        authority=reach.authority,
        restricted=True,
    ).select_related("authority", "school__trust")


def lost_case_for(reach: Reach, reference: str) -> Case:
    """One of them by its reference. Raises NotFound: we never say which."""
    found = lost_cases_for(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that case. Somebody may have taken it over already.")
    return found


def shared_cases_for(reach: Reach) -> QuerySet[Case]:
    """The cases that are shared with an outside professional today: these, and nothing else."""
    given = CaseGrant.objects.filter(
        user=reach.user,
        authority=reach.authority,
        permission__content_type__app_label="cases",
        permission__codename=Given.SHARED.value,
        starts_on__lte=reach.today,
        ends_on__gte=reach.today,
    ).values("content_object")
    rows = Case.objects.filter(open_to(reach), authority=reach.authority, pk__in=given)
    if not reach.may(Permission.VIEW_SHARED):
        rows = rows.none()
    return rows.select_related("authority", "pupil", "school__trust", "enrolment")


def shared_case_for(reach: Reach, reference: str) -> Case:
    """One of them by its reference. Raises NotFound: we never say which."""
    found = shared_cases_for(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that case. It may not be shared with you any more.")
    return found


def contract_for(reach: Reach, reference: str, permission: Permission) -> Contract:
    """One contract by its reference, through the door of its case. Raises as `case_for`."""
    found = (
        Contract.objects.filter(authority=reach.authority, reference=reference)
        .select_related("school__trust", "made_by")
        .annotate(of=F("case__reference"))
        .first()
    )
    if found is not None:
        with suppress(NotFound):
            found.case = case_for(reach, found.of, permission)
            return found
    raise NotFound("We cannot find that contract. Check the reference.")


def deadlines_for(reach: Reach) -> QuerySet[Deadline]:
    """What is due, or was, on the cases that the person may see."""
    return Deadline.objects.filter(
        case__in=cases_for(reach).order_by().values("pk"), authority=reach.authority
    ).select_related("case__pupil", "case__school__trust", "authority", "owner")


def case_letters_for(reach: Reach) -> QuerySet[CaseLetter]:
    """The letters of those schools, each with what it is about and its adult."""
    return CaseLetter.objects.filter(
        reach.schools(Permission.VIEW_CASE, "letter__school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
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
        reach.schools(Permission.VIEW_CASE, "school__"),
        open_to(reach, "case__"),
        open_to(reach, "case_letter__case__"),
        authority=reach.authority,
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


def meetings_for(reach: Reach) -> QuerySet[Meeting]:
    """Meetings about a case that the person may see, and the agenda meetings of their schools."""
    seen = MeetingCase.objects.filter(
        meeting=OuterRef("pk"), case__in=cases_for(reach).order_by().values("pk")
    )
    own = reach.schools(Permission.VIEW_CASE, "school__") & Q(agenda=True)
    return Meeting.objects.filter(own | Q(Exists(seen)), authority=reach.authority).select_related(
        "school", "school__trust", "leader", "arranged_by", "settled_by", "before"
    )


def meeting_for(reach: Reach, reference: str, permission: Permission) -> Meeting:
    """One meeting by its reference. Raises as `case_for`."""
    found = meetings_for(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that meeting. Check the reference.")
    reach.require(permission, found.school)
    return found


def referrals_for(reach: Reach) -> QuerySet[Referral]:
    """The referrals of cases that the person may see, for those who may read about health.

    What nobody has sent yet is seen only by those who may refer from that school.
    """
    own = reach.schools(Permission.MAKE_REFERRAL, "school__")
    return (
        Referral.objects.filter(
            reach.schools(Permission.VIEW_SENSITIVE, "school__"),
            authority=reach.authority,
            case__in=cases_for(reach).order_by().values("pk"),
        )
        .filter(own | Q(sent_on__isnull=False))
        .select_related(
            "case__pupil",
            "case__enrolment__pupil",
            "case__enrolment__school__trust",
            "case__school__trust",
            "school__trust",
            "begun_by",
            "sent_by",
        )
    )


def referral_for(reach: Reach, reference: str, permission: Permission) -> Referral:
    """One referral by its reference. Raises as `case_for`."""
    found = referrals_for(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that referral. Check the reference.")
    reach.require(permission, found.school)
    return found


def shares_for(reach: Reach) -> QuerySet[SiblingShare]:
    """What other schools ask of the schools for which the person answers."""
    return SiblingShare.objects.filter(
        reach.schools(Permission.SHARE_SIBLING, "other_school__"), authority=reach.authority
    ).select_related(
        "case__pupil",
        "school",
        "other_school__trust",
        "enrolment__pupil",
        "asked_by",
        "answered_by",
    )


def share_for(reach: Reach, reference: str) -> SiblingShare:
    """One of them by its reference. Raises NotFound."""
    found = shares_for(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that question. Check the reference.")
    return found


def barrier_for(reach: Reach, reference: str, number: int, permission: Permission) -> Barrier:
    """A barrier of a case, through its door. One about health or social care needs more."""
    case = case_for(reach, reference, permission)
    found = case.barriers.select_related("found_by", "resolved_by").filter(pk=number).first()
    if found is None or (found.sensitive and not reach.may(Permission.VIEW_SENSITIVE, case.school)):
        raise NotFound("We cannot find that barrier. It may belong to another case.")
    found.case = case
    return found


def support_for(reach: Reach, reference: str, number: int, permission: Permission) -> GivenSupport:
    """Support that was given on a case, through its door."""
    case = case_for(reach, reference, permission)
    rows = case.support.select_related("owner", "given_by", "ended_by")
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound("We cannot find that support. It may belong to another case.")
    found.case = case
    return found


def cycle_for(reach: Reach, reference: str, number: int, permission: Permission) -> Cycle:
    """A plan of a case by its number, 1 for the first, through the case's door."""
    case = case_for(reach, reference, permission)
    rows = case.cycles.select_related("lead", "opened_by", "before", "next")
    found = rows.filter(number=number).first()
    if found is None:
        raise NotFound("We cannot find that plan. Open it from the case.")
    found.case = case
    return found


def proposals_for(reach: Reach) -> QuerySet[Proposal]:
    """What the policies propose at schools where the person may see cases."""
    return Proposal.objects.filter(
        reach.schools(Permission.VIEW_CASE, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
    ).select_related("enrolment__pupil", "school__trust", "case", "decided_by")


def proposal_for(reach: Reach, reference: str, permission: Permission) -> Proposal:
    """One of them by its reference. Raises as `case_for`."""
    found = proposals_for(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that proposal. Check the reference.")
    reach.require(permission, found.school)
    return found


def proposal_on(case: Case, reference: str) -> Proposal:
    """One proposal for the pupil of a case that the person has come to. Raises NotFound."""
    found = (
        Proposal.objects.select_related("school__trust")
        .filter(enrolment=case.enrolment_id, reference=reference)
        .first()
    )
    if found is None:
        raise NotFound("We cannot find that proposal. It may belong to another case.")
    return found
