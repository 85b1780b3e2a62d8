"""A Notice to Improve, from its draft to its outcome: who may, what it rests on, what is told."""

from datetime import date
from typing import get_args

import pytest
from django.db import IntegrityError, transaction

from attendance.addressing import may_write_to
from attendance.services.reasons import Attempt
from attendance.services.registers import record_marks
from authorities.access import Forbidden
from authorities.packs.schema import Evidence
from authorities.permissions import Role
from cases.models import Case, Deadline
from cases.services import contacts
from legal.models import ImprovementNotice, LegalEvent, NoticeOffice
from legal.selectors.improvements import HELPS, subject_of, support_words, watched
from legal.services import improvement_letters, improvements
from legal.services.papers import Release
from letters.models import Letter, Route
from rules.dates import days_between
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.attendance.registers import frame
from tests.cases.family import NOW
from tests.cases.meeting_scenes import held
from tests.cast import TODAY
from tests.legal import improvement_scenes as scenes
from tests.legal.gate_scenes import who
from tests.legal.penalty_scenes import office

LAST = date(2026, 12, 11)
AFTER = date(2026, 12, 14)


@pytest.fixture(autouse=True)
def council(family):
    office(family.cast)


def keep_register(family, unauthorised: int, *, code: str = "O", last: date = LAST) -> None:
    """Each session of the notice's weeks: the first so many without leave, the rest present."""
    rows = []
    for day in days_between(scenes.FIRST, last):
        if day.weekday() < 5:
            for half in (0, 1):
                rows.append((family.cast.enrolment.pk, day, half, "/\\"[half]))
    rows = [(*row[:3], code) if at < unauthorised else row for at, row in enumerate(rows)]
    record_marks(
        school=family.cast.hillside,
        marks=frame(rows),
        batch=None,
        by=family.cast.officer,
        reason="start",
        now=NOW,
    )


def test_the_help_on_record_names_meetings_and_calls_and_no_kind_that_there_is_not(family):
    """What a draft says was done: it left out each meeting and call, for no record is so called."""
    case = family.open_case()
    rang = Attempt(about=None, way="call", made_at=NOW, outcome="no answer")
    contacts.log(reach=family.reach, case=case, attempt=rang, now=NOW)
    held(family)

    assert set(HELPS) <= set(get_args(Evidence))
    assert support_words(case, date(2026, 11, 26)) == (
        "17 November 2026: Phone call: no answer. 26 November 2026: Attendance meeting."
    )


def outcome(family, notice, today=AFTER):
    return improvements.record_outcome(
        reach=scenes.legal(family),
        notice=notice,
        version=notice.version,
        today=today,
        now=scenes.at(today),
    )


# Writing


def test_a_draft_starts_with_what_the_record_gives(family):
    case = scenes.council_issues(family)

    notice = improvements.begin(reach=scenes.legal(family), case=case, today=TODAY, now=NOW)

    assert (notice.side, notice.weeks, notice.at_most_percent) == ("authority", 6, 10)
    assert notice.starts_on == date(2026, 11, 23)  # the Monday after Thursday 19 November
    assert "Ten" in notice.record or "10" in notice.record
    assert "section 7" in notice.duty
    assert sorted(one.adult.surname for one in notice.parents.all()) == ["Larkfield", "Reedham"]


def test_a_case_has_one_open_notice(family):
    scenes.begun(family)

    with pytest.raises(Conflict, match="has a Notice to Improve already"):
        improvements.begin(reach=scenes.legal(family), case=family.case, today=TODAY, now=NOW)


@pytest.mark.parametrize(("weeks", "allowed"), [(2, False), (3, True), (6, True), (7, False)])
def test_it_runs_for_three_to_six_school_weeks(family, weeks, allowed):
    if allowed:
        assert scenes.begun(family, weeks=weeks).weeks == weeks
        return
    with pytest.raises(RuleNotMet, match="3 to 6 school weeks"):
        scenes.begun(family, weeks=weeks)


