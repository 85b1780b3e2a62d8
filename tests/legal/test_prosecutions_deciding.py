"""The tests, the authority, the charge, the court, and every other end, through the services."""

from datetime import date, datetime, timedelta

import pytest

from authorities import packs
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Deadline
from cases.services import casework
from legal.models import (
    ParentingOrder,
    PenaltyNotice,
    Prosecution,
    ProsecutionTest,
    ReliedSession,
    Withdrawal,
)
from legal.selectors import prosecutions as selectors
from legal.selectors.prosecution_gates import gate_for
from legal.services import prosecution_courts as courts
from legal.services import prosecution_deciding as deciding
from legal.services import slots, withdrawals
from letters.models import Letter
from rules.court_outcomes import Outcome, Plea
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.moves import StageMoveNotAllowed
from rules.prosecution_stages import ProsecutionState
from rules.prosecutions import CodeTest, Offence, Route, Used
from rules.tariffs import LONDON
from tests.attendance.scenes import crossing
from tests.cast import TODAY, Place, hire
from tests.legal.payment_scenes import Till
from tests.legal.penalty_scenes import TEN, at
from tests.legal.prosecution_scenes import (
    AUTHORISED,
    BEGUN,
    CHARGED,
    DECIDED,
    SESSIONS,
    WEIGHED,
    Desk,
    desk,
)

S = ProsecutionState
EVIDENTIAL, INTEREST = CodeTest.EVIDENTIAL, CodeTest.PUBLIC_INTEREST


@pytest.fixture(name="desk")
def a_desk(cast) -> Desk:
    return desk(cast)


@pytest.fixture(name="case")
def a_case(desk):
    cast = desk.cast
    return casework.open_case(
        reach=cast.reach(cast.officer),
        enrolment=cast.enrolment,
        crossing=crossing(cast),
        now=at(TODAY),
        today=TODAY,
    )


# The tests


def test_the_evidential_test_comes_first_and_each_has_an_author_a_day_and_every_answer(desk):
    file = desk.until(S.ANSWERED)
    with pytest.raises(RuleNotMet, match="Make the evidential test first"):
        desk.test(file, INTEREST)
    with pytest.raises(InvalidInput, match="Is the certified register complete"):
        desk.test(file, EVIDENTIAL, answers={"prospect": "Yes"})
    with pytest.raises(InvalidInput, match="between the day of the caution letter and today"):
        desk.test(file, EVIDENTIAL, on=date(2026, 12, 1))
    made = desk.test(file, EVIDENTIAL)
    assert (made.made_by, made.on, made.passed) == (desk.legal.user, WEIGHED, True)
    with pytest.raises(RuleNotMet, match="comes after the evidential one"):
        desk.test(file, INTEREST, on=WEIGHED - timedelta(days=1))
    desk.test(file, INTEREST)
    file.refresh_from_db()
    assert file.state == "tests made"
    assert ProsecutionTest.objects.count() == 2


def test_a_test_that_fails_is_kept_and_ends_the_way_to_court(desk):
    file = desk.until(S.ANSWERED)
    desk.test(file, EVIDENTIAL, passed=False)
    with pytest.raises(RuleNotMet, match="The evidential test failed"):
        desk.test(file, INTEREST)
    desk.test(file, EVIDENTIAL)
    desk.test(file, INTEREST, passed=False)
    file.refresh_from_db()
    assert file.state == "answered"
    assert deciding.test_sentences(file) == (
        "A prosecution is not in the public interest. Record what happens instead.",
    )
    assert ProsecutionTest.objects.count() == 3


def test_a_late_payment_stops_the_tests(desk):
    file = desk.until(S.ANSWERED)
    Till(desk.room).pay(file.notice, 16_000, date(2026, 12, 11), today=WEIGHED)
    with pytest.raises(Conflict, match="paid in time"):
        desk.test(file, EVIDENTIAL)
    with pytest.raises(RuleNotMet, match="not on record as paid"):
        other = desk.begin(adult=desk.room.father)
        desk.drop(other, "paid_in_time")
    desk.drop(file, "paid_in_time", WEIGHED)
    file.refresh_from_db()
    assert (file.state, file.instead) == ("not proceeded with", "no_further_action")
    assert not Withdrawal.objects.exists()


