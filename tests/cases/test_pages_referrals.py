"""The pages of referrals: the school writes and sends, the council answers."""

from datetime import date

import pytest
from django.urls import reverse

from attendance.models import AdultLink
from authorities.permissions import Role
from cases.models import Referral, ReferralStep
from cases.services import referrals
from tests.cases.family import NOW
from tests.cases.referred import ANSWERS, FORM, answer, begin, send, write
from tests.cast import TODAY, sign_in

LIST = reverse("cases:referrals", args=["990"])


def says(response) -> str:
    return " ".join(response.content.decode().split())


def at(name, referral, *more):
    return reverse(f"cases:{name}", args=["990", referral.reference, *more])


def typed(referral, **changes):
    found = {f"answer_{one['key']}": ANSWERS.get(one["key"], "Said.") for one in referral.asks}
    return {**found, "in_copy": ["concerns"], "seen": str(referral.version), **changes}


def test_the_school_begins_writes_saves_checks_and_sends(client, family):
    case = family.open_case()
    officer = sign_in(client, family.cast.officer)
    here = reverse("cases:case_referrals", args=["990", case.reference])
    page = says(officer.get(here))
    assert "A pupil for the Inclusion Panel" in page
    assert "None yet." in page

    begun = officer.post(here, {"form": FORM})
    referral = Referral.objects.get()
    assert begun.url == at("referral_write", referral)
    assert officer.post(here, {"form": FORM}).url == at("referral", referral)
    page = says(officer.get(begun.url))
    assert "10 unauthorised sessions in 10 school weeks: met." in page
    assert "Not answered: Support so far, and what came of it; The assessment of needs" in page

    saved = officer.post(begun.url, typed(referral, answer_assessment="", answer_early_help=""))
    assert saved.url == begun.url
    referral.refresh_from_db()
    page = says(officer.get(at("referral_send", referral)))
    assert "Answer every question of the form" in page
    assert "Send to the council" not in page

    on = officer.post(begun.url, typed(referral, answer_early_help="", check="1"))
    assert on.url == at("referral_send", referral)
    page = says(officer.get(on.url))
    assert "Nothing says whether early help was offered." in page
    referral.refresh_from_db()
    page = says(officer.post(on.url, {"seen": referral.version, "despite": ""}))
    assert "Say why you send it although something speaks against it" in page
    sent = officer.post(on.url, {"seen": referral.version, "despite": "They asked us to."})
    assert sent.url == at("referral", referral)
    page = says(officer.get(sent.url))
    assert "It is the turn of the council." in page
    assert "by 1 December 2026" in page
    assert "Sent all the same because: They asked us to." in page
    assert officer.get(begun.url).url == sent.url
    assert officer.get(on.url).url == sent.url
    assert "Referral to the council" in says(officer.get(here))


def test_the_worker_sees_the_same_findings_and_returns_it(client, family):
    referral = write(family, begin(family), early_help="")
    page = says(sign_in(client, family.cast.officer).get(at("referral_send", referral)))
    assert "Nothing says whether early help was offered." in page
    send(family, referral)

    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    page = says(worker.get(at("referral", referral)))
    assert "Nothing says whether early help was offered." in page
    assert "Write the answers" not in page
    assert worker.post(at("referral_receive", referral), {"seen": "3"}).status_code == 302
    worker.post(at("referral_receive", referral), {"seen": "x"})  # a second press changes nothing
    assert Referral.objects.get().state == "received"
    page = says(worker.post(at("referral_answer", referral), {"seen": "4"}))
    assert "Choose what you do with it" in page
    page = says(worker.post(at("referral_answer", referral), {"seen": "4", "event": "return"}))
    assert "Choose at least one reason" in page
    page = says(worker.post(at("referral_answer", referral), {"seen": "4", "event": "send_on"}))
    assert "Choose the team" in page
    page = says(
        worker.post(
            at("referral_answer", referral), {"seen": "3", "event": "accept", "words": "Yes"}
        )
    )
    assert "Somebody changed this referral while you were reading" in page
    back = worker.post(
        at("referral_answer", referral),
        {"seen": "4", "event": "return", "reasons": ["REF-11"], "words": "When?"},
    )
    assert back.url == at("referral", referral)
    assert "Returned with reasons" in says(worker.get(LIST))

    officer = sign_in(client, family.cast.officer)
    page = says(officer.get(at("referral", referral)))
    assert "Early help, or why there is none. When?" in page
    assert "Write the answers" in page


