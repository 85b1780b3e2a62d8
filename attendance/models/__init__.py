"""Pupils, the adults around them, calendars, registers and what the sweep found."""

from attendance.models.amending import ChangeState, MarkChange, MarkChangeRow, RowOutcome
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
from attendance.models.reasons import (
    Contact,
    ContactOutcome,
    ContactWay,
    Worker,
    WorkerTold,
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
    "ChangeState",
    "CodeMapping",
    "Contact",
    "ContactOutcome",
    "ContactWay",
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
    "MarkChange",
    "MarkChangeRow",
    "MarkNote",
    "Pupil",
    "PupilFlag",
    "PupilMapping",
    "PupilStanding",
    "RegisterTaken",
    "RegisterTimes",
    "RegisterYear",
    "Roll",
    "RowOutcome",
    "Sweep",
    "SweptTo",
    "Term",
    "Worker",
    "WorkerTold",
    "YesNoUnknown",
]
