"""What people do with a Notice to Improve: write, send for decision, issue, watch, end, tell.

One prepares it and another decides. The gate is asked again in the transaction that issues it. How
the weeks went is read off the register: nobody chooses it.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from attendance.addressing import Way
from attendance.models import Adult
from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import Case, DeadlineKind
from cases.selectors.facts import book_for, facts_of
from cases.services import deadlines
from legal.models import ImprovementNotice, ImprovementParent, LegalEvent
from legal.selectors.deciders import deciders_of, officer_of
from legal.selectors.improvements import (
    STEP,
    Watched,
    drafted,
    parents_of,
    period_of,
    result_json,
    side_of,
    subject_of,
    watched,
)
from legal.services import gates, other_parents, papers
from legal.services import improvement_letters as letters
from legal.services.corrections import refuse_while_open
from legal.services.papers import Release
from letters.contexts import ImprovementEndsEarly, ImprovementOutcome, LetterContext
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet, UnknownTerm
from rules.improvement import Result, may_end_early
from rules.moves import Mover
from rules.notice_stages import IMPROVEMENT, ImprovementState

S = ImprovementState
EDITABLE = (S.DRAFT, S.RETURNED)
OPEN = (*EDITABLE, S.SENT, S.RUNNING, S.TOLD)
STALE = "Somebody changed this notice since you opened the page. Look at it again first."
CLOSED = "This case is closed. Open a new one before you write a notice."
CONTENTS = {
    "record": "what the register shows",
    "duty": "why attendance matters, and the law",
    "support": "the help given so far",
    "offer": "the help from now on",
    "success": "what enough improvement is",
    "early": "what would end it early",
}
LONGEST = 3000
OUTCOMES = {Result.PASSED: "improve", Result.FAILED: "fail"}
WHAT_NEXT = {
    S.IMPROVED: "You do not have to do anything. Help goes on for as long as you need it.",
    S.NOT_IMPROVED: "We now decide whether a penalty notice follows. Talk to us before that.",
    S.ENDED_EARLY: "We now decide whether a penalty notice follows. Talk to us before that.",
    S.WITHDRAWN: "The notice has no effect any more. You do not have to do anything.",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What a notice says: its contents, its weeks, its criterion, and to which parents it goes."""

    weeks: int
    starts_on: date
    at_most_percent: int
    texts: Mapping[str, str]
    adults: Collection[str] = field(default_factory=tuple)


@transaction.atomic
def begin(*, reach: Reach, case: Case, today: date, now: datetime) -> ImprovementNotice:
    """Start one with what the record gives. Raises Forbidden, and Conflict where one is open."""
    reach.require(Permission.PREPARE_NOTICE, case.school)
    case = _open_case(case)
    given = drafted(case, today)
    notice = ImprovementNotice.objects.create(
        authority_id=case.authority_id,
        case=case,
        enrolment=case.enrolment,
        school=case.school,
        state=S.DRAFT.value,
        side=side_of(case, today),
        policy=pack_in_force(case.school, today).frozen(),
        made_by=reach.user,
        made_at=now,
        success=_success(10),
        **given,
    )
    with suppress(UnknownTerm):  # the calendar ends first: the weeks are set when it is written
        notice.ends_on = period_of(notice).last
        notice.save(update_fields=["ends_on"])
    _set_parents(
        notice,
        [one.adult.reference for one in parents_of(case, today) if one.decision.way == Way.POST],
        today,
    )
    _write(notice, "begin", reach, today, now, start="")
    record(
        Kind.IMPROVEMENT_BEGUN,
        by=reach.user,
        authority=notice.authority,
        school=notice.school,
        on=notice,
        reference=notice.reference,
    )
    return notice


@transaction.atomic
def not_used(
    *, reach: Reach, case: Case, why: str, words: str, today: date, now: datetime
) -> ImprovementNotice:
    """Write down why no notice is used. Raises InvalidInput without a reason in words."""
    reach.require(Permission.PREPARE_NOTICE, case.school)
    case = _open_case(case)
    reason = IMPROVEMENT.reason_for(why, "not_use")
    if not words.strip():
        raise InvalidInput("Say in your own words why no Notice to Improve is used.")
    notice = ImprovementNotice.objects.create(
        authority_id=case.authority_id,
        case=case,
        enrolment=case.enrolment,
        school=case.school,
        state=S.NOT_USED.value,
        side=side_of(case, today),
        policy=pack_in_force(case.school, today).frozen(),
        words=f"{reason.words}. {words.strip()}"[:600],
        over_on=today,
        made_by=reach.user,
        made_at=now,
    )
    _write(notice, "not_use", reach, today, now, start="", words=notice.words)
    record(
        Kind.IMPROVEMENT_BEGUN,
        by=reach.user,
        authority=notice.authority,
        school=notice.school,
        on=notice,
        reference=notice.reference,
    )
    return notice


