"""What the council holds that may help the parent, or weaken its own case: all of it is listed.

Nobody chooses: each kind of record is looked through each time. What is of somebody else is left
out and counted, and the prosecutor's own file lists it for a decision by hand.
"""

from collections.abc import Iterator
from datetime import date

from django.utils.timezone import localdate

from attendance.models import (
    Arrangement,
    ArrangementKind,
    Contact,
    EvidenceRequest,
    LeaveRequest,
    PartTimeAgreement,
    PupilFlag,
)
from attendance.selectors.proof import session_words
from attendance.selectors.registers import marks_of
from cases.models import PlannedAction
from legal.models import (
    BrakeAnswer,
    GateAnswerKind,
    GateOverride,
    GateStatement,
    ImprovementNotice,
    LedgerEntry,
    LedgerKind,
    LegalRecheck,
    PenaltyNotice,
    Prosecution,
    ProsecutionTest,
    Representation,
    Withdrawal,
)
from legal.selectors.bundle_records import changes, mark_words
from legal.selectors.bundle_sheets import LEFT_OUT, Block, Desk, Line, Sheet, on_day, some
from legal.selectors.gate_tests import TESTS
from rules.attendance_codes import Kind, code_on
from rules.dates import in_words
from rules.gates import ASPECTS
from rules.notice_references import in_groups
from rules.representations import GROUNDS
from rules.tariffs import in_pounds

KIND_WORDS = {"penalty": "Penalty notice", "prosecution": "Prosecution file"}
GROUND_WORDS = {str(one.ground): one.words for one in GROUNDS}


def disclosure(desk: Desk) -> Sheet:
    """The schedule, one block for each kind of record."""
    return Sheet(
        "Disclosure schedule: what may help the parent",
        (
            Block("Marks that were changed", some(_changed(desk)), "No mark was changed."),
            Block(
                "What was decided after marks were corrected",
                some(_rechecked(desk)),
                "Nothing was.",
            ),
            Block("Absence with a reason", some(_authorised(desk)), "No session had one."),
            Block("Requests for leave", some(_leave(desk)), "None is on record."),
            Block("Part-time timetables", some(_part_time(desk)), "None is on record."),
            Block("Medical evidence", some(_medical(desk)), "None was asked for or given."),
            Block("Reasons that the family gave", some(_contacts(desk)), "None is on record."),
            Block("What the parent said against a notice", some(_said_against(desk)), "Nothing."),
            Block("Payments, and money sent back", _money(desk)),
            Block("Notices taken back", some(_withdrawn(desk)), "None was."),
            Block("Notices to Improve, and what came of them", some(_improved(desk)), "None."),
            Block("Needs and circumstances", some(_needs(desk)), "None is on record."),
            Block("What was thought of before a notice", some(_brake(desk)), "Nothing."),
            Block(
                "Support promised by the school or the council and not given by its day",
                some(_not_done(desk)),
                "All that was promised was given by its day.",
            ),
            Block("Stated not to be so", some(_not_so(desk)), "Nothing was."),
            Block("Tests that were not passed", some(_not_passed(desk)), "None is on record."),
            Block("Requirements that were gone past", some(_gone_past(desk)), "None was."),
            Block("What the parent answered under caution", some(_answers(desk)), "Nothing."),
        ),
        intro=(
            "Listed whether or not the council relies on it. Ask for a copy of any record here.",
            "Records about other people are left out. The prosecutor holds a list of them.",
        ),
    )


def _changed(desk: Desk) -> Iterator[Line | None]:
    for entry in changes(desk):
        day = entry.when.day
        why = desk.guard.text(entry.reason, "Why a mark was changed")
        was, became = (mark_words(desk, code, day) for code in (entry.former, entry.code))
        yield Line(
            f"{was} became {became}. {LEFT_OUT if why is None else why}".strip(),
            session_words(entry.when),
            to=f"mark-{day.isoformat()}-{int(entry.when.session)}",
        )


def _rechecked(desk: Desk) -> Iterator[Line | None]:
    """About the notices to this parent for this child, and the prosecutions of them."""
    one = desk.prosecution
    files = Prosecution.objects.filter(pupil=one.pupil_id, adult=one.adult_id)
    subjects = [f"legal.PenaltyNotice:{notice.pk}" for notice in _notices(desk)]
    subjects += [f"legal.Prosecution:{pk}" for pk in files.values_list("pk", flat=True)]
    rows = LegalRecheck.objects.filter(subject__in=subjects).exclude(lost=[])
    for row in rows.order_by("found_at", "pk"):
        days = ", ".join(in_words(date.fromisoformat(day)) for day in _days(row))
        decided = row.get_decision_display() if row.decision else "Not decided yet"
        yield desk.line(
            f"{KIND_WORDS[row.kind]} {row.thing}: half days of {days} say something else now."
            f" {decided}. {row.reason}".strip(),
            when=on_day(localdate(row.found_at)),
            what=f"A decision on corrected marks, {row.reference}",
        )


