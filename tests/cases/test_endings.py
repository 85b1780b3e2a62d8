"""What ends with a case, what goes on, and what must be settled before it can be closed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from audit.models import Event
from authorities.permissions import Role
from cases.models import (
    Basis,
    Case,
    CaseGrant,
    Contract,
    Cycle,
    Deadline,
    DeadlineKind,
    GivenSupport,
    Meeting,
    Referral,
    SiblingShare,
    Target,
)
from cases.selectors.chronology import chronology
from cases.selectors.endings import SOURCES, endings, token
from cases.selectors.evidence import evidence_of
from cases.selectors.family import key_of
from cases.selectors.meetings import without_minutes
from cases.services import (
    closing,
    deadlines,
    following,
    meetings,
    moves,
    referrals,
    restricted,
    siblings,
    support,
)
from rules.errors import Conflict
from tests import factories
from tests.cases import contracts, meeting_scenes, planned, referred
from tests.cases.family import NOW
from tests.cases.test_stages_moves import close
from tests.cast import TODAY, sign_in
from tests.tenancy.test_restricted_cases import OUTSIDER

LATER = NOW + timedelta(hours=1)
BECAUSE = "The case was closed: Attendance is good again"


@pytest.fixture
def case(family):
    return family.open_case()


def seen(family, now=LATER):
    """What the page of closing told the officer."""
    return token(endings(family.case, family.reach, now))


def told(family, now=LATER):
    return [one.words for one in endings(family.case, family.reach, now)]


def give(family, case, **changes):
    offer = support.Offer("", "Ms Finch", TODAY, planned.REVIEW, label="A walk", **changes)
    return support.give_support(reach=family.reach, case=case, offer=offer, now=NOW, today=TODAY)


def whole(family, case):
    """A plan with a target and an action, support, a meeting to come, an offer and a draft."""
    plan = planned.start(family.reach, case)
    planned.assess(family.reach, plan)
    planned.target(family.reach, plan)
    planned.action(family.reach, plan)
    give(family, case)
    meeting_scenes.arranged(family)
    contracts.offer(family)
    referred.begin(family)


def test_each_kind_that_is_told_of_is_also_ended():
    assert len(SOURCES) == len(closing.ENDED) + 1  # a legal step is settled first, always


def test_a_case_with_nothing_open_ends_nothing(family, case):
    assert told(family) == []
    assert seen(family) == ""

    assert "ended" not in close(family).facts


def test_everything_that_just_ends_ends_with_the_closing_as_its_reason(family, case):
    whole(family, case)
    assert told(family) == [
        "The offer of an attendance contract is taken back.",
        "Plan 1 ends without its review, so it is no whole cycle. 1 of its actions will not be"
        " done.",
        "A meeting is called off: Attendance meeting, 26 November 2026. Tell whoever was invited.",
        "A referral is withdrawn: Referral to the council.",
        "Support ends: A walk.",
    ]

    made = close(family, seen=seen(family))

    contract, plan, meeting = Contract.objects.get(), Cycle.objects.get(), Meeting.objects.get()
    assert (contract.state, contract.over_on) == ("ended", TODAY)
    assert contract.events.order_by("-pk").first().words == BECAUSE
    assert (plan.outcome, plan.ended_on, plan.targets_outcome) == ("case_closed", TODAY, "")
    assert Target.objects.get().state == "left"
    action = plan.actions.get()
    assert (action.dropped, action.done_words) == (True, BECAUSE)
    assert (meeting.state, meeting.because) == ("cancelled", BECAUSE)
    referral = Referral.objects.get()
    assert referral.state == "withdrawn"
    assert referral.steps.order_by("-pk").first().words == BECAUSE
    given = GivenSupport.objects.get()
    assert (given.outcome, given.ended_on, given.ended_by) == (
        "case closed",
        TODAY,
        family.cast.officer,
    )
    assert not Deadline.objects.filter(done_on=None).exists()
    assert made.facts["ended"][0] == "The offer of an attendance contract is taken back."
    for kind in ("plan.left", "support.ended", "referral.moved", "meeting.settled"):
        assert Event.objects.filter(kind=kind).count() == 1, kind


def test_the_history_tells_what_ended(family, case):
    give(family, case)
    close(family, seen=seen(family))

    (closed,) = [one for one in chronology(family.case, family.reach) if one.title == "Case closed"]
    assert closed.text == (
        "Attendance is good again. Six weeks without an absence. Support ends: A walk."
    )


def test_a_plan_that_nobody_reviewed_is_no_whole_cycle(family, case):
    whole(family, case)
    close(family, seen=seen(family))

    kinds = {shown.kind for shown in evidence_of(family.case)}
    assert "plan" in kinds
    assert "plan_cycle" not in kinds


def test_people_cannot_say_that_support_ended_with_the_case(client, family, case):
    row = give(family, case)
    sign_in(client, family.cast.officer)

    address = reverse("cases:support_one", args=["990", case.reference, row.pk])
    page = client.get(address).content.decode()

    assert "It made no difference" in page
    assert "It ended when the case was closed" not in page


def test_the_list_that_changed_since_it_was_read_closes_nothing(family, case):
    read = seen(family)
    give(family, case)

    with pytest.raises(Conflict, match="What ends with this case has changed since you opened"):
        close(family, seen=read)

    assert Case.objects.get().closed_on is None
    assert GivenSupport.objects.get().ended_on is None


def test_a_contract_in_force_is_finished_first(family, case):
    contracts.in_force(family)

    with pytest.raises(Conflict, match="An attendance contract is in force"):
        close(family, seen=seen(family))
    assert Contract.objects.get().state == "in force"

    contract = contracts.tell(family, Contract.objects.get(), "complete")
    assert contract.state == "completed"
    assert close(family, seen=seen(family)).end == "closed"


@pytest.mark.parametrize("why", ["left", "moved_school", "past_age", "opened_in_error"])
def test_a_contract_in_force_ends_where_nobody_can_say_any_more(family, case, why):
    contracts.in_force(family)

    close(family, why=why, seen=seen(family))

    row = Contract.objects.get()
    assert (row.state, row.over_on) == ("ended", TODAY)
    assert not Deadline.objects.filter(done_on=None).exists()


def test_a_breach_that_waits_for_an_answer_ends_too(family, case):
    contract = contracts.tell(family, contracts.in_force(family), "breach")
    contracts.tell(family, contract, "ask", by_day=date(2026, 11, 24))

    close(family, why="left", seen=seen(family))

    assert Contract.objects.get().state == "ended"


def test_nobody_ends_a_contract_by_this_event_from_its_page(client, family, case):
    contract = contracts.in_force(family)
    sign_in(client, family.cast.officer)

    page = client.get(reverse("cases:contract", args=["990", contract.reference]))

    assert "The case was closed" not in page.content.decode()
    address = reverse("cases:contract_move", args=["990", contract.reference, "close"])
    client.post(address, {"version": contract.version, "words": "x"})
    assert Contract.objects.get().state == "in force"


def test_a_meeting_that_has_been_is_written_down_first(family, case):
    meeting = meeting_scenes.arranged(family)
    after = datetime(2026, 11, 27, 9, tzinfo=UTC)

    with pytest.raises(Conflict, match="Write down first what became of a meeting: Attendance"):
        close(family, now=after, seen=seen(family, after))

    meeting.refresh_from_db()
    assert meeting.state == "planned"


def test_minutes_that_nobody_wrote_come_first(family, case):
    row = meeting_scenes.held(family)
    after = datetime(2026, 11, 27, 9, tzinfo=UTC)
    with pytest.raises(Conflict, match="Write first the minutes of a meeting: Attendance meeting"):
        close(family, now=after, seen=seen(family, after))

    meeting_scenes.written(family, row)

    assert close(family, now=after, seen=seen(family, after)).end == "closed"


def test_a_missed_meeting_gets_no_second_date(family, case):
    meeting = meeting_scenes.told(family, meeting_scenes.arranged(family))
    meeting_scenes.settled(family, meeting, "miss")
    after = datetime(2026, 11, 27, 9, tzinfo=UTC)

    close(family, now=after, seen=seen(family, after))

    assert Meeting.objects.get().state == "cancelled"


def test_a_meeting_about_many_pupils_goes_on_without_this_one(family, case):
    plan = meeting_scenes.plan(family, kind="dorset:inclusion_meeting", adults=(), pupil=False)
    meeting = meetings.arrange_agenda(
        reach=family.reach, school=family.cast.hillside, plan=plan, now=NOW
    )
    meetings.add_case(reach=family.reach, meeting=meeting, case=case, version=1)

    close(family, seen=seen(family))

    meeting.refresh_from_db()
    assert meeting.state == "planned"
    meetings.settle(
        reach=family.reach,
        meeting=meeting,
        version=meeting.version,
        event="hold",
        now=meeting_scenes.AFTER,
    )
    assert not without_minutes(Meeting.objects.all(), "missing").exists()


def test_a_referral_with_the_council_is_withdrawn_or_answered_first(family, case):
    referral = referred.send(family)

    with pytest.raises(Conflict, match="The council has not answered a referral"):
        close(family, seen=seen(family))

    referrals.withdraw(
        reach=family.reach,
        referral=referral,
        words="Attendance is good",
        seen=referral.version,
        today=TODAY,
        now=LATER,
    )
    assert close(family, seen=seen(family)).end == "closed"


def test_a_referral_that_the_council_took_on_goes_on_there(family, case):
    referral = referred.answer(family, "accept", referred.send(family))

    made = close(family, why="taken_on", seen=seen(family))

    assert "ended" not in made.facts
    referral.refresh_from_db()
    assert referral.state == "accepted"
    ended = referred.answer(family, "end", referral, words="The family has a worker")
    assert ended.state == "ended"


@pytest.mark.parametrize("why", ["restored", "left"])
def test_a_legal_step_is_seen_to_first_whatever_the_reason(client, family, case, why):
    clock = deadlines.start(
        case=case,
        kind=DeadlineKind.LEGAL,
        words="Decide on a notice",
        since=TODAY,
        by=date(2026, 12, 1),
        about="legal.Thing:1",
    )

    with pytest.raises(Conflict, match="A legal step waits, due on 1 December 2026: Decide on a"):
        close(family, why=why, seen=seen(family))

    clock.refresh_from_db()
    assert clock.done_on is None
    sign_in(client, family.cast.officer)
    page = client.get(reverse("cases:case_close", args=["990", case.reference])).content.decode()
    assert reverse("cases:deadline", args=["990", clock.pk]) in page
    deadlines.finish(
        case=case,
        kind=DeadlineKind.LEGAL,
        today=TODAY,
        by=family.cast.officer,
        about="legal.Thing:1",
    )
    assert close(family, why=why, seen=seen(family)).end == "closed"


def test_an_outside_professional_sees_a_closed_case_no_more(family, case):
    lead = family.cast.reach(family.cast.person(Role.SAFEGUARDING_LEAD, "hillside"))
    restricted.share(reach=lead, case=case, with_=OUTSIDER, now=NOW)
    assert told(family) == ["An outside professional sees this case no more."]

    close(family, seen=seen(family))

    assert not CaseGrant.objects.exists()
    assert Event.objects.filter(kind="case.share_ended").count() == 1


def test_a_question_to_another_school_is_taken_back(family, case):
    brother = factories.pupil(family.cast.northmoor, born_on=date(2014, 1, 5))
    link = family.link(family.mother)
    link.pk, link.pupil, link.parental_responsibility = None, brother, "yes"
    link.save()
    contracts.may(family)
    enrolment = factories.enrolment(brother, family.cast.brook)
    share = siblings.ask(
        reach=family.reach,
        case=case,
        key=key_of(case, enrolment.pk),
        basis=Basis.PUBLIC_TASK,
        why="One plan for the family",
        until=date(2027, 1, 31),
        today=TODAY,
        now=NOW,
    )

    close(family, seen=seen(family))

    row = SiblingShare.objects.get(pk=share.pk)
    assert (row.state, row.answer) == ("withdrawn", BECAUSE)
    assert Event.objects.filter(kind="sibling.taken_back").count() == 1


def test_what_is_sensitive_is_not_named_to_who_may_not_see_it(family, case):
    give(family, case, sensitive=False)
    GivenSupport.objects.update(sensitive=True)
    tutor = family.cast.reach(family.cast.person(Role.TUTOR, "hillside"))

    (one,) = endings(case, tutor, LATER)

    assert one.words == "Support ends: Support by another service."


# On the page


def post(client, address, family, **more):
    typed = {"why": "restored", "reason": "Six good weeks", "version": family.case.version}
    return client.post(address, typed | more, follow=True).content.decode()


def test_the_page_lists_what_ends_and_closes_what_was_read(client, family, case):
    give(family, case)
    sign_in(client, family.cast.officer)
    address = reverse("cases:case_close", args=["990", case.reference])

    page = client.get(address).content.decode()
    assert "Support ends: A walk." in page
    assert f'value="{seen(family)}"' in page

    unread = post(client, address, family)
    assert "What ends with this case has changed since you opened the page" in unread
    assert Case.objects.get().closed_on is None
    closed = post(client, address, family, seen=seen(family))
    assert "Case closed" in closed


def test_the_page_says_what_comes_first_and_where(client, family, case):
    contract = contracts.in_force(family)
    sign_in(client, family.cast.officer)
    address = reverse("cases:case_close", args=["990", case.reference])

    page = client.get(address).content.decode()

    assert "An attendance contract is in force. Say on its page what came of it" in page
    assert reverse("cases:contract", args=["990", contract.reference]) in page
    left = client.get(f"{address}?why=left").content.decode()
    assert "The attendance contract that was agreed to 31 January 2027 ends." in left
    assert "An attendance contract is in force" not in left


def test_the_page_says_what_goes_on(client, family, case):
    referral = referred.answer(family, "accept", referred.send(family))
    sign_in(client, family.cast.officer)

    page = client.get(reverse("cases:case_close", args=["990", case.reference])).content.decode()

    assert "What goes on" in page
    assert reverse("cases:referral", args=["990", referral.reference]) in page


def test_a_case_that_is_sent_on_ends_the_same_here(client, family, case):
    contracts.in_force(family)
    give(family, case)
    case.enrolment.ends_on = date(2026, 11, 13)
    case.enrolment.save()
    factories.enrolment(case.pupil, family.cast.brook, starts_on=date(2026, 11, 16))
    sign_in(client, family.cast.officer)
    address = reverse("cases:case_send_on", args=["990", case.reference])
    page = client.get(address).content.decode()
    assert "Support ends: A walk." in page
    with pytest.raises(moves.Stale):
        following.send_on(
            reach=family.reach, case=case, reason="x", version=9, now=LATER, today=TODAY
        )

    client.post(address, {"reason": "Agreed", "version": case.version, "seen": seen(family)})

    case.refresh_from_db()
    assert case.closed_on == TODAY
    assert Contract.objects.get().state == "ended"
    assert GivenSupport.objects.get().outcome == "case closed"
    assert Case.objects.filter(school=family.cast.brook).count() == 1
