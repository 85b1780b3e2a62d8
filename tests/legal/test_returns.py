"""The yearly return: each cell counted by hand, what is behind it, and what was kept."""

import csv
import hashlib
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, transaction

from audit.models import Event
from authorities.access import Forbidden, NotFound
from authorities.permissions import Role
from cases.models import Case
from legal.access import return_for
from legal.models import LegalReturn, PenaltyNotice
from legal.selectors.returns import (
    before,
    differences,
    measures,
    on_roll_seen,
    references_behind,
    rows_behind,
    years_of,
)
from legal.services import returns as services
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.legal_returns import COLUMNS
from tests.cast import TODAY
from tests.legal.penalty_scenes import at
from tests.legal.return_scenes import YEAR, YEAR_BEFORE, Year, filled, guest, year

# What `filled` holds of 2026 to 2027, counted by hand.
NOTICES = {
    "pn_issued": 8,
    "reason_pn_hols": 3,
    "reason_pn_late": 2,
    "reason_pn_other": 3,
    "pn_paid": 3,
    "pn_paid_21": 1,
    "pn_paid_22_28": 2,
    "pn_withdrawn": 2,
    "withdrawn_reason_conduct": 1,
    "withdrawn_reason_wrong_issue": 1,
    "withdrawn_reason_material_error": 0,
    "withdrawn_reason_expiry_no_legal": 0,
    "pn_prosecuted_non_payment": 1,
    "pn_unresolved": 2,
}


@pytest.fixture(name="begun")
def a_year(cast) -> Year:
    return year(cast)


@pytest.fixture(name="full")
def a_filled_year(cast) -> Year:
    return filled(cast)


def count(of: Year, period: int = YEAR, today: date = TODAY):
    return measures(of.cast.northmoor.pk, period, today)


def save(of: Year, by: Role = Role.LEGAL_OFFICER, today: date = TODAY, **more) -> LegalReturn:
    return services.make(
        **{
            "reach": of.room.reach(by),
            "year": YEAR,
            "seen": services.stamp(count(of, today=today)),
            "reasons": {},
            "today": today,
            "now": at(today),
            **more,
        }
    )


# What is counted


def test_each_cell_of_the_notices_counts_what_was_counted_by_hand(full):
    found = count(full)

    cells = found.cells()
    assert {key: cells[key] for key in NOTICES} == NOTICES
    assert found.failing() == ()
    assert found.left_out == 1


def test_the_year_before_has_its_own(full):
    cells = count(full, YEAR_BEFORE).cells()

    assert cells["pn_issued"] == 2
    assert (cells["reason_pn_hols"], cells["reason_pn_other"]) == (1, 1)


@pytest.mark.parametrize(
    ("issued", "of"),
    [
        (date(2026, 8, 31), 2025),
        (date(2026, 9, 1), 2026),
        (date(2027, 8, 31), 2026),
        (date(2027, 9, 1), 2027),
    ],
)
def test_a_notice_belongs_to_the_year_in_which_it_was_issued(begun, issued, of):
    begun.room.nowhere_else(issued)
    begun.notice(issued)

    counted = {first: count(begun, first).cells() for first in (2025, 2026, 2027)}

    expected = {2025: 0, 2026: 0, 2027: 0, of: 1}
    assert {first: cells["pn_issued"] for first, cells in counted.items()} == expected


@pytest.mark.parametrize(
    ("begun_at", "of", "london"),
    [
        # One second to midnight in London, then midnight there and not yet in UTC.
        (datetime(2026, 8, 31, 22, 59, 59, tzinfo=UTC), 2025, date(2026, 8, 31)),
        (datetime(2026, 8, 31, 23, 0, tzinfo=UTC), 2026, date(2026, 9, 1)),
        (datetime(2027, 8, 31, 22, 59, 59, tzinfo=UTC), 2026, date(2027, 8, 31)),
        (datetime(2027, 8, 31, 23, 0, tzinfo=UTC), 2027, date(2027, 9, 1)),
    ],
)
def test_a_case_belongs_to_the_london_year_in_which_it_began(begun, begun_at, of, london):
    begun.prosecution("preparing", begun_at)

    found = {first: count(begun, first) for first in (2025, 2026, 2027)}

    expected = {2025: 0, 2026: 0, 2027: 0, of: 1}
    cells = {first: one.cells()["case_management"] for first, one in found.items()}
    assert cells == expected
    (row,) = rows_behind(begun.room.legal, found[of].behind("case_management"), TODAY)
    assert row.on == london


