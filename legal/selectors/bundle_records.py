"""The records of a court bundle: register and its history, proof, service, chronology, support."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from django.db.models import Q

from attendance.access import shown_code, shown_meaning
from attendance.models.registers import Source
from attendance.selectors.proof import session_words
from attendance.selectors.registers import Entry as Mark_
from attendance.selectors.registers import history
from cases.models import CaseLetter, Contract, Cycle, Side
from cases.selectors import contracts, cycles, meetings
from cases.selectors.chronology import chronology
from cases.selectors.support import support_of
from legal.models import LegalEvent, Prosecution
from legal.selectors.bundle_sheets import (
    LEFT_OUT,
    Block,
    Desk,
    Line,
    Sheet,
    at_moment,
    on_day,
    some,
)
from legal.selectors.penalties import clock_words, office_of, period_of, representations_of
from rules.dates import in_words
from rules.defences import CAUTION, RIGHTS, questionnaire
from rules.marks import DatedSession, Session
from rules.notice_references import in_groups
from rules.prosecutions import OFFENCES, Offence

PROMISED = {
    Side.PARENT: "The parent",
    Side.SCHOOL: "The school",
    Side.AUTHORITY: "The council",
    Side.PUPIL: "The pupil",
}


def sessions_of(prosecution: Prosecution) -> list[tuple[DatedSession, str]]:
    """The sessions that it rests on, in time order, each with its code."""
    return sorted(
        (DatedSession(date.fromisoformat(one["day"]), Session(one["session"])), one["code"])
        for one in prosecution.sessions
    )


def session_key(when: DatedSession) -> str:
    """The anchor of a session."""
    return f"session-{when.day.isoformat()}-{int(when.session)}"


def counted(prosecution: Prosecution) -> str:
    """The sessions by code: 8 with code O, 2 with code U."""
    codes = Counter(code for _, code in sessions_of(prosecution))
    return ", ".join(f"{count} with code {code}" for code, count in sorted(codes.items()))


# The register


def register(desk: Desk) -> Sheet:
    """Each mark of the period with everything that happened to it, as the ledger holds it."""
    one = desk.prosecution
    found: dict[DatedSession, list[Mark_]] = {}
    for entry in history(one.enrolment, one.first, one.last):
        found.setdefault(entry.when, []).append(entry)
    lines = [
        Line(
            " ".join(_said(desk, entry) for entry in sorted(entries, key=lambda one: one.at)),
            session_words(when),
            f"mark-{when.day.isoformat()}-{int(when.session)}",
        )
        for when, entries in sorted(found.items())
    ]
    changed = sum(any(not entry.first for entry in entries) for entries in found.values())
    told = "1 mark was" if changed == 1 else f"{changed} marks were"
    return Sheet(
        "Register extract with its history",
        (Block("Each session, and what happened to its mark", tuple(lines), "No mark is kept."),),
        intro=(
            f"{desk.child}, {one.school.name}, {in_words(one.first)} to {in_words(one.last)}.",
            f"{told} changed after the first entry. Nothing in this history can be changed or"
            " removed: a correction is one more entry.",
        ),
    )


def changes(desk: Desk) -> list[Mark_]:
    """The changes of marks of the period, the oldest first."""
    one = desk.prosecution
    return [entry for entry in history(one.enrolment, one.first, one.last) if not entry.first]


def mark_words(desk: Desk, code: str, day: date) -> str:
    """A code with its meaning."""
    if not code:
        return "no mark"
    shown = shown_code(code, day, in_full=desk.in_full)
    return f"{shown} ({shown_meaning(code, day, in_full=desk.in_full)})"


def _said(desk: Desk, entry: Mark_) -> str:
    day = entry.when.day
    became = mark_words(desk, entry.code, day)
    by = ", ".join(part for part in (entry.name, entry.position) if part)
    by = desk.guard.blackened(by)
    source = Source(entry.source).label.lower()
    if entry.first:
        return f"Entered as {became} on {at_moment(entry.at)} by {by} (from: {source})."
    was = mark_words(desk, entry.former, day)
    why = desk.guard.text(entry.reason, f"Why a mark was changed, {session_words(entry.when)}")
    return (
        f"Changed from {was} to {became} on {at_moment(entry.at)} by {by}."
        f" {LEFT_OUT if why is None else f'Reason: {why}.' if why else ''}".rstrip()
    )


# What it rests on


def basis(desk: Desk) -> Sheet:
    """The parent, the sessions, the threshold's frozen proof, the notice and what came first."""
    return Sheet(
        "What the prosecution rests on",
        (
            Block("The parent and the child", some(_family(desk))),
            Block("The offence", some(_offence(desk))),
            Block("The sessions", tuple(_sessions(desk)), "No session is frozen yet."),
            Block("The threshold, as proved then", some(_proof(desk)), "No proof was frozen."),
            Block("The penalty notice", some(_notice(desk)), "There was no penalty notice."),
            Block(
                "An education supervision order",
                some(_order(desk)),
                "Nothing is on record: the council must consider one before it prosecutes.",
            ),
        ),
    )


