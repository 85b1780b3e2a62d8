"""A case referred to the council: written, sent, and each step after it."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from attendance.models import AdultLink, PupilFlag
from attendance.services.registers import amend_mark
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden, NotFound
from authorities.packs import pack_in_force
from authorities.permissions import Permission, Role
from authorities.tenancy import scope
from cases.access import referral_for, referrals_for
from cases.models import Case, Deadline, ItemStatement, Referral, ReferralStep
from cases.selectors.chronology import chronology
from cases.selectors.evidence import evidence_of
from cases.selectors.referral_facts import checked, facts_of
from cases.selectors.referrals import copies, copy_rows, forms_in_force
from cases.services import casework, referrals
from rules.errors import Conflict, InvalidInput
from rules.marks import DatedSession, Session
from rules.referral_stages import ReferralMoveNotAllowed
from tests import factories
from tests.cases.family import NOW
from tests.cases.referred import ANSWERS, FORM, answer, begin, send, worker, write
from tests.cast import TODAY


def test_a_referral_begins_filled_in_from_the_case(family):
    referral = begin(family)

    assert referral.state == "draft"
    assert (referral.title, referral.decided_by) == (
        "Referral to the council",
        "Attendance support worker of the council",
    )
    assert referral.answers["concerns"] == (
        "Case opened on 17 November 2026.\n10 unauthorised sessions in 10 school weeks: met."
    )
    assert referral.answers["attendance_summary"].startswith(
        "This school year up to 16 November 2026: attended 89.5% (86 of 96 half days)."
    )
    assert "10 unauthorised" in referral.answers["attendance_summary"]
    assert [layer["pack"] for layer in referral.policy["layers"]] == ["national", "dorset"]


def test_the_forms_of_the_council_come_before_the_national_one(family):
    found = forms_in_force(pack_in_force(family.cast.hillside, TODAY))

    assert [choice.value for choice in found] == ["dorset:panel_case", FORM]
    local = begin(family, form="dorset:panel_case")
    assert local.routes == [
        "Inclusion Panel",
        "Locality Inclusion Partnership",
        "In Year Fair Access",
    ]
    assert [one["key"] for one in local.asks if not one["required"]] == [
        "discussed_first",
        "early_help",
        "family",
        "pupil_voice",
        "parent_voice",
    ]


def test_a_form_that_is_not_in_force_and_a_closed_case_are_refused(family):
    with pytest.raises(InvalidInput, match="Choose one of the forms"):
        begin(family, form="bcp:pupil_referral")
    Case.objects.filter(pk=family.case.pk).update(stage="closed", closed_on=TODAY)
    with pytest.raises(Conflict, match="This case is closed"):
        begin(family)


def test_one_form_has_one_open_referral_and_another_after_it_is_over(family):
    first = begin(family)

    with pytest.raises(referrals.AlreadyBegun) as refused:
        begin(family)

    assert refused.value.reference == first.reference
    referrals.withdraw(
        reach=family.reach, referral=first, words="Not needed", seen=1, today=TODAY, now=NOW
    )
    assert begin(family).pk != first.pk


def test_what_is_written_is_kept_unfinished_and_a_stale_page_is_refused(family):
    referral = begin(family)

    saved = referrals.save(
        reach=family.reach,
        referral=referral,
        answers={"concerns": " Half a thought "},
        in_copy=["concerns"],
        seen=1,
        now=NOW,
    )

    assert (saved.answers, saved.version) == ({"concerns": "Half a thought"}, 2)
    with pytest.raises(Conflict, match="Somebody changed this referral"):
        referrals.save(
            reach=family.reach, referral=referral, answers={}, in_copy=[], seen=1, now=NOW
        )
    saved.refresh_from_db()
    assert saved.answers == {"concerns": "Half a thought"}


@pytest.mark.parametrize(
    ("answers", "in_copy", "says"),
    [
        ({"nonsense": "x"}, [], "questions of this form"),
        ({}, ["nonsense"], "questions of this form"),
        ({"concerns": "x" * 4001}, [], "4,000 characters"),
    ],
)
def test_answers_to_other_questions_or_without_end_are_refused(family, answers, in_copy, says):
    referral = begin(family)

    with pytest.raises(InvalidInput, match=says):
        referrals.save(
            reach=family.reach, referral=referral, answers=answers, in_copy=in_copy, seen=1, now=NOW
        )


def test_a_question_of_the_form_without_an_answer_stops_it(family):
    referral = begin(family)

    with pytest.raises(InvalidInput, match="Answer every question"):
        send(family, referral)

    assert Referral.objects.get().state == "draft"
    assert not Deadline.objects.exists()


def test_what_speaks_against_it_needs_a_reason(family):
    referral = write(family, begin(family), early_help="")

    with pytest.raises(InvalidInput, match="Say why you send it although"):
        send(family, referral, despite="  ")
    with pytest.raises(InvalidInput, match="600 characters"):
        send(family, referral, despite="x" * 601)

    sent = send(family, referral, despite="The mother asked us to.")
    assert sent.despite == "The mother asked us to."


def test_sending_starts_the_councils_clock_and_keeps_what_was_sent(family):
    sent = send(family)

    assert (sent.state, sent.sent_on, sent.sent_by) == ("sent", TODAY, family.cast.officer)
    due = Deadline.objects.get()
    assert (due.kind, due.due_on, due.clock["key"]) == (
        "referral answer",
        date(2026, 12, 1),
        "referral_answer",
    )
    step = ReferralStep.objects.get(event="send")
    assert step.content["answers"] == ANSWERS
    assert step.content["on"] == "2026-11-17"


def test_the_school_and_the_council_get_the_same_answer(family):
    """Before sending the school is told what the worker is told on arrival."""
    referral = write(family, begin(family), early_help="")
    PupilFlag.objects.create(
        authority=family.cast.northmoor,
        pupil=family.cast.pupil,
        kind="looked after",
        starts_on=date(2026, 9, 1),
    )
    policy = pack_in_force(family.cast.hillside, TODAY)
    told_school = checked(referral, policy, TODAY)

    sent = send(family, referral)
    correct(family)  # the register moves on after it was sent

    seen = referral_for(worker(family), sent.reference, Permission.DECIDE_REFERRAL)
    assert checked(seen, policy, TODAY + timedelta(days=20)) == told_school
    assert [one.code for one in told_school] == ["REF-11", "REF-13"]


def correct(family):
    amend_mark(
        school=family.cast.hillside,
        enrolment_id=family.cast.enrolment.pk,
        when=DatedSession(date(2026, 10, 5), Session.AM),
        expected="O",
        code="N",
        reason="We do not know after all",
        by=family.cast.officer,
        now=NOW + timedelta(hours=2),
    )


def test_the_facts_are_those_of_the_record(family):
    referral = write(family, begin(family))
    policy = pack_in_force(family.cast.hillside, TODAY)

    facts = facts_of(referral, policy, TODAY)

    assert (facts.compulsory_age, facts.on_roll) == (True, True)
    assert (facts.unresolved, facts.missing, facts.days_behind) == (0, 0, 0)
    assert (facts.parents, facts.incomplete, facts.siblings) == (2, 0, 0)
    assert (facts.looked_after, facts.agencies, facts.dated_steps) == (False, False, 0)
    correct(family)
    family.mother.address = ""
    family.mother.save()
    after = facts_of(referral, policy, TODAY + timedelta(days=3))
    assert (after.unresolved, after.incomplete) == (1, 1)
    assert (after.missing, after.days_behind) == (6, 3)


def test_a_policys_own_list_before_a_referral_is_asked_for(family):
    policy = pack_in_force(family.cast.hillside, TODAY)
    assert facts_of(begin(family), policy, TODAY).gates == ()

    packs.adopt(
        authority=family.cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 9, 2),
        reach=None,
    )
    policy = pack_in_force(family.cast.hillside, TODAY)

    assert "A referral to the early help hub was offered" in (
        facts_of(Referral.objects.get(), policy, TODAY).gates
    )


def test_a_statement_answers_for_a_step_until_it_is_taken_back(family):
    packs.adopt(
        authority=family.cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 9, 2),
        reach=None,
    )
    referral, policy = begin(family), pack_in_force(family.cast.hillside, TODAY)
    words = "A referral to the early help hub was offered"

    for answered, missing in (("shown", False), ("withdrawn", True)):
        ItemStatement.objects.create(
            authority=family.cast.northmoor,
            case=family.case,
            pack="barking_dagenham",
            edition=policy.layers[-1].pack.edition,
            checklist="seven_minimums",
            item="early_help_offered",
            answer=answered,
            words="On the phone on 2 November.",
            on=TODAY,
            made_by=family.cast.officer,
            made_at=NOW,
        )
        assert (words in facts_of(referral, policy, TODAY).gates) is missing


def test_the_council_reads_accepts_sends_on_and_ends(family):
    sent = send(family)
    read = referrals.receive(
        reach=worker(family), referral=sent, seen=sent.version, now=NOW + timedelta(minutes=30)
    )
    taken = answer(family, "accept", read, words="We can help.")
    assert Deadline.objects.get().done_on == TODAY
    there = answer(family, "send_on", taken, team="Hot clinic")
    assert (there.state, there.team) == ("with a team", "Hot clinic")
    with pytest.raises(Conflict, match="with that team already"):
        answer(family, "send_on", there, team="Hot clinic")
    moved = answer(family, "send_on", there, team="Fair access")
    with pytest.raises(InvalidInput, match="Say what it led to"):
        answer(family, "end", moved, words=" ")
    done = answer(family, "end", moved, words="A place was found.")

    assert done.state == "ended"
    steps = ReferralStep.objects.order_by("pk").values_list("event", flat=True)
    assert [*steps] == ["draft", "send", "receive", "accept", "send_on", "send_on", "end"]
    kinds = Event.objects.filter(kind="referral.moved").values_list("facts__event", flat=True)
    assert sorted(kinds) == ["accept", "end", "receive", "send", "send on", "send on"]


def test_what_comes_back_names_its_reasons_and_is_answered_and_sent_again(family):
    sent = send(family)

    back = answer(family, "give_back", sent, reasons=["REF-11", "REF-4"], words="Ask them first.")

    assert back.state == "returned"
    assert ReferralStep.objects.get(event="return").reasons == ["REF-4", "REF-11"]
    due = Deadline.objects.get(done_on=None)
    assert (due.owner, due.clock["key"]) == (family.cast.officer, "referral_amend")
    again = send(family, write(family, back, early_help="Done on 16 November."))
    assert again.state == "sent"
    first, second = ReferralStep.objects.filter(event="send").order_by("pk")
    assert first.content["answers"]["early_help"] == ANSWERS["early_help"]
    assert second.content["answers"]["early_help"] == "Done on 16 November."
    assert Deadline.objects.get(done_on=None).clock["key"] == "referral_answer"


@pytest.mark.parametrize(
    ("reasons", "words", "says"),
    [
        ([], "x", "Choose at least one reason"),
        (["REF-99"], "x", "Choose at least one reason"),
        (["other"], " ", "Say what the other reason is"),
        (["REF-4"], "x" * 2001, "2,000 characters"),
    ],
)
def test_a_return_without_a_reason_is_refused(family, reasons, words, says):
    sent = send(family)

    with pytest.raises(InvalidInput, match=says):
        answer(family, "give_back", sent, reasons=reasons, words=words)

    assert Referral.objects.get().state == "sent"


def test_a_team_that_the_form_does_not_name_is_refused(family):
    with pytest.raises(InvalidInput, match="one of the teams"):
        answer(family, "send_on", send(family), team="The moon")


def test_the_school_withdraws_with_a_reason_and_the_clock_is_dropped(family):
    sent = send(family)
    with pytest.raises(InvalidInput, match="Say why it is withdrawn"):
        referrals.withdraw(
            reach=family.reach, referral=sent, words="", seen=sent.version, today=TODAY, now=NOW
        )

    gone = referrals.withdraw(
        reach=family.reach,
        referral=sent,
        words="The family moved.",
        seen=sent.version,
        today=TODAY,
        now=NOW,
    )

    assert gone.state == "withdrawn"
    assert Deadline.objects.get().dropped_because == "The referral was withdrawn"


def test_a_move_that_the_table_does_not_have_is_refused(family):
    sent = send(family)

    with pytest.raises(ReferralMoveNotAllowed, match="This referral is now: sent"):
        answer(family, "end", sent, words="Too soon.")
    with pytest.raises(Conflict, match="This referral was sent"):
        write(family, sent)


def test_on_a_closed_case_nothing_more_is_written_and_what_was_sent_is_answered(family):
    draft = write(family, begin(family))
    other = send(family, write(family, begin(family, form="dorset:panel_case")))
    Case.objects.filter(pk=family.case.pk).update(stage="closed", closed_on=TODAY)

    with pytest.raises(Conflict, match="The case is closed"):
        send(family, draft)
    assert answer(family, "accept", other).state == "accepted"


def test_people_do_what_their_role_says_and_no_more(family):
    cast = family.cast
    sent = send(family)
    with pytest.raises(Forbidden):
        begin(family, reach=worker(family), form="dorset:panel_case")
    with pytest.raises(Forbidden):
        referrals.accept(
            reach=family.reach, referral=sent, words="", seen=sent.version, today=TODAY, now=NOW
        )
    for role in (Role.LEGAL_OFFICER, Role.TRUST_LEAD):
        reach = cast.reach(cast.person(role, "trust" if role == Role.TRUST_LEAD else "northmoor"))
        with pytest.raises(Forbidden):
            referrals.accept(
                reach=reach, referral=sent, words="", seen=sent.version, today=TODAY, now=NOW
            )


def test_who_sent_it_does_not_answer_it(family):
    sent = send(family)
    Referral.objects.filter(pk=sent.pk).update(sent_by=family.cast.person(Role.SUPPORT_WORKER))
    sent.refresh_from_db()

    with pytest.raises(Forbidden, match="You sent this referral yourself"):
        answer(family, "accept", sent)


def test_a_draft_is_the_schools_own_and_a_sent_one_the_councils_too(family):
    cast, draft = family.cast, write(family, begin(family))
    clerk = cast.reach(cast.person(Role.NOTICE_CLERK))
    brook = cast.reach(cast.person(Role.HEADTEACHER, "brook"))
    assert list(referrals_for(family.reach)) == [draft]
    assert list(referrals_for(worker(family))) == []
    with pytest.raises(NotFound):
        referral_for(worker(family), draft.reference, Permission.VIEW_SENSITIVE)

    send(family, draft)

    assert list(referrals_for(worker(family))) == [draft]
    assert list(referrals_for(clerk)) == []  # sees no health
    assert list(referrals_for(brook)) == []
    stranger = cast.reach(cast.stranger, cast.southvale)
    assert list(referrals_for(stranger)) == []


def test_steps_are_never_changed(family):
    begin(family)

    with pytest.raises(DatabaseError), transaction.atomic():
        ReferralStep.objects.update(words="Something else")


def test_the_history_and_the_evidence_tell_of_it(family):
    draft = write(family, begin(family))
    entries = [entry.title for entry in chronology(family.case, worker(family))]
    assert "Referral begun: Referral to the council" not in entries
    assert not [one for one in evidence_of(family.case) if one.kind == "referral"]

    sent = send(family, draft)
    answer(family, "give_back", sent, reasons=["REF-4"], words="See Monday.")

    (back,) = [e for e in chronology(family.case, worker(family)) if "returned" in e.title]
    assert back.text == "The register has code N. See Monday."
    (shown,) = [one for one in evidence_of(family.case) if one.kind == "referral"]
    assert (shown.on, shown.words) == (
        TODAY,
        "Referral to the council: returned with reasons",
    )
    clerk = family.cast.reach(family.cast.person(Role.NOTICE_CLERK))
    assert not [e for e in chronology(family.case, clerk) if e.tag == "Referral"]


def test_a_withdrawn_referral_shows_nothing(family):
    sent = send(family)
    referrals.withdraw(
        reach=family.reach, referral=sent, words="No", seen=sent.version, today=TODAY, now=NOW
    )

    assert not [one for one in evidence_of(family.case) if one.kind == "referral"]


def test_the_familys_copy_holds_no_voice_unless_the_school_lets_it_in(family):
    sent = send(family)

    assert [row["key"] for row in copy_rows(sent)] == [
        "support_tried",
        "assessment",
        "attendance_summary",
    ]
    may = {one["adult"].pk: one["may"] for one in copies(sent, TODAY)}
    assert may == {family.mother.pk: True, family.father.pk: True}
    AdultLink.objects.filter(adult=family.father).update(court_order="no information")
    family.mother.protected_address = "yes"
    family.mother.save()
    may = {one["adult"].pk: one["may"] for one in copies(sent, TODAY)}
    assert may == {family.mother.pk: False, family.father.pk: False}


def test_two_workers_at_once_make_one_answer(live_family):
    cast, together, told = live_family.cast, Barrier(2), []
    with scope(cast.ids):
        sent = send(live_family)

    def press(event, **more):
        try:
            together.wait()
            with scope(cast.ids):
                answer(live_family, event, Referral.objects.get(pk=sent.pk), seen=3, **more)
            told.append("done")
        except Conflict:
            told.append("stale")
        finally:
            connection.close()

    people = [
        Thread(target=press, args=["accept"]),
        Thread(target=press, args=["give_back"], kwargs={"reasons": ["REF-4"]}),
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(told) == ["done", "stale"]
    with scope(cast.ids):
        assert ReferralStep.objects.exclude(event__in=["draft", "send"]).count() == 1


def test_a_referral_of_a_pupil_with_no_marks_says_so(family):
    cast = family.cast
    pupil = factories.pupil(cast.northmoor)
    enrolment = factories.enrolment(pupil, cast.hillside, starts_on=TODAY)
    case = casework.open_case(
        reach=family.reach, enrolment=enrolment, crossing=None, now=NOW, today=TODAY
    )

    referral = begin(family, case=case)

    assert referral.answers["attendance_summary"] == (
        "No session was possible this year up to 17 November 2026."
    )
    facts = facts_of(referral, pack_in_force(cast.hillside, TODAY), TODAY)
    assert (facts.weeks, facts.parents, facts.days_behind > 2) == (0, 0, True)
