"""The life of a file that arrived, one module a step.

receiving   it is kept, and its columns are chosen
checking    what taking it would do is worked out (`marks` and `people` make the plan)
quarantine  a person says what waits there means
taking      it is taken whole or not at all, or held, released, put aside
undoing     what it wrote is taken back
at_once     all of it in one transaction; jobs: a step as the worker carries it out
"""

from attendance.services.imports.at_once import Outcome, import_file
from attendance.services.imports.batches import SETTLED, Progress, silent
from attendance.services.imports.checking import (
    check,
    put_back,
    refuse_unreadable,
    start_check,
)
from attendance.services.imports.quarantine import (
    enrolment_meant,
    is_open_to_naming,
    map_codes,
    name_pupil,
    preview_pupil,
    require_naming,
    unname_pupil,
)
from attendance.services.imports.receiving import (
    Choices,
    ColumnsNotChosen,
    choose,
    may_need_date_order,
    opening_of,
    receive,
    remembered,
    suggested,
)
from attendance.services.imports.sentences import is_whole, sentence_of, what_was_written
from attendance.services.imports.taking import discard, release, start_take, take
from attendance.services.imports.undoing import undo

__all__ = [
    "SETTLED",
    "Choices",
    "ColumnsNotChosen",
    "Outcome",
    "Progress",
    "check",
    "choose",
    "discard",
    "enrolment_meant",
    "import_file",
    "is_open_to_naming",
    "is_whole",
    "map_codes",
    "may_need_date_order",
    "name_pupil",
    "opening_of",
    "preview_pupil",
    "put_back",
    "receive",
    "refuse_unreadable",
    "release",
    "remembered",
    "require_naming",
    "sentence_of",
    "silent",
    "start_check",
    "start_take",
    "suggested",
    "take",
    "undo",
    "unname_pupil",
    "what_was_written",
]
