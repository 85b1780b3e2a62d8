"""Taking a name off the roll: each ground, what it needs, and the council told first."""

from dataclasses import replace

import pytest

from rules.deletions import GROUNDS, Facts, refusal
from tests.rules.law_calendar import day

FACTS = Facts(
    starts_on=day("2025-09-01"),
    born_on=day("2014-05-04"),
    last_day=day("2026-11-20"),
    where="Elm School",
    council_told=True,
)


def facts(key, **changes):
    """What every ground asks to be confirmed is confirmed."""
    return replace(FACTS, confirmed=frozenset(GROUNDS[key].must_be), **changes)


OPEN = [
    "other-school",
    "home-education",
    "moved-away",
    "custody",
    "excluded",
    "order-replaced",
    "oldest-year",
    "nursery",
    "died",
]


@pytest.mark.rule("DEL-1")
@pytest.mark.parametrize("key", OPEN)
def test_a_ground_is_open_when_what_it_needs_is_confirmed(key):
    assert refusal(key, facts(key)) == ""


@pytest.mark.rule("DEL-1")
@pytest.mark.parametrize(
    ("key", "missing", "says"),
    [
        ("home-education", "in_writing", "the parent's own letter or email says so"),
        ("home-education", "not_special", "the council did not place the child"),
        ("unexplained", "enquired", "the school and the council have both looked"),
        ("leave-not-returned", "not_ill", "there is no reason to think that illness"),
        ("other-school", "registered", "the other school has said"),
        ("excluded", "final", "the governors have decided"),
    ],
)
def test_what_must_be_true_and_is_not_confirmed_is_said(key, missing, says):
    given = replace(FACTS, confirmed=frozenset(GROUNDS[key].must_be) - {missing})

    assert says in refusal(key, given)


@pytest.mark.rule("DEL-1")
@pytest.mark.parametrize("key", ["", "poor attendance", "moved"])
def test_no_other_reason_is_lawful(key):
    assert refusal(key, FACTS) == (
        "Select a lawful ground. A name may be taken off the roll for no other reason."
    )


@pytest.mark.rule("DEL-1")
@pytest.mark.parametrize(("days", "open_"), [(19, False), (20, True), (21, True)])
def test_twenty_school_days_must_stand_in_the_register(days, open_):
    said = refusal("unexplained", facts("unexplained", absent_days=days))

    assert (said == "") is open_
    assert open_ or said.startswith("The register shows 19 school days of this absence. 20 are")


@pytest.mark.rule("DEL-1")
@pytest.mark.parametrize(("days", "says"), [(None, "No leave was granted"), (9, "9 school days")])
def test_leave_must_have_ended_ten_school_days_ago(days, says):
    assert says in refusal("leave-not-returned", facts("leave-not-returned", after_leave=days))
    assert refusal("leave-not-returned", facts("leave-not-returned", after_leave=10)) == ""


@pytest.mark.rule("DEL-1")
@pytest.mark.parametrize("key", ["other-school", "moved-away"])
def test_where_the_child_goes_must_be_said(key):
    assert refusal(key, facts(key, where="")).startswith("Say where the child goes")


@pytest.mark.rule("DEL-1")
@pytest.mark.parametrize(("born", "allowed"), [("2010-08-31", True), ("2010-09-01", False)])
def test_school_age_must_be_over(born, allowed):
    """Born in August 2010: it ended on 26 June 2026. A day younger: on 25 June 2027."""
    said = refusal("school-age-over", facts("school-age-over", born_on=day(born)))

    assert said == (
        ""
        if allowed
        else ("Compulsory school age ends on 25 June 2027. Choose that day or a later one.")
    )


@pytest.mark.rule("DEL-1")
def test_the_council_is_told_before_the_name_goes_unless_no_return_is_due():
    said = refusal("died", facts("died", council_told=False))
    at_the_usual_time = facts("oldest-year", council_told=False, return_due=False)

    assert said.startswith("The council must be told before")
    assert refusal("oldest-year", at_the_usual_time) == ""


@pytest.mark.rule("DEL-1")
def test_nobody_leaves_before_they_joined():
    said = refusal("died", facts("died", last_day=day("2025-08-31")))
    assert said == "The last day on roll must be on or after the day the pupil joined."
