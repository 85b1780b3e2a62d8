"""The dated records of legal things that can show something at a gate.

`of_items` yields records for the lists of the policies, as cases.selectors.evidence does for
casework. `BY_TEST` holds functions that yield records for the law's own tests: another part of
this app adds its own in one line.
"""

from collections.abc import Callable, Iterator

from django.db.models import Prefetch, Q
from django.utils.timezone import localdate

from attendance.models import Enrolment
from cases.models import Case
from cases.selectors.checklists import certificates
from cases.selectors.shown import Shown
from legal.models import ImprovementNotice, PenaltyNotice, RequestDocument
from legal.selectors import gate_excluded, orders, prosecutions
from letters.models import Letter
from rules.letter_stages import LetterState
from rules.notice_stages import ImprovementState

I = ImprovementState  # noqa: E741 - one letter, as in the table of moves
# Given to the parent, whatever came of it. One that was withdrawn shows nothing.
GIVEN = frozenset({I.RUNNING, I.TOLD, I.ENDED_EARLY, I.IMPROVED, I.NOT_IMPROVED})
BEING_WRITTEN = frozenset({I.DRAFT, I.SENT, I.RETURNED})

# Records that meet a test of the law: each function yields the test's key with a record, or a key
# and None to say that it is not so. Asked once for an enrolment; each asks the database once.
BY_TEST: list[Callable[[Enrolment, Case | None], Iterator[tuple[str, Shown]]]] = [
    orders.for_the_gate,
    prosecutions.for_the_gate,
    gate_excluded.for_the_gate,
]


def notices_of(enrolment: Enrolment) -> list[ImprovementNotice]:
    """The Notices to Improve of an enrolment, newest first, with their parents. Two queries."""
    return list(
        ImprovementNotice.objects.filter(enrolment=enrolment)
        .select_related("made_by", "decided_by")
        .prefetch_related(Prefetch("parents"))
        .order_by("-pk")
    )


def written(notice: ImprovementNotice) -> bool:
    """Whether each of the parts that its contents need is there."""
    texts = (notice.record, notice.duty, notice.support, notice.offer, notice.success, notice.early)
    return notice.starts_on is not None and notice.ends_on is not None and all(texts)


def of_improvement(notice: ImprovementNotice) -> Iterator[Shown]:
    """What one Notice to Improve can show. A draft, without a key, shows its own contents."""
    at = (notice.reference,)
    by = (notice.decided_by or notice.made_by).name
    state = ImprovementState(notice.state)
    if state in GIVEN and notice.issued_on is not None:
        told = f"Notice to Improve: {notice.get_state_display().lower()}"
        day = notice.issued_on
        yield Shown("notice", day, told, by, IMPROVEMENT_PAGE, at, "notice_to_improve")
    elif state in BEING_WRITTEN and written(notice):
        told = "Notice to Improve, written and not yet issued"
        yield Shown("notice", localdate(notice.made_at), told, by, IMPROVEMENT_PAGE, at)


# Names of the pages, so that a record leads to where it is.
IMPROVEMENT_PAGE = "legal:improvement"
PENALTY_PAGE = "legal:penalty"
REQUEST_PAGE = "legal:request"


def of_items(enrolment: Enrolment, case: Case | None) -> Iterator[Shown]:
    """Records of legal things and of leave for the lists of the policies. Four queries."""
    rows = PenaltyNotice.objects.filter(enrolment=enrolment, withdrawn_on=None)
    for row in rows.select_related("issued_by"):
        words = f"Penalty notice: {row.get_state_display().lower()}"
        at = (row.reference,)
        by = row.issued_by.name
        yield Shown("notice", row.issued_on, words, by, PENALTY_PAGE, at, "penalty_notice")
    papers = RequestDocument.objects.filter(request__enrolment=enrolment)
    for paper in papers.select_related("added_by", "request"):
        at = (paper.request.reference,)
        by = paper.added_by.name
        yield Shown("document", localdate(paper.added_at), paper.title, by, REQUEST_PAGE, at)
    yield from _leave_letters(enrolment)
    if case is None:
        joined = Q(at__date__gte=enrolment.starts_on)
        yield from certificates(enrolment.pupil, enrolment.school_id, joined)


def _leave_letters(enrolment: Enrolment) -> Iterator[Shown]:
    """The answers to requests for leave that were handed over."""
    rows = Letter.objects.filter(
        case_letter__leave__enrolment=enrolment, state=LetterState.HANDED_OVER.value
    ).select_related("approved_by")
    for row in rows:
        if row.handed_over_at is not None:
            by = row.approved_by.name if row.approved_by else ""
            day = localdate(row.handed_over_at)
            words = f"Sent: {row.title}"
            yield Shown("letter", day, words, by, "cases:letter", (row.reference,), row.pack_letter)
