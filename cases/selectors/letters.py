"""The letters of a case: which the policy has, to whom they may go, and what stands against it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from attendance.addressing import Decision, Way, may_write_to
from attendance.models import (
    Adult,
    AdultLink,
)
from authorities.packs import Layer, PackLetter, PolicyInForce, pack_in_force
from cases.models import Case, CaseLetter
from letters.contexts import ConcernLetter


@dataclass(frozen=True, slots=True)
class LetterChoice:
    """A letter that the school's policy has, and why it is proposed, if it is."""

    layer: Layer
    letter: PackLetter
    why: str

    @property
    def value(self) -> str:
        """The choice as a form sends it."""
        return f"{self.layer.pack.name}:{self.letter.key}"


def prepared_here(letter: PackLetter) -> bool:
    """Whether Onroll has wording for a letter of a case; else the school sends its own."""
    return letter.wording is not None and letter.kind == ConcernLetter.KIND


def letter_choices(policy: PolicyInForce, figures: dict[str, Any]) -> list[LetterChoice]:
    """The letters that the school may use, the proposed ones first, most local first."""
    proposed = {
        (proposal.layer.pack.name, proposal.trigger.letter): proposal.why
        for proposal in reversed(policy.proposals(figures))
        if proposal.trigger.letter
    }
    choices = [
        LetterChoice(layer, letter, proposed.get((layer.pack.name, letter.key), ""))
        for layer, letter in policy.letters()
        if prepared_here(letter)
    ]
    return sorted(choices, key=lambda choice: not choice.why)


def policy_for(case: Case, today: date) -> PolicyInForce:
    """What applies at the case's school today."""
    return pack_in_force(case.school, today)


@dataclass(frozen=True, slots=True)
class Addressee:
    """One adult around the pupil, and whether we may write to them."""

    adult: Adult
    link: AdultLink
    decision: Decision


def addressees(case: Case, today: date) -> list[Addressee]:
    """Each adult alone, in the order the school keeps them."""
    links = (
        AdultLink.objects.filter(authority=case.authority_id, pupil=case.pupil_id)
        .select_related("adult")
        .order_by("priority", "pk")
    )
    return [Addressee(link.adult, link, may_write_to(link.adult, link, today)) for link in links]


def case_letters(case: Case) -> QuerySet[CaseLetter]:
    """The case's letters with their adults, newest first."""
    return case.letters.select_related("letter", "adult").order_by("-pk")


def doubts_about(found: CaseLetter, today: date) -> tuple[tuple[str, ...], str]:
    """Why a letter's adult may not simply be written to today: codes, and in words."""
    link = AdultLink.objects.filter(pupil=found.pupil_id, adult=found.adult).first()
    if link is None:
        return (), "This adult is no longer on the pupil's record."
    decision = may_write_to(found.adult, link, today)
    return decision.codes, "" if decision.way == Way.POST else decision.reason
