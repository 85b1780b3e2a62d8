"""Barriers, considerations and support: what is written down, refused, due and shown."""

from datetime import date, timedelta

import pytest

from attendance.models import Flag, PupilFlag
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import (
    Answer,
    Barrier,
    Case,
    ConsiderationAnswer,
    Deadline,
    GivenSupport,
    SaidBy,
    SupportOutcome,
)
from cases.selectors import support as support_of
from cases.selectors.chronology import chronology
from cases.selectors.evidence import evidence_of
from cases.selectors.support import asked_of, catalogue, considerations
from cases.services import support
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.cases import planned
from tests.cases.family import NOW
from tests.cast import TODAY


@pytest.fixture
def case(family) -> Case:
    """An open case at Hillside, where one council's policy holds."""
    return family.open_case()


def found(**changes) -> support.Found:
    """Friendships, said by the pupil today."""
    return support.Found(
        **{
            "kind": "national:friendships",
            "text": "Nobody to sit with at lunch.",
            "said_by": SaidBy.PUPIL,
            "on": TODAY,
            **changes,
        }
    )


def find(family, case, **changes) -> Barrier:
    return support.find_barrier(
        reach=family.reach, case=case, found=found(**changes), now=NOW, today=TODAY
    )


def offer(**changes) -> support.Offer:
    """The council's individual support, looked at again on Tuesday 1 December."""
    return support.Offer(
        **{
            "entry": "dorset:individual_support",
            "who": "Ms Finch",
            "starts_on": TODAY,
            "review_on": date(2026, 12, 1),
            **changes,
        }
    )


def give(family, case, **changes) -> GivenSupport:
    return support.give_support(
        reach=family.reach, case=case, offer=offer(**changes), now=NOW, today=TODAY
    )


def flag(family, kind: Flag) -> None:
    PupilFlag.objects.create(
        authority=family.cast.northmoor,
        pupil=family.cast.pupil,
        kind=kind,
        starts_on=date(2026, 9, 1),
    )


def clerk(family):
    """Somebody who sees cases and no health details."""
    return family.cast.reach(family.cast.person(Role.NOTICE_CLERK))


def close(case) -> None:
    Case.objects.filter(pk=case.pk).update(stage="closed", closed_on=TODAY, closing_reason="Better")


def test_a_barrier_keeps_the_words_of_its_kind(family, case):
    row = find(family, case)

    assert row.label == "Friendships, or being alone at break"
    assert (row.place, row.sensitive, row.pack, row.key) == (
        "in school",
        False,
        "national",
        "friendships",
    )
    assert Event.objects.filter(kind="barrier.found").count() == 1


def test_a_barrier_of_ones_own_has_a_name_and_a_place(family, case):
    row = find(family, case, kind="", label="The school bus", place="outside school")

    assert (row.label, row.pack, row.key) == ("The school bus", "", "")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"text": " "}, "Say what it is"),
        ({"kind": "national:nothing"}, "Choose the kind"),
        ({"kind": "dorset:friendships"}, "Choose the kind"),
        ({"kind": "", "place": "in school"}, "Give the barrier a name"),
        ({"kind": "", "label": "Bus", "place": "moon"}, "Give the barrier a name"),
        ({"on": TODAY + timedelta(days=1)}, "cannot be in the future"),
        ({"on": date(2020, 1, 1)}, "joined this school"),
    ],
)
def test_a_barrier_that_cannot_be_read_later_is_refused(family, case, changes, says):
    with pytest.raises(InvalidInput, match=says):
        find(family, case, **changes)

    assert Barrier.objects.count() == 0


def test_a_sensitive_barrier_is_read_by_those_who_may(family, case):
    row = find(family, case, kind="national:mental_health", text="Panic on the bus.")
    find(family, case)

    officer = chronology(case, family.reach)
    other = chronology(case, clerk(family))

    assert row.sensitive
    assert "Barrier found: Mental health" in [entry.title for entry in officer]
    titles = [entry.title for entry in other]
    assert "Barrier found: kept for those who may see it" in titles
    assert "Panic" not in " ".join(entry.text for entry in other)


def test_a_barrier_goes_with_words_and_only_once(family, case):
    row = find(family, case)

    support.resolve_barrier(
        reach=family.reach, barrier=row, on=TODAY, how="A lunch club", now=NOW, today=TODAY
    )

    with pytest.raises(Conflict, match="already that this barrier is gone"):
        support.resolve_barrier(
            reach=family.reach, barrier=row, on=TODAY, how="Again", now=NOW, today=TODAY
        )
    assert [entry.title for entry in chronology(case, family.reach)][:2] == [
        "Barrier found: Friendships, or being alone at break",
        "Barrier gone: Friendships, or being alone at break",
    ]


