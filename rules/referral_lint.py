"""Why a referral would come back: asked by the school before sending and the council on arrival.

Each check is one reason for which councils return requests, with the public form that says so as
its source. Both sides ask the same functions about the same facts, so they get the same answer.
Nothing here refuses: a finding says what to do, and a person may send with a reason all the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from rules.lint import (
    DISCUSSED,
    EARLY_HELP,
    FAMILY,
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


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case when it is referred. Numbers and keys only: no names, no texts.

    asked            key and words of each thing that the form asks
    answered         keys of what is answered, of the form's own and of our standing questions
    gates            words of each item that the policy asks before a referral and nothing shows
    compulsory_age   whether the pupil is of compulsory school age on the day
    on_roll          whether the pupil is on the school's roll on the day
    unresolved       sessions of the year still marked N
    missing          sessions of the year that the school held and nobody marked
    days_behind      school days since the last marked session, today not counted
    weeks            school weeks in which the register has a mark, this year and the last
    parents          adults with parental responsibility or care
    incomplete       those of them without first name, surname and a full address
    looked_after     whether the council looks after the pupil
    agencies         whether the record names a worker or plan that must be asked first
    dated_steps      dated contacts, meetings, letters and other records of help on file
    siblings         brothers and sisters of school age that the record knows
    """

    asked: tuple[tuple[str, str], ...]
    answered: tuple[str, ...]
    gates: tuple[str, ...]
    compulsory_age: bool
    on_roll: bool
    unresolved: int
    missing: int
    days_behind: int
    weeks: int
    parents: int
    incomplete: int
    looked_after: bool
    agencies: bool
    dated_steps: int
    siblings: int

    def as_json(self) -> dict[str, Any]:
        """The facts as they are kept beside a referral that was sent."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Facts":
        """The facts as they were kept."""
        return cls(
            **{
                **kept,
                "asked": tuple((key, words) for key, words in kept["asked"]),
                "answered": tuple(kept["answered"]),
                "gates": tuple(kept["gates"]),
            }
        )


Check = Callable[[Facts, Row], Found]

VOICES = {"pupil_voice": "the pupil", "parent_voice": "the parents"}
# Our standing questions, beside what a form asks. Nobody has to answer them; a check may ask.
STANDING = {
    DISCUSSED: "Who was this discussed with first, and when?",
    EARLY_HELP: "Early help: offered, done, or why not",
    FAMILY: "Brothers and sisters: their attendance, and whether they are referred too",
    "pupil_voice": "What the pupil says",
    "parent_voice": "What the parents say",
}


@rule("REF-1", source="LOCAL/refusal-form")
def unanswered(facts: Facts, figures: Row) -> Found:
    """A form whose questions are not all answered comes back."""
    left = [words for key, words in facts.asked if key not in facts.answered]
    if not left:
        return None
    return f"Not answered: {'; '.join(left)}.", "Answer each question of the form, or say why not."


@rule("REF-2", source="LOCAL/refusal-checklist")
def steps_before(facts: Facts, figures: Row) -> Found:
    """What the policy asks before a referral must be on file."""
    if not facts.gates:
        return None
    return (
        f"Nothing on file shows: {'; '.join(facts.gates)}.",
        "Record it on the case with its date, or say why it does not apply.",
    )


@rule("REF-3", source="LOCAL/refusal-age")
def of_age_on_roll(facts: Facts, figures: Row) -> Found:
    """The pupil is on the school's roll and of compulsory school age."""
    if not facts.on_roll:
        return "The pupil is not on the school's roll.", "Ask the school that has the pupil now."
    if not facts.compulsory_age:
        return (
            "The pupil is not of compulsory school age.",
            "Ask for help that does not rest on the duty to attend.",
        )
    return None


@rule("REF-4", source="LOCAL/refusal-unresolved")
def no_unresolved(facts: Facts, figures: Row) -> Found:
    """A register with code N comes back: the reason for each absence must be known."""
    return unresolved_marks(facts.unresolved, "session")


@rule("REF-5", source="LOCAL/refusal-missing")
def no_missing(facts: Facts, figures: Row) -> Found:
    """A register with missing marks comes back."""
    return missing_marks(facts.missing, "session")


@rule("REF-6", source="LOCAL/refusal-out-of-date")
def up_to_date(facts: Facts, figures: Row) -> Found:
    """The register must be up to date on the day it is sent."""
    do = "Import or take the registers since, so that the summary is up to date."
    return behind(facts.days_behind, figures["days_behind"], do)


