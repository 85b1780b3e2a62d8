"""The gate from the records to the decision: what opens it, what shuts it, and who is refused."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction

from attendance.models import AdultLink
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Case, Deadline, ItemStatement
from cases.services import checklists
from legal.models import BrakeAnswer, GateOverride, GateStatement, LegalEvent, ReliedSession
from legal.selectors.gates import gate_of
from legal.services import gate_tasks, gates
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests import factories
from tests.attendance.scenes import days_of
from tests.cases.family import NOW, Family
from tests.cast import TODAY
from tests.legal.gate_scenes import (
    agree,
    ask,
    gate,
    nowhere_else,
    place_of,
    say,
    shut,
    support,
    think,
    who,
)

STEP = "notice_to_improve"
LEAVE = "penalty_notice_for_leave"
MONTHS_AGO = TODAY - timedelta(days=61)


def national(answer) -> list[str]:
    """What keeps the law's own tests from being met."""
    return [
        one.key for group in answer.groups if group.title == "The law" for one in group.blocking
    ]


def open_the_law(family: Family) -> None:
    """Everything that a Notice to Improve needs by law, said and on file."""
    support(family)
    for test in ("support_appropriate", "sufficient_support", "safeguarding_checked"):
        say(family, STEP, test)
    think(family)


def require(family: Family, seen: str, *, reach=None, **more):
    """A service looks at the gate as it decides."""
    place = place_of(family)
    with transaction.atomic():
        return gates.require(
            reach=reach or who(family, Role.HEADTEACHER, "hillside"),
            enrolment=place.enrolment,
            step=STEP,
            today=TODAY,
            seen=seen,
            case=place.case,
            **more,
        )


# What a case shows


def test_a_fresh_case_lists_what_is_met_and_what_to_do(family):
    family.open_case()

    answer = gate(family, STEP)

    by_key = {one.key: one for one in answer.requirements}
    assert by_key["compulsory_age"].met
    assert by_key["threshold_met_or_reason"].records[0].route == "attendance:pupil_proof"
    assert national(answer) == [
        "support_appropriate",
        "sufficient_support",
        "safeguarding_checked",
        "equality_brake",
    ]
    assert not answer.open
    assert all(one.why.endswith(".") for one in answer.requirements)
    assert [group.title for group in answer.groups] == ["The law", "Dorset school attendance pack"]


def test_statements_support_and_circumstances_open_the_law(family):
    family.open_case()

    open_the_law(family)

    answer = gate(family, STEP)
    assert national(answer) == []
    stated = next(one for one in answer.requirements if one.key == "support_appropriate")
    assert [(one.on, one.by) for one in stated.records] == [
        (TODAY, "Attendance officer at Hillside")
    ]


def test_help_without_a_statement_is_not_enough_and_neither_is_the_statement_alone(family):
    family.open_case()

    say(family, STEP, "sufficient_support")
    alone = national(gate(family, STEP))
    support(family)
    both = national(gate(family, STEP))

    assert "sufficient_support" in alone
    assert "sufficient_support" not in both


def test_an_answer_is_frozen_as_plain_values_with_its_sources(family):
    family.open_case()
    open_the_law(family)

    kept = gate(family, STEP).as_json()

    assert kept["step"] == STEP
    assert kept["open"] is False  # the local list is not shown
    law = kept["groups"][0]
    assert law["open"] is True
    threshold = next(one for one in law["requirements"] if one["key"] == "threshold_met_or_reason")
    assert threshold["source"] == "National framework for penalty notices: the threshold"
    assert "Met on Friday 9 October 2026, afternoon" in threshold["records"][0]["words"]
    assert kept["policy"]["layers"][0]["pack"] == "national"
    assert "Orchard" not in str(kept)


# Statements


def test_a_statement_that_it_is_not_so_keeps_the_gate_shut(family):
    family.open_case()
    say(family, STEP, "support_appropriate", answer="not so", words="It is a holiday")

    answer = gate(family, STEP)

    found = next(one for one in answer.blocking if one.key == "support_appropriate")
    assert "stated for 17 November 2026 that it is not so" in found.why