def test_cases_towards_prosecution_are_counted_with_their_ends(begun):
    begun.prosecution("preparing")
    begun.prosecution("tests made")
    begun.prosecution("charged")
    begun.prosecution("decided")
    begun.prosecution("discontinued", reason="court_advice")
    begun.prosecution("not proceeded with", reason="defence")
    begun.prosecution("not proceeded with", reason="attendance_improved")
    begun.prosecution("not proceeded with", reason="more_support")

    found = count(begun)

    cells = found.cells()
    assert cells["case_management"] == 8
    assert cells["case_management_prosecuted"] == 3
    assert cells["case_management_withdrawn_before_prosecution"] == 1
    assert cells["case_management_att_improved"] == 1
    assert cells["case_management_other"] == 1
    (open_ones,) = found.failing()
    assert (open_ones.key, open_ones.blocks) == ("cases", False)


def test_parenting_orders_are_counted_by_the_day_of_the_court(begun):
    begun.parenting(date(2026, 8, 31))
    begun.parenting(date(2026, 9, 1), begun_on=date(2026, 10, 1))
    begun.parenting(date(2026, 10, 2), why_not="provision")
    begun.parenting(date(2026, 10, 3), why_not="breach")
    begun.parenting(date(2026, 10, 4))

    found = count(begun)

    cells = found.cells()
    assert cells["parenting_orders_granted"] == 4
    assert cells["parenting_orders_implemented"] == 1
    assert cells["parenting_orders_not_lack_of_provision"] == 1
    assert cells["parenting_orders_not_breach_by_parent"] == 1
    assert cells["case_management"] == 0, "they were prosecuted the year before"
    says = [
        row.says
        for row in rows_behind(begun.room.legal, found.behind("parenting_orders_granted"), TODAY)
    ]
    assert says == [
        "Carried out",
        "Nothing was on offer",
        "The parent did not do it",
        "Not begun yet",
    ]


def test_contracts_are_counted_by_the_day_they_were_offered(begun):
    begun.contract(date(2026, 8, 31), agreed=1)
    begun.contract(date(2026, 9, 1), agreed=1)
    begun.contract(date(2026, 10, 1), state="in force", agreed=2)
    begun.contract(date(2026, 10, 2))
    begun.contract(date(2026, 10, 3), state="not offered")

    cells = count(begun).cells()

    assert cells["parenting_contracts_offered"] == 3
    assert cells["parenting_contracts_accepted"] == 2


def test_supervision_orders_are_counted_by_the_day_of_the_court(begun):
    begun.order(date(2026, 8, 31))
    begun.order(date(2026, 9, 1))
    begun.order(date(2026, 10, 1))
    begun.order(date(2026, 10, 2), beside=True)
    begun.order(None)

    cells = count(begun).cells()

    assert cells["supervision_orders_total"] == 3
    assert cells["supervision_orders_in_place"] == 2
    assert cells["supervision_orders_in_addition"] == 1


def test_pupils_on_roll_are_those_of_the_day_of_the_census(begun):
    guest(begun, status="S")
    guest(begun, status="G")
    guest(begun, status="M")
    guest(begun, starts_on=date(2027, 1, 21))
    guest(begun, starts_on=date(2027, 1, 22))
    guest(begun, ends_on=date(2027, 1, 20))
    guest(begun, ends_on=date(2027, 1, 21))

    now, then = count(begun), count(begun, today=date(2027, 8, 31))

    assert (now.rolled_on, now.cells()["enrolments"]) == (TODAY, 4)
    assert (then.rolled_on, then.cells()["enrolments"]) == (date(2027, 1, 21), 4)
    seen = on_roll_seen(begun.room.clerk, then.rolled_on, begun.cast.hillside)
    assert seen.count() == 4
    assert on_roll_seen(begun.room.clerk, then.rolled_on, begun.cast.brook).count() == 0


def test_each_school_has_its_own_cells_and_together_they_are_the_whole(full):
    full.prosecution("charged", school=full.cast.brook)

    found = count(full)

    schools = found.by_school()
    hillside, brook = schools[full.cast.hillside.pk], schools[full.cast.brook.pk]
    assert (hillside["pn_issued"], brook["pn_issued"]) == (8, 0)
    assert (hillside["case_management"], brook["case_management"]) == (0, 1)
    assert hillside == found.cells(full.cast.hillside.pk)
    assert brook == found.cells(full.cast.brook.pk)
    whole = found.cells()
    assert all(whole[key] == sum(cells[key] for cells in schools.values()) for key in whole)


