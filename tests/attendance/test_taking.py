"""Taking a register: what is saved, what is refused, and that nobody overwrites anybody."""

from dataclasses import replace
from datetime import date, time

import pytest

from attendance.models import Amendment, MarkNote, RegisterTaken, RegisterTimes
from attendance.selectors.registers import marks_of
from attendance.selectors.taking import class_of
from attendance.services import taking
from attendance.services.taking import NotSaved, Saved, Sent, save_class
from audit.models import Event
from audit.record import Kind, sentence
from authorities.access import Forbidden
from authorities.permissions import Role
from rules.errors import Conflict, RuleNotMet
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.classes import (
    AFTERNOON,
    GROUP,
    MORNING,
    YESTERDAY,
    a_class,
    arranged,
    at,
    form_of,
    its_tutor,
)
from tests.cast import Cast


@pytest.fixture
def three(cast: Cast):
    """Three pupils of 7B."""
    return a_class(cast)


@pytest.fixture
def tutor(cast: Cast):
    """What Hillside's tutor may do."""
    return cast.reach(cast.person(Role.TUTOR, "hillside"))


@pytest.fixture
def office(cast: Cast):
    """What Hillside's attendance officer may do."""
    return cast.reach(cast.officer)


@pytest.fixture
def save(cast: Cast, tutor):
    """Save 7B's register."""

    def saved(rows: list[Sent], **how) -> Saved:
        return save_class(
            **{
                "school": cast.hillside,
                "when": MORNING,
                "group": GROUP,
                "sent": rows,
                "reason": "",
                "by": tutor,
                "now": at(8, 45),
            }
            | how
        )

    return saved


def codes(enrolments, when: DatedSession = MORNING) -> list[str]:
    """Each pupil's code for the session, "" for none."""
    found = [marks_of(one, when.day, when.day) for one in enrolments]
    return ["".join(m.code for m in marks if m.session == when.session) for marks in found]


def test_a_class_is_saved_and_a_pupil_of_another_class_is_not_touched(cast, three, save):
    other = factories.enrolment(
        factories.pupil(cast.northmoor), cast.hillside, registration_group="7C"
    )
    based = form_of(cast)
    rows = [Sent(pk, mark, "present") for pk, mark in based.items()]
    rows[2] = replace(rows[2], choice="N")

    saved = save(rows)

    assert codes([*three, other]) == ["/", "/", "N", ""]
    assert (saved.recorded.new, saved.recorded.changed, saved.unmarked) == (3, 0, 0)
    assert not saved.after_close


def test_the_afternoon_register_has_its_own_mark(cast, three, save):
    rows = [Sent(pk, mark, "present") for pk, mark in form_of(cast, AFTERNOON).items()]

    save(rows, when=AFTERNOON, now=at(13, 5))

    assert codes(three, AFTERNOON) == ["\\", "\\", "\\"]
    assert codes(three) == ["", "", ""]


def test_a_pupil_without_a_choice_has_no_mark_yet(cast, three, save):
    rows = [Sent(pk, mark, "") for pk, mark in form_of(cast).items()]
    rows[0] = replace(rows[0], choice="present")

    saved = save(rows)

    assert codes(three) == ["/", "", ""]
    assert saved.unmarked == 2


def test_the_same_form_sent_twice_changes_nothing_the_second_time(cast, three, save):
    rows = [Sent(pk, mark, "present") for pk, mark in form_of(cast).items()]
    late = [*rows[:2], replace(rows[2], choice="late", arrived=time(8, 40))]

    first, second = save(late), save(late)

    assert first.recorded.new == 3
    assert (second.recorded.new, second.recorded.changed, second.clashes) == (0, 0, ())
    assert RegisterTaken.objects.count() == 1
    assert MarkNote.objects.count() == 1
    assert Event.objects.filter(kind=Kind.REGISTER_TAKEN).count() == 1


