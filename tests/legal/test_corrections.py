"""A corrected mark finds each legal thing that rests on it, and stops it until a person decides."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from authorities.permissions import Role
from authorities.tenancy import scope
from config.celery import EVERY_MINUTE, app
from legal import tasks
from legal.models import (
    CourtBundle,
    LegalEvent,
    LegalRecheck,
    PenaltyNotice,
    Prosecution,
    Representation,
)
from legal.selectors import corrections as selectors
from legal.services import (
    corrections,
    improvements,
    penalty_moves,
    prosecution_courts,
    withdrawals,
)
from legal.services.corrections import CORRECTED
from letters.guards import verdict_on
from rules.errors import Conflict, Forbidden, InvalidInput, RuleNotMet
from tests.cast import TODAY
from tests.legal import improvement_scenes
from tests.legal.correction_scenes import MONDAY, NOW, PM, SOON, Put, put
from tests.legal.penalty_scenes import TEN

NEXT = SOON + timedelta(minutes=1)


@pytest.fixture(name="put")
def a_put(family) -> Put:
    return put(family)


def history(thing) -> list[str]:
    """What happened to a notice, oldest first."""
    subject = f"legal.{type(thing).__name__}:{thing.pk}"
    rows = LegalEvent.objects.filter(subject=subject).order_by("pk")
    return list(rows.values_list("event", flat=True))


def prosecution(put: Put, notice: PenaltyNotice | None = None, **more) -> Prosecution:
    """One on the ten, whose papers are being prepared by the legal officer."""
    return Prosecution.objects.create(
        **{
            "authority": put.cast.northmoor,
            "enrolment": put.room.enrolment,
            "pupil": put.room.pupil,
            "school": put.cast.hillside,
            "adult": put.family.mother,
            "notice": notice,
            "state": "caution letter sent",
            "offence": "444(1)",
            "first": MONDAY,
            "last": date(2026, 10, 9),
            "sessions": [{"day": day, "session": half, "code": "O"} for day, half in TEN],
            "made_by": put.cast.person(Role.LEGAL_OFFICER),
            "made_at": NOW,
            **more,
        }
    )


# Finding


def test_a_register_that_was_not_corrected_asks_nothing(put):
    put.notice()

    assert put.look() == 0
    assert not LegalRecheck.objects.exists()


def test_a_corrected_mark_finds_the_notice_and_stops_it(put):
    notice = put.notice()
    put.correct("I")

    assert put.look() == 1

    row = put.asked()
    notice.refresh_from_db()
    assert (row.kind, row.thing, row.relied_by) == ("penalty", notice.reference, notice.issued_by)
    assert row.lost == [{"day": "2026-10-05", "session": 0, "code": "O", "now": "I"}]
    assert [(one["was"], one["now"], one["reason"], one["by"]) for one in row.changes] == [
        ("O", "I", "A doctor's letter came", put.cast.officer.name)
    ]
    assert (row.before["half_days"], row.after["half_days"]) == (10, 9)
    assert row.before["verdict"].startswith("Met on Friday 9 October 2026, afternoon")
    assert row.after["verdict"] == "Not met: 9 of 10 sessions in the last 10 school weeks."
    assert row.after["met"] is False
    assert notice.review == CORRECTED
    assert notice.state == "issued"
    assert history(notice) == ["issue", "marks_corrected"]
    assert Event.objects.filter(kind="recheck.found").count() == 1


def test_it_is_asked_once_however_often_the_machine_looks(put):
    put.notice()
    put.correct("I")

    assert [put.look(), put.look(NEXT), put.look(NEXT)] == [1, 0, 0]
    assert LegalRecheck.objects.count() == 1


def test_a_mark_that_stays_without_leave_is_asked_about_and_counts_still(put):
    """O became G: what was said to the parent is wrong, the number is not."""
    put.notice()
    put.correct("G")
    put.look()

    row = put.asked()
    assert (row.after["half_days"], row.after["met"]) == (10, True)
    assert row.lost[0]["now"] == "G"


def test_a_mark_that_was_taken_away_counts_no_more(put):
    """Undoing an import leaves no mark at all."""
    put.notice()
    put.correct("I")
    put.look()
    row = put.asked()
    row.lost[0]["now"] = ""
    one = selectors.reliance("penalty", selectors.thing_of(row), 1)

    assert selectors.now_of(one, row.lost, TODAY)["half_days"] == 9


def test_a_session_that_it_does_not_rest_on_is_no_question(put):
    notice = put.notice()
    put.correct("O", day=date(2026, 10, 12), expected="/")

    assert put.look() == 0

    (row,) = LegalRecheck.objects.all()
    notice.refresh_from_db()
    assert (row.decision, row.decided_by) == ("same", None)
    assert notice.review == ""
    put.correct("O", day=date(2026, 10, 13), expected="/", when=SOON)
    assert put.look(NEXT) == 0
    (row,) = LegalRecheck.objects.all()
    assert row.amendments == 2


def test_several_changes_at_once_are_one_question(put):
    put.notice()
    put.correct("I")
    put.correct("/", half=PM)
    put.correct("M", day=date(2026, 10, 6))
    put.look()

    row = put.asked()
    assert [(one["day"], one["session"], one["now"]) for one in row.lost] == [
        ("2026-10-05", 0, "I"),
        ("2026-10-05", 1, "/"),
        ("2026-10-06", 0, "M"),
    ]
    assert (row.amendments, row.after["half_days"]) == (3, 7)


def test_more_changes_join_the_question_that_is_open(put):
    put.notice()
    put.correct("I")
    put.look()
    put.correct("I", half=PM, when=SOON)

    assert put.look(NEXT) == 1

    row = put.asked()
    assert (LegalRecheck.objects.count(), row.amendments, len(row.lost)) == (1, 2, 2)


def test_a_mark_changed_back_ends_the_question_and_lets_the_notice_go_on(put):
    notice = put.notice()
    put.correct("I")
    put.look()
    put.correct("O", expected="I", when=SOON)

    assert put.look(NEXT) == 0

    (row,) = LegalRecheck.objects.all()
    notice.refresh_from_db()
    assert (row.decision, row.decided_by, len(row.changes)) == ("same", None, 1)
    assert notice.review == ""
    assert history(notice) == ["issue", "marks_corrected", "marks_put_back"]


def test_a_notice_that_was_withdrawn_or_stopped_is_left_alone(put):
    notice = put.notice()
    PenaltyNotice.objects.filter(pk=notice.pk).update(state="no further action")
    put.correct("I")

    assert put.look() == 0
    assert not LegalRecheck.objects.exists()


def test_a_paid_notice_is_asked_about(put):
    notice = put.notice()
    PenaltyNotice.objects.filter(pk=notice.pk).update(state="paid")
    put.correct("I")

    assert put.look() == 1


def test_a_request_that_waits_for_the_council_is_asked_about(put):
    request = put.sent()
    put.correct("I")

    assert put.look() == 1

    row = put.asked()
    assert (row.kind, row.thing) == ("request", request.reference)
    assert corrections.choices_of(row) == []
    with pytest.raises(InvalidInput, match="ways that are open"):
        put.decide(reach=put.room.officer)
    request.state = "returned"
    request.save(update_fields=["state"])
    assert put.look(NEXT) == 0
    assert LegalRecheck.objects.get().decision == "returned"


def test_a_prosecution_and_its_bundles_are_stopped(put):
    made = prosecution(put)
    bundle = CourtBundle.objects.create(
        authority=put.cast.northmoor,
        prosecution=made,
        school=put.cast.hillside,
        asked_by=put.cast.person(Role.LEGAL_OFFICER),
        asked_at=NOW,
        made_at=NOW,
    )
    put.correct("I")

    assert put.look() == 1

    made.refresh_from_db()
    bundle.refresh_from_db()
    assert made.review == CORRECTED
    assert "Do not use it" in bundle.review
    with pytest.raises(Forbidden, match="Somebody else decides"):
        put.decide()
    put.decide(reach=put.room.officer)
    made.refresh_from_db()
    bundle.refresh_from_db()
    assert made.review == ""
    assert "Do not use it" in bundle.review  # what lies in it is old, whatever was decided


def test_papers_that_rest_on_no_session_yet_are_no_question(put):
    prosecution(put, state="preparing", sessions=[])
    put.correct("I")

    assert put.look() == 0


def test_a_prosecution_that_was_stopped_ends_the_question(put):
    made = prosecution(put)
    put.correct("I")
    put.look()
    Prosecution.objects.filter(pk=made.pk).update(state="discontinued")

    put.look(NEXT)

    assert LegalRecheck.objects.get().decision == "stopped"


def test_a_court_that_decided_leaves_it_to_be_taken_up(put):
    notice = put.notice()
    PenaltyNotice.objects.filter(pk=notice.pk).update(state="prosecuted")
    put.correct("I")
    put.look()

    row = put.decide(decision="taken up", reason="The solicitor asks the court to open it again.")

    assert row.decision == "taken up"
    assert history(notice)[-1] == "taken_up"


# A Notice to Improve


def test_a_notice_to_improve_is_asked_about_and_may_not_end_early(put, family):
    improvement_scenes.council_issues(family)
    notice = improvement_scenes.issued(family)
    put.correct("I")

    assert put.look() == 1

    row = put.asked()
    assert (row.kind, row.thing, len(row.lost)) == ("improvement", notice.reference, 1)
    assert row.before["verdict"].startswith("Met on Friday 9 October 2026")
    with pytest.raises(RuleNotMet, match="Decide on them first"):
        improvements.tell_early_end(
            reach=improvement_scenes.legal(family),
            notice=notice,
            reason="They said that nothing will change",
            version=notice.version,
            today=TODAY,
            now=SOON,
        )
    put.decide()  # the legal officer prepared it; the authorising officer issued it
    assert not LegalRecheck.objects.filter(decision="").exists()
    corrections.refuse_while_open(f"legal.ImprovementNotice:{notice.pk}")  # it may go on


def test_the_weeks_of_a_notice_to_improve_count_when_they_were_over(put, family):
    """Nine of ten weeks' marks were counted: one that is corrected later changes how they went."""
    improvement_scenes.council_issues(family)
    notice = improvement_scenes.issued(family)
    notice.starts_on, notice.ends_on = MONDAY, date(2026, 10, 23)
    notice.state, notice.over_on = "not improved", date(2026, 10, 26)
    notice.result = {"unauthorised": 10, "possible": 30}
    notice.save()
    LegalEvent.objects.create(
        authority=put.cast.northmoor,
        enrolment=put.room.enrolment,
        school=put.cast.hillside,
        subject=f"legal.ImprovementNotice:{notice.pk}",
        event="fail",
        start="issued",
        end="not improved",
        on=TODAY,
        made_at=NOW,
    )
    put.correct("O", day=date(2026, 10, 14), expected="/")

    assert put.look() == 1
    assert put.asked().lost == [{"day": "2026-10-14", "session": 0, "code": "/", "now": "O"}]


