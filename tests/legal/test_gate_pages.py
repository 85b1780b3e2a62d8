"""The legal page of a case and of a pupil, as people of the school and the council use them."""

import pytest
from django.urls import reverse

from audit.models import Event
from authorities import packs
from authorities.permissions import Role
from cases.models import Deadline
from legal.models import BrakeAnswer, GateOverride, GateStatement, LegalEvent, OfficerNamed
from legal.tasks import settle_tasks, settle_tasks_everywhere
from rules.gates import ASPECTS
from tests.cases.family import ADOPTED
from tests.cast import sign_in
from tests.legal import prosecution_scenes
from tests.legal.gate_scenes import SIX, agree, ask, say, think

STEP = "notice_to_improve"


def at(name: str, subject, *more) -> str:
    return reverse(f"legal:{name}", args=["990", subject.reference, *more])


def says(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def day(name: str = "on", text: str = "17 11 2026") -> dict[str, str]:
    parts = zip(("day", "month", "year"), text.split(), strict=True)
    return {f"{name}_{part}": typed for part, typed in parts}


@pytest.fixture
def as_role(client, cast):
    """Sign in as somebody."""

    def enter(role: Role, place: str = "northmoor"):
        return sign_in(client, cast.person(role, place))

    return enter


def circumstances(**changes) -> dict[str, str]:
    typed = {}
    for aspect in ASPECTS:
        typed[f"{aspect}_applies"] = "no"
        typed[f"{aspect}_considered"] = "Asked both parents"
    return {**typed, **day(), **changes}


def test_the_case_page_lists_each_step_with_what_to_do(family, client):
    case = family.open_case()

    page = says(sign_in(client, family.cast.officer).get(at("case", case)))

    assert "Before a notice to improve" in page
    assert "Shut: " in page
    assert "Ask the safeguarding lead whether a notice could put the child" in page
    assert "The register to 17 November 2026: Met on Friday 9 October 2026" in page
    assert "Dorset school attendance pack" in page
    assert "Go past what is not shown" not in page
    assert Event.objects.filter(kind="gate.read").count() == 1


def test_a_statement_is_made_and_shown_with_its_words(family, client):
    case = family.open_case()
    officer = sign_in(client, family.cast.officer)
    form = at("case_gate_state", case, STEP, "safeguarding_checked")
    assert "Ask the safeguarding lead" in says(officer.get(form))

    page = says(
        officer.post(form, {"answer": "so", "words": "Mrs Lee sees no risk", **day()}, follow=True)
    )

    assert "Your statement is on file" in page
    assert "“Mrs Lee sees no risk”" in page
    assert GateStatement.objects.get().made_by == family.cast.officer


def test_the_six_questions_are_one_form(family, as_role):
    case = family.open_case()
    legal = as_role(Role.LEGAL_OFFICER)
    form = at("case_gate_state", case, "penalty_notice", "framework_questions")
    assert "Is a penalty notice the best way" in says(legal.get(form))

    refused = says(legal.post(form, {"answer": "so", "words": "As above", **day()}))
    done = legal.post(form, {"answer": "so", "words": "As above", **SIX, **day()})

    assert "Answer each question" in refused
    assert done.status_code == 302
    assert GateStatement.objects.get().answers["best_tool"] == "Everything else was tried"


@pytest.mark.parametrize(
    ("step", "test"),
    [(STEP, "compulsory_age"), (STEP, "luck"), ("case", "support_appropriate")],
)
def test_what_nobody_states_has_no_page(family, client, step, test):
    case = family.open_case()

    response = sign_in(client, family.cast.officer).get(at("case_gate_state", case, step, test))

    assert response.status_code == 404


def test_an_empty_statement_is_sent_back(family, client):
    case = family.open_case()
    form = at("case_gate_state", case, STEP, "safeguarding_checked")

    page = says(sign_in(client, family.cast.officer).post(form, {}))

    assert "Select what you state" in page
    assert "Say how you know it" in page


def test_the_circumstances_are_answered_on_one_page(family, client):
    case = family.open_case()
    officer = sign_in(client, family.cast.officer)
    assert "Not known" in says(officer.get(at("case", case)))

    bare = says(officer.post(at("case_brake", case), circumstances(send_considered="")))
    page = says(officer.post(at("case_brake", case), circumstances(), follow=True))

    assert "Special educational needs: Write what was considered" in bare
    assert "Your answers are on file" in page
    assert BrakeAnswer.objects.count() == 7
    again = says(officer.get(at("case_brake", case)))
    assert "Asked both parents" in again


def test_what_the_record_says_stands_beside_the_question(family, client):
    case = family.open_case()
    family.cast.pupil.flags.create(
        authority=family.cast.northmoor, kind="medical", starts_on=ADOPTED
    )

    page = says(sign_in(client, family.cast.officer).get(at("case_brake", case)))

    assert "On the record: Medical condition." in page


def test_somebody_without_sight_of_health_reads_no_circumstance(family, as_role):
    case = family.open_case()
    think(family, health="yes")
    say(family, STEP, "support_appropriate", words="A secret of the family")

    page = says(as_role(Role.NOTICE_CLERK).get(at("case", case)))

    assert "Asked both parents" not in page
    assert "A secret of the family" not in page
    assert "State it" not in page


def test_two_officers_go_past_and_it_shows_for_ever(family, as_role, client):
    case = family.open_case()
    legal = as_role(Role.LEGAL_OFFICER)
    form = at("case_override_ask", case, STEP)
    shown = says(legal.get(form))
    assert "Nobody can go past these" in shown
    seen = legal.get(form).context["form"]["seen"].value()
    typed = {"tests": ["sufficient_support"], "reason": "The school moved him twice", "seen": seen}
    assert says(legal.post(form, typed, follow=True)).count("Waits for a second officer".lower())
    override = GateOverride.objects.get()
    assert "You asked for this yourself" in says(legal.get(at("override", override)))
    own = legal.post(at("override", override), {"agree": "yes", "words": "Fine"})
    assert "You asked for this yourself" in says(own)

    second = as_role(Role.AUTHORISING_OFFICER)
    assert "The school moved him twice" in says(second.get(at("override", override)))
    page = says(
        second.post(at("override", override), {"agree": "yes", "words": "I agree"}, follow=True)
    )

    assert "Two officers agreed to go past this" in page
    assert "Gone past" in page
    assert "Agreed by two officers" in says(second.get(at("override", override)))
    override.refresh_from_db()
    assert override.settled_by == family.cast.person(Role.AUTHORISING_OFFICER)


def test_a_stale_page_goes_past_nothing(family, as_role):
    case = family.open_case()
    legal = as_role(Role.LEGAL_OFFICER)
    form = at("case_override_ask", case, STEP)
    seen = legal.get(form).context["form"]["seen"].value()
    say(family, STEP, "support_appropriate")

    typed = {"tests": ["sufficient_support"], "reason": "Because", "seen": seen}
    page = says(legal.post(form, typed))

    assert "Things have changed since you opened this page" in page
    assert "was missing and is there now" in page
    assert not GateOverride.objects.exists()


def test_a_school_has_no_page_to_go_past(family, as_role):
    case = family.open_case()

    head = as_role(Role.HEADTEACHER, "hillside")

    assert head.get(at("case_override_ask", case, STEP)).status_code == 403
    override = ask(family, STEP, ["sufficient_support"])
    typed = {"agree": "yes", "words": "I agree"}
    assert head.post(at("override", override), typed).status_code == 403
    assert "Save the answer" not in says(head.get(at("override", override)))


def test_what_is_missing_is_asked_of_the_school_in_one_press(family, client):
    case = family.open_case()
    officer = sign_in(client, family.cast.officer)
    form = at("case_gate_tasks", case, STEP)
    assert "The safeguarding lead was asked: Ask the safeguarding lead" in says(officer.get(form))

    page = says(officer.post(form, day("by", "1 12 2026"), follow=True))

    made = Deadline.objects.filter(case=case, kind="legal", done_on=None).count()
    assert made > 4
    assert f"{made} tasks for the school" in page
    assert f"{made} asked of the school" in page
    assert "Ask the school for what is missing" not in page.split("Before a penalty notice")[0]


def test_a_refused_day_is_said_on_the_form(family, client):
    case = family.open_case()
    form = at("case_gate_tasks", case, STEP)

    page = says(sign_in(client, family.cast.officer).post(form, day("by", "1 11 2026")))

    assert "Choose a day that has not passed" in page


def test_the_worker_ends_what_is_met(family, client):
    case = family.open_case()
    sign_in(client, family.cast.officer).post(
        at("case_gate_tasks", case, STEP), day("by", "1 12 2026")
    )
    think(family)

    settle_tasks(authority_id=family.cast.northmoor.pk)

    assert Deadline.objects.filter(case=case, kind="legal", done_on__isnull=False).count() == 1


def test_the_timetable_queues_each_authority(cast, monkeypatch):
    queued = []
    monkeypatch.setattr(
        "legal.tasks.enqueue", lambda name, authority_id: queued.append((name, authority_id))
    )

    settle_tasks_everywhere()

    assert ("legal.settle_tasks", cast.northmoor.pk) in queued


def test_the_page_is_printed_without_a_name_in_its_file(family, client):
    case = family.open_case()
    think(family)
    agree(family, ask(family, STEP, ["sufficient_support"]))

    made = sign_in(client, family.cast.officer).get(at("case_gates_pdf", case))

    assert made["Content-Type"] == "application/pdf"
    assert made["Content-Disposition"] == f'inline; filename="legal-{case.reference}.pdf"'
    assert made.content.startswith(b"%PDF")


def test_a_gate_is_looked_at_for_one_parent(family, client):
    case = family.open_case()
    officer = sign_in(client, family.cast.officer)

    page = says(officer.get(at("case", case)))
    one = says(officer.get(at("case", case) + f"?parent={family.mother.reference}"))
    other = says(officer.get(at("case", case) + "?parent=NOBODY"))

    assert "Every parent" in page
    assert f"?parent={family.mother.reference}" in page
    assert f"statement/safeguarding_checked/?parent={family.mother.reference}" in one
    assert "Looked at for" in other


def test_leave_has_its_own_lane_without_a_case(family, client):
    officer = sign_in(client, family.cast.officer)

    page = says(officer.get(at("pupil", family.cast.pupil)))
    brake = officer.post(at("pupil_brake", family.cast.pupil), circumstances(), follow=True)

    assert "Before a penalty notice for leave" in page
    assert "Before prosecution" not in page
    assert "No session is coded G" in page
    assert "Your answers are on file" in says(brake)
    assert LegalEvent.objects.get().event == "considered"
    printed = officer.get(at("pupil_gates_pdf", family.cast.pupil))
    assert printed.content.startswith(b"%PDF")


def test_a_local_item_is_stated_by_the_council_on_the_pupils_page(family, as_role):
    packs.adopt(
        authority=family.cast.northmoor, pack="barking_dagenham", starts_on=ADOPTED, reach=None
    )
    key = "barking_dagenham:penalty_decision:within_code"
    form = at("pupil_gate_state", family.cast.pupil, "penalty_notice_for_leave", key)
    school = says(as_role(Role.ATTENDANCE_OFFICER, "hillside").get(at("pupil", family.cast.pupil)))
    assert f'href="{form}"' not in school
    officer = as_role(Role.LEGAL_OFFICER)
    assert f'href="{form}"' in says(officer.get(at("pupil", family.cast.pupil)))

    officer.post(form, {"answer": "so", "words": "I read the code", **day()})

    assert GateStatement.objects.get().test == key


def test_the_pupils_page_of_leave_tells_nothing_of_a_case_kept_from_somebody(family, client, cast):
    case = family.open_case()
    say(family, STEP, "support_appropriate")
    think(family)
    officer = sign_in(client, family.cast.officer)
    before = says(officer.get(at("pupil", cast.pupil)))
    assert "Statement before a step" in before
    assert "Asked both parents and the tutor" in before
    case.restricted = True
    case.save()

    page = says(officer.get(at("pupil", cast.pupil)))

    assert "Statement before a step" not in page
    assert "Asked both parents and the tutor" not in page
    assert officer.get(at("case", case)).status_code == 404


def test_the_pupils_own_page_leads_there(family, client, cast):
    page = says(
        sign_in(client, cast.officer).get(
            reverse("attendance:pupil", args=["990", cast.pupil.reference])
        )
    )

    assert at("pupil", cast.pupil) in page


def test_the_head_names_a_deputy_and_ends_it(cast, as_role):
    head = as_role(Role.HEADTEACHER, "hillside")
    deputy = cast.person(Role.ATTENDANCE_LEAD, "hillside")
    officers = reverse("legal:officers", args=["990"])
    form = reverse("legal:officer_name", args=["990", cast.hillside.urn])
    assert "Nobody was named" in says(head.get(officers))
    typed = {"user": deputy.pk, "words": "Letter of today", **day("starts_on", "1 9 2026")}

    refused = says(head.post(form, {**typed, "position": "another member of staff"}))
    page = says(head.post(form, {**typed, "position": "deputy headteacher"}, follow=True))

    assert "Only a headteacher, a deputy or assistant head" in refused
    assert f"{deputy.name}, deputy headteacher" in page
    made = OfficerNamed.objects.get()
    end = reverse("legal:officer_end", args=["990", made.pk])
    assert "Say the last day" in page
    early = says(head.post(end, day("on", "1 8 2026")))
    assert "Enter a later day" in early
    done = says(head.post(end, day("on", "16 11 2026"), follow=True))
    assert "1 September 2026 to 16 November 2026" in done
    assert "Ended" in done
    assert head.get(reverse("legal:officer_end", args=["990", 0])).status_code == 404


def test_the_clerk_is_led_to_the_check_with_other_councils_and_to_nothing_else(family, as_role):
    family.open_case()
    border = reverse("legal:border", args=["990", family.cast.pupil.reference])

    page = says(as_role(Role.NOTICE_CLERK).get(at("pupil", family.cast.pupil)))

    assert f'href="{border}"' in page
    assert "Answer for each circumstance" not in page


def test_after_two_notices_without_a_case_the_way_on_is_to_open_one(cast, as_role):
    made = prosecution_scenes.desk(cast).room
    for _ in range(2):
        made.issue()
    page = at("pupil", made.pupil) + f"?parent={made.mother.reference}"
    said = "Consider prosecution or another way. A prosecution without a notice is prepared from a"
    way = reverse("cases:open_for_pupil", args=["990", made.pupil.reference])

    school = says(as_role(Role.ATTENDANCE_OFFICER, "hillside").get(page))
    council = says(as_role(Role.LEGAL_OFFICER).get(page))

    assert said in school
    assert said in council
    assert way in school
    assert "Open a case first" in school
    assert way not in council, "who prosecutes opens no case: the sentence says who does"
