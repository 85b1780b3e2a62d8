"""A class's rows in words: what is known of each pupil, which buttons there are, what clashed."""

from dataclasses import dataclass
from datetime import date, time

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from attendance.access import HIDDEN, SENSITIVE_CODES, shown_code, shown_meaning
from attendance.forms.taking import ClassForm, other_codes
from attendance.models import Arrangement, ArrangementKind
from attendance.selectors import taking as selectors
from attendance.selectors.registers import history
from attendance.selectors.taking import ClassRegister, Row, clock_words
from attendance.services.taking import (
    KEEP,
    KNOWN,
    LATE,
    OTHER,
    PRESENT,
    Clash,
    NotSaved,
)
from frontend.templatetags.govuk import count_of
from rules.attendance_codes import Kind, code_on
from rules.dates import in_words
from rules.marking import NATURE, SECOND_HALF, minutes_late
from rules.marks import DatedSession

QUICK_WORDS = (
    (PRESENT, "", "Present"),
    (LATE, "L", "Late"),
    ("N", "N", "No reason yet"),
    ("I", "I", "Ill"),
)
# What an arrangement says of itself to those who may not read sensitive codes.
OPEN_KINDS = {
    ArrangementKind.TRIP,
    ArrangementKind.WORK_EXPERIENCE,
    ArrangementKind.ALTERNATIVE,
    ArrangementKind.DUAL,
    ArrangementKind.LEAVE,
    ArrangementKind.STUDY,
}
NEEDS = frozenset({*NATURE, "D"})  # codes that come with a detail
TELLS_NATURE = OPEN_KINDS - {ArrangementKind.LEAVE}


@dataclass(frozen=True, slots=True)
class Choice:
    """One button of a pupil's row."""

    value: str
    code: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One pupil's row as the page shows it. `said` are short sentences under the name."""

    row: Row
    name: str
    based: str
    choices: tuple[Choice, ...]
    other: str
    other_words: str
    needs: bool
    at: str
    late_words: str
    detail: str
    said: tuple[str, ...]
    problem: str


def lines_of(
    found: ClassRegister, form: ClassForm | None, refused: NotSaved | None, *, in_full: bool
) -> list[Line]:
    """The class row by row."""
    problems = refused.problems if refused else {}
    typed = form.typed if form else {}
    return [
        _line(found, row, typed.get(row.pk), problems.get(row.pk, ""), in_full)
        for row in found.rows
    ]


def _line(
    found: ClassRegister, row: Row, typed: dict[str, str] | None, problem: str, in_full: bool
) -> Line:
    """One row: as typed where something was, else as it is recorded or known."""
    chosen = typed["mark"] if typed else _standing(row, in_full)
    other = typed["other"] if typed and _is_code(typed["other"], found.when) else ""
    at = typed["at"] if typed else _typed_time(row.arrived_at)
    return Line(
        row=row,
        name=name_of(row),
        based=(typed or {}).get("based") or selectors.based_on(row, found.when),
        choices=_choices(found, row, chosen, in_full),
        other=other,
        other_words=code_on(other, found.when.day).meaning if other else "",
        needs=other in NEEDS,
        at=at,
        late_words=_late_words(found, row),
        detail=typed["detail"] if typed else "",
        said=tuple(_said(found, row, in_full)),
        problem=problem,
    )


def name_of(row: Row) -> str:
    """A pupil's name as a class list has it: surname first."""
    pupil = row.enrolment.pupil
    return f"{pupil.surname}, {pupil.known_as or pupil.forenames}"


def _is_code(code: str, when: DatedSession) -> bool:
    """Whether the list offers the code."""
    return code in {row.code for row in other_codes(when)}


def _standing(row: Row, in_full: bool) -> str:
    """The button that stands for what is recorded, or known before."""
    if not row.code:
        return KNOWN if row.known else ""
    if row.code in "/\\":
        return PRESENT
    if row.code in ("L", "U"):
        return LATE
    if row.code == "N" or (row.code == "I" and in_full):
        return row.code
    return KEEP


def _choices(found: ClassRegister, row: Row, chosen: str, in_full: bool) -> tuple[Choice, ...]:
    """The buttons of a row: what is there already first, where it has no button of its own."""
    day = found.when.day
    first: list[tuple[str, str, str]] = []
    if row.code and _standing(row, in_full) == KEEP:
        words = shown_meaning(row.code, day, in_full=in_full)
        first = [(KEEP, shown_code(row.code, day, in_full=in_full), f"As recorded: {words}")]
    elif not row.code and row.known:
        code = row.known[0].code
        words = shown_meaning(code, day, in_full=in_full)
        first = [(KNOWN, shown_code(code, day, in_full=in_full), f"As arranged: {words}")]
    present = SECOND_HALF[found.when.session][1]
    quick = [(value, code or present, words) for value, code, words in QUICK_WORDS]
    rows = [*first, *quick, (OTHER, "…", "Another code")]
    return tuple(Choice(value, code, words, value == chosen) for value, code, words in rows)


