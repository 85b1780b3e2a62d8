"""Notices to Improve: what one would say, how its weeks go, and the list of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from attendance.models import Adult
from attendance.selectors.calendars import calendar_of
from attendance.selectors.registers import marks_of
from authorities.packs import pack_in_force
from authorities.packs.schema import Evidence
from cases.models import Case
from cases.selectors.evidence import evidence_of
from cases.selectors.facts import book_for, facts_of
from cases.selectors.letters import Addressee, addressees
from frontend.charts.allowed_days import WeekMissed
from legal.models import ImprovementNotice, LegalEvent
from legal.selectors.deciders import deciders_of
from rules.absence import tally
from rules.dates import in_words, monday_of
from rules.improvement import Progress, Result, progress
from rules.notice_stages import ImprovementState
from rules.penalty_notices import ImprovementPeriod, improvement_period
from rules.service import Method, Service, received

STEP = "notice_to_improve"
S = ImprovementState
RUNNING = (S.RUNNING, S.TOLD)
HELPS: tuple[Evidence, ...] = (
    *("support", "plan", "contract", "meeting_held", "call", "visit", "assessment"),
)
MOST_LINES = 12


def subject_of(notice: ImprovementNotice) -> str:
    """How its history and its letters name it."""
    return f"legal.ImprovementNotice:{notice.pk}"


def side_of(case: Case, today: date) -> str:
    """Who issues it, as the policies say: "school", or "authority" where no school decides it."""
    deciders = deciders_of(pack_in_force(case.school, today), STEP)
    return "authority" if deciders.council_only else "school"


def first_day_after(today: date) -> date:
    """The first day that a notice posted today has by default: the Monday after it is received."""
    on = received(Service(Method.POST, today)).on or today
    return monday_of(on) + timedelta(days=7)


def period_of(notice: ImprovementNotice) -> ImprovementPeriod:
    """Its weeks. Raises RuleNotMet and UnknownTerm; ValueError for one that has no weeks yet."""
    if notice.starts_on is None or notice.weeks is None:
        raise ValueError("This notice has no weeks")
    return improvement_period(notice.starts_on, notice.weeks, calendar_of(notice.school))


@dataclass(frozen=True, slots=True)
class Watched:
    """How the weeks go. weeks: unauthorised sessions so far, week by week, for the chart.

    allowed  the most that the criterion leaves over the whole period
    """

    period: ImprovementPeriod
    progress: Progress
    allowed: int
    weeks: tuple[WeekMissed, ...]

    @property
    def words(self) -> str:
        """How it stands, in a sentence."""
        found = self.progress
        said = f"{found.unauthorised} of {found.possible} half days so far without leave."
        return f"{said} {STANDS[found.result]}"


STANDS = {
    Result.NOT_BEGUN: "The weeks have not begun.",
    Result.RUNNING: "It can still be passed.",
    Result.FAILED_EARLY: "It can no longer be passed.",
    Result.UNRESOLVED: "The weeks are over. Sessions marked N decide it: find the reasons first.",
    Result.PASSED: "The weeks are over, and that is enough improvement.",
    Result.FAILED: "The weeks are over, and that is not enough improvement.",
}


def watched(notice: ImprovementNotice, today: date) -> Watched:
    """The register of its weeks as it is today. Three queries."""
    if notice.at_most_percent is None:
        raise ValueError("This notice has no criterion")
    calendar = calendar_of(notice.school)
    period = period_of(notice)
    last = min(period.last, today)
    marks = marks_of(notice.enrolment, period.first, last) if period.first <= last else []
    found = progress(period, marks, calendar, today, at_most_percent=notice.at_most_percent)
    in_all = found.possible + found.still_to_come
    return Watched(
        period,
        found,
        in_all * notice.at_most_percent // 100,
        tuple(
            WeekMissed(
                monday,
                tally([m for m in marks if m.day < monday + timedelta(days=7)]).unauthorised
                if monday <= today
                else None,
            )
            for monday in period.weeks
        ),
    )


def result_json(found: Watched) -> dict[str, object]:
    """How the weeks went, as the notice keeps it."""
    return {
        "unauthorised": found.progress.unauthorised,
        "unresolved": found.progress.unresolved,
        "possible": found.progress.possible,
        "result": found.progress.result.value,
        "words": found.words,
    }


# What a new notice would say


def drafted(case: Case, today: date) -> dict[str, object]:
    """What the record gives for a new notice: a person reads and changes every word of it."""
    pupil = case.pupil.known_as or case.pupil.forenames.split()[0]
    return {
        "weeks": 6,
        "starts_on": first_day_after(today),
        "at_most_percent": 10,
        "record": record_words(case, today),
        "duty": (
            f"Every day at school counts for {pupil}. By law (Education Act 1996, section 7) each"
            f" parent must see that their child is taught full time. {pupil} is on the roll of"
            f" {case.school.name}, so that means going to school every day unless ill or given"
            " leave. A parent whose child does not go regularly can commit an offence (section"
            " 444)."
        ),
        "support": support_words(case, today),
        "offer": "",
        "early": "More half days are missed without leave than the notice allows.",
    }


def record_words(case: Case, today: date) -> str:
    """The attendance and the sessions behind it, in a few sentences."""
    facts = facts_of(book_for(case.enrolment, today), None)
    threshold = facts["threshold"]
    unauthorised, possible = facts["unauthorised"], facts["possible"]
    said = (
        f"This school year {unauthorised} of {possible} half days were missed without leave, up to"
        f" {in_words(date.fromisoformat(facts['as_of']))}."
    )
    return f"{said} {threshold['verdict']}"


def support_words(case: Case, today: date) -> str:
    """The help that is on record, dated, newest last."""
    shown = [one for one in evidence_of(case) if one.kind in HELPS and one.on <= today][
        -MOST_LINES:
    ]
    return " ".join(f"{in_words(one.on)}: {one.words.rstrip('.')}." for one in shown)


def parents_of(case: Case, today: date) -> list[Addressee]:
    """Each parent of the pupil, with whether and how they may be written to."""
    return addressees(case, today)


# Lists and histories


def improvements_of(case: Case) -> QuerySet[ImprovementNotice]:
    """Those of a case, newest first."""
    return ImprovementNotice.objects.filter(case=case).select_related("made_by").order_by("-pk")


def events_of(notice: ImprovementNotice) -> QuerySet[LegalEvent]:
    """Its history, newest first."""
    return (
        LegalEvent.objects.filter(authority=notice.authority_id, subject=subject_of(notice))
        .select_related("made_by", "adult")
        .order_by("-pk")
    )


def adults_of(notice: ImprovementNotice) -> Sequence[Adult]:
    """The parents it is for."""
    return [one.adult for one in notice.parents.select_related("adult").order_by("pk")]


def due_for_outcome(rows: QuerySet[ImprovementNotice], today: date) -> QuerySet[ImprovementNotice]:
    """Those whose weeks are over and whose outcome nobody has recorded."""
    return rows.filter(state__in=[state.value for state in RUNNING], ends_on__lt=today)
