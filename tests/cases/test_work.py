"""The list of work: what waits for whom, what blocks it, and what one case has due."""

from datetime import date

import pytest
from django.urls import reverse

from attendance.models import Adult
from authorities.permissions import Role
from cases.models import Case, Deadline, DeadlineKind, Proposal, Recheck
from cases.selectors.work import LABELS, Wanted, blocked_by, deadlines_of, work_for
from cases.services import deadlines
from tests.cases.family import NOW
from tests.cases.work_scenes import a_case, a_deadline
from tests.cast import TODAY, sign_in

K = DeadlineKind


@pytest.fixture
def officer(client, family):
    return sign_in(client, family.cast.officer)


def rows(reach, **wanted):
    wanted.setdefault("tab", "all")
    found = work_for(reach, Wanted(**wanted)).rows.order_by("w_when", "w_kind", "w_pk")
    return [(row["w_kind"], row["w_words"]) for row in found]


def tabs(reach, **wanted):
    return {item["key"]: item["count"] for item in work_for(reach, Wanted(**wanted)).tabs}


def page(client, **query):
    return client.get(reverse("cases:work", args=["990"]), query)


def says(response):
    return " ".join(response.content.decode().split())


def test_each_day_stands_under_its_tabs(family):
    case = family.open_case()
    for about, by in (
        ("yesterday", date(2026, 11, 16)),
        ("today", TODAY),
        ("tomorrow", date(2026, 11, 18)),
        ("in a week", date(2026, 11, 24)),
        ("in eight days", date(2026, 11, 25)),
    ):
        a_deadline(case, by, about=about, words=about, kind=K.LEGAL)

    assert rows(family.reach, tab="overdue") == [("legal", "yesterday")]
    assert rows(family.reach, tab="due") == [("legal", "yesterday"), ("legal", "today")]
    assert rows(family.reach, tab="week") == [("legal", "tomorrow"), ("legal", "in a week")]
    assert rows(family.reach, tab="later") == [("legal", "in eight days")]
    assert tabs(family.reach) == {
        "due": 2,
        "overdue": 1,
        "week": 2,
        "later": 1,
        "blocked": 0,
        "all": 5,
    }


def test_letters_wait_for_those_who_approve_them(family):
    family.open_case()
    family.prepare(family.mother)

    assert rows(family.reach, kinds=("letter to approve",)) == [
        ("letter to approve", "Letter 2: initial attendance concern")
    ]
    worker = family.cast.reach(family.cast.person(Role.SUPPORT_WORKER))
    assert rows(worker, kinds=("letter to approve",)) == []


def test_a_paused_clock_is_blocked_and_neither_due_nor_overdue(family):
    row = a_deadline(family.open_case(), TODAY, kind=K.LEGAL)
    deadlines.pause(
        reach=family.reach, pk=row.pk, version=1, because="In hospital", today=TODAY, now=NOW
    )
    Deadline.objects.update(due_on=date(2026, 11, 16))

    assert tabs(family.reach) == {
        "due": 0,
        "overdue": 0,
        "week": 0,
        "later": 0,
        "blocked": 1,
        "all": 1,
    }
    (found,) = deadlines_of(family.reach, row.case)
    assert blocked_by(found) == ["Paused since 17 November 2026: In hospital"]


def test_an_open_recheck_blocks_every_deadline_of_its_pupil_and_no_other(family):
    case, other = family.open_case(), a_case(family.cast, "Elsewhere")
    a_deadline(case, TODAY, kind=K.LEGAL)
    a_deadline(other, TODAY, kind=K.LEGAL)
    a_recheck(case)

    (found,), (free,) = deadlines_of(family.reach, case), deadlines_of(family.reach, other)

    assert blocked_by(found) == ["Marks were corrected, and nobody has decided what follows."]
    assert blocked_by(free) == []
    assert rows(family.reach, kinds=("check again",)) == [
        ("check again", "Decide what follows from corrected marks")
    ]


def a_recheck(case):
    return Recheck.objects.create(
        authority=case.authority,
        school=case.school,
        enrolment=case.enrolment,
        case=case,
        relied_at=NOW,
        as_of=TODAY,
        amendments=1,
        before={},
        after={},
        changes=[],
        holds=True,
        found_at=NOW,
    )


def test_the_family_must_be_answered_for_before_it_is_asked_to_come(family):
    row = a_deadline(family.open_case(), TODAY, kind=K.MEETING)
    a_deadline(row.case, TODAY, kind=K.LEGAL)
    Adult.objects.update(protected_address="unknown")

    meeting, legal = sorted(
        deadlines_of(family.reach, row.case), key=lambda one: -len(one["w_kind"])
    )
    assert [blocked_by(meeting), blocked_by(legal)] == [
        ["Nobody has said whether any adult's details must be kept from others."],
        [],
    ]
    Adult.objects.filter(pk=family.mother.pk).update(protected_address="no")
    meeting, _ = sorted(deadlines_of(family.reach, row.case), key=lambda one: -len(one["w_kind"]))
    assert blocked_by(meeting) == []