# The authority


def test_only_the_named_senior_officer_authorises_and_never_who_prepared_or_tested(desk):
    file = desk.until(S.TESTED)
    with pytest.raises(Forbidden, match="has delegated it"):
        desk.authorise(file, by=desk.legal)
    senior = desk.cast.person(Role.AUTHORISING_OFFICER)
    ProsecutionTest.objects.create(
        authority=file.authority,
        prosecution=file,
        round=file.round,
        test=EVIDENTIAL.value,
        passed=True,
        answers={},
        on=WEIGHED,
        made_by=senior,
        made_at=at(WEIGHED),
    )
    with pytest.raises(Forbidden, match="Another senior officer"):
        desk.authorise(file)


def test_a_policy_may_give_the_decision_to_another_role(desk, monkeypatch):
    file = desk.until(S.TESTED)
    found = deciding.deciders_of(packs.pack_in_force(file.school, AUTHORISED), "prosecution")
    other = type(found)(frozenset({Role.HEADTEACHER}), ("Director of education",))
    monkeypatch.setattr(deciding, "deciders_of", lambda *_: other)
    with pytest.raises(Forbidden, match="gives this decision to: director of education"):
        desk.authorise(file)


def test_the_post_and_the_reason_are_written_down(desk):
    file = desk.until(S.TESTED)
    with pytest.raises(InvalidInput, match="Write your post"):
        desk.authorise(file, officer=" ")
    with pytest.raises(InvalidInput, match="Write your post"):
        desk.authorise(file, words=" ")


def test_an_authority_on_a_page_that_is_overtaken_is_refused_with_what_changed(desk):
    file = desk.until(S.TESTED)
    seen = gate_for(file, AUTHORISED).seen
    Prosecution.objects.filter(pk=file.pk).update(considered_on=None)
    with pytest.raises(Conflict, match="Things have changed since you opened this page"):
        desk.authorise(file, seen=seen)
    with pytest.raises(Conflict, match="Somebody changed this prosecution"):
        desk.authorise(file, version=1)


def test_it_is_not_authorised_while_papers_are_missing(desk):
    file = desk.until(S.TESTED)
    Prosecution.objects.filter(pk=file.pk).update(papers_on=None)
    with pytest.raises(RuleNotMet, match="Statements and the head's certificate are on file"):
        desk.authorise(file)


def test_it_is_not_authorised_on_marks_tests_or_defences_that_were_overtaken(desk):
    file = desk.until(S.TESTED)
    sessions = [{**file.sessions[0], "code": "G"}, *file.sessions[1:]]
    Prosecution.objects.filter(pk=file.pk).update(sessions=sessions)
    with pytest.raises(Conflict, match="another code now for: 5 October 2026"):
        desk.authorise(file)
    Prosecution.objects.filter(pk=file.pk).update(sessions=file.sessions)
    file.refresh_from_db()
    whole = [{**one, "code": "O"} for one in file.sessions]
    Prosecution.objects.filter(pk=file.pk).update(sessions=whole, round=9)
    with pytest.raises(RuleNotMet, match="Make the evidential test first"):
        desk.authorise(file)


def test_it_is_sent_back_with_reasons_and_everything_is_made_again(desk):
    file = desk.until(S.AUTHORISED)
    with pytest.raises(InvalidInput, match="Write what has changed"):
        deciding.go_back(words="", **desk.edge(file, CHARGED))
    with pytest.raises(Forbidden):
        deciding.go_back(words="No", **desk.edge(file, CHARGED, desk.room.head))
    deciding.go_back(words="The witness moved away.", **desk.edge(file, CHARGED, desk.senior))
    file.refresh_from_db()
    assert (file.state, file.authorised_by, file.defences, file.gate) == (
        "preparing",
        None,
        {},
        {},
    )
    desk.ask(file, CHARGED, answer_by=date(2027, 2, 1))
    desk.no_answer(file, date(2027, 2, 2))
    desk.weigh(file, date(2027, 2, 2))
    with pytest.raises(RuleNotMet, match="Make the evidential test first"):
        desk.test(file, INTEREST, today=date(2027, 2, 2))
    desk.tests(file, date(2027, 2, 2))
    assert file.state == "tests made"


