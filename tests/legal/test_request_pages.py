"""The pages of requests: what each shows, to whom, and what a press of each button does."""

import html
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from authorities.permissions import Role
from cases.models import Case
from cases.services import casework
from legal.models import NoticeRequest, PenaltyNotice, RequestDocument
from legal.services import request_documents, requests
from legal.services.request_documents import File
from rules.errors import Conflict, InvalidInput
from tests.attendance.scenes import crossing
from tests.cast import TODAY
from tests.legal.request_scenes import LAST, NOW, Away, away

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"


@pytest.fixture(name="scene")
def a_scene(cast) -> Away:
    return away(cast)


def url(name: str, *args: object) -> str:
    return reverse(f"legal:{name}", args=["990", *args])


def as_(client, scene: Away, role: Role, place: str = "hillside"):
    client.force_login(scene.cast.person(role, place))
    return client


def text(answer) -> str:
    assert answer.status_code == 200, answer
    return " ".join(html.unescape(answer.content.decode()).split())


def test_the_lane_shows_five_steps_and_what_is_next(client, scene):
    leave = scene.leave()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)

    page = text(office.get(url("leave_lane", leave.reference)))

    assert page.count("govuk-tag--green") == 4
    assert "Back on Monday 16 November 2026" in page
    assert "10 half days with code G" in page
    assert "Begin a request for a penalty notice" in page


def test_beginning_from_leave_leads_to_what_is_missing_and_types_nothing_twice(client, scene):
    leave = scene.leave()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)

    page = text(office.post(url("leave_lane", leave.reference), follow=True))

    assert "A week by the sea with our cousins" in page
    assert "Filled in from: The request for leave of 12 October 2026" in page
    assert "How were parents told" not in page  # leave was asked for, so this is not asked


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"state": "asked", "decided_by": None, "decided_at": None}, "Decide the request"),
        ({"state": "granted"}, "Leave was granted"),
    ],
)
def test_a_lane_that_is_not_ready_says_why(client, scene, changes, says):
    leave = scene.leave(**changes)
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)

    page = text(office.get(url("leave_lane", leave.reference)))

    assert says in page
    assert "Begin a request for a penalty notice" not in page


def test_the_list_shows_refused_leave_and_absence_that_nobody_asked_for(client, scene):
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    assert "Nobody asked" in text(office.get(url("leave_absences")))

    scene.leave()
    page = text(office.get(url("leave_absences")))

    assert "Refused" in page
    assert "Nobody asked" not in page


def test_the_list_leaves_out_leave_that_was_granted_and_short_absence(client, scene):
    scene.leave(state="granted")
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)

    assert "No absence of this kind" in text(office.get(url("leave_absences")))


def test_an_absence_nobody_asked_for_begins_from_the_list(client, scene):
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    to = url("leave_absence_request", scene.enrolment.pupil.reference)

    page = text(office.post(to, {"on": LAST.isoformat()}, follow=True))

    assert "How were parents told" in page
    assert NoticeRequest.objects.get().leave is None
    assert office.post(to, {"on": "yesterday"}).status_code == 404


def test_the_form_saves_and_the_page_says_what_is_missing(client, scene):
    made = scene.begin()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    mother, father = scene.mother.reference, scene.father.reference
    typed = {
        "answer_reason": made.answers["reason"],
        "seen": 1,
        f"included_{mother}": "yes",
        f"allowed_{mother}": "yes",
        f"words_{mother}": "",
        f"verified_{mother}_day": "2",
        f"verified_{mother}_month": "11",
        f"verified_{mother}_year": "2026",
        f"included_{father}": "no",
        f"allowed_{father}": "no",
        f"words_{father}": "Against it",
    }

    page = text(office.post(url("request_write", made.reference), typed, follow=True))

    assert "The headteacher has not declared it." in page
    assert "Checked on 2 November 2026" in page
    again = text(office.post(url("request_write", made.reference), typed))
    assert "Somebody changed this request while you were reading" in again


def test_the_page_never_prints_an_address(client, scene):
    made = scene.begin()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)

    assert "Orchard Row" not in text(office.get(url("request", made.reference)))


