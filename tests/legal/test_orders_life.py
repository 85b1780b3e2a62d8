"""An education supervision order in force: directions, reviews, failures, longer, over."""

from datetime import date

import pytest

from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Case, Deadline
from config.celery import app
from legal import tasks
from legal.models import LegalEvent, OrderDirection, OrderReview, SupervisionOrder
from legal.selectors.orders import (
    days_under_order,
    due_rows,
    sessions_under_order,
    subject_of,
    waits_to_be_told,
)
from legal.services import order_life
from legal.services.papers import Release
from letters.models import Letter, Route
from rules.dates import DateRange
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marks import DatedSession, Session
from tests.cast import TODAY
from tests.legal import order_scenes as scenes
from tests.legal.gate_scenes import who
from tests.legal.penalty_scenes import office

LAST = date(2027, 11, 16)  # of one made on 17 November 2026


@pytest.fixture(autouse=True)
def council(family):
    office(family.cast)


@pytest.fixture
def order(family) -> SupervisionOrder:
    return scenes.made(family)


def events(order):
    rows = LegalEvent.objects.filter(subject=subject_of(order)).order_by("pk")
    return [row.event for row in rows]


# Days in place of the offence


def test_days_under_an_order_are_no_part_of_a_prosecution(family, order):
    eve, first = (DatedSession(day, Session.AM) for day in (date(2026, 11, 16), TODAY))
    last, after = (DatedSession(day, Session.PM) for day in (LAST, date(2027, 11, 17)))

    assert days_under_order(family.cast.pupil) == (DateRange(TODAY, LAST),)
    under = sessions_under_order(family.cast.pupil, [eve, first, last, after])
    assert under == frozenset([first, last])


def test_a_child_without_an_order_has_no_such_days(family):
    scenes.considered(family)

    assert days_under_order(family.cast.pupil) == ()


# Directions


def test_a_direction_to_one_parent_goes_by_letter_to_that_parent_alone(family, order):
    made = scenes.directed(family, order)

    letter = Letter.objects.get(kind="supervision_direction")
    assert (made.letter.letter, letter.state) == (letter, "approved")
    assert letter.context["direction"] == "Bring Robin to the gate by 8.40am."
    assert letter.context["until"] == "16 November 2027"
    assert "Reedham" not in str(letter.context) + str(letter.address_lines)
    event = LegalEvent.objects.get(subject=subject_of(order), event="direct")
    assert event.adult == family.mother


def test_a_direction_to_the_child_writes_to_nobody(family, order):
    made = scenes.directed(family, order, adult="")

    assert (made.adult, made.letter) == (None, None)
    assert not Letter.objects.filter(kind="supervision_direction").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"words": " "}, "Write the direction"),
        ({"asked": ""}, "Ask the child and the parents first"),
        ({"adult": "NOBODY0000"}, "Choose the child, or a parent to whom we may write"),
        ({"given_on": date(2026, 11, 16)}, "must be a day of the order, from 17 November 2026"),
        ({"given_on": date(2026, 11, 18)}, "must be a day of the order, from 17 November 2026"),
    ],
)
def test_a_direction_is_refused_without_views_words_or_a_day_of_the_order(
    family, order, change, says
):
    with pytest.raises(InvalidInput, match=says):
        scenes.directed(family, order, **change)

    assert not OrderDirection.objects.exists()


def test_a_direction_that_names_the_other_parent_is_refused(family, order):
    with pytest.raises(RuleNotMet, match="names another adult of the child"):
        scenes.directed(family, order, words="Take turns with Mr Tom Reedham.")


def test_a_protected_parent_gets_a_direction_only_as_a_person_says_is_safe(family, order):
    family.mother.protected_address = "yes"
    family.mother.save()

    with pytest.raises(RuleNotMet, match="until a person says how"):
        scenes.directed(family, order)
    assert not OrderDirection.objects.exists()

    release = Release(Route.IN_PERSON, "At the office, alone", ["address_protected"])
    made = scenes.directed(family, order, release=release)
    assert "Orchard" not in str(made.letter.letter.address_lines)


def test_nobody_directs_before_the_court_has_made_an_order(family):
    with pytest.raises(Conflict, match="From there you can"):
        scenes.directed(family, scenes.considered(family))


@pytest.mark.parametrize("role", [Role.AUTHORISING_OFFICER, Role.SUPPORT_WORKER])
def test_only_who_keeps_proceedings_directs(family, order, role):
    edge = scenes.edge(family, order, reach=who(family, role))

    with pytest.raises(Forbidden, match="Only an officer of the council"):
        order_life.direct(adult="", given_on=TODAY, words="So", asked="Yes", **edge)


# Reviews


def reviewed(family, order, on, **changes):
    given = {"words": "Mornings work.", "next_steps": "A visit a month.", **changes}
    return order_life.review(on=on, **given, **scenes.edge(family, order, on))


