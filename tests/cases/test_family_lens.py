"""Brothers and sisters: found safely, masked across schools, shown once a school accepts."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.urls import reverse

from attendance.models import Adult, AdultLink, Calendar, Enrolment, Pupil
from attendance.selectors.families import brothers_and_sisters
from audit.models import Event
from authorities.access import Forbidden, NotFound
from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import Basis, Case, CaseLetter, DeadlineKind, SiblingShare
from cases.selectors.chronology import chronology
from cases.selectors.evidence import evidence_of
from cases.selectors.family import clashes, family_of, key_of
from cases.services import casework, deadlines, siblings
from rules.errors import Conflict, InvalidInput
from tests import factories
from tests.attendance.registers import school_year
from tests.cases.family import NOW
from tests.cast import TODAY, sign_in

SECRET = "Wrenfield"


def sibling(family, school, forenames="Wren") -> Enrolment:
    """A child of the same mother at a school."""
    pupil = factories.pupil(
        family.cast.northmoor, forenames=forenames, surname=SECRET, born_on=date(2013, 3, 2)
    )
    link(pupil, family.mother)
    return factories.enrolment(pupil, school)


def link(pupil: Pupil, adult: Adult, **fields) -> AdultLink:
    return AdultLink.objects.create(
        authority=pupil.authority,
        pupil=pupil,
        adult=adult,
        **{
            "relationship": "mother",
            "parental_responsibility": "yes",
            "has_care": "yes",
            "may_contact": "yes",
            "court_order": "none",
            **fields,
        },
    )


def ask(family, enrolment, **changes) -> SiblingShare:
    """Hillside's officer asks Brook."""
    return siblings.ask(
        **{
            "reach": family.reach,
            "case": family.case,
            "key": key_of(family.case, enrolment.pk),
            "basis": Basis.PUBLIC_TASK,
            "why": "One plan for the family.",
            "until": date(2027, 1, 31),
            "today": TODAY,
            "now": NOW,
            **changes,
        }
    )


def say(family, share, *, accept=True, words="", by=Role.HEADTEACHER, at="brook", **changes):
    """The other school answers."""
    reach = family.cast.reach(family.cast.person(by, at))
    return siblings.answer(
        **{
            "reach": reach,
            "share": share,
            "accept": accept,
            "words": words,
            "today": TODAY,
            "now": NOW + timedelta(hours=1),
            **changes,
        }
    )


def found(family, today=TODAY):
    return brothers_and_sisters(family.cast.pupil, today)


def test_children_of_one_adult_are_found_at_every_school_of_the_authority(family):
    here, there = sibling(family, family.cast.hillside), sibling(family, family.cast.brook)
    factories.enrolment(factories.pupil(family.cast.northmoor), family.cast.brook)  # no relative

    looked = found(family)

    assert {row.pk for row in looked.enrolments} == {here.pk, there.pk}
    assert (looked.order, looked.kept_back) == (False, 0)


def test_one_who_left_is_not_found(family):
    gone = sibling(family, family.cast.brook)
    Enrolment.objects.filter(pk=gone.pk).update(ends_on=TODAY - timedelta(days=1))

    assert found(family).enrolments == ()
    assert [row.pk for row in found(family, TODAY - timedelta(days=1)).enrolments] == [gone.pk]


@pytest.mark.parametrize("answer", ["yes", "unknown"])
def test_nobody_is_found_through_an_adult_who_is_or_may_be_protected(family, answer):
    sibling(family, family.cast.brook)
    Adult.objects.filter(pk=family.mother.pk).update(protected_address=answer)

    looked = found(family)

    assert (looked.enrolments, looked.kept_back) == ((), 1)


@pytest.mark.parametrize("order", ["no contact", "no information", "other"])
def test_an_order_on_this_pupil_finds_nobody_whoever_it_is_against(family, order):
    sibling(family, family.cast.brook)
    AdultLink.objects.filter(adult=family.father).update(court_order=order)

    looked = found(family)

    assert (looked.enrolments, looked.order) == ((), True)


def test_an_order_on_the_other_child_hides_that_child_and_says_nothing(family):
    there = sibling(family, family.cast.brook)
    link(there.pupil, factories.adult(factories.pupil(family.cast.northmoor)), court_order="other")

    looked = found(family)

    assert (looked.enrolments, looked.order, looked.kept_back) == ((), False, 0)


