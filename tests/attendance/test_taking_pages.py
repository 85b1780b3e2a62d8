"""The pages of taking a register, as people meet them without a script."""

from datetime import date, time

import pytest
import time_machine
from django.urls import reverse

from attendance.models import MarkNote
from attendance.selectors.registers import marks_of
from authorities.permissions import Role
from rules.marks import Session
from tests.attendance.classes import GROUP, MORNING, a_class, arranged, at, form_of, its_tutor
from tests.cast import TODAY, Cast, sign_in

QUARTER_TO_NINE = at(8, 45)


@pytest.fixture(autouse=True)
def a_quarter_to_nine(standing_clock):
    with time_machine.travel(QUARTER_TO_NINE, tick=False):
        yield


@pytest.fixture
def three(cast: Cast):
    its_tutor(cast)
    return a_class(cast)


def url(half: str = "am", day: date = TODAY, group: str = GROUP) -> str:
    return reverse("attendance:register", args=["990", "990001", day.isoformat(), half, group])


def fields(cast: Cast, marks: list[str], **more: str) -> dict[str, str]:
    """What a browser sends for 7B's pupils in order."""
    sent = {"save": "1"}
    for (pk, based), mark in zip(form_of(cast).items(), marks, strict=True):
        sent |= {f"based-{pk}": based, f"mark-{pk}": mark}
    return sent | more


def codes(enrolments) -> list[str]:
    found = [marks_of(one, TODAY, TODAY) for one in enrolments]
    return ["".join(m.code for m in marks if m.session is Session.AM) for marks in found]


@pytest.fixture
def tutor(client, cast):
    return sign_in(client, cast.person(Role.TUTOR, "hillside"))


@pytest.fixture
def office(client, cast):
    return sign_in(client, cast.officer)


def test_a_class_is_shown_by_name_and_saved(tutor, cast, three):
    page = tutor.get(url()).content.decode()
    answer = tutor.post(url(), fields(cast, ["present", "N", "present"]), follow=True)

    assert page.index("Alder00, Robin") < page.index("Alder01, Robin") < page.index("Alder02")
    assert "This register closes at 9:00am." in page
    assert codes(three) == ["/", "N", "/"]
    said = answer.content.decode()
    assert "7B: 3 marks saved." in said
    assert "Saved by Tutor at Hillside at 8:45am." in said


def test_everyone_else_is_set_present_without_a_script_and_saved_by_the_next_press(
    tutor, cast, three
):
    arranged(cast, three[0])
    pressed = fields(cast, ["known", "N", ""]) | {"everyone": "1"}
    pressed.pop("save")

    page = tutor.post(url(), pressed).content.decode()

    assert codes(three) == ["", "", ""]
    pk = three[2].pk
    assert f'id="mark-{pk}-present" value="present" checked' in page
    assert f'id="mark-{three[1].pk}-N" value="N" checked' in page
    assert f'id="mark-{three[0].pk}-known" value="known" checked' in page
    assert "then save the register" in page


def test_what_is_known_is_said_beside_the_pupil(office, cast, three):
    arranged(cast, three[0])
    arranged(cast, three[1], kind="suspension", code="E", nature="")

    page = office.get(url()).content.decode()

    assert "Museum of the sea, until 20 November 2026" in page
    assert "Suspended, until 20 November 2026" in page
    assert f'id="mark-{three[0].pk}-known" value="known" checked' in page


def test_a_tutor_sees_that_an_absence_is_known_but_not_why(tutor, cast, three):
    arranged(cast, three[0], kind="suspension", code="E", nature="A fight")
    arranged(cast, three[1], kind="medical", code="M", nature="Clinic")
    arranged(cast, three[2], kind="leave", code="C", nature="A funeral")

    page = tutor.get(url()).content.decode()
    tutor.post(url(), fields(cast, ["known", "known", "known"]))

    for secret in ("Suspended", "fight", "Medical", "Clinic", "funeral"):
        assert secret not in page.replace("M: Medical", "").replace("E: Suspended", ""), secret
    assert page.count("Known absence: the attendance office has the reason") == 2
    assert "Leave of absence, until 20 November 2026" in page
    assert codes(three) == ["E", "M", "C"]


