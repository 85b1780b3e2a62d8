"""What is known of a pupil when a case is opened, what the policy proposes, and what happened."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from attendance.access import shown_code
from attendance.addressing import Decision, Way, may_write_to
from attendance.marks import code_of
from attendance.models import (
    Adult,
    AdultLink,
    Amendment,
    Crossing,
    CrossingKind,
    CrossingState,
    Enrolment,
)
from attendance.selectors.books import Book, book_of
from attendance.selectors.proof import session_words, verdict
from audit.models import Event
from audit.record import Kind, sentence
from authorities.access import Reach
from authorities.packs import Layer, PackLetter, PolicyInForce, pack_in_force
from authorities.permissions import Permission
from cases.models import Case, CaseLetter, Recheck
from frontend.templatetags.govuk import percent_bp, sessions_as_days, words_and_time
from letters.contexts import ConcernLetter
from letters.models import Letter
from rules.absence import basis_points, enough_to_alert
from rules.dates import in_words
from rules.letter_stages import LetterState
from rules.marks import DatedSession, Session
from rules.thresholds import Line

SHOWN = frozenset(
    {
        Kind.LETTER_PREPARED,
        Kind.LETTER_APPROVED,
        Kind.LETTER_HELD,
        Kind.LETTER_RELEASED,
        Kind.LETTER_WITHDRAWN,
        Kind.LETTER_HANDED_OVER,
        Kind.LETTER_FAILED,
        Kind.LETTER_TRIED_AGAIN,
    }
)


STATES = (CrossingState.MET, CrossingState.PROVISIONAL, CrossingState.NEAR)
KINDS = (CrossingKind.TEN_IN_TEN, CrossingKind.SEVERE, CrossingKind.PERSISTENT)


def open_case(enrolment: Enrolment) -> Case | None:
    """The open case of an enrolment, if there is one."""
    return (
        Case.objects.filter(enrolment=enrolment, closed_on=None).select_related("opened_by").first()
    )


def crossing_of(enrolment: Enrolment) -> Crossing | None:
    """The line that an enrolment stands at.

    A met one before a near one; then ten in ten, which the law acts on, before severe and
    persistent absence; then the newest.
    """
    rows = enrolment.crossings.exclude(state=CrossingState.GONE).order_by("-since", "pk")
    return min(rows, key=lambda row: (STATES.index(row.state), KINDS.index(row.kind)), default=None)


def figures_of(book: Book) -> dict[str, Any]:
    """What the policy's triggers look at. A percentage of too few sessions is no fact."""
    tally = book.tally
    percent = None
    if tally.possible and enough_to_alert(tally.possible, book.as_of):
        percent = Decimal(tally.attended) * 100 / Decimal(tally.possible)
    return {
        "attendance_percent": percent,
        "absent_sessions": tally.absent,
        "unauthorised_in_ten_weeks": book.proof.current.count,
    }


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


@dataclass(frozen=True, slots=True)
class LetterChoice:
    """A letter that the school's policy has, and why it is proposed, if it is."""

    layer: Layer
    letter: PackLetter
    why: str

    @property
    def value(self) -> str:
        """The choice as a form sends it."""
        return f"{self.layer.pack.name}:{self.letter.key}"


def letter_choices(policy: PolicyInForce, figures: dict[str, Any]) -> list[LetterChoice]:
    """The letters that the school may use, the proposed ones first, most local first."""
    proposed = {
        (proposal.layer.pack.name, proposal.trigger.letter): proposal.why
        for proposal in reversed(policy.proposals(figures))
        if proposal.trigger.letter
    }
    choices = [
        LetterChoice(layer, letter, proposed.get((layer.pack.name, letter.key), ""))
        for layer, letter in policy.letters()
        if letter.kind == ConcernLetter.KIND
    ]
    return sorted(choices, key=lambda choice: not choice.why)


def policy_for(case: Case, today: date) -> PolicyInForce:
    """What applies at the case's school today."""
    return pack_in_force(case.school, today)


@dataclass(frozen=True, slots=True)
class Addressee:
    """One adult around the pupil, and whether we may write to them."""

    adult: Adult
    link: AdultLink
    decision: Decision


def addressees(case: Case, today: date) -> list[Addressee]:
    """Each adult alone, in the order the school keeps them."""
    links = (
        AdultLink.objects.filter(authority=case.authority_id, pupil=case.pupil_id)
        .select_related("adult")
        .order_by("priority", "pk")
    )
    return [Addressee(link.adult, link, may_write_to(link.adult, link, today)) for link in links]


# What happened


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, for the timeline."""

    at: datetime
    title: str
    by: str = ""
    text: str = ""
    letter: str = ""  # its reference
    tag: str = ""
    tag_colour: str = ""


def chronology(case: Case, reach: Reach) -> list[Entry]:
    """All that happened on a case, newest first. The same number of queries whatever its length."""
    entries = [
        *_notes(case),
        *_letter_entries(case, reach),
        *_changes(case, reach),
        Entry(case.opened_at, "Case opened", case.opened_by.name),
    ]
    if case.crossing is not None:
        title = f"{case.crossing.get_kind_display()}: {case.facts['crossing']['state'].lower()}"
        if case.crossing.changed_at < case.opened_at:
            entries.append(Entry(case.crossing.changed_at, title, tag="Worklist"))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _notes(case: Case) -> list[Entry]:
    rows = case.notes.select_related("written_by").order_by("-written_at", "-pk")
    return [
        Entry(row.written_at, "Note", row.written_by.name, row.text, tag="Note", tag_colour="grey")
        for row in rows
    ]


def case_letters(case: Case) -> QuerySet[CaseLetter]:
    """The case's letters with their adults, newest first."""
    return case.letters.select_related("letter", "adult").order_by("-pk")


