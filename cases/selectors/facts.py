"""What is known of a pupil when a case is opened: figures, threshold, the sessions behind it."""

from datetime import date
from typing import Any

from attendance.models import (
    Crossing,
    CrossingKind,
    CrossingState,
    Enrolment,
)
from attendance.selectors.books import Book, book_of
from attendance.selectors.proof import session_words, verdict
from cases.models import Case
from frontend.templatetags.govuk import percent_bp, sessions_as_days
from rules import facts as rules_facts
from rules.absence import basis_points
from rules.thresholds import Line

STATES = (CrossingState.MET, CrossingState.PROVISIONAL, CrossingState.NEAR)


KINDS = (CrossingKind.TEN_IN_TEN, CrossingKind.SEVERE, CrossingKind.PERSISTENT)


def open_case_of(enrolment: Enrolment) -> Case | None:
    """The open case of an enrolment, if there is one."""
    return (
        Case.objects.filter(enrolment=enrolment, closed_on=None).select_related("opened_by").first()
    )


def last_case_of(enrolment: Enrolment) -> Case | None:
    """The last case of this pupil that was closed, at this school or another of the authority."""
    rows = Case.objects.filter(authority=enrolment.authority_id, pupil=enrolment.pupil_id)
    return rows.filter(closed_on__isnull=False).order_by("-closed_on", "-pk").first()


def crossing_of(enrolment: Enrolment) -> Crossing | None:
    """The line that an enrolment stands at.

    A met one before a near one; then ten in ten, which the law acts on, before severe and
    persistent absence; then the newest.
    """
    rows = enrolment.crossings.exclude(state=CrossingState.GONE).order_by("-since", "pk")
    return min(rows, key=lambda row: (STATES.index(row.state), KINDS.index(row.kind)), default=None)


def figures_of(book: Book) -> dict[str, Any]:
    """What the policy's triggers look at: every fact of `rules.facts`."""
    return rules_facts.facts_of(
        book.marks,
        book.calendar,
        book.as_of,
        who=book.who,
        figures=book.figures,
    )


def facts_of(book: Book, crossing: Crossing | None) -> dict[str, Any]:
    """The facts as JSON keeps them: figures, threshold, and each session that counts with why."""
    tally, proof = book.tally, book.proof
    return {
        "as_of": book.as_of.isoformat(),
        "year": book.year,
        "possible": tally.possible,
        "attended": tally.attended,
        "authorised": tally.authorised,
        "unauthorised": tally.unauthorised,
        "basis_points": basis_points(tally.attended, tally.possible) if tally.possible else None,
        "crossing": crossing
        and {
            "kind": crossing.kind,
            "label": crossing.get_kind_display(),
            "state": crossing.get_state_display(),
            "since": crossing.since.isoformat(),
        },
        "threshold": {
            "state": proof.state.value,
            "verdict": verdict(proof),
            "needed": proof.figures.sessions_needed,
            "weeks": proof.figures.weeks,
            "current": proof.current.count,
            "first_met": proof.first_met and session_words(proof.first_met),
            "sessions": [_line(line) for line in proof.lines if line.counts],
            "school_weeks": [
                {"monday": week.monday.isoformat(), "counts": week.counts, "why": week.why}
                for week in proof.weeks
            ],
        },
    }


def _line(line: Line) -> dict[str, str]:
    return {
        "when": session_words(line.mark.when),
        "day": line.mark.day.isoformat(),
        "code": line.mark.code,
        "why": line.why,
    }


def book_for(enrolment: Enrolment, today: date) -> Book:
    """The register as the rules read it."""
    return book_of(enrolment, enrolment.pupil.born_on, today=today)


def fact_rows(facts: dict[str, Any]) -> list[dict[str, str]]:
    """The facts as a page shows them, in days as well as sessions."""
    missed = facts["authorised"] + facts["unauthorised"]
    crossing = facts["crossing"]
    rows = [
        ("Line crossed", f"{crossing['label']}: {crossing['state'].lower()}" if crossing else ""),
        ("Attendance this year", percent_bp(facts["basis_points"])),
        ("Missed", f"{sessions_as_days(missed)} of {sessions_as_days(facts['possible'])}"),
        ("Of those, unauthorised", sessions_as_days(facts["unauthorised"])),
        (
            f"{facts['threshold']['needed']} in {facts['threshold']['weeks']} school weeks",
            facts["threshold"]["verdict"],
        ),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]
