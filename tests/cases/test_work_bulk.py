"""The same done to several rows: what will happen, what will not, all at once, and back again."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from attendance.models import Calendar
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Case, Deadline, DeadlineKind, WorkChange
from cases.services import bulk, deadlines
from cases.services.bulk import Action, Token
from rules.errors import InvalidInput
from tests.cases.family import NOW
from tests.cases.work_scenes import a_case, a_deadline
from tests.cast import TODAY, sign_in

K = DeadlineKind
LATER = datetime(2026, 11, 17, 11, tzinfo=UTC)


@pytest.fixture
def officer(client, family):
    return sign_in(client, family.cast.officer)


def token(row):
    return f"{row.kind}|{row.pk}|{row.version}"


def go(reach, action, rows, *, now=NOW):
    tokens = bulk.read_tokens([token(row) for row in rows])
    return bulk.carry_out(reach=reach, action=action, tokens=tokens, today=TODAY, now=now)


def plan(reach, action, tokens):
    return bulk.plan(reach=reach, action=action, tokens=bulk.read_tokens(tokens), today=TODAY)


def said(lines):
    return [(line.what, line.why_not or line.then) for line in lines]


def test_a_plan_says_what_will_happen_to_which_and_what_will_not_and_why(family):
    case = family.open_case()
    free = a_deadline(case, TODAY)
    review = a_deadline(case, TODAY, kind=K.PLAN_REVIEW, about="cases.Cycle:1", words="Review")
    over = a_deadline(case, TODAY, about="b", words="Over")
    sent = [token(free), token(review), token(over), "letter to approve|7|0", "contact|0|1"]
    deadlines.finish(case=case, kind=K.CONTACT, today=TODAY, by=None, about="b")

    found = plan(family.reach, Action("done", note="Rang"), sent)

    assert said(found.will) == [("Ring the family", "Marked as done today.")]
    assert said(found.wont) == [
        ("Review", "Write the review on the plan's page."),
        ("Over", "This was done or dropped on 17 November 2026."),
        ("Letter to approve", "Read each letter before you approve it."),
    ]
    assert found.unseen == 1
    assert not WorkChange.objects.exists()


def test_many_of_a_kind_that_is_done_alone_are_one_line(family):
    found = plan(family.reach, Action("done"), ["proposal|7|0", "proposal|8|0"])

    assert [line.what for line in found.wont] == ["Proposal to decide: 2"]


def test_all_are_marked_as_done_with_the_same_note_and_taken_back(family):
    case = family.open_case()
    rows = [a_deadline(case, TODAY), a_deadline(a_case(family.cast, "Second"), TODAY)]

    result = go(family.reach, Action("done", note="Assembly held"), rows)

    assert (result.done, result.left) == (2, [])
    assert Deadline.objects.filter(done_on=TODAY, done_by=family.cast.officer).count() == 2
    assert set(WorkChange.objects.values_list("reason", "batch")) == {
        ("Assembly held", result.batch)
    }
    assert bulk.take_back(reach=family.reach, batch=result.batch, now=LATER) == (2, 0)
    assert Deadline.objects.filter(done_on=None, done_by=None).count() == 2


def test_days_move_by_school_days_from_the_day_or_from_today(family):
    case = family.open_case()
    ahead = a_deadline(case, date(2026, 11, 19))  # Thursday: 2 school days on is Monday
    behind = a_deadline(case, date(2026, 11, 3), about="b")

    result = go(family.reach, Action("move", note="Snow", days=2), [ahead, behind])

    ahead.refresh_from_db()
    behind.refresh_from_db()
    assert (ahead.due_on, behind.due_on) == (date(2026, 11, 23), date(2026, 11, 19))
    bulk.take_back(reach=family.reach, batch=result.batch, now=LATER)
    ahead.refresh_from_db()
    behind.refresh_from_db()
    assert (ahead.due_on, behind.due_on) == (date(2026, 11, 19), date(2026, 11, 3))


def test_a_move_taken_back_counts_by_its_length_again(family):
    row = deadlines.start(
        case=family.open_case(),
        kind=K.LETTER_REVIEW,
        words="Look again",
        since=TODAY,
        clock="review_period",
    )
    length, due = row.length, row.due_on
    result = go(family.reach, Action("move", note="Snow", days=2), [row])

    bulk.take_back(reach=family.reach, batch=result.batch, now=LATER)

    row.refresh_from_db()
    assert (row.length, row.due_on) == (length, due)


def test_what_is_paused_or_beyond_the_calendar_does_not_move(family):
    case = family.open_case()
    row, other = a_deadline(case, TODAY), a_deadline(case, TODAY, about="b", words="Other")
    paused = deadlines.pause(
        reach=family.reach, pk=row.pk, version=1, because="Ill", today=TODAY, now=NOW
    )
    Calendar.objects.all().delete()

    found = plan(family.reach, Action("move", note="x", days=3), [token(paused), token(other)])

    assert found.will == []
    assert "It is paused" in found.wont[0].why_not
    assert "Add the next term first" in found.wont[1].why_not


def test_work_and_cases_are_given_only_to_those_who_may(family):
    cast, case = family.cast, family.open_case()
    row = a_deadline(case, TODAY)
    tutor, lead = cast.person(Role.TUTOR, "hillside"), cast.person(Role.ATTENDANCE_LEAD, "hillside")
    sent = [token(row), bulk.case_token(case)]

    refused = plan(family.reach, Action("give", owner=tutor), sent)
    result = bulk.carry_out(
        reach=family.reach,
        action=Action("give", owner=lead),
        tokens=bulk.read_tokens(sent),
        today=TODAY,
        now=NOW,
    )

    assert refused.will == []
    assert all("cannot change cases at" in line.why_not for line in refused.wont)
    assert result.done == 2
    case.refresh_from_db()
    row.refresh_from_db()
    assert (case.owner, row.owner) == (lead, lead)
    again = plan(
        family.reach,
        Action("give", owner=lead),
        [bulk.case_token(case), f"contact|{row.pk}|{row.version}"],
    )
    assert all("has it already" in line.why_not for line in again.wont)
    bulk.take_back(reach=family.reach, batch=result.batch, now=LATER)
    case.refresh_from_db()
    row.refresh_from_db()
    assert (case.owner, row.owner) == (None, None)


def test_nobodys_stays_nobodys_and_a_case_takes_no_other_action(family):
    case = family.open_case()
    row = a_deadline(case, TODAY)

    given = plan(family.reach, Action("give"), [bulk.case_token(case), token(row)])
    done = plan(family.reach, Action("done"), [bulk.case_token(case)])

    assert {line.why_not for line in given.wont} == {"It has no owner already."}
    assert "nothing else" in done.wont[0].why_not


def test_a_restricted_case_goes_only_to_somebody_named_on_it(family):
    case = family.open_case()
    row = a_deadline(case, TODAY)
    case.restricted = True
    lead = family.cast.person(Role.ATTENDANCE_LEAD, "hillside")

    line = bulk._Judge(family.reach, Action("give", owner=lead), TODAY).case(
        case, f"{case.version}-0"
    )
    row.case = case
    other = bulk._Judge(family.reach, Action("give", owner=lead), TODAY).deadline(row, "1")

    assert line.why_not == f"{lead.name} is not named on this restricted case."
    assert other.why_not == line.why_not
    Case.objects.update(restricted=True)
    assert plan(family.reach, Action("give", owner=lead), [token(row)]).unseen == 1


def test_what_somebody_changed_since_is_left_and_the_rest_is_done(family):
    case, other = family.open_case(), a_case(family.cast, "Second")
    stale, fresh = a_deadline(case, TODAY), a_deadline(other, TODAY)
    deadlines.give(reach=family.reach, pk=stale.pk, version=1, owner=family.cast.officer, now=NOW)
    sent = bulk.case_token(other)
    other.owner = family.cast.officer
    other.save()

    result = go(family.reach, Action("done", note="Rang"), [stale, fresh])

    assert result.done == 1
    assert "Somebody changed this" in result.left[0].why_not
    lead = family.cast.person(Role.ATTENDANCE_LEAD, "hillside")
    found = plan(family.reach, Action("give", owner=lead), [sent])
    assert "Somebody changed this" in found.wont[0].why_not


def test_a_closed_case_stays_as_it_is(family):
    case = family.open_case()
    row, sent = a_deadline(case, TODAY), bulk.case_token(case)
    Case.objects.update(closed_on=TODAY, stage="closed")
    lead = family.cast.person(Role.ATTENDANCE_LEAD, "hillside")

    found = plan(family.reach, Action("give", owner=lead), [sent, token(row)])

    assert {line.why_not for line in found.wont} == {"This case was closed on 17 November 2026."}


def test_rows_of_a_school_where_one_may_only_look_stay_as_they_are(family):
    """A trust lead reads cases; the officer's membership elsewhere is what lets them in."""
    cast = family.cast
    row = a_deadline(family.open_case(), TODAY)
    case = row.case
    legal = cast.reach(cast.person(Role.LEGAL_OFFICER))
    judge = bulk._Judge(legal, Action("give", owner=cast.officer), TODAY)

    assert judge.deadline(row, "1").why_not == "You cannot change cases at this school."
    assert judge.case(case, "1-0").why_not == "You cannot change cases at this school."
    with pytest.raises(Forbidden):
        go(legal, Action("done", note="x"), [row])