def test_a_statement_can_be_taken_back(family):
    family.open_case()
    say(family, STEP, "support_appropriate")
    assert "support_appropriate" not in national(gate(family, STEP))

    say(family, STEP, "support_appropriate", answer="withdrawn", words="I mixed up two pupils")

    assert "support_appropriate" in national(gate(family, STEP))
    assert GateStatement.objects.count() == 2  # both stay


def test_a_statement_is_for_its_own_step_alone(family):
    family.open_case()
    say(family, "prosecution", "order_considered", reach=who(family, Role.LEGAL_OFFICER))

    assert "order_considered" not in shut(gate(family, "prosecution"))
    assert "safeguarding_view" in shut(gate(family, "supervision_order"))


def test_an_old_statement_counts_no_more(family):
    family.open_case()
    say(family, STEP, "support_appropriate")
    place = place_of(family)
    later = TODAY + timedelta(days=61)

    answer = gate_of(enrolment=place.enrolment, step=STEP, today=later, case=place.case)

    found = next(one for one in answer.blocking if one.key == "support_appropriate")
    assert found.why == (
        "What was stated for 17 November 2026 is too old: it counted until 16 January 2027. "
        "State it again."
    )


def test_old_answers_about_the_family_count_no_more(family):
    family.open_case()
    think(family)
    place = place_of(family)

    before = gate_of(
        enrolment=place.enrolment, step=STEP, today=TODAY + timedelta(days=60), case=place.case
    )
    after = gate_of(
        enrolment=place.enrolment, step=STEP, today=TODAY + timedelta(days=61), case=place.case
    )

    assert "equality_brake" not in national(before)
    assert "equality_brake" in national(after)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"words": "  "}, InvalidInput, "Say how you know it"),
        ({"words": "x" * 2001}, InvalidInput, "Use 2,000 characters"),
        ({"answer": "maybe"}, InvalidInput, "Say whether it is so"),
        ({"on": TODAY + timedelta(days=1)}, InvalidInput, "in the future"),
        ({"on": MONTHS_AGO}, InvalidInput, "too long ago"),
    ],
)
def test_a_statement_needs_words_and_a_day_that_counts(family, changes, error, said):
    family.open_case()

    with pytest.raises(error, match=said):
        say(family, STEP, "support_appropriate", **changes)

    assert not GateStatement.objects.exists()


def test_the_six_questions_are_answered_each_in_words(family):
    family.open_case()

    with pytest.raises(InvalidInput, match="Is it in the public interest"):
        say(family, "penalty_notice", "framework_questions", answers={"threshold": "Yes"})
    say(family, "penalty_notice", "framework_questions")

    assert "framework_questions" not in shut(gate(family, "penalty_notice"))


@pytest.mark.parametrize(
    ("test", "error", "said"),
    [
        ("two_in_three_years", RuleNotMet, "Only records show this"),
        ("threshold_met_or_reason", RuleNotMet, "Only records show this"),
        ("equality_brake", RuleNotMet, "Only records show this"),
        ("luck", InvalidInput, "Choose what you state"),
        ("dorset:inclusion_panel:lead_told", InvalidInput, "on the checklists of the case"),
        ("dorset:inclusion_panel:nothing", InvalidInput, "Choose something that the policies"),
    ],
)
def test_what_records_show_nobody_states(family, test, error, said):
    family.open_case()

    with pytest.raises(error, match=said):
        say(family, STEP, test)


def test_a_step_that_is_none_is_refused(family):
    family.open_case()

    with pytest.raises(InvalidInput, match="Choose the step"):
        say(family, "case", "support_appropriate")


def test_only_the_council_states_what_the_council_decides(family):
    family.open_case()
    head = who(family, Role.HEADTEACHER, "hillside")

    with pytest.raises(Forbidden, match="An officer of the council states this"):
        say(family, "prosecution", "council_decides", reach=head)
    with pytest.raises(Forbidden, match="You cannot state this"):
        say(
            family,
            STEP,
            "safeguarding_checked",
            reach=who(family, Role.SAFEGUARDING_LEAD, "hillside"),
        )
    with pytest.raises(Forbidden):
        say(family, STEP, "safeguarding_checked", reach=who(family, Role.HEADTEACHER, "brook"))