def test_a_hidden_code_is_not_lost_when_a_tutor_saves_the_class(client, cast, three):
    sign_in(client, cast.officer)
    client.post(url(), fields(cast, ["I", "", ""]))
    sign_in(client, cast.person(Role.TUTOR, "hillside"))

    page = client.get(url()).content.decode()
    answer = client.post(url(), fields(cast, ["keep", "present", "present"]), follow=True)

    pk = three[0].pk
    assert f'id="mark-{pk}-keep" value="keep" checked' in page
    assert "Recorded: Authorised absence" in page
    row = page[page.index(f'id="row-{pk}"') : page.index(f'id="row-{three[1].pk}"')]
    assert "Recorded: Illness" not in row
    assert codes(three) == ["I", "/", "/"]
    assert "2 marks saved" in answer.content.decode()


def test_a_form_does_not_give_a_hidden_code_away(client, cast, three):
    sign_in(client, cast.officer)
    client.post(url(), fields(cast, ["I", "N", ""]))
    sign_in(client, cast.person(Role.TUTOR, "hillside"))

    found = form_of(cast)

    assert all(len(mark) == 20 and mark.isalnum() for mark in found.values())
    assert len(set(found.values())) == 3


def test_an_officer_sees_the_recorded_code_and_its_detail(office, cast, three):
    pk = three[0].pk
    sent = fields(cast, ["other", "", ""]) | {f"other-{pk}": "V", f"detail-{pk}": "Museum"}
    office.post(url(), sent)

    page = office.get(url()).content.decode()

    assert "Recorded: Trip or visit with school staff (Museum)" in page
    assert f'id="mark-{pk}-keep" value="keep" checked' in page


def test_a_refusal_stands_at_the_pupil_and_everything_typed_is_kept(tutor, cast, three):
    one, two, three_pk = (pupil.pk for pupil in three)
    sent = fields(cast, ["late", "other", "present"])
    sent |= {f"at-{one}": "8.40", f"other-{two}": "B", f"detail-{two}": ""}

    page = tutor.post(url(), sent).content.decode()

    assert codes(three) == ["", "", ""]
    assert f'<a href="#row-{two}">Alder01, Robin: Say what the activity is.' in page
    assert f'id="problem-{two}"' in page
    assert f'name="at-{one}" value="8.40"' in page
    assert f'id="mark-{one}-late" value="late" checked' in page
    assert '<option value="B" selected data-needs>B: Another approved' in page
    assert f'id="mark-{three_pk}-present" value="present" checked' in page


@pytest.mark.parametrize("typed", ["quarter to nine", "8:75", "25:00", "8"])
def test_a_time_that_is_none_is_refused_and_shown_again(tutor, cast, three, typed):
    pk = three[0].pk

    page = tutor.post(url(), fields(cast, ["late", "", ""]) | {f"at-{pk}": typed})

    said = page.content.decode()
    assert "Enter the time as hours and minutes" in said
    assert f'value="{typed}"' in said


@pytest.mark.parametrize("mark", ["absent", "/", "everyone"])
def test_a_mark_that_the_page_does_not_offer_is_refused(tutor, cast, three, mark):
    page = tutor.post(url(), fields(cast, [mark, "", ""]))

    assert "Choose one of the marks." in page.content.decode()
    assert codes(three) == ["", "", ""]


@pytest.mark.parametrize("code", ["#", "Z", "H", "ZZ", "/"])
def test_a_code_that_the_list_does_not_offer_is_refused(tutor, cast, three, code):
    sent = fields(cast, ["other", "", ""]) | {f"other-{three[0].pk}": code}

    page = tutor.post(url(), sent)

    assert "Choose a code from the list." in page.content.decode()
    assert codes(three) == ["", "", ""]