def _days(row: LegalRecheck) -> list[str]:
    return sorted({str(one["day"]) for one in row.lost})


def _authorised(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    for mark in marks_of(one.enrolment, one.first, one.last):
        if code_on(mark.code, mark.day).kind is Kind.AUTHORISED or mark.code == "N":
            yield Line(
                mark_words(desk, mark.code, mark.day),
                session_words(mark.when),
                to=f"mark-{mark.day.isoformat()}-{int(mark.session)}",
            )


def _since(desk: Desk) -> date:
    """A year before the offence: what happened then may still explain it."""
    first = desk.prosecution.first
    return date(first.year - 1, first.month, min(first.day, 28))


def _leave(desk: Desk) -> Iterator[Line | None]:
    rows = LeaveRequest.objects.filter(
        enrolment=desk.prosecution.enrolment_id, last_day__gte=_since(desk)
    ).select_related("asked_by")
    for row in rows.order_by("asked_on", "pk"):
        if row.asked_by_id not in (None, desk.prosecution.adult_id):
            desk.guard.kept_out.append(
                (f"A request for leave, {row.reference}", "Somebody else asked for it.")
            )
            continue
        yield desk.line(
            f"{in_words(row.first_day)} to {in_words(row.last_day)}:"
            f" {row.get_state_display().lower()}. {row.reason} {row.decision_reason}".strip(),
            when=f"Asked {in_words(row.asked_on)}",
            what=f"A request for leave, {row.reference}",
        )


def _part_time(desk: Desk) -> Iterator[Line | None]:
    rows = Arrangement.objects.filter(
        enrolment=desk.prosecution.enrolment_id,
        kind=ArrangementKind.PART_TIME,
        ends_on__gte=_since(desk),
    )
    agreed = {
        row.arrangement_id: row for row in PartTimeAgreement.objects.filter(arrangement__in=rows)
    }
    for row in rows.order_by("starts_on", "pk"):
        why = f" {agreed[row.pk].why}" if row.pk in agreed else ""
        early = f", ended early on {in_words(row.ended_on)}" if row.ended_on else ""
        yield desk.line(
            f"{in_words(row.starts_on)} to {in_words(row.ends_on)}{early}.{why}",
            when="Agreed " + in_words(localdate(row.agreed_at)),
            what=f"A part-time timetable, {row.reference}",
        )


def _medical(desk: Desk) -> Iterator[Line | None]:
    rows = EvidenceRequest.objects.filter(
        enrolment=desk.prosecution.enrolment_id, last_day__gte=_since(desk)
    )
    for row in rows.order_by("asked_on", "pk"):
        if row.asked_of_id != desk.prosecution.adult_id:
            desk.guard.kept_out.append(
                (f"A request for medical evidence, {row.reference}", "It went to somebody else.")
            )
            continue
        yield desk.line(
            f"For {in_words(row.first_day)} to {in_words(row.last_day)}:"
            f" {row.get_outcome_display().lower()}. {row.outcome_note}".strip(),
            when=f"Asked {in_words(row.asked_on)}",
            what=f"A request for medical evidence, {row.reference}",
        )


def _contacts(desk: Desk) -> Iterator[Line | None]:
    rows = Contact.objects.filter(
        enrolment=desk.prosecution.enrolment_id, made_at__date__gte=_since(desk)
    ).exclude(reason_given="")
    for row in rows.order_by("made_at", "pk"):
        if row.adult_id not in (None, desk.prosecution.adult_id):
            desk.guard.kept_out.append(
                (f"A contact, {row.reference}", "It was with somebody else.")
            )
            continue
        yield desk.line(
            f"{row.get_way_display()}: {row.reason_given}",
            when=on_day(row.made_at.date()),
            what=f"A contact, {row.reference}",
        )


def _notices(desk: Desk) -> list[PenaltyNotice]:
    one = desk.prosecution
    rows = PenaltyNotice.objects.filter(pupil=one.pupil_id, adult=one.adult_id)
    return list(rows.order_by("issued_on", "pk"))


def _said_against(desk: Desk) -> Iterator[Line | None]:
    rows = Representation.objects.filter(notice__in=_notices(desk)).select_related("notice")
    for row in rows.order_by("received_on", "pk"):
        name = in_groups(row.notice.reference)
        answer = f" Answer: {row.answer}" if row.answered_on else " Not answered yet."
        kept = desk.line(
            f"On {name}: {row.words}{answer}",
            when=in_words(row.received_on),
            key=f"against-{row.reference}",
            what=f"What the parent said, {row.reference}",
        )
        yield kept


def _money(desk: Desk) -> tuple[Line, ...]:
    rows = (
        LedgerEntry.objects.filter(notice__in=_notices(desk))
        .select_related("notice")
        .order_by("on", "pk")
    )
    lines = [
        Line(
            f"{LedgerKind(row.kind).label}: {in_pounds(row.pence)},"
            f" {in_groups(row.notice.reference)}.",
            in_words(row.on),
            "payments" if number == 0 else "",
        )
        for number, row in enumerate(rows)
        if row.notice is not None
    ]
    return tuple(lines) or (
        Line("The ledger holds no payment on a notice to this parent.", key="payments"),
    )


def _withdrawn(desk: Desk) -> Iterator[Line | None]:
    rows = Withdrawal.objects.filter(notice__in=_notices(desk)).select_related("notice")
    for row in rows.order_by("asked_on", "pk"):
        done = {True: "withdrawn", False: "not withdrawn", None: "waiting"}[row.done]
        yield desk.line(
            f"{in_groups(row.notice.reference)}: {done}. "
            f"{GROUND_WORDS.get(row.ground, row.ground)}. {row.words}",
            when=in_words(row.asked_on),
        )


def _improved(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    rows = ImprovementNotice.objects.filter(enrolment=one.enrolment_id).order_by("pk")
    for row in rows:
        result = row.result or {}
        figures = (
            f" {result['unauthorised']} unauthorised of {result['possible']} sessions."
            if {"unauthorised", "possible"} <= set(result)
            else ""
        )
        yield desk.line(
            f"{row.get_state_display()}.{figures} {row.words}".strip(),
            when=on_day(row.issued_on) or "Not used",
        )


def _needs(desk: Desk) -> Iterator[Line | None]:
    for row in PupilFlag.objects.filter(pupil=desk.prosecution.pupil_id).order_by("starts_on"):
        until = f" to {in_words(row.ends_on)}" if row.ends_on else ""
        yield desk.line(
            f"{row.get_kind_display()}. {row.note}".strip(),
            when=f"From {in_words(row.starts_on)}{until}",
        )
    if desk.prosecution.adult.needs:
        yield desk.line(desk.prosecution.adult.needs, when="The parent's own")


def _brake(desk: Desk) -> Iterator[Line | None]:
    rows = BrakeAnswer.objects.filter(enrolment=desk.prosecution.enrolment_id).exclude(applies="no")
    for row in rows.order_by("on", "pk"):
        adjusted = f" Tried: {row.adjusted}" if row.adjusted else ""
        yield desk.line(
            f"{ASPECTS.get(row.aspect, row.aspect)}: {row.get_applies_display().lower()}."
            f" {row.considered}{adjusted}",
            when=in_words(row.on),
        )


def _not_done(desk: Desk) -> Iterator[Line | None]:
    if desk.case is None:
        return
    rows = PlannedAction.objects.filter(
        cycle__case=desk.case, owner__isnull=False, dropped=False, due_on__lt=desk.today
    )
    for row in rows.select_related("cycle").order_by("due_on", "pk"):
        if row.done_on is None or row.done_on > row.due_on:
            done = f"done {in_words(row.done_on)}" if row.done_on else "not done"
            yield desk.line(
                f"{row.words} Due {in_words(row.due_on)}: {done}.",
                when=f"Plan {row.cycle.number}",
                to=f"plan-{row.cycle.number}",
            )


def _not_so(desk: Desk) -> Iterator[Line | None]:
    """Statements before a step that a test of the law or of a policy is not met. All, also old."""
    one = desk.prosecution
    rows = GateStatement.objects.filter(enrolment=one.enrolment_id, answer=GateAnswerKind.NOT_SO)
    for row in rows.order_by("on", "pk"):
        if row.adult_id not in (None, one.adult_id):
            desk.guard.kept_out.append(("A statement before a step", "It is about somebody else."))
            continue
        asked = TESTS[row.test].words if row.test in TESTS else "An item of a policy"
        yield desk.line(
            f"{row.get_step_display()}. {asked}: it is not so. {row.words}",
            when=in_words(row.on),
        )


def _not_passed(desk: Desk) -> Iterator[Line | None]:
    """That a test of this file was not passed. How it was weighed stays with the prosecutor."""
    rows = ProsecutionTest.objects.filter(prosecution=desk.prosecution, passed=False)
    for row in rows.order_by("pk"):
        yield desk.line(f"The {row.test} test was made and not passed.", when=in_words(row.on))


def _gone_past(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    rows = GateOverride.objects.filter(enrolment=one.enrolment_id, agreed=True)
    for row in rows.order_by("asked_on", "pk"):
        if row.adult_id in (None, one.adult_id):
            missing = "; ".join(str(item.get("words", "")) for item in row.missing)
            yield desk.line(f"{missing}. Why: {row.reason}", when=in_words(row.asked_on))


def _answers(desk: Desk) -> Iterator[Line | None]:
    if desk.prosecution.answered_on is not None:
        yield Line(
            "The answers are in this bundle.",
            in_words(desk.prosecution.answered_on),
            to="pace-answered",
        )
