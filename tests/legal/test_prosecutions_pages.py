"""The pages of prosecutions: what an officer reads, presses and is refused."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from authorities import packs
from authorities.permissions import Role
from cases.services import casework
from legal.forms.prosecutions import DecideForm
from legal.models import ParentingOrder, PenaltyNotice, Prosecution, SupervisionOrder
from legal.selectors.prosecution_gates import gate_for
from legal.services.corrections import CORRECTED
from letters.models import Letter
from rules.court_outcomes import Outcome
from rules.defences import defences_for
from rules.errors import RuleNotMet
from rules.prosecution_stages import ProsecutionState
from rules.prosecutions import CodeTest, Offence, questions_of
from tests.attendance.scenes import crossing
from tests.cast import TODAY, sign_in
from tests.legal.penalty_scenes import at
from tests.legal.prosecution_scenes import SESSIONS, Desk, desk

S = ProsecutionState
KEYS = [f"{one.day.isoformat()}.{int(one.session)}" for one in SESSIONS]


@pytest.fixture(name="desk")
def a_desk(cast) -> Desk:
    return desk(cast)


@pytest.fixture(name="case")
def a_case(desk):
    cast = desk.cast
    return casework.open_case(
        reach=cast.reach(cast.officer),
        enrolment=cast.enrolment,
        crossing=crossing(cast),
        now=at(TODAY),
        today=TODAY,
    )


@pytest.fixture
def officer(client, cast):
    """Northmoor's legal officer, signed in."""
    return sign_in(client, cast.person(Role.LEGAL_OFFICER))


def address(name: str, reference: str = "") -> str:
    return reverse(f"legal:{name}", args=["990", reference] if reference else ["990"])


def on(name: str, day: date = TODAY) -> dict[str, str]:
    """A date as its three boxes send it."""
    return {
        f"{name}_day": str(day.day),
        f"{name}_month": str(day.month),
        f"{name}_year": str(day.year),
    }


def send(client, file: Prosecution, step: str, **typed) -> str:
    """Send the form of a step, as it was read now. The page that follows."""
    file.refresh_from_db()
    response = client.post(
        address(f"prosecution_{step}", file.reference),
        {"version": file.version, **typed},
        follow=True,
    )
    return response.content.decode()


def seen_on(client, file: Prosecution, step: str) -> str:
    """What the gate showed on a page."""
    page = client.get(address(f"prosecution_{step}", file.reference))
    return str(page.context["form"]["seen"].value())


def test_a_case_goes_to_court_through_the_pages(officer, client, desk, case):
    new = address("prosecution_new", case.reference)
    page = officer.get(new).content.decode()
    assert "Monday 5 October 2026, morning: code O" in page
    assert "Ms Ada Larkfield, mother" in page
    begun = officer.post(
        new,
        {
            "adult": desk.room.mother.reference,
            "offence": "444(1)",
            "sessions": KEYS,
            "words": "Nothing has changed since the meetings.",
        },
        follow=True,
    )
    file = Prosecution.objects.get()
    assert begun.redirect_chain[-1][0] == address("prosecution", file.reference)
    assert "must consider an education supervision order" in begun.content.decode()

    wrong = send(officer, file, "consider", record="here")
    assert "Enter the day it was considered" in wrong
    assert "Write what was decided, and why" in wrong
    send(officer, file, "consider", record="here", words="Not sought: no help.", **on("on"))
    asked = send(
        officer,
        file,
        "ask",
        officer="Lee Finch, legal officer",
        **on("answer_by", date(2026, 12, 1)),
    )
    assert "The letter is on its way" in asked
    answered = send(officer, file, "answer", way="letter", q_register="Yes", **on("on"))
    assert "Weigh each defence in law against what the parent says." in answered
    found = {
        f"found_{one.key}": "not raised, and nothing shows it"
        for one in defences_for(Offence.FAILS)
    }
    found |= {"found_sickness": "does not apply", "reason_sickness": "No record at the surgery"}
    weighed = send(officer, file, "weigh", **found)
    assert "Make the evidential test first." in weighed
    assert "Does not apply. No record at the surgery" in weighed
    for step, test in (("evidential", CodeTest.EVIDENTIAL), ("interest", CodeTest.PUBLIC_INTEREST)):
        answers = {
            f"q_{one.key}": f"Written of {one.key}" for one in questions_of(test, Offence.FAILS)
        }
        saved = send(officer, file, step, passed="yes", **answers, **on("on"))
    assert "Both tests made, waiting to be authorised" in saved
    assert "Written of proportion" in saved
    papers = send(officer, file, "papers", words="The certificate, two statements", **on("on"))
    assert "The certificate, two statements" in papers

    sign_in(client, desk.cast.person(Role.AUTHORISING_OFFICER))
    page = client.get(address("prosecution_authorise", file.reference)).content.decode()
    assert "The delegated officer signs it off" in page
    assert "Written of prospect" in page
    seen = seen_on(client, file, "authorise")
    done = send(client, file, "authorise", seen=seen, officer="Director", words="Both are met")
    assert "Authorised. The charge can be sent" in done

    sign_in(client, desk.cast.person(Role.LEGAL_OFFICER))
    seen = seen_on(client, file, "charge")
    charged = send(
        client,
        file,
        "charge",
        seen=seen,
        route="single justice procedure",
        court="Sampleton magistrates",
        adult="yes",
        age="On the answer sheet",
        **on("on"),
    )
    assert "Charged. Record the hearing" in charged
    hearing = send(
        client, file, "hearing", court="Sampleton", time="14:30", **on("on", date(2026, 11, 30))
    )
    assert "30 November 2026 at 2:30pm" in hearing
    again = client.get(address("prosecution_hearing", file.reference)).content.decode()
    assert 'value="14:30"' in again
    decided = send(
        client,
        file,
        "decide",
        plea="guilty",
        outcomes=["fine"],
        fine_pence="200",
        costs_pence="85.50",
        **on("decided_on"),
    )
    assert "Fine" in decided
    assert "£85.50" in decided
    told = send(client, file, "report", words="Fined 200 pounds.")
    assert "Nothing more. A new prosecution needs a new period of absence." in told
    file.refresh_from_db()
    assert (file.state, file.fine_pence, file.told_on) == ("decided", 20_000, TODAY)