def _family(desk: Desk) -> Iterator[Line | None]:
    one, link = desk.prosecution, desk.link()
    pupil, enrolment = one.pupil, one.enrolment
    yield desk.line(
        f"{desk.child}, born on {in_words(pupil.born_on)}.", when="The child", key="child"
    )
    until = f" to {in_words(enrolment.ends_on)}" if enrolment.ends_on else ""
    yield desk.line(
        f"{one.school.name}: on roll from {in_words(enrolment.starts_on)}{until}.",
        when="On roll",
        key="roll",
    )
    if link is None:
        yield Line("The parent is no longer on the child's record.", "The parent", "parent")
        return
    care = "has care of the child" if link.has_care == "yes" else "care is not on record"
    yield desk.line(
        f"{desk.parent} is on record as {link.relationship}. Parental responsibility:"
        f" {link.get_parental_responsibility_display().lower()}; {care}.",
        when="The parent",
        key="parent",
    )


def _offence(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    law = OFFENCES[Offence(one.offence)]
    yield Line(f"{law.words}.", f"Section {one.offence}", "offence")
    for number, proof in enumerate(law.proofs, start=1):
        yield Line(proof, f"To be proved, {number}")


def _sessions(desk: Desk) -> Iterator[Line]:
    for number, (when, code) in enumerate(sessions_of(desk.prosecution)):
        key = session_key(when)
        text = mark_words(desk, code, when.day)
        yield Line(text, session_words(when), "sessions" if number == 0 else key)


def _proof(desk: Desk) -> Iterator[Line | None]:
    proof = desk.prosecution.proof
    if not proof.get("verdict"):
        return
    as_of = date.fromisoformat(proof["as_of"]) if proof.get("as_of") else None
    yield desk.line(str(proof["verdict"]), when=f"On {on_day(as_of)}", key="proof")
    weeks = [date.fromisoformat(day) for day in proof.get("weeks", [])]
    if weeks:
        said = ", ".join(in_words(day) for day in weeks)
        yield Line(f"The school weeks that begin on {said}.", f"{len(weeks)} school weeks")
    for number, kept in enumerate(proof.get("sessions", []), start=1):
        when = DatedSession(date.fromisoformat(kept["day"]), Session(kept["session"]))
        yield Line(f"{session_words(when)}: {kept['code']}", f"Session {number}")


def _notice(desk: Desk) -> Iterator[Line | None]:
    notice = desk.notice
    if notice is None:
        return
    yield desk.line(
        f"{in_groups(notice.reference)}, by {notice.officer}.", when="The notice", key="notice"
    )
    period = period_of(notice, representations_of(notice), office_of(notice.authority_id))
    for name, text in clock_words(notice, period, desk.today):
        key = "service" if name.startswith("Received") else ""
        yield desk.line(text, when=name, key=key)


def _order(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    if one.order is not None:
        yield desk.line(
            one.order.considered, when=on_day(one.order.considered_on), key="supervision"
        )
    elif one.considered_on:
        yield desk.line(one.considered, when=on_day(one.considered_on), key="supervision") or Line(
            "Considered.", on_day(one.considered_on), "supervision"
        )


# Letters


def service(desk: Desk) -> Sheet:
    """Each letter to the parent: when it was made, how it went, and the proof."""
    return Sheet(
        "Letters, and proof of service",
        tuple(Block(_title(desk, row), some(_service(desk, row))) for row in desk.letters),
        intro=(
            "Each letter follows as it was sent: the same bytes, whose SHA-256 is given.",
            f"These are the letters to {desk.parent}. Letters to anybody else are not here.",
        ),
    )


def _title(desk: Desk, row: CaseLetter) -> str:
    return desk.guard.blackened(f"{row.letter.title} ({row.letter.reference})")


def _service(desk: Desk, row: CaseLetter) -> Iterator[Line | None]:
    letter = row.letter
    name = f"letter-{letter.reference}"
    by = letter.approved_by.name if letter.approved_by else "the policy in force"
    yield desk.line(
        f"{at_moment(letter.approved_at)}, by {by}.", when="Approved", key=f"served-{name}"
    )
    yield Line(
        f"{at_moment(letter.handed_over_at)}, to go {letter.get_route_display().lower()}.",
        "Handed over",
    )
    notice = desk.notice
    if notice is not None and notice.letter_id == row.pk and notice.receipt:
        method = notice.receipt.get("method", "")
        yield desk.line(f"{on_day(notice.posted_on)}, {method}.", when="Served")
        yield desk.line(str(notice.receipt.get("why", "")), when="Received")
        yield desk.line(str(notice.receipt.get("proof", "")), when="Proof")
    yield Line(letter.document.sha256, "SHA-256", to=name)


# What happened


def chronicle(desk: Desk) -> Sheet:
    """The case's chronology and the legal steps, the oldest first. Other parents' are not there."""
    found = [*_case_entries(desk), *_legal_entries(desk)]
    lines = tuple(line for _, line in sorted(found, key=lambda pair: pair[0]))
    return Sheet(
        "Chronology",
        (Block("What happened, the oldest first", lines, "Nothing is on record."),),
    )


def _case_entries(desk: Desk) -> Iterator[tuple[str, Line]]:
    if desk.case is None:
        return
    ours = {row.letter.reference for row in desk.letters}
    for number, entry in enumerate(reversed(chronology(desk.case, desk.reach))):
        if entry.letter and entry.letter not in ours:
            continue
        by = f" ({entry.by})" if entry.by else ""
        line = desk.line(
            f"{entry.title}{by}. {entry.text}".strip(),
            when=at_moment(entry.at),
            key=f"entry-{number}",
            to=f"letter-{entry.letter}" if entry.letter else "",
            what=f"Entry {number + 1} of the chronology, {at_moment(entry.at)}",
        )
        if line is not None:
            yield entry.at.isoformat(), line


def _legal_entries(desk: Desk) -> Iterator[tuple[str, Line]]:
    for row in legal_events(desk):
        by = row.made_by.name if row.made_by else "Onroll"
        thing = row.subject.partition(":")[0].removeprefix("legal.")
        line = desk.line(
            f"{SAID[thing]}: {_event_words(row.event)} ({by}). {row.words}".strip(),
            when=on_day(row.on),
            key=f"legal-{row.pk}",
            what=f"Legal step {row.pk}, {on_day(row.on)}",
        )
        if line is not None:
            yield row.made_at.isoformat(), line


SAID = {
    "ImprovementNotice": "Notice to Improve",
    "PenaltyNotice": "Penalty notice",
    "Prosecution": "Prosecution",
    "SupervisionOrder": "Education supervision order",
}
# Of the prosecution's own file: what was done. What the prosecutor thought of it is not served.
DONE = ("ask", "answer", "no_answer", "notify", "summon", "list", "decide")


HAPPENED = {
    "issue": "issued",
    "serve": "served",
    "rebut": "shown to have arrived on another day, or never",
    "represent": "the parent said something against it",
    "stand": "what the parent said was answered, and it stands",
    "stand_unpaid": "what the parent said was answered, and it stands",
    "period_over": "the time to pay was over",
    "pay": "paid",
    "unpay": "found not to be paid",
    "withdraw": "withdrawn",
    "prepare": "prepared for prosecution",
    "prosecute": "the court decided",
    "ask": "the letter under caution was sent",
    "answer": "the parent answered",
    "no_answer": "no answer came in time",
    "notify": "charged, by a single justice procedure notice",
    "summon": "charged, by a summons",
    "list": "a hearing was listed",
    "decide": "the court decided",
}


def _event_words(event: str) -> str:
    """What happened, in words."""
    return HAPPENED.get(event, event.replace("_", " "))


def legal_events(desk: Desk) -> list[LegalEvent]:
    """The legal steps about this child that concern this parent, or none alone."""
    one = desk.prosecution
    whose = Q(adult=one.adult_id) | Q(adult=None)
    done = Q(event__in=DONE) | ~Q(subject__startswith="legal.Prosecution:")
    things = Q()
    for name in SAID:
        things |= Q(subject__startswith=f"legal.{name}:")
    rows = LegalEvent.objects.filter(whose, done, things, enrolment=one.enrolment_id)
    return list(rows.select_related("made_by").order_by("made_at", "pk"))


# Support


def support(desk: Desk) -> Sheet:
    """Contracts, plans, support and meetings of the case."""
    if desk.case is None:
        return Sheet("Plans, contracts and support", (), intro=("There was no case.",))
    return Sheet(
        "Plans, contracts and support",
        (
            *(_contract(desk, row) for row in _contracts(desk)),
            *(_plan(desk, row) for row in reversed(cycles.cycles_of(desk.case))),
            Block("Support given", some(_support(desk)), "No support is on record."),
            Block("Meetings", some(_meetings(desk)), "No meeting is on record."),
        ),
    )


def _contracts(desk: Desk) -> list[Contract]:
    """The contracts with this parent, the oldest first."""
    assert desk.case is not None  # noqa: S101  asked before
    rows = contracts.contracts_of(desk.case).filter(parties__adult=desk.prosecution.adult_id)
    return list(rows.order_by("pk"))


def _contract(desk: Desk, row: Contract) -> Block:
    copy = contracts.copy_for(row, desk.prosecution.adult, desk.today)
    lines = [
        desk.line(
            f"{on_day(row.starts_on)} to {on_day(row.ends_on)}. {row.get_state_display()}.",
            when="From and to",
            key=f"contract-{row.reference}",
        )
    ]
    for side in Side:
        lines += [
            desk.line(words, when=f"{PROMISED[side]} promised") for words in copy.promises[side]
        ]
    lines += [
        desk.line(
            f"{in_words(one.signed_on)}, {one.get_way_display().lower()}",
            when=f"Signed: {one.get_side_display().lower()}",
        )
        for one in copy.signatures
    ]
    return Block(f"Attendance contract {row.reference}", some(lines))


def _plan(desk: Desk, row: Cycle) -> Block:
    lines = [
        desk.line(
            f"{row.aim} From {on_day(row.starts_on)} to {on_day(row.review_on)}.",
            when="What it is for",
            key=f"plan-{row.number}",
        )
    ]
    lines += [
        desk.line(f"{one.what} By {on_day(one.by)}.", when="Target") for one in row.targets.all()
    ]
    lines += [
        desk.line(
            f"{one.words} Due {on_day(one.due_on)};"
            f" {f'done {on_day(one.done_on)}' if one.done_on else 'not done'}.",
            when="Action",
        )
        for one in row.actions.all()
        if not one.dropped
    ]
    lines += [
        desk.line(
            f"What worked: {one.worked} What did not: {one.did_not_work or 'nothing was named'}."
            f" Next: {one.next_steps}",
            when=f"Looked at {on_day(one.held_on)}",
        )
        for one in row.reviews.all()
    ]
    return Block(f"Plan {row.number}", some(lines))


def _support(desk: Desk) -> Iterator[Line | None]:
    assert desk.case is not None  # noqa: S101  asked before
    for row in reversed(support_of(desk.case)):
        ended = (
            f" Ended {on_day(row.ended_on)}: {row.get_outcome_display()}." if row.outcome else ""
        )
        yield desk.line(
            f"{row.label}, by {row.who}.{ended} {row.outcome_words}".strip(),
            when=f"From {on_day(row.starts_on)}",
            key=f"support-{row.pk}",
        )


def _meetings(desk: Desk) -> Iterator[Line | None]:
    assert desk.case is not None  # noqa: S101  asked before
    for row in reversed(meetings.meetings_of(desk.case)):
        written = list(row.minutes.all())
        said = written[-1] if written else None
        text = f"{row.meeting.label}: {row.meeting.get_state_display().lower()}."
        if said is not None:
            text += f" Outcome: {said.outcome} The parents said: {said.parent_said or 'nothing'}."
        yield desk.line(
            text, when=at_moment(row.meeting.starts_at), key=f"meeting-{row.meeting.reference}"
        )


# The caution


def caution(desk: Desk) -> Sheet:
    """What the parent was asked under caution, and what they answered."""
    one = desk.prosecution
    asked = {question.key: question.words for question in questionnaire(Offence(one.offence))}
    lines = [
        desk.line(f"{words} Answer: {one.answers.get(key) or 'none'}.", when=f"Question {number}")
        for number, (key, words) in enumerate(asked.items(), start=1)
    ]
    lines += [
        desk.line(f"{text}", when="Also said")
        for key, text in one.answers.items()
        if key not in asked and text
    ]
    said = [
        Line(CAUTION, "The caution", "pace-caution"),
        *(Line(right, "Told") for right in RIGHTS),
    ]
    if one.asked_on:
        until = f", to be answered by {on_day(one.answer_by)}" if one.answer_by else ""
        said.append(Line(f"Asked on {on_day(one.asked_on)}{until}.", "Asked", "pace-asked"))
    if one.answered_on:
        way = f", {one.answer_way}" if one.answer_way else ""
        said.append(
            Line(f"Answered on {on_day(one.answered_on)}{way}.", "Answered", "pace-answered")
        )
    return Sheet(
        "Caution, questions and answers",
        (Block("The caution", tuple(said)), Block("Questions and answers", some(lines))),
    )
