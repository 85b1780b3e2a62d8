"""What the policies propose for everybody each night."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from attendance.models import Enrolment
from attendance.services.registers import amend_mark
from audit.models import Event
from authorities import packs
from authorities.tenancy import scope
from cases.models import Proposal
from cases.services import proposals, proposing
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.scenes import a_year_of_marks, calendar, days_of
from tests.cases.family import NOW
from tests.cast import TODAY

YESTERDAY = TODAY - timedelta(days=1)
# 2 September to 16 November 2026 hold 48 days, 96 sessions. 10 were missed, all in one spell in
# October: 89.6%, and ten in ten.
EXPECTED = {
    ("national", "ten_in_ten", "case", ""),
    ("national", "persistent", "case", ""),
    ("dorset", "initial_concern", "letter", "letter_2"),
}


def look(family, as_of=YESTERDAY):
    return proposing.look(family.cast.northmoor.pk, as_of=as_of, now=NOW)


def noted():
    rows = Proposal.objects.order_by("pk")
    return {(row.pack, row.trigger, row.proposes, row.target) for row in rows}


def correct(family, day, half, code):
    amend_mark(
        school=family.cast.hillside,
        enrolment_id=family.cast.enrolment.pk,
        when=DatedSession(day, half),
        expected="O",
        code=code,
        reason="Letter from the surgery",
        by=family.cast.officer,
        now=NOW,
    )


def test_each_trigger_that_is_met_is_noted_with_why_and_what_it_saw(family):
    looked = look(family)

    assert noted() == EXPECTED
    assert (looked.found, looked.gone) == (3, 0)
    letter = Proposal.objects.get(proposes="letter")
    assert "Attendance is below 95%" in letter.why
    assert letter.facts == {
        "as_of": "2026-11-16",
        "attendance_percent": [86, 96],
        "unresolved": 0,
    }
    assert (letter.state, letter.since, letter.settles_on) == ("open", YESTERDAY, None)
    assert Event.objects.get(kind="proposals.found").facts == {"found": 3, "gone": 0}


def test_a_second_look_changes_nothing(family):
    look(family)
    before = list(Proposal.objects.order_by("pk").values())

    looked = look(family)

    assert (looked.found, looked.gone) == (0, 0)
    assert list(Proposal.objects.order_by("pk").values()) == before
    assert Event.objects.filter(kind="proposals.found").count() == 1


def test_a_corrected_register_takes_back_what_nobody_had_decided(family):
    look(family)
    correct(family, date(2026, 10, 5), Session.AM, "/")

    look(family)

    gone = Proposal.objects.filter(state="gone")
    # Nine count, and 87 of 96 are 90.6%: still below 95%.
    assert {row.trigger for row in gone} == {"ten_in_ten", "persistent"}
    assert {row.ended_on for row in gone} == {YESTERDAY}


def test_what_was_left_is_not_proposed_again_while_the_spell_lasts(family):
    look(family)
    letter = Proposal.objects.get(proposes="letter")
    proposals.leave(proposal=letter, reach=family.reach, reason="Rang the mother", now=NOW)

    look(family)

    assert Proposal.objects.filter(proposes="letter").get().state == "left"


def test_what_was_left_is_proposed_again_in_a_new_spell(family):
    look(family)
    ten = Proposal.objects.get(trigger="ten_in_ten")
    proposals.leave(proposal=ten, reach=family.reach, reason="A holiday refused", now=NOW)
    correct(family, date(2026, 10, 5), Session.AM, "I")
    look(family)
    ten.refresh_from_db()
    assert (ten.state, ten.ended_on) == ("left", YESTERDAY)
    amend_mark(
        school=family.cast.hillside,
        enrolment_id=family.cast.enrolment.pk,
        when=DatedSession(date(2026, 10, 5), Session.AM),
        expected="I",
        code="O",
        reason="The surgery knows of nothing",
        by=family.cast.officer,
        now=NOW,
    )

    look(family)

    states = Proposal.objects.filter(trigger="ten_in_ten").order_by("pk")
    assert [row.state for row in states] == ["left", "open"]


def test_somebody_who_has_left_is_proposed_for_no_more(family):
    look(family)
    Enrolment.objects.filter(pk=family.cast.enrolment.pk).update(ends_on=date(2026, 11, 13))

    look(family)

    assert {row.state for row in Proposal.objects.all()} == {"gone"}


def test_opening_a_case_and_preparing_a_letter_take_up_what_proposed_them(family):
    look(family)

    family.prepare(family.mother)

    assert {row.state for row in Proposal.objects.all()} == {"taken"}
    assert {row.case for row in Proposal.objects.all()} == {family.case}


def test_where_a_case_is_open_no_other_is_proposed(family):
    case = family.open_case()

    look(family)

    ten = Proposal.objects.get(trigger="ten_in_ten")
    assert (ten.state, ten.case, ten.reason) == ("taken", case, "There is a case already.")
    assert Proposal.objects.get(proposes="letter").state == "open"


def test_a_case_that_stands_at_the_stage_is_not_moved_there_again(family):
    packs.adopt(
        authority=family.cast.northmoor,
        pack="chaucer",
        starts_on=date(2026, 9, 1),
        reach=None,
        school=family.cast.hillside,
    )
    case = family.open_case()
    case.places = {"chaucer": "level_2"}
    case.save()
    # four more spells within ten weeks: a morning each
    for day in (date(2026, 10, 13), date(2026, 10, 20), date(2026, 11, 4)):
        amend_mark(
            school=family.cast.hillside,
            enrolment_id=family.cast.enrolment.pk,
            when=DatedSession(day, Session.AM),
            expected="/",
            code="I",
            reason="The parent rang",
            by=family.cast.officer,
            now=NOW,
        )

    look(family)

    stages = Proposal.objects.filter(pack="chaucer", proposes="stage")
    assert stages
    assert {row.target for row in stages} == {"level_1"}
    assert {row.reason for row in stages} == {"The case stands there already."}


def test_too_few_sessions_propose_nothing(cast):
    calendar(cast)
    late = factories.enrolment(
        factories.pupil(cast.northmoor), cast.hillside, starts_on=date(2026, 11, 3)
    )
    a_year_of_marks(cast, late, {**before(date(2026, 11, 4)), **days_of("I", date(2026, 11, 5))})

    proposing.look(cast.northmoor.pk, as_of=YESTERDAY, now=NOW)

    assert not Proposal.objects.filter(enrolment=late).exists()


def before(day):
    """Gaps on every day of the term before a day."""
    start = date(2026, 9, 2)
    return days_of("", *(start + timedelta(days=n) for n in range((day - start).days)))


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_note_everything_once(live_family):
    cast = live_family.cast
    gate, wrong = Barrier(2), []

    def one():
        try:
            gate.wait()
            with scope([cast.northmoor.pk]):
                proposing.look(cast.northmoor.pk, as_of=YESTERDAY, now=NOW)
        except Exception as problem:
            wrong.append(problem)
        finally:
            connection.close()

    both = [Thread(target=one) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()

    assert wrong == []
    with scope([cast.northmoor.pk]):
        assert Proposal.objects.count() == 3
        assert noted() == EXPECTED