def test_an_order_nobody_has_answered_for_is_not_looked_through(family):
    there = sibling(family, family.cast.brook)
    AdultLink.objects.filter(pupil=there.pupil).update(court_order="unknown")
    assert found(family).enrolments == ()
    AdultLink.objects.filter(pupil=there.pupil).update(court_order="none")
    AdultLink.objects.filter(pupil=family.cast.pupil).update(court_order="unknown")
    looked = found(family)
    assert (looked.enrolments, looked.kept_back) == ((), 2)


def test_somebody_who_is_no_parent_makes_nobody_a_brother(family):
    there = sibling(family, family.cast.brook)
    AdultLink.objects.filter(pupil=there.pupil).update(parental_responsibility="no", has_care="no")

    assert found(family).enrolments == ()


def test_a_sibling_elsewhere_is_masked_whole_until_their_school_accepts(client, family):
    """No name, school, band, case or day leaves before; all of it after; nothing once it ends."""
    cast, case = family.cast, family.open_case()
    there = sibling(family, cast.brook)
    school_year(cast.brook, 2026)
    theirs = their_case(family, there)
    page = reverse("cases:family", args=["990", case.reference])
    officer = sign_in(client, cast.officer)

    masked = officer.get(page).content.decode()
    assert "A pupil at another school" in masked
    for secret in (SECRET, "Brook", theirs.reference, there.pupil.reference, "20 November"):
        assert secret not in masked
    share = ask(family, there)
    waiting = officer.get(page).content.decode()
    assert "Their school was asked and has not answered yet" in waiting
    assert SECRET not in waiting

    say(family, share)
    shown = officer.get(page).content.decode()
    for words in (f"Wren {SECRET}", "Brook Academy", theirs.reference, "20 November 2026"):
        assert words in shown
    assert reverse("cases:case", args=["990", theirs.reference]) not in shown

    (one,) = family_of(case, family.reach, date(2027, 1, 31)).siblings
    assert one.shown
    (one,) = family_of(case, family.reach, date(2027, 2, 1)).siblings
    assert not one.shown
    assert one.name == "A pupil at another school"
    events = Event.objects.filter(kind="family.read").order_by("pk")
    assert [(event.facts["shown"], event.facts["masked"]) for event in events] == [
        (0, 1),
        (0, 1),
        (1, 0),
    ]


def their_case(family, enrolment) -> Case:
    """An open case of the sibling, with a meeting on 20 November."""
    cast = family.cast
    reach = cast.reach(cast.person(Role.ATTENDANCE_OFFICER, "brook"))
    theirs = casework.open_case(
        reach=reach, enrolment=enrolment, crossing=None, now=NOW, today=TODAY
    )
    deadlines.start(
        case=theirs,
        kind=DeadlineKind.MEETING,
        words="Meet the family",
        since=TODAY,
        by=date(2026, 11, 20),
    )
    return theirs


def test_a_refusal_shows_its_reason_and_nothing_else_and_may_be_asked_again(client, family):
    case, there = family.open_case(), sibling(family, family.cast.brook)
    share = ask(family, there)

    say(family, share, accept=False, words="Ask our lead to ring.")

    page = sign_in(client, family.cast.officer).get(
        reverse("cases:family", args=["990", case.reference])
    )
    text = page.content.decode()
    assert "Their school refused: Ask our lead to ring." in text
    assert SECRET not in text
    assert ask(family, there).pk != share.pk


def test_those_who_see_both_see_them_without_asking(client, family):
    case = family.open_case()
    here, there = sibling(family, family.cast.hillside, "Ash"), sibling(family, family.cast.brook)
    worker = family.cast.reach(family.cast.person(Role.SUPPORT_WORKER))
    assert {one.name for one in family_of(case, worker, TODAY).siblings} == {
        f"Ash {SECRET}",
        f"Wren {SECRET}",
    }
    mine = {one.name for one in family_of(case, family.reach, TODAY).siblings}
    assert mine == {f"Ash {SECRET}", "A pupil at another school"}
    with pytest.raises(Conflict, match="You see this pupil already"):
        ask(family, here)
    with pytest.raises(Conflict, match="You see this pupil already"):
        ask(family, there, reach=worker)
    ask_page = reverse("cases:family_ask", args=["990", case.reference, key_of(case, here.pk)])
    assert sign_in(client, family.cast.officer).get(ask_page).url == reverse(
        "cases:family", args=["990", case.reference]
    )