def _open_case(case: Case) -> Case:
    """The case, held; open and without a notice that still runs."""
    row = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("authority", "school__trust", "enrolment__pupil", "pupil")
        .get(pk=case.pk)
    )
    if row.closed_on is not None:
        raise Conflict(CLOSED)
    row.enrolment.school = row.school
    running = ImprovementNotice.objects.filter(case=row, state__in=[one.value for one in OPEN])
    if running.exists():
        raise Conflict("This case has a Notice to Improve already. Go on with that one.")
    return row


@transaction.atomic
def save(
    *,
    reach: Reach,
    notice: ImprovementNotice,
    wording: Wording,
    version: int,
    today: date,
) -> ImprovementNotice:
    """Change a draft. Raises Conflict for a stale form, RuleNotMet for weeks the law refuses."""
    reach.require(Permission.PREPARE_NOTICE, notice.school)
    notice = _locked(notice, version)
    if S(notice.state) not in EDITABLE:
        raise Conflict("This notice is not a draft any more. Take it back to change it.")
    _check(wording)
    for name in CONTENTS:
        setattr(notice, name, wording.texts.get(name, "").strip())
    notice.weeks, notice.starts_on = wording.weeks, wording.starts_on
    notice.at_most_percent = wording.at_most_percent
    notice.ends_on = period_of(notice).last
    notice.version += 1
    notice.save()
    _set_parents(notice, wording.adults, today)
    return notice


def _check(wording: Wording) -> None:
    if any(len(text) > LONGEST for text in wording.texts.values()):
        raise InvalidInput(f"Use {LONGEST:,} characters or fewer for each part.")
    if not 0 <= wording.at_most_percent <= 100:
        raise InvalidInput("The most that may be missed without leave is a percentage, 0 to 100.")


def _set_parents(notice: ImprovementNotice, adults: Collection[str], today: date) -> None:
    """Say to which parents it goes. Raises InvalidInput for somebody who may not be written to."""
    around = {one.adult.reference: one for one in parents_of(notice.case, today)}
    for reference in adults:
        if reference not in around:
            raise InvalidInput("Choose from the parents on the pupil's record.")
        if around[reference].decision.way == Way.DO_NOT_WRITE:
            raise RuleNotMet(around[reference].decision.reason)
    notice.parents.exclude(adult__reference__in=adults).delete()
    there = set(notice.parents.values_list("adult__reference", flat=True))
    for reference in adults:
        if reference not in there:
            ImprovementParent.objects.create(
                authority_id=notice.authority_id, notice=notice, adult=around[reference].adult
            )


def contents_missing(notice: ImprovementNotice) -> list[str]:
    """What a notice must still say before it can go: none when it says all."""
    missing = [words for name, words in CONTENTS.items() if not getattr(notice, name).strip()]
    if notice.ends_on is None:
        missing.append("its weeks")
    if not notice.parents.exists():
        missing.append("the parent whom it is for")
    return missing


@transaction.atomic
def send(
    *, reach: Reach, notice: ImprovementNotice, version: int, today: date, now: datetime
) -> ImprovementNotice:
    """Send it to whoever decides. Raises RuleNotMet naming each content that is missing."""
    reach.require(Permission.PREPARE_NOTICE, notice.school)
    notice = _locked(notice, version)
    _refuse_closed(notice)
    if missing := contents_missing(notice):
        raise RuleNotMet(f"Write first: {'; '.join(missing)}.")
    for one in notice.parents.select_related("adult"):
        _refuse_others(notice, one.adult)
    deadlines.start(
        case=notice.case,
        kind=DeadlineKind.LEGAL,
        words=f"Decide on Notice to Improve {notice.reference}",
        since=today,
        by=today,
        about=subject_of(notice),
        nothing="The family is not told what has to change, and support alone goes on.",
    )
    return _move(notice, "send", reach, today, now)


@transaction.atomic
def take_back(
    *, reach: Reach, notice: ImprovementNotice, version: int, today: date, now: datetime
) -> ImprovementNotice:
    """Back to a draft, to change it."""
    reach.require(Permission.PREPARE_NOTICE, notice.school)
    return _move(_locked(notice, version), "take_back", reach, today, now)


