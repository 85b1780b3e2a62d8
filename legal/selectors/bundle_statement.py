"""The draft statement of a court bundle: each sentence points to the record that it is taken from.

A sentence without a record is not written. The officer who signs reads it, and puts it right.
"""

from collections.abc import Iterator

from attendance.selectors.registers import marks_of
from legal.selectors.bundle_records import changes, counted, sessions_of
from legal.selectors.bundle_sheets import Block, Desk, Line, Sheet, local_day, some
from legal.selectors.payments import lying_on
from rules import absence
from rules.compulsory_age import compulsory_days
from rules.dates import in_words
from rules.notice_references import in_groups
from rules.tariffs import in_pounds

DECLARATION = (
    "This statement, of as many pages as are signed, is true to the best of my knowledge and"
    " belief. I make it knowing that, if it is put in evidence, I can be prosecuted if I have said"
    " in it anything that I know to be false or do not believe to be true."
)


def statement(desk: Desk) -> Sheet:
    """A draft under section 9 of the Criminal Justice Act 1967."""
    return Sheet(
        "Draft statement of a witness",
        (Block("", some(_sentences(desk)), numbered=True),),
        intro=(
            "Criminal Justice Act 1967, section 9. A DRAFT, put together from the council's"
            " records: read each sentence with its record, put it right, then sign it.",
            f"About {desk.parent}, and the absence of {desk.child} from"
            f" {desk.prosecution.school.name}.",
            DECLARATION,
        ),
        sign=("Signature", "Name", "Position", "Date"),
    )


def _sentences(desk: Desk) -> Iterator[Line | None]:
    yield from _who(desk)
    yield from _absence(desk)
    yield from _support(desk)
    yield from _letters(desk)
    yield from _notice(desk)
    yield from _end(desk)


def _who(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    yield desk.line(f"{desk.child} was born on {in_words(one.pupil.born_on)}.", to="child")
    yield desk.line(
        f"{desk.child} is a registered pupil at {one.school.name}, on roll since"
        f" {in_words(one.enrolment.starts_on)}.",
        to="roll",
    )
    days = compulsory_days(one.pupil.born_on)
    if one.first in days and one.last in days:
        yield desk.line(
            f"On each day from {in_words(one.first)} to {in_words(one.last)} the child was of"
            " compulsory school age.",
            to="child",
        )
    link = desk.link()
    if link is not None:
        yield desk.line(
            f"The school's record names {desk.parent} as {link.relationship} of the child.",
            to="parent",
        )


def _absence(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    found = absence.tally(marks_of(one.enrolment, one.first, one.last))
    sessions = sessions_of(one)
    yield desk.line(
        f"From {in_words(one.first)} to {in_words(one.last)} the child could have attended"
        f" {found.possible} sessions, each half a day, and attended {found.attended}.",
        to="certificate",
    )
    if sessions:
        yield desk.line(
            f"The prosecution rests on {len(sessions)} sessions of absence without leave:"
            f" {counted(one)}.",
            to="sessions",
        )
    if one.proof.get("verdict"):
        yield desk.line(
            f"The national threshold was worked out from the register: {one.proof['verdict']}",
            to="proof",
        )
    changed = len({entry.when for entry in changes(desk)})
    if changed:
        told = "1 mark was" if changed == 1 else f"{changed} marks were"
        text = f"{told} changed after the first entry: the history shows by whom, when and why."
    else:
        text = "No mark of this time was changed after the first entry."
    yield desk.line(text, to="register")


def _support(desk: Desk) -> Iterator[Line | None]:
    if desk.case is None:
        return
    adult = desk.prosecution.adult_id
    for contract in desk.case.contracts.filter(parties__adult=adult).order_by("pk"):
        if contract.agreed_on:
            yield desk.line(
                f"An attendance contract with {desk.parent} was agreed on"
                f" {in_words(contract.agreed_on)}.",
                to=f"contract-{contract.reference}",
            )
    for cycle in desk.case.cycles.order_by("number"):
        yield desk.line(
            f"Plan {cycle.number} was made on {in_words(cycle.starts_on)}: {cycle.aim}",
            to=f"plan-{cycle.number}",
        )
    for given in desk.case.support.order_by("starts_on", "pk"):
        yield desk.line(
            f"From {in_words(given.starts_on)} this support was given: {given.label}.",
            to=f"support-{given.pk}",
        )


def _letters(desk: Desk) -> Iterator[Line | None]:
    notice = desk.notice
    for row in desk.letters:
        letter = row.letter
        if notice is not None and notice.letter_id == row.pk:
            continue  # how a notice was served has a record of its own
        yield desk.line(
            f"On {local_day(letter.handed_over_at)} a letter went to {desk.parent}"
            f" {letter.get_route_display().lower()}: {letter.title} ({letter.reference}).",
            to=f"letter-{letter.reference}",
        )


def _notice(desk: Desk) -> Iterator[Line | None]:
    notice = desk.notice
    if notice is None:
        return
    name = in_groups(notice.reference)
    yield desk.line(
        f"Penalty notice {name} was issued to {desk.parent} on {in_words(notice.issued_on)}, for"
        f" {in_pounds(notice.full_pence)}.",
        to=_copy(desk),
    )
    if notice.received_on is not None:
        yield desk.line(
            f"It counts as received on {in_words(notice.received_on)}: {notice.receipt['why']}",
            to="service",
        )
    if notice.full_until is not None:
        yield desk.line(f"The last day to pay was {in_words(notice.full_until)}.", to="notice")
    paid = sum(lying_on(notice).values())
    yield desk.line(
        f"On {in_words(desk.today)} the council's ledger held {in_pounds(paid)} on this notice.",
        to="payments",
    )


def _copy(desk: Desk) -> str:
    """Where the notice itself is: its letter as it went, else what the record says of it."""
    ours = (row for row in desk.letters if desk.notice and row.pk == desk.notice.letter_id)
    row = next(ours, None)
    return f"letter-{row.letter.reference}" if row else "notice"


def _end(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    considered = one.order.considered_on if one.order is not None else one.considered_on
    if considered is not None:
        yield desk.line(
            "The council considered an education supervision order on"
            f" {in_words(considered)}, before it went on.",
            to="supervision",
        )
    if one.asked_on is not None:
        yield desk.line(
            f"On {in_words(one.asked_on)} {desk.parent} was asked about the absence in writing,"
            " under caution.",
            to="pace-asked",
        )
    if one.answered_on is not None:
        yield desk.line(
            f"{desk.parent} answered on {in_words(one.answered_on)}.", to="pace-answered"
        )
