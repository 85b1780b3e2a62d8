"""Why a request for a penalty notice would come back: asked by the school and by the council.

Each check is one reason for which councils return requests, with the public form that says so as
its source. Before it is sent the school asks about the record of today; on arrival the council
asks about the facts that were kept with it: the same functions, so the same answer. Nothing here
refuses: what the law needs stands in the gate, and a person may send with a reason all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from rules.lint import (
    DISCUSSED,
    Finding,
    Found,
    behind,
    count,
    found_by,
    help_unsaid,
    missing_marks,
    parents_incomplete,
    ring_first,
    siblings_unsaid,
    unresolved_marks,
)
from rules.register import rule
from rules.values import Row

SUPPORT, LEAVE, EXCLUDED = "support", "leave", "excluded"
REASON, INFORMED, CIRCUMSTANCES = "reason", "informed", "circumstances"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request. Numbers and keys only: no names, no texts.

    lane             support, leave or excluded
    answered         keys of what is answered
    sessions         half days that it rests on; changed  of them, that the register says
                     otherwise by now
    unresolved       sessions marked N from its first day to its last
    missing          sessions of those days that the school held and nobody marked
    days_behind      school days since the last marked session, today not counted
    compulsory_age   whether the pupil was of compulsory school age on each of its days
    on_roll          whether the pupil was on the school's roll on each of its days
    included         parents who are included
    incomplete       of them, without first name, surname and a full address
    address_days     of them, the most days since somebody checked an address; None: one never was
    allowed_unknown  of them, where nobody says whether they allowed the absence
    unexplained      parents left out without a reason
    looked_after     whether the council looks after the pupil
    agencies         whether a social worker, a plan, or youth justice is known
    health           whether an illness or disability of the pupil is known
    literacy         whether a parent needs help to read or another language
    siblings         brothers and sisters of school age that the record knows
    dated_steps      dated contacts, meetings, letters and other records of help on file
    leave_asked      whether leave was asked for; leave_answered  whether the refusal is on file
    back             whether the register shows the pupil back after the last day
    days_since       school days from the return to the day it is sent; 0 before the return
    send_within      school days that the policy in force gives for that; None: the usual ones
    declared         whether the headteacher has declared it
    """

    lane: str
    answered: tuple[str, ...]
    sessions: int
    changed: int
    unresolved: int
    missing: int
    days_behind: int
    compulsory_age: bool
    on_roll: bool
    included: int
    incomplete: int
    address_days: int | None
    allowed_unknown: int
    unexplained: int
    looked_after: bool
    agencies: bool
    health: bool
    literacy: bool
    siblings: int
    dated_steps: int
    leave_asked: bool
    leave_answered: bool
    back: bool
    days_since: int
    send_within: int | None
    declared: bool

    def as_json(self) -> dict[str, Any]:
        """The facts as they are kept beside a request that was sent."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Facts":
        """The facts as they were kept."""
        return cls(**{**kept, "answered": tuple(kept["answered"])})


Check = Callable[[Facts, Row], Found]


@rule("ASK-1", source="LOCAL/refusal-reason")
def reason_stated(facts: Facts, figures: Row) -> Found:
    """A request that does not say what the absence was comes back."""
    key = CIRCUMSTANCES if facts.lane == EXCLUDED else REASON
    if key in facts.answered:
        return None
    if facts.lane == EXCLUDED:
        return (
            "It does not say where and when the pupil was in a public place.",
            "Say the place, the day and the time, and who saw the pupil.",
        )
    return (
        "It does not say why the pupil was absent.",
        "Say what the school understands the reason to be, and how it knows.",
    )


@rule("ASK-2", source="LOCAL/refusal-age")
def of_age_on_roll(facts: Facts, figures: Row) -> Found:
    """The pupil was on the school's roll and of compulsory school age on each day."""
    if not facts.on_roll:
        return (
            "The pupil was not on the school's roll on each of these days.",
            "Leave out the days before the pupil joined or after the pupil left.",
        )
    if not facts.compulsory_age:
        return (
            "The pupil was not of compulsory school age on each of these days.",
            "Leave those days out. There is no duty to attend on them.",
        )
    return None


