"""The pages on which a case moves, closes and changes hands, and its first page."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from authorities.permissions import Role
from cases.models import Case, CaseLetter, CaseMove, CaseNote, DeadlineKind, Proposal
from cases.services import deadlines
from tests.cases.family import NOW
from tests.cases.test_stages_moves import close, propose
from tests.cast import TODAY, sign_in


@pytest.fixture
def officer(client, family):
    """Hillside's attendance officer, signed in, and a case."""
    family.open_case()
    return sign_in(client, family.cast.officer)


def at(name, family, **more):
    return reverse(
        f"cases:{name}", kwargs={"la": "990", "reference": family.case.reference, **more}
    )


def says(response):
    return " ".join(response.content.decode().split())


def test_the_first_page_says_where_the_case_stands_in_the_policys_own_words(officer, family):
    page = says(officer.get(at("case", family)))

    assert "Step 5: initial concern" in page
    assert "Log each contact" in page
    assert "It ends when: The review finds improvement (letter 3), or none" in page
    assert "School attendance flow chart, step 5" in page
    assert "Nobody yet" in page
    assert "Talk to the family" in page


def test_the_officer_moves_the_case(officer, family):
    page = says(officer.get(at("case_move", family) + "?to=dorset:panel"))
    assert "Step 6: attendance meeting" in page
    assert "The review at step 5 found no improvement." in page
    assert 'value="dorset:panel" checked' in page or "checked" in page

    nothing = says(officer.post(at("case_move", family), {"version": 1}))
    assert "Select where the case goes" in nothing
    assert "Select why the case moves" in nothing
    wrong = says(
        officer.post(
            at("case_move", family),
            {"to": "dorset:panel", "why": "improved", "reason": "x", "version": 1},
        )
    )
    assert "Choose a reason that goes with this move" in wrong

    moved = officer.post(
        at("case_move", family),
        {"to": "dorset:panel", "why": "line_crossed", "reason": "Half the year", "version": 1},
        follow=True,
    )
    assert "Case moved to: Stage 3: formal support" in says(moved)
    assert "Moved from “Stage 1: early support” to “Stage 3: formal support”" in says(moved)
    assert "Attendance crossed a line of the policy. Half the year" in says(moved)


def test_a_stale_form_says_who_was_first_and_keeps_nothing(officer, family):
    asked = {"to": "dorset:panel", "why": "line_crossed", "reason": "Why", "version": 1}
    officer.post(at("case_move", family), asked)

    page = officer.post(at("case_move", family), asked | {"to": "dorset:concern"})

    assert "Choose" in says(page) or "moved this case on" in says(page)
    assert CaseMove.objects.count() == 2


def test_the_officer_closes_the_case_and_is_told_what_happens(officer, family):
    deadlines.start(
        case=family.case,
        kind=DeadlineKind.CONTACT,
        words="Ring the family",
        since=TODAY,
        by=date(2026, 11, 20),
    )
    propose(family.case, "attendance_meeting")
    page = says(officer.get(at("case_close", family) + "?why=restored"))
    assert "This is not due any more: Ring the family." in page
    assert "This proposal is left: The review found no improvement" in page

    assert "Select why the case is closed" in says(
        officer.post(at("case_close", family), {"version": 1})
    )
    stale = officer.post(
        at("case_close", family), {"why": "restored", "reason": "Well", "version": 7}
    )
    assert "Read it again before you move it" in says(stale)
    closed = officer.post(
        at("case_close", family),
        {"why": "restored", "reason": "Six good weeks", "version": 1},
        follow=True,
    )
    assert "Case closed" in says(closed)
    assert "Attendance is good again. Six good weeks" in says(closed)
    for name in ("case_move", "case_close", "case_owner"):
        assert "A closed case cannot be changed" in says(officer.get(at(name, family)))
    note = officer.post(at("case", family), {"text": "More"}, follow=True)
    assert "A closed case cannot be changed" in says(note)


def test_what_is_late_comes_first_then_letters_proposals_and_what_is_soon(officer, family):
    for number, (day, words) in enumerate(
        [
            (date(2026, 11, 10), "Send the minutes"),
            (date(2026, 11, 20), "Ring the family"),
            (date(2027, 2, 1), "Review the plan"),
        ]
    ):
        deadlines.start(
            case=family.case,
            kind=DeadlineKind.CONTACT,
            words=words,
            since=date(2026, 11, 3),
            by=day,
            about=str(number),
            owner=family.cast.officer,
            nothing="Nobody knows how the family is.",
        )
    family.prepare(family.mother)
    proposal = propose(family.case, "attendance_meeting")

    page = says(officer.get(at("case", family)))

    order = [
        page.index("Send the minutes"),
        page.index("Read this letter and approve it"),
        page.index("Move to Step 6: attendance meeting"),
        page.index("Ring the family"),
    ]
    assert order == sorted(order)
    assert "Was due on 10 November 2026" in page
    assert "If nothing is done: Nobody knows how the family is." in page
    assert at("case_proposal", family, proposal=proposal.reference) in page
    assert "By 1 February 2027" not in page  # not next, though it stands under what is due
    assert "Review the plan" in page