def test_the_one_who_signs_off_is_not_the_one_who_decided(family):
    family.open_case()
    officer = who(family, Role.AUTHORISING_OFFICER)
    say(family, "prosecution", "council_decides", reach=officer)
    say(family, "prosecution", "delegated_sign_off", reach=officer)
    found = {one.key: one for one in gate(family, "prosecution").blocking}

    assert "Another officer signs it off" in found["delegated_sign_off"].why
    say(family, "prosecution", "delegated_sign_off", reach=who(family, Role.LEGAL_OFFICER))
    assert "delegated_sign_off" not in shut(gate(family, "prosecution"))


def test_nothing_is_stated_on_a_closed_case(family):
    case = family.open_case()
    Case.objects.filter(pk=case.pk).update(
        stage="closed", closed_on=TODAY, closed_by=family.cast.officer, closing_reason="Better"
    )

    with pytest.raises(Conflict, match="This case was closed on 17 November 2026"):
        say(family, STEP, "support_appropriate")


def test_a_statement_is_written_in_the_history_and_the_audit_trail(family):
    family.open_case()

    made = say(family, STEP, "support_appropriate")

    event = LegalEvent.objects.get(subject=f"legal.GateStatement:{made.pk}")
    assert (event.event, event.facts) == ("so", {"test": "support_appropriate"})
    assert event.words == ""  # what was said stays on the statement
    assert Event.objects.filter(kind="gate.answered").count() == 1


def test_an_old_statement_on_a_local_list_counts_no_more(family):
    case = family.open_case()
    checklists.state(
        reach=family.reach,
        case=case,
        statement=checklists.Statement(
            "dorset:inclusion_panel:lead_told",
            packs.load("dorset").edition,
            "shown",
            "Told by e-mail",
            TODAY,
        ),
        today=TODAY,
        now=NOW,
    )
    ItemStatement.objects.get()

    fresh = gate(family, STEP)
    later = gate_of(
        enrolment=case.enrolment, step=STEP, today=TODAY + timedelta(days=61), case=case
    )

    key = "dorset:inclusion_panel:lead_told"
    assert key not in shut(fresh, local=True)
    old = next(one for one in later.blocking if one.key == key)
    assert "counts no more" in old.why


# Circumstances of the family


def test_one_unknown_circumstance_keeps_every_notice_back(family):
    family.open_case()
    think(family, literacy="unknown")

    answer = gate(family, STEP)

    found = next(one for one in answer.blocking if one.key == "equality_brake")
    assert found.why == (
        "Say whether it applies and what was considered: difficulty with reading or writing, of a "
        "parent."
    )


def test_what_the_record_says_cannot_be_answered_with_no(family):
    family.open_case()
    family.cast.pupil.flags.create(
        authority=family.cast.northmoor, kind="sen support", starts_on=date(2026, 9, 1)
    )

    with pytest.raises(RuleNotMet, match=r"the record says that it applies .SEN support"):
        think(family)
    think(family, send="yes")

    assert "equality_brake" not in national(gate(family, STEP))


def test_a_flag_that_comes_later_shuts_the_gate_again(family):
    family.open_case()
    think(family)
    family.cast.pupil.flags.create(
        authority=family.cast.northmoor, kind="bereaved", starts_on=date(2026, 11, 16)
    )

    assert "equality_brake" in national(gate(family, STEP))


def test_a_language_on_record_answers_for_language(family):
    family.open_case()
    family.cast.pupil.home_language = "Polish"
    family.cast.pupil.save()

    with pytest.raises(RuleNotMet, match="Language: Polish"):
        think(family)


@pytest.mark.parametrize(
    ("applies", "considered", "adjusted", "said"),
    [
        ("yes", "Read aloud", "", "Write which adjustments"),
        ("no", "", "", "Write what was considered"),
    ],
)
def test_a_bare_tick_is_no_answer(family, applies, considered, adjusted, said):
    thought = gates.Thinking("literacy", applies, considered, adjusted)

    with pytest.raises(InvalidInput, match=said):
        gates.consider(
            reach=family.reach,
            place=place_of(family),
            thoughts=[thought],
            on=TODAY,
            today=TODAY,
            now=NOW,
        )

    assert not BrakeAnswer.objects.exists()