def test_a_refusal_stands_above_the_form_in_a_sentence(officer, desk, case):
    file = desk.begin(case=case, today=TODAY)
    page = send(officer, file, "ask", officer="Lee", **on("answer_by", date(2026, 12, 1)))
    assert "The council must consider an education supervision order" in page
    stale = officer.post(
        address("prosecution_drop", file.reference),
        {
            "version": 9,
            "reason": "died",
            "instead": "no_further_action",
            "words": "The parent died.",
        },
    ).content.decode()
    assert "Somebody changed this prosecution since you opened the page." in stale
    fewer = send(officer, file, "sessions", offence_chosen="444(1A)", sessions=KEYS[:4])
    assert "4: Monday 5 October 2026" in fewer
    none = send(officer, file, "sessions", offence_chosen="444(1)")
    assert "Select at least one half day" in none
    again = officer.post(
        address("prosecution_new", case.reference),
        {
            "adult": desk.room.father.reference,
            "offence": "444(1)",
            "sessions": KEYS,
            "words": "Nothing changed.",
        },
    ).content.decode()
    assert escape("The pupil's record") not in again  # the father has parental responsibility
    assert Prosecution.objects.count() == 2


def test_an_unpaid_notice_leads_to_its_prosecution(officer, desk):
    notice = desk.unpaid()
    early = officer.get(address("penalty", notice.reference)).content.decode()
    assert "Prepare a prosecution" not in early
    warned = officer.get(address("prosecution_from", notice.reference)).content.decode()
    assert "the time to pay is running" in warned
    PenaltyNotice.objects.filter(pk=notice.pk).update(
        state="unpaid", full_until=date(2026, 11, 16), enforce_from=TODAY
    )
    assert (
        "Prepare a prosecution"
        in officer.get(address("penalty", notice.reference)).content.decode()
    )
    notice.refresh_from_db()
    page = officer.get(address("prosecution_from", notice.reference)).content.decode()
    assert "(in the penalty notice)" in page
    typed = {
        "version": notice.version,
        "offence": "444(1)",
        "sessions": KEYS,
        "words": "Not paid.",
    }
    stale = officer.post(
        address("prosecution_from", notice.reference), {**typed, "version": 99}
    ).content.decode()
    assert "Somebody changed this notice" in stale
    officer.post(address("prosecution_from", notice.reference), typed)
    file = Prosecution.objects.get()
    assert (
        f"Prosecution file {file.reference}"
        in officer.get(address("penalty", notice.reference)).content.decode()
    )
    back = officer.get(address("prosecution_from", notice.reference))
    assert back["Location"] == address("prosecution", file.reference)