def test_a_withdrawn_notice_to_improve_ends_the_question(put, family):
    improvement_scenes.council_issues(family)
    notice = improvement_scenes.issued(family)
    put.correct("I")
    put.look()
    improvements.withdraw(
        reach=improvement_scenes.decider(family),
        notice=notice,
        why="below_threshold",
        words="The doctor's letter came.",
        version=notice.version,
        today=TODAY,
        now=SOON,
    )

    put.look(NEXT)

    assert LegalRecheck.objects.get().decision == "withdrawn"


# What waits


def test_nothing_is_served_while_somebody_must_decide(put):
    notice = put.notice()
    put.correct("I")
    put.look()
    notice.refresh_from_db()

    with pytest.raises(RuleNotMet, match="So this waits"):
        put.room.serve(notice)
    put.decide()
    notice.refresh_from_db()
    assert put.room.serve(notice).received_on is not None


def test_no_form_that_was_read_before_the_correction_goes_through(put):
    notice = put.notice(served=True)
    read = notice.version
    put.correct("I")
    put.look()

    with pytest.raises(Conflict, match="since you opened the page"):
        penalty_moves.locked(notice, read, today=TODAY, now=SOON)


def test_an_unpaid_notice_does_not_move_towards_a_prosecution(put):
    notice = put.notice(served=True)
    PenaltyNotice.objects.filter(pk=notice.pk).update(state="unpaid")
    put.correct("I")
    put.look()

    def prepare():
        found = penalty_moves.locked(notice, None, today=TODAY, now=SOON)
        return penalty_moves.moved(found, "prepare", by=None, on=TODAY, now=SOON)

    with pytest.raises(RuleNotMet, match="So this waits"):
        prepare()
    put.decide()
    assert prepare().state == "for prosecution"


