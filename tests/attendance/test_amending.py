"""Changing marks: one and many, the second person for old ones, undoing, and who may not."""

from datetime import UTC, date, datetime, time

import pytest

from attendance.models import Amendment, Arrangement, ChangeState, MarkChange, MarkNote
from attendance.selectors.amending import age_at, counts_of, notes_of, old_after, waiting_for
from attendance.selectors.registers import history, marks_of
from attendance.services import amending
from attendance.services.amending import StaleMark, Wanted
from attendance.services.marking import NOTHING, Said, circumstances_for, known_between
from attendance.services.registers import amend_mark
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden as NotAllowed
from authorities.models import User
from authorities.permissions import Role
from rules.errors import Conflict, Forbidden, InvalidInput, RuleNotMet
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.scenes import a_year_of_marks, calendar
from tests.cast import Cast

NOW = datetime(2026, 11, 17, 10, 42, tzinfo=UTC)
LATER = datetime(2026, 11, 17, 15, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
AM, PM = Session.AM, Session.PM


@pytest.fixture
def school(cast: Cast) -> Cast:
    """Hillside's pupil was there all year, but for Monday morning, which is N."""
    calendar(cast)
    a_year_of_marks(cast, absences={(MONDAY, 0): "N"})
    return cast


def read(cast: Cast, day: date = MONDAY, enrolment=None) -> str:
    """The marks of a day, morning then afternoon."""
    return " ".join(mark.code for mark in marks_of(enrolment or cast.enrolment, day, day))


def amend(cast: Cast, code: str, *, day=MONDAY, half=AM, expected="N", by=None, **more):
    """The officer, unless told, changes a mark."""
    said = more.pop("said", NOTHING)
    wanted = Wanted(code, more.pop("reason", "Mother rang"), said)
    return amending.amend_one(
        reach=cast.reach(by or cast.officer),
        enrolment=cast.enrolment,
        when=DatedSession(day, half),
        expected=expected,
        wanted=wanted,
        now=NOW,
    )


def test_a_mark_changes_and_keeps_its_original_reason_and_position(school) -> None:
    done = amend(school, "I")

    assert done is None
    assert read(school) == "I \\"
    first, last = history(school.enrolment, MONDAY, MONDAY, session=AM)
    assert (first.first, first.code) == (True, "N")
    assert (last.former, last.code, last.reason) == ("N", "I", "Mother rang")
    assert last.position == "Attendance officer"
    assert Event.objects.filter(kind="mark.amended", by=school.officer).count() == 1


def test_what_is_said_is_kept_beside_the_mark(school) -> None:
    amend(school, "U", said=Said(arrived_at=time(10, 5)))

    (note,) = notes_of(school.enrolment, DatedSession(MONDAY, AM))
    assert (note.code, note.arrived_at, note.written_by) == ("U", time(10, 5), school.officer)


@pytest.mark.parametrize(
    ("code", "said", "sentence"),
    [
        ("X", {}, "Code X is not for a pupil of compulsory school age"),
        ("C2", {}, "no agreed part-time timetable"),
        ("B", {}, "Say what the activity is"),
        ("Y7", {}, "Say what the unavoidable cause is"),
        ("#", {}, "# is only for a planned closure"),
        ("D", {}, "Say at which other school"),
        ("H", {}, "not in force"),
    ],
)
def test_a_code_whose_rules_are_not_met_is_refused_in_words(school, code, said, sentence) -> None:
    with pytest.raises(RuleNotMet, match=sentence):
        amend(school, code, said=Said(**said))

    assert read(school) == "N \\"


def test_an_arrangement_gives_what_the_code_needs(school) -> None:
    Arrangement.objects.create(
        authority=school.northmoor,
        school=school.hillside,
        enrolment=school.enrolment,
        kind="dual",
        code="D",
        other_school="Brook Academy",
        starts_on=MONDAY,
        ends_on=MONDAY,
        agreed_by=school.officer,
        agreed_at=NOW,
    )

    amend(school, "D")

    (note,) = MarkNote.objects.all()
    assert note.other_school == "Brook Academy"
    found = circumstances_for(school.enrolment, DatedSession(MONDAY, AM), "D")
    assert found.agreed == {"D"}
    assert found.other_school == "Brook Academy"


def test_an_arrangement_of_another_code_gives_nothing_and_a_year_unknown_is_closed(school) -> None:
    Arrangement.objects.create(
        authority=school.northmoor,
        school=school.hillside,
        enrolment=school.enrolment,
        kind="trip",
        code="V",
        nature="Museum",
        starts_on=MONDAY,
        ends_on=MONDAY,
        agreed_by=school.officer,
        agreed_at=NOW,
    )

    assert circumstances_for(school.enrolment, DatedSession(MONDAY, AM), "B").nature == ""
    unknown = circumstances_for(school.enrolment, DatedSession(date(2030, 3, 4), AM), "I")
    assert unknown.school_open is False


def test_a_code_that_never_was_is_refused_in_words(school) -> None:
    known = known_between(school.hillside, MONDAY, MONDAY, [school.enrolment])

    said = known.refusal(school.enrolment, DatedSession(MONDAY, AM), "QQ")

    assert "is not an attendance code" in said


def test_a_page_opened_too_early_is_refused_with_both_values(school) -> None:
    amend(school, "I")

    with pytest.raises(StaleMark, match="changed this mark on 17 November 2026 at 10:42") as stale:
        amend(school, "M", expected="N")

    assert stale.value.current == "I"
    assert read(school) == "I \\"


def test_who_comes_between_reading_and_writing_is_told_of_too(school, monkeypatch) -> None:
    def somebody_first(**asked):
        amend_mark(**asked | {"code": "O", "by": school.person(Role.HEADTEACHER, "hillside")})
        amend_mark(**asked)

    monkeypatch.setattr(amending, "amend_mark", somebody_first)

    with pytest.raises(StaleMark, match="Headteacher at Hillside changed this mark") as stale:
        amend(school, "I")

    assert stale.value.current == "O"


def test_a_page_opened_before_the_first_mark_says_so(school) -> None:
    with pytest.raises(StaleMark, match="has changed since you opened it"):
        amend(school, "I", day=date(2026, 11, 17), expected="N")


def test_a_reason_is_needed_and_the_same_code_is_no_change(school) -> None:
    with pytest.raises(RuleNotMet, match="Say why"):
        amend(school, "I", reason="  ")
    with pytest.raises(InvalidInput, match="already says this"):
        amend(school, "N")


def test_a_session_to_come_is_refused(school) -> None:
    with pytest.raises(RuleNotMet, match="has not been yet"):
        amend(school, "I", day=date(2026, 11, 18), expected="")


@pytest.mark.parametrize("role", [Role.TUTOR, Role.SAFEGUARDING_LEAD, Role.GOVERNOR])
def test_other_staff_of_the_school_may_not_amend(school, role) -> None:
    with pytest.raises(NotAllowed):
        amend(school, "I", by=school.person(role, "hillside"))


# Old marks


def test_the_limit_is_twenty_school_days_or_what_a_pack_says_when_it_is_shorter(
    school, monkeypatch
) -> None:
    today = date(2026, 11, 17)
    assert old_after(school.hillside, today) == 20
    # 17 Nov back: 16-9 (6), 6-3 (4), 23-19 Oct (5), 16-12 Oct (5) are twenty school days.
    assert age_at(school.hillside, today).is_old(date(2026, 10, 9))
    assert not age_at(school.hillside, today).is_old(date(2026, 10, 12))

    for length, unit, expected in (
        (5, "school days", 5),
        (60, "school days", 20),
        (1, "weeks", 20),
    ):
        clock = packs.Clock(key="old_amendment", source="Ours", length=length, unit=unit)
        monkeypatch.setattr(packs.PolicyInForce, "clock", lambda self, key, c=clock: (None, c))
        assert old_after(school.hillside, today) == expected


def test_nothing_is_old_where_the_year_has_just_begun(school) -> None:
    assert age_at(school.hillside, date(2025, 9, 4)).is_old(date(2025, 9, 3)) is False


@pytest.fixture
def waiting(school) -> MarkChange:
    """The officer has asked for the change of a mark of 5 October, five weeks ago."""
    return amend(school, "I", day=date(2026, 10, 5), expected="/", reason="Doctor's letter")


def test_an_old_mark_waits_and_nothing_changes(school, waiting) -> None:
    assert waiting.state == ChangeState.WAITING
    assert read(school, date(2026, 10, 5)) == "/ \\"
    assert waiting_for(school.reach(school.person(Role.HEADTEACHER, "hillside"))) == 1
    assert waiting_for(school.reach(school.officer)) == 0
    with pytest.raises(Conflict, match="has asked for a change of this mark already"):
        amend(school, "M", day=date(2026, 10, 5), expected="/")


def test_a_second_person_agrees_and_the_register_names_who_asked(school, waiting) -> None:
    head = school.reach(school.person(Role.HEADTEACHER, "hillside"))

    amending.agree(reach=head, change=waiting, now=LATER)

    assert read(school, date(2026, 10, 5)) == "I \\"
    (row,) = Amendment.objects.filter(day=date(2026, 10, 5), amended=0x68)
    assert row.made_by == school.officer
    assert row.reason == (
        f"Doctor's letter (request {waiting.reference}, agreed by a second person)"
    )
    assert (waiting.state, waiting.decided_by) == (ChangeState.DONE, head.user)
    with pytest.raises(Conflict, match="has moved on"):
        amending.agree(reach=head, change=waiting, now=LATER)


def test_nobody_agrees_to_their_own_request(school) -> None:
    head = school.person(Role.HEADTEACHER, "hillside")
    asked = amend(school, "I", day=date(2026, 10, 5), expected="/", by=head)

    with pytest.raises(Forbidden, match="You asked for this change"):
        amending.agree(reach=school.reach(head), change=asked, now=LATER)
    with pytest.raises(Forbidden, match="You asked for this change"):
        amending.decline(reach=school.reach(head), change=asked, because="No", now=LATER)

    assert read(school, date(2026, 10, 5)) == "/ \\"


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.ATTENDANCE_OFFICER, "hillside"),
        (Role.HEADTEACHER, "brook"),
        (Role.TRUST_LEAD, "trust"),
    ],
)
def test_only_a_head_or_lead_of_the_school_agrees(school, waiting, role, place) -> None:
    second = school.person(role, place)

    with pytest.raises(NotAllowed):
        amending.agree(reach=school.reach(second), change=waiting, now=LATER)