def test_the_days_of_a_representation_are_not_counted_before_the_lower_amount(begun):
    notice = begun.handed(date(2026, 10, 1))
    begun.room.represent(notice, date(2026, 10, 10))
    begun.room.answer(notice, date(2026, 10, 15))
    notice.refresh_from_db()
    begun.till.pay(
        notice, 80_00, date(2026, 10, 26)
    )  # day 26 since receipt, day 21 of those counted

    cells = count(begun).cells()

    assert (cells["pn_paid"], cells["pn_paid_21"], cells["pn_paid_22_28"]) == (1, 1, 0)


def test_a_notice_paid_before_it_was_served_is_paid_on_the_first_day(begun):
    begun.till.pay(begun.notice(date(2026, 10, 1)), 80_00, date(2026, 10, 2))

    assert count(begun).cells()["pn_paid_21"] == 1


def test_a_notice_whose_time_is_over_is_not_settled_yet(begun):
    begun.handed(date(2026, 10, 1))

    found = count(begun)

    assert found.cells()["pn_unresolved"] == 1
    (row,) = rows_behind(begun.room.legal, found.behind("pn_unresolved"), TODAY)
    assert row.says == "Not paid in time"


def test_a_year_is_counted_with_the_same_queries_for_one_notice_as_for_many(
    begun, django_assert_max_num_queries
):
    begun.till.pay(begun.handed(date(2026, 10, 1)), 80_00, date(2026, 10, 2))
    with django_assert_max_num_queries(20) as one:
        count(begun)
    for day in (2, 3, 4, 5):
        begun.till.pay(begun.handed(date(2026, 10, day)), 80_00, date(2026, 10, 6))
    begun.prosecution("charged")
    begun.contract(date(2026, 10, 1))

    with django_assert_max_num_queries(20) as many:
        count(begun)

    assert len(many) == len(one)


def test_the_years_to_choose_go_back_to_the_first_notice(begun):
    def years():
        return years_of(begun.cast.northmoor.pk, TODAY)

    assert years() == [2026, 2025]
    begun.notice(date(2025, 8, 31))
    assert years() == [2026, 2025, 2024]


# What somebody may see behind a cell


def test_behind_a_cell_stand_its_notices_oldest_first(full):
    found = count(full)

    rows = rows_behind(full.room.clerk, found.behind("reason_pn_hols"), TODAY)

    assert [row.on for row in rows] == [date(2026, 9, 1), date(2026, 10, 1), date(2026, 10, 5)]
    assert [row.says for row in rows] == [
        "Issued, the time to pay is running",
        "Paid",
        "Withdrawn",
    ]
    assert rows_behind(full.room.clerk, [], TODAY) == []


def test_a_restricted_case_is_counted_and_shown_to_its_named_people_alone(begun):
    begun.prosecution("charged")
    Case.objects.filter(pk=begun.case.pk).update(restricted=True)

    found = count(begun)

    assert found.cells()["case_management"] == 1
    assert rows_behind(begun.room.legal, found.behind("case_management"), TODAY) == []


# The return as it was kept


def test_a_return_is_kept_with_its_figures_its_file_and_who_made_it(full):
    made = save(full)

    assert (made.year, made.as_on, made.made_by) == (2026, TODAY, full.room.legal.user)
    assert {key: made.cells[key] for key in NOTICES} == NOTICES
    assert made.schools[full.cast.hillside.urn]["pn_issued"] == 8
    assert len(made.behind["reason_pn_hols"]) == 3
    assert "enrolments" not in made.behind
    assert made.sha256 == hashlib.sha256(made.content.encode()).hexdigest()
    entry = Event.objects.filter(kind="legal_return.made").get()
    assert entry.facts["year"] == "2026 to 2027"


def test_the_file_has_the_columns_of_the_return_and_one_line(full):
    header, line = csv.reader(save(full).content.splitlines())

    assert header == [
        "enrolments",
        "pn_issued",
        "pn_issued_rate",
        "reason_pn_hols",
        "reason_pn_late",
        "reason_pn_other",
        "pn_paid",
        "pn_paid_21",
        "pn_paid_22_28",
        "pn_withdrawn",
        "withdrawn_reason_conduct",
        "withdrawn_reason_wrong_issue",
        "withdrawn_reason_material_error",
        "withdrawn_reason_expiry_no_legal",
        "pn_prosecuted_non_payment",
        "pn_unresolved",
        "case_management",
        "case_management_prosecuted",
        "case_management_withdrawn_before_prosecution",
        "case_management_att_improved",
        "case_management_other",
        "parenting_orders_granted",
        "parenting_orders_implemented",
        "parenting_orders_not_lack_of_provision",
        "parenting_orders_not_breach_by_parent",
        "parenting_contracts_offered",
        "parenting_contracts_accepted",
        "supervision_orders_total",
        "supervision_orders_in_place",
        "supervision_orders_in_addition",
    ]
    assert line[:9] == ["1", "8", "800.0", "3", "2", "3", "3", "1", "2"]
    assert len(line) == len(COLUMNS)