def test_what_changed_after_it_was_done_together_is_not_taken_back(family):
    case, second = family.open_case(), a_case(family.cast, "Second")
    rows = [
        a_deadline(case, TODAY),
        a_deadline(case, TODAY, about="b"),
        a_deadline(second, TODAY),
    ]
    result = go(family.reach, Action("done", note="Rang"), rows)
    a_deadline(case, TODAY, about="b")  # the same again
    Case.objects.filter(pk=second.pk).update(closed_on=TODAY, stage="closed")

    assert bulk.take_back(reach=family.reach, batch=result.batch, now=LATER) == (1, 2)
    assert bulk.take_back(reach=family.reach, batch=result.batch, now=LATER) == (0, 3)


def test_a_moved_day_that_was_done_since_and_a_given_case_that_went_on_stay(family):
    case, second = family.open_case(), a_case(family.cast, "Second")
    row = a_deadline(case, TODAY)
    moved = go(family.reach, Action("move", note="Snow", days=1), [row])
    deadlines.finish(case=case, kind=K.CONTACT, today=TODAY, by=None)
    lead = family.cast.person(Role.ATTENDANCE_LEAD, "hillside")
    given = bulk.carry_out(
        reach=family.reach,
        action=Action("give", owner=lead),
        tokens=bulk.read_tokens([bulk.case_token(second)]),
        today=TODAY,
        now=NOW,
    )
    Case.objects.filter(pk=second.pk).update(owner=family.cast.officer)

    assert bulk.take_back(reach=family.reach, batch=moved.batch, now=LATER) == (0, 1)
    assert bulk.take_back(reach=family.reach, batch=given.batch, now=LATER) == (0, 1)


