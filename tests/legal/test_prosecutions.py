"""Preparing a prosecution, through the services."""

from datetime import date

import pytest

from legal.models import LegalEvent, Prosecution, ReliedSession
from rules.prosecution_stages import ProsecutionState
from tests.legal.prosecution_scenes import Desk, desk

S = ProsecutionState


@pytest.fixture(name="desk")
def a_desk(cast) -> Desk:
    return desk(cast)


def history(file: Prosecution) -> list[str]:
    return list(
        LegalEvent.objects.filter(subject=f"legal.Prosecution:{file.pk}")
        .order_by("pk")
        .values_list("event", flat=True)
    )


def test_a_first_offence_goes_all_the_way_by_the_single_justice_procedure(desk):
    notice = desk.unpaid()
    file = desk.until(S.DECIDED, notice=notice)
    desk.report(file)

    file.refresh_from_db()
    notice.refresh_from_db()
    assert (file.state, file.route) == ("decided", "single justice procedure")
    assert (file.fine_pence, file.outcomes, file.plea) == (20_000, ["fine"], "guilty")
    assert file.told_on == date(2027, 2, 10)
    assert (notice.state, notice.acquitted_on) == ("prosecuted", None)
    assert notice.slot.freed_on is None
    assert ReliedSession.objects.filter(freed_on=None).count() == 10
    assert history(file) == [
        "begin",
        "consider",
        "ask",
        "answer",
        "weigh",
        "papers",
        "evidential_test",
        "public_interest_test",
        "test",
        "authorise",
        "notify",
        "list",
        "decide",
        "report",
    ]
