"""Moving up at the end of a school year: the next year group and group, and who is out of step."""

import re
from collections.abc import Sequence
from datetime import date

from rules.compulsory_age import LAST_DAY_OF_SCHOOL_YEAR
from rules.register import rule

YEAR_GROUPS: Sequence[str] = ("N1", "N2", "R", *(str(number) for number in range(1, 15)))
AGE_IN_RECEPTION = 5  # reached in the school year, 1 September to 31 August
_LEADING_YEAR = re.compile(r"^(?P<before>[^0-9]*)(?P<number>[0-9]{1,2})(?P<after>.*)$")


@rule("YEAR-1", source="ONROLL/year-groups")
def next_year_group(year_group: str) -> str:
    """The year group after this one: Reception after nursery, Year 1 after it; "" after the last.

    An unknown year group has no next one: a person says what becomes of the pupil.
    """
    if year_group not in YEAR_GROUPS:
        return ""
    at = YEAR_GROUPS.index(year_group) + 1
    return YEAR_GROUPS[at] if at < len(YEAR_GROUPS) else ""


@rule("YEAR-2", source="ONROLL/year-groups")
def next_group(group: str, year_group: str) -> str:
    """The registration group that goes with the next year group: 7A becomes 8A, RB becomes 1B.

    A group whose name does not hold the year group stays as it is called: a house or a tutor.
    """
    after = next_year_group(year_group)
    if not after:
        return group
    found = _LEADING_YEAR.match(group)
    if found and found["number"] == year_group:
        return f"{found['before']}{after}{found['after']}"
    if year_group in ("N1", "N2", "R") and group.startswith(year_group):
        return f"{after}{group.removeprefix(year_group)}"
    return group


@rule("YEAR-3", source="ONROLL/year-groups")
def usual_year_group(born: date, year: int) -> str:
    """The year group of most children born on a day, in the school year that begins in `year`.

    A child is in Reception in the year, 1 September to 31 August, in which they turn five. "" for
    a child too young for a nursery or past Year 14.
    """
    late = (born.month, born.day) > LAST_DAY_OF_SCHOOL_YEAR
    turns = year + 1 - born.year - (1 if late else 0)
    at = YEAR_GROUPS.index("R") + turns - AGE_IN_RECEPTION
    return YEAR_GROUPS[at] if 0 <= at < len(YEAR_GROUPS) else ""