@transaction.atomic
def send_back(
    *,
    reach: Reach,
    notice: ImprovementNotice,
    words: str,
    version: int,
    today: date,
    now: datetime,
) -> ImprovementNotice:
    """Return it with reasons. Raises Forbidden for whoever wrote it, and for who cannot decide."""
    notice = _locked(notice, version)
    _require_decider(reach, notice, today)
    if not words.strip():
        raise InvalidInput("Say what has to be put right.")
    return _move(notice, "return", reach, today, now, words=words.strip())


@transaction.atomic
def issue(
    *,
    reach: Reach,
    notice: ImprovementNotice,
    version: int,
    seen: str,
    today: date,
    now: datetime,
    releases: Mapping[str, Release] | None = None,
) -> ImprovementNotice:
    """Issue it to each of its parents, each with their own letter.

    seen      what the page showed of the gate; releases  reference of an adult → how a person takes
              it on that the notice goes to them, where there is a doubt

    Raises Forbidden, Conflict for a stale page, RuleNotMet with what is missing. Nothing is issued
    by halves.
    """
    notice = _locked(notice, version)
    _require_decider(reach, notice, today)
    _refuse_closed(notice)
    IMPROVEMENT.move_for(S(notice.state), "issue")
    answer = gates.require(
        reach=reach,
        enrolment=notice.enrolment,
        step=STEP,
        today=today,
        seen=seen,
        case=notice.case,
        improvement=notice,
    )
    if notice.starts_on is not None and notice.starts_on <= today:
        raise RuleNotMet(
            f"Its first day, {in_words(notice.starts_on)}, does not lie ahead. Return it, so that"
            " the weeks can be set anew."
        )
    notice.ends_on = period_of(notice).last
    context = letters.notice_letter(notice, officer=reach.user.name, today=today)
    given = releases or {}
    for one in notice.parents.select_related("adult").order_by("adult_id"):
        _refuse_others(notice, one.adult)
        to = papers.addressed(
            notice.enrolment.pupil, one.adult, given.get(one.adult.reference), today
        )
        one.letter = papers.send(
            letters.about(notice), to, context, reach=reach, today=today, now=now
        )
        one.save(update_fields=["letter"])
    notice.decided_by, notice.issued_on = reach.user, today
    notice.gate, notice.policy = answer.as_json(), dict(answer.policy or {})
    notice.proof = facts_of(book_for(notice.enrolment, today), None)
    moved = _move(notice, "issue", reach, today, now, facts={"ends_on": str(notice.ends_on)})
    deadlines.start(
        case=notice.case,
        kind=DeadlineKind.LEGAL,
        words=f"Record how the weeks of Notice to Improve {notice.reference} went",
        since=today,
        by=notice.ends_on,
        about=subject_of(notice),
        nothing="The parent is left without an answer, and no penalty notice can follow.",
    )
    return moved


@transaction.atomic
def tell_early_end(
    *,
    reach: Reach,
    notice: ImprovementNotice,
    reason: str,
    version: int,
    today: date,
    now: datetime,
) -> ImprovementNotice:
    """Tell each parent that it may end early, before anything else. Raises RuleNotMet in words."""
    notice = _locked(notice, version)
    reach.require(Permission.PREPARE_NOTICE, notice.school)
    refuse_while_open(subject_of(notice))
    found = watched(notice, today)
    allowed = may_end_early(
        found.progress.result, reason=reason, told_parent_on=today, proposed_on=today
    )
    if not allowed.allowed:
        raise RuleNotMet(allowed.why)
    context = letters.news(
        notice,
        ImprovementEndsEarly,
        result=found.words,
        reason=reason or "The notice can no longer be passed.",
        what_next="If nothing changes we decide whether a penalty notice follows now.",
        officer=reach.user.name,
        today=today,
    )
    _tell_each(notice, context, reach, today, now)
    notice.told_on = today
    return _move(notice, "tell", reach, today, now, words=reason.strip(), facts=result_json(found))


@transaction.atomic
def go_on(
    *, reach: Reach, notice: ImprovementNotice, version: int, today: date, now: datetime
) -> ImprovementNotice:
    """Let it run on after all."""
    reach.require(Permission.PREPARE_NOTICE, notice.school)
    return _move(_locked(notice, version), "go_on", reach, today, now)


