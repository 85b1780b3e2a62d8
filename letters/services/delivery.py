"""What the worker does with approved letters: claim, make, keep, hand over. Exactly once.

Each step is a transaction of its own, so a worker may be killed anywhere:

claim      takes the outbox row (SKIP LOCKED), counts the attempt, commits
make       renders and keeps the PDF with its hash; a kept PDF is never made again
hand over  writes the spool while the rows are locked, then marks the letter

A living worker holds the outbox row while it works, so a claim that nobody holds is soon taken
over. Should the first worker live after all, it finds its claim gone and stops.
The spool file is named by the letter, so writing it a second time changes nothing. Whether the
letter may still go is asked in `make` and again in `hand over`, under locks on what the answer
rests on.
"""

from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from audit.record import Kind, record
from authorities.tenancy import scope
from letters import render, spool
from letters.catalogue import kind_of
from letters.models import Letter, LetterDocument, Outbox, OutboxState, Route
from letters.selectors import document_of, due, due_letter_ids, waiting_too_long
from letters.services import drafting
from rules.letter_stages import LetterState, may, state_after

MOST_ATTEMPTS = 5
WAIT = timedelta(seconds=30)  # doubled for each attempt
GAVE_UP = "It was tried five times and did not work. The last problem: {problem}"
LAYOUT_CHANGED = "The layout changed after this letter was approved. Look at it and approve again."
log = structlog.get_logger(__name__)


class ClaimLost(Exception):
    """Another worker, or a person, has this letter now."""


def issue_once(*, authority_id: int, letter_id: int, now: datetime) -> None:
    """Make and hand over one letter. Safe to run any number of times, by any number of workers.

    now  the moment it is claimed; the letter's times are this one

    Raises nothing for a letter that fails: its row says why, and when it is tried again.
    """
    claim = take(authority_id, letter_id, now)
    if claim is None:
        return
    try:
        make(authority_id, letter_id, claim)
        hand_over(authority_id, letter_id, claim)
    except ClaimLost:
        return
    except Exception as problem:
        log.warning("letter not issued", letter=letter_id, problem=type(problem).__name__)
        give_back(authority_id, letter_id, claim, _words(problem))
    except BaseException:
        give_back(authority_id, letter_id, claim, "The worker was stopped.")
        raise


def waiting(*, authority_id: int, now: datetime, most: int = 200) -> list[int]:
    """The letters that are due in one authority, oldest first."""
    with scope([authority_id]):
        return due_letter_ids(now, most)


def take(authority_id: int, letter_id: int, now: datetime) -> datetime | None:
    """Claim a letter's entry. Gives the claim, or None when it is not ours to do.

    An entry that was tried too often is parked instead, with its last problem.
    """
    with scope([authority_id]):
        entry = (
            Outbox.objects.select_for_update(skip_locked=True)
            .filter(due(now), letter_id=letter_id, kind=drafting.ISSUE)
            .first()
        )
        if entry is None:
            return None
        if entry.attempts >= MOST_ATTEMPTS:
            _park(entry, entry.last_error or "The worker stopped while making it.", now)
            return None
        entry.attempts += 1
        entry.state = OutboxState.CLAIMED
        entry.claimed_at = now
        entry.save(update_fields=["attempts", "state", "claimed_at"])
        return now


def make(authority_id: int, letter_id: int, claim: datetime) -> None:
    """Render and keep the PDF, unless it is kept already. Raises ClaimLost and RenderFailed."""
    with scope([authority_id]):
        letter = _ours(letter_id, claim)
        if not _may_go(letter, claim) or letter.stage == LetterState.MADE:
            return
        drafting.move(letter, state_after(letter.stage, "start"), claim)
        document = document_of(letter)
        if document is None:
            kind = kind_of(letter.kind)
            printed = render.printed(kind.template, drafting.page_of(letter))
            document = LetterDocument.objects.create(
                authority=letter.authority,
                letter=letter,
                pdf=printed.pdf,
                sha256=printed.sha256,
                pages=printed.pages,
                software=printed.software,
                made_at=claim,
            )
        made = state_after(letter.stage, "make")
        drafting.move(letter, made, claim, made_at=document.made_at, sha256=document.sha256)
        record(
            Kind.LETTER_RENDERED,
            by=None,
            authority=letter.authority,
            school=letter.school,
            on=letter,
            reference=letter.reference,
            sha256=document.sha256,
        )


