"""The attendance codes: what each means, how it counts, and from when to when.

A register is judged by the codes in force on its day, so a code that is retired keeps its row and
its class; it is only never offered again. Import may meet one. See also `CODES`.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.dates import ONE_DAY, in_words
from rules.errors import UnknownCode
from rules.register import rule


class Kind(enum.StrEnum):
    """How a code counts in the statistics."""

    PRESENT = "present"
    APPROVED = "approved educational activity"
    AUTHORISED = "authorised absence"
    UNAUTHORISED = "unauthorised absence"
    NOT_POSSIBLE = "not a possible attendance"
    NOT_COLLECTED = "not collected"


ATTENDED = frozenset({Kind.PRESENT, Kind.APPROVED})
ABSENT = frozenset({Kind.AUTHORISED, Kind.UNAUTHORISED})
POSSIBLE = ATTENDED | ABSENT


def is_possible(kind: Kind) -> bool:
    """Whether a session of this kind is in the denominator."""
    return kind in POSSIBLE


def is_attended(kind: Kind) -> bool:
    """Whether a session of this kind counts as attendance: present or approved elsewhere."""
    return kind in ATTENDED


def is_absent(kind: Kind) -> bool:
    """Whether a session of this kind is an absence, authorised or not."""
    return kind in ABSENT


@dataclass(frozen=True, slots=True)
class Code:
    """One attendance code and the law about it.

    code       as written in the register, one or two characters
    meaning    in plain words, for screens
    in_school  the pupil was on site for some of the session (so U is True, though an absence)
    counts_towards_threshold  unauthorised sessions for the penalty-notice threshold: G, N, O, U
    late       counted as a late, L or U; this crosses the classes
    needs      extra details to record beside the mark
    only_for   "any", "compulsory age" or "not compulsory age"
    valid_from, valid_to  first and last day of force; None means still in force
    source     where the meaning and class come from, with what is unverified
    """

    code: str
    meaning: str
    kind: Kind
    in_school: bool
    counts_towards_threshold: bool
    late: bool
    needs: tuple[str, ...]
    only_for: str
    valid_from: date
    valid_to: date | None
    source: str


REGULATIONS_2006 = date(2006, 9, 1)
REGULATIONS_2024 = date(2024, 8, 19)
LAST_DAY_OF_2006 = date(2024, 8, 18)

LAW = "PR2024/reg10"
ALSO_BEFORE = f"{LAW}; in use before 19 August 2024 with the same class (start of force unverified)"
BEFORE = "PR2006; revoked by PR2024, its class as it held then (start of force unverified)"

ANY = "any"
COMPULSORY = "compulsory age"
NOT_COMPULSORY = "not compulsory age"

NATURE = ("nature of the activity",)
ARRIVED = ("arrival time",)


def _code(
    code: str,
    meaning: str,
    kind: Kind,
    *,
    needs: tuple[str, ...] = (),
    only_for: str = ANY,
    new: bool = False,
) -> Code:
    """A row of today's set. `new` codes began with the 2024 regulations."""
    return Code(
        code=code,
        meaning=meaning,
        kind=kind,
        in_school=code in {"/", "\\", "L", "U"},
        counts_towards_threshold=code in {"G", "N", "O", "U"},
        late=code in {"L", "U"},
        needs=needs,
        only_for=only_for,
        valid_from=REGULATIONS_2024 if new else REGULATIONS_2006,
        valid_to=None,
        source=LAW if new else ALSO_BEFORE,
    )


def _retired(code: str, meaning: str, kind: Kind) -> Code:
    """A row of the old set: read in old registers, never offered."""
    return Code(
        code=code,
        meaning=meaning,
        kind=kind,
        in_school=False,
        counts_towards_threshold=False,
        late=False,
        needs=(),
        only_for=ANY,
        valid_from=REGULATIONS_2006,
        valid_to=LAST_DAY_OF_2006,
        source=BEFORE,
    )


