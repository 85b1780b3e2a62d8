"""What each legal thing rests on in the register, and what became of those marks since."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from attendance.access import shown_code
from attendance.marks import year_of
from attendance.models import Amendment, Enrolment
from attendance.selectors.books import book_of
from attendance.selectors.known_at import book_as_known
from attendance.selectors.proof import session_words, verdict
from attendance.selectors.registers import Entry, history
from authorities.permissions import Permission
from cases.models import Case
from legal.models import (
    ImprovementNotice,
    LegalEvent,
    LegalRecheck,
    NoticeRequest,
    PenaltyNotice,
    Prosecution,
    RecheckEnd,
    ReliedSession,
)
from legal.selectors.improvements import watched
from rules.absence import kind_of
from rules.attendance_codes import Kind
from rules.dates import in_words
from rules.marks import DatedSession, Mark, Session
from rules.notice_references import in_groups
from rules.notice_stages import ImprovementState, PenaltyState, RequestState
from rules.prosecution_stages import ProsecutionState
from rules.thresholds import State

# Three years, in which a notice counts, and a little: what is older is looked at no more.
RELIED_FOR = timedelta(days=1110)
NEVER = 0


@dataclass(frozen=True, slots=True)
class Reliance:
    """One legal thing, and the marks it rests on.

    moment   corrections after it count
    as_of    the day up to which the register was read
    codes    each half day it rests on, with the code that it relied on
    verdict  what the threshold came to, as it was kept; "" where none was
    by       who issued or prepared it
    amended  how many amendments of the enrolment there are since it was made
    """

    row: Any
    kind: str
    enrolment: Enrolment
    case: Case | None
    moment: datetime
    as_of: date
    codes: Mapping[DatedSession, str]
    verdict: str
    by: int | None
    amended: int

    @property
    def subject(self) -> str:
        """How its history names it."""
        return f"{KINDS[self.kind].model}:{self.row.pk}"


@dataclass(frozen=True, slots=True)
class Thing:
    """One kind of legal thing.

    label    in a sentence; model  as a subject names it; route  of its page
    alive    the states in which a correction is asked about
    decided  those of them in which a court has decided already
    since    field of the moment from which amendments are counted
    ends     how a recheck ends when the thing came into another state
    decides  who may decide that it stands; council  only for the whole council
    what     the lawful ways to put it right, in words
    """

    label: str
    model: str
    route: str
    rows: Callable[[int], QuerySet[Any]]
    rests_on: Callable[[Any], tuple[datetime, date, Mapping[DatedSession, str]]]
    alive: tuple[str, ...]
    decides: Permission
    council: bool
    what: str
    case: Callable[[Any], Case | None]
    by: Callable[[Any], int | None]
    verdict: Callable[[Any], str]
    decided: tuple[str, ...] = ()
    ends: Mapping[str, RecheckEnd] = field(default_factory=dict)
    since: str = "made_at"


def kept_marks(sessions: Sequence[Mapping[str, Any]]) -> dict[DatedSession, str]:
    """Half days as a request, a notice or a prosecution keeps them."""
    return {
        DatedSession(date.fromisoformat(one["day"]), Session(one["session"])): one["code"]
        for one in sessions
    }


def _read_on(proof: Mapping[str, Any], otherwise: date) -> date:
    kept = proof.get("as_of")
    return date.fromisoformat(kept) if kept else otherwise


def _of_request(row: NoticeRequest) -> tuple[datetime, date, Mapping[DatedSession, str]]:
    return row.made_at, _read_on(row.proof, row.last), kept_marks(row.sessions)


def _of_penalty(row: PenaltyNotice) -> tuple[datetime, date, Mapping[DatedSession, str]]:
    """From the request on: a mark that was corrected while it was approved is found as well."""
    asked = row.request
    return asked.made_at, _read_on(asked.proof, row.issued_on), kept_marks(row.sessions)


def _of_prosecution(row: Prosecution) -> tuple[datetime, date, Mapping[DatedSession, str]]:
    return row.made_at, _read_on(row.proof, row.last), kept_marks(row.sessions)


def _of_improvement(row: ImprovementNotice) -> tuple[datetime, date, Mapping[DatedSession, str]]:
    """The threshold's half days when it was issued; and of its weeks, once they were counted."""
    events = dict(
        LegalEvent.objects.filter(
            authority=row.authority_id, subject=f"legal.ImprovementNotice:{row.pk}"
        )
        .order_by("pk")
        .values_list("event", "made_at")
    )
    issued_on = row.issued_on or row.made_at.date()
    moment = events.get("issue", row.made_at)
    then = book_as_known(
        row.enrolment,
        row.enrolment.pupil.born_on,
        year=year_of(issued_on),
        today=issued_on,
        moment=moment,
    )
    # What a penalty notice used later still counted towards this one.
    proof = replace(then, relied={}).proof
    window = proof.latest or proof.current
    codes = {mark.when: mark.code for mark in window.marks}
    counted = next((events[key] for key in ("fail", "end_early") if key in events), None)
    if counted is not None and row.over_on is not None and _counts_otherwise(row):
        for entry in history(row.enrolment, row.starts_on or row.over_on, row.over_on):
            if entry.at > counted and not entry.first:
                codes.setdefault(entry.when, entry.former)
    return moment, issued_on, codes


