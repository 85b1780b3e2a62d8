"""What people do with letters: prepare, approve, hold, release, withdraw, try again."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import School
from authorities.permissions import Permission
from authorities.queue import enqueue
from letters import guards, lint, preflight, spool, wording
from letters.catalogue import LetterKind, kind_of
from letters.contexts import LetterContext, Recipient
from letters.models import Letter, Outbox, OutboxState, Route, WhyWithdrawn
from letters.selectors import document_of
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.letter_stages import LetterState, state_after

ISSUE = "letters.issue"


@dataclass(frozen=True, slots=True)
class LocalWording:
    """The policy's own words for a kind of letter, and where they come from."""

    pack: str
    edition: str
    letter: str
    title: str
    source: str
    text: str


@transaction.atomic
def prepare(
    *,
    reach: Reach | None,
    school: School,
    recipient: Recipient,
    context: LetterContext,
    words: LocalWording,
    now: datetime,
    held_because: str = "",
    corrects: Letter | None = None,
) -> Letter:
    """Draft one letter to one adult; everything that it says is frozen here.

    reach         who prepares it; None where a policy in force does, without a person
    held_because  why a person must look first; the draft is then held from the start

    Raises Forbidden; RuleNotMet naming the line where the wording would not pass.
    """
    if reach is not None:
        reach.require(Permission.PREPARE_LETTER, school)
    kind = kind_of(context.KIND)
    wrong = list(lint.problems(words.text, kind))
    if wrong:
        raise RuleNotMet(f"{words.title}: {' '.join(wrong)}")
    wording.fill(words.text, context.placeholders())  # a value that is missing fails here
    letter = Letter.objects.create(
        authority=school.authority,
        school=school,
        kind=kind.key,
        title=words.title,
        pack=words.pack,
        edition=words.edition,
        pack_letter=words.letter,
        source=words.source,
        wording=words.text,
        wording_sha256=sha256(words.text.encode()).hexdigest(),
        context=context.as_json(),
        recipient_name=recipient.name,
        greeting=recipient.greeting,
        address_lines=list(recipient.address_lines),
        language=recipient.language,
        state=LetterState.HELD.value if held_because else LetterState.DRAFT.value,
        reason=held_because,
        corrects=corrects,
        created_by=reach.user if reach else None,
        created_at=now,
        changed_at=now,
    )
    _record(Kind.LETTER_PREPARED, letter, reach)
    return letter


def page_of(letter: Letter, *, preview: bool = False) -> dict[str, Any]:
    """What the letter's template is given: for the PDF and for its twin on the screen."""
    kind = kind_of(letter.kind)
    context = kind.context.from_json(letter.context)
    return {
        "subject": kind.subject,
        "reference": letter.reference,
        "recipient": Recipient(
            letter.recipient_name, letter.greeting, tuple(letter.address_lines), letter.language
        ),
        "letter": context,
        "blocks": wording.fill(letter.wording, context.placeholders()),
        "enclosed": context.enclosed(),
        "preview": preview,
    }


def template_digest(kind: LetterKind) -> str:
    """SHA-256 of every file that shapes the page: what was approved is what is printed."""
    folder = Path(settings.BASE_DIR) / "templates"
    digest = sha256()
    for name in (kind.template, "letters/words.html", "letters/print.css"):
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
    return digest.hexdigest()


@transaction.atomic
def approve(letter: Letter, *, reach: Reach | None, now: datetime) -> Letter:
    """Send a draft on its way: check once more that it may go, then write it into the outbox.

    reach  of who sends it; None for a policy that sends by itself, and only what it prepared itself

    A letter that may not go any more comes back held, with the reason; nothing is sent.
    Raises Forbidden, and Conflict when somebody else moved it.
    """
    kind = kind_of(letter.kind)
    if reach is not None:
        reach.require(kind.approve, letter.school)
    elif letter.created_by_id is not None or not kind.supportive:
        raise Forbidden("A person sends this letter. Ask somebody who approves letters.")
    letter = locked(letter)
    state = state_after(letter.stage, "approve")
    reason = why_not(letter, london_day(now))
    if reason:
        stop(letter, reason, now=now)
        return letter
    move(
        letter,
        state,
        now,
        approved_by=reach.user if reach else None,
        approved_at=now,
        reason="",
        template_sha256=template_digest(kind),
    )
    _record(Kind.LETTER_APPROVED, letter, reach)
    _queue(letter, now)
    return letter


def london_day(moment: datetime) -> date:
    """The day of a moment where we are."""
    return moment.astimezone(timezone.get_default_timezone()).date()


def why_not(letter: Letter, day: date) -> str:
    """Why a letter may not go as things stand on `day`, in words; nothing when it may."""
    verdict = guards.verdict_on(letter, day)
    if verdict.way != guards.GO:
        return verdict.reason
    if letter.route == Route.POST:
        return preflight.address_problem(letter.address_lines)
    return ""


