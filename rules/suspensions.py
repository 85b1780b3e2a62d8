"""Suspension and exclusion in the register: how many days, and until when code E is right."""

from collections.abc import Collection, Sequence
from datetime import date

from rules.dates import in_words
from rules.register import rule
from rules.values import value_on


@rule("SUSP-1", source="EA2002/s51A")
def over_the_limit(half_days_before: int, half_days_now: int, day: date) -> str:
    """Why a suspension would last too long in one school year; "" when it would not.

    half_days_before  those the pupil was suspended for already this school year
    half_days_now     those of the suspension to add; a lunchtime is half a day

    Exactly the limit is allowed. A permanent exclusion is not counted.
    """
    most = value_on("suspension", day)["most_school_days"]
    total = half_days_before + half_days_now
    if total <= most * 2:
        return ""
    return (
        f"A pupil may be suspended for at most {most} school days in a school year. With this"
        f" one it would be {_days(total)}: {_days(half_days_before)} before it."
    )


@rule("SUSP-2", source="EA2002/provision")
def days_provision_is_due(
    school_days: Sequence[date], suspended: Collection[date]
) -> tuple[date, ...]:
    """The days from the sixth consecutive school day of an exclusion on, when education is due.

    school_days  every school day around them, in order; a holiday between breaks no run
    suspended    every day, of this exclusion and of those before and after, that is covered
    """
    due_from = value_on("suspension", school_days[0])["provision_from_day"] if school_days else 0
    run, due = 0, []
    for day in school_days:
        run = run + 1 if day in suspended else 0
        if run and run >= due_from:
            due.append(day)
    return tuple(due)


@rule("SUSP-3", source="PR2024/reg10")
def refusal(due: Sequence[date], nothing_arranged: bool) -> str:
    """Why code E may not be agreed for these days; "" when it may.

    E says that nothing else is arranged. From the sixth day something must be: so those days are
    refused, unless somebody states that, though due, nothing was arranged yet.
    """
    if not due or nothing_arranged:
        return ""
    return (
        f"From {in_words(due[0])}, the sixth school day in a row, education must be arranged, so"
        " code E no longer fits. End the suspension the day before and add what was arranged. If"
        " nothing was, tick that box: the register must say what is true."
    )


@rule("SUSP-4", source="EIA2006/s105")
def first_days(covered: Collection[date], starts_on: date) -> tuple[date, ...]:
    """The school days of one suspension or exclusion in which parents answer for where a pupil is.

    covered    every school day of it, whole or in part; starts_on  its first day
    """
    most = value_on("excluded_in_public", starts_on)["first_school_days"]
    return tuple(sorted(covered)[:most])


def _days(half_days: int) -> str:
    whole, half = divmod(half_days, 2)
    return f"{whole}{'½' if half else ''} {'day' if half_days == 2 else 'days'}"
