"""Bank and card files: kept as they arrived, shown before they are taken, taken once.

Every line is accounted for: matched, in suspense, on record already, left alone, or refused with
its number. A line that names exactly one notice of ours by its whole reference is matched; one
slip only suggests, and a person says which notice is meant.
"""

import enum
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach, reach_of
from authorities.jobs import start
from authorities.models import Job
from authorities.permissions import Permission
from legal.models import LedgerEntry, LedgerKind, PaymentFile, PenaltyNotice
from legal.services.payment_layouts import BY_KEY, FileLine, Progress, read_file, silent
from legal.services.payment_settling import lock_imports
from legal.services.payments import ALREADY, Paid, book, match
from legal.services.penalty_moves import locked, require_council
from rules.errors import Conflict, NotFound
from rules.moves import Mover
from rules.notice_references import in_groups, references_in
from rules.tariffs import in_pounds, london_day

AT_ONCE = 200  # lines: a longer file is taken by the worker, with progress


class Outcome(enum.StrEnum):
    """What becomes of a line."""

    MATCHED = "matched"
    SUSPENSE = "in suspense"
    ALREADY = "on record already"
    LEFT = "left alone"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """One line, and what becomes of it; `payment` once it was taken."""

    line: int
    outcome: Outcome
    words: str
    pence: int = 0
    payment: str = ""


@transaction.atomic
def upload(
    *, reach: Reach, file_name: str, content: bytes, today: date, now: datetime
) -> PaymentFile:
    """Keep a file as it arrived. The same file again is the one that is kept.

    Raises Forbidden; UnreadableFile and InvalidInput for what is no bank or card file.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    layout = read_file(content, today).layout
    kept, _ = PaymentFile.objects.get_or_create(
        authority=reach.authority,
        sha256=hashlib.sha256(content).hexdigest(),
        defaults={
            "layout": layout.key,
            "file_name": _safe_name(file_name),
            "content": content,
            "uploaded_by": reach.user,
            "uploaded_at": now,
        },
    )
    return kept


def _safe_name(name: str) -> str:
    """The file's own name without folders and control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:200] or "file.csv"


def preview(file: PaymentFile, today: date) -> list[Judged]:
    """What would become of each line if it were taken now. Nothing is written."""
    lines = read_file(bytes(file.content), today).lines
    notices = _notices(file.authority_id, lines)
    known = _on_record(file.authority_id, lines)
    return [_judge(line, notices, known) for line in lines]


def _notices(authority_id: int, lines: Iterable[FileLine]) -> dict[str, PenaltyNotice]:
    """The notices that the lines name, by reference."""
    names = {name for line in lines for name in references_in(line.given)}
    rows = PenaltyNotice.objects.filter(authority=authority_id, reference__in=names)
    return {row.reference: row for row in rows}


def _on_record(authority_id: int, lines: Iterable[FileLine]) -> dict[str, tuple[int, date]]:
    """What is on record under the names of the lines."""
    rows = LedgerEntry.objects.filter(
        authority=authority_id,
        kind=LedgerKind.RECEIVED,
        external__in=[line.external for line in lines if line.external],
    ).values_list("external", "pence", "on")
    return {external: (pence, on) for external, pence, on in rows}


def _judge(
    line: FileLine, notices: dict[str, PenaltyNotice], known: dict[str, tuple[int, date]]
) -> Judged:
    if line.wrong:
        return Judged(line.line, Outcome.REFUSED, line.wrong)
    if line.out or line.paid_at is None:
        return Judged(line.line, Outcome.LEFT, line.out)
    before = known.get(line.external)
    if before == (line.pence, london_day(line.paid_at)):
        return Judged(line.line, Outcome.ALREADY, ALREADY, line.pence)
    if before is not None:
        words = "A payment of this name is on record with another amount or day. Ask which is right"
        return Judged(line.line, Outcome.REFUSED, f"{words}.")
    known[line.external] = (line.pence, london_day(line.paid_at))
    notice = named(line.given, notices)
    if notice is not None:
        return Judged(
            line.line,
            Outcome.MATCHED,
            f"{in_pounds(line.pence)} for {in_groups(notice.reference)}.",
            line.pence,
        )
    return Judged(line.line, Outcome.SUSPENSE, _why_not(line.given, notices), line.pence)


def named(given: str, notices: dict[str, PenaltyNotice]) -> PenaltyNotice | None:
    """The one notice of ours that a text names; None where it names none, or several."""
    found = [notices[name] for name in references_in(given) if name in notices]
    return found[0] if len(found) == 1 else None