def _counts_otherwise(row: ImprovementNotice) -> bool:
    """Whether the register now counts its weeks in another way than when they were over."""
    row.enrolment.school = row.school
    found = watched(row, row.over_on or row.made_at.date()).progress
    kept = (row.result.get("unauthorised"), row.result.get("possible"))
    return bool(row.result) and kept != (found.unauthorised, found.possible)


PUPIL = ("enrolment__pupil", "enrolment__school__trust", "school__trust", "authority")
PS, IS, RS, CS = PenaltyState, ImprovementState, RequestState, ProsecutionState

KINDS: dict[str, Thing] = {
    "request": Thing(
        label="request for a penalty notice",
        model="legal.NoticeRequest",
        route="legal:request",
        rows=lambda authority: NoticeRequest.objects.filter(authority=authority).select_related(
            "case", *PUPIL
        ),
        rests_on=_of_request,
        alive=(RS.SENT.value,),
        decides=Permission.DECIDE_NOTICE,
        council=True,
        what="It cannot be approved on these half days. Return it, so that the school takes them "
        "from the register again, or refuse it.",
        case=lambda row: row.case,
        by=lambda row: row.sent_by_id,
        verdict=lambda row: row.proof.get("verdict", ""),
        ends={RS.RETURNED.value: RecheckEnd.RETURNED, RS.TAKEN_BACK.value: RecheckEnd.RETURNED},
    ),
    "improvement": Thing(
        label="Notice to Improve",
        model="legal.ImprovementNotice",
        route="legal:improvement",
        rows=lambda authority: (
            ImprovementNotice.objects.filter(authority=authority)
            .exclude(issued_on=None)
            .select_related("case", *PUPIL)
        ),
        rests_on=_of_improvement,
        alive=(IS.RUNNING.value, IS.TOLD.value, IS.ENDED_EARLY.value, IS.NOT_IMPROVED.value),
        decides=Permission.DECIDE_NOTICE,
        council=False,
        what="Withdraw it where the register no longer bears it, and tell the parents. Otherwise "
        "say why it stands.",
        case=lambda row: row.case,
        by=lambda row: row.decided_by_id,
        verdict=lambda row: row.proof.get("threshold", {}).get("verdict", ""),
        ends={IS.WITHDRAWN.value: RecheckEnd.WITHDRAWN},
    ),
    "penalty": Thing(
        label="penalty notice",
        model="legal.PenaltyNotice",
        route="legal:penalty",
        rows=lambda authority: PenaltyNotice.objects.filter(authority=authority).select_related(
            "request__case", "adult", *PUPIL
        ),
        rests_on=_of_penalty,
        alive=tuple(
            state.value for state in PS if state not in (PS.WITHDRAWN, PS.NO_FURTHER_ACTION)
        ),
        decides=Permission.DECIDE_NOTICE,
        council=True,
        what="Where it ought not to have been issued, or contains a material error, ask for its "
        "withdrawal: somebody else decides, and what was paid is paid back. Otherwise say why it "
        "stands.",
        case=lambda row: row.request.case,
        by=lambda row: row.issued_by_id,
        verdict=lambda row: row.request.proof.get("verdict", ""),
        decided=(PS.PROSECUTED.value,),
        ends={PS.WITHDRAWN.value: RecheckEnd.WITHDRAWN},
        since="request__made_at",
    ),
    "prosecution": Thing(
        label="prosecution",
        model="legal.Prosecution",
        route="legal:prosecution",
        rows=lambda authority: Prosecution.objects.filter(authority=authority).select_related(
            "case", "adult", *PUPIL
        ),
        rests_on=_of_prosecution,
        alive=tuple(
            state.value for state in CS if state not in (CS.DISCONTINUED, CS.NOT_PROCEEDED)
        ),
        decides=Permission.DECIDE_NOTICE,
        council=True,
        what="Take it back to preparation, or stop it, on its own page. Otherwise say why it goes "
        "on.",
        case=lambda row: row.case,
        by=lambda row: row.made_by_id,
        verdict=lambda row: row.proof.get("verdict", ""),
        decided=(CS.DECIDED.value,),
        ends={
            CS.DISCONTINUED.value: RecheckEnd.STOPPED,
            CS.NOT_PROCEEDED.value: RecheckEnd.STOPPED,
        },
    ),
}