# The charge


def test_the_knowing_offence_goes_by_summons_alone(desk):
    file = desk.until(S.AUTHORISED, offence=Offence.KNOWS)
    with pytest.raises(RuleNotMet, match="cannot go by the single justice procedure"):
        desk.charge(file, route=Route.SINGLE_JUSTICE)
    desk.charge(file)
    with pytest.raises(RuleNotMet, match="Record the day of the hearing first"):
        desk.decide(file)
    file.refresh_from_db()
    assert (file.state, file.route) == ("charged", "summons")


def test_the_single_justice_procedure_is_for_adults(desk):
    file = desk.until(S.AUTHORISED)
    with pytest.raises(RuleNotMet, match="under 18"):
        desk.charge(file, adult=False)
    with pytest.raises(InvalidInput, match="how you know the parent's age"):
        desk.charge(file, age=" ")
    with pytest.raises(InvalidInput, match="between the day of the authority and today"):
        desk.charge(file, on=WEIGHED)


def test_nobody_is_charged_after_six_months(desk):
    file = desk.until(S.AUTHORISED)
    desk.charge(file, date(2027, 4, 9))
    file.refresh_from_db()
    assert file.charged_on == date(2027, 4, 9)
    desk.discontinue(file, today=date(2027, 4, 9))


def test_the_time_is_over_after_the_latest_session(desk):
    file = desk.until(S.AUTHORISED)
    with pytest.raises(RuleNotMet, match="The time to charge ended on 9 April 2027"):
        desk.charge(file, date(2027, 4, 10))
    desk.drop(file, "time_limit", date(2027, 4, 10))
    file.refresh_from_db()
    assert file.reason == "time_limit"


def test_a_payment_that_arrives_after_the_authority_stops_the_charge(desk):
    file = desk.until(S.AUTHORISED)
    Till(desk.room).pay(file.notice, 16_000, date(2026, 12, 14), today=CHARGED)
    with pytest.raises(Conflict, match="paid in time"):
        desk.charge(file)
    file.refresh_from_db()
    assert file.state == "authorised"


def test_the_gate_is_asked_again_at_the_charge(desk):
    file = desk.until(S.AUTHORISED)
    seen = gate_for(file, CHARGED).seen
    Prosecution.objects.filter(pk=file.pk).update(papers_on=None)
    with pytest.raises(Conflict, match="was shown and is not any more"):
        desk.charge(file, seen=seen)
    with pytest.raises(RuleNotMet, match="This step cannot be taken yet"):
        desk.charge(file)


def test_a_charged_notice_is_not_withdrawn(desk):
    file = desk.until(S.CHARGED)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    assert withdrawals.is_charged(notice)
    with pytest.raises(RuleNotMet, match="Discontinue the prosecution first"):
        desk.room.ask_withdrawal(notice, CHARGED)


# The court


def test_the_hearing_comes_after_the_charge(desk):
    file = desk.until(S.CHARGED)
    with pytest.raises(InvalidInput, match="which court"):
        desk.list_hearing(file, court="")
    with pytest.raises(InvalidInput, match="after the charge"):
        desk.list_hearing(file, at=datetime(2027, 1, 13, 10, tzinfo=LONDON))
    desk.list_hearing(file)
    desk.list_hearing(file, at=datetime(2027, 3, 3, 14, 30, tzinfo=LONDON))
    file.refresh_from_db()
    assert file.hearing_at == datetime(2027, 3, 3, 14, 30, tzinfo=LONDON)