def test_a_parent_is_not_told_that_it_stands_and_must_be_paid(put):
    notice = put.notice(served=True)
    put.room.represent(notice, TODAY)
    put.correct("I")
    put.look()

    with pytest.raises(RuleNotMet, match="So this waits"):
        put.room.answer(notice, TODAY)
    row = Representation.objects.get()
    assert row.answered_on is None


def test_a_notice_that_is_not_printed_yet_waits(put):
    notice = put.notice()
    letter = notice.letter.letter
    put.correct("I")
    put.look()

    held = verdict_on(letter, TODAY)
    assert (held.way, held.codes[-1]) == ("hold", "marks_corrected")
    put.decide()
    assert verdict_on(letter, TODAY).way == "post"


def test_letters_that_ask_nothing_go_their_way(put):
    notice = put.notice()
    put.correct("I")
    put.look()
    letter = notice.letter
    letter.letter.kind = "penalty_withdrawn"

    assert corrections.holds(letter) is None
    letter.letter.kind, letter.about = "penalty_notice", ""
    assert corrections.holds(letter) is None


# Deciding


def test_the_decision_is_of_another_officer_with_a_reason_on_a_fresh_page(put):
    notice = put.notice()
    put.correct("I")
    put.look()
    head = put.room.head

    with pytest.raises(Forbidden, match="Somebody else decides"):
        put.decide(reach=put.room.officer)
    with pytest.raises(Forbidden, match="Only an officer of the council"):
        put.decide(reach=head)
    with pytest.raises(Forbidden):
        put.decide(reach=put.room.clerk)
    with pytest.raises(InvalidInput, match="Say why"):
        put.decide(reason=" ")
    with pytest.raises(InvalidInput, match="600 characters"):
        put.decide(reason="x" * 601)
    with pytest.raises(InvalidInput, match="ways that are open"):
        put.decide(decision="taken up")
    with pytest.raises(Conflict, match="More marks were corrected"):
        put.decide(seen=0)
    put.decide()

    row = LegalRecheck.objects.get()
    notice.refresh_from_db()
    assert (row.decision, row.reason) == ("stands", "Nine more half days are on record.")
    assert row.decided_by == put.room.legal.user
    assert notice.review == ""
    assert history(notice) == ["issue", "marks_corrected", "stands"]
    assert Event.objects.filter(kind="legal.rechecked").count() == 1
    with pytest.raises(Conflict, match="settled already"):
        put.decide(recheck=row)