def amended_since(enrolment: Any, since: Any) -> QuerySet[Amendment]:
    """The amendments of an enrolment since a moment."""
    return Amendment.objects.filter(enrolment=enrolment, made_at__gt=since).order_by()


def reliances(authority_id: int, now: datetime) -> Iterator[Reliance]:
    """What is still in force and has amendments of its register that were not looked at yet.

    One query for each kind, and a few for each thing that is found.
    """
    for key, thing in KINDS.items():
        amended = amended_since(OuterRef("enrolment"), OuterRef(thing.since))
        subject = Concat(Value(f"{thing.model}:"), Cast(OuterRef("pk"), models.CharField()))
        seen = LegalRecheck.objects.filter(authority=authority_id, subject=subject).order_by("-pk")
        rows = (
            thing.rows(authority_id)
            .filter(state__in=thing.alive, made_at__gt=now - RELIED_FOR)
            .annotate(
                n_amended=Coalesce(
                    Subquery(
                        amended.values("enrolment").annotate(n=models.Count("pk")).values("n")
                    ),
                    NEVER,
                ),
                n_seen=Coalesce(Subquery(seen.values("amendments")[:1]), NEVER),
            )
            .exclude(n_amended=models.F("n_seen"))
            .order_by("pk")
        )
        for row in rows:
            yield reliance(key, row, row.n_amended)


def reliance(kind: str, row: Any, amended: int) -> Reliance:
    """One thing with the marks it rests on."""
    thing = KINDS[kind]
    moment, as_of, codes = thing.rests_on(row)
    return Reliance(
        row=row,
        kind=kind,
        enrolment=row.enrolment,
        case=thing.case(row),
        moment=moment,
        as_of=as_of,
        codes=codes,
        verdict=thing.verdict(row),
        by=thing.by(row),
        amended=amended,
    )


def thing_of(recheck: LegalRecheck) -> Any:
    """The row that a recheck is about."""
    return KINDS[recheck.kind].rows(recheck.authority_id).get(pk=recheck.subject.split(":")[1])


def changes_of(one: Reliance) -> list[Entry]:
    """The amendments since of the half days that it rests on, the oldest first."""
    if not one.codes:
        return []
    days = sorted(when.day for when in one.codes)
    return [
        entry
        for entry in history(one.enrolment, days[0], days[-1])
        if entry.at > one.moment and not entry.first and entry.when in one.codes
    ]