def test_answers_about_the_family_are_of_a_day_that_counts_and_of_the_list(family):
    place = place_of(family)
    more = {"reach": family.reach, "place": place, "today": TODAY, "now": NOW}
    odd = gates.Thinking("weather", "no", "It rained", "")

    with pytest.raises(InvalidInput, match="a day of the last weeks"):
        gates.consider(thoughts=[], on=MONTHS_AGO, **more)
    with pytest.raises(InvalidInput, match="from the list"):
        gates.consider(thoughts=[odd], on=TODAY, **more)
    assert gates.consider(thoughts=[], on=TODAY, **more) == []
    with pytest.raises(Forbidden):
        gates.consider(
            thoughts=[], on=TODAY, **{**more, "reach": who(family, Role.TUTOR, "hillside")}
        )


# The look at commit


def test_the_decision_gets_the_gate_as_it_is(family):
    open_all(family)
    seen = gate(family, STEP).seen

    answer = require(family, seen)

    assert answer.open
    assert answer.as_json()["open"] is True


def test_a_shut_gate_refuses_in_sentences(family):
    family.open_case()

    with pytest.raises(RuleNotMet) as refused:
        require(family, gate(family, STEP).seen)

    assert "The safeguarding lead was asked: Ask the safeguarding lead" in str(refused.value)


def test_a_stale_page_is_told_what_was_taken_back(family):
    open_all(family)
    seen = gate(family, STEP).seen
    say(family, STEP, "safeguarding_checked", answer="withdrawn", words="She was not asked")

    with pytest.raises(Conflict) as refused:
        require(family, seen)

    said = str(refused.value)
    assert "“The safeguarding lead was asked” was shown and is not any more." in said
    assert "Support was right" not in said


def test_a_stale_page_is_told_what_is_new(family):
    open_all(family)
    answer = gate(family, STEP)
    before = answer.seen
    say(family, STEP, "safeguarding_checked", reach=who(family, Role.HEADTEACHER, "hillside"))

    changed = gate(family, STEP).changes(before)

    assert changed == [
        "What shows “The safeguarding lead was asked” has changed. Stated by a named person."
    ]


@pytest.mark.parametrize("seen", ["", "nonsense", "[]", "{}", '{"compulsory_age": 3}'])
def test_a_page_that_showed_nothing_decides_nothing(family, seen):
    open_all(family)

    with pytest.raises(Conflict, match=r"is new on this page|has changed"):
        require(family, seen)


def test_what_is_asked_for_no_more_is_told(family):
    family.open_case()
    answer = gate(family, STEP)
    seen = answer.seen[:-1] + ',"dorset:old:item":"yes.00"}'

    assert answer.changes(seen) == ["1 of the things that it needed are not asked for any more."]


def test_what_is_there_now_is_told_too(family):
    family.open_case()
    before = gate(family, STEP).seen
    say(family, STEP, "support_appropriate")

    assert gate(family, STEP).changes(before) == [
        "“Support was right for this family” was missing and is there now."
    ]


def test_the_gate_is_looked_at_inside_the_transaction(family, monkeypatch):
    monkeypatch.setattr(gates, "connection", SimpleNamespace(in_atomic_block=False))

    with pytest.raises(RuntimeError, match="inside the transaction"):
        gates.require(
            reach=family.reach,
            enrolment=family.cast.enrolment,
            step=STEP,
            today=TODAY,
            seen="",
        )


def test_somebody_to_whom_the_policy_does_not_give_it_cannot_decide(family):
    answer = gate(family, "penalty_notice", by=who(family, Role.HEADTEACHER, "hillside"))
    may = gate(family, "penalty_notice", by=who(family, Role.AUTHORISING_OFFICER))

    refused = next(one for one in answer.blocking if one.key == "authorised_officer")
    assert refused.why == "Here this is decided by: inclusion lead of the council. Ask one of them."
    assert "authorised_officer" not in shut(may)
    with pytest.raises(Forbidden, match="Here this is decided by"):
        gates.refuse_shut(only(answer, "authorised_officer"))