def _why_not(given: str, notices: dict[str, PenaltyNotice]) -> str:
    names = references_in(given)
    if sum(name in notices for name in names) > 1:
        return "It names more than one notice. Say which, or split it."
    if names:
        return "Its reference is of no notice of ours. Say which notice it is for."
    return "It carries no reference. Say which notice it is for."


def counted(judged: Iterable[Judged]) -> dict[str, dict[str, int]]:
    """How many lines, and how many pence, came to each outcome."""
    lines, pence = Counter[str](), Counter[str]()
    for one in judged:
        lines[one.outcome.value] += 1
        pence[one.outcome.value] += one.pence
    return {
        outcome.value: {"lines": lines[outcome.value], "pence": pence[outcome.value]}
        for outcome in Outcome
    }


def ask_to_take(*, reach: Reach, file: PaymentFile, lines: int, now: datetime) -> Job | None:
    """Have a long file taken by the worker; None for one short enough to take at once."""
    require_council(reach, Permission.KEEP_PAYMENTS)
    if lines <= AT_ONCE:
        return None
    return start(
        "legal.take_payments", authority=reach.authority, by=reach.user, now=now, file_id=file.pk
    )


@transaction.atomic
def take(
    *, reach: Reach, file: PaymentFile, today: date, now: datetime, progress: Progress = silent
) -> PaymentFile:
    """Take a file: each line once, all in one transaction. Taking it again changes nothing.

    Raises Forbidden.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    lock_imports(file.authority_id)
    row = PaymentFile.objects.select_for_update(no_key=True).get(pk=file.pk)
    if row.taken_at is not None:
        return row
    lines = read_file(bytes(row.content), today).lines
    notices = _notices(row.authority_id, lines)
    known = _on_record(row.authority_id, lines)
    _hold(notices.values(), today, now)
    judged = []
    for at, line in enumerate(lines, start=1):
        judged.append(
            _take_line(row, line, _judge(line, notices, known), notices, reach, today, now)
        )
        if at % 50 == 0:
            progress(at, len(lines))
    row.report = {
        "counts": counted(judged),
        "lines": [
            [one.line, one.outcome.value, one.words, one.pence, one.payment] for one in judged
        ],
    }
    row.taken_by, row.taken_at = reach.user, now
    row.save(update_fields=["report", "taken_by", "taken_at"])
    came = sum(1 for one in judged if one.payment)
    record(Kind.PAYMENTS_IMPORTED, by=reach.user, authority=reach.authority, on=row, count=came)
    return row


def _hold(notices: Iterable[PenaltyNotice], today: date, now: datetime) -> None:
    """Hold every notice of the file in the order of their keys, as everybody does."""
    for notice in sorted(notices, key=lambda one: one.pk):
        locked(notice, None, today=today, now=now)


def _take_line(
    file: PaymentFile,
    line: FileLine,
    judged: Judged,
    notices: dict[str, PenaltyNotice],
    reach: Reach,
    today: date,
    now: datetime,
) -> Judged:
    """Book one line, and match it where it names its notice."""
    if judged.outcome not in (Outcome.MATCHED, Outcome.SUSPENSE) or line.paid_at is None:
        return judged
    paid = Paid(
        line.pence,
        line.paid_at,
        BY_KEY[file.layout].method,
        line.external,
        line.given,
        file=file,
        line=line.line,
    )
    try:
        entry = book(authority=reach.authority, paid=paid, by=reach.user, today=today, now=now)
    except Conflict:  # the payment service reported it in the same moment
        return Judged(line.line, Outcome.ALREADY, ALREADY, line.pence)
    notice = named(line.given, notices)
    if notice is not None:
        held = locked(notice, None, today=today, now=now)
        match(entry, held, line.pence, by=reach.user, mover=Mover.SYSTEM, today=today, now=now)
    return Judged(line.line, judged.outcome, judged.words, line.pence, entry.payment)


def report(file: PaymentFile) -> list[Judged]:
    """What became of each line of a file that was taken."""
    return [
        Judged(line, Outcome(outcome), words, pence, payment)
        for line, outcome, words, pence, payment in file.report.get("lines", [])
    ]


def take_job(job: Job, *, today: date, now: datetime, progress: Progress = silent) -> PaymentFile:
    """The file that somebody asked to be taken, as the worker takes it. Raises as `take`."""
    file = PaymentFile.objects.filter(
        pk=job.arguments["file_id"], authority=job.authority_id
    ).first()
    if file is None or job.asked_by is None:
        raise NotFound("The file is not there any more.")
    reach = reach_of(job.asked_by, job.authority, today)
    return take(reach=reach, file=file, today=today, now=now, progress=progress)


def lines_of(file: PaymentFile, today: date) -> Sequence[Judged]:
    """What became, or would become, of each line."""
    return report(file) if file.taken_at else preview(file, today)