@rule("REF-7", source="LOCAL/refusal-weeks")
def enough_weeks(facts: Facts, figures: Row) -> Found:
    """A register of too few weeks says too little: six weeks are asked for."""
    needed = figures["weeks"]
    if facts.weeks >= needed:
        return None
    return (
        f"The register here covers {count(facts.weeks, 'school week')}; {needed} are asked for.",
        "Add the register of the school before, or say why help cannot wait.",
    )


@rule("REF-8", source="LOCAL/refusal-parents")
def parents_complete(facts: Facts, figures: Row) -> Found:
    """Each parent must be named in full with an address that was checked."""
    if not facts.parents:
        return (
            "No adult on the record has parental responsibility or care of the pupil.",
            "Record each parent: first name, surname, address, and what they are to the pupil.",
        )
    return parents_incomplete(facts.incomplete)


@rule("REF-9", source="LOCAL/refusal-looked-after")
def looked_after_first(facts: Facts, figures: Row) -> Found:
    """For a pupil whom the council looks after, people stop and ring first."""
    return ring_first(facts.looked_after, facts.answered)


@rule("REF-10", source="LOCAL/refusal-agencies")
def agencies_first(facts: Facts, figures: Row) -> Found:
    """Where a worker, a plan or ill health is known, it is discussed with them first."""
    if not facts.agencies or DISCUSSED in facts.answered:
        return None
    return (
        "The record names a social worker, a plan, or a health need.",
        "Speak to the people involved first. Then say whom you spoke to and when.",
    )


@rule("REF-11", source="LOCAL/refusal-early-help")
def early_help(facts: Facts, figures: Row) -> Found:
    """Early help was offered or done, or there is a reason why there is none."""
    return help_unsaid(facts.answered)


@rule("REF-12", source="LOCAL/refusal-voices")
def both_voices(facts: Facts, figures: Row) -> Found:
    """What the pupil says and what the parents say stand in the referral."""
    silent = [who for key, who in VOICES.items() if key not in facts.answered]
    if not silent:
        return None
    return (
        f"Nothing is written down from {' and '.join(silent)}.",
        "Ask, and write down what they say in their own words, or why they could not be asked.",
    )


@rule("REF-13", source="LOCAL/refusal-chronology")
def chronology(facts: Facts, figures: Row) -> Found:
    """Dated records show what was done: a list of steps without dates comes back."""
    if facts.dated_steps >= figures["dated_steps"]:
        return None
    have = count(facts.dated_steps, "dated step") if facts.dated_steps else "No dated step"
    return (
        f"{have} on this case: no call, visit, meeting, letter or other help.",
        "Record what was done, with the day and what came of it.",
    )


@rule("REF-14", source="LOCAL/refusal-siblings")
def siblings_named(facts: Facts, figures: Row) -> Found:
    """Where there are brothers or sisters, the referral says how they attend and are helped."""
    do = "Say how they attend, and whether one meeting or referral can serve them all."
    return siblings_unsaid(facts.siblings, facts.answered, do)


CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("REF-1", "The form is not complete", unanswered),
    ("REF-2", "Steps of the policy are not shown", steps_before),
    ("REF-3", "Not on roll, or not of school age", of_age_on_roll),
    ("REF-4", "The register has code N", no_unresolved),
    ("REF-5", "The register has missing marks", no_missing),
    ("REF-6", "The register is out of date", up_to_date),
    ("REF-7", "Too few weeks of register", enough_weeks),
    ("REF-8", "Parents' details are missing", parents_complete),
    ("REF-9", "Ring first: looked after", looked_after_first),
    ("REF-10", "Discuss first with those involved", agencies_first),
    ("REF-11", "Early help, or why there is none", early_help),
    ("REF-12", "Voices of the pupil and parents", both_voices),
    ("REF-13", "What was done, with dates", chronology),
    ("REF-14", "Brothers and sisters", siblings_named),
)
OTHER = "other"
REASONS: Mapping[str, str] = {
    **{code: label for code, label, _ in CHECKS},
    OTHER: "Another reason, in the words below",
}


def findings(facts: Facts, figures: Row) -> tuple[Finding, ...]:
    """Every reason why a referral with these facts would come back, in the table's order.

    figures  the row `referral_check` of rules/values.toml in force on the day
    """
    return found_by(((code, check) for code, _, check in CHECKS), facts, figures)


def reason_words(codes: Iterable[str]) -> tuple[str, ...]:
    """The labels of chosen reasons, in the table's order. Raises KeyError for an unknown one."""
    chosen = {code: REASONS[code] for code in codes}
    return tuple(label for code, label in REASONS.items() if code in chosen)