@transaction.atomic
def end_early(
    *,
    reach: Reach,
    notice: ImprovementNotice,
    why: str,
    words: str,
    version: int,
    today: date,
    now: datetime,
) -> ImprovementNotice:
    """End it before its weeks are over, decided by somebody else than who told the parent."""
    notice = _locked(notice, version)
    _require_decider(reach, notice, today)
    refuse_while_open(subject_of(notice))
    told = _last(notice, "tell")
    if told is not None and told.made_by_id == reach.user.pk:
        raise Forbidden("Somebody else than the person who told the parent ends it early.")
    reason = IMPROVEMENT.reason_for(why, "end_early")
    found = watched(notice, today)
    allowed = may_end_early(
        found.progress.result,
        reason=words or reason.words,
        told_parent_on=notice.told_on,
        proposed_on=today,
    )
    if not allowed.allowed:
        raise RuleNotMet(allowed.why)
    notice.result, notice.over_on = result_json(found), today
    moved = _move(notice, "end_early", reach, today, now, words=f"{reason.words}. {words}".strip())
    _done(moved, reach, today)
    _tell_outcome_later(moved, today)
    return moved


@transaction.atomic
def record_outcome(
    *, reach: Reach, notice: ImprovementNotice, version: int, today: date, now: datetime
) -> ImprovementNotice:
    """Record how the weeks went, as the register says. Raises RuleNotMet while it cannot say."""
    notice = _locked(notice, version)
    reach.require(Permission.PREPARE_NOTICE, notice.school)
    found = watched(notice, today)
    event = OUTCOMES.get(found.progress.result)
    if event is None or today <= found.period.last:
        raise RuleNotMet(
            found.words
            if found.progress.result is Result.UNRESOLVED
            else f"Its weeks run until {in_words(found.period.last)}. Record it after that."
        )
    notice.result, notice.over_on = result_json(found), today
    moved = _move(notice, event, reach, today, now, words=found.words, facts=result_json(found))
    _done(moved, reach, today)
    _tell_outcome_later(moved, today)
    return moved


@transaction.atomic
def tell_outcome(
    *, reach: Reach, notice: ImprovementNotice, version: int, today: date, now: datetime
) -> ImprovementNotice:
    """Write to each parent how it went. Once."""
    notice = _locked(notice, version)
    reach.require(Permission.PREPARE_NOTICE, notice.school)
    if notice.parents.filter(told__isnull=False).exists():
        raise Conflict("The parents were told already. Nothing was written twice.")
    state = S(notice.state)
    if state not in WHAT_NEXT or not notice.issued_on:
        raise Conflict("There is no outcome to tell yet.")
    last = _last(notice, "withdraw") if state is S.WITHDRAWN else None
    context = letters.news(
        notice,
        ImprovementOutcome,
        result=str(notice.result.get("words") or "The notice was taken back."),
        reason=last.words if last is not None else IMPROVEMENT.labels[state] + ".",
        what_next=WHAT_NEXT[state],
        officer=reach.user.name,
        today=today,
    )
    _tell_each(notice, context, reach, today, now, keep=True)
    _done(notice, reach, today, about=":outcome")
    if state in (S.IMPROVED, S.NOT_IMPROVED):
        return _move(notice, "tell_outcome", reach, today, now)
    notice.version += 1
    notice.save(update_fields=["version"])
    _write(notice, "tell_outcome", reach, today, now, start=notice.state)
    return notice


@transaction.atomic
def withdraw(
    *,
    reach: Reach,
    notice: ImprovementNotice,
    why: str,
    words: str,
    version: int,
    today: date,
    now: datetime,
) -> ImprovementNotice:
    """Take it back, with the reason. The parents are told by `tell_outcome`."""
    notice = _locked(notice, version)
    _require_decider(reach, notice, today, alone=False)
    reason = IMPROVEMENT.reason_for(why, "withdraw")
    if not words.strip():
        raise InvalidInput("Say in your own words why it is withdrawn.")
    notice.over_on = today
    moved = _move(notice, "withdraw", reach, today, now, words=f"{reason.words}. {words.strip()}")
    _done(moved, reach, today)
    _tell_outcome_later(moved, today)
    return moved


# What they share


def _locked(notice: ImprovementNotice, version: int) -> ImprovementNotice:
    """The notice as it is now, held. Raises Conflict for a stale form."""
    found = (
        ImprovementNotice.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "authority", "school__trust", "case__school", "case__pupil", "enrolment__pupil"
        )
        .get(pk=notice.pk)
    )
    found.enrolment.school = found.school
    found.case.enrolment = found.enrolment
    if found.version != version:
        raise Conflict(STALE)
    return found


def _refuse_closed(notice: ImprovementNotice) -> None:
    if notice.case.closed_on is not None:
        raise Conflict(CLOSED)


