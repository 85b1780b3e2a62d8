"""The pages on which a school says that it sent a letter itself."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.models import AdultLink
from authorities import packs
from cases.models import LoggedLetter
from tests.cases.logged import LETTER_4, log
from tests.cases.meeting_scenes import arranged
from tests.cases.test_stages_moves import propose
from tests.cast import TODAY, sign_in

DAY = {"sent_on_day": "16", "sent_on_month": "11", "sent_on_year": "2026"}


@pytest.fixture
def officer(client, family):
    """Hillside's attendance officer, signed in, and a case."""
    family.open_case()
    return sign_in(client, family.cast.officer)


def at(name, family, **more):
    return reverse(
        f"cases:{name}", kwargs={"la": "990", "reference": family.case.reference, **more}
    )


def says(response):
    return " ".join(response.content.decode().split())


def test_a_proposed_letter_without_wording_says_so_and_leads_to_the_log(officer, family):
    proposal = propose(family.case, "letter_4", proposes="letter")
    page = at("case_proposal", family, proposal=proposal.reference)

    asks = says(officer.get(page))
    assert "no wording for this letter yet. Your school writes and sends its own." in asks
    assert "Do it: send your own letter, then log it here" in asks
    answer = officer.post(page, {"decision": "take"})
    assert answer.url == at("letter_log", family) + "?letter=dorset%3Aletter_4"
    proposal.refresh_from_db()
    assert proposal.state == "open"

    form = says(officer.get(answer.url))
    assert "none is planned yet" in form
    assert at("meeting_arrange", family) + "?kind=dorset%3Aattendance_meeting" in form
    typed = {"letter": LETTER_4, "adults": [family.mother.reference], "way": "post", **DAY}
    done = says(officer.post(answer.url, typed, follow=True))
    assert "Letter logged: Letter 4: attendance meeting" in done
    assert "Sent by the school, 16 November 2026" in done
    assert "Write down what the family says to the letter" in done
    proposal.refresh_from_db()
    assert proposal.state == "taken"


def test_a_proposed_letter_with_wording_says_nothing_of_it(officer, family):
    proposal = propose(family.case, "letter_2", proposes="letter")

    page = says(officer.get(at("case_proposal", family, proposal=proposal.reference)))

    assert "no wording" not in page
    assert "go on to the letter" in page


def test_the_form_asks_for_what_is_missing_and_the_service_answers_in_words(officer, family):
    page = at("letter_log", family)

    empty = says(officer.post(page, {}))
    for asked in (
        "Select which letter went",
        "Select who the letter went to",
        "Select how it went",
        "Enter the day it went",
    ):
        assert asked in empty
    tomorrow = {"sent_on_day": "18", "sent_on_month": "11", "sent_on_year": "2026"}
    typed = {"letter": LETTER_4, "adults": [family.mother.reference], "way": "post"}
    assert "must be on or before 17 November 2026, today" in says(
        officer.post(page, typed | tomorrow)
    )
    officer.post(page, typed | DAY)
    again = says(officer.post(page, typed | DAY))
    assert "This letter of that day is logged already" in again
    assert LoggedLetter.objects.count() == 1


def test_protected_adults_are_not_offered_or_only_not_by_post(officer, family):
    AdultLink.objects.filter(adult=family.father).update(may_contact="no")
    family.mother.protected_address = "yes"
    family.mother.save()

    page = says(officer.get(at("letter_log", family)))

    assert f'value="{family.father.reference}"' not in page
    assert "Mr Tom Reedham (father): The record says not to contact this adult." in page
    assert "Not by post. This adult&#x27;s address is protected." in page
    assert "Orchard Row" not in page


def test_a_meeting_offers_its_letter_and_the_log_offers_the_meeting(officer, family):
    meeting = arranged(family)
    asks = says(officer.get(reverse("cases:meeting_tell", args=["990", meeting.reference])))
    there = f"{at('letter_log', family)}?meeting={meeting.reference}&amp;letter=dorset%3Aletter_4"
    assert there in asks

    form = says(officer.get(there.replace("&amp;", "&")))
    assert "Attendance meeting, 26 November 2026" in form
    assert "none is planned yet" not in form
    typed = {
        "letter": LETTER_4,
        "adults": [family.mother.reference],
        "way": "by hand",
        "meeting": meeting.reference,
        "sent_on_day": str(TODAY.day),
        "sent_on_month": "11",
        "sent_on_year": "2026",
    }
    officer.post(at("letter_log", family), typed)
    assert meeting.invited.get(part="adult").way == "by hand"
    assert "Select whether it invites to a meeting" in says(
        officer.post(at("letter_log", family), {**typed, "meeting": ""})
    )


def test_a_checklist_leads_to_where_its_letter_is_logged_or_prepared(officer, family):
    packs.adopt(
        authority=family.cast.northmoor, pack="barking_dagenham", starts_on=TODAY, reach=None
    )

    page = says(officer.get(at("checklists", family)))

    assert at("letter_log", family) + "?letter=barking_dagenham%3Awarning" in page
    assert f'href="{at("letter_log", family)}"' not in page


def test_a_kind_of_meeting_without_the_family_asks_nobody_of_it_by_itself(officer, family):
    page = at("meeting_arrange", family)
    mother = f'value="{family.mother.reference}"'

    def ticked(kind: str) -> bool:
        html = says(officer.get(f"{page}?kind=dorset:{kind}"))
        return "checked" in html[html.index(mother) :].split(">", 1)[0]

    assert ticked("attendance_meeting")
    assert not ticked("inclusion_meeting")


def test_one_letter_has_a_page_and_is_taken_back_on_it(officer, family):
    (row,) = log(family, family.mother, own_reference="ATT/17", note="She rang about it")
    page = at("letter_logged", family, letter=row.reference)

    shown = says(officer.get(page))
    for words in ("Ms Ada Larkfield", "17 November 2026", "By post", "ATT/17", "She rang about it"):
        assert words in shown
    assert "Say why it is taken back" in says(officer.post(page, {}))
    done = says(officer.post(page, {"because": "The wrong pupil"}, follow=True))
    assert "It counts as never sent" in done
    again = says(officer.get(page))
    assert "This was taken back" in again
    assert "The wrong pupil" in again
    assert "taken this back already" in says(officer.post(page, {"because": "Again"}))


def test_a_letter_of_another_case_is_not_found(officer, family):
    assert officer.get(at("letter_logged", family, letter="NOSUCHONE1")).status_code == 404


def test_a_school_without_a_policy_or_a_family_is_told_what_to_do(officer, family):
    AdultLink.objects.filter(pupil=family.cast.pupil).delete()
    assert "Add one first" in says(officer.get(at("letter_log", family)))


def test_the_case_page_asks_no_more_of_the_database_for_thirty_letters(officer, family):
    log(family, family.mother)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert officer.get(at("case", family)).status_code == 200
        return len(found)

    few = queries()
    for day in range(1, 16):
        log(family, family.mother, family.father, sent_on=TODAY.replace(day=day))
    assert queries() == few
