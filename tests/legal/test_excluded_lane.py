"""An excluded pupil in a public place: from the suspension to a notice of 60 or 120 pounds."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from attendance.models import ArrangementKind
from authorities import packs
from authorities.permissions import Role
from legal.models import NoticeRequest, NoticeSlot, PenaltyNotice
from legal.selectors.gate_excluded import first_five
from legal.selectors.request_facts import gates_of_request, parents_of
from legal.services import gates, requests
from legal.services.gates import Place, Statement
from rules.errors import InvalidInput, RuleNotMet
from tests.attendance import agreed
from tests.cast import TODAY, sign_in
from tests.legal.request_scenes import NOW, Away, away

STEP = "penalty_notice_excluded"
MONDAY = date(2026, 11, 16)
SEEN = {"circumstances": "Seen at 11 in the shopping centre by our warden"}


@pytest.fixture(name="scene")
def a_scene(cast) -> Away:
    return away(cast)


def suspend(scene: Away, first: date = MONDAY, last: date = MONDAY) -> Any:
    """The school suspends the pupil."""
    days = {"starts_on": first, "ends_on": last}
    # Education from the sixth day on is another matter: here none was arranged.
    told = agreed.told(ArrangementKind.SUSPENSION, **days, nothing_arranged=True)
    (row,) = agreed.agree(scene.cast, told)
    return row


def begin(scene: Away, first: date = MONDAY, last: date = MONDAY) -> NoticeRequest:
    return requests.begin_for_excluded(
        reach=scene.office,
        enrolment=scene.enrolment,
        first=first,
        last=last,
        today=TODAY,
        now=NOW,
    )


def say(scene: Away, test: str, answer: str = "so") -> None:
    """The officer states it about the mother."""
    gates.state(
        reach=scene.office,
        place=Place(scene.enrolment),
        statement=Statement(STEP, test, answer, "Letter of 13 November, by hand", MONDAY),
        today=TODAY,
        now=NOW,
        adult=scene.mother,
    )


def written(scene: Away, **days: date) -> NoticeRequest:
    """Begun, written and thought of; the statements and the suspension are still to come."""
    scene.think()
    return scene.write(begin(scene, **days), answers=SEEN)


def state_all(scene: Away) -> None:
    say(scene, "parents_told_of_the_days")
    say(scene, "no_good_reason")


def missing(scene: Away, request: NoticeRequest) -> set[str]:
    """What the gate of the mother's notice still asks of the school."""
    row = scene.fresh(request)
    answer = gates_of_request(row, parents_of(row), TODAY)[scene.mother.reference]
    return {one.key for one in answer.blocking_for("school")} - {"authorised_officer"}


def test_the_gate_asks_for_each_thing_of_the_act_by_name(scene):
    made = begin(scene)

    assert missing(scene, made) == {
        "excluded_on_the_day",
        "parents_told_of_the_days",
        "seen_in_public",
        "no_good_reason",
        "equality_brake",
    }


def test_records_meet_what_records_can_and_named_people_state_the_rest(scene):
    suspend(scene)
    made = written(scene)

    assert missing(scene, made) == {"parents_told_of_the_days", "no_good_reason"}

    state_all(scene)
    assert missing(scene, made) == set()


def test_a_parent_with_a_good_reason_gets_no_notice(scene):
    suspend(scene)
    made = written(scene)
    say(scene, "parents_told_of_the_days")
    say(scene, "no_good_reason", "not so")

    with pytest.raises(RuleNotMet, match="it is not so"):
        scene.send(scene.declare(made))


def test_no_person_can_state_that_the_pupil_was_suspended(scene):
    begin(scene)

    with pytest.raises(RuleNotMet):
        say(scene, "excluded_on_the_day")


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (date(2026, 11, 10), date(2026, 11, 10), "the sixth school day"),
        (date(2026, 10, 30), date(2026, 10, 30), "before it began"),
        (date(2026, 11, 9), date(2026, 11, 10), "the fifth and the sixth"),
        (date(2026, 11, 2), date(2026, 11, 2), "no school that day"),
    ],
)
def test_days_outside_the_first_five_school_days_are_refused(scene, first, last, why):
    suspend(scene, date(2026, 11, 2), date(2026, 11, 13))
    made = written(scene, first=first, last=last)

    assert "excluded_on_the_day" in missing(scene, made), why