NEXT = (
    (LetterState.FAILED, "A letter could not be made. Read why, then try again."),
    (LetterState.HELD, "A letter is held for a person. Read why, then release or withdraw it."),
    (LetterState.DRAFT, "A letter waits to be read and approved."),
    (LetterState.HANDED_OVER, "Note what the family says, and look again when the review is due."),
)


def next_step(case: Case, letters: Sequence[CaseLetter]) -> str:
    """What a person would do next, in one sentence."""
    if case.closed_on is not None:
        return f"This case was closed on {in_words(case.closed_on)}."
    states = {row.letter.stage for row in letters}
    for state, words in NEXT:
        if state in states:
            return words
    if states - {LetterState.WITHDRAWN}:
        return "A letter is on its way."
    return "Talk to the family. If you cannot reach them, write to them in a friendly way."


def _letter_entries(case: Case, reach: Reach) -> list[Entry]:
    """What happened to its letters; to whom each is, for those who may see contacts."""
    named = reach.may(Permission.VIEW_CONTACTS, case.school)
    letters = {
        f"letters.Letter:{row.letter_id}": row.letter
        for row in case.letters.select_related("letter")
    }
    events = Event.objects.filter(
        authority=case.authority_id,
        subject__in=letters,
        kind__in=[kind.value for kind in SHOWN],
    ).select_related("by")
    return [
        Entry(
            event.at,
            _capital(_to_whom(sentence(event), letters[event.subject], named=named)),
            letter=letters[event.subject].reference,
            tag="Letter",
            tag_colour="blue",
        )
        for event in events
    ]


def _to_whom(said: str, letter: Letter, *, named: bool) -> str:
    """The history keeps no names, so the sentence gets the adult's where it is read."""
    if not named:
        return said
    return said.replace(letter.reference, f"{letter.reference} to {letter.recipient_name}", 1)


def _changes(case: Case, reach: Reach) -> list[Entry]:
    """Marks that were changed after the case was opened: what it rests on may have moved."""
    in_full = reach.may(Permission.VIEW_SENSITIVE, case.school)
    groups: dict[tuple[datetime, str], list[str]] = defaultdict(list)
    rows = Amendment.objects.filter(enrolment=case.enrolment_id, made_at__gt=case.opened_at)
    for row in rows.order_by("day", "session"):
        was, now = (
            shown_code(code_of(number), row.day, in_full=in_full) if number else "no mark"
            for number in (row.original, row.amended)
        )
        when = session_words(DatedSession(row.day, Session(row.session)))
        groups[row.made_at, row.made_by_name].append(f"{when}: {was} became {now}.")
    return [
        Entry(
            at, "The register was changed", by, " ".join(lines), tag="Register", tag_colour="yellow"
        )
        for (at, by), lines in groups.items()
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def doubts(found: CaseLetter, today: date) -> tuple[tuple[str, ...], str]:
    """Why a letter's adult may not simply be written to today: codes, and in words."""
    link = AdultLink.objects.filter(pupil=found.pupil_id, adult=found.adult).first()
    if link is None:
        return (), "This adult is no longer on the pupil's record."
    decision = may_write_to(found.adult, link, today)
    return decision.codes, "" if decision.way == Way.POST else decision.reason


# What was checked again after a correction


def relied_on(recheck: Recheck) -> str:
    """What relied on the marks, in words."""
    if recheck.case is not None:
        return f"Case {recheck.case.reference}"
    if recheck.case_letter is not None:
        return f"Letter {recheck.case_letter.letter.reference}"
    return f"Worklist: {recheck.crossing.get_kind_display()}" if recheck.crossing else ""


def then_and_now(recheck: Recheck) -> list[list[str]]:
    """The facts as rows of name, then and now."""
    now = {row["key"]: row["value"] for row in fact_rows(recheck.after)}
    return [
        [row["key"], row["value"], now.get(row["key"], "")] for row in fact_rows(recheck.before)
    ]


def to_check_again(case: Case) -> list[Recheck]:
    """What a person has yet to decide about a case and its letters."""
    about = Q(case=case) | Q(case_letter__case=case)
    return list(
        Recheck.objects.filter(about, decision="")
        .select_related("case", "case_letter__letter", "crossing")
        .order_by("pk")
    )


def changed_rows(recheck: Recheck, *, in_full: bool) -> list[list[str]]:
    """Each corrected mark as a row: session, was, became, why, who and when."""
    return [
        [
            session_words(when),
            shown_code(change["was"], when.day, in_full=in_full),
            shown_code(change["now"], when.day, in_full=in_full) if change["now"] else "no mark",
            change["reason"],
            f"{change['by']}, {change['position']}",
            words_and_time(datetime.fromisoformat(change["at"])),
        ]
        for change in recheck.changes
        for when in [DatedSession(date.fromisoformat(change["day"]), Session(change["session"]))]
    ]
