"""Absence that is settled for a parent carries no new notice to them."""

from datetime import date

import pytest

from rules.marks import DatedSession, Session
from rules.prosecutions import Used
from rules.settled_absence import settled_refusal

MONDAY, TUESDAY = date(2026, 10, 5), date(2026, 10, 6)
MONDAY_AM, MONDAY_PM, TUESDAY_AM = (
    DatedSession(MONDAY, Session.AM),
    DatedSession(MONDAY, Session.PM),
    DatedSession(TUESDAY, Session.AM),
)
WITHDRAWN = (
    "A penalty notice for these days was withdrawn. Nobody can be prosecuted on the same facts"
    " after that, so a new notice to this parent could not be enforced:"
)
PROSECUTED = (
    "This parent was prosecuted for these days already, and cannot be again, so a new notice to"
    " them could not be enforced:"
)
INSTEAD = "Ask about later absence, or leave this parent out."


@pytest.mark.rule("SET-1")
@pytest.mark.parametrize(
    ("settled", "says"),
    [
        ({}, ""),
        ({Used.WITHDRAWN: ()}, ""),
        ({Used.WITHDRAWN: [TUESDAY_AM._replace(session=Session.PM)]}, ""),
        ({Used.WITHDRAWN: [MONDAY_AM]}, f"{WITHDRAWN} 5 October 2026. {INSTEAD}"),
        (
            {Used.WITHDRAWN: [TUESDAY_AM, MONDAY_PM, MONDAY_AM]},
            f"{WITHDRAWN} 5 October 2026, 6 October 2026. {INSTEAD}",
        ),
        ({Used.PROSECUTED: {TUESDAY_AM}}, f"{PROSECUTED} 6 October 2026. {INSTEAD}"),
        (
            {Used.PROSECUTED: {TUESDAY_AM}, Used.WITHDRAWN: {MONDAY_PM}},
            f"{WITHDRAWN} 5 October 2026. {PROSECUTED} 6 October 2026. {INSTEAD}",
        ),
        # what is paid or waits is another rule's: its sessions are held still
        ({Used.PAID: [MONDAY_AM], Used.TIME_TO_PAY: [MONDAY_AM]}, ""),
    ],
)
def test_what_was_withdrawn_or_prosecuted_carries_no_new_notice(settled, says):
    assert settled_refusal([MONDAY_AM, MONDAY_PM, TUESDAY_AM], settled) == says


@pytest.mark.rule("SET-1")
def test_a_notice_about_no_session_rests_on_nothing_settled():
    assert settled_refusal([], {Used.WITHDRAWN: [MONDAY_AM]}) == ""