def test_the_first_five_school_days_are_counted_on_the_schools_own_calendar(scene):
    row = suspend(scene, date(2026, 11, 5), date(2026, 11, 16))

    found = first_five(scene.enrolment, TODAY)

    assert list(found) == [
        date(2026, 11, 5),
        date(2026, 11, 6),
        date(2026, 11, 9),
        date(2026, 11, 10),
        date(2026, 11, 11),
    ]
    assert set(found.values()) == {row}


@pytest.mark.parametrize("day", [date(2026, 11, 5), date(2026, 11, 11)])
def test_the_first_and_the_fifth_day_are_within(scene, day):
    suspend(scene, date(2026, 11, 5), date(2026, 11, 16))
    made = written(scene, first=day, last=day)

    assert "excluded_on_the_day" not in missing(scene, made)


def test_nothing_is_sent_while_the_gate_is_shut(scene):
    suspend(scene)
    made = scene.declare(written(scene))

    with pytest.raises(RuleNotMet, match="told this parent of the days in writing"):
        scene.send(made)


def test_what_was_seen_is_not_taken_from_the_register(scene):
    suspend(scene)
    made = written(scene)

    with pytest.raises(InvalidInput, match="what was seen"):
        requests.take_half_days(
            reach=scene.office, request=made, seen=made.version, today=TODAY, now=NOW
        )


def sent(scene: Away) -> NoticeRequest:
    suspend(scene)
    made = written(scene)
    state_all(scene)
    return scene.send(scene.declare(made))


def test_a_notice_of_60_or_120_pounds_is_issued_outside_the_limit(scene):
    scene.open_for_council()
    request = sent(scene)

    (notice,) = scene.approve(request)

    assert (notice.early_pence, notice.full_pence) == (60_00, 120_00)
    assert (notice.step, notice.slot, notice.adult) == ("excluded pupil", None, scene.mother)
    assert not NoticeSlot.objects.exists()
    frozen = scene.fresh(request).gate["decided"][scene.mother.reference]
    met = {one["key"] for one in frozen["groups"][0]["requirements"] if one["met"]}
    assert {"excluded_on_the_day", "seen_in_public", "parents_told_of_the_days"} <= met
    assert SEEN["circumstances"] in str(notice.particulars)


def test_the_gate_is_asked_again_when_it_is_decided(scene):
    scene.open_for_council()
    request = sent(scene)
    say(scene, "no_good_reason", "withdrawn")

    with pytest.raises(RuleNotMet, match="no good one"):
        scene.approve(request)

    assert not PenaltyNotice.objects.exists()


def test_the_page_of_the_pupil_shows_the_gate_while_there_is_a_request(client, scene):
    sign_in(client, scene.office.user)
    page = reverse("legal:pupil", args=["990", scene.enrolment.pupil.reference])

    before = client.get(page).content.decode()
    made = begin(scene)
    during = client.get(page).content.decode()
    requests.take_back(
        reach=scene.office,
        request=made,
        reason="sent_in_error",
        words="The wrong pupil",
        seen=made.version,
        today=TODAY,
        now=NOW,
    )
    after = client.get(page).content.decode()

    title = "Before a penalty notice for an excluded pupil"
    assert [title in one for one in (before, during, after)] == [False, True, False]
    assert "Suspended or excluded on each day" in during


def test_a_statement_is_made_on_its_own_page(client, scene):
    sign_in(client, scene.office.user)
    begin(scene)
    pupil = scene.enrolment.pupil.reference

    page = client.get(
        reverse("legal:pupil_gate_state", args=["990", pupil, STEP, "no_good_reason"])
    )

    assert page.status_code == 200
    assert "asked why the pupil was there" in page.content.decode()


@pytest.fixture
def head_issues(scene) -> Away:
    packs.adopt(
        authority=scene.cast.northmoor,
        school=scene.cast.hillside,
        pack="chaucer",
        starts_on=TODAY - timedelta(days=60),
        reach=None,
    )
    return scene


def test_where_the_headteacher_issues_they_issue_this_too(head_issues):
    scene = head_issues
    scene.open_for_council()
    suspend(scene)
    made = written(scene)
    state_all(scene)
    request = scene.send(made)

    (notice,) = scene.approve(request, reach=scene.reach(Role.HEADTEACHER))

    assert notice.full_pence == 120_00
    assert notice.officer.endswith(", Headteacher")
