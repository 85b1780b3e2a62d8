"""Addresses that a print room takes, and those it sends back."""

import pytest

from letters.preflight import address_problem

GOOD = ["Ms Ada Larkfield", "12 Orchard Row", "Northmoor", "ZZ99 1AA"]


@pytest.mark.parametrize(
    "lines", [GOOD, GOOD[:2] + GOOD[3:], [*GOOD[:3], "zz991aa"], [*GOOD[:1], *["x1"] * 5, GOOD[3]]]
)
def test_a_good_address_has_no_problem(lines):
    assert address_problem(lines) == ""


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "at least 3 lines"),
        (GOOD[2:], "at least 3 lines"),
        ([*["x1"] * 7, "ZZ99 1AA"], "has 8 lines"),
        ([*GOOD[:3], "Northmoor"], "UK postcode"),
        ([*GOOD[:3], ""], "UK postcode"),
        (["--", *GOOD[1:]], "first two lines"),
        ([GOOD[0], "...", *GOOD[2:]], "first two lines"),
        ([GOOD[0], "No Fixed Abode", *GOOD[2:]], "no fixed abode"),
        ([GOOD[0], "(the mill)", *GOOD[2:]], "may start with"),
        ([GOOD[0], "@home 1", *GOOD[2:]], "may start with"),
        ([GOOD[0], "x" * 56, *GOOD[2:]], "longer than 55"),
    ],
)
def test_a_bad_address_is_refused_in_words(lines, says):
    assert says in address_problem(lines)