def test_the_order_of_the_child_can_be_what_shows_that_one_was_considered(officer, desk, case):
    file = desk.begin(case=case, today=TODAY)
    SupervisionOrder.objects.create(
        authority=desk.cast.northmoor,
        case=case,
        enrolment=desk.room.enrolment,
        pupil=desk.room.pupil,
        school=desk.cast.hillside,
        state="not sought",
        considered_on=date(2026, 11, 2),
        considered="The family works with us.",
        ended_on=date(2026, 11, 3),
        made_by=desk.legal.user,
        made_at=at(TODAY),
    )
    page = officer.get(address("prosecution_consider", file.reference)).content.decode()
    assert "On the page of the supervision order considered on 2 November 2026" in page
    page = send(officer, file, "consider", record="order")
    assert "The supervision order that was considered" in page


def test_a_parent_in_danger_gets_the_letter_as_a_person_says(officer, desk, case):
    file = desk.begin(case=case, today=TODAY)
    desk.consider(file, TODAY)
    desk.room.mother.protected_address = "yes"
    desk.room.mother.save()
    page = officer.get(address("prosecution_ask", file.reference))
    assert "How does the letter reach this parent?" in page.content.decode()
    codes = page.context["form"]["codes"].value()
    send(
        officer,
        file,
        "ask",
        officer="Lee Finch",
        route="in person",
        safe="At the office",
        codes=codes,
        **on("answer_by", date(2026, 12, 1)),
    )
    assert Letter.objects.get(kind="prosecution_caution").address_lines == []
    letter = Letter.objects.get(kind="prosecution_caution")
    twin = officer.get(reverse("cases:letter", args=["990", letter.reference])).content.decode()
    assert "Did the child live with you on these days?" in twin
    assert "You need not answer these questions." in twin
    leads = officer.get(address("of_letter", letter.reference))
    assert leads["Location"] == address("prosecution", file.reference)


def test_the_other_ways_out_have_pages(officer, desk):
    notice = desk.unpaid()
    file = desk.until(S.ASKED, notice=notice)
    silent = send(officer, file, "no_answer")
    assert "The parent may answer until 4 January 2027" in silent
    dropped = send(
        officer,
        file,
        "drop",
        reason="more_support",
        instead="more_support",
        words="We help instead.",
    )
    assert "Not proceeded with" in dropped
    assert "More support, or an attendance contract" in dropped


def test_a_charge_is_discontinued_and_a_file_sent_back_on_their_pages(officer, desk):
    file = desk.until(S.CHARGED)
    Prosecution.objects.filter(pk=file.pk).update(charged_on=TODAY)
    page = send(officer, file, "discontinue", reason="court_advice", words="On advice.")
    assert "Discontinued" in page
    other = desk.begin(adult=desk.room.father)
    Prosecution.objects.filter(pk=other.pk).update(state="answered")
    back = send(officer, other, "back", words="A witness moved.")
    assert "Sent back" in back


def test_something_to_look_at_again_heads_the_page(officer, desk, case):
    file = desk.begin(case=case, today=TODAY)
    Prosecution.objects.filter(pk=file.pk).update(review="New facts came.")
    page = officer.get(address("prosecution", file.reference)).content.decode()
    assert "New facts came." in page
    assert "Say that it goes on after all" in page
    page = send(officer, file, "stands", words="They change nothing.")
    assert "Looked at again: it goes on" in page
    Prosecution.objects.filter(pk=file.pk).update(review=CORRECTED)
    page = officer.get(address("prosecution", file.reference)).content.decode()
    assert "Say that it goes on after all" not in page


def test_a_parenting_order_shows_until_it_was_carried_out(officer, desk, case):
    file = desk.until(S.LISTED, offence=Offence.KNOWS, direct=True, case=case)
    desk.decide(
        file,
        Outcome.CONDITIONAL_DISCHARGE,
        Outcome.PARENTING_ORDER,
        discharge_months=12,
        parenting_months=6,
        decided={"requirements": "Weekly group", "officer": "Rae Moss"},
    )
    page = officer.get(address("prosecution", file.reference)).content.decode()
    assert "Record how the parenting order was carried out" in page
    assert "Not yet on record" in page
    wrong = send(officer, file, "carried_out", what="begun")
    assert "Enter the day it began" in wrong
    ParentingOrder.objects.update(made_on=TODAY)
    send(officer, file, "carried_out", what="breach", words="Never came")
    assert ParentingOrder.objects.get().why_not == "breach"
    page = send(officer, file, "carried_out", what="begun", **on("begun_on"))
    assert "Begun 17 November 2026" in page