@rule("ASK-3", source="LOCAL/refusal-disagree")
def agrees_with_register(facts: Facts, figures: Row) -> Found:
    """What the request says of a session must be what the register says."""
    if facts.lane != EXCLUDED and not facts.sessions:
        return (
            "No half day of absence without leave is on it.",
            "Choose days on which the register has such an absence.",
        )
    if not facts.changed:
        return None
    return (
        f"The register now says something else for {count(facts.changed, 'half day')} of it.",
        "Take the half days from the register again, and read them.",
    )


@rule("ASK-4", source="LOCAL/refusal-unresolved")
def no_unresolved(facts: Facts, figures: Row) -> Found:
    """A register with code N comes back: the reason for each absence must be known."""
    return unresolved_marks(facts.unresolved, "half day")


@rule("ASK-5", source="LOCAL/refusal-missing")
def no_missing(facts: Facts, figures: Row) -> Found:
    """A register with missing marks comes back."""
    return missing_marks(facts.missing, "half day")


@rule("ASK-6", source="LOCAL/refusal-out-of-date")
def up_to_date(facts: Facts, figures: Row) -> Found:
    """The register must be up to date on the day it is sent."""
    return behind(facts.days_behind, figures["days_behind"], "Import or take the registers since.")


@rule("ASK-7", source="LOCAL/refusal-parents")
def parents_named(facts: Facts, figures: Row) -> Found:
    """Each parent it is about is named in full; each other one is left out for a reason."""
    if not facts.included:
        return "No parent is included.", "Include each parent who allowed the absence."
    if facts.incomplete:
        return parents_incomplete(facts.incomplete)
    if facts.unexplained:
        return (
            f"{count(facts.unexplained, 'parent')} left out without a reason.",
            "Say why, or include them.",
        )
    return None


@rule("ASK-8", source="LOCAL/refusal-address")
def address_checked(facts: Facts, figures: Row) -> Found:
    """An address that nobody has checked for months is checked first."""
    if not facts.included:
        return None
    if facts.address_days is None:
        return (
            "Nobody says when the address of each parent was last checked.",
            "Check it with the family, and write down the day.",
        )
    if facts.address_days <= figures["address_days"]:
        return None
    return (
        f"A parent's address was last checked {facts.address_days} days ago.",
        f"Check it again: {figures['address_days']} days is the most. Then write down the day.",
    )


@rule("ASK-9", source="LOCAL/refusal-allowed")
def allowed_said(facts: Facts, figures: Row) -> Found:
    """A notice usually goes to the parents who allowed the absence, so each answer is asked."""
    if not facts.allowed_unknown:
        return None
    return (
        f"Nobody says whether {count(facts.allowed_unknown, 'parent')} allowed the absence.",
        "Ask, and say yes or no. Leave out a parent who did not.",
    )


@rule("ASK-10", source="LOCAL/refusal-siblings")
def siblings_named(facts: Facts, figures: Row) -> Found:
    """Where there are brothers or sisters, it says whether a notice is asked for them too."""
    do = "Say whether they were absent too, and whether a notice is asked for, or why not."
    return siblings_unsaid(facts.siblings, facts.answered, do)


@rule("ASK-11", source="LOCAL/refusal-looked-after")
def looked_after_first(facts: Facts, figures: Row) -> Found:
    """For a pupil whom the council looks after, people stop and ring first."""
    return ring_first(facts.looked_after, facts.answered)


@rule("ASK-12", source="LOCAL/refusal-agencies")
def discussed_first(facts: Facts, figures: Row) -> Found:
    """With a social worker, a plan, ill health or trouble with reading it is discussed first."""
    known = [
        words
        for applies, words in (
            (facts.agencies, "a social worker or another service"),
            (facts.health, "ill health or a disability"),
            (facts.literacy, "a parent who needs help to read, or another language"),
        )
        if applies
    ]
    if not known or DISCUSSED in facts.answered:
        return None
    return (
        f"The record names {'; '.join(known)}.",
        "Speak to the council and the people involved first. Then say whom you spoke to and when.",
    )


@rule("ASK-13", source="LOCAL/refusal-early-help")
def early_help(facts: Facts, figures: Row) -> Found:
    """Early help was offered or done, or there is a reason why there is none."""
    return help_unsaid(facts.answered) if facts.lane == SUPPORT else None


