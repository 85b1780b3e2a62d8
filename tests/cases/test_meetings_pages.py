"""The pages of contacts and meetings, as the officer goes through them."""

import pytest
import time_machine
from django.urls import reverse

from attendance.models import AdultLink, Contact
from audit.models import Event
from authorities.permissions import Role
from cases.models import Invited, Meeting, MeetingAction, Part
from cases.services import meetings
from tests.cases.meeting_scenes import (
    AFTER,
    arranged,
    case_of,
    held,
    parent_of,
    told,
    written,
)
from tests.cast import sign_in
from tests.letters.test_render import text_of


@pytest.fixture
def officer(client, family):
    """Hillside's attendance officer, signed in."""
    return sign_in(client, family.cast.officer)


def url(name, **kwargs):
    return reverse(f"cases:{name}", kwargs={"la": "990", **kwargs})


def says(response):
    return " ".join(response.content.decode().split())


def day(name, year, month, number):
    return {f"{name}_day": str(number), f"{name}_month": str(month), f"{name}_year": str(year)}


def asked(family, **changes):
    return {
        "kind": "dorset:attendance_meeting",
        **day("day", 2026, 11, 26),
        "at": "2:00pm",
        "length": "45",
        "place": "Room 4",
        "adults": [family.mother.reference],
        "pupil": "on",
        "leader": str(family.cast.officer.pk),
        "staff": [str(family.cast.officer.pk)],
        "others": "Jo Park, school nurse\n",
        **changes,
    }


