"""Pupils, the adults around them, calendars, registers and what the sweep found."""

from attendance.models.calendars import Calendar, CalendarDay, DayKind, Term
from attendance.models.imports import (
    CodeMapping,
    ImportBatch,
    ImportLayout,
    ImportProblem,
    ImportSource,
    ImportState,
)
from attendance.models.people import (
    Adult,
    AdultLink,
    CareOrder,
    Enrolment,
    EnrolmentStatus,
    Flag,
    Pupil,
    PupilFlag,
    YesNoUnknown,
)
from attendance.models.registers import Amendment, RegisterTaken, RegisterYear, Roll
from attendance.models.standings import (
    Crossing,
    CrossingKind,
    CrossingState,
    PupilStanding,
    Sweep,
    SweptTo,
)

__all__ = [
    "Adult",
    "AdultLink",
    "Amendment",
    "Calendar",
    "CalendarDay",
    "CareOrder",
    "CodeMapping",
    "Crossing",
    "CrossingKind",
    "CrossingState",
    "DayKind",
    "Enrolment",
    "EnrolmentStatus",
    "Flag",
    "ImportBatch",
    "ImportLayout",
    "ImportProblem",
    "ImportSource",
    "ImportState",
    "Pupil",
    "PupilFlag",
    "PupilStanding",
    "RegisterTaken",
    "RegisterYear",
    "Roll",
    "Sweep",
    "SweptTo",
    "Term",
    "YesNoUnknown",
]
