"""What legal papers and answers to leave show at a gate, each with its day and its page."""

from datetime import UTC, date, datetime

from audit.record import Kind, record
from cases.models import CaseLetter
from legal.models import ImprovementNotice, Lane, NoticeRequest, PenaltyNotice, RequestDocument
from legal.selectors import gate_evidence
from legal.selectors.gate_history import things_of
from legal.selectors.gate_loading import load
from tests.attendance import agreed
from tests.cases.family import NOW
from tests.cast import TODAY, sign_in
from tests.legal.gate_scenes import gate, place_of

PARTS = {
    "record": "Ten sessions",
    "duty": "Attendance helps",
    "support": "A mentor",
    "offer": "A breakfast club",
    "success": "No more than 10%",
    "early": "If nothing changes",
}


def an_improvement(family, **changes) -> ImprovementNotice:
    case = family.case or family.open_case()
    return ImprovementNotice.objects.create(
        **{
            "authority": family.cast.northmoor,
            "case": case,
            "enrolment": case.enrolment,
            "school": case.school,
            "state": "draft",
            "side": "school",
            "made_by": family.cast.officer,
            "made_at": NOW,
            **changes,
        }
    )


def written(family, **changes) -> ImprovementNotice:
    days = {"starts_on": date(2026, 11, 23), "ends_on": date(2026, 12, 18)}
    return an_improvement(family, **PARTS, **days, **changes)


def a_request(family, **changes) -> NoticeRequest:
    return NoticeRequest.objects.create(
        **{
            "authority": family.cast.northmoor,
            "enrolment": family.cast.enrolment,
            "school": family.cast.hillside,
            "lane": Lane.LEAVE,
            "state": "draft",
            "first": date(2026, 10, 5),
            "last": date(2026, 10, 9),
            "requested_by": family.cast.officer,
            "made_at": NOW,
            "changed_at": NOW,
            **changes,
        }
    )


def test_a_notice_that_is_written_shows_its_contents_and_half_a_one_does_not(family):
    half = an_improvement(family, **{**PARTS, "early": ""})
    whole = written(family)

    assert list(gate_evidence.of_improvement(half)) == []
    (shown,) = gate_evidence.of_improvement(whole)
    assert (shown.kind, shown.key, shown.on) == ("notice", "", TODAY)


def test_a_notice_that_was_given_shows_itself_and_one_taken_back_does_not(family):
    head = family.cast.people["headteacher@hillside"]
    given = {"decided_by": head, "issued_on": date(2026, 10, 20)}
    running = written(family, state="running", **given)
    gone = written(family, state="withdrawn", **given)

    (shown,) = gate_evidence.of_improvement(running)
    assert (shown.key, shown.on, shown.by) == ("notice_to_improve", date(2026, 10, 20), head.name)
    assert list(gate_evidence.of_improvement(gone)) == []


def test_the_notice_that_failed_is_found_for_the_penalty_notice(family):
    head = family.cast.people["headteacher@hillside"]
    written(
        family,
        state="not improved",
        decided_by=head,
        issued_on=date(2026, 9, 20),
        over_on=date(2026, 10, 30),
    )
    written(family)  # a draft after it changes nothing

    found = {one.key: one for one in gate(family, "penalty_notice").requirements}

    assert found["improvement_failed"].met
    assert found["improvement_failed"].records[0].on == date(2026, 10, 30)


def test_why_no_notice_is_used_counts_for_the_penalty_notice_with_its_words(family):
    an_improvement(family, state="not used", words="It was a holiday")

    found = {one.key: one for one in gate(family, "penalty_notice").requirements}

    assert found["improvement_failed"].met
    assert "It was a holiday" in found["improvement_failed"].why


def test_papers_notices_and_answers_to_leave_show_something(family):
    cast = family.cast
    request = a_request(family)
    RequestDocument.objects.create(
        authority=cast.northmoor,
        request=request,
        title="The request form",
        added_by=cast.officer,
        added_at=NOW,
    )
    record(
        Kind.CERTIFICATE_MADE,
        by=cast.officer,
        authority=cast.northmoor,
        school=cast.hillside,
        on=cast.pupil,
    )
    leave = agreed.a_request(cast, first_day=date(2026, 10, 5), last_day=date(2026, 10, 9))
    (one,) = family.prepare(family.mother)
    letter = one.letter
    CaseLetter.objects.filter(pk=one.pk).update(case=None, leave=leave)
    type(letter).objects.filter(pk=letter.pk).update(
        state="handed over", handed_over_at=datetime(2026, 10, 2, 9, tzinfo=UTC)
    )

    shown = list(gate_evidence.of_items(cast.enrolment, None))

    kinds = {(one.kind, one.key or one.words) for one in shown}
    assert ("document", "The request form") in kinds
    assert ("letter", "letter_2") in kinds
    assert ("register", "certificate") in kinds


def test_a_request_for_leave_is_read_with_its_state(family):
    agreed.a_request(family.cast, first_day=date(2026, 10, 5), last_day=date(2026, 10, 9))

    facts = load(enrolment=family.cast.enrolment, today=TODAY).facts

    assert [(one.state, one.first) for one in facts.leave] == [("asked", date(2026, 10, 5))]


def test_what_was_begun_is_listed_on_its_own_page(family, client):
    notice = written(family)
    a_request(family)
    family.case.refresh_from_db()

    on_case = things_of(place_of(family))
    alone = things_of(place_of(family, case=False))

    assert [one.words for one in on_case] == ["Notice to Improve"]
    assert [one.words for one in alone] == ["Request for a penalty notice"]
    page = sign_in(client, family.cast.officer).get(f"/la/990/legal/cases/{family.case.reference}/")
    assert notice.reference in page.content.decode()
    assert PenaltyNotice.objects.count() == 0
