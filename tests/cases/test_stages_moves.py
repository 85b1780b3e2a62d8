"""Moving a case from stage to stage, and closing it."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.db.utils import DatabaseError

from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.models import PackAdoption
from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import Case, CaseMove, Deadline, DeadlineKind, Proposal
from cases.selectors.places import destinations, places_at, standing
from cases.services import casework, deadlines, moves, proposals
from letters.models import Letter
from rules.case_stages import MoveNotAllowed
from rules.errors import Conflict, InvalidInput
from tests.cases.family import NOW
from tests.cast import TODAY

LATER = NOW + timedelta(hours=1)


def move(family, to="dorset:attendance_meeting", **more):
    asked = {
        "reach": family.reach,
        "case": family.case,
        "to": to,
        "why": "not_improved",
        "reason": "Still away on Mondays",
        "version": family.case.version,
        "now": LATER,
        "today": TODAY,
    }
    made = moves.move(**(asked | more))
    family.case.refresh_from_db()
    return made


def close(family, **more):
    asked = {
        "reach": family.reach,
        "case": family.case,
        "why": "restored",
        "reason": "Six weeks without an absence",
        "version": family.case.version,
        "now": LATER,
        "today": TODAY,
    }
    made = moves.close(**(asked | more))
    family.case.refresh_from_db()
    return made


def propose(case, target, proposes="stage", **more):
    return Proposal.objects.create(
        authority=case.authority,
        school=case.school,
        enrolment=case.enrolment,
        case=case,
        pack="dorset",
        edition="2024",
        trigger=f"to_{target}",
        proposes=proposes,
        target=target,
        why="The review found no improvement (Dorset: step 6)",
        since=TODAY,
        found_at=NOW,
        **more,
    )


def test_opening_puts_the_case_on_the_lowest_step_and_writes_the_first_move(family):
    case = family.open_case()

    first = case.moves.get()
    assert case.places == {"dorset": "concern"}
    assert (first.event, first.start, first.end) == ("open", "", "stage 1")
    assert first.places == {"dorset": "concern"}
    assert first.facts == case.facts


def test_choosing_a_step_of_the_policy_moves_the_case_to_the_products_stage(family):
    family.open_case()

    made = move(family)

    assert family.case.stage == "stage 2"
    assert family.case.places == {"dorset": "attendance_meeting"}
    assert family.case.version == 2
    assert (made.event, made.start, made.end) == ("step_up", "stage 1", "stage 2")
    assert (made.why, made.reason) == ("not_improved", "Still away on Mondays")
    assert made.facts["as_of"] == "2026-11-17"
    assert [layer["pack"] for layer in made.policy["layers"]] == ["national", "dorset"]
    event = Event.objects.get(kind="case.moved")
    assert event.facts == {
        "reference": family.case.reference,
        "stage": "Stage 2: targeted support",
        "why": "The review found no improvement",
    }


def test_a_case_may_go_straight_to_the_top_and_come_all_the_way_back(family):
    family.open_case()

    up = move(family, "dorset:panel", why="line_crossed")
    down = move(family, "dorset:concern", why="improved", now=LATER + timedelta(hours=1))

    assert (up.event, down.event) == ("step_over", "step_back")
    assert family.case.places == {"dorset": "concern"}


def test_where_no_policy_has_stages_the_products_own_are_offered(cast, family):
    packs_of = family.open_case()
    packs_of.places = {}
    policy = packs.pack_in_force(cast.hillside, date(2026, 8, 31))  # before Dorset's was adopted

    offered = [(one.value, one.label) for one in destinations(packs_of, policy)]

    assert offered == [
        ("stage 2", "Stage 2: targeted support"),
        ("stage 3", "Stage 3: formal support"),
    ]
    assert places_at(policy, 2) == {}
    assert standing(policy, {}) == []


def test_where_no_policy_has_stages_the_case_moves_by_the_products_own(family):
    family.open_case()
    PackAdoption.objects.all().delete()

    made = move(family, "stage 2")

    assert (made.end, made.reason, made.proposal) == ("stage 2", "Still away on Mondays", None)
    assert (family.case.stage, family.case.places) == ("stage 2", {})
    with pytest.raises(InvalidInput, match="Say what shows that this is the right step"):
        move(family, "stage 3", reason="")


def test_who_carries_a_case_must_be_able_to_change_it_and_the_case_be_open(family):
    case, tutor = family.open_case(), family.cast.person(Role.TUTOR, "hillside")
    case = moves.carry(reach=family.reach, case=case, owner=family.cast.officer.pk, seen=None)

    with pytest.raises(InvalidInput, match="Choose somebody who may change cases at this school"):
        moves.carry(reach=family.reach, case=case, owner=tutor.pk, seen=case.owner_id)
    with pytest.raises(InvalidInput, match="Choose somebody who may change cases at this school"):
        moves.carry(reach=family.reach, case=case, owner=0, seen=case.owner_id)
    close(family)
    with pytest.raises(Conflict, match=r"This case is closed\. Nobody carries it any more"):
        moves.carry(reach=family.reach, case=case, owner=None, seen=case.owner_id)

    family.case.refresh_from_db()
    assert family.case.owner == family.cast.officer


def test_two_policies_are_kept_in_step(family):
    packs.adopt(
        authority=family.cast.northmoor,
        school=family.cast.hillside,
        pack="chaucer",
        starts_on=date(2026, 9, 1),
        reach=None,
    )
    family.open_case()
    assert family.case.places == {"dorset": "concern", "chaucer": "level_1"}

    move(family, "chaucer:level_2")

    assert family.case.places == {"dorset": "attendance_meeting", "chaucer": "level_2"}


def test_a_move_needs_a_reason_that_goes_with_it(family):
    family.open_case()

    with pytest.raises(InvalidInput, match="Choose a reason that goes with this move"):
        move(family, why="improved")
    with pytest.raises(InvalidInput, match="Say what shows that this is the right step"):
        move(family, reason="  ")
    with pytest.raises(InvalidInput, match="600 characters or fewer"):
        move(family, reason="x" * 601)
    with pytest.raises(InvalidInput, match="Choose where the case goes next"):
        move(family, "dorset:concern")

    family.case.refresh_from_db()
    assert (family.case.stage, family.case.version) == ("stage 1", 1)
    assert CaseMove.objects.count() == 1


def test_a_stale_form_is_told_who_moved_the_case_and_when(family):
    family.open_case()
    head = family.cast.reach(family.cast.person(Role.HEADTEACHER, "hillside"))
    seen = family.case.version
    move(family, reach=head, now=datetime(2026, 11, 17, 10, 5, tzinfo=UTC))

    with pytest.raises(moves.Stale) as told:
        move(family, "dorset:panel", version=seen)

    assert str(told.value) == (
        "Headteacher at Hillside moved this case on 17 November 2026 at 10:05am. It now stands at:"
        " Stage 2: targeted support. Read it again before you move it."
    )


def test_a_version_that_nobody_wrote_is_refused_all_the_same(family):
    family.open_case()
    Case.objects.filter(pk=family.case.pk).update(version=9)

    with pytest.raises(moves.Stale, match="Read it again before you move it"):
        move(family, version=1)


@pytest.mark.parametrize("role", [Role.TUTOR, Role.GOVERNOR])
def test_somebody_without_the_permission_cannot_move_or_close(family, role):
    family.open_case()
    reach = family.cast.reach(family.cast.person(role, "hillside"))

    with pytest.raises(Forbidden):
        move(family, reach=reach)
    with pytest.raises(Forbidden):
        close(family, reach=reach)


def test_a_proposed_step_is_taken_up_and_its_words_serve_as_the_reason(family):
    family.open_case()
    proposal = propose(family.case, "attendance_meeting")

    made = move(family, reason="")

    proposal.refresh_from_db()
    assert proposal.state == "taken"
    assert made.proposal == proposal
    assert made.reason == "The review found no improvement (Dorset: step 6)"


def test_the_policy_hears_the_reason_where_the_case_stood(family):
    """Dorset answers to no improvement at step 5 with letter 4, once."""
    family.open_case()

    move(family)

    found = Proposal.objects.filter(happening="not_improved")
    assert {(one.proposes, one.target, one.state) for one in found} == {
        ("letter", "letter_4", "open"),
        ("stage", "attendance_meeting", "taken"),
    }


def test_a_reason_that_the_policy_heard_already_is_not_told_twice(family):
    family.open_case()
    proposals.happened(case=family.case, happening="not_improved", today=TODAY, now=NOW)
    letter = Proposal.objects.get(proposes="letter", happening="not_improved")
    proposals.leave(proposal=letter, reach=family.reach, reason="We telephoned", now=NOW)

    move(family)

    assert Proposal.objects.filter(proposes="letter", happening="not_improved").count() == 1


def test_closing_ends_the_clocks_and_leaves_what_was_proposed(family):
    family.open_case()
    deadlines.start(
        case=family.case,
        kind=DeadlineKind.LETTER_REVIEW,
        words="Look at attendance again",
        since=TODAY,
        by=date(2026, 12, 1),
    )
    proposal = propose(family.case, "attendance_meeting")

    made = close(family)

    assert (made.event, made.end) == ("close", "closed")
    assert family.case.closed_on == TODAY
    assert family.case.closed_by == family.cast.officer
    assert family.case.closing_reason == "Attendance is good again. Six weeks without an absence"
    clock = Deadline.objects.get()
    assert (clock.done_on, clock.dropped_because) == (TODAY, "The case was closed")
    proposal.refresh_from_db()
    assert proposal.state == "left"
    assert proposal.reason == "The case was closed: Attendance is good again"
    assert Event.objects.filter(kind="case.closed").count() == 1


def test_a_closed_case_takes_nothing_more(family):
    family.open_case()
    close(family)

    with pytest.raises(moves.Stale, match="Attendance officer at Hillside closed this case on 17"):
        move(family, version=family.case.version)
    with pytest.raises(moves.Stale, match="A closed case cannot be changed"):
        close(family)
    with pytest.raises(Conflict, match="This case was closed on 17 November 2026"):
        casework.add_note(reach=family.reach, case=family.case, text="More", now=LATER)


def test_a_case_is_not_closed_over_a_letter_that_waits(family):
    family.prepare(family.mother)

    with pytest.raises(Conflict, match="A letter of this case waits for a person"):
        close(family)

    Letter.objects.update(state="withdrawn")
    assert close(family).end == "closed"


def test_several_letters_that_wait_are_counted(family):
    family.prepare()

    with pytest.raises(Conflict, match="2 letters wait for a person"):
        close(family)


def test_a_new_case_carries_on_from_the_closed_one(family):
    first = family.open_case()
    close(family)

    second = family.open_case()

    assert second.pk != first.pk
    assert second.before == first


def test_a_register_that_says_nothing_any_more_does_not_keep_a_case_open(family, monkeypatch):
    family.open_case()

    def nothing(enrolment, today):
        raise InvalidInput("There is no calendar for this year.")

    monkeypatch.setattr(moves, "book_for", nothing)

    made = close(family)

    assert made.facts == {"unknown": "There is no calendar for this year."}


def test_a_move_is_kept_as_it_was_written(family):
    family.open_case()

    with pytest.raises(DatabaseError):
        CaseMove.objects.update(reason="Another")


def test_a_move_that_the_table_does_not_hold_is_refused(family):
    family.open_case()
    Case.objects.filter(pk=family.case.pk).update(closed_on=None)
    with pytest.raises(MoveNotAllowed):
        moves.move_for(moves.Stage.CLOSED, "close")


def test_two_people_at_once_move_a_case_one_step(live_family):
    cast, together, told = live_family.cast, Barrier(2), []
    with scope(cast.ids):
        case = live_family.open_case()

    def press(role):
        try:
            together.wait()
            with scope(cast.ids):
                moves.move(
                    reach=cast.reach(cast.person(role, "hillside")),
                    case=case,
                    to="dorset:attendance_meeting",
                    why="not_improved",
                    reason="Still away",
                    version=1,
                    now=LATER,
                    today=TODAY,
                )
            told.append("moved")
        except moves.Stale:
            told.append("told who was first")
        finally:
            connection.close()

    people = [Thread(target=press, args=[r]) for r in (Role.ATTENDANCE_OFFICER, Role.HEADTEACHER)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(told) == ["moved", "told who was first"]
    with scope(cast.ids):
        case.refresh_from_db()
        assert (case.stage, case.moves.count()) == ("stage 2", 2)
