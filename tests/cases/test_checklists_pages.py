"""The page of checklists: what is missing and where to do it, a statement, print and file."""

import pytest
from django.urls import reverse

from audit.models import Event
from authorities.permissions import Role
from cases.models import ItemStatement
from letters.render import PRESS
from tests.cases.contracts import in_force
from tests.cast import sign_in
from tests.letters.test_render import text_of

ITEM = "dorset:inclusion_panel:lead_told"


@pytest.fixture
def officer(client, family):
    """Hillside's attendance officer, signed in."""
    return sign_in(client, family.cast.officer)


def at(name, case):
    return reverse(f"cases:{name}", args=["990", case.reference])


def says(response):
    return " ".join(response.content.decode().split())


def say(officer, case, **changes):
    typed = {
        "item": ITEM,
        "answer": "shown",
        "words": "=I rang her",
        "on_day": "16",
        "on_month": "11",
        "on_year": "2026",
        **changes,
    }
    return officer.post(at("checklist_state", case), typed, follow=True)


def test_what_is_missing_has_a_way_to_do_it(officer, family):
    case = family.open_case()

    page = says(officer.get(at("checklists", case)))

    assert "Before a Notice to Improve" in page
    assert "14 things missing" in page
    assert "0 of 14 shown" in page
    assert at("letter_prepare", case) in page
    assert f"{at('checklist_state', case)}?item={ITEM}" in page


def test_a_statement_shows_with_its_name_and_day(officer, family):
    case = family.open_case()
    form = says(officer.get(f"{at('checklist_state', case)}?item={ITEM}"))
    assert f'<option value="{ITEM}" selected>' in form

    page = says(say(officer, case))

    assert "Your statement is on file" in page
    assert "It was done: =I rang her Stated by" in page
    assert "for 16 November 2026" in page
    assert "1 of 14 shown" in page


def test_a_wrong_statement_comes_back_in_words(officer, family):
    case = family.open_case()

    assert "this for every pupil" in says(say(officer, case, answer="does not apply"))
    assert "Say what was done" in says(say(officer, case, words=""))
    assert not ItemStatement.objects.exists()


def test_a_record_leads_to_its_page(officer, family):
    contract = in_force(family)
    family.cast.pupil.refresh_from_db()

    page = says(officer.get(at("checklists", contract.case)))

    assert "Missing" in page


def test_the_file_and_the_print_say_the_same(officer, family):
    case = family.open_case()
    say(officer, case)

    file = officer.get(at("checklists_csv", case))
    text = " ".join(text_of(officer.get(at("checklists_pdf", case)).content).split())
    PRESS.stop()

    rows = file.content.decode("utf-8-sig").splitlines()
    assert rows[0] == "Checklist,Needed before,Item,State,Shown by,Source"
    assert any('told a week before,Stated,"16 November 2026' in row for row in rows)
    assert f'filename="checklists-{case.reference}.csv"' in file["Content-Disposition"]
    assert "Inclusion Panel checklist" in text
    assert "Letter 2 was sent Missing" in text
    assert Event.objects.filter(kind="checklist.read").count() == 2


def test_words_of_a_statement_are_for_those_who_see_such_things(client, family):
    case = family.open_case()
    say(sign_in(client, family.cast.officer), case, words="The mother is in hospital")
    sign_in(client, family.cast.person(Role.NOTICE_CLERK))

    page = says(client.get(at("checklists", case)))

    assert "It was done:" in page
    assert "hospital" not in page
    assert "State it" not in page
    file = client.get(at("checklists_csv", case))
    assert file.status_code == 200
    assert "hospital" not in file.content.decode()