@pytest.mark.parametrize(
    ("proposes", "target", "goes_to"),
    [
        ("stage", "attendance_meeting", "case_move"),
        ("letter", "letter_2", "letter_prepare"),
        ("meeting", "attendance_meeting", "meeting_arrange"),
        ("letter", "letter_4", "letter_log"),
        ("warning", "", "case"),
    ],
)
def test_taking_up_leads_to_where_it_is_done(officer, family, proposes, target, goes_to):
    proposal = propose(family.case, target, proposes=proposes)
    page = at("case_proposal", family, proposal=proposal.reference)
    assert "The review found no improvement (Dorset: step 6)" in says(officer.get(page))

    answer = officer.post(page, {"decision": "take"})

    assert answer.url.startswith(at(goes_to, family))
    proposal.refresh_from_db()
    assert proposal.state == ("taken" if goes_to == "case" else "open")  # else it is done there
    if target and goes_to != "case":
        assert f"dorset%3A{target}" in answer.url
        assert officer.get(answer.url).status_code == 200


def test_leaving_needs_a_reason_and_a_decided_one_says_so(officer, family):
    proposal = propose(family.case, "attendance_meeting")
    page = at("case_proposal", family, proposal=proposal.reference)

    assert "Select what you decide" in says(officer.post(page, {}))
    assert "Say why nothing is done" in says(officer.post(page, {"decision": "leave"}))
    left = officer.post(page, {"decision": "leave", "reason": "They are away"}, follow=True)
    assert "Left, with your reason" in says(left)
    assert "They are away" in says(officer.get(page))


def test_a_proposal_of_another_pupil_is_not_found(officer, family):
    page = at("case_proposal", family, proposal="NOSUCHONE1")

    assert officer.get(page).status_code == 404


def test_the_case_gets_somebody_who_carries_it(officer, family):
    head = family.cast.person(Role.HEADTEACHER, "hillside")
    assert "Who carries this case" in says(officer.get(at("case_owner", family)))

    saved = officer.post(at("case_owner", family), {"owner": head.pk, "seen": ""}, follow=True)
    assert "Saved who carries this case" in says(saved)
    assert Case.objects.get().owner == head

    stale = officer.post(at("case_owner", family), {"owner": "", "seen": ""})
    assert "Headteacher at Hillside carries this case by now" in says(stale)
    back = officer.post(at("case_owner", family), {"owner": "", "seen": head.pk}, follow=True)
    assert "Nobody yet" in says(back)


def test_history_is_paged_and_narrowed_to_one_kind(officer, family):
    notes = CaseNote.objects.bulk_create(
        CaseNote(
            authority=family.case.authority,
            case=family.case,
            text=f"Note number {number}",
            written_by=family.cast.officer,
            written_at=NOW + timedelta(minutes=number),
        )
        for number in range(60)
    )
    assert len(notes) == 60

    first = says(officer.get(at("case", family)))
    last = says(officer.get(at("case", family) + "?page=3"))
    narrowed = says(officer.get(at("case", family) + "?what=Note&page=99999999"))
    worklist = says(officer.get(at("case", family) + "?what=Worklist"))

    assert "page 1 of 3" in first
    assert "Note number 59" in first
    assert "Note number 10" not in first
    assert "Case opened" in last
    assert "60 events" in narrowed
    assert "Case opened" not in narrowed
    assert "Note number" not in worklist


def test_the_page_asks_as_often_for_three_hundred_events_as_for_three(officer, family):
    CaseNote.objects.create(
        authority=family.case.authority,
        case=family.case,
        text="One",
        written_by=family.cast.officer,
        written_at=NOW,
    )
    family.prepare(family.mother)
    propose(family.case, "attendance_meeting")
    officer.get(at("case", family))
    with CaptureQueriesContext(connection) as few:
        officer.get(at("case", family))
    CaseNote.objects.bulk_create(
        CaseNote(
            authority=family.case.authority,
            case=family.case,
            text=f"{number}",
            written_by=family.cast.officer,
            written_at=NOW,
        )
        for number in range(300)
    )
    family.prepare(family.father)
    for number in range(5):
        propose(family.case, f"other_{number}")

    with CaptureQueriesContext(connection) as many:
        officer.get(at("case", family))

    assert len(many) == len(few)
    assert len(many) < 40


def test_a_new_case_shows_the_one_it_carries_on_from(officer, family):
    first = family.case.reference
    close(family)
    Proposal.objects.all().delete()
    family.open_case()

    page = says(officer.get(at("case", family)))

    assert f"Case {first}" in page
    assert "closed on 17 November 2026" in page
    assert CaseLetter.objects.count() == 0
