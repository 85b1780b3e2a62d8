"""What was checked again after a correction."""

from datetime import date, datetime

from django.db.models import Q

from attendance.access import shown_code
from attendance.selectors.proof import session_words
from cases.models import Case, Recheck
from cases.selectors.facts import fact_rows
from frontend.templatetags.govuk import words_and_time
from rules.marks import DatedSession, Session


def relied_on(recheck: Recheck) -> str:
    """What relied on the marks, in words."""
    if recheck.case is not None:
        return f"Case {recheck.case.reference}"
    if recheck.case_letter is not None:
        return f"Letter {recheck.case_letter.letter.reference}"
    return f"Worklist: {recheck.crossing.get_kind_display()}" if recheck.crossing else ""


def then_and_now(recheck: Recheck) -> list[list[str]]:
    """The facts as rows of name, then and now."""
    now = {row["key"]: row["value"] for row in fact_rows(recheck.after)}
    return [
        [row["key"], row["value"], now.get(row["key"], "")] for row in fact_rows(recheck.before)
    ]


def to_check_again(case: Case) -> list[Recheck]:
    """What a person has yet to decide about a case and its letters."""
    about = Q(case=case) | Q(case_letter__case=case)
    return list(
        Recheck.objects.filter(about, decision="")
        .select_related("case", "case_letter__letter", "crossing")
        .order_by("pk")
    )


def changed_rows(recheck: Recheck, *, in_full: bool) -> list[list[str]]:
    """Each corrected mark as a row: session, was, became, why, who and when."""
    return [
        [
            session_words(when),
            shown_code(change["was"], when.day, in_full=in_full),
            shown_code(change["now"], when.day, in_full=in_full) if change["now"] else "no mark",
            change["reason"],
            f"{change['by']}, {change['position']}",
            words_and_time(datetime.fromisoformat(change["at"])),
        ]
        for change in recheck.changes
        for when in [DatedSession(date.fromisoformat(change["day"]), Session(change["session"]))]
    ]