# Going past


def test_two_officers_go_past_the_sufficiency_of_support(family):
    family.open_case()
    for test in ("support_appropriate", "safeguarding_checked"):
        say(family, STEP, test)
    think(family)
    asked = ask(family, STEP, ["sufficient_support"])
    assert "sufficient_support" in national(gate(family, STEP))

    agree(family, asked)

    answer = gate(family, STEP)
    assert national(answer) == []
    past = next(one for one in answer.requirements if one.key == "sufficient_support")
    assert (past.met, past.overridden) == (False, asked.reference)
    kept = answer.as_json()["overrides"]
    assert kept[0]["asked_by"] == "Legal officer at Northmoor"
    assert kept[0]["agreed_by"] == "Authorising officer at Northmoor"


def test_a_pupil_below_the_threshold_is_for_two_officers_of_the_council(family):
    family.cast.pupil.born_on = date(2016, 5, 4)
    case = family.open_case()
    early = date(2026, 10, 8)  # eight sessions by then
    answer = gate_of(enrolment=case.enrolment, step=STEP, today=early, case=case)

    found = next(one for one in answer.blocking if one.key == "threshold_met_or_reason")
    assert found.passable
    assert "only the council can go on below the threshold" in found.why


def test_what_was_agreed_counts_for_sixty_days_and_shows_for_ever(family):
    case = family.open_case()
    agree(family, ask(family, STEP, ["sufficient_support"]))
    later = TODAY + timedelta(days=61)

    answer = gate_of(enrolment=case.enrolment, step=STEP, today=later, case=case)

    assert "sufficient_support" in national(answer)
    assert GateOverride.objects.get().agreed is True


def test_a_refusal_keeps_the_gate_shut(family):
    family.open_case()
    asked = ask(family, STEP, ["sufficient_support"])

    agree(family, asked, agree=False, words="One meeting is not enough")

    assert "sufficient_support" in national(gate(family, STEP))
    events = LegalEvent.objects.filter(subject=f"legal.GateOverride:{asked.pk}")
    assert [one.event for one in events.order_by("pk")] == ["override_asked", "override_refused"]


def test_the_second_officer_is_another_person(family):
    family.open_case()
    asked = ask(family, STEP, ["sufficient_support"])

    with pytest.raises(Forbidden, match="You asked for this yourself"):
        agree(family, asked, reach=who(family, Role.LEGAL_OFFICER))
    with pytest.raises(IntegrityError, match="override_is_agreed_by_another"), transaction.atomic():
        GateOverride.objects.filter(pk=asked.pk).update(
            agreed=True, settled_by=asked.asked_by, settled_on=TODAY
        )


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.HEADTEACHER, "hillside"),
        (Role.ATTENDANCE_OFFICER, "hillside"),
        (Role.SUPPORT_WORKER, "northmoor"),
        (Role.NOTICE_CLERK, "northmoor"),
    ],
)
def test_only_an_officer_of_the_council_asks_or_agrees(family, role, place):
    family.open_case()
    asked = ask(family, STEP, ["sufficient_support"])

    with pytest.raises(Forbidden, match="Only an officer of the council"):
        ask(family, STEP, ["sufficient_support"], reach=who(family, role, place))
    with pytest.raises(Forbidden, match="Only an officer of the council"):
        agree(family, asked, reach=who(family, role, place))


@pytest.mark.parametrize(
    ("tests", "changes", "error", "said"),
    [
        ([], {}, InvalidInput, "Choose what you go past"),
        (["compulsory_age"], {}, InvalidInput, "Choose from what is not shown"),
        (["equality_brake"], {}, RuleNotMet, "Nobody can go past this"),
        (["safeguarding_checked"], {}, RuleNotMet, "Nobody can go past this"),
        (["sufficient_support"], {"reason": " "}, InvalidInput, "Say why the step is right"),
        (["sufficient_support"], {"seen": "{}"}, Conflict, "Things have changed"),
    ],
)
def test_nobody_goes_past_what_the_law_keeps(family, tests, changes, error, said):
    family.open_case()

    with pytest.raises(error, match=said):
        ask(family, STEP, tests, **changes)

    assert not GateOverride.objects.exists()