def test_from_a_case_to_a_meeting_its_minutes_and_the_copy(officer, family):
    case = case_of(family)
    page = officer.get(url("case_contacts", reference=case.reference))
    assert "No meetings yet" in says(page)
    assert "Nobody has been in touch yet" in says(page)

    page = officer.get(url("meeting_arrange", reference=case.reference))
    assert "Inclusion Panel, held at the school" in says(page)
    assert "Notice: 1 week" in says(page)
    page = officer.post(url("meeting_arrange", reference=case.reference), asked(family))
    meeting = Meeting.objects.get()
    assert page.url == url("meeting", reference=meeting.reference)
    page = says(officer.get(page.url))
    assert "Meeting arranged. Nobody has been told yet." in page
    assert "26 November 2026 at 2:00pm to 2:45pm" in page
    assert "Jo Park" in page
    assert "school nurse" in page
    assert "Invite everybody" in page

    tell = url("meeting_tell", reference=meeting.reference)
    assert "Letter 4: attendance meeting" in says(officer.get(tell))
    people = [str(pk) for pk in meeting.invited.values_list("pk", flat=True)]
    officer.post(tell, {"told": people, "way": "call", "version": "1", **day("on", 2026, 11, 17)})
    assert not Invited.objects.filter(way="").exists()

    with time_machine.travel(AFTER, tick=False):
        sign_in(officer, family.cast.officer)  # nine days on, the session has ended
        page = officer.get(url("meeting_settle", reference=meeting.reference))
        assert "It went ahead without the family" not in says(page)
        officer.post(
            url("meeting_settle", reference=meeting.reference),
            {"event": "hold", "came": people, "version": "2", "also_there": "", "because": ""},
        )
        about = {"reference": meeting.reference, "case": case.reference}
        officer.post(
            url("meeting_minutes", **about),
            {
                "worried_health": "Sleeps badly",
                "well_education": "Likes art",
                "parent_said": "Mornings are hard",
                "pupil_said": "I like art",
                "decided": "Support agreed",
                "number": "0",
            },
        )
        officer.post(
            url("meeting_action", **about),
            {
                "words": "Ring at 8",
                "user": f"invited:{parent_of(meeting).pk}",
                **day("due_on", 2026, 12, 4),
            },
        )
        officer.post(
            url("meeting_copies", **about),
            {"to": [str(parent_of(meeting).pk)], "way": "by hand", **day("on", 2026, 11, 26)},
        )
        page = says(officer.get(url("meeting", reference=meeting.reference)))
        assert "Sleeps badly" in page
        assert "Ms Ada Larkfield</strong>: Ring at 8, by 4 December 2026" in page
        assert "Ms Ada Larkfield, letter by hand, 26 November 2026" in page
        action = MeetingAction.objects.get()
        officer.post(
            url("meeting_action_done", **about, action=action.pk), {"came_of_it": "She did"}
        )
        page = says(officer.get(url("meeting", reference=meeting.reference)))
        assert "She did" in page
        officer.post(
            url("meeting_minutes", **about),
            {"more": "And this", "decided": "other", "outcome": "Wait", "number": "1"},
        )
        page = says(officer.get(url("meeting", reference=meeting.reference)))
        assert "Put right 1 time" in page
        history = says(officer.get(url("case", reference=case.reference)))
        assert "Attendance meeting: minutes put right" in history
        assert "Attendance meeting of 26 November 2026: held" in history


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at": "noonish"}, "Enter a time such as 9:30 or 2:15pm"),
        (day("day", 2026, 11, 28), "The next school day is 30 November 2026"),
        (day("day", 2026, 11, 16), "That time has been already"),
        ({"kind": "own", "label": ""}, "Say what the meeting is called"),
        ({"kind": "nonsense"}, "Select a valid choice"),
        ({"place": "a\u202eb"}, "hidden character"),
        ({"others": "x" * 200}, "letters for each part"),
        ({"adults": ["nobody"]}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_kept(officer, family, change, words):
    page = officer.post(
        url("meeting_arrange", reference=case_of(family).reference), asked(family, **change)
    )

    assert words in says(page)
    assert not Meeting.objects.exists()


def test_an_adult_who_may_not_be_contacted_is_named_with_the_reason_and_not_offered(
    officer, family
):
    AdultLink.objects.filter(adult=family.mother).update(court_order="no information")

    page = says(officer.get(url("meeting_arrange", reference=case_of(family).reference)))

    assert "These people may not be invited" in page
    assert "must not be told about the pupil" in page
    assert f'value="{family.mother.reference}"' not in page


def test_a_case_without_any_adult_to_invite_can_still_have_a_meeting(officer, family):
    AdultLink.objects.all().update(may_contact="unknown")

    officer.post(
        url("meeting_arrange", reference=case_of(family).reference), asked(family, adults=[])
    )

    assert not Meeting.objects.get().invited.filter(part=Part.ADULT).exists()


def test_a_stale_page_is_refused_with_a_sentence(officer, family):
    meeting = told(family, arranged(family))

    page = officer.post(
        url("meeting_settle", reference=meeting.reference),
        {"event": "cancel", "because": "Ill", "version": "1"},
    )

    assert "Somebody has changed this meeting since you opened it" in says(page)
    meeting.refresh_from_db()
    assert meeting.state == "planned"


def test_a_meeting_is_called_off_or_moved_with_the_reason(officer, family):
    meeting = arranged(family)
    settle = url("meeting_settle", reference=meeting.reference)
    assert "Say why" in says(officer.post(settle, {"event": "cancel", "version": "1"}))

    answer = officer.post(
        url("meeting_move", reference=meeting.reference),
        {
            **day("day", 2026, 12, 3),
            "at": "9.30",
            "length": "30",
            "place": "By phone",
            "online": "on",
            "because": "Mum works",
            "version": "1",
        },
    )

    new = Meeting.objects.get(before=meeting)
    assert answer.url == url("meeting", reference=new.reference)
    old = says(officer.get(url("meeting", reference=meeting.reference)))
    assert "It was moved. Go on with the new date." in old
    assert "3 December 2026 at 9:30am" in old
    assert "By phone (online or by phone)" in says(officer.get(answer.url))
    page = officer.get(settle)  # nothing more can become of it
    assert page.url == url("meeting", reference=meeting.reference)


def test_a_visit_is_logged_from_the_case_with_who_went(officer, family):
    case = case_of(family)
    add = url("case_contact_add", reference=case.reference)
    assert "How?" in says(officer.get(add))

    page = officer.post(
        add,
        {
            "way": "visit",
            "visitors": "Jo Lark\n Sam  Reed \n",
            "risks": "Dog: rang first",
            "whom": family.mother.reference,
            "outcome": "spoke",
            **day("on", 2026, 11, 17),
            "at": "8:30",
            "child_seen": "on",
            "note": "He was in bed",
        },
    )

    assert page.url == url("case_contacts", reference=case.reference)
    assert Contact.objects.get().visitors == ["Jo Lark", "Sam Reed"]
    page = says(officer.get(page.url))
    assert "Home visit logged" in page
    assert "by Jo Lark and Sam Reed" in page
    assert "He was in bed" in page
    assert "Risk of the visit: Dog: rang first" in page


def test_a_contact_in_the_future_or_with_too_many_names_is_refused(officer, family):
    add = url("case_contact_add", reference=case_of(family).reference)
    sent = {
        "way": "visit",
        "whom": family.mother.reference,
        "outcome": "spoke",
        **day("on", 2026, 11, 17),
        "at": "23:30",
    }

    assert "That moment has not been yet" in says(officer.post(add, sent))
    many = officer.post(add, {**sent, "at": "8:00", "visitors": "\n".join("abcdefgh")})
    assert "Enter up to 6 names" in says(many)
    assert not Contact.objects.exists()


def test_a_clerk_sees_that_there_was_a_contact_and_a_meeting_but_not_what_was_said(client, family):
    row = held(family)
    written(family, row)
    clerk = sign_in(client, family.cast.person(Role.NOTICE_CLERK))

    page = says(clerk.get(url("meeting", reference=row.meeting.reference)))

    assert "Your role does not show what was said" in page
    assert "Sleeps badly" not in page
    record = url("meeting_record", reference=row.meeting.reference, case=row.case.reference)
    assert clerk.get(record).status_code == 403


def test_the_record_prints_and_a_parents_copy_says_nothing_of_the_other_parent(officer, family):
    meeting = arranged(family, adults=(family.mother.reference, family.father.reference))
    told(family, meeting)
    mother = meeting.invited.get(adult=family.mother)
    meetings.settle(
        reach=family.reach, meeting=meeting, version=2, event="hold", came=[mother.pk], now=AFTER
    )
    row = meeting.about.get()
    written(family, row)
    record = url("meeting_record", reference=meeting.reference, case=row.case.reference)

    own = officer.get(record)
    copy = officer.get(f"{record}?for={mother.pk}")

    assert own["Content-Disposition"] == f'inline; filename="meeting-{meeting.reference}.pdf"'
    assert "Mr Tom Reedham" in text_of(own.content)
    text = text_of(copy.content)
    assert "Reedham" not in text
    assert "Sleeps badly" in text
    assert "Support agreed" in text
    for secret in ("Orchard Row", "Mill Street", "ZZ99"):
        assert secret not in text_of(own.content)
        assert secret not in text
    assert set(
        Event.objects.filter(kind="meeting.printed").values_list("facts__copy", flat=True)
    ) == {"the school", "a parent"}
    AdultLink.objects.filter(adult=family.mother).update(may_contact="no")
    assert officer.get(f"{record}?for={mother.pk}").status_code == 404


def test_there_is_no_record_before_there_are_minutes(officer, family):
    row = held(family)

    answer = officer.get(
        url("meeting_record", reference=row.meeting.reference, case=row.case.reference)
    )

    assert answer.url == url("meeting", reference=row.meeting.reference)
    copies = url("meeting_copies", reference=row.meeting.reference, case=row.case.reference)
    assert "Write the minutes first." in says(officer.get(copies))


def test_a_meeting_about_many_pupils_shows_each_with_minutes_of_its_own(officer, family):
    case = case_of(family)
    assert "Arrange a meeting about many pupils" in says(officer.get(url("meetings")))
    page = officer.get(url("meeting_new"))
    assert "Inclusion Meeting with the Inclusion Lead" in says(page)
    assert "Inclusion Panel, held" not in says(page)  # the family comes to that one

    sent = asked(family, kind="dorset:inclusion_meeting")
    officer.post(url("meeting_new"), sent)
    meeting = Meeting.objects.get()
    assert "Put the pupils on the agenda" in says(
        officer.get(url("meeting", reference=meeting.reference))
    )
    add = url("meeting_add_case", reference=meeting.reference)
    assert case.pupil.name in says(officer.get(add))
    officer.post(add, {"case": case.reference, "version": "1"})

    page = says(officer.get(url("meeting", reference=meeting.reference)))
    assert f"Case {case.reference}" in page
    assert "Every open case of this school is on the agenda" in says(officer.get(add))


def test_somebody_of_several_schools_is_asked_which_first(client, family):
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))

    page = says(worker.get(url("meeting_new")))

    assert "At which school?" in page
    assert "Brook Academy" in page
    one = says(worker.get(url("meeting_new") + "?school=990001"))
    assert "What kind of meeting?" in one


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", "2 meetings"),
        ("whose=mine", "2 meetings"),
        ("when=coming", "1 meeting<"),
        ("when=week", "0 meetings"),
        ("when=open", "0 meetings"),
        ("minutes=missing", "1 meeting<"),
        ("minutes=copies", "0 meetings"),
        ("state=held", "1 meeting<"),
        ("school=990001", "2 meetings"),
    ],
)
def test_the_list_narrows(officer, family, query, count):
    held(family)
    arranged(family)

    assert count in says(officer.get(f"{url('meetings')}?{query}"))


