"""Wording: what is read, what is refused with its line, and that shipped wording is humane."""

import dataclasses
from pathlib import Path

import pytest

from authorities import packs
from letters import apps, lint, wording
from letters.catalogue import KINDS, kind_of
from letters.contexts import ConcernLetter
from rules.errors import InvalidInput

GOLDEN = Path(__file__).parent.parent / "golden" / "letters"
SHIPPED = [("dorset", "letter_2"), ("pdet", "letter_96")]
KIND = kind_of("initial_concern")
GOOD = """# Hello

((pupil_first_name)) has missed ((days_missed)) since ((since)).

## Next

- Talk to ((contact_name)). Get in touch: ((contact_details)).
"""


@pytest.mark.parametrize(("pack", "letter"), SHIPPED)
def test_each_shipped_letter_says_what_was_approved(pack, letter):
    text = packs.load(pack).wordings[letter]

    said = wording.words_of(wording.fill(text, KIND.sample.placeholders()))

    assert said + "\n" == (GOLDEN / f"{pack}_{letter}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("pack", "letter"), SHIPPED)
def test_each_shipped_letter_is_short_plain_and_kind(pack, letter):
    text = packs.load(pack).wordings[letter]
    said = wording.words_of(wording.fill(text, KIND.sample.placeholders()))

    assert list(lint.problems(text, KIND)) == []
    assert lint.count_words(said) <= 150
    assert lint.reading_age(said) <= 11
    assert "9½ days" in said
    assert "%" not in said


@pytest.mark.parametrize(("pack", "letter"), SHIPPED)
@pytest.mark.parametrize("claim", ["both", "early", "soon", "easy", "a little"])
def test_a_shipped_letter_is_true_for_one_adult_and_for_any_figure(pack, letter, claim):
    said = wording.words_of(
        wording.fill(packs.load(pack).wordings[letter], KIND.sample.placeholders())
    )

    assert claim not in said.lower()


def test_every_shipped_pack_passes_the_check_made_when_it_is_adopted():
    assert [problem for pack in packs.available() for problem in apps.wording_problems(pack)] == []


def test_a_list_a_heading_and_a_paragraph_over_two_lines():
    said = wording.fill("# Title\n\nOne\ntwo ((a)).\n\n## Next\n\n- x\n- ((a))\n", {"a": "A"})

    assert said == [
        wording.Said("title", "Title"),
        wording.Said("paragraph", "One two A."),
        wording.Said("heading", "Next"),
        wording.Said("list", "", ("x", "A")),
    ]


def test_a_value_that_looks_like_wording_stays_text():
    said = wording.fill("Dear ((a))", {"a": "# ((b))\n- <b>x</b>"})

    assert said == [wording.Said("paragraph", "Dear # ((b))\n- <b>x</b>")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("((since))", "((sinse))"), "line 3: ((sinse)) is not known here"),
        (GOOD.replace("((since))", "((since)"), "line 3: a placeholder is not closed"),
        (GOOD.replace("((since))", "since))"), "line 3: a placeholder is not closed"),
        (GOOD.replace("((contact_name))", "us"), "does not say ((contact_name))"),
        (GOOD.replace("# Hello", "Hello"), "line 1: start with one title"),
        (GOOD.replace("## Next", "# Next"), "line 1: start with one title"),
        (GOOD.replace("- Talk", "Talk"), "does not list what to do next"),
        (GOOD.replace("## Next", "### Next"), "line 5: start a line with words"),
        (GOOD.replace("## Next", "<script>"), "line 5: start a line with words"),
        (GOOD + "\nYou may get a penalty notice.\n", "line 9: 'penalty' reads as a threat"),
        (GOOD + "\nYou must come.\n", "line 9: 'must' reads as a threat"),
        (GOOD + "\nThese sessions count.\n", "line 9: 'sessions' is jargon"),
        (GOOD + "\n" + "We like to help you. " * 40, "Cut it to 150"),
        (
            GOOD + "\nNotwithstanding institutional considerations concerning educational "
            "participation, extraordinary circumstances necessitate immediate communication.\n",
            "Use shorter words",
        ),
    ],
)
def test_wording_that_will_not_do_is_refused_with_its_line(text, says):
    assert says in " ".join(lint.problems(text, KIND))


def test_a_formal_kind_may_be_long_and_stern():
    formal = dataclasses.replace(KIND, supportive=False)

    assert list(lint.problems(GOOD + "\nYou must come.\n", formal)) == []


def test_a_value_that_is_missing_is_named_with_its_line():
    with pytest.raises(wording.WordingError, match=r"line 2: there is nothing to put in for"):
        wording.fill("# Hello\n((review_period))", {"review_period": ""})


def test_an_unknown_kind_of_letter_is_refused():
    with pytest.raises(InvalidInput, match="no letter of the kind poem"):
        kind_of("poem")


def test_a_pack_with_a_wrong_letter_is_told_file_key_and_line():
    pack = packs.load("dorset")
    poem = pack.letter("letter_2").model_copy(update={"kind": "poem"})
    empty = pack.model_copy(update={"wordings": {"letter_2": "Hello"}})

    assert list(apps.wording_problems(pack.model_copy(update={"letters": (poem,)}))) == [
        "dorset/pack.toml: letters[1].kind is 'poem'. Expected: one of improvement_ends_early,"
        " improvement_outcome, initial_concern, leave_granted, leave_part_granted,"
        " leave_refused, notice_to_improve, penalty_ended, penalty_notice,"
        " penalty_notice_excluded, penalty_notice_second, penalty_stands, penalty_withdrawn,"
        " prosecution_caution, prosecution_ended, supervision_direction, supervision_news,"
        " supervision_order."
    ]
    assert "dorset/letters/initial-concern.md: line 1: start" in " ".join(
        apps.wording_problems(empty)
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_context_comes_back_from_json_as_it_was(kind):
    assert kind.context.from_json(kind.sample.as_json()) == kind.sample


@pytest.mark.parametrize(
    ("sessions", "words"), [(1, "½ day"), (2, "1 day"), (3, "1½ days"), (19, "9½ days")]
)
def test_sessions_are_told_in_days(sessions, words):
    letter = dataclasses.replace(KIND.sample, sessions_missed=sessions)

    assert isinstance(letter, ConcernLetter)
    assert letter.placeholders()["days_missed"] == words


@pytest.mark.parametrize(
    ("word", "beats"), [("school", 1), ("missed", 2), ("table", 2), ("like", 1), ("9½", 1)]
)
def test_syllables_are_counted_well_enough(word, beats):
    assert lint.syllables(word) == beats


def test_no_words_have_no_reading_age():
    assert lint.reading_age("") == 0.0