def test_the_knowing_offence_ends_in_custody_and_a_parenting_order(desk, case):
    file = desk.until(S.LISTED, offence=Offence.KNOWS, direct=True, case=case)
    with pytest.raises(InvalidInput, match="what the parenting order asks"):
        desk.decide(
            file,
            Outcome.CUSTODY,
            Outcome.PARENTING_ORDER,
            custody_days=20,
            parenting_months=12,
        )
    desk.decide(
        file,
        Outcome.CUSTODY,
        Outcome.PARENTING_ORDER,
        custody_days=20,
        parenting_months=12,
        decided={
            "requirements": "Go to the parenting group each week.",
            "officer": "Rae Moss, family worker",
            "costs_pence": 10_000,
            "surcharge_pence": 8_000,
            "words": "The parent was there.",
        },
    )
    file.refresh_from_db()
    order = ParentingOrder.objects.get(prosecution=file)
    assert (order.months, order.officer) == (12, "Rae Moss, family worker")
    assert (file.custody_days, file.costs_pence, file.outcomes) == (
        20,
        10_000,
        ["custody", "parenting order"],
    )
    assert ReliedSession.objects.filter(freed_on=None).count() == 10
    clock = Deadline.objects.get(about=f"legal.Prosecution:{file.pk}", done_on=None)
    assert (clock.due_on, clock.words[:15]) == (date(2027, 2, 17), "Tell the school")
    with pytest.raises(InvalidInput, match="what the school is told"):
        courts.report(words=" ", **desk.edge(file, DECIDED))
    desk.report(file)
    read = Deadline.objects.get(about=f"legal.Prosecution:{file.pk}:outcome")
    assert read.words.endswith("decided by the court")
    with pytest.raises(Conflict, match="was told on 10 February 2027"):
        desk.report(file)


def test_how_a_parenting_order_was_carried_out_is_on_record(desk, case):
    file = desk.until(S.LISTED, offence=Offence.KNOWS, direct=True, case=case)
    said = {"begun_on": None, "why_not": "", "words": ""}
    with pytest.raises(Conflict, match="no parenting order"):
        courts.carried_out(**said, **desk.edge(file, DECIDED))
    desk.decide(
        file,
        Outcome.COMMUNITY_ORDER,
        Outcome.PARENTING_ORDER,
        parenting_months=3,
        decided={"requirements": "Weekly group", "officer": "Rae Moss"},
    )
    with pytest.raises(InvalidInput, match="when it was first carried out, or why"):
        courts.carried_out(**said, **desk.edge(file, DECIDED))
    with pytest.raises(InvalidInput, match="between the day of the order and today"):
        courts.carried_out(**{**said, "begun_on": date(2027, 1, 1)}, **desk.edge(file, DECIDED))
    courts.carried_out(**{**said, "why_not": "provision"}, **desk.edge(file, DECIDED))
    order = courts.carried_out(
        **{**said, "begun_on": date(2027, 3, 1)}, **desk.edge(file, date(2027, 3, 1))
    )
    assert (order.begun_on, order.why_not) == (date(2027, 3, 1), "")


def test_what_no_court_can_have_decided_is_refused(desk):
    file = desk.until(S.LISTED)
    with pytest.raises(RuleNotMet, match="at most £1,000"):
        desk.decide(file, Outcome.FINE, fine_pence=100_001)
    with pytest.raises(RuleNotMet, match="cannot decide this under section 444"):
        desk.decide(file, Outcome.CUSTODY, custody_days=10)
    with pytest.raises(RuleNotMet, match="Record what the court decided"):
        courts.decide(
            decided=courts.Decided(courts.decision_on(file, DECIDED, outcomes=frozenset())),
            **desk.edge(file, DECIDED),
        )
    with pytest.raises(InvalidInput, match="between the day of the charge and today"):
        desk.decide(file, Outcome.ABSOLUTE_DISCHARGE, on=date(2027, 1, 12))
    with pytest.raises(InvalidInput, match="go with a conviction"):
        desk.decide(file, Outcome.ACQUITTED, decided={"costs_pence": 100})


def test_an_acquittal_gives_back_the_place_in_the_limit_and_the_sessions(desk):
    notice = desk.unpaid()
    file = desk.until(S.LISTED, notice=notice)
    assert slots.step_for(file.pupil_id, file.adult_id, DECIDED).step == "second"
    desk.decide(file, Outcome.ACQUITTED, plea=Plea.NOT_GUILTY)
    notice.refresh_from_db()
    notice.slot.refresh_from_db()
    assert (notice.state, notice.acquitted_on) == ("prosecuted", DECIDED)
    assert notice.slot.freed_on == DECIDED
    assert not ReliedSession.objects.filter(freed_on=None).exists()
    assert slots.step_for(file.pupil_id, file.adult_id, DECIDED).step == "first"
    with pytest.raises(RuleNotMet, match="was prosecuted for these days already"):
        desk.begin(today=DECIDED)
    with pytest.raises(RuleNotMet, match=r"already, and cannot be again.*: 5 October 2026, 6 Oct"):
        desk.room.one(sessions=TEN, today=DECIDED)