def test_the_list_downloads_and_says_when_it_is_empty(officer, family):
    assert "Arrange a meeting from a case" in says(officer.get(url("meetings")))
    arranged(family)

    rows = officer.get(f"{url('meetings')}?export=csv")

    content = b"".join(rows) if rows.streaming else rows.content
    assert b"Attendance meeting" in content
    assert b"Robin" not in content
    assert Event.objects.get(kind="list.exported").facts["count"] == 1


def test_a_meeting_downloads_for_a_calendar(officer, family):
    meeting = arranged(family)

    answer = officer.get(url("meeting_ics", reference=meeting.reference))

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"].endswith(f'meeting-{meeting.reference}.ics"')
    assert b"BEGIN:VEVENT" in answer.content


def test_the_private_address_is_shown_once_and_works_without_signing_in(officer, client, family):
    arranged(family)
    page = officer.post(url("meeting_feed"), {"make": "1"}).content.decode()
    address = page.split('id="address"')[1].split('value="')[1].split('"')[0]
    path = address.removeprefix("http://testserver")
    assert path.endswith(".ics")
    assert path not in says(officer.get(url("meeting_feed")))

    client.logout()
    answer = client.get(path)
    assert answer.status_code == 200
    assert b"SUMMARY:Attendance meeting" in answer.content
    assert answer["Cache-Control"] == "no-store"
    assert client.get(path.replace("/990/", "/991/")).status_code == 404
    assert client.get(path.replace(".ics", "x.ics")).status_code == 404

    sign_in(client, family.cast.officer)
    assert "The address has ended" in says(
        client.post(url("meeting_feed"), {"revoke": "1"}, follow=True)
    )
    assert "There was none to end" in says(
        client.post(url("meeting_feed"), {"revoke": "1"}, follow=True)
    )
    client.logout()
    assert client.get(path).status_code == 404


def test_a_case_of_another_meeting_opens_nothing(officer, family):
    row = held(family)
    wrong = {"reference": row.meeting.reference, "case": "BBBBBBBBBB"}

    assert officer.get(url("meeting_minutes", **wrong)).status_code == 404
    about = {"reference": row.meeting.reference, "case": row.case.reference}
    assert officer.get(url("meeting_action_done", **about, action=999_999)).status_code == 404