def test_the_database_refuses_the_officer_who_issued_it(put):
    notice = put.notice()
    put.correct("I")
    put.look()

    with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
        LegalRecheck.objects.update(
            decision="stands", reason="Mine", decided_by=notice.issued_by, decided_at=SOON
        )
    with pytest.raises(IntegrityError, match="has_a_reason"), transaction.atomic():
        LegalRecheck.objects.update(decision="stands", decided_by=put.cast.officer)


def test_a_mark_corrected_while_the_page_was_open_is_read_first(put):
    """Even before the machine has looked again."""
    put.notice()
    put.correct("I")
    put.look()
    put.correct("I", half=PM, when=SOON)

    with pytest.raises(Conflict, match="More marks were corrected"):
        put.decide()


def test_what_was_decided_is_not_asked_again_until_something_else_is_corrected(put):
    notice = put.notice()
    put.correct("I")
    put.look()
    put.decide()
    put.correct("O", day=date(2026, 10, 12), expected="/", when=SOON)
    assert put.look(NEXT) == 0  # not a mark it rests on

    put.correct("I", half=PM, when=NEXT)
    assert put.look(NEXT + timedelta(minutes=1)) == 1

    notice.refresh_from_db()
    assert (LegalRecheck.objects.count(), notice.review) == (2, CORRECTED)


def test_a_withdrawal_ends_it_the_lawful_way(put):
    notice = put.notice(served=True)
    put.correct("I")
    put.look()
    put.room.ask_withdrawal(notice)
    with pytest.raises(Conflict, match="withdrawal waits"):
        put.decide()

    put.room.decide(notice)

    notice.refresh_from_db()
    row = LegalRecheck.objects.get()
    assert (notice.state, notice.review) == ("withdrawn", "")
    assert (row.decision, row.decided_by) == ("withdrawn", put.room.officer.user)


