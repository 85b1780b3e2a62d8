"""Referrals: the forms that a case may use, and each step of one as its readers see it."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from attendance.addressing import Way
from authorities.access import Reach
from authorities.packs import Layer, PolicyInForce
from authorities.packs.schema import Form
from authorities.permissions import Permission
from cases.models import Case, Deadline, DeadlineKind, Referral, ReferralStep
from cases.selectors.entries import Entry
from cases.selectors.letters import addressees
from cases.selectors.shown import Shown
from rules.errors import InvalidInput
from rules.referral_lint import reason_words
from rules.referral_stages import EVENT_WORDS, ReferralState

COLOURS: Mapping[str, str] = {
    "draft": "grey",
    "sent": "blue",
    "received": "light-blue",
    "returned": "yellow",
    "accepted": "green",
    "with a team": "purple",
    "withdrawn": "grey",
    "ended": "grey",
}


class FormChoice(NamedTuple):
    """A referral form of a pack in force."""

    layer: Layer
    form: Form

    @property
    def value(self) -> str:
        """The choice as a page sends it."""
        return f"{self.layer.pack.name}:{self.form.key}"

    @property
    def decided_by(self) -> str:
        """Who decides about it, in words."""
        roles = {role.key: role.label for role in self.layer.pack.roles}
        return roles[self.form.decided_by]


def forms_in_force(policy: PolicyInForce) -> list[FormChoice]:
    """Every referral form that the school may use, most local first."""
    return [
        FormChoice(layer, form) for layer in reversed(policy.layers) for form in layer.pack.forms
    ]


def form_in_force(policy: PolicyInForce, value: str) -> FormChoice:
    """One of them by its value. Raises InvalidInput."""
    for choice in forms_in_force(policy):
        if choice.value == value:
            return choice
    raise InvalidInput("Choose one of the forms that this school uses.")


def steps_of(referral: Referral) -> list[ReferralStep]:
    """Each step of a referral, the newest first."""
    return list(referral.steps.select_related("made_by").order_by("-made_at", "-pk"))


def step_words(step: ReferralStep) -> str:
    """What a step said: its reasons, its team and its words."""
    parts = [f"{label}." for label in reason_words(step.reasons)]
    parts += [f"To: {step.team}."] if step.team else []
    parts += [step.words] if step.words else []
    if step.content.get("despite"):
        parts.append(f"Sent all the same because: {step.content['despite']}")
    return " ".join(parts)


def as_read_by(referral: Referral, *, own: bool) -> Referral:
    """The referral as its reader may see it.

    own  the reader may write on it. To others one that came back stays as it was sent, until the
         school sends it again: what it writes meanwhile is its own.
    """
    if own or referral.state != ReferralState.RETURNED:
        return referral
    sent = referral.steps.filter(event="send").order_by("-pk").first()
    if sent is not None:
        referral.answers, referral.despite = sent.content["answers"], sent.content["despite"]
    return referral


def answer_rows(referral: Referral) -> list[dict[str, Any]]:
    """Each thing asked with its answer, in the form's order."""
    return [
        {
            "key": one["key"],
            "words": one["words"],
            "source": one["source"],
            "text": referral.answers.get(one["key"], ""),
            "in_copy": one["key"] in referral.in_copy,
        }
        for one in referral.asks
    ]


def copy_rows(referral: Referral) -> list[dict[str, Any]]:
    """The answers that may stand in the family's copy: those that the school let in."""
    return [row for row in answer_rows(referral) if row["in_copy"] and row["text"]]


def default_copy(asks: list[dict[str, Any]]) -> list[str]:
    """What stands in the family's copy unless somebody says otherwise.

    One parent's words are not the other's to read, and a pupil may have spoken in confidence:
    voices stay out, and so do our own questions, whose answers name other people.
    """
    return [
        one["key"]
        for one in asks
        if one["required"] and one["evidence"] in ("register", "support", "assessment")
    ]


def answer_due(referral: Referral) -> Deadline | None:
    """The clock that runs for whoever has the turn."""
    return (
        Deadline.objects.filter(
            case=referral.case_id,
            kind=DeadlineKind.REFERRAL_ANSWER.value,
            about=about(referral),
            done_on=None,
        )
        .select_related("owner")
        .first()
    )


def about(referral: Referral) -> str:
    """What its clocks are about."""
    return f"cases.Referral:{referral.pk}"


def copies(referral: Referral, today: date) -> list[dict[str, Any]]:
    """Each adult around the pupil, and whether a copy may be made for them today.

    Fails closed: where a letter would be held for a person, no copy is made here.
    """
    return [
        {
            "adult": one.adult,
            "relationship": one.link.relationship,
            "may": one.decision.way == Way.POST,
            "reason": one.decision.reason,
        }
        for one in addressees(referral.case, today)
    ]


def entries(case: Case, reach: Reach) -> list[Entry]:
    """The steps of a case's referrals for its history: those that a reader may know of. One query.

    Drafts are the school's own.
    """
    if not reach.may(Permission.VIEW_SENSITIVE, case.school):
        return []
    own = reach.may(Permission.MAKE_REFERRAL, case.school)
    rows = ReferralStep.objects.filter(referral__case=case).select_related("made_by", "referral")
    return [
        Entry(
            row.made_at,
            f"{EVENT_WORDS[row.event]}: {row.referral.title}",
            row.made_by.name,
            step_words(row),
            tag="Referral",
            tag_colour="purple",
        )
        for row in rows
        if own or row.referral.sent_on is not None
    ]


def evidence(case: Case) -> Iterator[Shown]:
    """Each referral that was sent, on the day it was first sent, for checklists. One query."""
    rows = (
        ReferralStep.objects.filter(referral__case=case, event="send")
        .exclude(referral__state=ReferralState.WITHDRAWN.value)
        .select_related("made_by", "referral")
        .order_by("referral", "pk")
        .distinct("referral")
    )
    return (
        Shown(
            kind="referral",
            on=date.fromisoformat(row.content["on"]),
            words=f"{row.referral.title}: {row.referral.get_state_display().lower()}",
            by=row.made_by.name,
            route="cases:referral",
            at=(row.referral.reference,),
            key=row.referral.form,
        )
        for row in rows
    )
