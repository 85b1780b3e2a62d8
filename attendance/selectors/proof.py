"""The threshold's proof in the words and rows of a page: windows, sessions, weeks, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from attendance.access import COUNTS_AS, SENSITIVE_CODES, shown_code, shown_meaning
from attendance.selectors.books import Book
from attendance.selectors.relied import used_words
from authorities.models import SchoolKind
from rules.attendance_codes import code_on
from rules.dates import ONE_DAY, in_words
from rules.marks import DatedSession, Session
from rules.register import SOURCES
from rules.thresholds import Line, Proof, State, Week, Window

SOURCE = SOURCES["WTISA/threshold"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the summary."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session of the working.

    window  "the first window", "the current window", both or neither, in a few words
    leaves  when the session leaves the current window; None when it is not in it or not known
    """

    when: DatedSession
    code: str
    meaning: str
    counts: bool
    why: str
    number: int | None
    leaves: date | None


@dataclass(frozen=True, slots=True)
class WeekLine:
    """One week of the working, with where it stands in the first and the current window."""

    week: Week
    in_first: bool
    in_current: bool


@dataclass(frozen=True, slots=True)
class Card:
    """All that a page says of the threshold.

    verdict, tone   the answer in one sentence, and good, watch or act
    facts           the summary
    cautions        what the reader must know before acting on it
    counting, others  sessions that count and those that do not
    """

    proof: Proof
    verdict: str
    tone: str
    facts: tuple[Fact, ...]
    cautions: tuple[str, ...]
    counting: tuple[SessionLine, ...]
    others: tuple[SessionLine, ...]
    weeks: tuple[WeekLine, ...]
    source: str
    source_says: str
    source_url: str


def card_of(
    book: Book, school_kind: str, *, in_full: bool, names: Mapping[str, str] | None = None
) -> Card:
    """The proof of a register as a page shows it. Sensitive codes are masked unless `in_full`.

    names  what used sessions before, of those that the reader may see
    """
    proof = book.proof
    lines = _lines(proof, in_full)
    return Card(
        proof=proof,
        verdict=verdict(proof),
        tone=_tone(proof),
        facts=tuple(_facts(proof, used_words(book.used, names or {}))),
        cautions=tuple(_cautions(proof, school_kind)),
        counting=tuple(line for line in lines if line.counts),
        others=tuple(line for line in lines if not line.counts),
        weeks=tuple(
            WeekLine(
                week,
                proof.first is not None and week.monday in proof.first.weeks,
                week.monday in proof.current.weeks,
            )
            for week in proof.weeks
        ),
        source=SOURCE.title,
        source_says=SOURCE.says,
        source_url=SOURCE.url,
    )


def verdict(proof: Proof) -> str:
    """The answer in one sentence."""
    needed, weeks, count = proof.figures.sessions_needed, proof.figures.weeks, proof.current.count
    if proof.state is State.NO:
        return f"Not met: {count} of {needed} sessions in the last {weeks} school weeks"
    still = "and still met" if proof.still_met else f"but not now: {count} of {needed}"
    met = f"{session_words(proof.first_met)}" if proof.first_met else ""
    if proof.state is State.PROVISIONAL:
        return f"Met for now on {met}, {still}: it rests on code N"
    return f"Met on {met}, {still}"


def _tone(proof: Proof) -> str:
    """How the card shows it."""
    if proof.still_met and proof.state is State.YES:
        return "act"
    if proof.still_met or proof.near or proof.state is State.PROVISIONAL:
        return "watch"
    return "" if proof.state is State.YES else "good"


def _facts(proof: Proof, used: str) -> list[Fact]:
    """The summary, in the order a person asks. used: what counted for an earlier step."""
    now = _now(proof.current, proof.figures.sessions_needed)
    facts = [Fact("Now", f"{now}: {used}" if used else now)]
    if proof.first_met:
        facts.append(Fact("First met", session_words(proof.first_met)))
        if proof.first:
            facts.append(Fact("First window", _window_fact(proof.first)))
        facts.append(Fact("Still met", "Yes" if proof.still_met else "No"))
    if proof.state is State.PROVISIONAL or proof.first_met != proof.first_met_firm:
        firm = proof.first_met_firm
        facts.append(Fact("Met without code N", session_words(firm) if firm else "Not yet"))
    if proof.unresolved:
        days = ", ".join(session_words(mark.when) for mark in proof.unresolved)
        facts.append(Fact("Rests on code N", f"{len(proof.unresolved)}: {days}"))
    if proof.short_by:
        more = "1 more session" if proof.short_by == 1 else f"{proof.short_by} more sessions"
        facts.append(Fact("How near", f"{more} in the same weeks would meet it"))
    facts += _forecast(proof)
    return facts