def test_three_weeks_end_on_a_friday_and_six_pass_over_the_holiday(family):
    assert scenes.begun(family).ends_on == LAST

    notice = ImprovementNotice.objects.get()
    again = improvements.save(
        reach=scenes.legal(family),
        notice=notice,
        wording=improvements.Wording(6, date(2026, 11, 30), 10, scenes.TEXTS, []),
        version=notice.version,
        today=TODAY,
    )
    assert again.ends_on > date(2027, 1, 4)  # after the Christmas holidays


def test_a_stale_form_is_refused(family):
    notice = scenes.begun(family)

    with pytest.raises(Conflict, match="Somebody changed this notice"):
        improvements.send(
            reach=scenes.legal(family),
            notice=notice,
            version=notice.version - 1,
            today=TODAY,
            now=NOW,
        )


@pytest.mark.parametrize("content", sorted(scenes.TEXTS))
def test_each_of_its_contents_is_needed(family, content):
    notice = scenes.begun(family, texts={**scenes.TEXTS, content: " "})

    with pytest.raises(RuleNotMet, match="Write first"):
        improvements.send(
            reach=scenes.legal(family),
            notice=notice,
            version=notice.version,
            today=TODAY,
            now=NOW,
        )


def test_what_it_says_to_one_parent_names_no_other(family):
    texts = {**scenes.TEXTS, "support": "We met Mr Reedham on Monday."}
    both = [family.mother.reference, family.father.reference]
    for adults in (both, [family.mother.reference]):
        notice = scenes.begun(family, texts=texts, adults=adults)
        with pytest.raises(RuleNotMet, match="names another adult of the child"):
            improvements.send(
                reach=scenes.legal(family),
                notice=notice,
                version=notice.version,
                today=TODAY,
                now=NOW,
            )
        ImprovementNotice.objects.update(state="withdrawn")


def test_it_needs_a_parent_on_the_record(family):
    with pytest.raises(InvalidInput, match="parents on the pupil's record"):
        scenes.begun(family, adults=["NOBODY2345"])


# Deciding


def test_it_is_issued_to_each_parent_alone_and_keeps_what_it_rests_on(family):
    notice = scenes.issued(family, adults=[family.mother.reference, family.father.reference])

    assert notice.state == "running"
    assert notice.issued_on == TODAY
    assert notice.proof["threshold"]["state"] == "yes"
    assert notice.gate["open"] is True
    letters = Letter.objects.filter(kind="notice_to_improve").order_by("pk")
    assert [letter.state for letter in letters] == ["approved", "approved"]
    mother, father = (letter.context for letter in letters)
    assert letters[0].recipient_name != letters[1].recipient_name
    assert mother["starts_on"] == father["starts_on"] == "Monday 23 November 2026"
    assert mother["ends_on"] == "Friday 11 December 2026"
    assert family.father.surname not in str(mother)
    due = Deadline.objects.get(about=subject_of(notice), done_on=None)
    assert due.due_on == LAST


def test_whoever_wrote_it_cannot_decide(family):
    notice = scenes.sent(family)
    scenes.the_law_is_met(family)

    with pytest.raises(Forbidden, match="The policy gives this decision to"):
        improvements.issue(
            reach=scenes.legal(family),
            notice=notice,
            version=notice.version,
            seen=scenes.seen(notice),
            today=TODAY,
            now=NOW,
        )


def test_an_officer_who_decides_cannot_decide_on_their_own(family):
    notice = scenes.sent(family)
    ImprovementNotice.objects.filter(pk=notice.pk).update(
        made_by=family.cast.person(Role.AUTHORISING_OFFICER)
    )

    with pytest.raises(Forbidden, match="somebody else decides"):
        improvements.issue(
            reach=scenes.decider(family),
            notice=notice,
            version=notice.version,
            seen="{}",
            today=TODAY,
            now=NOW,
        )