@pytest.mark.parametrize("detail", ["x" * 121, "Museum\u202e"])
def test_a_detail_that_is_too_long_or_hides_characters_is_refused(tutor, cast, three, detail):
    pk = three[0].pk
    sent = fields(cast, ["other", "", ""]) | {f"other-{pk}": "V", f"detail-{pk}": detail}

    page = tutor.post(url(), sent)

    assert "Use 120 letters or fewer" in page.content.decode()
    assert codes(three) == ["", "", ""]


def test_a_changed_mark_asks_for_a_reason_from_the_list(tutor, cast, three):
    tutor.post(url(), fields(cast, ["N", "N", "N"]))

    page = tutor.post(url(), fields(cast, ["present", "N", "N"])).content.decode()
    tutor.post(
        url(), fields(cast, ["present", "N", "N"], reason="Corrected while taking the register")
    )

    assert "Select why you are changing marks" in page
    assert codes(three) == ["/", "N", "N"]


def test_the_one_before_is_shown_when_the_pupil_was_away(tutor, cast, three):
    tutor.post(url(), fields(cast, ["N", "present", "late"]) | {f"at-{three[2].pk}": "8:40"})

    with time_machine.travel(at(13, 5), tick=False):
        page = tutor.get(url("pm")).content.decode()

    assert page.count("Absent this morning (N)") == 1
    assert "Absent Monday afternoon" not in page


def test_a_day_before_is_named_by_its_weekday(tutor, cast, three):
    from attendance.services.registers import record_marks
    from tests.attendance.registers import frame

    record_marks(
        school=cast.hillside,
        marks=frame(
            [
                (three[0].pk, date(2026, 11, 16), 1, "I"),
                (three[1].pk, date(2026, 11, 16), 1, "O"),
                (three[2].pk, date(2026, 11, 16), 1, "U"),
            ]
        ),
        batch=None,
        by=cast.officer,
        reason="",
        now=at(8, 0),
    )

    page = tutor.get(url()).content.decode()

    assert "Absent Monday afternoon</li>" in page
    assert "Absent Monday afternoon (O)" in page
    assert "Came late in the afternoon of Monday (U)" in page


def test_the_minutes_are_shown_beside_a_late_mark(tutor, cast, three):
    tutor.post(url(), fields(cast, ["late", "", ""]) | {f"at-{three[0].pk}": "0842"})

    assert "12 minutes late: L" in tutor.get(url()).content.decode()


def test_after_the_close_the_page_says_so_and_still_saves(tutor, cast, three):
    with time_machine.travel(at(9, 12), tick=False):
        page = tutor.get(url()).content.decode()
        answer = tutor.post(url(), fields(cast, ["present"] * 3), follow=True)

    assert "This register closed at 9:00am. You can still save it" in page
    said = answer.content.decode()
    assert "after the register closed at 9:00am" in said
    assert "Saved by Tutor at Hillside at 9:12am, after the register had closed." in said


def test_a_register_to_come_shows_no_form(tutor, cast, three):
    tomorrow = tutor.get(url(day=date(2026, 11, 18))).content.decode()
    afternoon = tutor.get(url("pm")).content.decode()
    sunday = tutor.get(url(day=date(2026, 11, 15))).content.decode()
    refused = tutor.post(url("pm"), {"save": "1"}).content.decode()

    assert "It can be taken on that day." in tomorrow
    assert "can be taken from 12:00pm" in afternoon
    assert "no register to take" in sunday
    assert "data-register" not in tomorrow + afternoon + sunday
    assert "can be taken from 12:00pm" in refused


@pytest.mark.parametrize(
    "there",
    [
        url("noon"),
        url(group="9Z"),
        url().replace("2026-11-17", "tuesday"),
        url(day=date(1999, 1, 4)),
    ],
)
def test_an_address_that_is_no_register_cannot_be_found(tutor, cast, three, there):
    assert tutor.get(there).status_code == 404