def test_a_restricted_case_stays_hidden_from_both_sides(client, family):
    cast, case, there = family.cast, family.open_case(), sibling(family, family.cast.brook)
    theirs = their_case(family, there)
    share = say(family, ask(family, there))
    Case.objects.filter(pk__in=[theirs.pk]).update(restricted=True)

    (one,) = family_of(case, family.reach, TODAY).siblings

    assert (one.shown, one.case, one.meeting_on) == (True, "", None)
    Case.objects.filter(pk=case.pk).update(restricted=True)
    page = sign_in(client, cast.person(Role.HEADTEACHER, "brook")).get(
        reverse("cases:sibling_request", args=["990", share.reference])
    )
    assert "Robin" not in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"why": " "}, "Say why you need to know"),
        ({"why": "x" * 601}, "600 characters"),
        ({"until": date(2026, 11, 16)}, "17 November 2026 or later"),
        ({"until": date(2027, 11, 19)}, "a year at most"),
    ],
)
def test_a_question_without_a_reason_or_a_day_is_refused(family, changes, says):
    family.open_case()
    there = sibling(family, family.cast.brook)

    with pytest.raises(InvalidInput, match=f"(?i){says}"):
        ask(family, there, **changes)

    assert not SiblingShare.objects.exists()


def test_a_question_may_run_to_today_and_for_a_year(family):
    family.open_case()
    there, other = sibling(family, family.cast.brook), sibling(family, family.cast.brook)

    assert ask(family, there, until=TODAY).until == TODAY
    assert ask(family, other, until=date(2027, 11, 18)).state == "asked"


def test_who_may_ask_and_when(family):
    cast, case, there = family.cast, family.open_case(), sibling(family, family.cast.brook)
    for role, place in ((Role.TRUST_LEAD, "trust"), (Role.LEGAL_OFFICER, "northmoor")):
        with pytest.raises(Forbidden):
            ask(family, there, reach=cast.reach(cast.person(role, place)))
    with pytest.raises(NotFound):
        ask(family, there, key="0123456789abcdef")
    share = ask(family, there)
    with pytest.raises(Conflict, match="asked already"):
        ask(family, there)
    say(family, share)
    with pytest.raises(Conflict, match="accepted already"):
        ask(family, there)
    Case.objects.filter(pk=case.pk).update(stage="closed", closed_on=TODAY)
    with pytest.raises(Conflict, match="closed"):
        ask(family, there)


def test_who_may_answer_and_once(family):
    cast, there = family.cast, sibling(family, family.cast.brook)
    family.open_case()
    share = ask(family, there)
    for role, place in (
        (Role.ATTENDANCE_OFFICER, "brook"),
        (Role.HEADTEACHER, "hillside"),
        (Role.SUPPORT_WORKER, "northmoor"),
    ):
        with pytest.raises(Forbidden):
            say(family, share, by=role, at=place)
    with pytest.raises(InvalidInput, match="Say why you refuse"):
        say(family, share, accept=False)
    with pytest.raises(InvalidInput, match="600 characters"):
        say(family, share, words="x" * 601)
    with pytest.raises(Conflict, match="time they asked for is over"):
        say(family, share, today=date(2027, 2, 1))
    done = say(family, share, by=Role.SAFEGUARDING_LEAD)
    assert (done.state, done.answered_by.name) == ("accepted", "Safeguarding lead at Brook")
    with pytest.raises(Conflict, match="answered this already"):
        say(family, share, accept=False, words="No")
    SiblingShare.objects.filter(pk=share.pk).update(
        state="asked", answered_at=None, asked_by=cast.person(Role.HEADTEACHER, "brook")
    )
    with pytest.raises(Forbidden, match="You asked this yourself"):
        say(family, share)


