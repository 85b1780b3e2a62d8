"""What is known of a session when a code is chosen for it, and the notes kept beside a mark.

The one place that gathers `rules.marking.Circumstances`: taking a register and correcting one both
ask here, so that no code can be entered by the one that the other refuses.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from attendance import marks as codec
from attendance.models import Arrangement, Enrolment, MarkNote
from attendance.selectors.arrangements import RANK, covers, in_force
from attendance.selectors.registers import sessions_of
from authorities.models import School, User
from rules.compulsory_age import compulsory_on
from rules.errors import UnknownCode
from rules.marking import Circumstances, refusal
from rules.marks import DatedSession


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says beside a code; all empty when the code needs nothing.

    nature        of the activity, the circumstance or the cause
    other_school  at which the pupil is due, for code D
    arrived_at    for L and U
    text          anything else worth keeping
    """

    nature: str = ""
    other_school: str = ""
    arrived_at: time | None = None
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.nature or self.other_school or self.arrived_at or self.text)


NOTHING = Said()


@dataclass(frozen=True)
class Known:
    """What is known of some pupils' sessions at one school, over a stretch of days."""

    school: School
    open_in: dict[int, frozenset[int]]
    arrangements: dict[int, Sequence[Arrangement]]

    def is_open(self, when: DatedSession) -> bool:
        """Whether the school's calendar has this session."""
        held = self.open_in.get(codec.year_of(when.day), frozenset())
        return codec.position(when.day, when.session) in held

    def arranged(self, enrolment: Enrolment, when: DatedSession) -> list[Arrangement]:
        """The arrangements that cover one pupil's session, the one to fill in first."""
        return [row for row in self.arrangements.get(enrolment.pk, ()) if covers(row, when)]

    def said(self, enrolment: Enrolment, when: DatedSession, code: str, said: Said) -> Said:
        """What is said, filled up with what an arrangement with the same code says."""
        for row in self.arranged(enrolment, when):
            if row.code == code:
                return Said(
                    nature=said.nature or row.nature,
                    other_school=said.other_school or row.other_school,
                    arrived_at=said.arrived_at,
                    text=said.text,
                )
        return said

    def circumstances(
        self, enrolment: Enrolment, when: DatedSession, code: str, said: Said = NOTHING
    ) -> Circumstances:
        """What the rules ask about one pupil's session. `enrolment.pupil` must be loaded."""
        full = self.said(enrolment, when, code, said)
        return Circumstances(
            day=when.day,
            session=when.session,
            compulsory_age=compulsory_on(enrolment.pupil.born_on, when.day),
            school_open=self.is_open(when),
            agreed=frozenset(row.code for row in self.arranged(enrolment, when)),
            nature=full.nature,
            other_school=full.other_school,
            arrived_at=full.arrived_at,
        )

    def refusal(
        self, enrolment: Enrolment, when: DatedSession, code: str, said: Said = NOTHING
    ) -> str:
        """Why the code may not be entered, as a sentence; "" when it may."""
        try:
            return refusal(code, self.circumstances(enrolment, when, code, said))
        except UnknownCode as unknown:
            return unknown.sentence


def known_between(
    school: School, first: date, last: date, enrolments: Iterable[Enrolment]
) -> Known:
    """What is known from `first` to `last` of these pupils: one query, and one for each year."""
    held: dict[int, frozenset[int]] = {}
    for year in range(codec.year_of(first), codec.year_of(last) + 1):
        sessions = sessions_of(school, year)
        if sessions is not None:
            held[year] = frozenset(sessions.nonzero()[0].tolist())
    found: dict[int, list[Arrangement]] = {}
    wanted = in_force(first, last).filter(school=school, enrolment__in=[e.pk for e in enrolments])
    for row in sorted(wanted, key=lambda row: (RANK[row.kind], row.pk)):
        found.setdefault(row.enrolment_id, []).append(row)
    return Known(school, held, dict(found))


def circumstances_for(
    enrolment: Enrolment, when: DatedSession, code: str, said: Said = NOTHING
) -> Circumstances:
    """What the rules ask about one pupil's session. For many, ask `known_between` once."""
    known = known_between(enrolment.school, when.day, when.day, [enrolment])
    return known.circumstances(enrolment, when, code, said)


@dataclass(frozen=True, slots=True)
class Noted:
    """One mark with what is said beside it."""

    enrolment: Enrolment
    when: DatedSession
    code: str
    said: Said


def keep_notes(rows: Iterable[Noted], *, by: User | None, now: datetime) -> int:
    """Keep what was said beside marks, in the caller's transaction. Nothing said, nothing kept."""
    made = MarkNote.objects.bulk_create(
        MarkNote(
            authority_id=row.enrolment.authority_id,
            enrolment=row.enrolment,
            day=row.when.day,
            session=row.when.session,
            code=row.code,
            arrived_at=row.said.arrived_at,
            nature=row.said.nature,
            other_school=row.said.other_school,
            text=row.said.text,
            written_by=by,
            written_at=now,
        )
        for row in rows
        if row.said
    )
    return len(made)
