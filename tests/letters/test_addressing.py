"""Whom we may write to: each flag alone, unknown like protected, what forbids first."""

from datetime import date

import pytest

from attendance.addressing import address_lines, may_write_to
from attendance.models import Adult, AdultLink

DAY = date(2026, 11, 17)


def adult(**fields):
    return Adult(
        **{
            "surname": "Larkfield",
            "address": "12 Orchard Row\nNorthmoor",
            "postcode": "ZZ99 1AA",
            "protected_address": "no",
            **fields,
        }
    )


def link(**fields):
    return AdultLink(
        **{
            "relationship": "mother",
            "parental_responsibility": "yes",
            "has_care": "yes",
            "may_contact": "yes",
            "court_order": "none",
            **fields,
        }
    )


def test_a_parent_about_whom_all_is_known_is_written_to_by_post():
    decision = may_write_to(adult(), link(), DAY)

    assert (decision.way, decision.codes) == ("post", ())


@pytest.mark.parametrize(
    ("adult_has", "link_has", "way", "code"),
    [
        ({}, {"court_order": "no information"}, "do not write", "no_information"),
        ({}, {"may_contact": "no"}, "do not write", "not_to_be_contacted"),
        (
            {},
            {"parental_responsibility": "no", "has_care": "no"},
            "do not write",
            "not_a_parent",
        ),
        (
            {},
            {"parental_responsibility": "no", "care_to": date(2026, 11, 16)},
            "do not write",
            "care_ended",
        ),
        (
            {},
            {"parental_responsibility": "no", "care_from": date(2026, 11, 18)},
            "do not write",
            "care_ended",
        ),
        ({}, {"court_order": "no contact"}, "hold", "order_asks_first"),
        ({}, {"court_order": "other"}, "hold", "order_asks_first"),
        ({}, {"court_order": "unknown"}, "hold", "order_unknown"),
        ({}, {"court_order": "something new"}, "hold", "order_unknown"),
        ({}, {"may_contact": "unknown"}, "hold", "contact_unknown"),
        (
            {},
            {"parental_responsibility": "unknown", "has_care": "no"},
            "hold",
            "parent_unknown",
        ),
        (
            {},
            {"parental_responsibility": "no", "has_care": "unknown"},
            "hold",
            "parent_unknown",
        ),
        ({"protected_address": "yes"}, {}, "hold", "address_protected"),
        ({"protected_address": "unknown"}, {}, "hold", "address_unknown"),
        ({"protected_address": ""}, {}, "hold", "address_unknown"),
        ({"address": " "}, {}, "hold", "no_address"),
        ({"postcode": ""}, {}, "hold", "no_address"),
    ],
)
def test_one_thing_wrong_is_enough(adult_has, link_has, way, code):
    decision = may_write_to(adult(**adult_has), link(**link_has), DAY)

    assert (decision.way, decision.codes) == (way, (code,))
    assert decision.reason


@pytest.mark.parametrize(
    "link_has",
    [
        {"parental_responsibility": "no", "care_from": date(2026, 11, 17)},
        {"parental_responsibility": "no", "care_to": date(2026, 11, 17)},
        {"has_care": "no"},
        {"parental_responsibility": "unknown"},
    ],
)
def test_care_or_parental_responsibility_is_enough_on_its_last_day_too(link_has):
    assert may_write_to(adult(), link(**link_has), DAY).way == "post"


def test_nothing_known_at_all_is_held_for_every_reason():
    decision = may_write_to(Adult(surname="Larkfield"), AdultLink(), DAY)

    assert decision.way == "hold"
    assert decision.codes == (
        "order_unknown",
        "contact_unknown",
        "parent_unknown",
        "address_unknown",
        "no_address",
    )


def test_an_order_forbids_even_where_everything_else_is_in_doubt():
    decision = may_write_to(Adult(surname="X"), AdultLink(court_order="no information"), DAY)

    assert decision.way == "do not write"


def test_address_lines_leave_out_what_is_empty_and_tidy_the_rest():
    someone = adult(title="Ms", forenames="Ada", address=" 12  Orchard Row \n\n Northmoor\n")

    assert address_lines(someone) == [
        "Ms Ada Larkfield",
        "12 Orchard Row",
        "Northmoor",
        "ZZ99 1AA",
    ]