def _said(found: ClassRegister, row: Row, in_full: bool) -> list[str]:
    """What is known about the pupil for this session, and how the one before went."""
    said = [_known_words(one, in_full) for one in row.known]
    if row.code and _standing(row, in_full) == KEEP:
        words = shown_meaning(row.code, found.when.day, in_full=in_full)
        said.append(f"Recorded: {words}{_detail_words(row, in_full)}")
    if row.earlier and found.earlier:
        earlier = _earlier_words(row.earlier, found.earlier, found.when, in_full)
        if earlier:
            said.append(earlier)
    return said


def _detail_words(row: Row, in_full: bool) -> str:
    """What is noted beside the recorded mark, for those who may read it."""
    if not in_full or row.note is None:
        return ""
    noted = row.note.nature or row.note.other_school
    return f" ({noted})" if noted else ""


def _known_words(arrangement: Arrangement, in_full: bool) -> str:
    """What an arrangement says on the register, to this person."""
    kind = ArrangementKind(arrangement.kind)
    if not in_full and (arrangement.code in SENSITIVE_CODES or kind not in OPEN_KINDS):
        return "Known absence: the attendance office has the reason"
    tells = in_full or kind in TELLS_NATURE
    what = (arrangement.other_school or arrangement.nature) if tells else ""
    until = f", until {in_words(arrangement.ends_on)}"
    return f"{kind.label}{f': {what}' if what else ''}{until}"


def _earlier_words(code: str, earlier: DatedSession, when: DatedSession, in_full: bool) -> str:
    """That the pupil was absent the session before; nothing for one who was there."""
    kind = code_on(code, earlier.day).kind
    if kind not in (Kind.AUTHORISED, Kind.UNAUTHORISED):
        return ""
    shown = shown_code(code, earlier.day, in_full=in_full)
    beside = "" if shown == HIDDEN else f" ({shown})"
    if code == "U":
        return f"Came late in the {earlier.session.words} of {earlier.day:%A}{beside}"
    if earlier.day == when.day:
        return f"Absent this morning{beside}"
    return f"Absent {earlier.day:%A} {earlier.session.words}{beside}"


def _late_words(found: ClassRegister, row: Row) -> str:
    """How late a pupil came, where that is recorded."""
    if row.code not in ("L", "U") or row.arrived_at is None or found.times is None:
        return ""
    minutes = minutes_late(row.arrived_at, found.times.opens_at)
    return f"{count_of(minutes, 'minute')} late: {row.code}"


def options_of(when: DatedSession) -> SafeString:
    """The list of other codes, made once for the thirty rows that show it."""
    rows = [(row.code, row.meaning, row.code in NEEDS) for row in other_codes(when)]
    return render_to_string("attendance/registers/_codes.html", {"codes": rows})


# Two people met over the same marks


@dataclass(frozen=True, slots=True)
class Met:
    """One pupil over whom two people met: both values, in words."""

    clash: Clash
    name: str
    based: str
    theirs: str
    by: str
    yours: str
    at: str
    changes: bool


def met_over(found: ClassRegister, clash: Clash, *, in_full: bool) -> Met:
    """One clash in words."""
    row, wanted, day = clash.row, clash.wanted, found.when.day
    return Met(
        clash=clash,
        name=name_of(row),
        based=selectors.based_on(row, found.when),
        theirs=_mark_words(row.code, day, row.arrived_at, in_full),
        by=_recorded_by(row, found.when),
        yours=_mark_words(wanted.code, day, wanted.said.arrived_at, True),
        at=_typed_time(clash.sent.arrived),
        changes=row.code != wanted.code,
    )


def _recorded_by(row: Row, when: DatedSession) -> str:
    """Who recorded the mark that stands, and when."""
    entries = history(row.enrolment, when.day, when.day, session=when.session)
    if not entries:
        return ""
    at = clock_words(timezone.localtime(entries[-1].at).time())
    return f"recorded by {entries[-1].name} at {at}"


def _typed_time(arrived: time | None) -> str:
    """A time as the form's box has it."""
    return f"{arrived.hour}:{arrived:%M}" if arrived else ""


def _mark_words(code: str, day: date, arrived: time | None, in_full: bool) -> str:
    """A mark in words: L, Late, before the register closed, at 8:52am."""
    shown = shown_code(code, day, in_full=in_full)
    meaning = shown_meaning(code, day, in_full=in_full)
    at = f", at {clock_words(arrived)}" if arrived else ""
    return f"{shown} {meaning}{at}"