def test_the_head_declares_and_the_office_sends(client, scene):
    scene.think()
    made = scene.write(scene.begin())
    head = as_(client, scene, Role.HEADTEACHER)
    assert requests.DECLARATION in text(head.get(url("request_declare", made.reference)))
    head.post(url("request_declare", made.reference), {"seen": made.version})

    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    send = url("request_send", made.reference)
    assert "Send for decision" in text(office.get(send))
    page = text(office.post(send, {"seen": made.version + 1}, follow=True))

    assert "Sent, waiting for a decision" in page
    assert scene.fresh(made).state == "sent"


def test_the_send_page_names_what_the_gate_asks_of_the_school(client, scene):
    made = scene.declare(scene.write(scene.begin()))
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)

    page = text(office.get(url("request_send", made.reference)))

    assert "Needs, health, language and loss were considered" in page
    assert "Send for decision</button>" not in page


def review(sent: NoticeRequest, scene: Away, page, **changes: object) -> dict[str, object]:
    form = page.context["form"]
    hidden = {name: form.initial.get(name, form.fields[name].initial) for name in form.fields}
    kept = {name: value for name, value in hidden.items() if name.startswith(("gate_", "seen"))}
    return {
        **kept,
        "event": "approve",
        "code": "Section 4",
        "interest": "A third holiday",
        "words": "",
        **changes,
    }


def test_the_council_approves_what_its_page_shows(client, scene):
    scene.open_for_council()
    sent = scene.sent()
    officer = as_(client, scene, Role.AUTHORISING_OFFICER, "northmoor")
    page = officer.get(url("request_review", sent.reference))

    done = text(
        officer.post(url("request_review", sent.reference), review(sent, scene, page), follow=True)
    )

    assert "A notice was issued to each parent named" in done
    assert PenaltyNotice.objects.get().adult == scene.mother


def test_a_page_that_is_stale_shows_what_changed_and_can_be_pressed_again(client, scene):
    sent = scene.sent()
    officer = as_(client, scene, Role.AUTHORISING_OFFICER, "northmoor")
    page = officer.get(url("request_review", sent.reference))
    scene.open_for_council()

    again = officer.post(url("request_review", sent.reference), review(sent, scene, page))

    assert "Things have changed since you opened this page" in text(again)
    typed = {name: again.context["form"].data[name] for name in again.context["form"].data}
    officer.post(url("request_review", sent.reference), typed)
    assert scene.fresh(sent).state == "approved"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"event": "return", "words": "x"}, "Choose at least one reason"),
        ({"event": "return", "return_reasons": ["papers_missing"]}, "what has to be put right"),
        ({"event": "refuse", "words": "x"}, "Choose at least one reason"),
        ({"event": "approve", "code": ""}, "code of conduct"),
        ({"event": ""}, "Choose what you decide"),
    ],
)
def test_each_decision_needs_its_own_part(client, scene, typed, says):
    sent = scene.sent()
    officer = as_(client, scene, Role.AUTHORISING_OFFICER, "northmoor")
    page = officer.get(url("request_review", sent.reference))

    answer = officer.post(url("request_review", sent.reference), review(sent, scene, page, **typed))

    assert says in text(answer)
    assert scene.fresh(sent).state == "sent"


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        (
            {"event": "return", "return_reasons": ["papers_missing"], "words": "Where is it?"},
            "returned",
        ),
        ({"event": "refuse", "refuse_reasons": ["equality"], "words": "See the plan"}, "refused"),
    ],
)
def test_the_school_reads_why(client, scene, typed, state):
    sent = scene.sent()
    officer = as_(client, scene, Role.AUTHORISING_OFFICER, "northmoor")
    page = officer.get(url("request_review", sent.reference))
    officer.post(url("request_review", sent.reference), review(sent, scene, page, **typed))
    assert scene.fresh(sent).state == state

    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    assert typed["words"] in text(office.get(url("request", sent.reference)))


def test_a_parent_about_whom_there_is_a_doubt_is_released_by_name(client, scene):
    scene.mother.protected_address = "yes"
    scene.mother.save()
    scene.open_for_council()
    sent = scene.sent()
    officer = as_(client, scene, Role.AUTHORISING_OFFICER, "northmoor")
    page = officer.get(url("request_review", sent.reference))
    key = scene.mother.reference

    refused = officer.post(url("request_review", sent.reference), review(sent, scene, page))
    assert "until a person says how it is given" in text(refused)
    typed = review(
        sent,
        scene,
        page,
        **{
            f"route_{key}": "in person",
            f"safe_{key}": "Given at school, she asked for it",
            f"codes_{key}": "address_protected",
        },
    )
    officer.post(url("request_review", sent.reference), typed)

    assert scene.fresh(sent).state == "approved"