def test_declining_needs_a_reason_and_changes_nothing(school, waiting) -> None:
    lead = school.reach(school.person(Role.ATTENDANCE_LEAD, "hillside"))
    with pytest.raises(RuleNotMet, match="Say why you decline"):
        amending.decline(reach=lead, change=waiting, because=" ", now=LATER)

    amending.decline(reach=lead, change=waiting, because="No letter seen", now=LATER)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.decision_reason) == (ChangeState.DECLINED, "No letter seen")
    assert read(school, date(2026, 10, 5)) == "/ \\"


def test_who_asked_may_withdraw_and_nobody_else(school, waiting) -> None:
    with pytest.raises(Forbidden):
        amending.withdraw(
            reach=school.reach(school.person(Role.HEADTEACHER, "hillside")),
            change=waiting,
            now=LATER,
        )

    amending.withdraw(reach=school.reach(school.officer), change=waiting, now=LATER)

    waiting.refresh_from_db()
    assert waiting.state == ChangeState.WITHDRAWN


def test_a_request_whose_marks_all_changed_meanwhile_cannot_be_agreed(school, waiting) -> None:
    amend_mark(
        school=school.hillside,
        enrolment_id=school.enrolment.pk,
        when=DatedSession(date(2026, 10, 5), AM),
        expected="/",
        code="O",
        reason="a file",
        by=school.officer,
        now=NOW,
    )

    with pytest.raises(Conflict, match="Every one of these marks has changed"):
        amending.agree(
            reach=school.reach(school.person(Role.HEADTEACHER, "hillside")),
            change=waiting,
            now=LATER,
        )

    waiting.refresh_from_db()
    assert waiting.state == ChangeState.WAITING


