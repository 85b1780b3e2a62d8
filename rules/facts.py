"""What a policy may look at: ten figures of one pupil's register on one day.

This is the law of the batch that looks at everybody each night, and of a pack's worked examples.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from rules.absence import enough_to_alert, in_order, look_back, runs, separate_absences, tally
from rules.dates import monday_of
from rules.marks import Mark
from rules.school_calendar import Calendar, school_weeks, year_start_on
from rules.thresholds import EVERYONE, UNRESOLVED, Who, counts, roll
from rules.unexplained import unexplained_run
from rules.values import Figures, figures_on

SPELL_WEEKS = 10  # "in ten weeks" of separate absences, as the documents have it
LATE = ("L", "U")

Facts = Mapping[str, Decimal | int | None]


def facts_of(
    marks: Iterable[Mark],
    calendar: Calendar,
    as_of: date,
    *,
    who: Who = EVERYONE,
    figures: Figures | None = None,
) -> dict[str, Decimal | int | None]:
    """The facts of one enrolment on one day, by the names that a policy's triggers use.

    marks     this academic year's and last year's; those after `as_of` or off roll are not read
    calendar  the school's sessions of both years
    who       the days on roll and of compulsory school age, which only the threshold needs
    figures   those in force on `as_of` unless given

    attendance_percent              attended of possible this year, exactly
    look_back_percent               the same over the last twelve school weeks
    absent_sessions                 missed this year, authorised or not
    unauthorised_in_ten_weeks       what counts towards the threshold now, N included
    separate_absences_in_ten_weeks  spells in the last ten school weeks, each once
    absent_sessions_in_ten_weeks    the sessions of those spells
    lates_this_week                 marked L or U since Monday
    absent_sessions_in_a_row        the run this year that the last possible session is in
    unexplained_days                school days of an absence that N leaves unexplained
    unresolved                      sessions this year still marked N

    A share of too few possible sessions is no fact: None, which crosses no line.
    """
    figures = figures or figures_on(as_of)
    past = [mark for mark in in_order(marks, who.on_roll) if mark.day <= as_of]
    year = [mark for mark in past if mark.day >= year_start_on(as_of)]
    this_year = tally(year)
    back = look_back(past, calendar, as_of, weeks=figures.look_back_weeks).tally
    spells = separate_absences(past, calendar, as_of, weeks=SPELL_WEEKS)
    week = [mark for mark in past if mark.day >= monday_of(as_of)]
    weeks = school_weeks(calendar, as_of)
    begun = set(weeks)
    counting = [mark for mark in past if counts(mark, begun, who)]
    rolling = roll(counting, weeks, since=None, figures=figures)
    return {
        "attendance_percent": _percent(this_year.attended, this_year.possible, as_of),
        "look_back_percent": _percent(back.attended, back.possible, as_of),
        "absent_sessions": this_year.absent,
        "unauthorised_in_ten_weeks": rolling.current.count,
        "separate_absences_in_ten_weeks": len(spells),
        "absent_sessions_in_ten_weeks": sum(spell.length for spell in spells),
        "lates_this_week": sum(mark.code in LATE for mark in week),
        "absent_sessions_in_a_row": runs(year).current,
        "unexplained_days": len(unexplained_run(past, calendar, as_of)),
        "unresolved": sum(mark.code == UNRESOLVED for mark in year),
    }


def _percent(part: int, whole: int, on: date) -> Decimal | None:
    """A share in percent, to 28 figures: exact wherever it meets a line that people draw."""
    if not enough_to_alert(whole, on):
        return None
    return Decimal(part) * 100 / Decimal(whole)