def test_the_history_and_the_evidence_tell_of_it_without_a_name(family):
    family.open_case()
    there = sibling(family, family.cast.brook)
    share = ask(family, there)
    assert not [one for one in evidence_of(family.case) if one.kind == "siblings"]
    assert [e.title for e in chronology(family.case, family.reach) if e.tag == "Family"] == [
        "Another school was asked about a brother or sister"
    ]
    say(family, share)

    entries = [e for e in chronology(family.case, family.reach) if e.tag == "Family"]
    assert [entry.title for entry in entries] == [
        "The other school answered: accepted",
        "Another school was asked about a brother or sister",
    ]
    (shown,) = [one for one in evidence_of(family.case) if one.kind == "siblings"]
    assert (shown.on, SECRET in shown.words) == (TODAY, False)
    kinds = Event.objects.filter(kind__startswith="sibling.").order_by("pk")
    assert [(event.kind, event.school.name) for event in kinds] == [
        ("sibling.asked", "Hillside School"),
        ("sibling.answered", "Brook Academy"),
    ]
    assert not [event for event in kinds if SECRET in str(event.facts)]


def test_letters_and_meetings_of_one_family_do_not_clash_unseen(family):
    """Five school days either side: a letter of 10 November still counts on the 17th."""
    case, there = family.open_case(), sibling(family, family.cast.hillside)
    assert clashes(case, family.reach, TODAY) == []
    other = casework.open_case(
        reach=family.reach, enrolment=there, crossing=None, now=NOW, today=TODAY
    )
    assert clashes(case, family.reach, TODAY) == []
    (letter,) = family.prepare(family.mother)
    CaseLetter.objects.filter(pk=letter.pk).update(case=other, pupil=there.pupil)

    assert clashes(case, family.reach, TODAY) == [
        f"A letter about Wren {SECRET} waits to be sent to this family. The policy keeps them "
        "5 school days apart (National expectations: Our default)."
    ]
    for went, warned in ((date(2026, 11, 10), True), (date(2026, 11, 9), False)):
        letter.letter.state = "handed over"
        letter.letter.handed_over_at = datetime(went.year, went.month, went.day, 12, tzinfo=UTC)
        letter.letter.save()
        assert bool(clashes(case, family.reach, TODAY)) is warned
    for on, warned in ((date(2026, 11, 24), True), (date(2026, 11, 25), False)):
        deadlines.start(case=other, kind=DeadlineKind.MEETING, words="Meet", since=TODAY, by=on)
        assert bool(clashes(case, family.reach, TODAY)) is warned


def test_where_the_calendar_cannot_count_the_other_childs_meeting_is_warned_of(family):
    case, there = family.open_case(), sibling(family, family.cast.hillside)
    other = casework.open_case(
        reach=family.reach, enrolment=there, crossing=None, now=NOW, today=TODAY
    )
    far = date(2026, 12, 18)
    deadlines.start(case=other, kind=DeadlineKind.MEETING, words="Meet", since=TODAY, by=far)
    assert clashes(case, family.reach, TODAY) == []

    Calendar.objects.filter(school=family.cast.hillside).delete()

    (said,) = clashes(case, family.reach, TODAY)
    assert "is on 18 December 2026" in said


def test_nothing_of_a_masked_sibling_is_warned_of(family):
    case, there = family.open_case(), sibling(family, family.cast.brook)
    their_case(family, there)

    assert clashes(case, family.reach, TODAY) == []

    say(family, ask(family, there))
    (said,) = clashes(case, family.reach, TODAY)
    assert said.startswith(f"A meeting about Wren {SECRET} is on 20 November 2026: one meeting")


@pytest.mark.parametrize("page", ["letter_prepare", "meeting_arrange"])
def test_preparing_a_letter_or_a_meeting_warns_of_the_other_child(client, family, page):
    case, there = family.open_case(), sibling(family, family.cast.brook)
    their_case(family, there)
    say(family, ask(family, there))

    page = sign_in(client, family.cast.officer).get(
        reverse(f"cases:{page}", args=["990", case.reference])
    )

    assert "The same family hears from you about another child" in page.content.decode()


