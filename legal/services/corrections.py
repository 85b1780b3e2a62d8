"""When marks are corrected: find what legal things rest on them, and stop until a person decides.

Nothing is reversed by itself: no notice is withdrawn, no request refused, no prosecution stopped.
What rests on corrected marks asks for nothing more meanwhile; a person who did not issue it says
that it stands, or goes the lawful way to put it right.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import localdate

from attendance.selectors.registers import Entry
from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import User
from cases.models import CaseLetter
from legal.models import (
    CourtBundle,
    LegalEvent,
    LegalRecheck,
    PenaltyNotice,
    Prosecution,
    RecheckEnd,
)
from legal.selectors.corrections import (
    KINDS,
    Reliance,
    Thing,
    amended_since,
    changes_of,
    lost_of,
    lost_words,
    now_of,
    open_of,
    reliances,
    thing_of,
)
from legal.selectors.penalties import open_withdrawal
from rules.errors import Conflict, InvalidInput, RuleNotMet

LOCK = 7303
LONGEST_REASON = 600
CORRECTED = (
    "Marks that this rests on were corrected. Nothing more is asked of the parent, and nothing "
    "goes to court, until a person has decided what follows."
)
DECIDE_FIRST = (
    "Marks that this rests on were corrected. Decide on them first: Legal, then Corrected marks."
)
OUT_OF_DATE = (
    "Marks that the prosecution rests on were corrected after this bundle was asked for. Do not "
    "use it. Make a new one when a person has decided what follows."
)
FROZEN: dict[str, type[PenaltyNotice] | type[Prosecution]] = {
    "penalty": PenaltyNotice,
    "prosecution": Prosecution,
}
# Letters that ask something of the parent: held while a person has yet to decide.
DEMANDS = frozenset(
    {
        "penalty_notice",
        "penalty_notice_second",
        "penalty_notice_excluded",
        "penalty_stands",
        "notice_to_improve",
    }
)


@transaction.atomic
def look_again(authority_id: int, *, today: date, now: datetime) -> int:
    """Look again at all of an authority that rests on corrected marks. Returns how many differ.

    Done twice, or twice at once, it is as done once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, authority_id])
    for row in LegalRecheck.objects.filter(authority=authority_id, decision="").order_by("pk"):
        _end_with_its_thing(row, now=now)
    return sum(_look(one, today, now) for one in reliances(authority_id, now))


def _look(one: Reliance, today: date, now: datetime) -> bool:
    """Compare then and now; keep the answer. True when a person has to decide."""
    changes = changes_of(one)
    lost = lost_of(one, changes)
    there = open_of(one.subject)
    if not lost:
        _nothing_differs(one, there, now)
        return False
    values = {
        "amendments": one.amended,
        "lost": lost,
        "changes": [_kept(entry) for entry in changes],
        "before": {"verdict": one.verdict, "half_days": len(one.codes)},
        "after": now_of(one, lost, today),
    }
    last = there or LegalRecheck.objects.filter(subject=one.subject).order_by("-pk").first()
    if last is not None and (there is not None or _decided_on(last, lost)):
        LegalRecheck.objects.filter(pk=last.pk).update(
            **values if there is not None else {"amendments": one.amended}
        )
        return there is not None
    _ask(one, values, now)
    return True


def _decided_on(row: LegalRecheck, lost: list[dict[str, Any]]) -> bool:
    """Whether a person has decided on exactly these half days already."""
    return row.decision in (RecheckEnd.STANDS, RecheckEnd.TAKEN_UP) and row.lost == lost


def _nothing_differs(one: Reliance, there: LegalRecheck | None, now: datetime) -> None:
    """Nothing it rests on differs: end the open question, or note that it was looked at."""
    if there is not None:
        there.amendments = one.amended
        _end(there, RecheckEnd.SAME, now=now)
        return
    last = LegalRecheck.objects.filter(subject=one.subject).order_by("-pk").first()
    if last is not None and last.decision == RecheckEnd.SAME:
        LegalRecheck.objects.filter(pk=last.pk).update(amendments=one.amended)
        return
    LegalRecheck.objects.create(
        **_about(one, now), amendments=one.amended, decision=RecheckEnd.SAME.value
    )