def test_a_review_moves_the_next_one_by_three_months(family, order):
    made = reviewed(family, order, date(2027, 2, 17))

    order.refresh_from_db()
    assert (made.due, order.review_due) == (date(2027, 2, 17), date(2027, 5, 17))
    clock = Deadline.objects.get(about=f"{subject_of(order)}:review", done_on=None)
    assert clock.due_on == date(2027, 5, 17)


def test_a_late_review_does_not_pay_for_the_next_one(family, order):
    reviewed(family, order, date(2027, 2, 18))

    order.refresh_from_db()
    assert order.review_due == date(2027, 5, 17)


def test_after_the_last_review_none_is_due(family, order):
    for day in (date(2027, 2, 17), date(2027, 5, 17), date(2027, 8, 17)):
        reviewed(family, order, day)

    order.refresh_from_db()
    assert order.review_due is None
    clocks = Deadline.objects.filter(about=f"{subject_of(order)}:review", done_on=None)
    assert not clocks.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"words": ""}, "Write what was found"),
        ({"next_steps": " "}, "Write what is done until the next review"),
    ],
)
def test_a_review_says_what_was_found_and_what_is_done(family, order, change, says):
    with pytest.raises(InvalidInput, match=says):
        reviewed(family, order, TODAY, **change)

    assert not OrderReview.objects.exists()


# Directions that are not followed


def test_one_failure_is_not_persistent_and_two_are(family, order):
    direction = scenes.directed(family, order)
    scenes.failed(family, direction, date(2026, 11, 18))

    def breach():
        day = date(2026, 11, 19)
        return order_life.breach(words="Twice.", **scenes.edge(family, order, day))

    with pytest.raises(RuleNotMet, match="It takes persistent failure"):
        breach()
    scenes.failed(family, direction, date(2026, 11, 19))

    assert breach().state == "breached"


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (TODAY, "The direction was given on 17 November 2026. Choose a later day"),
        (date(2026, 11, 20), "must be a day of the order"),
    ],
)
def test_a_direction_fails_on_a_later_day_that_has_come(family, order, on, says):
    direction = scenes.directed(family, order)

    with pytest.raises(InvalidInput, match=says):
        scenes.failed(family, direction, on, today=date(2026, 11, 19))


def test_a_failure_is_of_a_direction_of_this_order_and_in_words(family, order):
    direction = scenes.directed(family, order)
    day = date(2026, 11, 18)

    with pytest.raises(InvalidInput, match="Choose one of the directions of this order"):
        order_life.fail(direction=0, on=day, words="Late.", **scenes.edge(family, order, day))
    with pytest.raises(InvalidInput, match="Write what happened"):
        edge = scenes.edge(family, order, day)
        order_life.fail(direction=direction.pk, on=day, words=" ", **edge)


def test_nothing_fails_under_an_order_that_is_not_in_force(family):
    order = scenes.considered(family)

    with pytest.raises(Conflict, match="This order is not in force"):
        order_life.fail(direction=1, on=TODAY, words="Late.", **scenes.edge(family, order))


def charge(family, order, **changes):
    day = date(2026, 11, 20)
    given = {
        "adult": family.mother.reference,
        "on": day,
        "court": "Northmoor magistrates' court",
        "words": "All steps were offered; none was taken.",
        **changes,
    }
    edge = scenes.edge(family, order, day, reach=scenes.second(family))
    return order_life.prosecute(**given, **edge)


def test_a_parent_who_persistently_fails_is_prosecuted_by_who_authorises(family):
    order = charge(family, scenes.breached(family))

    assert order.state == "breached"
    event = LegalEvent.objects.get(subject=subject_of(order), event="prosecute")
    assert (event.adult, event.facts) == (
        family.mother,
        {"court": "Northmoor magistrates' court"},
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"adult": "NOBODY0000"}, "Choose a parent to whom a direction was given"),
        ({"court": ""}, "Write which magistrates' court"),
        ({"words": ""}, "Write why it is right"),
        ({"on": date(2026, 11, 21)}, "The day of the charge must be from 17 November 2026"),
    ],
)
def test_a_prosecution_for_it_names_parent_court_and_reasons(family, change, says):
    order = scenes.breached(family)

    with pytest.raises(InvalidInput, match=says):
        charge(family, order, **change)


def test_a_parent_whose_own_directions_were_followed_is_not_prosecuted(family, order):
    to_child = scenes.directed(family, order, adult="")
    scenes.directed(family, order)
    for day in (date(2026, 11, 18), date(2026, 11, 19)):
        scenes.failed(family, to_child, day)
    day = date(2026, 11, 19)
    order = order_life.breach(words="Twice.", **scenes.edge(family, order, day))

    with pytest.raises(RuleNotMet, match="It takes persistent failure"):
        charge(family, order)


