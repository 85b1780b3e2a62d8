"""A corrected mark finds the case, the letter and the worklist entry that relied on it."""

from datetime import date, datetime, timedelta

import pytest

from attendance.models import Crossing
from attendance.selectors.corrections import corrected_since, stands_at
from attendance.services.registers import amend_mark, save_register
from audit.models import Event
from authorities.permissions import Role
from authorities.tenancy import scope
from cases import tasks
from cases.models import CaseLetter, Decision, Recheck
from cases.services import rechecks
from letters.services import drafting
from rules.errors import Conflict, Forbidden, InvalidInput
from rules.marks import DatedSession, Session
from tests.cases.family import NOW, Family

AM, PM = Session.AM, Session.PM
MONDAY = date(2026, 10, 5)  # the first of the ten
LATER = NOW + timedelta(hours=3)
SOON = LATER + timedelta(minutes=1)


def correct(family: Family, code: str, *, day: date = MONDAY, half: Session = AM, at=LATER) -> None:
    """The officer corrects one mark."""
    before = "O" if code != "O" else "I"
    amend_mark(
        school=family.cast.hillside,
        enrolment_id=family.cast.enrolment.pk,
        when=DatedSession(day, half),
        expected=before,
        code=code,
        reason="A doctor's letter came",
        by=family.cast.officer,
        now=at,
    )


def look(family: Family, at: datetime = SOON) -> int:
    """The machine looks again."""
    return rechecks.look_again(family.cast.northmoor.pk, now=at)


def test_nothing_is_asked_while_nothing_was_corrected(family) -> None:
    """A register that goes on is no correction."""
    family.open_case()
    family.prepare()
    save_register(
        school=family.cast.hillside,
        when=DatedSession(date(2026, 11, 17), AM),
        codes={family.cast.enrolment.pk: "O"},
        by=family.cast.officer,
        now=LATER,
    )
    assert look(family) == 0
    assert not Recheck.objects.exists()


def test_a_case_and_its_letters_are_asked_about_once_each(family) -> None:
    """One O became I: the ten are nine, and each letter counts it as missed still."""
    case = family.open_case()
    family.prepare()
    correct(family, "I")
    assert look(family) == 1
    (row,) = Recheck.objects.filter(decision="")
    assert (row.case, row.kind, row.holds) == (case, "case", False)
    assert row.before["threshold"]["current"] == 10
    assert row.after["threshold"]["current"] == 9
    assert row.before["unauthorised"] - row.after["unauthorised"] == 1
    assert row.changes == [
        {
            "day": "2026-10-05",
            "session": 0,
            "was": "O",
            "now": "I",
            "reason": "A doctor's letter came",
            "by": family.cast.officer.name,
            "position": "Attendance officer",
            "at": LATER.isoformat(),
        }
    ]
    assert look(family, SOON + timedelta(minutes=1)) == 0
    assert Recheck.objects.filter(decision="").count() == 1


def test_a_letter_is_asked_about_when_its_number_changes(family) -> None:
    """O to / changes how many sessions were missed; O to I does not."""
    family.open_case()
    mother, _ = family.prepare()
    correct(family, "/")
    look(family)
    about = {row.kind for row in Recheck.objects.filter(decision="")}
    assert about == {"case", "letter"}
    row = Recheck.objects.get(decision="", case_letter=mother)
    assert (row.before["authorised"] + row.before["unauthorised"], row.holds) == (10, False)
    assert row.after["authorised"] + row.after["unauthorised"] == 9


def test_a_letter_with_a_corrected_number_is_held_at_once(family) -> None:
    """Before the machine has looked, approving it already finds the correction."""
    family.open_case()
    mother, father = family.prepare()
    correct(family, "/")
    held = drafting.approve(mother.letter, reach=family.reach, now=SOON)
    assert held.state == "held"
    assert "have been corrected since" in held.reason
    look(family)
    row = Recheck.objects.get(decision="", case_letter=father)
    rechecks.decide(
        reach=family.reach,
        recheck=row,
        decision=Decision.STANDS,
        reason="The family knows",
        seen=row.amendments,
        now=SOON,
    )
    assert drafting.approve(father.letter, reach=family.reach, now=SOON).state == "approved"


def test_a_correction_after_the_decision_asks_again(family) -> None:
    """What was decided covers what was read, not what comes after."""
    family.open_case()
    mother, _ = family.prepare()
    correct(family, "/")
    look(family)
    for row in Recheck.objects.filter(decision=""):
        rechecks.decide(
            reach=family.reach,
            recheck=row,
            decision=Decision.PUT_RIGHT,
            reason="Rang the family",
            seen=row.amendments,
            now=SOON,
        )
    assert not rechecks.unsettled(mother)
    correct(family, "/", day=date(2026, 10, 6), at=SOON)
    assert rechecks.unsettled(mother)
    assert look(family, SOON + timedelta(minutes=2)) == 3


