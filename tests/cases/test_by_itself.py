"""Letters that a policy sends without asking, after their settling period."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.packs import layering
from authorities.tenancy import scope
from cases import tasks
from cases.models import CaseLetter, Proposal
from cases.services import by_itself, proposals, proposing
from letters.models import Letter, Outbox
from letters.services import drafting
from rules.marks import Session
from tests import factories
from tests.attendance.scenes import TEN, a_year_of_marks
from tests.cases.family import NOW
from tests.cases.test_proposing import correct
from tests.cast import TODAY, sign_in

FRIDAY, MONDAY = date(2026, 11, 13), date(2026, 11, 16)


@pytest.fixture
def alone(monkeypatch):
    """The authority's policy sends its letter by itself."""
    real = packs.load("dorset")
    first, *others = real.triggers
    assert first.letter == "letter_2"
    changed = real.model_copy(
        update={"triggers": (first.model_copy(update={"by_itself": True}), *others)}
    )

    def load(name, edition=None):
        return changed if name == "dorset" else packs.load(name, edition)

    monkeypatch.setattr(layering, "load", load)


def night(family, as_of):
    """What the worker does after a day."""
    with scope([family.cast.northmoor.pk]):
        proposing.look(family.cast.northmoor.pk, as_of=as_of, now=NOW)
        return by_itself.send_due(
            family.cast.northmoor.pk, as_of=as_of, today=as_of + timedelta(days=1), now=NOW
        )


def the_letter():
    return Proposal.objects.get(pack="dorset")


def test_it_settles_for_one_school_day_and_then_goes_to_each_parent(family, alone):
    case = family.open_case()

    assert night(family, FRIDAY) == 0
    assert (the_letter().state, the_letter().settles_on) == ("open", MONDAY)
    assert night(family, FRIDAY + timedelta(days=1)) == 0
    assert night(family, MONDAY) == 1

    made = CaseLetter.objects.filter(case=case)
    assert {one.adult for one in made} == {family.mother, family.father}
    assert {one.letter.state for one in made} == {"approved"}
    assert {(one.letter.created_by, one.letter.approved_by) for one in made} == {(None, None)}
    assert {entry.state for entry in Outbox.objects.all()} == {"waiting"}
    assert Outbox.objects.count() == 2
    found = the_letter()
    assert (found.state, found.decided_by, found.case) == ("taken", None, case)
    assert found.reason == "The policy sent it by itself: 2 on the way."
    assert Event.objects.filter(kind="letter.prepared", by=None).count() == 2
    assert Event.objects.filter(kind="letter.approved", by=None).count() == 2


def test_it_goes_once(family, alone):
    family.open_case()
    night(family, FRIDAY)
    night(family, MONDAY)

    assert night(family, MONDAY) == 0
    assert night(family, TODAY) == 0
    assert Letter.objects.count() == 2


def test_a_corrected_register_stops_it(family, alone):
    family.open_case()
    night(family, FRIDAY)
    for number in range(5):
        for half in Session:
            correct(family, date(2026, 10, 5) + timedelta(days=number), half, "/\\"[half])

    assert night(family, MONDAY) == 0
    assert (the_letter().state, Letter.objects.count()) == ("gone", 0)


def test_one_held_back_waits_for_a_person(family, alone):
    family.open_case()
    night(family, FRIDAY)
    proposals.hold_back(proposal=the_letter(), reach=family.reach, now=NOW)

    assert night(family, MONDAY) == 0
    assert (the_letter().state, Letter.objects.count()) == ("open", 0)


def test_an_adult_whose_protection_nobody_answered_gets_a_held_letter_without_an_address(
    family, alone
):
    family.father.protected_address = "unknown"
    family.father.save()
    family.open_case()
    night(family, FRIDAY)
    night(family, MONDAY)

    held = CaseLetter.objects.get(adult=family.father).letter
    assert (held.state, held.address_lines) == ("held", [])
    assert CaseLetter.objects.get(adult=family.mother).letter.state == "approved"
    assert the_letter().reason == (
        "The policy sent it by itself: 1 on the way, 1 held for a person."
    )


def test_two_pupils_of_a_school_settle_on_the_same_day(family, alone):
    other = factories.enrolment(factories.pupil(family.cast.northmoor), family.cast.hillside)
    a_year_of_marks(family.cast, other, TEN)

    night(family, FRIDAY)

    assert [one.settles_on for one in Proposal.objects.filter(pack="dorset")] == [MONDAY, MONDAY]


def test_nothing_but_what_a_policy_prepared_itself_goes_without_a_person(family, alone):
    (drafted, _) = family.prepare()

    with pytest.raises(Forbidden, match="A person sends this letter"):
        drafting.approve(drafted.letter, reach=None, now=NOW)


def test_its_page_says_that_nobody_sent_it(client, family, alone):
    family.open_case()
    night(family, FRIDAY)
    night(family, MONDAY)
    sign_in(client, family.cast.officer)

    shown = client.get(f"/la/990/letters/{Letter.objects.first().reference}/").content.decode()

    assert shown.count("by the policy, by itself") == 2


def test_without_a_case_a_person_decides_and_reads_why(family, alone):
    night(family, FRIDAY)

    assert night(family, MONDAY) == 0
    found = the_letter()
    assert (found.state, found.settles_on) == ("open", None)
    assert "no case is open" in found.reason


def test_a_letter_that_cannot_be_made_is_left_to_a_person(family, alone):
    family.open_case()
    family.cast.hillside.attendance_contact = ""
    family.cast.hillside.save()
    night(family, FRIDAY)

    assert night(family, MONDAY) == 0
    assert "Add the name of the person to contact" in the_letter().reason
    assert Letter.objects.count() == 0


def test_with_nobody_to_write_to_a_person_decides(family, alone):
    family.open_case()
    for adult in (family.mother, family.father):
        family.link(adult).delete()
    night(family, FRIDAY)

    assert night(family, MONDAY) == 0
    assert "nobody on the pupil's record" in the_letter().reason


def test_where_the_calendar_ends_first_a_person_decides(family, alone):
    proposing.look(family.cast.northmoor.pk, as_of=date(2027, 7, 21), now=NOW)

    assert (the_letter().state, the_letter().settles_on) == ("open", None)


def test_any_other_letter_waits_for_a_person(family):
    family.open_case()
    night(family, FRIDAY)

    assert night(family, MONDAY) == 0
    assert (the_letter().state, the_letter().settles_on) == ("open", None)


def test_the_worker_looks_at_yesterday_and_then_prepares(family, alone):
    family.open_case()
    night(family, FRIDAY)  # the tests stand at 17 November: yesterday is the Monday

    tasks.propose(authority_id=family.cast.northmoor.pk)

    assert the_letter().state == "taken"


@pytest.mark.django_db(transaction=True)
def test_two_workers_prepare_it_once(live_family, alone):
    cast = live_family.cast
    with scope(cast.ids):
        live_family.open_case()
    night(live_family, FRIDAY)
    gate, wrong = Barrier(2), []

    def work():
        try:
            gate.wait()
            night(live_family, MONDAY)
        except Exception as problem:
            wrong.append(problem)
        finally:
            connection.close()

    both = [Thread(target=work) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()

    assert wrong == []
    with scope([cast.northmoor.pk]):
        assert Letter.objects.count() == 2
