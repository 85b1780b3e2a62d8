"""Leave in term time as a register shows it: each run of code G, and the day of the return."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.absence import kind_of
from rules.attendance_codes import is_attended
from rules.marks import Mark


@dataclass(frozen=True, slots=True)
class LeaveAbsence:
    """One absence coded G, from its first such session to the return.

    marks  its sessions with code G, in time order; never none
    back   the first day after it on which the pupil was there; None: not back yet
    """

    marks: tuple[Mark, ...]
    back: date | None

    @property
    def first(self) -> date:
        """Its first day."""
        return self.marks[0].day

    @property
    def last(self) -> date:
        """Its last day with code G."""
        return self.marks[-1].day


def leave_absences(marks: Iterable[Mark]) -> tuple[LeaveAbsence, ...]:
    """The absences coded G among marks in time order, earliest first.

    An attended session ends one; days on which the school was closed, and other absences between,
    do not: the family was away all the same. Only the sessions coded G belong to it.
    """
    found: list[LeaveAbsence] = []
    run: list[Mark] = []
    for mark in marks:
        if mark.code == "G":
            run.append(mark)
        elif run and is_attended(kind_of(mark)):
            found.append(LeaveAbsence(tuple(run), mark.day))
            run = []
    if run:
        found.append(LeaveAbsence(tuple(run), None))
    return tuple(found)
