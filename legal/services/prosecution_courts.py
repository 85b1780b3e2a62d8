"""What the court decides, and every other end: what becomes of the notice, its slot, its sessions.

After a charge the notice ends with the prosecution. Before one it is withdrawn, as the law asks of
a council that will not prosecute: one person asks for it here, and another decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from authorities.access import Reach
from authorities.models import User
from cases.models import DeadlineKind
from cases.services import deadlines
from legal.models import ParentingOrder, PenaltyNotice, Prosecution
from legal.selectors.penalties import open_withdrawal
from legal.selectors.prosecutions import (
    as_made,
    counting,
    marks_in,
    offence_of,
    subject_of,
    tests_of,
)
from legal.services import corrections, penalty_moves, prosecution_facts, slots, withdrawals
from legal.services.prosecution_letters import tell_ended
from legal.services.prosecution_moves import (
    TELL_WITHIN,
    free_sessions,
    locked,
    moved,
    ready_notice,
    require_council,
    wrote,
)
from rules.court_outcomes import Decision, Finding, Outcome, decision_refusals, finding_of
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.moves import Mover
from rules.notice_stages import PenaltyState
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.prosecutions import ALTERNATIVES, CodeTest, Route, alternative_refusal, in_time
from rules.representations import must_withdraw

S, N = ProsecutionState, PenaltyState
DIED = "died"
# On which ground of the law a notice is withdrawn when its prosecution is not gone on with.
GROUNDS = {
    "defence": "ought_not",  # there was no offence, so there was nothing to give a notice for
    "not_liable": "wrong_person",
    "register_corrected": "ought_not",
}
NO_PROSECUTION = "no_prosecution"
OVERTAKEN = (
    "The court decided on a prosecution for these days while this notice was not among those that"
    " are prosecuted. Look at both."
)


# In court


@transaction.atomic
def list_hearing(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    court: str,
    at: datetime,
    today: date,
    now: datetime,
) -> Prosecution:
    """Record where and when the hearing is, or a new day for it.

    Raises Forbidden, Conflict, and InvalidInput for a moment before the charge.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "list")
    if not court.strip():
        raise InvalidInput("Write which court it is.")
    if prosecution.charged_on is not None and localdate(at) <= prosecution.charged_on:
        raise InvalidInput("A hearing comes after the charge. Check the day.")
    before = prosecution.hearing_at.isoformat() if prosecution.hearing_at else ""
    return moved(
        prosecution,
        "list",
        by=reach.user,
        on=today,
        now=now,
        words=f"{court.strip()}, {in_words(localdate(at))}.",
        facts={"at": at.isoformat(), "before": before},
        court=court.strip(),
        hearing_at=at,
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """What the court decided, with what the rules do not ask.

    requirements, officer  of a parenting order: what the parent has to do, and who is responsible
    words                  what the person who was there adds
    """

    decision: Decision
    costs_pence: int = 0
    surcharge_pence: int = 0
    requirements: str = ""
    officer: str = ""
    words: str = ""


@transaction.atomic
def decide(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    decided: Decided,
    today: date,
    now: datetime,
) -> Prosecution:
    """Record what the court decided, and end the notice with it.

    A parent who was acquitted has their place in the limit of notices back. Raises Forbidden,
    Conflict, InvalidInput, and RuleNotMet for what no court can have decided.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "decide")
    _refuse_decision(prosecution, decided, today)
    decision = decided.decision
    finding = finding_of(decision.outcomes)
    parenting = Outcome.PARENTING_ORDER in decision.outcomes
    moved(
        prosecution,
        "decide",
        by=reach.user,
        on=decision.decided_on,
        now=now,
        words=outcome_words(decision) + (f" {decided.words.strip()}" if decided.words else ""),
        facts={"finding": finding.value},
        decided_on=decision.decided_on,
        plea=decision.plea.value,
        outcomes=[one.value for one in Outcome if one in decision.outcomes],
        fine_pence=decision.fine_pence,
        costs_pence=decided.costs_pence,
        surcharge_pence=decided.surcharge_pence,
        discharge_months=decision.discharge_months,
        custody_days=decision.custody_days,
        parenting_months=decision.parenting_months,
    )
    if parenting:
        ParentingOrder.objects.create(
            authority_id=prosecution.authority_id,
            prosecution=prosecution,
            made_on=decision.decided_on,
            months=decision.parenting_months,
            requirements=decided.requirements.strip(),
            officer=decided.officer.strip(),
        )
    ENDS[finding](prosecution, reach, outcome_words(decision), decision.decided_on, today, now)
    return prosecution


def _refuse_decision(prosecution: Prosecution, decided: Decided, today: date) -> None:
    decision = decided.decision
    if prosecution.state == S.CHARGED and prosecution.route == Route.SUMMONS:
        raise RuleNotMet("A summons is decided at a hearing. Record the day of the hearing first.")
    refusals = decision_refusals(decision)
    if refusals:
        raise RuleNotMet(" ".join(refusals))
    if not (prosecution.charged_on or today) <= decision.decided_on <= today:
        raise InvalidInput("The court decided between the day of the charge and today. Check it.")
    convicted = finding_of(decision.outcomes) is Finding.CONVICTED
    if not convicted and (decided.costs_pence or decided.surcharge_pence):
        raise InvalidInput("Costs and surcharge go with a conviction. Leave them empty.")
    parenting = Outcome.PARENTING_ORDER in decision.outcomes
    if parenting and not (decided.requirements.strip() and decided.officer.strip()):
        raise InvalidInput(
            "Write what the parenting order asks of the parent, and which officer is responsible."
        )


def decision_on(prosecution: Prosecution, decided_on: date, **said: Any) -> Decision:
    """A decision on this charge, as the rules read it."""
    return Decision(
        offence=offence_of(prosecution),
        committed_on=prosecution.last,
        decided_on=decided_on,
        **said,
    )


def outcome_words(decision: Decision) -> str:
    """What was decided, in one sentence."""
    figures = {
        Outcome.FINE: f" of £{decision.fine_pence / 100:,.2f}".replace(".00", ""),
        Outcome.CONDITIONAL_DISCHARGE: f" for {decision.discharge_months} months",
        Outcome.CUSTODY: f" for {decision.custody_days} days",
        Outcome.PARENTING_ORDER: f" for {decision.parenting_months} months",
    }
    said = [f"{one}{figures.get(one, '')}" for one in Outcome if one in decision.outcomes]
    text = ", ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _convicted(
    prosecution: Prosecution, reach: Reach, words: str, on: date, today: date, now: datetime
) -> None:
    """The notice ends as prosecuted; its place in the limit and its sessions stay taken."""
    _prosecuted(prosecution, reach.user, words, on, today, now)


def _acquitted(
    prosecution: Prosecution, reach: Reach, words: str, on: date, today: date, now: datetime
) -> None:
    """The notice ends, and gives back its place and its sessions: it counts no more."""
    notice = prosecution.notice
    if notice is not None:
        _prosecuted(prosecution, reach.user, words, on, today, now, acquitted_on=on)
        if notice.acquitted_on is None:
            notice.acquitted_on = on
            notice.save(update_fields=["acquitted_on"])
        slots.free(notice, today=today)
    free_sessions(prosecution, today=today, notices_too=True)


def _neither(
    prosecution: Prosecution, reach: Reach, words: str, on: date, today: date, now: datetime
) -> None:
    """Nobody was convicted or acquitted: no further action is taken on the notice.

    It counts, unless somebody asks that it is withdrawn because it ought not to have been issued.
    """
    free_sessions(prosecution, today=today)
    _stop_notice(prosecution, reach, "discontinued", words, today, now)


ENDS: dict[Finding, Callable[..., None]] = {
    Finding.CONVICTED: _convicted,
    Finding.ACQUITTED: _acquitted,
    Finding.NEITHER: _neither,
}


def _prosecuted(
    prosecution: Prosecution,
    by: User,
    words: str,
    on: date,
    today: date,
    now: datetime,
    **changes: Any,
) -> None:
    """End the notice as prosecuted. Where it stands elsewhere by now, a person looks at both."""
    notice = prosecution.notice
    if notice is None:
        return
    ready_notice(prosecution, by=by, on=on, now=now)
    if notice.state == N.FOR_PROSECUTION:
        penalty_moves.moved(
            notice,
            "prosecute",
            by=by,
            on=on,
            now=now,
            words=words,
            facts={"file": prosecution.reference},
            review="",
            **changes,
        )
    else:
        prosecution_facts.overtaken(prosecution, today=today, now=now)
        withdrawals.ask_to_look_again(notice, OVERTAKEN, today=today, now=now)


def _stop_notice(
    prosecution: Prosecution, reach: Reach, reason: str, words: str, today: date, now: datetime
) -> None:
    """Take no further action on the notice, and tell the parent; a parent who died gets no letter.

    One that was paid, withdrawn or disputed meanwhile is left as it is.
    """
    notice = prosecution.notice
    if notice is None:
        return
    ready_notice(prosecution, by=reach.user, on=today, now=now)
    if notice.state != N.FOR_PROSECUTION:
        return
    if reason == DIED:
        penalty_moves.moved(
            notice,
            "stop",
            by=reach.user,
            on=today,
            now=now,
            words=words,
            facts={"reason": reason},
            mover=Mover.COUNCIL,
        )
        return
    prosecution.notice = withdrawals.stop(
        reach=reach,
        notice=notice,
        version=notice.version,
        reason="discontinued",
        words=words,
        today=today,
        now=now,
    )


# Not going on


@transaction.atomic
def discontinue(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    reason: str,
    words: str,
    today: date,
    now: datetime,
) -> Prosecution:
    """Discontinue a charge, with the reason. The notice ends with it, and the parent is told.

    Where the reason is one for which the law withdraws the notice (it went to the wrong person, or
    ought not to have been issued), that is asked for here, and another person decides. One that
    was paid in time stays paid.
    words  what the parent and the school are told. Raises Forbidden, Conflict, InvalidInput, and
    RuleNotMet where the notice is said to be paid and is not on record so.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "discontinue")
    chosen = PROSECUTION.reason_for(reason, "discontinue")
    refusal = _why_not_so(prosecution, chosen.key, "", today)
    if refusal:
        raise RuleNotMet(refusal)
    if not words.strip():
        raise InvalidInput("Write what the parent and the school are told: why it is discontinued.")
    moved(
        prosecution,
        "discontinue",
        by=reach.user,
        on=today,
        now=now,
        words=words.strip(),
        facts={"reason": chosen.key},
        reason=chosen.key,
        review="",
    )
    free_sessions(prosecution, today=today)
    if reason in GROUNDS:
        _end_uncharged(prosecution, reach, reason, words.strip(), today, now)
    else:
        why = DIED if reason == DIED else "discontinued"
        _stop_notice(prosecution, reach, why, words, today, now)
    _tell_parent(prosecution, reach, chosen.key, words.strip(), today, now)
    return prosecution