@pytest.mark.parametrize(
    ("on", "how", "says"),
    [
        (TODAY, " ", "Say what took"),
        (TODAY + timedelta(days=1), "Club", "cannot be in the future"),
        (TODAY - timedelta(days=1), "Club", "on or after 17 November 2026"),
    ],
)
def test_a_barrier_does_not_go_before_it_came_or_without_words(family, case, on, how, says):
    row = find(family, case)

    with pytest.raises(InvalidInput, match=says):
        support.resolve_barrier(
            reach=family.reach, barrier=row, on=on, how=how, now=NOW, today=TODAY
        )


def test_every_flag_that_a_pack_asks_about_is_a_flag():
    known = {flag.name.lower() for flag in Flag}

    for pack in packs.available():
        for entry in pack.considerations:
            assert set(entry.flags) <= known, (pack.name, entry.key)


def test_a_pupil_with_a_flag_shows_what_the_policies_ask(family, case):
    assert considerations(case, family.reach, TODAY) == []

    flag(family, Flag.EHC_PLAN)

    asked = considerations(case, family.reach, TODAY)
    assert [one.value for one in asked] == [
        "national:same_ambition",
        "national:ehc_plan_council_told",
        "dorset:watched_group",
    ]
    assert asked[0].because == "Education, health and care plan"


@pytest.mark.parametrize(
    ("kind", "pack", "asks"),
    [
        (Flag.SEN_SUPPORT, "bcp", {"send_response", "send_barriers", "phased_return"}),
        (Flag.SOCIAL_WORKER, "bcp", {"virtual_school"}),
        (Flag.LOOKED_AFTER, "bcp", {"virtual_school"}),
        (Flag.FREE_MEALS, "bcp", {"pupil_premium"}),
        (Flag.YOUNG_CARER, "chaucer", {"young_carer_support"}),
        (Flag.FREE_MEALS, "chaucer", {"pupil_premium"}),
        (Flag.LOOKED_AFTER, "barking_dagenham", {"education_plan"}),
        (Flag.SEN_SUPPORT, "pdet", {"send_approach", "barriers_removed", "partners"}),
        (Flag.YOUNG_CARER, "dorset", {"watched_group"}),
    ],
)
def test_each_document_asks_about_the_groups_it_names(kind, pack, asks):
    held = packs.load(pack).considerations

    assert asks <= {entry.key for entry in held if kind.name.lower() in entry.flags}


def test_nobody_is_asked_because_of_a_flag_that_they_may_not_see(family, case):
    flag(family, Flag.YOUNG_CARER)

    assert list(asked_of(case, family.reach, TODAY)) == ["dorset:watched_group"]
    assert asked_of(case, clerk(family), TODAY) == {}


def answer(family, case, which="dorset:watched_group", **changes) -> ConsiderationAnswer:
    return support.consider(
        **{
            "reach": family.reach,
            "case": case,
            "which": which,
            "answer": Answer.PLANNED,
            "text": "The carers' group starts on Monday.",
            "on": TODAY,
            "now": NOW,
            "today": TODAY,
            **changes,
        }
    )


def test_the_latest_answer_holds_and_the_earlier_stays(family, case):
    flag(family, Flag.YOUNG_CARER)
    answer(family, case)

    answer(family, case, answer=Answer.DONE, text="She goes.", now=NOW + timedelta(hours=1))

    (one,) = considerations(case, family.reach, TODAY)
    assert (one.answer.answer, one.answer.text) == ("done", "She goes.")
    assert case.considered.count() == 2
    texts = [entry.text for entry in chronology(case, family.reach)]
    assert "Planned. The carers' group starts on Monday." in texts
    assert "young" not in " ".join(entry.text for entry in chronology(case, clerk(family)))
    assert list(support_of.evidence(case)) == []  # an answer is no assessment


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"which": "dorset:nothing"}, "Choose one of the questions"),
        ({"text": ""}, "Say what was done"),
        ({"on": TODAY + timedelta(days=1)}, "cannot be in the future"),
    ],
)
def test_an_answer_needs_its_question_words_and_day(family, case, changes, says):
    flag(family, Flag.YOUNG_CARER)

    with pytest.raises(InvalidInput, match=says):
        answer(family, case, **changes)


def test_the_catalogue_has_every_row_of_the_policies_in_force(family, case):
    policy = packs.pack_in_force(case.school, TODAY)

    ways = catalogue(policy)

    assert len(ways) == 10
    assert [way.stage for way in ways] == sorted(way.stage for way in ways)
    assert all(way.source.startswith("Dorset") for way in ways)


@pytest.mark.parametrize(("pack", "stages"), [("bcp", (17, 23, 22)), ("chaucer", (11, 7, 9))])
def test_the_catalogue_holds_the_tables_of_the_documents(pack, stages):
    held = packs.load(pack).support

    assert tuple(sum(s.stage == n for s in held) for n in (1, 2, 3)) == stages