def test_one_is_asked_and_answered_at_a_time(family):
    family.open_case()
    asked = ask(family, STEP, ["sufficient_support"])

    with pytest.raises(Conflict, match="asked for this already"):
        ask(family, STEP, ["support_appropriate"])
    with pytest.raises(InvalidInput, match="Say why you agree"):
        agree(family, asked, words=" ")
    agree(family, asked)
    with pytest.raises(Conflict, match="answered this already"):
        agree(family, asked)


# Sessions that are relied on


def test_sessions_of_a_live_notice_are_not_used_twice(family):
    case = family.open_case()
    for when in days_of("O", date(2026, 10, 5)):
        ReliedSession.objects.create(
            authority=family.cast.northmoor,
            enrolment=case.enrolment,
            adult=family.mother,
            day=when[0],
            session=when[1],
            code="O",
            subject="legal.PenaltyNotice:1",
        )

    everyone = gate(family, STEP)
    mother = gate(family, STEP, adult=family.mother)
    father = gate(family, STEP, adult=family.father)

    assert "threshold_met_or_reason" in national(everyone)
    assert "threshold_met_or_reason" in national(mother)
    assert "threshold_met_or_reason" not in national(father)
    ReliedSession.objects.update(freed_on=TODAY)
    assert "threshold_met_or_reason" not in national(gate(family, STEP, adult=family.mother))


# Who is named


@pytest.mark.parametrize("step", ["penalty_notice", LEAVE, "penalty_notice_excluded"])
def test_a_lone_adult_who_is_no_parent_on_the_days_gets_no_notice(family, step):
    """Ten sessions from 5 to 9 October: the aunt had care from the 7th on."""
    aunt = factories.adult(
        family.cast.pupil,
        surname="Wader",
        link={
            "relationship": "aunt",
            "parental_responsibility": "no",
            "care_from": date(2026, 10, 7),
        },
    )
    link = AdultLink.objects.filter(adult=aunt)

    def named() -> list[str]:
        found = gate(family, step, case=False, adult=aunt).requirements
        return [one.why for one in found if one.key == "named_parent" and not one.met]

    (why,) = named()
    assert why.startswith(
        "The pupil's record does not show that this person was a parent in law on: "
        "5 October 2026, 6 October 2026. Record"
    )
    assert "named_parent" not in shut(gate(family, STEP, case=False, adult=aunt))
    link.update(care_from=date(2026, 10, 5))
    assert named() == []
    link.update(care_to=date(2026, 10, 9))
    assert named() == [
        "This adult's care of the pupil has ended and they have no parental responsibility."
    ]
    link.update(has_care="no", care_to=None)
    assert len(named()) == 1
    link.update(parental_responsibility="yes")
    assert named() == []


# Tasks for the school


def test_what_is_missing_becomes_tasks_once(family):
    case = family.open_case()
    by = TODAY + timedelta(days=14)
    args = {"reach": who(family, Role.LEGAL_OFFICER), "place": place_of(family), "step": STEP}

    first = gate_tasks.ask_school(**args, by=by, today=TODAY)
    second = gate_tasks.ask_school(**args, by=by, today=TODAY)

    rows = Deadline.objects.filter(case=case, kind="legal", done_on=None)
    assert first == rows.count() > 4
    assert second == 0
    words = [row.words for row in rows]
    assert any(one.startswith("Before a Notice to Improve: The safeguarding lead") for one in words)
    assert {row.due_on for row in rows} == {by}


def test_a_task_is_done_by_itself_when_it_is_met(family):
    case = family.open_case()
    gate_tasks.ask_school(
        reach=family.reach, place=place_of(family), step=STEP, by=TODAY, today=TODAY
    )
    before = Deadline.objects.filter(case=case, done_on=None).count()
    think(family)

    ended = gate_tasks.settle_everywhere(family.cast.northmoor.pk, today=TODAY)
    again = gate_tasks.settle_everywhere(family.cast.northmoor.pk, today=TODAY)

    assert (ended, again) == (1, 0)
    done = Deadline.objects.get(case=case, done_on=TODAY)
    assert "Needs, health, language and loss" in done.words
    assert done.done_by is None
    assert Deadline.objects.filter(case=case, done_on=None).count() == before - 1