@pytest.mark.parametrize(
    ("arrived", "code", "noted"),
    [
        (time(8, 30), "/", None),
        (time(8, 31), "L", time(8, 31)),
        (time(9, 0), "L", time(9, 0)),
        (time(9, 1), "U", time(9, 1)),
    ],
)
def test_a_late_pupil_gets_the_code_of_the_arrival(cast, three, save, arrived, code, noted):
    (pk, mark), *_ = form_of(cast).items()

    save([Sent(pk, mark, "late", arrived=arrived)], now=at(9, 30))

    assert codes(three)[0] == code
    assert [note.arrived_at for note in MarkNote.objects.all()] == ([noted] if noted else [])


def test_without_register_times_late_is_l_unless_u_is_chosen(cast, save):
    pupils = a_class(cast, 2, times=False)
    (one, first), (two, second) = form_of(cast).items()

    save(
        [
            Sent(one, first, "late", arrived=time(9, 20)),
            Sent(two, second, "other", code="U", arrived=time(9, 20)),
        ],
        now=at(9, 30),
    )

    assert codes(pupils) == ["L", "U"]


def test_what_is_known_is_filled_in_with_its_details(cast, three, save):
    arranged(cast, three[0])
    arranged(cast, three[1], kind="dual", code="D", nature="", other_school="Elm Road School")

    save([Sent(pk, mark, "known") for pk, mark in list(form_of(cast).items())[:2]])

    assert codes(three) == ["V", "D", ""]
    assert sorted((n.code, n.nature, n.other_school) for n in MarkNote.objects.all()) == [
        ("D", "", "Elm Road School"),
        ("V", "Museum of the sea", ""),
    ]


REFUSED = [
    (Sent(0, "", "late"), "Enter the time the pupil arrived"),
    (Sent(0, "", "late", arrived=time(8, 46)), "cannot arrive later than now"),
    (Sent(0, "", "other"), "Choose a code from the list"),
    (Sent(0, "", "other", code="B"), "Say what the activity is"),
    (Sent(0, "", "other", code="D"), "at which other school"),
    (Sent(0, "", "other", code="C2"), "no agreed part-time timetable"),
    (Sent(0, "", "other", code="X"), "not for a pupil of compulsory school age"),
    (Sent(0, "", "known"), "What was known about this pupil has changed"),
]