def test_the_database_refuses_it_too(family):
    notice = scenes.sent(family)

    with (
        pytest.raises(IntegrityError, match="improvement_is_decided_by_another"),
        transaction.atomic(),
    ):
        ImprovementNotice.objects.filter(pk=notice.pk).update(
            issued_on=TODAY, decided_by=notice.made_by
        )


def test_a_shut_gate_issues_nothing(family):
    notice = scenes.sent(family)

    with pytest.raises(RuleNotMet, match="cannot be taken yet"):
        improvements.issue(
            reach=scenes.decider(family),
            notice=notice,
            version=notice.version,
            seen=scenes.seen(notice),
            today=TODAY,
            now=NOW,
        )

    assert not Letter.objects.filter(kind="notice_to_improve").exists()
    notice.refresh_from_db()
    assert notice.state == "sent for decision"


def test_a_protected_parent_is_written_to_only_when_a_person_says_how(family):
    family.father.protected_address = "yes"
    family.father.save()
    notice = scenes.sent(family, adults=[family.mother.reference, family.father.reference])
    scenes.the_law_is_met(family)

    with pytest.raises(RuleNotMet, match="Nothing is issued to this parent"):
        improvements.issue(
            reach=scenes.decider(family),
            notice=notice,
            version=notice.version,
            seen=scenes.seen(notice),
            today=TODAY,
            now=NOW,
        )

    assert not Letter.objects.filter(kind="notice_to_improve").exists()


def test_a_first_day_that_is_past_is_sent_back(family):
    notice = scenes.sent(family, starts_on=date(2026, 11, 16))
    scenes.the_law_is_met(family)

    with pytest.raises(RuleNotMet, match="does not lie ahead"):
        improvements.issue(
            reach=scenes.decider(family),
            notice=notice,
            version=notice.version,
            seen=scenes.seen(notice),
            today=TODAY,
            now=NOW,
        )


def test_it_is_returned_with_reasons_and_sent_again(family):
    notice = scenes.sent(family)

    returned = improvements.send_back(
        reach=scenes.decider(family),
        notice=notice,
        words="Say which days",
        version=notice.version,
        today=TODAY,
        now=NOW,
    )

    assert returned.state == "returned"
    again = improvements.send(
        reach=scenes.legal(family), notice=returned, version=returned.version, today=TODAY, now=NOW
    )
    assert again.state == "sent for decision"
    with pytest.raises(InvalidInput, match="put right"):
        improvements.send_back(
            reach=scenes.decider(family),
            notice=again,
            words=" ",
            version=again.version,
            today=TODAY,
            now=NOW,
        )


def test_a_draft_taken_back_can_be_changed(family):
    notice = scenes.sent(family)
    with pytest.raises(Conflict, match="not a draft"):
        improvements.save(
            reach=scenes.legal(family),
            notice=notice,
            wording=improvements.Wording(3, scenes.FIRST, 10, scenes.TEXTS),
            version=notice.version,
            today=TODAY,
        )

    back = improvements.take_back(
        reach=scenes.legal(family), notice=notice, version=notice.version, today=TODAY, now=NOW
    )

    assert back.state == "draft"


# How it goes


@pytest.mark.parametrize(
    ("unauthorised", "state"), [(3, "improved"), (4, "not improved")], ids=["10%", "13.3%"]
)
def test_the_register_decides_how_the_weeks_went(family, unauthorised, state):
    notice = scenes.issued(family)
    keep_register(family, unauthorised)  # of 30

    done = outcome(family, notice)

    assert (done.state, done.result["unauthorised"], done.result["possible"]) == (
        state,
        unauthorised,
        30,
    )
    assert not Deadline.objects.filter(about=subject_of(notice), done_on=None).exists()


def test_nothing_is_recorded_before_the_last_day_is_over(family):
    notice = scenes.issued(family)
    keep_register(family, 0)

    with pytest.raises(RuleNotMet, match="Its weeks run until 11 December 2026"):
        outcome(family, notice, today=LAST)


