"""Why a file of marks must wait for a person: what the feed brake asks, looked up."""

from datetime import date, timedelta

import numpy as np

from attendance import marks as codec
from attendance.imports import brake
from attendance.imports.problems import Kind
from attendance.imports.reading import Flags
from attendance.selectors import imports as selectors
from attendance.selectors import registers as register_selectors
from attendance.selectors.imports import SchoolDays
from attendance.services import registers
from attendance.services.imports.marks_refused import Work
from attendance.services.registers import MarksFrame, Outcome
from authorities.models import School


def why_held(
    work: Work,
    frame: MarksFrame,
    preview: registers.Preview,
    taken: Flags,
    days: SchoolDays,
) -> list[str]:
    """Why the file must wait for a person, in sentences."""
    reasons = []
    if differences := work.problems.counts[Kind.TOTALS]:
        what = "1 total in the file is" if differences == 1 else f"{differences:,} totals are"
        reasons.append(f"{what} not what its marks add up to.")
    changed = preview.outcome == Outcome.CHANGED
    number, any_changed = frame.number[taken], bool(changed.any())
    possible = int(np.count_nonzero(number >= codec.ATTENDING))
    absent = int(np.count_nonzero(number >= codec.AUTHORISED))
    if not any_changed and absent * 100 <= brake.ABSENT_PERCENT * possible:
        return reasons
    last = date.fromordinal(int(frame.day[taken].max()))
    first = date.fromordinal(int(frame.day[taken].min()))
    years = np.unique(codec.years_of(frame.day[taken])).tolist()
    recorded = _recorded(work.school, years)
    usual = selectors.recorded_between(
        recorded, last - timedelta(weeks=brake.USUAL_WEEKS), min(first, last) - timedelta(days=1)
    )
    return reasons + brake.why_held(
        brake.Facts(
            recorded=sum(int(np.count_nonzero(recorded[year])) for year in years),
            changed=int(np.count_nonzero(changed)),
            first_changed=(
                date.fromordinal(int(frame.day[changed].min())) if any_changed else None
            ),
            term_starts=selectors.this_term_starts(days, work.today),
            possible=possible,
            absent=absent,
            pupils=len(np.unique(frame.enrolment[taken])),
            usual_possible=usual.possible,
            usual_absent=usual.absent,
        )
    )


def _recorded(school: School, years: list[int]) -> dict[int, codec.Bytes]:
    """The school's marks of these years, and of the year before the first of them."""
    return {
        year: register_selectors.school_matrix(school, year).marks
        for year in {*years, min(years) - 1}
    }