def test_a_task_that_nothing_asks_for_is_dropped(family):
    case = family.open_case()
    gate_tasks.ask_school(
        reach=family.reach, place=place_of(family), step=STEP, by=TODAY, today=TODAY
    )
    agree(family, ask(family, STEP, ["sufficient_support"]))

    assert gate_tasks.settle(case, today=TODAY) == 1

    dropped = Deadline.objects.get(case=case, done_on=TODAY)
    assert dropped.dropped_because == "The step does not need this any more."


def test_tasks_need_an_open_case_a_step_and_a_day(family):
    case = family.open_case()
    args = {"reach": family.reach, "step": STEP, "by": TODAY, "today": TODAY}
    place = place_of(family)

    with pytest.raises(Conflict, match="Tasks belong to a case"):
        gate_tasks.ask_school(**args, place=place_of(family, case=False))
    with pytest.raises(InvalidInput, match="Choose the step"):
        gate_tasks.ask_school(**{**args, "step": "case"}, place=place)
    with pytest.raises(InvalidInput, match="has not passed"):
        gate_tasks.ask_school(**{**args, "by": TODAY - timedelta(days=1)}, place=place)
    with pytest.raises(Forbidden):
        gate_tasks.ask_school(**{**args, "reach": who(family, Role.TUTOR, "hillside")}, place=place)
    Case.objects.filter(pk=case.pk).update(
        stage="closed", closed_on=TODAY, closed_by=family.cast.officer, closing_reason="Better"
    )
    with pytest.raises(Conflict, match="This case was closed"):
        gate_tasks.ask_school(**args, place=place)
    assert gate_tasks.settle(case, today=TODAY) == 0


# The lane of leave, without a case


def test_the_lane_of_leave_asks_for_its_own_things(family):
    answer = gate(family, LEAVE, case=False)

    assert shut(answer) == ["leave_refused_or_not_asked", "equality_brake", "border_checked"]
    think(family, case=False)
    nowhere_else(family)
    assert shut(gate(family, LEAVE, case=False)) == ["leave_refused_or_not_asked"]


def test_an_item_of_a_local_list_is_stated_without_a_case(family):
    packs.adopt(
        authority=family.cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 11, 1),
        reach=None,
    )
    key = "barking_dagenham:penalty_decision:within_code"
    assert key in shut(gate(family, LEAVE, case=False), local=True)

    with pytest.raises(Forbidden, match="An officer of the council states this"):
        say(family, LEAVE, key, case=False)
    said = {"case": False, "reach": who(family, Role.LEGAL_OFFICER)}
    say(family, LEAVE, key, **said)
    assert key not in shut(gate(family, LEAVE, case=False), local=True)
    say(family, LEAVE, key, **said, answer="withdrawn", words="It was another pupil")

    assert key in shut(gate(family, LEAVE, case=False), local=True)
    with pytest.raises(InvalidInput, match="Choose something that the policies"):
        say(family, LEAVE, "dorset:nothing:here", case=False)


def test_a_gate_asks_the_database_as_often_for_one_record_as_for_many(
    family, django_assert_max_num_queries
):
    family.open_case()
    open_the_law(family)
    with django_assert_max_num_queries(60) as one:
        gate(family, STEP)
    for _ in range(3):
        support(family)
        say(family, STEP, "support_appropriate")
        think(family)

    with django_assert_max_num_queries(60) as many:
        gate(family, STEP)

    assert len(many) == len(one)


def open_all(family: Family) -> None:
    """Everything said, under a policy that sets no gate of its own before the step."""
    family.open_case()
    open_the_law(family)
    packs.adopt(
        authority=family.cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 11, 1),
        reach=None,
    )


def only(answer, key: str):
    """The answer with one requirement alone."""
    group = answer.groups[0]
    rows = tuple(one for one in group.requirements if one.key == key)
    return replace(answer, groups=(replace(group, lists=(("", rows),)),))
