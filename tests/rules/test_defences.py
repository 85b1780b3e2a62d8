"""Defences: which belong to which offence, what is asked of each, and how each is weighed."""

import pytest

from rules.defences import (
    CAUTION,
    DEFENCES,
    RIGHTS,
    Prover,
    Weighed,
    defence_refusals,
    defences_for,
    questionnaire,
)
from rules.prosecutions import OFFENCES, Offence

SHARED = ["leave", "sickness", "unavoidable", "religion", "transport", "travelling_work"]


@pytest.mark.rule("DEF-1")
@pytest.mark.parametrize(
    ("offence", "keys"),
    [(Offence.FAILS, SHARED), (Offence.KNOWS, [*SHARED, "justification"])],
)
def test_a_reasonable_justification_is_an_answer_to_444_1a_alone(offence, keys):
    assert [defence.key for defence in defences_for(offence)] == keys


def test_the_extra_defence_of_each_offence_is_one_of_its_own():
    for offence, facts in OFFENCES.items():
        others = {one.key for one in DEFENCES if one.offences == {offence}}
        assert others == ({facts.extra_defence} if facts.extra_defence else set())


def test_the_parent_proves_sickness_and_justification():
    proved = {defence.key: defence.proved_by for defence in DEFENCES}

    assert proved["sickness"] == proved["justification"] == Prover.PARENT
    assert proved["leave"] == Prover.COUNCIL


@pytest.mark.rule("DEF-2")
@pytest.mark.parametrize("offence", list(Offence))
def test_the_questionnaire_asks_about_each_defence_and_ends_with_anything_else(offence):
    questions = questionnaire(offence)

    assert {question.about for question in questions} - {""} == {
        defence.key for defence in defences_for(offence)
    }
    assert len({question.key for question in questions}) == len(questions)
    assert all(question.words.endswith("?") for question in questions)
    assert questions[0].key == "parent"
    assert questions[-1].words == "Is there anything else that you want to say?"


@pytest.mark.rule("DEF-2")
def test_what_the_parent_knew_is_asked_only_where_it_matters():
    knew = "Did you know that your child was not at school? When did you learn of it?"

    assert knew in [question.words for question in questionnaire(Offence.KNOWS)]
    assert knew not in [question.words for question in questionnaire(Offence.FAILS)]


def test_the_caution_and_the_right_to_advice_go_with_it():
    assert CAUTION.startswith("You do not have to say anything.")
    assert any("lawyer" in right for right in RIGHTS)


NOTHING = dict.fromkeys(SHARED, Weighed.NOT_RAISED)


@pytest.mark.rule("DEF-3")
def test_defences_nobody_raised_and_nothing_shows_do_not_stand_in_the_way():
    assert defence_refusals(Offence.FAILS, NOTHING, ()) == ()


@pytest.mark.rule("DEF-3")
@pytest.mark.parametrize(
    ("found", "reasons", "says"),
    [
        (Weighed.APPLIES, {"sickness"}, "A defence applies, so there is no offence"),
        (Weighed.DOES_NOT, set(), "Write why this defence does not apply"),
        (Weighed.DOES_NOT, {"sickness"}, ""),
        (None, {"sickness"}, "Say what was found of this defence"),
    ],
)
def test_a_defence_is_weighed_with_a_reason_and_ends_it_where_it_applies(found, reasons, says):
    weighed = {key: what for key, what in {**NOTHING, "sickness": found}.items() if what}

    refusals = defence_refusals(Offence.FAILS, weighed, reasons)

    assert len(refusals) == bool(says)
    assert all(one.startswith(says) and "The child was ill" in one for one in refusals)


@pytest.mark.rule("DEF-3")
def test_the_second_offence_needs_the_justification_weighed_too():
    (sentence,) = defence_refusals(Offence.KNOWS, NOTHING, ())

    assert "reasonable justification" in sentence