def test_a_correction_taken_back_closes_the_question(family) -> None:
    """The register says again what it said: nothing is left to decide, and both are kept."""
    family.open_case()
    correct(family, "I")
    look(family)
    correct(family, "O", at=SOON)
    assert look(family, SOON + timedelta(minutes=1)) == 0
    (row,) = Recheck.objects.all()
    assert (row.decision, row.decided_by, len(row.changes)) == ("same", None, 2)


def test_an_entry_of_the_worklist_that_a_correction_took_over_the_line(family) -> None:
    """Without a case, the entry itself is asked about; one that time moved is not."""
    correct(family, "I")
    Crossing.objects.update(
        state="near", was="met", since=date(2026, 11, 17), changed_at=LATER + timedelta(seconds=30)
    )
    assert look(family) == 1
    row = Recheck.objects.get()
    assert (row.kind, row.crossing, row.holds) == ("worklist entry", family.crossing, False)
    assert look(family, SOON + timedelta(minutes=1)) == 0
    assert Recheck.objects.count() == 1


def test_an_entry_that_time_took_from_the_line_is_no_question(family) -> None:
    """It fell under the line, and the corrected mark had nothing to do with it."""
    correct(family, "G")
    Crossing.objects.update(
        state="near", was="met", since=date(2026, 11, 17), changed_at=LATER + timedelta(seconds=30)
    )
    assert look(family) == 0
    assert not Recheck.objects.exists()


def test_deciding_needs_a_reason_a_person_who_may_and_a_fresh_page(family) -> None:
    """Each refusal leaves the question open."""
    family.open_case()
    correct(family, "I")
    look(family)
    (row,) = Recheck.objects.all()
    given = {"recheck": row, "decision": Decision.STANDS, "reason": "Rang", "seen": 1, "now": SOON}
    tutor = family.cast.reach(family.cast.person(Role.TUTOR, "hillside"))
    with pytest.raises(Forbidden):
        rechecks.decide(reach=tutor, **given)
    with pytest.raises(InvalidInput, match="Say why"):
        rechecks.decide(reach=family.reach, **given | {"reason": " "})
    with pytest.raises(InvalidInput, match="600"):
        rechecks.decide(reach=family.reach, **given | {"reason": "x" * 601})
    with pytest.raises(InvalidInput, match="Choose"):
        rechecks.decide(reach=family.reach, **given | {"decision": Decision.SAME})
    with pytest.raises(Conflict, match="More marks"):
        rechecks.decide(reach=family.reach, **given | {"seen": 0})
    assert Recheck.objects.get().decision == ""
    rechecks.decide(reach=family.reach, **given)
    with pytest.raises(Conflict, match="already"):
        rechecks.decide(reach=family.reach, **given)
    assert Event.objects.filter(kind="recheck.decided").count() == 1


def test_a_withdrawn_letter_is_left_alone(family) -> None:
    """It went to nobody."""
    family.open_case()
    for one in family.prepare():
        drafting.withdraw(one.letter, reach=family.reach, why="wrong", now=NOW)
    correct(family, "/")
    look(family)
    assert not Recheck.objects.filter(case_letter__isnull=False).exists()
    assert CaseLetter.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "code", "asked"),
    [
        ("persistent", "/", 1),  # 10 of 96 sessions missed is over 10%, 9 is not
        ("persistent", "I", 0),  # ten sessions are still missed
        ("severe", "/", 0),  # it was never over half
    ],
)
def test_a_share_of_absence_is_asked_about_when_a_correction_lowers_it(
    family, kind, code, asked
) -> None:
    """The entry's own line decides, not the threshold's."""
    correct(family, code)
    Crossing.objects.update(
        kind=kind, state="near", was="met", changed_at=LATER + timedelta(seconds=30)
    )
    Crossing.objects.update(since=date(2026, 11, 17))
    assert look(family) == asked


def test_with_too_few_sessions_a_share_says_nothing(family) -> None:
    """Nineteen sessions into the year no share of absence is spoken of."""
    enrolment = family.cast.enrolment
    early = corrected_since(enrolment, enrolment.pupil.born_on, LATER, as_of=date(2026, 9, 14))
    assert early.then.tally.possible == 18
    assert not stands_at(early.then, "persistent")


def test_each_authority_is_queued_and_looked_at_alone(live_family, monkeypatch) -> None:
    """Northmoor's task finds what was corrected there; Southvale's finds nothing."""
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(
        tasks, "enqueue", lambda name, *, authority_id: asked.append((name, authority_id))
    )
    with scope(live_family.cast.ids):
        live_family.open_case()
        correct(live_family, "I")
    tasks.look_again_everywhere()
    both = [live_family.cast.northmoor.pk, live_family.cast.southvale.pk]
    assert sorted(asked) == [("cases.look_again", pk) for pk in sorted(both)]
    tasks.look_again(authority_id=both[1])
    with scope(live_family.cast.ids):
        assert not Recheck.objects.exists()
    tasks.look_again(authority_id=both[0])
    with scope(live_family.cast.ids):
        assert Recheck.objects.filter(decision="").count() == 1
