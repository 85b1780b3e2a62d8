"""Preparing a prosecution, through the services: who may, which sessions, and what stops it."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from attendance.models import AdultLink
from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Deadline
from cases.services import casework
from legal.models import (
    LegalEvent,
    PenaltyNotice,
    Prosecution,
    ProsecutionTest,
    ReliedSession,
    SupervisionOrder,
)
from legal.selectors import prosecutions as selectors
from legal.selectors.gates import gate_of
from legal.selectors.prosecution_gates import gate_for
from legal.services import prosecution_moves, prosecutions, withdrawals
from legal.services.papers import Release
from legal.services.prosecutions import Found
from letters.models import Letter, Route
from rules.defences import Weighed
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marks import DatedSession, Session
from rules.moves import StageMoveNotAllowed
from rules.prosecution_stages import ProsecutionState
from rules.prosecutions import CodeTest, Offence
from tests.attendance.scenes import crossing
from tests.cast import TODAY
from tests.legal.payment_scenes import Till
from tests.legal.penalty_scenes import at
from tests.legal.prosecution_scenes import (
    ANSWER_BY,
    ANSWERED,
    AUTHORISED,
    BEGUN,
    CHARGED,
    SESSIONS,
    SILENT,
    WEIGHED,
    Desk,
    desk,
    prosecution,
)

S = ProsecutionState
FRIDAY_AFTERNOON = DatedSession(date(2026, 10, 9), Session.PM)


@pytest.fixture(name="desk")
def a_desk(cast) -> Desk:
    return desk(cast)


def history(file: Prosecution) -> list[str]:
    return list(
        LegalEvent.objects.filter(subject=f"legal.Prosecution:{file.pk}")
        .order_by("pk")
        .values_list("event", flat=True)
    )


def a_case(desk: Desk):
    cast = desk.cast
    return casework.open_case(
        reach=cast.reach(cast.officer),
        enrolment=cast.enrolment,
        crossing=crossing(cast),
        now=at(TODAY),
        today=TODAY,
    )


def test_a_first_offence_goes_all_the_way_by_the_single_justice_procedure(desk):
    notice = desk.unpaid()
    file = desk.until(S.DECIDED, notice=notice)
    desk.report(file)

    file.refresh_from_db()
    notice.refresh_from_db()
    assert (file.state, file.route) == ("decided", "single justice procedure")
    assert (file.fine_pence, file.outcomes, file.plea) == (20_000, ["fine"], "guilty")
    assert file.told_on == date(2027, 2, 10)
    assert (notice.state, notice.acquitted_on) == ("prosecuted", None)
    assert notice.slot.freed_on is None
    assert ReliedSession.objects.filter(freed_on=None).count() == 10
    assert history(file) == [
        "begin",
        "consider",
        "ask",
        "answer",
        "weigh",
        "papers",
        "evidential_test",
        "public_interest_test",
        "test",
        "authorise",
        "notify",
        "list",
        "decide",
        "report",
    ]
    assert Event.objects.filter(kind="prosecution.moved").count() == 13
    assert file.gate["open"] is True


# Beginning


def test_only_the_council_begins_a_prosecution(desk):
    notice = desk.unpaid()
    with pytest.raises(Forbidden, match="Only the council prosecutes"):
        desk.begin(notice, by=desk.room.head)
    with pytest.raises(Forbidden, match="Only the council prosecutes"):
        desk.begin(notice, by=desk.senior)
    notice.refresh_from_db()
    assert notice.state == "issued"


def test_a_notice_whose_time_runs_or_that_is_begun_already_begins_no_prosecution(desk):
    notice = desk.unpaid()
    with pytest.raises(Conflict, match="now stands at: issued, the time to pay is running"):
        desk.begin(notice, today=date(2026, 12, 14))
    desk.begin(notice)
    notice.refresh_from_db()
    assert notice.state == "for prosecution"
    with pytest.raises(Conflict, match="begun already"):
        desk.begin(notice)


def test_a_stale_form_of_the_notice_begins_nothing(desk):
    notice = desk.unpaid()
    with pytest.raises(Conflict, match="Somebody changed this notice"):
        desk.begin(notice, notice_version=99)


def test_a_payment_in_time_that_was_found_late_stops_it(desk):
    notice = desk.unpaid()
    Till(desk.room).pay(notice, 16_000, date(2026, 12, 10), today=BEGUN)
    with pytest.raises(Conflict, match="paid in time"):
        desk.begin(notice)


def test_a_notice_to_look_at_again_begins_nothing(desk):
    notice = desk.unpaid()
    PenaltyNotice.objects.filter(pk=notice.pk).update(review="The address was wrong.")
    with pytest.raises(Conflict, match="Look at the penalty notice again first"):
        desk.begin(notice)


def test_an_excluded_childs_notice_is_about_another_offence(desk):
    from legal.models import Lane

    (notice,) = desk.room.issue(lane=Lane.EXCLUDED, sessions=[], answers={"circumstances": "x"})
    with pytest.raises(RuleNotMet, match="section 103"):
        desk.begin(notice)


def test_why_it_is_begun_is_written_down(desk):
    with pytest.raises(InvalidInput, match="Write why"):
        desk.begin(desk.unpaid(), words=" ")


def test_a_person_who_is_no_parent_in_law_is_not_prosecuted(desk):
    AdultLink.objects.filter(adult=desk.room.mother).update(
        parental_responsibility="unknown", has_care="no"
    )
    with pytest.raises(RuleNotMet, match="parent in law"):
        desk.begin()
    AdultLink.objects.filter(adult=desk.room.mother).delete()
    with pytest.raises(RuleNotMet, match="parent in law"):
        desk.begin()


def test_who_had_care_on_the_days_answers_for_them_and_who_has_it_since_does_not(desk):
    link = AdultLink.objects.filter(adult=desk.room.mother)
    link.update(
        parental_responsibility="no",
        has_care="yes",
        care_from=date(2026, 10, 8),
        care_to=None,
    )
    with pytest.raises(RuleNotMet, match="parent in law on: 5 October 2026, 6 October 2026, 7 Oct"):
        desk.begin()
    link.update(care_from=date(2026, 9, 1), care_to=date(2026, 10, 31))
    assert desk.begin().state == "preparing"


def test_a_notice_is_not_stopped_by_hand_while_its_prosecution_is_open(desk):
    file = desk.until(S.CHARGED)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    with pytest.raises(Conflict, match="End it on its own page"):
        withdrawals.stop(
            reach=desk.legal,
            notice=notice,
            version=notice.version,
            reason="discontinued",
            words="You do not have to do anything.",
            today=BEGUN,
            now=at(BEGUN),
        )
    notice.refresh_from_db()
    assert notice.state == "for prosecution"
    assert not Letter.objects.filter(kind="penalty_ended").exists()


def test_sessions_that_are_no_offence_are_refused(desk):
    present = DatedSession(date(2026, 10, 12), Session.AM)
    with pytest.raises(RuleNotMet, match="Leave out what is not absence without leave: 12 October"):
        desk.begin(sessions=[*SESSIONS, present])
    with pytest.raises(RuleNotMet, match="Choose the sessions"):
        desk.begin(sessions=[])
    with pytest.raises(InvalidInput, match="no mark for: 25 December 2026"):
        desk.begin(sessions=[DatedSession(date(2026, 12, 25), Session.AM)])
    with pytest.raises(RuleNotMet, match="The time to charge ended on 9 April 2027"):
        desk.begin(today=date(2027, 4, 10))


def test_sessions_of_a_running_or_withdrawn_notice_or_of_an_order_are_used(desk):
    notice = desk.unpaid()
    with pytest.raises(RuleNotMet, match="time to pay a penalty notice for these days is still"):
        desk.begin(today=TODAY)
    desk.room.represent(notice, TODAY)
    with pytest.raises(RuleNotMet, match="has not been answered"):
        desk.begin()
    desk.room.withdraw(notice, BEGUN)
    with pytest.raises(RuleNotMet, match="was withdrawn, so nobody can be prosecuted"):
        desk.begin()


def test_sessions_that_an_unpaid_notice_rests_on_are_not_taken_past_it(desk):
    desk.unpaid()
    with pytest.raises(RuleNotMet, match="relied on already"):
        desk.begin()
    assert not Prosecution.objects.exists()


def test_days_under_a_supervision_order_are_no_part_of_it(desk):
    case = a_case(desk)
    SupervisionOrder.objects.create(
        authority=desk.cast.northmoor,
        case=case,
        enrolment=desk.room.enrolment,
        pupil=desk.room.pupil,
        school=desk.cast.hillside,
        state="in force",
        considered_on=date(2026, 9, 1),
        considered="It would help",
        applied_on=date(2026, 9, 15),
        applied_by=desk.senior.user,
        made_on=date(2026, 10, 9),
        made_by=desk.legal.user,
        made_at=at(TODAY),
    )
    with pytest.raises(RuleNotMet, match=r"in force on these days.*9 October 2026"):
        desk.begin(case=case)


def test_a_closed_case_begins_no_prosecution(desk):
    case = a_case(desk)
    case.stage, case.closed_on = "closed", TODAY
    case.save()
    with pytest.raises(Conflict, match="was closed on 17 November 2026"):
        desk.begin(case=case)


def test_a_prosecution_of_a_case_uses_its_sessions_once_and_has_a_clock(desk):
    case = a_case(desk)
    file = desk.begin(case=case, today=BEGUN)
    assert ReliedSession.objects.filter(subject=f"legal.Prosecution:{file.pk}").count() == 10
    clock = Deadline.objects.get(about=f"legal.Prosecution:{file.pk}", done_on=None)
    assert (clock.due_on, clock.kind) == (date(2027, 4, 5), "legal")
    with pytest.raises(RuleNotMet, match="relied on already"):
        desk.begin(case=case, today=BEGUN)


def test_two_officers_begin_on_one_notice_and_the_database_lets_one(desk):
    notice = desk.unpaid()
    file = desk.begin(notice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Prosecution.objects.create(
            authority=file.authority,
            notice=notice,
            enrolment=file.enrolment,
            pupil=file.pupil,
            school=file.school,
            adult=file.adult,
            state="preparing",
            offence="444(1)",
            first=file.first,
            last=file.last,
            made_by=desk.legal.user,
            made_at=at(BEGUN),
        )


def test_the_loser_of_two_beginnings_is_told_in_a_sentence(desk, monkeypatch):
    notice = desk.unpaid()
    desk.begin(notice)
    PenaltyNotice.objects.filter(pk=notice.pk).update(state="unpaid")
    monkeypatch.setattr(prosecutions, "_held_notice", lambda beginning, *_: beginning.notice)
    with pytest.raises(Conflict, match="Open it and go on there"):
        desk.begin(notice)


# The sessions


def test_the_sessions_are_chosen_again_and_given_back(desk):
    file = desk.begin(case=a_case(desk))
    prosecutions.choose(
        offence=Offence.KNOWS,
        sessions=[one for one in SESSIONS if one != FRIDAY_AFTERNOON],
        **desk.edge(file, BEGUN),
    )
    assert (file.offence, file.last, len(file.sessions)) == ("444(1)", date(2026, 10, 9), 10)
    file.refresh_from_db()
    assert (file.offence, len(file.sessions)) == ("444(1A)", 9)
    freed = ReliedSession.objects.get(freed_on__isnull=False)
    assert (freed.day, freed.session) == (date(2026, 10, 9), 1)
    prosecutions.choose(offence=Offence.KNOWS, sessions=SESSIONS, **desk.edge(file, BEGUN))
    assert ReliedSession.objects.filter(freed_on=None).count() == 10
    desk.consider(file)
    desk.ask(file)
    with pytest.raises(Conflict, match="before the letter goes"):
        prosecutions.choose(offence=Offence.FAILS, sessions=SESSIONS, **desk.edge(file, BEGUN))


def test_absences_without_leave_are_offered_unless_something_else_rests_on_them(desk):
    room = desk.room
    found = selectors.offered(room.enrolment, room.mother, None, BEGUN)
    assert [one.key for one in found][:2] == ["2026-10-05.0", "2026-10-05.1"]
    assert len(found) == 10
    notice = desk.unpaid()
    assert selectors.offered(room.enrolment, room.mother, None, BEGUN) == []
    own = selectors.offered(room.enrolment, room.mother, notice, BEGUN)
    assert len(own) == 10
    assert all(one.of_notice for one in own)
    file = desk.begin(notice)
    again = selectors.offered(room.enrolment, room.mother, notice, BEGUN, prosecution=file)
    assert len(again) == 10


# The supervision order


def test_the_letter_waits_until_an_order_was_considered(desk):
    file = desk.begin(desk.unpaid())
    with pytest.raises(RuleNotMet, match="must consider an education supervision order"):
        desk.ask(file)
    with pytest.raises(RuleNotMet, match="must consider an education supervision order"):
        desk.consider(file, words=" ")
    with pytest.raises(RuleNotMet, match="must consider an education supervision order"):
        desk.consider(file, on=BEGUN + timedelta(days=1))


def test_the_orders_own_record_shows_that_it_was_considered(desk):
    case = a_case(desk)
    file = desk.begin(case=case)
    order = SupervisionOrder.objects.create(
        authority=desk.cast.northmoor,
        case=case,
        enrolment=desk.room.enrolment,
        pupil=desk.room.pupil,
        school=desk.cast.hillside,
        state="considered",
        considered_on=date(2026, 12, 1),
        considered="The family works with us already.",
        made_by=desk.legal.user,
        made_at=at(BEGUN),
    )
    with pytest.raises(RuleNotMet, match="Record when that was done"):
        desk.consider(file, order=order)
    order.state, order.ended_on = "not sought", BEGUN
    order.save()
    desk.consider(file, order=order)
    file.refresh_from_db()
    assert (file.order, file.considered_on) == (order, date(2026, 12, 1))
    assert file.considered.endswith("The family works with us already.")


def test_another_childs_order_shows_nothing(desk):
    from tests import factories

    file = desk.begin(case=a_case(desk))
    other = factories.pupil(desk.cast.northmoor)
    order = SupervisionOrder(pupil=other)
    with pytest.raises(InvalidInput, match="another child"):
        desk.consider(file, order=order)


# The letter under caution


def test_the_letter_says_the_caution_the_rights_and_every_question(desk):
    file = desk.begin(desk.unpaid(), offence=Offence.KNOWS)
    desk.consider(file)
    desk.ask(file)
    letter = Letter.objects.get(kind="prosecution_caution")
    assert letter.state == "approved"
    context = letter.context
    assert context["caution"].startswith("You do not have to say anything.")
    assert "You need not answer these questions." in context["rights"]
    assert len(context["questions"]) == 24
    assert context["answer_by"] == "Monday 4 January 2027"
    assert context["penalty"] == (
        "The most a court may impose is a fine of £2,500, or up to 3 months in prison."
    )
    file.refresh_from_db()
    assert (file.asked_on, file.answer_by) == (BEGUN, ANSWER_BY)
    assert selectors.letters_of(file).get().letter == letter


def test_a_parent_about_whom_there_is_a_doubt_gets_it_by_a_persons_hand(desk):
    file = desk.begin(desk.unpaid())
    desk.consider(file)
    desk.room.mother.protected_address = "yes"
    desk.room.mother.save()
    with pytest.raises(RuleNotMet, match="until a person says how it is given to them safely"):
        desk.ask(file)
    decision = selectors.link_of(file.pupil, file.adult)
    from attendance.addressing import may_write_to

    codes = may_write_to(desk.room.mother, decision, BEGUN).codes
    desk.ask(file, release=Release(Route.IN_PERSON, "Handed over at the office", codes))
    assert Letter.objects.get(kind="prosecution_caution").address_lines == []


def test_the_parent_has_a_week_at_least_and_the_council_has_a_name(desk):
    from legal.models import NoticeOffice

    file = desk.begin(desk.unpaid())
    desk.consider(file)
    with pytest.raises(InvalidInput, match="from 23 December 2026 on"):
        desk.ask(file, answer_by=date(2026, 12, 22))
    NoticeOffice.objects.all().delete()
    with pytest.raises(RuleNotMet, match="Council details"):
        desk.ask(file)


def test_a_corrected_mark_stops_the_letter(desk):
    file = desk.begin(desk.unpaid())
    desk.consider(file)
    sessions = [*file.sessions[:-1], {**file.sessions[-1], "code": "G"}]
    Prosecution.objects.filter(pk=file.pk).update(sessions=sessions)
    with pytest.raises(Conflict, match="another code now for: 9 October 2026"):
        desk.ask(file)


def test_a_payment_or_a_dispute_after_the_beginning_stops_each_step_forward(desk):
    notice = desk.unpaid()
    file = desk.begin(notice)
    desk.consider(file)
    desk.room.represent(notice, date(2026, 12, 17))
    with pytest.raises(Conflict, match=r"cannot go on now\. .*The parent disputes it"):
        desk.ask(file, date(2026, 12, 17))
    desk.room.answer(notice, date(2026, 12, 18))
    notice.refresh_from_db()
    assert notice.state == "unpaid"
    with pytest.raises(Conflict, match="A person must look at this again first"):
        desk.ask(file, date(2026, 12, 18))
    desk.stands(file, date(2026, 12, 18))
    desk.ask(file, date(2026, 12, 18))
    notice.refresh_from_db()
    assert notice.state == "for prosecution"
    Till(desk.room).pay(notice, 16_000, date(2026, 12, 10), today=SILENT)
    with pytest.raises(Conflict, match="paid in time"):
        desk.no_answer(file)
    notice.refresh_from_db()
    assert notice.state == "paid"


def test_something_to_look_at_again_stops_it_until_a_person_says_why_it_goes_on(desk):
    from legal.services import prosecution_courts as courts

    file = desk.until(S.TESTED)
    prosecution_moves.ask_to_look_again(file, "New facts came.", today=WEIGHED, now=at(WEIGHED))
    prosecution_moves.ask_to_look_again(file, "New facts came.", today=WEIGHED, now=at(WEIGHED))
    with pytest.raises(Conflict, match="A person must look at this again first: New facts came"):
        desk.authorise(file)
    with pytest.raises(InvalidInput, match="Say why it goes on"):
        courts.stands(words="", **desk.edge(file, WEIGHED))
    courts.stands(words="They change nothing.", **desk.edge(file, WEIGHED))
    with pytest.raises(Conflict, match="nothing to look at"):
        courts.stands(words="Again", **desk.edge(file, WEIGHED))
    desk.authorise(file)
    assert history(file).count("look_again") == 1
    file.review = ""
    Prosecution.objects.filter(pk=file.pk).update(review=courts.corrections.CORRECTED)
    with pytest.raises(Conflict, match="Corrected marks"):
        courts.stands(words="Again", **desk.edge(file, WEIGHED))


# The answer


def test_an_answer_is_taken_at_any_time_before_the_charge_and_weighed_anew(desk):
    file = desk.until(S.AUTHORISED)
    desk.answer(file, AUTHORISED, {"sickness_1": "Yes, on the Friday."})
    file.refresh_from_db()
    assert (file.state, file.round, file.defences, file.authorised_by) == ("answered", 3, {}, None)
    assert file.answers["else"] == "I could not pay in time."
    with pytest.raises(RuleNotMet, match="Say what was found of this defence"):
        desk.test(file, CodeTest.EVIDENTIAL, today=AUTHORISED)
    with pytest.raises(StageMoveNotAllowed):
        desk.authorise(file)


def test_an_answer_names_a_question_of_the_letter_and_a_day_that_can_be(desk):
    file = desk.until(S.ASKED)
    with pytest.raises(InvalidInput, match="at least one answer"):
        desk.answer(file, answers={"else": "  "})
    with pytest.raises(InvalidInput, match="not in the letter"):
        desk.answer(file, answers={"justification_1": "Yes"})
    with pytest.raises(InvalidInput, match="between the day of the letter and today"):
        prosecutions.answer(
            answered=prosecutions.Answered(date(2026, 12, 1), "letter", {"else": "x"}),
            **desk.edge(file, ANSWERED),
        )


def test_no_answer_is_recorded_once_the_time_is_over(desk):
    file = desk.until(S.ASKED)
    with pytest.raises(Conflict, match="may answer until 4 January 2027"):
        desk.no_answer(file, ANSWER_BY)
    desk.no_answer(file)
    file.refresh_from_db()
    assert file.state == "no answer"
    assert ("caution_stage", "Caution letter sent: no answer came in time") in [
        (test, shown.words) for test, shown in selectors.shown_by(file)
    ]


# The defences


def test_each_defence_is_weighed_and_one_that_was_raised_has_a_reason(desk):
    file = desk.until(S.ASKED)
    with pytest.raises(Conflict, match="once the parent has answered"):
        desk.weigh(file)
    desk.answer(file)
    with pytest.raises(InvalidInput, match="Write why this defence does not apply"):
        desk.weigh(file, sickness=Found(Weighed.DOES_NOT))
    with pytest.raises(InvalidInput, match="Say what was found of this defence"):
        prosecutions.weigh(found={}, **desk.edge(file, WEIGHED))
    desk.weigh(file, sickness=Found(Weighed.DOES_NOT, "The surgery has no record of it."))
    file.refresh_from_db()
    assert file.defences["sickness"]["found"] == "does not apply"


def test_a_defence_that_applies_lets_no_test_be_made(desk):
    file = desk.until(S.ASKED)
    desk.answer(file)
    desk.weigh(file, sickness=Found(Weighed.APPLIES, "The hospital's letter"))
    with pytest.raises(RuleNotMet, match="A defence applies, so there is no offence"):
        desk.test(file, CodeTest.EVIDENTIAL)


# The papers


def test_the_papers_are_recorded_before_the_charge(desk):
    file = desk.begin(desk.unpaid())
    with pytest.raises(InvalidInput, match="Write which papers"):
        desk.papers(file, words="")
    with pytest.raises(InvalidInput, match="today at the latest"):
        desk.papers(file, on=WEIGHED + timedelta(days=1))
    desk.papers(file)
    assert (file.papers_on, file.papers[:22]) == (None, "")
    file.refresh_from_db()
    assert file.papers_on == WEIGHED
    Prosecution.objects.filter(pk=file.pk).update(state="authorised")
    with pytest.raises(Conflict, match=r"authorised it on the papers as they are\. Go back"):
        desk.papers(file, words="Another statement.")
    Prosecution.objects.filter(pk=file.pk).update(state="charged")
    with pytest.raises(Conflict, match="before the charge"):
        desk.papers(file)


def test_a_stale_form_is_refused(desk):
    file = desk.begin(desk.unpaid())
    edge = desk.edge(file, BEGUN) | {"version": 7}
    with pytest.raises(Conflict, match="Somebody changed this prosecution"):
        prosecutions.no_answer(**edge)


# The gate


def test_the_gate_of_one_prosecution_rests_on_its_own_papers_alone(desk):
    file = desk.until(S.TESTED)
    answer = gate_for(file, AUTHORISED)
    assert [one.key for one in answer.blocking] == ["delegated_sign_off"]
    general = gate_of(enrolment=file.enrolment, step="prosecution", today=AUTHORISED, case=None)
    assert {one.key for one in general.requirements if one.met} >= {
        "evidential_test",
        "public_interest_test",
        "caution_stage",
    }
    other = desk.begin(adult=desk.room.father, today=AUTHORISED)
    shut = gate_for(other, AUTHORISED)
    assert {one.key for one in shut.blocking} == {
        "order_considered",
        "evidential_test",
        "public_interest_test",
        "caution_stage",
        "statements_and_certificate",
        "delegated_sign_off",
    }
    both = gate_of(enrolment=file.enrolment, step="prosecution", today=AUTHORISED, case=None)
    assert "evidential_test" in {one.key for one in both.blocking}


# The database


def test_the_database_refuses_who_authorises_their_own_file_or_test(desk):
    begun = desk.begin(adult=desk.room.father)
    with pytest.raises(IntegrityError, match="authorised_by_another"), transaction.atomic():
        Prosecution.objects.filter(pk=begun.pk).update(authorised_by=begun.made_by)
    file = desk.until(S.TESTED)
    clerk = desk.cast.person(Role.NOTICE_CLERK)
    ProsecutionTest.objects.create(
        authority=file.authority,
        prosecution=file,
        round=file.round,
        test="evidential",
        passed=True,
        on=WEIGHED,
        made_by=clerk,
        made_at=at(WEIGHED),
    )
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Prosecution.objects.filter(pk=file.pk).update(authorised_by=clerk)
    senior = desk.senior.user
    Prosecution.objects.filter(pk=file.pk).update(authorised_by=senior)
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        ProsecutionTest.objects.create(
            authority=file.authority,
            prosecution=file,
            round=file.round,
            test="evidential",
            passed=True,
            on=WEIGHED,
            made_by=senior,
            made_at=at(WEIGHED),
        )
    with pytest.raises(IntegrityError, match="was_authorised"), transaction.atomic():
        Prosecution.objects.filter(pk=file.pk).update(authorised_by=None, charged_on=CHARGED)


def test_one_file_for_whoever_only_reads_it(cast):
    file = prosecution(cast, S.LISTED)
    assert file.state == "listed"
    assert selectors.of_notice(file.notice) == file
    assert selectors.clock_of(file, CHARGED)[0] == ("Earliest session", "5 October 2026")