def test_only_the_person_who_did_it_takes_it_back(family):
    result = go(family.reach, Action("done", note="Rang"), [a_deadline(family.open_case(), TODAY)])
    lead = family.cast.reach(family.cast.person(Role.ATTENDANCE_LEAD, "hillside"))

    assert bulk.take_back(reach=lead, batch=result.batch, now=LATER) == (0, 0)
    assert bulk.take_back(reach=family.reach, batch="", now=LATER) == (0, 0)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ([], "Choose at least one row"),
        (["contact|x|1"], "cannot read"),
        (["nonsense"], "cannot read"),
        ([f"contact|{n}|1" for n in range(501)], "500 rows or fewer"),
    ],
)
def test_rows_that_make_no_sense_are_refused(sent, says):
    with pytest.raises(InvalidInput, match=says):
        bulk.read_tokens(sent)


def test_five_hundred_rows_are_not_too_many():
    sent = [f"contact|{n}|1" for n in range(500)]

    assert bulk.read_tokens([*sent, sent[0]])[-1] == Token("contact", 499, "1")


# The pages


def post(client, **data):
    data.setdefault("about", "work")
    return client.post(reverse("cases:bulk", args=["990"]), data, follow=True)


def says(response):
    return " ".join(response.content.decode().split())


def test_the_officer_moves_two_rows_reads_what_will_happen_and_undoes_it(officer, family):
    case = family.open_case()
    rows = [a_deadline(case, TODAY), a_deadline(a_case(family.cast, "Second"), TODAY)]
    meeting = a_deadline(case, TODAY, kind=K.MEETING, about="m", words="Meet")
    sent = [token(row) for row in (*rows, meeting)]

    ask = post(officer, step="ask", action="move", row=sent, query="tab=due")
    assert "By how many school days?" in says(ask)
    wrong = post(officer, step="check", action="move", row=sent, days="0", because="")
    assert "Enter 1 or more school days" in says(wrong)
    check = post(officer, step="check", action="move", row=sent, days="3", because="Snow")
    assert "From 17 November 2026 to 20 November 2026." in says(check)
    assert "Offer another date on the meeting" in says(check)
    assert not WorkChange.objects.exists()
    done = post(officer, step="do", action="move", row=sent, days="3", because="Snow")
    assert "Moved: 2." in says(done)
    assert "Left as they were: 1." in says(done)
    batch = WorkChange.objects.first().batch
    back = officer.post(reverse("cases:bulk_undo", args=["990"]), {"batch": batch}, follow=True)
    assert "Taken back: 2" in says(back)
    assert set(Deadline.objects.values_list("due_on", flat=True)) == {TODAY}
    again = officer.post(
        reverse("cases:bulk_undo", args=["990"]), {"batch": "nothing"}, follow=True
    )
    assert "Nothing to undo" in says(again)