def test_sessions_marked_n_hold_the_outcome(family):
    notice = scenes.issued(family)
    keep_register(family, 4, code="N")

    with pytest.raises(RuleNotMet, match="Sessions marked N decide it"):
        outcome(family, notice)


def test_the_parents_are_told_how_it_went_once(family):
    notice = scenes.issued(family)
    keep_register(family, 0)
    done = outcome(family, notice)

    told = improvements.tell_outcome(
        reach=scenes.legal(family),
        notice=done,
        version=done.version,
        today=AFTER,
        now=scenes.at(AFTER),
    )

    letter = Letter.objects.get(kind="improvement_outcome")
    assert "enough improvement" in letter.context["result"]
    assert told.parents.get().told.letter == letter
    with pytest.raises(Conflict, match="told already"):
        improvements.tell_outcome(
            reach=scenes.legal(family),
            notice=told,
            version=told.version,
            today=AFTER,
            now=scenes.at(AFTER),
        )


def test_it_ends_early_only_after_the_parent_was_told_and_by_somebody_else(family):
    notice = scenes.issued(family)
    midway = date(2026, 11, 27)
    keep_register(family, 6, last=midway)
    assert watched(notice, midway).progress.result.value == "cannot succeed any more"
    with pytest.raises(RuleNotMet, match="Tell the parent first"):
        improvements.end_early(
            reach=scenes.decider(family),
            notice=notice,
            why="cannot_pass",
            words="",
            version=notice.version,
            today=midway,
            now=scenes.at(midway),
        )

    told = improvements.tell_early_end(
        reach=scenes.legal(family),
        notice=notice,
        reason="",
        version=notice.version,
        today=midway,
        now=scenes.at(midway),
    )
    ended = improvements.end_early(
        reach=scenes.decider(family),
        notice=told,
        why="cannot_pass",
        words="Six half days missed in the first week",
        version=told.version,
        today=midway,
        now=scenes.at(midway),
    )

    assert Letter.objects.filter(kind="improvement_ends_early").count() == 1
    assert ended.state == "ended early"


def test_a_period_that_can_still_succeed_needs_a_reason_to_end(family):
    notice = scenes.issued(family)
    midway = date(2026, 11, 27)
    keep_register(family, 1, last=midway)

    with pytest.raises(RuleNotMet, match="can still succeed"):
        improvements.tell_early_end(
            reach=scenes.legal(family),
            notice=notice,
            reason=" ",
            version=notice.version,
            today=midway,
            now=scenes.at(midway),
        )

    told = improvements.tell_early_end(
        reach=scenes.legal(family),
        notice=notice,
        reason="The parent says that nothing will change",
        version=notice.version,
        today=midway,
        now=scenes.at(midway),
    )
    on = improvements.go_on(
        reach=scenes.legal(family),
        notice=told,
        version=told.version,
        today=midway,
        now=scenes.at(midway),
    )
    assert on.state == "running"


def test_it_is_withdrawn_with_a_reason_and_the_parents_are_told(family):
    notice = scenes.issued(family)

    gone = improvements.withdraw(
        reach=scenes.decider(family),
        notice=notice,
        why="below_threshold",
        words="Four marks were wrong",
        version=notice.version,
        today=TODAY,
        now=NOW,
    )
    improvements.tell_outcome(
        reach=scenes.legal(family), notice=gone, version=gone.version, today=TODAY, now=NOW
    )

    letter = Letter.objects.get(kind="improvement_outcome")
    assert "Four marks were wrong" in letter.context["reason"]
    history = LegalEvent.objects.filter(subject=subject_of(notice)).order_by("pk")
    assert [event.event for event in history] == [
        "begin",
        "send",
        "issue",
        "withdraw",
        "tell_outcome",
    ]


# None is used


