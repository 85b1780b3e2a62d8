"""The pages of the yearly return: figures, what is behind each, saving, and the file."""

import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse

from audit.models import Event
from authorities.permissions import Role
from cases.models import Case
from legal.models import LegalReturn, PenaltyNotice
from rules.notice_references import in_groups
from tests.cast import TODAY, sign_in
from tests.legal.return_scenes import Year, filled, guest


@pytest.fixture
def full(cast) -> Year:
    return filled(cast)


@pytest.fixture
def officer(client, full):
    """The legal officer's browser."""
    sign_in(client, full.room.legal.user)
    return client


def at(name: str, *arguments: object) -> str:
    return reverse(f"legal:{name}", args=["990", *arguments])


def text(answer) -> str:
    return answer.content.decode()


def seen(browser) -> str:
    """The figures that the page of saving has shown."""
    return re.search(
        r'name="seen" value="([0-9a-f]+)"', text(browser.get(at("return_make", 2026)))
    )[1]


def save(browser, **typed) -> LegalReturn:
    browser.post(at("return_make", 2026), {"seen": seen(browser), **typed})
    return LegalReturn.objects.latest("pk")


def test_the_page_shows_each_figure_with_a_link_to_what_it_counts(officer):
    page = text(officer.get(at("return")))

    assert "school year 2026 to 2027" in page
    assert "Pupils on roll are those of 17 November 2026" in page
    assert re.search(r'legal/return/2026/reason_pn_hols/">3<', page)
    assert re.search(r'legal/return/2026/pn_paid_22_28/">2<', page)
    assert "800.0" in page
    assert "1 notice of this year was for an excluded pupil in a public place" in page
    assert "so it is left out" in page
    assert "Paid: All = Within 21 days + Within 22 to 28 days" in page
    assert page.count(">Holds<") == 8
    assert "None yet." in page


def test_a_figure_leads_to_its_notices(officer, full):
    notice = PenaltyNotice.objects.get(state="prosecuted")

    page = text(officer.get(at("return_cell", 2026, "pn_prosecuted_non_payment")))

    assert in_groups(notice.reference) in page
    assert at("penalty", notice.reference) in page
    assert "1 row" in page
    assert Event.objects.filter(kind="pupils.listed", facts__count=1).exists()


def test_the_figures_of_one_school_and_of_the_year_before(officer, full):
    hillside = text(officer.get(at("return"), {"school": full.cast.hillside.urn}))
    brook = text(officer.get(at("return"), {"school": full.cast.brook.urn}))
    before = text(officer.get(at("return"), {"year": "2025"}))

    urn = full.cast.hillside.urn
    assert f'legal/return/2026/pn_issued/?school={urn}">8<' in hillside
    assert "Sums that must hold" not in hillside
    assert "pn_issued/" not in brook
    assert 'legal/return/2025/pn_issued/">2<' in before
    behind = text(officer.get(at("return_cell", 2026, "pn_issued"), {"school": urn}))
    assert "8 rows" in behind


def test_the_table_of_schools_sorts_by_any_figure(officer):
    page = text(officer.get(at("return"), {"sort": "-pn_issued"}))

    names = re.findall(r'<th scope="row"[^>]*><a [^>]*school=\d+"[^>]*>([^<]+)</a>', page)
    assert names[0] == "Hillside Academy" or names[0].startswith("Hillside")


def test_the_roll_leads_to_its_pupils(officer, full):
    guest(full)

    page = text(officer.get(at("return_cell", 2026, "enrolments")))

    assert "2 pupils" in page
    assert "A Guest" in page


def test_each_kind_of_step_leads_to_its_own_page(officer, full):
    prosecution = full.prosecution("charged")
    contract = full.contract(date(2026, 10, 1), agreed=1)
    order = full.order(date(2026, 10, 2))
    parenting = full.parenting(date(2026, 10, 3))

    behind = text(officer.get(at("return_cell", 2026, "case_management")))
    contracts = text(officer.get(at("return_cell", 2026, "parenting_contracts_accepted")))
    orders = text(officer.get(at("return_cell", 2026, "supervision_orders_total")))
    granted = text(officer.get(at("return_cell", 2026, "parenting_orders_granted")))

    assert at("prosecution", prosecution.reference) in behind
    assert at("order", order.reference) in orders
    assert at("prosecution", parenting.prosecution.reference) in granted
    assert reverse("cases:contract", args=["990", contract.reference]) in contracts


def test_what_may_not_be_seen_is_said_and_not_shown(officer, full):
    one = full.prosecution("charged")
    Case.objects.filter(pk=full.case.pk).update(restricted=True)

    page = text(officer.get(at("return_cell", 2026, "case_management")))
    full.prosecution("charged")
    more = text(officer.get(at("return_cell", 2026, "case_management")))

    assert one.reference not in page
    assert "1 more is counted that you may not see" in page
    assert "2 more are counted that you may not see" in more


