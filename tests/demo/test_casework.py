"""The demo's casework: every story is told to its end, and every kind of record is there."""

import json
from datetime import date, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db.models import Count

from attendance.models import Contact
from authorities.models import Authority, PackAdoption
from authorities.tenancy import scope
from cases.models import (
    Barrier,
    Case,
    CaseGrant,
    ConsiderationAnswer,
    Contract,
    Cycle,
    Deadline,
    GivenSupport,
    ItemStatement,
    Meeting,
    Minutes,
    MinutesCopy,
    Proposal,
    Referral,
    SafeguardingNote,
    SiblingShare,
)
from demo import acts, casework
from demo.draws import table
from rules.errors import UnknownTerm
from tests.demo.small import small_places

NOW = datetime(2026, 11, 17, 7, 30, tzinfo=ZoneInfo("Europe/London"))
STORIES = table("stories")["story"]
DAYS = (date(2026, 11, 13), date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18))


def test_every_kind_of_casework_is_in_the_demo(transactional_db, monkeypatch, state_dir, capsys):
    small_places(monkeypatch)
    out = StringIO()

    call_command("seed", "--seed", "3", stdout=out)

    answer = json.loads(out.getvalue())
    shown = {one["shows"] for one in answer["cases"]}
    assert shown >= {story["key"] for story in STORIES}
    assert "No story" not in capsys.readouterr().err
    with scope(Authority.objects.values_list("pk", flat=True)):
        check_everywhere()
        check_states()
        check_people()
        check_work()


def check_everywhere() -> None:
    """Every school has cases, open and closed ones among them, by all five policies."""
    cases = dict(Case.objects.values_list("school__urn").annotate(Count("pk")))
    assert len(cases) == 10
    assert min(cases.values()) >= 2
    stages = {"stage 1", "stage 2", "stage 3", "closed"}
    assert set(Case.objects.values_list("stage", flat=True)) == stages
    packs = set(PackAdoption.objects.values_list("pack", flat=True))
    assert packs == {"dorset", "pdet", "bcp", "barking_dagenham", "chaucer"}
    assert {pack for case in Case.objects.all() for pack in case.places} == packs
    oldest = Case.objects.order_by("opened_on").first().opened_on
    assert oldest < date(2026, 4, 30)
    assert Case.objects.exclude(before=None).exists()


def check_states() -> None:
    """Each state that a page can show is on some page."""
    assert set(Contract.objects.values_list("state", flat=True)) >= {
        *("in force", "refused", "warned", "completed", "not offered", "talked through"),
    }
    assert set(Referral.objects.values_list("state", flat=True)) >= {
        *("sent", "received", "returned", "accepted", "with a team", "ended"),
    }
    assert set(Meeting.objects.values_list("state", flat=True)) == {
        *("planned", "held", "missed", "moved", "cancelled"),
    }
    outcomes = set(GivenSupport.objects.exclude(outcome="").values_list("outcome", flat=True))
    assert outcomes == {"helped", "a little", "no difference", "not taken up"}
    plans = set(Cycle.objects.values_list("number", "outcome"))
    assert plans >= {(1, "improved"), (1, "not_improved"), (2, "")}
    ways = set(Contact.objects.values_list("outcome", flat=True))
    assert ways >= {"spoke", "no answer", "left message", "declined", "wrong number"}
    for kept in (Minutes, MinutesCopy, ItemStatement, ConsiderationAnswer):
        assert kept.objects.exists(), kept
    assert Barrier.objects.filter(resolved_on=None).exists()
    assert Barrier.objects.exclude(resolved_on=None).exists()
    assert Barrier.objects.filter(sensitive=True).exists()


def check_people() -> None:
    """Who alone sees a case, and who is let in."""
    assert Case.objects.filter(restricted=True).count() == 2
    assert SafeguardingNote.objects.exists()
    assert CaseGrant.objects.filter(permission__codename="see_shared").count() == 1
    assert set(SiblingShare.objects.values_list("state", flat=True)) == {"asked", "accepted"}


def check_work() -> None:
    """Something is late, something is due, something waits, and policies propose."""
    due = Deadline.objects.filter(done_on=None)
    assert due.filter(due_on__lt=date(2026, 11, 17)).exists()
    assert due.filter(due_on__gt=date(2026, 11, 17)).exists()
    assert due.exclude(paused_since=None).exists()
    assert Proposal.objects.filter(state="open").exclude(happening="").exists()
    assert Proposal.objects.filter(state="open", happening="").exists()


def telling(days: tuple[date, ...] = DAYS) -> casework.Telling:
    plan = SimpleNamespace(name="Hillside", authority="990", urn="990001")
    return casework.Telling(
        key="a story",
        made=SimpleNamespace(people=[]),
        plan=plan,
        enrolment=None,
        parent=None,
        days=days,
        now=NOW,
        names={"pupil": "Ada", "parent": "Ms Lark"},
    )


@pytest.mark.parametrize(
    ("offset", "day"),
    [
        (-2, date(2026, 11, 13)),
        (-1, date(2026, 11, 16)),
        (0, date(2026, 11, 17)),
        (1, date(2026, 11, 18)),
    ],
)
def test_a_day_of_a_story_counts_school_days_from_today(offset, day):
    assert telling().day(offset) == day


@pytest.mark.parametrize(("offset", "day"), [(-1, DAYS[1]), (0, DAYS[2]), (1, DAYS[3])])
def test_on_a_day_without_school_the_next_school_day_is_one_away(offset, day):
    without_today = tuple(one for one in DAYS if one != DAYS[2])

    assert telling(without_today).day(offset) == day


def test_a_calendar_that_ends_says_so():
    with pytest.raises(UnknownTerm, match="does not go so far"):
        telling().day(3)


def test_a_step_that_is_refused_ends_its_story_and_says_why():
    cut = telling()
    step = {"d": -1, "does": "note", "by": "governor"}
    stories = casework.Stories([cut], [(NOW - timedelta(days=1), 0, cut, step)] * 2)

    casework.tell_until(stories, NOW)

    assert stories.waiting == []
    assert casework.cuts(stories) == [
        "No story to its end: Hillside, a story. note on -1: Nobody at Hillside is: governor."
    ]


def test_every_step_of_every_story_is_an_act():
    steps = [step for story in STORIES for step in story["steps"]]

    assert {step["does"] for step in steps} <= set(acts.ACTS)
    assert all(story["steps"][0]["does"] == "open" for story in STORIES)


def test_no_two_stories_have_one_name():
    keys = [story["key"] for story in STORIES]

    assert len(set(keys)) == len(keys)
