"""What a court may decide on a charge under section 444, and what a record of it must hold."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.dates import months_after
from rules.prosecutions import OFFENCES, Offence, highest_penalty
from rules.register import rule
from rules.values import value_on


class Finding(enum.StrEnum):
    """How the charge itself ended."""

    CONVICTED = "convicted"
    ACQUITTED = "acquitted"
    NEITHER = "neither"


class Plea(enum.StrEnum):
    """What the parent said to the charge."""

    GUILTY = "guilty"
    NOT_GUILTY = "not guilty"
    NONE = "none entered"


class Outcome(enum.StrEnum):
    """One thing that a court may decide. A discharge follows a conviction: it is no dismissal."""

    ABSOLUTE_DISCHARGE = "absolute discharge"
    CONDITIONAL_DISCHARGE = "conditional discharge"
    FINE = "fine"
    COMMUNITY_ORDER = "community order"
    CUSTODY = "custody"
    PARENTING_ORDER = "parenting order"
    ACQUITTED = "acquitted"
    WITHDRAWN = "withdrawn"
    DISCONTINUED = "discontinued"


O = Outcome  # noqa: E741 - one letter a table
FINDINGS = {
    O.ABSOLUTE_DISCHARGE: Finding.CONVICTED,
    O.CONDITIONAL_DISCHARGE: Finding.CONVICTED,
    O.FINE: Finding.CONVICTED,
    O.COMMUNITY_ORDER: Finding.CONVICTED,
    O.CUSTODY: Finding.CONVICTED,
    O.PARENTING_ORDER: Finding.CONVICTED,
    O.ACQUITTED: Finding.ACQUITTED,
    O.WITHDRAWN: Finding.NEITHER,
    O.DISCONTINUED: Finding.NEITHER,
}
PENCE = 100  # in a pound
# A court may add these to a sentence; alone they are none.
ADDED = frozenset({O.PARENTING_ORDER})
# Which sentences may stand beside which.
TOGETHER = (frozenset({O.FINE, O.COMMUNITY_ORDER}),)
ONLY_IMPRISONABLE = frozenset({O.CUSTODY, O.COMMUNITY_ORDER})


@dataclass(frozen=True, slots=True)
class Decision:
    """What a court decided, as it is recorded.

    offence         under which the parent was charged
    committed_on    the last day of the offence: its figures hold
    decided_on      the day of the court
    outcomes        what it decided; a sentence, what goes with it, or how it ended otherwise
    plea            what the parent said
    fine_pence      0 for no fine
    discharge_months  of a conditional discharge, else 0
    custody_days    else 0
    parenting_months  of a parenting order's requirements, else 0
    """

    offence: Offence
    committed_on: date
    decided_on: date
    outcomes: frozenset[Outcome]
    plea: Plea = Plea.NONE
    fine_pence: int = 0
    discharge_months: int = 0
    custody_days: int = 0
    parenting_months: int = 0


@rule("COURT-1", source="EA1996/s444-offences")
def outcomes_open(offence: Offence) -> tuple[Outcome, ...]:
    """What a court may decide on this charge: custody and a community order for 444(1A) alone."""
    imprisonable = OFFENCES[offence].imprisonable
    return tuple(one for one in Outcome if imprisonable or one not in ONLY_IMPRISONABLE)


def finding_of(outcomes: Iterable[Outcome]) -> Finding:
    """How the charge ended. Raises ValueError where the outcomes do not agree on it."""
    findings = {FINDINGS[one] for one in outcomes}
    if len(findings) != 1:
        raise ValueError("The outcomes of one charge must agree on how it ended")
    return findings.pop()


@rule("COURT-2", source="SA2020/sentences")
def outcome_refusals(decision: Decision) -> tuple[str, ...]:
    """Why the outcomes recorded cannot be those of one charge, as sentences; none when they can.

    Only what is open for the offence; only one end; a parenting order only with a sentence; a
    discharge, or custody, with no other sentence beside it.
    """
    if not decision.outcomes:
        return ("Record what the court decided.",)
    refusals = [
        f"A court cannot decide this under section {decision.offence}: {one}."
        for one in Outcome
        if one in decision.outcomes and one not in outcomes_open(decision.offence)
    ]
    sentences = decision.outcomes - ADDED
    if len({FINDINGS[one] for one in decision.outcomes}) > 1:
        refusals.append(
            "A sentence or a parenting order follows a conviction alone. Record one end of the"
            " charge."
        )
    elif decision.outcomes <= ADDED:
        refusals.append("A parenting order goes with a sentence. Record the sentence too.")
    elif len(sentences) > 1 and sentences not in TOGETHER:
        refusals.append(
            "These cannot stand beside each other: "
            f"{' and '.join(one for one in Outcome if one in sentences)}."
        )
    return tuple(refusals)


@rule("COURT-3", source="EA1996/s444-offences")
def figure_refusals(decision: Decision) -> tuple[str, ...]:
    """Why the figures recorded cannot be right, as sentences; none when they can.

    A fine is above nothing and within its level; prison and discharge within their longest; and
    no figure stands where there is nothing it belongs to.
    """
    most = highest_penalty(decision.offence, decision.committed_on)
    longest = value_on("sentence", decision.committed_on)
    discharge, parenting = longest["discharge_months"], longest["parenting_order_months"]
    prison = months_after(decision.decided_on, most.custody_months) - decision.decided_on
    figures = (
        (
            O.FINE,
            f"the fine, at most £{most.fine_pounds:,}",
            decision.fine_pence,
            most.fine_pounds * PENCE,
        ),
        (
            O.CONDITIONAL_DISCHARGE,
            f"how long the conditional discharge runs, at most {discharge} months",
            decision.discharge_months,
            discharge,
        ),
        (
            O.CUSTODY,
            f"the time in prison, at most {most.custody_months} months",
            decision.custody_days,
            prison.days,
        ),
        (
            O.PARENTING_ORDER,
            f"how long the parenting order runs, at most {parenting} months",
            decision.parenting_months,
            parenting,
        ),
    )
    refusals = [
        f"Enter {what}."
        for outcome, what, figure, highest in figures
        if outcome in decision.outcomes and not 0 < figure <= highest
    ]
    refusals += [
        f"The court did not decide on a {outcome}, so leave its figure empty."
        for outcome, _, figure, _ in figures
        if outcome not in decision.outcomes and figure
    ]
    return tuple(refusals)


@rule("COURT-4", source="SA2020/sentences")
def decision_refusals(decision: Decision) -> tuple[str, ...]:
    """Everything that is wrong with a recorded decision, as sentences; none when nothing is."""
    refusals = [*outcome_refusals(decision), *figure_refusals(decision)]
    if decision.decided_on < decision.committed_on:
        refusals.append("A court cannot decide before the offence was over. Check the days.")
    if Outcome.ACQUITTED in decision.outcomes and decision.plea is Plea.GUILTY:
        refusals.append("A parent who pleads guilty is not acquitted. Check the plea.")
    return tuple(refusals)