def test_the_asking_page_names_nobody_and_asks(client, family):
    case, there = family.open_case(), sibling(family, family.cast.brook)
    address = reverse("cases:family_ask", args=["990", case.reference, key_of(case, there.pk)])
    officer = sign_in(client, family.cast.officer)
    page = officer.get(address).content.decode()
    assert SECRET not in page
    assert "Brook" not in page
    page = officer.post(address, {}).content.decode()
    assert "Choose the lawful basis" in page
    sent = {
        "basis": "safeguarding",
        "why": "A child may be at risk.",
        "until_day": "31",
        "until_month": "1",
        "until_year": "2027",
    }
    assert officer.post(address, sent).status_code == 302
    share = SiblingShare.objects.get()
    assert (share.basis, share.other_school) == ("safeguarding", family.cast.brook)
    page = officer.post(address, sent).content.decode()
    assert "The other school was asked already" in page
    nobody = reverse("cases:family_ask", args=["990", case.reference, "0123456789abcdef"])
    assert officer.get(nobody).status_code == 404


def test_the_other_school_finds_reads_and_answers(client, family):
    family.open_case()
    there = sibling(family, family.cast.brook)
    share = ask(family, there)
    head = sign_in(client, family.cast.person(Role.HEADTEACHER, "brook"))
    here = reverse("cases:sibling_request", args=["990", share.reference])
    assert here in head.get(reverse("cases:sibling_requests", args=["990"])).content.decode()
    page = head.get(here).content.decode()
    assert "Hillside School" in page
    assert "One plan for the family." in page
    assert "Robin" not in page
    assert "Say why you refuse" in head.post(here, {"answer": "refuse"}).content.decode()
    assert "Choose whether they may know" in head.post(here, {}).content.decode()
    assert head.post(here, {"answer": "accept"}).url == here
    page = head.get(here).content.decode()
    assert "Robin Example" in page
    assert "answered this already" in head.post(here, {"answer": "accept"}).content.decode()
    listed = head.get(reverse("cases:sibling_requests", args=["990"]), {"state": "asked"})
    assert here not in listed.content.decode()


def test_wrong_people_find_no_question(client, family):
    cast = family.cast
    family.open_case()
    share = ask(family, sibling(family, cast.brook))
    here = reverse("cases:sibling_request", args=["990", share.reference])
    for user in (
        cast.stranger,
        cast.officer,
        cast.person(Role.HEADTEACHER, "hillside"),
        cast.person(Role.ATTENDANCE_OFFICER, "brook"),
        cast.person(Role.SUPPORT_WORKER),
    ):
        assert sign_in(client, user).get(here).status_code == 404


def test_the_page_says_why_nobody_was_looked_for(client, family):
    case = family.open_case()
    officer = sign_in(client, family.cast.officer)
    page = reverse("cases:family", args=["990", case.reference])
    assert "None that the record shows" in officer.get(page).content.decode()
    Adult.objects.filter(pk=family.mother.pk).update(protected_address="unknown")
    assert "1 parent of this pupil was not looked through" in officer.get(page).content.decode()
    AdultLink.objects.filter(adult=family.father).update(court_order="other")
    assert "nobody was looked for" in officer.get(page).content.decode()


def test_the_family_asks_as_often_for_many_as_for_one(family, django_assert_max_num_queries):
    case = family.open_case()
    say(family, ask(family, sibling(family, family.cast.brook)))
    with django_assert_max_num_queries(12) as one:
        family_of(case, family.reach, TODAY)
    for name in ("Ash", "Elm", "Oak"):
        say(family, ask(family, sibling(family, family.cast.brook, name)))
    with django_assert_max_num_queries(len(one)):
        assert len(family_of(case, family.reach, TODAY).siblings) == 4


def test_two_at_the_other_school_answer_once(live_family):
    cast, together, told = live_family.cast, Barrier(2), []
    with scope(cast.ids):
        live_family.open_case()
        share = ask(live_family, sibling(live_family, cast.brook))

    def press(role, *, accept):
        try:
            together.wait()
            with scope(cast.ids):
                say(live_family, share, by=role, accept=accept, words="We talked.")
            told.append("answered")
        except Conflict:
            told.append("too late")
        finally:
            connection.close()

    people = [
        Thread(target=press, args=[Role.HEADTEACHER], kwargs={"accept": True}),
        Thread(target=press, args=[Role.SAFEGUARDING_LEAD], kwargs={"accept": False}),
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(told) == ["answered", "too late"]