def test_taking_it_back_needs_a_reason(client, scene):
    made = scene.begin()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    to = url("request_take_back", made.reference)

    assert "Choose why you take it back" in text(office.post(to, {"seen": 1, "words": "x"}))
    office.post(to, {"seen": 1, "reason": "sent_in_error", "words": "Wrong pupil"})
    assert scene.fresh(made).state == "taken back"


def test_the_half_days_are_taken_again_from_the_page(client, scene):
    made = scene.begin()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)

    page = text(office.post(url("request_register", made.reference), {"seen": 1}, follow=True))
    stale = text(office.post(url("request_register", made.reference), {"seen": 1}, follow=True))

    assert "as the register has them now" in page
    assert "while you were reading" in stale


def test_the_queue_narrows_and_counts_its_questions(client, scene, django_assert_max_num_queries):
    made = scene.begin()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    first = made.enrolment
    for _ in range(30):
        NoticeRequest.objects.create(
            authority=made.authority,
            school=made.school,
            enrolment=first,
            lane="leave",
            state="sent",
            first=made.first,
            last=made.last,
            requested_by=made.requested_by,
            made_at=NOW,
            changed_at=NOW,
            sent_by=made.requested_by,
            sent_on=made.first,
        )

    with django_assert_max_num_queries(25):
        page = text(office.get(url("requests")))
    assert "31 requests" in page
    assert "30 requests" in text(office.get(url("requests"), {"state": "council"}))
    assert "30 requests" in text(office.get(url("requests"), {"waiting": "5"}))
    assert "No requests found" in text(office.get(url("requests"), {"waiting": "20"}))
    assert "No requests found" in text(office.get(url("requests"), {"lane": "support"}))
    assert office.get(url("requests"), {"export": "csv"}).status_code == 200


def test_the_paper_is_a_pdf_whose_name_names_nobody(client, scene):
    sent = scene.sent()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)

    answer = office.get(url("request_pdf", sent.reference))

    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"] == f'inline; filename="request-{sent.reference}.pdf"'


def test_an_excluded_pupil_begins_with_the_days(client, scene):
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    to = url("request_excluded", scene.enrolment.pupil.reference)
    days = {
        f"{name}_{box}": part
        for name in ("first", "last")
        for box, part in (("day", "16"), ("month", "11"), ("year", "2026"))
    }

    assert "Enter the first day" in text(office.post(to, {}))
    page = text(office.post(to, days, follow=True))

    assert "Where, when and by whom was the pupil seen?" in page


def test_a_case_leads_to_its_request_and_begins_none_twice(client, scene):
    case = casework.open_case(
        reach=scene.office,
        enrolment=scene.enrolment,
        crossing=crossing(scene.cast),
        now=NOW,
        today=TODAY,
    )
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    to = url("case_request", case.reference)

    assert "None yet" in text(office.get(to))
    assert "Early help: offered, done, or why not" in text(office.post(to, follow=True))
    again = text(office.post(to, follow=True))

    assert "Nothing was begun twice" in again
    assert "No dated step on this case" in again
    assert NoticeRequest.objects.get().reference in text(office.get(to))
    Case.objects.filter(pk=case.pk).update(stage="closed", closed_on=TODAY)
    assert "This case is closed" in text(office.post(to, follow=True))


# Documents


def attach(scene: Away, made: NoticeRequest, content: bytes, name: str = "a.pdf"):
    return request_documents.attach_file(
        reach=scene.office, request=made, title="Certificate", file=File(name, content), now=NOW
    )


