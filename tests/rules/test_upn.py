"""Unique pupil numbers. Every number here is invented; no council has the code 990.

The letters were worked out apart from the code: 2 to 13 times the characters in order, summed,
modulo 23. The first, 990144319069: 18+27+0+5+24+28+24+9+90+0+72+117 = 414 = 18 x 23 + 0, so A.
"""

import pytest

from rules.errors import InvalidInput
from rules.upn import check_letter, read_upn


@pytest.mark.rule("UPN-1")
@pytest.mark.parametrize(
    ("twelve", "letter"),
    [
        ("990144319069", "A"),
        ("990143219016", "B"),
        ("990146319059", "C"),
        ("990145219006", "D"),
        ("990148319049", "E"),
        ("990142519015", "F"),
        ("990145619058", "G"),
        ("990144519005", "H"),
        ("990147619048", "J"),
        ("990141119013", "K"),
        ("990149619038", "L"),
        ("990143119003", "M"),
        ("990141319039", "N"),
        ("990149319089", "P"),
        ("990143319029", "Q"),
        ("990142419002", "R"),
        ("990145319019", "T"),
        ("990148619088", "U"),
        ("990147319009", "V"),
        ("990141719001", "W"),
        ("990144619018", "X"),
        ("990142319079", "Y"),
        ("990146619008", "Z"),
        ("99020002607A", "L"),
        ("99020002607H", "K"),
        ("99020002607T", "M"),
        ("99020002607Z", "X"),
    ],
)
def test_the_check_letter_follows_the_other_twelve_characters(twelve, letter):
    assert check_letter(twelve) == letter
    assert read_upn(letter + twelve).text == letter + twelve


@pytest.mark.rule("UPN-1")
@pytest.mark.parametrize("twelve", ["", "99014431906", "9901443190699", "99014431906I", "ABC"])
def test_a_check_letter_needs_twelve_good_characters(twelve):
    with pytest.raises(ValueError, match="eleven digits"):
        check_letter(twelve)


@pytest.mark.rule("UPN-2")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "this has 0"),
        ("A99014431906", "this has 12"),
        ("A9901443190690", "this has 14"),
        ("I990144319069", "never I, O or S"),
        ("9990144319069", "never I, O or S"),
        ("A99014431906S", "never I, O or S"),
        ("A99014B319069", "never I, O or S"),
        ("B990144319069", "does not fit its digits"),
        ("A990144319096", "does not fit its digits"),
        ("A\uff1990144319069", "never I, O or S"),
    ],
)
def test_a_wrong_number_is_refused_in_words_that_do_not_repeat_it(text, sentence):
    with pytest.raises(InvalidInput, match=sentence) as refused:
        read_upn(text)

    assert not text or text not in str(refused.value)


@pytest.mark.rule("UPN-2")
def test_spaces_and_small_letters_are_forgiven():
    assert read_upn(" a990 1443 19069 ").text == "A990144319069"


@pytest.mark.rule("UPN-2")
def test_a_temporary_number_ends_in_a_letter():
    assert read_upn("L99020002607A").temporary
    assert not read_upn("A990144319069").temporary


@pytest.mark.rule("UPN-2")
@pytest.mark.parametrize(
    ("known", "warning"),
    [
        (None, ""),
        ({"990"}, ""),
        (
            {"991"},
            "990 is not a council code we know. The UPN is kept; check it if you can.",
        ),
    ],
)
def test_an_unknown_council_only_warns(known, warning):
    upn = read_upn("A990144319069", known_councils=known)

    assert (upn.council, upn.warning) == ("990", warning)


@pytest.mark.rule("UPN-2")
def test_a_number_never_shows_itself_in_a_log():
    upn = read_upn("A990144319069")

    assert "9901" not in f"{upn} {upn!r}"
