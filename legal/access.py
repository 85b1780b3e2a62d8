"""The doors to notices and to what follows them.

A notice about a restricted case is seen by the people named on that case alone.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from attendance.access import pupil_here
from attendance.models import Adult, Enrolment, Pupil
from authorities.access import Forbidden, NotFound, Reach
from authorities.permissions import Permission
from cases.access import case_for, open_to
from cases.models import Case
from legal.models import (
    BundleFile,
    ExternalNotice,
    GateOverride,
    ImprovementNotice,
    LedgerEntry,
    LedgerKind,
    LegalRecheck,
    LegalReturn,
    NoticeRequest,
    OfficerNamed,
    PaymentFile,
    PaymentQuestion,
    PenaltyNotice,
    Prosecution,
    Refund,
    SupervisionOrder,
)

Row = TypeVar("Row", bound=Model)


def improvements_for(reach: Reach) -> QuerySet[ImprovementNotice]:
    """The Notices to Improve of schools where the person may see notices."""
    return ImprovementNotice.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
    ).select_related("authority", "case", "enrolment__pupil", "school__trust", "made_by")


def improvement_for(reach: Reach, reference: str, permission: Permission) -> ImprovementNotice:
    """One Notice to Improve. Raises NotFound, and Forbidden where it may only be seen."""
    return _one(reach, improvements_for(reach), reference, permission, "Notice to Improve")


def requests_for(reach: Reach) -> QuerySet[NoticeRequest]:
    """The requests for penalty notices of those schools."""
    return NoticeRequest.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
    ).select_related(
        "authority", "case", "leave", "improvement", "enrolment__pupil", "school__trust"
    )


def request_for(reach: Reach, reference: str, permission: Permission) -> NoticeRequest:
    """One request. Raises as `improvement_for`."""
    return _one(reach, requests_for(reach), reference, permission, "request")


def penalties_for(reach: Reach) -> QuerySet[PenaltyNotice]:
    """The penalty notices of those schools, each with its parent."""
    return PenaltyNotice.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "request__case__"),
        authority=reach.authority,
    ).select_related("authority", "request__case", "adult", "pupil", "enrolment", "school__trust")


def penalty_for(reach: Reach, reference: str, permission: Permission) -> PenaltyNotice:
    """One penalty notice by the reference that it carries. Raises as `improvement_for`."""
    return _one(reach, penalties_for(reach), reference, permission, "penalty notice")


def penalties_of_child(reach: Reach, pupil: Pupil, adult: Adult) -> QuerySet[PenaltyNotice]:
    """The notices to one parent for one child, who came through doors of theirs; newest first."""
    return penalties_for(reach).filter(pupil=pupil, adult=adult).order_by("-issued_on", "-pk")


def orders_for(reach: Reach) -> QuerySet[SupervisionOrder]:
    """The education supervision orders of those schools, from the day one was thought of."""
    return SupervisionOrder.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
    ).select_related("authority", "case", "pupil", "enrolment", "school__trust", "made_by")


def order_for(reach: Reach, reference: str, permission: Permission) -> SupervisionOrder:
    """One of them. Raises as `improvement_for`."""
    return _one(reach, orders_for(reach), reference, permission, "order")


def prosecutions_for(reach: Reach) -> QuerySet[Prosecution]:
    """The prosecutions at those schools, each with its parent. What is in the papers is for the
    council alone: `sees_papers`."""
    return Prosecution.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "case__"),
        open_to(reach, "notice__request__case__"),
        authority=reach.authority,
    ).select_related(
        "authority",
        "case",
        "adult",
        "pupil",
        "enrolment__pupil",
        "enrolment__school__trust",
        "school__trust",
        "notice__request__case",
        "made_by",
        "authorised_by",
        "order",
    )


def prosecution_for(reach: Reach, reference: str, permission: Permission) -> Prosecution:
    """One prosecution by its reference. Raises as `improvement_for`."""
    return _one(reach, prosecutions_for(reach), reference, permission, "prosecution")


def bundle_file_for(reach: Reach, reference: str, part: str) -> BundleFile:
    """One file of a court bundle, by the bundle's reference. Raises NotFound and Forbidden."""
    found = (
        BundleFile.objects.filter(
            bundle__prosecution__in=prosecutions_for(reach),
            bundle__reference=reference,
            part=part,
        )
        .select_related("bundle__prosecution__school__trust", "bundle__school")
        .first()
    )
    if found is None:
        raise NotFound("We cannot find that bundle. Check the reference.")
    reach.require(Permission.PROSECUTE, found.bundle.school)
    return found