def test_who_prepares_does_not_prosecute(family):
    order = scenes.breached(family)

    with pytest.raises(Forbidden, match="Only an officer of the council"):
        order_life.prosecute(
            adult=family.mother.reference,
            on=TODAY,
            court="x",
            words="x",
            **scenes.edge(family, order),
        )


@pytest.mark.parametrize(
    ("extended_to", "state"), [(None, "in force"), (date(2028, 11, 16), "extended")]
)
def test_an_order_goes_on_as_it_was(family, extended_to, state):
    order = scenes.breached(family)
    SupervisionOrder.objects.filter(pk=order.pk).update(extended_to=extended_to)
    edge = scenes.edge(family, order, date(2026, 11, 20))

    with pytest.raises(InvalidInput, match="Write why it goes on"):
        order_life.go_on(words=" ", **edge)
    order = order_life.go_on(words="A neighbour walks with Robin now.", **edge)

    assert order.state == state


# Longer

OPENS = date(2027, 8, 16)  # three months before 16 November 2027, the last day


def seek(family, order, on, until=date(2028, 11, 16)):
    return order_life.seek_extension(
        on=on, until=until, words="It helps.", **scenes.edge(family, order, on)
    )


def extend(family, order, on, until):
    return order_life.extend(
        on=on, until=until, words="The visits go on.", **scenes.edge(family, order, on)
    )


def test_the_court_makes_it_longer_once_it_was_asked_in_time(family, order):
    with pytest.raises(RuleNotMet, match="The first day is 16 August 2027"):
        seek(family, order, date(2027, 8, 15))
    order = seek(family, order, OPENS)
    assert order.extension_sought_on == OPENS

    order = extend(family, order, date(2027, 9, 1), date(2028, 11, 16))

    assert (order.state, order.ends_on) == ("extended", date(2028, 11, 16))
    assert order.extension_sought_on is None
    told = Letter.objects.filter(kind="supervision_news").latest("pk")
    assert told.context["reason"] == "Its last day is now 16 November 2028."
    end = Deadline.objects.get(about=f"{subject_of(order)}:end", done_on=None)
    assert end.due_on == date(2028, 11, 16)


def test_an_extension_that_nobody_asked_for_is_refused(family, order):
    with pytest.raises(RuleNotMet, match="Record first that the council applied"):
        extend(family, order, OPENS, date(2028, 11, 16))


def test_an_extension_is_at_most_three_years(family, order):
    with pytest.raises(RuleNotMet, match="at most 3 years later, on 16 November 2030"):
        seek(family, order, OPENS, date(2030, 11, 17))
    seek(family, order, OPENS)
    with pytest.raises(RuleNotMet, match="at most 3 years later, on 16 November 2030"):
        extend(family, order, date(2027, 9, 1), date(2030, 11, 17))


# Over


def test_the_court_discharges_it_and_the_day_still_counts(family, order):
    day = date(2027, 1, 5)

    order = order_life.discharge(
        on=day, words="Robin comes each day.", **scenes.edge(family, order, day)
    )

    assert (order.state, order.ended_on, order.ends_on) == ("discharged", day, day)
    assert days_under_order(family.cast.pupil) == (DateRange(TODAY, day),)
    told = Letter.objects.filter(kind="supervision_news").latest("pk")
    assert told.context["reason"] == "The court ended it on 5 January 2027."
    clocks = Deadline.objects.filter(about__startswith=subject_of(order), done_on=None)
    assert {one.about.rpartition(":")[2] for one in clocks} == {"outcome"}


def end(family, order, reason, today, on=None):
    return order_life.end(
        reason=reason,
        on=on or today,
        words="The mentor stays.",
        **scenes.edge(family, order, today),
    )


def test_a_care_order_ends_it_at_once(family, order):
    day = date(2027, 3, 1)

    order = end(family, order, "care_order", day)

    assert (order.state, order.care_order_on, order.ends_on) == ("ended", day, day)
    assert not waits_to_be_told(order)


def test_its_time_is_up_the_day_after_its_last(family, order):
    with pytest.raises(RuleNotMet, match="in force until 16 November 2027"):
        end(family, order, "time_up", LAST)
    with pytest.raises(InvalidInput, match="That is not why it ended"):
        end(family, order, "past_age", date(2027, 11, 17))

    order = end(family, order, "time_up", date(2027, 11, 17))

    assert (order.state, order.ended_on) == ("ended", LAST)


def test_a_reason_of_another_step_does_not_end_it(family, order):
    with pytest.raises(InvalidInput, match="Choose a reason that goes with this step"):
        end(family, order, "too_old", TODAY)


