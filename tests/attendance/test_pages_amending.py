"""The pages on which the register is corrected: what they say, to whom, and what they refuse."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.models import ChangeState, MarkChange, MarkNote
from attendance.selectors.registers import marks_of
from attendance.services.registers import amend_mark
from audit.models import Event
from authorities.permissions import Role
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.cast import sign_in

MONDAY = date(2026, 11, 16)
OLD_DAY = date(2026, 10, 5)


@pytest.fixture
def school(cast):
    """Two pupils of Hillside were there all year; the first was N on Monday."""
    calendar(cast)
    a_year_of_marks(cast, absences=days_of("N", MONDAY))
    pupil = factories.pupil(cast.northmoor, upn="R990001264019")
    cast.second = factories.enrolment(pupil, cast.hillside, year_group="4", registration_group="4B")
    a_year_of_marks(cast, cast.second)
    return cast


def text_of(response):
    return " ".join(response.content.decode().split())


def session_page(cast, day="2026-11-16", half="am", page="pupil_session"):
    return reverse(f"attendance:{page}", args=["990", cast.pupil.reference, day, half])


def page(name, *more):
    return reverse(f"attendance:{name}", args=["990", *more])


def read(cast, day=MONDAY, enrolment=None):
    return " ".join(mark.code for mark in marks_of(enrolment or cast.enrolment, day, day))


# One mark


def test_the_officer_changes_a_mark_on_its_page_and_the_original_stays(school, client) -> None:
    sign_in(client, school.officer)
    shown = text_of(client.get(session_page(school)))
    assert "N: Reason not yet known" in shown
    assert "Change this mark" in shown

    answer = client.post(
        session_page(school, page="mark_change"),
        {"expected": "N", "code": "I", "reason": "Mother rang"},
        follow=True,
    )

    after = text_of(answer)
    assert "Mark changed. Figures follow within a minute." in after
    assert "Changed from N (Reason not yet known) to I (Illness)" in after
    assert "Entered as N (Reason not yet known)" in after
    assert "Attendance officer" in after
    assert read(school) == "I N"


def test_a_refused_code_keeps_what_was_typed_and_says_what_to_do(school, client) -> None:
    answer = sign_in(client, school.officer).post(
        session_page(school, page="mark_change"),
        {"expected": "N", "code": "B", "reason": "They went to the farm"},
    )

    shown = text_of(answer)
    assert answer.status_code == 200
    assert "Say what the activity is. Code B is for an activity in person and supervised." in shown
    assert "They went to the farm" in shown
    assert read(school) == "N N"


def test_a_stale_page_shows_both_values_and_can_be_sent_again(school, client) -> None:
    amend_mark(
        school=school.hillside,
        enrolment_id=school.enrolment.pk,
        when=DatedSession(MONDAY, Session.AM),
        expected="N",
        code="O",
        reason="a file",
        by=school.person(Role.HEADTEACHER, "hillside"),
        now=NOW,
    )
    sent = {"expected": "N", "code": "I", "reason": "Mother rang"}

    sign_in(client, school.officer)
    answer = client.post(session_page(school, page="mark_change"), sent)

    shown = text_of(answer)
    assert answer.status_code == 409
    assert 'You saw</dt><dd class="govuk-summary-list__value">N<' in shown
    assert 'It now reads</dt><dd class="govuk-summary-list__value">O<' in shown
    assert 'You wanted</dt><dd class="govuk-summary-list__value">I<' in shown
    assert 'name="expected" value="O"' in shown
    assert read(school) == "O N"
    client.post(session_page(school, page="mark_change"), sent | {"expected": "O"})
    assert read(school) == "I N"


def test_the_details_are_shown_beside_the_mark(school, client) -> None:
    sign_in(client, school.officer).post(
        session_page(school, page="mark_change"),
        {"expected": "N", "code": "U", "arrived_at": "10.05", "reason": "Seen at the gate"},
    )

    assert "U: arrived at 10:05" in text_of(client.get(session_page(school)))


def test_a_tutor_reads_the_history_without_a_form_or_a_hidden_code(school, client) -> None:
    sign_in(client, school.officer).post(
        session_page(school, page="mark_change"),
        {"expected": "N", "code": "M", "nature": "Hospital", "reason": "Letter"},
    )

    shown = text_of(
        sign_in(client, school.person(Role.TUTOR, "hillside")).get(session_page(school))
    )

    assert "Authorised absence" in shown
    assert "Change this mark" not in shown
    assert "Hospital" not in shown
    assert "Medical" not in shown


def test_a_session_that_the_school_did_not_have_offers_no_change(school, client) -> None:
    sign_in(client, school.officer)

    assert "Change this mark" not in text_of(client.get(session_page(school, "2026-11-15")))
    assert "Change this mark" not in text_of(client.get(session_page(school, "2026-11-18")))


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        (Role.TUTOR, "hillside", 403),
        (Role.SAFEGUARDING_LEAD, "hillside", 403),
        (Role.ATTENDANCE_OFFICER, "brook", 404),
        (Role.SUPPORT_WORKER, "northmoor", 403),
        (Role.SUPPORT_WORKER, "southvale", 404),
    ],
)
def test_the_wrong_people_cannot_send_the_form(school, client, role, place, status) -> None:
    answer = sign_in(client, school.person(role, place)).post(
        session_page(school, page="mark_change"), {"expected": "N", "code": "I", "reason": "x"}
    )

    assert answer.status_code == status
    assert read(school) == "N N"


def test_an_old_mark_waits_and_the_head_agrees(school, client) -> None:
    sign_in(client, school.officer)
    address = session_page(school, "2026-10-05", page="mark_change")
    assert "A second person must agree" in text_of(client.get(session_page(school, "2026-10-05")))
    said = text_of(
        client.post(address, {"expected": "/", "code": "I", "reason": "Letter"}, follow=True)
    )
    assert "This mark is old, so a second person must agree." in said
    assert "has asked for a change of this mark" in said
    change = MarkChange.objects.get()
    officers = text_of(client.get(page("correction", change.reference)))
    assert "Somebody else must agree" in officers
    assert "Agree and change the marks" not in officers
    assert client.post(page("correction_agree", change.reference)).status_code == 403

    sign_in(client, school.person(Role.HEADTEACHER, "hillside"))
    assert "1 correction waits for you" in text_of(client.get(page("corrections")))
    done = text_of(client.post(page("correction_agree", change.reference), follow=True))

    assert "You agreed: 1 mark changed." in done
    assert read(school, OLD_DAY) == "I \\"
    again = client.post(page("correction_agree", change.reference))
    assert again.status_code == 409


def test_a_request_is_declined_with_a_reason_or_withdrawn(school, client) -> None:
    sign_in(client, school.officer)
    for half, mark in (("am", "/"), ("pm", "\\")):
        client.post(
            session_page(school, "2026-10-05", half, page="mark_change"),
            {"expected": mark, "code": "I", "reason": "Letter"},
        )
    first, second = MarkChange.objects.order_by("pk")
    client.post(page("correction_withdraw", second.reference))
    sign_in(client, school.person(Role.ATTENDANCE_LEAD, "hillside"))

    empty = text_of(client.post(page("correction_decline", first.reference), {"because": ""}))
    client.post(page("correction_decline", first.reference), {"because": "No letter seen"})

    assert "Say why" in empty
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (ChangeState.DECLINED, ChangeState.WITHDRAWN)
    assert "No letter seen" in text_of(client.get(page("correction", first.reference)))
    assert read(school, OLD_DAY) == "/ \\"


# Many marks

SNOW = {
    "first_day": "16", "first_month": "11", "first_year": "2026",
    "halves": ["0", "1"], "who": "all", "code": "Y4", "reason": "Snow: the boiler failed",
}  # fmt: skip


@pytest.fixture
def snow(school, client):
    """The officer has a preview of Y4 for everybody on Monday."""
    sign_in(client, school.officer)
    client.post(page("correction_new"), SNOW | {"school": school.hillside.pk})
    return MarkChange.objects.get()


def test_a_closure_is_previewed_confirmed_and_undone(school, client, snow) -> None:
    preview = text_of(client.get(page("correction", snow.reference)))
    assert "Nothing has changed yet." in preview
    assert "Change 4 marks?" in preview
    assert read(school) == "N N"

    done = text_of(client.post(page("correction_confirm", snow.reference), follow=True))
    assert "Marks changed." in done
    assert (read(school), read(school, enrolment=school.second)) == ("Y4 Y4", "Y4 Y4")
    assert Event.objects.filter(kind="marks.changed", by=school.officer).count() == 1

    assert "Say why" in text_of(client.post(page("correction_undo", snow.reference), {}))
    undone = text_of(
        client.post(
            page("correction_undo", snow.reference), {"because": "The wrong day"}, follow=True
        )
    )
    assert "4 marks are as they were before this correction." in undone
    assert (read(school), read(school, enrolment=school.second)) == ("N N", "/ \\")
    assert client.post(page("correction_confirm", snow.reference)).status_code == 409
    assert client.post(
        page("correction_undo", snow.reference), {"because": "Again"}
    ).status_code == 409  # fmt: skip


def test_the_preview_sorts_filters_and_exports_without_a_name_in_an_address(
    school, client, snow
) -> None:
    address = page("correction", snow.reference)

    down = text_of(client.get(address, {"sort": "-from"}))
    only = text_of(client.get(address, {"outcome": "refused"}))
    exported = client.get(address, {"export": "csv"})

    assert "4 marks" in down
    assert "0 marks" in only
    rows = exported.content.decode("utf-8-sig").splitlines()
    assert rows[0] == "Pupil,UPN,Year,Group,Day,Half day,Reads,To,What happens"
    assert len(rows) == 5
    assert Event.objects.filter(kind="list.exported").count() == 1


@pytest.mark.parametrize(
    ("chosen", "pupils"),
    [
        ({"who": "years", "years": ["4"]}, "second"),
        ({"who": "groups", "groups": ["4B"]}, "second"),
        ({"who": "list", "upns": "R990001264019\n\n"}, "second"),
        # what belongs to another way of choosing does not count
        ({"who": "years", "years": ["4"], "upns": "rubbish"}, "second"),
    ],
)
def test_pupils_are_chosen_by_year_group_or_upn(school, client, chosen, pupils) -> None:
    sign_in(client, school.officer)

    client.post(page("correction_new"), SNOW | {"school": school.hillside.pk} | chosen)

    change = MarkChange.objects.get()
    assert set(change.rows.values_list("enrolment", flat=True)) == {school.second.pk}
    assert "R990001264019" not in change.selected


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"who": "years"}, "Select at least one year group"),
        ({"who": "groups"}, "Select at least one registration group"),
        ({"who": "list"}, "Enter at least one UPN"),
        ({"who": "list", "upns": "R990001264019\nB12"}, "Check these lines: 2"),
        ({"who": "list", "upns": "H801200001001"}, "of nobody on roll then: number 1"),
        ({"last_day": "13", "last_month": "11", "last_year": "2026"}, "on or after the first day"),
        ({"first_day": "15"}, "The school has no session then"),
        ({"first_day": "18"}, "must be on or before 17 November 2026"),
        ({"reason": ""}, "Say why these marks are changed"),
        ({"reason": "a\u202eb"}, "hidden character"),
        ({"halves": []}, "Select the morning, the afternoon or both"),
        ({"code": ""}, "Choose the code"),
        ({"code": "Z"}, "Z is not one of the available choices"),
        ({"school": ""}, "Choose the school"),
    ],
)
def test_what_is_wrong_with_the_choice_is_said_in_words(school, client, wrong, sentence) -> None:
    sign_in(client, school.officer)

    answer = client.post(page("correction_new"), SNOW | {"school": school.hillside.pk} | wrong)

    assert sentence in text_of(answer)
    assert not MarkChange.objects.exists()


def test_marks_that_are_not_possible_are_left_out_only_when_ticked(school, client) -> None:
    school.second.ends_on = date(2026, 11, 13)
    school.second.save()
    sign_in(client, school.officer)
    more = {"first_day": "12", "last_day": "16", "last_month": "11", "last_year": "2026"}
    client.post(
        page("correction_new"),
        SNOW | {"school": school.hillside.pk, "code": "B"} | more,
    )
    change = MarkChange.objects.get()
    assert "Say what the activity is." in text_of(client.get(page("correction", change.reference)))
    assert "Nothing would change" in text_of(client.get(page("correction", change.reference)))

    client.post(
        page("correction_new"),
        SNOW | {"school": school.hillside.pk, "code": "C2", "who": "years", "years": ["4"]} | more,
    )
    refused = MarkChange.objects.latest("pk")
    answer = client.post(page("correction_confirm", refused.reference))

    assert answer.status_code == 200
    assert "Nothing would change" in text_of(answer)


def test_a_trip_needs_its_nature_and_keeps_it(school, client) -> None:
    sign_in(client, school.officer)
    client.post(
        page("correction_new"),
        SNOW | {"school": school.hillside.pk, "code": "V", "nature": "Sea Life centre"},
    )
    change = MarkChange.objects.get()
    client.post(page("correction_confirm", change.reference))

    assert MarkNote.objects.filter(nature="Sea Life centre").count() == 4
    assert "Sea Life centre" in text_of(client.get(page("correction", change.reference)))


def test_a_changed_register_is_previewed_again_and_a_preview_can_be_thrown_away(
    school, client, snow
) -> None:
    amend_mark(
        school=school.hillside,
        enrolment_id=school.enrolment.pk,
        when=DatedSession(MONDAY, Session.AM),
        expected="N",
        code="I",
        reason="Rang",
        by=school.officer,
        now=NOW,
    )

    again = text_of(client.post(page("correction_confirm", snow.reference), follow=True))
    assert "The register has changed since the preview." in again
    assert read(school) == "I N"
    gone = text_of(client.post(page("correction_discard", snow.reference), follow=True))

    assert "Preview thrown away. Nothing was changed." in gone
    assert not MarkChange.objects.exists()


def test_present_for_both_halves_is_one_choice(school, client) -> None:
    sign_in(client, school.officer)
    client.post(page("correction_new"), SNOW | {"school": school.hillside.pk, "code": "/"})
    change = MarkChange.objects.get()

    assert "/ \\: Present" in text_of(client.get(page("correction", change.reference)))
    client.post(page("correction_confirm", change.reference))

    assert read(school) == "/ \\"


def test_a_waiting_closure_says_so_before_and_after(school, client) -> None:
    sign_in(client, school.officer)
    client.post(
        page("correction_new"),
        SNOW | {"school": school.hillside.pk, "first_day": "5", "first_month": "10"},
    )
    change = MarkChange.objects.get()

    assert "Ask a second person" in text_of(client.get(page("correction", change.reference)))
    said = text_of(client.post(page("correction_confirm", change.reference), follow=True))

    assert "Nothing changes until then." in said
    assert read(school, OLD_DAY) == "/ \\"


def test_nobody_sees_a_strangers_preview_or_correction(school, client, snow) -> None:
    for role, place, status in (
        (Role.HEADTEACHER, "hillside", 404),  # a preview is its author's alone
        (Role.ATTENDANCE_OFFICER, "brook", 404),
        (Role.TUTOR, "hillside", 404),
        (Role.SUPPORT_WORKER, "southvale", 404),
    ):
        sign_in(client, school.person(role, place))
        assert client.get(page("correction", snow.reference)).status_code == status
        assert client.post(page("correction_confirm", snow.reference)).status_code == status
    assert read(school) == "N N"


def test_another_schools_id_in_the_form_is_no_choice(school, client) -> None:
    answer = sign_in(client, school.officer).post(
        page("correction_new"), SNOW | {"school": school.brook.pk}
    )

    assert "Select a valid choice" in text_of(answer) or "Choose the school" in text_of(answer)
    assert not MarkChange.objects.exists()


@pytest.mark.parametrize("sort", ["reference", "code", "days", "-marks", "by", "-asked", "state"])
def test_the_list_of_corrections_sorts_filters_and_exports(school, client, snow, sort) -> None:
    client.post(page("correction_confirm", snow.reference))

    shown = text_of(client.get(page("corrections"), {"sort": sort, "state": "done"}))
    none = text_of(client.get(page("corrections"), {"state": "waiting"}))
    exported = client.get(page("corrections"), {"export": "csv"}).content.decode("utf-8-sig")

    assert snow.reference in shown
    assert "0 corrections" in none
    assert "Snow: the boiler failed" in exported


def test_the_list_asks_the_database_as_often_for_one_correction_as_for_many(
    school, client, snow
) -> None:
    client.post(page("correction_confirm", snow.reference))
    with CaptureQueriesContext(connection) as for_one:
        client.get(page("corrections"))
    for number in range(10):
        snow.pk, snow.reference, snow.state = None, f"COPY{number:06}", ChangeState.DONE
        snow.save()

    with CaptureQueriesContext(connection) as for_many:
        client.get(page("corrections"))

    assert len(for_many) == len(for_one)