def _tell_parent(
    prosecution: Prosecution, reach: Reach, reason: str, words: str, today: date, now: datetime
) -> None:
    """Write to a parent who was cautioned, unless the letter about the notice said it today."""
    notice = prosecution.notice
    told = notice is not None and notice.state == N.NO_FURTHER_ACTION
    if reason != DIED and not told:
        tell_ended(prosecution, reach=reach, reason=words, today=today, now=now)


@transaction.atomic
def drop(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    reason: str,
    instead: str,
    words: str,
    today: date,
    now: datetime,
) -> Prosecution:
    """Do not go on before a charge: why, what happens instead, and what becomes of the notice.

    instead  a key of rules.prosecutions.ALTERNATIVES; not asked where the reason is one itself
    words    what the parent and the school are told

    A notice that is unpaid must be withdrawn now: that is asked for here, on the ground that fits,
    and another person decides. Raises Forbidden, Conflict, InvalidInput and RuleNotMet.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "drop")
    chosen = PROSECUTION.reason_for(reason, "drop")
    if chosen.key in {one.key for one in ALTERNATIVES}:
        instead = chosen.key
    refusal = alternative_refusal(instead) or _why_not_so(prosecution, chosen.key, instead, today)
    if refusal:
        raise RuleNotMet(refusal)
    if not words.strip():
        raise InvalidInput("Write what the parent and the school are told, and why.")
    moved(
        prosecution,
        "drop",
        by=reach.user,
        on=today,
        now=now,
        words=words.strip(),
        facts={"reason": chosen.key, "instead": instead},
        reason=chosen.key,
        instead=instead,
        review="",
    )
    free_sessions(prosecution, today=today)
    _end_uncharged(prosecution, reach, chosen.key, words.strip(), today, now)
    _tell_parent(prosecution, reach, chosen.key, words.strip(), today, now)
    return prosecution


def _why_not_so(prosecution: Prosecution, reason: str, instead: str, today: date) -> str:
    """Why this reason or this alternative cannot be, as things stand; "" when it can."""
    notice = prosecution.notice
    if reason == "paid_in_time" and (notice is None or notice.state != N.PAID):
        return "The penalty notice is not on record as paid. Match the payment with it first."
    days = [mark.day for mark in marks_in(prosecution.sessions)]
    if reason == "time_limit" and in_time(days, today).allowed:
        return in_time(days, today).why
    if instead == "simple_caution":
        made = as_made(counting(prosecution, tests_of(prosecution)).get(CodeTest.EVIDENTIAL))
        if made is None or not made.passed:
            return "A simple caution needs the evidential test, made and passed."
    return ""


def _end_uncharged(
    prosecution: Prosecution, reach: Reach, reason: str, words: str, today: date, now: datetime
) -> None:
    """What becomes of the notice when nobody is charged, or nobody ought to have been."""
    notice = prosecution.notice
    if notice is None:
        return
    if reason == DIED:
        _stop_notice(prosecution, reach, DIED, words, today, now)
        return
    if not must_withdraw(N(notice.state), prosecutes=False) or open_withdrawal(notice) is not None:
        return
    withdrawals.ask(
        reach=reach,
        notice=notice,
        version=notice.version,
        ground=GROUNDS.get(reason, NO_PROSECUTION),
        words=words,
        today=today,
        now=now,
    )


# Afterwards


@transaction.atomic
def report(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    words: str,
    today: date,
    now: datetime,
) -> Prosecution:
    """Tell the school what came of it: on its list, where the case is open.

    Raises Forbidden, InvalidInput, and Conflict before the end and for a second telling.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "report")
    if prosecution.told_on is not None:
        raise Conflict(f"The school was told on {in_words(prosecution.told_on)}.")
    if not words.strip():
        raise InvalidInput("Write what the school is told.")
    moved(
        prosecution,
        "report",
        by=reach.user,
        on=today,
        now=now,
        words=words.strip(),
        told_on=today,
    )
    case = prosecution.case
    if case is not None and case.closed_on is None:
        said = PROSECUTION.labels[S(prosecution.state)].lower()
        deadlines.start(
            case=case,
            kind=DeadlineKind.LEGAL,
            words=f"Read what came of prosecution file {prosecution.reference}: {said}",
            since=today,
            by=today + TELL_WITHIN,
            about=f"{subject_of(prosecution)}:outcome",
            nothing="The next step on the case may not fit what the court decided.",
        )
    return prosecution