def test_an_acquittal_without_a_notice_frees_its_own_sessions(desk, case):
    file = desk.until(S.LISTED, direct=True, case=case)
    desk.decide(file, Outcome.ACQUITTED)
    assert not ReliedSession.objects.filter(freed_on=None).exists()


def test_a_court_that_decides_on_a_notice_that_was_paid_meanwhile_has_people_look(desk):
    file = desk.until(S.LISTED)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    Till(desk.room).pay(notice, 16_000, date(2026, 12, 14), today=date(2027, 2, 9))
    notice.refresh_from_db()
    PenaltyNotice.objects.filter(pk=notice.pk).update(state="represented")
    desk.decide(file, Outcome.ACQUITTED)
    notice.refresh_from_db()
    assert notice.review.startswith("The court decided on a prosecution")
    assert notice.acquitted_on == DECIDED


def test_a_conviction_leaves_the_sessions_taken_for_ever(desk):
    file = desk.until(S.DECIDED)
    found = selectors.used_sessions(
        pupil=file.pupil, adult=file.adult, sessions=SESSIONS, today=DECIDED
    )
    assert len(found[Used.PROSECUTED]) == 10


def test_a_court_that_notes_a_withdrawal_ends_the_notice_without_further_action(desk):
    file = desk.until(S.LISTED)
    desk.decide(file, Outcome.WITHDRAWN)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    assert notice.state == "no further action"
    assert Letter.objects.filter(kind="penalty_ended").count() == 1
    assert selectors.ended_by(file) is None
    file.refresh_from_db()
    assert selectors.ended_by(file) == "neither"


# Not going on


def test_a_discontinued_charge_ends_the_notice_and_gives_nothing_back_to_the_limit(desk):
    file = desk.until(S.CHARGED)
    with pytest.raises(InvalidInput, match="Write what the parent"):
        courts.discontinue(reason="defence", words=" ", **desk.edge(file, DECIDED))
    with pytest.raises(InvalidInput, match="Choose a reason"):
        desk.discontinue(file, "more_support")
    desk.discontinue(file)
    file.refresh_from_db()
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    assert (file.state, file.ended_on) == ("discontinued", DECIDED)
    assert not Letter.objects.filter(kind="prosecution_ended").exists()  # the notice's says it
    assert (notice.state, notice.slot.freed_on) == ("no further action", None)
    with pytest.raises(StageMoveNotAllowed):
        desk.decide(file)
    assert selectors.ended_by(file) == "neither"


@pytest.mark.parametrize(
    ("reason", "ground"), [("not_liable", "wrong_person"), ("register_corrected", "ought_not")]
)
def test_a_charge_that_ought_not_to_have_been_takes_its_notice_back(desk, reason, ground):
    file = desk.until(S.CHARGED)
    desk.discontinue(file, reason)
    asked = Withdrawal.objects.get()
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    assert (asked.ground, asked.done, notice.state) == (ground, None, "for prosecution")
    withdrawals.decide(
        reach=desk.senior,
        notice=notice,
        version=notice.version,
        withdraw=True,
        reason="",
        today=DECIDED,
        now=at(DECIDED),
    )
    notice.refresh_from_db()
    assert (notice.state, notice.withdrawn_ground) == ("withdrawn", ground)
    assert notice.slot.freed_on == DECIDED
    assert not ReliedSession.objects.filter(freed_on=None).exists()


def test_a_parent_who_died_gets_no_letter(desk):
    file = desk.until(S.CHARGED)
    desk.discontinue(file, "died")
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    assert notice.state == "no further action"
    assert not Letter.objects.filter(kind="penalty_ended").exists()