def test_a_withdrawal_that_was_refused_leaves_it_to_be_decided(put):
    notice = put.notice(served=True)
    put.correct("I")
    put.look()
    put.room.ask_withdrawal(notice)
    put.room.decide(notice, withdraw=False, reason="Nine others are on record.")

    notice.refresh_from_db()
    assert notice.review == CORRECTED
    put.decide()
    notice.refresh_from_db()
    assert notice.review == ""


def test_a_notice_that_ended_while_the_page_was_open_is_decided_no_more(put):
    notice = put.notice()
    put.correct("I")
    put.look()
    PenaltyNotice.objects.filter(pk=notice.pk).update(state="no further action")

    with pytest.raises(Conflict, match="has ended meanwhile"):
        put.decide()
    put.look(NEXT)
    assert LegalRecheck.objects.get().decision == "over"


def test_another_reason_to_look_again_is_not_swept_away(put):
    """More than two notices count, and marks were corrected: each is settled on its own."""
    notice = put.notice()
    withdrawals.ask_to_look_again(notice, "More than two count.", today=TODAY, now=NOW)
    put.correct("I")
    put.look()
    notice.refresh_from_db()
    assert notice.review == "More than two count."

    def stands():
        notice.refresh_from_db()
        return withdrawals.stands_after_review(
            reach=put.room.legal,
            notice=notice,
            version=notice.version,
            reason="The other is void.",
            today=TODAY,
            now=SOON,
        )

    stands()
    notice.refresh_from_db()
    assert notice.review == CORRECTED
    with pytest.raises(Conflict, match="Decide on them first"):
        stands()
    put.decide()
    notice.refresh_from_db()
    assert notice.review == ""


def test_a_decision_leaves_another_reason_as_it_is(put):
    notice = put.notice()
    withdrawals.ask_to_look_again(notice, "More than two count.", today=TODAY, now=NOW)
    put.correct("I")
    put.look()
    put.decide()

    notice.refresh_from_db()
    assert notice.review == "More than two count."


def test_a_prosecution_with_two_reasons_settles_each(put):
    """Money was found that may be for it, and marks were corrected."""
    made = prosecution(put, state="preparing")
    Prosecution.objects.filter(pk=made.pk).update(review="A payment was found.")
    put.correct("I")
    put.look()

    made.refresh_from_db()
    assert made.review == "A payment was found."
    prosecution_courts.stands(
        reach=put.room.legal,
        prosecution=made,
        version=made.version,
        words="It was for another notice.",
        today=TODAY,
        now=SOON,
    )
    made.refresh_from_db()
    assert made.review == CORRECTED


# The worker


def test_it_is_looked_at_each_minute():
    entry = app.conf.beat_schedule["look again at what is legal and rests on corrected marks"]

    assert entry == {"task": "legal.look_again_everywhere", "schedule": EVERY_MINUTE}


def test_each_authority_is_queued_and_looked_at_alone(live_family, monkeypatch):
    """Northmoor's task finds what was corrected there; Southvale's finds nothing."""
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(
        tasks, "enqueue", lambda name, *, authority_id: asked.append((name, authority_id))
    )
    with scope(live_family.cast.ids):
        there = put(live_family)
        there.notice()
        there.correct("I")
    tasks.look_again_everywhere()
    both = [live_family.cast.northmoor.pk, live_family.cast.southvale.pk]
    assert sorted(asked) == [("legal.look_again", pk) for pk in sorted(both)]
    tasks.look_again(authority_id=both[1])
    with scope(live_family.cast.ids):
        assert not LegalRecheck.objects.exists()
    tasks.look_again(authority_id=both[0])
    with scope(live_family.cast.ids):
        assert there.asked().lost[0]["now"] == "I"


def test_looking_asks_no_more_however_many_notices_rest_on_nothing_corrected(put):
    put.notice()
    put.look()

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            put.look()
        return len(found)

    one = asked()
    put.room.issue(put.family.father, today=TODAY)
    assert asked() == one
