"""Issuing, serving, disputing and withdrawing penalty notices, through the services."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from attendance.models import AdultLink, EarlierHistory
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Deadline
from legal import tasks
from legal.models import (
    BorderPlace,
    Lane,
    LegalEvent,
    NoticeOffice,
    NoticeSlot,
    PenaltyNotice,
    ReliedSession,
    Representation,
    Withdrawal,
)
from legal.selectors.penalties import clock_words, is_over, over, period_of, representations_of
from legal.services import borders, penalties, serving, slots, withdrawals
from legal.services.borders import Answered, Declared
from legal.services.offices import Details, save
from legal.services.papers import Release
from legal.services.penalty_moves import moved
from letters.models import Letter, Route
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.moves import StageMoveNotAllowed
from rules.service import Method
from tests.cases.family import family
from tests.cast import TODAY, Place, hire
from tests.legal.penalty_scenes import TEN, Room, at, room


@pytest.fixture(name="room")
def a_room(cast) -> Room:
    return room(cast)


def history(notice: PenaltyNotice) -> list[str]:
    return list(
        LegalEvent.objects.filter(subject=f"legal.PenaltyNotice:{notice.pk}")
        .order_by("pk")
        .values_list("event", flat=True)
    )


def clock(notice: PenaltyNotice) -> tuple[date | None, ...]:
    notice.refresh_from_db()
    return notice.received_on, notice.early_until, notice.full_until, notice.enforce_from


# Issuing


def test_each_parent_gets_a_notice_and_a_letter_of_their_own(room):
    mothers, fathers = room.issue(room.mother, room.father, sessions=TEN)

    assert (mothers.reference[:2], len(mothers.reference)) == ("PN", 10)
    assert mothers.reference != fathers.reference
    for notice, own, other in (
        (mothers, room.mother, room.father),
        (fathers, room.father, room.mother),
    ):
        letter = notice.letter.letter
        said = str(letter.context) + letter.wording + letter.recipient_name
        assert letter.recipient_name == own.name
        assert letter.state == "approved"
        assert letter.approved_by == room.officer.user
        assert other.name not in said
        assert other.address.splitlines()[0] not in said
        assert notice.letter.about == f"legal.PenaltyNotice:{notice.pk}"


def test_the_paper_gives_every_particular_with_its_dates(room):
    notice = room.one(sessions=TEN, answers={"alternative_provision": "The Barn, 2 Mill Lane"})

    said = notice.particulars["said"]

    assert said["parent_address"] == ", ".join(
        [*room.mother.address.splitlines(), room.mother.postcode]
    )
    assert said["child_address"] == "The same address as yours"
    assert said["places"] == "Hillside School. Also taught at: The Barn, 2 Mill Lane"
    assert said["offence"].startswith(
        "The register shows 10 half days of absence without leave, from 5 October 2026 to "
        "9 October 2026."
    )
    assert said["days"].startswith("Monday 5 October 2026 (morning and afternoon); Tuesday 6")
    assert said["officer"] == "Pat Wren, authorised officer of Northmoor"
    assert (said["early_amount"], said["early_by"]) == ("£80", "Wednesday 9 December 2026")
    assert (said["full_amount"], said["full_by"]) == ("£160", "Wednesday 16 December 2026")
    assert said["serving"] == (
        "We post this notice by first-class post on Tuesday 17 November 2026. Unless you show "
        "another day, it is taken as received on Thursday 19 November 2026."
    )
    assert said["counting"] == (
        "The day on which you receive it is day 1. The last day to pay £80 is day 21. "
        "The last day to pay £160 is day 28."
    )
    assert said["ways"] == "Online at pay.example.org, or by phone on 01632 960200"
    assert said["council_address"] == "Penalty notices, 1 Town Square, Northmoor, ZZ99 8ZZ"


def test_a_parent_who_does_not_live_with_the_child_learns_no_address(room):
    (fathers,) = room.issue(room.father)

    assert fathers.particulars["said"]["child_address"].startswith("Not printed here")


def test_a_second_notice_says_one_amount(room):
    room.one()

    second = room.one()

    assert second.letter.letter.kind == "penalty_notice_second"
    assert second.particulars["said"]["counting"] == (
        "The day on which you receive it is day 1. The last day to pay £160 is day 28."
    )


def test_an_excluded_childs_notice_needs_its_circumstances(room):
    with pytest.raises(RuleNotMet, match="must give: offence"):
        room.one(lane=Lane.EXCLUDED, sessions=[])

    days = {"first": date(2026, 11, 10), "last": date(2026, 11, 11)}
    made = room.one(
        lane=Lane.EXCLUDED, sessions=[], answers={"circumstances": "Seen in the park."}, **days
    )

    assert made.particulars["said"]["days"] == (
        "Tuesday 10 November 2026 to Wednesday 11 November 2026"
    )


def test_posting_waits_for_a_working_day_or_the_councils_own_days(room):
    saturday = date(2026, 11, 21)
    on_saturday = room.one(today=saturday)
    NoticeOffice.objects.update(post_days=2)

    later = room.one(today=saturday)

    assert on_saturday.particulars["planned_posting"] == "2026-11-23"
    assert later.particulars["planned_posting"] == "2026-11-24"


def test_nothing_is_issued_before_the_council_says_who_is_paid(room):
    NoticeOffice.objects.all().delete()

    with pytest.raises(RuleNotMet, match="Say first who parents pay"):
        room.one()


def test_nothing_is_issued_to_nobody(room):
    asked = room.request()
    asked.parents.update(included=False)

    with pytest.raises(RuleNotMet, match="No parent is included"):
        room.issue(asked=asked)


def test_one_refusal_undoes_the_notices_of_both_parents(room):
    AdultLink.objects.filter(adult=room.father).update(may_contact="no")

    with pytest.raises(RuleNotMet, match="not to contact this adult"):
        room.issue(room.mother, room.father)

    assert PenaltyNotice.objects.count() == 0
    assert NoticeSlot.objects.count() == 0
    assert Letter.objects.count() == 0


def test_a_half_day_that_is_listed_twice_sends_the_request_back(room):
    with pytest.raises(RuleNotMet, match="twice"):
        room.one(sessions=[("2026-10-05", 0), ("2026-10-05", 0)])


def test_a_headteacher_elsewhere_and_a_clerk_cannot_issue(room):
    for reach in (room.clerk, room.reach(Role.HEADTEACHER, "brook")):
        with pytest.raises(Forbidden):
            penalties.issue(
                reach=reach,
                request=room.request(),
                officer="x",
                today=TODAY,
                now=at(TODAY),
            )


# Protected parents


def protect(room: Room) -> None:
    room.mother.protected_address = "yes"
    room.mother.save()


def test_a_protected_parent_gets_nothing_without_a_persons_word(room):
    protect(room)
    stale = Release(Route.IN_PERSON, "Her worker hands it over", ())

    with pytest.raises(RuleNotMet, match="Nothing is issued to this parent until"):
        room.one()
    with pytest.raises(RuleNotMet, match="has changed"):
        room.one(releases={room.mother.pk: stale})
    AdultLink.objects.filter(adult=room.mother).delete()
    with pytest.raises(RuleNotMet, match="no longer on the pupil's record"):
        room.one()

    assert PenaltyNotice.objects.count() == 0


def test_a_protected_parent_may_be_given_it_by_hand_and_no_address_is_printed(room):
    protect(room)
    release = Release(Route.IN_PERSON, "Her worker hands it over", ("address_protected",))

    notice = room.one(releases={room.mother.pk: release})

    said = notice.particulars["said"]
    assert said["parent_address"] == "Known to the council, and not printed here"
    assert said["child_address"].startswith("Not printed here")
    assert said["serving"].startswith("We give you this notice by hand.")
    assert notice.letter.letter.route == Route.IN_PERSON
    assert notice.letter.letter.address_lines == []
    with pytest.raises(RuleNotMet, match="given by hand"):
        room.serve(notice, method=Method.POST)


def test_a_letter_that_may_not_go_after_all_takes_the_notice_with_it(room, monkeypatch):
    def held(letter, **_more):
        letter.state, letter.reason = "held", "Something changed."
        return letter

    monkeypatch.setattr("legal.services.papers.drafting.approve", held)

    with pytest.raises(RuleNotMet, match=r"It may not be sent: Something changed\."):
        room.one()
    assert PenaltyNotice.objects.count() == 0


# Serving


def test_service_needs_a_printed_notice_a_proof_and_a_day_that_can_be(room):
    notice = room.one()

    def serve(**more):
        given = {"method": Method.POST, "sent_on": TODAY, "proof": "Certificate", **more}
        return serving.serve(
            reach=room.clerk,
            notice=notice,
            version=notice.version,
            served=serving.Served(**given),
            today=TODAY,
            now=at(TODAY),
        )

    with pytest.raises(RuleNotMet, match="not been printed"):
        serve()
    room.printed(notice)
    with pytest.raises(InvalidInput, match="how the service is proved"):
        serve(proof=" ")
    with pytest.raises(InvalidInput, match="must be from 17 November 2026"):
        serve(sent_on=TODAY + timedelta(days=1))
    with pytest.raises(RuleNotMet, match="goes by e-mail only"):
        serve(method=Method.EMAIL)
    serve(method=Method.EMAIL, agreed=True)
    with pytest.raises(Conflict, match="Somebody changed this notice"):
        serve()
    notice.refresh_from_db()
    with pytest.raises(Conflict, match="on record as received on 18 November 2026"):
        serve()


def test_the_councils_own_days_decide_when_a_posted_notice_is_received(room):
    NoticeOffice.objects.update(deemed_days=3)

    assert clock(room.served(TODAY))[0] == date(2026, 11, 20)


def test_service_is_the_councils_to_record(room):
    notice = room.printed(room.one())

    with pytest.raises(Forbidden, match="Only an officer of the council"):
        serving.serve(
            reach=room.head,
            notice=notice,
            version=1,
            served=serving.Served(Method.POST, TODAY, "x"),
            today=TODAY,
            now=at(TODAY),
        )


def rebut(room: Room, notice: PenaltyNotice, shown_on: date | None, today: date, **more):
    notice.refresh_from_db()
    return serving.rebut(
        **{
            "reach": room.clerk,
            "notice": notice,
            "version": notice.version,
            "shown_on": shown_on,
            "reason": "The postmark shows it.",
            "today": today,
            "now": at(today),
            **more,
        }
    )


def test_a_later_receipt_moves_the_clock_and_the_history_keeps_the_first(room):
    notice = room.served(TODAY)

    rebut(room, notice, date(2026, 11, 23), date(2026, 11, 24))

    assert clock(notice) == (
        date(2026, 11, 23),
        date(2026, 12, 13),
        date(2026, 12, 20),
        date(2026, 12, 21),
    )
    event = LegalEvent.objects.get(event="rebut")
    assert event.facts["before"]["on"] == "2026-11-19"
    assert event.words.endswith("The postmark shows it.")


def test_a_notice_that_never_came_is_served_again(room):
    notice = room.served(TODAY)

    rebut(room, notice, None, date(2026, 11, 24))

    assert clock(notice) == (None, None, None, None)
    assert notice.receipt["basis"] == "never received"
    again = room.serve(notice, sent_on=date(2026, 11, 27), method=Method.BY_HAND)
    assert clock(again)[0] == date(2026, 11, 27)


def test_a_late_rebuttal_opens_the_time_to_pay_again(room):
    notice = room.served(TODAY)
    after = date(2026, 12, 17)
    assert is_over(notice, after)

    rebut(room, notice, date(2026, 12, 1), after)

    notice.refresh_from_db()
    assert notice.state == "issued"
    assert notice.full_until == date(2026, 12, 28)
    assert history(notice) == ["issue", "serve", "period_over", "rebut"]


def test_a_rebuttal_needs_a_receipt_a_reason_and_a_later_day(room):
    notice = room.one()
    with pytest.raises(Conflict, match="no day of receipt"):
        rebut(room, notice, TODAY, TODAY)
    room.serve(notice)
    with pytest.raises(InvalidInput, match="what shows it"):
        rebut(room, notice, date(2026, 11, 20), date(2026, 11, 24), reason=" ")
    for day in (date(2026, 11, 19), date(2026, 11, 25)):
        with pytest.raises(InvalidInput, match="must be after 19 November 2026"):
            rebut(room, notice, day, date(2026, 11, 24))


# What the parent says


def test_the_clock_stands_still_until_the_answer_and_then_goes_on(room):
    notice = room.served(TODAY)  # received 19 November
    room.represent(notice, date(2026, 11, 24))
    notice.refresh_from_db()
    waiting = (notice.state, notice.enforce_from)

    room.answer(notice, date(2026, 12, 1))

    assert waiting == ("represented", None)
    assert clock(notice) == (
        date(2026, 11, 19),
        date(2026, 12, 16),
        date(2026, 12, 23),
        date(2026, 12, 24),
    )
    assert (notice.state, notice.paused_days) == ("issued", 7)
    letter = Letter.objects.get(kind="penalty_stands")
    assert letter.context["what_next"] == (
        "Pay £80 on or before Wednesday 16 December 2026. After that, pay £160 on or before "
        "Wednesday 23 December 2026."
    )


def test_a_council_may_let_the_clock_run_on(room):
    NoticeOffice.objects.update(stops_clock=False)
    notice = room.served(TODAY)

    room.represent(notice, date(2026, 11, 24))

    assert clock(notice)[3] == date(2026, 12, 17)


def test_one_that_comes_after_the_time_to_pay_opens_nothing_again(room):
    notice = room.served(TODAY)
    room.represent(notice, date(2026, 12, 18))

    room.answer(notice, date(2026, 12, 21))

    notice.refresh_from_db()
    assert notice.state == "unpaid"
    assert history(notice) == ["issue", "serve", "period_over", "represent", "stand_unpaid"]
    assert (
        Letter.objects.get(kind="penalty_stands")
        .context["what_next"]
        .startswith("The time to pay is over.")
    )


def test_between_the_two_last_days_the_full_amount_is_asked(room):
    notice = room.served(TODAY)
    room.represent(notice, date(2026, 12, 10))

    room.answer(notice, date(2026, 12, 11))

    assert Letter.objects.get(kind="penalty_stands").context["what_next"] == (
        "Pay £160 on or before Thursday 17 December 2026."
    )


def test_one_that_comes_before_the_notice_is_served_waits_for_it(room):
    notice = room.one()
    room.represent(notice, TODAY)

    room.answer(notice, TODAY)

    assert (
        Letter.objects.get(kind="penalty_stands")
        .context["what_next"]
        .startswith("You will get the notice again.")
    )


def test_a_parent_is_right_and_the_notice_is_withdrawn(room):
    notice = room.served(TODAY)
    row = room.represent(notice, date(2026, 11, 24))

    room.answer(
        notice,
        date(2026, 12, 1),
        reach=room_officer_two(room),
        upheld=True,
        ground="ought_not",
        words="The school had given leave.",
    )

    notice.refresh_from_db()
    row.refresh_from_db()
    assert (notice.state, notice.withdrawn_ground) == ("withdrawn", "ought_not")
    assert (row.upheld, row.answer) == (True, "The school had given leave.")
    assert Withdrawal.objects.get().asked_by is None


def room_officer_two(room: Room):
    """A second authorising officer: the first one issued the notice."""
    hire(room.cast, Place(Role.AUTHORISING_OFFICER, "second", {"authority": room.cast.northmoor}))
    return room.cast.reach(room.cast.person(Role.AUTHORISING_OFFICER, "second"))


def test_whoever_issued_it_does_not_answer_and_only_the_right_role_withdraws(room):
    notice = room.served(TODAY)
    room.represent(notice, TODAY)

    with pytest.raises(Forbidden, match="Somebody other than the officer who issued"):
        room.answer(notice, TODAY, reach=room.officer)
    with pytest.raises(Forbidden, match="gives this decision to: authorised officer"):
        room.answer(notice, TODAY, upheld=True, ground="ought_not")
    with pytest.raises(InvalidInput, match="Write what the parent is told"):
        room.answer(notice, TODAY, words=" ")

    assert Representation.objects.get().answered_on is None


def test_what_is_recorded_of_a_parent_must_make_sense(room):
    notice = room.served(TODAY)
    with pytest.raises(InvalidInput, match="how it came"):
        room.represent(notice, TODAY, way="pigeon")
    with pytest.raises(InvalidInput, match="Write what the parent says"):
        room.represent(notice, TODAY, words="")
    with pytest.raises(InvalidInput, match="must be from 17 November 2026"):
        room.represent(notice, TODAY, received_on=date(2026, 11, 16))
    with pytest.raises(Conflict, match="nothing of the parent's"):
        room.answer(notice, TODAY)
    room.represent(notice, TODAY)
    notice.refresh_from_db()
    with pytest.raises(Conflict, match="not answered yet"):
        room.represent(notice, TODAY)


def test_a_parent_may_write_on_their_own_pages(room):
    notice = room.served(TODAY)

    row = room.represent(notice, TODAY, reach=None, version=None, way="online")

    assert row.recorded_by is None
    assert LegalEvent.objects.get(event="represent").made_by is None


def test_a_parent_who_paid_while_they_waited_is_answered_all_the_same(room):
    notice = room.served(TODAY)
    room.represent(notice, TODAY)
    notice.refresh_from_db()
    moved(notice, "pay", by=room.clerk.user, on=TODAY, now=at(TODAY))

    room.answer(notice, TODAY)

    notice.refresh_from_db()
    assert notice.state == "paid"
    assert Representation.objects.get().upheld is False
    assert Letter.objects.get(kind="penalty_stands").context["what_next"] == (
        "There is nothing left to pay on this notice."
    )


# Withdrawal


def test_a_withdrawal_gives_everything_back_and_tells_everybody(room, monkeypatch):
    told = []
    monkeypatch.setattr(
        withdrawals, "ON_WITHDRAWAL", [lambda notice, **_edge: told.append(notice.pk)]
    )
    notice = room.served(TODAY)

    room.withdraw(notice)

    notice.refresh_from_db()
    assert (notice.state, notice.withdrawn_on, notice.told_on) == ("withdrawn", TODAY, TODAY)
    assert NoticeSlot.objects.get().freed_on == TODAY
    assert set(ReliedSession.objects.values_list("freed_on", flat=True)) == {TODAY}
    assert Letter.objects.get(kind="penalty_withdrawn").state == "approved"
    assert told == [notice.pk]
    assert history(notice)[-3:] == ["ask_withdrawal", "withdraw", "tell_school"]


def test_a_notice_that_has_not_gone_yet_does_not_go(room):
    notice = room.one()

    room.withdraw(notice)

    assert Letter.objects.get(pk=notice.letter.letter_id).state == "held"


def test_a_withdrawal_closes_what_the_parent_said(room):
    notice = room.served(TODAY)
    row = room.represent(notice, TODAY)

    room.withdraw(notice)

    row.refresh_from_db()
    assert row.upheld is True


def test_whoever_asked_does_not_decide_and_the_database_says_so_too(room):
    notice = room.served(TODAY)
    room.ask_withdrawal(notice, reach=room.officer)

    with pytest.raises(Forbidden, match="Somebody other than the person who asked"):
        room.decide(notice)
    row = Withdrawal.objects.get()
    row.decided_by = row.asked_by
    with (
        pytest.raises(IntegrityError, match="withdrawal_is_decided_by_another"),
        transaction.atomic(),
    ):
        row.save()
    with pytest.raises(Forbidden, match="authorised officer of the council"):
        room.decide(notice, reach=room.legal)


def test_a_withdrawal_is_refused_with_a_reason_and_may_be_asked_for_again(room):
    notice = room.served(TODAY)
    room.ask_withdrawal(notice)
    with pytest.raises(Conflict, match="waits for a decision already"):
        room.ask_withdrawal(notice)
    with pytest.raises(InvalidInput, match="Say why the notice is not withdrawn"):
        room.decide(notice, withdraw=False)

    room.decide(notice, withdraw=False, reason="The leave was for other days.")

    notice.refresh_from_db()
    assert notice.state == "issued"
    assert history(notice)[-1] == "keep"
    with pytest.raises(Conflict, match="Nobody has asked"):
        room.decide(notice)
    room.ask_withdrawal(notice)


def test_what_one_parent_is_told_names_no_other(room):
    notice = room.served(TODAY)
    with pytest.raises(RuleNotMet, match="names another adult of the child"):
        room.ask_withdrawal(notice, words="Mr Reedham gave leave.")
    assert not Withdrawal.objects.exists()


def test_only_the_grounds_of_the_law_and_only_in_their_time(room):
    notice = room.served(TODAY)

    with pytest.raises(InvalidInput, match="on the grounds of the law alone"):
        room.ask_withdrawal(notice, ground="hardship")
    with pytest.raises(RuleNotMet, match="only when the time to pay is over"):
        room.ask_withdrawal(notice, ground="no_prosecution")
    with pytest.raises(InvalidInput, match="Write what the parent is told"):
        room.ask_withdrawal(notice, words=" ")
    with pytest.raises(Forbidden, match="Ask the council or the headteacher"):
        room.ask_withdrawal(notice, reach=room.cast.reach(room.cast.officer))
    later = date(2026, 12, 17)
    room.ask_withdrawal(notice, later, ground="no_prosecution", words="We will not prosecute.")
    room.decide(notice, later)

    notice.refresh_from_db()
    assert notice.withdrawn_ground == "no_prosecution"


def test_a_charged_parents_notice_is_not_withdrawn(room, monkeypatch):
    monkeypatch.setattr(withdrawals, "IS_CHARGED", [lambda _notice: True])

    with pytest.raises(RuleNotMet, match="Discontinue the prosecution first"):
        room.ask_withdrawal(room.served(TODAY))


def joint(cast) -> None:
    packs.adopt(
        authority=cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 9, 1),
        reach=None,
    )


def agree(room: Room, notice: PenaltyNotice, reach=None):
    notice.refresh_from_db()
    return withdrawals.agree(
        reach=reach or room.head,
        notice=notice,
        version=notice.version,
        today=TODAY,
        now=at(TODAY),
    )


def test_where_the_policy_asks_for_both_head_and_officer_each_agrees_by_name(room, cast):
    joint(cast)
    notice = room.served(TODAY)
    room.ask_withdrawal(notice)

    with pytest.raises(RuleNotMet, match="also needs the agreement of headteacher"):
        room.decide(notice)
    with pytest.raises(Forbidden, match="Only the headteacher"):
        agree(room, notice, room.reach(Role.HEADTEACHER, "brook"))
    agree(room, notice)
    with pytest.raises(Conflict, match="agreed already"):
        agree(room, notice)
    room.decide(notice)

    notice.refresh_from_db()
    row = Withdrawal.objects.get()
    assert notice.state == "withdrawn"
    assert (row.head_by, row.decided_by) == (room.head.user, room.officer.user)


def test_a_headteacher_who_asks_has_agreed(room, cast):
    joint(cast)
    notice = room.served(TODAY)
    room.ask_withdrawal(notice, reach=room.head)

    room.decide(notice)

    assert Withdrawal.objects.get().head_on == TODAY


def test_an_answer_that_withdraws_waits_for_the_head_too(room, cast):
    joint(cast)
    second = room_officer_two(room)
    notice = room.served(TODAY)
    room.represent(notice, TODAY)
    upheld = {"reach": second, "upheld": True, "ground": "ought_not", "words": "Leave was given."}

    with pytest.raises(RuleNotMet, match="agreement of headteacher"):
        room.answer(notice, TODAY, **upheld)
    room.ask_withdrawal(notice, reach=room.head)
    room.answer(notice, TODAY, **upheld)

    notice.refresh_from_db()
    assert notice.state == "withdrawn"


def test_whoever_asked_for_the_withdrawal_does_not_grant_it_to_the_parent(room):
    second = room_officer_two(room)
    notice = room.served(TODAY)
    room.represent(notice, TODAY)
    room.ask_withdrawal(notice, reach=second)

    with pytest.raises(Forbidden, match="Somebody other than the person who asked"):
        room.answer(notice, TODAY, reach=second, upheld=True, ground="ought_not")


def test_a_parent_whom_nobody_may_write_to_is_not_written_to(room):
    notice = room.served(TODAY)
    AdultLink.objects.filter(adult=room.mother).update(may_contact="no")

    room.withdraw(notice)

    assert not Letter.objects.filter(kind="penalty_withdrawn").exists()


def test_a_parent_who_left_the_record_is_not_written_to(room):
    notice = room.served(TODAY)
    AdultLink.objects.filter(adult=room.mother).delete()

    room.withdraw(notice)

    assert not Letter.objects.filter(kind="penalty_withdrawn").exists()


def test_a_protected_parents_letter_is_held_for_a_person(room):
    notice = room.served(TODAY)
    protect(room)

    room.withdraw(notice)

    assert Letter.objects.get(kind="penalty_withdrawn").state == "held"


# No further action, and looking again


def stop(room: Room, notice: PenaltyNotice, **more):
    return withdrawals.stop(
        **{
            "reach": room.legal,
            "notice": notice,
            "version": notice.version,
            "reason": "died",
            "words": "We are sorry for your loss.",
            "today": TODAY,
            "now": at(TODAY),
            **more,
        }
    )


def test_no_further_action_follows_begun_proceedings_only(room):
    notice = room.served(TODAY)
    with pytest.raises(StageMoveNotAllowed):
        stop(room, notice)
    PenaltyNotice.objects.update(state="for prosecution")
    with pytest.raises(InvalidInput, match="Write what the parent is told"):
        stop(room, notice, words=" ")
    with pytest.raises(InvalidInput, match="Choose a reason"):
        stop(room, notice, reason="bored")

    stop(room, notice)

    notice.refresh_from_db()
    assert (notice.state, notice.ended_on) == ("no further action", TODAY)
    assert NoticeSlot.objects.get().freed_on is None
    assert Letter.objects.get(kind="penalty_ended").state == "approved"


def test_a_person_looks_again_and_lets_it_stand(room):
    notice = room.served(TODAY)
    edge = {"today": TODAY, "now": at(TODAY)}

    withdrawals.ask_to_look_again(notice, "More than two count.", **edge)
    withdrawals.ask_to_look_again(notice, "More than two count.", **edge)

    def stands(**more):
        return withdrawals.stands_after_review(
            **{
                "reach": room.legal,
                "notice": notice,
                "version": notice.version,
                "reason": "The other is void.",
                **edge,
                **more,
            }
        )

    assert history(notice) == ["issue", "serve", "look_again"]
    with pytest.raises(InvalidInput, match="why the notice stands"):
        stands(reason=" ")
    stands()
    notice.refresh_from_db()
    assert notice.review == ""
    with pytest.raises(Conflict, match="nothing to look at again"):
        stands()


# The end of the time to pay


def test_the_time_to_pay_is_over_by_its_dates_whoever_runs_what(room):
    notice = room.served(TODAY)
    last, after = date(2026, 12, 16), date(2026, 12, 17)
    rows = PenaltyNotice.objects.all()

    assert list(over(rows, last)) == []
    assert list(over(rows, after)) == [notice]
    for _ in range(2):
        penalties.periods_over(authority_id=room.cast.northmoor.pk, today=after, now=at(after))
    notice.refresh_from_db()

    assert notice.state == "unpaid"
    assert list(over(rows, after)) == [notice]
    assert history(notice).count("period_over") == 1


def test_paying_ends_it_and_not_paying_after_all_opens_it_again(room):
    notice = room.served(TODAY)
    edge = {"by": room.clerk.user, "on": TODAY, "now": at(TODAY)}

    moved(notice, "pay", **edge)
    paid = (notice.state, notice.ended_on, notice.told_on)
    moved(notice, "unpay", **edge)

    assert paid == ("paid", TODAY, TODAY)
    assert (notice.state, notice.ended_on) == ("issued", None)


# Work on the case


def test_the_case_shows_what_the_council_must_do_next(cast):
    scene = family(cast)
    case = scene.open_case()
    made = room(cast)

    def due() -> list[tuple[str, date]]:
        rows = Deadline.objects.filter(case=case, kind="legal", done_on=None).order_by("pk")
        return [(row.words.replace(notice.reference, "PN"), row.due_on) for row in rows]

    notice = made.one(case=case)
    assert due() == [("Serve penalty notice PN and record how", TODAY)]
    made.serve(notice)
    assert due() == [
        (
            "If penalty notice PN is not paid: withdraw it or prepare a prosecution",
            date(2026, 12, 17),
        )
    ]
    made.represent(notice, TODAY)
    assert due() == [("Answer what the parent says against penalty notice PN", date(2026, 12, 1))]
    made.withdraw(notice)
    assert due() == [("Read what became of penalty notice PN: withdrawn", date(2026, 11, 24))]


# Other councils


def test_what_other_councils_say_must_make_sense(room, cast):
    edge = {"today": TODAY, "now": at(TODAY)}
    child = {"school": cast.hillside, "pupil": room.pupil}
    good = Declared("Eastbank", "", date(2026, 1, 5), "paid", "E-mail")
    answer = Answered("Eastbank", TODAY, TODAY, date(2023, 11, 17), TODAY, 0, "E-mail")

    def declare(**changes):
        return borders.declare(
            reach=room.clerk, adult=room.mother, declared=replace(good, **changes), **child, **edge
        )

    def check(**changes):
        return borders.check(
            reach=room.clerk,
            adult=room.mother,
            answered=replace(answer, **changes),
            **child,
            **edge,
        )

    with pytest.raises(InvalidInput, match="which council it is"):
        declare(council=" ")
    with pytest.raises(InvalidInput, match="after today"):
        declare(issued_on=date(2026, 11, 18))
    with pytest.raises(InvalidInput, match="what came of it"):
        declare(outcome="lost")
    external, _ = declare()
    with pytest.raises(InvalidInput, match="what came of it"):
        borders.settle_external(
            reach=room.clerk, school=cast.hillside, notice=external, outcome="lost", today=TODAY
        )
    with pytest.raises(InvalidInput, match="on or after the day it was asked"):
        check(answered_on=date(2026, 11, 16))
    with pytest.raises(InvalidInput, match="end before they start"):
        check(covers_to=date(2023, 11, 1))
    with pytest.raises(InvalidInput, match="last day must be after"):
        borders.name_place(
            reach=room.head,
            council="Eastbank",
            since=TODAY,
            until=date(2026, 1, 1),
            words="E-mail",
            **child,
            **edge,
        )


def test_what_the_council_says_of_itself_must_be_whole(room):
    good = {
        "name": "Northmoor Council",
        "address": "1 Square",
        "postcode": "ZZ99 8ZZ",
        "contact": "01632 960200",
        "ways": "Online",
    }

    def try_(version: int = 1, **changes):
        return save(
            reach=room.clerk,
            details=Details(**{**good, **changes}),
            version=version,
            now=at(TODAY),
        )

    with pytest.raises(InvalidInput, match="Fill in the name"):
        try_(ways="")
    with pytest.raises(InvalidInput, match="full UK postcode"):
        try_(postcode="here")
    with pytest.raises(InvalidInput, match="within 10 working days"):
        try_(post_days=11)
    with pytest.raises(Conflict, match="changed these details"):
        try_(version=7)
    NoticeOffice.objects.all().delete()
    assert try_(version=0).version == 1


# What pages and papers say


def test_the_clock_in_words_through_a_dispute(room):
    notice = room.one()
    before = dict(clock_words(notice, None, TODAY))
    room.serve(notice)
    room.represent(notice, TODAY)
    notice.refresh_from_db()
    period = period_of(notice, representations_of(notice), None)
    during = dict(clock_words(notice, period, TODAY))
    room.answer(notice, date(2026, 11, 24))
    notice.refresh_from_db()
    period = period_of(notice, representations_of(notice), None)
    after = dict(clock_words(notice, period, date(2026, 12, 14)))
    rebut(room, notice, None, date(2026, 12, 14))
    notice.refresh_from_db()
    never = dict(clock_words(notice, None, date(2026, 12, 14)))

    assert before["Served"] == "Not yet on record. To be posted Tuesday 17 November 2026"
    assert during["Stopped"] == "Since Thursday 19 November 2026, until it is answered"
    assert during["Last day for £80"].endswith("at the earliest: the clock stands still")
    assert after["Last day for £80"] == "Monday 14 December 2026: today"
    assert after["Days added"] == "5, for what the parent said against it"
    assert never["Received"] == "It never arrived. Serve it again: no day has run."


def test_no_record_names_a_person(room):
    notice = room.served(TODAY)
    room.withdraw(notice)

    facts = str(list(Event.objects.values_list("facts", flat=True)))

    assert room.mother.surname not in facts
    assert room.pupil.surname not in facts
    assert str(notice) == notice.reference
    for row in (NoticeSlot.objects.get(), Withdrawal.objects.get(), office_row()):
        assert "Larkfield" not in str(row)


def office_row() -> NoticeOffice:
    return NoticeOffice.objects.get()


# Edges


def test_a_withdrawn_notice_is_not_served(room):
    notice = room.one()
    room.withdraw(notice)
    notice.refresh_from_db()

    with pytest.raises(Conflict, match="no longer open"):
        room.serve(notice)


def test_a_policy_without_the_letter_is_named(room, monkeypatch):
    monkeypatch.setattr("authorities.packs.PolicyInForce.letters", lambda _policy: [])

    with pytest.raises(RuleNotMet, match="No policy in force has this letter"):
        room.one()


def test_a_slot_taken_behind_the_history_is_found_by_the_slots_themselves(room):
    notice = room.one()
    NoticeSlot.objects.create(
        authority=room.cast.northmoor,
        pupil=room.pupil,
        adult=room.mother,
        slot=2,
        during=notice.slot.during,
    )

    with pytest.raises(RuleNotMet, match="at the same moment"):
        room.one()


def test_an_excluded_childs_notice_has_no_slot_to_give_back(room):
    days = {"first": TODAY, "last": TODAY}
    made = room.one(
        lane=Lane.EXCLUDED, sessions=[], answers={"circumstances": "Seen in the park."}, **days
    )

    room.withdraw(made)

    assert NoticeSlot.objects.count() == 0
    assert made.particulars["said"]["days"] == "Tuesday 17 November 2026"


def test_a_notice_without_its_paper_is_withdrawn_all_the_same(room):
    notice = room.one()
    PenaltyNotice.objects.update(letter=None)

    room.withdraw(notice)

    notice.refresh_from_db()
    assert notice.state == "withdrawn"


def test_an_earlier_school_of_another_council_is_asked_about(room, cast):
    EarlierHistory.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        pupil=room.pupil,
        origin="Eastbank, Mill School",
        first_day=date(2025, 9, 1),
        last_day=date(2026, 7, 20),
        content={},
        digest="x",
        taken_by=cast.officer,
        taken_at=at(TODAY),
    )
    borders.name_place(
        reach=room.head,
        school=cast.hillside,
        pupil=room.pupil,
        council="Westbank",
        since=date(2018, 1, 1),
        until=date(2020, 1, 1),
        words="Long ago",
        today=TODAY,
        now=at(TODAY),
    )

    with pytest.raises(RuleNotMet, match=r"^Ask Eastbank, Mill School about"):
        room.one()


def test_an_acquitted_parents_notice_does_not_count(room):
    notice = room.served(TODAY)
    PenaltyNotice.objects.update(acquitted_on=TODAY, state="prosecuted")
    notice.refresh_from_db()

    slots.free(notice, today=TODAY)

    assert NoticeSlot.objects.get().freed_on == TODAY
    assert room.one().step == "first"


def test_each_night_writes_down_what_the_dates_say(room):
    notice = room.served(date(2026, 10, 1))

    tasks.periods_over_everywhere()
    tasks.periods_over(authority_id=room.cast.northmoor.pk)

    notice.refresh_from_db()
    assert notice.state == "unpaid"


def test_rows_name_themselves_without_a_name(room, cast):
    notice = room.served(TODAY)
    row = room.represent(notice, TODAY)
    external, _ = borders.declare(
        reach=room.clerk,
        school=cast.hillside,
        pupil=room.pupil,
        adult=room.mother,
        declared=Declared("Eastbank", "", date(2026, 1, 5), "paid", "E-mail"),
        today=TODAY,
        now=at(TODAY),
    )
    check = borders.check(
        reach=room.clerk,
        school=cast.hillside,
        pupil=room.pupil,
        adult=room.mother,
        answered=Answered("Eastbank", TODAY, TODAY, TODAY, TODAY, 1, "E-mail"),
        today=TODAY,
        now=at(TODAY),
    )

    said = [str(one) for one in (row, external, check, ReliedSession.objects.first())]

    assert said[0] == row.reference
    assert [one.split()[0] for one in said[1:]] == ["external", "border", "relied"]
    assert str(BorderPlace.objects.get()).startswith("border place ")
