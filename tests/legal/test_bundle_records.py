"""What the papers of a bundle say, before they are printed."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from attendance.models import Arrangement, EvidenceRequest, PartTimeAgreement
from attendance.services.registers import amend_mark
from authorities.permissions import Role
from cases.models import CycleReview, GivenSupport
from legal.models import (
    GateOverride,
    GateStatement,
    ImprovementNotice,
    LegalRecheck,
    Prosecution,
    ProsecutionTest,
    SupervisionOrder,
)
from legal.selectors import bundle_internal, bundle_records
from legal.selectors.bundle_disclosure import disclosure
from legal.selectors.bundle_people import guard_of
from legal.selectors.bundle_sheets import LEFT_OUT, Block, Desk, Line, Sheet
from legal.selectors.bundle_statement import statement
from legal.services.bundle_pdf import BrokenLink, Chapter, Paper, bind
from legal.services.bundle_press import LINES_A_PIECE, pieces, printers
from rules.marks import DatedSession, Session
from tests.cases import contracts, meeting_scenes, planned
from tests.cases.family import NOW
from tests.cast import TODAY
from tests.legal import gate_scenes
from tests.legal.payment_scenes import Till
from tests.legal.penalty_scenes import TEN, Room, at, office

LATER = date(2027, 1, 12)


@pytest.fixture(name="desk")
def a_full_desk(cast, family) -> Desk:
    """Everything that a record can hold, about the mother; the father is protected."""
    same: dict[str, Any] = {"authority": cast.northmoor}
    case = family.open_case()
    contracts.in_force(family, family.mother)
    plan = planned.start(family.reach, case)
    planned.target(family.reach, plan)
    plan.refresh_from_db()
    planned.action(family.reach, plan)
    planned.action(family.reach, plan, words="Dropped", who="Nobody")
    plan.actions.filter(words="Dropped").update(dropped=True)
    plan.actions.create(
        **same,
        words="Call each morning",
        owner=cast.officer,
        due_on=TODAY,
        agreed_by=cast.officer,
        agreed_at=NOW,
    )
    plan.actions.create(
        **same,
        words="Find a mentor",
        owner=cast.officer,
        due_on=TODAY,
        done_on=date(2026, 12, 1),
        done_by=cast.officer,
        agreed_by=cast.officer,
        agreed_at=NOW,
    )
    plan.actions.create(
        **same,
        words="Done at once",
        owner=cast.officer,
        due_on=TODAY,
        done_on=TODAY,
        done_by=cast.officer,
        agreed_by=cast.officer,
        agreed_at=NOW,
    )
    CycleReview.objects.create(
        **same,
        cycle=plan,
        midway=True,
        held_on=TODAY,
        present="Ms Larkfield",
        worked="The front gate.",
        next_steps="Go on.",
        held_by=cast.officer,
        held_at=NOW,
    )
    given = gate_scenes.support(family)
    GivenSupport.objects.filter(pk=given.pk).update(
        ended_on=TODAY, outcome="a little", outcome_words="On Mondays."
    )
    meeting_scenes.written(family, meeting_scenes.held(family))
    for day, code, reason in (
        (5, "I", "A letter came from the surgery"),
        (6, "N", "The father rang and said where they are"),
        (7, "I", ""),
    ):
        amend_mark(
            school=cast.hillside,
            enrolment_id=cast.enrolment.pk,
            when=DatedSession(date(2026, 10, day), Session.AM),
            expected="O",
            code=code,
            reason=reason or "x",
            by=cast.officer,
            now=datetime(2026, 11, 18, 9, tzinfo=UTC),
        )
    for adult in (family.mother, family.father):
        EvidenceRequest.objects.create(
            **same,
            school=cast.hillside,
            enrolment=cast.enrolment,
            first_day=date(2026, 10, 5),
            last_day=date(2026, 10, 6),
            ground="doubt",
            doubt="Many Mondays",
            asked_of=adult,
            asked_on=TODAY,
            asked_by=cast.officer,
            outcome="given",
            outcome_note="A note from the surgery.",
        )
    gate_scenes.think(family, send="yes", health="unknown")
    office(cast)
    room = Room(cast, family.mother, family.father, cast.pupil, cast.enrolment)
    room.nowhere_else()
    notice = room.serve(room.one(sessions=TEN))
    till = Till(room)
    till.pay(notice, 4_000, till.day(3))
    room.represent(notice, date(2026, 11, 24))
    room.ask_withdrawal(notice, date(2026, 11, 24))
    ImprovementNotice.objects.create(
        **same,
        case=case,
        enrolment=cast.enrolment,
        school=cast.hillside,
        state="open",
        side="school",
        issued_on=date(2026, 9, 7),
        result={"unauthorised": 2, "possible": 58},
        made_by=cast.officer,
        made_at=NOW,
        decided_by=cast.person(Role.HEADTEACHER, "hillside"),
    )
    GateOverride.objects.create(
        **same,
        enrolment=cast.enrolment,
        school=cast.hillside,
        step="prosecution",
        tests=["threshold"],
        missing=[{"words": "Ten sessions in ten weeks"}],
        reason="The tenth was a snow day",
        asked_by=cast.officer,
        asked_on=TODAY,
        asked_at=NOW,
        agreed=True,
        settled_by=cast.person(Role.HEADTEACHER, "hillside"),
        settled_on=TODAY,
        settled_at=NOW,
    )
    order = SupervisionOrder.objects.create(
        **same,
        case=case,
        enrolment=cast.enrolment,
        pupil=cast.pupil,
        school=cast.hillside,
        state="not sought",
        considered_on=date(2026, 12, 1),
        considered="It would not help: the family takes help as it is.",
        made_by=cast.officer,
        made_at=NOW,
    )
    family.father.protected_address = "yes"
    family.father.save()
    family.mother.needs = "Letters are read aloud"
    family.mother.save()
    notice.refresh_from_db()
    prosecution = Prosecution.objects.create(
        **same,
        case=case,
        notice=notice,
        order=order,
        enrolment=cast.enrolment,
        pupil=cast.pupil,
        school=cast.hillside,
        adult=family.mother,
        state="authorised",
        offence="444(1A)",
        first=date(2026, 10, 5),
        last=date(2026, 10, 9),
        sessions=[{"day": "2026-10-05", "session": 1, "code": "O"}],
        gate={
            "groups": [
                {
                    "title": "The law",
                    "requirements": [
                        {"words": "Ten sessions", "met": True, "why": ""},
                        {"words": "Support", "met": False, "overridden": True, "why": "Refused"},
                        {"words": "Safe", "met": False, "why": "Ask"},
                    ],
                }
            ]
        },
        asked_on=date(2026, 12, 1),
        answers={"knew": "I did not", "odd": "Thank you"},
        defences={"sickness": {"found": "applies", "reason": "A note"}, "other": "not raised"},
        authorised_by=cast.person(Role.AUTHORISING_OFFICER),
        authorised_on=LATER,
        officer="Assistant director",
        made_by=cast.officer,
        made_at=NOW,
    )
    ProsecutionTest.objects.create(
        **same,
        prosecution=prosecution,
        test="public interest",
        round=1,
        passed=False,
        answers={"fair": "No"},
        on=LATER,
        made_by=cast.officer,
        made_at=NOW,
    )
    reach = cast.reach(cast.person(Role.LEGAL_OFFICER))
    return Desk(prosecution, reach, LATER, at(LATER), guard_of(prosecution))


def said(sheet: Sheet) -> dict[str, list[str]]:
    """The lines of a sheet under their headings."""
    return {
        block.heading: [f"{line.when}: {line.text}" for line in block.lines]
        for block in sheet.blocks
    }


def test_all_that_may_help_the_parent_is_listed(desk):
    found = said(disclosure(desk))

    assert found["Marks that were changed"] == [
        "Monday 5 October 2026, morning: O (Absent, other or unknown reason) became"
        " I (Illness). A letter came from the surgery",
        "Tuesday 6 October 2026, morning: O (Absent, other or unknown reason) became"
        f" N (Reason not yet known). {LEFT_OUT}",
        "Wednesday 7 October 2026, morning: O (Absent, other or unknown reason) became"
        " I (Illness). x",
    ]
    assert len(found["Absence with a reason"]) == 3
    assert found["Medical evidence"] == [
        "Asked 17 November 2026: For 5 October 2026 to 6 October 2026: given."
        " A note from the surgery."
    ]
    assert (
        "The school said that we may go. Not answered yet."
        in (found["What the parent said against a notice"][0])
    )
    assert "£40" in found["Payments, and money sent back"][0]
    assert "waiting" in found["Notices taken back"][0]
    assert (
        "2 unauthorised of 58 sessions." in (found["Notices to Improve, and what came of them"][0])
    )
    assert found["Needs and circumstances"] == ["The parent's own: Letters are read aloud"]
    assert [line.split(": ")[1] for line in found["What was thought of before a notice"]] == [
        "Special educational needs",
        "Health, of body or mind",
    ]
    assert found["Support promised by the school or the council and not given by its day"] == [
        "Plan 1: Call each morning Due 17 November 2026: not done.",
        "Plan 1: Find a mentor Due 17 November 2026: done 1 December 2026.",
    ]
    assert found["Requirements that were gone past"] == [
        "17 November 2026: Ten sessions in ten weeks. Why: The tenth was a snow day"
    ]
    assert ("It went to somebody else." in dict(desk.guard.kept_out).values()) is True


def test_what_speaks_against_the_councils_own_steps_is_listed_too(desk, family):
    one = desk.prosecution
    same: dict[str, Any] = {
        "authority": one.authority,
        "school": one.school,
        "enrolment": one.enrolment,
    }
    LegalRecheck.objects.create(
        **same,
        kind="penalty",
        subject=f"legal.PenaltyNotice:{one.notice_id}",
        thing="PN1",
        relied_at=NOW,
        as_of=TODAY,
        amendments=1,
        lost=[{"day": "2026-10-05", "session": 0, "code": "O", "now": "I"}],
        found_at=datetime(2026, 11, 18, 9, tzinfo=UTC),
        decision="stands",
        reason="Nine half days are left.",
        decided_by=one.authorised_by,
        decided_at=datetime(2026, 11, 19, 9, tzinfo=UTC),
    )
    arrangement = Arrangement.objects.create(
        **same,
        kind="part-time",
        code="C2",
        starts_on=date(2026, 9, 14),
        ends_on=date(2026, 10, 2),
        ended_on=date(2026, 9, 25),
        agreed_by=one.made_by,
        agreed_at=datetime(2026, 9, 11, 9, tzinfo=UTC),
    )
    PartTimeAgreement.objects.create(
        **same,
        arrangement=arrangement,
        aim="Full time by October",
        why="Long illness in the summer.",
        consent_by=one.adult,
        consent_on=date(2026, 9, 10),
    )
    for adult, test, words in (
        (one.adult, "compulsory_age", "The birthday is not known."),
        (family.father, "compulsory_age", "About the other one."),
        (None, "a pack:a list:an item", "No home visit was made."),
    ):
        GateStatement.objects.create(
            **same,
            adult=adult,
            step="penalty_notice",
            test=test,
            answer="not so",
            words=words,
            on=TODAY,
            council=True,
            made_by=one.made_by,
            made_at=NOW,
        )

    found = said(disclosure(desk))

    assert found["What was decided after marks were corrected"] == [
        "18 November 2026: Penalty notice PN1: half days of 5 October 2026 say something"
        " else now. It still stands. Nine half days are left."
    ]
    assert found["Part-time timetables"] == [
        "Agreed 11 September 2026: 14 September 2026 to 2 October 2026, ended early on"
        " 25 September 2026. Long illness in the summer."
    ]
    assert found["Stated not to be so"] == [
        "17 November 2026: Penalty notice. The child is of compulsory school age: it is not so."
        " The birthday is not known.",
        "17 November 2026: Penalty notice. An item of a policy: it is not so."
        " No home visit was made.",
    ]
    assert ("A statement before a step", "It is about somebody else.") in desk.guard.kept_out
    (line,) = found["Tests that were not passed"]
    assert line.endswith(": The public interest test was made and not passed.")


def test_the_register_says_who_changed_what_and_keeps_a_protected_reason_out(desk):
    sheet = bundle_records.register(desk)
    lines = said(sheet)["Each session, and what happened to its mark"]

    assert "3 marks were changed after the first entry." in sheet.intro[1]
    assert "Reason: A letter came from the surgery." in lines[0]
    assert LEFT_OUT in lines[2]
    assert "The father rang" not in " ".join(lines)


def test_support_contracts_plans_and_meetings_are_told(desk):
    found = said(bundle_records.support(desk))

    (contract,) = [lines for heading, lines in found.items() if heading.startswith("Attendance")]
    assert any(line.startswith("Signed: ") for line in contract)
    assert any(line.startswith("The parent promised: ") for line in contract)
    plan = found["Plan 1"]
    assert "Action: Find a mentor Due 17 November 2026; done 1 December 2026." in plan
    assert not any("Dropped" in line for line in plan)
    assert any(
        "What worked: The front gate. What did not: nothing was named." in one for one in plan
    )
    assert found["Support given"] == [
        "From 17 November 2026: A mentor each Monday, by Form tutor. Ended 17 November 2026:"
        " It helped a little. On Mondays."
    ]
    assert "Outcome: " in found["Meetings"][0]


def test_an_order_that_was_considered_is_told_in_its_own_words(desk):
    found = said(bundle_records.basis(desk))

    assert found["An education supervision order"] == [
        "1 December 2026: It would not help: the family takes help as it is."
    ]
    assert "The parent knew of it" not in str(found)
    assert len(found["The offence"]) == 7


def test_a_parent_who_is_off_the_record_is_said_to_be(desk):
    desk.prosecution.adult.pupil_links.all().delete()
    desk.prosecution.enrolment.ends_on = date(2026, 12, 18)

    found = said(bundle_records.basis(desk))["The parent and the child"]

    assert (
        found[1] == "On roll: Hillside School: on roll from 1 September 2025 to 18 December 2026."
    )
    assert found[2] == "The parent: The parent is no longer on the child's record."
    sentences = [line.text for line in statement(desk).blocks[0].lines]
    assert not any("names Ms Ada Larkfield" in one for one in sentences)


def test_the_statement_tells_of_contracts_plans_and_changes(desk):
    desk.prosecution.pupil.born_on = date(2006, 5, 4)
    lines = {line.to: line.text for line in statement(desk).blocks[0].lines}
    texts = " ".join(lines.values())

    assert "An attendance contract with Ms Ada Larkfield was agreed on 17 November 2026." in texts
    assert "Plan 1 was made on 17 November 2026" in texts
    assert "From 17 November 2026 this support was given: A mentor each Monday." in texts
    assert lines["register"].startswith("3 marks were changed after the first entry")
    assert "of compulsory school age" not in texts
    assert lines["supervision"].startswith("The council considered")
    assert "pace-answered" not in lines
    assert all(line.to for line in statement(desk).blocks[0].lines)


def test_one_changed_mark_is_told_as_one(desk):
    desk.prosecution.last = date(2026, 10, 5)

    lines = {line.to: line.text for line in statement(desk).blocks[0].lines}

    assert lines["register"].startswith("1 mark was changed")
    assert "1 mark was changed" in bundle_records.register(desk).intro[1]


def test_a_notice_that_has_not_arrived_has_no_day(desk):
    desk.notice.received_on = desk.notice.full_until = None
    desk.notice.receipt = {}

    texts = " ".join(line.text for line in statement(desk).blocks[0].lines)

    assert "counts as received" not in texts
    assert "The last day to pay" not in texts


def test_the_prosecutors_file_holds_what_is_not_served(desk):
    tests = said(bundle_internal.tests(desk))
    found = said(bundle_internal.weighing(desk))

    assert list(tests) == [
        "Public interest, 12 January 2027, by Attendance officer at Hillside: not passed"
    ]
    assert found["Defences"] == ["The child was ill: applies. A note", "other: not raised."]
    assert found["Authority"] == [
        "12 January 2027: Authorising officer at Northmoor, Assistant director."
    ]
    assert found["The gate, as it was answered then"] == [
        "The law: Ten sessions: met.",
        "The law: Support: gone past. Refused",
        "The law: Safe: not met. Ask",
    ]


def test_a_name_that_is_a_word_is_looked_for_by_hand(desk):
    desk.guard.by_hand = ("May",)

    found = said(bundle_internal.kept_out(desk))

    assert found["Names to look for by hand"] == [
        "By hand: “May” is a word of this paper too. Read the file for it."
    ]


def test_an_empty_line_is_no_line(desk):
    assert desk.line("  ") is None


def test_a_long_paper_is_printed_in_pieces_that_hold_every_line():
    lines = tuple(Line(str(number)) for number in range(LINES_A_PIECE * 2 + 5))
    sheet = Sheet(
        "Long", (Block("First", lines), Block("Empty", (), "Nothing."), Block("B", lines))
    )

    found = pieces(sheet)

    assert len(found) == 5
    assert [line.text for piece in found for block in piece.blocks for line in block.lines] == [
        line.text for line in (*lines, *lines)
    ]
    assert sum(block.heading == "Empty" for piece in found for block in piece.blocks) == 1


def test_a_link_to_a_record_that_is_nowhere_stops_the_binding():
    with printers() as press:
        page = press.make(
            "<html lang=en><title>A page</title><p><a href='https://example.org'>elsewhere</a>"
            " <a href='onroll:gone'>there</a>"
        )
    chapter = Chapter("one", "One", (Paper("one.pdf", page.pdf, 1, key="paper"),))

    with pytest.raises(BrokenLink, match="gone"):
        bind([chapter], title="A bundle", facts={}, now=NOW)