@transaction.atomic
def carried_out(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    begun_on: date | None,
    why_not: str,
    words: str,
    today: date,
    now: datetime,
) -> ParentingOrder:
    """Record when a parenting order was first carried out, or why it was not.

    why_not  "provision" or "breach", "" where it was begun
    Raises Forbidden, NotFound where the court made none, Conflict and InvalidInput.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    row = ParentingOrder.objects.select_for_update().filter(prosecution=prosecution).first()
    if row is None:
        raise Conflict("The court made no parenting order here.")
    if (begun_on is None) == (why_not == ""):
        raise InvalidInput("Say when it was first carried out, or why it was not.")
    if begun_on is not None and not row.made_on <= begun_on <= today:
        raise InvalidInput("It began between the day of the order and today. Check the day.")
    row.begun_on, row.why_not, row.words = begun_on, why_not, words.strip()
    row.save(update_fields=["begun_on", "why_not", "words"])
    said = f"Begun on {in_words(begun_on)}." if begun_on else f"{row.get_why_not_display()}."
    wrote(
        prosecution,
        "carried_out",
        "Recorded how a parenting order was carried out",
        by=reach.user,
        on=today,
        now=now,
        words=f"{said} {words.strip()}".strip(),
    )
    return row


@transaction.atomic
def stands(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    words: str,
    today: date,
    now: datetime,
) -> Prosecution:
    """A person looked again at what it rests on: it goes on, and why.

    Corrected marks are decided on on their own page. Raises Forbidden, Conflict and InvalidInput.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    if not prosecution.review:
        raise Conflict("There is nothing to look at again.")
    if prosecution.review == corrections.CORRECTED:
        raise Conflict(corrections.DECIDE_FIRST)
    if not words.strip():
        raise InvalidInput("Say why it goes on.")
    return wrote(
        prosecution,
        "stands",
        "Looked again: it goes on",
        by=reach.user,
        on=today,
        now=now,
        words=words.strip(),
        review=corrections.still_to_decide(subject_of(prosecution)),
    )


def is_charged(notice: PenaltyNotice) -> bool:
    """Whether the parent of a notice was charged, and the charge stands. Withdrawals ask it."""
    return Prosecution.objects.filter(
        notice=notice, state__in=[S.CHARGED.value, S.LISTED.value]
    ).exists()