def _about(one: Reliance, now: datetime) -> dict[str, Any]:
    return {
        "authority_id": one.row.authority_id,
        "school_id": one.row.school_id,
        "enrolment": one.enrolment,
        "case": one.case,
        "kind": one.kind,
        "subject": one.subject,
        "thing": one.row.reference,
        "relied_by_id": one.by,
        "relied_at": one.moment,
        "as_of": one.as_of,
        "found_at": now,
    }


def _ask(one: Reliance, values: Mapping[str, Any], now: datetime) -> None:
    """Ask a person, and stop everything that would ask more of the parent."""
    row = LegalRecheck.objects.create(**_about(one, now), **values)
    _write(row, "marks_corrected", by=None, words=f"Corrected: {lost_words(row)}.", now=now)
    record(
        Kind.RECHECK_FOUND,
        by=None,
        authority=row.authority,
        school=row.school,
        on=row,
        reference=row.reference,
        what=KINDS[row.kind].label,
    )
    _freeze(row)


def _kept(entry: Entry) -> dict[str, Any]:
    """One amendment as it is kept."""
    return {
        "day": entry.when.day.isoformat(),
        "session": int(entry.when.session),
        "was": entry.former,
        "now": entry.code,
        "reason": entry.reason,
        "by": entry.name,
        "position": entry.position,
        "at": entry.at.isoformat(),
    }


# Stopping, and going on


def _held(row: LegalRecheck) -> Any:
    """The thing, held to the end of the transaction; None where it has nothing to freeze."""
    model: Any = FROZEN.get(row.kind)
    if model is None:
        return None
    rows = model.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=row.subject.split(":")[1])


def _freeze(row: LegalRecheck) -> None:
    """Keep the thing from going on. Another reason to look at it again stays as it is."""
    thing = _held(row)
    if isinstance(thing, Prosecution):
        CourtBundle.objects.filter(prosecution=thing, review="").update(review=OUT_OF_DATE)
    if thing is not None:
        thing.review = thing.review or CORRECTED
        thing.version += 1
        thing.save(update_fields=["review", "version"])


def _thaw(row: LegalRecheck) -> None:
    """Let it go on, unless there is another reason to look at it again."""
    thing = _held(row)
    if thing is not None:
        thing.review = "" if thing.review == CORRECTED else thing.review
        thing.version += 1
        thing.save(update_fields=["review", "version"])


def refuse_while_corrected(row: PenaltyNotice | Prosecution) -> None:
    """Raise RuleNotMet while somebody must look at a notice or a prosecution again."""
    if row.review:
        raise RuleNotMet(f"{row.review} So this waits.")


def refuse_while_open(subject: str) -> None:
    """Raise RuleNotMet while a person has yet to decide on the corrected marks of a thing."""
    if open_of(subject) is not None:
        raise RuleNotMet(DECIDE_FIRST)


def still_to_decide(subject: str) -> str:
    """Why a thing must be looked at again after another reason is settled; "" for nothing."""
    return CORRECTED if open_of(subject) is not None else ""


def holds(case_letter: CaseLetter) -> tuple[str, str] | None:
    """Why a letter that asks something of a parent waits: a code and a sentence. None: it does not.

    Registered with cases.safety, which asks when a letter is approved, made and handed over.
    """
    about = case_letter.about
    demands = case_letter.letter.kind in DEMANDS or about.startswith("legal.Prosecution:")
    if not about or not demands or open_of(about) is None:
        return None
    return "marks_corrected", DECIDE_FIRST


# Ending


def _end(row: LegalRecheck, how: RecheckEnd, *, now: datetime, by: User | None = None) -> None:
    """End a question that nobody has to decide any more."""
    row.decision, row.decided_by, row.decided_at = how.value, by, now
    row.save(update_fields=["amendments", "decision", "decided_by", "decided_at"])
    if how is RecheckEnd.SAME:
        _write(row, "marks_put_back", by=None, words=f"{how.label}.", now=now)
    _thaw(row)


def _end_with_its_thing(row: LegalRecheck, *, now: datetime) -> None:
    """End a question whose thing was withdrawn, returned or stopped, or ended otherwise."""
    thing = KINDS[row.kind]
    state = thing_of(row).state
    if state not in thing.alive:
        _end(row, thing.ends.get(state, RecheckEnd.OVER), now=now)


def ended(notice: PenaltyNotice, *, by: User | None, today: date, now: datetime) -> None:
    """A notice was withdrawn: nothing is left to decide about its marks. Called by withdrawals."""
    row = open_of(f"legal.PenaltyNotice:{notice.pk}")
    if row is not None:
        _end(row, RecheckEnd.WITHDRAWN, now=now, by=by)
        notice.refresh_from_db(fields=["version"])