def test_support_starts_a_clock_for_its_review(family, case):
    row = give(family, case, owner=family.cast.officer.pk, notes="Each morning")

    due = Deadline.objects.get(case=case, kind="support review")
    assert (due.due_on, due.owner, due.about) == (
        date(2026, 12, 1),
        family.cast.officer,
        f"cases.GivenSupport:{row.pk}",
    )
    assert (row.label, row.stage) == ("Support for this pupil's needs", 1)
    assert [one.kind for one in support_of.evidence(case)] == ["support"]


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"entry": "bcp:culture"}, InvalidInput, "Choose support"),
        ({"entry": "", "label": " "}, InvalidInput, "Say what the support is"),
        ({"who": ""}, InvalidInput, "Say who gives"),
        ({"starts_on": date(2020, 1, 1)}, InvalidInput, "joined this school"),
        ({"review_on": TODAY}, RuleNotMet, "must be after 17 November 2026"),
        ({"review_on": date(2026, 11, 21)}, RuleNotMet, "Choose 23 November 2026"),
        ({"owner": 10**9}, InvalidInput, "works on cases at this school"),
    ],
)
def test_support_that_cannot_be_followed_up_is_refused(family, case, changes, error, says):
    with pytest.raises(error, match=says):
        give(family, case, **changes)

    assert Deadline.objects.count() == 0


def test_support_is_looked_at_and_then_ends_with_what_it_came_to(family, case):
    row = give(family, case, entry="", label="A walk to school with her aunt")
    look = {"reach": family.reach, "support": row, "now": NOW, "today": TODAY}

    support.review_support(
        **look, held_on=TODAY, words="She likes it.", next_on=date(2026, 12, 8), seen=0
    )

    assert Deadline.objects.get(done_on=None).due_on == date(2026, 12, 8)
    with pytest.raises(Conflict, match="while you were writing"):
        support.review_support(
            **look, held_on=TODAY, words="Late", next_on=date(2026, 12, 9), seen=0
        )

    support.end_support(
        **look,
        ended_on=TODAY,
        outcome=SupportOutcome.A_LITTLE,
        words="On four days of five.",
        seen=1,
    )

    assert Deadline.objects.get().done_by == family.cast.officer
    with pytest.raises(Conflict, match="ended this support already"):
        support.end_support(
            **look, ended_on=TODAY, outcome=SupportOutcome.HELPED, words="Yes", seen=1
        )
    assert [one.words for one in support_of.evidence(case)] == [
        "A walk to school with her aunt: it helped a little"
    ]
    assert [entry.title for entry in chronology(case, family.reach)][:3] == [
        "Support given: A walk to school with her aunt",
        "Support looked at: A walk to school with her aunt",
        "Support ended: A walk to school with her aunt",
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"words": " "}, "Say what you saw"),
        ({"held_on": TODAY + timedelta(days=1)}, "cannot be in the future"),
        ({"held_on": TODAY - timedelta(days=1)}, "started on 17 November 2026"),
    ],
)
def test_a_look_at_support_has_words_and_a_day_since_it_started(family, case, changes, says):
    row = give(family, case)

    with pytest.raises(InvalidInput, match=says):
        support.review_support(
            **{
                "reach": family.reach,
                "support": row,
                "held_on": TODAY,
                "words": "Good",
                "next_on": date(2026, 12, 8),
                "seen": 0,
                "now": NOW,
                "today": TODAY,
                **changes,
            }
        )


def test_support_ends_with_words(family, case):
    row = give(family, case)

    with pytest.raises(InvalidInput, match="what the support came to"):
        support.end_support(
            reach=family.reach,
            support=row,
            ended_on=TODAY,
            outcome=SupportOutcome.HELPED,
            words="",
            seen=0,
            now=NOW,
            today=TODAY,
        )


def test_a_closed_case_and_a_person_who_only_reads_are_refused(family, case):
    with pytest.raises(Forbidden):
        support.give_support(reach=clerk(family), case=case, offer=offer(), now=NOW, today=TODAY)
    with pytest.raises(Forbidden):
        support.find_barrier(reach=clerk(family), case=case, found=found(), now=NOW, today=TODAY)

    close(case)

    for act in (lambda: give(family, case), lambda: find(family, case)):
        with pytest.raises(Conflict, match=r"closed on 17 November 2026\. Open a new case"):
            act()


def test_sensitive_support_is_named_only_to_those_who_may_see_it(family, case):
    give(family, case, entry="", label="Sessions with a counsellor", sensitive=True)

    assert next(support_of.evidence(case)).words == "Support by another service"
    assert "counsellor" not in str(chronology(case, clerk(family)))
    assert "counsellor" in str(chronology(case, family.reach))


def test_on_a_restricted_case_only_those_named_see_to_support(family, case):
    Case.objects.filter(pk=case.pk).update(restricted=True)

    with pytest.raises(InvalidInput, match="and on this one"):
        give(family, case, owner=family.cast.officer.pk)


def test_every_gate_reads_support_and_plans(family, case):
    give(family, case)
    cycle = planned.start(family.reach, case)
    planned.assess(family.reach, cycle)
    planned.action(family.reach, cycle)

    assert {one.kind for one in evidence_of(case)} >= {
        "support",
        "assessment",
        "pupil_voice",
        "plan",
    }
