"""Absence that is known beforehand and needs no leave: faith, a family's trade, exams, and places
where education was arranged. Which days code R, T, S, K, B and D may cover."""

from dataclasses import dataclass
from datetime import date

from rules.dates import in_words
from rules.register import rule
from rules.values import value_on


@rule("KNOWN-1", source="EA1996/s444(3)")
def religious_refusal(pattern_is_whole_days: bool, day_name: str, body: str) -> str:
    """Why code R may not be agreed; "" when it may.

    R is for days set apart exclusively for religious observance by the religious body to which
    the parent belongs: whole days, with the day's name and the body stated.
    """
    if not pattern_is_whole_days:
        return "Code R is for whole days that are set apart. Cover both halves of each day."
    if not day_name.strip():
        return "Say which day of observance it is."
    if not body.strip():
        return "Say which religious body sets the day apart. It is the parent's body that counts."
    return ""


@rule("KNOWN-2", source="EA1996/s444(6)")
def mobile_refusal(trade: str, requires_travel: bool, educated_elsewhere: bool) -> str:
    """Why code T may not be agreed; "" when it may.

    T is for a child who travels with a parent because the parent's trade requires it, while
    nobody knows whether the child attends somewhere else.
    """
    if not requires_travel or not trade.strip():
        return (
            "Code T is only for travelling that a parent's trade requires. Say what the trade is."
            " For any other travel, use a request for leave."
        )
    if educated_elsewhere:
        return (
            "Code T is not for a child who is known to be at another school. If the pupil is"
            " registered there too, add a dual registration (code D)."
        )
    return ""


@rule("KNOWN-3", source="PR2024/reg11")
def study_refusal(
    year_group: str, exam: str, last_day: date, last_paper: date, *, asked_on: date
) -> str:
    """Why study leave may not cover these days; "" when it may.

    It is for pupils from a certain year group, for a public exam that is named, and no longer
    than until the last paper.
    """
    lowest = value_on("study_leave", asked_on)["lowest_year_group"]
    if not (year_group.isdecimal() and int(year_group) >= lowest):
        return f"Study leave is for pupils in year {lowest} or above."
    if not exam.strip():
        return "Say which public exam the pupil studies for."
    if last_day > last_paper:
        return (
            f"Study leave ends with the last paper, on {in_words(last_paper)}. End it then, or"
            " correct the day of the last paper."
        )
    return ""


@dataclass(frozen=True, slots=True)
class Provision:
    """Who arranged education away from the school, and the code that follows."""

    key: str
    code: str
    label: str
    says: str


PROVISIONS = {
    row.key: row
    for row in (
        Provision(
            "council",
            "K",
            "The council arranged it",
            "Education that the council must arrange, or special provision. Counts as attendance.",
        ),
        Provision(
            "school",
            "B",
            "The school arranged it",
            "In person and supervised, never learning at home. Counts as attendance.",
        ),
        Provision(
            "registered",
            "D",
            "The pupil is registered there too",
            "The other place marks the session. It is not counted here.",
        ),
    )
}


@rule("KNOWN-4", source="PR2024/reg10")
def provision_code(arranged_by: str, *, in_person: bool) -> str:
    """The code for a session at alternative provision; "" when it is no attendance at all.

    Learning at home, or through a screen or a robot, is not attending a place: the session keeps
    the code of its real reason.
    """
    if arranged_by == "school" and not in_person:
        return ""
    return PROVISIONS[arranged_by].code