def test_why_none_is_used_is_kept_in_words(family):
    case = scenes.council_issues(family)
    with pytest.raises(InvalidInput, match="own words"):
        improvements.not_used(
            reach=scenes.legal(family),
            case=case,
            why="support_not_fitting",
            words=" ",
            today=TODAY,
            now=NOW,
        )

    notice = improvements.not_used(
        reach=scenes.legal(family),
        case=case,
        why="support_not_fitting",
        words="They were on holiday",
        today=TODAY,
        now=NOW,
    )

    assert notice.state == "not used"
    assert notice.words.endswith("They were on holiday")


def test_a_school_that_does_not_prepare_notices_cannot_begin_one(family):
    case = scenes.council_issues(family)

    with pytest.raises(Forbidden):
        improvements.begin(
            reach=who(family, Role.SAFEGUARDING_LEAD, "hillside"), case=case, today=TODAY, now=NOW
        )


# What else is refused


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"texts": {**scenes.TEXTS, "offer": "x" * 3001}}, "3,000 characters or fewer"),
        ({"at_most_percent": 101}, "a percentage, 0 to 100"),
    ],
)
def test_what_cannot_be_said_is_refused(family, changes, says):
    with pytest.raises(InvalidInput, match=says):
        scenes.begun(family, **changes)


def test_a_parent_who_must_not_be_told_cannot_be_chosen(family):
    case = scenes.council_issues(family)
    link = family.link(family.father)
    link.court_order = "no information"
    link.save()

    notice = improvements.begin(reach=scenes.legal(family), case=case, today=TODAY, now=NOW)

    assert [one.adult for one in notice.parents.all()] == [family.mother]
    with pytest.raises(RuleNotMet, match="must not be told"):
        improvements.save(
            reach=scenes.legal(family),
            notice=notice,
            wording=improvements.Wording(
                3, scenes.FIRST, 10, scenes.TEXTS, [family.father.reference]
            ),
            version=notice.version,
            today=TODAY,
        )


def test_without_weeks_or_a_parent_it_is_not_sent(family):
    notice = scenes.begun(family, adults=[])
    ImprovementNotice.objects.filter(pk=notice.pk).update(ends_on=None)

    with pytest.raises(RuleNotMet, match="its weeks; the parent whom it is for"):
        improvements.send(
            reach=scenes.legal(family),
            notice=notice,
            version=notice.version,
            today=TODAY,
            now=NOW,
        )


def test_a_closed_case_has_no_new_notice_and_issues_none(family):
    notice = scenes.sent(family)
    Case.objects.filter(pk=family.case.pk).update(closed_on=TODAY, stage="closed")

    with pytest.raises(Conflict, match="This case is closed"):
        improvements.begin(reach=scenes.legal(family), case=family.case, today=TODAY, now=NOW)
    with pytest.raises(Conflict, match="This case is closed"):
        improvements.issue(
            reach=scenes.decider(family),
            notice=notice,
            version=notice.version,
            seen="{}",
            today=TODAY,
            now=NOW,
        )


def test_the_outcome_on_a_closed_case_starts_no_clock(family):
    notice = scenes.issued(family)
    keep_register(family, 0)
    Case.objects.filter(pk=family.case.pk).update(closed_on=TODAY, stage="closed")

    outcome(family, notice)

    assert not Deadline.objects.filter(about=f"{subject_of(notice)}:outcome").exists()


def test_whoever_told_the_parent_does_not_end_it(family):
    notice = scenes.issued(family)
    midway = date(2026, 11, 27)
    keep_register(family, 6, last=midway)
    told = improvements.tell_early_end(
        reach=scenes.legal(family),
        notice=notice,
        reason="",
        version=notice.version,
        today=midway,
        now=scenes.at(midway),
    )
    LegalEvent.objects.create(
        authority=notice.authority,
        enrolment=notice.enrolment,
        school=notice.school,
        subject=subject_of(notice),
        event="tell",
        on=midway,
        made_by=family.cast.person(Role.AUTHORISING_OFFICER),
        made_at=NOW,
    )

    with pytest.raises(Forbidden, match="Somebody else than the person who told"):
        improvements.end_early(
            reach=scenes.decider(family),
            notice=told,
            why="cannot_pass",
            words="",
            version=told.version,
            today=midway,
            now=scenes.at(midway),
        )