def test_a_rule_that_no_longer_holds_when_the_second_person_comes_stops_the_mark(school) -> None:
    known = Arrangement.objects.create(
        authority=school.northmoor,
        school=school.hillside,
        enrolment=school.enrolment,
        kind="part-time",
        code="C2",
        starts_on=date(2026, 10, 1),
        ends_on=date(2026, 10, 9),
        agreed_by=school.officer,
        agreed_at=NOW,
    )
    asked = amend(school, "C2", day=date(2026, 10, 5), expected="/")
    known.delete()

    with pytest.raises(Conflict):
        amending.agree(
            reach=school.reach(school.person(Role.HEADTEACHER, "hillside")), change=asked, now=LATER
        )


# Many marks


@pytest.fixture
def other(school):
    """A second pupil of Hillside, without a mark on Monday."""
    return factories.enrolment(factories.pupil(school.northmoor), school.hillside)


def draft(cast: Cast, picks, code="Y4", by: User | None = None, **said) -> MarkChange:
    """A preview."""
    return amending.draft(
        reach=cast.reach(by or cast.officer),
        school=cast.hillside,
        picks=picks,
        wanted=Wanted(code, "Snow", Said(**said)),
        selected="everybody",
        now=NOW,
    )


def monday(*enrolments, day=MONDAY):
    """Both sessions of a day for each."""
    return [(one, DatedSession(day, half)) for one in enrolments for half in (AM, PM)]