def test_it_is_sent_to_a_team_and_ended_by_saying_what_it_led_to(client, family):
    referral = send(family)
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    worker.post(
        at("referral_answer", referral),
        {"seen": "3", "event": "send_on", "team": "Fair access", "words": ""},
    )
    page = says(worker.post(at("referral_answer", referral), {"seen": "4", "event": "end"}))
    assert "Say what it led to" in page
    worker.post(
        at("referral_answer", referral), {"seen": "4", "event": "end", "words": "A new place."}
    )
    page = says(worker.get(at("referral", referral)))
    assert "A new place." in page
    assert "Answer for the council" not in page


def test_a_stale_page_keeps_what_was_typed_and_shows_what_the_other_saved(client, family):
    referral = begin(family)
    officer = sign_in(client, family.cast.officer)
    old = typed(referral, answer_concerns="My own words")
    write(family, referral, concerns="Words of a colleague")

    page = says(officer.post(at("referral_write", referral), old))

    assert "Somebody changed this referral while you were reading" in page
    assert "Words of a colleague" in page
    assert "My own words" in page
    assert 'name="seen" value="2"' in page
    assert Referral.objects.get().answers["concerns"] == "Words of a colleague"


def test_where_nothing_speaks_against_it_no_reason_is_asked(client, family):
    """A letter that went is a dated step; a page that is out of date sends nothing."""
    referral = write(family, begin(family))
    (letter,) = family.prepare(family.mother)
    letter.letter.state, letter.letter.handed_over_at = "handed over", NOW
    letter.letter.save()
    officer = sign_in(client, family.cast.officer)
    here = at("referral_send", referral)
    page = says(officer.get(here))
    assert "Nothing speaks against it today." in page
    assert "Why do you send it all the same?" not in page

    page = says(officer.post(here, {"seen": "1"}))
    assert "Somebody changed this referral while you were reading" in page
    assert officer.post(here, {"seen": "2"}).url == at("referral", referral)
    page = says(officer.get(at("referral", referral)))
    assert "Nothing spoke against it when it was sent on 17 November 2026." in page


def test_a_hidden_character_is_refused_with_a_sentence(client, family):
    referral = begin(family)
    officer = sign_in(client, family.cast.officer)

    page = says(
        officer.post(at("referral_write", referral), typed(referral, answer_family="a\x07"))
    )

    assert "This holds a hidden character" in page


def test_the_school_withdraws(client, family):
    referral = send(family)
    officer = sign_in(client, family.cast.officer)
    page = says(officer.post(at("referral_withdraw", referral), {"seen": "3"}))
    assert "Say why it is withdrawn" in page
    page = says(officer.post(at("referral_withdraw", referral), {"seen": "1", "words": "Moved"}))
    assert "Somebody changed this referral" in page
    officer.post(at("referral_withdraw", referral), {"seen": "3", "words": "They moved away."})
    assert Referral.objects.get().state == "withdrawn"


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ({}, True),
        ({"state": "council"}, True),
        ({"state": "school"}, False),
        ({"state": "sent"}, True),
        ({"age": "10"}, True),
        ({"age": "9"}, False),
        ({"age": "11"}, False),
        ({"school": "990001"}, True),
        ({"school": "990002"}, False),
        ({"q": "ZZZZ"}, False),
    ],
)
def test_the_list_is_narrowed(client, family, query, there):
    referral = send(family)
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))

    assert (at("referral", referral) in says(worker.get(LIST, query))) is there


def test_the_list_is_narrowed_by_team_and_leaves_as_a_file(client, family):
    referral = answer(family, "send_on", send(family), team="Hot clinic")
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    assert at("referral", referral) in says(worker.get(LIST, {"team": "Hot clinic"}))
    csv = worker.get(LIST, {"export": "csv"}).content.decode()
    assert "Robin Example,Referral to the council,Hillside School,10,With a team,Hot clinic" in csv


def test_an_empty_list_says_where_referrals_come_from(client, family):
    begin(family)
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    assert "A school writes a referral from one of its cases" in says(worker.get(LIST))


def test_the_list_asks_as_often_for_many_as_for_one(client, family, django_assert_max_num_queries):
    send(family)
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    worker.get(LIST)
    with django_assert_max_num_queries(30) as one:
        worker.get(LIST)
    send(family, write(family, begin(family, form="dorset:panel_case")))
    with django_assert_max_num_queries(len(one)):
        worker.get(LIST)