def test_all_in_the_list_are_chosen_by_its_filters(officer, family):
    case = family.open_case()
    a_deadline(case, TODAY, words="of the list")
    a_deadline(case, date(2026, 12, 1), about="b", words="not of the list")

    ask = post(officer, step="ask", action="done", everything="yes", query="tab=due")

    assert "Rows chosen: <strong>1</strong>" in says(ask)
    check = post(
        officer, step="check", action="done", note="Rang", row=ask.context["rows"], query="tab=due"
    )
    assert "of the list" in says(check)
    assert "Mark as done: 1" in says(check)


def test_cases_are_given_from_their_list(officer, family):
    case = family.open_case()
    lead = family.cast.person(Role.ATTENDANCE_LEAD, "hillside")
    listed = officer.get(reverse("cases:cases", args=["990"]))
    assert bulk.case_token(case) in says(listed)

    ask = post(
        officer, about="cases", step="ask", action="give", everything="yes", query="state=open"
    )
    assert "Rows chosen: <strong>1</strong>" in says(ask)
    done = post(
        officer,
        about="cases",
        step="do",
        action="give",
        row=ask.context["rows"],
        owner=str(lead.pk),
    )

    assert "Given: 1." in says(done)
    case.refresh_from_db()
    assert case.owner == lead
    assert lead.name in says(officer.get(reverse("cases:cases", args=["990"])))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"action": "done"}, "Choose at least one row first."),
        ({"action": "explode", "row": "contact|1|1"}, "Choose what to do with the rows."),
        ({"action": "done", "about": "cases", "row": "x"}, "Choose what to do with the rows."),
        (
            {"action": "done", "about": "nowhere", "row": "x"},
            "We cannot read which rows you chose.",
        ),
    ],
)
def test_a_press_that_makes_no_sense_is_answered_on_the_list(officer, family, data, sentence):
    assert sentence in says(post(officer, step="ask", **data))