def confirm(cast: Cast, change: MarkChange, *, leave_out=False, by=None) -> bool:
    return amending.confirm(
        reach=cast.reach(by or cast.officer), change=change, leave_out=leave_out, now=NOW
    )


def test_a_preview_counts_and_changes_nothing(school, other) -> None:
    change = draft(school, monday(school.enrolment, other), code="/")

    # The N of the morning changes, the afternoon is present already, two have no mark yet.
    assert counts_of(change) == {
        "new": 2, "changed": 1, "unchanged": 1, "refused": 0, "stayed": 0, "restored": 0,
    }  # fmt: skip
    assert read(school) == "N \\"
    assert sorted(change.rows.values_list("session", "code").distinct()) == [(0, "/"), (1, "\\")]


def test_confirming_writes_all_of_it_in_the_ledger(school, other) -> None:
    change = draft(school, monday(school.enrolment, other))

    assert confirm(school, change)

    assert (read(school), read(school, enrolment=other)) == ("Y4 Y4", "Y4 Y4")
    assert change.state == ChangeState.DONE
    assert Event.objects.get(kind="marks.changed").facts["marks"] == 4
    with pytest.raises(Conflict, match="Nothing was done twice"):
        confirm(school, change)


def test_a_refused_mark_is_left_out_only_when_said(school, other) -> None:
    other.ends_on = date(2026, 11, 13)
    other.save()
    change = draft(school, monday(school.enrolment, other))

    with pytest.raises(RuleNotMet, match="Tick the box"):
        confirm(school, change)
    assert read(school) == "N \\"
    confirm(school, change, leave_out=True)

    assert read(school) == "Y4 Y4"
    assert set(change.rows.filter(outcome="refused").values_list("refusal", flat=True)) == {
        "The pupil was not on roll that day. Check the enrolment's dates."
    }


def test_a_register_that_changed_since_the_preview_is_shown_again(school, other) -> None:
    change = draft(school, monday(school.enrolment))
    amend(school, "I")

    assert confirm(school, change) is False

    assert read(school) == "I \\"
    assert change.rows.get(session=0).original == "I"
    assert confirm(school, change) is True


