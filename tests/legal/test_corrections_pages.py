"""The pages of corrected marks: what an officer reads, decides and is refused."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from audit.models import Event
from authorities.permissions import Role
from cases.selectors.work import Wanted, work_for
from legal.models import LegalRecheck
from rules.notice_references import in_groups
from tests.cast import sign_in
from tests.legal.correction_scenes import PM, SOON, Put, put


@pytest.fixture(name="put")
def a_put(family) -> Put:
    return put(family)


@pytest.fixture
def corrected(put):
    """A notice, one of whose ten half days was corrected."""
    notice = put.notice(served=True)
    put.correct("I")
    put.look()
    notice.refresh_from_db()
    return notice


def page(client, put, role, name, *arguments, place="northmoor"):
    """What somebody sees."""
    sign_in(client, put.cast.person(role, place))
    return client.get(reverse(f"legal:{name}", args=["990", *arguments]))


def text(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_notice_leads_to_what_changed(client, put, corrected):
    shown = text(page(client, put, Role.LEGAL_OFFICER, "penalty", corrected.reference))

    assert "Marks were corrected that this rests on." in shown
    assert "1 half day that it rests on" in shown
    assert reverse("legal:recheck", args=["990", put.asked().reference]) in shown
    assert "Say that it stands after all" not in shown
    assert "Marks corrected" in shown  # in its history


def test_the_page_says_who_changed_what_and_the_threshold_then_and_now(client, put, corrected):
    shown = text(page(client, put, Role.LEGAL_OFFICER, "recheck", put.asked().reference))

    assert "Monday 5 October 2026, morning" in shown
    assert escape("A doctor's letter came") in shown
    assert put.cast.officer.name in shown
    assert "Met on Friday 9 October 2026, afternoon" in shown
    assert "With the corrected marks: Not met: 9 of 10 sessions" in shown
    assert "Then: 10. With the corrected marks: 9." in shown
    assert "With the corrected marks the threshold was not met on that day." in shown
    assert "Ask for its withdrawal" in shown
    assert "Say that it stands" in shown
    assert Event.objects.filter(kind="legal.read").count() == 1


def test_the_officer_who_issued_it_is_told_that_somebody_else_decides(client, put, corrected):
    shown = text(page(client, put, Role.AUTHORISING_OFFICER, "recheck", put.asked().reference))

    assert "so somebody else says whether it stands" in shown
    assert "Say that it stands" not in shown
    assert "Ask for its withdrawal" in shown


def test_a_school_reads_it_and_does_not_decide(client, put, corrected):
    reference = put.asked().reference
    shown = text(page(client, put, Role.HEADTEACHER, "recheck", reference, place="hillside"))

    assert "An officer who decides on notices decides about it." in shown
    assert "Say that it stands" not in shown


def test_it_is_decided_on_the_page_and_refused_in_words(client, put, corrected):
    row = put.asked()
    sign_in(client, put.cast.person(Role.LEGAL_OFFICER))
    at = reverse("legal:recheck", args=["990", row.reference])
    data = {"decision": "stands", "reason": "The father agrees.", "seen": row.amendments}

    assert "Say why" in client.post(at, {**data, "reason": ""}).content.decode()
    put.correct("I", half=PM, when=SOON)
    stale = client.post(at, data).content.decode()
    assert "More marks were corrected while you were reading" in stale
    put.look()
    fresh = {**data, "seen": put.asked().amendments}
    done = client.post(at, fresh, follow=True).content.decode()

    assert "It still stands. The father agrees." in done
    row.refresh_from_db()
    corrected.refresh_from_db()
    assert (row.decision, corrected.review) == ("stands", "")


def test_the_list_shows_what_waits_and_on_request_the_rest(client, put, corrected):
    waiting = text(page(client, put, Role.LEGAL_OFFICER, "rechecks"))
    shown = in_groups(corrected.reference)
    assert f"Penalty notice {shown}" in waiting

    put.decide()
    at = reverse("legal:rechecks", args=["990"])
    assert shown not in client.get(at).content.decode()
    assert shown in client.get(at, {"state": "ended"}).content.decode()
    assert shown in client.get(at, {"state": "all"}).content.decode()
    assert shown not in client.get(at, {"state": "same"}).content.decode()
    found = client.get(at, {"state": "all", "q": corrected.reference[:6], "kind": "penalty"})
    assert shown in found.content.decode()
    school = {"state": "all", "kind": "request", "school": put.cast.hillside.urn}
    assert shown not in client.get(at, school).content.decode()
    file = client.get(at, {"state": "all", "export": "csv"})
    assert shown in b"".join(file).decode()


def test_a_question_that_ended_by_itself_says_so(client, put, corrected):
    row = put.asked()
    put.correct("O", expected="I", when=SOON)
    put.look()
    LegalRecheck.objects.filter(pk=row.pk).update(lost=[])

    shown = text(page(client, put, Role.LEGAL_OFFICER, "recheck", row.reference))

    assert "The register says what this penalty notice rests on." in shown
    assert "The register says again what it rests on" in shown


def test_it_is_work_for_another_officer_of_the_council_alone(put, corrected):
    def kinds(reach) -> set[str]:
        return {key for key, _ in work_for(reach, Wanted(tab="all")).kinds}

    assert "corrected marks" in kinds(put.room.legal)
    assert "corrected marks" not in kinds(put.room.officer)  # who issued it
    assert "corrected marks" not in kinds(put.room.head)
    rows = list(work_for(put.room.legal, Wanted(tab="due", kinds=("corrected marks",))).rows)
    assert [row["w_ref"] for row in rows] == [put.asked().reference]


def test_the_page_of_work_leads_there(client, put, corrected):
    sign_in(client, put.cast.person(Role.LEGAL_OFFICER))
    shown = client.get(reverse("cases:work", args=["990"])).content.decode()

    assert f"Decide after corrected marks: penalty notice {corrected.reference}" in shown
    assert reverse("legal:recheck", args=["990", put.asked().reference]) in shown
