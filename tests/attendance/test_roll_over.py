"""Rolling a school over: who moves up, what stays, undo; and nothing resets on 1 September."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from attendance.models import Enrolment, Leaving, Placement, PupilStanding, RollOver, RollOverRow
from attendance.selectors import yearend as selectors
from attendance.selectors.books import book_of
from attendance.services import yearend_leaving
from attendance.services import yearend_roll_over as services
from attendance.services.registers import record_marks
from attendance.services.sweeps import sweep_authority
from audit.models import Event
from authorities.access import Forbidden, reach_of
from authorities.permissions import Role
from rules.dates import days_between
from rules.errors import Conflict, RuleNotMet
from tests import factories
from tests.attendance.moved import LAST_DAY, a_roll_over, goodbye, lead
from tests.attendance.registers import TERMS, frame, school_year
from tests.attendance.scenes import NOW
from tests.cast import sign_in

AFTER = datetime(2027, 7, 22, 9, tzinfo=UTC)
DAY_AFTER = date(2027, 7, 22)


@pytest.fixture
def school(cast):
    """Hillside: one pupil in Year 4, one in Year 6, one without a year group, one still to come."""
    school_year(cast.hillside, 2025)
    school_year(cast.hillside, 2026)
    for pupil, year_group, group in (
        (cast.pupil, "4", "4A"),
        (factories.pupil(cast.northmoor, born_on=date(2016, 5, 4), surname="Six"), "6", "6A"),
    ):
        Enrolment.objects.update_or_create(
            authority=cast.northmoor,
            school=cast.hillside,
            pupil=pupil,
            defaults={
                "starts_on": date(2025, 9, 1),
                "year_group": year_group,
                "registration_group": group,
            },
        )
    cast.pupil.born_on = date(2018, 5, 4)
    cast.pupil.save()
    cast.enrolment.refresh_from_db()
    return cast


def year_six(cast):
    return Enrolment.objects.get(school=cast.hillside, registration_group="6A")


def reach(cast, role=Role.ATTENDANCE_LEAD, day=DAY_AFTER, place="hillside"):
    return reach_of(cast.person(role, place), cast.northmoor, day)


def confirm(cast, one):
    return services.confirm(reach=reach(cast), roll_over=one, now=AFTER)


def groups(cast):
    rows = Enrolment.objects.filter(school=cast.hillside).order_by("pk")
    return [(row.year_group, row.registration_group, row.ends_on) for row in rows]


def test_the_preview_moves_everybody_up_and_the_oldest_out(school) -> None:
    blank = factories.enrolment(factories.pupil(school.northmoor), school.hillside)
    factories.enrolment(
        factories.pupil(school.northmoor), school.hillside, starts_on=date(2027, 9, 1)
    )
    factories.enrolment(
        factories.pupil(school.northmoor), school.hillside, ends_on=date(2026, 10, 1)
    )

    one = a_roll_over(school)

    rows = {
        row.row.enrolment_id: (row.kind, row.row.new_year_group, row.row.new_group, row.look_at)
        for row in selectors.rows_of(one)
    }
    assert one.year == 2027
    assert rows == {
        school.enrolment.pk: ("up", "5", "5A", ()),
        year_six(school).pk: (
            "leaves",
            "",
            "",
            ("Leaves at compulsory school age, and nobody says where to",),
        ),
        blank.pk: (
            "stays",
            "",
            "",
            (
                "No year group is recorded",
                "The year group is not the usual one for the pupil's age",
                "No year group to move to",
            ),
        ),
    }
    assert [row.starts_on for row in selectors.waiting_intake(school.hillside, LAST_DAY)] == [
        date(2027, 9, 1)
    ]
    assert groups(school)[0] == ("4", "4A", None)  # nothing was done


def test_confirming_moves_all_at_once_and_keeps_what_was(school) -> None:
    one = a_roll_over(school)

    confirm(school, one)

    assert groups(school) == [("5", "5A", None), ("6", "6A", LAST_DAY)]
    assert selectors.placement_in(school.enrolment, 2026) == ("4", "4A")
    school.enrolment.refresh_from_db()
    assert selectors.placement_in(school.enrolment, 2027) == ("5", "5A")
    gone = Leaving.objects.get()
    assert (gone.ground, gone.last_day) == ("oldest-year", LAST_DAY)
    event = Event.objects.get(kind="roll.over_done")
    assert (event.facts["year"], event.facts["up"], event.facts["left"]) == ("2027/28", 1, 1)


def test_it_waits_for_the_last_day(school) -> None:
    one = a_roll_over(school)
    with pytest.raises(RuleNotMet, match="Confirm on or after 21 July 2027"):
        services.confirm(reach=reach(school, day=date(2027, 7, 20)), roll_over=one, now=AFTER)
    services.confirm(reach=reach(school, day=LAST_DAY), roll_over=one, now=AFTER)


def test_two_people_confirm_it_once(school) -> None:
    one = a_roll_over(school)
    confirm(school, one)
    with pytest.raises(Conflict, match="no preview any more"):
        confirm(school, one)
    assert groups(school)[0] == ("5", "5A", None)


def test_a_pupil_changed_since_the_preview_stops_it(school) -> None:
    one = a_roll_over(school)
    Enrolment.objects.filter(pk=school.enrolment.pk).update(registration_group="4B")

    with pytest.raises(Conflict, match="1 pupil was changed since"):
        confirm(school, one)
    assert groups(school)[0] == ("4", "4B", None)
    assert Placement.objects.count() == 0
    looks = {row.row.enrolment_id: row.look_at for row in selectors.rows_of(one)}
    assert looks[school.enrolment.pk] == ("Changed since this preview was made",)


def test_a_pupil_who_joined_since_the_preview_stops_it(school) -> None:
    one = a_roll_over(school)
    factories.enrolment(
        factories.pupil(school.northmoor), school.hillside, starts_on=date(2027, 7, 1)
    )

    with pytest.raises(Conflict, match="1 pupil joined since"):
        confirm(school, one)
    assert groups(school)[0] == ("4", "4A", None)


@pytest.mark.parametrize(("ends_on", "rows"), [(date(2027, 7, 23), 1), (date(2027, 10, 22), 2)])
def test_a_pupil_with_a_day_to_leave_moves_up_while_it_is_in_the_new_year(
    school, ends_on, rows
) -> None:
    Enrolment.objects.filter(pk=school.enrolment.pk).update(ends_on=ends_on)
    one = a_roll_over(school)

    assert one.rows.filter(year_group__in=["4", "6"]).count() == rows
    confirm(school, one)
    after = ("5", "5A") if rows == 2 else ("4", "4A")
    assert groups(school)[0] == (*after, ends_on)


def test_a_leaver_who_is_to_leave_later_already_stops_it(client, school) -> None:
    given = goodbye(last_day=date(2027, 9, 30))
    yearend_leaving.leave(reach=reach(school), enrolment=year_six(school), goodbye=given, now=AFTER)
    one = a_roll_over(school)

    with pytest.raises(RuleNotMet, match="comes off the roll already, on a later day"):
        confirm(school, one)
    assert Leaving.objects.count() == 1
    with time_machine.travel(AFTER, tick=False):
        sign_in(client, school.person(Role.HEADTEACHER, "hillside"))
        address = reverse("attendance:year_end_confirm", args=["990", one.reference])
        page = client.post(address, follow=True)
    row = one.rows.get(enrolment=year_six(school))
    assert page.redirect_chain[-1][0].endswith(f"/year-end/{one.reference}/pupils/{row.pk}/")
    assert "choose otherwise" in page.content.decode()


def test_a_leaver_on_another_ground_is_refused_with_all_the_rest(school) -> None:
    one = a_roll_over(school)
    row = one.rows.get(enrolment=school.enrolment)
    services.change_row(
        reach=lead(school),
        roll_over=one,
        row=row,
        outcome="leaves",
        year_group="",
        group="",
        ground="home-education",
        destination="",
    )

    with pytest.raises(RuleNotMet, match="A pupil of 4A cannot leave in a roll-over"):
        confirm(school, one)
    assert groups(school)[1] == ("6", "6A", None)


def test_the_preview_can_be_edited_row_by_row_and_group_by_group(school) -> None:
    one = a_roll_over(school)
    services.map_groups(reach=lead(school), roll_over=one, names={"4A": "Oak", "6A": "Elm"})
    stays = one.rows.get(enrolment=year_six(school))
    services.change_row(
        reach=lead(school),
        roll_over=one,
        row=stays,
        outcome="stays",
        year_group="6",
        group="6A",
        ground="",
        destination="",
    )
    with pytest.raises(RuleNotMet, match="Select the lawful ground"):
        services.change_row(
            reach=lead(school),
            roll_over=one,
            row=stays,
            outcome="leaves",
            year_group="6",
            group="6A",
            ground="",
            destination="",
        )

    confirm(school, one)

    assert groups(school) == [("5", "Oak", None), ("6", "6A", None)]


def test_there_is_one_roll_over_into_a_year(school) -> None:
    one = a_roll_over(school)
    with pytest.raises(Conflict, match="There is a roll-over into that school year already"):
        a_roll_over(school)
    services.discard(reach=lead(school), roll_over=one)
    assert a_roll_over(school).reference != one.reference


def test_a_day_with_nobody_on_roll_has_no_preview(school) -> None:
    with pytest.raises(RuleNotMet, match="Nobody is on roll"):
        services.draft(
            reach=lead(school), school=school.hillside, last_day=date(2020, 7, 1), now=NOW
        )


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.ATTENDANCE_OFFICER, "hillside"),
        (Role.SAFEGUARDING_LEAD, "hillside"),
        (Role.HEADTEACHER, "brook"),
        (Role.SUPPORT_WORKER, "northmoor"),
    ],
)
def test_only_head_and_lead_roll_over(school, role, place) -> None:
    one = a_roll_over(school)
    who = reach(school, role, place=place)
    for go in (
        lambda: services.confirm(reach=who, roll_over=one, now=AFTER),
        lambda: services.discard(reach=who, roll_over=one),
        lambda: services.undo(reach=who, roll_over=one, because="x", now=AFTER),
        lambda: services.draft(reach=who, school=school.hillside, last_day=LAST_DAY, now=NOW),
    ):
        with pytest.raises(Forbidden):
            go()


# Undo


def test_undo_puts_everybody_back(school) -> None:
    one = a_roll_over(school)
    before = groups(school)
    confirm(school, one)

    services.undo(reach=reach(school), roll_over=one, because="Wrong groups", now=AFTER)

    assert groups(school) == before
    assert Placement.objects.count() == 0
    assert Leaving.objects.get().undone_because == "Wrong groups"
    with pytest.raises(Conflict, match="nothing to undo"):
        services.undo(reach=reach(school), roll_over=one, because="Again", now=AFTER)
    confirm(school, a_roll_over(school))  # and it can be done again
    assert groups(school)[0] == ("5", "5A", None)


@pytest.mark.parametrize(("days", "open_"), [(30, True), (31, False)])
def test_thirty_days_are_left_to_undo(school, days, open_) -> None:
    one = a_roll_over(school)
    confirm(school, one)
    later = AFTER + timedelta(days=days)

    def go():
        services.undo(reach=reach(school), roll_over=one, because="x", now=later)

    if open_:
        go()
        assert groups(school)[0] == ("4", "4A", None)
    else:
        with pytest.raises(Conflict, match="More than 30 days"):
            go()
        assert "More than 30 days" in services.no_undo(RollOver.objects.get(), later)


def test_a_register_of_the_new_year_ends_the_undo(client, school) -> None:
    school_year_of_2027(school)
    one = a_roll_over(school)
    confirm(school, one)
    mark(school, [(date(2027, 9, 2), 0, "/")])

    with pytest.raises(Conflict, match="Registers of the new school year were taken"):
        services.undo(reach=reach(school), roll_over=one, because="x", now=AFTER)
    with time_machine.travel(AFTER, tick=False):
        sign_in(client, school.person(Role.HEADTEACHER, "hillside"))
        page = client.get(reverse("attendance:year_end_one", args=["990", one.reference]))
    assert "It stays as it is." in page.content.decode()
    assert "Put everybody back" not in page.content.decode()


def test_a_group_changed_since_ends_the_undo(school) -> None:
    one = a_roll_over(school)
    confirm(school, one)
    Enrolment.objects.filter(pk=school.enrolment.pk).update(registration_group="5B")
    with pytest.raises(Conflict, match="changed since the roll-over"):
        services.undo(reach=reach(school), roll_over=one, because="x", now=AFTER)


# Nothing resets on 1 September


def school_year_of_2027(cast):
    TERMS.setdefault(2027, [(date(2027, 9, 2), date(2027, 10, 22))])
    school_year(cast.hillside, 2027)


def mark(cast, rows):
    record_marks(
        school=cast.hillside,
        marks=frame([(cast.enrolment.pk, *row) for row in rows]),
        batch=None,
        by=cast.officer,
        reason="start",
        now=AFTER,
    )


def test_the_threshold_runs_on_through_the_roll_over_and_the_years_figures_start_fresh(
    school,
) -> None:
    """As T18: two sessions in July, a roll-over, eight in September: met; the year has eight."""
    school_year_of_2027(school)
    mark(school, [(date(2027, 7, 20), half, "O") for half in (0, 1)])
    confirm(school, a_roll_over(school))
    september = [
        day for day in days_between(date(2027, 9, 2), date(2027, 9, 7)) if day.weekday() < 5
    ]
    mark(school, [(day, half, "O") for day in september for half in (0, 1)])
    today = september[-1]
    school.enrolment.refresh_from_db()

    book = book_of(school.enrolment, school.pupil.born_on, today=today)
    sweep_authority(school.northmoor.pk, as_of=today, full=True, now=AFTER)
    standing = PupilStanding.objects.get(enrolment=school.enrolment, year=2027)

    assert (len(september), book.proof.current.count, book.proof.still_met) == (4, 10, True)
    assert (book.tally.absent, book.tally.possible) == (8, 8)
    assert (standing.window_count, standing.unauthorised, standing.possible) == (10, 8, 8)
    assert selectors.placement_in(school.enrolment, 2026) == ("4", "4A")


# Pages


def test_the_pages_preview_edit_confirm_and_undo(client, school) -> None:
    sign_in(client, school.person(Role.HEADTEACHER, "hillside"))
    start = reverse("attendance:year_end", args=["990", "990001"])
    assert "No roll-over yet" in client.get(start).content.decode()
    day = {"last_day_day": "21", "last_day_month": "7", "last_day_year": "2027"}
    page = client.post(start, day, follow=True)
    assert "You can confirm it on or after 21 July 2027" in page.content.decode()
    assert "already" in client.post(start, day).content.decode()
    one = RollOver.objects.get()
    row = RollOverRow.objects.get(enrolment=school.enrolment)
    edit = reverse("attendance:year_end_row", args=["990", one.reference, row.pk])
    assert client.get(edit).status_code == 200
    bad = client.post(edit, {"outcome": "leaves"})
    assert "Select the lawful ground" in bad.content.decode()
    client.post(edit, {"outcome": "up", "year_group": "5", "group": "5C"})
    missing = reverse("attendance:year_end_row", args=["990", one.reference, 999999])
    assert client.get(missing).status_code == 404
    names = reverse("attendance:year_end_groups", args=["990", one.reference])
    assert "4A becomes" in client.get(names).content.decode()
    client.post(names, {"group_0": "5D"})
    ref = {"la": "990", "reference": one.reference}
    early = client.post(reverse("attendance:year_end_confirm", kwargs=ref), follow=True)
    assert "Confirm on or after" in early.content.decode()

    with time_machine.travel(AFTER, tick=False):
        sign_in(client, school.person(Role.HEADTEACHER, "hillside"))
        done = client.post(reverse("attendance:year_end_confirm", kwargs=ref), follow=True)
        assert "Everybody is in 2027/28" in done.content.decode()
        assert groups(school)[0] == ("5", "5D", None)
        undo = reverse("attendance:year_end_undo", kwargs=ref)
        assert "Enter why you put it back" in client.post(undo, {}).content.decode()
        back = client.post(undo, {"because": "Wrong groups"}, follow=True)
        assert "Everybody is back" in back.content.decode()
        again = client.post(undo, {"because": "Wrong groups"}, follow=True)
        assert "nothing to undo" in again.content.decode()
        discard = client.post(reverse("attendance:year_end_discard", kwargs=ref), follow=True)
        assert "no preview any more" in discard.content.decode()
        for address in (names, edit):
            sent = {"group_0": "5D", "outcome": "up", "year_group": "5", "group": "5D"}
            assert "no preview any more" in client.post(address, sent).content.decode()
        assert "roll-over" in client.get(start).content.decode().lower()


def test_a_preview_is_thrown_away_on_its_page(client, school) -> None:
    one = a_roll_over(school)
    sign_in(client, school.person(Role.HEADTEACHER, "hillside"))
    page = client.post(
        reverse("attendance:year_end_discard", args=["990", one.reference]), follow=True
    )
    assert "Nothing was changed" in page.content.decode()


def test_the_preview_can_be_taken_away(client, school) -> None:
    one = a_roll_over(school)
    sign_in(client, school.person(Role.HEADTEACHER, "hillside"))
    address = reverse("attendance:year_end_one", args=["990", one.reference])

    text = client.get(f"{address}?export=csv").content.decode("utf-8-sig")

    assert text.splitlines()[0] == "Pupil,Now,Becomes,After,To look at"
    assert "Leaves with the oldest year group" in text


def test_a_past_years_register_says_that_years_group(client, school) -> None:
    mark(school, [(date(2027, 7, 20), 0, "/")])
    confirm(school, a_roll_over(school))
    school_year_of_2027(school)
    mark(school, [(date(2027, 9, 2), 0, "/")])
    address = reverse("attendance:pupil_register", args=["990", school.pupil.reference])

    with time_machine.travel(datetime(2027, 9, 3, 9, tzinfo=UTC), tick=False):
        sign_in(client, school.officer)
        past = client.get(f"{address}?year=2026").context["caption"]
        now = client.get(f"{address}?year=2027").context["caption"]

    assert past == "Hillside School, Year 4, 4A"
    assert now == "Hillside School, Year 5, 5A"


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("?outcome=leaves", 1), ("?group=4A", 1), ("?look=yes", 1)],
)
def test_the_list_narrows(client, school, query, count) -> None:
    one = a_roll_over(school)
    sign_in(client, school.person(Role.HEADTEACHER, "hillside"))
    address = reverse("attendance:year_end_one", args=["990", one.reference])
    assert client.get(address + query).context["list"].total == count


def test_a_leaver_who_was_there_after_the_last_day_stops_it(school) -> None:
    one = services.draft(
        reach=lead(school), school=school.hillside, last_day=date(2027, 7, 19), now=NOW
    )
    row = one.rows.get(enrolment=year_six(school))
    record_marks(
        school=school.hillside,
        marks=frame([(row.enrolment_id, LAST_DAY, 0, "/")]),
        batch=None,
        by=school.officer,
        reason="start",
        now=AFTER,
    )
    services.change_row(
        reach=lead(school),
        roll_over=one,
        row=row,
        outcome="leaves",
        year_group="",
        group="",
        ground="died",
        destination="",
    )
    row.enrolment.pupil.born_on = date(2010, 1, 1)  # past school age: no return is due
    row.enrolment.pupil.save()

    with pytest.raises(RuleNotMet, match="was here after the last day"):
        confirm(school, one)
