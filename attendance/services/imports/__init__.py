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
from attendance.services.imports.quarantine import map_codes
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
    "import_file",
    "is_whole",
    "map_codes",
    "may_need_date_order",
    "opening_of",
    "put_back",
    "receive",
    "refuse_unreadable",
    "release",
    "remembered",
    "sentence_of",
    "silent",
    "start_check",
    "start_take",
    "suggested",
    "take",
    "undo",
    "what_was_written",
]