def test_mine_is_what_is_given_to_me_or_on_a_case_that_i_carry(family):
    cast, case = family.cast, family.open_case()
    a_deadline(case, TODAY, words="of nobody")
    a_deadline(case, TODAY, about="b", words="given to me", owner=cast.officer)
    mine = a_case(cast, "Minecase", owner=cast.officer)
    a_deadline(mine, TODAY, words="on my case")
    lead = cast.person(Role.ATTENDANCE_LEAD, "hillside")
    a_deadline(mine, TODAY, about="c", words="on my case, another's", owner=lead)

    def words_of(whose):
        return sorted(words for _, words in rows(family.reach, whose=whose))

    assert words_of("mine") == ["given to me", "on my case"]
    assert words_of("nobody") == ["of nobody"]


def test_a_person_sees_the_work_of_their_schools_and_of_no_restricted_case(family):
    cast = family.cast
    here = a_deadline(family.open_case(), TODAY, words="at Hillside")
    a_deadline(a_case(cast, "Brookcase", cast.brook), TODAY, words="at Brook")
    worker = cast.reach(cast.person(Role.SUPPORT_WORKER))
    assert rows(family.reach) == [("contact", "at Hillside")]
    assert sorted(words for _, words in rows(worker)) == ["at Brook", "at Hillside"]
    assert rows(worker, urn=cast.brook.urn) == [("contact", "at Brook")]

    Case.objects.filter(pk=here.case_id).update(restricted=True)

    assert rows(family.reach) == []
    assert tabs(family.reach)["all"] == 0
    assert deadlines_of(family.reach, here.case) == []


def test_a_proposal_about_a_pupil_of_a_restricted_case_shows_to_nobody_else(family):
    case = family.open_case()
    Proposal.objects.create(
        authority=case.authority,
        school=case.school,
        enrolment=case.enrolment,
        pack="dorset",
        edition="2022",
        trigger="concern",
        proposes="letter",
        why="Attendance is below 95%.",
        since=TODAY,
        found_at=NOW,
    )
    assert ("proposal", "Attendance is below 95%.") in rows(family.reach)
    second = Proposal.objects.get()
    second.pk, second.reference, second.trigger = None, "SECOND0001", "letter_4"
    second.why = "Attendance is below 90%."
    second.save()
    (words,) = (words for kind, words in rows(family.reach) if kind == "proposal")
    assert words == "2 things are proposed for this pupil. The first: Attendance is below 95%."

    Case.objects.update(restricted=True)

    assert rows(family.reach) == []


def test_the_counts_beside_the_kinds_follow_the_tab_and_not_the_kinds_asked_for(family):
    case = family.open_case()
    a_deadline(case, TODAY)
    a_deadline(case, TODAY, about="b")
    a_deadline(case, TODAY, kind=K.LEGAL)
    a_deadline(case, date(2026, 12, 1), kind=K.ACTION)

    found = work_for(family.reach, Wanted(kinds=("legal",)))

    assert found.kinds == [("contact", 2), ("legal", 1)]
    assert found.count("due") == 1
    assert found.count("all") == 1


def test_every_kind_has_words(family):
    assert all(LABELS[kind.value] for kind in DeadlineKind)


def test_the_page_says_what_to_do_by_when_and_what_happens_otherwise(officer, family):
    case = family.open_case()
    a_deadline(case, date(2026, 11, 16), nothing="Nobody knows how the family is.")

    shown = says(page(officer))

    assert "Ring the family" in shown
    assert "If you do nothing: Nobody knows how the family is." in shown
    assert 'Mon 16 Nov</span> <strong class="govuk-tag govuk-tag--red">Overdue' in shown
    assert "1 thing to do" in shown


def test_an_empty_list_says_so(officer):
    assert "Nothing waits under this heading" in says(page(officer))


def test_a_search_stays_out_of_the_address_and_narrows_the_list(officer, family):
    a_deadline(family.open_case(), TODAY, words="for Robin")
    a_deadline(a_case(family.cast, "Quillon"), TODAY, words="for another")

    answer = officer.post(reverse("cases:work_search", args=["990"]), {"q": "QUILL"})

    assert "QUILL" not in answer.url.upper()
    shown = says(officer.get(answer.url))
    assert "for another" in shown
    assert "for Robin" not in shown