def test_nothing_to_change_nobody_chosen_too_many_and_no_reason_are_refused(
    school, monkeypatch
) -> None:
    change = draft(school, [(school.enrolment, DatedSession(MONDAY, PM))], code="/")
    with pytest.raises(RuleNotMet, match="Nothing would change"):
        confirm(school, change)
    with pytest.raises(InvalidInput, match="Nobody was due"):
        draft(school, [])
    monkeypatch.setattr(amending, "MOST_MARKS", 1)
    with pytest.raises(InvalidInput, match="Change 1 at a time"):
        draft(school, monday(school.enrolment))


def test_a_preview_is_its_authors_alone(school) -> None:
    change = draft(school, monday(school.enrolment))
    head = school.person(Role.HEADTEACHER, "hillside")

    with pytest.raises(Forbidden):
        confirm(school, change, by=head)
    with pytest.raises(Forbidden):
        amending.discard(reach=school.reach(head), change=change)
    amending.discard(reach=school.reach(school.officer), change=change)

    assert not MarkChange.objects.exists()


def test_old_previews_go_when_a_new_one_is_made(school) -> None:
    first = draft(school, monday(school.enrolment))
    MarkChange.objects.filter(pk=first.pk).update(asked_at=datetime(2026, 11, 15, tzinfo=UTC))

    second = draft(school, monday(school.enrolment))

    assert list(MarkChange.objects.all()) == [second]


def test_a_change_that_reaches_old_marks_waits_whole(school) -> None:
    picks = [*monday(school.enrolment), *monday(school.enrolment, day=date(2026, 10, 5))]
    change = draft(school, picks)

    confirm(school, change)
    assert change.state == ChangeState.WAITING
    assert read(school) == "N \\"
    lead = school.reach(school.person(Role.ATTENDANCE_LEAD, "hillside"))
    amending.agree(reach=lead, change=change, now=LATER)

    assert (read(school), read(school, date(2026, 10, 5))) == ("Y4 Y4", "Y4 Y4")


def test_a_bulk_change_keeps_its_nature_beside_each_mark(school, other) -> None:
    confirm(school, draft(school, monday(school.enrolment, other), code="V", nature="Museum"))

    assert set(MarkNote.objects.values_list("nature", flat=True)) == {"Museum"}
    assert MarkNote.objects.count() == 4


def test_undoing_puts_back_what_nobody_touched_since(school, other) -> None:
    change = draft(school, monday(school.enrolment, other))
    confirm(school, change)
    amend(school, "I", expected="Y4")

    done = amending.undo(
        reach=school.reach(school.officer), change=change, because="The wrong Monday", now=LATER
    )

    assert (done.blanked, done.restored, len(done.kept)) == (2, 1, 1)
    assert (read(school), read(school, enrolment=other)) == ("I \\", "")
    assert change.state == ChangeState.UNDONE
    outcomes = list(change.rows.order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["stayed", "restored", "restored", "restored"]
    with pytest.raises(Conflict, match="has moved on"):
        amending.undo(reach=school.reach(school.officer), change=change, because="Again", now=LATER)


def test_a_mark_changed_and_changed_back_since_stays(school) -> None:
    change = draft(school, monday(school.enrolment))
    confirm(school, change)
    amend(school, "I", expected="Y4")
    amend(school, "Y4", expected="I")

    done = amending.undo(
        reach=school.reach(school.officer), change=change, because="Wrong", now=LATER
    )

    assert len(done.kept) == 1
    assert read(school) == "Y4 \\"


def test_undoing_old_marks_takes_a_second_person(school) -> None:
    day = date(2026, 10, 12)
    change = draft(school, monday(school.enrolment, day=day))
    confirm(school, change)
    MarkChange.objects.filter(pk=change.pk).update(first_day=date(2026, 10, 5))

    with pytest.raises(Forbidden, match="A second person"):
        amending.undo(reach=school.reach(school.officer), change=change, because="Wrong", now=LATER)
    with pytest.raises(RuleNotMet, match="Say why"):
        amending.undo(reach=school.reach(school.officer), change=change, because="", now=LATER)
    amending.undo(
        reach=school.reach(school.person(Role.HEADTEACHER, "hillside")),
        change=change,
        because="Wrong",
        now=LATER,
    )

    assert read(school, day) == "/ \\"