@rule("ASK-14", source="LOCAL/refusal-chronology")
def chronology(facts: Facts, figures: Row) -> Found:
    """After support, dated records show what was done."""
    if facts.lane != SUPPORT or facts.dated_steps >= figures["dated_steps"]:
        return None
    return (
        "No dated step on this case: no call, visit, meeting, letter or other help.",
        "Record what was done, with the day and what came of it.",
    )


@rule("ASK-15", source="LOCAL/refusal-leave-papers")
def leave_papers(facts: Facts, figures: Row) -> Found:
    """Leave that was refused comes with the request and the refusal; else with the warning."""
    if facts.lane != LEAVE:
        return None
    if facts.leave_asked and not facts.leave_answered:
        return (
            "Leave was asked for, and the answer is not on file.",
            "Record the headteacher's answer and put the letter on file.",
        )
    if not facts.leave_asked and INFORMED not in facts.answered:
        return (
            "Nobody asked for leave, and nothing says that parents were warned.",
            "Say how and when parents were told that leave in term time can lead to a notice.",
        )
    return None


@rule("ASK-16", source="LOCAL/refusal-not-back")
def back_again(facts: Facts, figures: Row) -> Found:
    """A request about leave comes back while the pupil is away: the absence is not over."""
    if facts.lane != LEAVE or facts.back:
        return None
    return (
        "The register does not show the pupil back at school.",
        "Wait for the return. If the pupil does not come back, ask where the pupil is.",
    )


@rule("ASK-17", source="LOCAL/refusal-late")
def sent_in_time(facts: Facts, figures: Row) -> Found:
    """A request about leave goes soon after the return."""
    most = figures["sent_within_days"] if facts.send_within is None else facts.send_within
    if facts.lane != LEAVE or facts.days_since <= most:
        return None
    return (
        f"The pupil came back {count(facts.days_since, 'school day')} ago; {most} are usual.",
        "Say why it is sent late, or do not send it.",
    )


@rule("ASK-18", source="LOCAL/refusal-declaration")
def declared(facts: Facts, figures: Row) -> Found:
    """The headteacher declares that what it says is right."""
    if facts.declared:
        return None
    return "The headteacher has not declared it.", "Ask the headteacher to read and declare it."


# Code, label, check, and the reason of rules.notice_stages.REQUEST for which it would be returned.
CHECKS: tuple[tuple[str, str, Check, str], ...] = (
    ("ASK-1", "Why the pupil was absent", reason_stated, "papers_missing"),
    ("ASK-2", "On roll and of school age", of_age_on_roll, "papers_disagree"),
    ("ASK-3", "What the register says", agrees_with_register, "papers_disagree"),
    ("ASK-4", "The register has code N", no_unresolved, "absence_unresolved"),
    ("ASK-5", "The register has missing marks", no_missing, "absence_unresolved"),
    ("ASK-6", "The register is out of date", up_to_date, "papers_disagree"),
    ("ASK-7", "Parents named in full", parents_named, "address_unclear"),
    ("ASK-8", "Addresses checked", address_checked, "address_unclear"),
    ("ASK-9", "Who allowed the absence", allowed_said, "address_unclear"),
    ("ASK-10", "Brothers and sisters", siblings_named, "papers_missing"),
    ("ASK-11", "Ring first: looked after", looked_after_first, "papers_missing"),
    ("ASK-12", "Discuss first with those involved", discussed_first, "papers_missing"),
    ("ASK-13", "Early help, or why there is none", early_help, "support_unclear"),
    ("ASK-14", "What was done, with dates", chronology, "support_unclear"),
    ("ASK-15", "The papers of the leave", leave_papers, "papers_missing"),
    ("ASK-16", "The pupil is back", back_again, "absence_unresolved"),
    ("ASK-17", "Sent soon after the return", sent_in_time, "papers_disagree"),
    ("ASK-18", "The headteacher's declaration", declared, "papers_missing"),
)
RETURNED_FOR: Mapping[str, str] = {code: reason for code, _, _, reason in CHECKS}


def findings(facts: Facts, figures: Row) -> tuple[Finding, ...]:
    """Every reason why a request with these facts would come back, in the table's order.

    figures  the row `request_check` of rules/values.toml in force on the day
    """
    return found_by(((code, check) for code, _, check, _ in CHECKS), facts, figures)