def test_a_parent_who_died_before_the_charge_ends_the_notice_too(desk):
    file = desk.until(S.TESTED)
    desk.drop(file, "died", WEIGHED)
    assert not Letter.objects.filter(kind="prosecution_ended").exists()
    assert PenaltyNotice.objects.get(pk=file.notice_id).state == "no further action"


def test_not_going_on_asks_that_the_notice_is_withdrawn_and_another_decides(desk):
    file = desk.until(S.ASKED)
    with pytest.raises(InvalidInput, match="Write what the parent"):
        desk.drop(file, "no_further_action", words="")
    desk.drop(file, "more_support")
    file.refresh_from_db()
    assert (file.state, file.instead) == ("not proceeded with", "more_support")
    asked = Withdrawal.objects.get()
    assert (asked.ground, asked.asked_by) == ("no_prosecution", desk.legal.user)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    desk.room.decide(notice, BEGUN)
    notice.refresh_from_db()
    assert notice.state == "withdrawn"
    assert Letter.objects.filter(kind="penalty_withdrawn").count() == 1
    assert not ReliedSession.objects.filter(freed_on=None).exists()


def test_a_withdrawal_that_waits_already_is_not_asked_for_twice(desk):
    file = desk.until(S.PREPARING)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    desk.room.ask_withdrawal(notice, BEGUN)
    desk.drop(file, "not_liable", instead="more_support")
    assert Withdrawal.objects.count() == 1


def test_a_file_of_a_case_ends_without_a_notice(desk, case):
    file = desk.until(S.ASKED, direct=True, case=case)
    desk.drop(file, "register_corrected")
    told = Letter.objects.get(kind="prosecution_ended")
    assert (told.state, told.context["issued_on"]) == ("approved", "16 December 2026")
    assert told.context["reason"] == "We looked at it again."
    assert not ReliedSession.objects.filter(freed_on=None).exists()
    died = desk.begin(case=case)
    desk.drop(died, "died")
    charged = desk.until(S.CHARGED, direct=True, case=case)
    desk.discontinue(charged)
    assert Letter.objects.filter(kind="prosecution_ended").count() == 2
    fined = desk.until(S.LISTED, direct=True, case=case)
    desk.decide(fined)
    assert Prosecution.objects.filter(ended_on=None).count() == 0


def test_an_alternative_must_be_one_and_open(desk):
    file = desk.until(S.ANSWERED)
    with pytest.raises(RuleNotMet, match="follows a conviction"):
        desk.drop(file, "not_public_interest", WEIGHED, instead="parenting_order")
    with pytest.raises(RuleNotMet, match="needs the evidential test"):
        desk.drop(file, "simple_caution", WEIGHED)
    with pytest.raises(RuleNotMet, match="Charge by 5 April 2027"):
        desk.drop(file, "time_limit", WEIGHED)
    desk.test(file, EVIDENTIAL)
    desk.drop(file, "simple_caution", WEIGHED)
    file.refresh_from_db()
    assert file.instead == "simple_caution"


def test_a_notice_that_was_disputed_meanwhile_is_left_when_the_charge_ends(desk):
    file = desk.until(S.CHARGED)
    notice = PenaltyNotice.objects.get(pk=file.notice_id)
    desk.room.represent(notice, CHARGED)
    desk.discontinue(file)
    notice.refresh_from_db()
    assert notice.state == "represented"


def test_a_second_senior_officer_may_authorise(desk):
    hire(desk.cast, Place(Role.AUTHORISING_OFFICER, "annexe", {"authority": desk.cast.northmoor}))
    file = desk.until(S.TESTED)
    second = desk.cast.reach(desk.cast.person(Role.AUTHORISING_OFFICER, "annexe"))
    desk.authorise(file, by=second)
    file.refresh_from_db()
    assert file.authorised_by == second.user
    assert file.gate["open"] is False  # its own sign-off is what was missing


def test_lists_narrow_by_what_is_to_be_done(desk):
    file = desk.until(S.LISTED)
    rows = Prosecution.objects.all()
    counts = {key: selectors.in_state(rows, key).count() for key in ("open", "court", "over")}
    assert counts == {"open": 1, "court": 1, "over": 0}
    assert selectors.in_state(rows, "listed").get() == file
    assert selectors.in_state(rows, "tell").count() == 0
