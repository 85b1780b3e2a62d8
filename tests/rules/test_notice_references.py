"""The reference of a notice: every single slip is caught."""

import random
from itertools import combinations

import pytest

from rules.errors import InvalidInput
from rules.notice_references import (
    ALPHABET,
    BODIES,
    in_groups,
    one_slip_from,
    read_reference,
    reference_for,
    reference_from,
    references_in,
)

CHANCE = random.Random(44)
REFERENCES = [
    *(reference_for(number) for number in (0, 1, 28, 29, BODIES // 2, BODIES - 2, BODIES - 1)),
    *(reference_for(CHANCE.randrange(BODIES)) for _ in range(60)),
]


@pytest.mark.rule("NREF-1")
@pytest.mark.parametrize(
    ("number", "reference", "why"),
    [
        (0, "PN00000000", "nothing weighs nothing"),
        (1, "PN0000001Y", "1 x 2 = 2, and 27 more make 29"),
        (29, "PN0000010X", "1 x 3 = 3, and 26 more make 29"),
        (30, "PN0000011V", "1 x 3 + 1 x 2 = 5, and 24 more make 29"),
        (BODIES - 1, "PNZZZZZZZ6", "28 x 35 = 980 = 33 x 29 + 23, and 6 more make 34 x 29"),
    ],
)
def test_the_check_character_makes_the_weighted_sum_a_multiple_of_29(number, reference, why):
    assert reference_for(number) == reference, why
    assert read_reference(reference).reference == reference


@pytest.mark.rule("NREF-1")
def test_the_alphabet_is_29_characters_that_nobody_confuses():
    assert len(ALPHABET) == len(set(ALPHABET)) == 29
    assert not set(ALPHABET) & set("AEIOULS")
    assert len({reference_for(number) for number in range(5000)}) == 5000


@pytest.mark.rule("NREF-1")
@pytest.mark.parametrize("number", [-1, BODIES])
def test_a_number_outside_the_bodies_is_refused(number):
    with pytest.raises(ValueError, match="needs a number from 0 to"):
        reference_for(number)


@pytest.mark.rule("NREF-2")
def test_every_single_wrong_character_is_caught():
    taken = [
        reference[:at] + character + reference[at + 1 :]
        for reference in REFERENCES
        for at in range(2, 10)
        for character in ALPHABET
        if character != reference[at] and not read_reference(reference).wrong
    ]

    assert len(taken) == 67 * 8 * 28
    assert [text for text in taken if not read_reference(text).wrong] == []


@pytest.mark.rule("NREF-2")
def test_every_swap_of_two_characters_is_caught_neighbours_or_not():
    swapped = []
    for reference in REFERENCES:
        for first, second in combinations(range(2, 10), 2):
            text = list(reference)
            text[first], text[second] = text[second], text[first]
            if "".join(text) != reference:
                swapped.append("".join(text))

    assert len(swapped) > 1500
    assert [text for text in swapped if not read_reference(text).wrong] == []


@pytest.mark.rule("NREF-2")
@pytest.mark.parametrize(
    "text",
    [
        "PN0000010X",
        "pn0000010x",
        " PN 0000 010X ",
        "PN-0000-010X",
        "pn 000o oIox",
        "PNOOOOOLOX",
        "0000010X",
        "PN\u20130000.010X",
    ],
)
def test_a_reference_is_read_as_people_type_it(text):
    assert read_reference(text).reference == "PN0000010X"
    assert reference_from(text) == "PN0000010X"


@pytest.mark.rule("NREF-2")
@pytest.mark.parametrize(
    ("text", "why"),
    [("PN000000S5", "5 x 2 + 5 = 15 is no multiple"), ("PNS000000K", "40 + 17 = 57 is none")],
)
def test_a_character_that_looks_alike_is_still_checked(text, why):
    assert read_reference(text).wrong, why


@pytest.mark.rule("NREF-2")
@pytest.mark.parametrize(
    ("text", "reference", "why"),
    [
        ("PNS000000M", "PN5000000M", "5 x 8 = 40, and 18 more make 58"),
        ("PNPN00000X", "PNPN00000X", "a body may begin like the prefix: 160 + 133 + 26 = 11 x 29"),
        ("PN00000X", "PNPN00000X", "also where the prefix is left out"),
    ],
)
def test_s_is_5_and_a_body_may_begin_like_the_prefix(text, reference, why):
    assert read_reference(text).reference == reference, why


@pytest.mark.rule("NREF-2")
@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "Enter the reference. It starts with PN and is on the notice."),
        ("PN", "Enter the reference. It starts with PN and is on the notice."),
        ("PN000001", "A character is wrong or two are swapped. Check it on the notice."),
        ("PN0000010", "A reference has PN and 8 letters and digits. Check it on the notice."),
        ("PN0000010XX", "A reference has PN and 8 letters and digits. Check it on the notice."),
        ("PN00A0010W", "No reference has the character A. Check it on the notice."),
        ("PN0000010W", "A character is wrong or two are swapped. Check it on the notice."),
    ],
)
def test_a_wrong_reference_gets_a_sentence(text, wrong):
    reading = read_reference(text)

    assert (reading.reference, reading.wrong) == ("", wrong)
    with pytest.raises(InvalidInput, match=wrong):
        reference_from(text)


def test_it_is_printed_in_groups():
    assert in_groups("PN7K3M9QXT") == "PN 7K3M 9QXT"


@pytest.mark.rule("NREF-3")
@pytest.mark.parametrize(
    ("text", "found", "why"),
    [
        ("", (), "nothing"),
        ("BGC PN5000000M 80.00", ("PN5000000M",), "among other words"),
        ("pn 5000 000m smith", ("PN5000000M",), "in groups, in small letters"),
        ("PNPNS000000M", ("PN5000000M",), "the prefix twice, and S for 5"),
        ("PN-5000-000M/PN0000010X", ("PN5000000M", "PN0000010X"), "two of them"),
        ("PN5000000M PN5000000M", ("PN5000000M",), "one of them twice"),
        ("PN5000000K", (), "a wrong one"),
        ("5000000M", (), "without PN it may be anything"),
        ("PN5000", (), "too short"),
    ],
)
def test_references_are_found_in_the_line_of_a_bank_file(text, found, why):
    assert references_in(text) == found, why


@pytest.mark.rule("NREF-4")
@pytest.mark.parametrize(
    ("text", "found", "why"),
    [
        ("PN5000000K", ("PN5000000M",), "one character wrong"),
        ("500 0000K", ("PN5000000M",), "PN left out too"),
        ("PN0500000M", ("PN5000000M",), "two neighbours swapped"),
        ("PN500000M", ("PN5000000M",), "one missing"),
        ("PN5000000MM", ("PN5000000M",), "one too many"),
        ("PN000001OY", ("PN0000010X",), "O for 0, and one wrong"),
        ("PN0000050M", (), "two swapped that are no neighbours"),
        ("PN6000000K", (), "two wrong"),
        ("PN5000000M", (), "itself: nothing is wrong"),
        ("PN50", (), "far too short"),
    ],
)
def test_what_a_wrong_reference_may_have_been_is_left_for_a_person(text, found, why):
    assert one_slip_from(text, ["PN5000000M", "PN0000010X"]) == found, why