def test_a_return_cannot_be_saved_while_a_sure_sum_fails(full):
    # Marked as paid, and no money lies on it.
    unpaid = PenaltyNotice.objects.filter(state="issued", issued_on=TODAY)
    unpaid.exclude(lane="excluded").update(state="paid")

    with pytest.raises(RuleNotMet) as refused:
        save(full)

    assert refused.value.message == (
        "This return cannot be saved or sent yet. “Paid: All” is 4, but its parts come to 3: Paid:"
        " Within 21 days 1; Paid: Within 22 to 28 days 2. Open the cells to find the difference."
    )
    assert not LegalReturn.objects.exists()


def test_a_notice_without_sessions_fails_the_sum_of_reasons(full):
    PenaltyNotice.objects.filter(state="prosecuted").update(sessions=[])

    with pytest.raises(RuleNotMet, match="“Penalty notices: Issued” is 8, but its parts come to 7"):
        save(full)


def test_another_sum_is_confirmed_with_a_reason_and_the_reason_is_kept(full):
    full.prosecution("preparing")

    with pytest.raises(InvalidInput, match=r"Say why this is right all the same\. “Cases led"):
        save(full)
    with pytest.raises(InvalidInput, match="Write 1,000 characters or fewer"):
        save(full, reasons={"cases": "x" * 1001})
    made = save(full, reasons={"cases": " One is still being prepared. ", "paid": "unasked"})

    assert list(made.notes) == ["cases"]
    assert made.notes["cases"]["reason"] == "One is still being prepared."
    assert "“Cases led towards prosecution: All” is 1" in made.notes["cases"]["sentence"]


def test_figures_that_changed_since_they_were_read_are_not_saved(full):
    seen = services.stamp(count(full))
    full.prosecution("charged")

    with pytest.raises(Conflict, match="The figures changed since you read the page"):
        save(full, seen=seen)


def test_the_same_return_is_not_saved_twice_on_one_day(full):
    first = save(full)

    with pytest.raises(Conflict, match=first.reference):
        save(full)
    later = save(full, today=date(2026, 11, 18))

    assert before(later) == first
    assert before(first) is None


def test_a_later_return_stands_beside_the_first_and_says_what_differs(full):
    first = save(full)
    unpaid = PenaltyNotice.objects.get(issued_on=date(2026, 9, 1))
    full.withdrawn(unpaid, "material_error")

    now = count(full)
    later = save(full)

    found = {
        one.column: (one.was, one.now, one.came, one.went)
        for one in differences(first, now.cells(), references_behind(now))
    }
    assert found == {
        "pn_withdrawn": (2, 3, (unpaid.reference,), ()),
        "withdrawn_reason_material_error": (0, 1, (unpaid.reference,), ()),
        "pn_unresolved": (2, 1, (), (unpaid.reference,)),
    }
    assert differences(later, now.cells(), references_behind(now)) == []
    first.refresh_from_db()
    assert first.cells["pn_withdrawn"] == 2


def test_a_saved_return_cannot_be_changed_or_deleted(full):
    made = save(full)

    for change in (
        lambda: LegalReturn.objects.filter(pk=made.pk).update(content=""),
        lambda: LegalReturn.objects.filter(pk=made.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert LegalReturn.objects.get().content == made.content


def test_a_year_that_has_not_begun_has_no_return(full):
    with pytest.raises(RuleNotMet, match="That year has not begun"):
        save(full, year=2027)


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.AUTHORISING_OFFICER, "northmoor"),
        (Role.SUPPORT_WORKER, "northmoor"),
        (Role.HEADTEACHER, "hillside"),
    ],
)
def test_only_the_council_makes_the_return(full, role, place):
    made = save(full, by=Role.NOTICE_CLERK)
    reach = full.room.reach(role, place)

    with pytest.raises(Forbidden, match="Only an officer of the council"):
        save(full, reach=reach)
    with pytest.raises(Forbidden):
        return_for(reach, made.reference)
    with pytest.raises(Forbidden):
        services.take_file(reach=reach, made=made)


def test_taking_the_file_is_written_down(full):
    made = save(full)

    assert services.take_file(reach=full.room.clerk, made=made) == made.content

    entry = Event.objects.filter(kind="list.exported").last()
    assert entry.facts["what"] == "the return of parental responsibility measures"


def test_a_return_that_is_not_there_is_not_found(full):
    with pytest.raises(NotFound, match="We cannot find that return"):
        return_for(full.room.clerk, "NOSUCHRTRN")