def hand_over(authority_id: int, letter_id: int, claim: datetime) -> None:
    """Put a made letter where it leaves from, and mark it. Raises ClaimLost and OSError."""
    with scope([authority_id]):
        letter = _ours(letter_id, claim)
        if letter.stage != LetterState.MADE or not _may_go(letter, claim):
            return
        document = letter.document
        if letter.route == Route.POST:
            spool.put(letter.reference, bytes(document.pdf), manifest(letter, document))
        drafting.move(letter, state_after(letter.stage, "hand_over"), claim, handed_over_at=claim)
        Outbox.objects.filter(letter=letter, claimed_at=claim).update(
            state=OutboxState.DONE, done_at=claim, last_error=""
        )
        record(
            Kind.LETTER_HANDED_OVER,
            by=None,
            authority=letter.authority,
            school=letter.school,
            on=letter,
            reference=letter.reference,
            channel="the print spool" if letter.route == Route.POST else "the school, by hand",
        )


def manifest(letter: Letter, document: LetterDocument) -> dict[str, object]:
    """What the print room gets beside the PDF. The same for the same letter, whenever asked."""
    return {
        "reference": letter.reference,
        "kind": letter.kind,
        "authority": letter.authority.code,
        "school_urn": letter.school.urn,
        "address_lines": letter.address_lines,
        "pages": document.pages,
        "sha256": document.sha256,
        "made_at": document.made_at.isoformat(),
    }


def _ours(letter_id: int, claim: datetime) -> Letter:
    """The letter, locked with its entry, while our claim still holds. Raises ClaimLost."""
    entry = (
        Outbox.objects.select_for_update()
        .filter(letter_id=letter_id, state=OutboxState.CLAIMED, claimed_at=claim)
        .first()
    )
    if entry is None:
        raise ClaimLost
    letter = drafting.locked(entry.letter)
    if not may(letter.stage, "hold"):  # withdrawn, or already gone
        raise ClaimLost
    return letter


def _may_go(letter: Letter, now: datetime) -> bool:
    """Ask once more whether the letter may go; hold it when it may not."""
    reason = drafting.why_not(letter, drafting.london_day(now))
    if not reason and letter.stage != LetterState.MADE and _layout_changed(letter):
        reason = LAYOUT_CHANGED
    if reason:
        drafting.stop(letter, reason, now=now)
    return not reason


def _layout_changed(letter: Letter) -> bool:
    return letter.template_sha256 != drafting.template_digest(kind_of(letter.kind))


def give_back(authority_id: int, letter_id: int, claim: datetime, problem: str) -> None:
    """After a failed try: wait and try again, or park the letter with its problem."""
    with scope([authority_id]):
        entry = (
            Outbox.objects.select_for_update()
            .filter(letter_id=letter_id, state=OutboxState.CLAIMED, claimed_at=claim)
            .first()
        )
        if entry is None:
            return
        if entry.attempts >= MOST_ATTEMPTS:
            _park(entry, problem, claim)
            return
        entry.state = OutboxState.WAITING
        entry.available_at = claim + WAIT * 2 ** (entry.attempts - 1)
        entry.last_error = problem[:300]
        entry.save(update_fields=["state", "available_at", "last_error"])


def _park(entry: Outbox, problem: str, now: datetime) -> None:
    """Stop trying: the letter is failed, with its reason where people see it."""
    entry.state = OutboxState.FAILED
    entry.done_at = now
    entry.last_error = problem[:300]
    entry.save(update_fields=["state", "done_at", "last_error"])
    letter = drafting.locked(entry.letter)
    if not may(letter.stage, "fail"):
        return
    reason = GAVE_UP.format(problem=problem)[:600]
    drafting.move(letter, state_after(letter.stage, "fail"), now, reason=reason)
    spool.take_back(letter.reference)
    record(
        Kind.LETTER_FAILED,
        by=None,
        authority=letter.authority,
        school=letter.school,
        on=letter,
        reference=letter.reference,
        reason=problem[:200],
    )


def _words(problem: Exception) -> str:
    """A failure in words that hold no personal data."""
    if isinstance(problem, render.RenderFailed):
        return str(problem)
    if isinstance(problem, OSError):
        return f"The print spool could not be written ({problem.strerror or 'no reason given'})."
    return f"A fault of ours ({type(problem).__name__})."


def check_kept(*, authority_id: int) -> list[str]:
    """The references of letters whose kept bytes no longer have their hash. None is right."""
    with scope([authority_id]):
        rows = LetterDocument.objects.select_related("letter").iterator(chunk_size=50)
        return [
            row.letter.reference
            for row in rows
            if not sha256(bytes(row.pdf)).hexdigest() == row.sha256 == row.letter.sha256
        ]


def stuck(*, authority_id: int, now: datetime) -> list[str]:
    """The references of approved letters that should have gone: nothing waits silently."""
    with scope([authority_id]):
        rows = waiting_too_long(now).order_by("approved_at")
        return list(rows.values_list("reference", flat=True))
