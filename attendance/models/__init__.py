"""Pupils, the adults around them, calendars, registers and what the sweep found."""

from attendance.models.arrangements import (
    Arrangement,
    ArrangementKind,
    LeaveRequest,
    LeaveState,
)
from attendance.models.calendars import Calendar, CalendarDay, DayKind, Term
from attendance.models.imports import (
    CodeMapping,
    ImportBatch,
    ImportLayout,
    ImportProblem,
    ImportSource,
    ImportState,
    PupilMapping,
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
from attendance.models.taking import GroupTutor, MarkNote, RegisterTimes

__all__ = [
    "Adult",
    "AdultLink",
    "Amendment",
    "Arrangement",
    "ArrangementKind",
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
    "GroupTutor",
    "ImportBatch",
    "ImportLayout",
    "ImportProblem",
    "ImportSource",
    "ImportState",
    "LeaveRequest",
    "LeaveState",
    "MarkNote",
    "Pupil",
    "PupilFlag",
    "PupilMapping",
    "PupilStanding",
    "RegisterTaken",
    "RegisterTimes",
    "RegisterYear",
    "Roll",
    "Sweep",
    "SweptTo",
    "Term",
    "YesNoUnknown",
]