def test_custody_is_asked_for_under_the_knowing_offence_alone(desk):
    fails = DecideForm(prosecution=Prosecution(offence="444(1)"), today=TODAY)
    knows = DecideForm(prosecution=Prosecution(offence="444(1A)"), today=TODAY)
    assert "custody_days" not in fails.fields
    assert "custody_days" in knows.fields


def test_the_school_sees_where_it_stands_and_not_what_the_parent_said(client, desk, case):
    file = desk.until(S.DECIDED, direct=True, case=case)
    head = sign_in(client, desk.cast.person(Role.HEADTEACHER, "hillside"))
    page = head.get(address("prosecution", file.reference)).content.decode()
    assert "Fine of £200." in page
    assert "I could not pay in time." not in page
    assert "Looked at:" not in page
    assert "Record" not in page.split("What next")[1].split("What it is about")[0]
    assert head.get(address("prosecution_back", file.reference)).status_code == 403
    sign_in(client, desk.cast.person(Role.LEGAL_OFFICER))
    page = client.get(address("prosecution", file.reference)).content.decode()
    assert "I could not pay in time." in page
    assert "Looked at: prospect." in page


def test_the_list_filters_finds_and_exports(officer, desk, case):
    file = desk.begin(case=case, today=TODAY)
    other = desk.begin(adult=desk.room.father, case=case, today=TODAY, offence=Offence.KNOWS)
    page = officer.get(address("prosecutions")).content.decode()
    assert file.reference in page
    assert other.reference in page

    def shown(**query: str) -> list[bool]:
        found = officer.get(address("prosecutions"), query).content.decode()
        return [one.reference in found for one in (file, other)]

    assert shown(offence="444(1A)") == [False, True]
    assert shown(state="open") == [True, True]
    assert shown(state="over") == [False, False]
    assert shown(q=file.reference[:8].lower()) == [True, False]
    assert shown(school="990002") == [False, False]
    csv = officer.get(address("prosecutions"), {"export": "csv"})
    assert (
        file.reference
        in b"".join(csv.streaming_content if csv.streaming else [csv.content]).decode()
    )


def test_the_list_is_empty_in_words(officer, desk):
    assert (
        "A prosecution begins on the page" in officer.get(address("prosecutions")).content.decode()
    )


def test_a_file_asks_the_database_a_constant_number_of_times(officer, desk, case):
    file = desk.until(S.ANSWERED, direct=True, case=case)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            officer.get(address("prosecution", file.reference))
        return len(captured)

    queries()
    few = queries()
    for _ in range(3):
        desk.test(file, CodeTest.EVIDENTIAL)
    assert queries() == few


def test_the_legal_page_of_the_case_leads_to_its_files(officer, desk, case):
    file = desk.begin(case=case, today=TODAY)
    page = officer.get(address("case", case.reference)).content.decode()
    assert address("prosecution", file.reference) in page
    assert address("prosecution_new", case.reference) in page


def test_what_a_policy_asks_before_a_charge_is_stated_from_the_file(officer, desk, case):
    packs.adopt(
        authority=desk.cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 9, 1),
        reach=None,
    )
    file = desk.until(S.ANSWERED, direct=True, case=case)
    answer = {one.key: one for one in gate_for(file, date(2027, 1, 11)).requirements}
    decision = "barking_dagenham:prosecution_decision"
    assert answer[f"{decision}:caution_letter"].met
    assert not answer[f"{decision}:public_interest"].met
    page = officer.get(address("prosecution", file.reference)).content.decode()
    stated = reverse(
        "legal:case_gate_state",
        args=["990", case.reference, "prosecution", f"{decision}:public_interest"],
    )
    assert stated in page
    with pytest.raises(RuleNotMet, match="It is in the public interest: A named person states it"):
        desk.tests(file)
        desk.authorise(file)
    without = desk.until(S.ANSWERED, adult=desk.room.father, direct=True)
    page = officer.get(address("prosecution", without.reference)).content.decode()
    assert (
        reverse(
            "legal:pupil_gate_state",
            args=["990", file.pupil.reference, "prosecution", f"{decision}:public_interest"],
        )
        in page
    )
