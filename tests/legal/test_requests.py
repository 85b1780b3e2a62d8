"""Requests for penalty notices: begun, written, declared, sent and decided, by the right people."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from attendance.models import AdultLink
from attendance.services.registers import record_marks
from authorities.access import Forbidden
from authorities.packs import pack_in_force
from authorities.permissions import Role
from cases.models import Case, Deadline
from cases.services import casework
from legal.models import LegalEvent, NoticeOffice, NoticeRequest, PenaltyNotice, RequestParent
from legal.selectors.request_facts import checked, gates_of_request, parents_of, seen_of
from legal.services import requests
from legal.services.requests import DECLARATION, AlreadyBegun, Approval, ParentAnswer, Review
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.moves import StageMoveNotAllowed
from tests.attendance.registers import frame
from tests.attendance.scenes import crossing
from tests.cast import TODAY
from tests.legal.request_scenes import AWAY, FOUND, LAST, NOW, Away, away

pytestmark = pytest.mark.django_db


@pytest.fixture(name="scene")
def a_scene(cast) -> Away:
    return away(cast)


def events(request: NoticeRequest) -> list[str]:
    rows = LegalEvent.objects.filter(subject=f"legal.NoticeRequest:{request.pk}")
    return list(rows.order_by("pk").values_list("event", flat=True))


def codes(scene: Away, request: NoticeRequest) -> list[str]:
    row = scene.fresh(request)
    policy = pack_in_force(row.school, TODAY)
    return [one.code for one in checked(row, parents_of(row), policy, TODAY)]


def remark(scene: Away, day: date, half: int, code: str) -> None:
    record_marks(
        school=scene.cast.hillside,
        marks=frame([(scene.enrolment.pk, day, half, code)]),
        batch=None,
        by=scene.office.user,
        reason="Put right",
        now=NOW,
    )


# The lane of leave


def test_a_request_from_leave_takes_what_the_record_holds(scene):
    made = scene.begin()

    assert (made.first, made.last, len(made.sessions)) == (date(2026, 11, 9), LAST, 10)
    assert {one["code"] for one in made.sessions} == {"G"}
    assert made.answers == {
        "reason": "A holiday or family trip: A week by the sea with our cousins"
    }
    assert made.origins == {"reason": "The request for leave of 12 October 2026"}
    assert [one.adult_id for one in parents_of(made)] == [scene.mother.pk, scene.father.pk]
    assert made.proof["state"] == "yes"
    assert events(made) == ["begin"]


def test_a_parent_since_the_middle_of_the_absence_answers_for_none_of_it(scene):
    link = AdultLink.objects.filter(adult=scene.father)
    link.update(parental_responsibility="no", care_from=date(2026, 11, 11))
    scene.think()
    made = scene.begin()
    both = [
        ParentAnswer(one.reference, True, "yes", "", date(2026, 11, 2))
        for one in (scene.mother, scene.father)
    ]
    declared = scene.declare(scene.write(made, parents=both))

    with pytest.raises(RuleNotMet, match="a parent in law on: 9 November 2026, 10 November 2026"):
        scene.send(declared)
    assert scene.fresh(made).state == "draft"
    link.update(care_from=date(2026, 11, 9))
    found = gates_of_request(scene.fresh(made), parents_of(made), TODAY)[scene.father.reference]
    assert "named_parent" not in [one.key for one in found.blocking]


def test_one_leave_gives_one_request(scene):
    leave = scene.leave()
    first = scene.begin(leave)

    with pytest.raises(AlreadyBegun) as refused:
        scene.begin(leave)

    assert refused.value.reference == first.reference
    assert NoticeRequest.objects.count() == 1


def test_absence_that_nobody_asked_leave_for_gives_a_request_too(scene):
    made = requests.begin_for_absence(
        reach=scene.office, enrolment=scene.enrolment, on=LAST, today=TODAY, now=NOW
    )

    assert made.leave is None
    assert len(made.sessions) == 10
    assert "ASK-15" in codes(scene, made)


def test_days_without_such_an_absence_give_none(scene):
    with pytest.raises(RuleNotMet, match="Nothing was begun"):
        requests.begin_for_absence(
            reach=scene.office,
            enrolment=scene.enrolment,
            on=date(2026, 10, 6),
            today=TODAY,
            now=NOW,
        )


def test_a_tutor_begins_nothing(scene):
    with pytest.raises(Forbidden):
        requests.begin_for_leave(
            reach=scene.reach(Role.TUTOR), leave=scene.leave(), today=TODAY, now=NOW
        )
    assert not NoticeRequest.objects.exists()


def test_only_what_is_missing_is_left_to_ask(scene):
    scene.think()
    made = scene.begin()
    assert codes(scene, made) == ["ASK-8", "ASK-9", "ASK-18"]

    written = scene.write(made)
    assert codes(scene, written) == ["ASK-18"]
    assert codes(scene, scene.declare(written)) == []


def test_the_day_of_a_former_check_is_there_already(scene):
    scene.write(scene.begin())
    requests.take_back(
        reach=scene.office,
        request=scene.fresh(NoticeRequest.objects.get()),
        reason="sent_in_error",
        words="Begun for the wrong week",
        seen=2,
        today=TODAY,
        now=NOW,
    )

    again = scene.begin()

    assert [one.verified_on for one in parents_of(again)] == [date(2026, 11, 2), None]


# Writing


def test_words_that_were_changed_are_no_longer_the_records(scene):
    made = scene.write(scene.begin(), answers={"reason": "A wedding, as the aunt says"})

    assert made.origins == {}


def test_a_stale_form_is_refused_and_changes_nothing(scene):
    made = scene.begin()
    scene.write(scene.fresh(made))

    with pytest.raises(Conflict, match="while you were reading"):
        scene.write(made, answers={"reason": "Mine"}, seen=1)

    assert scene.fresh(made).answers != {"reason": "Mine"}


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"unknown": "x"}, "questions of this form"),
        ({"reason": "x" * 3001}, "3,000 characters"),
    ],
)
def test_what_is_no_answer_is_refused(scene, answers, says):
    with pytest.raises(InvalidInput, match=says):
        scene.write(scene.begin(), answers=answers)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reference": "NOBODY"}, "pupil's record"),
        ({"verified_on": date(2026, 11, 18)}, "in the future"),
        ({"allowed": "perhaps"}, "allowed the absence"),
    ],
)
def test_what_is_said_of_a_parent_must_be_possible(scene, changes, says):
    said = ParentAnswer(scene.mother.reference, True, "yes", "", date(2026, 11, 2))

    with pytest.raises(InvalidInput, match=says):
        scene.write(scene.begin(), parents=[replace(said, **changes)])


def test_a_change_after_the_declaration_asks_for_it_again(scene):
    declared = scene.declare(scene.write(scene.begin()))
    assert declared.declaration == DECLARATION

    changed = scene.write(declared)

    assert (changed.declared_by, changed.declaration) == (None, "")
    assert events(changed) == ["begin", "save", "declare", "save"]


def test_only_the_headteacher_declares(scene):
    made = scene.write(scene.begin())

    with pytest.raises(Forbidden):
        scene.declare(made, reach=scene.office)


def test_a_register_that_changed_is_taken_again(scene):
    made = scene.write(scene.begin())
    remark(scene, LAST, 1, "I")
    assert "ASK-3" in codes(scene, made)

    again = requests.take_half_days(
        reach=scene.office, request=made, seen=made.version, today=TODAY, now=NOW
    )

    assert len(again.sessions) == 9
    assert "ASK-3" not in codes(scene, again)


# Sending


def test_sending_keeps_the_record_the_checks_and_the_gate(scene):
    sent = scene.sent()

    assert sent.state == "sent"
    assert (sent.sent_by, sent.sent_on) == (scene.office.user, TODAY)
    assert sent.facts["address_days"] == 15
    assert list(sent.gate["sent"]) == [scene.mother.reference]
    assert {"words", "text", "from"} == set(sent.record[0])
    assert not any("Orchard" in str(row) for row in sent.record)
    assert events(sent) == ["begin", "save", "declare", "send"]


def test_both_sides_get_the_same_answer_after_the_record_changed(scene):
    sent = scene.sent()
    remark(scene, LAST, 1, "N")

    assert codes(scene, sent) == []


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("undeclared", "The headteacher has not declared it"),
        ("nobody", "No parent is included"),
    ],
)
def test_what_must_be_right_first_stops_it(scene, case, says):
    scene.think()
    made = scene.write(scene.begin())
    if case == "nobody":
        out = [
            ParentAnswer(one.adult.reference, False, "no", "Away at sea", None)
            for one in parents_of(made)
        ]
        made = scene.declare(scene.write(made, parents=out))

    with pytest.raises(InvalidInput, match=says):
        scene.send(made)
    assert scene.fresh(made).state == "draft"


def test_what_the_school_shows_at_the_gate_stops_it(scene):
    made = scene.declare(scene.write(scene.begin()))

    with pytest.raises(RuleNotMet, match="Needs, health, language and loss"):
        scene.send(made)


def test_something_against_it_needs_a_reason(scene):
    scene.think()
    said = ParentAnswer(scene.mother.reference, True, "yes", "", date(2026, 1, 5))
    made = scene.declare(scene.write(scene.begin(), parents=[said]))

    with pytest.raises(InvalidInput, match="speaks against it"):
        scene.send(made)

    sent = scene.send(made, despite="The family moved in September and told the office")
    assert sent.despite == "The family moved in September and told the office"


def test_what_was_sent_is_not_written_on(scene):
    sent = scene.sent()

    with pytest.raises(Conflict, match="was sent"):
        scene.write(sent)
    with pytest.raises(Conflict, match="was sent"):
        scene.declare(sent)


def test_the_school_takes_it_back_with_a_reason(scene):
    sent = scene.sent()
    asks = {
        "reach": scene.office,
        "request": sent,
        "seen": sent.version,
        "today": TODAY,
        "now": NOW,
    }

    with pytest.raises(InvalidInput, match="why it is taken back"):
        requests.take_back(**asks, reason="no_longer_wanted", words=" ")
    with pytest.raises(InvalidInput):
        requests.take_back(**asks, reason="below_threshold", words="x")
    back = requests.take_back(**asks, reason="no_longer_wanted", words="The family came to talk")

    assert back.state == "taken back"
    with pytest.raises(StageMoveNotAllowed):
        requests.take_back(
            **{**asks, "request": back, "seen": back.version}, reason="sent_in_error", words="x"
        )


# Deciding


def give_back(scene: Away, sent: NoticeRequest, **changes) -> NoticeRequest:
    return requests.give_back(
        **{
            "reach": scene.council,
            "request": sent,
            "reasons": ["address_unclear"],
            "words": "Which of the two addresses is it?",
            "seen": sent.version,
            "today": TODAY,
            "now": NOW,
            **changes,
        }
    )


def refuse(scene: Away, sent: NoticeRequest, **changes) -> NoticeRequest:
    return requests.refuse(
        **{
            "reach": scene.council,
            "request": sent,
            "review": FOUND,
            "reasons": ["public_interest"],
            "words": "The family was in mourning",
            "seen": sent.version,
            "today": TODAY,
            "now": NOW,
            **changes,
        }
    )


def test_what_came_back_is_put_right_and_sent_again(scene):
    back = give_back(scene, scene.sent())

    assert back.state == "returned"
    assert back.review == {
        "reasons": ["address_unclear"],
        "words": "Which of the two addresses is it?",
    }
    again = scene.send(scene.declare(scene.write(scene.fresh(back))))
    assert (again.state, again.review) == ("sent", {})


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"reasons": []}, InvalidInput, "at least one reason"),
        ({"reasons": ["public_interest"]}, InvalidInput, "at least one reason"),
        ({"words": " "}, InvalidInput, "put right"),
        ({"seen": 1}, Conflict, "while you were reading"),
    ],
)
def test_a_return_has_reasons_and_a_page_that_is_fresh(scene, changes, error, says):
    with pytest.raises(error, match=says):
        give_back(scene, scene.sent(), **changes)


def test_a_refusal_keeps_what_was_found(scene):
    refused = refuse(scene, scene.sent())

    assert (refused.state, refused.decided_by) == ("refused", scene.council.user)
    assert refused.review["code"] == FOUND.code
    assert refused.decision == "The family was in mourning"
    with pytest.raises(StageMoveNotAllowed):
        refuse(scene, refused)


def test_the_headteacher_who_declared_it_decides_nothing(scene):
    sent = scene.sent()

    with pytest.raises(Forbidden, match="Somebody else decides it"):
        give_back(scene, sent, reach=scene.head)
    with pytest.raises(Forbidden, match="Somebody else decides it"):
        refuse(scene, sent, reach=scene.head)
    with pytest.raises(Forbidden, match="Somebody else decides it"):
        scene.approve(sent, reach=scene.head)


def test_a_headteacher_who_did_not_declare_it_decides_nothing_either(scene):
    sent = scene.sent()
    NoticeRequest.objects.filter(pk=sent.pk).update(declared_by=scene.office.user)

    with pytest.raises(Forbidden, match="no policy in force here gives it to anybody else"):
        refuse(scene, scene.fresh(sent), reach=scene.head)
    with pytest.raises(Forbidden, match="Here this is decided by an authorised officer"):
        give_back(scene, scene.fresh(sent), reach=scene.head)


@pytest.mark.parametrize("asked", ["requested_by", "declared_by", "sent_by"])
def test_whoever_asked_never_decides_whatever_their_role(scene, asked):
    sent = scene.sent()
    NoticeRequest.objects.filter(pk=sent.pk).update(**{asked: scene.council.user})

    with pytest.raises(Forbidden, match="Somebody else decides it"):
        scene.approve(sent)
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeRequest.objects.filter(pk=sent.pk).update(
            state="approved", decided_by=scene.council.user, decided_on=TODAY
        )


def test_the_role_must_be_one_that_the_policy_names(scene):
    legal_officer = scene.reach(Role.LEGAL_OFFICER, "northmoor")
    sent = scene.sent()

    with pytest.raises(Forbidden, match="Here this is decided by"):
        refuse(scene, sent, reach=legal_officer)
    assert give_back(scene, sent, reach=legal_officer).state == "returned"


def test_a_decision_without_a_person_is_impossible(scene):
    sent = scene.sent()

    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeRequest.objects.filter(pk=sent.pk).update(state="approved")


def test_an_approval_issues_one_notice_to_each_included_parent(scene):
    scene.open_for_council()
    sent = scene.sent()

    (notice,) = scene.approve(sent)

    row = scene.fresh(sent)
    assert (row.state, row.decided_by) == ("approved", scene.council.user)
    assert (notice.adult, notice.request) == (scene.mother, sent)
    assert notice.officer.endswith(", Authorising officer")
    assert row.gate["decided"][scene.mother.reference]["open"] is True
    assert events(sent)[-1] == "approve"
    with pytest.raises(StageMoveNotAllowed):
        scene.approve(sent)
    assert PenaltyNotice.objects.count() == 1


@pytest.mark.parametrize(
    ("review", "says"),
    [
        (Review(" ", "A third holiday"), "code of conduct"),
        (Review("Section 4", ""), "public interest"),
    ],
)
def test_an_approval_says_what_was_found(scene, review, says):
    scene.open_for_council()
    sent = scene.sent()

    with pytest.raises(InvalidInput, match=says):
        scene.approve(sent, approval=Approval(review, {}))


def test_an_approval_from_a_page_that_showed_another_gate_is_refused(scene):
    sent = scene.sent()
    row = scene.fresh(sent)
    seen = seen_of(gates_of_request(row, parents_of(row), TODAY))
    scene.open_for_council()

    with pytest.raises(Conflict, match="Things have changed"):
        scene.approve(sent, approval=Approval(FOUND, seen))
    assert scene.fresh(sent).state == "sent"
    assert not PenaltyNotice.objects.exists()


def test_an_approval_behind_a_shut_gate_is_refused(scene):
    sent = scene.sent()

    with pytest.raises(RuleNotMet, match="Other councils were asked"):
        scene.approve(sent)


def test_a_register_that_was_put_right_since_is_not_approved(scene):
    scene.open_for_council()
    sent = scene.sent()
    remark(scene, LAST, 1, "C")

    with pytest.raises(RuleNotMet, match="13 November 2026"):
        scene.approve(sent)
    assert not PenaltyNotice.objects.exists()


def test_a_notice_that_cannot_be_issued_undoes_the_approval(scene):
    scene.open_for_council()
    sent = scene.sent()
    NoticeOffice.objects.all().delete()

    with pytest.raises(RuleNotMet, match="who parents pay"):
        scene.approve(sent)
    assert scene.fresh(sent).state == "sent"


# After support, and an excluded pupil


def test_after_support_it_is_about_what_the_threshold_rests_on(scene):

    case = a_case(scene)
    made = after_support(scene, case)

    assert (made.lane, made.case, len(made.sessions)) == ("support", case, len(AWAY))
    assert {"ASK-1", "ASK-13"} <= set(codes(scene, made))
    with pytest.raises(RuleNotMet, match="Notice to Improve"):
        answers = {"reason": "Holiday", "early_help": "Offered on 2 October"}
        scene.think()
        written = scene.declare(scene.write(made, answers=answers))
        scene.send(written, despite="All said")


def test_a_request_of_a_case_runs_a_clock_until_it_is_answered(scene, monkeypatch):

    monkeypatch.setattr(requests, "_refuse_school_gate", lambda answers: None)
    case = a_case(scene)
    made = after_support(scene, case)
    written = scene.declare(scene.write(made, answers={"reason": "Holiday"}))
    sent = scene.send(written, despite="All said")
    running = Deadline.objects.filter(case=case, kind="legal", done_on=None)
    assert running.get().due_on == date(2026, 12, 1)

    back = give_back(scene, sent)
    assert running.get().words == f"Put right what came back: request {back.reference}"


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 11, 16), date(2026, 11, 13)), (date(2026, 11, 16), date(2026, 11, 18))],
)
def test_the_days_of_an_exclusion_are_over(scene, first, last):
    with pytest.raises(InvalidInput, match="days that are over"):
        requests.begin_for_excluded(
            reach=scene.office,
            enrolment=scene.enrolment,
            first=first,
            last=last,
            today=TODAY,
            now=NOW,
        )


def test_a_parent_left_out_stays_on_record_with_the_reason(scene):
    sent = scene.sent()

    father = RequestParent.objects.get(request=sent, adult=scene.father)
    assert (father.included, father.allowed) == (False, "no")
    assert father.words == "He wrote against it"


# A case that is closed, and a register that changed


def a_case(scene: Away) -> Case:
    return casework.open_case(
        reach=scene.office,
        enrolment=scene.enrolment,
        crossing=crossing(scene.cast),
        now=NOW,
        today=TODAY,
    )


def after_support(scene: Away, case: Case) -> NoticeRequest:
    return requests.begin_after_support(
        reach=scene.office, case=case, improvement=None, today=TODAY, now=NOW
    )


def test_a_closed_case_begins_none_and_its_draft_stands_still(scene):
    case = a_case(scene)
    made = after_support(scene, case)
    Case.objects.filter(pk=case.pk).update(stage="closed", closed_on=TODAY)

    with pytest.raises(Conflict, match="This case is closed"):
        after_support(scene, case)
    with pytest.raises(Conflict, match="The case is closed"):
        scene.write(made)


def test_after_support_the_half_days_are_those_that_count_now(scene):
    made = after_support(scene, a_case(scene))
    remark(scene, LAST, 1, "I")

    again = requests.take_half_days(
        reach=scene.office, request=made, seen=made.version, today=TODAY, now=NOW
    )

    assert len(again.sessions) == 9


def test_an_absence_that_is_gone_from_the_register_is_taken_back(scene):
    made = scene.begin()
    for day, half in AWAY:
        remark(scene, day, half, "I")

    with pytest.raises(RuleNotMet, match="Take the request back"):
        requests.take_half_days(
            reach=scene.office, request=made, seen=made.version, today=TODAY, now=NOW
        )


def test_words_without_end_are_refused(scene):
    with pytest.raises(InvalidInput, match="2,000 characters"):
        give_back(scene, scene.sent(), words="x" * 2001)