def _now(window: Window, needed: int) -> str:
    """The count of today beside what is needed. "13 of 10" would read as a mistake."""
    if window.count > needed:
        found = f"{window.count} unauthorised sessions {window_words(window)}"
        return f"{found}; {needed} meet the threshold"
    return f"{window.count} of {needed} unauthorised sessions {window_words(window)}"


def _forecast(proof: Proof) -> list[Fact]:
    """What rolls off when, and the date to aim for."""
    if not proof.current.count:
        return []
    facts = []
    leaving = sorted({row.leaves_on for row in proof.roll_off if row.leaves_on})
    if leaving:
        first = leaving[0]
        count = sum(row.leaves_on == first for row in proof.roll_off)
        what = "1 session rolls" if count == 1 else f"{count} sessions roll"
        facts.append(Fact("Next to roll off", f"{what} off on {in_words(first)}"))
    if proof.falls_below_on:
        needed = proof.figures.sessions_needed
        day = in_words(proof.falls_below_on)
        aim = f"With no more unauthorised sessions, under {needed} from {day}"
        facts.append(Fact("Date to aim for", aim))
    if proof.back_to_zero_on:
        facts.append(
            Fact("Back to nothing", f"With no more, from {in_words(proof.back_to_zero_on)}")
        )
    elif proof.current.count:
        facts.append(
            Fact("Back to nothing", "The school calendar does not reach so far: add the next terms")
        )
    return facts


def _cautions(proof: Proof, school_kind: str) -> list[str]:
    """What must be known before anybody acts."""
    found = []
    if proof.unresolved:
        found.append(
            "Code N counts until the reason is known. Find the reasons first: no penalty notice "
            "may be asked for while the count rests on N."
        )
    if proof.state is not State.NO:
        found.append("Met means that a penalty notice must be considered. Support comes first.")
    if school_kind == SchoolKind.INDEPENDENT:
        found.append(
            "This is an independent school. The count is shown, but penalty notices do not apply."
        )
    return found


def _lines(proof: Proof, in_full: bool) -> list[SessionLine]:
    """The working, session by session; the counting ones of the current window are numbered."""
    leaves = {row.mark.when: row.leaves_on for row in proof.roll_off}
    numbers = {mark.when: number for number, mark in enumerate(proof.current.marks, start=1)}
    return [
        SessionLine(
            when=line.mark.when,
            code=shown_code(line.mark.code, line.mark.day, in_full=in_full),
            meaning=shown_meaning(line.mark.code, line.mark.day, in_full=in_full),
            counts=line.counts,
            why=_why(line, in_full),
            number=numbers.get(line.mark.when),
            leaves=leaves.get(line.mark.when),
        )
        for line in proof.lines
    ]


def _why(line: Line, in_full: bool) -> str:
    """Why a session counts or not, without naming a code that this person may not read."""
    if line.mark.code in SENSITIVE_CODES and not in_full:
        kind = COUNTS_AS[code_on(line.mark.code, line.mark.day).kind]
        return f"Does not count: {kind.lower()}."
    return line.why


def session_words(when: DatedSession | None) -> str:
    """Friday 9 October 2026, afternoon."""
    if when is None:
        return ""
    return f"{when.day:%A} {in_words(when.day)}, {Session(when.session).words}"


def window_words(window: Window) -> str:
    """In the 10 school weeks from 7 September to 15 November 2026."""
    if not window.weeks:
        return "so far: the school calendar has no school week yet"
    first, last = window.weeks[0], window.weeks[-1] + 6 * ONE_DAY
    weeks = "1 school week" if len(window.weeks) == 1 else f"{len(window.weeks)} school weeks"
    return f"in the {weeks} from {in_words(first)} to {in_words(last)}"


def _window_fact(window: Window) -> str:
    return f"{window.count} sessions {window_words(window)}"