def sees_papers(reach: Reach) -> bool:
    """Whether a person may read what the parent answered and how it was weighed and tested."""
    return reach.may_everywhere(Permission.PROSECUTE) or reach.may_everywhere(
        Permission.AUTHORISE_PROCEEDINGS
    )


def subject_for(reach: Reach, about: str) -> Any:
    """The row that a letter or an event names, as "legal.PenaltyNotice:12", through its own door.

    None for a thing without a reference of its own, and for one that the person may not see.
    """
    doors = {
        "legal.PenaltyNotice": penalties_for,
        "legal.ImprovementNotice": improvements_for,
        "legal.NoticeRequest": requests_for,
        "legal.Prosecution": prosecutions_for,
        "legal.SupervisionOrder": orders_for,
    }
    label, _, pk = about.partition(":")
    rows: Any = doors[label](reach) if label in doors else None
    return rows.filter(pk=pk).first() if rows is not None and pk.isdecimal() else None


def external_for(reach: Reach, pupil: Pupil, adult: Adult, pk: int) -> ExternalNotice:
    """One notice of another council, of a child and a parent who came through doors of theirs."""
    found = ExternalNotice.objects.filter(
        authority=reach.authority, pupil=pupil, adult=adult, pk=pk
    ).first()
    if found is None:
        raise NotFound("We cannot find that notice. It may be of another parent.")
    return found