def lost_of(one: Reliance, changes: Sequence[Entry]) -> list[dict[str, Any]]:
    """The half days that say something else now than what was relied on."""
    now = {entry.when: entry.code for entry in changes}
    return [
        {
            "day": when.day.isoformat(),
            "session": int(when.session),
            "code": one.codes[when],
            "now": code,
        }
        for when, code in sorted(now.items())
        if code != one.codes[when]
    ]


def now_of(one: Reliance, lost: Sequence[Mapping[str, Any]], today: date) -> dict[str, Any]:
    """The threshold of that day and of today, worked out by the rules from the marks of now."""
    pupil = one.enrolment.pupil
    relied = _relied_by_others(one)
    then = book_of(one.enrolment, pupil.born_on, today=one.as_of, relied=relied)
    now = book_of(one.enrolment, pupil.born_on, today=today, relied=relied)
    gone = [row for row in lost if not _unauthorised(row)]
    return {
        "verdict": f"{verdict(then.proof)}.",
        "met": then.proof.state is State.YES,
        "today": f"{verdict(now.proof)}.",
        "half_days": len(one.codes) - len(gone),
    }


def _relied_by_others(one: Reliance) -> dict[DatedSession, tuple[str, ...]]:
    """The sessions that another notice or prosecution rests on, but for those it rests on too.

    The other parent's notice, or the prosecution that follows it, takes nothing from this one.
    """
    rows = ReliedSession.objects.filter(enrolment=one.enrolment, freed_on=None)
    found = {
        DatedSession(day, Session(half)): (subject,)
        for day, half, subject in rows.values_list("day", "session", "subject")
    }
    if one.kind == "improvement":
        return {}
    return {when: by for when, by in found.items() if when not in one.codes}


def _unauthorised(row: Mapping[str, Any]) -> bool:
    """Whether a half day that was corrected is still an absence without leave."""
    if not row["now"]:
        return False
    mark = Mark(date.fromisoformat(row["day"]), Session(row["session"]), row["now"])
    return kind_of(mark) is Kind.UNAUTHORISED


def open_of(subject: str) -> LegalRecheck | None:
    """What a person has yet to decide about one thing."""
    return LegalRecheck.objects.filter(subject=subject, decision="").first()


# In words, for pages


def what_of(recheck: LegalRecheck) -> str:
    """What relied on the marks, in words."""
    label = KINDS[recheck.kind].label
    thing = in_groups(recheck.thing) if recheck.kind == "penalty" else recheck.thing
    return f"{label[:1].upper()}{label[1:]} {thing}"


def lost_words(recheck: LegalRecheck) -> str:
    """How many half days it rests on say something else now."""
    count = len(recheck.lost)
    return f"{count} half day{'' if count == 1 else 's'} that it rests on"


def then_and_now(recheck: LegalRecheck) -> list[dict[str, str]]:
    """The threshold as it was kept, and what the register says now: key and value."""
    before, after = recheck.before, recheck.after
    rows = [
        ("Half days without leave", before.get("half_days", ""), after.get("half_days", "")),
        (
            f"The threshold on {in_words(recheck.as_of)}",
            before.get("verdict") or "not kept.",
            after.get("verdict", ""),
        ),
    ]
    found = [
        {"key": key, "value": f"Then: {_ended(then)} With the corrected marks: {_ended(now)}"}
        for key, then, now in rows
    ]
    return [*found, {"key": "When it was found", "value": after.get("today", "")}]


def _ended(said: object) -> str:
    """What is said, with its full stop."""
    return f"{said}".rstrip(".") + "."


def changed_rows(recheck: LegalRecheck, *, in_full: bool) -> list[dict[str, Any]]:
    """Each corrected mark: session, was, became, why, who and when."""
    return [
        {
            "when": session_words(when),
            "was": shown_code(change["was"], when.day, in_full=in_full),
            "now": shown_code(change["now"], when.day, in_full=in_full)
            if change["now"]
            else "no mark",
            "reason": change["reason"],
            "by": ", ".join(part for part in (change["by"], change["position"]) if part),
            "at": datetime.fromisoformat(change["at"]),
        }
        for change in recheck.changes
        for when in [DatedSession(date.fromisoformat(change["day"]), Session(change["session"]))]
    ]