def test_wrong_people_of_both_schools_and_of_other_authorities_find_nothing(client, family):
    cast, referral = family.cast, send(family)
    for user in (cast.stranger, cast.person(Role.HEADTEACHER, "brook")):
        there = sign_in(client, user)
        for name in ("referral", "referral_write", "referral_send", "referral_pdf"):
            assert there.get(at(name, referral)).status_code == 404
        assert there.post(at("referral_answer", referral), {}).status_code == 404
    officer = sign_in(client, cast.officer)
    assert officer.post(at("referral_answer", referral), {}).status_code == 403
    assert officer.post(at("referral_receive", referral), {}).status_code == 403
    worker = sign_in(client, cast.person(Role.SUPPORT_WORKER))
    assert worker.post(at("referral_withdraw", referral), {}).status_code == 403
    assert worker.get(at("referral_write", referral)).status_code == 403
    clerk = sign_in(client, cast.person(Role.NOTICE_CLERK))
    assert clerk.get(at("referral", referral)).status_code == 404


def test_the_file_and_the_familys_copy_are_made_and_written_down(client, family, monkeypatch):
    """The page is caught before it is printed: what must not be in the copy is not in it."""
    pages = []
    monkeypatch.setattr(
        "cases.views.referrals.printing.pdf",
        lambda template, context: pages.append(html(template, context)) or b"%PDF-",
    )
    referral = send(family)
    officer = sign_in(client, family.cast.officer)
    for_file = officer.get(at("referral_pdf", referral))
    assert for_file["Content-Disposition"] == (
        f'inline; filename="referral-{referral.reference}.pdf"'
    )
    officer.get(at("referral_copy", referral, family.mother.reference))
    file, copy = pages
    for words in ("Mornings are hard.", "I like art.", "The family asked for help now."):
        assert words in file
        assert words not in copy
    assert "A check-in each morning." in copy
    for words in ("Larkfield", "Reedham", "Orchard Row", "Mill Street"):
        assert words not in copy
    unknown = officer.get(at("referral_copy", referral, "NOBODY2345"))
    assert unknown.status_code == 404


def html(template, context):
    from django.template.loader import render_to_string

    return render_to_string(template, context)


def test_no_copy_is_made_where_a_letter_would_be_held_or_before_it_is_sent(client, family):
    referral = begin(family)
    officer = sign_in(client, family.cast.officer)
    assert officer.get(at("referral_copy", referral, family.mother.reference)).status_code == 404
    send(family, write(family, referral))
    AdultLink.objects.filter(adult=family.mother).update(court_order="unknown")
    refused = officer.get(at("referral_copy", referral, family.mother.reference))
    assert refused.url == at("referral", referral)
    page = says(officer.get(refused.url))
    assert "No copy was made. Nobody has said whether there is a court order." in page


def test_the_pdf_is_a_pdf(client, family):
    referral = send(family)
    made = sign_in(client, family.cast.officer).get(at("referral_pdf", referral))
    assert made.content.startswith(b"%PDF-")


def test_what_the_school_writes_after_a_return_is_its_own_until_it_is_sent(client, family):
    back = answer(family, "give_back", send(family), reasons=["REF-11"])
    write(family, back, concerns="Half a new thought", early_help="")
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    page = says(worker.get(at("referral", back)))
    assert "Half a new thought" not in page
    assert "Robin misses Mondays." in page
    assert "Nothing says whether early help was offered." not in page
    page = says(sign_in(client, family.cast.officer).get(at("referral", back)))
    assert "Half a new thought" in page
    assert "Nothing says whether early help was offered." in page


def test_an_answer_that_is_no_more_to_be_had_says_why(client, family):
    taken = answer(family, "accept", send(family), words="Yes")
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    page = says(worker.post(at("referral_answer", taken), {"seen": "3", "event": "accept"}))
    assert "Somebody changed this referral while you were reading." in page


def test_a_returned_referral_says_so_on_the_case(client, family):
    answer(family, "give_back", send(family), reasons=["other"], words="Ring me.")
    case = reverse("cases:case", args=["990", family.case.reference])
    page = says(sign_in(client, family.cast.officer).get(case))
    assert "Referral returned with reasons: Referral to the council" in page
    assert "Ring me." in page


def test_a_withdrawn_draft_can_be_begun_again(client, family):
    draft = begin(family)
    referrals.withdraw(
        reach=family.reach, referral=draft, words="Wrong form", seen=1, today=TODAY, now=NOW
    )
    page = says(
        sign_in(client, family.cast.officer).get(
            reverse("cases:case_referrals", args=["990", family.case.reference])
        )
    )
    assert "Withdrawn" in page
    assert ReferralStep.objects.count() == 2


def test_a_pupil_whose_birthday_is_today_has_that_age(client, family):
    pupil = family.cast.pupil
    pupil.born_on = date(2015, 11, 17)
    pupil.save()
    referral = send(family)
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    assert at("referral", referral) in says(worker.get(LIST, {"age": "11"}))
    pupil.born_on = date(2015, 11, 18)
    pupil.save()
    assert at("referral", referral) in says(worker.get(LIST, {"age": "10"}))