def _one(
    reach: Reach, rows: QuerySet[Row], reference: str, permission: Permission, what: str
) -> Row:
    found: Any = rows.filter(reference=reference).first()
    if found is None:
        raise NotFound(f"We cannot find that {what}. Check the reference.")
    reach.require(permission, found.school)
    row: Row = found
    return row


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gate stands: an enrolment, and the case where there is one."""

    enrolment: Enrolment
    case: Case | None = None


def place_for(reach: Reach, of: str, reference: str) -> Place:
    """Where a gate stands, by the reference of a case (of="case") or of a pupil (of="pupil").

    NotFound   none that this person may see
    Forbidden  the person may see it and may not see what is legal about it
    """
    if of == "case":
        found = case_for(reach, reference, Permission.VIEW_LEGAL)
        return Place(found.enrolment, found)
    here = pupil_here(reach, reference, Permission.VIEW_LEGAL)
    here.enrolment.pupil = here.pupil
    return Place(here.enrolment)


def overrides_for(reach: Reach) -> QuerySet[GateOverride]:
    """What officers asked to go past, at schools where the person may see notices."""
    return GateOverride.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
    ).select_related(
        "authority", "case", "enrolment__pupil", "school__trust", "asked_by", "settled_by"
    )


def override_for(reach: Reach, reference: str, permission: Permission) -> GateOverride:
    """One of them. Raises as `improvement_for`."""
    return _one(reach, overrides_for(reach), reference, permission, "request")


def officers_for(reach: Reach) -> QuerySet[OfficerNamed]:
    """The deputy and assistant heads who were named, at those schools."""
    return OfficerNamed.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"), authority=reach.authority
    ).select_related("user", "school__trust", "named_by", "ended_by")


def officer_named_for(reach: Reach, pk: int, permission: Permission) -> OfficerNamed:
    """One naming. Raises NotFound, and Forbidden."""
    found = officers_for(reach).filter(pk=pk).first()
    if found is None:
        raise NotFound("We cannot find that officer. Look at the list again.")
    reach.require(permission, found.school)
    return found


def legal_rechecks_for(reach: Reach) -> QuerySet[LegalRecheck]:
    """What rests on corrected marks, at those schools."""
    return LegalRecheck.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
    ).select_related(
        "authority", "case", "enrolment__pupil", "school__trust", "decided_by", "relied_by"
    )


def legal_recheck_for(reach: Reach, reference: str, permission: Permission) -> LegalRecheck:
    """One of them. Raises as `improvement_for`."""
    return _one(reach, legal_rechecks_for(reach), reference, permission, "page")


# Money is kept by officers of the council alone, for all its schools


def payments_for(reach: Reach) -> QuerySet[LedgerEntry]:
    """Every payment of the council, as the line on which it came in. Raises Forbidden."""
    keep_payments(reach)
    return LedgerEntry.objects.filter(
        authority=reach.authority, kind=LedgerKind.RECEIVED
    ).select_related("file", "made_by")


def payment_for(reach: Reach, payment: str) -> LedgerEntry:
    """How one payment came in. Raises NotFound and Forbidden."""
    return _kept(payments_for(reach).filter(payment=payment), "payment")


def payment_files_for(reach: Reach) -> QuerySet[PaymentFile]:
    """The bank and card files of the council. Raises Forbidden."""
    keep_payments(reach)
    return PaymentFile.objects.filter(authority=reach.authority).select_related(
        "uploaded_by", "taken_by"
    )


def payment_file_for(reach: Reach, reference: str) -> PaymentFile:
    """One file. Raises NotFound and Forbidden."""
    return _kept(payment_files_for(reach).filter(reference=reference), "file")


def payment_questions_for(reach: Reach) -> QuerySet[PaymentQuestion]:
    """What people must decide about money, and what they decided. Raises Forbidden."""
    keep_payments(reach)
    return PaymentQuestion.objects.filter(authority=reach.authority).select_related(
        "notice__adult", "notice__pupil", "notice__school", "decided_by"
    )


def payment_question_for(reach: Reach, pk: int) -> PaymentQuestion:
    """One question. Raises NotFound and Forbidden."""
    return _kept(payment_questions_for(reach).filter(pk=pk), "question")


def refunds_for(reach: Reach) -> QuerySet[Refund]:
    """The refunds of the council. Raises Forbidden."""
    keep_payments(reach)
    return Refund.objects.filter(authority=reach.authority).select_related(
        "notice__school", "asked_by", "decided_by"
    )


def refund_for(reach: Reach, pk: int) -> Refund:
    """One refund. Raises NotFound and Forbidden."""
    return _kept(refunds_for(reach).filter(pk=pk), "refund")


def keep_payments(reach: Reach) -> None:
    """Raise Forbidden unless the person keeps the payments of the whole council."""
    if not reach.may_everywhere(Permission.KEEP_PAYMENTS):
        raise Forbidden("Only an officer of the council can see and keep payments.")


def make_returns(reach: Reach) -> None:
    """Raise Forbidden unless the person makes the yearly return of the whole council."""
    if not reach.may_everywhere(Permission.MAKE_LEGAL_RETURN):
        raise Forbidden("Only an officer of the council can make the yearly return.")


def return_for(reach: Reach, reference: str) -> LegalReturn:
    """One return that was made. Raises NotFound and Forbidden."""
    make_returns(reach)
    rows = LegalReturn.objects.filter(authority=reach.authority, reference=reference)
    return _kept(rows.select_related("made_by"), "return")


def _kept(rows: QuerySet[Row], what: str) -> Row:
    found = rows.first()
    if found is None:
        raise NotFound(f"We cannot find that {what}. Look at the list again.")
    return found