@pytest.mark.parametrize("sort", ["pupil", "-pupil", "kind", "school", "due", "-due", "who"])
def test_it_sorts_every_way(officer, family, sort):
    a_deadline(family.open_case(), TODAY)
    family.prepare(family.mother)

    assert page(officer, sort=sort, tab="all").status_code == 200


def test_the_csv_holds_what_the_page_says(officer, family):
    a_deadline(family.open_case(), date(2026, 11, 16), words="=Ring")

    text = page(officer, export="csv").content.decode("utf-8-sig")

    assert "'=Ring" in text
    assert "2026-11-16" in text


@pytest.mark.parametrize("count", [3, 300])
def test_the_list_asks_the_same_number_of_questions(
    officer, family, django_assert_num_queries, count
):
    for number in range(count):
        a_deadline(a_case(family.cast, f"Many{number}"), TODAY)
    page(officer)

    with django_assert_num_queries(27, exact=False):
        page(officer)


def test_one_deadline_is_changed_on_its_page(officer, family):
    row = a_deadline(family.open_case(), TODAY)
    address = reverse("cases:deadline", args=["990", row.pk])
    assert "Mark it as done" in says(officer.get(address))

    answer = officer.post(address, {"action": "pause", "version": "1", "because": "In hospital"})

    assert answer.url == reverse("cases:due", args=["990", row.case.reference])
    assert "Let it run again from today" in says(officer.get(address))
    assert "In hospital" in says(officer.get(address))
    officer.post(address, {"action": "resume", "version": "2"})
    officer.post(
        address,
        {
            "action": "move",
            "version": "3",
            "to_day": "2",
            "to_month": "12",
            "to_year": "2026",
            "because": "Away",
        },
    )
    officer.post(address, {"action": "give", "version": "4", "owner": str(family.cast.officer.pk)})
    officer.post(address, {"action": "done", "version": "5", "note": "Rang"})
    row.refresh_from_db()
    assert (row.due_on, row.owner, row.done_on) == (date(2026, 12, 2), family.cast.officer, TODAY)
    shown = says(officer.get(reverse("cases:due", args=["990", row.case.reference])))
    assert "done on 17 November 2026" in shown


def test_a_refused_change_says_why_and_keeps_what_was_typed(officer, family):
    row = a_deadline(family.open_case(), TODAY)
    address = reverse("cases:deadline", args=["990", row.pk])

    shown = says(officer.post(address, {"action": "done", "version": "9", "note": "I rang them"}))

    assert "Somebody changed this since you opened the page" in shown
    assert "I rang them" in shown
    assert "Write what was done" in says(officer.post(address, {"action": "done", "version": "1"}))
    assert officer.post(address, {"action": "nonsense"}).status_code == 200
    row.refresh_from_db()
    assert row.done_on is None


def test_what_was_changed_stands_in_the_history_of_the_case(officer, family):
    row = a_deadline(family.open_case(), TODAY)
    deadlines.move(
        reach=family.reach,
        pk=row.pk,
        version=1,
        to=date(2026, 12, 2),
        because="The family is away.",
        today=TODAY,
        now=NOW,
    )

    shown = says(officer.get(reverse("cases:case", args=["990", row.case.reference])))

    assert "Moved to another day: Ring the family" in shown
    assert "Due 2 December 2026; it was 17 November 2026. The family is away." in shown


def test_a_change_of_owner_names_both_in_the_history(officer, family):
    row = a_deadline(family.open_case(), TODAY)
    deadlines.give(reach=family.reach, pk=row.pk, version=1, owner=family.cast.officer, now=NOW)

    shown = says(officer.get(reverse("cases:case", args=["990", row.case.reference])))

    assert f"Now with {family.cast.officer.name}; it was with whoever carried the case." in shown


def test_somebody_who_only_reads_cases_is_offered_no_changes(client, family):
    a_deadline(family.open_case(), TODAY)
    reader = sign_in(client, family.cast.person(Role.LEGAL_OFFICER))

    shown = says(page(reader))

    assert "Ring the family" in shown
    assert "Do the same to several rows" not in shown
    assert 'name="row"' not in shown


def test_a_deadline_of_another_school_is_not_found(officer, family):
    row = a_deadline(a_case(family.cast, "Brookcase", family.cast.brook), TODAY)

    assert officer.get(reverse("cases:deadline", args=["990", row.pk])).status_code == 404


def test_a_letter_that_was_held_waits_for_those_who_prepare_letters(family):
    family.open_case()
    (draft,) = family.prepare(family.mother)
    draft.letter.state = "held"
    draft.letter.save()

    assert rows(family.reach) == [("letter stopped", "Letter 2: initial attendance concern")]