CODES: tuple[Code, ...] = (
    _code("/", "Present for the morning register", Kind.PRESENT),
    _code("\\", "Present for the afternoon register", Kind.PRESENT),
    _code("L", "Late, before the register closed", Kind.PRESENT, needs=ARRIVED),
    _code(
        "K",
        "Education arranged by the council",
        Kind.APPROVED,
        needs=("nature of the provision",),
        new=True,
    ),
    _code("V", "Trip or visit with school staff", Kind.APPROVED, needs=NATURE),
    _code("P", "Approved sporting activity", Kind.APPROVED, needs=NATURE),
    _code("W", "Approved work experience", Kind.APPROVED, needs=NATURE),
    _code("B", "Another approved educational activity", Kind.APPROVED, needs=NATURE),
    _code(
        "D",
        "Due at the other school where the pupil is also registered",
        Kind.NOT_POSSIBLE,
        needs=("the other school",),
    ),
    _code(
        "C1",
        "Leave for a regulated performance or work abroad",
        Kind.AUTHORISED,
        needs=("licence or exemption reference",),
        new=True,
    ),
    _code("M", "Medical or dental appointment", Kind.AUTHORISED),
    _code(
        "J1",
        "Interview for a job or a place in education",
        Kind.AUTHORISED,
        new=True,
    ),
    _code("S", "Study leave for a public exam", Kind.AUTHORISED),
    _code(
        "X",
        "Under or over compulsory school age and not timetabled",
        Kind.NOT_POSSIBLE,
        only_for=NOT_COMPULSORY,
    ),
    _code(
        "C2",
        "Not timetabled under an agreed part-time timetable",
        Kind.AUTHORISED,
        needs=("the agreement", "start and end dates", "review date"),
        only_for=COMPULSORY,
        new=True,
    ),
    _code(
        "C",
        "Leave in exceptional circumstances",
        Kind.AUTHORISED,
        needs=("the circumstance",),
    ),
    _code("T", "Travelling with a parent for the parent's trade", Kind.AUTHORISED),
    _code("R", "Religious observance", Kind.AUTHORISED),
    _code("I", "Illness", Kind.AUTHORISED),
    _code("E", "Suspended or excluded, nothing else arranged yet", Kind.AUTHORISED),
    _code(
        "Q",
        "The council did not arrange the travel or access it owes",
        Kind.NOT_POSSIBLE,
        new=True,
    ),
    _code(
        "Y1",
        "School transport not available and too far to walk",
        Kind.NOT_POSSIBLE,
        new=True,
    ),
    _code(
        "Y2",
        "Widespread disruption to travel",
        Kind.NOT_POSSIBLE,
        needs=("nature of the emergency",),
        new=True,
    ),
    _code("Y3", "Part of the school is closed", Kind.NOT_POSSIBLE, new=True),
    _code("Y4", "The whole school is closed unexpectedly", Kind.NOT_POSSIBLE, new=True),
    _code("Y5", "In the criminal justice system", Kind.NOT_POSSIBLE, new=True),
    _code(
        "Y6",
        "Kept away by public health guidance or law",
        Kind.NOT_POSSIBLE,
        new=True,
    ),
    _code(
        "Y7",
        "Another unavoidable cause",
        Kind.NOT_POSSIBLE,
        needs=("nature of the cause",),
        new=True,
    ),
    _code("G", "Holiday without leave", Kind.UNAUTHORISED),
    _code("N", "Reason not yet known", Kind.UNAUTHORISED),
    _code("O", "Absent, other or unknown reason", Kind.UNAUTHORISED),
    _code("U", "Arrived after the register closed", Kind.UNAUTHORISED, needs=ARRIVED),
    _code("Z", "Not yet on the admission register", Kind.NOT_COLLECTED),
    _code("#", "Planned closure of the whole school", Kind.NOT_COLLECTED),
    _retired("H", "Holiday agreed by the school", Kind.AUTHORISED),
    _retired("F", "Extended family holiday agreed by the school", Kind.AUTHORISED),
    _retired("J", "Interview", Kind.APPROVED),
    _retired("Y", "Unable to attend: exceptional circumstances", Kind.NOT_POSSIBLE),
)


def _by_code(codes: Iterable[Code]) -> dict[str, tuple[Code, ...]]:
    """The rows of each code, newest first: one look-up a mark, not a scan."""
    rows: dict[str, list[Code]] = {}
    for row in codes:
        rows.setdefault(row.code, []).append(row)
    return {
        code: tuple(sorted(found, key=lambda row: row.valid_from, reverse=True))
        for code, found in rows.items()
    }


_ROWS = _by_code(CODES)


@rule("CODE-1", source="PR2024/reg10")
def code_on(code: str, day: date) -> Code:
    """The meaning and class of an attendance code on a day.

    Codes are upper case and carry no spaces.

    Raises UnknownCode when the code never existed, was retired by `day`, or had not begun.
    """
    rows = _ROWS.get(code)
    if rows is None:
        raise UnknownCode(
            f"“{code[:4]}” is not an attendance code. Check the file or map it to a code."
        )
    for row in rows:
        if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to):
            return row
    last, first = rows[0], rows[-1]
    if last.valid_to is not None and day > last.valid_to:
        raise UnknownCode(
            f"Code {code} was retired on {in_words(last.valid_to + ONE_DAY)}. "
            f"Use a code in force on {in_words(day)}."
        )
    raise UnknownCode(
        f"Code {code} began on {in_words(first.valid_from)}. "
        f"Use a code in force on {in_words(day)}."
    )


@rule("CODE-2", source="PR2006")
def offered_on(day: date) -> tuple[Code, ...]:
    """The codes a person may choose for a day, in the order of the register; none that is retired.

    A code that has since been retired is not offered for an old day either: a correction made now
    uses a code of today where one fits, and an import brings the old one.
    """
    return tuple(row for row in CODES if row.valid_to is None and row.valid_from <= day)