def test_a_list_behind_a_figure_can_be_taken_away_and_that_is_written_down(officer):
    answer = officer.get(at("return_cell", 2026, "pn_issued"), {"export": "csv"})

    lines = b"".join(answer).decode().strip().splitlines()
    assert len(lines) == 9
    entry = Event.objects.get(kind="list.exported")
    assert entry.facts == {"count": 8, "what": "things behind the yearly return"}


@pytest.mark.parametrize(
    ("name", "arguments", "query"),
    [
        ("return", [], {"year": "2019"}),
        ("return", [], {"year": "x"}),
        ("return", [], {"school": "1"}),
        ("return_cell", [2019, "pn_issued"], {}),
        ("return_cell", [2026, "pn_issued_rate"], {}),
        ("return_cell", [2026, "nothing"], {}),
        ("return_make", [2019], {}),
        ("return_made", ["NOSUCHRTRN"], {}),
    ],
)
def test_a_year_a_school_or_a_column_that_is_not_there_is_not_found(
    officer, name, arguments, query
):
    assert officer.get(at(name, *arguments), query).status_code == 404


def test_a_return_is_saved_shown_and_downloaded_byte_for_byte(officer, full):
    made = save(officer)

    page = text(officer.get(at("return_made", made.reference)))
    file = officer.get(at("return_file", made.reference))

    assert made.sha256 in page
    assert "This is the first of its year." in page
    assert "Nothing changed." in page
    assert file.content == made.content.encode()
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        f"parental-responsibility-measures-2026-2027-{made.reference}.csv"
        in file["Content-Disposition"]
    )
    assert at("return_made", made.reference) in text(officer.get(at("return")))


def test_a_sum_that_may_fail_is_confirmed_with_a_reason(officer, full):
    full.prosecution("preparing")

    refused = text(officer.post(at("return_make", 2026), {"seen": seen(officer), "cases": ""}))
    made = save(officer, cases="One is still being prepared.")
    page = text(officer.get(at("return_made", made.reference)))

    assert "Say why this is right all the same" in refused
    assert "One is still being prepared." in page
    assert "Cases led towards prosecution: why is this right all the same?" in refused
    assert "To confirm" in text(officer.get(at("return")))


def test_a_sum_that_must_hold_stops_the_return_and_names_its_cells(officer, full):
    mark = seen(officer)
    unpaid = PenaltyNotice.objects.filter(state="issued", issued_on=TODAY)
    unpaid.exclude(lane="excluded").update(state="paid")

    page = text(officer.get(at("return")))
    stopped = text(officer.get(at("return_make", 2026)))
    pressed = text(officer.post(at("return_make", 2026), {"seen": mark}))

    assert ">Fails<" in page
    assert at("return_make", 2026) not in page
    for shown in (page, stopped, pressed):
        assert "“Paid: All” is 4, but its parts come to 3" in shown
    assert not LegalReturn.objects.exists()


def test_a_stale_page_saves_nothing(officer, full):
    mark = seen(officer)
    full.prosecution("charged")

    page = text(officer.post(at("return_make", 2026), {"seen": mark}))

    assert "The figures changed since you read the page" in page
    assert not LegalReturn.objects.exists()


def test_a_later_return_is_shown_beside_the_first(officer, full):
    first = save(officer)
    unpaid = PenaltyNotice.objects.get(issued_on=date(2026, 9, 1))
    full.withdrawn(unpaid, "material_error")

    since = text(officer.get(at("return_made", first.reference)))
    live = text(officer.get(at("return")))
    later = save(officer)
    beside = text(officer.get(at("return_made", later.reference)))

    said = f"Withdrawn: All: was 2, is 3. Came in: {unpaid.reference}."
    assert said in since
    assert said in live
    assert said in beside
    assert at("return_made", first.reference) in beside
    assert "Nothing changed since the last." in text(officer.get(at("return")))


def test_of_many_references_the_first_ten_are_shown(officer, full):
    first = save(officer)
    for day in range(1, 13):
        full.notice(date(2026, 10, day))

    page = text(officer.get(at("return_made", first.reference)))

    assert "Penalty notices: Issued: was 8, is 20." in page
    assert "and 2 more." in page


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        (datetime(2027, 8, 31, 22, 59, tzinfo=UTC), "school year 2026 to 2027"),
        (datetime(2027, 8, 31, 23, 1, tzinfo=UTC), "school year 2027 to 2028"),
    ],
)
def test_the_year_turns_at_midnight_in_london(client, full, moment, says):
    with time_machine.travel(moment, tick=False):
        sign_in(client, full.room.legal.user)
        assert says in text(client.get(at("return")))


@pytest.mark.parametrize("role", [Role.AUTHORISING_OFFICER, Role.SUPPORT_WORKER])
def test_who_does_not_make_the_return_cannot_open_it(client, full, role):
    sign_in(client, full.cast.person(role))

    answer = client.get(at("return"))

    assert answer.status_code == 403
    assert "Only an officer of the council can make the yearly return" in text(answer)