@pytest.mark.parametrize(("row", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_a_row_that_may_not_be_is_refused_and_nothing_is_saved(cast, three, save, row, says):
    (one, first), (two, second), _ = form_of(cast).items()

    with pytest.raises(NotSaved) as refused:
        save([Sent(one, first, "present"), replace(row, pk=two, based=second)])

    assert says in refused.value.problems.pop(two)
    assert refused.value.problems == {}
    assert codes(three) == ["", "", ""]


@pytest.mark.parametrize(
    ("row", "code", "nature"),
    [
        (Sent(0, "", "other", code="B", detail="College taster day"), "B", "College taster day"),
        (Sent(0, "", "I"), "I", ""),
        (Sent(0, "", "other", code="Y4"), "Y4", ""),
    ],
)
def test_another_code_is_taken_with_its_detail(cast, three, save, row, code, nature):
    (pk, mark), *_ = form_of(cast).items()

    save([replace(row, pk=pk, based=mark)])

    assert codes(three)[0] == code
    assert [note.nature for note in MarkNote.objects.all()] == ([nature] if nature else [])


@pytest.mark.parametrize(
    ("when", "now", "says"),
    [
        (DatedSession(date(2026, 11, 18), Session.AM), at(8, 45), "on that day"),
        (AFTERNOON, at(11, 59), "from 12:00pm"),
        (DatedSession(date(2026, 11, 15), Session.AM), at(8, 45), "no session then"),
    ],
)
def test_a_session_that_is_not_there_yet_or_at_all_is_refused(cast, three, save, when, now, says):
    with pytest.raises(RuleNotMet, match=says):
        save([], when=when, now=now)


def test_an_afternoon_that_begins_before_noon_can_be_taken_then(cast, three, save):
    RegisterTimes.objects.filter(session=1).update(opens_at=time(11, 50), closes_at=time(12, 10))
    (pk, mark), *_ = form_of(cast, AFTERNOON).items()

    save([Sent(pk, mark, "present")], when=AFTERNOON, now=at(11, 50))

    assert codes(three, AFTERNOON)[0] == "\\"


@pytest.mark.parametrize(("minute", "late"), [(0, False), (1, True)])
def test_a_first_save_after_the_register_closed_is_taken_and_said(cast, three, save, minute, late):
    (pk, mark), *_ = form_of(cast).items()

    assert save([Sent(pk, mark, "present")], now=at(9, minute)).after_close is late


def test_a_recorded_mark_changes_only_with_a_reason(cast, three, save):
    based = form_of(cast)
    save([Sent(pk, mark, "N") for pk, mark in based.items()])
    again = [Sent(pk, mark, "N") for pk, mark in form_of(cast).items()]
    again[0] = replace(again[0], choice="late", arrived=time(8, 50))

    with pytest.raises(NotSaved) as refused:
        save(again, now=at(8, 55))
    saved = save(again, now=at(8, 55), reason=taking.REASONS[1])

    assert refused.value.problems == {}
    assert refused.value.reason.startswith("Select why")
    assert codes(three) == ["L", "N", "N"]
    assert saved.recorded.changed == 1
    assert Amendment.objects.get().reason == "The pupil arrived after the register was saved"


def test_a_reason_of_ones_own_is_not_taken(cast, three, save):
    save([Sent(pk, mark, "N") for pk, mark in form_of(cast).items()])

    with pytest.raises(NotSaved):
        save([Sent(pk, m, "present") for pk, m in form_of(cast).items()], reason="because")


@pytest.mark.parametrize(
    ("role", "says"),
    [
        (Role.TUTOR, "Ask the attendance office"),
        (Role.ATTENDANCE_OFFICER, "Change it from the pupil's register"),
    ],
)
def test_a_past_register_can_be_filled_but_its_marks_change_elsewhere(
    cast, three, save, role, says
):
    save([Sent(pk, m, "N") for pk, m in form_of(cast, YESTERDAY).items()], when=YESTERDAY)
    change = [Sent(pk, m, "present") for pk, m in form_of(cast, YESTERDAY).items()]
    by = cast.reach(cast.person(role, "hillside"))

    with pytest.raises(NotSaved) as refused:
        save(change, when=YESTERDAY, reason=taking.REASONS[0], by=by)

    assert [says in said for said in refused.value.problems.values()] == [True] * 3
    assert codes(three, YESTERDAY) == ["N", "N", "N"]


def test_a_changed_arrival_time_is_noted_without_an_amendment(cast, three, save):
    (pk, mark), *_ = form_of(cast).items()
    save([Sent(pk, mark, "late", arrived=time(8, 40))], now=at(8, 50))
    (pk, mark), *_ = form_of(cast).items()

    save([Sent(pk, mark, "late", arrived=time(8, 44))], now=at(8, 50))

    assert class_of(cast.hillside, MORNING, GROUP).rows[0].arrived_at == time(8, 44)
    assert Amendment.objects.count() == 0


def test_a_detail_that_is_said_later_is_noted(cast, three, save):
    (pk, mark), *_ = form_of(cast).items()
    save([Sent(pk, mark, "other", code="V", detail="Museum")])
    (pk, mark), *_ = form_of(cast).items()

    save([Sent(pk, mark, "other", code="V", detail="Museum of the sea")])
    save([Sent(pk, mark, "other", code="V", detail="Museum of the sea")])

    assert [note.nature for note in MarkNote.objects.order_by("pk")] == [
        "Museum",
        "Museum of the sea",
    ]


def test_a_late_mark_keeps_its_code_when_the_times_change_afterwards(cast, three, save):
    (pk, mark), *_ = form_of(cast).items()
    save([Sent(pk, mark, "late", arrived=time(8, 50))], now=at(8, 55))
    RegisterTimes.objects.filter(session=0).update(closes_at=time(8, 45))
    (pk, mark), *_ = form_of(cast).items()

    saved = save([Sent(pk, mark, "late", arrived=time(8, 50))], now=at(8, 55))

    assert codes(three)[0] == "L"
    assert saved.recorded.changed == 0


# Two people


def test_a_row_that_nobody_touched_does_not_overwrite_what_came_meanwhile(
    cast, three, save, office
):
    save([Sent(pk, mark, "N") for pk, mark in form_of(cast).items()])
    opened = form_of(cast)
    (one, first), *_ = opened.items()
    save([Sent(one, first, "I")], by=office, reason=taking.REASONS[2])

    saved = save([Sent(pk, mark, "N") for pk, mark in opened.items()])

    assert codes(three) == ["I", "N", "N"]
    assert saved.clashes == ()


def test_two_people_who_mark_one_pupil_differently_get_both_values(cast, three, save, office):
    opened = form_of(cast)
    (one, first), (two, second), _ = opened.items()
    save([Sent(one, first, "N")], by=office)

    saved = save([Sent(one, first, "present"), Sent(two, second, "present")])

    assert codes(three) == ["N", "/", ""]
    (clash,) = saved.clashes
    assert (clash.row.pk, clash.row.code, clash.wanted.code) == (one, "N", "/")


def test_a_clash_is_settled_as_a_change_with_a_reason(cast, three, save, office):
    opened = form_of(cast)
    (one, first), *_ = opened.items()
    save([Sent(one, first, "N")], by=office)
    settled = [Sent(one, form_of(cast)[one], "present")]

    with pytest.raises(NotSaved):
        save(settled)
    save(settled, reason=taking.REASONS[0])

    assert codes(three)[0] == "/"


def test_two_people_who_mark_one_pupil_alike_meet_over_nothing(cast, three, save, office):
    opened = form_of(cast)
    rows = [Sent(pk, mark, "present") for pk, mark in opened.items()]
    save(rows, by=office)

    saved = save(rows)

    assert saved.clashes == ()
    assert saved.recorded.new == 0


def test_a_mark_that_comes_between_reading_and_writing_is_a_clash(
    cast, three, save, office, monkeypatch
):
    (one, first), (two, second), _ = form_of(cast).items()
    real, reads = taking.class_of, []

    def read_and_overtaken(*args):
        found = real(*args)
        reads.append(found)
        if len(reads) == 1:
            save([Sent(one, first, "N")], by=office)
        return found

    monkeypatch.setattr(taking, "class_of", read_and_overtaken)

    saved = save([Sent(one, first, "present"), Sent(two, second, "present")])

    assert codes(three) == ["N", "/", ""]
    assert [clash.row.pk for clash in saved.clashes] == [one]


def test_when_others_always_come_first_the_person_is_asked_to_save_again(
    cast, three, save, monkeypatch
):
    def first(*args, **kwargs):
        raise Conflict("somebody else")

    monkeypatch.setattr(taking, "_write", first)

    with pytest.raises(Conflict, match="Save it again"):
        save([Sent(pk, mark, "present") for pk, mark in form_of(cast).items()])


def test_a_pupil_who_left_the_class_meanwhile_is_counted_and_not_marked(cast, three, save):
    opened = form_of(cast)
    three[0].registration_group = "7C"
    three[0].save()

    saved = save([Sent(pk, mark, "present") for pk, mark in opened.items()])

    assert saved.gone == 1
    assert codes(three) == ["", "/", "/"]


# Wrong people, and the history


@pytest.mark.parametrize("role", [Role.SAFEGUARDING_LEAD, Role.GOVERNOR])
def test_those_who_take_no_registers_are_refused(cast, three, save, role):
    with pytest.raises(Forbidden):
        save([], by=cast.reach(cast.person(role, "hillside")))


def test_a_tutor_of_another_school_is_refused(cast, three, save):
    with pytest.raises(Forbidden):
        save([], by=cast.reach(cast.person(Role.TUTOR, "brook")))


def test_the_history_says_who_saved_which_group_and_whether_they_covered(cast, three, save, office):
    its_tutor(cast)
    (one, first), (two, second), _ = form_of(cast).items()

    save([Sent(one, first, "present")])
    save([Sent(two, second, "present")], by=office)

    mine, theirs = Event.objects.filter(kind=Kind.REGISTER_TAKEN).order_by("pk")
    assert sentence(mine) == (
        "Tutor at Hillside saved a register (7B, 2026-11-17 morning): 1 new, 0 changed"
    )
    assert (mine.facts["covering"], theirs.facts["covering"]) == (False, True)
    assert "Alder" not in str([mine.facts, theirs.facts])