def test_a_form_for_a_class_that_nobody_is_in_cannot_be_found(tutor, cast, three):
    assert tutor.post(url(group="9Z"), {"save": "1"}).status_code == 404


def test_somebody_else_who_takes_it_is_shown_as_covering(office, cast, three):
    page = office.get(url()).content.decode()
    office.post(url(), fields(cast, ["present"] * 3))

    assert "You are covering for Tutor at Hillside." in page
    assert "Saved by Attendance officer at Hillside (covering) at 8:45am." in (
        office.get(url()).content.decode()
    )


def test_two_people_meet_and_both_values_are_shown(client, cast, three):
    opened = fields(cast, ["present", "present", "late"]) | {f"at-{three[2].pk}": "8:41"}
    sign_in(client, cast.officer)
    client.post(url(), fields(cast, ["N", "", "I"]))
    sign_in(client, cast.person(Role.TUTOR, "hillside"))

    page = client.post(url(), opened).content.decode()

    assert codes(three) == ["N", "/", "I"]
    assert "recorded 2 marks of 7B" in page
    assert (
        "Keep N Reason not yet known, recorded by Attendance officer at Hillside at 8:45am" in page
    )
    assert "Change it to yours: / Present for the morning register" in page
    assert "Keep • Authorised absence" in page
    assert "Change it to yours: L Late, before the register closed, at 8:41am" in page
    assert "Illness" not in page


def test_a_clash_is_settled_by_the_form_of_the_page(client, cast, three):
    opened = fields(cast, ["present", "", "late"]) | {f"at-{three[2].pk}": "8:41"}
    sign_in(client, cast.officer)
    client.post(url(), fields(cast, ["N", "", "N"]))
    sign_in(client, cast.person(Role.TUTOR, "hillside"))
    client.post(url(), opened)
    settled = fields(cast, ["keep", "", "late"], reason="Corrected while taking the register")

    client.post(url(), settled | {f"at-{three[2].pk}": "8:41"})

    assert codes(three) == ["N", "", "L"]
    assert MarkNote.objects.get().arrived_at == time(8, 41)


def test_a_script_gets_a_word_instead_of_a_page(tutor, cast, three):
    json = {"HTTP_ACCEPT": "application/json"}
    sent = fields(cast, ["present", "late", "N"])

    refused = tutor.post(url(), sent, **json)
    saved = tutor.post(url(), sent | {f"at-{three[1].pk}": "8:40"}, **json)

    assert refused.json() == {"saved": False}
    assert saved.json() == {"saved": True, "go": url()}
    assert codes(three) == ["/", "L", "N"]


def test_the_banner_counts_pupils_without_a_mark_and_those_who_left(tutor, cast, three):
    sent = fields(cast, ["present", "", "present"])
    three[2].registration_group = "7C"
    three[2].save()

    said = tutor.post(url(), sent, follow=True).content.decode()

    assert "7B: 1 mark saved." in said
    assert "1 pupil without a mark." in said
    assert "1 pupil of your form left this class meanwhile" in said


def test_sending_it_twice_says_that_nothing_is_different(tutor, cast, three):
    sent = fields(cast, ["present"] * 3)
    tutor.post(url(), sent)

    assert (
        "No mark is different from before" in tutor.post(url(), sent, follow=True).content.decode()
    )


def test_a_class_of_thirty_asks_few_questions(tutor, cast, django_assert_max_num_queries):
    its_tutor(cast)
    a_class(cast, 30)
    sent = fields(cast, ["present"] * 28 + ["N", "N"])

    with django_assert_max_num_queries(28):
        tutor.get(url())
    # Six of these only hold and leave the transaction and its scope.
    with django_assert_max_num_queries(24):
        assert tutor.post(url(), sent).status_code == 302
    assert MORNING.day == TODAY