def test_a_file_is_kept_as_it_came_and_given_back_as_a_download(client, scene):
    made = scene.begin()
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    file = SimpleUploadedFile("../../evil\r\n.pdf", PDF)

    page = text(
        office.post(
            url("request_attach", made.reference),
            {"title": "Certificate", "file": file},
            follow=True,
        )
    )

    row = RequestDocument.objects.get()
    assert "Certificate" in page
    assert (bytes(row.content), row.size, row.media_type) == (PDF, len(PDF), "application/pdf")
    assert "/" not in row.name
    assert row.sha256 == "ee2d14b09b1f174f566d039e4d1c5d6e250feb812d9aa4ca2e595550a2548461"
    answer = office.get(url("request_document", made.reference, row.pk))
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00", "Nothing else is taken"),
        (b"<svg onload=alert(1)>", "Nothing else is taken"),
        (b"PK\x03\x04", "Nothing else is taken"),
        (b"%PDF-1.7\n<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>", "holds a program"),
        (b"%PDF-1.7\n<< /J#61vaScript 3 0 R >>", "holds a program"),
        (b"%PDF-1.7\n<< /Type /Filespec /EmbeddedFile 3 0 R >>", "holds a program"),
        (b"%PDF-" + b"x" * (10 * 1024 * 1024), "larger than 10 MB"),
    ],
)
def test_a_file_that_could_do_harm_is_refused(scene, content, says):
    made = scene.begin()

    with pytest.raises(InvalidInput, match=says):
        attach(scene, made, content)
    assert not RequestDocument.objects.exists()


def test_a_program_in_a_packed_part_of_a_pdf_is_found(scene):
    packed = zlib.compress(b"1 0 << /S /JavaScript /JS (x) >>")
    content = b"%PDF-1.7\n<< /Type /ObjStm >> stream\n" + packed + b"\nendstream\n%%EOF"

    with pytest.raises(InvalidInput, match="holds a program"):
        attach(scene, scene.begin(), content)


def test_names_that_only_begin_alike_are_no_program(scene):
    content = b"%PDF-1.7\n<< /AAPL:Keywords (x) /Colour (#zz) /JSON 1 >>\n%%EOF"

    assert attach(scene, scene.begin(), content).media_type == "application/pdf"


def test_chance_bytes_of_a_picture_in_a_pdf_are_no_program(scene):
    content = b"%PDF-1.7\n<< /Subtype /Image >> stream\n\x00/JS \x01/AA \xff\nendstream\n%%EOF"

    assert attach(scene, scene.begin(), content).size == len(content)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"\xff\xd8\xff\xe0 picture", "image/jpeg"), (b"\x89PNG\r\n\x1a\n picture", "image/png")],
)
def test_pictures_are_taken(scene, content, media_type):
    assert attach(scene, scene.begin(), content).media_type == media_type


def test_one_file_is_attached_once_and_twenty_at_most(scene, monkeypatch):
    made = scene.begin()
    attach(scene, made, PDF)

    with pytest.raises(Conflict, match="attached already"):
        attach(scene, made, PDF)
    monkeypatch.setattr(request_documents, "MOST", 1)
    with pytest.raises(Conflict, match="documents at most"):
        attach(scene, made, PDF + b"2")


def test_a_file_needs_a_title_and_a_request_that_was_not_sent(scene):
    made = scene.begin()
    with pytest.raises(InvalidInput, match="what the document is"):
        request_documents.attach_file(
            reach=scene.office, request=made, title=" ", file=File("a.pdf", PDF), now=NOW
        )
    NoticeRequest.objects.filter(pk=made.pk).update(state="sent")
    with pytest.raises(Conflict, match="was sent"):
        attach(scene, made, PDF)


def test_a_record_of_ours_is_pointed_to_and_no_other(client, scene):
    leave = scene.leave()
    made = scene.begin(leave)
    office = as_(client, scene, Role.ATTENDANCE_OFFICER)
    to = url("request_attach", made.reference)
    key = f"attendance:leave_request/{leave.reference}"

    page = text(office.post(to, {"record": key}, follow=True))

    assert reverse("attendance:leave_request", args=["990", leave.reference]) in page
    assert "Nothing was attached twice" in text(office.post(to, {"record": key}))
    assert "Choose a record or a file" in text(office.post(to, {}))
    assert "Say what the file is" in text(
        office.post(to, {"file": SimpleUploadedFile("a.pdf", PDF)})
    )
    with pytest.raises(InvalidInput, match="from the list"):
        request_documents.attach_record(
            reach=scene.office, request=made, key="attendance:leave_request/OTHER", now=NOW
        )
