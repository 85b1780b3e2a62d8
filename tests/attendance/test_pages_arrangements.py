"""The pages of arrangements, leave, part-time timetables, evidence and two registers."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendance.models import (
    Arrangement,
    ArrangementKind,
    EvidenceRequest,
    LeaveRequest,
    PartTimeAgreement,
)
from attendance.services import arrangements, leave
from attendance.services.registers import record_marks
from audit.models import Event
from audit.record import Kind
from authorities.permissions import Role
from rules.leave import Purpose
from tests import factories
from tests.attendance import agreed as scene
from tests.attendance.registers import frame
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.cast import Cast, sign_in

LA = "/la/990/"


@pytest.fixture(name="office")
def an_office(cast: Cast, client: Client) -> Cast:
    """The officer is signed in; the pupil has a parent and marks up to yesterday."""
    cast.hillside.attendance_contact, cast.hillside.phone = "Jo Lark", "01632 960123"
    cast.hillside.save()
    calendar(cast)
    factories.adult(cast.pupil, title="Ms", forenames="Ada", surname="Larkfield")
    absences = days_of("N", date(2026, 11, 12), date(2026, 11, 13))
    a_year_of_marks(cast, absences=absences)
    sign_in(client, cast.officer)
    return cast


def text_of(page: Any) -> str:
    """The words of a page, without its tags."""
    words = re.sub(r"<[^>]*>", " ", page.content.decode())
    return " ".join(unescape(words).split())


def when(name: str, day: date) -> dict[str, str]:
    """A date as the three boxes of a form send it."""
    parts = {"day": day.day, "month": day.month, "year": day.year}
    return {f"{name}_{part}": str(number) for part, number in parts.items()}


def seen_in(page: Any) -> str:
    """The digest of the preview on a page."""
    found = re.search(r'name="seen" value="(\w+)"', page.content.decode())
    assert found, "there is no preview"
    return found[1]


def confirmed(client: Client, address: str, data: dict[str, Any], *, amend: bool = True) -> Any:
    """Send a form, read what will happen, and confirm."""
    shown = client.post(address, data)
    more = {"amend": "yes"} if amend else {}
    return client.post(address, {**data, **more, "seen": seen_in(shown)}, follow=True)


def add(cast: Cast, kind: str) -> str:
    return f"{LA}arrangements/add/{kind}/?pupil={cast.pupil.reference}&school=990001"


FAITH = {
    **when("starts_on", date(2026, 11, 12)),
    **when("ends_on", date(2026, 11, 13)),
    "nature": "Diwali",
    "body": "The temple",
}


def test_an_arrangement_is_read_before_it_is_agreed(office, client):
    first = client.post(add(office, "religious"), FAITH)
    page = text_of(first)

    assert "Thursday 12 November to Friday 13 November 2026" in page
    assert "4 sessions will be filled in as R" in page
    assert "Thursday 12 November 2026, morning: N → R" in page
    assert not Arrangement.objects.exists()

    done = confirmed(client, add(office, "religious"), FAITH)

    assert "Agreed. The register will be filled in with it." in text_of(done)
    assert "Diwali (The temple)" in text_of(done)
    assert Arrangement.objects.get().code == "R"


def test_a_confirmation_of_something_else_shows_the_preview_again(office, client):
    page = client.post(add(office, "religious"), {**FAITH, "seen": "former"})

    assert "Something changed since you looked" in text_of(page)
    assert not Arrangement.objects.exists()


def test_a_refusal_says_what_to_do(office, client):
    data = {**FAITH, "how_much": "whole", "nature": "Showman"}

    page = text_of(client.post(add(office, "mobile"), data))

    assert "There is a problem" in page
    assert "only for travelling that a parent" in page


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("dual", "Which other school?"),
        ("alternative", "Who arranged it?"),
        ("suspension", "Education is due from the sixth school day"),
        ("trip", "What kind of activity is it?"),
        ("study", "When is the last paper?"),
        ("other", "Another unavoidable cause (Y7)"),
        ("medical", "What is known? (optional)"),
    ],
)
def test_each_kind_asks_its_own_questions(office, client, kind, says):
    assert says in text_of(client.get(add(office, kind)))


def test_half_days_of_a_week_are_ticked(office, client):
    monday = {**when("starts_on", date(2026, 12, 7)), **when("ends_on", date(2026, 12, 18))}
    data = {**monday, "how_much": "week", "other_school": "The Unit"}

    without = text_of(client.post(add(office, "dual"), data))
    done = confirmed(client, add(office, "dual"), {**data, "pattern": ["0", "9"]})

    assert "Tick the half days of each week that it covers" in without
    assert "Mon a.m., Fri p.m." in text_of(done)
    assert Arrangement.objects.get().pattern == "10000000010000"


def test_a_trip_for_a_class(office, client):
    office.enrolment.registration_group = "7A"
    office.enrolment.save()
    friend = factories.pupil(office.northmoor, forenames="Ash")
    factories.enrolment(friend, office.hillside, registration_group="7A")
    stays = factories.pupil(office.northmoor, forenames="Fern")
    factories.enrolment(stays, office.hillside, registration_group="7A")

    assert "7A" in text_of(client.get(f"{LA}arrangements/add/"))
    kinds = client.get(f"{LA}arrangements/add/?group=990001:7A")
    assert "Leave of absence" not in text_of(kinds).split("What kind of arrangement is it?")[1]
    day = date(2026, 12, 7)
    data = {
        **when("starts_on", day),
        **when("ends_on", day),
        "how_much": "whole",
        "code": "V",
        "nature": "Museum of Mills",
        "pupils": [office.pupil.reference, friend.reference],
    }
    address = f"{LA}arrangements/add/trip/?group=990001:7A"
    done = text_of(confirmed(client, address, data))

    assert "Agreed for 2 pupils" in done
    assert "Agreed together for 2 pupils" in done
    assert Arrangement.objects.count() == 2
    row = Arrangement.objects.first()
    end = f"{LA}arrangements/{row.reference}/end/"
    assert "End it for all 2 pupils" in text_of(client.get(end))
    ended = {**when("last_day", date(2026, 12, 6)), "because": "No coach", "everybody": "on"}
    assert "Never began" in text_of(client.post(end, ended, follow=True))
    assert Arrangement.objects.filter(ended_on=None).count() == 0
    again = text_of(client.post(end, ended))
    assert "This was ended already" in again


def test_a_group_that_is_not_there_is_not_found(office, client):
    assert client.get(f"{LA}arrangements/add/?group=990001:9Z").status_code == 404
    assert client.get(f"{LA}arrangements/add/nothing/", follow=True).status_code == 200


def test_changing_starts_from_what_was_agreed(office, client):
    (row,) = scene.agree(
        office,
        scene.told(ArrangementKind.DUAL, ends_on=date(2026, 12, 11), other_school="The Unit"),
    )
    page = client.get(f"{LA}arrangements/{row.reference}/")
    address = f"{LA}arrangements/add/dual/?instead_of={row.reference}"
    assert address in page.content.decode()
    assert 'value="The Unit"' in client.get(address).content.decode()
    other_kind = client.get(address.replace("dual", "medical"))
    assert other_kind.status_code == 302
    nine, eleven = date(2026, 12, 9), date(2026, 12, 11)
    data = {**when("starts_on", nine), **when("ends_on", eleven)}

    confirmed(client, address, {**data, "how_much": "mornings", "other_school": "The Unit"})

    row.refresh_from_db()
    assert row.ended_on == date(2026, 12, 8)
    assert Arrangement.objects.exclude(pk=row.pk).get().instead_of == row


def test_overlaps_and_attended_sessions_are_shown(office, client):
    scene.agree(office, scene.told(ArrangementKind.MEDICAL, starts_on=date(2026, 11, 16)))
    sixteen = date(2026, 11, 16)
    data = {**when("starts_on", sixteen), **when("ends_on", sixteen), "how_much": "whole"}

    page = text_of(client.post(add(office, "illness"), data))

    assert "Something else is agreed for some of these sessions already" in page
    assert "The register says that the pupil was there. These marks stay" in page


def test_the_list_filters_and_exports(office, client):
    scene.agree(office, scene.told())
    (never,) = scene.agree(office, scene.told(ArrangementKind.MEDICAL))
    arrangements.end_early(
        reach=scene.office(office),
        arrangements=[never],
        last_day=date(2026, 11, 30),
        because="Cancelled",
        now=NOW,
    )

    def kinds(query: str) -> list[str]:
        page = text_of(client.get(f"{LA}arrangements/{query}")).split("arrangement")[-1]
        return [kind for kind in ("Trip, sport", "Medical or dental") if kind in page]

    everything = client.get(f"{LA}arrangements/?when=all&export=csv")
    assert kinds("") == ["Trip, sport"]
    assert kinds("?when=ended") == ["Medical or dental"]
    assert kinds("?when=all") == ["Trip, sport", "Medical or dental"]
    assert kinds("?when=now") == []
    assert kinds("?when=all&kind=medical") == ["Medical or dental"]
    assert everything["Content-Type"].startswith("text/csv")
    assert b"".join(everything).count(b"\n") == 3
    assert Event.objects.filter(kind=Kind.EXPORTED).count() == 1


def test_a_suspension_says_how_much_of_the_year_it_takes(office, client):
    week = {"starts_on": date(2026, 11, 23), "ends_on": date(2026, 11, 27)}
    (row,) = scene.agree(office, scene.told(ArrangementKind.SUSPENSION, **week))
    more = {"starts_on": date(2026, 11, 30), "ends_on": date(2026, 12, 1)}
    (after,) = scene.agree(
        office, scene.told(ArrangementKind.EXCLUSION, **more, nothing_arranged=True)
    )

    first = text_of(client.get(f"{LA}arrangements/{row.reference}/"))
    second = text_of(client.get(f"{LA}arrangements/{after.reference}/"))

    assert "Suspended this school year, with this 5 days of at most 45" in first
    assert "Education is due from" not in first
    assert "Education is due from 30 November 2026" in second
    assert "of at most 45" not in second


def test_a_tutor_sees_no_arrangements(office, client):
    sign_in(client, office.person(Role.TUTOR, "hillside"))

    assert client.get(f"{LA}arrangements/").status_code == 403
    page = client.get(f"{LA}pupils/{office.pupil.reference}/")
    assert "arrangements/" not in page.content.decode()


def test_a_pupils_page_lists_all_that_is_agreed(office, client):
    scene.agree(office, scene.told())
    scene.a_request(office)
    scene.evidence(office)

    page = text_of(client.get(f"{LA}pupils/{office.pupil.reference}/arrangements/"))

    assert "Trip, sport or other school activity" in page
    assert "7 December 2026 to 11 December 2026 , a family emergency or bereavement" in page
    assert "12 November 2026 to 13 November 2026 : waiting" in page


# Leave


def record_data(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "asked_by": scene.parent_of(cast.enrolment).reference,
        "way": "paper",
        **when("asked_on", date(2026, 11, 16)),
        **when("first_day", date(2026, 12, 7)),
        **when("last_day", date(2026, 12, 11)),
        "purpose": "emergency",
        "reason": "A funeral abroad",
        **changes,
    }


def as_head(cast: Cast, client: Client) -> None:
    sign_in(client, cast.person(Role.HEADTEACHER, "hillside"))


def test_from_the_paper_to_the_letter(office, client):
    recorded = client.post(
        f"{LA}pupils/{office.pupil.reference}/leave/add/", record_data(office), follow=True
    )
    row = LeaveRequest.objects.get()
    page = f"{LA}leave/{row.reference}/"
    assert "The headteacher decides this request." in text_of(recorded)
    assert client.get(f"{page}decide/").status_code == 403

    as_head(office, client)
    assert "1 request to decide" in text_of(client.get(f"{LA}leave/"))
    decide = text_of(client.get(f"{page}decide/"))
    assert "bound by the regulations" in decide
    assert "the code is O (absent, other or unknown reason)" in decide
    data = {
        "answer": "grant",
        "ground": "exceptional",
        "said": "Funeral of a grandparent",
        **when("first", date(2026, 12, 7)),
        **when("last", date(2026, 12, 8)),
        "reason": "Two days are enough to travel",
    }
    granted = confirmed(client, f"{page}decide/", data)
    assert "Exceptional circumstances (C)" in text_of(granted)
    assert "Expected back 9 December 2026" in text_of(granted)

    letter = text_of(client.post(f"{page}letter/", follow=True))
    assert "Leave of absence: agreed in part" in letter
    assert "Monday 7 December to Tuesday 8 December 2026" in letter
    assert "Back to the request for leave" in letter
    assert "Leave of absence: agreed in part" in text_of(client.get(f"{LA}letters/"))
    assert "draft" in text_of(client.get(page))
    again = text_of(client.post(f"{page}letter/", follow=True))
    assert "The answer waits already" in again


def test_a_holiday_has_no_ground_and_its_refusal_says_what_absence_is(office, client):
    row = scene.a_request(office, purpose=Purpose.HOLIDAY)
    page = f"{LA}leave/{row.reference}/"
    as_head(office, client)
    grant = {
        "answer": "grant",
        "ground": "exceptional",
        "said": "Cheap flights",
        **when("first", date(2026, 12, 7)),
        **when("last", date(2026, 12, 11)),
    }

    assert "There is no lawful ground for this" in text_of(client.get(f"{page}decide/"))
    assert "There is a problem" in text_of(client.post(f"{page}decide/", grant))
    without = text_of(client.post(f"{page}decide/", {"answer": "refuse"}))
    assert "Say why you refuse" in without
    nothing = text_of(client.post(f"{page}decide/", {"answer": "grant"}))
    assert "Select the ground on which you grant leave" in nothing
    assert "Enter the first day granted" in nothing
    done = client.post(f"{page}decide/", {"answer": "refuse", "reason": "No ground"}, follow=True)

    assert "the code is G (holiday without leave)" in text_of(done)
    assert "10 sessions here" in text_of(done)
    closed = client.get(f"{page}decide/", follow=True)
    assert "no longer open" in text_of(closed)


def test_a_request_is_corrected_withdrawn_and_refused_in_words(office, client):
    row = scene.a_request(office)
    page = f"{LA}leave/{row.reference}/"
    correction = {key: value for key, value in record_data(office).items() if "ask" not in key}

    wrong = {**correction, **when("last_day", date(2026, 12, 1))}
    assert "must be on or after the first day" in text_of(client.post(f"{page}correct/", wrong))
    assert "A funeral" in text_of(client.post(f"{page}correct/", correction, follow=True))
    weekend = correction | when("first_day", date(2026, 12, 12))
    weekend |= when("last_day", date(2026, 12, 13))
    assert "does not meet" in text_of(client.post(f"{page}correct/", weekend))
    assert "withdrawn" in text_of(client.post(f"{page}withdraw/", follow=True))
    assert "This request is: withdrawn" in text_of(client.post(f"{page}withdraw/", follow=True))
    assert "no answer to write" in text_of(client.post(f"{page}letter/", follow=True))


def test_a_request_that_cannot_be_is_shown_again(office, client):
    address = f"{LA}pupils/{office.pupil.reference}/leave/add/"
    scene.a_request(office)

    page = text_of(client.post(address, record_data(office)))

    assert "This request waits for an answer already" in page
    assert "Select who asks" in text_of(client.post(address, {}))


def past_leave(cast: Cast) -> LeaveRequest:
    """Leave of last Thursday and Friday, granted; the pupil was there on Monday."""
    first, last = date(2026, 11, 12), date(2026, 11, 13)
    row = scene.a_request(cast, first_day=first, last_day=last)
    answer = leave.Answer("exceptional", "A funeral", first, last, "")
    head = scene.head(cast)
    seen = leave.preview(row, answer, reach=head, today=scene.TODAY).digest
    return leave.grant(
        row, reach=head, answer=answer, seen=seen, amend=True, now=NOW, today=scene.TODAY
    )


def test_the_return_is_proposed_from_the_register(office, client):
    row = past_leave(office)
    page = f"{LA}leave/{row.reference}/"

    assert "1 return to check" in text_of(client.get(f"{LA}leave/"))
    assert "Return to check" in text_of(client.get(f"{LA}leave/?state=return"))
    assert "The leave is over" in text_of(client.get(page))
    form = text_of(client.get(f"{page}return/"))
    assert "Expected back on 16 November 2026." in form
    assert "in school on 16 November 2026" in form
    assert "Select whether" in text_of(client.post(f"{page}return/", {}))
    assert "Enter the day" in text_of(client.post(f"{page}return/", {"back": "yes"}))
    early = {"back": "yes", **when("returned_on", date(2026, 11, 13))}
    assert "day of return must be after" in text_of(client.post(f"{page}return/", early))
    not_yet = text_of(client.post(f"{page}return/", {"back": "no"}, follow=True))
    assert "Not back yet" in not_yet
    back = {"back": "yes", **when("returned_on", date(2026, 11, 16))}
    assert "The pupil is back" in text_of(client.post(f"{page}return/", back, follow=True))
    assert "0 requests" in text_of(client.get(f"{LA}leave/?state=return"))


def test_the_list_of_leave_filters_and_exports(office, client):
    scene.a_request(office)
    leave.refuse(
        scene.a_request(office, purpose=Purpose.HOLIDAY, last_day=date(2026, 12, 8)),
        reach=scene.head(office),
        reason="No ground",
        now=NOW,
    )

    exported = client.get(f"{LA}leave/?export=csv")
    assert b"".join(exported).count(b"\n") == 3
    assert "2 requests" in text_of(client.get(f"{LA}leave/"))
    for query in ("?state=asked", "?state=decided", "?purpose=holiday"):
        assert ">1 request<" in client.get(f"{LA}leave/{query}").content.decode()


# Part-time timetables


def agreement_data(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "for_behaviour": "no",
        "aim": "Full time by January",
        "why": "She recovers slowly",
        "consent_by": scene.parent_of(cast.enrolment).reference,
        **when("consent_on", date(2026, 11, 16)),
        **when("starts_on", date(2026, 11, 23)),
        **when("ends_on", date(2026, 12, 18)),
        "pattern": ["1", "3", "5", "7", "9"],
        **when("review_on", date(2026, 12, 7)),
        **changes,
    }


def test_a_part_time_timetable_from_agreement_to_going_on(office, client):
    address = f"{LA}pupils/{office.pupil.reference}/part-time/add/"
    form = text_of(client.get(address))
    assert "reviewed every 10 school days at least" in form
    behaviour = agreement_data(office, for_behaviour="yes")
    assert "may not be used to manage" in text_of(client.post(address, behaviour))
    empty = agreement_data(office, pattern=[])
    assert "Tick the half days" in text_of(client.post(address, empty))

    done = text_of(confirmed(client, address, agreement_data(office)))
    row = PartTimeAgreement.objects.get()
    page = f"{LA}part-time/{row.reference}/"
    assert "Mon p.m., Tue p.m., Wed p.m., Thu p.m., Fri p.m." in done
    assert "Ms Ada Larkfield, 16 November 2026" in done
    assert "Not yet" in text_of(client.get(f"{LA}part-time/?state=untold"))

    told = text_of(client.post(f"{page}council/", when("told_on", date(2027, 1, 1))))
    assert "cannot be in the future" in told
    client.post(f"{page}council/", when("told_on", date(2026, 11, 17)))
    assert "0 timetables" in text_of(client.get(f"{LA}part-time/?state=untold"))
    assert "0 timetables" in text_of(client.get(f"{LA}part-time/?state=due"))
    assert "1 timetable" in text_of(client.get(f"{LA}part-time/?state=all"))

    review = {"outcome": "goes on", "note": "Well", **when("held_on", date(2026, 11, 17))}
    assert "within 10 school days" in text_of(client.get(f"{page}review/"))
    missing = text_of(client.post(f"{page}review/", review))
    assert "Enter the day of the next review" in missing
    again = {**review, **when("next_on", date(2026, 11, 30))}
    assert "It goes on as agreed" in text_of(client.post(f"{page}review/", again, follow=True))

    extend = f"{address}?extends={row.reference}"
    assert "Why must it go on?" in text_of(client.get(extend))
    more = agreement_data(
        office,
        extended_because="She was in hospital",
        **when("starts_on", date(2027, 1, 5)),
        **when("ends_on", date(2027, 1, 22)),
        **when("review_on", date(2027, 1, 15)),
    )
    assert "She was in hospital" in text_of(confirmed(client, extend, more))


def test_the_list_for_the_council_has_what_it_asks(office, client):
    scene.a_timetable(office)

    exported = b"".join(client.get(f"{LA}part-time/?export=csv")).decode()

    assert "UPN,Date of birth,URN" in exported
    assert "990001" in exported
    assert ",5," in exported  # half days a week in school


def test_a_timetable_whose_review_was_missed_says_so(office, client):
    row = scene.a_timetable(
        office,
        first=date(2026, 11, 3),
        last=date(2026, 11, 27),
        consent_on=date(2026, 11, 2),
        review_on=date(2026, 11, 13),
    )

    page = text_of(client.get(f"{LA}part-time/"))

    assert "1 review due." in page
    assert "Review overdue" in page
    row.arrangement.ends_on = date(2026, 11, 16)
    row.arrangement.save()
    assert "Ended" in text_of(client.get(f"{LA}part-time/?state=all"))


def test_another_pupils_agreement_is_not_gone_on_with(office, client):
    other = factories.pupil(office.northmoor)
    factories.adult(other)
    factories.enrolment(other, office.hillside)
    row = scene.a_timetable(office)

    page = client.get(f"{LA}pupils/{other.reference}/part-time/add/?extends={row.reference}")

    assert "Why must it go on?" not in text_of(page)


def test_a_preview_that_is_out_of_date_is_shown_again(office, client):
    address = f"{LA}pupils/{office.pupil.reference}/part-time/add/"

    page = client.post(address, {**agreement_data(office), "seen": "former"})

    assert "Something changed since you looked" in text_of(page)
    row = scene.a_request(office)
    as_head(office, client)
    data = {
        "answer": "grant",
        "ground": "exceptional",
        "said": "A funeral",
        **when("first", date(2026, 12, 7)),
        **when("last", date(2026, 12, 11)),
        "seen": "former",
    }
    page = client.post(f"{LA}leave/{row.reference}/decide/", data)
    assert "Something changed since you looked" in text_of(page)


# Medical evidence


def test_the_law_stands_on_the_page_that_asks(office, client):
    address = f"{LA}pupils/{office.pupil.reference}/medical-evidence/add/"
    data = {
        **when("first_day", date(2026, 11, 12)),
        **when("last_day", date(2026, 11, 13)),
        "ground": "length",
        "doubt": "Six days",
        "asked_of": scene.parent_of(office.enrolment).reference,
        **when("asked_on", date(2026, 11, 16)),
    }

    form = text_of(client.get(address))
    assert "A local policy cannot widen this." in form
    assert "names 5 school days" in form
    assert "That alone is no reason to ask" in form
    assert "Length alone is no doubt" in text_of(client.post(address, data))
    data |= {"ground": "doubt", "doubt": "Met at the fair"}
    assert "Waiting" in text_of(client.post(address, data, follow=True))
    row = EvidenceRequest.objects.get()
    page = f"{LA}medical-evidence/{row.reference}/"
    early = {"outcome": "given", **when("on", date(2026, 11, 1))}
    assert "on or after the day of asking" in text_of(client.post(page, early))
    given = {"outcome": "given", **when("on", date(2026, 11, 17)), "note": "A prescription"}
    assert "A prescription" in text_of(client.post(page, given, follow=True))
    listed = client.get(f"{LA}medical-evidence/?outcome=given")
    assert "1 request" in text_of(listed)
    exported = client.get(f"{LA}medical-evidence/?export=csv")
    assert b"".join(exported).count(b"\n") == 2


def test_support_that_is_freely_given_never_makes_an_absence_unauthorised(office, client):
    row = scene.evidence(office, ground="support", doubt="The nurse can plan with it")

    page = text_of(client.get(f"{LA}medical-evidence/{row.reference}/"))

    assert "stays authorised whatever comes of this" in page


# As many questions for thirty rows as for one


LISTS = ["arrangements/?when=all", "leave/", "part-time/?state=all", "medical-evidence/"]


def more_families(cast: Cast, number: int) -> None:
    """Pupils with everything that the lists show."""
    for _ in range(number):
        pupil = factories.pupil(cast.northmoor)
        factories.adult(pupil)
        one = replace(cast, pupil=pupil, enrolment=factories.enrolment(pupil, cast.hillside))
        scene.agree(one, scene.told())
        scene.a_request(one)
        scene.a_timetable(one)
        scene.evidence(one)


@pytest.mark.parametrize("address", LISTS)
def test_a_list_asks_as_much_for_thirty_rows_as_for_one(office, client, address):
    more_families(office, 1)
    client.get(LA + address)
    with CaptureQueriesContext(connection) as for_one:
        client.get(LA + address)
    more_families(office, 29)

    with CaptureQueriesContext(connection) as for_many:
        page = client.get(LA + address)

    assert page.content.count(b'scope="row"') >= 30
    assert len(for_many) == len(for_one)


# Without adults


def test_without_an_adult_the_pages_say_to_add_one(cast, client):
    calendar(cast)
    sign_in(client, cast.officer)
    pupil = f"{LA}pupils/{cast.pupil.reference}/"

    for page in ("leave/add/", "part-time/add/", "medical-evidence/add/"):
        assert "Add one first." in text_of(client.get(pupil + page)), page


# Two schools


def test_two_registers_are_shown_with_what_is_to_settle(office, client):
    main, second = scene.twins(office)
    monday = date(2026, 11, 9)
    for one, codes in ((main, "/D"), (second, "/\\")):
        rows = [(one.pk, monday, half, codes[half]) for half in (0, 1)]
        record_marks(
            school=one.school, marks=frame(rows), batch=None, by=None, reason="start", now=NOW
        )
    address = f"{LA}pupils/{main.pupil.reference}/two-schools/?school=990001"

    page = text_of(client.get(f"{address}&weeks=2"))

    assert "You do not see its codes." in page
    assert "Both registers expect the pupil in this session" in page
    assert "Monday 9 November 2026, afternoon D Present Present" in page
    assert "Registered at two schools" in text_of(client.get(f"{LA}two-schools/"))
    assert "Northmoor Unit" in text_of(client.get(f"{LA}two-schools/"))
    exported = client.get(f"{LA}two-schools/?export=csv")
    assert b"Northmoor Unit" in b"".join(exported)
    only = f"{LA}pupils/{office.pupil.reference}/two-schools/"
    assert client.get(only).status_code == 404
    assert client.get(f"{address}&weeks=x").status_code == 200


def test_an_empty_form_for_leave_is_printed_from_the_list(office, client):
    signed = sign_in(client, office.officer)
    listed = signed.get("/la/990/leave/").content.decode()
    assert 'href="/la/990/leave/form/"' in listed

    form = text_of(signed.get("/la/990/leave/form/"))

    assert "Child's name" in form
    assert "A family emergency or bereavement" in form
    assert "A holiday by itself is not a reason" in form
    assert office.pupil.surname not in form