def stop(letter: Letter, reason: str, *, now: datetime) -> None:
    """Hold a locked letter for a person, and take it out of the outbox and the spool."""
    move(letter, state_after(letter.stage, "hold"), now, reason=reason)
    _stop_entries(letter, now)
    record(
        Kind.LETTER_HELD,
        by=None,
        authority=letter.authority,
        school=letter.school,
        on=letter,
        reference=letter.reference,
        reason=reason,
    )


@transaction.atomic
def hold(letter: Letter, *, reach: Reach, now: datetime) -> Letter:
    """A person stops a letter that has not gone yet. Raises Forbidden and Conflict."""
    reach.require(Permission.PREPARE_LETTER, letter.school)
    letter = locked(letter)
    stop(letter, "A person asked to wait.", now=now)
    return letter


@transaction.atomic
def release(
    letter: Letter,
    *,
    reach: Reach,
    route: Route,
    reason: str,
    codes: tuple[str, ...],
    address_lines: tuple[str, ...],
    now: datetime,
) -> Letter:
    """A person takes responsibility for a held letter: it can be approved again.

    codes          the doubts that the person saw and accepts; a new one will hold it again
    address_lines  the confirmed address for the post; empty when it is given by hand

    A letter whose PDF exists goes on as it is, by the route chosen.
    Raises Forbidden, InvalidInput without a reason, and Conflict.
    """
    kind = kind_of(letter.kind)
    reach.require(kind.approve, letter.school)
    if not reason.strip():
        raise InvalidInput("Say why it is safe to send this letter.")
    letter = locked(letter)
    made = document_of(letter) is not None
    state = state_after(letter.stage, "release_made" if made else "release")
    if made and route == Route.POST and list(address_lines) != letter.address_lines:
        raise Conflict(
            "This letter was already made with another address. Withdraw it and prepare a new one."
        )
    move(
        letter,
        state,
        now,
        route=route,
        address_lines=letter.address_lines if made else list(address_lines),
        accepted=sorted(codes),
        release_reason=reason.strip(),
        released_by=reach.user,
        released_at=now,
        reason="",
    )
    _record(Kind.LETTER_RELEASED, letter, reach, route=Route(route).label.lower())
    if made:
        _queue(letter, now)
    return letter


@transaction.atomic
def withdraw(letter: Letter, *, reach: Reach, why: WhyWithdrawn, now: datetime) -> Letter:
    """Stop a letter for good. Raises Forbidden, and Conflict once it is handed over."""
    reach.require(Permission.PREPARE_LETTER, letter.school)
    letter = locked(letter)
    state = state_after(letter.stage, "withdraw")
    move(letter, state, now, reason=WhyWithdrawn(why).label)
    _stop_entries(letter, now)
    _record(Kind.LETTER_WITHDRAWN, letter, reach, reason=WhyWithdrawn(why).label)
    return letter


@transaction.atomic
def try_again(letter: Letter, *, reach: Reach, now: datetime) -> Letter:
    """Queue a failed letter once more. Raises Forbidden and Conflict."""
    kind = kind_of(letter.kind)
    reach.require(kind.approve, letter.school)
    letter = locked(letter)
    move(letter, state_after(letter.stage, "try_again"), now, reason="")
    _record(Kind.LETTER_TRIED_AGAIN, letter, reach)
    _queue(letter, now)
    return letter


@transaction.atomic
def read(letter: Letter, *, reach: Reach, preview: bool) -> None:
    """Write down that somebody opened a letter or its preview."""
    _record(Kind.LETTER_PREVIEWED if preview else Kind.LETTER_READ, letter, reach)


def locked(letter: Letter) -> Letter:
    """The letter as it is now, locked until the transaction ends."""
    return (
        Letter.objects.select_for_update(of=("self",))
        .select_related("authority", "school")
        .get(pk=letter.pk)
    )


def move(letter: Letter, state: LetterState, now: datetime, **changes: Any) -> None:
    """Write a locked letter's new state with whatever changes with it."""
    changes.update(state=state.value, changed_at=now)
    for name, value in changes.items():
        setattr(letter, name, value)
    letter.save(update_fields=list(changes))


def _queue(letter: Letter, now: datetime) -> None:
    """Put the letter's one outbox entry to work, and tell a worker."""
    Outbox.objects.update_or_create(
        authority=letter.authority,
        key=f"letter:{letter.reference}",
        defaults={
            "kind": ISSUE,
            "letter": letter,
            "state": OutboxState.WAITING,
            "attempts": 0,
            "available_at": now,
            "claimed_at": None,
            "last_error": "",
        },
    )
    enqueue("letters.issue", authority_id=letter.authority_id, letter_id=letter.pk)


def _stop_entries(letter: Letter, now: datetime) -> None:
    """Nothing of this letter may leave: close its entries, and take back what a crash left."""
    letter.entries.exclude(state=OutboxState.DONE).update(state=OutboxState.STOPPED, done_at=now)
    spool.take_back(letter.reference)


def _record(kind: Kind, letter: Letter, reach: Reach | None, **facts: object) -> None:
    record(
        kind,
        by=reach.user if reach else None,
        authority=letter.authority,
        school=letter.school,
        on=letter,
        reference=letter.reference,
        **facts,
    )