def test_there_is_nothing_to_tell_while_it_runs(family):
    notice = scenes.issued(family)

    with pytest.raises(Conflict, match="no outcome to tell yet"):
        improvements.tell_outcome(
            reach=scenes.legal(family),
            notice=notice,
            version=notice.version,
            today=TODAY,
            now=NOW,
        )


def test_a_notice_is_not_withdrawn_without_words(family):
    notice = scenes.issued(family)

    with pytest.raises(InvalidInput, match="own words"):
        improvements.withdraw(
            reach=scenes.decider(family),
            notice=notice,
            why="issued_in_error",
            words=" ",
            version=notice.version,
            today=TODAY,
            now=NOW,
        )


def test_only_an_issued_notice_is_watched(family):
    notice = scenes.begun(family)

    assert improvements.progress_of(notice, TODAY) is None
    assert improvements.progress_of(scenes_issue(family, notice), TODAY) is not None
    for missing in ("starts_on", "at_most_percent"):
        setattr(notice, missing, None)
        with pytest.raises(ValueError, match="no"):
            watched(notice, TODAY)


def scenes_issue(family, notice):
    """The draft, as if it had been issued."""
    notice.issued_on = TODAY
    return notice


# Letters


def released(family, notice, route, **changes):
    father = family.father
    decision = may_write_to(father, family.link(father), TODAY)
    release = Release(route, "The officer hands it over at school", decision.codes)
    return improvements.issue(
        reach=scenes.decider(family),
        notice=notice,
        version=notice.version,
        seen=scenes.seen(notice),
        today=TODAY,
        now=NOW,
        releases={father.reference: release},
        **changes,
    )


def test_a_protected_parent_gets_it_by_hand_and_hears_of_it_only_through_a_person(family):
    family.father.protected_address = "yes"
    family.father.save()
    notice = scenes.sent(family, adults=[family.father.reference])
    scenes.the_law_is_met(family)

    running = released(family, notice, Route.IN_PERSON)

    letter = Letter.objects.get(kind="notice_to_improve")
    assert (letter.route, letter.address_lines) == ("in person", [])
    keep_register(family, 0)
    done = outcome(family, running)
    improvements.tell_outcome(
        reach=scenes.legal(family),
        notice=done,
        version=done.version,
        today=AFTER,
        now=scenes.at(AFTER),
    )
    assert Letter.objects.get(kind="improvement_outcome").state == "held"


def test_a_parent_who_may_no_longer_be_told_is_not_written_to(family):
    notice = scenes.issued(family)
    keep_register(family, 0)
    done = outcome(family, notice)
    link = family.link(family.mother)
    link.court_order = "no information"
    link.save()

    told = improvements.tell_outcome(
        reach=scenes.legal(family),
        notice=done,
        version=done.version,
        today=AFTER,
        now=scenes.at(AFTER),
    )

    assert told.parents.get().told is None
    assert not Letter.objects.filter(kind="improvement_outcome").exists()


def test_the_council_says_first_who_it_is(family):
    NoticeOffice.objects.all().delete()
    notice = scenes.sent(family)
    scenes.the_law_is_met(family)

    with pytest.raises(RuleNotMet, match="Council details"):
        improvements.issue(
            reach=scenes.decider(family),
            notice=notice,
            version=notice.version,
            seen=scenes.seen(notice),
            today=TODAY,
            now=NOW,
        )


def test_a_school_issues_its_own_where_the_policy_says_so(family):
    notice = scenes.begun(family)
    ImprovementNotice.objects.filter(pk=notice.pk).update(side="school")
    notice.refresh_from_db()

    letter = improvement_letters.notice_letter(notice, officer="Jo Lark, head", today=TODAY)

    assert (letter.issuer, letter.officer) == ("Hillside School", "Jo Lark, head")
    assert letter.issuer_contact.startswith("Jo Lark, 01632 960123")