def _refuse_others(notice: ImprovementNotice, adult: Adult) -> None:
    """Raise RuleNotMet where what it says to one parent names another, or where they live."""
    texts = [getattr(notice, name) for name in CONTENTS]
    other_parents.refuse_others(notice.enrolment.pupil, texts, adult)


def _require_decider(
    reach: Reach, notice: ImprovementNotice, today: date, *, alone: bool = True
) -> None:
    """Raise Forbidden unless the policy gives the decision to this person, who did not ask."""
    reach.require(Permission.DECIDE_NOTICE, notice.school)
    deciders = deciders_of(pack_in_force(notice.school, today), STEP)
    _, decides = officer_of(reach, notice.school, deciders)
    if not decides:
        who = " or ".join(deciders.labels)
        raise Forbidden(f"The policy gives this decision to: {who}. Ask one of them.")
    sent = _last(notice, "send")
    asked = {notice.made_by_id, sent.made_by_id if sent is not None else None}
    if alone and reach.user.pk in asked:
        raise Forbidden("You prepared or sent this notice, so somebody else decides on it.")


def _last(notice: ImprovementNotice, event: str) -> LegalEvent | None:
    return (
        LegalEvent.objects.filter(
            authority=notice.authority_id, subject=subject_of(notice), event=event
        )
        .order_by("-pk")
        .first()
    )


def _move(
    notice: ImprovementNotice,
    event: str,
    reach: Reach,
    today: date,
    now: datetime,
    *,
    words: str = "",
    facts: dict[str, Any] | None = None,
) -> ImprovementNotice:
    """Make one move of a locked notice: its state, its history and the audit trail."""
    start = S(notice.state)
    move = IMPROVEMENT.move_by(
        start, event, Mover.SCHOOL if _at_school(reach, notice) else Mover.COUNCIL
    )
    notice.state = move.end.value
    notice.version += 1
    notice.save()
    _write(notice, event, reach, today, now, start=start.value, words=words, facts=facts)
    record(
        Kind.IMPROVEMENT_MOVED,
        by=reach.user,
        authority=notice.authority,
        school=notice.school,
        on=notice,
        reference=notice.reference,
        what=move.words.lower(),
    )
    return notice


def _at_school(reach: Reach, notice: ImprovementNotice) -> bool:
    return not reach.may_everywhere(Permission.VIEW_LEGAL)


def _write(
    notice: ImprovementNotice,
    event: str,
    reach: Reach,
    today: date,
    now: datetime,
    *,
    start: str,
    words: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    LegalEvent.objects.create(
        authority_id=notice.authority_id,
        enrolment_id=notice.enrolment_id,
        school_id=notice.school_id,
        subject=subject_of(notice),
        event=event,
        start=start,
        end=notice.state,
        on=today,
        words=words,
        facts=facts or {},
        made_by=reach.user,
        made_at=now,
    )


def _tell_each(
    notice: ImprovementNotice,
    context: LetterContext,
    reach: Reach,
    today: date,
    now: datetime,
    *,
    keep: bool = False,
) -> None:
    """Write to each parent that it was issued to. keep: as the answer to how the weeks went."""
    about = letters.about(notice)
    for one in notice.parents.select_related("adult").order_by("adult_id"):
        told = papers.tell(about, one.adult, context, reach=reach, today=today, now=now)
        if keep:
            one.told = told
            one.save(update_fields=["told"])


def _tell_outcome_later(notice: ImprovementNotice, today: date) -> None:
    if notice.case.closed_on is not None:
        return
    deadlines.start(
        case=notice.case,
        kind=DeadlineKind.LEGAL,
        words=f"Tell the parents how Notice to Improve {notice.reference} went",
        since=today,
        by=today,
        about=f"{subject_of(notice)}:outcome",
        nothing="The parents do not know where they stand.",
    )


def _done(notice: ImprovementNotice, reach: Reach, today: date, *, about: str = "") -> None:
    deadlines.finish(
        case=notice.case,
        kind=DeadlineKind.LEGAL,
        today=today,
        by=reach.user,
        about=f"{subject_of(notice)}{about}",
    )


def _success(at_most_percent: int) -> str:
    return (
        f"No more than {at_most_percent}% of the half days may be missed without leave."
        " Illness and absence that the school agrees to do not count."
    )


def progress_of(notice: ImprovementNotice, today: date) -> Watched | None:
    """How its weeks go or went; None for one that has none."""
    if notice.starts_on is None or notice.issued_on is None:
        return None
    return watched(notice, today)
