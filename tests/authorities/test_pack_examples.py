"""Worked examples: every shipped story comes out, and a wrong one is said."""

from datetime import date

import pytest

from authorities import packs
from authorities.packs import adopting, examples
from rules.errors import RuleNotMet
from tests.authorities.packed import entry, pack_of

SHIPPED = ("national", "barking_dagenham", "bcp", "chaucer", "dorset", "pdet")
DAY = date(2026, 9, 29)
TWO_DAYS_ILL = [{"first": date(2026, 9, 14), "last": date(2026, 9, 15), "code": "I"}]
BELOW_95 = entry(
    "below_95", fact="attendance_percent", operator="lt", number=95, proposes="warning"
)


def problems(**sections) -> list[str]:
    return list(examples.problems(pack_of(**sections), packs.load("national")))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_story_of_a_shipped_pack_comes_out(name):
    assert list(examples.problems(packs.load(name), packs.load("national"))) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_trigger_of_a_shipped_pack_is_in_a_story(name):
    pack = packs.load(name)
    told = {key for one in pack.examples for key in one.proposes}
    told |= {key for one in pack.examples for what in one.happenings for key in what.proposes}

    assert {trigger.key for trigger in pack.triggers} - told == set()


def test_a_story_with_the_wrong_proposal_is_said():
    story = entry("s", story="S", as_of=DAY, marks=TWO_DAYS_ILL, national=["persistent"])

    (sentence,) = problems(triggers=[BELOW_95], examples=[story])

    assert sentence == (
        "northmoor: examples[1] (s): proposes: the example says nothing, and it comes to below_95."
    )


def test_a_story_that_forgets_the_national_line_is_said():
    story = entry("s", story="S", as_of=DAY, marks=TWO_DAYS_ILL, proposes=["below_95"])

    (sentence,) = problems(triggers=[BELOW_95], examples=[story])

    assert "national: the example says nothing, and it comes to persistent" in sentence


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        (
            {"due": [{"clock": "c", "since": date(2026, 9, 14), "by": date(2026, 9, 29)}]},
            "c runs out: the example says 29 September 2026, and it comes to 28 September 2026",
        ),
        ({"due": [{"clock": "z", "since": DAY, "by": DAY}]}, "cannot be worked out: 'z'"),
        (
            {"due": [{"clock": "t", "since": DAY, "by": DAY}]},
            "cannot be worked out: Minutes have no dates here",
        ),
        (
            {"gates": [{"gate": "g", "shown": ["one"]}]},
            "g misses: the example says nothing, and it comes to two",
        ),
        (
            {"pays": [{"step": "first", "on": DAY, "early_pounds": 60, "full_pounds": 160}]},
            "first early_pounds: the example says 60, and it comes to 80",
        ),
        (
            {"happenings": [{"on": "improved", "proposes": ["x"]}]},
            "improved at any stage proposes: the example says x, and it comes to nothing",
        ),
        (
            {"marks": [{"first": DAY, "last": DAY, "code": "QQ"}]},
            "cannot be worked out",
        ),
    ],
)
def test_each_part_of_a_story_is_held(expected, says):
    item = {"words": "W", "evidence": "letter", "source": "S"}
    (sentence,) = problems(
        clocks=[
            entry("c", length=2, unit="weeks"),
            entry("t", length=30, unit="minutes"),
        ],
        checklists=[
            entry("l", label="L", items=[{"key": "one", **item}, {"key": "two", **item}]),
        ],
        gates=[entry("g", step="prosecution", checklists=["l"])],
        examples=[entry("s", story="S", as_of=DAY, **expected)],
    )

    assert says in sentence


def test_a_pack_whose_story_does_not_come_out_is_not_adopted(monkeypatch):
    monkeypatch.setattr(adopting, "CHECKS", [])
    pack = pack_of(examples=[entry("s", story="S", as_of=DAY, marks=TWO_DAYS_ILL)])

    with pytest.raises(RuleNotMet, match=r"examples\[1\] \(s\): national"):
        packs.refuse_unfit(pack, "authority")


def test_what_a_trigger_may_look_at():
    """Each fact of one week: late twice, ill on Tuesday, no reason on Friday morning."""
    story = pack_of(
        examples=[
            entry(
                "s",
                story="S",
                as_of=date(2026, 10, 2),
                joined=date(2026, 9, 21),
                marks=[
                    {"first": date(2026, 9, 23), "last": date(2026, 9, 23), "code": "G"},
                    {
                        "first": date(2026, 9, 28),
                        "last": date(2026, 9, 28),
                        "code": "L",
                        "session": "morning",
                    },
                    {"first": date(2026, 9, 29), "last": date(2026, 9, 29), "code": "I"},
                    {
                        "first": date(2026, 10, 1),
                        "last": date(2026, 10, 1),
                        "code": "U",
                        "session": "morning",
                    },
                    {"first": date(2026, 10, 2), "last": date(2026, 10, 2), "code": "N"},
                ],
            )
        ]
    ).examples[0]

    facts = examples.facts_of(examples.register_of(story), examples.calendar(), date(2026, 10, 2))

    assert facts == {
        "attendance_percent": 65,
        "look_back_percent": 65,
        "absent_sessions": 7,
        "unauthorised_in_ten_weeks": 5,
        "separate_absences_in_ten_weeks": 4,
        "absent_sessions_in_ten_weeks": 7,
        "lates_this_week": 2,
        "absent_sessions_in_a_row": 2,
        "unexplained_days": 1,
        "unresolved": 2,
    }


def test_a_share_of_too_few_sessions_is_no_fact():
    story = entry("s", story="S", as_of=date(2026, 9, 3), marks=[], joined=date(2026, 9, 2))
    one = pack_of(examples=[story]).examples[0]

    facts = examples.facts_of(examples.register_of(one), examples.calendar(), one.as_of)

    assert facts["attendance_percent"] is None