# Deciding


@transaction.atomic
def decide(
    *, reach: Reach, recheck: LegalRecheck, decision: str, reason: str, seen: int, now: datetime
) -> LegalRecheck:
    """A person decides that it stands, or that it was taken up with the court, and why.

    seen  how many amendments the page showed; Conflict when more have come since

    Raises Forbidden for who may not decide, or who issued it; InvalidInput and Conflict.
    """
    thing = KINDS[recheck.kind]
    _require(reach, recheck, thing)
    row = LegalRecheck.objects.select_for_update(of=("self",), no_key=True).get(pk=recheck.pk)
    _refuse_stale(row, thing, seen, now)
    choices = [key for key, _ in choices_of(row)]
    if decision not in choices:
        raise InvalidInput("Choose one of the ways that are open here.")
    if decision == RecheckEnd.STANDS and reach.user.pk == row.relied_by_id:
        raise Forbidden(
            f"You issued or prepared this {thing.label}. Somebody else decides whether it stands."
        )
    if not reason.strip():
        raise InvalidInput("Say why.")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Reasons must be {LONGEST_REASON} characters or fewer.")
    row.decision, row.reason = decision, reason.strip()
    row.decided_by, row.decided_at = reach.user, now
    row.save(update_fields=["decision", "reason", "decided_by", "decided_at"])
    _write(row, decision.replace(" ", "_"), by=reach.user, words=row.reason, now=now)
    record(
        Kind.LEGAL_RECHECKED,
        by=reach.user,
        authority=row.authority,
        school=row.school,
        on=row,
        what=f"{thing.label} {row.thing}",
        decision=RecheckEnd(decision).label.lower().removeprefix("it "),
    )
    _thaw(row)
    return row


def may_decide(reach: Reach, recheck: LegalRecheck) -> bool:
    """Whether a person may decide about it: for the whole council where the council issued it."""
    thing = KINDS[recheck.kind]
    if thing.council:
        return reach.may_everywhere(thing.decides)
    return reach.may(thing.decides, recheck.school)


def _require(reach: Reach, recheck: LegalRecheck, thing: Thing) -> None:
    reach.require(thing.decides, recheck.school)
    if not may_decide(reach, recheck):
        raise Forbidden("Only an officer of the council can decide this.")


def _refuse_stale(row: LegalRecheck, thing: Thing, seen: int, now: datetime) -> None:
    """Raise Conflict where somebody decided, it ended, or more marks were corrected meanwhile."""
    if row.decision:
        raise Conflict("This was settled already. Nothing was changed.")
    about = thing_of(row)
    if about.state not in thing.alive:
        raise Conflict(f"This {thing.label} has ended meanwhile. There is nothing left to decide.")
    if isinstance(about, PenaltyNotice) and open_withdrawal(about) is not None:
        raise Conflict("Its withdrawal waits for a decision. Decide on that, on the notice's page.")
    since = about.request.made_at if isinstance(about, PenaltyNotice) else about.made_at
    if row.amendments != seen or amended_since(row.enrolment, since).count() != seen:
        raise Conflict(
            "More marks were corrected while you were reading. Open this page again in a minute."
        )


def choices_of(row: LegalRecheck) -> list[tuple[str, str]]:
    """What a person may decide here; the other lawful ways are pages of the thing itself."""
    thing = KINDS[row.kind]
    state = thing_of(row).state
    if row.kind == "request":
        return []  # it cannot be approved on half days that the register does not show
    choices = [(RecheckEnd.STANDS.value, f"The {thing.label} still stands")]
    if state in thing.decided:
        choices.append((RecheckEnd.TAKEN_UP.value, RecheckEnd.TAKEN_UP.label))
    return choices


def _write(row: LegalRecheck, event: str, *, by: User | None, words: str, now: datetime) -> None:
    """Add a line to the history of the thing itself."""
    thing = thing_of(row)
    LegalEvent.objects.create(
        authority_id=row.authority_id,
        enrolment_id=row.enrolment_id,
        school_id=row.school_id,
        subject=row.subject,
        adult_id=getattr(thing, "adult_id", None),
        event=event,
        start=thing.state,
        end=thing.state,
        on=localdate(now),
        words=words,
        facts={"recheck": row.reference, "lost": row.lost},
        made_by=by,
        made_at=now,
    )
