"""All that happened on a case, newest first, and what a person would do next."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from attendance.access import shown_code
from attendance.marks import code_of
from attendance.models import (
    Amendment,
)
from attendance.selectors.proof import session_words
from audit.models import Event
from audit.record import Kind, sentence
from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import Case, CaseLetter, LoggedLetter
from cases.selectors import (
    checklists,
    contracts,
    cycles,
    family,
    logged_letters,
    meeting_history,
    referrals,
    stages,
    support,
    work,
)
from cases.selectors.entries import Entry
from cases.selectors.letters import case_letters
from letters.models import Letter
from rules.marks import DatedSession, Session

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


def chronology(
    case: Case,
    reach: Reach,
    *,
    letters: Sequence[CaseLetter] | None = None,
    logged: Sequence[LoggedLetter] | None = None,
) -> list[Entry]:
    """All that happened on a case, newest first. The same number of queries whatever its length.

    letters, logged  its letters, where the page has asked for them already: `case_letters` and
                     `logged_letters.all_logged_of`
    """
    entries = [
        *_notes(case),
        *_letter_entries(case, reach, case_letters(case) if letters is None else letters),
        *logged_letters.entries(case, reach, logged),
        *_changes(case, reach),
        *contracts.entries(case, reach),
        *checklists.entries(case),
        *support.entries(case, reach),
        *cycles.entries(case, reach),
        *stages.entries(case, reach),
        *referrals.entries(case, reach),
        *family.entries(case, reach),
        *meeting_history.entries(case, reach),
        *work.entries(case, reach),
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


def _letter_entries(case: Case, reach: Reach, rows: Iterable[CaseLetter]) -> list[Entry]:
    """What happened to its letters; to whom each is, for those who may see contacts."""
    named = reach.may(Permission.VIEW_CONTACTS, case.school)
    letters = {f"letters.Letter:{row.letter_id}": row.letter for row in rows}
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