def test_none_of_its_records_says_whose_it_is(family, order):
    direction = scenes.directed(family, order)
    failure = scenes.failed(family, direction, date(2026, 11, 18))
    review = reviewed(family, order, date(2026, 11, 18))

    assert str(order) == order.reference
    assert [str(direction), str(failure), str(review)] == [
        f"direction {direction.pk}",
        f"failure {failure.pk}",
        f"review {review.pk}",
    ]


# Each night


def nightly(family, today):
    return order_life.look_at_days(
        authority_id=family.cast.northmoor.pk, today=today, now=scenes.at(today)
    )


def test_the_night_ends_it_when_its_last_day_has_passed_and_not_before(family, order):
    assert nightly(family, LAST) == 0
    order.refresh_from_db()
    assert order.state == "in force"

    assert nightly(family, date(2027, 11, 17)) == 1
    assert nightly(family, date(2027, 11, 18)) == 0

    order.refresh_from_db()
    assert (order.state, order.ended_on, order.reason) == ("ended", LAST, "time_up")
    event = LegalEvent.objects.get(subject=subject_of(order), event="end")
    assert (event.made_by, event.words) == (
        None,
        "Its time is up. Its last day was 16 November 2027.",
    )
    assert waits_to_be_told(order)
    assert Deadline.objects.filter(about=f"{subject_of(order)}:told", done_on=None).exists()


def test_a_person_tells_the_parents_that_it_ran_out_once(family, order):
    day = date(2027, 11, 17)
    nightly(family, day)

    def tell():
        return order_life.tell_end(words="The mentor stays.", **scenes.edge(family, order, day))

    tell()

    told = Letter.objects.filter(kind="supervision_news").latest("pk")
    assert told.context["result"] == "The education supervision order is over."
    assert not Deadline.objects.filter(about=f"{subject_of(order)}:told", done_on=None).exists()
    with pytest.raises(Conflict, match="There is no end to tell"):
        tell()


def test_an_order_in_force_has_no_end_to_tell(family, order):
    with pytest.raises(Conflict, match="There is no end to tell"):
        order_life.tell_end(words="Over.", **scenes.edge(family, order))


def test_the_night_counts_its_days_again_when_the_birthday_was_corrected(family, order):
    pupil = family.cast.pupil
    pupil.born_on = date(2010, 9, 15)  # of school age until 25 June 2027
    pupil.save()

    assert nightly(family, date(2026, 11, 18)) == 0
    order.refresh_from_db()
    assert order.ends_on == date(2027, 6, 25)
    assert nightly(family, date(2027, 6, 26)) == 1

    order.refresh_from_db()
    assert order.reason == "past_age"


def test_a_closed_case_keeps_no_clock_and_its_order_still_ends(family, order):
    Case.objects.filter(pk=order.case_id).update(closed_on=TODAY, stage="closed")
    before = Deadline.objects.count()

    assert nightly(family, date(2027, 11, 17)) == 1

    assert Deadline.objects.count() == before
    assert events(order)[-2:] == ["end", "tell_school"]


def test_an_order_that_somebody_ended_meanwhile_is_left_alone(family, order):
    end(family, order, "care_order", date(2027, 3, 1))
    fresh = SupervisionOrder(pk=order.pk)

    assert order_life._look_at(fresh, date(2027, 11, 17), scenes.at(LAST)) is False


def test_each_night_every_council_is_looked_at(family, order, monkeypatch):
    queued = []
    monkeypatch.setattr(tasks, "enqueue", lambda name, **more: queued.append((name, more)))

    tasks.orders_over_everywhere()

    assert ("legal.orders_over", {"authority_id": family.cast.northmoor.pk}) in queued
    planned = [one["task"] for one in app.conf.beat_schedule.values()]
    assert "legal.orders_over_everywhere" in planned


def test_an_extension_window_closes_where_school_age_ends_first(family, order):
    pupil = family.cast.pupil
    pupil.born_on = date(2010, 9, 15)
    pupil.save()
    nightly(family, date(2026, 11, 18))

    end_clock = Deadline.objects.get(about=f"{subject_of(order)}:end", done_on=None)
    assert end_clock.due_on == date(2027, 6, 25)


@pytest.mark.parametrize(
    ("due", "change", "listed"),
    [
        ("review", {"review_due": date(2026, 12, 1)}, True),
        ("review", {"review_due": date(2026, 12, 2)}, False),
        ("ending", {"ends_on": date(2027, 2, 15)}, True),
        ("ending", {"ends_on": date(2027, 2, 16)}, False),
        ("breach", {"state": "breached"}, True),
        ("breach", {}, False),
        ("decide", {"state": "consulting"}, True),
        ("decide", {}, False),
    ],
)
def test_the_list_shows_what_is_due(order, due, change, listed):
    SupervisionOrder.objects.filter(pk=order.pk).update(**change)

    assert due_rows(SupervisionOrder.objects.all(), due, TODAY).exists() is listed
