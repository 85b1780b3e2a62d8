"""When compulsory school age starts and ends."""

from datetime import date

from rules.dates import ONE_DAY, DateRange
from rules.register import rule

PRESCRIBED_DAYS = ((3, 31), (8, 31), (12, 31))

JUNE = 6
FRIDAY = 4
LAST_DAY_OF_SCHOOL_YEAR = (8, 31)


def birthday(born: date, age: int) -> date:
    """The day someone reaches `age`. A leap-day child has it on 1 March in other years.

    Either reading, 28 February or 1 March, gives the same compulsory school age.
    """
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


@rule("CSA-1", source="EA1996/s8(2)")
def starts_on(born: date) -> date:
    """The first day a child is of compulsory school age.

    A child who turns five on a prescribed day starts that day; any other child starts on the
    prescribed day that comes next. Takes and returns plain dates.
    """
    fifth = birthday(born, 5)
    days = [date(year, *day) for year in (fifth.year, fifth.year + 1) for day in PRESCRIBED_DAYS]
    return min(day for day in days if day >= fifth)


def leaving_date(year: int) -> date:
    """The school leaving date of a calendar year: the last Friday in June."""
    day = date(year, JUNE, 30)
    while day.weekday() != FRIDAY:
        day -= ONE_DAY
    return day


@rule("CSA-2", source="EA1996/s8(3)")
def ends_on(born: date) -> date:
    """The last day a child is of compulsory school age, which is a school leaving date.

    It is the leaving date of the school year, 1 September to 31 August, in which the child turns
    16, so a child may leave aged 15. That whole day still counts. The section's own words end
    the school year with the first term after July; where a term starts on 2 September a child
    born on 1 September could be read to leave a year earlier. We follow what schools practise.
    """
    sixteenth = birthday(born, 16)
    before_september = (sixteenth.month, sixteenth.day) <= LAST_DAY_OF_SCHOOL_YEAR
    return leaving_date(sixteenth.year if before_september else sixteenth.year + 1)


def last_birthday_past(day: date) -> date:
    """The latest birthday of those who are past compulsory school age on a day.

    `ends_on`, asked the other way round: who was born on it or before is past it, nobody later.
    """
    year = day.year if leaving_date(day.year) < day else day.year - 1
    return date(year - 16, *LAST_DAY_OF_SCHOOL_YEAR)


@rule("CSA-3", source="EA1996/s8(3)")
def compulsory_on(born: date, day: date) -> bool:
    """Whether a child is of compulsory school age on a day, first and last day included."""
    return day in compulsory_days(born)


def compulsory_days(born: date) -> DateRange:
    """The days on which a child is of compulsory school age, as a mask for counting."""
    return DateRange(starts_on(born), ends_on(born))
